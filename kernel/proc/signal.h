/* SPDX-License-Identifier: MIT */
/*
 * Signals: what the program wants done with each, which wait, and their delivery on the way back to
 * the program.
 *
 * A set of signals is Linux's: bit n - 1 for signal n.
 */
#ifndef KERNEL_PROC_SIGNAL_H
#define KERNEL_PROC_SIGNAL_H

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "arch/signal_frame.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/types.h"

#define SIGNAL_COUNT        64
#define SIGNAL_BIT(signal)  (1UL << ((signal)-1))
/* Signals that can be neither caught, blocked nor ignored. */
#define SIGNALS_UNSTOPPABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* What a blocking call returns when a signal interrupted it and it may be repeated: the program
 * sees -EINTR or the call is made again, as SA_RESTART says (Linux include/linux/errno.h). */
#define ERESTARTSYS 512

struct process;
struct task;

/* Linux's struct kernel_sigaction, as rt_sigaction(2) passes it. */
struct signal_action {
    u64 handler; /* SIG_DFL, SIG_IGN or an address */
    u64 flags;   /* SA_* */
    u64 restorer;
    u64 mask;
};
_Static_assert(sizeof(struct signal_action) == 32, "asm/signal.h: struct sigaction");

/* Of a process. */
struct signal_actions {
    struct spinlock lock; /* guards action */
    struct signal_action action[SIGNAL_COUNT];
};

/* Of a thread. */
struct signal_state {
    struct spinlock lock; /* guards pending and info */
    u64 pending;
    u64 blocked;       /* the thread's own, no lock */
    u64 saved_blocked; /* what rt_sigreturn gives back when restore_saved is set */
    bool restore_saved;
    struct signal_stack stack;
    struct signal_info info[SIGNAL_COUNT]; /* of pending signals */
};

void signals_init_actions(struct signal_actions *actions);
void signals_init_state(struct signal_state *state);

/* Send a signal to a thread. Any context. */
void signal_send(struct task *task, int signal, const struct signal_info *info);

/* The process's wish for a signal changed: one that waits and is now ignored is dropped. */
void signal_action_changed(int signal);

/* A fault of the running thread: the signal cannot be ignored or blocked (then it kills). */
void signal_force(int signal, const struct signal_info *info);

/* A SIGSEGV of the running thread that no access caused: si_addr, si_code, and for the log, when it
 * is the program's end, the reason. */
void signal_force_segv(u64 address, int code, const char *why);

/* The running thread is about to go on at `address`. If that cannot be in a program, it gets the
 * SIGSEGV of a jump to there; the processor is never told to go there. */
void signal_check_instruction_pointer(u64 address);

/* True when a signal that is not blocked waits for the running thread. */
bool signal_waiting(void);

/* The mask of blocked signals of the running thread changed. */
void signal_mask_changed(void);

/* Deliver what waits; `frame` is complete, interrupts are on. May end the process. */
void signal_deliver(struct trap_frame *frame);

#endif
