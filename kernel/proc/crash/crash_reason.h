/* SPDX-License-Identifier: MIT */
/* What a deadly signal means, in words. */
#ifndef KERNEL_PROC_CRASH_REASON_H
#define KERNEL_PROC_CRASH_REASON_H

#include "arch/signal_frame.h"
#include "kernel/lib/text_builder.h"

/* Signals whose default action is a core file (man 7 signal). */
bool crash_is_reported(int signal);

/* Does an address come with it: SIGSEGV and SIGBUS of an access? */
bool crash_has_address(int signal, const struct signal_info *info);

/* ": SIGSEGV: write to 0x0: nothing is mapped there". Parameters as of crash_report. */
void crash_add_reason(struct text_builder *text, const struct trap_frame *frame, int signal,
                      const struct signal_info *info, const char *why);

#endif
