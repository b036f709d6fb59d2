/* SPDX-License-Identifier: MIT */
/*
 * What the kernel of `make DEBUG=1` looks after: that locks are taken in the order of their ranks, never
 * twice, and given back by who took them; that nobody sleeps, or touches the program's memory, with a
 * spinlock or with interrupts off; that no spinlock which interrupt handlers take is taken with interrupts
 * on elsewhere; that no reference is taken of what has none left. Whatever is wrong is a panic that names
 * the locks, and where they were taken.
 *
 * In a release build all of this is empty: not a byte in a structure, not an instruction.
 */
#ifndef KERNEL_CORE_LOCK_DEBUG_H
#define KERNEL_CORE_LOCK_DEBUG_H

#include "kernel/core/lock_class.h"
#include "kernel/lib/types.h"

struct spinlock;
struct mutex;

#ifdef DEBUG_KERNEL

#define LOCKS_HELD_MAX 16

struct held_lock {
    const void *lock;
    u32 class;
    vaddr_t place; /* in the code that took it */
};

/* The locks that a thread (mutexes) or a processor (spinlocks) holds, in the order of taking. */
struct held_locks {
    u32 count;
    struct held_lock held[LOCKS_HELD_MAX];
};

/* The steps of a spinlock: about to be waited for, still waiting, taken, about to be given back. */
void lock_debug_spin_wanted(struct spinlock *lock);
void lock_debug_spin_waiting(struct spinlock *lock);
void lock_debug_spin_taken(struct spinlock *lock);
void lock_debug_spin_given(struct spinlock *lock);

/* Those of a mutex. */
void lock_debug_mutex_wanted(struct mutex *mutex);
void lock_debug_mutex_taken(struct mutex *mutex);
void lock_debug_mutex_given(struct mutex *mutex);

/* The caller may sleep from here on. */
void might_sleep(void);

/* The thread goes back to its program, or ends: it holds nothing. */
void lock_debug_nothing_held(void);

/* A reference is taken or dropped of what had so many. */
void lock_debug_reference(u32 count_before);

#else

static inline void lock_debug_spin_wanted(struct spinlock *lock)
{
    (void)lock;
}
static inline void lock_debug_spin_waiting(struct spinlock *lock)
{
    (void)lock;
}
static inline void lock_debug_spin_taken(struct spinlock *lock)
{
    (void)lock;
}
static inline void lock_debug_spin_given(struct spinlock *lock)
{
    (void)lock;
}
static inline void lock_debug_mutex_wanted(struct mutex *mutex)
{
    (void)mutex;
}
static inline void lock_debug_mutex_taken(struct mutex *mutex)
{
    (void)mutex;
}
static inline void lock_debug_mutex_given(struct mutex *mutex)
{
    (void)mutex;
}
static inline void might_sleep(void)
{
}
static inline void lock_debug_nothing_held(void)
{
}
static inline void lock_debug_reference(u32 count_before)
{
    (void)count_before;
}

#endif

#endif
