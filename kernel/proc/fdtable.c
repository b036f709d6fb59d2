/* SPDX-License-Identifier: MIT */
/*
 * An array of files that doubles when it is full. Files are released outside the lock.
 */
#include "kernel/proc/fdtable.h"

#include <asm/errno.h>

#include "fs/lock.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define FIRST_CAPACITY 32
#define CAPACITY_MAX   (1u << 17) /* 1 MiB of pointers, which the heap has in one piece */

void fdtable_init(struct fdtable *table)
{
    *table = (struct fdtable){.lock = SPINLOCK_INIT};
}

/* A file that has left the table. */
static void close_file(struct fdtable *table, struct file *file)
{
    file_locks_closed(file, table);
    file_put(file);
}

void fdtable_fini(struct fdtable *table)
{
    for (u32 fd = 0; fd < table->capacity; fd++)
        if (table->files[fd])
            close_file(table, table->files[fd]);
    kfree(table->files);
    kfree(table->close_on_exec);
    fdtable_init(table);
}

/* Make room for `fd`. 0 or -ENOMEM. */
static int grow_locked(struct fdtable *table, u32 fd)
{
    u32 capacity = MAX(table->capacity, (u32)FIRST_CAPACITY);
    while (capacity <= fd)
        capacity *= 2;
    if (capacity == table->capacity)
        return 0;
    if (capacity > CAPACITY_MAX)
        return -ENOMEM;
    struct file **files = kzalloc(capacity * sizeof(*files));
    u8 *close_on_exec = kzalloc(capacity);
    if (!files || !close_on_exec) {
        kfree(files);
        kfree(close_on_exec);
        return -ENOMEM;
    }
    if (table->capacity != 0) {
        memcpy(files, table->files, table->capacity * sizeof(*files));
        memcpy(close_on_exec, table->close_on_exec, table->capacity);
    }
    kfree(table->files);
    kfree(table->close_on_exec);
    table->files = files;
    table->close_on_exec = close_on_exec;
    table->capacity = capacity;
    return 0;
}

static bool is_open_locked(const struct fdtable *table, int fd)
{
    return fd >= 0 && (u32)fd < table->capacity && table->files[fd];
}

struct file *fdtable_get(struct fdtable *table, int fd)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    struct file *file = is_open_locked(table, fd) ? table->files[fd] : NULL;
    if (file)
        file_get(file);
    spin_unlock_irqrestore(&table->lock, flags);
    return file;
}

static void put_locked(struct fdtable *table, u32 fd, struct file *file, bool close_on_exec)
{
    table->files[fd] = file;
    table->close_on_exec[fd] = close_on_exec;
    if (!file)
        table->lowest_free = MIN(table->lowest_free, fd);
    else if (fd == table->lowest_free)
        table->lowest_free++;
}

int fdtable_install(struct fdtable *table, struct file *file, int lowest, u64 limit,
                    bool close_on_exec)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    u32 fd = MAX((u32)lowest, table->lowest_free);
    while (fd < table->capacity && table->files[fd])
        fd++;
    int result = fd >= limit ? -EMFILE : grow_locked(table, fd);
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
    int error = grow_locked(table, fd);
    if (error == 0) {
        old = table->files[fd];
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
    struct file *file = is_open_locked(table, fd) ? table->files[fd] : NULL;
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
    int result = is_open_locked(table, fd) ? table->close_on_exec[fd] : -EBADF;
    spin_unlock_irqrestore(&table->lock, flags);
    return result;
}

int fdtable_set_close_on_exec(struct fdtable *table, int fd, bool on)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    int result = is_open_locked(table, fd) ? 0 : -EBADF;
    if (result == 0)
        table->close_on_exec[fd] = on;
    spin_unlock_irqrestore(&table->lock, flags);
    return result;
}
