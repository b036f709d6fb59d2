/* SPDX-License-Identifier: MIT */
/*
 * From a page to its descriptor and back, and sharing it. The part of mm/page.h that is inline,
 * since every page fault needs it; by itself, since tests put something else in its place.
 */
#ifndef MM_PAGE_MAP_H
#define MM_PAGE_MAP_H

#include "arch/mmu.h"
#include "kernel/core/refcount.h"
#include "mm/page.h"

/* Share a single page; the last put frees it. */
static inline void page_get(struct page *page)
{
    ref_take(&page->refs);
}

static inline void page_put(struct page *page)
{
    if (ref_drop(&page->refs))
        page_free(page, page->order);
}

extern struct page *page_descriptors; /* indexed by page frame number; page.c's */

static inline struct page *page_of(paddr_t physical)
{
    return &page_descriptors[physical >> PAGE_SHIFT];
}

static inline paddr_t page_physical(const struct page *page)
{
    return (paddr_t)(page - page_descriptors) << PAGE_SHIFT;
}

static inline void *page_address(const struct page *page)
{
    return phys_to_virt(page_physical(page));
}

#endif
