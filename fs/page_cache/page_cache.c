/* SPDX-License-Identifier: MIT */
/*
 * Page caches as objects: faults, sizes, holes. Reading and writing is in page_cache_copy.c.
 *
 * What is at an index: a page of the tree; or nothing if the tree says PUNCHED; or the module's
 * bytes if the index lies within borrowed_size; or nothing. Borrowed memory only ever shrinks, so
 * what was cut off by a truncation reads as zeros when the file grows again.
 * A page that leaves the tree, or takes the place of a borrowed one, is taken out of the mappings
 * afterwards, without the mutex: until then a mapping may show the old page, which still exists.
 */
#include "fs/page_cache/page_cache_internal.h"

#include <asm/errno.h>

#include "arch/mmu.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

static const struct radix_memory node_memory = {kmalloc, kfree};

struct vm_object *page_cache_object(struct page_cache *cache)
{
    return &cache->object;
}

struct page_cache *page_cache_of(struct vm_object *object)
{
    return container_of(object, struct page_cache, object);
}

int cache_page_alloc(struct page_cache *cache, struct page **out)
{
    struct page_budget *budget = cache->budget;
    if (budget && __atomic_add_fetch(&budget->used, 1, __ATOMIC_RELAXED) >
                      __atomic_load_n(&budget->limit, __ATOMIC_RELAXED)) {
        __atomic_sub_fetch(&budget->used, 1, __ATOMIC_RELAXED);
        return -ENOSPC;
    }
    struct page *page = page_alloc(0);
    if (!page) {
        if (budget)
            __atomic_sub_fetch(&budget->used, 1, __ATOMIC_RELAXED);
        return -ENOMEM;
    }
    page->owner = &cache->object;
    *out = page;
    return 0;
}

void cache_page_free(struct page_cache *cache, struct page *page)
{
    if (cache->budget)
        __atomic_sub_fetch(&cache->budget->used, 1, __ATOMIC_RELAXED);
    page_put(page);
}

/* Can the borrowed page at `index` be shown in place: aligned, and whole? */
static bool lendable(const struct page_cache *cache, u64 index)
{
    return IS_ALIGNED(cache->borrowed_base, PAGE_SIZE) &&
           index < cache->borrowed_size >> PAGE_SHIFT;
}

void cache_fill_locked(const struct page_cache *cache, u64 index, u8 *bytes, u64 from, u64 to)
{
    u64 start = index << PAGE_SHIFT, borrowed = 0;
    if (start < cache->borrowed_size && radix_find(&cache->pages, index) != PUNCHED)
        borrowed = MIN(cache->borrowed_size - start, PAGE_SIZE);
    u64 middle = MIN(MAX(from, borrowed), to);
    if (middle > from)
        memcpy(bytes + from, (u8 *)phys_to_virt(cache->borrowed_base + start) + from,
               middle - from);
    if (to > middle)
        memset(bytes + middle, 0, to - middle);
}

static int tree_insert_locked(struct page_cache *cache, u64 index, void *item)
{
    int error = radix_insert(&cache->pages, index, item);
    if (error != 0)
        return error;
    cache->hidden += index < borrowed_pages(cache);
    cache->lowest = MIN(cache->lowest, index);
    return 0;
}

int cache_insert_locked(struct page_cache *cache, u64 index, struct page *page, bool *replaced)
{
    bool punched = radix_replace(&cache->pages, index, page) == PUNCHED;
    *replaced = !punched && cache->lent && lendable(cache, index);
    int error = punched ? 0 : tree_insert_locked(cache, index, page);
    if (error == 0)
        cache->owned++;
    return error;
}

static void tree_remove_locked(struct page_cache *cache, u64 index)
{
    void *item = radix_remove(&cache->pages, index);
    cache->hidden -= index < borrowed_pages(cache);
    if (item == PUNCHED)
        return;
    cache->owned--;
    cache_page_free(cache, item);
}

/* ---- The object that mappings show ------------------------------------------------------------*/

static int page_make_locked(struct page_cache *cache, u64 index, struct page **out, bool *replaced)
{
    int error = cache_page_alloc(cache, out);
    if (error != 0)
        return error;
    cache_fill_locked(cache, index, page_address(*out), 0, PAGE_SIZE);
    error = cache_insert_locked(cache, index, *out, replaced);
    if (error != 0)
        cache_page_free(cache, *out);
    return error;
}

static void lend_locked(struct page_cache *cache, u64 index, struct vm_page *out)
{
    u64 next = index;
    u64 end = cache->borrowed_size >> PAGE_SHIFT;
    if (cache->pages.count != 0 && radix_next(&cache->pages, &next))
        end = MIN(end, next);
    *out = (struct vm_page){.physical = cache->borrowed_base + (index << PAGE_SHIFT),
                            .run = MIN(end - index, 0xffffffffUL),
                            .before = index < cache->lowest ? MIN(index, 0xffffffffUL) : 0,
                            .kind = VM_PAGE_BORROWED};
    cache->lent = true;
}

static int cache_page_locked(struct page_cache *cache, u64 index, bool write, struct vm_page *out)
{
    if (index >= pages_for(cache->size))
        return -EFAULT;
    bool replaced = false;
    struct page *page = radix_find(&cache->pages, index);
    if (!page && !write && lendable(cache, index)) {
        lend_locked(cache, index, out);
        return 0;
    }
    if (!page || page == PUNCHED) {
        int error = page_make_locked(cache, index, &page, &replaced);
        if (error != 0)
            return error;
    }
    page_get(page);
    *out = (struct vm_page){
        .physical = page_physical(page), .kind = VM_PAGE_SHARED, .replaced = replaced};
    return 0;
}

static int cache_page(struct vm_object *object, u64 index, bool write, struct vm_page *out)
{
    struct page_cache *cache = page_cache_of(object);
    mutex_lock(&cache->lock);
    int error = cache_page_locked(cache, index, write, out);
    mutex_unlock(&cache->lock);
    return error;
}

static u32 cache_neighbours(struct vm_object *object, u64 index, u32 count, paddr_t *out)
{
    struct page_cache *cache = page_cache_of(object);
    struct page *page;
    u32 found = 0;
    mutex_lock(&cache->lock);
    u64 end = pages_for(cache->size);
    while (found < count && index + found < end && (page = own_page_locked(cache, index + found))) {
        page_get(page);
        out[found++] = page_physical(page);
    }
    mutex_unlock(&cache->lock);
    return found;
}

/* Pages from `first` up to, not including, `end`. */
static void remove_pages_locked(struct page_cache *cache, u64 first, u64 end)
{
    u64 index = first;
    while (cache->pages.count != 0 && radix_next(&cache->pages, &index) && index < end)
        tree_remove_locked(cache, index);
    if (cache->pages.count == 0)
        cache->lowest = ~0UL;
}

static void cache_destroy(struct vm_object *object)
{
    struct page_cache *cache = page_cache_of(object);
    remove_pages_locked(cache, 0, ~0UL);
    kfree(cache);
}

static bool has_data_locked(const struct page_cache *cache, u64 index)
{
    void *item = radix_find(&cache->pages, index);
    return item ? item != PUNCHED : index < borrowed_pages(cache);
}

static bool cache_present(struct vm_object *object, u64 index)
{
    struct page_cache *cache = page_cache_of(object);
    mutex_lock(&cache->lock);
    bool present = has_data_locked(cache, index);
    mutex_unlock(&cache->lock);
    return present;
}

static int cache_punch(struct vm_object *object, u64 first, u64 count)
{
    return page_cache_punch(page_cache_of(object), first << PAGE_SHIFT,
                            (first + count) << PAGE_SHIFT);
}

static const struct vm_object_ops cache_ops = {
    .page = cache_page,
    .neighbours = cache_neighbours,
    .present = cache_present,
    .punch = cache_punch,
    .destroy = cache_destroy,
};

bool page_cache_is(const struct vm_object *object)
{
    return object->ops == &cache_ops;
}

struct page_cache *page_cache_create(struct page_budget *budget)
{
    struct page_cache *cache = kzalloc(sizeof(*cache));
    if (!cache)
        return NULL;
    vm_object_init(&cache->object, &cache_ops);
    cache->budget = budget;
    mutex_init(&cache->lock, LOCK_PAGE_CACHE);
    radix_init(&cache->pages, &node_memory);
    cache->lowest = ~0UL;
    return cache;
}

void page_cache_borrow(struct page_cache *cache, paddr_t base, u64 size)
{
    mutex_lock(&cache->lock);
    cache->borrowed_base = base;
    cache->borrowed_size = cache->size = size;
    mutex_unlock(&cache->lock);
}

const void *page_cache_view(struct page_cache *cache, u64 offset, size_t length)
{
    mutex_lock(&cache->lock);
    bool inside = offset <= cache->borrowed_size && length <= cache->borrowed_size - offset;
    bool untouched = cache->pages.count == 0;
    mutex_unlock(&cache->lock);
    return inside && untouched ? phys_to_virt(cache->borrowed_base + offset) : NULL;
}

/* ---- Sizes and holes --------------------------------------------------------------------------*/

/* Zero a piece of one page that the tree has. */
static void clear_piece_locked(struct page_cache *cache, u64 start, u64 end)
{
    struct page *page = own_page_locked(cache, start >> PAGE_SHIFT);
    if (page && end > start)
        memset((u8 *)page_address(page) + (start & (PAGE_SIZE - 1)), 0, end - start);
}

void page_cache_resize(struct page_cache *cache, u64 size)
{
    u64 keep = pages_for(size);
    bool last_lent = false; /* the last page is shown in place, with what is cut off now */
    mutex_lock(&cache->lock);
    bool shrinks = size <= cache->size;
    cache->size = size;
    if (shrinks) {
        remove_pages_locked(cache, keep, ~0UL);
        clear_piece_locked(cache, size, ALIGN_UP(size, PAGE_SIZE));
        last_lent = cache->lent && size < cache->borrowed_size && !IS_ALIGNED(size, PAGE_SIZE);
        cache->borrowed_size = MIN(cache->borrowed_size, size);
    }
    mutex_unlock(&cache->lock);
    if (last_lent)
        vm_object_unmap_pages(&cache->object, keep - 1, keep - 1, false);
    if (shrinks)
        vm_object_unmap_pages(&cache->object, keep, ~0UL, true);
}

/* Zero a piece of one page, wherever its bytes are. */
static int punch_piece_locked(struct page_cache *cache, u64 start, u64 end)
{
    u64 index = start >> PAGE_SHIFT;
    bool ignored;
    if (end <= start)
        return 0;
    if (start < cache->borrowed_size && !radix_find(&cache->pages, index)) {
        struct page *page;
        int error = page_make_locked(cache, index, &page, &ignored);
        if (error != 0)
            return error;
    }
    clear_piece_locked(cache, start, end);
    return 0;
}

/* Whole pages [first, end). */
static int punch_pages_locked(struct page_cache *cache, u64 first, u64 end)
{
    remove_pages_locked(cache, first, end);
    u64 borrowed = borrowed_pages(cache);
    if (end >= borrowed) {
        cache->borrowed_size = MIN(cache->borrowed_size, first << PAGE_SHIFT);
        return 0;
    }
    int error = 0;
    for (u64 index = first; index < end && error == 0; index++)
        error = tree_insert_locked(cache, index, PUNCHED);
    return error;
}

static int punch_locked(struct page_cache *cache, u64 start, u64 end)
{
    u64 first = ALIGN_UP(start, PAGE_SIZE), last = ALIGN_DOWN(end, PAGE_SIZE);
    if (first > last) /* within one page */
        return punch_piece_locked(cache, start, end);
    int error = punch_piece_locked(cache, start, first);
    if (error == 0)
        error = punch_piece_locked(cache, last, end);
    if (error == 0 && first < last)
        error = punch_pages_locked(cache, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
    return error;
}

int page_cache_punch(struct page_cache *cache, u64 start, u64 end)
{
    if (end <= start)
        return 0;
    mutex_lock(&cache->lock);
    if (end >= cache->size) /* the last page is zeros from the size on */
        end = MAX(end, ALIGN_UP(cache->size, PAGE_SIZE));
    int error = start < end ? punch_locked(cache, start, end) : 0;
    mutex_unlock(&cache->lock);
    vm_object_unmap_pages(&cache->object, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT, false);
    return error;
}

/* First index at or above `index` with data, or `end`. */
static u64 next_data_locked(const struct page_cache *cache, u64 index, u64 end)
{
    while (index < end && !has_data_locked(cache, index)) {
        index++;
        if (index >= borrowed_pages(cache) && !radix_next(&cache->pages, &index))
            return end;
    }
    return MIN(index, end);
}

static u64 next_hole_locked(const struct page_cache *cache, u64 index, u64 end)
{
    u64 borrowed = borrowed_pages(cache);
    while (index < end && has_data_locked(cache, index)) {
        if (index >= borrowed) /* where no PUNCHED is */
            index = radix_next_gap(&cache->pages, index);
        else if (cache->pages.count == 0 || radix_find(&cache->pages, index))
            index = cache->pages.count == 0 ? borrowed : index + 1;
        else /* over borrowed pages to the tree's next */
            index = radix_next(&cache->pages, &index) ? MIN(index, borrowed) : borrowed;
    }
    return MIN(index, end);
}

u64 page_cache_next_data(struct page_cache *cache, u64 position)
{
    mutex_lock(&cache->lock);
    u64 index = next_data_locked(cache, position >> PAGE_SHIFT, pages_for(cache->size));
    u64 found = MIN(MAX(index << PAGE_SHIFT, position), cache->size);
    mutex_unlock(&cache->lock);
    return found;
}

u64 page_cache_next_hole(struct page_cache *cache, u64 position)
{
    mutex_lock(&cache->lock);
    u64 index = next_hole_locked(cache, position >> PAGE_SHIFT, pages_for(cache->size));
    u64 found = MIN(MAX(index << PAGE_SHIFT, position), cache->size);
    mutex_unlock(&cache->lock);
    return found;
}

/* Is there room for as many pages as [first, end) has holes? */
static int check_room_locked(const struct page_cache *cache, u64 first, u64 end)
{
    u64 missing = 0;
    for (u64 index = first; index < end;) {
        u64 hole = next_hole_locked(cache, index, end);
        index = next_data_locked(cache, hole, end);
        missing += index - hole;
    }
    const struct page_budget *budget = cache->budget;
    if (budget && missing > budget->limit - MIN(budget->used, budget->limit))
        return -ENOSPC;
    return missing > page_free_count() ? -ENOMEM : 0;
}

int page_cache_allocate(struct page_cache *cache, u64 start, u64 end)
{
    u64 index = start >> PAGE_SHIFT, stop = pages_for(end);
    bool ignored;
    mutex_lock(&cache->lock);
    int error = check_room_locked(cache, index, stop);
    while (error == 0 && (index = next_hole_locked(cache, index, stop)) < stop) {
        struct page *page;
        error = page_make_locked(cache, index, &page, &ignored);
    }
    mutex_unlock(&cache->lock);
    return error;
}

u64 page_cache_owned(struct page_cache *cache)
{
    mutex_lock(&cache->lock);
    u64 pages = cache->owned + borrowed_pages(cache) - cache->hidden;
    mutex_unlock(&cache->lock);
    return pages;
}
