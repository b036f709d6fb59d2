/* SPDX-License-Identifier: MIT */
/*
 * A file of memory: one of tmpfs without a name, on a tmpfs of its own that nobody can mount, with
 * seals in front of all that changes it.
 *
 * Seals belong to the inode, since it may be open several times. They change with both memfd->lock
 * and inode->lock held, so that either is enough to read them. memfd->lock is held over a write,
 * from the look at the seals to the end, and comes before inode->lock.
 */
#include "fs/anon/memfd.h"

#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/falloc.h>
#include <linux/fs.h>

#include "fs/anon/anon_file.h"
#include "fs/inode.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "mm/aspace.h"
#include "mm/heap.h"

#define SEALS_NO_WRITE (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define SEALS_ALL      (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | SEALS_NO_WRITE | F_SEAL_EXEC)

/* More than there will ever be: Linux does not limit these files either. */
#define STORE_SIZE (1UL << 46)

/* inode->private. */
struct memfd {
    struct mutex lock;
    u32 seals;
    char name[]; /* as /proc/self/fd shows it */
};

/* Made for the first memfd, and then only read: where the files live, and their operations, which
 * are those of tmpfs but for some. store_lock guards the making. */
static struct mutex store_lock = MUTEX_INIT(store_lock, LOCK_MEMFD_STORE);
static struct superblock *store;
static struct file_ops memfd_file_ops;
static struct inode_ops memfd_inode_ops;
static const struct inode_ops *tmpfs_inode_ops;

static struct memfd *memfd_of(const struct inode *inode)
{
    return inode->private;
}

static bool file_is_memfd(const struct file *file)
{
    return file->ops == &memfd_file_ops;
}

/* ---- What seals forbid ------------------------------------------------------------------------*/

/* How many of `size` bytes may be written at `start`: all, or what lies in whole pages below the
 * end, since Linux writes page by page and refuses the one that would make the file grow. */
static long writable_locked(const struct inode *inode, u64 start, size_t size)
{
    u32 seals = memfd_of(inode)->seals;
    if (size != 0 && (seals & SEALS_NO_WRITE))
        return -EPERM;
    if (!(seals & F_SEAL_GROW) || (start + size >= start && start + size <= inode->size))
        return size;
    u64 last_page = ALIGN_DOWN(inode->size, PAGE_SIZE);
    return last_page > start ? (long)(last_page - start) : -EPERM;
}

static long room_locked(const struct file *file, size_t size, u64 position)
{
    bool append = (file->flags & O_APPEND) || position == POSITION_END;
    u64 start = append ? file->inode->size : position;
    return writable_locked(file->inode, start, size);
}

static long memfd_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    struct memfd *memfd = memfd_of(file->inode);
    mutex_lock(&memfd->lock);
    long room = room_locked(file, size, *position);
    long done = room < 0 ? room : tmpfs_file_ops.write(file, buffer, room, position);
    mutex_unlock(&memfd->lock);
    return done;
}

static long memfd_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    struct memfd *memfd = memfd_of(file->inode);
    mutex_lock(&memfd->lock);
    long room = room_locked(file, size, *position);
    long done = room < 0 ? room : tmpfs_file_ops.write_kernel(file, buffer, room, position);
    mutex_unlock(&memfd->lock);
    return done;
}

/* inode->lock is held. */
static int memfd_truncate(struct inode *inode, u64 size)
{
    u32 seals = memfd_of(inode)->seals;
    if ((size < inode->size && (seals & F_SEAL_SHRINK)) ||
        (size > inode->size && (seals & F_SEAL_GROW)))
        return -EPERM;
    return tmpfs_inode_ops->truncate(inode, size);
}

static bool fallocate_is_sealed(const struct inode *inode, int mode, u64 end)
{
    u32 seals = memfd_of(inode)->seals;
    if (mode & FALLOC_FL_PUNCH_HOLE)
        return seals & SEALS_NO_WRITE;
    return !(mode & FALLOC_FL_KEEP_SIZE) && end > inode->size && (seals & F_SEAL_GROW);
}

static int memfd_fallocate(struct file *file, int mode, u64 offset, u64 length)
{
    struct memfd *memfd = memfd_of(file->inode);
    mutex_lock(&memfd->lock);
    int error = fallocate_is_sealed(file->inode, mode, offset + length)
                    ? -EPERM
                    : tmpfs_file_ops.fallocate(file, mode, offset, length);
    mutex_unlock(&memfd->lock);
    return error;
}

/* A mapping that is being made while F_SEAL_WRITE is added may be overlooked, until it is in the
 * object's list; Linux counts such mappings beforehand. */
static int memfd_map(struct file *file, u32 prot, u32 *vma_flags, struct vm_object **out)
{
    struct inode *inode = file->inode;
    mutex_lock(&inode->lock);
    bool sealed = memfd_of(inode)->seals & SEALS_NO_WRITE;
    mutex_unlock(&inode->lock);
    if (sealed && (*vma_flags & VMA_SHARED)) {
        if (prot & PROT_WRITE)
            return -EPERM;
        *vma_flags |= VMA_READ_ONLY;
    }
    vm_object_get(inode->object);
    *out = inode->object;
    return 0;
}

static void memfd_destroy(struct inode *inode)
{
    kfree(inode->private);
    inode->private = NULL;
    tmpfs_inode_ops->destroy(inode);
}

/* ---- Birth ------------------------------------------------------------------------------------*/

/* A new inode of the store, with tmpfs's operations; makes the store if it is the first. NULL: out
 * of memory. */
static struct inode *store_inode_create(u32 mode)
{
    mutex_lock(&store_lock);
    if (!store)
        store = tmpfs_create(STORE_SIZE);
    struct inode *inode = store ? tmpfs_nameless_file(store, mode) : NULL;
    if (inode && !tmpfs_inode_ops) {
        tmpfs_inode_ops = inode->ops;
        memfd_inode_ops = *inode->ops;
        memfd_inode_ops.truncate = memfd_truncate;
        memfd_inode_ops.destroy = memfd_destroy;
        memfd_file_ops = tmpfs_file_ops;
        memfd_file_ops.direct = false;
        memfd_file_ops.write = memfd_write;
        memfd_file_ops.write_kernel = memfd_write_kernel;
        memfd_file_ops.fallocate = memfd_fallocate;
        memfd_file_ops.map = memfd_map;
    }
    mutex_unlock(&store_lock);
    return inode;
}

static struct inode *memfd_inode_create(const char *name, u32 flags)
{
    static const char before[] = "/memfd:", after[] = " (deleted)";
    size_t size = sizeof(before) + strlen(name) + sizeof(after);
    struct memfd *memfd = kmalloc(sizeof(*memfd) + size);
    if (!memfd)
        return NULL;
    struct inode *inode = store_inode_create(flags & MFD_NOEXEC_SEAL ? 0666 : 0777);
    if (!inode) {
        kfree(memfd);
        return NULL;
    }
    mutex_init(&memfd->lock, LOCK_MEMFD);
    memfd->seals = flags & MFD_NOEXEC_SEAL     ? F_SEAL_EXEC
                   : flags & MFD_ALLOW_SEALING ? 0
                                               : F_SEAL_SEAL;
    fmt_snprintf(memfd->name, size, "%s%s%s", before, name, after);
    inode->private = memfd;
    inode->ops = &memfd_inode_ops;
    inode->file_ops = &memfd_file_ops;
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

/* ---- Seals ------------------------------------------------------------------------------------*/

long memfd_get_seals(const struct file *file)
{
    if (file->ops == &tmpfs_file_ops) /* with a name, as on Linux: sealed against seals */
        return F_SEAL_SEAL;
    return file_is_memfd(file) ? (long)memfd_of(file->inode)->seals : -EINVAL;
}

/* Could a mapping still be written through? (Linux before 6.7 counts the read-only ones, too.) */
static bool is_mapped_shared(struct vm_object *object)
{
    bool shared = false;
    struct vma *vma;
    u64 flags = spin_lock_irqsave(&object->mappings_lock);
    list_for_each_entry(vma, &object->mappings, object_link)
    {
        shared |= (vma->flags & (VMA_SHARED | VMA_READ_ONLY)) == VMA_SHARED;
    }
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
        seals |= F_SEAL_SHRINK | F_SEAL_GROW | SEALS_NO_WRITE;
    memfd->seals |= seals;
    return 0;
}

long memfd_add_seals(struct file *file, u32 seals)
{
    if (!file_writable(file))
        return -EPERM;
    if (seals & ~(u32)SEALS_ALL)
        return -EINVAL;
    if (!file_is_memfd(file))
        return file->ops == &tmpfs_file_ops ? -EPERM : -EINVAL;
    struct inode *inode = file->inode;
    mutex_lock(&memfd_of(inode)->lock);
    mutex_lock(&inode->lock);
    long error = add_seals_locked(inode, seals);
    mutex_unlock(&inode->lock);
    mutex_unlock(&memfd_of(inode)->lock);
    return error;
}
