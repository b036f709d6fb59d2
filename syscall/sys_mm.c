/* SPDX-License-Identifier: MIT */
/* Calls on the address space. */
#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/mman.h>

#include "arch/upcalls.h"
#include "kernel/proc/process.h"
#include "mm/page.h"
#include "syscall/table.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

static struct aspace *space(void)
{
    return &process_current()->space;
}

/* Linux's heuristic overcommit: what could never be filled is refused at once. */
static bool is_hopeless(u64 length, u64 prot, u64 flags)
{
    return !(flags & MAP_NORESERVE) && (prot & PROT_WRITE) &&
           length >> PAGE_SHIFT > page_total_count();
}

/* True when `length` more bytes are too many for RLIMIT_AS. */
static bool over_address_limit(u64 length)
{
    length = ALIGN_UP(length, PAGE_SIZE);
    u64 limit = process_current()->limits[RLIMIT_AS].rlim_cur;
    return limit != RLIM64_INFINITY && (length > limit || space()->mapped_bytes > limit - length);
}

/* Touch every page, as MAP_POPULATE asks; what cannot be had is left to the first access. */
static void populate(vaddr_t address, u64 length, u64 prot)
{
    u32 fault = prot & PROT_WRITE ? FAULT_WRITE : 0;
    int code;
    for (u64 offset = 0; offset < length && prot != PROT_NONE; offset += PAGE_SIZE)
        if (aspace_fault(space(), address + offset, fault, &code) != 0)
            break;
}

static long map_anonymous(vaddr_t address, size_t length, u64 prot, u64 flags)
{
    enum aspace_place place = flags & MAP_FIXED_NOREPLACE ? PLACE_FIXED_UNUSED
                              : flags & MAP_FIXED         ? PLACE_FIXED
                              : flags & MAP_32BIT         ? PLACE_LOW
                                                          : PLACE_ANYWHERE;
    u32 vma_flags = (flags & MAP_TYPE) != MAP_PRIVATE ? VMA_SHARED : 0;
    if (flags & MAP_GROWSDOWN)
        vma_flags |= VMA_GROWS_DOWN;
    if (is_hopeless(length, prot, flags) || over_address_limit(length))
        return -ENOMEM;
    vaddr_t placed;
    int error =
        aspace_map(space(), address, length, prot & PROT_ALL, vma_flags, place, NULL, 0, &placed);
    if (error != 0)
        return error;
    if (flags & (MAP_POPULATE | MAP_LOCKED))
        populate(placed, length, prot);
    return placed;
}

long sys_mmap(vaddr_t address, size_t length, u64 prot, u64 flags, int fd, u64 offset)
{
    u64 type = flags & MAP_TYPE;
    if (!IS_ALIGNED(offset, PAGE_SIZE))
        return -EINVAL;
    if (!(flags & MAP_ANONYMOUS)) {
        struct file *file = fdtable_get(&process_current()->files, fd);
        if (!file)
            return -EBADF;
        file_put(file);
    }
    if (length == 0 || (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
        return -EINVAL;
    if (type != MAP_PRIVATE && (type == MAP_SHARED_VALIDATE || (flags & MAP_GROWSDOWN)) &&
        (flags & MAP_ANONYMOUS))
        return -EINVAL;
    if (!(flags & MAP_ANONYMOUS))
        return -ENODEV; /* the console cannot be mapped, and there are no other files yet */
    if (flags & MAP_HUGETLB)
        return -ENOMEM; /* as on a Linux whose pool of huge pages is empty */
    return map_anonymous(address, length, prot, flags);
}

long sys_munmap(vaddr_t address, size_t length)
{
    return aspace_unmap(space(), address, length);
}

long sys_mprotect(vaddr_t address, size_t length, u64 prot)
{
    u64 grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    bool unknown = prot & ~(u64)(PROT_ALL | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP);
    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (unknown && length != 0))
        return -EINVAL;
    return aspace_protect(space(), address, length, prot & PROT_ALL);
}

long sys_mremap(vaddr_t old_address, size_t old_length, size_t new_length, u64 flags,
                vaddr_t new_address)
{
    if (flags & ~(u64)(MREMAP_MAYMOVE | MREMAP_FIXED))
        return -EINVAL;
    if (is_hopeless(new_length, PROT_WRITE, 0))
        return -ENOMEM;
    if (new_length > old_length && over_address_limit(new_length - old_length))
        return -ENOMEM;
    vaddr_t placed;
    int error = aspace_remap(space(), old_address, old_length, new_length, flags,
                             flags & MREMAP_FIXED ? new_address : 0, &placed);
    return error != 0 ? error : (long)placed;
}

long sys_madvise(vaddr_t address, size_t length, int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE: /* may be dropped at any time: now is such a time */
        return aspace_discard(space(), address, length);
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
        return aspace_check_mapped(space(), address, length);
    default:
        return -EINVAL;
    }
}

long sys_brk(vaddr_t end)
{
    u64 limit = process_current()->limits[RLIMIT_DATA].rlim_cur;
    vaddr_t now = space()->brk_end;
    if (end > now && (over_address_limit(end - now) || end - space()->brk_start > limit))
        return now;
    return aspace_brk(space(), end);
}
