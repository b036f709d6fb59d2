/* SPDX-License-Identifier: MIT */
/*
 * The trace: one line per system call on the log's channel, in the format of strace(1).
 *
 *     openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
 *
 * The traced entry makes a line on its stack, calls trace_enter, the body, trace_leave. The line
 * is written in one piece when the call returns, so that lines of several threads do not mix. What
 * a call reads is decoded before the call and what it writes after it. What cannot be read from
 * the program's memory is printed as an address, as strace does. Signals, the beginning and the end of
 * the program have lines of their own; they come by way of trace_observer.
 *
 * trace_configure and its like are called before the program runs; after that nothing here changes
 * but the time of the last line, and there are no locks but one that keeps lines apart
 * (docs/locking.md). All others may sleep, because they read the program's memory.
 */
#ifndef SYSCALL_TRACE_H
#define SYSCALL_TRACE_H

#include "kernel/lib/types.h"
#include "kernel/proc/observer.h"
#include "syscall/table.h"

#define TRACE_TEXT_FIRST 512

/* A line in the making. Its fields are for trace*.c only. */
struct trace_line {
    const struct syscall_info *info; /* NULL: this call is not traced */
    u64 number;
    u64 args[SYSCALL_ARGUMENTS];
    long result;
    u64 stack;    /* the program's stack pointer */
    u64 start_ns; /* when the call began */
    u8 index;     /* the argument that is next */
    bool half;    /* its first half is there: trace_kind.rest is to follow */
    bool ending;  /* the room kept for the result may be used */
    bool cut;     /* something did not fit */
    bool failed;  /* what it reads is not shown: see line_arguments */
    u32 length;   /* of text; not NUL-terminated */
    u32 size;     /* room in text */
    char *text;   /* `first`, or from the heap when that was too small */
    char first[TRACE_TEXT_FIRST];
};
_Static_assert(sizeof(struct trace_line) <= 1024, "too much for a kernel stack");

/*
 * Choose what is traced, by strace's rules for `-e trace=`: names of system calls and %classes
 * separated by commas; `all` or the empty text for everything, `none`; a leading `!` traces all but
 * the list. The classes are strace's, and some of our own (SYSCALL_GROUPS). The word `summary` asks for
 * the tables at the end, and traces nothing by itself. Returns 0, or -EINVAL with a message in *why
 * (good until the next call), and then nothing has changed. Nothing is traced before the first call.
 */
MUST_CHECK int trace_configure(const char *filter, const char **why);

/*
 * What each line says of time, words separated by commas; in brackets strace's option for it:
 * `clock` (t), `clock-us` (tt), `unix` (ttt): the time of day in front; `relative` (r): the time since
 * the line before, in front; `spent` (T): the time in the call, behind. The last of the first three
 * counts. Errors as above.
 */
MUST_CHECK int trace_configure_times(const char *words, const char **why);

/* How many bytes of a string, and elements of an array, are shown: a decimal number (strace: -s).
 * Errors as above. */
MUST_CHECK int trace_configure_strings(const char *number, const char **why);

/* Whether this number is traced. The traced entry need not ask, but may. */
bool trace_wants(u64 number);

/* Before the body runs; `stack` is the program's stack pointer. A call that does not return is
 * written here, with `= ?`. */
void trace_enter(u64 number, const u64 args[SYSCALL_ARGUMENTS], u64 stack, struct trace_line *line);

/* After it. `result` is the value for rax. */
void trace_leave(struct trace_line *line, long result);

/* The line of the execve that the machine was booted for: the program's name, its arguments without the
 * first, and how many variables its environment has. On the program's thread, when its stack is
 * there. */
void trace_started(const char *path, const char *const arguments[], size_t argument_count,
                   size_t variable_count);

/* What the processes tell: signals and deaths. NULL, and the processes go unwatched, if no line is
 * wanted. */
const struct process_observer *trace_observer(void);

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
