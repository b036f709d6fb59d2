/* SPDX-License-Identifier: MIT */
/* References of open files. */
#include "fs/file.h"

#include "mm/heap.h"

struct file *file_create(const struct file_ops *ops, u32 flags, void *object)
{
    struct file *file = kmalloc(sizeof(*file));
    if (file)
        *file = (struct file){ops, 1, flags, object};
    return file;
}

void file_get(struct file *file)
{
    __atomic_add_fetch(&file->refs, 1, __ATOMIC_RELAXED);
}

void file_put(struct file *file)
{
    if (__atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (file->ops->release)
        file->ops->release(file);
    kfree(file);
}
