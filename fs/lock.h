/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks on files: record locks (man 2 fcntl: POSIX and open-file-description locks, ranges
 * of bytes) and whole-file locks (man 2 flock). The two kinds do not see each other.
 *
 * A lock has an owner, a pointer that nobody looks behind: for POSIX locks the table of
 * descriptors, for the others the open file. A file's locks hang in a table that its first lock
 * makes: who closes a file without one pays for one load.
 */
#ifndef FS_LOCK_H
#define FS_LOCK_H

#include <linux/fcntl.h>

#include "fs/inode.h"

struct lock_table;

/* A record lock, asked for or found. */
struct record_lock {
    const void *owner;
    int pid;         /* what F_GETLK says of it: -1 for locks of an open file */
    int type;        /* F_RDLCK, F_WRLCK, F_UNLCK */
    s64 start, last; /* bytes, both within; `last` is INT64_MAX for "to the end, wherever it is" */
};

/* Range and type of what the program asked for; owner and pid are the caller's to fill. 0, -EINVAL
 * or -EOVERFLOW. */
int record_lock_decode(const struct file *file, const struct flock *from,
                       struct record_lock *out) MUST_CHECK;
/* The way back: all but the type are left alone when it is F_UNLCK. */
void record_lock_encode(const struct record_lock *lock, struct flock *out);

/* Is the file open for reading, or writing, as the lock wants it? 0 or -EBADF. */
int record_lock_check(const struct file *file, const struct record_lock *lock) MUST_CHECK;

/* Take, convert or give up. 0, -ENOLCK (out of memory), and when others hold what stands against it
 * -EAGAIN or, with `wait`, a sleep that ends with it or with -EINTR. */
int record_lock_set(struct file *file, const struct record_lock *lock, bool wait) MUST_CHECK;

/* What would stand against `lock`: it becomes the first such lock, or F_UNLCK when there is none.
 * Of type F_UNLCK itself it asks for locks of its own owner. */
void record_lock_test(const struct file *file, struct record_lock *lock);

/* flock(2): `type` as above. 0, -EAGAIN, -ENOMEM, -EINTR. A lock that is converted is given up
 * first, and lost when the other is not to be had. */
int whole_lock_set(struct file *file, int type, bool wait) MUST_CHECK;

/* The locks of one owner go, and those who wait try again. By the functions below. */
void lock_table_release(struct lock_table *table, const void *owner);
/* NULL is allowed. By inode_put and file_put: nobody can wait any more. */
void lock_table_free(struct lock_table *table);

/* Files without an inode have a table of their own. */
static inline struct lock_table **file_lock_slot(const struct file *file)
{
    return file->inode ? &file->inode->locks : (struct lock_table **)&file->locks;
}

/* `owner` has closed a descriptor of this file, perhaps not its last one: its record locks go all
 * the same (POSIX). For the table of descriptors. */
static inline void file_locks_closed(const struct file *file, const void *owner)
{
    struct lock_table *table = __atomic_load_n(file_lock_slot(file), __ATOMIC_ACQUIRE);
    if (unlikely(table))
        lock_table_release(table, owner);
}

/* The open file ends, and the locks that it owns. By file_put. */
static inline void file_locks_ended(struct file *file)
{
    file_locks_closed(file, file);
    if (unlikely(file->locks))
        lock_table_free(file->locks);
}

#endif
