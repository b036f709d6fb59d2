/* SPDX-License-Identifier: MIT */
/* Large pages. */
#include "mm/aspace.h"

bool aspace_may_be_huge(const struct vma *vma)
{
    vaddr_t first = ALIGN_UP(vma->start, MMU_LARGE_SIZE);
    return !vma->object && !(vma->flags & (VMA_GROWS_DOWN | VMA_NO_HUGE)) && !vma->space->no_huge &&
           first + MMU_LARGE_SIZE <= vma->end;
}
