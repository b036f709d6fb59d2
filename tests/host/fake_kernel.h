/* SPDX-License-Identifier: MIT */
/*
 * Stand-ins for what needs a processor of its own: locks, wait queues, the TSC, port input and
 * output, the clock. A test includes this first and then the kernel's .c files themselves, whose own
 * includes of these headers then find them already there.
 *
 * The locks know whether they are held, so that taking one twice, or sleeping with one, is an abort
 * and not a hang. Sleeping calls fake_sleep(), in which the test makes something happen.
 */
#ifndef TESTS_HOST_FAKE_KERNEL_H
#define TESTS_HOST_FAKE_KERNEL_H

#include <asm/errno.h>

#include "kernel/core/lock_class.h"
#include "kernel/lib/types.h"

#define ARCH_CPU_H
#define ARCH_IRQ_H
#define ARCH_X86_64_IO_H
#define KERNEL_CORE_SPINLOCK_H
#define KERNEL_CORE_WAIT_H

struct spinlock {
    bool held;
};
#define SPINLOCK_INIT(class) \
    {                        \
        0                    \
    }

static int fake_locks_held;

static inline void spin_init(struct spinlock *lock, enum lock_class class)
{
    (void)class;
    lock->held = false;
}

static inline void spin_init_zeroed(struct spinlock *lock, enum lock_class class)
{
    (void)class;
    if (lock->held)
        __builtin_trap();
}

static inline u64 spin_lock_irqsave(struct spinlock *lock)
{
    if (lock->held)
        __builtin_trap();
    lock->held = true;
    fake_locks_held++;
    return 0;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
    (void)flags;
    if (!lock->held)
        __builtin_trap();
    lock->held = false;
    fake_locks_held--;
}

struct wait_queue {
    u32 wakes; /* how often somebody was to be woken */
};

#define WAIT_FOREVER (~0UL)

/* Returns 0, or an error that ends the sleep. Set by the test; NULL: nobody may sleep. */
static int (*fake_sleep)(u64 deadline);

static inline void wait_queue_init(struct wait_queue *queue)
{
    queue->wakes = 0;
}

static inline void wait_wake_all(struct wait_queue *queue)
{
    queue->wakes++;
}

static inline int fake_wait(struct wait_queue *queue, u64 deadline)
{
    u32 wakes = queue->wakes;
    if (fake_locks_held != 0 || !fake_sleep)
        __builtin_trap();
    int error = fake_sleep(deadline);
    /* A sleeper that nobody woke would sleep on: the wake-up that was forgotten. */
    if (error == 0 && queue->wakes == wakes)
        __builtin_trap();
    return error;
}

#define wait_event_until(queue, condition, deadline)         \
    ({                                                       \
        int wait_result_ = 0;                                \
        u64 wait_deadline_ = (deadline);                     \
        while (wait_result_ == 0 && !(condition))            \
            wait_result_ = fake_wait(queue, wait_deadline_); \
        wait_result_;                                        \
    })
#define wait_event(queue, condition) wait_event_until(queue, condition, WAIT_FOREVER)

static inline void cpu_relax(void)
{
}

#endif
