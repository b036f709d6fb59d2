/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: ChaCha20 over a key that is seeded from the processor's generator and from time
 * stamps. Any context, but for random_bytes_user.
 */
#ifndef KERNEL_CORE_RANDOM_H
#define KERNEL_CORE_RANDOM_H

#include "kernel/lib/types.h"

/* Seed; before the first use. `boot_entropy` is whatever differs from boot to boot. */
void random_init(u64 boot_entropy);

/* Fill `length` bytes. */
void random_bytes(void *out, size_t length);
u64 random_u64(void);

/* The same for the program's memory, in a thread. How many it has got: fewer than it wants, and whole
 * pages, if a signal came; or -EFAULT, when there were none. */
long random_bytes_user(uptr out, size_t length);

#endif
