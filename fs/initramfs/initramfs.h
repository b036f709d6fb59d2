/* SPDX-License-Identifier: MIT */
/*
 * Filling the root from the archive that the boot loader brought: cpio newc (also several of them
 * one after the other) or tar.
 *
 * File data stay in the module and are only borrowed, so the cost grows with the number of names,
 * not with their bytes. At start only, in one thread, before anything else uses the tree.
 */
#ifndef FS_INITRAMFS_INITRAMFS_H
#define FS_INITRAMFS_INITRAMFS_H

#include "fs/path.h"

/* True when the bytes start like an archive of a kind that is known here. */
bool initramfs_is_archive(const u8 *bytes, u64 size);

/*
 * Unpack the archive at `bytes` (and at `physical`, where it stays for good) under `root`, a tmpfs.
 * Names are taken as from `root`, ".." and links
 * included: nothing can lead outside. As Linux does with its initramfs, a later entry replaces an
 * earlier one of the same name, and one that cannot be placed (a file where a full directory is, a
 * name below a file) is passed over with a warning in the log. Missing parent directories are
 * made (Linux passes over what lies in them).
 *
 * 0; or, with a phrase in *why: -EINVAL (malformed), -ENOMEM, -ENOSPC.
 */
int initramfs_unpack(const struct path *root, const u8 *bytes, u64 size, paddr_t physical,
                     const char **why) MUST_CHECK;

#endif
