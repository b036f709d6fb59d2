/* SPDX-License-Identifier: MIT */
/*
 * Locks with an owner: the word holds the owner's number, FUTEX_WAITERS when the kernel has to be asked to
 * give it back, FUTEX_OWNER_DIED when the one before ended with it.
 *
 * As long as somebody waits there is a struct pi_lock, which those who wait point to. An owner that gives
 * the lock back writes its successor's number into the word. One that ended cannot: then the successor is
 * woken, still in its bucket, and writes it, and so nobody finds the lock free in between.
 */
#include <asm/errno.h>
#include <linux/futex.h>

#include "kernel/proc/futex/futex_internal.h"
#include "kernel/proc/task.h"
#include "mm/heap.h"

/* ---- Trying -----------------------------------------------------------------------------------*/

int pi_attempt_prepare(struct pi_attempt *attempt, struct futex_word word)
{
    attempt->word = word.address;
    if (!attempt->spare)
        attempt->spare = kmalloc(sizeof(*attempt->spare));
    if (!attempt->spare)
        return -ENOMEM;
    int error = futex_find_key(word, true, &attempt->key);
    attempt->bucket = futex_bucket_of(&attempt->key);
    return error;
}

void pi_attempt_fini(struct pi_attempt *attempt)
{
    kfree(attempt->spare);
}

/* From `value` to `desired`: 0, or -EAGAIN when it is another value by now, -EFAULT. */
static int replace(uptr word, u32 value, u32 desired)
{
    u32 found;
    if (user_word_exchange(word, value, desired, &found) != 0)
        return -EFAULT;
    return found == value ? 0 : -EAGAIN;
}

/* Others wait already: does the word say what the kernel knows (Linux: attach_to_pi_state)? */
static int join(struct pi_lock *lock, u32 value)
{
    u32 tid = value & FUTEX_TID_MASK;
    if (!lock)
        return -EINVAL; /* they wait for something else */
    if (lock->unsettled || ((value & FUTEX_OWNER_DIED) && tid == 0))
        return 0;
    return tid == (u32)lock->owner->tid ? 0 : -EINVAL;
}

static int make_lock(struct pi_attempt *attempt, struct task *owner)
{
    if (!pi_lock_init(attempt->spare, attempt->bucket, owner))
        return -ESRCH;
    attempt->lock = attempt->spare;
    attempt->spare = NULL;
    return 0;
}

/* The owner ends: to be waited for. It is gone: perhaps the word has changed since. */
static int lost_owner(struct pi_attempt *attempt, struct task *owner, u32 value)
{
    u32 now;
    if (owner && __atomic_load_n(&owner->futexes.stage, __ATOMIC_ACQUIRE) != FUTEX_STAGE_ENDED) {
        attempt->ending = owner;
        return -EBUSY;
    }
    if (owner)
        task_put(owner);
    if (user_word_read(attempt->word, &now) != 0)
        return -EFAULT;
    return now != value ? -EAGAIN : -ESRCH;
}

/* We are the first to wait for the owner that the word names. */
static int find_owner(struct pi_attempt *attempt, u32 value)
{
    struct task *owner = task_get(process_current(), (int)(value & FUTEX_TID_MASK));
    if (!owner || make_lock(attempt, owner) != 0)
        return lost_owner(attempt, owner, value);
    task_put(owner);
    return 0;
}

static int take_free(struct pi_attempt *attempt, u32 value)
{
    u32 own = (value & FUTEX_OWNER_DIED) | (u32)attempt->task->tid;
    int error = replace(attempt->word, value, own | (attempt->others_follow ? FUTEX_WAITERS : 0));
    if (error == 0 && attempt->others_follow)
        error = make_lock(attempt, attempt->task);
    return error == 0 ? 1 : error;
}

int pi_attempt(struct pi_attempt *attempt)
{
    u32 value;
    attempt->lock = NULL;
    if (user_word_read(attempt->word, &value) != 0)
        return -EFAULT;
    if ((value & FUTEX_TID_MASK) == (u32)attempt->task->tid)
        return -EDEADLK;
    const struct futex_sleeper *first = futex_first(attempt->bucket, &attempt->key);
    if (first) {
        int error = join(first->lock, value);
        attempt->lock = error == 0 ? first->lock : NULL;
        return error;
    }
    if ((value & FUTEX_TID_MASK) == 0)
        return take_free(attempt, value);
    int error = replace(attempt->word, value, value | FUTEX_WAITERS);
    return error != 0 ? error : find_owner(attempt, value | FUTEX_WAITERS);
}

int pi_recover(struct pi_attempt *attempt, int error)
{
    if (error == -EFAULT)
        return user_word_bring(attempt->word, true);
    if (error == -EBUSY) {
        error = pi_await_end(attempt->ending);
        task_put(attempt->ending);
        return error;
    }
    return error == -EAGAIN ? 0 : error;
}

/* ---- Leaving ----------------------------------------------------------------------------------*/

/* The lock came to us by its owner's death: write our number. Bucket locked. 0 or -EFAULT. */
static int write_ourselves(const struct futex_sleeper *sleeper)
{
    u32 value, own = (u32)sleeper->task->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED;
    int error = user_word_read(sleeper->lock_word, &value);
    while (error == 0) {
        error = replace(sleeper->lock_word, value, own);
        if (error != -EAGAIN)
            return error;
        error = user_word_read(sleeper->lock_word, &value);
    }
    return error;
}

/* Leave the bucket with a lock, or give it to the next one when its word is gone. */
static void settle(struct futex_sleeper *sleeper, bool keep)
{
    struct pi_lock *lock = sleeper->lock;
    list_del(&sleeper->link);
    lock->users--;
    lock->unsettled = false;
    if (!keep)
        pi_lock_bequeath(lock);
    pi_lock_tidy(lock);
}

static long inherit_word(struct futex_sleeper *sleeper)
{
    bool gone = false;
    for (;;) {
        u64 flags;
        struct futex_bucket *bucket = futex_lock_of(sleeper, &flags);
        int error = gone ? -EFAULT : write_ourselves(sleeper);
        bool over = gone || error == 0;
        if (over)
            settle(sleeper, !gone);
        spin_unlock_irqrestore(&bucket->lock, flags);
        if (over)
            return error;
        gone = user_word_bring(sleeper->lock_word, true) != 0;
    }
}

long pi_leave(struct futex_sleeper *sleeper, long result, bool *moved)
{
    struct task *follow = NULL;
    u64 flags;
    struct futex_bucket *bucket = futex_lock_of(sleeper, &flags);
    u32 state = sleeper->state;
    *moved = sleeper->lock != NULL;
    if (state == FUTEX_WAITS) {
        list_del(&sleeper->link);
        if (sleeper->lock)
            follow = pi_wait_end(sleeper);
    }
    spin_unlock_irqrestore(&bucket->lock, flags);
    pi_follow(follow);
    if (state == FUTEX_WAITS)
        return result;
    if (state == FUTEX_OWNS)
        return inherit_word(sleeper);
    return 0;
}

/* ---- The calls --------------------------------------------------------------------------------*/

/* Enter the bucket, and wait for the lock. Bucket locked. */
static struct task *line_up(struct futex_sleeper *sleeper, const struct pi_attempt *attempt)
{
    futex_sleeper_init(sleeper, &attempt->key, FUTEX_BITSET_MATCH_ANY);
    sleeper->lock_word = attempt->word;
    futex_enter(sleeper);
    return pi_wait_begin(attempt->lock, sleeper);
}

/* Once or more often: 1, 0 (the sleeper, if there is one, waits for the lock), or an error. */
static int attempt_often(struct pi_attempt *attempt, struct futex_word word,
                         struct futex_sleeper *sleeper)
{
    for (;;) {
        struct task *follow = NULL;
        int result = pi_attempt_prepare(attempt, word);
        if (result != 0)
            return result;
        u64 flags = futex_lock_bucket(attempt->bucket);
        result = pi_attempt(attempt);
        if (result == 0 && sleeper)
            follow = line_up(sleeper, attempt);
        pi_lock_tidy(attempt->lock);
        spin_unlock_irqrestore(&attempt->bucket->lock, flags);
        pi_follow(follow);
        if (result >= 0 || (result = pi_recover(attempt, result)) != 0)
            return result;
    }
}

long futex_trylock_pi(struct futex_word word)
{
    struct pi_attempt attempt = {.task = task_current()};
    int result = attempt_often(&attempt, word, NULL);
    pi_attempt_fini(&attempt);
    return result == 1 ? 0 : result == 0 ? -EAGAIN : result;
}

long futex_lock_pi(struct futex_word word, struct futex_until until)
{
    struct pi_attempt attempt = {.task = task_current()};
    struct futex_sleeper sleeper;
    bool moved;
    long result = attempt_often(&attempt, word, &sleeper);
    pi_attempt_fini(&attempt);
    if (result != 0)
        return result == 1 ? 0 : result;
    result = pi_is_deadlock(attempt.task) ? -EDEADLK : futex_sleep(&sleeper, 1, until);
    return pi_leave(&sleeper, result, &moved);
}

/* Make the first waiter the owner, in the word, too. Bucket locked; 0, -EFAULT, -EINVAL, or -EAGAIN: try
 * again. */
static int give_to_first(struct pi_lock *lock, uptr word, u32 value, struct wake_list *picked)
{
    u32 found;
    if (!lock || lock->owner != task_current() || list_empty(&lock->waiters))
        return -EINVAL; /* the program wrote something else */
    struct futex_sleeper *first = list_entry(lock->waiters.next, struct futex_sleeper, lock_link);
    if (user_word_exchange(word, value, (u32)first->task->tid | FUTEX_WAITERS, &found) != 0)
        return -EFAULT;
    if (found != value)
        return (found & FUTEX_TID_MASK) == value ? -EAGAIN : -EINVAL;
    pi_lock_pass(lock, first);
    lock->users--;
    futex_pick(first, picked);
    pi_lock_tidy(lock);
    return 0;
}

/* The word was `value`. 0, -EFAULT, -EINVAL; -EAGAIN, where *again tells whether the program should see
 * that. */
static int give_back(struct futex_word word, u32 value, bool *again)
{
    struct wake_list picked = WAKE_LIST_INIT;
    struct futex_key key;
    int error = futex_find_key(word, true, &key);
    if (error != 0)
        return error;
    struct futex_bucket *bucket = futex_bucket_of(&key);
    u64 flags = futex_lock_bucket(bucket);
    struct futex_sleeper *any = futex_first(bucket, &key);
    error = any ? give_to_first(any->lock, word.address, value, &picked)
                : replace(word.address, value, 0);
    spin_unlock_irqrestore(&bucket->lock, flags);
    wake_list_run(&picked);
    *again = error == -EFAULT || (any && error == -EAGAIN);
    return error;
}

long futex_unlock_pi(struct futex_word word)
{
    for (;;) {
        u32 value;
        bool again = false;
        if (usercopy_from(&value, word.address, sizeof(value)) != 0)
            return -EFAULT;
        if ((value & FUTEX_TID_MASK) != (u32)thread_current()->tid)
            return -EPERM;
        int error = give_back(word, value, &again);
        if (!again || (error == -EFAULT && user_word_bring(word.address, true) != 0))
            return error;
    }
}
