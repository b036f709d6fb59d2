/* SPDX-License-Identifier: MIT */
/* clone and clone3, as strace prints them: not in the order of the arguments, and only those that the
 * flags say count. */
#include <linux/sched.h>

#include "arch/usercopy.h"
#include "syscall/trace/trace_internal.h"

/* The first version of clone3's argument; fields came later (linux/sched.h). */
#define ARGS_FIRST CLONE_ARGS_SIZE_VER0
_Static_assert(sizeof(struct clone_args) == CLONE_ARGS_SIZE_VER2, "struct clone_args");

/* The flags without the signal that the parent gets at the end. */
static u64 clone_flags(u64 value)
{
    return value & ~(u64)CSIGNAL;
}

/* Those of clone3 alone lie above the 32 bits of other flags. */
static void line_clone_flags(struct trace_line *line, u64 flags)
{
    u64 low = (u32)flags, high = flags & ~(u64)UINT32_MAX;

    if (low || !high)
        line_flags(line, low, &trace_clone_flags);
    const char *separator = low ? "|" : "";
    if (high & CLONE_CLEAR_SIGHAND) {
        line_format(line, "%sCLONE_CLEAR_SIGHAND", separator);
        separator = "|";
    }
    if (high & CLONE_INTO_CGROUP) {
        line_format(line, "%sCLONE_INTO_CGROUP", separator);
        separator = "|";
    }
    high &= ~(CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP);
    if (high)
        line_format(line, "%s%#lx", separator, high);
}

/* A thread's number where the call wrote it; an address if it did not work. */
static void line_tid(struct trace_line *line, u64 address)
{
    u32 tid;

    if (line_user_result(line, &tid, address, sizeof(tid)))
        line_format(line, "[%u]", tid);
}

void line_clone(struct trace_line *line, u64 value)
{
    u64 flags = clone_flags(value), signal = value & CSIGNAL;

    line_text(line, "child_stack=");
    line_address(line, line->args[1]);
    line_text(line, ", flags=");
    if (flags)
        line_clone_flags(line, flags);
    if (flags && signal)
        line_text(line, "|");
    if (signal)
        line_signal(line, signal);
    else if (!flags)
        line_text(line, "0");
}

/* What is known when the thread is there. */
void line_clone_tids(struct trace_line *line, u64 value)
{
    u64 flags = clone_flags(value);

    if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
        line_text(line, ", parent_tid=");
        line_tid(line, line->args[2]);
    }
    if (flags & CLONE_SETTLS) {
        line_text(line, ", tls=");
        line_address(line, line->args[4]);
    }
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
        line_text(line, ", child_tidptr=");
        line_address(line, line->args[3]);
    }
}

static void line_field(struct trace_line *line, const char *name, u64 value)
{
    line_format(line, ", %s=", name);
    line_address(line, value);
}

static void line_tid_element(struct trace_line *line, const void *element)
{
    line_uint(line, *(const u32 *)element);
}

void line_clone_args(struct trace_line *line, u64 value)
{
    struct clone_args args = {0};
    u64 size = MIN(line->args[line->index + 1], sizeof(args));

    if (size < ARGS_FIRST) {
        line_address(line, value);
        return;
    }
    if (!line_user_fetch(line, &args, value, size))
        return;
    line_text(line, "{flags=");
    line_clone_flags(line, args.flags);
    if (args.flags & CLONE_PIDFD)
        line_field(line, "pidfd", args.pidfd);
    if (args.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
        line_field(line, "child_tid", args.child_tid);
    if (args.flags & CLONE_PARENT_SETTID)
        line_field(line, "parent_tid", args.parent_tid);
    line_text(line, ", exit_signal=");
    if (args.exit_signal > UINT32_MAX)
        line_size(line, args.exit_signal);
    else
        line_signal(line, args.exit_signal);
    line_field(line, "stack", args.stack);
    line_format(line, ", stack_size=%#llx", args.stack_size);
    if (args.flags & CLONE_SETTLS)
        line_field(line, "tls", args.tls);
    if (args.set_tid || args.set_tid_size) {
        line_text(line, ", set_tid=");
        line_array(line, args.set_tid, args.set_tid_size, sizeof(u32), line_tid_element);
        line_format(line, ", set_tid_size=%llu", args.set_tid_size);
    }
    if (size == sizeof(args) && ((args.flags & CLONE_INTO_CGROUP) || args.cgroup))
        line_format(line, ", cgroup=%llu", args.cgroup);
    line_text(line, "}");
}

void line_clone_args_tids(struct trace_line *line, u64 value)
{
    struct clone_args args;
    u32 tid;

    if (RESULT_IS_ERROR(line->result) || line->args[line->index + 1] < ARGS_FIRST ||
        usercopy_from(&args, UPTR(value), ARGS_FIRST) != 0 || !(args.flags & CLONE_PARENT_SETTID) ||
        usercopy_from(&tid, UPTR(args.parent_tid), sizeof(tid)) != 0)
        return;
    line_format(line, " => {parent_tid=[%u]}", tid);
}
