/* SPDX-License-Identifier: MIT */
/* Between the calls on scheduling. */
#ifndef SYSCALL_SCHEDULE_H
#define SYSCALL_SCHEDULE_H

#include "kernel/proc/task.h"

/* The thread that a call names, 0 being the one that asks, with a reference; NULL: there is none. */
struct task *schedule_named(int tid);

/* Its schedule. False: there is no such thread. */
bool schedule_of(int tid, struct thread_schedule *out) MUST_CHECK;

/* Change it in one step (task_change_schedule). 0, -ESRCH, or what `change` says. */
long schedule_change_of(int tid, schedule_change change, const void *wish);

/* The nearest niceness that there is. */
s8 schedule_niceness(int wish);

#endif
