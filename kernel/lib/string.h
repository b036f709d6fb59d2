/* SPDX-License-Identifier: MIT */
/*
 * Memory blocks and C strings.
 *
 * The standard functions have their standard contract, because the compiler emits calls to four of
 * them by itself (memcpy, memmove, memset, memcmp). The kernel links string.c; the host's tests
 * link the C library's versions, and both link string_extra.c. All are pure and may be called from
 * anywhere, interrupts included.
 *
 * Speed is counted in guest instructions, and each step of a `rep` string instruction counts as
 * one: blocks move 8 bytes a step.
 */
#ifndef KERNEL_LIB_STRING_H
#define KERNEL_LIB_STRING_H

#include "kernel/lib/types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *left, const void *right, size_t count);
size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t limit);
char *strchr(const char *string, int character);
char *strrchr(const char *string, int character);

/*
 * The kernel is compiled as freestanding, where a call of memcpy is only that. By their other names
 * the compiler knows these functions: it copies a word by one move, and measures a literal itself.
 * The host's tests include the C library's <string.h>, which macros of these names would break.
 */
#if !__STDC_HOSTED__
#define memcpy(to, from, count)    __builtin_memcpy(to, from, count)
#define memmove(to, from, count)   __builtin_memmove(to, from, count)
#define memset(to, byte, count)    __builtin_memset(to, byte, count)
#define memcmp(left, right, count) __builtin_memcmp(left, right, count)
#define strlen(string)             __builtin_strlen(string)
#define strcmp(left, right)        __builtin_strcmp(left, right)
#endif

/*
 * Copies `from` into `to`, a buffer of `size` bytes, always ending it with NUL (unless size is 0).
 * Returns the length copied without the NUL, or -E2BIG when the string did not fit: `to` then holds
 * the part that did. Never reads `from` beyond its NUL nor beyond `size` bytes.
 */
s64 strscpy(char *to, const char *from, size_t size);

/* True when all `count` bytes are zero; true for no bytes. */
bool mem_is_zero(const void *bytes, size_t count);

/* strnlen for a block of which all `count` bytes may be read: where its first zero byte is, or
 * `count`. */
size_t mem_find_zero(const void *bytes, size_t count);

#endif
