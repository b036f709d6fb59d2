/* SPDX-License-Identifier: MIT */
/*
 * How an argument of each kind is printed: the table, the printers of plain numbers and buffers, and
 * those of calls in which one argument decides what the others mean.
 */
#include "syscall/trace_internal.h"

#include <asm/prctl.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/signal.h>

/* Signals are numbered from 1 to this (Linux's _NSIG). */
#define LAST_SIGNAL 64

/* --- Numbers --- */

static void line_int(struct trace_line *line, u64 value)
{
    line_format(line, "%d", (int)value);
}

static void line_uint(struct trace_line *line, u64 value)
{
    line_format(line, "%u", (u32)value);
}

static void line_size(struct trace_line *line, u64 value)
{
    line_format(line, "%lu", value);
}

static void line_offset(struct trace_line *line, u64 value)
{
    line_format(line, "%ld", (s64)value);
}

static void line_hex(struct trace_line *line, u64 value)
{
    line_format(line, "%#lx", value);
}

static void line_hex32(struct trace_line *line, u64 value)
{
    line_format(line, "%#x", (u32)value);
}

static void line_octal(struct trace_line *line, u64 value)
{
    line_format(line, "%#03o", (u32)value);
}

static void line_dirfd(struct trace_line *line, u64 value)
{
    if ((int)value == AT_FDCWD)
        line_text(line, "AT_FDCWD");
    else
        line_int(line, value);
}

/* --- Numbers that the call writes through a pointer: in brackets --- */

static void line_uint_result(struct trace_line *line, u64 value)
{
    u32 number;

    if (line_user_result(line, &number, value, sizeof(number)))
        line_format(line, "[%u]", number);
}

static void line_size_result(struct trace_line *line, u64 value)
{
    u64 number;

    if (line_user_result(line, &number, value, sizeof(number)))
        line_format(line, "[%lu]", number);
}

static void line_address_result(struct trace_line *line, u64 value)
{
    u64 address;

    if (!line_user_result(line, &address, value, sizeof(address)))
        return;
    line_text(line, "[");
    line_hex(line, address);
    line_text(line, "]");
}

static void line_time_result(struct trace_line *line, u64 value)
{
    s64 seconds;

    if (!line_user_result(line, &seconds, value, sizeof(seconds)))
        return;
    line_text(line, "[");
    line_date(line, seconds, " /* ", " */");
    line_text(line, "]");
}

/* --- Bytes --- */

static void line_bytes_in(struct trace_line *line, u64 value)
{
    line_user_bytes(line, value, line->args[line->index + 1], false);
}

static void line_bytes_result(struct trace_line *line, u64 value)
{
    enum argument_kind kind = syscall_argument_kind(line->info, line->index);
    bool untouched = kind == ARG_BYTES_OUT_SIZED && line->args[line->index + 1] == 0;

    if (RESULT_IS_ERROR(line->result) || untouched)
        line_address(line, value);
    else
        line_user_bytes(line, value, (u64)line->result, kind == ARG_BYTES_OUT_HEX);
}

static void line_path_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_user_string(line, value);
}

/* --- Names and flags --- */

static void line_open_flags(struct trace_line *line, u64 value)
{
    line_name(line, value & O_ACCMODE, &trace_open_modes);
    line_more_flags(line, (u32)value & ~(u32)O_ACCMODE, &trace_open_flags);
}

/* The mode of open is an argument only if the flags say that a file may be made. */
static void line_create_mode(struct trace_line *line, u64 value)
{
    u32 flags = (u32)line->args[line->index - 1];

    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
        line_octal(line, value);
}

/* The kind of mapping in the low bits, flags, and the logarithm of the size of huge pages. */
static void line_mmap_flags(struct trace_line *line, u64 value)
{
    u64 huge = value >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;

    line_name(line, value & MAP_TYPE, &trace_mmap_types);
    value &= ~(u64)MAP_TYPE;
    if (value & MAP_HUGETLB)
        value &= ~((u64)MAP_HUGE_MASK << MAP_HUGE_SHIFT);
    line_more_flags(line, value, &trace_mmap_flags);
    if ((value & MAP_HUGETLB) && huge)
        line_format(line, "|%lu<<MAP_HUGE_SHIFT", huge);
}

static void line_mremap_address(struct trace_line *line, u64 value)
{
    if (line->args[line->index - 1] & MREMAP_FIXED)
        line_address(line, value);
}

void line_signal_name(struct trace_line *line, u32 signal, size_t skip)
{
    const char *name = trace_name(signal, &trace_signals);

    if (name)
        line_text(line, name + skip);
    else if (signal > SIGRTMIN && signal <= LAST_SIGNAL)
        line_format(line, "%s%u", "SIGRT_" + skip, signal - SIGRTMIN);
    else
        line_format(line, "%d", (int)signal);
}

static void line_signal(struct trace_line *line, u64 value)
{
    line_signal_name(line, (u32)value, 0);
}

/* --- arch_prctl and prctl --- */

static void line_arch_argument(struct trace_line *line, u64 value)
{
    switch ((int)line->args[0]) {
    case ARCH_GET_FS:
    case ARCH_GET_GS:
        line_address_result(line, value);
        break;
    case ARCH_GET_CPUID:
        break;
    default:
        line_hex(line, value);
    }
}

/* How many arguments follow an option. The kernel does not say; the manual does (prctl(2)). */
static u32 prctl_arguments(u32 option)
{
    switch (option) {
    case PR_GET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_GET_SECCOMP:
    case PR_GET_SECUREBITS:
    case PR_GET_TIMERSLACK:
        return 0;
    case PR_SET_PDEATHSIG:
    case PR_GET_PDEATHSIG:
    case PR_SET_DUMPABLE:
    case PR_SET_KEEPCAPS:
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_GET_TSC:
    case PR_SET_TSC:
    case PR_SET_SECUREBITS:
    case PR_SET_TIMERSLACK:
    case PR_SET_PTRACER:
    case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER:
    case PR_GET_TID_ADDRESS:
        return 1;
    default:
        return 4;
    }
}

static void line_prctl_argument(struct trace_line *line, u64 value)
{
    u32 option = (u32)line->args[0];

    if (line->index > prctl_arguments(option))
        return;
    switch (option) {
    case PR_SET_NAME:
        line_user_string(line, value);
        break;
    case PR_GET_NAME:
        line_path_result(line, value);
        break;
    case PR_SET_PDEATHSIG:
        line_signal(line, value);
        break;
    case PR_GET_CHILD_SUBREAPER:
        line_uint_result(line, value);
        break;
    case PR_GET_TID_ADDRESS:
        line_address_result(line, value);
        break;
    case PR_SET_DUMPABLE:
    case PR_SET_KEEPCAPS:
    case PR_SET_TIMERSLACK:
    case PR_SET_CHILD_SUBREAPER:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE:
        line_size(line, value);
        break;
    default:
        line_hex(line, value);
    }
}

/* --- fcntl --- */

static void line_fcntl_argument(struct trace_line *line, u64 value)
{
    switch ((u32)line->args[1]) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
    case F_GETSIG:
    case F_GETLEASE:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
        break;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_SETOWN:
    case F_SETPIPE_SZ:
        line_int(line, value);
        break;
    case F_SETFD:
        line_flags(line, value, &trace_fd_flags);
        break;
    case F_SETFL:
        line_open_flags(line, value);
        break;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        line_lock(line, value);
        break;
    default:
        line_hex(line, value);
    }
}

void trace_fcntl_result(struct trace_line *line)
{
    u32 command = (u32)line->args[1];

    if (command != F_GETFL && (command != F_GETFD || line->result == 0)) {
        line_format(line, "%ld", line->result);
        return;
    }
    line_format(line, "%#lx (flags ", line->result);
    if (command == F_GETFL)
        line_open_flags(line, (u64)line->result);
    else
        line_flags(line, (u64)line->result, &trace_fd_flags);
    line_text(line, ")");
}

/* --- futex: which of its arguments an operation has (futex(2)) --- */

enum {
    FUTEX_HAS_VALUE = 1 << 0,
    FUTEX_HAS_TIMEOUT = 1 << 1,
    FUTEX_HAS_VALUE2 = 1 << 2, /* in the place of the timeout */
    FUTEX_HAS_WORD2 = 1 << 3,
    FUTEX_HAS_VALUE3 = 1 << 4,
    FUTEX_HAS_BITSET = 1 << 5, /* in the place of value3 */
};

static u32 futex_arguments(u64 operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return FUTEX_HAS_VALUE | FUTEX_HAS_TIMEOUT;
    case FUTEX_WAKE:
        return FUTEX_HAS_VALUE;
    case FUTEX_WAIT_BITSET:
        return FUTEX_HAS_VALUE | FUTEX_HAS_TIMEOUT | FUTEX_HAS_BITSET;
    case FUTEX_WAKE_BITSET:
        return FUTEX_HAS_VALUE | FUTEX_HAS_BITSET;
    case FUTEX_REQUEUE:
        return FUTEX_HAS_VALUE | FUTEX_HAS_VALUE2 | FUTEX_HAS_WORD2;
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return FUTEX_HAS_TIMEOUT;
    case FUTEX_UNLOCK_PI:
    case FUTEX_TRYLOCK_PI:
        return 0;
    case FUTEX_WAIT_REQUEUE_PI:
        return FUTEX_HAS_VALUE | FUTEX_HAS_TIMEOUT | FUTEX_HAS_WORD2;
    default:
        return FUTEX_HAS_VALUE | FUTEX_HAS_VALUE2 | FUTEX_HAS_WORD2 | FUTEX_HAS_VALUE3;
    }
}

static bool futex_has(const struct trace_line *line, u32 arguments)
{
    return futex_arguments(line->args[1]) & arguments;
}

static void line_futex_op(struct trace_line *line, u64 value)
{
    u32 operation = (u32)value;

    line_name(line, operation & ~FUTEX_CLOCK_REALTIME, &trace_futex_ops);
    if (operation & FUTEX_CLOCK_REALTIME)
        line_text(line, "|FUTEX_CLOCK_REALTIME");
}

static void line_futex_value(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_VALUE))
        line_uint(line, value);
}

static void line_futex_timeout(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_TIMEOUT))
        line_timespec(line, value);
    else if (futex_has(line, FUTEX_HAS_VALUE2))
        line_uint(line, value);
}

static void line_futex_word2(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_WORD2))
        line_address(line, value);
}

static void line_futex_value3(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_BITSET) && (u32)value == FUTEX_BITSET_MATCH_ANY)
        line_text(line, "FUTEX_BITSET_MATCH_ANY");
    else if (futex_has(line, FUTEX_HAS_BITSET))
        line_hex32(line, value);
    else if (futex_has(line, FUTEX_HAS_VALUE3))
        line_uint(line, value);
}

/* --- The table --- */

#define BEFORE(function)    \
    {                       \
        .print = (function) \
    }
#define AFTER(function)                    \
    {                                      \
        .print = (function), .after = true \
    }
#define NAME(table)       \
    {                     \
        .names = &(table) \
    }
#define FLAGS(table)                     \
    {                                    \
        .names = &(table), .flags = true \
    }

const struct trace_kind trace_kinds[ARG_KIND_COUNT] = {
    [ARG_NONE] = BEFORE(line_hex),
    [ARG_INT] = BEFORE(line_int),
    [ARG_UINT] = BEFORE(line_uint),
    [ARG_SIZE] = BEFORE(line_size),
    [ARG_HEX] = BEFORE(line_hex),
    [ARG_OFFSET] = BEFORE(line_offset),
    [ARG_OFFSET_HEX] = BEFORE(line_hex),
    [ARG_ADDRESS] = BEFORE(line_address),
    [ARG_FD] = BEFORE(line_int),
    [ARG_DIRFD] = BEFORE(line_dirfd),
    [ARG_PID] = BEFORE(line_int),
    [ARG_PATH] = BEFORE(line_user_string),
    [ARG_TEXT] = BEFORE(line_user_string),
    [ARG_PATH_OUT] = AFTER(line_path_result),
    [ARG_BYTES_IN] = BEFORE(line_bytes_in),
    [ARG_BYTES_OUT] = AFTER(line_bytes_result),
    [ARG_BYTES_OUT_SIZED] = AFTER(line_bytes_result),
    [ARG_BYTES_OUT_HEX] = AFTER(line_bytes_result),
    [ARG_IOVEC_IN] = BEFORE(line_iovecs),
    [ARG_IOVEC_OUT] = AFTER(line_iovecs_result),
    [ARG_FLAGS_OPEN] = BEFORE(line_open_flags),
    [ARG_FLAGS_OPEN_ONLY] = FLAGS(trace_dup_flags),
    [ARG_FLAGS_AT] = FLAGS(trace_at_flags),
    [ARG_FLAGS_MMAP] = BEFORE(line_mmap_flags),
    [ARG_FLAGS_MREMAP] = FLAGS(trace_mremap_flags),
    [ARG_FLAGS_MSYNC] = FLAGS(trace_msync_flags),
    [ARG_FLAGS_MLOCKALL] = FLAGS(trace_mlockall_flags),
    [ARG_FLAGS_TIMER] = FLAGS(trace_timer_flags),
    [ARG_FLAGS_RANDOM] = FLAGS(trace_random_flags),
    [ARG_FLAGS_PIPE] = FLAGS(trace_pipe_flags),
    [ARG_FLAGS_EPOLL] = FLAGS(trace_epoll_flags),
    [ARG_FLAGS_EVENTFD] = FLAGS(trace_eventfd_flags),
    [ARG_FLAGS_MEMFD] = FLAGS(trace_memfd_flags),
    [ARG_FLAGS_SPLICE] = FLAGS(trace_splice_flags),
    [ARG_FLAGS_XATTR] = FLAGS(trace_xattr_flags),
    [ARG_FLAGS_INOTIFY] = FLAGS(trace_inotify_events),
    [ARG_FLAGS_INOTIFY_INIT] = FLAGS(trace_inotify_flags),
    [ARG_FLAGS_FLOCK] = FLAGS(trace_flock_operations),
    [ARG_MODE] = BEFORE(line_octal),
    [ARG_MODE_CREATE] = BEFORE(line_create_mode),
    [ARG_MODE_ACCESS] = FLAGS(trace_access_modes),
    [ARG_WHENCE] = NAME(trace_whence),
    [ARG_PROT] = FLAGS(trace_prot),
    [ARG_ADVICE] = NAME(trace_advice),
    [ARG_ADDRESS_MREMAP] = BEFORE(line_mremap_address),
    [ARG_CLOCKID] = NAME(trace_clocks),
    [ARG_RESOURCE] = NAME(trace_resources),
    [ARG_RUSAGE_WHO] = NAME(trace_rusage_who),
    [ARG_SIGNAL] = BEFORE(line_signal),
    [ARG_SIGNAL_HOW] = NAME(trace_signal_how),
    [ARG_EPOLL_OP] = NAME(trace_epoll_ops),
    [ARG_ARCH_PRCTL] = NAME(trace_arch_codes),
    [ARG_ARCH_PRCTL_ARGUMENT] = AFTER(line_arch_argument),
    [ARG_PRCTL] = NAME(trace_prctl_options),
    [ARG_PRCTL_ARGUMENT] = AFTER(line_prctl_argument),
    [ARG_FCNTL] = NAME(trace_fcntl_commands),
    [ARG_FCNTL_ARGUMENT] = AFTER(line_fcntl_argument),
    [ARG_IOCTL] = BEFORE(line_ioctl),
    [ARG_IOCTL_ARGUMENT] = AFTER(line_ioctl_argument),
    [ARG_FUTEX_OP] = BEFORE(line_futex_op),
    [ARG_FUTEX_VALUE] = BEFORE(line_futex_value),
    [ARG_FUTEX_TIMEOUT] = BEFORE(line_futex_timeout),
    [ARG_FUTEX_WORD2] = BEFORE(line_futex_word2),
    [ARG_FUTEX_VALUE3] = BEFORE(line_futex_value3),
    [ARG_STAT_OUT] = AFTER(line_stat),
    [ARG_UTSNAME_OUT] = AFTER(line_utsname),
    [ARG_SYSINFO_OUT] = AFTER(line_sysinfo),
    [ARG_RLIMIT_IN] = BEFORE(line_rlimit),
    [ARG_RLIMIT_OUT] = AFTER(line_rlimit_result),
    [ARG_RUSAGE_OUT] = AFTER(line_rusage),
    [ARG_TMS_OUT] = AFTER(line_tms),
    [ARG_TIMESPEC_IN] = BEFORE(line_timespec),
    [ARG_TIMESPEC_OUT] = AFTER(line_timespec_result),
    [ARG_TIMESPEC_LEFT] = AFTER(line_timespec_left),
    [ARG_TIMEVAL_OUT] = AFTER(line_timeval),
    [ARG_TIMEZONE_OUT] = AFTER(line_timezone),
    [ARG_TIME_OUT] = AFTER(line_time_result),
    [ARG_SIGSET_IN] = BEFORE(line_sigset),
    [ARG_SIGSET_OUT] = AFTER(line_sigset_result),
    [ARG_SIGACTION_IN] = BEFORE(line_sigaction),
    [ARG_SIGACTION_OUT] = AFTER(line_sigaction_result),
    [ARG_STACK_IN] = BEFORE(line_stack),
    [ARG_STACK_OUT] = AFTER(line_stack_result),
    [ARG_POLLFDS] = BEFORE(line_pollfds),
    [ARG_EPOLL_EVENT_IN] = BEFORE(line_epoll_event),
    [ARG_EPOLL_EVENTS_OUT] = AFTER(line_epoll_events),
    [ARG_FDSET] = BEFORE(line_fdset),
    [ARG_FDS_OUT] = AFTER(line_fds),
    [ARG_OFFSET_POINTER] = BEFORE(line_offset_pointer),
    [ARG_SIGSET_SIZED] = BEFORE(line_sigset_sized),
    [ARG_TIMEVAL_IN] = BEFORE(line_timeval_asked),
    [ARG_CPUSET_IN] = BEFORE(line_cpuset),
    [ARG_CPUSET_OUT] = AFTER(line_cpuset_result),
    [ARG_GROUPS_OUT] = AFTER(line_groups),
    [ARG_ID_OUT] = AFTER(line_uint_result),
    [ARG_UINT_OUT] = AFTER(line_uint_result),
    [ARG_SIZE_OUT] = AFTER(line_size_result),
    [ARG_ADDRESS_OUT] = AFTER(line_address_result),
};
