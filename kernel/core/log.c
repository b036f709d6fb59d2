/* SPDX-License-Identifier: MIT */
/*
 * Formatting a log line and handing it to the sink in one piece.
 *
 * The lock keeps lines of several processors apart. A panic on the way out of a broken logger
 * would hang on it, so the panic code breaks it open first (log_break_lock).
 */
#include "kernel/core/log.h"

#include <stdarg.h>

#include "kernel/core/panic_internal.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/fmt.h"

#define LINE_MAX 512

static struct spinlock sink_lock = SPINLOCK_INIT(LOCK_LOG_SINK); /* guards the sink */
static log_sink sink, sink_for_panic;
static int log_level = LOG_WARNING;
static u64 (*clock_ns)(void);

void log_set_sink(log_sink new_sink, log_sink panic_sink)
{
    sink = new_sink;
    sink_for_panic = panic_sink;
}

void log_set_level(int level)
{
    log_level = level;
}

void log_set_clock(u64 (*now_ns)(void))
{
    clock_ns = now_ns;
}

void log_break_lock(void)
{
    spin_init(&sink_lock, LOCK_LOG_SINK);
    sink = sink_for_panic;
    log_level = LOG_DEBUG; /* nothing hides a panic */
    clock_ns = NULL;
}

void log_raw(const char *text, size_t length)
{
    if (!sink)
        return;
    u64 flags = spin_lock_irqsave(&sink_lock);
    sink(text, length);
    spin_unlock_irqrestore(&sink_lock, flags);
}

bool log_is_shown(int level)
{
    return level < log_level;
}

/* The time in front of a line; its length. */
static int print_time(char *line)
{
    u64 ns = clock_ns ? clock_ns() : 0;
    return fmt_snprintf(line, LINE_MAX, "[%5lu.%06lu] ", ns / 1000000000, ns / 1000 % 1000000);
}

void log_block(const char *text, size_t length)
{
    char time[LINE_MAX];
    size_t time_length = print_time(time);
    if (!sink)
        return;
    u64 flags = spin_lock_irqsave(&sink_lock);
    sink(time, time_length);
    sink(text, length);
    spin_unlock_irqrestore(&sink_lock, flags);
}

void log_print(int level, const char *format, ...)
{
    if (level >= log_level)
        return;
    char line[LINE_MAX];
    int length = print_time(line);
    va_list arguments;
    va_start(arguments, format);
    length += fmt_vsnprintf(line + length, sizeof(line) - length - 1, format, arguments);
    va_end(arguments);
    if (length > LINE_MAX - 2)
        length = LINE_MAX - 2;
    line[length] = '\n';
    log_raw(line, length + 1);
}
