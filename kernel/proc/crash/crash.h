/* SPDX-License-Identifier: MIT */
/*
 * The report of a program that a signal ends: what happened, where, and how it came there, as one
 * block of the log. For the signals that on Linux would leave a core file (man 7 signal), so that what
 * a person would look up there is said at once. It costs nothing until then.
 */
#ifndef KERNEL_PROC_CRASH_H
#define KERNEL_PROC_CRASH_H

#include "arch/signal_frame.h"

/* Only its first line (crash=line). */
void crash_set_brief(bool brief);

/* Report if the signal is one of those. `frame` is complete and what the program had when the signal
 * came; `why`: what the kernel found, or NULL. The running thread, which ends the process, without locks,
 * interrupts on. Once. */
void crash_report(const struct trap_frame *frame, int signal, const struct signal_info *info,
                  const char *why);

/* The running thread makes a report: what its copies need and cannot get is no news. */
bool crash_in_progress(void);

#endif
