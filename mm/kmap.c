/* SPDX-License-Identifier: MIT */
/*
 * The two kernel areas beside the direct map.
 *
 * The map area is handed out from bottom to top and never taken back; its first pages belong to
 * arch (APIC registers). A stack slot is twice the stack's size: the lower half stays unmapped, so
 * that an overflow faults. Slots that were freed are linked for reuse and keep their pages.
 * Locks: kmap_lock guards everything here and the kernel's page tables.
 */
#include "mm/kmap.h"

#include "arch/mmu.h"
#include "boot/memory_map.h"
#include "kernel/core/spinlock.h"
#include "mm/page.h"

#define PAGES_KEPT_FOR_ARCH 16
#define SLOT_SIZE           (2 * KSTACK_SIZE)

static struct spinlock kmap_lock = SPINLOCK_INIT(LOCK_KMAP);
static vaddr_t next_map = KMAP_BASE + PAGES_KEPT_FOR_ARCH * PAGE_SIZE;
static vaddr_t next_slot = KSTACK_AREA_BASE;
static vaddr_t free_slots; /* tops; each free stack's highest word holds the next one's top */
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

/* A fresh slot. What was mapped when memory ran out is left to the next try. */
static vaddr_t slot_create_locked(void)
{
    if (next_slot + SLOT_SIZE > KSTACK_AREA_BASE + KSTACK_AREA_SIZE)
        return 0;
    vaddr_t bottom = next_slot + SLOT_SIZE - KSTACK_SIZE;
    for (u64 offset = 0; offset < KSTACK_SIZE; offset += PAGE_SIZE) {
        if (!map_stack_page_locked(bottom + offset))
            return 0;
    }
    next_slot += SLOT_SIZE;
    return bottom + KSTACK_SIZE;
}

vaddr_t kstack_alloc(void)
{
    u64 flags = spin_lock_irqsave(&kmap_lock);
    vaddr_t top = free_slots;
    if (top)
        free_slots = *((vaddr_t *)top - 1);
    else
        top = slot_create_locked();
    spin_unlock_irqrestore(&kmap_lock, flags);
    return top;
}

void kstack_free(vaddr_t top)
{
    u64 flags = spin_lock_irqsave(&kmap_lock);
    *((vaddr_t *)top - 1) = free_slots;
    free_slots = top;
    spin_unlock_irqrestore(&kmap_lock, flags);
}
