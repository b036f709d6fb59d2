/* SPDX-License-Identifier: MIT */
/* What the system says of itself, and random numbers. */
#include <asm/errno.h>
#include <linux/random.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

#include "arch/usercopy.h"
#include "kernel/core/random.h"
#include "kernel/core/system_names.h"
#include "kernel/core/time.h"
#include "kernel/proc/process.h"
#include "mm/page.h"
#include "syscall/table.h"

#define RANDOM_MAX 0x7fffffffUL /* Linux's INT_MAX */

long sys_uname(uptr name)
{
    return usercopy_to(name, &system_names, sizeof(system_names)) ? -EFAULT : 0;
}

long sys_sysinfo(uptr info)
{
    struct sysinfo out = {
        .uptime = time_now_ns() / NS_PER_SECOND,
        .totalram = page_total_count() * PAGE_SIZE,
        .freeram = page_free_count() * PAGE_SIZE,
        .procs = 1,
        .mem_unit = 1,
    };
    return usercopy_to(info, &out, sizeof(out)) ? -EFAULT : 0;
}

long sys_getrandom(uptr buffer, size_t size, unsigned flags)
{
    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    return random_bytes_user(buffer, MIN(size, RANDOM_MAX));
}
