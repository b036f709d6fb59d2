/* SPDX-License-Identifier: MIT */
/*
 * Locked memory. Nothing is ever paged out, so what mlock promises is that the pages are there: the
 * caller brings them (aspace_populate). The flag also keeps madvise from dropping them, and
 * VmLck of /proc/self/status adds it up.
 */
#include <asm/errno.h>

#include "mm/aspace_internal.h"
#include "mm/vma.h"

#define LOCK_FLAGS (VMA_LOCKED | VMA_LOCK_ON_FAULT)

int aspace_lock(struct aspace *space, vaddr_t address, u64 length, u32 flags)
{
    vaddr_t end = address + length;
    if (end < address)
        return -EINVAL;
    mutex_lock(&space->lock);
    vaddr_t hole = aspace_first_hole(space, address, end);
    int error = aspace_change_flags_locked(space, address, hole, LOCK_FLAGS, flags);
    mutex_unlock(&space->lock);
    return error == 0 && hole < end ? -ENOMEM : error;
}

void aspace_lock_all(struct aspace *space, u32 flags)
{
    mutex_lock(&space->lock);
    struct vma *vma = vma_find(&space->vmas, 0);
    space->last_hit = NULL;
    for (; vma; vma = vma_next(vma)) {
        vma->flags = (vma->flags & ~LOCK_FLAGS) | flags;
        vma = vma_join(&space->vmas, vma);
    }
    mutex_unlock(&space->lock);
}

void aspace_lock_future(struct aspace *space, u32 flags)
{
    mutex_lock(&space->lock);
    space->future_flags = flags;
    mutex_unlock(&space->lock);
}
