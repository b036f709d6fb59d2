/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks: short critical sections that never sleep and never touch user memory.
 *
 * Whoever finds it free has it, in no order: in a virtual machine the processor whose turn it is may be one
 * that the host does not run just now, and all others would wait for it. A lock that an interrupt handler takes is taken with
 * interrupts off everywhere (the _irqsave forms). Every lock has a class (lock_class.h).
 */
#ifndef KERNEL_CORE_SPINLOCK_H
#define KERNEL_CORE_SPINLOCK_H

#include "arch/cpu.h"
#include "kernel/core/lock_debug.h"
#include "kernel/lib/types.h"

struct spinlock {
    u32 held;
#ifdef DEBUG_KERNEL
    u32 class;
    u32 holder; /* the number of the processor, plus one */
#endif
};

#ifdef DEBUG_KERNEL
#define SPINLOCK_INIT(class_) \
    {                         \
        0, (class_), 0        \
    }
#else
#define SPINLOCK_INIT(class_) \
    {                         \
        0                     \
    }
#endif

/* In memory that is zero already, a lock needs nothing but its class. */
static inline void spin_init_zeroed(struct spinlock *lock, enum lock_class class)
{
    (void)lock;
    (void)class;
#ifdef DEBUG_KERNEL
    lock->class = class;
#endif
}

static inline void spin_init(struct spinlock *lock, enum lock_class class)
{
    lock->held = 0;
    spin_init_zeroed(lock, class);
}

static inline void spin_lock(struct spinlock *lock)
{
    lock_debug_spin_wanted(lock);
    while (unlikely(__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))) {
        do {
            cpu_relax();
            lock_debug_spin_waiting(lock);
        } while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED));
    }
    lock_debug_spin_taken(lock);
}

/* Take it if it is free. */
static inline bool spin_try_lock(struct spinlock *lock)
{
    bool taken = !__atomic_load_n(&lock->held, __ATOMIC_RELAXED) &&
                 !__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE);
    if (taken)
        lock_debug_spin_taken(lock);
    return taken;
}

static inline void spin_unlock(struct spinlock *lock)
{
    lock_debug_spin_given(lock);
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

/* The same, with interrupts off in between; pass what the lock call returned. */
static inline u64 spin_lock_irqsave(struct spinlock *lock)
{
    u64 flags = irq_save();
    spin_lock(lock);
    return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
    spin_unlock(lock);
    irq_restore(flags);
}

#endif
