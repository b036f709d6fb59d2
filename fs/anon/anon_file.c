/* SPDX-License-Identifier: MIT */
/* What nameless files share; anon_file.h has the idea. */
#include "fs/anon/anon_file.h"

#include <asm/stat.h>

#define ANON_INODE 1

struct file *anon_file_create(const struct file_ops *ops, u32 flags, void *object, const char *kind)
{
    struct file *file = file_create(ops, flags, object);
    if (file)
        file->kind = kind;
    return file;
}

void anon_file_stat(struct file *file, struct stat *status)
{
    (void)file;
    status->st_dev = ANON_DEVICE_OTHERS;
    status->st_ino = ANON_INODE;
    status->st_mode = 0600;
    status->st_nlink = 1;
    status->st_blksize = PAGE_SIZE;
}
