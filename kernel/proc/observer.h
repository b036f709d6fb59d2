/* SPDX-License-Identifier: MIT */
/*
 * Somebody who watches what happens to processes beside their system calls: the trace. One at most,
 * chosen before the program runs.
 *
 * As under ptrace on Linux, a signal that is ignored is told, too: it is sent like any other, ends a
 * sleep, and is forgotten when it is taken.
 */
#ifndef KERNEL_PROC_OBSERVER_H
#define KERNEL_PROC_OBSERVER_H

#include "arch/signal_frame.h"

/* All are called on the thread that they are about, in a context that may sleep. */
struct process_observer {
    /* A signal was taken, and is about to have its effect. */
    void (*signal)(int signal, const struct signal_info *info);
    /* This signal stops the process. */
    void (*stopped)(int signal);
    /* This one ends it. */
    void (*killed)(int signal);
};

/* NULL: nobody watches. */
extern const struct process_observer *process_observer;

#endif
