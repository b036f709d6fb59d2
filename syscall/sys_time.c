/* SPDX-License-Identifier: MIT */
/* Calls on clocks, and sleeping. */
#include <asm/errno.h>
#include <asm/param.h>
#include <linux/resource.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/timex.h>

#include "arch/smp.h"
#include "arch/usercopy.h"
#include "kernel/core/clock_timer.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/lib/string.h"
#include "kernel/proc/task.h"
#include "syscall/decode.h"
#include "syscall/table.h"

#define COARSE_RESOLUTION 4000000 /* Linux at CONFIG_HZ=250, Debian's */
#define LOOK_AGAIN_NS     (NS_PER_SECOND / 1000)
#define NS_PER_TICK       (NS_PER_SECOND / 100) /* USER_HZ */

#define CPU_CLOCK_OF_THREAD 4
#define CPU_CLOCK_WHICH     3 /* a mask; all set: no clock of a processor */
#define CPU_CLOCK_SCHED     2 /* of the three the one that is not counted by ticks */

/* A negative number holds a process or thread, inverted, above three bits: thread or process, and
 * which of its three clocks (Linux: include/linux/posix-timers.h). 0 is oneself. */
static bool read_cpu_clock(int clock, u64 *ns)
{
    struct process *process = process_current();
    int id = ~(clock >> 3);
    if ((clock & CPU_CLOCK_WHICH) == CPU_CLOCK_WHICH)
        return false;
    if (!(clock & CPU_CLOCK_OF_THREAD)) {
        *ns = process_cpu_ns(process);
        return id == 0 || id == process->pid;
    }
    struct task *task = task_get(process, id ? id : thread_current()->tid);
    if (!task)
        return false;
    *ns = task_cpu_ns(task);
    task_put(task);
    return true;
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
        *ns = process_cpu_ns(process_current());
        return true;
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = sched_thread_ns(thread_current());
        return true;
    default:
        return clock < 0 && read_cpu_clock(clock, ns);
    }
}

bool clock_is_known(int clock)
{
    u64 ignored;
    return clock_read(clock, &ignored);
}

long sys_clock_gettime(int clock, uptr now)
{
    u64 ns;
    return clock_read(clock, &ns) ? encode_timespec(now, ns) : -EINVAL;
}

long sys_clock_getres(int clock, uptr resolution)
{
    if (!clock_is_known(clock))
        return -EINVAL;
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
                  (clock < 0 && (clock & CPU_CLOCK_WHICH) != CPU_CLOCK_SCHED);
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

/* ---- Sleeping ---------------------------------------------------------------------------------*/

/* Sleep for `ns`. What was left when a signal came goes to `left` (may be null). */
static long sleep_for(u64 ns, uptr left)
{
    u64 deadline = signal_resume_deadline(decode_deadline(ns));
    if (wait_sleep(deadline) == -ETIMEDOUT)
        return 0;
    u64 now = time_now_ns();
    if (left.addr != 0 && encode_timespec(left, deadline > now ? deadline - now : 0) != 0)
        return -EFAULT;
    return -ERESTART_RESTARTBLOCK;
}

/* Sleep until `clock` shows `target`, also when somebody sets the clock meanwhile. */
static long sleep_until(int clock, u64 target)
{
    u64 now;
    for (;;) {
        u32 seen = __atomic_load_n(&clock_set_count, __ATOMIC_ACQUIRE);
        if (!clock_read(clock, &now) || target <= now)
            return 0;
        int result = wait_event_until(&clock_set_waiters,
                                      __atomic_load_n(&clock_set_count, __ATOMIC_ACQUIRE) != seen,
                                      decode_deadline(target - now));
        if (result == -EINTR)
            return -ERESTARTNOHAND;
    }
}

long sys_nanosleep(uptr request, uptr left)
{
    u64 ns;
    long error = decode_timespec(request, &ns);
    return error != 0 ? error : sleep_for(ns, left);
}

/* When to look again whether others have spent `wait` of processor time: while its only thread sleeps, a
 * process spends none. */
static u64 look_again(u64 wait)
{
    if (task_count(process_current()) == 1)
        return WAIT_FOREVER;
    return decode_deadline(MAX(wait / cpu_count(), LOOK_AGAIN_NS));
}

/* Until a clock of the process, or of another thread, shows `target`. */
static long sleep_on_own_time(int clock, u64 target, bool absolute, uptr left)
{
    u64 now = 0;
    if (!absolute)
        target = signal_resume_deadline(target);
    while (clock_read(clock, &now) && now < target)
        if (wait_sleep(look_again(target - now)) == -EINTR)
            break;
    if (now >= target)
        return 0;
    if (absolute)
        return -ERESTARTNOHAND;
    return left.addr != 0 && encode_timespec(left, target - now) != 0 ? -EFAULT
                                                                      : -ERESTART_RESTARTBLOCK;
}

static bool is_of_this_thread(int clock)
{
    int id = ~(clock >> 3);
    return clock < 0 && (clock & CPU_CLOCK_OF_THREAD) && (id == 0 || id == thread_current()->tid);
}

long sys_clock_nanosleep(int clock, int flags, uptr request, uptr left)
{
    u64 ns, now;
    if (!clock_read(clock, &now))
        return -EINVAL;
    if (clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
        clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_THREAD_CPUTIME_ID)
        return -EOPNOTSUPP;
    if (is_of_this_thread(clock)) /* which spends nothing meanwhile */
        return -EINVAL;
    bool absolute = flags & TIMER_ABSTIME,
         own_time = clock == CLOCK_PROCESS_CPUTIME_ID || clock < 0;
    long error = decode_timespec(request, &ns);
    if (error != 0)
        return error;
    if (own_time)
        return sleep_on_own_time(clock, absolute ? ns : now + ns, absolute, left);
    return absolute ? sleep_until(clock, ns) : sleep_for(ns, left);
}

/* ---- Setting the date -------------------------------------------------------------------------*/

/* Linux refuses dates from which its own clocks would soon run over: 30 years before the end, and
 * anything that lies before the boot (include/linux/time64.h, timekeeping.c). */
#define DATE_SECONDS_MAX (INT64_MAX / (s64)NS_PER_SECOND - 30L * 365 * 24 * 3600)

static long set_date(s64 seconds, s64 nanoseconds)
{
    if (seconds < 0 || nanoseconds < 0 || nanoseconds >= (s64)NS_PER_SECOND)
        return -EINVAL;
    u64 ns = (u64)seconds * NS_PER_SECOND + nanoseconds;
    if (seconds >= DATE_SECONDS_MAX || ns < time_now_ns())
        return -EINVAL;
    clock_set_real_ns(ns);
    return 0;
}

long sys_clock_settime(int clock, uptr now)
{
    struct __kernel_timespec time;
    if (clock < 0 && clock_is_known(clock))
        return -EPERM;
    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    if (usercopy_from(&time, now, sizeof(time)) != 0)
        return -EFAULT;
    return set_date(time.tv_sec, time.tv_nsec);
}

/* A zone alone says that the hardware clock runs on local time, which nobody here asks. */
long sys_settimeofday(uptr now, uptr zone)
{
    struct timeval time;
    struct timezone place;
    if (now.addr != 0 && usercopy_from(&time, now, sizeof(time)) != 0)
        return -EFAULT;
    if (now.addr != 0 && (time.tv_usec < 0 || time.tv_usec > 1000000))
        return -EINVAL;
    if (zone.addr != 0 && usercopy_from(&place, zone, sizeof(place)) != 0)
        return -EFAULT;
    if (zone.addr != 0 && (place.tz_minuteswest > 15 * 60 || place.tz_minuteswest < -15 * 60))
        return -EINVAL;
    return now.addr == 0 ? 0 : set_date(time.tv_sec, time.tv_usec * 1000L);
}

#define DEFAULT_TICK      10000 /* microseconds between two ticks of USER_HZ */
#define DEFAULT_TOLERANCE 32768000
#define DEFAULT_PRECISION 1
#define DEFAULT_ERROR     16000000
#define DEFAULT_CONSTANT  2

/* Nobody steers the clock: what can be read is what Linux says of a clock that was never steered. */
static long read_adjustment(uptr user)
{
    struct __kernel_timex timex;
    if (usercopy_from(&timex, user, sizeof(timex)) != 0)
        return -EFAULT;
    bool only_reads = timex.modes == 0 || timex.modes == ADJ_OFFSET_SS_READ;
    if (!only_reads)
        return -EOPNOTSUPP;
    u64 ns = time_real_ns();
    memset(&timex, 0, sizeof(timex));
    timex.maxerror = timex.esterror = DEFAULT_ERROR;
    timex.status = STA_UNSYNC;
    timex.constant = DEFAULT_CONSTANT;
    timex.precision = DEFAULT_PRECISION;
    timex.tolerance = DEFAULT_TOLERANCE;
    timex.tick = DEFAULT_TICK;
    timex.time.tv_sec = ns / NS_PER_SECOND;
    timex.time.tv_usec = ns % NS_PER_SECOND / 1000;
    return usercopy_to(user, &timex, sizeof(timex)) ? -EFAULT : TIME_ERROR;
}

long sys_adjtimex(uptr timex)
{
    return read_adjustment(timex);
}

long sys_clock_adjtime(int clock, uptr timex)
{
    if (!clock_is_known(clock))
        return -EINVAL;
    return clock == CLOCK_REALTIME ? read_adjustment(timex) : -EOPNOTSUPP;
}

/* ---- Time spent -------------------------------------------------------------------------------*/

long sys_getrusage(int who, uptr usage)
{
    struct rusage out;
    memset(&out, 0, sizeof(out));
    if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
        return -EINVAL;
    if (who != RUSAGE_CHILDREN) {
        u64 ns = who == RUSAGE_THREAD ? sched_thread_ns(thread_current())
                                      : process_cpu_ns(process_current());
        u64 us = ns / 1000;
        out.ru_utime.tv_sec = us / 1000000;
        out.ru_utime.tv_usec = us % 1000000;
        const struct aspace *space = &process_current()->space;
        out.ru_maxrss = MAX(space->resident_pages, space->resident_peak) * PAGE_SIZE / KIB;
    }
    return usercopy_to(usage, &out, sizeof(out)) ? -EFAULT : 0;
}

long sys_times(uptr times)
{
    struct tms out = {.tms_utime = process_cpu_ns(process_current()) / NS_PER_TICK};
    if (times.addr != 0 && usercopy_to(times, &out, sizeof(out)) != 0)
        return -EFAULT;
    return time_now_ns() / NS_PER_TICK;
}
