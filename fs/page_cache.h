/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a file in memory: pages by index, found through a tree, made at the first touch.
 *
 * Pages that were never written may lie in a boot module (`borrowed`): they are shown where they
 * are, and copied when written. A hole has no page and reads as zeros. The cache is also the object
 * that mappings of the file show, so that a store through a shared mapping is seen by read, and
 * the other way round.
 * Lock: the cache's own mutex guards the tree; the size belongs to the inode.
 */
#ifndef FS_PAGE_CACHE_H
#define FS_PAGE_CACHE_H

#include "mm/vm_object.h"

struct page_cache;

/* An empty cache with one reference (page_cache_object(cache)), or NULL. */
struct page_cache *page_cache_create(void);
struct vm_object *page_cache_object(struct page_cache *cache);
struct page_cache *page_cache_of(struct vm_object *object);

/* Let the file's first `size` bytes be those at physical `base` (a module), without copying. The
 * cache is empty. */
void page_cache_borrow(struct page_cache *cache, paddr_t base, u64 size);

/* The file's size in bytes: pages beyond it cannot be mapped (SIGBUS). Growing makes a hole;
 * shrinking frees pages, clears the rest of the last one and takes them out of all mappings. */
void page_cache_resize(struct page_cache *cache, u64 size);

/* Copy to or from the program within the size that was set. Bytes moved, or -EFAULT, -ENOMEM
 * (-ENOSPC for tmpfs's writers: they translate). */
long page_cache_read(struct page_cache *cache, u64 position, uptr buffer, size_t size);
long page_cache_write(struct page_cache *cache, u64 position, uptr buffer, size_t size);
/* The same with kernel memory. */
long page_cache_read_kernel(struct page_cache *cache, u64 position, void *buffer, size_t size);
long page_cache_write_kernel(struct page_cache *cache, u64 position, const void *buffer, size_t size);

/* Make a hole of [start, end) (bytes; partial pages are cleared). */
void page_cache_punch(struct page_cache *cache, u64 start, u64 end);

/* First byte at or after `position` that is data (or a hole); the size when there is none. */
u64 page_cache_next_data(struct page_cache *cache, u64 position);
u64 page_cache_next_hole(struct page_cache *cache, u64 position);

/* Pages that the cache itself owns: st_blocks is 8 times as many. */
u64 page_cache_owned(struct page_cache *cache);

#endif
