/* SPDX-License-Identifier: MIT */
/*
 * The scalar types and the few compiler words that every file uses.
 *
 * Three kinds of address are kept apart: a physical address is a `paddr_t`, a kernel virtual
 * address is a pointer (or a `vaddr_t` while it is being computed), and an address that the
 * program gave us is a `uptr`: a structure, so that it can be neither dereferenced nor cast by
 * accident. Only arch/usercopy.h turns a `uptr` into memory accesses.
 */
#ifndef KERNEL_LIB_TYPES_H
#define KERNEL_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* A physical address, in bytes. */
typedef u64 paddr_t;
/* A virtual address as a number, in bytes. */
typedef u64 vaddr_t;

/* An address in the program's half of the address space, exactly as the program passed it. */
typedef struct uptr {
    u64 addr;
} uptr;

#define UPTR(address)          ((uptr){.addr = (u64)(address)})
#define UPTR_ADD(user, offset) ((uptr){.addr = (user).addr + (u64)(offset)})

#define MUST_CHECK   __attribute__((warn_unused_result))
#define NORETURN     __attribute__((noreturn))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define PACKED       __attribute__((packed))
#define ALIGNED(n)   __attribute__((aligned(n)))
#define SECTION(s)   __attribute__((section(s)))
#define USED         __attribute__((used))
#define NOINLINE     __attribute__((noinline))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a)        (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)            ((a) < (b) ? (a) : (b))
#define MAX(a, b)            ((a) > (b) ? (a) : (b))
/* `align` is a power of two. ALIGN_UP wraps to 0 at the very top: check the range first. */
#define ALIGN_DOWN(x, align) ((x) & ~((u64)(align)-1))
#define ALIGN_UP(x, align)   (((x) + ((u64)(align)-1)) & ~((u64)(align)-1))
#define IS_ALIGNED(x, align) (((x) & ((u64)(align)-1)) == 0)
#define IS_POWER_OF_TWO(x)   ((x) != 0 && ((x) & ((x)-1)) == 0)

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#define KIB 1024UL
#define MIB (1024UL * KIB)
#define GIB (1024UL * MIB)

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)

#endif
