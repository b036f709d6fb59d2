/* SPDX-License-Identifier: MIT */
/*
 * Large pages of anonymous memory. The space's lock is held, but for huge_give_back.
 */
#ifndef MM_HUGE_H
#define MM_HUGE_H

#include "mm/aspace.h"

/* Who gets large pages: /sys/kernel/mm/transparent_hugepage/enabled. */
enum huge_policy { HUGE_ALWAYS, HUGE_IF_ADVISED, HUGE_NEVER };
extern enum huge_policy huge_policy;

/* Does the large page around `address` lie inside the mapping? */
static inline bool huge_fits(const struct vma *vma, vaddr_t address)
{
    vaddr_t start = ALIGN_DOWN(address, MMU_LARGE_SIZE);
    return start >= vma->start && start + MMU_LARGE_SIZE <= vma->end;
}

/* The program writes at `address` of an anonymous mapping, where no page is, and a large one fits:
 * map it, if nothing is there yet and memory is not scarce. False: it gets a small one. */
bool huge_fault(struct aspace *space, const struct vma *vma, vaddr_t address);

/* The large page around `address`, which was mapped read-only by mprotect, may be written again. */
int huge_make_writable(struct aspace *space, const struct vma *vma, vaddr_t address,
                       paddr_t physical) MUST_CHECK;

/* Make `address` a border between pages: a large page that spans it becomes 512 small ones. */
void huge_split_at(struct aspace *space, vaddr_t address);

/* Make all large pages in the range small. */
void huge_split_range(struct aspace *space, vaddr_t start, vaddr_t end);

/* A large page left the page tables. */
void huge_release(struct aspace *space, paddr_t physical);

/* The space goes away: forget it. */
void huge_forget(struct aspace *space);

/* Memory is out: make large pages small and give back what of them was never written. True when
 * there was something. _locked: of this space; the other: of all whose lock is free, from any
 * thread that holds no spinlock. */
bool huge_give_back_locked(struct aspace *space);
bool huge_give_back(void);

#endif
