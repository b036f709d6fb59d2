/* SPDX-License-Identifier: MIT */
/* The program's x87, SSE and AVX state; the kernel itself is built without these registers. */
#ifndef ARCH_X86_64_FPU_H
#define ARCH_X86_64_FPU_H

/* Save the registers into `area`, or load them from it (64-byte aligned, fpu_area_size bytes). */
void fpu_save(void *area);
void fpu_restore(const void *area);

#endif
