/* SPDX-License-Identifier: MIT */
/* Moving bytes through descriptors: read, write and their kin; seeking; truncating; syncing. */
#include <asm/errno.h>
#include <asm/poll.h>
#include <asm/stat.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/uio.h>

/* To sparse, RWF_* have a type of their own, which an argument of a call has not. */
#undef __bitwise
#define __bitwise
#include <linux/fs.h>

#include "arch/usercopy.h"
#include "fs/notify.h"
#include "fs/pipe/pipe.h"
#include "kernel/proc/process.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/table.h"
#include "syscall/vectors.h"

/* No single transfer is longer, as on Linux (MAX_RW_COUNT). */
#define TRANSFER_MAX 0x7ffff000UL
#define VECTORS_MAX  1024 /* UIO_MAXIOV */

#define FILE_SIZE_MAX 0x7fffffffffffffffL

typedef long (*transfer)(struct file *file, uptr buffer, size_t count, u64 *position);

/* Nothing begins at or reaches over the largest offset (Linux fs/read_write.c: rw_verify_area). */
static inline bool range_is_good(const struct file *file, size_t count, const u64 *position)
{
    return !file->ops->seek || *position == POSITION_END || *position + count <= (u64)FILE_SIZE_MAX;
}

static long file_read(struct file *file, uptr buffer, size_t count, u64 *position)
{
    if (!file_readable(file))
        return -EBADF;
    if (!file->ops->read && !file->ops->readdir)
        return -EINVAL;
    if (!user_range_ok(buffer, count))
        return -EFAULT;
    if (!file->ops->read)
        return -EISDIR;
    if (!range_is_good(file, count, position))
        return -EINVAL;
    return file->ops->read(file, buffer, MIN(count, TRANSFER_MAX), position);
}

static long file_write(struct file *file, uptr buffer, size_t count, u64 *position)
{
    if (!file_writable(file))
        return -EBADF;
    if (!file->ops->write)
        return -EINVAL;
    if (!user_range_ok(buffer, count))
        return -EFAULT;
    if (!range_is_good(file, count, position))
        return -EINVAL;
    return file->ops->write(file, buffer, MIN(count, TRANSFER_MAX), position);
}

static long restartable(long result)
{
    if (result == -EPIPE)
        signal_send_for_call(SIGPIPE);
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* A transfer is counted (/proc/self/io), and who watches the file is told of one that moved
 * something. */
static void tell(const struct file *file, transfer move, long result)
{
    struct task_io *io = &task_current()->io;
    bool read = move == file_read;
    (*(read ? &io->read_calls : &io->write_calls))++;
    if (result <= 0)
        return;
    *(read ? &io->read_bytes : &io->written_bytes) += result;
    notify_file(file, read ? IN_ACCESS : IN_MODIFY);
}

/* At the file's own position; files without one need no lock, and may block without holding it. */
static long transfer_here(struct file *file, uptr buffer, size_t count, transfer move)
{
    u64 nowhere = 0;
    if (!file->ops->seek)
        return move(file, buffer, count, &nowhere);
    mutex_lock(&file->position_lock);
    long result = move(file, buffer, count, &file->position);
    mutex_unlock(&file->position_lock);
    return result;
}

static long transfer_one(int fd, uptr buffer, size_t count, transfer move)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = transfer_here(file, buffer, count, move);
    tell(file, move, result);
    file_put(file);
    return restartable(result);
}

long sys_read(int fd, uptr buffer, size_t count)
{
    return transfer_one(fd, buffer, count, file_read);
}

long sys_write(int fd, uptr buffer, size_t count)
{
    return transfer_one(fd, buffer, count, file_write);
}

static long transfer_at(int fd, uptr buffer, size_t count, s64 offset, transfer move)
{
    if (offset < 0)
        return -EINVAL;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    u64 position = offset;
    long result = file->ops->seek ? move(file, buffer, count, &position) : -ESPIPE;
    tell(file, move, result);
    file_put(file);
    return restartable(result);
}

long sys_pread64(int fd, uptr buffer, size_t count, s64 offset)
{
    return transfer_at(fd, buffer, count, offset, file_read);
}

long sys_pwrite64(int fd, uptr buffer, size_t count, s64 offset)
{
    return transfer_at(fd, buffer, count, offset, file_write);
}

/* ---- Vectors ----------------------------------------------------------------------------------*/

/* Copy in and check the vectors. They are the caller's to free. */
static long vectors_get(uptr user, size_t count, struct iovec **out)
{
    if (count > VECTORS_MAX)
        return -EINVAL;
    struct iovec *vectors = kmalloc(MAX(count, 1UL) * sizeof(*vectors));
    if (!vectors)
        return -ENOMEM;
    long error = usercopy_from(vectors, user, count * sizeof(*vectors)) ? -EFAULT : 0;
    for (size_t i = 0; i < count && error == 0; i++)
        if ((s64)vectors[i].iov_len < 0)
            error = -EINVAL;
    for (size_t i = 0; i < count && error == 0; i++)
        if (!user_range_ok(UPTR(vectors[i].iov_base), vectors[i].iov_len))
            error = -EFAULT;
    if (error != 0)
        kfree(vectors);
    *out = vectors;
    return error;
}

static u64 total_length(const struct iovec *vectors, size_t count)
{
    u64 total = 0;
    for (size_t i = 0; i < count; i++)
        total += vectors[i].iov_len;
    return total;
}

static long transfer_vectors(struct file *file, const struct iovec *vectors, size_t count,
                             u64 *position, transfer move)
{
    if (vectors_in_one(file) && move == file_read && file_readable(file))
        return vectors_read_stream(file, vectors, count);
    if (vectors_in_one(file) && move == file_write && file_writable(file))
        return vectors_write_stream(file, vectors, count);
    long done = 0;
    for (size_t i = 0; i < count; i++) {
        if (vectors[i].iov_len == 0)
            continue;
        size_t length = MIN(vectors[i].iov_len, TRANSFER_MAX - (u64)done);
        long result = move(file, UPTR(vectors[i].iov_base), length, position);
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((size_t)result < vectors[i].iov_len)
            break;
    }
    return done;
}

struct many {
    transfer move;
    s64 offset; /* OWN_POSITION: the file's */
    int flags;  /* RWF_* */
};

#define OWN_POSITION (-1)

/* What RWF_* asks of a file. RWF_HIPRI, _DSYNC and _SYNC are nothing to files in memory. */
static long check_wishes(struct file *file, const struct many *many)
{
    if (many->flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND))
        return -EOPNOTSUPP;
    if (!(many->flags & RWF_NOWAIT))
        return 0;
    if (file->ops->seek || !file->ops->poll) /* as on Linux's tmpfs */
        return -EOPNOTSUPP;
    u32 ready = many->move == file_read ? POLLIN : POLLOUT;
    return file->ops->poll(file, NULL) & (ready | POLLERR | POLLHUP) ? 0 : -EAGAIN;
}

/* At the position that was asked for, which moves only if it is the file's own. */
static long transfer_checked(struct file *file, const struct iovec *vectors, size_t count,
                             const struct many *many)
{
    u64 position = many->offset, *at = &position;
    bool own = many->offset == OWN_POSITION && file->ops->seek;
    if (own) {
        mutex_lock(&file->position_lock);
        at = &file->position;
    }
    u64 before = *at;
    if ((many->flags & RWF_APPEND) && many->move == file_write)
        *at = POSITION_END;
    long result = transfer_vectors(file, vectors, count, at, many->move);
    if (*at == POSITION_END)
        *at = before;
    if (own)
        mutex_unlock(&file->position_lock);
    return result;
}

/* Of `count` only the lower half counts, as on Linux (import_iovec). */
static long transfer_file(struct file *file, uptr user, u32 count, const struct many *many)
{
    struct iovec *vectors;
    if (many->offset != OWN_POSITION && !file->ops->seek)
        return -ESPIPE;
    if (many->move == file_read ? !file_readable(file) : !file_writable(file))
        return -EBADF;
    if (many->move == file_read ? !file->ops->read && !file->ops->readdir : !file->ops->write)
        return -EINVAL;
    long result = vectors_get(user, count, &vectors);
    if (result != 0)
        return result;
    bool any = total_length(vectors, count) != 0; /* otherwise Linux looks no further */
    result = any && many->flags != 0 ? check_wishes(file, many) : 0;
    if (any && result == 0)
        result = transfer_checked(file, vectors, count, many);
    kfree(vectors);
    return result;
}

static long transfer_many(int fd, uptr user, size_t count, const struct many *many)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = transfer_file(file, user, count, many);
    tell(file, many->move, result);
    file_put(file);
    return restartable(result);
}

long sys_readv(int fd, uptr vectors, size_t count)
{
    return transfer_many(fd, vectors, count, &(struct many){file_read, OWN_POSITION, 0});
}

long sys_writev(int fd, uptr vectors, size_t count)
{
    return transfer_many(fd, vectors, count, &(struct many){file_write, OWN_POSITION, 0});
}

/* `high` is the upper half of the offset, empty on 64-bit machines. */
long sys_preadv(int fd, uptr vectors, size_t count, s64 offset, u64 high)
{
    (void)high;
    return offset < 0 ? -EINVAL
                      : transfer_many(fd, vectors, count, &(struct many){file_read, offset, 0});
}

long sys_pwritev(int fd, uptr vectors, size_t count, s64 offset, u64 high)
{
    (void)high;
    return offset < 0 ? -EINVAL
                      : transfer_many(fd, vectors, count, &(struct many){file_write, offset, 0});
}

long sys_preadv2(int fd, uptr vectors, size_t count, s64 offset, u64 high, int flags)
{
    (void)high;
    if (offset < OWN_POSITION)
        return -EINVAL;
    return transfer_many(fd, vectors, count, &(struct many){file_read, offset, flags});
}

long sys_pwritev2(int fd, uptr vectors, size_t count, s64 offset, u64 high, int flags)
{
    (void)high;
    if (offset < OWN_POSITION)
        return -EINVAL;
    return transfer_many(fd, vectors, count, &(struct many){file_write, offset, flags});
}

/* ---- Positions and sizes ----------------------------------------------------------------------*/

/* eventfd, epoll and their kin: on Linux their position is always 0. */
static bool is_anonymous(const struct file *file)
{
    return file->kind && strncmp(file->kind, "anon_inode:", 11) == 0;
}

long sys_lseek(int fd, s64 offset, unsigned whence)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = whence > SEEK_MAX ? -EINVAL : is_anonymous(file) ? 0 : -ESPIPE;
    if (file->ops->seek && whence <= SEEK_MAX) {
        mutex_lock(&file->position_lock);
        result = file->ops->seek(file, offset, whence);
        mutex_unlock(&file->position_lock);
    }
    file_put(file);
    return result;
}

static long truncate_inode(struct inode *inode, s64 length)
{
    if (inode_is(inode, S_IFDIR))
        return -EISDIR;
    if (!inode_is(inode, S_IFREG) || !inode->ops->truncate)
        return -EINVAL;
    if (inode->is_running)
        return -ETXTBSY;
    mutex_lock(&inode->lock);
    long error = inode->ops->truncate(inode, length);
    if (error == 0)
        inode_touch_data(inode);
    mutex_unlock(&inode->lock);
    return error;
}

long sys_truncate(uptr path, s64 length)
{
    struct path place;
    if (length < 0)
        return -EINVAL;
    long error = names_walk(AT_FDCWD, path, WALK_FOLLOW, &place);
    if (error != 0)
        return error;
    error = truncate_inode(place.dentry->inode, length);
    if (error == 0)
        notify_dentry(place.dentry, IN_MODIFY);
    path_put(&place);
    return error;
}

long sys_ftruncate(int fd, s64 length)
{
    if (length < 0)
        return -EINVAL;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long error = -EINVAL;
    if (file_writable(file) && file->ops->truncate)
        error = file->ops->truncate(file, length);
    else if (file_writable(file) && file->inode)
        error = truncate_inode(file->inode, length);
    if (error == 0)
        notify_file(file, IN_MODIFY);
    file_put(file);
    return error;
}

/* In Linux's order (fs/open.c: vfs_fallocate). */
static long check_fallocate(const struct file *file, int mode, s64 offset, s64 length)
{
    s64 end;
    const int reshaping = FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE;
    const int known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE |
                      FALLOC_FL_UNSHARE_RANGE | reshaping;
    if ((mode & ~known) ||
        (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) == FALLOC_FL_PUNCH_HOLE)
        return -EOPNOTSUPP;
    if (!file_writable(file))
        return -EBADF;
    if (pipe_of(file))
        return -ESPIPE;
    if (!file->inode || !inode_is(file->inode, S_IFREG))
        return -ENODEV;
    if (__builtin_add_overflow(offset, length, &end))
        return -EFBIG;
    return file->ops->fallocate ? 0 : -EOPNOTSUPP;
}

long sys_fallocate(int fd, int mode, s64 offset, s64 length)
{
    if (offset < 0 || length <= 0)
        return -EINVAL;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long error = check_fallocate(file, mode, offset, length);
    if (error == 0)
        error = file->ops->fallocate(file, mode, offset, length);
    if (error == 0)
        notify_file(file, IN_MODIFY);
    file_put(file);
    return error;
}

static long sync_file(int fd)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long error = file->ops->sync ? file->ops->sync(file) : -EINVAL;
    file_put(file);
    return error;
}

long sys_fsync(int fd)
{
    return sync_file(fd);
}

long sys_fdatasync(int fd)
{
    return sync_file(fd);
}

long sys_sync(void)
{
    return 0; /* nothing is ever dirty: files live in memory */
}

long sys_syncfs(int fd)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    file_put(file);
    return 0;
}

/* Also the console, where it is given as one. */
static bool is_pipe(struct file *file)
{
    struct stat status = {0};
    if (file->ops->stat)
        file->ops->stat(file, &status);
    return pipe_of(file) || S_ISFIFO(status.st_mode);
}

long sys_fadvise64(int fd, s64 offset, s64 length, int advice)
{
    (void)offset;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    bool pipe = is_pipe(file);
    file_put(file);
    return pipe ? -ESPIPE : length < 0 || advice < 0 || advice > 5 ? -EINVAL : 0;
}

static bool file_is(const struct file *file, u32 type)
{
    return file->inode && inode_is(file->inode, type);
}

/* What is read ahead is in memory already. */
long sys_readahead(int fd, s64 offset, size_t count)
{
    (void)offset;
    (void)count;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long error = !file_readable(file) ? -EBADF : file_is(file, S_IFREG) ? 0 : -EINVAL;
    file_put(file);
    return error;
}

long sys_sync_file_range(int fd, s64 offset, s64 length, unsigned flags)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    s64 end;
    bool bad =
        (flags & ~7u) || offset < 0 || __builtin_add_overflow(offset, length, &end) || end < offset;
    bool known = file_is(file, S_IFREG) || file_is(file, S_IFDIR) || file_is(file, S_IFLNK);
    file_put(file);
    return bad ? -EINVAL : known ? 0 : -ESPIPE;
}
