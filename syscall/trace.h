/* SPDX-License-Identifier: MIT */
/*
 * The trace: one line per system call on the log's channel, in the format of strace(1).
 *
 *     openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
 *
 * The traced entry makes a line on its stack, calls trace_enter, the body, trace_leave. The line
 * is written in one piece when the call returns, so that lines of several threads do not mix. What
 * a call reads is decoded before the call and what it writes after it. What cannot be read from
 * the program's memory is printed as an address, as strace does.
 *
 * trace_configure is called once, before the program runs; after that nothing here changes, and
 * there are no locks. All others may sleep, because they read the program's memory.
 */
#ifndef SYSCALL_TRACE_H
#define SYSCALL_TRACE_H

#include "kernel/lib/types.h"
#include "syscall/table.h"

#define TRACE_TEXT_SIZE 928

/* A line in the making. Its fields are for trace*.c only. */
struct trace_line {
    const struct syscall_info *info; /* NULL: this call is not traced */
    u64 args[SYSCALL_ARGUMENTS];
    u64 number;
    long result;
    u8 index;    /* the argument that is next */
    bool ending; /* the room kept for the result may be used */
    bool cut;    /* something did not fit */
    u16 length;  /* of text; not NUL-terminated */
    char text[TRACE_TEXT_SIZE];
};
_Static_assert(sizeof(struct trace_line) <= 1024, "too much for a kernel stack");

/*
 * Choose what is traced, by strace's rules for `-e trace=`: names of system calls and %groups
 * (SYSCALL_GROUPS) separated by commas; `all` or the empty text for everything, `none`; a leading
 * `!` traces all but the list. The word `summary` asks for the tables at the end, and traces no
 * call by itself. Returns 0, or -EINVAL with a message in *why (good until the next
 * call), and then nothing has changed. Nothing is traced before the first call.
 */
MUST_CHECK int trace_configure(const char *filter, const char **why);

/* Whether this number is traced. The traced entry need not ask, but may. */
bool trace_wants(u64 number);

/* Before the body runs. A call that does not return is written here, with `= ?`. */
void trace_enter(u64 number, const u64 args[SYSCALL_ARGUMENTS], struct trace_line *line);

/* After it. `result` is the value for rax. */
void trace_leave(struct trace_line *line, long result);

/* Both at once after the call, for those who have no line at hand: memory that the call reads is
 * shown as it is afterwards. */
void trace_call(u64 number, const u64 args[SYSCALL_ARGUMENTS], long result);

/* --- The summary (trace_summary.c) --- */

/* Whether the filter had the word `summary`. */
bool trace_wants_summary(void);

/* Begin to count, before the program runs. Without memory there is a line in the log instead. */
void trace_summary_begin(void);

/* A call begins; the time, for the other end. What does not return is counted all the same. */
u64 trace_summary_enter(u64 number);
void trace_summary_leave(u64 number, const u64 args[SYSCALL_ARGUMENTS], long result, u64 start);

/* Write the tables to the log's channel; nothing if nothing was counted. At the program's end. */
void trace_summary_print(void);

#endif
