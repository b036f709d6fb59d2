/* SPDX-License-Identifier: MIT */
/* Calls that wait for signals, or look at those that wait. */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "kernel/core/time.h"
#include "kernel/proc/process.h"
#include "kernel/proc/signal/signalfd.h"
#include "syscall/decode.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"
#include "syscall/wait_for.h"

static long decode_set(uptr set, size_t size, u64 *out)
{
    if (size != sizeof(*out))
        return -EINVAL;
    return usercopy_from(out, set, sizeof(*out)) ? -EFAULT : 0;
}

/* Those that wait and are blocked: another one is as good as taken. */
long sys_rt_sigpending(uptr set, size_t size)
{
    u64 waiting = signal_pending_set() & task_current()->signals.blocked;
    if (size > sizeof(waiting))
        return -EINVAL;
    return usercopy_to(set, &waiting, size) ? -EFAULT : 0;
}

long sys_rt_sigsuspend(uptr set, size_t size)
{
    u64 mask;
    long error = decode_set(set, size, &mask);
    return error != 0 ? error : signal_suspend(mask);
}

long sys_pause(void)
{
    (void)wait_sleep(WAIT_FOREVER);
    return -ERESTARTNOHAND;
}

/* Wait for a signal of `set`, whether it is blocked or not. */
static long wait_for_signal(u64 set, u64 deadline, struct signal_info *info)
{
    struct wait_queue *arrived = &process_current()->signals.arrived;
    for (;;) {
        int signal = signal_take(set, info);
        if (signal != 0)
            return signal;
        if (deadline == 0)
            return -EAGAIN;
        int error = wait_event_until(arrived, signal_pending_set() & set, deadline);
        if (error != 0)
            return error == -ETIMEDOUT ? -EAGAIN : -EINTR;
    }
}

long sys_rt_sigtimedwait(uptr set, uptr info, uptr timeout, size_t size)
{
    u64 wanted, deadline;
    struct signal_info told;
    siginfo_t out;
    long error = decode_set(set, size, &wanted);
    if (error == 0)
        error = wait_deadline(timeout, &deadline);
    if (error != 0)
        return error;
    long signal = wait_for_signal(wanted & ~SIGNALS_UNSTOPPABLE, deadline, &told);
    if (signal <= 0 || info.addr == 0)
        return signal;
    signal_info_encode(signal, &told, &out);
    return usercopy_to(info, &out, sizeof(out)) ? -EFAULT : signal;
}

static long change_signalfd(int fd, u64 mask)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    bool is = file_is_signalfd(file);
    if (is)
        signalfd_set_mask(file, mask);
    file_put(file);
    return is ? fd : -EINVAL;
}

long sys_signalfd4(int fd, uptr set, size_t size, int flags)
{
    u64 mask;
    long error = decode_set(set, size, &mask);
    if (error != 0)
        return error;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    mask &= ~SIGNALS_UNSTOPPABLE;
    if (fd != -1)
        return change_signalfd(fd, mask);
    struct file *file = signalfd_create(mask, flags & O_NONBLOCK);
    return file ? descriptor_new(file, flags & O_CLOEXEC) : -ENOMEM;
}

long sys_signalfd(int fd, uptr set, size_t size)
{
    return sys_signalfd4(fd, set, size, 0);
}
