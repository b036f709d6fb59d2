/* SPDX-License-Identifier: MIT */
/*
 * The kernel's log: lines on a channel of its own, never on the program's standard output if the
 * machine offers another way (kernel/console.c chooses). Any context, interrupts included; a line
 * that the log level suppresses costs one comparison.
 */
#ifndef KERNEL_CORE_LOG_H
#define KERNEL_CORE_LOG_H

#include "kernel/lib/types.h"

/* Levels as in Linux (<linux/kern_levels.h>); a message is shown when its level is below the log
 * level. */
enum log_level {
    LOG_EMERG = 0,
    LOG_ERR = 3,
    LOG_WARNING = 4,
    LOG_NOTICE = 5,
    LOG_INFO = 6,
    LOG_DEBUG = 7,
};

/* Bytes out, in any context, without waiting for interrupts. */
typedef void (*log_sink)(const char *text, size_t length);

/* `panic_sink` takes no locks: a panic may have interrupted the holder of any. */
void log_set_sink(log_sink sink, log_sink panic_sink);
void log_set_level(int level);

/* Where the time in front of a line comes from: nanoseconds since boot. */
void log_set_clock(u64 (*now_ns)(void));

/* One line, without its newline: "[    0.001234] text". */
void log_print(int level, const char *format, ...) PRINTF(2, 3);

/* Is a message of this level shown? */
bool log_is_shown(int level);

/* Several lines in one piece, with the time in front of the first; `text` ends with a newline. */
void log_block(const char *text, size_t length);

/* Bytes as they are, whatever the level: for the trace. */
void log_raw(const char *text, size_t length);

#endif
