/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: extents of untouched memory, a buddy system over what was carved from them,
 * and a small stock of single pages for each processor.
 *
 * Invariant: a page is in exactly one of: an extent, a free block of the buddy lists, a processor's
 * stock, or somebody's hands. Descriptors are cleared for a whole 2 MiB when the first page of it
 * is carved (`cleared` has a bit for each); a block's buddy lies in the same 2 MiB.
 * Locks: zone.lock guards extents and free lists; a stock belongs to its processor with interrupts
 * off. Who only counts what is free reads the numbers as they are.
 */
#include "mm/page.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/upcalls.h"
#include "kernel/core/panic.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/string.h"
#include "mm/huge.h"

#define BLOCK_PAGES     (1UL << PAGE_ORDER_MAX)
#define LOW_MEMORY_KEPT 0x10000UL /* real-mode vectors, BIOS data, room for a start-up trampoline */
#define EXTENTS_MAX     (BOOT_MEMORY_RANGES_MAX + 2 * (BOOT_MODULES_MAX + 2))
#define RSDP_SIZE       36 /* bytes, ACPI 6.5, 5.2.5.3 */
#define FREE_PAGES_MIN \
    128 /* tables, descriptors, the first thread: well below what a program needs */
#define STOCK_MAX      32
#define STOCK_BATCH    16
/* Physical memory above this multiple of the RAM found below it would need more descriptors than
 * it is worth. */
#define SPARSENESS_MAX 64

struct extent {
    paddr_t start, end;
};

static struct {
    struct spinlock lock; /* guards all below */
    u32 extent_count;
    struct extent extents[EXTENTS_MAX];
    struct list_head free[PAGE_ORDER_MAX + 1];
    u64 free_pages; /* in extents and free lists */
    u64 total_pages;
} zone = {.lock = SPINLOCK_INIT(LOCK_ZONE)};

struct stock {
    u32 count;
    struct page *pages[STOCK_MAX];
};
static struct stock stocks[CPUS_MAX];

struct page *page_descriptors;
static u8 *cleared; /* a bit for each 2 MiB whose descriptors are valid */

static void extent_add(paddr_t start, paddr_t end)
{
    if (start >= end || zone.extent_count == EXTENTS_MAX)
        return;
    zone.extents[zone.extent_count++] = (struct extent){start, end};
    zone.free_pages += (end - start) >> PAGE_SHIFT;
}

/* Take [start, end), rounded outwards, out of all extents. */
static void extent_cut(paddr_t start, paddr_t end)
{
    start = ALIGN_DOWN(start, PAGE_SIZE);
    end = ALIGN_UP(end, PAGE_SIZE);
    for (u32 i = 0, count = zone.extent_count; i < count; i++) {
        struct extent old = zone.extents[i];
        if (old.end <= start || old.start >= end)
            continue;
        zone.free_pages -= (old.end - old.start) >> PAGE_SHIFT;
        zone.extents[i].end = zone.extents[i].start;
        extent_add(old.start, MIN(old.end, start));
        extent_add(MAX(old.start, end), old.end);
    }
}

bool page_init(const struct boot_info *boot)
{
    for (unsigned order = 0; order <= PAGE_ORDER_MAX; order++)
        list_init(&zone.free[order]);
    u64 ram_below = 0;
    for (u32 i = 0; i < boot->memory_count; i++) {
        const struct memory_range *range = &boot->memory[i];
        u64 end = MIN(range->base + range->size, DIRECT_MAP_SIZE);
        bool too_sparse = ram_below != 0 && end / SPARSENESS_MAX > ram_below + range->size;
        if (!too_sparse)
            extent_add(range->base, end);
        ram_below += range->size;
    }
    extent_cut(0, LOW_MEMORY_KEPT);
    extent_cut(mmu_image_start(), mmu_image_end());
    for (u32 i = 0; i < boot->module_count; i++)
        if (boot->modules[i].size != 0)
            extent_cut(boot->modules[i].base, boot->modules[i].base + boot->modules[i].size);
    if (boot->rsdp != 0) /* under Multiboot2 a copy in ordinary memory */
        extent_cut(boot->rsdp, boot->rsdp + RSDP_SIZE);
    zone.total_pages = zone.free_pages;
    return zone.free_pages >= FREE_PAGES_MIN;
}

static struct extent *extent_largest(void)
{
    struct extent *largest = &zone.extents[0];
    for (u32 i = 1; i < zone.extent_count; i++)
        if (zone.extents[i].end - zone.extents[i].start > largest->end - largest->start)
            largest = &zone.extents[i];
    return largest;
}

/* Memory for good, from the top of the largest extent; before there are descriptors. */
static paddr_t extent_take(u64 size)
{
    struct extent *extent = extent_largest();
    if (zone.extent_count == 0 || extent->end - extent->start < size)
        panic("out of memory at boot: %lu KiB wanted, %lu KiB free", size / KIB,
              zone.free_pages * PAGE_SIZE / KIB);
    extent->end -= size;
    zone.free_pages -= size >> PAGE_SHIFT;
    return extent->end;
}

void page_init_descriptors(void)
{
    paddr_t top = 0;
    for (u32 i = 0; i < zone.extent_count; i++)
        if (zone.extents[i].end > zone.extents[i].start)
            top = MAX(top, zone.extents[i].end);
    u64 blocks = (top >> PAGE_SHIFT) / BLOCK_PAGES + 1;
    u64 bitmap_size = ALIGN_UP(blocks, 64) / 8;
    u64 size = ALIGN_UP(blocks * BLOCK_PAGES * sizeof(struct page) + bitmap_size, PAGE_SIZE);
    struct page *array = phys_to_virt(extent_take(size));
    cleared = (u8 *)(array + blocks * BLOCK_PAGES);
    memset(cleared, 0, bitmap_size);
    page_descriptors = array;
}

static void block_push(struct page *page, unsigned order)
{
    page->state = PAGE_FREE;
    page->order = order;
    list_add(&page->link, &zone.free[order]);
}

/* Put a block on the free lists, joined with its buddy as long as that is free. */
static void block_free_locked(struct page *page, unsigned order)
{
    u64 frame = page - page_descriptors;
    zone.free_pages += 1UL << order;
    page->state = PAGE_OUTSIDE;
    for (; order < PAGE_ORDER_MAX; order++) {
        struct page *buddy = &page_descriptors[frame ^ (1UL << order)];
        if (buddy->state != PAGE_FREE || buddy->order != order)
            break;
        list_del(&buddy->link);
        buddy->state = PAGE_OUTSIDE;
        frame &= ~(1UL << order);
    }
    block_push(&page_descriptors[frame], order);
}

/* Move the last 2 MiB (or what there is of them) of an extent to the free lists. */
static bool carve_locked(void)
{
    struct extent *extent = NULL;
    for (u32 i = zone.extent_count; i-- > 0 && !extent;)
        if (zone.extents[i].end > zone.extents[i].start)
            extent = &zone.extents[i];
    if (!extent)
        return false;
    paddr_t block = ALIGN_DOWN(extent->end - 1, BLOCK_PAGES * PAGE_SIZE);
    paddr_t start = MAX(extent->start, block), end = extent->end;
    extent->end = start;
    u64 number = block / (BLOCK_PAGES * PAGE_SIZE);
    if (!(cleared[number / 8] & 1u << number % 8)) {
        memset(page_of(block), 0, BLOCK_PAGES * sizeof(struct page));
        cleared[number / 8] |= 1u << number % 8;
    }
    zone.free_pages -= (end - start) >> PAGE_SHIFT; /* block_free_locked counts them again */
    while (start < end) {
        unsigned order = PAGE_ORDER_MAX;
        while (!IS_ALIGNED(start, PAGE_SIZE << order) || end - start < PAGE_SIZE << order)
            order--;
        block_free_locked(page_of(start), order);
        start += PAGE_SIZE << order;
    }
    return true;
}

static struct page *block_alloc_locked(unsigned order)
{
    for (;;) {
        for (unsigned o = order; o <= PAGE_ORDER_MAX; o++) {
            struct page *page = list_first(&zone.free[o], struct page, link);
            if (!page)
                continue;
            list_del(&page->link);
            while (o > order) {
                o--;
                block_push(page + (1UL << o), o);
            }
            zone.free_pages -= 1UL << order;
            return page;
        }
        if (!carve_locked())
            return NULL;
    }
}

static struct page *page_taken(struct page *page, unsigned order)
{
    page->state = PAGE_USED;
    page->order = order;
    page->refs = 1;
    page->owner = NULL;
    return page;
}

static struct page *stock_take(void)
{
    u64 flags = irq_save();
    struct stock *stock = &stocks[cpu_index()];
    if (stock->count == 0) {
        spin_lock(&zone.lock);
        while (stock->count < STOCK_BATCH) {
            struct page *page = block_alloc_locked(0);
            if (!page)
                break;
            page->state = PAGE_USED;
            stock->pages[stock->count++] = page;
        }
        spin_unlock(&zone.lock);
    }
    struct page *page = stock->count ? stock->pages[--stock->count] : NULL;
    irq_restore(flags);
    return page;
}

static void stock_return(struct page *page)
{
    u64 flags = irq_save();
    struct stock *stock = &stocks[cpu_index()];
    if (stock->count == STOCK_MAX) {
        spin_lock(&zone.lock);
        while (stock->count > STOCK_MAX - STOCK_BATCH)
            block_free_locked(stock->pages[--stock->count], 0);
        spin_unlock(&zone.lock);
    }
    stock->pages[stock->count++] = page;
    irq_restore(flags);
}

static struct page *alloc_once(unsigned order)
{
    struct page *page;
    if (order == 0) {
        page = stock_take();
    } else {
        u64 flags = spin_lock_irqsave(&zone.lock);
        page = block_alloc_locked(order);
        spin_unlock_irqrestore(&zone.lock, flags);
    }
    return page ? page_taken(page, order) : NULL;
}

struct page *page_alloc(unsigned order)
{
    struct page *page = alloc_once(order);
    /* With interrupts off the caller may hold any lock. */
    while (unlikely(!page) && irq_enabled() && huge_give_back())
        page = alloc_once(order);
    return page;
}

struct page *page_alloc_large(void)
{
    return alloc_once(PAGE_ORDER_MAX);
}

struct page *page_alloc_zeroed(void)
{
    struct page *page = page_alloc(0);
    if (page)
        page_clear(page_address(page));
    return page;
}

void page_free(struct page *page, unsigned order)
{
    if (order == 0) {
        stock_return(page);
        return;
    }
    u64 flags = spin_lock_irqsave(&zone.lock);
    block_free_locked(page, order);
    spin_unlock_irqrestore(&zone.lock, flags);
}

u64 page_free_count(void)
{
    u64 stocked = 0;
    for (u32 cpu = 0; cpu < CPUS_MAX; cpu++)
        stocked += __atomic_load_n(&stocks[cpu].count, __ATOMIC_RELAXED);
    return __atomic_load_n(&zone.free_pages, __ATOMIC_RELAXED) + stocked;
}

u64 page_total_count(void)
{
    return zone.total_pages;
}

void page_clear(void *page)
{
    u64 count = PAGE_SIZE / 8;
    __asm__ volatile("rep stosq" : "+D"(page), "+c"(count) : "a"(0UL) : "memory");
}

void page_copy(void *to, const void *from)
{
    u64 count = PAGE_SIZE / 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

paddr_t arch_upcall_table_page(void)
{
    if (!page_descriptors) {
        paddr_t page = extent_take(PAGE_SIZE);
        mmu_early_zero(page);
        return page;
    }
    struct page *page = page_alloc_zeroed();
    return page ? page_physical(page) : 0;
}

void arch_upcall_table_page_free(paddr_t page)
{
    page_free(page_of(page), 0);
}
