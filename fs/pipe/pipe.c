/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing pipes.
 *
 * What programs can tell apart is as on Linux (man 7 pipe): a write of at most PIPE_BUF bytes goes
 * in whole or waits; a slot is one page, so 64 KiB fit only when they come in pages or in pieces
 * that fill pages; a page that cannot be read whole from the program is not written at all.
 * Lock: pipe->lock, held over copies from and to the program. Wake-ups come after it is released;
 * kernel/core/wait.h says why none is lost.
 */
#include "fs/pipe/pipe.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>

#include "arch/usercopy.h"
#include "fs/pipe/pipe_internal.h"
#include "fs/poll.h"
#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define PIPE_SIZE_MAX (1UL << 31) /* man 2 fcntl: F_SETPIPE_SZ fails with EINVAL above */

/* ---- The ring ---------------------------------------------------------------------------------*/

struct pipe *pipe_alloc(u32 slot_count)
{
    static u64 last_number;
    struct pipe *pipe = kzalloc(sizeof(*pipe));
    struct pipe_slot *slots = kmalloc(slot_count * sizeof(*slots));
    if (!pipe || !slots) {
        kfree(pipe);
        kfree(slots);
        return NULL;
    }
    mutex_init(&pipe->lock, LOCK_PIPE);
    wait_queue_init(&pipe->readable);
    wait_queue_init(&pipe->writable);
    wait_queue_init(&pipe->opened);
    list_init(&pipe->link);
    pipe->slots = slots;
    pipe->slot_count = slot_count;
    pipe->readers_ever = pipe->writers_ever = 1;
    pipe->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
    pipe->created = time_real_ns();
    return pipe;
}

void pipe_free(struct pipe *pipe)
{
    while (!pipe_is_empty(pipe))
        page_put(pipe_slot_at(pipe, pipe->tail++)->page);
    for (size_t i = 0; i < PIPE_SPARE_PAGES; i++)
        if (pipe->spare[i])
            page_put(pipe->spare[i]);
    kfree(pipe->slots);
    kfree(pipe);
}

struct page *pipe_page_locked(struct pipe *pipe)
{
    for (size_t i = 0; i < PIPE_SPARE_PAGES; i++) {
        struct page *page = pipe->spare[i];
        if (page) {
            pipe->spare[i] = NULL;
            return page;
        }
    }
    return page_alloc(0);
}

void pipe_page_put_locked(struct pipe *pipe, struct page *page)
{
    bool shared = __atomic_load_n(&page->refs, __ATOMIC_ACQUIRE) != 1;
    for (size_t i = 0; i < PIPE_SPARE_PAGES && !shared; i++) {
        if (!pipe->spare[i]) {
            pipe->spare[i] = page;
            return;
        }
    }
    page_put(page);
}

void pipe_push_locked(struct pipe *pipe, const struct pipe_slot *slot)
{
    *pipe_slot_at(pipe, pipe->head) = *slot;
    __atomic_store_n(&pipe->head, pipe->head + 1, __ATOMIC_RELEASE);
}

void pipe_consume_locked(struct pipe *pipe, u32 length)
{
    struct pipe_slot *first = pipe_slot_at(pipe, pipe->tail);
    first->offset += length;
    first->length -= length;
    if (first->length != 0)
        return;
    pipe_page_put_locked(pipe, first->page);
    __atomic_store_n(&pipe->tail, pipe->tail + 1, __ATOMIC_RELEASE);
}

void pipe_wake_readers(struct pipe *pipe)
{
    wait_wake_any(&pipe->readable, POLLIN | POLLRDNORM);
}

void pipe_wake_writers(struct pipe *pipe)
{
    wait_wake_any(&pipe->writable, POLLOUT | POLLWRNORM);
}

static bool data_or_end(const struct pipe *pipe)
{
    return !pipe_is_empty(pipe) || __atomic_load_n(&pipe->writers, __ATOMIC_RELAXED) == 0;
}

static bool room_or_end(const struct pipe *pipe)
{
    return !pipe_is_full(pipe) || __atomic_load_n(&pipe->readers, __ATOMIC_RELAXED) == 0;
}

long pipe_wait_data_locked(struct pipe *pipe, bool nonblock)
{
    if (nonblock)
        return -EAGAIN;
    mutex_unlock(&pipe->lock);
    long result = wait_event(&pipe->readable, data_or_end(pipe));
    mutex_lock(&pipe->lock);
    return result;
}

long pipe_wait_room_locked(struct pipe *pipe, bool nonblock)
{
    if (nonblock)
        return -EAGAIN;
    mutex_unlock(&pipe->lock);
    /* What was written before the pipe was full has to be read for this to end. */
    pipe_wake_readers(pipe);
    long result = wait_event(&pipe->writable, room_or_end(pipe));
    mutex_lock(&pipe->lock);
    return result;
}

/* ---- Reading ----------------------------------------------------------------------------------*/

/* False when the program's memory cannot be written. */
static bool copy_out(const struct pipe_place *to, u64 offset, const void *from, size_t size)
{
    if (!to->kernel)
        return usercopy_to(UPTR(to->address + offset), from, size) == 0;
    memcpy((u8 *)to->address + offset, from, size);
    return true;
}

static bool copy_in(void *to, const struct pipe_place *from, u64 offset, size_t size)
{
    if (!from->kernel)
        return usercopy_from(to, UPTR(from->address + offset), size) == 0;
    memcpy(to, (const u8 *)from->address + offset, size);
    return true;
}

/* Take what the first slot has, at most `size` bytes. The number, or -EFAULT with nothing taken.
 * *last: it was a packet, which ends the read. */
static long read_slot_locked(struct pipe *pipe, const struct pipe_place *to, u64 offset,
                             size_t size, bool *last)
{
    struct pipe_slot *slot = pipe_slot_at(pipe, pipe->tail);
    u32 length = MIN(size, slot->length);
    if (!copy_out(to, offset, (u8 *)page_address(slot->page) + slot->offset, length))
        return -EFAULT;
    *last = slot->packet;
    pipe_consume_locked(pipe, slot->packet ? slot->length : length);
    return length;
}

long pipe_read(struct pipe *pipe, u32 flags, const struct pipe_place *to, size_t size)
{
    size_t done = 0;
    long result = 0;
    bool was_full = false, last = false;
    if (size == 0)
        return 0;
    mutex_lock(&pipe->lock);
    while (result >= 0 && done < size && !last) {
        if (!pipe_is_empty(pipe)) {
            was_full |= pipe_is_full(pipe);
            result = read_slot_locked(pipe, to, done, size - done, &last);
            done += result > 0 ? result : 0;
        } else if (pipe->writers == 0 || done != 0) {
            break;
        } else {
            result = pipe_wait_data_locked(pipe, flags & O_NONBLOCK);
        }
    }
    bool freed = was_full && !pipe_is_full(pipe);
    mutex_unlock(&pipe->lock);
    if (freed)
        pipe_wake_writers(pipe);
    return done ? (long)done : result;
}

long pipe_file_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)position;
    return pipe_read(file->object, file->flags, &(struct pipe_place){buffer.addr, false}, size);
}

long pipe_file_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    (void)position;
    return pipe_read(file->object, file->flags, &(struct pipe_place){(u64)buffer, true}, size);
}

/* ---- Writing ----------------------------------------------------------------------------------*/

/* The odd bytes of a write go behind those of the last slot, if they fit there whole. Their number,
 * 0, or -EFAULT with nothing written. */
static long append_locked(struct pipe *pipe, const struct pipe_place *from, size_t size)
{
    size_t odd = size % PAGE_SIZE;
    if (odd == 0 || pipe_is_empty(pipe))
        return 0;
    struct pipe_slot *last = pipe_slot_at(pipe, pipe->head - 1);
    u32 end = last->offset + last->length;
    if (!last->mergeable || end + odd > PAGE_SIZE)
        return 0;
    if (!copy_in((u8 *)page_address(last->page) + end, from, 0, odd))
        return -EFAULT;
    last->length += odd;
    return odd;
}

/* A slot of its own for at most a page. The number of bytes, -ENOMEM, or -EFAULT. */
static long write_slot_locked(struct pipe *pipe, const struct pipe_place *from, u64 offset,
                              size_t size, bool packet)
{
    struct page *page = pipe_page_locked(pipe);
    if (!page)
        return -ENOMEM;
    u32 length = MIN(size, PAGE_SIZE);
    if (!copy_in(page_address(page), from, offset, length)) {
        pipe_page_put_locked(pipe, page);
        return -EFAULT;
    }
    pipe_push_locked(pipe,
                     &(struct pipe_slot){
                         .page = page, .length = length, .mergeable = !packet, .packet = packet});
    return length;
}

long pipe_write(struct pipe *pipe, u32 flags, const struct pipe_place *from, size_t size)
{
    size_t done = 0;
    if (size == 0)
        return 0;
    mutex_lock(&pipe->lock);
    long result = pipe->readers == 0 ? -EPIPE : append_locked(pipe, from, size);
    while (result >= 0 && (done += result) < size) {
        if (pipe->readers == 0)
            result = -EPIPE;
        else if (pipe_is_full(pipe))
            result = pipe_wait_room_locked(pipe, flags & O_NONBLOCK);
        else
            result = write_slot_locked(pipe, from, done, size - done, flags & O_DIRECT);
    }
    mutex_unlock(&pipe->lock);
    if (done == 0)
        return result;
    pipe_wake_readers(pipe);
    return done;
}

static long write_file(struct file *file, const struct pipe_place *from, size_t size)
{
    long done = pipe_write(file->object, file->flags, from, size);
    if (done > 0 && file->inode) {
        mutex_lock(&file->inode->lock);
        inode_touch_data(file->inode);
        mutex_unlock(&file->inode->lock);
    }
    return done;
}

long pipe_file_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)position;
    return write_file(file, &(struct pipe_place){buffer.addr, false}, size);
}

long pipe_file_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    (void)position;
    return write_file(file, &(struct pipe_place){(u64)buffer, true}, size);
}

/* ---- The rest ---------------------------------------------------------------------------------*/

u32 pipe_file_poll(struct file *file, struct poller *poller)
{
    struct pipe *pipe = file->object;
    u32 events = 0;
    if (file_readable(file)) {
        poller_add(poller, &pipe->readable);
        events |= pipe_is_empty(pipe) ? 0 : POLLIN | POLLRDNORM;
        /* One that was opened when nobody wrote yet has not lost its writers: fs/pipe/fifo.c. */
        if (__atomic_load_n(&pipe->writers, __ATOMIC_RELAXED) == 0 &&
            file->detail != pipe->writers_ever)
            events |= POLLHUP;
    }
    if (file_writable(file)) {
        poller_add(poller, &pipe->writable);
        events |= pipe_is_full(pipe) ? 0 : POLLOUT | POLLWRNORM;
        events |= __atomic_load_n(&pipe->readers, __ATOMIC_RELAXED) == 0 ? POLLERR : 0;
    }
    return events;
}

int pipe_bytes_waiting(struct pipe *pipe)
{
    int count = 0;
    mutex_lock(&pipe->lock);
    for (u32 i = pipe->tail; i != pipe->head; i++)
        count += pipe_slot_at(pipe, i)->length;
    mutex_unlock(&pipe->lock);
    return count;
}

long pipe_file_ioctl(struct file *file, u32 request, u64 argument)
{
    if (request != FIONREAD)
        return -ENOTTY;
    int count = pipe_bytes_waiting(file->object);
    return usercopy_to(UPTR(argument), &count, sizeof(count)) ? -EFAULT : 0;
}

void pipe_join(struct pipe *pipe, const struct file *file)
{
    mutex_lock(&pipe->lock);
    __atomic_add_fetch(&pipe->files, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&pipe->readers, pipe->readers + file_readable(file), __ATOMIC_RELEASE);
    __atomic_store_n(&pipe->writers, pipe->writers + file_writable(file), __ATOMIC_RELEASE);
    mutex_unlock(&pipe->lock);
}

void pipe_leave(struct pipe *pipe, const struct file *file)
{
    mutex_lock(&pipe->lock);
    __atomic_store_n(&pipe->readers, pipe->readers - file_readable(file), __ATOMIC_RELEASE);
    __atomic_store_n(&pipe->writers, pipe->writers - file_writable(file), __ATOMIC_RELEASE);
    bool one_side = (pipe->readers == 0) != (pipe->writers == 0);
    mutex_unlock(&pipe->lock);
    if (one_side) {
        wait_wake_any(&pipe->readable, POLLIN | POLLRDNORM | POLLERR | POLLHUP);
        wait_wake_any(&pipe->writable, POLLOUT | POLLWRNORM | POLLERR | POLLHUP);
    }
}

void pipe_shut(struct pipe *pipe)
{
    mutex_lock(&pipe->lock);
    __atomic_store_n(&pipe->readers, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&pipe->writers, 0, __ATOMIC_RELEASE);
    mutex_unlock(&pipe->lock);
    wait_wake_any(&pipe->readable, POLLIN | POLLRDNORM | POLLHUP);
    wait_wake_any(&pipe->writable, POLLOUT | POLLWRNORM | POLLHUP);
}

void pipe_unref(struct pipe *pipe)
{
    if (__atomic_sub_fetch(&pipe->files, 1, __ATOMIC_ACQ_REL) == 0)
        pipe_free(pipe);
}

void pipe_file_release(struct file *file)
{
    pipe_leave(file->object, file);
    pipe_unref(file->object);
}

static void pipe_file_stat(struct file *file, struct stat *status)
{
    const struct pipe *pipe = file->object;
    pipefs_stat(status, pipe->number);
    status->st_atime = status->st_mtime = status->st_ctime = pipe->created / NS_PER_SECOND;
    status->st_atime_nsec = status->st_mtime_nsec = status->st_ctime_nsec =
        pipe->created % NS_PER_SECOND;
}

static const struct file_ops pipe_file_ops = {
    .open = pipe_file_reopen,
    .read = pipe_file_read,
    .write = pipe_file_write,
    .read_kernel = pipe_file_read_kernel,
    .write_kernel = pipe_file_write_kernel,
    .poll = pipe_file_poll,
    .ioctl = pipe_file_ioctl,
    .direct = true,
    .stat = pipe_file_stat,
    .inode = pipe_file_inode,
    .release = pipe_file_release,
};

struct pipe *pipe_of(const struct file *file)
{
    return file->ops == &pipe_file_ops || file->ops == &fifo_file_ops ? file->object : NULL;
}

/* A file on `pipe`, which counts it, or NULL. */
static struct file *end_create(struct pipe *pipe, u32 flags)
{
    struct file *file = file_create(&pipe_file_ops, flags, pipe);
    if (!file)
        return NULL;
    file->kind = "pipe";
    pipe_join(pipe, file);
    return file;
}

int pipe_create(struct file **read_end, struct file **write_end, u32 flags)
{
    struct pipe *pipe = pipe_alloc(PIPE_SLOTS_DEFAULT);
    if (!pipe)
        return -ENOMEM;
    *read_end = end_create(pipe, O_RDONLY | (flags & O_NONBLOCK));
    if (!*read_end) {
        pipe_free(pipe);
        return -ENOMEM;
    }
    *write_end = end_create(pipe, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
    if (!*write_end) {
        file_put(*read_end);
        return -ENOMEM;
    }
    return 0;
}

/* ---- The size ---------------------------------------------------------------------------------*/

long pipe_get_size(const struct file *file)
{
    const struct pipe *pipe = pipe_of(file);
    return pipe ? (long)(pipe->slot_count * PAGE_SIZE) : -EBADF;
}

static u32 slots_for(u64 size)
{
    u32 count = 1;
    while (count * PAGE_SIZE < size)
        count *= 2;
    return count;
}

/* Move what waits to the beginning of new slots, which become the pipe's. */
static void replace_slots_locked(struct pipe *pipe, struct pipe_slot *slots, u32 slot_count)
{
    u32 count = pipe->head - pipe->tail;
    for (u32 i = 0; i < count; i++)
        slots[i] = *pipe_slot_at(pipe, pipe->tail + i);
    kfree(pipe->slots);
    pipe->slots = slots;
    pipe->slot_count = slot_count;
    pipe->tail = 0;
    pipe->head = count;
}

long pipe_set_size(struct file *file, u64 size)
{
    struct pipe *pipe = pipe_of(file);
    if (!pipe)
        return -EBADF;
    if (size > PIPE_SIZE_MAX)
        return -EINVAL;
    u32 slot_count = slots_for(size);
    struct pipe_slot *slots = kmalloc(slot_count * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    mutex_lock(&pipe->lock);
    bool fits = pipe->head - pipe->tail <= slot_count;
    bool was_full = pipe_is_full(pipe);
    if (fits)
        replace_slots_locked(pipe, slots, slot_count);
    mutex_unlock(&pipe->lock);
    if (!fits) {
        kfree(slots);
        return -EBUSY;
    }
    if (was_full)
        pipe_wake_writers(pipe);
    return slot_count * PAGE_SIZE;
}
