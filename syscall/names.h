/* SPDX-License-Identifier: MIT */
/* Names and directory descriptors, decoded the same way for every call of the *at family. */
#ifndef SYSCALL_NAMES_H
#define SYSCALL_NAMES_H

#include <linux/limits.h>

#include "fs/path.h"

/* A name copied in from the program. */
struct name {
    char text[PATH_MAX];
};

/* 0 with a name to be freed by name_free; -EFAULT, -ENAMETOOLONG, -ENOMEM. */
long name_get(uptr user, struct name **out) MUST_CHECK;
void name_free(struct name *name);

/* Where a walk begins: the process's root, and as `cwd` what a relative name starts from, which is the
 * working directory (AT_FDCWD) or an open one. An absolute name needs none: then the descriptor is not looked
 * at. 0 with references (place_put), -EBADF, -ENOTDIR. */
long names_start(int dirfd, const char *name, struct path_context *out) MUST_CHECK;

/* The whole way from a call's arguments to a path with references. */
long names_walk(int dirfd, uptr user, u32 flags, struct path *out) MUST_CHECK;

/* The same up to the last component. `last` points into `name`: free both afterwards. */
struct names_parent {
    struct name *name;
    struct path path;
    struct last_name last;
};
long names_walk_parent(int dirfd, uptr user, struct names_parent *out) MUST_CHECK;
void names_parent_end(struct names_parent *parent);

#endif
