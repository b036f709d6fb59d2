/* SPDX-License-Identifier: MIT */
/*
 * A pipe from inside, for fs/pipe/pipe.c, fs/pipe/fifo.c, fs/pipe/splice.c and fs/pipe/socketpair.c.
 *
 * A ring of slots, each with a page and the bytes in it that wait to be read. Pages come when they
 * are written and go when they are read, but for two that are kept for the next write. A page may
 * be in several pipes at once (tee): its reference count says so, and only bytes behind those that
 * a slot shows are ever added to it.
 */
#ifndef FS_PIPE_PIPE_INTERNAL_H
#define FS_PIPE_PIPE_INTERNAL_H

#include "fs/pipe/pipe.h"
#include "kernel/core/mutex.h"
#include "kernel/core/wait.h"
#include "kernel/lib/list.h"
#include "mm/page.h"

#define PIPE_SLOTS_DEFAULT 16 /* 64 KiB, as on Linux (man 7 pipe) */
#define PIPE_SPARE_PAGES   2

struct pipe_slot {
    struct page *page; /* with a reference */
    u32 offset, length;
    bool mergeable; /* the next write may go on in this page */
    bool packet;    /* a read takes it alone, and drops what it has no room for */
};

struct pipe {
    struct mutex
        lock; /* guards all below; head, tail, readers, writers are also looked at without */
    struct wait_queue readable, writable;
    u32 head, tail; /* they count slots ever filled and emptied, and wrap */
    u32 slot_count; /* a power of two */
    struct pipe_slot *slots;
    u32 readers, writers; /* files open on either side */
    struct page *spare[PIPE_SPARE_PAGES];
    u32 files;  /* guarded by fs/pipe/fifo.c's lock for named pipes; atomic for others */
    u64 number; /* st_ino of a pipe without a name */
    u64 created;
    /* Of named pipes only: */
    const struct inode *inode;
    struct list_head link;
    struct wait_queue opened;
    u32 readers_ever, writers_ever; /* from 1 */
};

static inline bool pipe_is_empty(const struct pipe *pipe)
{
    return __atomic_load_n(&pipe->head, __ATOMIC_RELAXED) ==
           __atomic_load_n(&pipe->tail, __ATOMIC_RELAXED);
}

static inline bool pipe_is_full(const struct pipe *pipe)
{
    return __atomic_load_n(&pipe->head, __ATOMIC_RELAXED) -
               __atomic_load_n(&pipe->tail, __ATOMIC_RELAXED) >=
           __atomic_load_n(&pipe->slot_count, __ATOMIC_RELAXED);
}

static inline struct pipe_slot *pipe_slot_at(struct pipe *pipe, u32 count)
{
    return &pipe->slots[count & (pipe->slot_count - 1)];
}

/* Where bytes come from or go to: the program's memory or the kernel's. */
struct pipe_place {
    u64 address;
    bool kernel;
};

/* An empty pipe without files, or NULL. `slot_count`: a power of two. */
struct pipe *pipe_alloc(u32 slot_count);
void pipe_free(struct pipe *pipe);

/* The steps of reading and writing; the pipe is locked. The last slot (pipe not full) gets a page,
 * whose reference moves; the first slot (pipe not empty) lost `length` bytes. */
void pipe_push_locked(struct pipe *pipe, const struct pipe_slot *slot);
void pipe_consume_locked(struct pipe *pipe, u32 length);

/* A page for a slot, and giving it back unused. */
struct page *pipe_page_locked(struct pipe *pipe);
void pipe_page_put_locked(struct pipe *pipe, struct page *page);

/* Wait with the lock given up meanwhile until there is something to read (or no writer), or room (or
 * no reader). 0, -EAGAIN (at once, if `nonblock`), -EINTR. */
long pipe_wait_data_locked(struct pipe *pipe, bool nonblock) MUST_CHECK;
long pipe_wait_room_locked(struct pipe *pipe, bool nonblock) MUST_CHECK;

/* Tell the other side what changed; unlocked or not. */
void pipe_wake_readers(struct pipe *pipe);
void pipe_wake_writers(struct pipe *pipe);

/* What read and write do. `flags`: O_NONBLOCK, O_DIRECT (a packet). */
long pipe_read(struct pipe *pipe, u32 flags, const struct pipe_place *to, size_t size);
long pipe_write(struct pipe *pipe, u32 flags, const struct pipe_place *from, size_t size);

/* How many bytes wait to be read. */
int pipe_bytes_waiting(struct pipe *pipe);

/* Nobody writes any more, and nobody will read what is written. */
void pipe_shut(struct pipe *pipe);

/* File operations that both kinds share. */
long pipe_file_read(struct file *file, uptr buffer, size_t size, u64 *position);
long pipe_file_write(struct file *file, uptr buffer, size_t size, u64 *position);
long pipe_file_read_kernel(struct file *file, void *buffer, size_t size, u64 *position);
long pipe_file_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position);
u32 pipe_file_poll(struct file *file, struct poller *poller);
long pipe_file_ioctl(struct file *file, u32 request, u64 argument);
void pipe_file_release(struct file *file);
/* The file reads or writes from now on, and counts as a user of the pipe. For pipes without a name. */
void pipe_join(struct pipe *pipe, const struct file *file);
/* The file no longer reads or writes; the other side learns of it. */
void pipe_leave(struct pipe *pipe, const struct file *file);
/* One user of a pipe without a name less; the last one frees it. */
void pipe_unref(struct pipe *pipe);

/* ---- fs/pipe/pipefs.c ------------------------------------------------------------------------------*/

/* Pipes without a name: the `inode` operation, and the `open` operation behind that inode. */
struct inode *pipe_file_inode(struct file *file);
int pipe_file_reopen(struct file *file);

#endif
