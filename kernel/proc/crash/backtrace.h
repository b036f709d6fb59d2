/* SPDX-License-Identifier: MIT */
/*
 * The call chain of the running thread's program, for a person: one line each, with the function's name
 * as far as the files of the program know it, and with the place in the file, as addr2line takes it.
 */
#ifndef KERNEL_PROC_BACKTRACE_H
#define KERNEL_PROC_BACKTRACE_H

#include "kernel/lib/text_builder.h"
#include "kernel/proc/crash/code_file.h"
#include "loader/unwind.h"

/*
 * Write the chain that `registers` (all known) begin. By the unwinding tables of the files that are
 * mapped; where they say nothing by frame pointers, and the line says so. At most BACKTRACE_LINES; the
 * same address many times in a row is one of them.
 * A thread of the process, without locks. `files` becomes fuller. One at a time: the caller sees to that.
 */
#define BACKTRACE_LINES 40
void backtrace_print(struct text_builder *text, struct code_files *files,
                     const struct unwind_registers *registers);

/* Text that a program chose, with its control characters made visible. */
void backtrace_add_name(struct text_builder *text, const char *name);

#endif
