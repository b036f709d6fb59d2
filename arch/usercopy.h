/* SPDX-License-Identifier: MIT */
/*
 * The only way to the program's memory.
 *
 * Every function takes any address at all: one outside the program's half, or one that faults and
 * cannot be resolved, gives a short count or -EFAULT, in ring 3 and ring 0 alike. They may sleep
 * (a page fault may need memory): not under a spinlock, not in interrupts.
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

#ifdef DEBUG_KERNEL
#define usercopy_from(to, from, size)   (arch_upcall_may_fault(), usercopy_from(to, from, size))
#define usercopy_to(to, from, size)     (arch_upcall_may_fault(), usercopy_to(to, from, size))
#define usercopy_zero(to, size)         (arch_upcall_may_fault(), usercopy_zero(to, size))
#define usercopy_string(to, from, size) (arch_upcall_may_fault(), usercopy_string(to, from, size))
#endif

#endif
