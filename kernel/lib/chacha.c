/* SPDX-License-Identifier: MIT */
/*
 * ChaCha20's block function as RFC 8439, 2.1 to 2.3, describes it; the contract is in chacha.h.
 */
#include "kernel/lib/chacha.h"
#include "kernel/lib/string.h"

#define ROUND_PAIRS 10

static inline u32 rotate_left(u32 word, unsigned int bits)
{
    return word << bits | word >> (32 - bits);
}

static inline void quarter_round(u32 *a, u32 *b, u32 *c, u32 *d)
{
    *a += *b;
    *d = rotate_left(*d ^ *a, 16);
    *c += *d;
    *b = rotate_left(*b ^ *c, 12);
    *a += *b;
    *d = rotate_left(*d ^ *a, 8);
    *c += *d;
    *b = rotate_left(*b ^ *c, 7);
}

static void round_pair(u32 x[16])
{
    for (int column = 0; column < 4; column++)
        quarter_round(&x[column], &x[4 + column], &x[8 + column], &x[12 + column]);
    for (int diagonal = 0; diagonal < 4; diagonal++)
        quarter_round(&x[diagonal], &x[4 + (diagonal + 1) % 4], &x[8 + (diagonal + 2) % 4],
                      &x[12 + (diagonal + 3) % 4]);
}

void chacha20_block(const u32 key[8], u64 counter, u64 nonce, u8 out[64])
{
    /* "expand 32-byte k", little-endian (RFC 8439, 2.3) */
    u32 start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    u32 x[16];

    memcpy(start + 4, key, 32);
    start[12] = (u32)counter;
    start[13] = (u32)(counter >> 32);
    start[14] = (u32)nonce;
    start[15] = (u32)(nonce >> 32);
    memcpy(x, start, sizeof(x));
    for (int pair = 0; pair < ROUND_PAIRS; pair++)
        round_pair(x);
    for (int word = 0; word < 16; word++)
        x[word] += start[word];
    memcpy(out, x, sizeof(x)); /* the RFC's byte order is this processor's */
}
