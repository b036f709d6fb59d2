/* SPDX-License-Identifier: MIT */
/* What the processor knows of a fault of the program, for the report of a crash. */
#ifndef ARCH_FAULT_TEXT_H
#define ARCH_FAULT_TEXT_H

#include "arch/upcalls.h"

/* The program's registers in a complete frame and the segment bases of the running thread, line by
 * line. */
void frame_describe_program(const struct trap_frame *frame, void (*print)(const char *line));

/* The same as numbers, in the order of DWARF: see loader/unwind.h. */
#define FRAME_REGISTERS 17
void frame_registers(const struct trap_frame *frame, u64 out[FRAME_REGISTERS]);

/* True when the frame is a page fault's; *fault: what the program tried, FAULT_WRITE and _EXECUTE. */
bool frame_is_page_fault(const struct trap_frame *frame, u32 *fault);

/* What a fault that comes without an address is about; `code`: the bytes of the instruction, 0 where
 * they cannot be read. */
#define FRAME_CODE_SIZE 8
const char *frame_fault_reason(const struct trap_frame *frame, const u8 code[FRAME_CODE_SIZE]);

#endif
