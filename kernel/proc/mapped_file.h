/* SPDX-License-Identifier: MIT */
/*
 * The names of the files that a process has mapped.
 *
 * mm knows objects, not files. Whoever maps a file notes here which file an object belongs to, and
 * /proc/self/maps finds the name. A file that is noted is kept, as Linux keeps the file of a
 * mapping; it is let go when no mapping shows its object any more and somebody looks.
 */
#ifndef KERNEL_PROC_MAPPED_FILE_H
#define KERNEL_PROC_MAPPED_FILE_H

#include "fs/path.h"
#include "kernel/core/spinlock.h"

struct mapped_file {
    struct path path; /* holds references: the inode keeps the object */
    struct vm_object *object;
};

struct mapped_files {
    struct spinlock lock; /* guards all below; zeroed memory is an empty set */
    struct mapped_file *entries;
    u32 count, capacity;
};

/* `path` (which gets references of its own) was mapped: its object is inode->object. Before or
 * after the mapping is made, but no later than the next call here. Without memory the file merely
 * has no name in maps. */
void mapped_files_note(struct mapped_files *files, const struct path *path);

/* Let go of files that are mapped no more. Cheap when there are none; after munmap. */
void mapped_files_trim(struct mapped_files *files);

/* The file of an object with references, or false. */
bool mapped_files_find(struct mapped_files *files, const struct vm_object *object,
                       struct path *out);

#endif
