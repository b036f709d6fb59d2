/* SPDX-License-Identifier: MIT */
/*
 * Large pages: 2 MiB at once for anonymous memory that is large and aligned.
 *
 * Invariants: a large page lies inside one anonymous mapping, and that mapping is its only user.
 * Whatever puts a border between mappings, or between pages that stay and pages that go, splits it
 * first. A split cannot fail: the page table for it is set aside when the large page is made, and
 * hangs on the block's first descriptor.
 *
 * A program must not need more memory because of them. They are taken while at least a quarter of
 * memory is free; and when memory is out, they are made small and those of their pages that hold
 * nothing but zeros are given back, as if they had never been touched.
 * Locks: large_lock guards the list of spaces that have large pages; the rest is the space's.
 */
#include "mm/huge.h"

#include <asm/mman.h>

#include "arch/mmu_visit.h"
#include "kernel/core/spinlock.h"
#include "mm/aspace_internal.h"
#include "mm/fault_internal.h"
#include "mm/page.h"
#include "mm/vma.h"

#define LARGE_PAGES     (MMU_LARGE_SIZE >> PAGE_SHIFT)
#define LARGE_ORDER     PAGE_ORDER_MAX
/* Large pages are taken while this part of memory is free. */
#define FREE_PART       4
/* How many pages are given back at once before the allocation is tried again. */
#define GIVE_BACK_BATCH 512
_Static_assert(PAGE_SIZE << LARGE_ORDER == MMU_LARGE_SIZE, "a block is a large page");

static struct spinlock large_lock = SPINLOCK_INIT(LOCK_LARGE);
static struct list_head large_spaces = LIST_HEAD_INIT(large_spaces);

enum huge_policy huge_policy;

static bool policy_allows(const struct vma *vma)
{
    return huge_policy == HUGE_ALWAYS ||
           (huge_policy == HUGE_IF_ADVISED && (vma->flags & VMA_HUGE));
}

bool aspace_may_be_huge(const struct vma *vma)
{
    vaddr_t first = ALIGN_UP(vma->start, MMU_LARGE_SIZE);
    return !vma->object && !(vma->flags & (VMA_GROWS_DOWN | VMA_NO_HUGE)) &&
           !__atomic_load_n(&vma->space->no_huge, __ATOMIC_RELAXED) && policy_allows(vma) &&
           first + MMU_LARGE_SIZE <= vma->end;
}

/* The page table that is set aside for splitting a block. */
static struct page **spare_table(struct page *block)
{
    return (struct page **)&block->link.next;
}

static void remember(struct aspace *space)
{
    if (space->huge_link.next)
        return;
    spin_lock(&large_lock);
    list_add(&space->huge_link, &large_spaces);
    spin_unlock(&large_lock);
}

void huge_forget(struct aspace *space)
{
    if (!space->huge_link.next)
        return;
    spin_lock(&large_lock);
    list_del(&space->huge_link);
    space->huge_link.next = NULL;
    spin_unlock(&large_lock);
}

static bool memory_is_scarce(void)
{
    return page_free_count() < LARGE_PAGES + page_total_count() / FREE_PART;
}

/* A block of zeros with its spare table, or NULL. */
static struct page *block_create(void)
{
    struct page *table = page_alloc(0);
    struct page *block = table ? page_alloc_large() : NULL;
    if (!block) {
        if (table)
            page_free(table, 0);
        return NULL;
    }
    *spare_table(block) = table;
    for (u32 i = 0; i < LARGE_PAGES; i++)
        page_clear((u8 *)page_address(block) + i * PAGE_SIZE);
    return block;
}

static void block_free(struct page *block)
{
    page_free(*spare_table(block), 0);
    page_free(block, LARGE_ORDER);
}

bool huge_fault(struct aspace *space, const struct vma *vma, vaddr_t address)
{
    vaddr_t start = ALIGN_DOWN(address, MMU_LARGE_SIZE);
    if (!mmu_is_large_free(&space->mmu, start) || !aspace_may_be_huge(vma) || memory_is_scarce())
        return false;
    struct page *block = block_create();
    if (!block)
        return false;
    u32 flags = aspace_page_flags(space, vma->prot) | MMU_LARGE;
    if (mmu_map(&space->mmu, start, page_physical(block), flags) != 0) {
        block_free(block);
        return false;
    }
    remember(space);
    space->resident_pages += LARGE_PAGES;
    if (space->resident_pages >= space->pages_to_flush)
        fault_flush_for_size(space);
    return true;
}

int huge_make_writable(struct aspace *space, const struct vma *vma, vaddr_t address,
                       paddr_t physical)
{
    return mmu_map(&space->mmu, ALIGN_DOWN(address, MMU_LARGE_SIZE),
                   ALIGN_DOWN(physical, MMU_LARGE_SIZE),
                   aspace_page_flags(space, vma->prot) | MMU_LARGE);
}

static void split(struct aspace *space, vaddr_t start, struct page *block)
{
    struct page *table = *spare_table(block);
    for (u32 i = 0; i < LARGE_PAGES; i++) {
        block[i].state = PAGE_USED;
        block[i].order = 0;
        block[i].refs = 1;
        block[i].owner = NULL;
    }
    mmu_split_large(&space->mmu, start, page_physical(table));
}

void huge_split_at(struct aspace *space, vaddr_t address)
{
    paddr_t physical;
    u32 flags;
    vaddr_t start = ALIGN_DOWN(address, MMU_LARGE_SIZE);
    if (start != address && mmu_query(&space->mmu, start, &physical, &flags) && (flags & MMU_LARGE))
        split(space, start, page_of(physical));
}

static void split_visited(vaddr_t address, paddr_t physical, u32 flags, void *context)
{
    if (flags & MMU_LARGE)
        split(context, address, page_of(physical));
}

void huge_split_range(struct aspace *space, vaddr_t start, vaddr_t end)
{
    if (space->huge_link.next)
        mmu_visit(&space->mmu, start, end, split_visited, space);
}

void huge_release(struct aspace *space, paddr_t physical)
{
    space->resident_pages -= LARGE_PAGES;
    block_free(page_of(physical));
}

/* ---- Giving back ------------------------------------------------------------------------------*/

static bool is_zero(const u64 *page)
{
    for (u32 i = 0; i < PAGE_SIZE / sizeof(*page); i++)
        if (page[i] != 0)
            return false;
    return true;
}

struct giving {
    struct aspace *space;
    u32 given; /* pages */
};

/* The first page of a block that is all zeros, from `index` on; LARGE_PAGES when there is none. */
static u32 next_zero(struct page *block, u32 index)
{
    const u8 *bytes = page_address(block);
    while (index < LARGE_PAGES && !is_zero((const u64 *)(bytes + index * PAGE_SIZE)))
        index++;
    return index;
}

static void give_back_visited(vaddr_t address, paddr_t physical, u32 flags, void *context)
{
    struct giving *giving = context;
    if (!(flags & MMU_LARGE) || giving->given >= GIVE_BACK_BATCH)
        return;
    struct page *block = page_of(physical);
    u32 index = next_zero(block, 0);
    if (index == LARGE_PAGES)
        return;
    split(giving->space, address, block);
    for (; index < LARGE_PAGES; index = next_zero(block, index + 1)) {
        vaddr_t page = address + index * PAGE_SIZE;
        aspace_drop_pages_locked(giving->space, page, page + PAGE_SIZE);
        giving->given++;
    }
}

bool huge_give_back_locked(struct aspace *space)
{
    struct giving giving = {space, 0};
    if (!space->huge_link.next)
        return false;
    for (const struct vma *vma = vma_find(&space->vmas, 0); vma; vma = vma_next(vma))
        if (!vma->object && !(vma->flags & VMA_LOCKED))
            mmu_visit(&space->mmu, vma->start, vma->end, give_back_visited, &giving);
    return giving.given != 0;
}

bool huge_give_back(void)
{
    struct aspace *space;
    bool given = false;
    spin_lock(&large_lock);
    list_for_each_entry(space, &large_spaces, huge_link)
    {
        if (!mutex_try(&space->lock))
            continue;
        given = huge_give_back_locked(space);
        mutex_unlock(&space->lock);
        if (given)
            break;
    }
    spin_unlock(&large_lock);
    return given;
}
