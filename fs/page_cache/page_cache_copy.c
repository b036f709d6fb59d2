/* SPDX-License-Identifier: MIT */
/*
 * Copying between a page cache and a buffer, piece by piece: a page of the cache's own, or a whole
 * run of borrowed memory or of a hole.
 *
 * A piece is found with the cache locked and copied without: the reference that was taken keeps the
 * page, and a module's memory stays for good. A page that a write makes is filled before it enters
 * the tree, so nobody ever sees one half done.
 */
#include <asm/errno.h>

#include "arch/mmu.h"
#include "arch/usercopy.h"
#include "fs/page_cache/page_cache_internal.h"
#include "kernel/lib/string.h"

/* Where to, or where from: the program's memory or the kernel's. */
struct buffer {
    uptr user;
    u8 *kernel; /* NULL: the user address counts */
};

/* Each returns how many bytes were NOT copied. */
static size_t buffer_put(const struct buffer *to, u64 offset, const void *from, size_t size)
{
    if (!to->kernel)
        return usercopy_to(UPTR_ADD(to->user, offset), from, size);
    memcpy(to->kernel + offset, from, size);
    return 0;
}

static size_t buffer_zero(const struct buffer *to, u64 offset, size_t size)
{
    if (!to->kernel)
        return usercopy_zero(UPTR_ADD(to->user, offset), size);
    memset(to->kernel + offset, 0, size);
    return 0;
}

static size_t buffer_get(const struct buffer *from, u64 offset, void *to, size_t size)
{
    if (!from->kernel)
        return usercopy_from(to, UPTR_ADD(from->user, offset), size);
    memcpy(to, from->kernel + offset, size);
    return 0;
}

struct piece {
    const u8 *bytes;   /* NULL: zeros */
    struct page *page; /* holds a reference, unless NULL */
    size_t size;
};

/* The index of the next page in the tree after `index`, or a very large one. */
static u64 next_in_tree_locked(const struct page_cache *cache, u64 index)
{
    u64 next = index + 1;
    bool found = cache->pages.count != 0 && radix_next(&cache->pages, &next);
    return found ? next : ~0UL >> PAGE_SHIFT;
}

/* What is at `position`, which lies below `limit`. */
static struct piece piece_at_locked(const struct page_cache *cache, u64 position, u64 limit)
{
    u64 index = position >> PAGE_SHIFT, offset = position & (PAGE_SIZE - 1);
    void *item = radix_find(&cache->pages, index);
    struct piece piece = {0};
    u64 end;
    if (item) {
        end = (index + 1) << PAGE_SHIFT;
        if (item != PUNCHED) {
            piece.page = item;
            page_get(item);
            piece.bytes = (u8 *)page_address(item) + offset;
        }
    } else {
        end = next_in_tree_locked(cache, index) << PAGE_SHIFT;
        if (position < cache->borrowed_size) {
            end = MIN(end, cache->borrowed_size);
            piece.bytes = phys_to_virt(cache->borrowed_base + position);
        }
    }
    piece.size = MIN(end, limit) - position;
    return piece;
}

/* The next piece of a read; false at its end. */
static bool next_piece(struct page_cache *cache, u64 position, u64 end, struct piece *piece)
{
    mutex_lock(&cache->lock);
    u64 limit = MIN(end, cache->size);
    bool any = position < limit;
    if (any)
        *piece = piece_at_locked(cache, position, limit);
    mutex_unlock(&cache->lock);
    return any;
}

static u64 end_of(u64 position, size_t size)
{
    u64 end;
    return __builtin_add_overflow(position, size, &end) ? ~0UL : end;
}

static long read_pieces(struct page_cache *cache, u64 position, const struct buffer *buffer,
                        size_t size)
{
    u64 done = 0, end = end_of(position, size);
    struct piece piece;
    while (next_piece(cache, position + done, end, &piece)) {
        size_t left = piece.bytes ? buffer_put(buffer, done, piece.bytes, piece.size)
                                  : buffer_zero(buffer, done, piece.size);
        if (piece.page)
            page_put(piece.page);
        done += piece.size - left;
        if (left != 0)
            return done != 0 ? (long)done : -EFAULT;
    }
    return done;
}

/* A page that was made and filled, except outside of [from, to). Somebody may have been faster (a
 * fault of a mapping): then our bytes go into the page that is there. */
static int settle_page(struct page_cache *cache, u64 index, struct page *page, u64 from, u64 to)
{
    u8 *bytes = page_address(page);
    bool replaced = false;
    int error = 0;
    mutex_lock(&cache->lock);
    struct page *other = own_page_locked(cache, index);
    if (other) {
        memcpy((u8 *)page_address(other) + from, bytes + from, to - from);
    } else {
        cache_fill_locked(cache, index, bytes, 0, from);
        cache_fill_locked(cache, index, bytes, to, PAGE_SIZE);
        error = cache_insert_locked(cache, index, page, &replaced);
    }
    mutex_unlock(&cache->lock);
    if (other || error != 0)
        cache_page_free(cache, page);
    if (replaced)
        vm_object_unmap_pages(&cache->object, index, index, false);
    return error;
}

/* Write into a page that does not exist yet. Bytes, or -errno. */
static long write_new_page(struct page_cache *cache, u64 position, const struct buffer *buffer,
                           u64 done, size_t size)
{
    struct page *page;
    u64 offset = position & (PAGE_SIZE - 1);
    int error = cache_page_alloc(cache, &page);
    if (error != 0)
        return error;
    size_t copied = size - buffer_get(buffer, done, (u8 *)page_address(page) + offset, size);
    if (copied == 0) {
        cache_page_free(cache, page);
        return -EFAULT;
    }
    error = settle_page(cache, position >> PAGE_SHIFT, page, offset, offset + copied);
    return error != 0 ? error : (long)copied;
}

static struct page *find_page(struct page_cache *cache, u64 index)
{
    mutex_lock(&cache->lock);
    struct page *page = own_page_locked(cache, index);
    if (page)
        page_get(page);
    mutex_unlock(&cache->lock);
    return page;
}

/* At most to the end of the page. Bytes, or -errno. */
static long write_piece(struct page_cache *cache, u64 position, const struct buffer *buffer,
                        u64 done, size_t size)
{
    u64 offset = position & (PAGE_SIZE - 1);
    size = MIN(size, PAGE_SIZE - offset);
    struct page *page = find_page(cache, position >> PAGE_SHIFT);
    if (!page)
        return write_new_page(cache, position, buffer, done, size);
    size_t copied = size - buffer_get(buffer, done, (u8 *)page_address(page) + offset, size);
    page_put(page);
    return copied != 0 ? (long)copied : -EFAULT;
}

static long write_pieces(struct page_cache *cache, u64 position, const struct buffer *buffer,
                         size_t size)
{
    u64 done = 0;
    while (done < size) {
        long moved = write_piece(cache, position + done, buffer, done, size - done);
        if (moved < 0)
            return done != 0 ? (long)done : moved;
        done += moved;
    }
    return done;
}

long page_cache_read(struct page_cache *cache, u64 position, uptr buffer, size_t size)
{
    return read_pieces(cache, position, &(struct buffer){.user = buffer}, size);
}

long page_cache_write(struct page_cache *cache, u64 position, uptr buffer, size_t size)
{
    return write_pieces(cache, position, &(struct buffer){.user = buffer}, size);
}

long page_cache_read_kernel(struct page_cache *cache, u64 position, void *buffer, size_t size)
{
    return read_pieces(cache, position, &(struct buffer){.kernel = buffer}, size);
}

long page_cache_write_kernel(struct page_cache *cache, u64 position, const void *buffer,
                             size_t size)
{
    return write_pieces(cache, position, &(struct buffer){.kernel = (u8 *)buffer}, size);
}
