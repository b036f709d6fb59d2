/* SPDX-License-Identifier: MIT */
/*
 * The traced way through a system call. The fast way needs no C: syscall_entry.asm indexes
 * syscall_table itself.
 */
#include "arch/upcalls.h"
#include "syscall/table.h"
#include "syscall/trace/trace.h"

_Static_assert(SYSCALL_COUNT == 463, "syscall_entry.asm: SYSCALL_TABLE_ENTRIES");

long arch_upcall_syscall_traced(struct trap_frame *frame)
{
    u32 number = (u32)frame->error;
    const u64 args[SYSCALL_ARGUMENTS] = {frame->rdi, frame->rsi, frame->rdx,
                                         frame->r10, frame->r8,  frame->r9};
    struct trace_line line;
    trace_enter(number, args, frame->rsp, &line);
    u64 start = trace_summary_enter(number);
    syscall_function body =
        number < SYSCALL_COUNT ? syscall_table[number] : (syscall_function)(void *)sys_nosys;
    long result = body(args[0], args[1], args[2], args[3], args[4], args[5]);
    trace_summary_leave(number, args, result, start);
    trace_leave(&line, result);
    return result;
}
