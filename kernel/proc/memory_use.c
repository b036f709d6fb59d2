/* SPDX-License-Identifier: MIT */
/* Counting pages; memory_use.h has the idea. */
#include "kernel/proc/memory_use.h"

#include <asm/mman.h>

#include "arch/mmu_visit.h"
#include "mm/page.h"
#include "mm/vma.h"

struct count {
    const struct vma *vma;
    struct resident_pages *pages;
};

/* The page of zeros that untouched anonymous memory shows is nobody's, on Linux too. */
static bool is_zero_page(const struct vma *vma, u32 flags)
{
    return (flags & MMU_BORROWED) && !vma->object;
}

static void count_page(vaddr_t address, paddr_t physical, u32 flags, void *context)
{
    const struct count *count = context;
    const struct vma *vma = count->vma;
    u64 size = flags & MMU_LARGE ? MMU_LARGE_SIZE : PAGE_SIZE;
    u64 pages = (MIN(address + size, vma->end) - MAX(address, vma->start)) >> PAGE_SHIFT;
    if (is_zero_page(vma, flags))
        return;
    bool of_object = vma->object && ((flags & MMU_BORROWED) || page_of(physical)->owner);
    if (!of_object) {
        count->pages->anonymous += pages;
        count->pages->huge += flags & MMU_LARGE ? pages : 0;
        return;
    }
    count->pages->dirty += (vma->flags & VMA_SHARED) && (flags & MMU_DIRTY) ? pages : 0;
    if (vm_object_is_shared_memory(vma->object))
        count->pages->shared += pages;
    else
        count->pages->file += pages;
}

static void add_mapping(const struct vma *vma, struct resident_pages *pages)
{
    struct count count = {vma, pages};
    mmu_visit(&vma->space->mmu, vma->start, vma->end, count_page, &count);
}

void memory_use_of_mapping(const struct vma *vma, struct resident_pages *out)
{
    *out = (struct resident_pages){0};
    add_mapping(vma, out);
}

void memory_use_locked(const struct aspace *space, struct memory_use *out)
{
    *out = (struct memory_use){.tables = mmu_table_pages(&space->mmu)};
    for (const struct vma *vma = vma_find(&space->vmas, 0); vma; vma = vma_next(vma)) {
        u64 pages = (vma->end - vma->start) >> PAGE_SHIFT;
        out->mapped += pages;
        out->locked += vma->flags & VMA_LOCKED ? pages : 0;
        if (vma->flags & VMA_GROWS_DOWN)
            out->stack += pages;
        else if ((vma->prot & PROT_WRITE) && !(vma->flags & VMA_SHARED))
            out->data += pages;
        else if ((vma->prot & PROT_EXEC) && !(vma->prot & PROT_WRITE))
            out->code += pages;
        u64 before = resident_sum(&out->resident);
        add_mapping(vma, &out->resident);
        out->locked_resident += vma->flags & VMA_LOCKED ? resident_sum(&out->resident) - before : 0;
    }
    out->mapped_peak = MAX(space->mapped_peak >> PAGE_SHIFT, out->mapped);
    out->resident_peak = MAX(space->resident_peak, resident_sum(&out->resident));
}

void memory_use(struct process *process, struct memory_use *out)
{
    mutex_lock(&process->space.lock);
    memory_use_locked(&process->space, out);
    mutex_unlock(&process->space.lock);
}

const char *memory_use_name(const struct process *process, const struct vma *vma)
{
    vaddr_t stack = process->layout.stack_start;
    const struct aspace *space = &process->space;
    if (vma->start < space->brk_end && vma->end > space->brk_start)
        return "[heap]";
    if (vma->start <= stack && vma->end >= stack)
        return "[stack]";
    return NULL;
}
