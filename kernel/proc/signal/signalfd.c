/* SPDX-License-Identifier: MIT */
/* Signals as a file. The file holds the mask alone: what waits is the reader's. */
#include "kernel/proc/signal/signalfd.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <linux/signalfd.h>

#include "arch/usercopy.h"
#include "fs/anon/anon_file.h"
#include "fs/poll.h"
#include "kernel/lib/string.h"
#include "kernel/proc/process.h"

static u64 mask_of(const struct file *file)
{
    return (u64)__atomic_load_n(&file->object, __ATOMIC_RELAXED);
}

static bool is_readable(const struct file *file)
{
    return signal_pending_set() & mask_of(file);
}

/* Linux's signalfd_copyinfo: which members count depends on signal and code. */
static void encode(int signal, const struct signal_info *info, struct signalfd_siginfo *out)
{
    memset(out, 0, sizeof(*out));
    out->ssi_signo = signal;
    out->ssi_errno = info->error;
    out->ssi_code = info->code;
    if (info->code == SI_TIMER) {
        out->ssi_tid = info->timer;
        out->ssi_overrun = info->overrun;
        out->ssi_ptr = info->timer_value;
        out->ssi_int = (s32)info->timer_value;
        return;
    }
    out->ssi_pid = info->pid;
    out->ssi_uid = info->uid;
    if (info->code < 0) {
        out->ssi_ptr = info->value;
        out->ssi_int = (s32)info->value;
    }
}

static long signalfd_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    size_t count = size / sizeof(struct signalfd_siginfo), done = 0;
    (void)position;
    if (count == 0)
        return -EINVAL;
    while (done < count) {
        struct signal_info info;
        struct signalfd_siginfo out;
        int signal = signal_take(mask_of(file), &info);
        if (signal == 0 && (done != 0 || (file->flags & O_NONBLOCK)))
            break;
        if (signal == 0) {
            int error = wait_event(&process_current()->signals.arrived, is_readable(file));
            if (error != 0)
                return -ERESTARTSYS;
            continue;
        }
        encode(signal, &info, &out);
        if (usercopy_to(UPTR_ADD(buffer, done * sizeof(out)), &out, sizeof(out)) != 0)
            return done ? (long)(done * sizeof(out)) : -EFAULT;
        done++;
    }
    return done ? (long)(done * sizeof(struct signalfd_siginfo)) : -EAGAIN;
}

static u32 signalfd_poll(struct file *file, struct poller *poller)
{
    poller_add(poller, &process_current()->signals.arrived);
    return is_readable(file) ? POLLIN : 0;
}

static const struct file_ops signalfd_file_ops = {
    .read = signalfd_read,
    .poll = signalfd_poll,
    .stat = anon_file_stat,
};

struct file *signalfd_create(u64 mask, u32 flags)
{
    return anon_file_create(&signalfd_file_ops, O_RDWR | (flags & O_NONBLOCK), (void *)mask,
                            "anon_inode:[signalfd]");
}

bool file_is_signalfd(const struct file *file)
{
    return file->ops == &signalfd_file_ops;
}

void signalfd_set_mask(struct file *file, u64 mask)
{
    __atomic_store_n(&file->object, (void *)mask, __ATOMIC_RELAXED);
    wait_wake_any(&process_current()->signals.arrived, POLLIN);
}
