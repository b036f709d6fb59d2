/* SPDX-License-Identifier: MIT */
/*
 * What the trace's files share: adding text to a line, names for numbers, and the printers of
 * argument kinds. A printer adds one argument to the line; if it adds nothing, the argument is left
 * out together with its comma. line->args has all arguments, line->index the one being printed.
 */
#ifndef SYSCALL_TRACE_INTERNAL_H
#define SYSCALL_TRACE_INTERNAL_H

#include "kernel/lib/types.h"
#include "syscall/trace.h"

/* Results from -4095 to -1 are errors (Linux's IS_ERR_VALUE). */
#define RESULT_IS_ERROR(result) ((result) < 0 && (result) >= -4095)

/* Errors from this one on are never a program's: the call is to be restarted. */
#define FIRST_INTERNAL_ERROR 512

/* strace shows at most so many characters of a buffer, and elements of an array. */
#define TRACE_STRING_MAX 32

/* Names of one kind of number or flag, in strace's order; combinations stand before their parts,
 * a name of 0 first. */
struct trace_names {
    const char *unknown; /* the comment on a number without a name: "MADV_???" */
    const char *names;   /* one after the other, each with its NUL */
    const u32 *values;
    u32 count;
};

/* --- trace_text.c --- */

void line_text(struct trace_line *line, const char *text);
void line_format(struct trace_line *line, const char *format, ...) PRINTF(2, 3);

/* An address: NULL or hexadecimal. */
void line_address(struct trace_line *line, u64 address);

/* The name of a number, or NULL. */
const char *trace_name(u32 value, const struct trace_names *names);

/* The name of a number, or the number and a comment. */
void line_name(struct trace_line *line, u32 value, const struct trace_names *names);

/* Flags joined by |, what is left in hexadecimal. Flags of 0 print as "0" or the name of 0. */
void line_flags(struct trace_line *line, u64 value, const struct trace_names *names);

/* The same to go on a list: every flag with a | before it, and nothing for 0. */
void line_more_flags(struct trace_line *line, u64 value, const struct trace_names *names);

/* `size` bytes in quotes, with escapes; `hex` writes every byte as \xNN. */
void line_quote(struct trace_line *line, const char *bytes, size_t size, bool hex);

/* `size` bytes of the program's memory in quotes, cut after TRACE_STRING_MAX. */
void line_user_bytes(struct trace_line *line, u64 address, u64 size, bool hex);

/* A NUL-terminated string of the program in quotes. */
void line_user_string(struct trace_line *line, u64 address);

/* Fetch a structure from the program. If that fails, or there is nothing there because the pointer
 * is NULL, print the address instead and return false. */
bool line_user_fetch(struct trace_line *line, void *to, u64 address, size_t size);

/* The same for what a call writes: if it failed, there is nothing to fetch. */
bool line_user_result(struct trace_line *line, void *to, u64 address, size_t size);

/* --- trace_names.c --- */

extern const struct trace_names trace_access_modes, trace_advice, trace_arch_codes, trace_at_flags,
    trace_clocks, trace_fcntl_commands, trace_fd_flags, trace_futex_ops, trace_ioctls,
    trace_lock_types, trace_mmap_flags, trace_mmap_types, trace_mremap_flags, trace_msync_flags,
    trace_mlockall_flags, trace_open_flags, trace_open_modes, trace_poll_events,
    trace_prctl_options, trace_prot, trace_random_flags, trace_resources, trace_rusage_who,
    trace_signal_flags, trace_signal_how, trace_signals, trace_stack_flags, trace_timer_flags,
    trace_whence, trace_file_types, trace_mode_bits, trace_termios_input, trace_termios_output,
    trace_termios_control, trace_termios_local, trace_termios_speeds, trace_dup_flags,
    trace_epoll_events, trace_epoll_flags, trace_epoll_ops, trace_eventfd_flags, trace_memfd_flags,
    trace_pipe_flags, trace_splice_flags, trace_flock_operations, trace_inotify_events,
    trace_inotify_flags, trace_xattr_flags;

/* --- trace_errors.c --- */

/* The name of an error number, its NUL, and the text; NULL when it has none. */
const char *trace_error(int error);

/* --- trace_kinds.c --- */

typedef void (*trace_printer)(struct trace_line *line, u64 value);

/* How an argument of each kind is printed. */
struct trace_kind {
    trace_printer print;             /* NULL: by `names` */
    const struct trace_names *names; /* names of a number, or of flags */
    bool flags;
    bool after; /* known only after the call */
};
extern const struct trace_kind trace_kinds[ARG_KIND_COUNT];

/* The flags that fcntl returned, behind the result. */
void trace_fcntl_result(struct trace_line *line);

/* The name of a signal; `skip` letters of it are left out (3: "INT"). */
void line_signal_name(struct trace_line *line, u32 signal, size_t skip);

/* --- trace_ioctl.c --- */

void line_ioctl(struct trace_line *line, u64 value);
void line_ioctl_argument(struct trace_line *line, u64 value);

/* --- trace_structs.c --- */

void line_stat(struct trace_line *line, u64 value);
void line_lock(struct trace_line *line, u64 value);
void line_iovecs(struct trace_line *line, u64 value);
void line_iovecs_result(struct trace_line *line, u64 value);
void line_utsname(struct trace_line *line, u64 value);
void line_sysinfo(struct trace_line *line, u64 value);
void line_rlimit(struct trace_line *line, u64 value);
void line_rlimit_result(struct trace_line *line, u64 value);
void line_rusage(struct trace_line *line, u64 value);
void line_tms(struct trace_line *line, u64 value);
void line_cpuset(struct trace_line *line, u64 value);
void line_cpuset_result(struct trace_line *line, u64 value);
void line_groups(struct trace_line *line, u64 value);
void line_sigset(struct trace_line *line, u64 value);
void line_sigset_result(struct trace_line *line, u64 value);
void line_sigaction(struct trace_line *line, u64 value);
void line_sigaction_result(struct trace_line *line, u64 value);
void line_stack(struct trace_line *line, u64 value);
void line_stack_result(struct trace_line *line, u64 value);

/* --- trace_time.c --- */

/* Linux's ERESTART_RESTARTBLOCK: a sleep was interrupted, and goes on after the signal. */
#define RESULT_RESTART_BLOCK 516

void line_timespec(struct trace_line *line, u64 value);
void line_timespec_result(struct trace_line *line, u64 value);
void line_timespec_left(struct trace_line *line, u64 value);
void line_timeval(struct trace_line *line, u64 value);
void line_timezone(struct trace_line *line, u64 value);
void line_pollfds(struct trace_line *line, u64 value);

/* Seconds since 1970, and the date between `open` and `close`. */
void line_date(struct trace_line *line, s64 seconds, const char *open, const char *close);

/* --- trace_events.c --- */

void line_epoll_event(struct trace_line *line, u64 value);
void line_epoll_events(struct trace_line *line, u64 value);
void line_fdset(struct trace_line *line, u64 value);
void line_fds(struct trace_line *line, u64 value);
void line_offset_pointer(struct trace_line *line, u64 value);
void line_sigset_sized(struct trace_line *line, u64 value);
void line_timeval_asked(struct trace_line *line, u64 value);

/* The descriptors that select left in its sets, and the time that was left. */
void trace_selected_result(struct trace_line *line);

/* --- trace_time.c --- */

/* The descriptors that poll found ready, and for ppoll the time that was left. */
void trace_ready_result(struct trace_line *line);

#endif
