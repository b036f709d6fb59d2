/* SPDX-License-Identifier: MIT */
/*
 * Signals that wait: those of one thread, or those that any thread of a process may take.
 *
 * An ordinary signal (1 to 31) waits at most once, with what came with the first one. Real-time
 * signals queue up, and so do those of timers, which bring their entry along and never fail for want
 * of memory. The caller holds the process's signal lock throughout.
 */
#ifndef KERNEL_PROC_SIGNAL_PENDING_H
#define KERNEL_PROC_SIGNAL_PENDING_H

#include <asm/signal.h>

#include "arch/signal_frame.h"
#include "kernel/lib/list.h"

#define SIGNAL_COUNT       64
#define SIGNAL_BIT(signal) (1UL << ((signal)-1))
#define SIGNAL_QUEUED_MIN  32 /* the kernel's SIGRTMIN: from here on signals queue up */

/* One that waits in the queue. */
struct signal_entry {
    struct list_head link; /* empty: does not wait */
    int signal;
    bool of_timer; /* a timer's own: not freed, and the timer is told when it is taken */
    struct signal_info info;
};

struct signal_pending {
    u64 set;   /* all that wait */
    u64 plain; /* those of them that stand in `info` */
    u32 *
        counted; /* all that wait with what came with them, here and elsewhere: RLIMIT_SIGPENDING */
    struct list_head entries;
    struct signal_info info[SIGNAL_QUEUED_MIN - 1];
};

void signal_pending_init(struct signal_pending *pending, u32 *counted);

/* Add a signal. When `limit` are counted already, an ordinary one waits without what came with it, unless
 * that is from the kernel or kill(2). A real-time one does, too, also for want of memory; or, when a
 * program sent it with a value, it does not wait at all: -EAGAIN. */
int signal_pending_add(struct signal_pending *pending, int signal, const struct signal_info *info,
                       u64 limit);

/* Add a timer's own entry, whose signal and info are set. It is not counted here: the timer is. */
void signal_pending_add_entry(struct signal_pending *pending, struct signal_entry *entry);

/* Take the next signal of `allowed`: what an instruction caused, other faults, then the lowest number,
 * then the oldest. Its number, or 0. *of_timer: it came with a timer's entry. */
int signal_pending_take(struct signal_pending *pending, u64 allowed, struct signal_info *info,
                        bool *of_timer);

/* Forget all of one signal. */
void signal_pending_drop(struct signal_pending *pending, int signal);

/* Take a timer's entry out if it waits. */
void signal_pending_remove_entry(struct signal_pending *pending, struct signal_entry *entry);

#endif
