/* SPDX-License-Identifier: MIT */
/* poll and ppoll: wait until one of several descriptors is ready. */
#include <asm/errno.h>
#include <asm/poll.h>

#include "arch/usercopy.h"
#include "mm/heap.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"
#include "syscall/wait_for.h"

#define ALWAYS_REPORTED (POLLERR | POLLHUP)

_Static_assert(sizeof(struct pollfd) == 8, "asm-generic/poll.h");

/* So many descriptors take no allocation. */
#define FEW 4

static void items_get(struct wait_item *items, const struct pollfd *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct file *file = fds[i].fd < 0 ? NULL : descriptor_get(fds[i].fd);
        u32 closed = fds[i].fd >= 0 && !file ? POLLNVAL : 0;
        items[i] = (struct wait_item){file, (u16)fds[i].events | ALWAYS_REPORTED, closed};
    }
}

/* The answers alone go out: the rest may have been changed by another thread. */
static long answers_put(uptr user, const struct wait_item *items, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        s16 answer = (s16)items[i].ready;
        uptr field = UPTR_ADD(user, i * sizeof(struct pollfd) + offsetof(struct pollfd, revents));
        if (usercopy_to(field, &answer, sizeof(answer)) != 0)
            return -EFAULT;
    }
    return 0;
}

static long poll_in(uptr user, struct pollfd *fds, struct wait_item *items, unsigned count,
                    u64 deadline)
{
    if (usercopy_from(fds, user, count * sizeof(*fds)) != 0)
        return -EFAULT;
    items_get(items, fds, count);
    long result = wait_for_items(items, count, deadline);
    long error = result >= 0 ? answers_put(user, items, count) : 0;
    wait_items_put(items, count);
    return error != 0 ? error : result;
}

static long poll_user(uptr user, unsigned count, u64 deadline)
{
    struct pollfd few_fds[FEW];
    struct wait_item few_items[FEW];
    if (count > descriptor_limit())
        return -EINVAL;
    if (count <= FEW)
        return poll_in(user, few_fds, few_items, count, deadline);
    struct pollfd *fds = kmalloc(count * sizeof(*fds));
    struct wait_item *items = kmalloc(count * sizeof(*items));
    long result = fds && items ? poll_in(user, fds, items, count, deadline) : -ENOMEM;
    kfree(fds);
    kfree(items);
    return result;
}

long sys_poll(uptr fds, unsigned count, int timeout)
{
    long result = poll_user(fds, count, signal_resume_deadline(wait_deadline_ms(timeout)));
    return result == -EINTR ? -ERESTART_RESTARTBLOCK : result;
}

long sys_ppoll(uptr fds, unsigned count, uptr timeout, uptr mask, size_t set_size)
{
    u64 deadline;
    long error = wait_deadline(timeout, &deadline);
    if (error == 0)
        error = wait_mask_begin(mask, set_size);
    if (error != 0)
        return error;
    long result = poll_user(fds, count, deadline);
    wait_mask_end(mask, result);
    return wait_result(result, wait_write_left(timeout, deadline));
}
