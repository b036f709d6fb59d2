/* SPDX-License-Identifier: MIT */
/*
 * Physical pages: who has which, and how many are free, exactly.
 *
 * Blocks of 2^order pages, order 0 to PAGE_ORDER_MAX, naturally aligned. Memory that was never
 * asked for costs nothing at boot: it waits in a few extents, and is moved to the free lists (and
 * gets its page descriptors) 2 MiB at a time.
 * Any context that may take a spinlock; nothing here sleeps.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "boot/boot_info.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

#define PAGE_ORDER_MAX 9 /* 2 MiB */

enum page_state {
    PAGE_OUTSIDE, /* not the allocator's: reserved, a module's, or not yet carved */
    PAGE_FREE,    /* first page of a free block of 2^order pages */
    PAGE_USED,
    PAGE_SLAB, /* the heap's: `owner` is the size class */
    PAGE_HEAP, /* first page of a large heap object of 2^order pages */
};

/* One for each page of RAM. */
struct page {
    struct list_head link; /* free list, or the user's while PAGE_USED */
    union {
        u32 refs;       /* PAGE_USED: how many mappings and objects share it */
        u32 first_free; /* PAGE_SLAB: offset of the first free object; see mm/heap.c */
    };
    u8 order;
    u8 state;   /* enum page_state */
    u16 in_use; /* PAGE_SLAB: objects taken */
    void *owner;
};
_Static_assert(sizeof(struct page) == 32, "0.8 % of memory: do not grow it");

/* Learn the RAM from boot info (normalised), leaving out the first 64 KiB, the image, the modules
 * and the RSDP. Before mmu_init. False when there is too little for a kernel to start in. */
bool page_init(const struct boot_info *boot);

/* Place the descriptors. After mmu_init: the direct map exists. */
void page_init_descriptors(void);

/* A block of 2^order pages with refs 1, or NULL. Contents are undefined; _zeroed: all zero. */
struct page *page_alloc(unsigned order);
struct page *page_alloc_zeroed(void);
/* A block of the largest order; does not go out of its way to find one. */
struct page *page_alloc_large(void);

/* Give a block back; its refs no longer matter. */
void page_free(struct page *page, unsigned order);

/* Pages. Total counts what the allocator manages, descriptors included. */
u64 page_free_count(void);
u64 page_total_count(void);

/* Fill a page with zeros, or with another's contents: both page-aligned kernel addresses. */
void page_clear(void *page);
void page_copy(void *to, const void *from);

#include "mm/page_map.h"

#endif
