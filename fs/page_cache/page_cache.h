/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a file in memory: pages by index, found through a tree, made at the first touch.
 *
 * Pages that were never written may lie in a boot module (`borrowed`): they are shown where they
 * are, and copied when written. A hole has no page and reads as zeros. The cache is also the object
 * that mappings of the file show, so that a store through a shared mapping is seen by read, and
 * the other way round.
 * Locks: the cache's own mutex guards the tree and is never held over a user copy (the buffer may
 * be a mapping of this very file). Calls that change the size or write are made with the inode
 * locked; reading needs no lock of the caller's.
 */
#ifndef FS_PAGE_CACHE_PAGE_CACHE_H
#define FS_PAGE_CACHE_PAGE_CACHE_H

#include "mm/vm_object.h"

struct page_cache;

/* How many pages all caches of one file system may own together. Changed atomically. */
struct page_budget {
    u64 used, limit;
};

/* An empty cache with one reference (page_cache_object(cache)), or NULL: out of memory. `budget`
 * (NULL: no limit) must outlive all mappings of the file. */
struct page_cache *page_cache_create(struct page_budget *budget);
struct vm_object *page_cache_object(struct page_cache *cache);
struct page_cache *page_cache_of(struct vm_object *object);
/* Is this object a page cache at all? */
bool page_cache_is(const struct vm_object *object);

/* Let the file's bytes be the `size` bytes at physical `base` (a module, which stays for good),
 * without copying; `size` becomes the file's. The cache is empty. */
void page_cache_borrow(struct page_cache *cache, paddr_t base, u64 size);

/* The bytes at [offset, offset + length) where they lie, when all of the file is a module's and
 * nothing of it was ever written; NULL otherwise. They stay for good, and stay what they are. */
const void *page_cache_view(struct page_cache *cache, u64 offset, size_t length);

/* The file's size in bytes: pages beyond it cannot be mapped (SIGBUS). Growing makes a hole;
 * shrinking frees pages, clears the rest of the last one and takes them out of all mappings. Pages
 * that page_cache_allocate made behind the end go, too, unless the size grows. */
void page_cache_resize(struct page_cache *cache, u64 size);

/* Copy to or from the program within the size that was set. Bytes moved (less than `size` at the
 * end of the file or where the program's memory ends), or, when none could be: -EFAULT, -ENOMEM,
 * -ENOSPC (the budget). */
long page_cache_read(struct page_cache *cache, u64 position, uptr buffer, size_t size);
long page_cache_write(struct page_cache *cache, u64 position, uptr buffer, size_t size);
/* The same with kernel memory. */
long page_cache_read_kernel(struct page_cache *cache, u64 position, void *buffer, size_t size);
long page_cache_write_kernel(struct page_cache *cache, u64 position, const void *buffer,
                             size_t size);

/* Make a hole of [start, end) (bytes; partial pages are cleared). 0, or -ENOMEM or -ENOSPC with a
 * part of it done: a piece of a borrowed page cannot be cleared without a copy of the rest. */
int page_cache_punch(struct page_cache *cache, u64 start, u64 end) MUST_CHECK;

/* Give every hole in [start, end) pages of zeros, also behind the end of the file. 0, -ENOMEM,
 * -ENOSPC. */
int page_cache_allocate(struct page_cache *cache, u64 start, u64 end) MUST_CHECK;

/* First byte at or after `position` that is data (or a hole); the size when there is none. */
u64 page_cache_next_data(struct page_cache *cache, u64 position);
u64 page_cache_next_hole(struct page_cache *cache, u64 position);

/* Pages that hold data, the cache's own or a module's: st_blocks is 8 times as many. */
u64 page_cache_owned(struct page_cache *cache);

#endif
