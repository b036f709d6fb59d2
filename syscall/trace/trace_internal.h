/* SPDX-License-Identifier: MIT */
/*
 * What the trace's files share: adding text to a line, names for numbers, and the printers of
 * argument kinds. A printer adds one argument to the line; if it adds nothing, the argument is left
 * out together with its comma. line->args has all arguments, line->index the one being printed.
 */
#ifndef SYSCALL_TRACE_INTERNAL_H
#define SYSCALL_TRACE_INTERNAL_H

#include <asm/siginfo.h>

#include "kernel/lib/types.h"
#include "syscall/trace/names/names.h"
#include "syscall/trace/trace.h"

/* Results from -4095 to -1 are errors (Linux's IS_ERR_VALUE). */
#define RESULT_IS_ERROR(result) ((result) < 0 && (result) >= -4095)

/* Errors from this one on are never a program's: the call is to be restarted. */
#define FIRST_INTERNAL_ERROR 512

/* --- trace.c --- */

/* An empty line, and a full one: out, and its memory back. */
void line_start(struct trace_line *line);
void line_emit(struct trace_line *line);

/* --- trace_filter.c --- */

/* What a line says of time. */
struct trace_times {
    enum { STAMP_NONE, STAMP_CLOCK, STAMP_CLOCK_US, STAMP_UNIX } stamp;
    bool relative, spent;
};
extern struct trace_times trace_times;

/* So many characters of a buffer are shown, and elements of an array. */
extern u32 trace_string_limit;

/* Whether the filter asks for any line: signals and the program's end are told then. */
bool trace_wants_lines(void);

/* --- trace_process.c: what the trace has to know of the running thread --- */

/* Whether lines are to name their thread, and its number. */
bool trace_several_threads(void);
int trace_thread_id(void);

/* The thread after `thread` in the order of numbers, the first of the process left out; 0: none. */
int trace_next_thread(int thread);

/* The call that begins goes on where a signal interrupted it. */
bool trace_call_goes_on(void);

/* SIGKILL waits: the call will not be seen to return. */
bool trace_is_killed(void);

/* The address of the environment on a stack that the program has not touched yet. */
u64 trace_environment(void);

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

/* The same with escapes, at most trace_string_limit of them, and dots for the rest. */
void line_quote_cut(struct trace_line *line, const char *bytes, size_t size);

/* `size` bytes of the program's memory in quotes, cut after trace_string_limit. */
void line_user_bytes(struct trace_line *line, u64 address, u64 size, bool hex);

/* A NUL-terminated string of the program in quotes, cut after `limit` bytes. */
void line_user_string(struct trace_line *line, u64 address, size_t limit);

/* Fetch a structure from the program. If that fails, or there is nothing there because the pointer
 * is NULL, print the address instead and return false. */
bool line_user_fetch(struct trace_line *line, void *to, u64 address, size_t size);

/* The same for what a call writes: if it failed, there is nothing to fetch. */
bool line_user_result(struct trace_line *line, void *to, u64 address, size_t size);

/* --- trace_errors.c --- */

/* The name of an error number, its NUL, and the text; NULL when it has none. */
const char *trace_error(int error);

/* --- trace_kinds.c --- */

typedef void (*trace_printer)(struct trace_line *line, u64 value);

/* How an argument of each kind is printed. */
struct trace_kind {
    trace_printer print;             /* NULL: by `names` */
    trace_printer rest;              /* what is added to it after the call; NULL: nothing */
    const struct trace_names *names; /* names of a number, or of flags */
    bool flags;
    bool after; /* known only after the call */
};
extern const struct trace_kind trace_kinds[ARG_KIND_COUNT];

/* How a result that is no error is printed; NULL: as a decimal number. */
extern const trace_printer trace_results[RESULT_KIND_COUNT];

/* Numbers as any printer may need them. */
void line_int(struct trace_line *line, u64 value);
void line_uint(struct trace_line *line, u64 value);
void line_size(struct trace_line *line, u64 value);
void line_offset(struct trace_line *line, u64 value);
void line_hex(struct trace_line *line, u64 value);
void line_hex32(struct trace_line *line, u64 value);

/* Flags of open, the access mode first. */
void line_open_flags(struct trace_line *line, u64 value);

/* What a call wrote through a pointer, in brackets. */
void line_uint_result(struct trace_line *line, u64 value);
void line_address_result(struct trace_line *line, u64 value);

/*
 * An array in the program's memory: [a, b, ...], at most trace_string_limit elements of `size` bytes
 * (ELEMENT_MAX at most), each added by `print`. Where the first cannot be read, there is only the
 * address; where a later one cannot, the array ends with that one's.
 */
#define ELEMENT_MAX 32
typedef void (*element_printer)(struct trace_line *line, const void *element);
/* Whether so many elements end before the addresses do. */
bool line_array_fits(u64 address, u64 count, size_t size);
void line_array(struct trace_line *line, u64 address, u64 count, size_t size,
                element_printer print);

/* --- trace_codes.c: calls in which one argument decides what the others mean --- */

void line_arch_argument(struct trace_line *line, u64 value);
void line_prctl_argument(struct trace_line *line, u64 value);
void line_prctl_result(struct trace_line *line, u64 value);
void line_fcntl_argument(struct trace_line *line, u64 value);
void line_fcntl_result(struct trace_line *line, u64 value);
void line_futex_op(struct trace_line *line, u64 value);
void line_futex_value(struct trace_line *line, u64 value);
void line_futex_timeout(struct trace_line *line, u64 value);
void line_futex_word2(struct trace_line *line, u64 value);
void line_futex_value3(struct trace_line *line, u64 value);
void line_futex_waiters(struct trace_line *line, u64 value);
void line_membarrier_cpu(struct trace_line *line, u64 value);
void line_membarrier_result(struct trace_line *line, u64 value);

/* --- trace_clone.c --- */

void line_clone(struct trace_line *line, u64 value);
void line_clone_tids(struct trace_line *line, u64 value);
void line_clone_args(struct trace_line *line, u64 value);
void line_clone_args_tids(struct trace_line *line, u64 value);

/* --- trace_ioctl.c --- */

void line_ioctl(struct trace_line *line, u64 value);
void line_ioctl_argument(struct trace_line *line, u64 value);

/* --- trace_files.c --- */

void line_stat(struct trace_line *line, u64 value);
void line_statx(struct trace_line *line, u64 value);
void line_statx_flags(struct trace_line *line, u64 value);
void line_statfs(struct trace_line *line, u64 value);
void line_node_mode(struct trace_line *line, u64 value);
void line_node_device(struct trace_line *line, u64 value);
void line_lock(struct trace_line *line, u64 value);
void line_open_how(struct trace_line *line, u64 value);
void line_directory(struct trace_line *line, u64 value);
void line_iovecs(struct trace_line *line, u64 value);
void line_iovecs_result(struct trace_line *line, u64 value);
void line_position(struct trace_line *line, u64 value);
void line_offset_pointer(struct trace_line *line, u64 value);
void line_offset_moved(struct trace_line *line, u64 value);

/* --- trace_structs.c --- */

void line_utsname(struct trace_line *line, u64 value);
void line_sysinfo(struct trace_line *line, u64 value);
void line_rlimit(struct trace_line *line, u64 value);
void line_rlimit_result(struct trace_line *line, u64 value);
void line_rusage(struct trace_line *line, u64 value);
void line_tms(struct trace_line *line, u64 value);
void line_cpuset(struct trace_line *line, u64 value);
void line_cpuset_result(struct trace_line *line, u64 value);
void line_groups(struct trace_line *line, u64 value);
void line_groups_result(struct trace_line *line, u64 value);
void line_capability_header(struct trace_line *line, u64 value);
void line_capabilities(struct trace_line *line, u64 value);
void line_capabilities_result(struct trace_line *line, u64 value);
void line_schedule(struct trace_line *line, u64 value);
void line_schedule_result(struct trace_line *line, u64 value);
void line_schedule_attributes(struct trace_line *line, u64 value);
void line_schedule_attributes_size(struct trace_line *line, u64 value);
void line_schedule_attributes_result(struct trace_line *line, u64 value);
void line_policy_result(struct trace_line *line, u64 value);
void line_io_priority(struct trace_line *line, u64 value);
void line_io_priority_result(struct trace_line *line, u64 value);
void line_personality(struct trace_line *line, u64 value);
void line_personality_result(struct trace_line *line, u64 value);
void line_residency(struct trace_line *line, u64 value);

/* --- trace_signals.c --- */

/* The name of a signal; `skip` letters of it are left out (3: "INT"). */
void line_signal_name(struct trace_line *line, u32 signal, size_t skip);
void line_signal_info(struct trace_line *line, const siginfo_t *info);

void line_signal(struct trace_line *line, u64 value);
void line_signal_result(struct trace_line *line, u64 value);
void line_sigset(struct trace_line *line, u64 value);
void line_sigset_result(struct trace_line *line, u64 value);
void line_sigset_sized(struct trace_line *line, u64 value);
void line_sigaction(struct trace_line *line, u64 value);
void line_sigaction_result(struct trace_line *line, u64 value);
void line_siginfo(struct trace_line *line, u64 value);
void line_siginfo_result(struct trace_line *line, u64 value);
void line_sigevent(struct trace_line *line, u64 value);
void line_stack(struct trace_line *line, u64 value);
void line_stack_result(struct trace_line *line, u64 value);

/* rt_sigreturn has no argument, but what is printed as one: the mask in the frame on the stack. */
void line_signal_frame(struct trace_line *line);

/* The value for rax in the signal frame at the program's stack pointer. */
long trace_sigreturn_result(u64 stack);

/* --- trace_time.c --- */

/* Linux's ERESTART_RESTARTBLOCK: a sleep was interrupted, and goes on after the signal. */
#define RESULT_RESTART_BLOCK 516

void line_timespec(struct trace_line *line, u64 value);
void line_timespec_result(struct trace_line *line, u64 value);
void line_timespec_left(struct trace_line *line, u64 value);
void line_timespecs(struct trace_line *line, u64 value);
void line_timeval(struct trace_line *line, u64 value);
void line_timeval_result(struct trace_line *line, u64 value);
void line_timevals(struct trace_line *line, u64 value);
void line_timezone(struct trace_line *line, u64 value);
void line_timezone_result(struct trace_line *line, u64 value);
void line_utimbuf(struct trace_line *line, u64 value);
void line_interval(struct trace_line *line, u64 value);
void line_interval_result(struct trace_line *line, u64 value);
void line_timer(struct trace_line *line, u64 value);
void line_timer_result(struct trace_line *line, u64 value);
void line_timex_result(struct trace_line *line, u64 value);
void line_timex_state(struct trace_line *line, u64 value);
void line_time_result(struct trace_line *line, u64 value);
void line_date_result(struct trace_line *line, u64 value);

/* --- trace_events.c --- */

void line_pollfds(struct trace_line *line, u64 value);
void line_epoll_event(struct trace_line *line, u64 value);
void line_epoll_events(struct trace_line *line, u64 value);
void line_fdset(struct trace_line *line, u64 value);
void line_fds(struct trace_line *line, u64 value);

/* The descriptors that poll found ready, and for ppoll the time that was left. */
void line_ready_result(struct trace_line *line, u64 value);

/* The descriptors that select left in its sets, and the time that was left. */
void line_selected_result(struct trace_line *line, u64 value);

#endif
