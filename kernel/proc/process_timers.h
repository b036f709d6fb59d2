/* SPDX-License-Identifier: MIT */
/*
 * The timers of a process that end in a signal: those of setitimer (man 2 setitimer, one for each of
 * three clocks) and those of timer_create (man 2 timer_create).
 *
 * An interval counts on when its signal is taken, not when it expires: a program that does not
 * listen is not interrupted again and again. Threads, but for the two that say otherwise.
 */
#ifndef KERNEL_PROC_PROCESS_TIMERS_H
#define KERNEL_PROC_PROCESS_TIMERS_H

#include "kernel/core/clock_timer.h"
#include "kernel/core/mutex.h"
#include "kernel/lib/radix.h"
#include "kernel/proc/signal/signal_pending.h"

struct process;
struct task;

#define ITIMERS 3 /* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */

struct process_timers {
    struct process *process;
    struct mutex lock; /* guards all below; expiries take no notice */
    struct clock_timer itimers[ITIMERS];
    struct clock_timer cpu_limit; /* RLIMIT_CPU */
    struct radix by_id;           /* struct process_timer */
    int next_id;
};

/* A time to wait and an interval, in nanoseconds; 0: none. */
struct timer_setting {
    u64 value, interval;
};

void process_timers_init(struct process *process);

/* `which`: ITIMER_*. Returns in *old what was left. */
void process_itimer_get(int which, struct timer_setting *old);
void process_itimer_set(int which, const struct timer_setting *setting, struct timer_setting *old);

/* What timer_create is told. */
struct timer_wish {
    int clock;        /* CLOCK_*, one that timers may have */
    int signal;       /* 0: SIGEV_NONE */
    int tid;          /* SIGEV_THREAD_ID; 0: the process */
    bool value_is_id; /* no sigevent was given */
    u64 value;
};

/* A timer, not armed: its number, or -EAGAIN (too many: RLIMIT_SIGPENDING; or out of
 * memory). */
int process_timer_create(const struct timer_wish *wish);
/* 0, or -EINVAL: no such timer. `absolute`: value is a time on its clock. */
int process_timer_set(int id, const struct timer_setting *setting, bool absolute,
                      struct timer_setting *old) MUST_CHECK;
int process_timer_get(int id, struct timer_setting *out) MUST_CHECK;
/* How many expiries the signal taken last stood for, beyond one; or -EINVAL. */
int process_timer_overrun(int id) MUST_CHECK;
int process_timer_delete(int id) MUST_CHECK;

/* RLIMIT_CPU was set: watch over it. */
void process_cpu_limit_changed(struct process *process);

/* A signal was taken: that of a timer, whose overrun goes into `info`; SIGALRM. */
void process_timer_taken(struct signal_info *info);
void process_alarm_taken(struct process *process);

#endif
