/* SPDX-License-Identifier: MIT */
/*
 * Futexes: sleep on a word of the program's memory, and locks that the kernel knows the owner of (man 2
 * futex). What each call answers is Linux's (kernel/futex/); -EINTR stands for all that a signal
 * interrupts, and the system call makes of it what restarts.
 *
 * The files: futex_bucket.c sleepers and how they are found, futex.c waiting and waking, futex_requeue.c
 * from one word to another, futex_waitv.c several words at once, futex_pi.c locks with an owner,
 * futex_inherit.c whose priority follows from whose, futex_robust.c what a thread leaves behind.
 */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H

#include "kernel/core/spinlock.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct task;
struct futex_sleeper;

/* The word, and whether it is known by its memory (shared) or by its address in this space. */
struct futex_word {
    uptr address;
    bool shared;
};

/* Until when: nanoseconds since boot, or since 1970 when `real`; WAIT_FOREVER. */
struct futex_until {
    u64 ns;
    bool real;
};

/* What a task has to do with locks that have owners: others look at it, too. */
struct task_futexes {
    struct spinlock lock;          /* guards all below */
    u8 stage;                      /* enum futex_stage */
    u8 inherited;                  /* the highest priority of those that wait for what it holds */
    struct list_head held;         /* struct pi_lock that others wait for */
    struct futex_sleeper *blocked; /* the lock that it waits for itself; NULL: none */
};

enum futex_stage {
    FUTEX_STAGE_ALIVE,
    FUTEX_STAGE_ENDING, /* it takes leave of what it holds: no lock becomes its own any more */
    FUTEX_STAGE_ENDED,
};

void futex_task_init(struct task_futexes *futexes);

/* Sleep while the word holds `expected`, until a wake-up with a common bit of `bits`. 0, -EAGAIN (another
 * value), -EFAULT, -ETIMEDOUT, -EINTR, -EINVAL (alignment, no bits). */
long futex_wait(struct futex_word word, u32 expected, u32 bits,
                struct futex_until until) MUST_CHECK;

/* Wake `count` sleepers (at least one) that share a bit. How many, -EINVAL (also: they wait for a lock),
 * -EFAULT. */
long futex_wake(struct futex_word word, int count, u32 bits) MUST_CHECK;

/* Change word2 as `operation` tells (FUTEX_OP), wake at `word`, and at word2 if its old value compares.
 * How many in all; also -ENOSYS. */
long futex_wake_op(struct futex_word word, struct futex_word word2, int count, int count2,
                   u32 operation) MUST_CHECK;

/* Wake `wake` and let `move` others wait at word2 instead, if the word is *expected (NULL: anyway). How
 * many in all, -EAGAIN, -EINVAL, -EFAULT. */
long futex_requeue(struct futex_word word, struct futex_word word2, int wake, int move,
                   const u32 *expected) MUST_CHECK;

/* The same for those in futex_wait_requeue_pi: word2 is a lock, and the first one gets it or waits for
 * it. `wake` must be 1. Also -EDEADLK, -ESRCH, -ENOMEM. */
long futex_requeue_pi(struct futex_word word, struct futex_word word2, int wake, int move,
                      u32 expected) MUST_CHECK;

/* Sleep at `word` until somebody gives us the lock `word2`. */
long futex_wait_requeue_pi(struct futex_word word, struct futex_word word2, u32 expected,
                           struct futex_until until) MUST_CHECK;

/* Take the lock, sleeping for it; or if it is free (-EAGAIN). -EDEADLK, -ESRCH: the owner is gone. */
long futex_lock_pi(struct futex_word word, struct futex_until until) MUST_CHECK;
long futex_trylock_pi(struct futex_word word) MUST_CHECK;
/* Give it to the first that waits. -EPERM: it is not ours. */
long futex_unlock_pi(struct futex_word word) MUST_CHECK;

/* Sleep at `count` words at once (up to 128). The index of one that woke us, or as futex_wait. */
struct futex_wanted {
    struct futex_word word;
    u32 expected;
};
long futex_wait_any(const struct futex_wanted *wanted, u32 count,
                    struct futex_until until) MUST_CHECK;

/* The running thread ends: what it holds goes on to others (set_robust_list(2), locks with owners). */
void futex_thread_ends(struct task *task);

/* The task's priority changed: if it waits for a lock, the owner's follows. No lock held. */
void futex_priority_changed(struct task *task);

#endif
