/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences (<linux/rseq.h>): the program's thread finds its processor's number in its own
 * memory, and a sequence of instructions that the kernel interrupted begins anew.
 */
#ifndef KERNEL_PROC_RSEQ_H
#define KERNEL_PROC_RSEQ_H

#include "arch/context.h"
#include "kernel/lib/types.h"

struct task;

/* rseq(2): register `area` for the running thread. 0 or -errno. */
long rseq_register(uptr area, u32 size, u32 signature) MUST_CHECK;
long rseq_unregister(uptr area, u32 size, u32 signature) MUST_CHECK;

/* The running thread is on its way back to the program, and lost the processor since it left it. */
void rseq_moved(struct trap_frame *frame);

/* The same before a signal's handler runs. Not 0: the area or the descriptor is bad, which is a SIGSEGV
 * because of RSEQ_WHY. */
int rseq_signal(struct trap_frame *frame) MUST_CHECK;
#define RSEQ_WHY "a restartable sequence is not as rseq(2) wants it"

#endif
