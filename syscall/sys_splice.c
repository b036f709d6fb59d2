/* SPDX-License-Identifier: MIT */
/*
 * Copies that never leave the kernel: splice, tee, vmsplice, sendfile, copy_file_range. Here is what
 * Linux checks, and in its order; fs/pipe/splice.c does the work.
 */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/uio.h>

#include "arch/usercopy.h"
#include "fs/inode.h"
#include "fs/notify.h"
#include "fs/pipe/splice.h"
#include "kernel/abi/event_files.h"
#include "mm/heap.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"

/* No single transfer is longer, as on Linux (MAX_RW_COUNT). */
#define TRANSFER_MAX  0x7ffff000UL
#define FILE_SIZE_MAX 0x7fffffffffffffffUL

#define SPLICE_FLAGS (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

/* Both files of a call, with references, or NULL. */
struct pair {
    struct file *in, *out;
};

/* 0, or -EBADF with nothing to put. */
static long pair_get(int in, int out, struct pair *pair)
{
    pair->in = descriptor_get(in);
    if (!pair->in)
        return -EBADF;
    pair->out = descriptor_get(out);
    if (pair->out)
        return 0;
    file_put(pair->in);
    return -EBADF;
}

static void pair_put(const struct pair *pair)
{
    file_put(pair->in);
    file_put(pair->out);
}

/* Who watches the files is told of bytes that moved. */
static void pair_tell(const struct pair *pair, long result)
{
    if (result <= 0)
        return;
    notify_file(pair->in, IN_ACCESS);
    notify_file(pair->out, IN_MODIFY);
}

static bool pair_may(const struct pair *pair)
{
    return file_readable(pair->in) && file_writable(pair->out);
}

/* What a result means for the program: a signal with -EPIPE, and -EINTR may be repeated. */
static long result_of(long result)
{
    if (result == -EPIPE)
        signal_send_for_call(SIGPIPE);
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* A position: the program's at `user`, or the file's own when that is null. Like Linux's, these
 * calls do not lock the file's own: two at once may move the same bytes. */
struct position {
    uptr user;
    struct file *file;
    u64 value;
};

static long position_get(struct position *position, struct file *file, uptr user)
{
    *position = (struct position){user, file, __atomic_load_n(&file->position, __ATOMIC_RELAXED)};
    if (user.addr != 0 && usercopy_from(&position->value, user, sizeof(position->value)) != 0)
        return -EFAULT;
    return 0;
}

/* Positions are not negative, and neither are those behind the bytes. */
static bool position_ok(const struct position *position, u64 size)
{
    s64 end;
    return (s64)position->value >= 0 && (s64)size >= 0 &&
           !__builtin_add_overflow((s64)position->value, (s64)size, &end);
}

static long position_put(const struct position *position)
{
    if (position->user.addr != 0)
        return usercopy_to(position->user, &position->value, sizeof(position->value)) ? -EFAULT : 0;
    __atomic_store_n(&position->file->position, position->value, __ATOMIC_RELAXED);
    return 0;
}

/* ---- sendfile ---------------------------------------------------------------------------------*/

static long send_out(const struct pair *pair, struct position *from, size_t count)
{
    struct pipe *pipe = pipe_of(pair->out);
    if (pipe)
        return splice_file_to_pipe(pair->in, &from->value, pipe, count,
                                   pair->out->flags & O_NONBLOCK);
    if (pair->out->flags & O_APPEND)
        return -EINVAL;
    u64 to = __atomic_load_n(&pair->out->position, __ATOMIC_RELAXED);
    long result = splice_file_to_file(pair->in, &from->value, pair->out, &to, count);
    if (result > 0)
        __atomic_store_n(&pair->out->position, to, __ATOMIC_RELAXED);
    return result;
}

static long send_pair(const struct pair *pair, uptr offset, size_t count)
{
    struct position from;
    if (!pair_may(pair))
        return -EBADF;
    if (offset.addr != 0 && !pair->in->ops->seek)
        return -ESPIPE;
    if (!pair->in->ops->seek)
        return -EINVAL; /* what was read and could not be written would be lost */
    long result = position_get(&from, pair->in, offset);
    if (result == 0 && !position_ok(&from, count))
        result = -EINVAL;
    if (result == 0)
        result = send_out(pair, &from, MIN(count, TRANSFER_MAX));
    if (result >= 0 && position_put(&from) != 0)
        return -EFAULT;
    return result;
}

long sys_sendfile(int out, int in, uptr offset, size_t count)
{
    struct pair pair;
    u64 ignored;
    if (offset.addr != 0 && usercopy_from(&ignored, offset, sizeof(ignored)) != 0)
        return -EFAULT; /* before anything else */
    long result = pair_get(in, out, &pair);
    if (result != 0)
        return result;
    result = send_pair(&pair, offset, count);
    pair_tell(&pair, result);
    pair_put(&pair);
    return result_of(result);
}

/* ---- splice, tee, vmsplice --------------------------------------------------------------------*/

static bool never_waits(const struct file *file, unsigned flags)
{
    return (flags & SPLICE_F_NONBLOCK) || (file->flags & O_NONBLOCK);
}

/* The side of `other` is the pipe's; this one is a file with a position. */
static long check_file_side(const struct file *file, const struct position *position, size_t size)
{
    if (position->user.addr != 0 && !file->ops->seek)
        return -EINVAL;
    return position_ok(position, size) ? 0 : -EINVAL;
}

static long splice_out(const struct pair *pair, struct pipe *pipe, uptr offset, size_t size,
                       unsigned flags)
{
    struct position to;
    long result = position_get(&to, pair->out, offset);
    if (result == 0 && !pair_may(pair))
        result = -EBADF;
    if (result == 0)
        result = check_file_side(pair->out, &to, size);
    if (result == 0 && (pair->out->flags & O_APPEND))
        result = -EINVAL;
    if (result != 0)
        return result;
    result = splice_pipe_to_file(pipe, pair->out, &to.value, size, never_waits(pair->in, flags));
    return result >= 0 && position_put(&to) != 0 ? -EFAULT : result;
}

static long splice_in(const struct pair *pair, struct pipe *pipe, uptr offset, size_t size,
                      unsigned flags)
{
    struct position from;
    long result = position_get(&from, pair->in, offset);
    if (result == 0 && !pair_may(pair))
        result = -EBADF;
    if (result == 0)
        result = check_file_side(pair->in, &from, size);
    if (result != 0)
        return result;
    result = splice_file_to_pipe(pair->in, &from.value, pipe, size, never_waits(pair->out, flags));
    return result >= 0 && position_put(&from) != 0 ? -EFAULT : result;
}

static long splice_pair(const struct pair *pair, uptr in_offset, uptr out_offset, size_t size,
                        unsigned flags)
{
    struct pipe *in = pipe_of(pair->in), *out = pipe_of(pair->out);
    if ((in && in_offset.addr != 0) || (out && out_offset.addr != 0))
        return -ESPIPE;
    if (in && out && pair_may(pair))
        return splice_pipe_to_pipe(in, out, size, false,
                                   never_waits(pair->in, flags) || never_waits(pair->out, flags));
    if (in && !out)
        return splice_out(pair, in, out_offset, size, flags);
    if (out && !in)
        return splice_in(pair, out, in_offset, size, flags);
    return pair_may(pair) ? -EINVAL : -EBADF;
}

long sys_splice(int in, uptr in_offset, int out, uptr out_offset, size_t size, unsigned flags)
{
    struct pair pair;
    if (size == 0)
        return 0;
    if (flags & ~SPLICE_FLAGS)
        return -EINVAL;
    long result = pair_get(in, out, &pair);
    if (result != 0)
        return result;
    result = splice_pair(&pair, in_offset, out_offset, size, flags);
    pair_tell(&pair, result);
    pair_put(&pair);
    return result_of(result);
}

long sys_tee(int in, int out, size_t size, unsigned flags)
{
    struct pair pair;
    if (flags & ~SPLICE_FLAGS)
        return -EINVAL;
    if (size == 0)
        return 0;
    long result = pair_get(in, out, &pair);
    if (result != 0)
        return result;
    struct pipe *from = pipe_of(pair.in), *to = pipe_of(pair.out);
    bool nonblock = never_waits(pair.in, flags) || never_waits(pair.out, flags);
    if (!pair_may(&pair))
        result = -EBADF;
    else
        result = from && to ? splice_pipe_to_pipe(from, to, size, true, nonblock) : -EINVAL;
    pair_put(&pair);
    return result_of(result);
}

/* Vector after vector, waiting only before the first byte. */
static long vmsplice_vectors(struct file *file, struct pipe *pipe, const struct iovec *vectors,
                             size_t count, bool nonblock)
{
    long done = 0;
    for (size_t i = 0; i < count && done < (long)TRANSFER_MAX; i++) {
        uptr user = UPTR(vectors[i].iov_base);
        size_t size = MIN(vectors[i].iov_len, TRANSFER_MAX - done);
        if (size == 0)
            continue;
        bool hurry = nonblock || done != 0;
        long result = file_writable(file) ? splice_user_to_pipe(user, pipe, size, hurry)
                                          : splice_pipe_to_user(pipe, user, size, hurry);
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((size_t)result < size)
            break;
    }
    return done;
}

static long vmsplice_file(struct file *file, uptr user, u32 count, unsigned flags)
{
    struct pipe *pipe = pipe_of(file);
    struct iovec *vectors = kmalloc(MAX(count, 1UL) * sizeof(*vectors));
    if (!vectors)
        return -ENOMEM;
    long result = usercopy_from(vectors, user, count * sizeof(*vectors)) ? -EFAULT : 0;
    for (size_t i = 0; i < count && result == 0; i++)
        if ((s64)vectors[i].iov_len < 0)
            result = -EINVAL;
    if (result == 0)
        result =
            pipe ? vmsplice_vectors(file, pipe, vectors, count, never_waits(file, flags)) : -EBADF;
    kfree(vectors);
    return result;
}

long sys_vmsplice(int fd, uptr vectors, size_t count, unsigned flags)
{
    if (flags & ~SPLICE_FLAGS)
        return -EINVAL;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = (u32)count > UIO_MAXIOV ? -EINVAL : vmsplice_file(file, vectors, count, flags);
    file_put(file);
    return result_of(result);
}

/* ---- copy_file_range --------------------------------------------------------------------------*/

static long check_range_files(const struct pair *pair)
{
    const struct inode *in = pair->in->inode, *out = pair->out->inode;
    if ((in && inode_is(in, S_IFDIR)) || (out && inode_is(out, S_IFDIR)))
        return -EISDIR;
    if (!in || !out || !inode_is(in, S_IFREG) || !inode_is(out, S_IFREG))
        return -EINVAL;
    if (!pair_may(pair) || (pair->out->flags & O_APPEND))
        return -EBADF;
    return in->sb == out->sb ? 0 : -EXDEV; /* files of procfs, say, have no size to go by */
}

/* How much of `size` there is to copy. -EOVERFLOW, -EINVAL (negative, or onto itself), -EFBIG. */
static long range_size(const struct pair *pair, u64 from, u64 to, size_t size)
{
    if (from + size < from || to + size < to)
        return -EOVERFLOW;
    if ((s64)from < 0 || (s64)to < 0)
        return -EINVAL;
    if (to >= FILE_SIZE_MAX)
        return -EFBIG;
    u64 file_size = pair->in->inode->size;
    size = from >= file_size ? 0 : MIN(size, file_size - from);
    if (pair->in->inode == pair->out->inode && to + size > from && to < from + size)
        return -EINVAL;
    return MIN(size, TRANSFER_MAX);
}

static long copy_range(const struct pair *pair, struct position *from, struct position *to,
                       size_t size)
{
    long result = check_range_files(pair);
    if (result != 0)
        return result;
    result = range_size(pair, from->value, to->value, size);
    if (result <= 0)
        return result;
    return splice_file_to_file(pair->in, &from->value, pair->out, &to->value, result);
}

long sys_copy_file_range(int in, uptr in_offset, int out, uptr out_offset, size_t size,
                         unsigned flags)
{
    struct pair pair;
    struct position from, to;
    long result = pair_get(in, out, &pair);
    if (result != 0)
        return result;
    if (position_get(&from, pair.in, in_offset) != 0 ||
        position_get(&to, pair.out, out_offset) != 0)
        result = -EFAULT;
    else
        result = flags != 0 ? -EINVAL : copy_range(&pair, &from, &to, size);
    if (result > 0 && (position_put(&from) != 0 || position_put(&to) != 0))
        result = -EFAULT;
    pair_tell(&pair, result);
    pair_put(&pair);
    return result_of(result);
}
