/* SPDX-License-Identifier: MIT */
/*
 * What becomes of signals that wait: a call takes them (sigtimedwait, signalfd), or they are delivered on the
 * way back to the program, where a handler's frame is made, the process stops, or ends.
 *
 * The thread that looks is always the running one. Taking is under the process's lock; the rest is the
 * thread's own.
 */
#include <asm/errno.h>

#include "arch/cpu.h"
#include "kernel/core/log.h"
#include "kernel/proc/observer.h"
#include "kernel/proc/process.h"
#include "kernel/proc/rseq.h"
#include "kernel/proc/signal/signal_internal.h"
#include "kernel/proc/task.h"

/* ---- Taking -----------------------------------------------------------------------------------*/

static u64 pending_for(const struct task *task)
{
    return task->signals.pending.set | task->process->signals.pending.set;
}

static u64 allowed_for(const struct task *task)
{
    return ~task->signals.blocked | SIGNALS_UNSTOPPABLE;
}

u64 signal_pending_set(void)
{
    return pending_for(task_current());
}

bool signal_waiting(void)
{
    struct task *task = task_current();
    return pending_for(task) & allowed_for(task);
}

void signal_mask_changed(void)
{
    struct task *task = task_current();
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* tell_if_unblocked_locked */
    if (signal_waiting())
        signal_notify(task);
    if (unlikely(task->process->signals.pending.set & task->signals.blocked))
        signal_tell_others(task->process, task->signals.blocked);
}

/* A handler that runs once is gone as soon as its signal is taken. Until the process has stopped, SIGCONT
 * takes a stop back. */
static void take_action_locked(struct task *task, int signal, struct signal_action *out)
{
    struct signal_action *action = &task->process->signals.action[signal - 1];
    *out = *action;
    if (out->handler == (u64)SIG_DFL)
        task->signals.stops = signal == SIGSTOP;
    if ((action->flags & SA_RESETHAND) && action->handler != (u64)SIG_IGN)
        action->handler = (u64)SIG_DFL;
}

/* `action` NULL: the signal is taken without acting on it. */
static int take_with_action(u64 allowed, struct signal_info *info, struct signal_action *action)
{
    struct task *task = task_current();
    struct process *process = task->process;
    bool of_timer;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    int signal = 0;
    if (task->signals.pending.set & allowed)
        signal = signal_pending_take(&task->signals.pending, allowed, info, &of_timer);
    if (signal == 0)
        signal = signal_pending_take(&process->signals.pending, allowed, info, &of_timer);
    if (signal != 0 && action)
        take_action_locked(task, signal, action);
    spin_unlock_irqrestore(&process->signals.lock, flags);
    if (of_timer)
        process_timer_taken(info);
    if (signal == SIGALRM)
        process_alarm_taken(process);
    return signal;
}

int signal_take(u64 allowed, struct signal_info *info)
{
    return take_with_action(allowed, info, NULL);
}

void signal_borrow_mask(u64 mask)
{
    struct signal_state *state = &task_current()->signals;
    state->saved_blocked = state->blocked;
    state->restore_saved = true;
    state->blocked = mask & ~SIGNALS_UNSTOPPABLE;
    signal_mask_changed();
}

int signal_suspend(u64 mask)
{
    signal_borrow_mask(mask);
    (void)wait_sleep(WAIT_FOREVER);
    return -ERESTARTNOHAND;
}

/* ---- Delivering -------------------------------------------------------------------------------*/

/* What an interrupted call answers when there is a handler. */
static bool is_repeated(long result, const struct signal_action *action)
{
    return !action || result == -ERESTARTNOINTR ||
           (result == -ERESTARTSYS && (action->flags & SA_RESTART));
}

/* A system call that a signal interrupted is made again, or ends with EINTR. Behind rt_sigreturn
 * (error is ~0) RAX is the program's own number, whatever it looks like. */
static void resolve_restart(struct trap_frame *frame, const struct signal_action *action)
{
    long result = frame->rax;
    if (frame->vector != VECTOR_SYSCALL || frame->error == ~0UL ||
        (result != -ERESTARTSYS && result != -ERESTARTNOINTR && result != -ERESTARTNOHAND &&
         result != -ERESTART_RESTARTBLOCK))
        return;
    if (!is_repeated(result, action)) {
        frame->rax = (u64)-EINTR;
        return;
    }
    task_current()->signals.goes_on = result == -ERESTART_RESTARTBLOCK;
    frame->rax = frame->error;
    frame->rip -= 2; /* SYSCALL is two bytes */
}

u64 signal_resume_deadline(u64 deadline)
{
    struct signal_state *state = &task_current()->signals;
    if (state->goes_on)
        deadline = state->deadline;
    state->goes_on = false;
    state->deadline = deadline;
    return deadline;
}

/* A handler that cannot run is a SIGSEGV; of that itself, the end. */
static void no_handler(struct signal_state *state, int signal, u64 address, const char *why)
{
    if (signal == SIGSEGV) /* nobody is left to tell */
        state->blocked |= SIGNAL_BIT(SIGSEGV);
    signal_force_segv(address, SI_KERNEL, why);
}

static void run_handler(struct trap_frame *frame, struct task *task, int signal,
                        const struct signal_info *info, const struct signal_action *action)
{
    struct signal_state *state = &task->signals;
    struct signal_call call = {
        .signal = signal,
        .handler = action->handler,
        .restorer = action->restorer,
        .flags = action->flags,
        .saved_mask = state->restore_saved ? state->saved_blocked : state->blocked,
        .info = info,
        .stack = &state->stack,
    };
    state->restore_saved = state->goes_on = false;
    state->why = NULL;
    resolve_restart(frame, action);
    if (rseq_signal(frame) != 0) {
        no_handler(state, signal, 0, RSEQ_WHY);
        return;
    }
    if (signal_frame_push(frame, task->thread->arch.fpu_area, &call) != 0) {
        no_handler(state, signal, frame->rsp, "no room for a signal's frame, or no restorer");
        return;
    }
    state->blocked |= action->mask & ~SIGNALS_UNSTOPPABLE;
    if (!(action->flags & SA_NODEFER))
        state->blocked |= SIGNAL_BIT(signal);
    signal_check_instruction_pointer(action->handler);
}

static bool is_stopped(const struct process *process)
{
    return __atomic_load_n(&process->signals.stopped, __ATOMIC_ACQUIRE);
}

/* All threads of the process come to stay_stopped, unless SIGCONT was faster. */
static void stop(struct task *task, int signal)
{
    struct process *process = task->process;
    struct task *other;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    bool stops = task->signals.stops;
    if (stops) {
        __atomic_store_n(&process->signals.stopped, true, __ATOMIC_RELEASE);
        for_each_task_locked(other, process, tid) signal_notify(other);
    }
    spin_unlock_irqrestore(&process->signals.lock, flags);
    if (!stops)
        return;
    if (process_observer)
        process_observer->stopped(signal);
    log_print(LOG_NOTICE, "%s: stopped", process->path);
}

/* Until SIGCONT or SIGKILL: no other signal ends this sleep. The program may have been interrupted
 * anywhere, and others ran in between. */
static NOINLINE void sleep_stopped(const struct process *process)
{
    while (is_stopped(process)) {
        thread_notify(thread_current(), THREAD_WORK_MOVED);
        sched_prepare_block();
        if (is_stopped(process))
            sched_block();
        sched_cancel_block();
    }
}

static inline void stay_stopped(const struct process *process)
{
    if (unlikely(is_stopped(process)))
        sleep_stopped(process);
}

static void act_by_default(const struct trap_frame *frame, struct task *task, int signal,
                           const struct signal_info *info)
{
    if (signal == SIGSTOP) {
        stop(task, signal);
    } else if (!signal_is_ignored(task->process, signal)) {
        process_exit_by_signal(frame, signal, info);
    }
}

/* Most often there was one and there is no other: then no lock is taken for the answer. */
static inline int take_deliverable(const struct task *task, struct signal_info *info,
                                   struct signal_action *action)
{
    u64 allowed = allowed_for(task);
    return pending_for(task) & allowed ? take_with_action(allowed, info, action) : 0;
}

void signal_deliver(struct trap_frame *frame)
{
    struct task *task = task_current();
    struct process *process = task->process;
    struct signal_info info;
    struct signal_action action;
    int signal;
    stay_stopped(process);
    while ((signal = take_deliverable(task, &info, &action)) != 0) {
        if (process_observer)
            process_observer->signal(signal, &info);
        if (action.handler == (u64)SIG_DFL)
            act_by_default(frame, task, signal, &info);
        else if (action.handler != (u64)SIG_IGN)
            run_handler(frame, task, signal, &info, &action);
        stay_stopped(process);
    }
    if (unlikely(process->signals.pending.set & task->signals.blocked))
        signal_tell_others(process, task->signals.blocked);
    if (task->signals.restore_saved) {
        task->signals.restore_saved = false;
        task->signals.blocked = task->signals.saved_blocked;
        signal_mask_changed();
    }
    resolve_restart(frame, NULL);
}
