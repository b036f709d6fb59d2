/* SPDX-License-Identifier: MIT */
/* Page-table entries (SDM 3A, 4.5, tables 4-14 to 4-20). Private to arch/x86_64. */
#ifndef ARCH_X86_64_PTE_H
#define ARCH_X86_64_PTE_H

#include "kernel/lib/types.h"

#define PTE_PRESENT       (1UL << 0)
#define PTE_WRITABLE      (1UL << 1)
#define PTE_USER          (1UL << 2)
#define PTE_WRITE_THROUGH (1UL << 3)
#define PTE_CACHE_DISABLE (1UL << 4)
#define PTE_ACCESSED      (1UL << 5)
#define PTE_DIRTY         (1UL << 6)
#define PTE_LARGE         (1UL << 7) /* in a level-2 or level-3 entry */
#define PTE_GLOBAL        (1UL << 8)
#define PTE_BORROWED      (1UL << 9)  /* ours to define: the frame is not the allocator's */
#define PTE_HIDDEN        (1UL << 10) /* ours: not present, but the frame is kept */
#define PTE_NO_EXECUTE    (1UL << 63)
#define PTE_ADDRESS       0x000ffffffffff000UL

/* Bytes that one entry of a level spans: 1: 4 KiB, 2: 2 MiB, 3: 1 GiB, 4: 512 GiB. */
static inline u64 level_size(int level)
{
    return 1UL << (PAGE_SHIFT + 9 * (level - 1));
}

static inline u32 pte_index(vaddr_t address, int level)
{
    return address >> (PAGE_SHIFT + 9 * (level - 1)) & 511;
}

/* An entry for `physical` with MMU_* flags. */
u64 pte_make(paddr_t physical, u32 flags);

#endif
