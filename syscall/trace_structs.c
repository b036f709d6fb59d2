/* SPDX-License-Identifier: MIT */
/*
 * Structures of the Linux ABI as strace prints them, abbreviated as it does by default: the fields
 * that tell calls apart, then "...".
 *
 * A function line_X prints what a call reads, line_X_result what it writes: the address alone if
 * the call failed. Layouts come from the kernel headers.
 */
#include "syscall/trace_internal.h"

#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/signal.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/uio.h>
#include <linux/utsname.h>

/* <linux/stat.h> leaves S_IFMT and its like to the C library where it sees one, and sparse makes it
 * see one. */
#undef __GLIBC__
#include <linux/stat.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"

/* What programs and the kernel have to agree on, as glibc and musl declare it. */
_Static_assert(sizeof(struct stat) == 144, "struct stat");
_Static_assert(sizeof(struct sigaction) == 32, "struct sigaction of rt_sigaction");
_Static_assert(sizeof(struct rlimit64) == 16, "struct rlimit64");
_Static_assert(sizeof(struct iovec) == 16, "struct iovec");
_Static_assert(sizeof(struct sysinfo) == 112, "struct sysinfo");

/* --- Files --- */

/* An st_mode: type, special bits, permissions in octal. */
static void line_mode(struct trace_line *line, u32 mode)
{
    if (mode & S_IFMT) {
        line_name(line, mode & S_IFMT, &trace_file_types);
        line_more_flags(line, mode & ~(S_IFMT | 0777u), &trace_mode_bits);
        line_text(line, "|");
    }
    line_format(line, "%#03o", mode & 0777);
}

/* Device numbers are spread over the word as in Linux's <linux/kdev_t.h>, new_encode_dev. */
static void line_device(struct trace_line *line, u64 device)
{
    line_format(line, "makedev(%#lx, %#lx)", device >> 8 & 0xfff,
                (device & 0xff) | (device >> 12 & 0xfff00));
}

void line_stat(struct trace_line *line, u64 value)
{
    struct stat status;

    if (!line_user_result(line, &status, value, sizeof(status)))
        return;
    line_text(line, "{st_mode=");
    line_mode(line, status.st_mode);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
        line_text(line, ", st_rdev=");
        line_device(line, status.st_rdev);
    } else {
        line_format(line, ", st_size=%ld", status.st_size);
    }
    line_text(line, ", ...}");
}

void line_lock(struct trace_line *line, u64 value)
{
    struct flock lock;
    u32 command = (u32)line->args[1];
    bool asked = command == F_GETLK || command == F_OFD_GETLK;

    if (!line_user_fetch(line, &lock, value, sizeof(lock)))
        return;
    line_text(line, "{l_type=");
    line_name(line, (u16)lock.l_type, &trace_lock_types);
    line_text(line, ", l_whence=");
    line_name(line, (u16)lock.l_whence, &trace_whence);
    line_format(line, ", l_start=%ld, l_len=%ld", lock.l_start, lock.l_len);
    if (asked)
        line_format(line, ", l_pid=%d", lock.l_pid);
    line_text(line, "}");
}

/* Vectors of `left` bytes in all that are filled; what follows in them is not shown. */
static void line_vectors(struct trace_line *line, u64 value, u64 count, u64 left, bool filled)
{
    struct iovec vector;

    if (value == 0 || (count && usercopy_from(&vector, UPTR(value), sizeof(vector)) != 0)) {
        line_address(line, value);
        return;
    }
    line_text(line, "[");
    for (u64 i = 0; i < count; i++) {
        line_text(line, i ? ", " : "");
        if (i == TRACE_STRING_MAX || line->cut) {
            line_text(line, "...");
            break;
        }
        if (!line_user_fetch(line, &vector, value + i * sizeof(vector), sizeof(vector)))
            break;
        u64 shown = MIN(left, vector.iov_len);
        line_text(line, "{iov_base=");
        if (filled)
            line_user_bytes(line, (u64)vector.iov_base, shown, false);
        else
            line_address(line, (u64)vector.iov_base);
        line_format(line, ", iov_len=%lu}", vector.iov_len);
        left -= shown;
    }
    line_text(line, "]");
}

void line_iovecs(struct trace_line *line, u64 value)
{
    u64 count = line->args[line->index + 1];

    /* Linux's UIO_MAXIOV: more are refused unread. */
    if (count > UIO_MAXIOV)
        line_address(line, value);
    else
        line_vectors(line, value, count, UINT64_MAX, true);
}

void line_iovecs_result(struct trace_line *line, u64 value)
{
    u64 count = line->args[line->index + 1];
    bool filled = !RESULT_IS_ERROR(line->result);

    if (count > UIO_MAXIOV)
        line_address(line, value);
    else
        line_vectors(line, value, count, filled ? (u64)line->result : 0, filled);
}

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

void line_groups(struct trace_line *line, u64 value)
{
    /* With room for none, the call only says how many there are. */
    u64 count = (u32)line->args[line->index - 1] ? (u64)line->result : 0;
    u32 group;

    if (RESULT_IS_ERROR(line->result) || value == 0) {
        line_address(line, value);
        return;
    }
    line_text(line, "[");
    for (u64 i = 0; i < count; i++) {
        line_text(line, i ? ", " : "");
        if (i == TRACE_STRING_MAX) {
            line_text(line, "...");
            break;
        }
        if (!line_user_fetch(line, &group, value + i * sizeof(group), sizeof(group)))
            break;
        line_format(line, "%u", group);
    }
    line_text(line, "]");
}

/* --- Signals --- */

/* The builtin would call a library that the kernel does not have. */
static int bits_set(u64 word)
{
    int count = 0;

    for (; word; word &= word - 1)
        count++;
    return count;
}

/* strace's short form: names without SIG; the missing ones after ~ when most are set. */
static void line_set(struct trace_line *line, u64 set)
{
    const char *separator = "";

    if (bits_set(set) >= 64 * 2 / 3) {
        line_text(line, "~");
        set = ~set;
    }
    line_text(line, "[");
    for (u32 signal = 1; signal <= 64; signal++) {
        if (!(set >> (signal - 1) & 1))
            continue;
        line_text(line, separator);
        line_signal_name(line, signal, strlen("SIG"));
        separator = " ";
    }
    line_text(line, "]");
}

void line_sigset(struct trace_line *line, u64 value)
{
    u64 set;

    if (line_user_fetch(line, &set, value, sizeof(set)))
        line_set(line, set);
}

void line_sigset_result(struct trace_line *line, u64 value)
{
    u64 set;

    if (line_user_result(line, &set, value, sizeof(set)))
        line_set(line, set);
}

static void line_action(struct trace_line *line, const struct sigaction *action)
{
    line_text(line, "{sa_handler=");
    if (action->sa_handler == SIG_DFL)
        line_text(line, "SIG_DFL");
    else if (action->sa_handler == SIG_IGN)
        line_text(line, "SIG_IGN");
    else
        line_format(line, "0x%lx", (u64)action->sa_handler);
    line_text(line, ", sa_mask=");
    line_set(line, action->sa_mask);
    line_text(line, ", sa_flags=");
    line_flags(line, action->sa_flags, &trace_signal_flags);
    if (action->sa_flags & SA_RESTORER)
        line_format(line, ", sa_restorer=0x%lx", (u64)action->sa_restorer);
    line_text(line, "}");
}

void line_sigaction(struct trace_line *line, u64 value)
{
    struct sigaction action;

    if (line_user_fetch(line, &action, value, sizeof(action)))
        line_action(line, &action);
}

void line_sigaction_result(struct trace_line *line, u64 value)
{
    struct sigaction action;

    if (line_user_result(line, &action, value, sizeof(action)))
        line_action(line, &action);
}

static void line_alternate(struct trace_line *line, const stack_t *stack)
{
    line_text(line, "{ss_sp=");
    line_address(line, (u64)stack->ss_sp);
    line_text(line, ", ss_flags=");
    line_flags(line, (u32)stack->ss_flags, &trace_stack_flags);
    line_format(line, ", ss_size=%lu}", stack->ss_size);
}

void line_stack(struct trace_line *line, u64 value)
{
    stack_t stack;

    if (line_user_fetch(line, &stack, value, sizeof(stack)))
        line_alternate(line, &stack);
}

void line_stack_result(struct trace_line *line, u64 value)
{
    stack_t stack;

    if (line_user_result(line, &stack, value, sizeof(stack)))
        line_alternate(line, &stack);
}
