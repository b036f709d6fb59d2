/* SPDX-License-Identifier: MIT */
/* Multiplying and dividing with a 128-bit product in between: the compiler's own 128-bit division
 * would call a library that a kernel does not have. */
#ifndef KERNEL_LIB_MULDIV_H
#define KERNEL_LIB_MULDIV_H

#include "kernel/lib/types.h"

/* value * numerator / denominator, rounded down; all ones when the result does not fit or
 * `denominator` is 0. */
static inline u64 muldiv_u64(u64 value, u64 numerator, u64 denominator)
{
    unsigned __int128 product = (unsigned __int128)value * numerator;
    u64 high = (u64)(product >> 64), low = (u64)product, quotient, remainder;
    if (high >= denominator)
        return ~0UL;
    __asm__("divq %4" : "=a"(quotient), "=d"(remainder) : "a"(low), "d"(high), "r"(denominator));
    return quotient;
}

#endif
