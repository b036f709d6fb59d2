/* SPDX-License-Identifier: MIT */
/*
 * A reader of tar archives: ustar and its pax extended headers (POSIX.1-2017, pax, "ustar
 * Interchange Format" and "pax Interchange Format"), GNU tar's long names and base-256 numbers
 * (GNU tar manual, "Basic Tar Format"), and the old format without a magic.
 *
 * Pure: it works on bytes in memory, allocates nothing, and trusts no field. File data are pointers
 * into the archive; so are names, but for those that ustar keeps in two pieces. Names are not ended
 * by NUL, hold none, and may be anything else: "", "..", absolute. What names a file's bytes in
 * another order than they come (sparse files, several volumes) is refused.
 */
#ifndef KERNEL_LIB_TAR_H
#define KERNEL_LIB_TAR_H

#include "kernel/lib/types.h"

#define TAR_NAME_PIECES_MAX 256 /* bytes: prefix, '/' and name of a ustar header */

/* What pax headers say; a bit of `has` for each. */
struct tar_pax {
    u32 has;
    const char *path, *link;
    size_t path_length, link_length;
    u64 size, uid, gid;
    s64 mtime; /* nanoseconds */
};

/* Fill in bytes and size, leave the rest zero. */
struct tar_reader {
    const u8 *bytes;
    u64 size;
    u64 offset;            /* of the next header */
    struct tar_pax global; /* from 'g' headers: for all that follow */
    char joined[TAR_NAME_PIECES_MAX];
};

struct tar_entry {
    const char *name; /* name_length bytes; valid until the next tar_next */
    size_t name_length;
    const char *link; /* a symbolic link's target, a hard link's other name */
    size_t link_length;
    bool hard_link; /* `mode` then has the type of a regular file, whatever the other one is */
    u32 mode;       /* S_IF* and permissions */
    u32 uid, gid;
    s64 mtime;              /* nanoseconds since 1970, cut off at the ends of 64 bits */
    u32 devmajor, devminor; /* of a device node */
    const u8 *data;         /* data_size bytes; regular files only */
    u64 data_size;
    u64 data_offset; /* of data from the start of the buffer */
};

/* True when the first block is a header with a right checksum. */
bool tar_is_archive(const u8 *bytes, u64 size);

/*
 * Reads the next entry. Returns 1 and fills `entry`; 0 at the end (a block of zeros, or where the
 * buffer ends between two entries); -EINVAL with a phrase in *why when the archive is malformed or
 * has what is not supported.
 */
int tar_next(struct tar_reader *reader, struct tar_entry *entry, const char **why) MUST_CHECK;

#endif
