/* SPDX-License-Identifier: MIT */
/* Calls on clocks, and sleeping. */
#include <asm/errno.h>
#include <asm/param.h>
#include <linux/resource.h>
#include <linux/time.h>
#include <linux/times.h>

#include "arch/usercopy.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/lib/string.h"
#include "kernel/proc/process.h"
#include "syscall/decode.h"
#include "syscall/table.h"

#define COARSE_RESOLUTION 4000000               /* Linux at CONFIG_HZ=250, Debian's */
#define NS_PER_TICK       (NS_PER_SECOND / 100) /* USER_HZ */

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

/* A negative number holds a process or thread, inverted, above three bits: thread or process, and
 * which of its three clocks (Linux: include/linux/posix-timers.h). 0 is oneself. */
static bool is_own_cpu_clock(int clock)
{
    int id = ~(clock >> 3);
    return (clock & 3) != 3 && (id == 0 || id == process_current()->pid);
}

/* The time of a clock; false when there is no such clock. */
static bool clock_read(int clock, u64 *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *ns = time_real_ns();
        return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = time_now_ns();
        return true;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = sched_thread_ns(thread_current());
        return true;
    default:
        *ns = sched_thread_ns(thread_current());
        return clock < 0 && is_own_cpu_clock(clock);
    }
}

long sys_clock_gettime(int clock, uptr now)
{
    u64 ns;
    return clock_read(clock, &ns) ? encode_timespec(now, ns) : -EINVAL;
}

long sys_clock_getres(int clock, uptr resolution)
{
    u64 ignored;
    if (!clock_read(clock, &ignored))
        return -EINVAL;
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    return resolution.addr == 0 ? 0 : encode_timespec(resolution, coarse ? COARSE_RESOLUTION : 1);
}

long sys_gettimeofday(uptr now, uptr zone)
{
    u64 ns = time_real_ns();
    struct timeval time = {ns / NS_PER_SECOND, ns % NS_PER_SECOND / 1000};
    if (now.addr != 0 && usercopy_to(now, &time, sizeof(time)) != 0)
        return -EFAULT;
    return zone.addr != 0 && usercopy_zero(zone, sizeof(struct timezone)) != 0 ? -EFAULT : 0;
}

long sys_time(uptr now)
{
    s64 seconds = time_real_ns() / NS_PER_SECOND;
    return now.addr != 0 && usercopy_to(now, &seconds, sizeof(seconds)) != 0 ? -EFAULT : seconds;
}

/* Sleep until the monotonic `deadline`. 0 or -EINTR with what was left in `left` (may be null). */
static long sleep_until(u64 deadline, uptr left)
{
    struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);
    if (wait_event_until(&nobody, false, deadline) == -ETIMEDOUT)
        return 0;
    u64 now = time_now_ns();
    if (left.addr != 0 && encode_timespec(left, deadline > now ? deadline - now : 0) != 0)
        return -EFAULT;
    return -EINTR;
}

long sys_nanosleep(uptr request, uptr left)
{
    u64 ns;
    long error = decode_timespec(request, &ns);
    return error != 0 ? error : sleep_until(decode_deadline(ns), left);
}

long sys_clock_nanosleep(int clock, int flags, uptr request, uptr left)
{
    u64 ns, now;
    if (!clock_read(clock, &now))
        return -EINVAL;
    bool cannot_sleep = clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
                        clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_PROCESS_CPUTIME_ID ||
                        clock == CLOCK_THREAD_CPUTIME_ID;
    if (cannot_sleep)
        return -EOPNOTSUPP;
    long error = decode_timespec(request, &ns);
    if (error != 0)
        return error;
    if (!(flags & TIMER_ABSTIME))
        return sleep_until(decode_deadline(ns), left);
    return ns <= now ? 0 : sleep_until(decode_deadline(ns - now), UPTR(0));
}

long sys_getrusage(int who, uptr usage)
{
    struct rusage out;
    memset(&out, 0, sizeof(out));
    if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
        return -EINVAL;
    if (who != RUSAGE_CHILDREN) {
        u64 us = sched_thread_ns(thread_current()) / 1000;
        out.ru_utime.tv_sec = us / 1000000;
        out.ru_utime.tv_usec = us % 1000000;
        const struct aspace *space = &process_current()->space;
        out.ru_maxrss = MAX(space->resident_pages, space->resident_peak) * PAGE_SIZE / KIB;
    }
    return usercopy_to(usage, &out, sizeof(out)) ? -EFAULT : 0;
}

long sys_times(uptr times)
{
    struct tms out = {.tms_utime = sched_thread_ns(thread_current()) / NS_PER_TICK};
    if (times.addr != 0 && usercopy_to(times, &out, sizeof(out)) != 0)
        return -EFAULT;
    return time_now_ns() / NS_PER_TICK;
}
