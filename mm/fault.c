/* SPDX-License-Identifier: MIT */
/*
 * Page faults of the program: find the mapping, check the access, bring one page.
 *
 * Reading anonymous memory shows the one page of zeros until it is written. Reading an object's
 * page in place maps its neighbours too, as long as they lie next to it in memory (or, for pages
 * that the object owns, are there at all): one fault for 64 KiB of a program's text. Writing to a
 * private page that is borrowed or shared copies it. A shared mapping shows the object's own pages,
 * writable where the mapping is; a page's `owner` tells them from private ones.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "arch/upcalls.h"
#include "mm/aspace_internal.h"
#include "mm/fault_internal.h"
#include "mm/huge.h"
#include "mm/page.h"
#include "mm/vma.h"

#define FAULT_AROUND (16 * PAGE_SIZE)

u8 zero_page[PAGE_SIZE] ALIGNED(4096);

/* Emulators (QEMU's TCG) make their TLB larger only when it is flushed, and a program that never
 * sleeps and never unmaps gives them no occasion: with 256 entries for megabytes in use, copying
 * memory takes twice as long. One flush in so many new pages costs nothing on real processors. Only
 * as the program grows: a flush while little is in use makes the TLB smaller. */
#define PAGES_PER_FLUSH 512

void fault_flush_for_size(struct aspace *space)
{
    mmu_flush();
    space->pages_to_flush = space->resident_pages + PAGES_PER_FLUSH;
}

static inline int map_own(struct aspace *space, vaddr_t address, struct page *page, u32 flags)
{
    int error = mmu_map(&space->mmu, address, page_physical(page), flags);
    if (unlikely(error != 0))
        page_put(page);
    else if (unlikely(++space->resident_pages >= space->pages_to_flush))
        fault_flush_for_size(space);
    return error;
}

static int fault_anonymous(struct aspace *space, const struct vma *vma, vaddr_t address, bool write)
{
    u32 flags = aspace_page_flags(space, vma->prot);
    if (!write)
        return mmu_map(&space->mmu, address, zero_page_physical(),
                       (flags & ~MMU_WRITE) | MMU_BORROWED);
    if (huge_fits(vma, address) && huge_fault(space, vma, address))
        return 0;
    struct page *page = page_alloc_zeroed();
    return page ? map_own(space, address, page, flags) : -ENOMEM;
}

/* A private copy of what lies at `physical`. */
static int fault_copy(struct aspace *space, vaddr_t address, paddr_t physical, u32 flags)
{
    bool zeros = physical == zero_page_physical();
    struct page *page = zeros ? page_alloc_zeroed() : page_alloc(0);
    if (!page)
        return -ENOMEM;
    if (!zeros)
        page_copy(page_address(page), phys_to_virt(physical));
    return map_own(space, address, page, flags);
}

/* A page that the object lends: with its neighbours, as long as they lie next to it. */
static int map_lent(struct aspace *space, const struct vma *vma, vaddr_t address,
                    const struct vm_page *page, u32 flags)
{
    vaddr_t first = MAX(vma->start, ALIGN_DOWN(address, FAULT_AROUND));
    vaddr_t end = MIN(vma->end, ALIGN_DOWN(address, FAULT_AROUND) + FAULT_AROUND);
    u64 before = MIN((address - first) >> PAGE_SHIFT, (u64)page->before);
    u64 after = MIN((end - address) >> PAGE_SHIFT, (u64)page->run);
    u32 mapped;
    int error = mmu_map_run(&space->mmu, address - (before << PAGE_SHIFT),
                            page->physical - (before << PAGE_SHIFT), before + after,
                            (flags & ~MMU_WRITE) | MMU_BORROWED, &mapped);
    space->resident_pages += mapped;
    return error;
}

/* The object's next pages, when they are in memory already; not being able to is no error. */
static void map_neighbours(struct aspace *space, const struct vma *vma, vaddr_t address, u64 index,
                           u32 flags)
{
    paddr_t frames[FAULT_AROUND / PAGE_SIZE];
    vaddr_t end = MIN(vma->end, ALIGN_DOWN(address, FAULT_AROUND) + FAULT_AROUND);
    u32 wanted = ((end - address) >> PAGE_SHIFT) - 1, mapped;
    if (wanted == 0 || !vma->object->ops->neighbours)
        return;
    u32 count = vma->object->ops->neighbours(vma->object, index + 1, wanted, frames);
    if (count == 0)
        return;
    (void)!mmu_map_frames(&space->mmu, address + PAGE_SIZE, frames, count, flags, &mapped);
    for (u32 i = 0; i < count; i++) {
        if (mapped & 1u << i)
            space->resident_pages++;
        else
            page_put(page_of(frames[i]));
    }
}

/* The object's own page, with a reference for us. A private mapping shows it until it writes. */
static int map_shared(struct aspace *space, const struct vma *vma, vaddr_t address, bool write,
                      paddr_t physical, u64 index)
{
    u32 flags = aspace_page_flags(space, vma->prot);
    struct page *page = page_of(physical);
    if (!(vma->flags & VMA_SHARED)) {
        if (write) {
            int error = fault_copy(space, address, physical, flags);
            page_put(page);
            return error;
        }
        flags &= ~MMU_WRITE;
    }
    int error = map_own(space, address, page, flags);
    if (error == 0)
        map_neighbours(space, vma, address, index, flags);
    return error;
}

/* The page at `index` is another one now: no mapping may go on showing the old one. Lets go of the
 * space's lock for that, so the fault starts again. */
static int drop_replaced(struct aspace *space, struct vm_object *object, u64 index)
{
    vm_object_get(object);
    mutex_unlock(&space->lock);
    vm_object_unmap_pages(object, index, index, false);
    vm_object_put(object);
    mutex_lock(&space->lock);
    return -EAGAIN;
}

static int fault_object(struct aspace *space, const struct vma *vma, vaddr_t address, bool write)
{
    struct vm_object *object = vma->object;
    u32 flags = aspace_page_flags(space, vma->prot);
    u64 index = (vma->offset + address - vma->start) >> PAGE_SHIFT;
    struct vm_page page = {0};
    int error = object->ops->page(object, index, write && (vma->flags & VMA_SHARED), &page);
    if (error != 0)
        return error;
    switch (page.kind) {
    case VM_PAGE_BORROWED:
        return write ? fault_copy(space, address, page.physical, flags)
                     : map_lent(space, vma, address, &page, flags);
    case VM_PAGE_FRESH:
        return map_own(space, address, page_of(page.physical), flags);
    default:
        if (!page.replaced)
            return map_shared(space, vma, address, write, page.physical, index);
        page_put(page_of(page.physical));
        return drop_replaced(space, object, index);
    }
}

/* A write to a page that is mapped, but not writable. */
static int fault_write(struct aspace *space, const struct vma *vma, vaddr_t address,
                       paddr_t physical, u32 old)
{
    u32 flags = aspace_page_flags(space, vma->prot);
    if (old & MMU_WRITE)
        return 0; /* another processor was faster */
    if (old & MMU_LARGE)
        return huge_make_writable(space, vma, address, physical);
    if (vma->flags & VMA_SHARED)
        return old & MMU_BORROWED ? fault_object(space, vma, address, true)
                                  : mmu_map(&space->mmu, address, physical, flags);
    if (old & MMU_BORROWED) {
        int error = fault_copy(space, address, physical, flags);
        space->resident_pages -= error == 0 && physical != zero_page_physical();
        return error;
    }
    struct page *page = page_of(physical);
    if (!page->owner && __atomic_load_n(&page->refs, __ATOMIC_ACQUIRE) == 1)
        return mmu_map(&space->mmu, address, physical, flags);
    int error = fault_copy(space, address, physical, flags);
    if (error == 0) {
        space->resident_pages--;
        page_put(page);
    }
    return error;
}

static int try_bringing_page(struct aspace *space, const struct vma *vma, vaddr_t address,
                             bool write)
{
    paddr_t physical;
    u32 flags;
    if (mmu_query(&space->mmu, address, &physical, &flags))
        return write ? fault_write(space, vma, address, physical, flags) : 0;
    return vma->object ? fault_object(space, vma, address, write)
                       : fault_anonymous(space, vma, address, write);
}

/* The access is allowed: bring the page. */
static int bring_page(struct aspace *space, const struct vma *vma, vaddr_t address, bool write)
{
    int error = try_bringing_page(space, vma, address, write);
    while (unlikely(error == -ENOMEM) && huge_give_back_locked(space))
        error = try_bringing_page(space, vma, address, write);
    return error;
}

static bool access_allowed(u32 prot, u32 fault)
{
    if (fault & FAULT_EXECUTE)
        return prot & PROT_EXEC;
    if (fault & FAULT_WRITE)
        return prot & PROT_WRITE;
    return prot & (PROT_READ | PROT_WRITE | PROT_EXEC); /* x86 cannot forbid reading alone */
}

/* Extend a stack down to `address`, if its limit and the mapping below leave room. */
static bool grow_stack(struct aspace *space, struct vma *stack, vaddr_t address)
{
    vaddr_t start = ALIGN_DOWN(address, PAGE_SIZE);
    const struct vma *below = vma_prev(stack);
    u64 more = stack->start - start;
    if (!(stack->flags & VMA_GROWS_DOWN) || start < ASPACE_LOWEST ||
        stack->end - start > space->limits.stack)
        return false;
    if (below && start - below->end < STACK_GUARD_GAP && below->prot != PROT_NONE &&
        !(below->flags & VMA_GROWS_DOWN))
        return false;
    if (!aspace_may_grow(space, stack->prot, stack->flags, more))
        return false;
    space->mapped_bytes += more;
    stack->start = start;
    vma_resized(&space->vmas, stack);
    return true;
}

static int fault_locked(struct aspace *space, vaddr_t address, u32 fault, int *code)
{
    int error;
    do {
        struct vma *vma = aspace_find_locked(space, address);
        *code = SEGV_MAPERR;
        if (!vma || (vma->start > address && !grow_stack(space, vma, address)))
            return SIGSEGV;
        *code = SEGV_ACCERR;
        if (!access_allowed(vma->prot, fault))
            return SIGSEGV;
        error = bring_page(space, vma, ALIGN_DOWN(address, PAGE_SIZE), fault & FAULT_WRITE);
    } while (unlikely(error == -EAGAIN));
    if (error == 0)
        return 0;
    *code = error == -ENOMEM ? 0 : BUS_ADRERR;
    return error == -ENOMEM ? SIGKILL : SIGBUS;
}

int aspace_fault(struct aspace *space, vaddr_t address, u32 fault, int *code)
{
    mutex_lock(&space->lock);
    int signal = fault_locked(space, address, fault, code);
    mutex_unlock(&space->lock);
    return signal;
}

/* Bring pages from *start on, as far as the mapping there and `end` allow; *start follows. */
static int populate_step(struct aspace *space, vaddr_t *start, vaddr_t end, enum populate how)
{
    struct vma *vma = aspace_find_locked(space, *start);
    if (!vma || vma->start > *start)
        return -ENOMEM;
    bool write = how == POPULATE_WRITE ||
                 (how == POPULATE_TOUCH && (vma->prot & PROT_WRITE) && !(vma->flags & VMA_SHARED));
    if (!access_allowed(vma->prot, write ? FAULT_WRITE : 0))
        return -EINVAL;
    int error = 0;
    end = MIN(vma->end, end);
    while (*start < end && (error = bring_page(space, vma, *start, write)) == 0)
        *start += PAGE_SIZE;
    return error == -EAGAIN ? 0 : error; /* the lock was let go: look at the mapping again */
}

int aspace_populate(struct aspace *space, vaddr_t start, vaddr_t end, enum populate how)
{
    int error = 0;
    mutex_lock(&space->lock);
    while (start < end && error == 0)
        error = populate_step(space, &start, end, how);
    mutex_unlock(&space->lock);
    return error;
}

void aspace_populate_locked_mappings(struct aspace *space, vaddr_t start, vaddr_t end)
{
    mutex_lock(&space->lock);
    struct vma *vma;
    while (start < end && (vma = vma_find(&space->vmas, start)) != NULL && vma->start < end) {
        vaddr_t at = MAX(start, vma->start), stop = MIN(vma->end, end);
        u32 locked = vma->flags & (VMA_LOCKED | VMA_LOCK_ON_FAULT);
        while (locked == VMA_LOCKED && at < stop &&
               populate_step(space, &at, stop, POPULATE_TOUCH) == 0)
            ;
        start = stop;
    }
    mutex_unlock(&space->lock);
}

u8 *aspace_writable_page(struct aspace *space, vaddr_t address)
{
    paddr_t physical;
    u32 flags;
    vaddr_t start = ALIGN_DOWN(address, PAGE_SIZE);
    mutex_lock(&space->lock);
    struct vma *vma = aspace_find_locked(space, address);
    bool ok = vma && vma->start <= address && bring_page(space, vma, start, true) == 0 &&
              mmu_query(&space->mmu, start, &physical, &flags);
    mutex_unlock(&space->lock);
    return ok ? phys_to_virt(physical) : NULL;
}
