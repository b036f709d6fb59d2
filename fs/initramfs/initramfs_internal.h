/* SPDX-License-Identifier: MIT */
/* Between initramfs.c (archives) and initramfs_place.c (the tree). */
#ifndef FS_INITRAMFS_INITRAMFS_INTERNAL_H
#define FS_INITRAMFS_INITRAMFS_INTERNAL_H

#include <linux/limits.h>

#include "fs/path.h"

/* A directory's time of change, set when all names are in place. */
struct directory_time {
    struct directory_time *next;
    struct inode *inode;
    s64 mtime;
};

struct unpack {
    struct path_context place; /* root and current directory: the root */
    const u8 *bytes;
    paddr_t physical;
    struct directory_time *times;
    /* The directory of the last entry, as most entries lie where the one before did: its name, and
     * whether `directory` holds it. */
    bool directory_known;
    size_t directory_length;
    struct path directory;
    char directory_name[PATH_MAX];
    char link[PATH_MAX]; /* a link's target with its NUL */
};

/* What cpio and tar entries have in common. */
struct unpack_entry {
    const char *name; /* need not end with NUL */
    size_t name_length;
    u32 mode, uid, gid;
    u64 device; /* of a device node, as makedev encodes it */
    s64 mtime;  /* nanoseconds */
    const u8 *data;
    u64 data_size;
    const char *link; /* a symbolic link's target */
    size_t link_length;
    bool reuse; /* a regular file that is there already is emptied, not replaced */
};

/* Make what the entry says; *out (unless NULL) gets the path with references. 0; -ENOMEM, -ENOSPC;
 * any other -errno: it cannot be there. */
int unpack_place(struct unpack *unpack, const struct unpack_entry *entry,
                 struct path *out) MUST_CHECK;

/* Another name for `old`. Data of the entry become those of the file. */
int unpack_link(struct unpack *unpack, const struct unpack_entry *entry,
                const struct path *old) MUST_CHECK;

/* Set the times of directories and let go of everything. */
void unpack_finish(struct unpack *unpack);

#endif
