/* SPDX-License-Identifier: MIT */
/* Files of the kernel's own making: eventfd, epoll, memfd. */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "fs/anon/epoll.h"
#include "fs/anon/eventfd.h"
#include "fs/anon/memfd.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"
#include "syscall/wait_for.h"

/* A file that was just made, or NULL for want of memory. */
static long descriptor_or_no_memory(struct file *file, bool close_on_exec)
{
    return file ? descriptor_new(file, close_on_exec) : -ENOMEM;
}

/* ---- eventfd ----------------------------------------------------------------------------------*/

long sys_eventfd2(unsigned initial, int flags)
{
    if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
        return -EINVAL;
    struct file *file = eventfd_create(initial, flags & EFD_SEMAPHORE, flags & O_NONBLOCK);
    return descriptor_or_no_memory(file, flags & O_CLOEXEC);
}

long sys_eventfd(unsigned initial)
{
    return sys_eventfd2(initial, 0);
}

/* ---- epoll ------------------------------------------------------------------------------------*/

/* Linux's EP_MAX_EVENTS: their bytes fit an int. */
#define EVENTS_MAX ((int)(0x7fffffff / sizeof(struct epoll_event)))

long sys_epoll_create1(int flags)
{
    if (flags & ~EPOLL_CLOEXEC)
        return -EINVAL;
    return descriptor_or_no_memory(epoll_create(), flags & EPOLL_CLOEXEC);
}

long sys_epoll_create(int size)
{
    return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

long sys_epoll_ctl(int epfd, int operation, int fd, uptr user)
{
    struct epoll_event event = {0};
    if (operation != EPOLL_CTL_DEL && usercopy_from(&event, user, sizeof(event)) != 0)
        return -EFAULT;
    struct file *epoll = descriptor_get(epfd);
    struct file *target = epoll ? descriptor_get(fd) : NULL;
    long error = target ? epoll_control(epoll, operation, target, fd, &event) : -EBADF;
    if (target)
        file_put(target);
    if (epoll)
        file_put(epoll);
    return error;
}

static long events_wait(int epfd, uptr events, int capacity, u64 deadline)
{
    if (capacity <= 0 || capacity > EVENTS_MAX)
        return -EINVAL;
    if (!user_range_ok(events, (u64)capacity * sizeof(struct epoll_event)))
        return -EFAULT;
    struct file *file = descriptor_get(epfd);
    if (!file)
        return -EBADF;
    long result = file_is_epoll(file) ? epoll_wait(file, events, capacity, deadline) : -EINVAL;
    file_put(file);
    return result;
}

static long events_wait_masked(int epfd, uptr events, int capacity, u64 deadline, uptr mask,
                               size_t set_size)
{
    long result = wait_mask_begin(mask, set_size);
    if (result != 0)
        return result;
    result = events_wait(epfd, events, capacity, deadline);
    wait_mask_end(mask, result);
    return result;
}

long sys_epoll_wait(int epfd, uptr events, int capacity, int timeout)
{
    return events_wait(epfd, events, capacity, wait_deadline_ms(timeout));
}

long sys_epoll_pwait(int epfd, uptr events, int capacity, int timeout, uptr mask, size_t set_size)
{
    return events_wait_masked(epfd, events, capacity, wait_deadline_ms(timeout), mask, set_size);
}

long sys_epoll_pwait2(int epfd, uptr events, int capacity, uptr timeout, uptr mask, size_t set_size)
{
    u64 deadline;
    long error = wait_deadline(timeout, &deadline);
    return error != 0 ? error
                      : events_wait_masked(epfd, events, capacity, deadline, mask, set_size);
}

/* ---- memfd ------------------------------------------------------------------------------------*/

#define MFD_FLAGS (MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC)
#define MFD_SIZES ((unsigned)MFD_HUGE_MASK << MFD_HUGE_SHIFT) /* with MFD_HUGETLB */

/* 0, -EINVAL, -ENOSYS: no memory is set aside for huge pages, as on a Linux without hugetlbfs. */
static long check_memfd_flags(unsigned flags)
{
    unsigned allowed = flags & MFD_HUGETLB ? MFD_FLAGS | MFD_SIZES : MFD_FLAGS;
    if ((flags & ~allowed) || ((flags & MFD_EXEC) && (flags & MFD_NOEXEC_SEAL)))
        return -EINVAL;
    return 0;
}

long sys_memfd_create(uptr user, unsigned flags)
{
    char name[MEMFD_NAME_MAX + 1];
    long error = check_memfd_flags(flags);
    if (error != 0)
        return error;
    long length = usercopy_string(name, user, sizeof(name));
    if (length < 0)
        return length == -ENAMETOOLONG ? -EINVAL : length;
    if (flags & MFD_HUGETLB)
        return -ENOSYS;
    return descriptor_or_no_memory(memfd_create(name, flags), flags & MFD_CLOEXEC);
}
