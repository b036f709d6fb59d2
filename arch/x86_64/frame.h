/* SPDX-License-Identifier: MIT */
/*
 * The registers of the interrupted program (or kernel) on the kernel stack.
 *
 * One layout for exceptions, interrupts and system calls; arch/x86_64/frame.inc gives the offsets
 * to the assembly. The system-call fast path fills only what the call may change or read: callee-
 * saved registers, RCX, R11, CS and SS are valid in a frame only after a trap or on the slow way
 * out (see syscall_entry.asm).
 */
#ifndef ARCH_X86_64_FRAME_H
#define ARCH_X86_64_FRAME_H

#include "kernel/lib/types.h"

struct trap_frame {
    u64 r15, r14, r13, r12, rbp, rbx;
    u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    u64 vector;
    u64 error; /* the exception's error code; for a system call, its number */
    u64 rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct trap_frame) == 176, "frame.inc: FRAME_SIZE");
_Static_assert(sizeof(struct trap_frame) % 16 == 0, "the stack below a frame must stay aligned");
_Static_assert(offsetof(struct trap_frame, rdi) == 112, "frame.inc: FRAME_RDI");
_Static_assert(offsetof(struct trap_frame, rip) == 136, "frame.inc: FRAME_RIP");

#define VECTOR_PAGE_FAULT    14
#define PF_PRESENT           1u /* its error code (SDM 3A, 4.7) */
#define PF_WRITE             2u
#define PF_USER              4u
#define PF_FETCH             16u
#define VECTOR_EXCEPTION_END 32
#define VECTOR_SYSCALL       256 /* no vector: the frame is a system call's */

#endif
