/* SPDX-License-Identifier: MIT */
/*
 * mremap: shrink, grow in place, or move a mapping together with its pages.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/mman.h>

#include "arch/usercopy.h"
#include "mm/aspace_internal.h"
#include "mm/huge.h"
#include "mm/vma.h"

/* Large pages stay large if they lie at the new place as they did at the old one. */
static int move_pages(struct aspace *space, vaddr_t from, vaddr_t to, u64 length)
{
    if (!IS_ALIGNED(from - to, MMU_LARGE_SIZE))
        huge_split_range(space, from, from + length);
    return mmu_move_range(&space->mmu, from, to, length);
}

struct remap {
    struct vma *vma;
    vaddr_t old;
    u64 old_length, new_length;
    bool keep; /* MREMAP_DONTUNMAP: the old mapping stays, without its pages */
};

/* What becomes of the old mapping once its pages have moved. */
static int leave_old(struct aspace *space, const struct remap *remap)
{
    vaddr_t end = remap->old + remap->old_length;
    if (end == remap->old)
        return 0;
    if (!remap->keep)
        return aspace_unmap_locked(space, remap->old, end);
    return aspace_change_flags_locked(space, remap->old, end, VMA_LOCKED | VMA_LOCK_ON_FAULT, 0);
}

/* Everything that can fail comes before the old pages are gone; what fails in between is undone. */
static int move(struct aspace *space, const struct remap *remap, vaddr_t address,
                enum aspace_place place, vaddr_t *out)
{
    vaddr_t old = remap->old, old_end = old + remap->old_length;
    u64 length = MIN(remap->old_length, remap->new_length);
    const struct vma *vma = remap->vma;
    struct mapping mapping = {vma->prot, vma->flags, vma->object, vma->offset + (old - vma->start),
                              vma->object ? WHEREVER : old & (MMU_LARGE_SIZE - 1)};
    if (space->vma_count >= VMA_COUNT_MAX - 3) /* as Linux: what the splits below may need */
        return -ENOMEM;
    int error = aspace_map_locked(space, address, remap->new_length, &mapping, place, out);
    if (error != 0)
        return error;
    /* The new mapping may have been joined with the old one: only now do splits last. */
    error = aspace_split_locked(space, old, old_end);
    if (error == 0)
        error = move_pages(space, old, *out, length);
    if (error == 0)
        return leave_old(space, remap);
    (void)!move_pages(space, *out, old, length); /* cannot fail: the tables there exist */
    (void)!aspace_unmap_locked(space, *out, *out + remap->new_length);
    return error;
}

static bool grow_in_place(struct aspace *space, const struct remap *remap)
{
    vaddr_t end = remap->old + remap->old_length, new_end = remap->old + remap->new_length;
    if (remap->vma->end != end || !user_range_ok(UPTR(remap->old), remap->new_length) ||
        !aspace_range_free(space, end, new_end))
        return false;
    remap->vma->end = new_end;
    space->mapped_bytes += new_end - end;
    space->last_hit = NULL;
    vma_resized(&space->vmas, remap->vma);
    vma_join(&space->vmas, remap->vma);
    return true;
}

/* May the mapping become as much larger as is asked for? */
static bool growth_allowed(const struct aspace *space, const struct remap *remap)
{
    const struct vma *vma = remap->vma;
    u64 before = remap->keep ? 0 : remap->old_length;
    u64 more = remap->new_length > before ? remap->new_length - before : 0;
    return more == 0 || (aspace_may_grow(space, vma->prot, vma->flags, more) &&
                         aspace_could_fill(vma->prot, vma->flags, vma->object, more));
}

static int remap_locked(struct aspace *space, struct remap *remap, u32 flags, vaddr_t new_address,
                        vaddr_t *out)
{
    vaddr_t old = remap->old, end = old + remap->old_length;
    remap->vma = vma_find(&space->vmas, old);
    if (!remap->vma || remap->vma->start > old)
        return -EFAULT;
    *out = old;
    /* As Linux: what is cut off may lie in other mappings, or in none. */
    if (remap->new_length <= remap->old_length && !(flags & MREMAP_FIXED) && !remap->keep)
        return remap->new_length == remap->old_length
                   ? 0
                   : aspace_unmap_locked(space, old + remap->new_length, end);
    if (remap->vma->end < end)
        return -EFAULT;
    /* Linux: an old length of 0 asks for a second view of shared pages. */
    if (remap->old_length == 0 && (!(remap->vma->flags & VMA_SHARED) || !(flags & MREMAP_MAYMOVE)))
        return -EINVAL;
    if (!growth_allowed(space, remap))
        return -ENOMEM;
    if (flags & MREMAP_FIXED)
        return move(space, remap, new_address, PLACE_FIXED, out);
    if (remap->keep)
        return move(space, remap, new_address, PLACE_ANYWHERE, out);
    if (remap->old_length == 0)
        return move(space, remap, 0, PLACE_ANYWHERE, out);
    if (grow_in_place(space, remap))
        return 0;
    return flags & MREMAP_MAYMOVE ? move(space, remap, 0, PLACE_ANYWHERE, out) : -ENOMEM;
}

static bool fixed_place_ok(const struct remap *remap, u32 flags, vaddr_t new_address)
{
    bool overlap = new_address < remap->old + remap->old_length &&
                   remap->old < new_address + remap->new_length;
    return (flags & MREMAP_MAYMOVE) && !overlap &&
           user_range_ok(UPTR(new_address), remap->new_length);
}

int aspace_remap(struct aspace *space, vaddr_t old, u64 old_length, u64 new_length, u32 flags,
                 vaddr_t new_address, vaddr_t *out)
{
    struct remap remap = {NULL, old, ALIGN_UP(old_length, PAGE_SIZE),
                          ALIGN_UP(new_length, PAGE_SIZE), flags & MREMAP_DONTUNMAP};
    if (!IS_ALIGNED(old | new_address, PAGE_SIZE) || remap.new_length == 0 ||
        remap.new_length > USER_LIMIT)
        return -EINVAL;
    if (!user_range_ok(UPTR(old), remap.old_length))
        return -EFAULT;
    if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !fixed_place_ok(&remap, flags, new_address))
        return -EINVAL;
    if (remap.keep && remap.old_length != remap.new_length)
        return -EINVAL;
    mutex_lock(&space->lock);
    int error = remap_locked(space, &remap, flags, new_address, out);
    mutex_unlock(&space->lock);
    return error;
}
