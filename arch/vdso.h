/* SPDX-License-Identifier: MIT */
/* The vDSO: a small shared object that is part of the kernel's image and mapped into every program. */
#ifndef ARCH_VDSO_H
#define ARCH_VDSO_H

#include "kernel/lib/types.h"

/* Its pages, page-aligned, filled up with zeros. */
extern const u8 vdso_image_start[], vdso_image_end[];

#endif
