/* SPDX-License-Identifier: MIT */
/* Vectors of streams; vectors.h has the idea. */
#include "syscall/vectors.h"

#include <asm/errno.h>

#include "arch/usercopy.h"
#include "mm/heap.h"

/* What one read gives at most, and one write is atomic up to; a pipe holds as much. */
#define BUFFER_MAX (64 * KIB)

static size_t total_size(const struct iovec *vectors, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count && total < BUFFER_MAX; i++)
        total += MIN(vectors[i].iov_len, BUFFER_MAX);
    return MIN(total, BUFFER_MAX);
}

/* A place among the vectors. */
struct cursor {
    const struct iovec *vectors;
    size_t count, done; /* done: of the first one */
};

/* The next piece of at most `size` bytes; 0: the end. */
static size_t next_piece(struct cursor *cursor, size_t size, uptr *piece)
{
    while (cursor->count != 0 && cursor->done == cursor->vectors->iov_len) {
        cursor->vectors++;
        cursor->count--;
        cursor->done = 0;
    }
    if (cursor->count == 0)
        return 0;
    *piece = UPTR_ADD(UPTR(cursor->vectors->iov_base), cursor->done);
    size = MIN(size, cursor->vectors->iov_len - cursor->done);
    cursor->done += size;
    return size;
}

/* False when the program's memory cannot be written. */
static bool scatter(struct cursor *cursor, const u8 *from, size_t size)
{
    while (size != 0) {
        uptr piece = UPTR(0);
        size_t length = next_piece(cursor, size, &piece);
        if (length == 0 || usercopy_to(piece, from, length) != 0)
            return false;
        from += length;
        size -= length;
    }
    return true;
}

/* Fill `to`; how many bytes there were, or -EFAULT. */
static long gather(struct cursor *cursor, u8 *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        uptr piece = UPTR(0);
        size_t length = next_piece(cursor, size - done, &piece);
        if (length == 0)
            break;
        if (usercopy_from(to + done, piece, length) != 0)
            return -EFAULT;
        done += length;
    }
    return done;
}

long vectors_read_stream(struct file *file, const struct iovec *vectors, size_t count)
{
    struct cursor cursor = {vectors, count, 0};
    size_t size = total_size(vectors, count);
    u64 nowhere = 0;
    if (size == 0)
        return 0;
    u8 *buffer = kmalloc(size);
    if (!buffer)
        return -ENOMEM;
    long got = file->ops->read_kernel(file, buffer, size, &nowhere);
    if (got > 0 && !scatter(&cursor, buffer, got))
        got = -EFAULT;
    kfree(buffer);
    return got;
}

/* Buffer after buffer until a write falls short. */
static long write_pieces(struct file *file, struct cursor *cursor, u8 *buffer, size_t size)
{
    long done = 0;
    for (;;) {
        u64 nowhere = 0;
        long have = gather(cursor, buffer, size);
        long put = have > 0 ? file->ops->write_kernel(file, buffer, have, &nowhere) : have;
        if (put <= 0)
            return done ? done : put;
        done += put;
        if (put < have)
            return done;
    }
}

long vectors_write_stream(struct file *file, const struct iovec *vectors, size_t count)
{
    struct cursor cursor = {vectors, count, 0};
    size_t size = total_size(vectors, count);
    if (size == 0)
        return 0;
    u8 *buffer = kmalloc(size);
    if (!buffer)
        return -ENOMEM;
    long done = write_pieces(file, &cursor, buffer, size);
    kfree(buffer);
    return done;
}
