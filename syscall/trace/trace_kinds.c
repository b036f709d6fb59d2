/* SPDX-License-Identifier: MIT */
/*
 * How an argument of each kind and a result of each kind is printed: the tables, and the printers of
 * plain numbers, bytes and arrays.
 */
#include "syscall/trace/trace_internal.h"

#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/memfd.h>
#include <linux/mman.h>

#include "arch/usercopy.h"

/* --- Numbers --- */

void line_int(struct trace_line *line, u64 value)
{
    line_format(line, "%d", (int)value);
}

void line_uint(struct trace_line *line, u64 value)
{
    line_format(line, "%u", (u32)value);
}

void line_size(struct trace_line *line, u64 value)
{
    line_format(line, "%lu", value);
}

void line_offset(struct trace_line *line, u64 value)
{
    line_format(line, "%ld", (s64)value);
}

void line_hex(struct trace_line *line, u64 value)
{
    line_format(line, "%#lx", value);
}

void line_hex32(struct trace_line *line, u64 value)
{
    line_format(line, "%#x", (u32)value);
}

static void line_octal(struct trace_line *line, u64 value)
{
    line_format(line, "%#03o", (u32)value);
}

static void line_id(struct trace_line *line, u64 value)
{
    line_format(line, (u32)value == UINT32_MAX ? "-1" : "%u", (u32)value);
}

static void line_dirfd(struct trace_line *line, u64 value)
{
    if ((int)value == AT_FDCWD)
        line_text(line, "AT_FDCWD");
    else
        line_int(line, value);
}

static void line_nothing(struct trace_line *line, u64 value)
{
    (void)line, (void)value;
}

/* --- Numbers that the call writes through a pointer: in brackets --- */

void line_uint_result(struct trace_line *line, u64 value)
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

void line_address_result(struct trace_line *line, u64 value)
{
    u64 address;

    if (!line_user_result(line, &address, value, sizeof(address)))
        return;
    line_text(line, "[");
    line_address(line, address);
    line_text(line, "]");
}

/* --- Bytes and arrays --- */

static void line_bytes_in(struct trace_line *line, u64 value)
{
    line_user_bytes(line, value, line->args[line->index + 1], false);
}

static void line_bytes_result(struct trace_line *line, u64 value)
{
    enum argument_kind kind = syscall_argument_kind(line->info, line->index);

    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_user_bytes(line, value, (u64)line->result, kind == ARG_BYTES_OUT_HEX);
}

static void line_bytes_sized(struct trace_line *line, u64 value)
{
    if (line->args[line->index + 1] == 0)
        line_address(line, value);
    else
        line_bytes_result(line, value);
}

/* `size` bytes, as strace shows them: without a NUL at their end, if that is among those it reads. */
static void line_attribute(struct trace_line *line, u64 value, u64 size)
{
    char last;
    bool whole = size > 0 && size <= (u64)trace_string_limit + 1;

    if (whole && usercopy_from(&last, UPTR(value + size - 1), 1) == 0 && last == '\0')
        size--;
    line_user_bytes(line, value, size, false);
}

static void line_value_in(struct trace_line *line, u64 value)
{
    line_attribute(line, value, line->args[line->index + 1]);
}

static void line_value_out(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_attribute(line, value, (u64)line->result);
}

static void line_path(struct trace_line *line, u64 value)
{
    line_user_string(line, value, PATH_MAX - 1);
}

static void line_path_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_path(line, value);
}

static void line_short_text(struct trace_line *line, u64 value)
{
    line_user_string(line, value, trace_string_limit);
}

bool line_array_fits(u64 address, u64 count, size_t size)
{
    u64 length, end;

    return !__builtin_mul_overflow(count, size, &length) &&
           !__builtin_add_overflow(address, length, &end);
}

void line_array(struct trace_line *line, u64 address, u64 count, size_t size, element_printer print)
{
    u8 element[ELEMENT_MAX];

    if (address == 0 || line->failed || !line_array_fits(address, count, size) ||
        (count && usercopy_from(element, UPTR(address), size) != 0)) {
        line_address(line, address);
        return;
    }
    line_text(line, "[");
    for (u64 i = 0; i < count && !line->cut; i++) {
        u64 at = address + i * size;
        line_text(line, i ? ", " : "");
        if (i == trace_string_limit) {
            line_text(line, "...");
            break;
        }
        if (usercopy_from(element, UPTR(at), size) != 0) {
            line_format(line, "... /* %#lx */", at);
            break;
        }
        print(line, element);
    }
    line_text(line, "]");
}

/* --- Names and flags --- */

void line_open_flags(struct trace_line *line, u64 value)
{
    line_name(line, value & O_ACCMODE, &trace_open_modes);
    line_more_flags(line, value & ~(u64)O_ACCMODE, &trace_open_flags);
}

/* Flags, and the logarithm of the size of huge pages. */
static void line_memfd_flags(struct trace_line *line, u64 value)
{
    u64 huge = value >> MFD_HUGE_SHIFT;
    u64 flags = value & ((1u << MFD_HUGE_SHIFT) - 1);

    if (flags || !huge)
        line_flags(line, flags, &trace_memfd_flags);
    if (huge)
        line_format(line, "%s%lu<<MFD_HUGE_SHIFT", flags ? "|" : "", huge);
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
    value &= ~((u64)MAP_HUGE_MASK << MAP_HUGE_SHIFT);
    line_more_flags(line, value, &trace_mmap_flags);
    if (huge)
        line_format(line, "|%lu<<MAP_HUGE_SHIFT", huge);
}

static void line_mremap_address(struct trace_line *line, u64 value)
{
    const u64 moved = MREMAP_MAYMOVE | MREMAP_FIXED;

    if ((line->args[line->index - 1] & moved) == moved)
        line_address(line, value);
}

/* --- The tables --- */

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
#define MOVED(function, more)               \
    {                                       \
        .print = (function), .rest = (more) \
    }

const struct trace_kind trace_kinds[ARG_KIND_COUNT] = {
    [ARG_NONE] = BEFORE(line_hex),
    [ARG_INT] = BEFORE(line_int),
    [ARG_UINT] = BEFORE(line_uint),
    [ARG_SIZE] = BEFORE(line_size),
    [ARG_SIZE_WHOLE] = BEFORE(line_size),
    [ARG_HEX] = BEFORE(line_hex),
    [ARG_OFFSET] = BEFORE(line_offset),
    [ARG_OFFSET_HEX] = BEFORE(line_hex),
    [ARG_POSITION_HIGH] = BEFORE(line_nothing),
    [ARG_ADDRESS] = BEFORE(line_address),
    [ARG_FD] = BEFORE(line_int),
    [ARG_DIRFD] = BEFORE(line_dirfd),
    [ARG_PID] = BEFORE(line_int),
    [ARG_ID] = BEFORE(line_id),
    [ARG_PATH] = BEFORE(line_path),
    [ARG_TARGET] = BEFORE(line_path),
    [ARG_TEXT] = BEFORE(line_short_text),
    [ARG_PATH_OUT] = AFTER(line_path_result),
    [ARG_BYTES_IN] = BEFORE(line_bytes_in),
    [ARG_VALUE_IN] = BEFORE(line_value_in),
    [ARG_VALUE_OUT] = AFTER(line_value_out),
    [ARG_BYTES_OUT] = AFTER(line_bytes_result),
    [ARG_BYTES_OUT_SIZED] = AFTER(line_bytes_sized),
    [ARG_BYTES_OUT_HEX] = AFTER(line_bytes_result),
    [ARG_IOVEC_IN] = BEFORE(line_iovecs),
    [ARG_IOVEC_OUT] = AFTER(line_iovecs_result),
    [ARG_FLAGS_OPEN] = BEFORE(line_open_flags),
    [ARG_FLAGS_OPEN_ONLY] = FLAGS(trace_open_flags),
    [ARG_FLAGS_AT] = FLAGS(trace_at_flags),
    [ARG_FLAGS_MMAP] = BEFORE(line_mmap_flags),
    [ARG_FLAGS_MREMAP] = FLAGS(trace_mremap_flags),
    [ARG_FLAGS_MSYNC] = FLAGS(trace_msync_flags),
    [ARG_FLAGS_MLOCKALL] = FLAGS(trace_mlockall_flags),
    [ARG_FLAGS_TIMER] = FLAGS(trace_timer_flags),
    [ARG_FLAGS_RANDOM] = FLAGS(trace_random_flags),
    [ARG_FLAGS_PIPE] = FLAGS(trace_open_flags),
    [ARG_FLAGS_EPOLL] = FLAGS(trace_epoll_flags),
    [ARG_FLAGS_EVENTFD] = FLAGS(trace_eventfd_flags),
    [ARG_FLAGS_MEMFD] = BEFORE(line_memfd_flags),
    [ARG_FLAGS_SPLICE] = FLAGS(trace_splice_flags),
    [ARG_FLAGS_XATTR] = FLAGS(trace_xattr_flags),
    [ARG_FLAGS_INOTIFY] = FLAGS(trace_inotify_events),
    [ARG_FLAGS_INOTIFY_INIT] = FLAGS(trace_inotify_flags),
    [ARG_FLAGS_FLOCK] = FLAGS(trace_flock_operations),
    [ARG_FLAGS_FACCESS] = FLAGS(trace_faccess_flags),
    [ARG_FLAGS_STATX] = BEFORE(line_statx_flags),
    [ARG_MASK_STATX] = FLAGS(trace_statx_masks),
    [ARG_FLAGS_FALLOCATE] = FLAGS(trace_fallocate_flags),
    [ARG_FLAGS_SYNC_RANGE] = FLAGS(trace_sync_range_flags),
    [ARG_FLAGS_RENAME] = FLAGS(trace_rename_flags),
    [ARG_FLAGS_RWF] = FLAGS(trace_rwf_flags),
    [ARG_FLAGS_CLOSE_RANGE] = FLAGS(trace_close_range_flags),
    [ARG_FLAGS_MLOCK] = FLAGS(trace_mlock_flags),
    [ARG_FLAGS_MEMBARRIER] = FLAGS(trace_membarrier_flags),
    [ARG_FLAGS_SIGNALFD] = FLAGS(trace_signalfd_flags),
    [ARG_FLAGS_MESSAGE] = FLAGS(trace_message_flags),
    [ARG_SOCKET_TYPE] = FLAGS(trace_socket_types),
    [ARG_SOCKET_FAMILY] = NAME(trace_socket_families),
    [ARG_SHUTDOWN] = NAME(trace_shutdown),
    [ARG_FLAGS_TIMERFD] = FLAGS(trace_timerfd_flags),
    [ARG_MODE] = BEFORE(line_octal),
    [ARG_MODE_CREATE] = BEFORE(line_create_mode),
    [ARG_MODE_ACCESS] = FLAGS(trace_access_modes),
    [ARG_MODE_NODE] = BEFORE(line_node_mode),
    [ARG_WHENCE] = NAME(trace_whence),
    [ARG_PROT] = FLAGS(trace_prot),
    [ARG_ADVICE] = NAME(trace_advice),
    [ARG_ADVICE_FILE] = NAME(trace_fadvice),
    [ARG_ADDRESS_MREMAP] = BEFORE(line_mremap_address),
    [ARG_CLOCKID] = NAME(trace_clocks),
    [ARG_RESOURCE] = NAME(trace_resources),
    [ARG_RUSAGE_WHO] = NAME(trace_rusage_who),
    [ARG_SIGNAL] = BEFORE(line_signal),
    [ARG_SIGNAL_HOW] = NAME(trace_signal_how),
    [ARG_EPOLL_OP] = NAME(trace_epoll_ops),
    [ARG_INTERVAL_TIMER] = NAME(trace_interval_timers),
    [ARG_PRIORITY_WHOSE] = NAME(trace_priority_whose),
    [ARG_POLICY] = NAME(trace_schedule_policies),
    [ARG_IO_WHOSE] = NAME(trace_io_whose),
    [ARG_IO_PRIORITY] = BEFORE(line_io_priority),
    [ARG_PERSONALITY] = BEFORE(line_personality),
    [ARG_MEMBARRIER] = NAME(trace_membarrier_commands),
    [ARG_MEMBARRIER_CPU] = BEFORE(line_membarrier_cpu),
    [ARG_DEVICE] = BEFORE(line_node_device),
    [ARG_ARCH_PRCTL] = NAME(trace_arch_codes),
    [ARG_ARCH_PRCTL_ARGUMENT] = AFTER(line_arch_argument),
    [ARG_PRCTL] = NAME(trace_prctl_options),
    [ARG_PRCTL_ARGUMENT] = AFTER(line_prctl_argument),
    [ARG_FCNTL] = NAME(trace_fcntl_commands),
    [ARG_FCNTL_ARGUMENT] = AFTER(line_fcntl_argument),
    [ARG_IOCTL] = BEFORE(line_ioctl),
    [ARG_IOCTL_ARGUMENT] = AFTER(line_ioctl_argument),
    [ARG_CLONE] = MOVED(line_clone, line_clone_tids),
    [ARG_CLONE_MORE] = BEFORE(line_nothing),
    [ARG_CLONE_ARGS] = MOVED(line_clone_args, line_clone_args_tids),
    [ARG_FUTEX_OP] = BEFORE(line_futex_op),
    [ARG_FUTEX_VALUE] = BEFORE(line_futex_value),
    [ARG_FUTEX_TIMEOUT] = BEFORE(line_futex_timeout),
    [ARG_FUTEX_WORD2] = BEFORE(line_futex_word2),
    [ARG_FUTEX_VALUE3] = BEFORE(line_futex_value3),
    [ARG_FUTEX_WAITERS] = BEFORE(line_futex_waiters),
    [ARG_STAT_OUT] = AFTER(line_stat),
    [ARG_STATX_OUT] = AFTER(line_statx),
    [ARG_STATFS_OUT] = AFTER(line_statfs),
    [ARG_DIRENTS_OUT] = AFTER(line_directory),
    [ARG_OPEN_HOW_IN] = BEFORE(line_open_how),
    [ARG_UTSNAME_OUT] = AFTER(line_utsname),
    [ARG_SYSINFO_OUT] = AFTER(line_sysinfo),
    [ARG_RLIMIT_IN] = BEFORE(line_rlimit),
    [ARG_RLIMIT_OUT] = AFTER(line_rlimit_result),
    [ARG_RUSAGE_OUT] = AFTER(line_rusage),
    [ARG_TMS_OUT] = AFTER(line_tms),
    [ARG_TIMESPEC_IN] = BEFORE(line_timespec),
    [ARG_TIMESPEC_KEPT] = AFTER(line_timespec),
    [ARG_TIMESPEC_OUT] = AFTER(line_timespec_result),
    [ARG_TIMESPEC_LEFT] = AFTER(line_timespec_left),
    [ARG_TIMEVAL_IN] = BEFORE(line_timeval),
    [ARG_TIMEVAL_OUT] = AFTER(line_timeval_result),
    [ARG_TIMEZONE_IN] = BEFORE(line_timezone),
    [ARG_TIMEZONE_OUT] = AFTER(line_timezone_result),
    [ARG_TIMESPECS_IN] = BEFORE(line_timespecs),
    [ARG_TIMEVALS_IN] = BEFORE(line_timevals),
    [ARG_UTIMBUF_IN] = BEFORE(line_utimbuf),
    [ARG_INTERVAL_IN] = BEFORE(line_interval),
    [ARG_INTERVAL_OUT] = AFTER(line_interval_result),
    [ARG_TIMER_IN] = BEFORE(line_timer),
    [ARG_TIMER_OUT] = AFTER(line_timer_result),
    [ARG_TIMEX] = AFTER(line_timex_result),
    [ARG_SIGEVENT_IN] = BEFORE(line_sigevent),
    [ARG_TIME_OUT] = AFTER(line_time_result),
    [ARG_SIGSET_IN] = BEFORE(line_sigset),
    [ARG_SIGSET_OUT] = AFTER(line_sigset_result),
    [ARG_SIGACTION_IN] = BEFORE(line_sigaction),
    [ARG_SIGACTION_OUT] = AFTER(line_sigaction_result),
    [ARG_STACK_IN] = BEFORE(line_stack),
    [ARG_STACK_OUT] = AFTER(line_stack_result),
    [ARG_SIGINFO_IN] = BEFORE(line_siginfo),
    [ARG_SIGINFO_OUT] = AFTER(line_siginfo_result),
    [ARG_POLLFDS] = BEFORE(line_pollfds),
    [ARG_EPOLL_EVENT_IN] = BEFORE(line_epoll_event),
    [ARG_EPOLL_EVENTS_OUT] = AFTER(line_epoll_events),
    [ARG_FDSET] = BEFORE(line_fdset),
    [ARG_FDS_OUT] = AFTER(line_fds),
    [ARG_OFFSET_POINTER] = BEFORE(line_offset_pointer),
    [ARG_OFFSET_MOVED] = MOVED(line_offset_pointer, line_offset_moved),
    [ARG_SIGSET_SIZED] = BEFORE(line_sigset_sized),
    [ARG_CPUSET_IN] = BEFORE(line_cpuset),
    [ARG_CPUSET_OUT] = AFTER(line_cpuset_result),
    [ARG_GROUPS_IN] = BEFORE(line_groups),
    [ARG_GROUPS_OUT] = AFTER(line_groups_result),
    [ARG_CAP_HEADER_IN] = BEFORE(line_capability_header),
    [ARG_CAP_DATA_IN] = BEFORE(line_capabilities),
    [ARG_CAP_DATA_OUT] = AFTER(line_capabilities_result),
    [ARG_SCHEDULE_IN] = BEFORE(line_schedule),
    [ARG_SCHEDULE_OUT] = AFTER(line_schedule_result),
    [ARG_SCHEDULE_ATTRIBUTES_IN] = MOVED(line_schedule_attributes, line_schedule_attributes_size),
    [ARG_SCHEDULE_ATTRIBUTES_OUT] = AFTER(line_schedule_attributes_result),
    [ARG_RESIDENCY_OUT] = AFTER(line_residency),
    [ARG_ID_OUT] = AFTER(line_uint_result),
    [ARG_UINT_OUT] = AFTER(line_uint_result),
    [ARG_SIZE_OUT] = AFTER(line_size_result),
    [ARG_ADDRESS_OUT] = AFTER(line_address_result),
};

const trace_printer trace_results[RESULT_KIND_COUNT] = {
    [RESULT_ADDRESS] = line_hex,
    [RESULT_MODE] = line_octal,
    [RESULT_TIME] = line_date_result,
    [RESULT_FCNTL] = line_fcntl_result,
    [RESULT_READY] = line_ready_result,
    [RESULT_SELECTED] = line_selected_result,
    [RESULT_SIGNAL] = line_signal_result,
    [RESULT_POLICY] = line_policy_result,
    [RESULT_IO_PRIORITY] = line_io_priority_result,
    [RESULT_PERSONALITY] = line_personality_result,
    [RESULT_CLOCK_STATE] = line_timex_state,
    [RESULT_MEMBARRIER] = line_membarrier_result,
    [RESULT_PRCTL] = line_prctl_result,
};
