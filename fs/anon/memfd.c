/* SPDX-License-Identifier: MIT */
/*
 * A file of memory: an inode that no directory knows, with its bytes in a page cache.
 *
 * Seals belong to the inode, since it may be open several times. They are checked where the file
 * would change: writing, resizing, punching holes, mapping.
 * Lock: inode->lock guards seals and size, and is held while writing.
 */
#include "fs/anon/memfd.h"

#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/memfd.h>

#include "fs/anon/anon_file.h"
#include "fs/inode.h"
#include "fs/page_cache.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "mm/aspace.h"
#include "mm/heap.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* Linux 6.3 */
#endif

#define SEALS_ALL \
    (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)
#define SEALS_NO_WRITE (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define SIZE_MAX_FILE  0x7fffffffffffffffUL

struct memfd {
    u32 seals;
    char name[]; /* as /proc/self/fd shows it */
};

static struct superblock memfd_superblock = {
    .type = "tmpfs",
    .magic = TMPFS_MAGIC,
    .device = ANON_DEVICE_MEMFD,
};

static struct memfd *memfd_of(const struct inode *inode)
{
    return inode->private;
}

static struct page_cache *cache_of(const struct inode *inode)
{
    return page_cache_of(inode->object);
}

/* ---- Size -------------------------------------------------------------------------------------*/

static void set_size_locked(struct inode *inode, u64 size)
{
    page_cache_resize(cache_of(inode), size);
    inode->size = size;
}

static int memfd_truncate(struct inode *inode, u64 size)
{
    u32 seals = memfd_of(inode)->seals;
    if ((size < inode->size && (seals & F_SEAL_SHRINK)) ||
        (size > inode->size && (seals & F_SEAL_GROW)))
        return -EPERM;
    set_size_locked(inode, size);
    return 0;
}

static int punch_locked(struct inode *inode, u64 start, u64 end)
{
    if (memfd_of(inode)->seals & SEALS_NO_WRITE)
        return -EPERM;
    return start < inode->size ? page_cache_punch(cache_of(inode), start, MIN(end, inode->size))
                               : 0;
}

static int allocate_locked(struct inode *inode, u64 start, u64 end, bool keep_size)
{
    bool grows = end > inode->size && !keep_size;
    if (grows && (memfd_of(inode)->seals & F_SEAL_GROW))
        return -EPERM;
    int error = page_cache_allocate(cache_of(inode), start, end);
    if (error == 0 && grows)
        set_size_locked(inode, end);
    return error;
}

static int memfd_fallocate(struct file *file, int mode, u64 offset, u64 length)
{
    struct inode *inode = file->inode;
    bool punch = mode & FALLOC_FL_PUNCH_HOLE;
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) ||
        (punch && !(mode & FALLOC_FL_KEEP_SIZE)))
        return -EOPNOTSUPP;
    mutex_lock(&inode->lock);
    int error = punch ? punch_locked(inode, offset, offset + length)
                      : allocate_locked(inode, offset, offset + length, mode & FALLOC_FL_KEEP_SIZE);
    if (error == 0)
        inode_touch_data(inode);
    mutex_unlock(&inode->lock);
    return error;
}

/* ---- Reading and writing ----------------------------------------------------------------------*/

static long memfd_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    long done = page_cache_read(cache_of(file->inode), *position, buffer, size);
    *position += done > 0 ? done : 0;
    return done;
}

static long memfd_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    long done = page_cache_read_kernel(cache_of(file->inode), *position, buffer, size);
    *position += done > 0 ? done : 0;
    return done;
}

/* How many of `size` bytes may be written at `start`: as far as the seals let it, by whole pages as
 * Linux writes them. -EPERM, -EFBIG. */
static long writable_locked(const struct inode *inode, u64 start, size_t size)
{
    u32 seals = memfd_of(inode)->seals;
    if (seals & SEALS_NO_WRITE)
        return -EPERM;
    if (start >= SIZE_MAX_FILE)
        return -EFBIG;
    size = MIN(size, SIZE_MAX_FILE - start);
    if (!(seals & F_SEAL_GROW) || start + size <= inode->size)
        return size;
    u64 last_page = ALIGN_DOWN(inode->size, PAGE_SIZE);
    return last_page > start ? (long)(last_page - start) : -EPERM;
}

/* `buffer` is the program's unless `kernel`. */
static long write_locked(struct inode *inode, u64 start, u64 buffer, bool kernel, size_t size)
{
    long room = writable_locked(inode, start, size);
    if (room < 0)
        return room;
    u64 old_size = inode->size;
    if (start + room > old_size)
        set_size_locked(inode, start + room);
    long done = kernel ? page_cache_write_kernel(cache_of(inode), start, (void *)buffer, room)
                       : page_cache_write(cache_of(inode), start, UPTR(buffer), room);
    u64 written_end = start + MAX(done, 0L);
    if (done < room && inode->size > MAX(old_size, written_end))
        set_size_locked(inode, done > 0 ? MAX(old_size, written_end) : old_size);
    if (done > 0)
        inode_touch_data(inode);
    return done;
}

static long write_any(struct file *file, u64 buffer, bool kernel, size_t size, u64 *position)
{
    struct inode *inode = file->inode;
    if (size == 0)
        return 0;
    mutex_lock(&inode->lock);
    u64 start = file->flags & O_APPEND ? inode->size : *position;
    long done = write_locked(inode, start, buffer, kernel, size);
    if (done > 0)
        *position = start + done;
    mutex_unlock(&inode->lock);
    return done;
}

static long memfd_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    return write_any(file, buffer.addr, false, size, position);
}

static long memfd_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    return write_any(file, (u64)buffer, true, size, position);
}

static s64 memfd_seek(struct file *file, s64 offset, unsigned whence)
{
    const struct inode *inode = file->inode;
    if (whence != SEEK_DATA && whence != SEEK_HOLE)
        return file_seek_plain(file, offset, whence);
    if (offset < 0 || (u64)offset >= inode->size)
        return -ENXIO;
    u64 found = whence == SEEK_DATA ? page_cache_next_data(cache_of(inode), offset)
                                    : page_cache_next_hole(cache_of(inode), offset);
    if (whence == SEEK_DATA && found >= inode->size)
        return -ENXIO;
    file->position = found;
    return found;
}

/* A store through a mapping that is made while seals are added can slip by, until the mapping is in
 * the object's list: Linux counts mappings beforehand. */
static int memfd_map(struct file *file, u32 prot, bool shared, struct vm_object **out)
{
    struct inode *inode = file->inode;
    mutex_lock(&inode->lock);
    bool sealed = memfd_of(inode)->seals & SEALS_NO_WRITE;
    mutex_unlock(&inode->lock);
    if (sealed && shared && (prot & PROT_WRITE))
        return -EPERM;
    vm_object_get(inode->object);
    *out = inode->object;
    return 0;
}

/* ---- Birth and seals --------------------------------------------------------------------------*/

static void memfd_destroy(struct inode *inode)
{
    kfree(inode->private);
}

static const struct inode_ops memfd_inode_ops = {
    .truncate = memfd_truncate,
    .destroy = memfd_destroy,
};

static const struct file_ops memfd_file_ops = {
    .read = memfd_read,
    .write = memfd_write,
    .read_kernel = memfd_read_kernel,
    .write_kernel = memfd_write_kernel,
    .seek = memfd_seek,
    .map = memfd_map,
    .fallocate = memfd_fallocate,
};

/* The inode with its name and first seals, or NULL. */
static struct inode *memfd_inode_create(const char *name, u32 flags)
{
    static const char before[] = "/memfd:", after[] = " (deleted)";
    size_t size = sizeof(before) + strlen(name) + sizeof(after);
    struct memfd *memfd = kmalloc(sizeof(*memfd) + size);
    struct page_cache *cache = memfd ? page_cache_create(NULL) : NULL;
    u32 mode = S_IFREG | (flags & MFD_NOEXEC_SEAL ? 0666 : 0777);
    struct inode *inode =
        cache ? inode_create(&memfd_superblock, &memfd_inode_ops, &memfd_file_ops, mode) : NULL;
    if (!inode) {
        if (cache)
            vm_object_put(page_cache_object(cache));
        kfree(memfd);
        return NULL;
    }
    fmt_snprintf(memfd->name, size, "%s%s%s", before, name, after);
    memfd->seals = flags & MFD_NOEXEC_SEAL     ? F_SEAL_EXEC
                   : flags & MFD_ALLOW_SEALING ? 0
                                               : F_SEAL_SEAL;
    inode->nlink = 0;
    inode->private = memfd;
    inode->object = page_cache_object(cache);
    return inode;
}

struct file *memfd_create(const char *name, u32 flags)
{
    struct inode *inode = memfd_inode_create(name, flags);
    if (!inode)
        return NULL;
    struct file *file =
        anon_file_create(&memfd_file_ops, O_RDWR | O_LARGEFILE, NULL, memfd_of(inode)->name);
    if (!file)
        inode_put(inode);
    else
        file->inode = inode;
    return file;
}

long memfd_get_seals(const struct file *file)
{
    return file->ops == &memfd_file_ops ? (long)memfd_of(file->inode)->seals : -EINVAL;
}

static bool is_mapped_shared(struct vm_object *object)
{
    bool shared = false;
    struct vma *vma;
    u64 flags = spin_lock_irqsave(&object->mappings_lock);
    list_for_each_entry(vma, &object->mappings, object_link) shared |= vma->flags & VMA_SHARED;
    spin_unlock_irqrestore(&object->mappings_lock, flags);
    return shared;
}

static long add_seals_locked(struct inode *inode, u32 seals)
{
    struct memfd *memfd = memfd_of(inode);
    if (memfd->seals & F_SEAL_SEAL)
        return -EPERM;
    if ((seals & F_SEAL_WRITE & ~memfd->seals) && is_mapped_shared(inode->object))
        return -EBUSY;
    /* An executable that cannot change its x bits must not change its bytes either. */
    if ((seals & F_SEAL_EXEC) && (inode->mode & 0111))
        seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
    memfd->seals |= seals;
    return 0;
}

long memfd_add_seals(struct file *file, u32 seals)
{
    if (!file_writable(file))
        return -EPERM;
    if ((seals & ~(u32)SEALS_ALL) || file->ops != &memfd_file_ops)
        return -EINVAL;
    mutex_lock(&file->inode->lock);
    long error = add_seals_locked(file->inode, seals);
    mutex_unlock(&file->inode->lock);
    return error;
}
