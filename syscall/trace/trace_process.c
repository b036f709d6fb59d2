/* SPDX-License-Identifier: MIT */
/* What the trace has to know of the running thread and its process. */
#include "arch/usercopy.h"
#include "kernel/proc/task.h"
#include "syscall/trace/trace_internal.h"

bool trace_several_threads(void)
{
    return task_count(process_current()) > 1;
}

int trace_thread_id(void)
{
    return thread_current()->tid;
}

int trace_next_thread(int thread)
{
    struct process *process = process_current();
    int next = thread + 1;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    struct task *task = task_next_locked(process, &next);
    if (task && next == process->pid) {
        next++;
        task = task_next_locked(process, &next);
    }
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return task ? next : 0;
}

bool trace_call_goes_on(void)
{
    return task_current()->signals.goes_on;
}

bool trace_is_killed(void)
{
    return signal_pending_set() & SIGNAL_BIT(SIGKILL);
}

/* The stack begins with the number of arguments, then their addresses, then NULL (System V ABI 3.4.1). */
u64 trace_environment(void)
{
    u64 stack = process_current()->layout.stack_start, arguments;

    if (usercopy_from(&arguments, UPTR(stack), sizeof(arguments)) != 0)
        return 0;
    return stack + (arguments + 2) * sizeof(u64);
}
