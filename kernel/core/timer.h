/* SPDX-License-Identifier: MIT */
/*
 * Deadlines: call a function, or wake a thread, at a time (nanoseconds since boot).
 *
 * Tickless: each processor's one-shot timer is armed for its earliest deadline only. Any context. One
 * timer is started and stopped by one caller at a time.
 */
#ifndef KERNEL_CORE_TIMER_H
#define KERNEL_CORE_TIMER_H

#include "kernel/lib/rbtree.h"
#include "kernel/lib/types.h"

struct thread;

struct timer {
    struct rb_node node;
    u64 deadline;
    u32 cpu; /* in whose tree it hangs, or hung last */
    bool armed;
    void (*expire)(struct timer *timer); /* in interrupt context */
    struct thread *thread;               /* for timer_init_wake */
};

/* A timer that calls `expire`, or wakes `thread`. Not armed. */
void timer_init_call(struct timer *timer, void (*expire)(struct timer *timer));
void timer_init_wake(struct timer *timer, struct thread *thread);

/* Arm for `deadline`; one in the past expires at once. Armed already: moved. */
void timer_start(struct timer *timer, u64 deadline);

/* The same from the timer's own `expire`. */
void timer_restart(struct timer *timer, u64 deadline);

/* Disarm; afterwards `expire` neither runs nor will run. Not from its own `expire`. */
void timer_stop(struct timer *timer);

/* End the slice of the thread that runs here (sched_slice_over) in `ns` nanoseconds. Interrupts off. */
void timer_arm_slice(u64 ns);

/* True when `deadline` has passed. */
bool timer_expired(const struct timer *timer, u64 deadline);

/* Start the hardware side. After irq_init. */
void timers_init(void);

#endif
