/* SPDX-License-Identifier: MIT */
/* The names in /dev. */
#include "fs/devfs/devfs.h"

#include <asm/errno.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "fs/devfs/devfs_internal.h"

#define DEVFS_DEVICE 6 /* st_dev, as devtmpfs mostly has it */

static const struct node nodes[] = {
    {.path = "console", .mode = S_IFCHR | 0600, .device = DEVICE_CONSOLE},
    {"fd", S_IFLNK | 0777, .text = "/proc/self/fd"},
    {.path = "full", .mode = S_IFCHR | 0666, .device = DEVICE_FULL},
    {.path = "null", .mode = S_IFCHR | 0666, .device = DEVICE_NULL},
    {.path = "random", .mode = S_IFCHR | 0666, .device = DEVICE_RANDOM},
    {.path = "shm", .mode = S_IFDIR | 01777},
    {"stderr", S_IFLNK | 0777, .text = "/proc/self/fd/2"},
    {"stdin", S_IFLNK | 0777, .text = "/proc/self/fd/0"},
    {"stdout", S_IFLNK | 0777, .text = "/proc/self/fd/1"},
    {.path = "tty", .mode = S_IFCHR | 0666, .device = DEVICE_TTY},
    {"tty#", S_IFCHR | 0620, DEVICE_SCREEN, .family = &screen_family},
    {"ttyS#", S_IFCHR | 0660, DEVICE_TTYS, .family = &tty_family},
    {.path = "urandom", .mode = S_IFCHR | 0666, .device = DEVICE_URANDOM},
    {.path = "zero", .mode = S_IFCHR | 0666, .device = DEVICE_ZERO},
};

static struct node_fs devfs = {
    .sb = {.type = "devtmpfs", .magic = TMPFS_MAGIC, .device = DEVFS_DEVICE},
    .directory_mode = 0755,
    .create_error = -EACCES,
    .table_count = 1,
    .tables = {{nodes, ARRAY_SIZE(nodes)}},
};

struct superblock *devfs_create(void)
{
    if (memory_devices_register() != 0 || tty_devices_register() != 0)
        return NULL;
    return node_fs_init(&devfs) == 0 ? &devfs.sb : NULL;
}
