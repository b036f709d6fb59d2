/* SPDX-License-Identifier: MIT */
/*
 * The heap of `make CHECKED=1`, which stands in for heap.c: slow and wasteful, to find wrong uses.
 *
 * Every object has pages of its own, and lies at their beginning. What is left of them behind the
 * object is filled with a pattern, which must be whole when the object is freed. A freed object is
 * filled with another, an address that no access survives, and kept for a while: what writes to it
 * then is found when the pages are given back at last. The size stands in the last word of the
 * pages, the caller who freed it in the one before.
 * Lock: `lock` guards the ring of freed objects.
 */
#include "arch/mmu.h"
#include "kernel/core/panic.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

#define BEHIND  0xbb
#define FREED   0xdf /* 0xdfdfdfdfdfdfdfdf is not canonical */
#define FRESH   0xcd
#define KEPT    256
#define TRAILER 16
#define SPARED  2000 /* requests that do not fail on purpose */

static struct spinlock lock = SPINLOCK_INIT(LOCK_HEAP);
static struct page *kept[KEPT];
static u32 next_kept;

static size_t room_of(const struct page *page)
{
    return PAGE_SIZE << page->order;
}

static u64 *trailer_of(struct page *page)
{
    return (u64 *)((u8 *)page_address(page) + room_of(page) - TRAILER);
}

static void expect(const u8 *from, const u8 *to, u8 pattern, struct page *page, const char *what)
{
    for (const u8 *at = from; at < to; at++) {
        if (*at != pattern)
            panic("%s: %p, %lu bytes, offset %#lx is %#x; freed at %#lx", what, page_address(page),
                  trailer_of(page)[1], (u64)(at - (u8 *)page_address(page)), *at,
                  trailer_of(page)[0]);
    }
}

/* `make CHECKED=1 FAILS=n`: every n-th request fails, once the program can be expected to run. */
static bool fails_on_purpose(void)
{
    static u32 requests;
    u32 number = __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);
    return HEAP_FAILS != 0 && number > SPARED && number % MAX(HEAP_FAILS, 1) == 0;
}

void *kmalloc(size_t size)
{
    if (fails_on_purpose())
        return NULL;
    unsigned order = 0;
    while (order <= PAGE_ORDER_MAX && PAGE_SIZE << order < size + TRAILER)
        order++;
    struct page *page = order <= PAGE_ORDER_MAX ? page_alloc(order) : NULL;
    if (!page)
        return NULL;
    page->state = PAGE_HEAP;
    u8 *object = page_address(page);
    memset(object, FRESH, size);
    memset(object + size, BEHIND, room_of(page) - TRAILER - size);
    trailer_of(page)[0] = 0;
    trailer_of(page)[1] = size;
    return object;
}

void *kzalloc(size_t size)
{
    void *object = kmalloc(size);
    if (object)
        memset(object, 0, size);
    return object;
}

static void give_back(struct page *page)
{
    expect(page_address(page), (u8 *)trailer_of(page), FREED, page, "written after kfree");
    page_free(page, page->order);
}

void kfree(void *object)
{
    if (!object)
        return;
    struct page *page = page_of(ALIGN_DOWN(virt_to_phys(object), PAGE_SIZE));
    if (page->state != PAGE_HEAP || page_address(page) != object)
        panic("kfree of %p, which is not the heap's", object);
    u64 *trailer = trailer_of(page);
    if (trailer[0] != 0)
        panic("second kfree of %p, %lu bytes; freed at %#lx", object, trailer[1], trailer[0]);
    expect((u8 *)object + trailer[1], (u8 *)trailer, BEHIND, page, "written behind the end");
    memset(object, FREED, (u8 *)trailer - (u8 *)object);
    trailer[0] = (u64)__builtin_return_address(0);
    if (page->order != 0) {
        give_back(page); /* it would keep too much */
        return;
    }
    u64 flags = spin_lock_irqsave(&lock);
    struct page *oldest = kept[next_kept];
    kept[next_kept] = page;
    next_kept = (next_kept + 1) % KEPT;
    spin_unlock_irqrestore(&lock, flags);
    if (oldest)
        give_back(oldest);
}
