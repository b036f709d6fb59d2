/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: ChaCha20 over a key that is seeded from the processor's generator and from time
 * stamps. Any context.
 */
#ifndef KERNEL_CORE_RANDOM_H
#define KERNEL_CORE_RANDOM_H

#include "kernel/lib/types.h"

/* Seed; before the first use. `boot_entropy` is whatever differs from boot to boot. */
void random_init(u64 boot_entropy);

/* Fill `length` bytes. */
void random_bytes(void *out, size_t length);
u64 random_u64(void);

#endif
