/* SPDX-License-Identifier: MIT */
/* poll and ppoll: wait until one of several descriptors is ready. */
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/time_types.h>

#include "arch/usercopy.h"
#include "fs/poll.h"
#include "kernel/core/time.h"
#include "kernel/proc/process.h"
#include "mm/heap.h"
#include "syscall/decode.h"
#include "syscall/table.h"

#define ALWAYS_REPORTED (POLLERR | POLLHUP | POLLNVAL)

/* One round: enter the queues, ask every file. Returns how many are ready. */
static int poll_round(struct pollfd *fds, unsigned count, struct poller *poller)
{
    int ready = 0;
    for (unsigned i = 0; i < count; i++) {
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        struct file *file = fdtable_get(&process_current()->files, fds[i].fd);
        u32 events = POLLNVAL;
        if (file) {
            events = file->ops->poll ? file->ops->poll(file, poller) : POLLIN | POLLOUT;
            file_put(file);
        }
        fds[i].revents = events & (fds[i].events | ALWAYS_REPORTED);
        ready += fds[i].revents != 0;
    }
    return ready;
}

/* 0 ready after the deadline (0: do not wait), -EINTR. */
static long poll_wait(struct pollfd *fds, unsigned count, u64 deadline)
{
    size_t capacity = (size_t)count * POLL_QUEUES_PER_FILE;
    struct poller poller = {.capacity = capacity};
    if (deadline == 0 || capacity == 0)
        capacity = 1;
    poller.entries = kmalloc(capacity * sizeof(*poller.entries));
    if (!poller.entries)
        return -ENOMEM;
    struct timer timer;
    long result;
    timer_init_wake(&timer, thread_current());
    for (;;) {
        sched_prepare_block();
        result = poll_round(fds, count, deadline ? &poller : NULL);
        if (result != 0 || deadline == 0 || timer_expired(&timer, deadline))
            break;
        if (thread_current()->interrupted) {
            result = -EINTR;
            break;
        }
        if (deadline != WAIT_FOREVER)
            timer_start(&timer, deadline);
        sched_block();
        timer_stop(&timer);
        poller_end(&poller);
    }
    sched_cancel_block();
    poller_end(&poller);
    kfree(poller.entries);
    return result;
}

static long poll_user(uptr user, unsigned count, u64 deadline)
{
    if (count > process_current()->limits[RLIMIT_NOFILE].rlim_cur)
        return -EINVAL;
    size_t size = count * sizeof(struct pollfd);
    struct pollfd *fds = kmalloc(MAX(size, 1UL));
    if (!fds)
        return -ENOMEM;
    long result = usercopy_from(fds, user, size) ? -EFAULT : poll_wait(fds, count, deadline);
    for (unsigned i = 0; i < count && result >= 0; i++) {
        uptr field = UPTR_ADD(user, i * sizeof(*fds) + offsetof(struct pollfd, revents));
        if (usercopy_to(field, &fds[i].revents, sizeof(fds[i].revents)) != 0)
            result = -EFAULT;
    }
    kfree(fds);
    return result;
}

long sys_poll(uptr fds, unsigned count, int timeout)
{
    u64 deadline = timeout < 0    ? WAIT_FOREVER
                   : timeout == 0 ? 0
                                  : time_now_ns() + (u64)timeout * 1000000;
    return poll_user(fds, count, deadline);
}

/* Linux tells what was left of the time; a failure to do so changes nothing. */
static void put_time_left(uptr timeout, u64 deadline)
{
    u64 now = time_now_ns();
    (void)!encode_timespec(timeout, deadline > now ? deadline - now : 0);
}

long sys_ppoll(uptr fds, unsigned count, uptr timeout, uptr mask, size_t set_size)
{
    u64 deadline = WAIT_FOREVER, wait;
    if (timeout.addr != 0) {
        long error = decode_timespec(timeout, &wait);
        if (error != 0)
            return error;
        deadline = wait == 0 ? 0 : decode_deadline(wait);
    }
    struct signal_state *signals = &task_current()->signals;
    if (mask.addr != 0) {
        u64 set;
        if (set_size != sizeof(set))
            return -EINVAL;
        if (usercopy_from(&set, mask, sizeof(set)) != 0)
            return -EFAULT;
        signals->saved_blocked = signals->blocked;
        signals->restore_saved = true;
        signals->blocked = set & ~SIGNALS_UNSTOPPABLE;
        signal_mask_changed();
    }
    long result = poll_user(fds, count, deadline);
    if (timeout.addr != 0 && deadline != 0)
        put_time_left(timeout, deadline);
    if (mask.addr != 0 && result != -EINTR) {
        signals->restore_saved = false;
        signals->blocked = signals->saved_blocked;
        signal_mask_changed();
    }
    return result;
}
