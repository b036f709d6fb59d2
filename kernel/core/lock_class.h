/* SPDX-License-Identifier: MIT */
/*
 * Every lock of the kernel belongs to a class, and every class has a rank: a lock is taken only while all
 * others that one holds have a lower rank. docs/locking.md says what each guards. A release build knows
 * nothing of this; the kernel of `make DEBUG=1` holds everybody to it (lock_debug.h).
 *
 * The ranks leave room. Those below LOCK_RANK_SPIN are mutexes, the others spinlocks. Two locks of one
 * rank are never held together, unless they are of one class that is marked as NESTS: then another rule
 * gives their order, which docs/locking.md tells.
 */
#ifndef KERNEL_CORE_LOCK_CLASS_H
#define KERNEL_CORE_LOCK_CLASS_H

#define LOCK_RANK_SPIN 100

#define LOCK_CLASSES(CLASS)                               \
    /* mutexes */                                         \
    CLASS(POSITION, 10, ALONE, "file.position_lock")      \
    CLASS(PIPE, 11, NESTS, "pipe.lock")                   \
    CLASS(SHOWN, 12, ALONE, "shown_file.lock")            \
    CLASS(RENAME, 20, ALONE, "rename_lock")               \
    CLASS(FIFOS, 20, ALONE, "fifos_lock")                 \
    CLASS(MEMFD_STORE, 20, ALONE, "store_lock")           \
    CLASS(EPOLL_TREE, 20, ALONE, "tree_lock")             \
    CLASS(EPOLL, 22, NESTS, "epoll.lock")                 \
    CLASS(MEMFD, 26, ALONE, "memfd.lock")                 \
    CLASS(INODE, 30, NESTS, "inode.lock")                 \
    CLASS(WATCH, 40, ALONE, "watch_lock")                 \
    CLASS(PROCESS_TIMERS, 40, ALONE, "timers.lock")       \
    CLASS(TIMERFD_SETTING, 40, ALONE, "setting_lock")     \
    CLASS(TRACE, 40, ALONE, "trace output")               \
    CLASS(SUMMARY, 40, ALONE, "summary lock")             \
    CLASS(UUID, 40, ALONE, "uuid lock")                   \
    CLASS(ASPACE, 50, ALONE, "aspace.lock")               \
    CLASS(PAGE_CACHE, 60, ALONE, "page_cache.lock")       \
    CLASS(SHARED_MEMORY, 60, ALONE, "shared_memory.lock") \
    /* spinlocks */                                       \
    CLASS(MAPPINGS, 110, ALONE, "mappings_lock")          \
    CLASS(LARGE, 110, ALONE, "large_lock")                \
    CLASS(DCACHE, 110, ALONE, "dcache_lock")              \
    CLASS(PLACE, 110, ALONE, "place.lock")                \
    CLASS(MOUNTS, 110, ALONE, "mounts_lock")              \
    CLASS(RECORD_LOCKS, 110, ALONE, "lock_table.lock")    \
    CLASS(FDTABLE, 110, ALONE, "fdtable.lock")            \
    CLASS(MAPPED_FILES, 110, ALONE, "mapped_files.lock")  \
    CLASS(FUTEX, 110, NESTS, "bucket.lock")               \
    CLASS(REAL_TIMERS, 110, ALONE, "real_lock")           \
    CLASS(TTY_RECEIVE, 110, ALONE, "uart.receive_lock")   \
    CLASS(TTY_SESSION, 112, ALONE, "session lock")        \
    CLASS(TIMER_TREE, 120, ALONE, "timer_tree.lock")      \
    CLASS(TTY, 130, ALONE, "tty.lock")                    \
    CLASS(EVENTFD, 130, ALONE, "eventfd.lock")            \
    CLASS(TIMERFD, 130, ALONE, "timerfd.lock")            \
    CLASS(FUTEX_TASK, 136, ALONE, "futexes.lock")         \
    CLASS(SIGNALS, 140, ALONE, "signals.lock")            \
    CLASS(LOG_SINK, 150, ALONE, "sink_lock")              \
    CLASS(UART, 152, ALONE, "uart.lock")                  \
    CLASS(SCREEN, 152, ALONE, "screen.lock")              \
    CLASS(WAIT_QUEUE, 160, NESTS, "wait_queue.lock")      \
    CLASS(EPOLL_READY, 162, ALONE, "epoll.ready_lock")    \
    CLASS(RUN_QUEUE, 170, ALONE, "run_queue.lock")        \
    CLASS(KMAP, 180, ALONE, "kmap_lock")                  \
    CLASS(HEAP, 182, ALONE, "heap lock")                  \
    CLASS(WALL, 184, ALONE, "wall.lock")                  \
    CLASS(ZONE, 190, ALONE, "zone.lock")                  \
    CLASS(LEARNING, 190, ALONE, "learning.lock")          \
    CLASS(RANDOM, 190, ALONE, "random lock")

enum lock_class {
    LOCK_NONE, /* never initialised */
#define LOCK_CLASS_ENUM(name, rank, nests, text) LOCK_##name,
    LOCK_CLASSES(LOCK_CLASS_ENUM)
#undef LOCK_CLASS_ENUM
        LOCK_CLASS_COUNT
};

#endif
