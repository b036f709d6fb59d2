/* SPDX-License-Identifier: MIT */
/*
 * Structures that tell of processes and of the machine, as strace prints them.
 *
 * A function line_X prints what a call reads; line_X_result, and the structures that are only ever
 * written, what it writes: the address alone if the call failed. Layouts come from the kernel headers.
 */
#include "syscall/trace/trace_internal.h"

#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/personality.h>
#include <linux/utsname.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"

_Static_assert(sizeof(struct rlimit64) == 16, "struct rlimit64");
_Static_assert(sizeof(struct sysinfo) == 112, "struct sysinfo");

#define GROUPS_MAX 65536 /* Linux's NGROUPS_MAX: more are refused unread */

/* --- The machine --- */

void line_utsname(struct trace_line *line, u64 value)
{
    struct new_utsname name;

    if (!line_user_result(line, &name, value, sizeof(name)))
        return;
    line_text(line, "{sysname=");
    line_quote(line, name.sysname, strnlen(name.sysname, sizeof(name.sysname)), false);
    line_text(line, ", nodename=");
    line_quote(line, name.nodename, strnlen(name.nodename, sizeof(name.nodename)), false);
    line_text(line, ", ...}");
}

void line_sysinfo(struct trace_line *line, u64 value)
{
    struct sysinfo info;

    if (!line_user_result(line, &info, value, sizeof(info)))
        return;
    line_format(line, "{uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu, ",
                info.uptime, info.loads[0], info.loads[1], info.loads[2], info.totalram,
                info.freeram);
    line_format(line, "sharedram=%lu, bufferram=%lu, totalswap=%lu, freeswap=%lu, procs=%u, ",
                info.sharedram, info.bufferram, info.totalswap, info.freeswap, info.procs);
    line_format(line, "totalhigh=%lu, freehigh=%lu, mem_unit=%u}", info.totalhigh, info.freehigh,
                info.mem_unit);
}

/* --- Processes --- */

static void line_limit(struct trace_line *line, u64 limit)
{
    if (limit == RLIM64_INFINITY)
        line_text(line, "RLIM64_INFINITY");
    else if (limit > 1024 && limit % 1024 == 0)
        line_format(line, "%lu*1024", limit / 1024);
    else
        line_format(line, "%lu", limit);
}

static void line_limits(struct trace_line *line, const struct rlimit64 *limits)
{
    line_text(line, "{rlim_cur=");
    line_limit(line, limits->rlim_cur);
    line_text(line, ", rlim_max=");
    line_limit(line, limits->rlim_max);
    line_text(line, "}");
}

void line_rlimit(struct trace_line *line, u64 value)
{
    struct rlimit64 limits;

    if (line_user_fetch(line, &limits, value, sizeof(limits)))
        line_limits(line, &limits);
}

void line_rlimit_result(struct trace_line *line, u64 value)
{
    struct rlimit64 limits;

    if (line_user_result(line, &limits, value, sizeof(limits)))
        line_limits(line, &limits);
}

void line_rusage(struct trace_line *line, u64 value)
{
    struct rusage usage;

    if (line_user_result(line, &usage, value, sizeof(usage)))
        line_format(line,
                    "{ru_utime={tv_sec=%ld, tv_usec=%ld}, ru_stime={tv_sec=%ld, tv_usec=%ld}, ...}",
                    usage.ru_utime.tv_sec, usage.ru_utime.tv_usec, usage.ru_stime.tv_sec,
                    usage.ru_stime.tv_usec);
}

void line_tms(struct trace_line *line, u64 value)
{
    struct tms times;

    if (line_user_result(line, &times, value, sizeof(times)))
        line_format(line, "{tms_utime=%ld, tms_stime=%ld, tms_cutime=%ld, tms_cstime=%ld}",
                    times.tms_utime, times.tms_stime, times.tms_cutime, times.tms_cstime);
}

/* The processors in the first `size` bytes of a set; 1024 at most, Linux's NR_CPUS here. */
static void line_processors(struct trace_line *line, u64 value, u64 size)
{
    u8 set[128];
    const char *separator = "";

    size = MIN(size, sizeof(set));
    if (!line_user_fetch(line, set, value, size))
        return;
    line_text(line, "[");
    for (u64 cpu = 0; cpu < size * 8; cpu++) {
        if (!(set[cpu / 8] >> cpu % 8 & 1))
            continue;
        line_format(line, "%s%lu", separator, cpu);
        separator = " ";
    }
    line_text(line, "]");
}

void line_cpuset(struct trace_line *line, u64 value)
{
    line_processors(line, value, line->args[line->index - 1]);
}

void line_cpuset_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_processors(line, value, (u64)line->result);
}

static void line_group(struct trace_line *line, const void *element)
{
    line_uint(line, *(const u32 *)element);
}

void line_groups(struct trace_line *line, u64 value)
{
    u64 count = (u32)line->args[line->index - 1];

    if (count > GROUPS_MAX)
        line_address(line, value);
    else
        line_array(line, value, count, sizeof(u32), line_group);
}

void line_groups_result(struct trace_line *line, u64 value)
{
    /* With room for none, the call only says how many there are. */
    u64 count = (u32)line->args[line->index - 1] ? (u64)line->result : 0;

    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_array(line, value, count, sizeof(u32), line_group);
}

/* --- Capabilities --- */

void line_capability_header(struct trace_line *line, u64 value)
{
    struct __user_cap_header_struct header;

    if (!line_user_fetch(line, &header, value, sizeof(header)))
        return;
    line_text(line, "{version=");
    line_name(line, header.version, &trace_cap_versions);
    line_format(line, ", pid=%d}", header.pid);
}

/* 32 capabilities from number `first` on; what has no name is told as a number of this word. */
static void line_capability_word(struct trace_line *line, u32 word, u32 first)
{
    u32 rest = word;
    const char *separator = "";

    for (u32 i = 0; i < 32 && first + i <= CAP_LAST_CAP; i++) {
        if (!(word >> i & 1))
            continue;
        line_format(line, "%s1<<%s", separator, trace_name(first + i, &trace_capabilities));
        separator = "|";
        rest &= ~(1u << i);
    }
    if (rest)
        line_format(line, rest == word ? "%s%#x /* CAP_??? */" : "%s%#x", separator, rest);
}

static void line_capability_set(struct trace_line *line, u32 low, u32 high)
{
    if (low || !high)
        line_capability_word(line, low, 0);
    if (low && high)
        line_text(line, "|");
    if (high)
        line_capability_word(line, high, 32);
    if (!low && !high)
        line_text(line, "0");
}

/* How many words of 32 capabilities a version has; the header is the argument before. */
static int capability_words(const struct trace_line *line)
{
    struct __user_cap_header_struct header;

    if (usercopy_from(&header, UPTR(line->args[line->index - 1]), sizeof(header)) != 0)
        return 0;
    switch (header.version) {
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        return 2;
    default:
        return 1;
    }
}

void line_capabilities(struct trace_line *line, u64 value)
{
    struct __user_cap_data_struct data[2] = {0};
    int words = capability_words(line);

    if (words == 0)
        line_address(line, value);
    if (words == 0 || !line_user_fetch(line, data, value, (size_t)words * sizeof(data[0])))
        return;
    line_text(line, "{effective=");
    line_capability_set(line, data[0].effective, data[1].effective);
    line_text(line, ", permitted=");
    line_capability_set(line, data[0].permitted, data[1].permitted);
    line_text(line, ", inheritable=");
    line_capability_set(line, data[0].inheritable, data[1].inheritable);
    line_text(line, "}");
}

void line_capabilities_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_capabilities(line, value);
}

/* --- Personality --- */

static void line_persona(struct trace_line *line, u32 value)
{
    line_name(line, value & PER_MASK, &trace_personalities);
    line_more_flags(line, value & ~(u32)PER_MASK, &trace_personality_flags);
}

/* All ones ask for the present one. */
void line_personality(struct trace_line *line, u64 value)
{
    if ((u32)value == UINT32_MAX)
        line_hex32(line, value);
    else
        line_persona(line, (u32)value);
}

void line_personality_result(struct trace_line *line, u64 value)
{
    line_format(line, "%#lx (", value);
    line_persona(line, (u32)value);
    line_text(line, ")");
}

/* --- Memory --- */

static void line_resident(struct trace_line *line, const void *element)
{
    line_uint(line, *(const u8 *)element & 1);
}

void line_residency(struct trace_line *line, u64 value)
{
    u64 length = line->args[line->index - 1];
    u64 pages = length / PAGE_SIZE + (length % PAGE_SIZE != 0);

    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_array(line, value, pages, 1, line_resident);
}
