/* SPDX-License-Identifier: MIT */
/*
 * From a function's registers to its caller's, by the tables that compilers put beside the code
 * (.eh_frame: DWARF 5, 6.4; Linux Standard Base 5.0, 10.6; x86-64 psABI 3.7).
 *
 * The tables are read from the program's file, not from its memory: that needs no page, and a program
 * gone wild cannot have spoiled them. Still every byte of them may be wrong. Steps are bounded, and
 * nothing loops.
 * Pure.
 */
#ifndef LOADER_UNWIND_H
#define LOADER_UNWIND_H

#include "loader/debug_image.h"

/* DWARF's numbers of the registers (psABI, figure 3.36): RAX RDX RCX RBX RSI RDI RBP RSP, R8 to R15 and
 * the return address, which stands for RIP. */
#define UNWIND_RBP       6
#define UNWIND_RSP       7
#define UNWIND_RIP       16
#define UNWIND_REGISTERS 17

struct unwind_registers {
    u64 value[UNWIND_REGISTERS];
    u32 known; /* bit n: value[n] counts */
};

/* Eight bytes of the program's memory; false: they cannot be read. */
typedef bool (*unwind_read)(u64 address, u64 *out);

/*
 * Replace a function's registers by its caller's. `pc` is an address in the function without the load
 * bias: RIP's, or one less for a return address, behind which another function may begin.
 * 0, where an unknown RIP means that there is no caller; -ENOENT when no table knows `pc`; -EINVAL when
 * its entry is spoiled, or memory that it names cannot be read (registers are as they were).
 */
int unwind_step(const struct debug_image *image, vaddr_t pc, unwind_read read,
                struct unwind_registers *registers) MUST_CHECK;

#endif
