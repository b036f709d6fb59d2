/* SPDX-License-Identifier: MIT */
/* Calls on timers: alarm, setitimer, timer_create, timerfd. */
#include <asm/errno.h>
#include <asm/siginfo.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/timerfd.h>

#include "arch/usercopy.h"
#include "fs/anon/timerfd.h"
#include "kernel/core/time.h"
#include "kernel/proc/process.h"
#include "syscall/decode.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"

#define NS_PER_US 1000UL
#define US_PER_S  1000000

/* ---- alarm and setitimer ----------------------------------------------------------------------*/

/* Seconds left round to the nearest, but never to none [Linux alarm_setitimer]. */
static long whole_seconds(u64 ns)
{
    u64 seconds = ns / NS_PER_SECOND, rest = ns % NS_PER_SECOND;
    return seconds + ((seconds == 0 && rest != 0) || rest >= NS_PER_SECOND / 2);
}

long sys_alarm(unsigned seconds)
{
    struct timer_setting setting = {.value = seconds * NS_PER_SECOND}, old;
    process_itimer_set(ITIMER_REAL, &setting, &old);
    return whole_seconds(old.value);
}

static long decode_timeval(const struct timeval *time, u64 *ns)
{
    if (time->tv_sec < 0 || time->tv_usec < 0 || time->tv_usec >= US_PER_S)
        return -EINVAL;
    u64 seconds = MIN((u64)time->tv_sec, WAIT_FOREVER / NS_PER_SECOND / 4);
    *ns = seconds * NS_PER_SECOND + time->tv_usec * NS_PER_US;
    return 0;
}

static long decode_itimerval(uptr user, struct timer_setting *out)
{
    struct itimerval given;
    if (usercopy_from(&given, user, sizeof(given)) != 0)
        return -EFAULT;
    long error = decode_timeval(&given.it_value, &out->value);
    return error != 0 ? error : decode_timeval(&given.it_interval, &out->interval);
}

static struct timeval timeval_of(u64 ns)
{
    return (struct timeval){ns / NS_PER_SECOND, ns % NS_PER_SECOND / NS_PER_US};
}

/* A timer that is about to expire has a microsecond left, not none. */
static long encode_itimerval(uptr user, const struct timer_setting *setting)
{
    u64 value = setting->value == 0 ? 0 : MAX(setting->value, NS_PER_US);
    struct itimerval out = {timeval_of(setting->interval), timeval_of(value)};
    return usercopy_to(user, &out, sizeof(out)) ? -EFAULT : 0;
}

long sys_getitimer(int which, uptr value)
{
    struct timer_setting setting;
    if (which < 0 || which >= ITIMERS)
        return -EINVAL;
    process_itimer_get(which, &setting);
    return encode_itimerval(value, &setting);
}

/* Without a new value the timer is disarmed, as Linux has it. */
long sys_setitimer(int which, uptr value, uptr old)
{
    struct timer_setting setting = {0}, previous;
    long error = value.addr == 0 ? 0 : decode_itimerval(value, &setting);
    if (error != 0)
        return error;
    if (which < 0 || which >= ITIMERS)
        return -EINVAL;
    process_itimer_set(which, &setting, &previous);
    return old.addr == 0 ? 0 : encode_itimerval(old, &previous);
}

/* ---- timer_create -----------------------------------------------------------------------------*/

static long decode_itimerspec(uptr user, struct timer_setting *out)
{
    uptr value = UPTR_ADD(user, offsetof(struct __kernel_itimerspec, it_value));
    long error = decode_timespec(user, &out->interval);
    return error != 0 ? error : decode_timespec(value, &out->value);
}

static long encode_itimerspec(uptr user, const struct timer_setting *setting)
{
    uptr value = UPTR_ADD(user, offsetof(struct __kernel_itimerspec, it_value));
    long error = encode_timespec(user, setting->interval);
    return error != 0 ? error : encode_timespec(value, setting->value);
}

static long check_timer_clock(int clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        return 0;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        return -EOPNOTSUPP;
    default:
        return clock < 0 && clock_is_known(clock) ? 0 : -EINVAL;
    }
}

static long decode_sigevent(uptr user, struct timer_wish *wish)
{
    sigevent_t event;
    if (usercopy_from(&event, user, sizeof(event)) != 0)
        return -EFAULT;
    wish->value = (u64)event.sigev_value.sival_ptr;
    wish->value_is_id = false;
    wish->signal = event.sigev_signo;
    switch (event.sigev_notify) {
    case SIGEV_NONE:
        wish->signal = 0;
        return 0;
    case SIGEV_SIGNAL | SIGEV_THREAD_ID:
        wish->tid = event.sigev_notify_thread_id;
        if (wish->tid <= 0 || signal_send_thread(process_current(), wish->tid, 0, NULL) != 0)
            return -EINVAL;
        break;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
        break;
    default:
        return -EINVAL;
    }
    return event.sigev_signo >= 1 && event.sigev_signo <= SIGNAL_COUNT ? 0 : -EINVAL;
}

long sys_timer_create(int clock, uptr event, uptr id)
{
    struct timer_wish wish = {.clock = clock, .signal = SIGALRM, .value_is_id = true};
    long error = check_timer_clock(clock);
    if (error == 0 && event.addr != 0)
        error = decode_sigevent(event, &wish);
    if (error != 0)
        return error;
    int timer = process_timer_create(&wish);
    if (timer < 0)
        return timer;
    if (usercopy_to(id, &timer, sizeof(timer)) == 0)
        return 0;
    (void)!process_timer_delete(timer);
    return -EFAULT;
}

long sys_timer_settime(int id, int flags, uptr setting, uptr old)
{
    struct timer_setting wanted, previous;
    if (setting.addr == 0)
        return -EINVAL;
    long error = decode_itimerspec(setting, &wanted);
    if (error == 0)
        error = process_timer_set(id, &wanted, flags & TIMER_ABSTIME, &previous);
    if (error == 0 && old.addr != 0)
        error = encode_itimerspec(old, &previous);
    return error;
}

long sys_timer_gettime(int id, uptr setting)
{
    struct timer_setting current;
    int error = process_timer_get(id, &current);
    return error != 0 ? error : encode_itimerspec(setting, &current);
}

long sys_timer_getoverrun(int id)
{
    return process_timer_overrun(id);
}

long sys_timer_delete(int id)
{
    return process_timer_delete(id);
}

/* ---- timerfd ----------------------------------------------------------------------------------*/

long sys_timerfd_create(int clock, int flags)
{
    bool on_date = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM;
    bool since_boot =
        clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_BOOTTIME_ALARM;
    if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) || (!on_date && !since_boot))
        return -EINVAL;
    struct file *file = timerfd_create(on_date, flags & TFD_NONBLOCK);
    return file ? descriptor_new(file, flags & TFD_CLOEXEC) : -ENOMEM;
}

/* The timerfd of a descriptor, or NULL with *error. */
static struct file *timerfd_get_file(int fd, long *error)
{
    struct file *file = descriptor_get(fd);
    *error = file ? -EINVAL : -EBADF;
    if (file && !file_is_timerfd(file)) {
        file_put(file);
        return NULL;
    }
    return file;
}

long sys_timerfd_settime(int fd, int flags, uptr setting, uptr old)
{
    struct timer_setting wanted, previous;
    long error = decode_itimerspec(setting, &wanted);
    if (error != 0)
        return error;
    if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
        return -EINVAL;
    struct file *file = timerfd_get_file(fd, &error);
    if (!file)
        return error;
    struct timerfd_setting timer = {wanted.value, wanted.interval, flags & TFD_TIMER_ABSTIME,
                                    flags & TFD_TIMER_CANCEL_ON_SET};
    error = timerfd_set(file, &timer, &previous.value, &previous.interval);
    file_put(file);
    if (old.addr != 0 && encode_itimerspec(old, &previous) != 0)
        return -EFAULT;
    return error;
}

long sys_timerfd_gettime(int fd, uptr setting)
{
    struct timer_setting current;
    long error;
    struct file *file = timerfd_get_file(fd, &error);
    if (!file)
        return error;
    timerfd_get(file, &current.value, &current.interval);
    file_put(file);
    return encode_itimerspec(setting, &current);
}
