/* SPDX-License-Identifier: MIT */
/*
 * Event counters (man 2 eventfd). The count goes from 0 to 2^64 - 2: a write that would pass it
 * waits, or fails with EAGAIN.
 * Lock: counter->lock, never held over copies from or to the program.
 */
#include "fs/anon/eventfd.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>

#include "arch/usercopy.h"
#include "fs/anon/anon_file.h"
#include "fs/poll.h"
#include "mm/heap.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct counter {
    struct spinlock lock; /* guards count */
    struct wait_queue changed;
    u64 count;
    bool semaphore;
};

static u64 count_now(const struct counter *counter)
{
    return __atomic_load_n(&counter->count, __ATOMIC_RELAXED);
}

/* What a read takes; 0: nothing there. */
static u64 take(struct counter *counter)
{
    u64 flags = spin_lock_irqsave(&counter->lock);
    u64 taken = counter->semaphore ? counter->count != 0 : counter->count;
    __atomic_store_n(&counter->count, counter->count - taken, __ATOMIC_RELAXED);
    spin_unlock_irqrestore(&counter->lock, flags);
    return taken;
}

/* False when there is no room for `amount`. */
static bool add(struct counter *counter, u64 amount)
{
    u64 flags = spin_lock_irqsave(&counter->lock);
    bool fits = amount <= COUNT_MAX - counter->count;
    if (fits)
        __atomic_store_n(&counter->count, counter->count + amount, __ATOMIC_RELAXED);
    spin_unlock_irqrestore(&counter->lock, flags);
    return fits;
}

static long eventfd_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    struct counter *counter = file->object;
    u64 taken;
    (void)position;
    if (size < sizeof(taken))
        return -EINVAL;
    while ((taken = take(counter)) == 0) {
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        int error = wait_event(&counter->changed, count_now(counter) != 0);
        if (error != 0)
            return error;
    }
    wait_wake_any(&counter->changed, POLLOUT);
    return usercopy_to(buffer, &taken, sizeof(taken)) ? -EFAULT : (long)sizeof(taken);
}

static long eventfd_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    struct counter *counter = file->object;
    u64 amount;
    (void)position;
    if (size < sizeof(amount))
        return -EINVAL;
    if (usercopy_from(&amount, buffer, sizeof(amount)) != 0)
        return -EFAULT;
    if (amount > COUNT_MAX)
        return -EINVAL;
    while (!add(counter, amount)) {
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        int error = wait_event(&counter->changed, amount <= COUNT_MAX - count_now(counter));
        if (error != 0)
            return error;
    }
    wait_wake_any(&counter->changed, POLLIN);
    return sizeof(amount);
}

static u32 eventfd_poll(struct file *file, struct poller *poller)
{
    struct counter *counter = file->object;
    poller_add(poller, &counter->changed);
    u64 count = count_now(counter);
    return (count != 0 ? POLLIN : 0) | (count < COUNT_MAX ? POLLOUT : 0);
}

static void eventfd_release(struct file *file)
{
    kfree(file->object);
}

static const struct file_ops eventfd_file_ops = {
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .stat = anon_file_stat,
    .release = eventfd_release,
};

struct file *eventfd_create(u32 initial, bool semaphore, u32 flags)
{
    struct counter *counter = kmalloc(sizeof(*counter));
    if (!counter)
        return NULL;
    *counter = (struct counter){.count = initial, .semaphore = semaphore};
    spin_init_zeroed(&counter->lock, LOCK_EVENTFD);
    wait_queue_init(&counter->changed);
    struct file *file = anon_file_create(&eventfd_file_ops, O_RDWR | (flags & O_NONBLOCK), counter,
                                         "anon_inode:[eventfd]");
    if (!file)
        kfree(counter);
    return file;
}
