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

static inline void quarter_round(u32 x[16], int a, int b, int c, int d)
{
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate_left(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate_left(x[b] ^ x[c], 7);
}

/* Written out: with constant indices the words stay in registers as far as these suffice. */
static inline void round_pair(u32 x[16])
{
    quarter_round(x, 0, 4, 8, 12);
    quarter_round(x, 1, 5, 9, 13);
    quarter_round(x, 2, 6, 10, 14);
    quarter_round(x, 3, 7, 11, 15);
    quarter_round(x, 0, 5, 10, 15);
    quarter_round(x, 1, 6, 11, 12);
    quarter_round(x, 2, 7, 8, 13);
    quarter_round(x, 3, 4, 9, 14);
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
