/* SPDX-License-Identifier: MIT */
/*
 * Sending signals; signal_deliver.c is what becomes of them.
 *
 * A signal is recorded under the process's lock; a thread is woken and told, by its processor's work
 * flag, to take the slow way back to the program, where signal_deliver runs. That a signal's default is
 * to be ignored is decided at sending, as on Linux, unless it is blocked. A signal to the process is told
 * to one thread that does not block it; if that thread blocks it before it gets there, another is told.
 */
#include "kernel/proc/signal/signal.h"

#include <asm/errno.h>
#include <asm/poll.h>

#include "arch/usercopy.h"
#include "kernel/proc/observer.h"
#include "kernel/proc/process.h"
#include "kernel/proc/signal/signal_internal.h"
#include "kernel/proc/task.h"

#define IGNORED_BY_DEFAULT \
    (SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
/* The terminal's ways to stop have no effect on a process group that nobody could continue: an orphaned
 * one (POSIX 2.4.3), which the only one is. */
#define STOPS_BY_DEFAULT (SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define STOPS            (STOPS_BY_DEFAULT | SIGNAL_BIT(SIGSTOP))

void signals_init_process(struct process_signals *signals)
{
    spin_init_zeroed(&signals->lock, LOCK_SIGNALS);
    signal_pending_init(&signals->pending, &signals->counted);
    wait_queue_init(&signals->arrived);
}

void signals_init_state(struct process_signals *signals, struct signal_state *state)
{
    signal_pending_init(&state->pending, &signals->counted);
}

/* ---- Sending ----------------------------------------------------------------------------------*/

bool signal_is_ignored(const struct process *process, int signal)
{
    u64 handler = process->signals.action[signal - 1].handler;
    if (handler == (u64)SIG_IGN)
        return true;
    return handler == (u64)SIG_DFL &&
           ((IGNORED_BY_DEFAULT | STOPS_BY_DEFAULT) & SIGNAL_BIT(signal));
}

/* Whether nothing happens when the signal is taken. */
static bool is_idle(const struct process *process, int signal)
{
    return !process_observer && signal_is_ignored(process, signal);
}

static bool is_blocked(const struct task *task, int signal)
{
    return task->signals.blocked & ~SIGNALS_UNSTOPPABLE & SIGNAL_BIT(signal);
}

/* Make the thread look at its signals soon, unless it has ended. */
void signal_notify(struct task *task)
{
    if (likely(task->thread))
        thread_notify(task->thread, THREAD_WORK_SIGNAL);
}

static void drop_everywhere_locked(struct process *process, int signal)
{
    struct task *task;
    signal_pending_drop(&process->signals.pending, signal);
    for_each_task_locked(task, process, tid) signal_pending_drop(&task->signals.pending, signal);
}

static void continue_locked(struct process *process)
{
    struct task *task;
    bool stopped = process->signals.stopped;
    __atomic_store_n(&process->signals.stopped, false, __ATOMIC_RELEASE);
    for_each_task_locked(task, process, tid)
    {
        task->signals.stops = false;
        if (stopped && task->thread)
            thread_wake(task->thread);
    }
}

/* Stopping and continuing cancel each other while they wait; SIGCONT and SIGKILL get a stopped process
 * going even if they are blocked. */
static void stop_or_continue_locked(struct process *process, int signal)
{
    if (STOPS & SIGNAL_BIT(signal))
        drop_everywhere_locked(process, SIGCONT);
    if (signal == SIGCONT)
        for (u64 stops = STOPS; stops != 0; stops &= stops - 1)
            drop_everywhere_locked(process, __builtin_ctzl(stops) + 1);
    if (signal == SIGCONT || signal == SIGKILL)
        continue_locked(process);
}

static bool has_signal(const struct task *task)
{
    return __atomic_load_n(&task->thread->work, __ATOMIC_RELAXED) & THREAD_WORK_SIGNAL;
}

/* Whom a signal to the process is told: the first thread if it does not block the signal and is told of no
 * other, else one for which that holds, else one that does not block it. When all block it, the first,
 * or whichever there is. */
static struct task *recipient_locked(const struct process *process, int signal)
{
    struct task *task = task_find_locked(process, process->pid), *busy = NULL, *any;
    any = task && task->thread ? task : NULL;
    if (any && !is_blocked(any, signal) && !has_signal(any))
        return any;
    for_each_task_locked(task, process, tid)
    {
        if (!task->thread)
            continue;
        if (!any)
            any = task;
        if (is_blocked(task, signal))
            continue;
        if (!has_signal(task))
            return task;
        if (!busy)
            busy = task;
    }
    return busy ? busy : any;
}

static struct signal_pending *pending_of(struct process *process, struct task *task)
{
    return task ? &task->signals.pending : &process->signals.pending;
}

/* The signal waits, for `task` or for the process (NULL); `told` was going to be told and blocked it when we
 * looked. Threads change their masks without the lock: they store the mask and then look at what waits
 * (signal_mask_changed), so we look at the mask once more. Each with a fence between: one of us sees the
 * other. */
static void tell_if_unblocked_locked(struct process *process, struct task *task, int signal)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    struct task *told = task ? task : recipient_locked(process, signal);
    if (!is_blocked(told, signal))
        signal_notify(told);
}

/* To `task`, or to the process when that is NULL. */
static int send_locked(struct process *process, struct task *task, int signal,
                       const struct signal_info *info, bool *arrived)
{
    struct task *told = task;
    if ((STOPS | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGKILL)) & SIGNAL_BIT(signal))
        stop_or_continue_locked(process, signal);
    if (!told)
        told = recipient_locked(process, signal);
    if (!told) /* all have ended */
        return 0;
    bool blocked = is_blocked(told, signal);
    if (!blocked && is_idle(process, signal))
        return 0;
    int error = signal_pending_add(pending_of(process, task), signal, info,
                                   process_limit(process, RLIMIT_SIGPENDING));
    if (error != 0)
        return error;
    *arrived = true;
    if (!blocked)
        signal_notify(told);
    else
        tell_if_unblocked_locked(process, task, signal);
    return 0;
}

static int send(struct process *process, struct task *task, int signal,
                const struct signal_info *info)
{
    struct process_signals *signals = &process->signals;
    bool arrived = false;
    u64 flags = spin_lock_irqsave(&signals->lock);
    int error = send_locked(process, task, signal, info, &arrived);
    spin_unlock_irqrestore(&signals->lock, flags);
    if (arrived)
        wait_wake_any(&signals->arrived, POLLIN);
    return error;
}

void signal_send_for_call(int signal)
{
    struct task *task = task_current();
    (void)send(task->process, task, signal,
               &(struct signal_info){.code = SI_USER, .pid = task->process->pid});
}

int signal_send_process(struct process *process, int signal, const struct signal_info *info)
{
    return send(process, NULL, signal, info);
}

int signal_send_thread(struct process *process, int tid, int signal, const struct signal_info *info)
{
    struct process_signals *signals = &process->signals;
    bool arrived = false;
    u64 flags = spin_lock_irqsave(&signals->lock);
    struct task *task = task_find_locked(process, tid);
    int error = !task         ? -ESRCH
                : signal == 0 ? 0
                              : send_locked(process, task, signal, info, &arrived);
    spin_unlock_irqrestore(&signals->lock, flags);
    if (arrived)
        wait_wake_any(&signals->arrived, POLLIN);
    return error;
}

/* Whether somebody wants it. */
static bool send_entry_locked(struct process *process, int tid, struct signal_entry *entry)
{
    struct task *task = tid ? task_find_locked(process, tid) : NULL;
    struct task *told = tid ? task : recipient_locked(process, entry->signal);
    if (!told)
        return false;
    stop_or_continue_locked(process, entry->signal);
    bool blocked = is_blocked(told, entry->signal);
    if (!blocked && is_idle(process, entry->signal))
        return false;
    if (list_empty(&entry->link))
        signal_pending_add_entry(pending_of(process, task), entry);
    if (!blocked)
        signal_notify(told);
    else
        tell_if_unblocked_locked(process, task, entry->signal);
    return true;
}

bool signal_send_entry(struct process *process, int tid, struct signal_entry *entry)
{
    struct process_signals *signals = &process->signals;
    u64 flags = spin_lock_irqsave(&signals->lock);
    bool wanted = send_entry_locked(process, tid, entry);
    spin_unlock_irqrestore(&signals->lock, flags);
    if (wanted)
        wait_wake_any(&signals->arrived, POLLIN);
    return wanted;
}

bool signal_count_timer(struct process *process)
{
    struct process_signals *signals = &process->signals;
    u64 flags = spin_lock_irqsave(&signals->lock);
    bool fits = signals->counted < process_limit(process, RLIMIT_SIGPENDING);
    signals->counted += fits;
    spin_unlock_irqrestore(&signals->lock, flags);
    return fits;
}

void signal_uncount_timer(struct process *process)
{
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    process->signals.counted--;
    spin_unlock_irqrestore(&process->signals.lock, flags);
}

void signal_recall_entry(struct process *process, int tid, struct signal_entry *entry)
{
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    struct task *task = tid ? task_find_locked(process, tid) : NULL;
    if (!tid || task) /* with a thread that has ended, all that waited for it went */
        signal_pending_remove_entry(pending_of(process, task), entry);
    spin_unlock_irqrestore(&process->signals.lock, flags);
}

void signal_action_changed(int signal)
{
    struct process *process = process_current();
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    if (signal_is_ignored(process, signal))
        drop_everywhere_locked(process, signal);
    spin_unlock_irqrestore(&process->signals.lock, flags);
}

static void tell_others_locked(struct process *process, u64 signals)
{
    for (signals &= process->signals.pending.set; signals != 0; signals &= signals - 1) {
        int signal = __builtin_ctzl(signals) + 1;
        struct task *task = recipient_locked(process, signal);
        if (task && !is_blocked(task, signal))
            signal_notify(task);
    }
}

void signal_tell_others(struct process *process, u64 signals)
{
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    tell_others_locked(process, signals);
    spin_unlock_irqrestore(&process->signals.lock, flags);
}

void signals_end_task(struct task *task)
{
    struct process *process = task->process;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    for (int signal = 1; task->signals.pending.set != 0 && signal <= SIGNAL_COUNT; signal++)
        signal_pending_drop(&task->signals.pending, signal);
    tell_others_locked(process, ~0UL);
    spin_unlock_irqrestore(&process->signals.lock, flags);
}

/* ---- Faults -----------------------------------------------------------------------------------*/

void signal_force(int signal, const struct signal_info *info)
{
    struct task *task = task_current();
    struct process_signals *signals = &task->process->signals;
    struct signal_action *action = &signals->action[signal - 1];
    u64 flags = spin_lock_irqsave(&signals->lock);
    if (is_blocked(task, signal) || action->handler == (u64)SIG_IGN) {
        action->handler = (u64)SIG_DFL;
        task->signals.blocked &= ~SIGNAL_BIT(signal);
    }
    task->signals.why = NULL;
    signal_pending_drop(&task->signals.pending, signal);
    (void)signal_pending_add(&task->signals.pending, signal, info, 0);
    spin_unlock_irqrestore(&signals->lock, flags);
    signal_notify(task);
}

void signal_force_segv(u64 address, int code, const char *why)
{
    u64 told = code == SI_KERNEL ? 0 : address;
    signal_force(SIGSEGV, &(struct signal_info){.code = code, .address = told});
    task_current()->signals.why = why;
}

void signal_check_instruction_pointer(u64 address)
{
    bool canonical = (u64)((s64)(address << 16) >> 16) == address;
    if (address >= USER_LIMIT)
        signal_force_segv(canonical ? address : 0, canonical ? SEGV_MAPERR : SI_KERNEL,
                          "a handler lies, or returned to, outside the program's half");
}
