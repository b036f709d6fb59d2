/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the futexes. Lock order: a bucket (of two the lower address first), then a task's
 * futexes.lock, of which one at a time, then the scheduler's. The program's words are touched under a
 * bucket's lock, with interrupts off, so that what faults fails at once (arch/usercopy.h).
 */
#ifndef KERNEL_PROC_FUTEX_INTERNAL_H
#define KERNEL_PROC_FUTEX_INTERNAL_H

#include "arch/usercopy.h"
#include "kernel/core/refcount.h"
#include "kernel/proc/futex/futex.h"
#include "kernel/proc/process.h"

/* Two words are the same one when their keys are. */
struct futex_key {
    u64 owner; /* the address space (with a bit for what could be shared and is not), or an object's number */
    u64 place; /* address, or offset in the object */
};

struct futex_bucket {
    struct spinlock lock;      /* guards sleepers and theirs; next is NULL before the first use */
    struct list_head sleepers; /* those with a higher priority first */
};

enum futex_state {
    FUTEX_WAITS, /* in its bucket */
    FUTEX_WOKEN, /* nobody knows it any more */
    FUTEX_OWNS,  /* in its bucket, with a lock whose owner died, and whose word it has to write */
};

/* Who sleeps at a word; on the stack of its thread. */
struct futex_sleeper {
    struct list_head link;
    struct futex_bucket *bucket; /* changes with both buckets locked */
    struct futex_key key;
    struct thread *thread;
    u32 bits;
    u32 state; /* enum futex_state; read by the sleeper without the lock */
    u8 priority;
    /* Of those who wait for a lock, now or when they are moved to it. */
    u8 lock_priority; /* in lock->waiters: what counts, with what was inherited */
    uptr lock_word;
    struct task *task;
    struct pi_lock *lock;
    struct list_head lock_link;
    const struct futex_key *target; /* of FUTEX_WAIT_REQUEUE_PI: where it may be moved */
};

/* ---- futex_bucket.c ---- */

int futex_find_key(struct futex_word word, bool write, struct futex_key *key) MUST_CHECK;

static inline bool futex_same(const struct futex_key *a, const struct futex_key *b)
{
    return a->owner == b->owner && a->place == b->place;
}

void futex_sleeper_init(struct futex_sleeper *sleeper, const struct futex_key *key, u32 bits);

struct futex_bucket *futex_bucket_of(const struct futex_key *key);
u64 futex_lock_bucket(struct futex_bucket *bucket);
u64 futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b, u64 flags);
/* The bucket that the sleeper is in, locked. */
struct futex_bucket *futex_lock_of(const struct futex_sleeper *sleeper, u64 *flags);

/* Put the sleeper into its bucket; locked. */
void futex_enter(struct futex_sleeper *sleeper);
/* Into another one, at another word; both locked. */
void futex_move(struct futex_sleeper *sleeper, struct futex_bucket *to,
                const struct futex_key *key);
/* The first at this word; NULL. */
struct futex_sleeper *futex_first(struct futex_bucket *bucket, const struct futex_key *key);

/* Take a sleeper out of its bucket to wake it once the lock is given back. */
void futex_pick(struct futex_sleeper *sleeper, struct wake_list *picked);

/* Put the sleeper into its bucket if the word is `expected`. 0, -EAGAIN, -EFAULT. */
int futex_enter_if(struct futex_sleeper *sleeper, uptr word, u32 expected) MUST_CHECK;

/* Sleep until one of `count` has another state than FUTEX_WAITS: 0, or -ETIMEDOUT, -EINTR. */
int futex_sleep(const struct futex_sleeper *sleepers, u32 count, struct futex_until until);

/* Stop waiting; of no lock. True: somebody woke us. */
bool futex_leave(struct futex_sleeper *sleeper);

static inline struct task *task_hold(struct task *task)
{
    ref_take(&task->refs);
    return task;
}

/* ---- futex_inherit.c: all with the lock's bucket locked, unless they say otherwise ---- */

/* A lock with an owner for which others wait. */
struct pi_lock {
    struct futex_bucket *bucket;
    struct task *owner;         /* with a reference */
    struct list_head waiters;   /* struct futex_sleeper by lock_priority */
    u32 users;                  /* sleepers that have it as their lock */
    bool unsettled;             /* the owner died, and the new one has not yet written the word */
    struct list_head held_link; /* in owner->futexes.held; guarded by its lock, as `priority` */
    u8 priority;                /* of the first waiter */
};

/* Make an allocated lock one that `owner` holds. False: the owner ends or has ended. */
bool pi_lock_init(struct pi_lock *lock, struct futex_bucket *bucket, struct task *owner);
/* Free it if nobody uses it (NULL allowed). */
void pi_lock_tidy(struct pi_lock *lock);

/* Let a sleeper wait for the lock, or no longer. A task whose priority others' depends on, now that the
 * owner's changed, with a reference; for pi_follow. NULL: none. */
struct task *pi_wait_begin(struct pi_lock *lock, struct futex_sleeper *sleeper) MUST_CHECK;
struct task *pi_wait_end(struct futex_sleeper *sleeper) MUST_CHECK;

/* The first waiter waits no longer and is the owner. */
void pi_lock_pass(struct pi_lock *lock, struct futex_sleeper *first);
/* The same when the owner died: the new one will write the word. Nothing if nobody waits. */
void pi_lock_bequeath(struct pi_lock *lock);

/* Carry the priority of a task on to the owners it waits for. Drops the reference; NULL allowed. No lock
 * held. */
void pi_follow(struct task *task);

/* Does a task wait for itself? Whoever lets one wait asks behind that: of those who close a circle at the
 * same time, one sees it. No lock held. */
bool pi_is_deadlock(struct task *task);
/* Does the lock's owner wait for a lock himself? If not, no circle leads through this one yet. */
bool pi_owner_waits(const struct pi_lock *lock);
/* What the task waits for a lock with, if in this bucket; NULL. */
struct futex_sleeper *pi_sleeper_in(struct task *task, const struct futex_bucket *bucket);

/* Let go of all that the running thread holds, which nobody can take any more afterwards. No lock held. */
void pi_thread_ending(struct task *task);
void pi_thread_ended(struct task *task);
/* Sleep until a task that ends has ended. 0 or -EINTR. */
int pi_await_end(struct task *task);

/* ---- futex_pi.c ---- */

/* Try to take a lock for `task`, or find out who has it. */
struct pi_attempt {
    uptr word;
    struct futex_key key;
    struct futex_bucket *bucket;
    struct task *task;
    bool
        others_follow; /* more will wait for it: the word says so, and there is a lock in any case */
    struct pi_lock *spare; /* memory for a lock */
    struct pi_lock *lock;  /* out: the one to wait for */
    struct task *ending;   /* out, with -EBUSY: an owner that ends, with a reference */
};

/* Fill in key, bucket and memory. */
int pi_attempt_prepare(struct pi_attempt *attempt, struct futex_word word) MUST_CHECK;
/* 1: the task has it; 0: attempt->lock is held by another; -EFAULT, -EAGAIN and -EBUSY as pi_recover
 * takes them; final: -EDEADLK, -EINVAL, -ESRCH. Bucket locked. */
int pi_attempt(struct pi_attempt *attempt) MUST_CHECK;
/* What came in between is over: 0, try again; or the error. No lock held. */
int pi_recover(struct pi_attempt *attempt, int error) MUST_CHECK;
/* Free what was not needed. */
void pi_attempt_fini(struct pi_attempt *attempt);

/* Stop waiting for a lock; `result` is what the sleep gave. *moved: it did wait for the lock. 0: we have
 * it; result; or -EFAULT: we got it, but the word is gone. */
long pi_leave(struct futex_sleeper *sleeper, long result, bool *moved) MUST_CHECK;

#endif
