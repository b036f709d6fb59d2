/* SPDX-License-Identifier: MIT */
/* The two file systems as Linux presents them: types, modes, what creating a file in them says. */
#include "fs/procfs/procfs.h"

#include <asm/errno.h>
#include <linux/magic.h>
#include <linux/stat.h>

/* st_dev: minor numbers of major 0 that nobody else uses. */
#define PROCFS_DEVICE 18
#define SYSFS_DEVICE  19

#define PROCFS_LINK_SIZE  64   /* of /proc/self/fd/0 and its kin */
#define PROCFS_BLOCK_SIZE 1024 /* Linux: fs/proc/root.c, s_blocksize */

static struct node_fs procfs = {
    .sb = {.type = "proc",
           .magic = PROC_SUPER_MAGIC,
           .device = PROCFS_DEVICE,
           .block_size = PROCFS_BLOCK_SIZE},
    .directory_mode = 0555,
    .link_size = PROCFS_LINK_SIZE,
    .create_error = -ENOENT,
    .strict_prefix = "sys/",
};

static struct node_fs sysfs = {
    .sb = {.type = "sysfs", .magic = SYSFS_MAGIC, .device = SYSFS_DEVICE},
    .directory_mode = 0755,
    .file_size = PAGE_SIZE,
    .create_error = -EACCES,
    .strict_prefix = "",
};

struct superblock *procfs_create(void)
{
    return node_fs_init(&procfs) == 0 ? &procfs.sb : NULL;
}

struct superblock *sysfs_create(void)
{
    return node_fs_init(&sysfs) == 0 ? &sysfs.sb : NULL;
}

void procfs_add(const struct node *nodes, size_t count)
{
    node_fs_add(&procfs, nodes, count);
}

void sysfs_add(const struct node *nodes, size_t count)
{
    node_fs_add(&sysfs, nodes, count);
}
