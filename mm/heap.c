/* SPDX-License-Identifier: MIT */
/*
 * Size classes over single pages; whole blocks of pages for what is larger.
 *
 * A page of a class is found through its descriptor: `owner` is the class, `in_use` counts the
 * objects taken, `first_free` is the offset of the first free object, and the first word of each
 * free object holds the offset of the next, unless it was never used (UNTOUCHED). An empty page goes back unless it is the class's only
 * one, so that a pair of calls does not carve a page every time.
 * Locks: each class has its own; the page allocator's lock is taken inside.
 */
#include "mm/heap.h"

#include "arch/mmu.h"
#include "kernel/core/panic.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/string.h"
#include "mm/huge.h"
#include "mm/page.h"

#define NO_OBJECT 0xffffffffu
/* With the offset of a free object: it and all behind it were never used and hold no links. */
#define UNTOUCHED 0x80000000u

struct size_class {
    struct spinlock lock;     /* guards `partial` and the descriptors of the class's pages */
    u32 size;                 /* bytes */
    struct list_head partial; /* pages with a free object; next is NULL before the first use */
};

#define CLASS(bytes)                                      \
    {                                                     \
        .lock = SPINLOCK_INIT(LOCK_HEAP), .size = (bytes) \
    }
static struct size_class classes[] = {
    CLASS(32),  CLASS(64),  CLASS(96),  CLASS(128),  CLASS(192),
    CLASS(256), CLASS(512), CLASS(576), CLASS(1024), CLASS(2048), /* 576: radix_node */
};
#define CLASS_SIZE_MAX 2048

/* For sizes up to 256, by 32 bytes: the class. */
static const u8 small_classes[] = {0, 0, 1, 2, 3, 4, 4, 5, 5};

static struct size_class *class_for(size_t size)
{
    if (likely(size <= 256))
        return &classes[small_classes[(size + 31) / 32]];
    struct size_class *class = classes + 6;
    while (class->size < size)
        class ++;
    return class;
}

static NOINLINE struct page *class_grow(struct size_class *class)
{
    struct page *page = page_alloc(0);
    if (!page)
        return NULL;
    page->state = PAGE_SLAB;
    page->owner = class;
    page->in_use = 0;
    page->first_free = UNTOUCHED;
    list_add(&page->link, &class->partial);
    return page;
}

static void *class_alloc_locked(struct size_class *class)
{
    if (!class->partial.next)
        list_init(&class->partial);
    struct page *page = list_first(&class->partial, struct page, link);
    if (!page)
        page = class_grow(class);
    if (!page)
        return NULL;
    u32 offset = page->first_free & ~UNTOUCHED, next = offset + class->size;
    u32 *object = (u32 *)((u8 *)page_address(page) + offset);
    if (!(page->first_free & UNTOUCHED))
        page->first_free = *object;
    else
        page->first_free = next + class->size <= PAGE_SIZE ? next | UNTOUCHED : NO_OBJECT;
    page->in_use++;
    if (page->first_free == NO_OBJECT)
        list_del(&page->link);
    return object;
}

static void class_free_locked(struct size_class *class, struct page *page, void *object)
{
    if (page->first_free == NO_OBJECT)
        list_add(&page->link, &class->partial);
    *(u32 *)object = page->first_free;
    page->first_free = (u8 *)object - (u8 *)page_address(page);
    bool only_page = class->partial.next == class->partial.prev;
    if (--page->in_use == 0 && !only_page) {
        list_del(&page->link);
        page_free(page, 0);
    }
}

static NOINLINE void *block_alloc(size_t size)
{
    unsigned order = 0;
    while (order <= PAGE_ORDER_MAX && PAGE_SIZE << order < size)
        order++;
    struct page *page = order <= PAGE_ORDER_MAX ? page_alloc(order) : NULL;
    if (!page)
        return NULL;
    page->state = PAGE_HEAP;
    return page_address(page);
}

static void *object_alloc(size_t size)
{
    struct size_class *class = class_for(size);
    u64 flags = spin_lock_irqsave(&class->lock);
    void *object = class_alloc_locked(class);
    spin_unlock_irqrestore(&class->lock, flags);
    return object;
}

void *kmalloc(size_t size)
{
    if (size > CLASS_SIZE_MAX)
        return block_alloc(size);
    void *object = object_alloc(size);
    while (unlikely(!object) && irq_enabled() && huge_give_back())
        object = object_alloc(size);
    return object;
}

void *kzalloc(size_t size)
{
    void *object = kmalloc(size);
    if (object)
        memset(object, 0, size);
    return object;
}

void kfree(void *object)
{
    if (!object)
        return;
    struct page *page = page_of(ALIGN_DOWN(virt_to_phys(object), PAGE_SIZE));
    if (page->state == PAGE_HEAP) {
        page_free(page, page->order);
        return;
    }
    if (page->state != PAGE_SLAB)
        panic("kfree of %p, which is not the heap's", object);
    struct size_class *class = page->owner;
    u64 flags = spin_lock_irqsave(&class->lock);
    class_free_locked(class, page, object);
    spin_unlock_irqrestore(&class->lock, flags);
}
