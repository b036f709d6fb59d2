/* SPDX-License-Identifier: MIT */
/*
 * Looking through an address space without changing it, for statistics. The caller holds the lock
 * of the space. The time taken grows with what is mapped, not with the range.
 */
#ifndef ARCH_MMU_VISIT_H
#define ARCH_MMU_VISIT_H

#include "arch/mmu.h"

/* Called for each page: PAGE_SIZE bytes, or MMU_LARGE_SIZE when `flags` has MMU_LARGE (it may then
 * begin before the range or end behind it). */
typedef void (*mmu_visitor)(vaddr_t address, paddr_t physical, u32 flags, void *context);

/* Visit the pages in [start, end) of the program's half, also the hidden ones. */
void mmu_visit(const struct mmu *mmu, vaddr_t start, vaddr_t end, mmu_visitor visitor,
               void *context);

/* Pages that the tables of the program's half take, the root included. */
u64 mmu_table_pages(const struct mmu *mmu);

#endif
