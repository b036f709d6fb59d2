/* SPDX-License-Identifier: MIT */
/*
 * The two kernel areas beside the direct map.
 *
 * The map area is handed out from bottom to top and never taken back; its first pages belong to
 * arch (APIC registers). A stack slot is twice the stack's size: the lower half stays unmapped, so
 * that an overflow faults. Slots that were freed are linked for reuse; the first of them keep their
 * pages, and kstack_trim takes those of the others, in batches, since all processors have to forget them.
 * Locks: kmap_lock guards everything here and the kernel's page tables.
 */
#include "mm/kmap.h"

#include "arch/mmu.h"
#include "boot/memory_map.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/bitmap.h"
#include "mm/page.h"

#define PAGES_KEPT_FOR_ARCH 16
#define SLOT_SIZE           (2 * KSTACK_SIZE)
/* So many free stacks stay as they are; what is beyond is taken apart by the batch. */
#define FREE_STACKS_KEPT    32
#define TRIM_BATCH          16
/* Twice as many as a process has numbers for threads: one that has ended keeps its stack for a moment. */
#define SLOTS_MAX           65536

static struct spinlock kmap_lock = SPINLOCK_INIT(LOCK_KMAP);
static vaddr_t next_map = KMAP_BASE + PAGES_KEPT_FOR_ARCH * PAGE_SIZE;
static vaddr_t free_slots; /* tops; each free stack's highest word holds the next one's top */
static u32 free_count;
/* The lowest bare slot is taken first, so that there are never more page tables than the most threads needed. */
static u64 slots_with_pages[BITMAP_WORDS(SLOTS_MAX)];
static size_t first_bare; /* none below it is bare */
static const struct boot_info *memory;

void kmap_init(const struct boot_info *boot)
{
    memory = boot;
}

static void *map_locked(paddr_t base, size_t size, u32 flags)
{
    paddr_t first = ALIGN_DOWN(base, PAGE_SIZE);
    u64 length = ALIGN_UP(base + size, PAGE_SIZE) - first;
    if (base + size < base || base + size > 1UL << 52 || length > KMAP_BASE + KMAP_SIZE - next_map)
        return NULL;
    vaddr_t address = next_map;
    for (u64 offset = 0; offset < length; offset += PAGE_SIZE)
        if (mmu_map(&mmu_kernel, address + offset, first + offset, flags | MMU_GLOBAL) != 0)
            return NULL;
    next_map += length;
    return (void *)(address + (base - first));
}

const void *kmap_physical(paddr_t base, size_t size)
{
    if (memory_map_contains(memory, base, size))
        return phys_to_virt(base);
    u64 flags = spin_lock_irqsave(&kmap_lock);
    const void *mapped = map_locked(base, size, 0);
    spin_unlock_irqrestore(&kmap_lock, flags);
    return mapped;
}

volatile void *kmap_mmio(paddr_t base, size_t size)
{
    u64 flags = spin_lock_irqsave(&kmap_lock);
    volatile void *mapped = map_locked(base, size, MMU_WRITE | MMU_DEVICE);
    spin_unlock_irqrestore(&kmap_lock, flags);
    return mapped;
}

volatile void *kmap_framebuffer(paddr_t base, size_t size)
{
    u64 flags = spin_lock_irqsave(&kmap_lock);
    volatile void *mapped = map_locked(base, size, MMU_WRITE | MMU_COMBINE);
    spin_unlock_irqrestore(&kmap_lock, flags);
    return mapped;
}

/* A page for a stack; one that is there already stays. */
static bool map_stack_page_locked(vaddr_t address)
{
    paddr_t physical;
    u32 flags;
    if (mmu_query(&mmu_kernel, address, &physical, &flags))
        return true;
    struct page *page = page_alloc(0);
    if (page && mmu_map(&mmu_kernel, address, page_physical(page), MMU_WRITE | MMU_GLOBAL) == 0)
        return true;
    if (page)
        page_free(page, 0);
    return false;
}

_Static_assert(SLOTS_MAX *SLOT_SIZE <= KSTACK_AREA_SIZE);

/* The top of a slot that has no pages yet, or no longer; 0: all have. */
static vaddr_t bare_slot_locked(void)
{
    size_t slot = bitmap_next_clear(slots_with_pages, SLOTS_MAX, first_bare);
    first_bare = slot;
    if (slot == SLOTS_MAX)
        return 0;
    bitmap_set(slots_with_pages, slot);
    return KSTACK_AREA_BASE + (slot + 1) * SLOT_SIZE;
}

static void keep_bare_locked(vaddr_t top)
{
    size_t slot = (top - KSTACK_AREA_BASE) / SLOT_SIZE - 1;
    bitmap_clear(slots_with_pages, slot);
    first_bare = MIN(first_bare, slot);
}

/* What was mapped when memory ran out is left to the next try. */
static vaddr_t slot_create_locked(void)
{
    vaddr_t top = bare_slot_locked();
    if (top == 0)
        return 0;
    for (vaddr_t page = top - KSTACK_SIZE; page < top; page += PAGE_SIZE) {
        if (!map_stack_page_locked(page)) {
            keep_bare_locked(top);
            return 0;
        }
    }
    return top;
}

vaddr_t kstack_alloc(void)
{
    u64 flags = spin_lock_irqsave(&kmap_lock);
    vaddr_t top = free_slots;
    if (top) {
        free_slots = *((vaddr_t *)top - 1);
        free_count--;
    } else {
        top = slot_create_locked();
    }
    spin_unlock_irqrestore(&kmap_lock, flags);
    return top;
}

void kstack_free(vaddr_t top)
{
    u64 flags = spin_lock_irqsave(&kmap_lock);
    *((vaddr_t *)top - 1) = free_slots;
    free_slots = top;
    free_count++;
    spin_unlock_irqrestore(&kmap_lock, flags);
}

/* ---- Giving back ------------------------------------------------------------------------------*/

struct stack_batch {
    u32 count;
    vaddr_t tops[TRIM_BATCH];
};

/* Free stacks beyond those that are kept, if they make a batch. */
static void take_batch(struct stack_batch *batch)
{
    u64 flags = spin_lock_irqsave(&kmap_lock);
    batch->count = 0;
    while (free_count >= FREE_STACKS_KEPT + TRIM_BATCH - batch->count &&
           batch->count < TRIM_BATCH) {
        batch->tops[batch->count++] = free_slots;
        free_slots = *((vaddr_t *)free_slots - 1);
        free_count--;
    }
    spin_unlock_irqrestore(&kmap_lock, flags);
}

/* No processor uses the stacks, but any may have their addresses cached. */
static void free_batch(const struct stack_batch *batch)
{
    struct page *pages[TRIM_BATCH * KSTACK_SIZE / PAGE_SIZE];
    u32 count = 0;
    u64 flags = spin_lock_irqsave(&kmap_lock);
    for (u32 i = 0; i < batch->count; i++)
        for (vaddr_t page = batch->tops[i] - KSTACK_SIZE; page < batch->tops[i]; page += PAGE_SIZE)
            pages[count++] = page_of(mmu_unmap_kernel(page));
    spin_unlock_irqrestore(&kmap_lock, flags);
    mmu_forget_kernel(batch->tops, batch->count, KSTACK_SIZE);
    while (count != 0)
        page_free(pages[--count], 0);
    flags = spin_lock_irqsave(&kmap_lock);
    for (u32 i = 0; i < batch->count; i++)
        keep_bare_locked(batch->tops[i]);
    spin_unlock_irqrestore(&kmap_lock, flags);
}

void kstack_trim(void)
{
    struct stack_batch batch;
    if (likely(__atomic_load_n(&free_count, __ATOMIC_RELAXED) < FREE_STACKS_KEPT + TRIM_BATCH))
        return;
    take_batch(&batch);
    if (batch.count != 0)
        free_batch(&batch);
}
