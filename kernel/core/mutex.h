/* SPDX-License-Identifier: MIT */
/*
 * A lock that sleeps: for threads only, and the one to hold over user copies and allocations. (Not
 * an address space's: a user copy may fault, and the fault takes that one.)
 *
 * Most are held for less time than a sleep takes, so that a thread waits awake for a moment first, as long
 * as the holder can be running on another processor.
 */
#ifndef KERNEL_CORE_MUTEX_H
#define KERNEL_CORE_MUTEX_H

#include "kernel/core/wait.h"

struct mutex {
    struct wait_queue waiters;
    u32 held; /* 0: free; else the processor that took it, plus one */
#ifdef DEBUG_KERNEL
    u32 class;
    struct thread *owner;
#endif
};

#ifdef DEBUG_KERNEL
#define MUTEX_INIT(name, class_)                             \
    {                                                        \
        WAIT_QUEUE_INIT((name).waiters), 0, (class_), (NULL) \
    }
#else
#define MUTEX_INIT(name, class_)           \
    {                                      \
        WAIT_QUEUE_INIT((name).waiters), 0 \
    }
#endif

static inline void mutex_init(struct mutex *mutex, enum lock_class class)
{
    (void)class;
    wait_queue_init(&mutex->waiters);
    mutex->held = 0;
#ifdef DEBUG_KERNEL
    mutex->class = class;
    mutex->owner = NULL;
#endif
}

/* Take it if it is free; does not sleep. */
static inline bool mutex_try(struct mutex *mutex)
{
    u32 nobody = 0;
    bool taken = __atomic_compare_exchange_n(&mutex->held, &nobody, cpu_index() + 1, false,
                                             __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    if (taken)
        lock_debug_mutex_taken(mutex);
    return taken;
}

/* Sleep until the lock is free, and take it; signals do not interrupt. */
void mutex_lock_slow(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
    lock_debug_mutex_wanted(mutex);
    if (unlikely(!mutex_try(mutex)))
        mutex_lock_slow(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
    lock_debug_mutex_given(mutex);
    __atomic_store_n(&mutex->held, 0, __ATOMIC_RELEASE);
    wait_wake_any(&mutex->waiters, 0); /* one: those who wait are exclusive */
}

#endif
