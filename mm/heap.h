/* SPDX-License-Identifier: MIT */
/*
 * The kernel's heap. Any context that may take a spinlock; nothing sleeps.
 */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include "kernel/lib/types.h"

/* `size` bytes (1 to 2 MiB), aligned to 16 bytes, and to their own size where that is a power of
 * two up to a page. NULL when memory is out. kzalloc: zeroed. */
void *kmalloc(size_t size);
void *kzalloc(size_t size);

/* Give back what kmalloc returned; NULL is allowed. */
void kfree(void *object);

#endif
