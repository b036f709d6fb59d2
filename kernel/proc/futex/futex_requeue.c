/* SPDX-License-Identifier: MIT */
/*
 * From one word to another: who waits at the first one is woken or waits at the second one from then on,
 * without waking up in between. With a lock as the second word this keeps a broadcast on a condition from
 * waking all who would only wait for the mutex next.
 */
#include <asm/errno.h>
#include <linux/futex.h>

#include "kernel/proc/futex/futex_internal.h"
#include "kernel/proc/task.h"

/* Two words, their keys and buckets. */
struct move {
    struct futex_word from, to;
    struct futex_key from_key, to_key;
    struct futex_bucket *from_bucket, *to_bucket;
    int wake, count; /* how many of each are wanted */
    /* To a lock: how many so far, and the last of them, with a reference, if it may wait for itself now. */
    int done;
    struct task *doubtful;
};

static int find_keys(struct move *move, bool write)
{
    int error = futex_find_key(move->from, false, &move->from_key);
    if (error == 0)
        error = futex_find_key(move->to, write, &move->to_key);
    move->from_bucket = futex_bucket_of(&move->from_key);
    move->to_bucket = futex_bucket_of(&move->to_key);
    return error;
}

/* Linux wakes and moves in the order of the queue, `done` so far in all. */
static bool is_enough(const struct move *move, int done)
{
    return done - move->wake >= move->count;
}

static int compare(uptr word, u32 expected)
{
    u32 value;
    if (user_word_read(word, &value) != 0)
        return -EFAULT;
    return value == expected ? 0 : -EAGAIN;
}

/* ---- Between words ----------------------------------------------------------------------------*/

static long move_all(struct move *move, struct wake_list *picked)
{
    struct futex_sleeper *sleeper, *following;
    int done = 0;
    list_for_each_entry_safe(sleeper, following, &move->from_bucket->sleepers, link)
    {
        if (is_enough(move, done))
            break;
        if (!futex_same(&sleeper->key, &move->from_key))
            continue;
        if (sleeper->lock || sleeper->target)
            return -EINVAL;
        if (++done <= move->wake)
            futex_pick(sleeper, picked);
        else
            futex_move(sleeper, move->to_bucket, &move->to_key);
    }
    return done;
}

long futex_requeue(struct futex_word word, struct futex_word word2, int wake, int count,
                   const u32 *expected)
{
    struct move move = {.from = word, .to = word2, .wake = wake, .count = count};
    struct wake_list picked = WAKE_LIST_INIT;
    long result;
    if (wake < 0 || count < 0)
        return -EINVAL;
    do {
        result = find_keys(&move, false);
        if (result != 0)
            return result;
        u64 flags = futex_lock_two(move.from_bucket, move.to_bucket);
        result = expected ? compare(word.address, *expected) : 0;
        if (result == 0)
            result = move_all(&move, &picked);
        futex_unlock_two(move.from_bucket, move.to_bucket, flags);
        wake_list_run(&picked);
    } while (result == -EFAULT && user_word_bring(word.address, false) == 0);
    return result;
}

/* ---- To a lock --------------------------------------------------------------------------------*/

/* May this one be moved to where we move: does it wait in futex_wait_requeue_pi for that? */
static bool may_move(const struct move *move, const struct futex_sleeper *sleeper)
{
    return sleeper->target && !sleeper->lock && futex_same(sleeper->target, &move->to_key);
}

/* Take the lock for the first one, or find out who has it: 1, 0, or an error. */
static int try_for_first(const struct move *move, struct pi_attempt *attempt,
                         struct wake_list *picked)
{
    struct futex_sleeper *first = futex_first(move->from_bucket, &move->from_key);
    if (!first)
        return 0;
    if (!may_move(move, first))
        return -EINVAL;
    attempt->task = first->task;
    attempt->others_follow = move->count != 0;
    int result = pi_attempt(attempt);
    if (result == 1)
        futex_pick(first, picked);
    return result;
}

/* Let those that are left wait for the lock, until there is doubt. 0 or an error. */
static int move_to_lock(struct move *move, struct pi_lock *lock, struct task **follow)
{
    struct futex_sleeper *sleeper, *following;
    list_for_each_entry_safe(sleeper, following, &move->from_bucket->sleepers, link)
    {
        if (is_enough(move, move->done) || move->doubtful)
            break;
        if (!futex_same(&sleeper->key, &move->from_key))
            continue;
        if (!may_move(move, sleeper))
            return -EINVAL;
        if (lock->owner == sleeper->task)
            return -EDEADLK;
        futex_move(sleeper, move->to_bucket, &move->to_key);
        struct task *owner = pi_wait_begin(lock, sleeper);
        if (owner && *follow)
            task_put(*follow);
        *follow = owner ? owner : *follow;
        move->done++;
        if (pi_owner_waits(lock))
            move->doubtful = task_hold(sleeper->task);
    }
    return 0;
}

/* Back to where it waited, if it still waits for the lock. */
static void move_back(const struct move *move, struct task *task)
{
    struct task *follow = NULL;
    u64 flags = futex_lock_two(move->from_bucket, move->to_bucket);
    struct futex_sleeper *sleeper = pi_sleeper_in(task, move->to_bucket);
    if (sleeper && sleeper->target && futex_same(&sleeper->key, &move->to_key)) {
        follow = pi_wait_end(sleeper);
        sleeper->lock = NULL;
        futex_move(sleeper, move->from_bucket, &move->from_key);
    }
    futex_unlock_two(move->from_bucket, move->to_bucket, flags);
    pi_follow(follow);
}

/* Does the one that was moved last wait for itself, along a chain of owners? 0 or -EDEADLK, and then it is
 * where it was. */
static int resolve_doubt(struct move *move)
{
    struct task *task = move->doubtful;
    move->doubtful = NULL;
    bool deadlock = pi_is_deadlock(task);
    if (deadlock)
        move_back(move, task);
    task_put(task);
    return deadlock ? -EDEADLK : 0;
}

/* Once, with both buckets locked: 0 or an error. *different: the word is not as expected, or not there
 * (-EAGAIN, -EFAULT). */
static int move_once(struct move *move, struct pi_attempt *attempt, u32 expected, bool *different)
{
    struct wake_list picked = WAKE_LIST_INIT;
    struct task *follow = NULL;
    attempt->lock = NULL;
    u64 flags = futex_lock_two(move->from_bucket, move->to_bucket);
    int result = move->done == 0 ? compare(move->from.address, expected) : 0;
    *different = result != 0;
    if (result == 0)
        result = try_for_first(move, attempt, &picked);
    if (!*different && result >= 0) {
        move->done += result;
        result = move_to_lock(move, attempt->lock, &follow);
    }
    pi_lock_tidy(attempt->lock);
    futex_unlock_two(move->from_bucket, move->to_bucket, flags);
    wake_list_run(&picked);
    pi_follow(follow);
    return result;
}

static long move_often(struct move *move, struct pi_attempt *attempt, u32 expected)
{
    for (;;) {
        bool different;
        int result = pi_attempt_prepare(attempt, move->to);
        if (result == 0)
            result = find_keys(move, true);
        if (result != 0)
            return result;
        if (futex_same(&move->from_key, &move->to_key))
            return -EINVAL;
        result = move_once(move, attempt, expected, &different);
        if (different)
            result = result == -EFAULT ? user_word_bring(move->from.address, false) : result;
        else if (result < 0)
            result = pi_recover(attempt, result);
        else if (!move->doubtful)
            return move->done;
        else if ((result = resolve_doubt(move)) == 0 && is_enough(move, move->done))
            return move->done;
        if (result != 0)
            return result;
    }
}

long futex_requeue_pi(struct futex_word word, struct futex_word word2, int wake, int count,
                      u32 expected)
{
    struct move move = {.from = word, .to = word2, .wake = wake, .count = count};
    struct pi_attempt attempt = {0};
    if (count < 0 || wake != 1 || word.address.addr == word2.address.addr)
        return -EINVAL;
    long result = move_often(&move, &attempt, expected);
    pi_attempt_fini(&attempt);
    return result;
}

long futex_wait_requeue_pi(struct futex_word word, struct futex_word word2, u32 expected,
                           struct futex_until until)
{
    struct futex_sleeper sleeper;
    struct futex_key key, target;
    bool moved;
    if (word.address.addr == word2.address.addr)
        return -EINVAL;
    long result = futex_find_key(word2, true, &target);
    if (result == 0)
        result = futex_find_key(word, false, &key);
    if (result != 0)
        return result;
    if (futex_same(&key, &target))
        return -EINVAL;
    futex_sleeper_init(&sleeper, &key, FUTEX_BITSET_MATCH_ANY);
    sleeper.target = &target;
    sleeper.lock_word = word2.address;
    result = futex_enter_if(&sleeper, word.address, expected);
    if (result != 0)
        return result;
    result = pi_leave(&sleeper, futex_sleep(&sleeper, 1, until), &moved);
    /* Made again, the call would find another value in the word. */
    return result == -EINTR && moved ? -EAGAIN : result;
}
