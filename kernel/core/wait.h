/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: sleep until a condition holds.
 *
 * The waker makes the condition true, then calls wait_wake_all (any context, spinlocks allowed).
 * The condition is evaluated without a lock by the sleeper: it must be readable that way, or take
 * and release its own lock.
 *
 * An entry stands for a thread, or for a function that is called at each wake-up: so epoll learns
 * which of a thousand files became ready without asking them all.
 */
#ifndef KERNEL_CORE_WAIT_H
#define KERNEL_CORE_WAIT_H

#include <asm/errno.h>

#include "kernel/core/sched.h"
#include "kernel/core/spinlock.h"
#include "kernel/core/timer.h"

struct wait_queue {
    struct spinlock lock; /* guards waiters */
    struct list_head waiters;
};

struct wait_entry {
    struct list_head link;
    struct thread *thread; /* to wake, when there is no function */
    /* Called with the queue's lock held and interrupts off: it may take locks that are never held
     * around a wake-up of this queue, and wake other queues. `events` as in wait_wake_events. True:
     * somebody woke up. */
    bool (*wake)(struct wait_entry *entry, u32 events);
    bool exclusive; /* a wake-up that was of use here goes to no other exclusive entry */
};

#define WAIT_QUEUE_INIT(name)                                          \
    {                                                                  \
        SPINLOCK_INIT(LOCK_WAIT_QUEUE), LIST_HEAD_INIT((name).waiters) \
    }

#define WAIT_FOREVER (~0UL)

void wait_queue_init(struct wait_queue *queue);

/* Wake all that wait, telling what happened as POLL* bits (0: anything may have). */
void wait_wake_events(struct wait_queue *queue, u32 events);

static inline void wait_wake_all(struct wait_queue *queue)
{
    wait_wake_events(queue, 0);
}

/* Behind an atomic change of the condition that is a fence by itself. */
static inline void wait_wake_any_fenced(struct wait_queue *queue, u32 events)
{
    if (unlikely(__atomic_load_n(&queue->waiters.next, __ATOMIC_RELAXED) != &queue->waiters))
        wait_wake_events(queue, events);
}

/* The same at the price of a look when nobody waits. The fence pairs with the one in
 * wait_add: either the sleeper sees the condition, or it is seen here. */
static inline void wait_wake_any(struct wait_queue *queue, u32 events)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    wait_wake_any_fenced(queue, events);
}

/* The steps of wait_event. `first`: before all others. */
void wait_begin(struct wait_queue *queue, struct wait_entry *entry);
void wait_begin_exclusive(struct wait_queue *queue, struct wait_entry *entry, bool first);
void wait_end(struct wait_queue *queue, struct wait_entry *entry);

/* Enter a function (entry->wake, entry->exclusive are set), and take it out: afterwards it neither
 * runs nor will run. */
void wait_add(struct wait_queue *queue, struct wait_entry *entry);
void wait_remove(struct wait_queue *queue, struct wait_entry *entry);

/* Sleep until `deadline` (nanoseconds since boot, or WAIT_FOREVER): -ETIMEDOUT, or -EINTR when a
 * signal waits for the thread. */
int wait_sleep(u64 deadline);

/* Sleep until `condition`. 0, or -EINTR when a signal waits for the thread. */
#define wait_event(queue, condition) wait_event_until(queue, condition, WAIT_FOREVER)

/* The same with a deadline (nanoseconds since boot): -ETIMEDOUT when it passes. */
#define wait_event_until(queue, condition, deadline)                              \
    ({                                                                            \
        struct wait_entry wait_entry_;                                            \
        struct timer wait_timer_;                                                 \
        u64 wait_deadline_ = (deadline);                                          \
        int wait_result_ = 0;                                                     \
        timer_init_wake(&wait_timer_, thread_current());                          \
        while (!(condition)) {                                                    \
            wait_begin((queue), &wait_entry_);                                    \
            if (wait_deadline_ != WAIT_FOREVER)                                   \
                timer_start(&wait_timer_, wait_deadline_);                        \
            bool wait_ready_ = (condition);                                       \
            if (!wait_ready_ && thread_interrupted())                             \
                wait_result_ = -EINTR;                                            \
            else if (!wait_ready_ && timer_expired(&wait_timer_, wait_deadline_)) \
                wait_result_ = -ETIMEDOUT;                                        \
            else if (!wait_ready_)                                                \
                sched_block();                                                    \
            wait_end((queue), &wait_entry_);                                      \
            if (wait_deadline_ != WAIT_FOREVER)                                   \
                timer_stop(&wait_timer_);                                         \
            if (wait_result_ != 0)                                                \
                break;                                                            \
        }                                                                         \
        wait_result_;                                                             \
    })

#endif
