/* SPDX-License-Identifier: MIT */
/*
 * Formatted text into a buffer: the integer part of C's printf.
 *
 * Conversions: %d %i %u %x %X %o %c %s %p %%. Lengths: hh h l ll z. Flags: 0 - + space #. Field
 * width and precision as numbers or `*`. No floating point and no %n. An unknown conversion is
 * copied to the output as it stands, and takes no argument. %s of NULL prints "(null)"; %p prints
 * 0x and hexadecimal digits.
 *
 * Pure: no globals, no allocation; may be called from anywhere.
 */
#ifndef KERNEL_LIB_FMT_H
#define KERNEL_LIB_FMT_H

#include <stdarg.h>

#include "kernel/lib/types.h"

/*
 * Writes at most `size` bytes with the final NUL (none when size is 0) and returns the length that
 * the whole text has, the NUL not counted: a result >= size means that it was cut (ISO C 7.21.6.5).
 * A text longer than INT_MAX returns INT_MAX.
 */
int fmt_vsnprintf(char *buffer, size_t size, const char *format, va_list arguments) PRINTF(3, 0);
int fmt_snprintf(char *buffer, size_t size, const char *format, ...) PRINTF(3, 4);

#endif
