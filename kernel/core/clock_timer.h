/* SPDX-License-Identifier: MIT */
/*
 * Timers on the clocks that programs know: time since boot, the date, the time that threads have
 * run. With or without an interval.
 *
 * A timer with an interval does not start itself again when it expires: whoever takes notice of the
 * expiry calls clock_timer_forward, which also tells how many intervals were missed. So a program that
 * is too slow for its own timer is not drowned in interrupts (Linux does the same).
 * A timer on the date follows the clock when somebody sets it.
 *
 * Nobody looks at the clock when a system call begins and ends, which would cost each of them more than most
 * take: time outside the kernel is counted by samples, as Linux does, and only while a timer wants it.
 */
#ifndef KERNEL_CORE_CLOCK_TIMER_H
#define KERNEL_CORE_CLOCK_TIMER_H

#include "kernel/core/timer.h"
#include "kernel/core/wait.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

enum clock_base {
    CLOCK_BASE_BOOT, /* nanoseconds since boot */
    CLOCK_BASE_REAL, /* since 1970 */
    CLOCK_BASE_CPU,  /* that some threads have run: cpu_now */
    CLOCK_BASE_USER, /* that they have run outside the kernel, by samples */
};

/* Zeroed memory is a timer that is not armed; clock_timer_init sets the rest. */
struct clock_timer {
    struct timer timer;
    u64 (*cpu_now)(const struct clock_timer *timer); /* of _CPU and _USER: the clock; any context */
    void (*expire)(struct clock_timer *timer); /* in interrupt context, under a timer tree's lock */
    void (*clock_set)(struct clock_timer *timer); /* the date was set; NULL: no interest */
    struct list_head real_link;                   /* in the list of those on the date; else empty */
    u64 target;              /* when it expires or expired, on its clock; 0: not armed */
    u64 interval;            /* nanoseconds; 0: once */
    u8 base;                 /* enum clock_base */
    u64 user_ns, sampled_ns; /* CLOCK_BASE_USER: so far; and cpu_now when that was known */
};

void clock_timer_init(struct clock_timer *timer, void (*expire)(struct clock_timer *timer));

/* Let it expire when the clock shows `target` (nanoseconds, not 0). Armed already: moved. */
void clock_timer_start(struct clock_timer *timer, enum clock_base base, u64 target, u64 interval);

/* Disarm. Afterwards neither hook runs. */
void clock_timer_stop(struct clock_timer *timer);

/* The time of a timer's clock. */
u64 clock_timer_now(const struct clock_timer *timer);

/* Nanoseconds to the next expiry, counting on by the interval if it has expired; at least 1, or 0
 * when it is not armed or has expired for the last time. */
u64 clock_timer_left(const struct clock_timer *timer);

/* After an expiry: arm for the next multiple of the interval that lies ahead. Returns how many
 * intervals passed, at least 1; 0 when there is no interval. */
u64 clock_timer_forward(struct clock_timer *timer);

/* The same from `expire` itself, no earlier than `pause` nanoseconds from now. */
u64 clock_timer_forward_expired(struct clock_timer *timer, u64 pause);

/* Set the date, and move all that wait for a date. Threads. */
void clock_set_real_ns(u64 ns);

/* How often the date was set; those who sleep until a date wait here for a change. */
extern u32 clock_set_count;
extern struct wait_queue clock_set_waiters;

#endif
