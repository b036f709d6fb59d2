/* SPDX-License-Identifier: MIT */
/* From a name to an open file (man 2 open). */
#ifndef FS_OPEN_H
#define FS_OPEN_H

#include "fs/path.h"

struct open_how_kernel {
    u32 flags; /* O_* */
    u32 mode;  /* of a file that is created, umask applied */
    u32 walk;  /* WALK_RESOLVE flags */
};

/* 0 with a file of one reference, or -errno. */
int file_open(const struct path_context *context, const struct path *start, const char *name,
              const struct open_how_kernel *how, struct file **out) MUST_CHECK;

/* The operations of a device node, by its number; NULL: no such device (-ENXIO). Character and
 * block devices register here. `type`: S_IFCHR or S_IFBLK. */
const struct file_ops *device_ops(u32 type, u64 device);
int device_register(u32 type, u64 device, const struct file_ops *ops) MUST_CHECK;

#endif
