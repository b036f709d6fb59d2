/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own memcpy and kin; the contract is in string.h. Not linked into the host's tests,
 * where the C library and the sanitizers bring theirs (one test links this file under other names).
 *
 * Blocks are copied with `rep movsq`, 8 bytes a counted step. What is no multiple of 8 is not
 * copied byte by byte: the last 8 bytes are moved once more as one word that overlaps the others.
 * Short blocks, by far the most, take a few plain moves. The direction flag is clear everywhere in
 * the kernel and never set here, so that an interrupt may come at any instruction.
 */
#include "kernel/lib/string.h"

/* Here they are functions to be defined. */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp

/*
 * Stands in each loop, or the compiler would recognise the loop and turn it into a call of the very
 * function that it is in.
 */
#define KEEP_LOOP() asm volatile("")

/* Words at any address, in any object. */
typedef u64 ALIGNED(1) __attribute__((may_alias)) word64;
typedef u32 ALIGNED(1) __attribute__((may_alias)) word32;
typedef u16 ALIGNED(1) __attribute__((may_alias)) word16;

#define SHORT_BLOCK 32 /* bytes; up to here plain moves are as few as a `rep` and its set-up */

/* count <= SHORT_BLOCK. Everything is loaded before anything is stored: the blocks may overlap. */
static inline void move_short(u8 *to, const u8 *from, size_t count)
{
    if (count > 16) {
        u64 a = *(const word64 *)from, b = *(const word64 *)(from + 8);
        u64 c = *(const word64 *)(from + count - 16), d = *(const word64 *)(from + count - 8);
        *(word64 *)to = a;
        *(word64 *)(to + 8) = b;
        *(word64 *)(to + count - 16) = c;
        *(word64 *)(to + count - 8) = d;
    } else if (count >= 8) {
        u64 head = *(const word64 *)from, tail = *(const word64 *)(from + count - 8);
        *(word64 *)to = head;
        *(word64 *)(to + count - 8) = tail;
    } else if (count >= 4) {
        u32 head = *(const word32 *)from, tail = *(const word32 *)(from + count - 4);
        *(word32 *)to = head;
        *(word32 *)(to + count - 4) = tail;
    } else if (count >= 2) {
        u16 head = *(const word16 *)from, tail = *(const word16 *)(from + count - 2);
        *(word16 *)to = head;
        *(word16 *)(to + count - 2) = tail;
    } else if (count == 1) {
        *to = *from;
    }
}

/* count >= 8; overlapping is fine when to < from. */
static inline void move_up(u8 *to, const u8 *from, size_t count)
{
    u8 *last = to + count - 8;
    u64 tail = *(const word64 *)(from + count - 8);
    size_t words = count / 8;

    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    *(word64 *)last = tail;
}

/*
 * count >= 8, to > from. Rare, so a loop rather than `std`, which every entry would have to undo.
 */
static void move_down(u8 *to, const u8 *from, size_t count)
{
    u64 head = *(const word64 *)from;
    size_t left = count;

    for (; left >= 8; left -= 8) {
        KEEP_LOOP();
        *(word64 *)(to + left - 8) = *(const word64 *)(from + left - 8);
    }
    *(word64 *)to = head;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    if (count <= SHORT_BLOCK)
        move_short(to, from, count);
    else
        move_up(to, from, count);
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    /* One comparison for "from < to < from + count": the subtraction wraps when to < from. */
    if (count <= SHORT_BLOCK)
        move_short(to, from, count);
    else if ((u64)to - (u64)from >= count)
        move_up(to, from, count);
    else
        move_down(to, from, count);
    return to;
}

void *memset(void *to, int byte, size_t count)
{
    u64 pattern = (u8)byte * 0x0101010101010101UL;
    u8 *at = to;

    if (count >= 8) {
        size_t words = count / 8;
        *(word64 *)(at + count - 8) = pattern;
        asm volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(pattern) : "memory");
    } else if (count >= 4) {
        *(word32 *)at = (u32)pattern;
        *(word32 *)(at + count - 4) = (u32)pattern;
    } else {
        for (; count > 0; count--) {
            KEEP_LOOP();
            *at++ = (u8)byte;
        }
    }
    return to;
}

/* count < 8. */
static inline bool is_equal_short(const u8 *a, const u8 *b, size_t count)
{
    const u8 *a_end = a + count, *b_end = b + count;
    if (count >= 4)
        return *(const word32 *)a == *(const word32 *)b &&
               *(const word32 *)(a_end - 4) == *(const word32 *)(b_end - 4);
    if (count >= 2)
        return *(const word16 *)a == *(const word16 *)b &&
               *(const word16 *)(a_end - 2) == *(const word16 *)(b_end - 2);
    return count == 0 || *a == *b;
}

int memcmp(const void *left, const void *right, size_t count)
{
    const u8 *a = left, *b = right;

    while (count >= 8 && *(const word64 *)a == *(const word64 *)b) {
        a += 8;
        b += 8;
        count -= 8;
    }
    if (count < 8 && is_equal_short(a, b, count))
        return 0;
    for (; count > 0; a++, b++, count--) {
        if (*a != *b)
            return *a - *b;
    }
    return 0;
}

size_t strlen(const char *string)
{
    const char *at = string;

    while (*at != '\0') {
        KEEP_LOOP();
        at++;
    }
    return (size_t)(at - string);
}

size_t strnlen(const char *string, size_t limit)
{
    size_t length = 0;

    while (length < limit && string[length] != '\0') {
        KEEP_LOOP();
        length++;
    }
    return length;
}

int strcmp(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right) {
        left++;
        right++;
    }
    return (u8)*left - (u8)*right;
}

int strncmp(const char *left, const char *right, size_t limit)
{
    for (; limit > 0; left++, right++, limit--) {
        if (*left != *right || *left == '\0')
            return (u8)*left - (u8)*right;
    }
    return 0;
}

char *strchr(const char *string, int character)
{
    for (;; string++) {
        KEEP_LOOP();
        if (*string == (char)character)
            return (char *)string;
        if (*string == '\0')
            return NULL;
    }
}

char *strrchr(const char *string, int character)
{
    const char *found = NULL;

    for (;; string++) {
        KEEP_LOOP();
        if (*string == (char)character)
            found = string;
        if (*string == '\0')
            return (char *)found;
    }
}
