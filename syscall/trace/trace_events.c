/* SPDX-License-Identifier: MIT */
/*
 * What pipes, epoll, select and poll say, as strace prints it.
 */
#include "syscall/trace/trace_internal.h"

#include <asm/poll.h>

#include "arch/usercopy.h"
#include "kernel/abi/event_files.h"

_Static_assert(sizeof(struct pollfd) == 8, "struct pollfd");

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

static void line_event_element(struct trace_line *line, const void *element)
{
    line_event(line, element);
}

void line_epoll_events(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_array(line, value, (u64)line->result, sizeof(struct epoll_event), line_event_element);
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

    if (value == 0 || count <= 0 || !line_bits(line, value, (u64)count, "[", true))
        line_address(line, value);
}

static void line_left(struct trace_line *line, const char *separator)
{
    line_text(line, separator);
    line_text(line, "left ");
    if (syscall_argument_kind(line->info, 4) == ARG_TIMEVAL_IN)
        line_timeval(line, line->args[4]);
    else
        line_timespec(line, line->args[4]);
}

void line_selected_result(struct trace_line *line, u64 value)
{
    static const char *const names[] = {NULL, "in [", "out [", "except ["};
    u32 start;

    line_format(line, "%ld", (s64)value);
    if (value == 0) {
        line_text(line, " (Timeout)");
        return;
    }
    line_text(line, " (");
    start = line->length;
    for (int set = 1; set <= 3; set++) {
        u32 before = line->length;
        if (line->args[set] == 0)
            continue;
        if (before != start)
            line_text(line, ", ");
        u32 separated = line->length;
        line_bits(line, line->args[set], (u32)line->args[0], names[set], false);
        if (line->length == separated)
            line->length = before;
    }
    if (line->args[4] != 0)
        line_left(line, line->length != start ? ", " : "");
    line_text(line, ")");
}

/* --- Pipes --- */

void line_fds(struct trace_line *line, u64 value)
{
    int fds[2];

    if (line_user_result(line, fds, value, sizeof(fds)))
        line_format(line, "[%d, %d]", fds[0], fds[1]);
}

/* --- poll --- */

static void line_asked(struct trace_line *line, const void *element)
{
    const struct pollfd *poll = element;

    line_format(line, "{fd=%d", poll->fd);
    if (poll->fd >= 0) {
        line_text(line, ", events=");
        line_flags(line, (u16)poll->events, &trace_poll_events);
    }
    line_text(line, "}");
}

void line_pollfds(struct trace_line *line, u64 value)
{
    line_array(line, value, (u32)line->args[line->index + 1], sizeof(struct pollfd), line_asked);
}

/* Those of `count` descriptors that are ready. */
static void line_ready(struct trace_line *line, u64 value, u64 count)
{
    struct pollfd poll;
    u64 shown = 0;

    line_text(line, "[");
    for (u64 i = 0; i < count && !line->cut; i++) {
        if (usercopy_from(&poll, UPTR(value + i * sizeof(poll)), sizeof(poll)) != 0)
            break;
        if (poll.fd < 0 || poll.revents == 0)
            continue;
        line_text(line, shown ? ", " : "");
        if (shown++ == trace_string_limit) {
            line_text(line, "...");
            break;
        }
        line_format(line, "{fd=%d, revents=", poll.fd);
        line_flags(line, (u16)poll.revents, &trace_poll_events);
        line_text(line, "}");
    }
    line_text(line, "]");
}

void line_ready_result(struct trace_line *line, u64 value)
{
    bool has_left = syscall_argument_kind(line->info, 2) == ARG_TIMESPEC_IN && line->args[2] != 0;

    line_format(line, "%ld", (s64)value);
    if (value == 0) {
        line_text(line, " (Timeout)");
        return;
    }
    line_text(line, " (");
    line_ready(line, line->args[0], (u32)line->args[1]);
    if (has_left) {
        line_text(line, ", left ");
        line_timespec(line, line->args[2]);
    }
    line_text(line, ")");
}
