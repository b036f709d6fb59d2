/* SPDX-License-Identifier: MIT */
/* The file tree that the program finds. */
#ifndef KERNEL_PROC_ROOTFS_H
#define KERNEL_PROC_ROOTFS_H

#include "boot/boot_info.h"
#include "fs/path.h"

/* Build the tree out of the first module: an archive becomes its content; any other file becomes the
 * one file `program_name` in it. Mounts /proc, /sys and /dev. 0 with the root (references), or
 * -errno with *why. */
int rootfs_build(const struct boot_module *module, const char *program_name, struct path *root,
                 const char **why) MUST_CHECK;

/* True when a module is an archive that rootfs_build would unpack. */
bool rootfs_is_archive(const struct boot_module *module);

#endif
