/* SPDX-License-Identifier: MIT */
/*
 * Moving bytes between files; fs/pipe/splice.h has the idea.
 *
 * The pipe stays locked while a file is read into it or written from it, as on Linux: its bytes must
 * not change places meanwhile. Two pipes are locked in the order of their addresses.
 */
#include "fs/pipe/splice.h"

#include <asm/errno.h>

#include "arch/usercopy.h"
#include "fs/pipe/pipe_internal.h"
#include "kernel/core/sched.h"
#include "mm/heap.h"

#define BUFFER_SIZE (64 * KIB)

/* ---- Two files --------------------------------------------------------------------------------*/

/* One buffer's worth. `in_position` moves by what was written, not by what was read. */
static long copy_piece(struct file *in, u64 *in_position, struct file *out, u64 *out_position,
                       void *buffer, size_t size)
{
    u64 read_position = *in_position;
    long got = in->ops->read_kernel(in, buffer, size, &read_position);
    if (got <= 0)
        return got;
    long put = out->ops->write_kernel(out, buffer, got, out_position);
    if (put > 0)
        *in_position += put;
    return put;
}

long splice_file_to_file(struct file *in, u64 *in_position, struct file *out, u64 *out_position,
                         size_t size)
{
    if (!in->ops->read_kernel || !out->ops->write_kernel)
        return -EINVAL;
    size_t done = 0, piece = MIN(size, BUFFER_SIZE);
    if (size == 0)
        return 0;
    void *buffer = kmalloc(piece);
    if (!buffer)
        return -ENOMEM;
    long moved;
    do {
        size_t want = MIN(size - done, piece);
        moved = copy_piece(in, in_position, out, out_position, buffer, want);
        done += moved > 0 ? moved : 0;
        if (moved != (long)want)
            break;
    } while (done < size && !thread_interrupted()); /* as on Linux: what is done counts */
    kfree(buffer);
    return done ? (long)done : moved;
}

/* ---- A pipe and something else ----------------------------------------------------------------*/

/* Where the bytes of a pipe come from or go to. */
struct other_end {
    struct file *file; /* NULL: the program's memory at `user` */
    u64 *position;
    uptr user;
};

/* Bytes of a page from the other end; 0 at its end. */
static long fill_page(const struct other_end *from, size_t done, void *page, size_t size)
{
    if (from->file)
        return from->file->ops->read_kernel(from->file, page, size, from->position);
    return usercopy_from(page, UPTR_ADD(from->user, done), size) ? -EFAULT : (long)size;
}

static long drain_page(const struct other_end *to, size_t done, const void *page, size_t size)
{
    if (to->file)
        return to->file->ops->write_kernel(to->file, page, size, to->position);
    return usercopy_to(UPTR_ADD(to->user, done), page, size) ? -EFAULT : (long)size;
}

/* How much the next slot takes: a page of a file stays a page, wherever the copy begins. */
static size_t slot_size(const struct other_end *from)
{
    return PAGE_SIZE - (from->file ? *from->position % PAGE_SIZE : 0);
}

/* One slot more; the pipe is not full. */
static long fill_slot_locked(struct pipe *pipe, const struct other_end *from, size_t done,
                             size_t size)
{
    struct page *page = pipe_page_locked(pipe);
    if (!page)
        return -ENOMEM;
    long got = fill_page(from, done, page_address(page), size);
    if (got > 0)
        pipe_push_locked(pipe, &(struct pipe_slot){.page = page, .length = got});
    else
        pipe_page_put_locked(pipe, page);
    return got;
}

static long fill_pipe(struct pipe *pipe, const struct other_end *from, size_t size, bool nonblock)
{
    size_t done = 0;
    long result = 0;
    mutex_lock(&pipe->lock);
    while (result >= 0 && done < size) {
        if (pipe->readers == 0) {
            result = -EPIPE;
        } else if (!pipe_is_full(pipe)) {
            size_t want = MIN(size - done, slot_size(from));
            result = fill_slot_locked(pipe, from, done, want);
            done += result > 0 ? result : 0;
            if (result != (long)want)
                break;
        } else if (done != 0) {
            break;
        } else {
            result = pipe_wait_room_locked(pipe, nonblock);
        }
    }
    mutex_unlock(&pipe->lock);
    if (done != 0)
        pipe_wake_readers(pipe);
    return done ? (long)done : result;
}

static long drain_pipe(struct pipe *pipe, const struct other_end *to, size_t size, bool nonblock)
{
    size_t done = 0;
    long result = 0;
    mutex_lock(&pipe->lock);
    while (result >= 0 && done < size) {
        if (!pipe_is_empty(pipe)) {
            struct pipe_slot *slot = pipe_slot_at(pipe, pipe->tail);
            size_t want = MIN(size - done, slot->length);
            result = drain_page(to, done, (u8 *)page_address(slot->page) + slot->offset, want);
            if (result > 0)
                pipe_consume_locked(pipe, result);
            done += result > 0 ? result : 0;
            if (result != (long)want)
                break;
        } else if (pipe->writers == 0 || done != 0) {
            break;
        } else {
            result = pipe_wait_data_locked(pipe, nonblock);
        }
    }
    mutex_unlock(&pipe->lock);
    if (done != 0)
        pipe_wake_writers(pipe);
    return done ? (long)done : result;
}

long splice_file_to_pipe(struct file *in, u64 *position, struct pipe *out, size_t size,
                         bool nonblock)
{
    if (!in->ops->read_kernel)
        return -EINVAL;
    return fill_pipe(out, &(struct other_end){.file = in, .position = position}, size, nonblock);
}

long splice_pipe_to_file(struct pipe *in, struct file *out, u64 *position, size_t size,
                         bool nonblock)
{
    if (!out->ops->write_kernel)
        return -EINVAL;
    return drain_pipe(in, &(struct other_end){.file = out, .position = position}, size, nonblock);
}

long splice_user_to_pipe(uptr from, struct pipe *out, size_t size, bool nonblock)
{
    return fill_pipe(out, &(struct other_end){.user = from}, size, nonblock);
}

long splice_pipe_to_user(struct pipe *in, uptr to, size_t size, bool nonblock)
{
    return drain_pipe(in, &(struct other_end){.user = to}, size, nonblock);
}

/* ---- Two pipes --------------------------------------------------------------------------------*/

static void lock_both(struct pipe *first, struct pipe *second)
{
    mutex_lock(first < second ? &first->lock : &second->lock);
    mutex_lock(first < second ? &second->lock : &first->lock);
}

/* 1 when there is something to read, 0 at the end, -EAGAIN, -EINTR. */
static long await_data(struct pipe *in, bool nonblock)
{
    long result = 0;
    mutex_lock(&in->lock);
    while (result == 0 && pipe_is_empty(in) && in->writers != 0)
        result = pipe_wait_data_locked(in, nonblock);
    if (result == 0)
        result = !pipe_is_empty(in);
    mutex_unlock(&in->lock);
    return result;
}

/* 0, -EPIPE, -EAGAIN, -EINTR. */
static long await_room(struct pipe *out, bool nonblock)
{
    long result = 0;
    mutex_lock(&out->lock);
    while (result == 0 && pipe_is_full(out) && out->readers != 0)
        result = pipe_wait_room_locked(out, nonblock);
    if (out->readers == 0)
        result = -EPIPE;
    mutex_unlock(&out->lock);
    return result;
}

/* Put at most `size` bytes of slot number `count` into `out`, which has room. */
static u32 share_slot_locked(struct pipe *in, u32 count, struct pipe *out, size_t size)
{
    struct pipe_slot slot = *pipe_slot_at(in, count);
    slot.length = MIN(size, slot.length);
    slot.mergeable = false;
    page_get(slot.page);
    pipe_push_locked(out, &slot);
    return slot.length;
}

static size_t transfer_locked(struct pipe *in, struct pipe *out, size_t size, bool keep)
{
    size_t done = 0;
    u32 next = in->tail;
    while (done < size && next != in->head && !pipe_is_full(out)) {
        u32 length = share_slot_locked(in, next, out, size - done);
        bool whole = length == pipe_slot_at(in, next)->length;
        if (!keep)
            pipe_consume_locked(in, length);
        done += length;
        if (!whole)
            break;
        next++;
    }
    return done;
}

long splice_pipe_to_pipe(struct pipe *in, struct pipe *out, size_t size, bool keep, bool nonblock)
{
    if (in == out)
        return -EINVAL;
    for (;;) {
        long result = await_data(in, nonblock);
        if (result <= 0)
            return result;
        result = await_room(out, nonblock);
        if (result != 0)
            return result;
        lock_both(in, out);
        size_t done = transfer_locked(in, out, size, keep);
        mutex_unlock(&in->lock);
        mutex_unlock(&out->lock);
        if (done != 0) {
            pipe_wake_readers(out);
            if (!keep)
                pipe_wake_writers(in);
            return done;
        }
    }
}
