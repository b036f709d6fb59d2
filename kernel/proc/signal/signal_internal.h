/* SPDX-License-Identifier: MIT */
/* Between signal.c (sending) and signal_deliver.c (what becomes of it). */
#ifndef KERNEL_PROC_SIGNAL_INTERNAL_H
#define KERNEL_PROC_SIGNAL_INTERNAL_H

#include "kernel/proc/signal/signal.h"

/* Does nothing happen when it is delivered: by the process's wish, or by default? */
bool signal_is_ignored(const struct process *process, int signal);

/* Make a thread of the process look at its signals soon; the process's lock is held, or the thread is the
 * running one. */
void signal_notify(struct task *task);

/* Of `signals`, those that wait for the process and that the running thread does not take: another thread
 * may. */
void signal_tell_others(struct process *process, u64 signals);

#endif
