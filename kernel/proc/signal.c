/* SPDX-License-Identifier: MIT */
/*
 * Sending and delivering signals.
 *
 * A signal is recorded under the thread's lock; the thread is woken and told, by its processor's
 * work flag, to take the slow way back to the program, where signal_deliver runs. That a signal's
 * default is to be ignored is decided at sending, as on Linux, unless it is blocked.
 */
#include "kernel/proc/signal.h"

#include <asm/errno.h>

#include "arch/cpu.h"
#include "arch/usercopy.h"
#include "kernel/core/log.h"
#include "kernel/lib/string.h"
#include "kernel/proc/process.h"

#define IGNORED_BY_DEFAULT \
    (SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
/* Stopping needs somebody who continues: with a single process these have no effect. */
#define STOPS_BY_DEFAULT (SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

void signals_init_actions(struct signal_actions *actions)
{
    memset(actions, 0, sizeof(*actions));
}

void signals_init_state(struct signal_state *state)
{
    memset(state, 0, sizeof(*state));
}

static bool is_ignored(const struct process *process, int signal)
{
    u64 handler = process->actions.action[signal - 1].handler;
    if (handler == (u64)SIG_IGN)
        return true;
    return handler == (u64)SIG_DFL &&
           ((IGNORED_BY_DEFAULT | STOPS_BY_DEFAULT) & SIGNAL_BIT(signal));
}

/* Make the thread look at its signals soon. */
static void notify(struct task *task)
{
    task->thread->interrupted = true;
    percpus[task->thread->cpu].work = 1;
    thread_wake(task->thread);
}

void signal_send(struct task *task, int signal, const struct signal_info *info)
{
    struct signal_state *state = &task->signals;
    u64 bit = SIGNAL_BIT(signal);
    if (is_ignored(task->process, signal) && !(state->blocked & bit))
        return;
    u64 flags = spin_lock_irqsave(&state->lock);
    if (!(state->pending & bit))
        state->info[signal - 1] = *info;
    state->pending |= bit;
    spin_unlock_irqrestore(&state->lock, flags);
    if (!(state->blocked & bit))
        notify(task);
}

void signal_action_changed(int signal)
{
    struct task *task = task_current();
    if (!is_ignored(task->process, signal))
        return;
    u64 flags = spin_lock_irqsave(&task->signals.lock);
    task->signals.pending &= ~SIGNAL_BIT(signal);
    spin_unlock_irqrestore(&task->signals.lock, flags);
}

void signal_force(int signal, const struct signal_info *info)
{
    struct task *task = task_current();
    struct signal_action *action = &task->process->actions.action[signal - 1];
    u64 bit = SIGNAL_BIT(signal);
    if ((task->signals.blocked & bit) || action->handler == (u64)SIG_IGN) {
        action->handler = (u64)SIG_DFL;
        task->signals.blocked &= ~bit;
    }
    u64 flags = spin_lock_irqsave(&task->signals.lock);
    task->signals.info[signal - 1] = *info;
    task->signals.pending |= bit;
    spin_unlock_irqrestore(&task->signals.lock, flags);
    notify(task);
}

void signal_force_segv(u64 address, int code, const char *why)
{
    struct task *task = task_current();
    u64 handler = task->process->actions.action[SIGSEGV - 1].handler;
    if (handler == (u64)SIG_DFL || handler == (u64)SIG_IGN ||
        (task->signals.blocked & SIGNAL_BIT(SIGSEGV)))
        log_print(LOG_ERR, "%s: SIGSEGV at address 0x%lx: %s", task->name, address, why);
    u64 told = code == SI_KERNEL ? 0 : address;
    signal_force(SIGSEGV, &(struct signal_info){.code = code, .address = told});
}

void signal_check_instruction_pointer(u64 address)
{
    bool canonical = (u64)((s64)(address << 16) >> 16) == address;
    if (address >= USER_LIMIT)
        signal_force_segv(canonical ? address : 0, canonical ? SEGV_MAPERR : SI_KERNEL,
                          "a handler lies, or returned to, outside the program's half");
}

static u64 deliverable(const struct task *task)
{
    return task->signals.pending & ~(task->signals.blocked & ~SIGNALS_UNSTOPPABLE);
}

bool signal_waiting(void)
{
    return deliverable(task_current()) != 0;
}

void signal_mask_changed(void)
{
    struct task *task = task_current();
    if (deliverable(task) != 0)
        notify(task);
}

/* Faults come before what others sent (Linux: SYNCHRONOUS_MASK), then the lowest number. */
static int take_next(struct task *task, struct signal_info *info)
{
    static const u64 faults = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                              SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS);
    struct signal_state *state = &task->signals;
    u64 flags = spin_lock_irqsave(&state->lock);
    u64 waiting = deliverable(task);
    u64 chosen = waiting & faults ? waiting & faults : waiting;
    int signal = chosen ? __builtin_ctzl(chosen) + 1 : 0;
    if (signal) {
        *info = state->info[signal - 1];
        state->pending &= ~SIGNAL_BIT(signal);
    }
    spin_unlock_irqrestore(&state->lock, flags);
    return signal;
}

/* A system call that a signal interrupted goes on, or ends with EINTR. Behind rt_sigreturn (error is
 * ~0) RAX is the program's own number, whatever it looks like. */
static void resolve_restart(struct trap_frame *frame, const struct signal_action *action)
{
    if (frame->vector != VECTOR_SYSCALL || frame->error == ~0UL || frame->rax != (u64)-ERESTARTSYS)
        return;
    if (action && !(action->flags & SA_RESTART)) {
        frame->rax = (u64)-EINTR;
        return;
    }
    frame->rax = frame->error;
    frame->rip -= 2; /* SYSCALL is two bytes */
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
        .info = *info,
        .stack = &state->stack,
    };
    state->restore_saved = false;
    resolve_restart(frame, action);
    if (signal_frame_push(frame, task->thread->arch.fpu_area, &call) != 0) {
        if (signal == SIGSEGV) /* nobody is left to tell */
            state->blocked |= SIGNAL_BIT(SIGSEGV);
        signal_force_segv(frame->rsp, SI_KERNEL, "no room for a signal's frame, or no restorer");
        return;
    }
    state->blocked |= action->mask & ~SIGNALS_UNSTOPPABLE;
    if (!(action->flags & SA_NODEFER))
        state->blocked |= SIGNAL_BIT(signal);
    if (action->flags & SA_RESETHAND)
        task->process->actions.action[signal - 1].handler = (u64)SIG_DFL;
    signal_check_instruction_pointer(action->handler);
}

void signal_deliver(struct trap_frame *frame)
{
    struct task *task = task_current();
    struct signal_info info;
    int signal;
    while ((signal = take_next(task, &info)) != 0) {
        struct signal_action action = task->process->actions.action[signal - 1];
        if (action.handler == (u64)SIG_IGN)
            continue;
        if (action.handler != (u64)SIG_DFL) {
            run_handler(frame, task, signal, &info, &action);
            continue;
        }
        if (!is_ignored(task->process, signal) && signal != SIGSTOP)
            process_exit_by_signal(signal);
    }
    if (task->signals.restore_saved) {
        task->signals.restore_saved = false;
        task->signals.blocked = task->signals.saved_blocked;
    }
    resolve_restart(frame, NULL);
}
