/* SPDX-License-Identifier: MIT */
/*
 * Times, timers and the clock's state, as strace prints them. Where a time is a moment of a file's
 * life, the date stands behind it.
 *
 * A function line_X prints what a call reads, line_X_result what it writes: the address alone if
 * the call failed. Layouts come from the kernel headers.
 */
#include "syscall/trace/trace_internal.h"

#include <asm/errno.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timex.h>
#include <linux/utime.h>

#include "arch/usercopy.h"

_Static_assert(sizeof(struct __kernel_timespec) == 16, "struct timespec");
_Static_assert(sizeof(struct __kernel_itimerspec) == 32, "struct itimerspec");
_Static_assert(sizeof(struct itimerval) == 32, "struct itimerval");
_Static_assert(sizeof(struct __kernel_timex) == 208, "struct timex");

/* What utimensat takes for nanoseconds (utimensat(2); Linux's include/linux/stat.h). */
#define UTIME_NOW  ((1L << 30) - 1)
#define UTIME_OMIT ((1L << 30) - 2)

/* --- Dates --- */

static s64 divide_down(s64 number, s64 by)
{
    return number / by - (number % by < 0);
}

static bool is_leap_year(s64 year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Takes whole units off `days` as long as there are enough of them; the Gregorian calendar. */
static void date_from_days(s64 days, s64 *year, int *month, int *day)
{
    static const u8 lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    /* 146097 days make 400 years. */
    s64 cycles = divide_down(days, 146097);

    *year = 1970 + cycles * 400;
    for (days -= cycles * 146097; days >= 365 + is_leap_year(*year); (*year)++)
        days -= 365 + is_leap_year(*year);
    for (*month = 1;; (*month)++) {
        int length = lengths[*month - 1] + (*month == 2 && is_leap_year(*year));
        if (days < length)
            break;
        days -= length;
    }
    *day = (int)days + 1;
}

/* The date between `open` and `close`, with a fraction of `digits` digits unless that is 0. Nothing for a
 * year that localtime(3) could not tell. */
static void line_date(struct trace_line *line, s64 seconds, u64 fraction, int digits,
                      const char *open, const char *close)
{
    s64 day_number = divide_down(seconds, 86400);
    s64 second = seconds - day_number * 86400;
    s64 year;
    int month;
    int day;

    date_from_days(day_number, &year, &month, &day);
    if (year < INT32_MIN || year > INT32_MAX)
        return;
    line_format(line, "%s%ld-%02d-%02dT%02ld:%02ld:%02ld", open, year, month, day, second / 3600,
                second / 60 % 60, second % 60);
    if (fraction)
        line_format(line, digits == 9 ? ".%09lu" : ".%06lu", fraction);
    line_format(line, "+0000%s", close);
}

void line_date_result(struct trace_line *line, u64 value)
{
    line_format(line, "%ld", (s64)value);
    line_date(line, (s64)value, 0, 0, " (", ")");
}

void line_time_result(struct trace_line *line, u64 value)
{
    s64 seconds;

    if (!line_user_result(line, &seconds, value, sizeof(seconds)))
        return;
    line_format(line, "[%ld", seconds);
    line_date(line, seconds, 0, 0, " /* ", " */");
    line_text(line, "]");
}

/* --- Moments and lengths --- */

/* Fractions unsigned, as strace has them: a wrong value is meant to look odd. */
static void line_ns(struct trace_line *line, const struct __kernel_timespec *time)
{
    line_format(line, "{tv_sec=%lld, tv_nsec=%llu}", time->tv_sec,
                (unsigned long long)time->tv_nsec);
}

static void line_us(struct trace_line *line, const struct timeval *time)
{
    line_format(line, "{tv_sec=%ld, tv_usec=%lu}", (s64)time->tv_sec, (u64)time->tv_usec);
}

void line_timespec(struct trace_line *line, u64 value)
{
    struct __kernel_timespec time;

    if (line_user_fetch(line, &time, value, sizeof(time)))
        line_ns(line, &time);
}

void line_timespec_result(struct trace_line *line, u64 value)
{
    struct __kernel_timespec time;

    if (line_user_result(line, &time, value, sizeof(time)))
        line_ns(line, &time);
}

void line_timespec_left(struct trace_line *line, u64 value)
{
    if (line->result == -EINTR || line->result == -RESULT_RESTART_BLOCK)
        line_timespec(line, value);
    else
        line_address(line, value);
}

void line_timeval(struct trace_line *line, u64 value)
{
    struct timeval time;

    if (line_user_fetch(line, &time, value, sizeof(time)))
        line_us(line, &time);
}

void line_timeval_result(struct trace_line *line, u64 value)
{
    struct timeval time;

    if (line_user_result(line, &time, value, sizeof(time)))
        line_us(line, &time);
}

static void line_zone(struct trace_line *line, const struct timezone *zone)
{
    line_format(line, "{tz_minuteswest=%d, tz_dsttime=%d}", zone->tz_minuteswest, zone->tz_dsttime);
}

void line_timezone(struct trace_line *line, u64 value)
{
    struct timezone zone;

    if (line_user_fetch(line, &zone, value, sizeof(zone)))
        line_zone(line, &zone);
}

void line_timezone_result(struct trace_line *line, u64 value)
{
    struct timezone zone;

    if (line_user_result(line, &zone, value, sizeof(zone)))
        line_zone(line, &zone);
}

/* --- Times of a file --- */

static void line_file_ns(struct trace_line *line, const void *element)
{
    const struct __kernel_timespec *time = element;

    if (time->tv_nsec == UTIME_NOW) {
        line_text(line, "UTIME_NOW");
    } else if (time->tv_nsec == UTIME_OMIT) {
        line_text(line, "UTIME_OMIT");
    } else {
        line_ns(line, time);
        if ((u64)time->tv_nsec < 1000000000 && (time->tv_sec != 0 || time->tv_nsec != 0))
            line_date(line, time->tv_sec, (u64)time->tv_nsec, 9, " /* ", " */");
    }
}

static void line_file_us(struct trace_line *line, const void *element)
{
    const struct timeval *time = element;

    line_us(line, time);
    if ((u64)time->tv_usec < 1000000 && (time->tv_sec != 0 || time->tv_usec != 0))
        line_date(line, time->tv_sec, (u64)time->tv_usec, 6, " /* ", " */");
}

/* The one of the last access and the one of the last change, both or none. */
static void line_file_times(struct trace_line *line, u64 value, element_printer print)
{
    struct __kernel_timespec times[2]; /* as large as two struct timeval */

    if (!line_user_fetch(line, times, value, sizeof(times)))
        return;
    line_text(line, "[");
    print(line, &times[0]);
    line_text(line, ", ");
    print(line, &times[1]);
    line_text(line, "]");
}

void line_timespecs(struct trace_line *line, u64 value)
{
    line_file_times(line, value, line_file_ns);
}

void line_timevals(struct trace_line *line, u64 value)
{
    line_file_times(line, value, line_file_us);
}

static void line_file_seconds(struct trace_line *line, const char *name, s64 seconds)
{
    line_format(line, "%s=%ld", name, seconds);
    if (seconds != 0)
        line_date(line, seconds, 0, 0, " /* ", " */");
}

void line_utimbuf(struct trace_line *line, u64 value)
{
    struct utimbuf times;

    if (!line_user_fetch(line, &times, value, sizeof(times)))
        return;
    line_file_seconds(line, "{actime", times.actime);
    line_file_seconds(line, ", modtime", times.modtime);
    line_text(line, "}");
}

/* --- Timers --- */

void line_interval(struct trace_line *line, u64 value)
{
    struct itimerval timer;

    if (!line_user_fetch(line, &timer, value, sizeof(timer)))
        return;
    line_text(line, "{it_interval=");
    line_us(line, (const struct timeval *)&timer.it_interval);
    line_text(line, ", it_value=");
    line_us(line, (const struct timeval *)&timer.it_value);
    line_text(line, "}");
}

void line_interval_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_interval(line, value);
}

void line_timer(struct trace_line *line, u64 value)
{
    struct __kernel_itimerspec timer;

    if (!line_user_fetch(line, &timer, value, sizeof(timer)))
        return;
    line_text(line, "{it_interval=");
    line_ns(line, &timer.it_interval);
    line_text(line, ", it_value=");
    line_ns(line, &timer.it_value);
    line_text(line, "}");
}

void line_timer_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_timer(line, value);
}

/* --- The state of the clock --- */

void line_timex_result(struct trace_line *line, u64 value)
{
    struct __kernel_timex state;

    if (!line_user_result(line, &state, value, sizeof(state)))
        return;
    line_text(line, "{modes=");
    line_flags(line, state.modes, &trace_adjtimex_modes);
    line_format(line,
                ", offset=%lld, freq=%lld, maxerror=%lld, esterror=%lld, status=", state.offset,
                state.freq, state.maxerror, state.esterror);
    line_flags(line, (u32)state.status, &trace_adjtimex_status);
    line_format(line, ", constant=%lld, precision=%lld, tolerance=%lld", state.constant,
                state.precision, state.tolerance);
    line_format(line, ", time={tv_sec=%lld, tv_usec=%llu}", state.time.tv_sec,
                (unsigned long long)state.time.tv_usec);
    line_format(line, ", tick=%lld, ppsfreq=%lld, jitter=%lld", state.tick, state.ppsfreq,
                state.jitter);
    line_format(line, ", shift=%d, stabil=%lld, jitcnt=%lld, calcnt=%lld", state.shift,
                state.stabil, state.jitcnt, state.calcnt);
    line_format(line, ", errcnt=%lld, stbcnt=%lld, tai=%d}", state.errcnt, state.stbcnt, state.tai);
}

void line_timex_state(struct trace_line *line, u64 value)
{
    line_format(line, "%ld (", (s64)value);
    line_name(line, (u32)value, &trace_clock_states);
    line_text(line, ")");
}
