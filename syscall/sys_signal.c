/* SPDX-License-Identifier: MIT */
/* Calls on signals. */
#include <asm/errno.h>
#include <asm/siginfo.h>
#include <linux/signal.h>

#include "arch/cpu.h"
#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "kernel/proc/process.h"
#include "syscall/table.h"

#define SI_TKILL_CODE (-6) /* SI_TKILL */

/* Flags that this kernel knows; Linux drops the others, and programs test for that. */
#define SA_KNOWN                                                                       \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
     SA_RESETHAND | SA_RESTORER | SA_EXPOSE_TAGBITS)

/* Interrupted calls are made again as themselves here (signal_resume_deadline), so that there is never anything
 * to restart when a program comes by itself. */
long sys_restart_syscall(void)
{
    return -EINTR;
}

long sys_rt_sigaction(int signal, uptr action, uptr old, size_t set_size)
{
    if (set_size != sizeof(u64) || signal < 1 || signal > SIGNAL_COUNT)
        return -EINVAL;
    struct signal_action wanted, previous;
    if (action.addr != 0) {
        if (usercopy_from(&wanted, action, sizeof(wanted)) != 0)
            return -EFAULT;
        if (SIGNALS_UNSTOPPABLE & SIGNAL_BIT(signal))
            return -EINVAL;
    }
    struct process_signals *signals = &process_current()->signals;
    u64 flags = spin_lock_irqsave(&signals->lock);
    previous = signals->action[signal - 1];
    if (action.addr != 0) {
        wanted.flags &= SA_KNOWN;
        wanted.mask &= ~SIGNALS_UNSTOPPABLE;
        signals->action[signal - 1] = wanted;
    }
    spin_unlock_irqrestore(&signals->lock, flags);
    if (action.addr != 0)
        signal_action_changed(signal);
    if (old.addr != 0 && usercopy_to(old, &previous, sizeof(previous)) != 0)
        return -EFAULT;
    return 0;
}

static long change_mask(int how, u64 set, u64 *blocked)
{
    switch (how) {
    case SIG_BLOCK:
        *blocked |= set;
        return 0;
    case SIG_UNBLOCK:
        *blocked &= ~set;
        return 0;
    case SIG_SETMASK:
        *blocked = set;
        return 0;
    default:
        return -EINVAL;
    }
}

long sys_rt_sigprocmask(int how, uptr set, uptr old, size_t set_size)
{
    struct signal_state *signals = &task_current()->signals;
    u64 wanted, previous = signals->blocked;
    if (set_size != sizeof(u64))
        return -EINVAL;
    if (set.addr != 0) {
        if (usercopy_from(&wanted, set, sizeof(wanted)) != 0)
            return -EFAULT;
        long error = change_mask(how, wanted & ~SIGNALS_UNSTOPPABLE, &signals->blocked);
        if (error != 0)
            return error;
        signal_mask_changed();
    }
    return old.addr != 0 && usercopy_to(old, &previous, sizeof(previous)) != 0 ? -EFAULT : 0;
}

static void stack_describe(const struct signal_stack *stack, bool in_use, stack_t *out)
{
    *out = (stack_t){
        .ss_sp = (void *)stack->base,
        .ss_size = stack->size,
        .ss_flags = stack->flags | (stack->size == 0 ? SS_DISABLE
                                    : in_use         ? SS_ONSTACK
                                                     : 0),
    };
}

static long stack_set(struct signal_stack *stack, const stack_t *wanted, bool in_use)
{
    int mode = wanted->ss_flags & ~SS_AUTODISARM;
    if (in_use)
        return -EPERM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (mode == SS_DISABLE) {
        *stack = (struct signal_stack){.flags = wanted->ss_flags & SS_AUTODISARM};
        return 0;
    }
    if (wanted->ss_size < MINSIGSTKSZ)
        return -ENOMEM;
    *stack = (struct signal_stack){(u64)wanted->ss_sp, wanted->ss_size,
                                   wanted->ss_flags & SS_AUTODISARM};
    return 0;
}

static bool stack_in_use(const struct signal_stack *stack)
{
    return !(stack->flags & SS_AUTODISARM) && signal_on_stack(stack, percpu_this()->frame->rsp);
}

long sys_sigaltstack(uptr stack, uptr old)
{
    struct signal_stack *current = &task_current()->signals.stack;
    bool in_use = stack_in_use(current);
    stack_t wanted, previous = {0};
    stack_describe(current, in_use, &previous);
    if (stack.addr != 0) {
        if (usercopy_from(&wanted, stack, sizeof(wanted)) != 0)
            return -EFAULT;
        long error = stack_set(current, &wanted, in_use);
        if (error != 0)
            return error;
    }
    return old.addr != 0 && usercopy_to(old, &previous, sizeof(previous)) != 0 ? -EFAULT : 0;
}

/* ---- Sending ----------------------------------------------------------------------------------*/

static bool is_signal(int signal)
{
    return signal >= 0 && signal <= SIGNAL_COUNT;
}

/* Does the number stand for the process, be it that of one of its threads? */
static bool names_process(struct process *process, int pid)
{
    return pid == process->pid || signal_send_thread(process, pid, 0, NULL) == 0;
}

/* Signal 0 only asks whether there is somebody. */
long sys_kill(int pid, int signal)
{
    struct process *process = process_current();
    if (pid != 0 && pid != -process->pid && !names_process(process, pid))
        return -ESRCH;
    if (!is_signal(signal))
        return -EINVAL;
    struct signal_info info = {.code = SI_USER, .pid = process->pid};
    return signal == 0 ? 0 : signal_send_process(process, signal, &info);
}

/* Only this process has threads; -1 stands for any. */
static long send_to_thread(int tgid, int tid, int signal, const struct signal_info *info)
{
    struct process *process = process_current();
    if (tgid != process->pid && tgid != -1)
        return -ESRCH;
    if (!is_signal(signal)) /* which counts only if there is such a thread */
        return signal_send_thread(process, tid, 0, info) == 0 ? -EINVAL : -ESRCH;
    return signal_send_thread(process, tid, signal, info);
}

long sys_tkill(int tid, int signal)
{
    struct signal_info info = {.code = SI_TKILL_CODE, .pid = process_current()->pid};
    if (tid <= 0)
        return -EINVAL;
    return send_to_thread(-1, tid, signal, &info);
}

long sys_tgkill(int tgid, int tid, int signal)
{
    struct signal_info info = {.code = SI_TKILL_CODE, .pid = process_current()->pid};
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    return send_to_thread(tgid, tid, signal, &info);
}

/* What a program says about a signal that it queues. */
static long decode_info(uptr user, struct signal_info *info)
{
    siginfo_t given;
    if (usercopy_from(&given, user, sizeof(given)) != 0)
        return -EFAULT;
    *info = (struct signal_info){.code = given.si_code, .error = given.si_errno};
    memcpy(info->words, &given._sifields, sizeof(info->words));
    return 0;
}

/* To others, and be they its own threads, a thread may not pretend to be the kernel or kill. */
static bool may_tell(const struct signal_info *told, int tid)
{
    return (told->code < 0 && told->code != SI_TKILL_CODE) || tid == task_current()->tid;
}

long sys_rt_sigqueueinfo(int pid, int signal, uptr info)
{
    struct signal_info told;
    struct process *process = process_current();
    long error = decode_info(info, &told);
    if (error != 0)
        return error;
    if (!may_tell(&told, pid))
        return -EPERM;
    if (!names_process(process, pid))
        return -ESRCH;
    if (!is_signal(signal))
        return -EINVAL;
    return signal == 0 ? 0 : signal_send_process(process, signal, &told);
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int signal, uptr info)
{
    struct signal_info told;
    long error = decode_info(info, &told);
    if (error != 0)
        return error;
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    if (!may_tell(&told, tid))
        return -EPERM;
    return send_to_thread(tgid, tid, signal, &told);
}

/* ---- The way back -----------------------------------------------------------------------------*/

/* A frame that cannot be taken back is a fault of the program, as on Linux. */
long sys_rt_sigreturn(void)
{
    struct task *task = task_current();
    struct signal_state *signals = &task->signals;
    struct trap_frame *frame = percpu_this()->frame;
    stack_t stack;
    u64 mask;
    if (signal_frame_pop(frame, task->thread->arch.fpu_area, &stack, &mask) != 0) {
        signal_force_segv(frame->rsp, SI_KERNEL, "a signal's frame is spoiled");
        return 0;
    }
    (void)!stack_set(&signals->stack, &stack, stack_in_use(&signals->stack));
    signals->blocked = mask & ~SIGNALS_UNSTOPPABLE;
    signal_mask_changed();
    signal_check_instruction_pointer(frame->rip);
    context_return_to_program(frame);
}
