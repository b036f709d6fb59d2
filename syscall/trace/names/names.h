/* SPDX-License-Identifier: MIT */
/*
 * Names of the numbers that system calls take, with their values from the headers that programs are
 * compiled with: one file for each subject. The order in a table is strace's, in which flags are printed. A
 * table may grow by any name the headers know; nothing else depends on it. Tables that one file of the trace
 * needs alone stand there, as those of terminals in trace_ioctl.c.
 *
 * How a table is written: NAMES(table, what an unknown number is called, LIST), with LIST(N) a
 * list of N(CONSTANT). Each table is one list of names, and unfolds into their values and one string of
 * them all.
 */
#ifndef SYSCALL_TRACE_NAMES_NAMES_H
#define SYSCALL_TRACE_NAMES_NAMES_H

#include "syscall/trace/trace_internal.h"

#define NAMES_VALUE(name) name,
#define NAMES_TEXT(name)  #name "\0"
#define NAMES(table, unknown, LIST)                                              \
    static const u32 table##_values[] = {LIST(NAMES_VALUE)};                     \
    const struct trace_names table = {unknown, LIST(NAMES_TEXT), table##_values, \
                                      ARRAY_SIZE(table##_values)}

/* The same for a table that only one file needs. */
#define NAMES_HERE(table, unknown, LIST)                                                \
    static const u32 table##_values[] = {LIST(NAMES_VALUE)};                            \
    static const struct trace_names table = {unknown, LIST(NAMES_TEXT), table##_values, \
                                             ARRAY_SIZE(table##_values)}

#endif
