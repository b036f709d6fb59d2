/* SPDX-License-Identifier: MIT */
/*
 * Bits in an array of 64-bit words, bit 0 lowest in word 0.
 *
 * Plain, not atomic: the caller holds the lock of whatever the bits describe. The searches look at
 * whole words. Bits beyond `count` in the last word may have any value; no search returns them.
 */
#ifndef KERNEL_LIB_BITMAP_H
#define KERNEL_LIB_BITMAP_H

#include "kernel/lib/types.h"

#define BITMAP_WORDS(count) (((count) + 63) / 64)

static inline bool bitmap_test(const u64 *bits, size_t index)
{
    return (bits[index / 64] >> (index % 64)) & 1;
}

static inline void bitmap_set(u64 *bits, size_t index)
{
    bits[index / 64] |= 1UL << (index % 64);
}

static inline void bitmap_clear(u64 *bits, size_t index)
{
    bits[index / 64] &= ~(1UL << (index % 64));
}

/* Lowest index >= from whose bit, after XOR with `flip`, is 1; `count` when there is none. */
static inline size_t bitmap_find(const u64 *bits, size_t count, size_t from, u64 flip)
{
    while (from < count) {
        u64 word = (bits[from / 64] ^ flip) >> (from % 64);
        if (word != 0) {
            from += (size_t)__builtin_ctzll(word);
            return from < count ? from : count;
        }
        from = (from / 64 + 1) * 64;
    }
    return count;
}

/* Lowest set (clear) bit at or above `from`; `count` when there is none. */
static inline size_t bitmap_next_set(const u64 *bits, size_t count, size_t from)
{
    return bitmap_find(bits, count, from, 0);
}

static inline size_t bitmap_next_clear(const u64 *bits, size_t count, size_t from)
{
    return bitmap_find(bits, count, from, ~0UL);
}

#define for_each_set_bit(index, bits, count)                           \
    for ((index) = bitmap_next_set(bits, count, 0); (index) < (count); \
         (index) = bitmap_next_set(bits, count, (index) + 1))

#endif
