/* SPDX-License-Identifier: MIT */
/* Between path.c and mount.c. */
#ifndef FS_PATH_INTERNAL_H
#define FS_PATH_INTERNAL_H

#include "fs/path.h"

/* The mount that covers `path`, or NULL. */
struct mount *mount_on(const struct path *path);

#endif
