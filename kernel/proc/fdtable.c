/* SPDX-License-Identifier: MIT */
/*
 * Files in chunks, which are found through an array that doubles when it is full: a large number
 * does not cost what all smaller ones would. Files are released outside the lock.
 */
#include "kernel/proc/fdtable.h"

#include <asm/errno.h>

#include "fs/lock.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define CAPACITY_MAX (1u << 20) /* /proc/sys/fs/nr_open */

void fdtable_init(struct fdtable *table)
{
    *table = (struct fdtable){.lock = SPINLOCK_INIT(LOCK_FDTABLE)};
}

/* A file that has left the table. */
static void close_file(struct fdtable *table, struct file *file)
{
    file_locks_closed(file, table);
    file_put(file);
}

/* NULL: no descriptor near `fd` was ever open. */
static struct fd_chunk *chunk_of(const struct fdtable *table, u32 fd)
{
    return fd < table->capacity ? table->chunks[fd / FD_CHUNK] : NULL;
}

static struct file *file_at_locked(const struct fdtable *table, u32 fd)
{
    const struct fd_chunk *chunk = chunk_of(table, fd);
    return chunk ? chunk->files[fd % FD_CHUNK] : NULL;
}

void fdtable_fini(struct fdtable *table)
{
    for (u32 at = 0; at < table->capacity / FD_CHUNK; at++) {
        struct fd_chunk *chunk = table->chunks[at];
        for (u32 i = 0; chunk && i < FD_CHUNK; i++)
            if (chunk->files[i])
                close_file(table, chunk->files[i]);
        kfree(chunk);
    }
    kfree(table->chunks);
    fdtable_init(table);
}

/* Let `chunks` reach to `fd`. 0 or -ENOMEM. */
static int grow_locked(struct fdtable *table, u32 fd)
{
    u32 capacity = MAX(table->capacity, (u32)FD_CHUNK);
    while (capacity <= fd)
        capacity *= 2;
    if (capacity == table->capacity)
        return 0;
    struct fd_chunk **chunks =
        capacity <= CAPACITY_MAX ? kzalloc(capacity / FD_CHUNK * sizeof(*chunks)) : NULL;
    if (!chunks)
        return -ENOMEM;
    if (table->capacity != 0)
        memcpy(chunks, table->chunks, table->capacity / FD_CHUNK * sizeof(*chunks));
    kfree(table->chunks);
    table->chunks = chunks;
    table->capacity = capacity;
    return 0;
}

/* Make room for `fd`. 0 or -ENOMEM. */
static int prepare_locked(struct fdtable *table, u32 fd)
{
    if (chunk_of(table, fd))
        return 0;
    int error = grow_locked(table, fd);
    if (error != 0)
        return error;
    struct fd_chunk *chunk = kzalloc(sizeof(*chunk));
    table->chunks[fd / FD_CHUNK] = chunk;
    return chunk ? 0 : -ENOMEM;
}

s64 fdtable_next(struct fdtable *table, s64 from)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    s64 fd = from;
    while (fd < table->capacity && !file_at_locked(table, fd))
        fd = chunk_of(table, fd) ? fd + 1 : (s64)ALIGN_DOWN(fd, FD_CHUNK) + FD_CHUNK;
    bool found = fd < table->capacity;
    spin_unlock_irqrestore(&table->lock, flags);
    return found ? fd : -1;
}

struct file *fdtable_get(struct fdtable *table, int fd)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    struct file *file = file_at_locked(table, fd); /* a negative one is beyond every capacity */
    if (file)
        file_get(file);
    spin_unlock_irqrestore(&table->lock, flags);
    return file;
}

/* There is room. */
static void put_locked(struct fdtable *table, u32 fd, struct file *file, bool close_on_exec)
{
    struct fd_chunk *chunk = chunk_of(table, fd);
    chunk->files[fd % FD_CHUNK] = file;
    chunk->close_on_exec[fd % FD_CHUNK] = close_on_exec;
    if (!file)
        table->lowest_free = MIN(table->lowest_free, fd);
}

int fdtable_install(struct fdtable *table, struct file *file, int lowest, u64 limit,
                    bool close_on_exec)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    u32 fd = MAX((u32)lowest, table->lowest_free);
    while (file_at_locked(table, fd))
        fd++;
    if ((u32)lowest <= table->lowest_free)
        table->lowest_free = fd;
    int result = fd >= limit ? -EMFILE : prepare_locked(table, fd);
    if (result == 0) {
        put_locked(table, fd, file, close_on_exec);
        result = fd;
    }
    spin_unlock_irqrestore(&table->lock, flags);
    return result;
}

int fdtable_replace(struct fdtable *table, struct file *file, int fd, u64 limit, bool close_on_exec)
{
    if (fd < 0 || (u64)fd >= limit)
        return -EBADF;
    struct file *old = NULL;
    u64 flags = spin_lock_irqsave(&table->lock);
    int error = prepare_locked(table, fd);
    if (error == 0) {
        old = file_at_locked(table, fd);
        put_locked(table, fd, file, close_on_exec);
    }
    spin_unlock_irqrestore(&table->lock, flags);
    if (old)
        close_file(table, old);
    return error;
}

int fdtable_close(struct fdtable *table, int fd)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    struct file *file = file_at_locked(table, fd);
    if (file)
        put_locked(table, fd, NULL, false);
    spin_unlock_irqrestore(&table->lock, flags);
    if (!file)
        return -EBADF;
    close_file(table, file);
    return 0;
}

int fdtable_get_close_on_exec(struct fdtable *table, int fd)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    int result =
        file_at_locked(table, fd) ? chunk_of(table, fd)->close_on_exec[fd % FD_CHUNK] : -EBADF;
    spin_unlock_irqrestore(&table->lock, flags);
    return result;
}

int fdtable_set_close_on_exec(struct fdtable *table, int fd, bool on)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    int result = file_at_locked(table, fd) ? 0 : -EBADF;
    if (result == 0)
        chunk_of(table, fd)->close_on_exec[fd % FD_CHUNK] = on;
    spin_unlock_irqrestore(&table->lock, flags);
    return result;
}
