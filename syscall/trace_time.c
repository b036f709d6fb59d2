/* SPDX-License-Identifier: MIT */
/*
 * Times as strace prints them, and poll's descriptors, whose call ends in a time.
 */
#include "syscall/trace_internal.h"

#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "arch/usercopy.h"

_Static_assert(sizeof(struct __kernel_timespec) == 16, "struct timespec");
_Static_assert(sizeof(struct pollfd) == 8, "struct pollfd");

static void line_seconds(struct trace_line *line, const struct __kernel_timespec *time)
{
    /* Nanoseconds unsigned, as strace has them: a wrong value is meant to look odd. */
    line_format(line, "{tv_sec=%lld, tv_nsec=%llu}", time->tv_sec,
                (unsigned long long)time->tv_nsec);
}

void line_timespec(struct trace_line *line, u64 value)
{
    struct __kernel_timespec time;

    if (line_user_fetch(line, &time, value, sizeof(time)))
        line_seconds(line, &time);
}

void line_timespec_result(struct trace_line *line, u64 value)
{
    struct __kernel_timespec time;

    if (line_user_result(line, &time, value, sizeof(time)))
        line_seconds(line, &time);
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

    if (line_user_result(line, &time, value, sizeof(time)))
        line_format(line, "{tv_sec=%ld, tv_usec=%ld}", time.tv_sec, time.tv_usec);
}

void line_timezone(struct trace_line *line, u64 value)
{
    struct timezone zone;

    if (line_user_result(line, &zone, value, sizeof(zone)))
        line_format(line, "{tz_minuteswest=%d, tz_dsttime=%d}", zone.tz_minuteswest,
                    zone.tz_dsttime);
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
    *year = 1970 + days / 146097 * 400;
    for (days %= 146097; days >= 365 + is_leap_year(*year); (*year)++)
        days -= 365 + is_leap_year(*year);
    for (*month = 1;; (*month)++) {
        int length = lengths[*month - 1] + (*month == 2 && is_leap_year(*year));
        if (days < length)
            break;
        days -= length;
    }
    *day = (int)days + 1;
}

void line_date(struct trace_line *line, s64 seconds, const char *open, const char *close)
{
    s64 year;
    int month;
    int day;
    s64 second = seconds % 86400;

    line_format(line, "%ld", seconds);
    /* No clock of ours runs before 1970, or after what strftime(3) writes with four digits. */
    if (seconds < 0 || seconds >= 253402300800)
        return;
    date_from_days(seconds / 86400, &year, &month, &day);
    line_format(line, "%s%04ld-%02d-%02dT%02ld:%02ld:%02ld+0000%s", open, year, month, day,
                second / 3600, second / 60 % 60, second % 60, close);
}

/* --- poll --- */

enum poll_field { POLL_ASKED, POLL_READY };

/* Prints one descriptor; returns whether it had anything to say. */
static bool line_pollfd(struct trace_line *line, const struct pollfd *poll, enum poll_field field,
                        const char *separator)
{
    u16 events = (u16)(field == POLL_READY ? poll->revents : poll->events);

    if (field == POLL_READY && (poll->fd < 0 || events == 0))
        return false;
    line_format(line, "%s{fd=%d", separator, poll->fd);
    if (poll->fd >= 0) {
        line_text(line, field == POLL_READY ? ", revents=" : ", events=");
        line_flags(line, events, &trace_poll_events);
    }
    line_text(line, "}");
    return true;
}

static void line_pollfd_array(struct trace_line *line, u64 value, u64 count, enum poll_field field)
{
    struct pollfd poll;
    u64 shown = 0;

    line_text(line, "[");
    for (u64 i = 0; i < count && !line->cut; i++) {
        if (shown == TRACE_STRING_MAX) {
            line_text(line, ", ...");
            break;
        }
        if (!line_user_fetch(line, &poll, value + i * sizeof(poll), sizeof(poll)))
            break;
        shown += line_pollfd(line, &poll, field, shown ? ", " : "");
    }
    line_text(line, "]");
}

void line_pollfds(struct trace_line *line, u64 value)
{
    struct pollfd first;
    u64 count = (u32)line->args[line->index + 1];

    if (value == 0 || (count && usercopy_from(&first, UPTR(value), sizeof(first)) != 0))
        line_address(line, value);
    else
        line_pollfd_array(line, value, count, POLL_ASKED);
}

void trace_ready_result(struct trace_line *line)
{
    bool has_left = syscall_argument_kind(line->info, 2) == ARG_TIMESPEC_IN && line->args[2] != 0;

    if (line->result == 0) {
        line_text(line, " (Timeout)");
        return;
    }
    line_text(line, " (");
    line_pollfd_array(line, line->args[0], (u32)line->args[1], POLL_READY);
    if (has_left) {
        line_text(line, ", left ");
        line_timespec(line, line->args[2]);
    }
    line_text(line, ")");
}
