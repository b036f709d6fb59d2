/* SPDX-License-Identifier: MIT */
/* Arguments that several calls read the same way. */
#include "syscall/decode.h"

#include <asm/errno.h>
#include <linux/time_types.h>

#include "arch/usercopy.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/lib/string.h"

long decode_timespec(uptr user, u64 *ns)
{
    struct __kernel_timespec time;
    if (usercopy_from(&time, user, sizeof(time)) != 0)
        return -EFAULT;
    if (time.tv_sec < 0 || time.tv_nsec < 0 || (u64)time.tv_nsec >= NS_PER_SECOND)
        return -EINVAL;
    u64 seconds = MIN((u64)time.tv_sec, (WAIT_FOREVER - 1) / NS_PER_SECOND / 2);
    *ns = seconds * NS_PER_SECOND + time.tv_nsec;
    return 0;
}

u64 decode_deadline(u64 wait)
{
    return MIN(time_now_ns() + wait, WAIT_FOREVER - 1);
}

long encode_timespec(uptr user, u64 ns)
{
    struct __kernel_timespec time = {ns / NS_PER_SECOND, ns % NS_PER_SECOND};
    return usercopy_to(user, &time, sizeof(time)) ? -EFAULT : 0;
}

long decode_versioned(uptr user, size_t size, void *out, size_t known)
{
    u8 beyond[64];
    if (size > PAGE_SIZE)
        return -E2BIG;
    memset(out, 0, known);
    if (usercopy_from(out, user, MIN(size, known)) != 0)
        return -EFAULT;
    for (size_t at = known; at < size; at += sizeof(beyond)) {
        size_t piece = MIN(size - at, sizeof(beyond));
        if (usercopy_from(beyond, UPTR_ADD(user, at), piece) != 0)
            return -EFAULT;
        if (!mem_is_zero(beyond, piece))
            return -E2BIG;
    }
    return 0;
}
