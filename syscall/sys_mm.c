/* SPDX-License-Identifier: MIT */
/* Calls on the address space. */
#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/mman.h>

#include "arch/usercopy.h"
#include "kernel/proc/process.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

static struct aspace *space(void)
{
    return &process_current()->space;
}

/* What mmap was asked for, and what it shows. */
struct request {
    vaddr_t address;
    size_t length;
    u64 prot, flags;
    struct vm_object *object; /* NULL: anonymous */
    u64 offset;
    u32 vma_flags;
};

/* The VMA_* flags that the request asks for. The stack of a thread is large and hardly used: no
 * large pages for it (as Linux since 6.7). */
static u32 flags_wanted(u64 flags)
{
    return ((flags & MAP_TYPE) != MAP_PRIVATE ? VMA_SHARED : 0) |
           (flags & MAP_GROWSDOWN ? VMA_GROWS_DOWN : 0) |
           (flags & MAP_NORESERVE ? VMA_NO_RESERVE : 0) | (flags & MAP_LOCKED ? VMA_LOCKED : 0) |
           (flags & MAP_STACK ? VMA_NO_HUGE : 0);
}

/* Files whose last mapping went away need not be kept any more. */
static void let_go_of_files(void)
{
    struct process *process = process_current();
    if (likely(!__atomic_load_n(&process->space.objects_left, __ATOMIC_RELAXED)))
        return;
    __atomic_store_n(&process->space.objects_left, false, __ATOMIC_SEQ_CST);
    mapped_files_trim(&process->mapped);
}

/* What MAP_POPULATE, MAP_LOCKED and mlockall ask for; what cannot be had is left to the first
 * access. */
static void populate(const struct request *r, vaddr_t start)
{
    vaddr_t end = start + ALIGN_UP(r->length, PAGE_SIZE);
    if ((r->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
        (void)!aspace_populate(space(), start, end, POPULATE_TOUCH);
    else if ((r->vma_flags | space()->future_flags) & VMA_LOCKED)
        aspace_populate_locked_mappings(space(), start, end);
}

static long map(const struct request *r)
{
    enum aspace_place place = r->flags & MAP_FIXED_NOREPLACE ? PLACE_FIXED_UNUSED
                              : r->flags & MAP_FIXED         ? PLACE_FIXED
                              : r->flags & MAP_32BIT         ? PLACE_LOW
                                                             : PLACE_ANYWHERE;
    vaddr_t placed;
    int error = aspace_map(space(), r->address, r->length, r->prot & PROT_ALL, r->vma_flags, place,
                           r->object, r->offset, &placed);
    if (error != 0)
        return error;
    populate(r, placed);
    let_go_of_files();
    return placed;
}

/* The object that a mapping of `file` shows, with a reference; *vma_flags may get VMA_READ_ONLY. */
static long object_of(struct file *file, u64 prot, u32 *vma_flags, struct vm_object **out)
{
    bool shared = *vma_flags & VMA_SHARED;
    if (!file_readable(file) || (shared && (prot & PROT_WRITE) && !file_writable(file)))
        return -EACCES;
    if (shared && !file_writable(file))
        *vma_flags |= VMA_READ_ONLY;
    if (file->ops->map)
        return file->ops->map(file, prot, vma_flags, out);
    if (!file->inode || !file->inode->object)
        return -ENODEV;
    *out = file->inode->object;
    vm_object_get(*out);
    return 0;
}

/* Flags that MAP_SHARED_VALIDATE knows (Linux: LEGACY_MAP_MASK). */
#define FLAGS_KNOWN                                                                          \
    (MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | \
     MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE |         \
     MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT | MAP_HUGE_2MB | MAP_HUGE_1GB)

/* What anonymous memory and files refuse alike. */
static long check_request(const struct request *r)
{
    u64 type = r->flags & MAP_TYPE;
    if (r->length == 0 || type < MAP_SHARED || type > MAP_SHARED_VALIDATE)
        return -EINVAL;
    return ALIGN_UP(r->length, PAGE_SIZE) == 0 ? -ENOMEM : 0;
}

static long map_open_file(struct request *r, struct file *file)
{
    long result = check_request(r);
    if (result != 0)
        return result;
    if (r->length > INT64_MAX || r->offset > INT64_MAX - r->length)
        return -EOVERFLOW;
    if ((r->flags & MAP_TYPE) == MAP_SHARED_VALIDATE && (r->flags & ~(u64)FLAGS_KNOWN))
        return -EOPNOTSUPP;
    result = object_of(file, r->prot, &r->vma_flags, &r->object);
    if (result == 0 && (r->flags & MAP_GROWSDOWN))
        result = -EINVAL;
    if (result == 0) {
        result = map(r);
        /* Not before: another thread's munmap would take it for one that is mapped no more. */
        if (result >= 0 && file->dentry && file->inode->object)
            mapped_files_note(&process_current()->mapped,
                              &(struct path){file->mount, file->dentry});
    }
    vm_object_put(r->object);
    return result;
}

static long map_file(struct request *r, int fd)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    bool huge = r->flags & MAP_HUGETLB; /* no file has such pages */
    long result = huge ? -EINVAL : map_open_file(r, file);
    file_put(file);
    return result;
}

static long map_anonymous(struct request *r)
{
    u64 type = r->flags & MAP_TYPE;
    if (r->flags & MAP_HUGETLB) /* as on a Linux whose pool of huge pages is empty */
        return -ENOMEM;
    long result = check_request(r);
    if (result == 0 &&
        (type == MAP_SHARED_VALIDATE || (type == MAP_SHARED && (r->flags & MAP_GROWSDOWN))))
        result = -EINVAL;
    r->offset = 0;
    return result != 0 ? result : map(r);
}

long sys_mmap(vaddr_t address, size_t length, u64 prot, u64 flags, int fd, u64 offset)
{
    struct request request = {address, length, prot, flags, NULL, offset, flags_wanted(flags)};
    if (!IS_ALIGNED(offset, PAGE_SIZE))
        return -EINVAL;
    return flags & MAP_ANONYMOUS ? map_anonymous(&request) : map_file(&request, fd);
}

long sys_munmap(vaddr_t address, size_t length)
{
    int error = aspace_unmap(space(), address, length);
    let_go_of_files();
    return error;
}

long sys_mprotect(vaddr_t address, size_t length, u64 prot)
{
    u64 grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    bool unknown = prot & ~(u64)(PROT_ALL | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP);
    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (unknown && length != 0))
        return -EINVAL;
    return aspace_protect(space(), address, length, (prot & PROT_ALL) | grows);
}

long sys_mremap(vaddr_t old_address, size_t old_length, size_t new_length, u64 flags,
                vaddr_t new_address)
{
    const u64 to_address = MREMAP_FIXED | MREMAP_DONTUNMAP;
    if (flags & ~(u64)(MREMAP_MAYMOVE | to_address))
        return -EINVAL;
    vaddr_t placed;
    int error = aspace_remap(space(), old_address, old_length, new_length, flags,
                             flags & to_address ? new_address : 0, &placed);
    if (error != 0)
        return error;
    if (new_length > old_length)
        aspace_populate_locked_mappings(space(), placed + ALIGN_DOWN(old_length, PAGE_SIZE),
                                        placed + ALIGN_UP(new_length, PAGE_SIZE));
    let_go_of_files();
    return placed;
}

/* The old way to a mapping whose pages are out of order. Linux, too, makes several mappings of it. */
long sys_remap_file_pages(vaddr_t start, size_t size, u64 prot, u64 first_page, u64 flags)
{
    (void)flags; /* MAP_NONBLOCK: nothing is read */
    start = ALIGN_DOWN(start, PAGE_SIZE);
    size = ALIGN_DOWN(size, PAGE_SIZE);
    u64 end_page = first_page + (size >> PAGE_SHIFT);
    if (prot != 0 || start + size <= start || end_page < first_page || end_page > 1UL << 52)
        return -EINVAL;
    return aspace_remap_object(space(), start, size, first_page);
}

long sys_madvise(vaddr_t address, size_t length, int advice)
{
    return aspace_advise(space(), address, length, advice);
}

long sys_msync(vaddr_t start, size_t length, int flags)
{
    u64 rounded = ALIGN_UP(length, PAGE_SIZE);
    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || !IS_ALIGNED(start, PAGE_SIZE) ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (start + rounded < start)
        return -ENOMEM;
    return aspace_sync(space(), start, start + rounded, flags & MS_INVALIDATE);
}

long sys_mincore(vaddr_t start, size_t length, uptr vector)
{
    u8 piece[256];
    u64 pages = (length >> PAGE_SHIFT) + !IS_ALIGNED(length, PAGE_SIZE);
    if (!IS_ALIGNED(start, PAGE_SIZE))
        return -EINVAL;
    if (!user_range_ok(UPTR(start), length))
        return -ENOMEM;
    for (u64 done = 0; done < pages; done += sizeof(piece)) {
        u32 count = MIN(pages - done, sizeof(piece));
        int error = aspace_residency(space(), start + (done << PAGE_SHIFT), count, piece);
        if (error != 0)
            return error;
        if (usercopy_to(UPTR_ADD(vector, done), piece, count) != 0)
            return -EFAULT;
    }
    return 0;
}

/* ---- Locked memory: the program is root, whom RLIMIT_MEMLOCK does not bind --------------------*/

static long lock(vaddr_t start, size_t length, u32 flags)
{
    u64 rounded = ALIGN_UP(length + (start & (PAGE_SIZE - 1)), PAGE_SIZE);
    start = ALIGN_DOWN(start, PAGE_SIZE);
    int error = aspace_lock(space(), start, rounded, flags);
    if (error != 0 || flags != VMA_LOCKED)
        return error;
    /* What POSIX wants to hear (Linux: __mlock_posix_error_return), as far as it can be told. */
    error = aspace_populate(space(), start, start + rounded, POPULATE_TOUCH);
    return error == -ENOMEM ? -EAGAIN : error != 0 ? -ENOMEM : 0;
}

long sys_mlock(vaddr_t start, size_t length)
{
    return lock(start, length, VMA_LOCKED);
}

long sys_mlock2(vaddr_t start, size_t length, int flags)
{
    if (flags & ~MLOCK_ONFAULT)
        return -EINVAL;
    return lock(start, length, flags ? VMA_LOCKED | VMA_LOCK_ON_FAULT : VMA_LOCKED);
}

long sys_munlock(vaddr_t start, size_t length)
{
    return lock(start, length, 0);
}

long sys_mlockall(int flags)
{
    if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
        return -EINVAL;
    u32 locked = VMA_LOCKED | (flags & MCL_ONFAULT ? VMA_LOCK_ON_FAULT : 0);
    aspace_lock_future(space(), flags & MCL_FUTURE ? locked : 0);
    if (flags & MCL_CURRENT) {
        aspace_lock_all(space(), locked);
        aspace_populate_locked_mappings(space(), 0, USER_LIMIT);
    }
    return 0;
}

long sys_munlockall(void)
{
    aspace_lock_future(space(), 0);
    aspace_lock_all(space(), 0);
    return 0;
}

/* ---- The break --------------------------------------------------------------------------------*/

/* RLIMIT_DATA holds for the program's data segment and what the break adds to it. */
static bool over_data_limit(vaddr_t end)
{
    const struct process_layout *layout = &process_current()->layout;
    u64 limit = __atomic_load_n(&space()->limits.data, __ATOMIC_RELAXED);
    return limit != RLIM64_INFINITY &&
           end - space()->brk_start + (layout->data_end - layout->data_start) > limit;
}

long sys_brk(vaddr_t end)
{
    vaddr_t before = space()->brk_end;
    if (end > before && over_data_limit(end))
        return before;
    vaddr_t now = aspace_brk(space(), end);
    if (now > before && (space()->future_flags & VMA_LOCKED))
        aspace_populate_locked_mappings(space(), before, now);
    return now;
}
