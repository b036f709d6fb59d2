/* SPDX-License-Identifier: MIT */
/*
 * A reader of cpio archives in the "newc" format (magic 070701, and 070702 with checksums), as
 * Linux's Documentation/driver-api/early-userspace/buffer-format.rst defines it for initial file
 * systems.
 *
 * Pure: it works on bytes in memory, allocates nothing, copies nothing, and trusts no field; names
 * and data are pointers into the archive. Several archives may follow one another with zero bytes
 * between them; the reader walks over the joints. A name may be padded with more than one NUL
 * (packers use that to align the data).
 */
#ifndef KERNEL_LIB_CPIO_H
#define KERNEL_LIB_CPIO_H

#include "kernel/lib/types.h"

#define CPIO_FIELDS 13 /* numbers in a header */

/* Fill in bytes and size, leave the rest zero. */
struct cpio_reader {
    const u8 *bytes;
    u64 size;
    u64 offset;  /* of the next header */
    u32 archive; /* number of trailers passed */
    /* The header before, and its numbers: many are the same again. */
    const u8 *previous;
    u32 previous_fields[CPIO_FIELDS];
};

struct cpio_entry {
    const char *name;   /* NUL-terminated, as it stands in the archive, e.g. "./bin/sh" */
    size_t name_length; /* strlen(name) */
    union {
        u32 fields[CPIO_FIELDS];
        struct { /* in the order of the header */
            u32 ino, mode, uid, gid, nlink, mtime, file_size;
            /* Of the file system that held the file; with ino: its identity. 0 when nlink is below
             * 2. */
            u32 devmajor, devminor;
            u32 rdevmajor, rdevminor; /* of a device node; others: 0 */
            u32 name_size;            /* padding and NUL included */
            u32 checksum;             /* sum of the data's bytes; only when has_checksum */
        };
    };
    bool has_checksum;
    u32 archive;     /* which of the concatenated archives; hard links stay inside one */
    const u8 *data;  /* data_size bytes; a symbolic link's target (without a NUL) is data, too */
    u64 data_size;   /* bytes */
    u64 data_offset; /* of data from the start of the buffer */
};

/* True when the bytes start like an archive, zero padding before it included. */
bool cpio_is_archive(const u8 *bytes, u64 size);

/*
 * Reads the next entry. Returns 1 and fills `entry`; 0 at the end (after the last trailer, or where
 * the buffer ends between two entries, which Linux accepts); -EINVAL with a phrase in *why when the
 * archive is malformed.
 */
int cpio_next(struct cpio_reader *reader, struct cpio_entry *entry, const char **why) MUST_CHECK;

/* Adds up the data of a regular file that comes with a checksum (070702). 0; or -EINVAL, with a
 * phrase in *why, when it is a wrong one. Reads all of the data. */
int cpio_verify(const struct cpio_entry *entry, const char **why) MUST_CHECK;

#endif
