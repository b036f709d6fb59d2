/* SPDX-License-Identifier: MIT */
/* Policies and priorities. */
#include <asm/errno.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

#include "arch/usercopy.h"
#include "syscall/trace/trace_internal.h"

void line_schedule(struct trace_line *line, u64 value)
{
    int priority; /* all that struct sched_param has */

    if (line_user_fetch(line, &priority, value, sizeof(priority)))
        line_format(line, "[%d]", priority);
}

void line_schedule_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_schedule(line, value);
}

void line_policy_result(struct trace_line *line, u64 value)
{
    const char *name = trace_name((u32)value, &trace_schedule_policies);

    line_format(line, "%ld", (s64)value);
    if (name)
        line_format(line, " (%s)", name);
}

void line_io_priority(struct trace_line *line, u64 value)
{
    line_text(line, "IOPRIO_PRIO_VALUE(");
    line_name(line, (u32)value >> IOPRIO_CLASS_SHIFT, &trace_io_classes);
    line_format(line, ", %u)", (u32)(value & IOPRIO_PRIO_MASK));
}

void line_io_priority_result(struct trace_line *line, u64 value)
{
    line_format(line, "%lu (", value);
    line_io_priority(line, value);
    line_text(line, ")");
}

/* --- struct sched_attr --- */

static void line_parameters(struct trace_line *line, const struct sched_attr *attributes)
{
    line_format(line, ", sched_nice=%d, sched_priority=%u", attributes->sched_nice,
                attributes->sched_priority);
    line_format(line, ", sched_runtime=%llu, sched_deadline=%llu, sched_period=%llu",
                attributes->sched_runtime, attributes->sched_deadline, attributes->sched_period);
}

/* The first `size` bytes at `address`, which holds no more than that; more than we know is "...". */
static void line_attributes(struct trace_line *line, u64 address, u32 size)
{
    struct sched_attr attributes = {0};

    if (!line_user_fetch(line, &attributes, address, MIN(size, (u32)sizeof(attributes))))
        return;
    line_format(line, "{size=%u", attributes.size);
    if (size >= SCHED_ATTR_SIZE_VER0) {
        if (!(attributes.sched_flags & SCHED_FLAG_KEEP_POLICY)) {
            line_text(line, ", sched_policy=");
            line_name(line, attributes.sched_policy, &trace_schedule_policies);
        }
        line_text(line, ", sched_flags=");
        line_flags(line, attributes.sched_flags, &trace_schedule_flags);
        if (!(attributes.sched_flags & SCHED_FLAG_KEEP_PARAMS))
            line_parameters(line, &attributes);
    }
    if (size >= SCHED_ATTR_SIZE_VER1)
        line_format(line, ", sched_util_min=%u, sched_util_max=%u", attributes.sched_util_min,
                    attributes.sched_util_max);
    line_text(line, size > sizeof(attributes) ? ", ...}" : "}");
}

/* Its first field says how long it is. */
void line_schedule_attributes(struct trace_line *line, u64 value)
{
    u32 size;

    if (line_user_fetch(line, &size, value, sizeof(size)))
        line_attributes(line, value, size ? size : SCHED_ATTR_SIZE_VER0);
}

/* What the kernel wants instead. */
void line_schedule_attributes_size(struct trace_line *line, u64 value)
{
    u32 size;

    if (line->result == -E2BIG && usercopy_from(&size, UPTR(value), sizeof(size)) == 0)
        line_format(line, " => {size=%u}", size);
}

void line_schedule_attributes_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_attributes(line, value,
                        MIN((u32)line->args[line->index + 1], (u32)sizeof(struct sched_attr)));
}
