/* SPDX-License-Identifier: MIT */
/* Files of memory without a name (man 2 memfd_create), and the seals that forbid changing them. */
#ifndef FS_ANON_MEMFD_H
#define FS_ANON_MEMFD_H

#include "fs/file.h"
#include "kernel/abi/event_files.h"

/* The longest name, without its NUL: NAME_MAX less "memfd:". */
#define MEMFD_NAME_MAX 249

/* An empty file, readable and writable, with one reference. `flags`: MFD_ALLOW_SEALING,
 * MFD_NOEXEC_SEAL. NULL: out of memory. */
struct file *memfd_create(const char *name, u32 flags);

/* fcntl's F_GET_SEALS: F_SEAL_* bits, or -EINVAL for a file that cannot be sealed. */
long memfd_get_seals(const struct file *file) MUST_CHECK;

/* F_ADD_SEALS. 0, -EINVAL, -EPERM (not open for writing, or sealed against more seals), -EBUSY (it
 * is mapped shared: no F_SEAL_WRITE). */
long memfd_add_seals(struct file *file, u32 seals) MUST_CHECK;

#endif
