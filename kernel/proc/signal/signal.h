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
#include "kernel/core/wait.h"
#include "kernel/lib/types.h"
#include "kernel/proc/signal/signal_pending.h"

/* Signals that can be neither caught, blocked nor ignored. */
#define SIGNALS_UNSTOPPABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* What a blocking call returns when a signal interrupted it (Linux include/linux/errno.h). The program
 * sees -EINTR, or the call is made again: */
#define ERESTARTSYS           512 /* behind a handler with SA_RESTART, or without a handler */
#define ERESTARTNOINTR        513 /* always */
#define ERESTARTNOHAND        514 /* without a handler */
#define ERESTART_RESTARTBLOCK 516 /* the same, with the deadline that it had */

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
struct process_signals {
    /* Guards all here, the pending signals of the process's threads, and which threads there are. */
    struct spinlock lock;
    struct signal_action action[SIGNAL_COUNT];
    struct signal_pending pending; /* for whichever thread */
    u32 counted;                   /* what counts for RLIMIT_SIGPENDING, with all timers */
    bool stopped;                  /* by SIGSTOP, until SIGCONT; read without the lock, too */
    struct wait_queue arrived;     /* those who wait for a signal: signalfd, sigtimedwait */
};

/* Of a thread. */
struct signal_state {
    struct signal_pending pending; /* for this thread alone; guarded by the process's lock */
    u64 blocked;                   /* the thread's own; others look at it with the lock */
    u64 saved_blocked;             /* what rt_sigreturn gives back when restore_saved is set */
    bool restore_saved;
    bool
        stops; /* has taken a SIGSTOP that SIGCONT may still take back; guarded by the process's lock */
    bool goes_on; /* the next call is one that is made again, and ends at `deadline` */
    u64 deadline;
    const char *why; /* of a SIGSEGV by signal_force_segv, until a handler has got it; else NULL */
    struct signal_stack stack;
};

void signals_init_process(struct process_signals *signals);
void signals_init_state(struct process_signals *signals, struct signal_state *state);

/* The thread has ended: what waits for it alone is forgotten, and what waits for the process and was
 * told to this thread is told to another. The task has no thread any more. */
void signals_end_task(struct task *task);

/* Send a signal to the thread with a number, or to a process. Any context. 0, -ESRCH (no such thread), or
 * -EAGAIN: a real-time signal with a value, and too many wait already (RLIMIT_SIGPENDING). Signal 0 to a
 * thread only asks. */
int signal_send_thread(struct process *process, int tid, int signal,
                       const struct signal_info *info);
int signal_send_process(struct process *process, int signal, const struct signal_info *info);

/* A timer's signal to the process, or to thread `tid` unless that is 0; `entry` has signal and info, and
 * does not wait yet. False: the process ignores it, or there is no such thread. Any context. */
bool signal_send_entry(struct process *process, int tid, struct signal_entry *entry);
/* A timer counts as a signal that waits, as long as it is there: false, there are too many
 * (RLIMIT_SIGPENDING). Threads. */
bool signal_count_timer(struct process *process);
void signal_uncount_timer(struct process *process);
/* Take it back if it still waits. */
void signal_recall_entry(struct process *process, int tid, struct signal_entry *entry);

/* Take the next signal of `allowed` that waits for the running thread. Its number, or 0. Threads. */
int signal_take(u64 allowed, struct signal_info *info);

/* All that wait for the running thread, blocked or not. */
u64 signal_pending_set(void);

/* Block `mask` instead, until the way back to the program or, if a handler runs there, until it is done:
 * saved_blocked comes back then (restore_saved). */
void signal_borrow_mask(u64 mask);

/* Sleep with `mask` blocked until a handler has run; the old mask comes back behind it.
 * -ERESTARTNOHAND. */
int signal_suspend(u64 mask);

/* The deadline of a call that returns -ERESTART_RESTARTBLOCK when it is interrupted: `deadline`, or, when
 * it is made again, the one it had. */
u64 signal_resume_deadline(u64 deadline);

/* What a call brings on the thread that made it, SIGPIPE and SIGXFSZ: as if it had sent it itself. */
void signal_send_for_call(int signal);

/* The process's wish for a signal changed: one that waits and is now ignored is dropped. */
void signal_action_changed(int signal);

/* A fault of the running thread: the signal cannot be ignored or blocked (then it kills). */
void signal_force(int signal, const struct signal_info *info);

/* A SIGSEGV of the running thread that no access caused: si_addr, si_code, and for the report, when
 * it is the program's end, the reason. */
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
