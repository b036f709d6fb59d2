/* SPDX-License-Identifier: MIT */
/*
 * The trace with nothing but fakes around it: the program's memory is one page, `user`, with nothing
 * mapped behind it; the line that comes out is kept; the bodies of the system calls only answer with their
 * own number. A test includes this file first, and once.
 */
#ifndef TESTS_HOST_TRACE_LINES_H
#define TESTS_HOST_TRACE_LINES_H

#define _GNU_SOURCE /* strerrorname_np */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <asm/prctl.h>
#include <asm/poll.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time_types.h>
#include <linux/uio.h>
#include <asm/unistd.h>

#include "kernel/core/lock_class.h"
#include "kernel/lib/types.h"

/* The trace's lock: taken once, and given back. */
#define KERNEL_CORE_MUTEX_H
struct mutex {
    bool held;
};
#define MUTEX_INIT(name, class) \
    {                           \
        false                   \
    }

static inline void mutex_lock(struct mutex *mutex)
{
    assert_false(mutex->held);
    mutex->held = true;
}

static inline void mutex_unlock(struct mutex *mutex)
{
    assert_true(mutex->held);
    mutex->held = false;
}

#include "arch/usercopy.h"
#include "kernel/core/log.h"
#include "kernel/core/time.h"
#include "kernel/lib/fmt.h"
#include "syscall/trace/trace_internal.h"

/* The files under test themselves: nothing else on the host links them. */
#include "syscall/table.c"
#include "syscall/trace/names/names_events.c"
#include "syscall/trace/names/names_files.c"
#include "syscall/trace/names/names_memory.c"
#include "syscall/trace/names/names_process.c"
#include "syscall/trace/names/names_signals.c"
#include "syscall/trace/names/names_sockets.c"
#include "syscall/trace/names/names_threads.c"
#include "syscall/trace/names/names_time.c"
#include "syscall/trace/trace.c"
#include "syscall/trace/trace_clone.c"
#include "syscall/trace/trace_codes.c"
#include "syscall/trace/trace_errors.c"
#include "syscall/trace/trace_events.c"
#include "syscall/trace/trace_files.c"
#include "syscall/trace/trace_filter.c"
#include "syscall/trace/trace_ioctl.c"
#include "syscall/trace/trace_kinds.c"
#include "syscall/trace/trace_signals.c"
#include "syscall/trace/trace_schedule.c"
#include "syscall/trace/trace_structs.c"
#include "syscall/trace/trace_text.c"
#include "syscall/trace/trace_time.c"

/* --- The kernel around it --- */

static _Alignas(PAGE_SIZE) char user[2 * PAGE_SIZE];
static size_t user_used;

static char logged[1 << 20]; /* the last line */
static size_t logged_length;
static int logged_lines;
static long memory_left = -1; /* kmalloc fails after so many successes; -1: never */
static u64 now_ns, real_ns;
static bool several_threads, goes_on, killed;
static u64 current_number;

/* Only the first page is there. */
size_t usercopy_from(void *to, uptr from, size_t size)
{
    u64 start = (u64)user;

    if (from.addr < start || from.addr >= start + PAGE_SIZE)
        return size;
    size_t there = MIN(size, start + PAGE_SIZE - from.addr);
    memcpy(to, (const char *)from.addr, there);
    return size - there;
}

void log_raw(const char *text, size_t length)
{
    if (logged_length > 0 && logged[logged_length - 1] == '\n')
        logged_length = 0;
    assert_true(logged_length + length < sizeof(logged));
    memcpy(logged + logged_length, text, length);
    logged_length += length;
    logged[logged_length] = '\0';
    logged_lines += text[length - 1] == '\n';
}

void *kmalloc(size_t size)
{
    if (memory_left == 0)
        return NULL;
    memory_left -= memory_left > 0;
    return __builtin_malloc(size);
}

void kfree(void *object)
{
    __builtin_free(object);
}

u64 time_now_ns(void)
{
    return now_ns;
}

u64 time_real_ns(void)
{
    return real_ns;
}

void signal_info_encode(int signal, const struct signal_info *info, siginfo_t *out)
{
    memset(out, 0, sizeof(*out));
    out->si_signo = signal;
    out->si_errno = info->error;
    out->si_code = info->code;
    memcpy(&out->_sifields, info->words, sizeof(info->words));
}

bool trace_several_threads(void)
{
    return several_threads;
}

int trace_thread_id(void)
{
    return 7;
}

/* There are 7 and 9 beside the first. */
int trace_next_thread(int thread)
{
    return !several_threads ? 0 : thread < 7 ? 7 : thread < 9 ? 9 : 0;
}

bool trace_call_goes_on(void)
{
    return goes_on;
}

bool trace_is_killed(void)
{
    return killed;
}

u64 trace_environment(void)
{
    return 0x7ffe1230;
}

void log_print(int level, const char *format, ...)
{
    va_list arguments;

    assert_int_equal(level, LOG_WARNING);
    va_start(arguments, format);
    fmt_vsnprintf(logged, sizeof(logged), format, arguments);
    va_end(arguments);
    logged_lines++;
}

u64 syscall_current_number(void)
{
    return current_number;
}

#define ARG(kind, type, name) type name __attribute__((unused))
#define NOARG                 void
#define SYSCALL(number, name, status, group, result, remark, count, ...) \
    long sys_##name(__VA_ARGS__)                                         \
    {                                                                    \
        return number;                                                   \
    }
#define NOSYS(number, name)
#define GAP(first, last)
#include "syscall/syscalls.def"
#undef ARG
#undef NOARG
#undef SYSCALL
#undef NOSYS
#undef GAP

/* --- The program's memory --- */

/* Puts something into the program's memory and returns its address. */
static inline u64 put(const void *bytes, size_t size)
{
    user_used = ALIGN_UP(user_used, 8);
    assert_true(user_used + size <= PAGE_SIZE);
    memcpy(user + user_used, bytes, size);
    user_used += size;
    return (u64)user + user_used - size;
}

static inline u64 text(const char *string)
{
    return put(string, strlen(string) + 1);
}

static inline u64 word(u64 value)
{
    return put(&value, sizeof(value));
}

/* The last `size` bytes before the memory ends. */
static inline u64 put_last(const char *bytes, size_t size)
{
    memcpy(user + PAGE_SIZE - size, bytes, size);
    return (u64)user + PAGE_SIZE - size;
}

#define NOWHERE 0xdead0000UL

/* --- What is compared --- */

/* Where the results begin, unless the call takes more room. */
static inline void align_result(char *text)
{
    char *end = NULL;

    for (char *at = text; (at = strstr(at, ") = ")); at++)
        end = at + 1;
    assert_non_null(end);
    size_t column = (size_t)(end - text);
    size_t spaces = column + 1 < 40 ? 40 - (column + 1) : 0;
    memmove(end + spaces, end, strlen(end) + 1);
    memset(end, ' ', spaces);
}

static inline void trace_call(u64 number, const u64 args[SYSCALL_ARGUMENTS], long result)
{
    struct trace_line line;

    trace_enter(number, args, 0, &line);
    trace_leave(&line, result);
}

/* Compares the last line with one without its spaces before the result; it may hold addresses. */
static inline void expect_line(const char *format, va_list arguments)
{
    static char expected[8192];

    fmt_vsnprintf(expected, sizeof(expected) - 40, format, arguments);
    align_result(expected);
    assert_true(logged_length > 0 && logged[logged_length - 1] == '\n');
    logged[logged_length - 1] = '\0';
    assert_string_equal(logged, expected);
}

/* Traces one call and compares its line. */
static inline void PRINTF(4, 5)
    expect(u64 number, const u64 args[SYSCALL_ARGUMENTS], long result, const char *format, ...)
{
    va_list arguments;

    logged_length = 0;
    trace_call(number, args, result);
    va_start(arguments, format);
    expect_line(format, arguments);
    va_end(arguments);
}

#define ARGS(...) ((const u64[SYSCALL_ARGUMENTS]){__VA_ARGS__})

static inline int fresh(void **state)
{
    const char *why;

    (void)state;
    memset(user, 0, sizeof(user));
    user_used = 64;
    logged_lines = 0;
    logged_length = 0;
    memory_left = -1;
    several_threads = goes_on = killed = false;
    if (trace_configure_times("", &why) != 0 || trace_configure_strings("32", &why) != 0)
        return -1;
    return trace_configure("", &why);
}

static inline void strings(const char *number)
{
    const char *why;

    assert_int_equal(trace_configure_strings(number, &why), 0);
}

#endif
