/* SPDX-License-Identifier: MIT */
/*
 * What memory lies at an address, so that all who share it agree: a place in an object for what is shared
 * or was never copied, the address itself for what is private. Futexes know each other by it.
 */
#include <asm/errno.h>
#include <asm/mman.h>

#include "mm/aspace_internal.h"
#include "mm/fault_internal.h"
#include "mm/page.h"

/* Objects get their number when somebody asks for it; none is given twice. */
static u64 number_of(struct vm_object *object)
{
    static u64 last;
    u64 number = __atomic_load_n(&object->number, __ATOMIC_RELAXED);
    if (number != 0)
        return number;
    u64 next = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    __atomic_compare_exchange_n(&object->number, &number, next, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    return object->number;
}

/* Is the page at `address` of a private mapping the object's own, and no copy? */
static bool shows_object(const struct vma *vma, vaddr_t address)
{
    paddr_t physical;
    u32 flags;
    return vma->object && mmu_query(&vma->space->mmu, address, &physical, &flags) &&
           ((flags & MMU_BORROWED) ? physical != zero_page_physical()
                                   : page_of(physical)->owner == vma->object);
}

static bool is_private(const struct vma *vma)
{
    return !(vma->flags & VMA_SHARED) && (vma->prot & PROT_WRITE);
}

/* The mapping that lets the program read, or write, at `address`; NULL. */
static const struct vma *find_locked(struct aspace *space, vaddr_t address, bool write)
{
    const struct vma *vma = aspace_find_locked(space, address);
    u32 needed = write ? PROT_WRITE : PROT_READ | PROT_WRITE;
    return vma && vma->start <= address && (vma->prot & needed) ? vma : NULL;
}

static int identify_locked(struct aspace *space, vaddr_t address, bool write,
                           struct memory_identity *out)
{
    const struct vma *vma = find_locked(space, address, write);
    if (!vma)
        return -EFAULT;
    *out = (struct memory_identity){0, address};
    if (is_private(vma))
        return 0;
    if (!(vma->flags & VMA_SHARED) && !shows_object(vma, address))
        return -EFAULT; /* zeros or a copy, and nobody can ever change them */
    *out = (struct memory_identity){number_of(vma->object), vma->offset + address - vma->start};
    return 0;
}

static bool is_anonymous(struct aspace *space, vaddr_t address)
{
    mutex_lock(&space->lock);
    const struct vma *vma = find_locked(space, address, true);
    bool anonymous = vma && is_private(vma) && !vma->object;
    mutex_unlock(&space->lock);
    return anonymous;
}

/* Of an object the page is brought first: what is beyond a file's end is nothing, and what may be written
 * is the mapping's own by then. */
int aspace_identify(struct aspace *space, vaddr_t address, bool write, struct memory_identity *out)
{
    vaddr_t page = ALIGN_DOWN(address, PAGE_SIZE);
    enum populate how = write ? POPULATE_WRITE : POPULATE_TOUCH;
    *out = (struct memory_identity){0, address};
    if (is_anonymous(space, address))
        return 0;
    if (aspace_populate(space, page, page + PAGE_SIZE, how) != 0)
        return -EFAULT;
    mutex_lock(&space->lock);
    int error = identify_locked(space, address, write, out);
    mutex_unlock(&space->lock);
    return error;
}
