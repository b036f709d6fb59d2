/* SPDX-License-Identifier: MIT */
/*
 * The page cache's structure, for page_cache.c (objects, sizes, holes) and page_cache_copy.c
 * (reading and writing).
 */
#ifndef FS_PAGE_CACHE_PAGE_CACHE_INTERNAL_H
#define FS_PAGE_CACHE_PAGE_CACHE_INTERNAL_H

#include "fs/page_cache/page_cache.h"
#include "kernel/core/mutex.h"
#include "kernel/lib/radix.h"
#include "mm/page.h"

/* In the tree: there is nothing here, although the module has bytes for this page. */
#define PUNCHED ((void *)1)

struct page_cache {
    struct vm_object object;
    struct page_budget *budget; /* NULL: none */
    struct mutex lock;          /* guards all below */
    struct radix pages;         /* struct page with one reference each, or PUNCHED */
    u64 lowest;                 /* no index in the tree is below */
    u64 owned;                  /* pages in the tree */
    u64 hidden;                 /* indices in the tree that borrowed memory would show otherwise */
    u64 size;                   /* bytes */
    paddr_t borrowed_base;
    u64 borrowed_size; /* bytes, never above size; index n is at base + n pages unless in the tree */
    bool lent;         /* a mapping may show borrowed pages in place */
};

static inline u64 pages_for(u64 bytes)
{
    return (bytes >> PAGE_SHIFT) + ((bytes & (PAGE_SIZE - 1)) != 0);
}

static inline u64 borrowed_pages(const struct page_cache *cache)
{
    return pages_for(cache->borrowed_size);
}

/* A page of the tree, or NULL for a hole or what is borrowed. */
static inline struct page *own_page_locked(const struct page_cache *cache, u64 index)
{
    void *item = radix_find(&cache->pages, index);
    return item == PUNCHED ? NULL : item;
}

/* A page for the cache with undefined contents, paid from the budget. 0, -ENOMEM, -ENOSPC. */
int cache_page_alloc(struct page_cache *cache, struct page **out) MUST_CHECK;
void cache_page_free(struct page_cache *cache, struct page *page);

/* Fill bytes [from, to) of a page that is not in the tree yet with what the file has there. */
void cache_fill_locked(const struct page_cache *cache, u64 index, u8 *bytes, u64 from, u64 to);

/* Put a page at an index where none is. *replaced: mappings may show the borrowed page there, and
 * vm_object_unmap_pages is to be called. 0 or -ENOMEM. */
int cache_insert_locked(struct page_cache *cache, u64 index, struct page *page,
                        bool *replaced) MUST_CHECK;

#endif
