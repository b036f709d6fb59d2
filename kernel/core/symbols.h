/* SPDX-License-Identifier: MIT */
/* The names of the kernel's functions, carried in the image (tools/symbols makes the table). */
#ifndef KERNEL_CORE_SYMBOLS_H
#define KERNEL_CORE_SYMBOLS_H

#include "kernel/lib/types.h"

/* The function that contains `address` and the offset in it, or NULL. */
const char *symbol_find(vaddr_t address, u64 *offset);

#endif
