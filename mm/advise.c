/* SPDX-License-Identifier: MIT */
/*
 * What a program tells of its mappings and asks about them: madvise, msync, mincore.
 *
 * Most advice is a flag of the mapping or nothing at all; what changes memory is dropping pages,
 * holes in an object, and bringing pages. As on Linux an advice goes on behind a hole in the range
 * and tells of it at the end, and stops at the first mapping that cannot follow it.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/mman.h>

#include "arch/mmu.h"
#include "mm/aspace_internal.h"
#include "mm/vma.h"

/* The flags that an advice takes from a mapping and gives to it; false: it is not of this kind. */
static bool flags_of_advice(int advice, u32 *clear, u32 *set)
{
    static const struct {
        u8 advice;
        u32 clear, set;
    } table[] = {
        {MADV_NORMAL, VMA_RANDOM | VMA_SEQUENTIAL, 0},
        {MADV_RANDOM, VMA_SEQUENTIAL, VMA_RANDOM},
        {MADV_SEQUENTIAL, VMA_RANDOM, VMA_SEQUENTIAL},
        {MADV_DONTFORK, 0, VMA_DONT_FORK},
        {MADV_DOFORK, VMA_DONT_FORK, 0},
        {MADV_WIPEONFORK, 0, VMA_WIPE_ON_FORK},
        {MADV_KEEPONFORK, VMA_WIPE_ON_FORK, 0},
        {MADV_DONTDUMP, 0, VMA_DONT_DUMP},
        {MADV_DODUMP, VMA_DONT_DUMP, 0},
        {MADV_HUGEPAGE, VMA_NO_HUGE, VMA_HUGE},
        {MADV_NOHUGEPAGE, VMA_HUGE, VMA_NO_HUGE},
    };
    for (u32 i = 0; i < ARRAY_SIZE(table); i++) {
        if (table[i].advice != advice)
            continue;
        *clear = table[i].clear;
        *set = table[i].set;
        return true;
    }
    return false;
}

static bool advice_known(int advice)
{
    u32 clear, set;
    switch (advice) {
    case MADV_WILLNEED:
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        return true;
    default:
        return flags_of_advice(advice, &clear, &set);
    }
}

/* Make holes in the object behind [start, end). Lets go of the space's lock meanwhile. */
static int punch(struct aspace *space, const struct vma *vma, vaddr_t start, vaddr_t end)
{
    struct vm_object *object = vma->object;
    u64 first = (vma->offset + start - vma->start) >> PAGE_SHIFT;
    if ((vma->flags & VMA_LOCKED) || !object)
        return -EINVAL;
    if (!(vma->flags & VMA_SHARED) || !(vma->prot & PROT_WRITE))
        return -EACCES;
    if (!object->ops->punch)
        return -EOPNOTSUPP;
    vm_object_get(object);
    mutex_unlock(&space->lock);
    int error = object->ops->punch(object, first, (end - start) >> PAGE_SHIFT);
    vm_object_put(object);
    mutex_lock(&space->lock);
    return error;
}

static bool follows(const struct vma *vma, int advice)
{
    bool locked = vma->flags & VMA_LOCKED;
    switch (advice) {
    case MADV_FREE:
        return !vma->object && !locked;
    case MADV_DONTNEED:
    case MADV_COLD:
    case MADV_PAGEOUT:
        return !locked;
    case MADV_WIPEONFORK:
        return !vma->object;
    default:
        return true;
    }
}

/* One mapping, as far as it lies in the range: [start, end). */
static int advise_mapping(struct aspace *space, const struct vma *vma, vaddr_t start, vaddr_t end,
                          int advice)
{
    u32 clear = 0, set = 0;
    if (!follows(vma, advice))
        return -EINVAL;
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE: /* may be dropped at any time: now is such a time */
        aspace_drop_part_locked(space, start, end);
        return 0;
    case MADV_COLD:
    case MADV_PAGEOUT:  /* there is nowhere to page out to */
    case MADV_WILLNEED: /* files are in memory */
        return 0;
    case MADV_REMOVE:
        return punch(space, vma, start, end);
    default:
        (void)flags_of_advice(advice, &clear, &set);
        return aspace_change_flags_locked(space, start, end, clear, set) != 0 ? -EAGAIN : 0;
    }
}

static int advise_locked(struct aspace *space, vaddr_t start, vaddr_t end, int advice)
{
    bool holes = false;
    while (start < end) {
        const struct vma *vma = vma_find(&space->vmas, start);
        if (!vma || vma->start >= end)
            return -ENOMEM;
        holes |= vma->start > start;
        start = MAX(start, vma->start);
        vaddr_t stop = MIN(vma->end, end);
        int error = advise_mapping(space, vma, start, stop, advice);
        if (error != 0)
            return error;
        start = stop;
    }
    return holes ? -ENOMEM : 0;
}

int aspace_advise(struct aspace *space, vaddr_t address, u64 length, int advice)
{
    u64 rounded = ALIGN_UP(length, PAGE_SIZE);
    vaddr_t end = address + rounded;
    if (!advice_known(advice) || !IS_ALIGNED(address, PAGE_SIZE) || rounded < length ||
        end < address)
        return -EINVAL;
    if (advice == MADV_POPULATE_READ)
        return aspace_populate(space, address, end, POPULATE_READ);
    if (advice == MADV_POPULATE_WRITE)
        return aspace_populate(space, address, end, POPULATE_WRITE);
    mutex_lock(&space->lock);
    int error = advise_locked(space, address, end, advice);
    mutex_unlock(&space->lock);
    return error;
}

int aspace_sync(struct aspace *space, vaddr_t start, vaddr_t end, bool busy)
{
    int error = 0;
    mutex_lock(&space->lock);
    const struct vma *vma = vma_find(&space->vmas, start);
    for (; start < end && vma && error != -EBUSY; vma = vma_next(vma)) {
        if (vma->start > start)
            error = -ENOMEM;
        if (vma->start < end && busy && (vma->flags & VMA_LOCKED))
            error = -EBUSY;
        start = vma->end;
    }
    mutex_unlock(&space->lock);
    return start < end && error == 0 ? -ENOMEM : error;
}

static bool is_resident(const struct aspace *space, const struct vma *vma, vaddr_t address)
{
    paddr_t physical;
    u32 flags;
    u64 index = (vma->offset + address - vma->start) >> PAGE_SHIFT;
    return mmu_query(&space->mmu, address, &physical, &flags) ||
           (vma->object && vma->object->ops->present(vma->object, index));
}

int aspace_residency(struct aspace *space, vaddr_t address, u32 pages, u8 *out)
{
    int error = 0;
    mutex_lock(&space->lock);
    for (u32 i = 0; i < pages && error == 0; i++, address += PAGE_SIZE) {
        const struct vma *vma = aspace_find_locked(space, address);
        if (!vma || vma->start > address)
            error = -ENOMEM;
        else
            out[i] = is_resident(space, vma, address);
    }
    mutex_unlock(&space->lock);
    return error;
}

/* The protection and flags of what is replaced stay; it must be one mapping, or several of the same
 * kind in a row. */
static int remap_object_locked(struct aspace *space, vaddr_t start, vaddr_t end, u64 first_page)
{
    const struct vma *vma = vma_find(&space->vmas, start);
    if (!vma || vma->start > start || !(vma->flags & VMA_SHARED) ||
        aspace_first_hole(space, start, end) < end)
        return -EINVAL;
    struct mapping mapping = {vma->prot, vma->flags, vma->object, first_page << PAGE_SHIFT,
                              WHEREVER};
    for (; vma && vma->start < end; vma = vma_next(vma))
        if (vma->object != mapping.object || vma->flags != mapping.flags)
            return -EINVAL;
    vm_object_get(mapping.object);
    int error = aspace_map_locked(space, start, end - start, &mapping, PLACE_FIXED, &start);
    vm_object_put(mapping.object);
    return error;
}

int aspace_remap_object(struct aspace *space, vaddr_t start, u64 length, u64 first_page)
{
    mutex_lock(&space->lock);
    int error = remap_object_locked(space, start, start + length, first_page);
    mutex_unlock(&space->lock);
    return error;
}
