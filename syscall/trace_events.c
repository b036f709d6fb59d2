/* SPDX-License-Identifier: MIT */
/*
 * What pipes, epoll, select and the splice family say, as strace prints it.
 */
#include "syscall/trace_internal.h"

#include <linux/time.h>

#include "arch/usercopy.h"
#include "kernel/abi/event_files.h"

/* --- epoll --- */

static void line_event(struct trace_line *line, const struct epoll_event *event)
{
    u64 data = event->data;

    line_text(line, "{events=");
    line_flags(line, event->events, &trace_epoll_events);
    line_format(line, ", data={u32=%u, u64=%lu}}", (u32)data, data);
}

/* epoll_ctl looks at no event when it removes. */
void line_epoll_event(struct trace_line *line, u64 value)
{
    struct epoll_event event;

    if ((int)line->args[1] == EPOLL_CTL_DEL)
        line_address(line, value);
    else if (line_user_fetch(line, &event, value, sizeof(event)))
        line_event(line, &event);
}

void line_epoll_events(struct trace_line *line, u64 value)
{
    struct epoll_event event;

    if (RESULT_IS_ERROR(line->result)) {
        line_address(line, value);
        return;
    }
    line_text(line, "[");
    for (u64 i = 0; i < (u64)line->result && !line->cut; i++) {
        line_text(line, i ? ", " : "");
        if (i == TRACE_STRING_MAX) {
            line_text(line, "...");
            break;
        }
        if (!line_user_fetch(line, &event, value + i * sizeof(event), sizeof(event)))
            break;
        line_event(line, &event);
    }
    line_text(line, "]");
}

/* --- select --- */

#define FDSET_BITS 1024 /* the C library's FD_SETSIZE: more are not shown */

/* [3 5], with `before` in front of it if there is anything. False: the set cannot be read. */
static bool line_bits(struct trace_line *line, u64 value, u64 count, const char *before,
                      bool even_empty)
{
    u64 words[FDSET_BITS / 64] = {0};
    bool any = false;

    count = MIN(count, FDSET_BITS);
    if (usercopy_from(words, UPTR(value), (count + 63) / 64 * sizeof(u64)) != 0)
        return false;
    for (u64 fd = 0; fd < count; fd++) {
        if (!(words[fd / 64] >> fd % 64 & 1))
            continue;
        line_format(line, "%s%lu", any ? " " : before, fd);
        any = true;
    }
    if (!any && even_empty)
        line_text(line, before);
    if (any || even_empty)
        line_text(line, "]");
    return true;
}

void line_fdset(struct trace_line *line, u64 value)
{
    int count = (int)line->args[0];

    if (value == 0 || count < 0 || !line_bits(line, value, (u64)count, "[", true))
        line_address(line, value);
}

static void line_left(struct trace_line *line, const char *separator)
{
    line_text(line, separator);
    line_text(line, "left ");
    if (syscall_argument_kind(line->info, 4) == ARG_TIMEVAL_IN)
        line_timeval_asked(line, line->args[4]);
    else
        line_timespec(line, line->args[4]);
}

void trace_selected_result(struct trace_line *line)
{
    static const char *const names[] = {NULL, "in [", "out [", "except ["};
    u16 start;

    if (line->result == 0) {
        line_text(line, " (Timeout)");
        return;
    }
    line_text(line, " (");
    start = line->length;
    for (int set = 1; set <= 3; set++) {
        u16 before = line->length;
        if (line->args[set] == 0)
            continue;
        if (before != start)
            line_text(line, ", ");
        u16 separated = line->length;
        line_bits(line, line->args[set], (u32)line->args[0], names[set], false);
        if (line->length == separated)
            line->length = before;
    }
    if (line->args[4] != 0)
        line_left(line, line->length != start ? ", " : "");
    line_text(line, ")");
}

void line_timeval_asked(struct trace_line *line, u64 value)
{
    struct timeval time;

    if (line_user_fetch(line, &time, value, sizeof(time)))
        line_format(line, "{tv_sec=%ld, tv_usec=%ld}", time.tv_sec, time.tv_usec);
}

/* pselect6's last argument: {sigmask=[INT], sigsetsize=8}. */
void line_sigset_sized(struct trace_line *line, u64 value)
{
    u64 parts[2];

    if (!line_user_fetch(line, parts, value, sizeof(parts)))
        return;
    line_text(line, "{sigmask=");
    line_sigset(line, parts[0]);
    line_format(line, ", sigsetsize=%lu}", parts[1]);
}

/* --- Pipes and the splice family --- */

void line_fds(struct trace_line *line, u64 value)
{
    int fds[2];

    if (line_user_result(line, fds, value, sizeof(fds)))
        line_format(line, "[%d, %d]", fds[0], fds[1]);
}

void line_offset_pointer(struct trace_line *line, u64 value)
{
    s64 offset;

    if (line_user_fetch(line, &offset, value, sizeof(offset)))
        line_format(line, "[%ld]", offset);
}
