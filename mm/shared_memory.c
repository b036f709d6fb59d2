/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory that is shared (MAP_SHARED | MAP_ANONYMOUS): an object of pages that come into
 * being at the first touch and stay until the last mapping goes, also through MADV_DONTNEED.
 * Lock: the object's mutex guards the tree; taken under a space's lock.
 */
#include <asm/errno.h>

#include "kernel/core/mutex.h"
#include "kernel/lib/radix.h"
#include "mm/heap.h"
#include "mm/page.h"
#include "mm/vm_object.h"

struct shared_memory {
    struct vm_object object;
    u64 size;           /* bytes; never changes */
    struct mutex lock;  /* guards pages */
    struct radix pages; /* struct page, one reference each */
};

static const struct radix_memory node_memory = {kmalloc, kfree};

static struct shared_memory *shared_of(struct vm_object *object)
{
    return container_of(object, struct shared_memory, object);
}

static struct page *page_make_locked(struct shared_memory *memory, u64 index)
{
    struct page *page = page_alloc_zeroed();
    if (!page)
        return NULL;
    page->owner = &memory->object;
    if (radix_insert(&memory->pages, index, page) == 0)
        return page;
    page_put(page);
    return NULL;
}

static int shared_page(struct vm_object *object, u64 index, bool write, struct vm_page *out)
{
    struct shared_memory *memory = shared_of(object);
    (void)write; /* all pages are the object's own */
    if (index >= memory->size >> PAGE_SHIFT)
        return -EFAULT;
    mutex_lock(&memory->lock);
    struct page *page = radix_find(&memory->pages, index);
    if (!page)
        page = page_make_locked(memory, index);
    if (page)
        page_get(page);
    mutex_unlock(&memory->lock);
    if (!page)
        return -ENOMEM;
    *out = (struct vm_page){.physical = page_physical(page), .kind = VM_PAGE_SHARED};
    return 0;
}

static u32 shared_neighbours(struct vm_object *object, u64 index, u32 count, paddr_t *out)
{
    struct shared_memory *memory = shared_of(object);
    struct page *page;
    u32 found = 0;
    mutex_lock(&memory->lock);
    while (found < count && (page = radix_find(&memory->pages, index + found))) {
        page_get(page);
        out[found++] = page_physical(page);
    }
    mutex_unlock(&memory->lock);
    return found;
}

static bool shared_present(struct vm_object *object, u64 index)
{
    struct shared_memory *memory = shared_of(object);
    mutex_lock(&memory->lock);
    bool present = radix_find(&memory->pages, index) != NULL;
    mutex_unlock(&memory->lock);
    return present;
}

static int shared_punch(struct vm_object *object, u64 first, u64 count)
{
    struct shared_memory *memory = shared_of(object);
    u64 index = first;
    mutex_lock(&memory->lock);
    while (memory->pages.count != 0 && radix_next(&memory->pages, &index) && index - first < count)
        page_put(radix_remove(&memory->pages, index));
    mutex_unlock(&memory->lock);
    vm_object_unmap_pages(object, first, first + count - 1, false);
    return 0;
}

static void shared_destroy(struct vm_object *object)
{
    struct shared_memory *memory = shared_of(object);
    u64 index = 0;
    while (radix_next(&memory->pages, &index))
        page_put(radix_remove(&memory->pages, index));
    kfree(memory);
}

static const struct vm_object_ops shared_ops = {
    .page = shared_page,
    .neighbours = shared_neighbours,
    .present = shared_present,
    .punch = shared_punch,
    .destroy = shared_destroy,
};

struct vm_object *vm_shared_create(u64 size)
{
    struct shared_memory *memory = kmalloc(sizeof(*memory));
    if (!memory)
        return NULL;
    vm_object_init(&memory->object, &shared_ops);
    memory->size = ALIGN_UP(size, PAGE_SIZE);
    mutex_init(&memory->lock, LOCK_SHARED_MEMORY);
    radix_init(&memory->pages, &node_memory);
    return &memory->object;
}

bool vm_object_is_shared_memory(const struct vm_object *object)
{
    return object->ops == &shared_ops;
}
