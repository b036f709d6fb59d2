/* SPDX-License-Identifier: MIT */
/*
 * The only way to the program's memory.
 *
 * Every function takes any address at all: one outside the program's half, or one that faults and
 * cannot be resolved, gives a short count or -EFAULT, in ring 3 and ring 0 alike. They may sleep
 * (a page fault may need memory): not under a spinlock, not in interrupts.
 *
 * With interrupts off, as under a spinlock, no page is brought: what is not there right now counts as
 * what cannot be had. user_word_read and user_word_exchange are made for that: whoever gets -EFAULT
 * from them gives his locks back, lets user_word_bring find out whether it was the last word, and starts
 * again.
 */
#ifndef ARCH_USERCOPY_H
#define ARCH_USERCOPY_H

#include "arch/upcalls.h"
#include "kernel/lib/types.h"

/* First address that no program may use (Linux's TASK_SIZE_MAX for four-level paging). */
#define USER_LIMIT 0x00007ffffffff000UL

/* True when [address, address + size) lies in the program's half; mapped or not. */
static inline bool user_range_ok(uptr address, u64 size)
{
    return size <= USER_LIMIT && address.addr <= USER_LIMIT - size;
}

/* Copy `size` bytes in or out; returns how many were NOT copied (0: all). */
MUST_CHECK size_t usercopy_from(void *to, uptr from, size_t size);
MUST_CHECK size_t usercopy_to(uptr to, const void *from, size_t size);

/* Write `size` zero bytes; returns how many were not written. */
MUST_CHECK size_t usercopy_zero(uptr to, size_t size);

/* Copy a NUL-terminated string of at most size - 1 characters. Returns its length, -EFAULT, or
 * -ENAMETOOLONG when there is no NUL within `size` bytes. */
MUST_CHECK long usercopy_string(char *to, uptr from, size_t size);

/* The word's value. 0 or -EFAULT. The address is a multiple of four here and below. */
MUST_CHECK int user_word_read(uptr word, u32 *value);

/* If the word is `expected` make it `desired`, in one step; *found: what it was. 0 or -EFAULT. */
MUST_CHECK int user_word_exchange(uptr word, u32 expected, u32 desired, u32 *found);

/* Bring the word's page, to be read or to be written. Sleeps. 0 or -EFAULT. */
static inline MUST_CHECK int user_word_bring(uptr word, bool write)
{
    u32 value;
    arch_upcall_may_fault();
    return write ? user_word_exchange(word, 0, 0, &value) : user_word_read(word, &value);
}

#ifdef DEBUG_KERNEL
#define usercopy_from(to, from, size)   (arch_upcall_may_fault(), usercopy_from(to, from, size))
#define usercopy_to(to, from, size)     (arch_upcall_may_fault(), usercopy_to(to, from, size))
#define usercopy_zero(to, size)         (arch_upcall_may_fault(), usercopy_zero(to, size))
#define usercopy_string(to, from, size) (arch_upcall_may_fault(), usercopy_string(to, from, size))
#endif

#endif
