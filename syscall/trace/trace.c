/* SPDX-License-Identifier: MIT */
/*
 * How a line of the trace is put together, and the lines that are about no call: the program's
 * beginning and end, and signals. What is traced says trace_filter.c; the text of an argument is found
 * by its kind in trace_kinds.c.
 *
 * Arguments are printed before the call up to the first that the call writes; from there on after
 * it, as strace does.
 *
 * Lock: `output` keeps lines of several threads apart. It is held for nothing else.
 */
#include "syscall/trace/trace.h"

#include <asm/unistd.h>

#include "kernel/core/log.h"
#include "kernel/core/mutex.h"
#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "syscall/trace/trace_internal.h"

/* The log's lock keeps interrupts off: a long line goes out in pieces of this size. */
#define PIECE 1024

/* strace's column for the results, counted from 0. */
#define RESULT_COLUMN 40

static struct mutex output = MUTEX_INIT(output, LOCK_TRACE);
static u64 last_line_ns; /* when the line before began, for `relative`; 0: there was none */

/* A number that the table does not know. */
static const struct syscall_info unknown_call = {
    .count = SYSCALL_ARGUMENTS,
    .arguments = {[0 ... SYSCALL_ARGUMENTS - 1] = ARG_HEX | ARGUMENT_WIDE},
};

/* --- Beginning and end of any line --- */

static void line_clock(struct trace_line *line)
{
    u64 us = time_real_ns() / 1000;
    u64 second = us / 1000000;

    if (trace_times.stamp == STAMP_UNIX) {
        line_format(line, "%lu.%06lu ", second, us % 1000000);
        return;
    }
    line_format(line, "%02lu:%02lu:%02lu", second / 3600 % 24, second / 60 % 60, second % 60);
    if (trace_times.stamp == STAMP_CLOCK_US)
        line_format(line, ".%06lu", us % 1000000);
    line_text(line, " ");
}

static void line_relative(struct trace_line *line)
{
    u64 last = __atomic_exchange_n(&last_line_ns, line->start_ns, __ATOMIC_RELAXED);
    u64 us = last != 0 && line->start_ns > last ? (line->start_ns - last) / 1000 : 0;
    const char *form = trace_times.stamp ? "(+%6lu.%06lu) " : "%6lu.%06lu ";

    line_format(line, form, us / 1000000, us % 1000000);
}

void line_start(struct trace_line *line)
{
    line->length = 0;
    line->size = sizeof(line->first);
    line->text = line->first;
    line->half = line->ending = line->cut = line->failed = false;
}

/* `thread` stands in front, as with strace -f; 0: none does. */
static void line_begin_of(struct trace_line *line, int thread)
{
    line_start(line);
    if (thread)
        line_format(line, "[pid %5d] ", thread);
    if (trace_times.relative || trace_times.spent)
        line->start_ns = time_now_ns();
    if (trace_times.stamp)
        line_clock(line);
    if (trace_times.relative)
        line_relative(line);
}

/* A line about the running thread. */
static void line_begin(struct trace_line *line)
{
    line_begin_of(line, trace_several_threads() ? trace_thread_id() : 0);
}

void line_emit(struct trace_line *line)
{
    line->text[line->length++] = '\n';
    mutex_lock(&output);
    for (u32 done = 0; done < line->length; done += PIECE)
        log_raw(line->text + done, MIN(line->length - done, (u32)PIECE));
    mutex_unlock(&output);
    if (line->text != line->first)
        kfree(line->text);
    line->text = NULL;
}

/* --- Arguments --- */

/* `line->index` is the argument to print; returns whether it added anything. */
static bool line_argument(struct trace_line *line, const struct trace_kind *kind)
{
    u64 value = line->args[line->index];
    u32 length = line->length;

    if (kind->print)
        kind->print(line, value);
    else if (kind->flags)
        line_flags(line, value, kind->names);
    else
        line_name(line, (u32)value, kind->names);
    return line->length != length;
}

/* The arguments from the next one on; before the call only as far as they are known. Of a call that failed
 * strace shows nothing behind a pointer once it came to an argument that is known only after it. */
static void line_arguments(struct trace_line *line, bool returned)
{
    for (; line->index < line->info->count; line->index++) {
        const struct trace_kind *kind =
            &trace_kinds[syscall_argument_kind(line->info, line->index)];
        u32 length = line->length;

        if (kind->after && !returned)
            return;
        line->failed = returned && !kind->after && RESULT_IS_ERROR(line->result);
        if (!line->half) {
            if (line->index > 0)
                line_text(line, ", ");
            if (!line_argument(line, kind))
                line->length = length;
            line->half = kind->rest != NULL;
        }
        if (line->half && !returned)
            return;
        if (line->half)
            kind->rest(line, line->args[line->index]);
        line->half = false;
    }
}

/* From here on the room at the end may be used. */
static void line_end_arguments(struct trace_line *line)
{
    line->ending = true;
    line_text(line, line->cut ? "...)" : ")");
    do
        line_text(line, " ");
    while (line->length < RESULT_COLUMN);
    line_text(line, "= ");
}

/* --- Results --- */

static void line_error(struct trace_line *line, int error)
{
    const char *name = trace_error(error);

    if (!name)
        line_format(line, "-1 (errno %d)", error);
    else if (error >= FIRST_INTERNAL_ERROR)
        line_format(line, "? %s (%s)", name, name + strlen(name) + 1);
    else
        line_format(line, "-1 %s (%s)", name, name + strlen(name) + 1);
}

static void line_result(struct trace_line *line)
{
    trace_printer print = trace_results[line->info->result];

    if (RESULT_IS_ERROR(line->result))
        line_error(line, (int)-line->result);
    else if (print)
        print(line, (u64)line->result);
    else
        line_format(line, "%ld", line->result);
}

static void line_spent(struct trace_line *line)
{
    u64 us = (time_now_ns() - line->start_ns) / 1000;

    line_format(line, " <%lu.%06lu>", us / 1000000, us % 1000000);
}

/* --- Calls --- */

static void line_finish(struct trace_line *line, long result)
{
    line->result = result;
    line_arguments(line, true);
    line_end_arguments(line);
    if (trace_is_killed())
        line_text(line, "?");
    else
        line_result(line);
    if (trace_times.spent)
        line_spent(line);
    line_emit(line);
}

/* What ends: +++ exited with 3 +++, +++ killed by SIGSEGV +++ */
static void trace_end(int thread, int status, int signal)
{
    struct trace_line line;

    line_begin_of(&line, thread);
    if (signal) {
        line_text(&line, "+++ killed by ");
        line_signal_name(&line, (u32)signal, 0);
        line_text(&line, " +++");
    } else {
        line_format(&line, "+++ exited with %d +++", status);
    }
    line_emit(&line);
}

/* The same for all threads. The first one comes last: with it the process is gone. */
static void trace_end_of_all(int status, int signal)
{
    for (int thread = trace_next_thread(0); thread; thread = trace_next_thread(thread))
        trace_end(thread, status, signal);
    trace_end(0, status, signal);
}

/* The end of a thread, or of the program: the line of the call, and those of the end. */
static void trace_no_return(struct trace_line *line, bool wanted)
{
    int status = line->args[0] & 0xff;

    if (wanted) {
        line_end_arguments(line);
        line_text(line, "?");
        line_emit(line);
    }
    if (trace_wants_lines() && line->number == __NR_exit_group)
        trace_end_of_all(status, 0);
    else if (trace_wants_lines())
        trace_end(trace_several_threads() ? trace_thread_id() : 0, status, 0);
    line->info = NULL;
}

static void line_call(struct trace_line *line)
{
    const char *name = syscall_name(line->number);

    if (name)
        line_format(line, "%s(", name);
    else
        line_format(line, "syscall_%#lx(", line->number);
    if (line->info->result == RESULT_SIGRETURN)
        line_signal_frame(line);
    line_arguments(line, false);
}

/* A call that goes on after a signal is made anew by Linux as restart_syscall, and by this kernel as
 * what it was. */
static void line_restart(struct trace_line *line)
{
    static const struct syscall_info restart_call = {.result = RESULT_INT};

    line_format(line, "restart_syscall(<... resuming interrupted %s ...>",
                syscall_name(line->number));
    line->info = &restart_call;
}

void trace_enter(u64 number, const u64 args[SYSCALL_ARGUMENTS], u64 stack, struct trace_line *line)
{
    const struct syscall_info *info =
        number < SYSCALL_COUNT ? &syscall_infos[number] : &unknown_call;
    bool restarted = trace_call_goes_on();
    bool wanted = trace_wants(restarted ? __NR_restart_syscall : number);

    line->info = NULL;
    if (!wanted && info->result != RESULT_NEVER)
        return;
    line->info = info;
    line->number = number;
    line->stack = stack;
    line->index = 0;
    for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++) {
        bool whole =
            info->arguments[i] & ARGUMENT_WIDE || syscall_argument_kind(info, i) == ARG_SIZE_WHOLE;
        line->args[i] = whole ? args[i] : (u32)args[i];
    }
    if (wanted) {
        line_begin(line);
        if (restarted)
            line_restart(line);
        else
            line_call(line);
    }
    if (info->result == RESULT_NEVER)
        trace_no_return(line, wanted);
    else if (info->result == RESULT_SIGRETURN) {
        line_finish(line, trace_sigreturn_result(stack));
        line->info = NULL;
    }
}

void trace_leave(struct trace_line *line, long result)
{
    if (line->info)
        line_finish(line, result);
}

/* --- Lines about no call --- */

void trace_started(const char *path, const char *const arguments[], size_t argument_count,
                   size_t variable_count)
{
    struct trace_line line;

    if (!trace_wants(__NR_execve))
        return;
    line_begin(&line);
    line_text(&line, "execve(");
    line_quote(&line, path, strlen(path), false);
    line_text(&line, ", [");
    line_quote_cut(&line, path, strlen(path));
    for (size_t i = 0; i < argument_count; i++) {
        line_text(&line, ", ");
        if (i + 1 == trace_string_limit) {
            line_text(&line, "...");
            break;
        }
        line_quote_cut(&line, arguments[i], strlen(arguments[i]));
    }
    line_format(&line, "], %#lx /* %lu var%s */", trace_environment(), variable_count,
                variable_count == 1 ? "" : "s");
    line_end_arguments(&line);
    line_text(&line, "0");
    line_emit(&line);
}

static void trace_signal(int signal, const struct signal_info *info)
{
    struct trace_line line;
    siginfo_t encoded;

    if (signal == SIGKILL) /* it has no effect but the end, and that is told */
        return;
    signal_info_encode(signal, info, &encoded);
    line_begin(&line);
    line_text(&line, "--- ");
    line_signal_name(&line, (u32)signal, 0);
    line_text(&line, " ");
    line_signal_info(&line, &encoded);
    line_text(&line, " ---");
    line_emit(&line);
}

static void trace_stopped(int signal)
{
    struct trace_line line;

    line_begin(&line);
    line_text(&line, "--- stopped by ");
    line_signal_name(&line, (u32)signal, 0);
    line_text(&line, " ---");
    line_emit(&line);
}

static void trace_killed(int signal)
{
    trace_end_of_all(0, signal);
}

const struct process_observer *trace_observer(void)
{
    static const struct process_observer observer = {trace_signal, trace_stopped, trace_killed};

    return trace_wants_lines() ? &observer : NULL;
}
