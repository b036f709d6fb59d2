/* SPDX-License-Identifier: MIT */
/*
 * Priority inheritance: who holds a lock runs with the highest priority of those that wait for it, and so
 * does whom he waits for himself.
 *
 * A task knows the locks it holds that others wait for, and the one it waits for. The graph has no lock of
 * its own: a lock and its waiters belong to their bucket, a task's side of it to the task. Along a chain one
 * step is taken at a time with nothing held in between, and each step looks again; who changes something
 * behind it carries that on himself.
 */
#include <asm/errno.h>

#include "kernel/core/wait.h"
#include "kernel/proc/futex/futex_internal.h"
#include "kernel/proc/task.h"
#include "mm/heap.h"

/* Linux gives up on longer chains and calls them a deadlock (kernel/locking/rtmutex.c). */
#define CHAIN_MAX 1024

static struct wait_queue endings = WAIT_QUEUE_INIT(endings); /* those in pi_await_end */

void futex_task_init(struct task_futexes *futexes)
{
    spin_init(&futexes->lock, LOCK_FUTEX_TASK);
    list_init(&futexes->held);
}

/* ---- One lock ---------------------------------------------------------------------------------*/

/* The priority of those that wait for what the task holds; whether it changed. futexes.lock is held. */
static bool inherit(struct task *task)
{
    const struct pi_lock *lock;
    u8 priority = 0;
    list_for_each_entry(lock, &task->futexes.held, held_link) priority =
        MAX(priority, lock->priority);
    if (priority == task->futexes.inherited)
        return false;
    task->futexes.inherited = priority;
    sched_inherit(task->thread, priority);
    return true;
}

static u8 first_priority(const struct pi_lock *lock)
{
    const struct futex_sleeper *first = list_first(&lock->waiters, struct futex_sleeper, lock_link);
    return first ? first->lock_priority : 0;
}

/* False: a task that ends gets no lock. */
static bool own(struct pi_lock *lock, struct task *owner)
{
    spin_lock(&owner->futexes.lock);
    bool alive = owner->futexes.stage == FUTEX_STAGE_ALIVE;
    if (alive) {
        lock->owner = task_hold(owner);
        lock->priority = first_priority(lock);
        list_add(&lock->held_link, &owner->futexes.held);
        (void)inherit(owner);
    }
    spin_unlock(&owner->futexes.lock);
    return alive;
}

static void disown(struct pi_lock *lock)
{
    struct task *owner = lock->owner;
    spin_lock(&owner->futexes.lock);
    list_del(&lock->held_link);
    (void)inherit(owner);
    spin_unlock(&owner->futexes.lock);
    task_put(owner);
}

bool pi_lock_init(struct pi_lock *lock, struct futex_bucket *bucket, struct task *owner)
{
    *lock = (struct pi_lock){.bucket = bucket};
    list_init(&lock->waiters);
    return own(lock, owner);
}

void pi_lock_tidy(struct pi_lock *lock)
{
    if (!lock || lock->users != 0)
        return;
    disown(lock);
    kfree(lock);
}

static void stop_waiting(struct futex_sleeper *sleeper)
{
    list_del(&sleeper->lock_link);
    spin_lock(&sleeper->task->futexes.lock);
    sleeper->task->futexes.blocked = NULL;
    spin_unlock(&sleeper->task->futexes.lock);
}

void pi_lock_pass(struct pi_lock *lock, struct futex_sleeper *first)
{
    stop_waiting(first);
    disown(lock);
    (void)own(lock, first->task); /* it is in a system call, so it does not end */
}

void pi_lock_bequeath(struct pi_lock *lock)
{
    struct futex_sleeper *first = list_first(&lock->waiters, struct futex_sleeper, lock_link);
    if (!first)
        return;
    pi_lock_pass(lock, first);
    lock->unsettled = true;
    __atomic_store_n(&first->state, FUTEX_OWNS, __ATOMIC_RELEASE);
    thread_wake(first->thread);
}

/* ---- Waiting ----------------------------------------------------------------------------------*/

static void place(struct pi_lock *lock, struct futex_sleeper *sleeper)
{
    struct list_head *before = lock->waiters.prev;
    while (before != &lock->waiters &&
           list_entry(before, struct futex_sleeper, lock_link)->lock_priority <
               sleeper->lock_priority)
        before = before->prev;
    list_add(&sleeper->lock_link, before);
}

/* The waiters changed. The owner with a reference, if that matters to others, too. */
static struct task *tell_owner(struct pi_lock *lock)
{
    struct task *owner = lock->owner;
    spin_lock(&owner->futexes.lock);
    lock->priority = first_priority(lock);
    bool matters = inherit(owner) && owner->futexes.blocked;
    spin_unlock(&owner->futexes.lock);
    return matters ? task_hold(owner) : NULL;
}

struct task *pi_wait_begin(struct pi_lock *lock, struct futex_sleeper *sleeper)
{
    struct task *task = sleeper->task;
    spin_lock(&task->futexes.lock);
    task->futexes.blocked = sleeper;
    sleeper->lock_priority = sched_priority(task->thread);
    spin_unlock(&task->futexes.lock);
    sleeper->lock = lock;
    lock->users++;
    place(lock, sleeper);
    return tell_owner(lock);
}

struct task *pi_wait_end(struct futex_sleeper *sleeper)
{
    struct pi_lock *lock = sleeper->lock;
    stop_waiting(sleeper);
    struct task *owner = tell_owner(lock);
    lock->users--;
    pi_lock_tidy(lock);
    return owner;
}

/* ---- Chains -----------------------------------------------------------------------------------*/

/* The bucket of the lock that a task waits for, locked, with what it waits there; NULL: it does not wait. */
static struct futex_bucket *lock_blocked(struct task *task, u64 *flags,
                                         struct futex_sleeper **sleeper)
{
    *flags = spin_lock_irqsave(&task->futexes.lock);
    struct futex_sleeper *seen = task->futexes.blocked;
    struct futex_bucket *bucket = seen ? seen->bucket : NULL;
    spin_unlock_irqrestore(&task->futexes.lock, *flags);
    if (!bucket)
        return NULL;
    *flags = futex_lock_bucket(bucket);
    spin_lock(&task->futexes.lock);
    *sleeper = task->futexes.blocked;
    bool still = *sleeper == seen && seen->bucket == bucket;
    spin_unlock(&task->futexes.lock);
    if (still)
        return bucket;
    spin_unlock_irqrestore(&bucket->lock, *flags);
    return NULL;
}

/* The task waits with another priority now: the owner with a reference, if that changes something. */
static struct task *take_new_place(struct futex_sleeper *sleeper)
{
    struct task *task = sleeper->task;
    spin_lock(&task->futexes.lock);
    u8 priority = sched_priority(task->thread);
    spin_unlock(&task->futexes.lock);
    if (priority == sleeper->lock_priority)
        return NULL;
    sleeper->lock_priority = priority;
    list_del(&sleeper->lock_link);
    place(sleeper->lock, sleeper);
    return tell_owner(sleeper->lock);
}

/* In a circle that came about behind our back it ends when all have the same priority. */
void pi_follow(struct task *task)
{
    while (task) {
        struct futex_sleeper *sleeper;
        struct task *owner = NULL;
        u64 flags;
        struct futex_bucket *bucket = lock_blocked(task, &flags, &sleeper);
        if (bucket) {
            owner = take_new_place(sleeper);
            spin_unlock_irqrestore(&bucket->lock, flags);
        }
        task_put(task);
        task = owner;
    }
}

/* Who holds what the task waits for, with a reference, in place of the one on the task. */
static struct task *next_in_chain(struct task *task)
{
    struct futex_sleeper *sleeper;
    struct task *owner = NULL;
    u64 flags;
    struct futex_bucket *bucket = lock_blocked(task, &flags, &sleeper);
    if (bucket) {
        owner = task_hold(sleeper->lock->owner);
        spin_unlock_irqrestore(&bucket->lock, flags);
    }
    task_put(task);
    return owner;
}

bool pi_is_deadlock(struct task *self)
{
    struct task *task = next_in_chain(task_hold(self));
    int length = 0;
    while (task && task != self && length++ < CHAIN_MAX)
        task = next_in_chain(task);
    if (task)
        task_put(task);
    return task != NULL;
}

struct futex_sleeper *pi_sleeper_in(struct task *task, const struct futex_bucket *bucket)
{
    spin_lock(&task->futexes.lock);
    struct futex_sleeper *sleeper = task->futexes.blocked;
    if (sleeper && sleeper->bucket != bucket)
        sleeper = NULL;
    spin_unlock(&task->futexes.lock);
    return sleeper;
}

bool pi_owner_waits(const struct pi_lock *lock)
{
    spin_lock(&lock->owner->futexes.lock);
    bool waits = lock->owner->futexes.blocked;
    spin_unlock(&lock->owner->futexes.lock);
    return waits;
}

void futex_priority_changed(struct task *task)
{
    if (__atomic_load_n(&task->futexes.blocked, __ATOMIC_RELAXED))
        pi_follow(task_hold(task));
}

/* ---- The end of a thread ----------------------------------------------------------------------*/

static void set_stage(struct task *task, enum futex_stage stage)
{
    u64 flags = spin_lock_irqsave(&task->futexes.lock);
    __atomic_store_n(&task->futexes.stage, stage, __ATOMIC_RELEASE);
    spin_unlock_irqrestore(&task->futexes.lock, flags);
}

/* A lock that the task holds, and its bucket; NULL: none. */
static struct pi_lock *first_held(struct task *task, struct futex_bucket **bucket)
{
    struct pi_lock *lock = list_first(&task->futexes.held, struct pi_lock, held_link);
    if (lock)
        *bucket = lock->bucket;
    return lock;
}

/* Hand on the first lock that the task holds; false: there is none. */
static bool hand_on_first(struct task *task)
{
    struct futex_bucket *bucket = NULL, *again = NULL;
    u64 flags = spin_lock_irqsave(&task->futexes.lock);
    struct pi_lock *lock = first_held(task, &bucket);
    spin_unlock_irqrestore(&task->futexes.lock, flags);
    if (!lock)
        return false;
    flags = futex_lock_bucket(bucket);
    spin_lock(&task->futexes.lock);
    bool still = first_held(task, &again) == lock && again == bucket;
    spin_unlock(&task->futexes.lock);
    if (still)
        pi_lock_bequeath(lock);
    spin_unlock_irqrestore(&bucket->lock, flags);
    return true;
}

void pi_thread_ending(struct task *task)
{
    set_stage(task, FUTEX_STAGE_ENDING);
}

void pi_thread_ended(struct task *task)
{
    while (hand_on_first(task))
        ;
    set_stage(task, FUTEX_STAGE_ENDED);
    wait_wake_any(&endings, 0);
}

int pi_await_end(struct task *task)
{
    return wait_event(&endings,
                      __atomic_load_n(&task->futexes.stage, __ATOMIC_ACQUIRE) == FUTEX_STAGE_ENDED);
}
