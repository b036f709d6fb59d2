/* SPDX-License-Identifier: MIT */
/*
 * What string.h offers beyond the C library, in a file of its own so that the host's tests can link
 * it beside the C library. The contracts are in string.h.
 */
#include <asm/errno.h>

#include "kernel/lib/string.h"

s64 strscpy(char *to, const char *from, size_t size)
{
    size_t length = strnlen(from, size);

    if (size == 0)
        return -E2BIG;
    if (length == size) {
        memcpy(to, from, size - 1);
        to[size - 1] = '\0';
        return -E2BIG;
    }
    memcpy(to, from, length + 1);
    return (s64)length;
}

bool mem_is_zero(const void *bytes, size_t count)
{
    const u8 *at = bytes;

    for (; count >= 64; at += 64, count -= 64) {
        u64 words[8];
        memcpy(words, at, sizeof(words));
        if ((words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] |
             words[7]) != 0)
            return false;
    }
    for (; count >= 8; at += 8, count -= 8) {
        u64 word;
        memcpy(&word, at, 8);
        if (word != 0)
            return false;
    }
    for (; count > 0; at++, count--) {
        if (*at != 0)
            return false;
    }
    return true;
}

/* The lowest bit that is set is the first zero byte's. */
static u64 zero_bytes(const u8 *at)
{
    const u64 ones = 0x0101010101010101UL;
    u64 word;
    memcpy(&word, at, sizeof(word));
    return (word - ones) & ~word & ones << 7;
}

size_t mem_find_zero(const void *bytes, size_t count)
{
    const u8 *at = bytes;
    size_t i = 0;

    for (; count - i >= 8; i += 8) {
        u64 zeros = zero_bytes(at + i);
        if (zeros != 0)
            return i + (size_t)__builtin_ctzll(zeros) / 8;
    }
    if (i != 0 && i != count) { /* the last eight, of which the first were seen already */
        u64 zeros = zero_bytes(at + count - 8);
        return zeros != 0 ? count - 8 + (size_t)__builtin_ctzll(zeros) / 8 : count;
    }
    while (i < count && at[i] != 0)
        i++;
    return i;
}
