/* SPDX-License-Identifier: MIT */
/*
 * The ChaCha20 block function (RFC 8439, 2.3), the core of the random generator.
 *
 * Pure; constant in time, for it has neither branches nor table lookups on secret data. The split
 * of the last four state words is the original one (64-bit counter in words 12 and 13, 64-bit nonce
 * in 14 and 15), so that a key never runs out of blocks; the words are the same as the RFC's when
 * the counter's upper half holds the RFC's first nonce word.
 */
#ifndef KERNEL_LIB_CHACHA_H
#define KERNEL_LIB_CHACHA_H

#include "kernel/lib/types.h"

/* Writes the 64 bytes of key stream number `counter`. */
void chacha20_block(const u32 key[8], u64 counter, u64 nonce, u8 out[64]);

#endif
