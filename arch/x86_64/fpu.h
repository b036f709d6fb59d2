/* SPDX-License-Identifier: MIT */
/* The program's x87, SSE and AVX state; the kernel itself is built without these registers. */
#ifndef ARCH_X86_64_FPU_H
#define ARCH_X86_64_FPU_H

#include "kernel/lib/types.h"

/* Save the registers into `area`, or load them from it (64-byte aligned, fpu_area_size bytes). */
void fpu_save(void *area);
void fpu_restore(const void *area);

/* The same to and from the program's memory (usercopy.asm), with XSAVE and so only where there is such: `size`
 * bytes at a multiple of 64, the components of a mask. False: not the program's memory, or, on the way back, no
 * state that the processor takes; then the registers hold anything. */
bool fpu_save_to_user(uptr to, size_t size, u64 components) MUST_CHECK;
bool fpu_restore_from_user(uptr from, size_t size, u64 components) MUST_CHECK;

#endif
