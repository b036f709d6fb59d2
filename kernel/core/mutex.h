/* SPDX-License-Identifier: MIT */
/*
 * A lock that sleeps: for threads only, and the one to hold over user copies and allocations. (Not
 * an address space's: a user copy may fault, and the fault takes that one.)
 *
 * Most are held for less time than a sleep takes, so that a thread waits awake for a moment first, as long
 * as the holder can be running on another processor.
 *
 * Whoever comes when it is free has it, before those who sleep: that is the fastest way, but a thread could
 * wait for ever. So one that was woken for nothing some times reserves it, and is the next one to have it.
 */
#ifndef KERNEL_CORE_MUTEX_H
#define KERNEL_CORE_MUTEX_H

#include "kernel/core/wait.h"

#define MUTEX_RESERVED \
    (1u << 31) /* also while nobody holds it: then only the one who waited can take it */

struct mutex {
    struct wait_queue waiters;
    u32 held; /* 0: free; else the processor that took it, plus one; and MUTEX_RESERVED */
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

/* Take it if `held` is `free`. */
static inline bool mutex_try_from(struct mutex *mutex, u32 free)
{
    bool taken = __atomic_compare_exchange_n(&mutex->held, &free, cpu_index() + 1, false,
                                             __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    if (taken)
        lock_debug_mutex_taken(mutex);
    return taken;
}

/* Take it if it is free; does not sleep. */
static inline bool mutex_try(struct mutex *mutex)
{
    return mutex_try_from(mutex, 0);
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
    __atomic_and_fetch(&mutex->held, MUTEX_RESERVED, __ATOMIC_SEQ_CST);
    wait_wake_any_fenced(&mutex->waiters, 0); /* one: those who wait are exclusive */
}

#endif
