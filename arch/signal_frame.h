/* SPDX-License-Identifier: MIT */
/*
 * The frame that a signal handler finds on the program's stack (Linux's struct rt_sigframe: System V
 * ABI x86-64 and <asm/ucontext.h>), made and taken back.
 */
#ifndef ARCH_SIGNAL_FRAME_H
#define ARCH_SIGNAL_FRAME_H

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "arch/x86_64/frame.h"
#include "kernel/lib/types.h"

/* What a signal tells beside its number: Linux's siginfo_t from si_errno on (asm-generic/siginfo.h).
 * What a member means depends on the code. */
struct signal_info {
    s32 code;  /* SI_USER, SEGV_MAPERR, ... */
    s32 error; /* si_errno */
    union {
        struct {
            s32 pid; /* who sent it */
            u32 uid;
            u64 value; /* si_value of SI_QUEUE and its kin */
        };
        struct {
            s32 timer; /* of SI_TIMER */
            s32 overrun;
            u64 timer_value;
        };
        u64 address; /* of a fault */
        u64 words[4];
    };
};

/* Linux's siginfo_t as the program sees it. */
void signal_info_encode(int signal, const struct signal_info *info, siginfo_t *out);

/* The alternate stack (sigaltstack). */
struct signal_stack {
    u64 base, size; /* size 0: none */
    u32 flags;      /* SS_AUTODISARM */
};

/* A handler about to run. */
struct signal_call {
    int signal;
    u64 handler, restorer, flags; /* flags: SA_* */
    u64 saved_mask;               /* blocked set to restore afterwards */
    const struct signal_info *info;
    struct signal_stack *stack;
};

/* True when the stack pointer lies on the alternate stack. */
bool signal_on_stack(const struct signal_stack *stack, u64 stack_pointer);

/* Write the frame on the program's stack and change `frame` so that the handler runs next. 0 or
 * -EFAULT (the stack is not writable, the alternate one is full, or there is no restorer).
 * `fpu_area` is the thread's. The handler's address is not looked at. */
int signal_frame_push(struct trap_frame *frame, void *fpu_area,
                      const struct signal_call *call) MUST_CHECK;

/* Take back the frame below the program's stack pointer: registers, FPU state, and the alternate
 * stack and mask that were in it. 0 or -EFAULT (unreadable or spoiled: the program gets SIGSEGV, and
 * `frame` is as it was). The instruction pointer is the program's and may be no address at all. */
int signal_frame_pop(struct trap_frame *frame, void *fpu_area, stack_t *stack,
                     u64 *mask) MUST_CHECK;

/* True when `pc` is where a handler returns to, with `stack` as the stack pointer: the system call that
 * takes a frame back. The registers that it would restore, in the order of frame_registers. */
bool signal_frame_registers(u64 pc, u64 stack, u64 *registers);

/* Continue the running thread with all registers of its frame. */
NORETURN void context_return_to_program(struct trap_frame *frame);

#endif
