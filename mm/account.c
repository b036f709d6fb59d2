/* SPDX-License-Identifier: MIT */
/*
 * How much may be mapped: the limits of a process, and what the machine could ever fill.
 *
 * Nothing here is counted while mappings come and go, but for the sum of their sizes: RLIMIT_DATA is
 * mostly infinite, and where it is not, adding up the mappings is soon done. Lock: the caller holds
 * the space's.
 */
#include <asm/mman.h>

#include "mm/aspace_internal.h"
#include "mm/page.h"
#include "mm/vma.h"

#define UNLIMITED (~0UL)

/* What Linux counts as data: private, writable, no stack. */
static bool is_data(u32 prot, u32 flags)
{
    return (prot & PROT_WRITE) && !(flags & (VMA_SHARED | VMA_GROWS_DOWN));
}

static u64 data_bytes(const struct aspace *space)
{
    u64 sum = 0;
    for (const struct vma *vma = vma_find(&space->vmas, 0); vma; vma = vma_next(vma))
        if (is_data(vma->prot, vma->flags))
            sum += vma->end - vma->start;
    return sum;
}

static bool within(u64 limit, u64 used, u64 more)
{
    return more <= limit && used <= limit - more;
}

bool aspace_may_grow(const struct aspace *space, u32 prot, u32 flags, u64 bytes)
{
    const struct aspace_limits *limits = &space->limits;
    if (!within(ALIGN_DOWN(limits->address, PAGE_SIZE), space->mapped_bytes, bytes))
        return false;
    return limits->data == UNLIMITED || !is_data(prot, flags) ||
           within(ALIGN_DOWN(limits->data, PAGE_SIZE), data_bytes(space), bytes);
}

bool aspace_could_fill(u32 prot, u32 flags, bool has_object, u64 bytes)
{
    bool needs_memory = flags & VMA_SHARED ? !has_object : (prot & PROT_WRITE) != 0;
    return !needs_memory || (flags & VMA_NO_RESERVE) || bytes >> PAGE_SHIFT <= page_total_count();
}

u64 aspace_mapped_in(const struct aspace *space, vaddr_t start, vaddr_t end)
{
    u64 sum = 0;
    const struct vma *vma = vma_find(&space->vmas, start);
    for (; vma && vma->start < end; vma = vma_next(vma))
        sum += MIN(vma->end, end) - MAX(vma->start, start);
    return sum;
}
