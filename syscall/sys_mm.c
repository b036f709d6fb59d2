/* SPDX-License-Identifier: MIT */
/* Calls on the address space. */
#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/mman.h>

#include "arch/upcalls.h"
#include "kernel/proc/process.h"
#include "mm/page.h"
#include "syscall/descriptor.h"
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

/* What mmap was asked for, and what it shows. */
struct request {
    vaddr_t address;
    size_t length;
    u64 prot, flags;
    struct vm_object *object; /* NULL: anonymous */
    u64 offset;
};

static long map(const struct request *r)
{
    enum aspace_place place = r->flags & MAP_FIXED_NOREPLACE ? PLACE_FIXED_UNUSED
                              : r->flags & MAP_FIXED         ? PLACE_FIXED
                              : r->flags & MAP_32BIT         ? PLACE_LOW
                                                             : PLACE_ANYWHERE;
    u32 vma_flags = (r->flags & MAP_TYPE) != MAP_PRIVATE ? VMA_SHARED : 0;
    if (r->flags & MAP_GROWSDOWN)
        vma_flags |= VMA_GROWS_DOWN;
    bool needs_memory = !r->object || !(vma_flags & VMA_SHARED);
    if ((needs_memory && is_hopeless(r->length, r->prot, r->flags)) ||
        over_address_limit(r->length))
        return -ENOMEM;
    vaddr_t placed;
    int error = aspace_map(space(), r->address, r->length, r->prot & PROT_ALL, vma_flags, place,
                           r->object, r->offset, &placed);
    if (error != 0)
        return error;
    if (r->flags & (MAP_POPULATE | MAP_LOCKED))
        populate(placed, r->length, r->prot);
    return placed;
}

/* The object that a mapping of `file` shows, with a reference. */
static long object_of(struct file *file, u64 prot, bool shared, struct vm_object **out)
{
    if (!file_readable(file))
        return -EACCES;
    if (shared && (prot & PROT_WRITE) && !file_writable(file))
        return -EACCES;
    if (file->ops->map)
        return file->ops->map(file, prot, shared, out);
    if (!file->inode || !file->inode->object)
        return -ENODEV;
    *out = file->inode->object;
    vm_object_get(*out);
    return 0;
}

static long map_file(struct request *r, int fd, u64 offset)
{
    if (offset + r->length < offset)
        return -EOVERFLOW;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    bool shared = (r->flags & MAP_TYPE) != MAP_PRIVATE;
    r->offset = offset;
    if (file->dentry && file->inode->object)
        mapped_files_note(&process_current()->mapped, &(struct path){file->mount, file->dentry});
    long result = object_of(file, r->prot, shared, &r->object);
    if (result == 0) {
        result = map(r);
        vm_object_put(r->object);
    }
    file_put(file);
    return result;
}

long sys_mmap(vaddr_t address, size_t length, u64 prot, u64 flags, int fd, u64 offset)
{
    u64 type = flags & MAP_TYPE;
    if (!IS_ALIGNED(offset, PAGE_SIZE))
        return -EINVAL;
    if (length == 0 || (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
        return -EINVAL;
    if (type != MAP_PRIVATE && (type == MAP_SHARED_VALIDATE || (flags & MAP_GROWSDOWN)) &&
        (flags & MAP_ANONYMOUS))
        return -EINVAL;
    if (flags & MAP_HUGETLB)
        return -ENOMEM; /* as on a Linux whose pool of huge pages is empty */
    struct request request = {address, length, prot, flags, NULL, 0};
    return flags & MAP_ANONYMOUS ? map(&request) : map_file(&request, fd, offset);
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
