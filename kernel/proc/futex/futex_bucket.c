/* SPDX-License-Identifier: MIT */
/*
 * Sleepers hang in buckets by the key of their word. Under a bucket's lock the word is compared and the
 * sleeper put in, so that a change followed by a wake-up is either seen in the word or finds the sleeper.
 *
 * Wake-ups happen after the lock was given back. A sleeper is on its thread's stack: once it is out of its
 * bucket and told so (WOKEN) it may be gone, and the waker knows only the thread, which it has pinned.
 */
#include <asm/errno.h>

#include "kernel/core/clock_timer.h"
#include "kernel/core/time.h"
#include "kernel/proc/futex/futex_internal.h"

#define BUCKET_BITS 8
#define SHARED_BIT \
    1 /* space pointers are aligned: keys of shared and private calls are different ones */

static struct futex_bucket buckets[1 << BUCKET_BITS] = {
    [0 ...(1 << BUCKET_BITS) - 1] = {.lock = SPINLOCK_INIT(LOCK_FUTEX)}};

/* ---- Keys -------------------------------------------------------------------------------------*/

int futex_find_key(struct futex_word word, bool write, struct futex_key *key)
{
    struct memory_identity memory;
    struct aspace *space = &process_current()->space;
    if (!IS_ALIGNED(word.address.addr, sizeof(u32)))
        return -EINVAL;
    if (!user_range_ok(word.address, sizeof(u32)))
        return -EFAULT;
    *key = (struct futex_key){(u64)space, word.address.addr};
    if (likely(!word.shared))
        return 0;
    if (aspace_identify(space, word.address.addr, write, &memory) != 0)
        return -EFAULT;
    key->owner = memory.object ? memory.object : key->owner | SHARED_BIT;
    key->place = memory.place;
    return 0;
}

struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
    u64 hash = (key->owner + (key->place >> 2)) * 0x9e3779b97f4a7c15UL;
    return &buckets[hash >> (64 - BUCKET_BITS)];
}

/* ---- Locks ------------------------------------------------------------------------------------*/

static void lock_one(struct futex_bucket *bucket)
{
    spin_lock(&bucket->lock);
    if (unlikely(!bucket->sleepers.next))
        list_init(&bucket->sleepers);
}

u64 futex_lock_bucket(struct futex_bucket *bucket)
{
    u64 flags = irq_save();
    lock_one(bucket);
    return flags;
}

u64 futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
    u64 flags = irq_save();
    lock_one(MIN(a, b));
    if (a != b)
        lock_one(MAX(a, b));
    return flags;
}

void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b, u64 flags)
{
    if (a != b)
        spin_unlock(&MAX(a, b)->lock);
    spin_unlock_irqrestore(&MIN(a, b)->lock, flags);
}

struct futex_bucket *futex_lock_of(const struct futex_sleeper *sleeper, u64 *flags)
{
    for (;;) {
        struct futex_bucket *bucket = __atomic_load_n(&sleeper->bucket, __ATOMIC_RELAXED);
        *flags = futex_lock_bucket(bucket);
        if (likely(sleeper->bucket == bucket))
            return bucket;
        spin_unlock_irqrestore(&bucket->lock, *flags);
    }
}

/* ---- Sleepers ---------------------------------------------------------------------------------*/

void futex_sleeper_init(struct futex_sleeper *sleeper, const struct futex_key *key, u32 bits)
{
    struct thread *thread = thread_current();
    *sleeper = (struct futex_sleeper){
        .bucket = futex_bucket_of(key),
        .key = *key,
        .thread = thread,
        .bits = bits,
        .priority = thread->schedule.priority,
        .task = thread->task,
    };
}

/* Behind those with the same priority. */
void futex_enter(struct futex_sleeper *sleeper)
{
    struct list_head *before = sleeper->bucket->sleepers.prev;
    while (before != &sleeper->bucket->sleepers &&
           list_entry(before, struct futex_sleeper, link)->priority < sleeper->priority)
        before = before->prev;
    list_add(&sleeper->link, before);
}

void futex_move(struct futex_sleeper *sleeper, struct futex_bucket *to, const struct futex_key *key)
{
    sleeper->key = *key;
    if (sleeper->bucket == to)
        return;
    list_del(&sleeper->link);
    __atomic_store_n(&sleeper->bucket, to, __ATOMIC_RELAXED);
    futex_enter(sleeper);
}

struct futex_sleeper *futex_first(struct futex_bucket *bucket, const struct futex_key *key)
{
    struct futex_sleeper *sleeper;
    list_for_each_entry(sleeper, &bucket->sleepers, link)
    {
        if (futex_same(&sleeper->key, key))
            return sleeper;
    }
    return NULL;
}

int futex_enter_if(struct futex_sleeper *sleeper, uptr word, u32 expected)
{
    struct futex_bucket *bucket = sleeper->bucket;
    u32 value;
    do {
        u64 flags = futex_lock_bucket(bucket);
        int error = user_word_read(word, &value);
        if (error == 0 && value == expected)
            futex_enter(sleeper);
        spin_unlock_irqrestore(&bucket->lock, flags);
        if (likely(error == 0))
            return value == expected ? 0 : -EAGAIN;
    } while (user_word_bring(word, false) == 0);
    return -EFAULT;
}

void futex_pick(struct futex_sleeper *sleeper, struct wake_list *picked)
{
    struct thread *thread = sleeper->thread;
    list_del(&sleeper->link);
    thread_pin(thread);
    __atomic_store_n(&sleeper->state, FUTEX_WOKEN, __ATOMIC_RELEASE);
    wake_list_add(picked, thread);
}

/* ---- Sleeping ---------------------------------------------------------------------------------*/

struct sleep_timer {
    struct clock_timer clock; /* for boot time only its inner timer */
    struct thread *thread;
    struct futex_until until;
};

static void on_date(struct clock_timer *clock)
{
    thread_wake(container_of(clock, struct sleep_timer, clock)->thread);
}

static void sleep_timer_start(struct sleep_timer *timer, struct futex_until until)
{
    timer->until = until;
    timer->thread = thread_current();
    if (until.ns == WAIT_FOREVER)
        return;
    if (until.real) {
        clock_timer_init(&timer->clock, on_date);
        clock_timer_start(&timer->clock, CLOCK_BASE_REAL, MAX(until.ns, 1UL), 0);
    } else {
        timer_init_wake(&timer->clock.timer, timer->thread);
        timer_start(&timer->clock.timer, until.ns);
    }
}

static void sleep_timer_stop(struct sleep_timer *timer)
{
    if (timer->until.ns == WAIT_FOREVER)
        return;
    if (timer->until.real)
        clock_timer_stop(&timer->clock);
    else
        timer_stop(&timer->clock.timer);
}

static bool sleep_timer_over(const struct sleep_timer *timer)
{
    if (likely(timer->until.ns == WAIT_FOREVER))
        return false;
    return (timer->until.real ? time_real_ns() : time_now_ns()) >= timer->until.ns;
}

static bool waits(const struct futex_sleeper *sleeper)
{
    return __atomic_load_n(&sleeper->state, __ATOMIC_ACQUIRE) == FUTEX_WAITS;
}

static bool all_wait(const struct futex_sleeper *sleepers, u32 count)
{
    for (u32 i = 0; i < count; i++)
        if (!waits(&sleepers[i]))
            return false;
    return true;
}

int futex_sleep(const struct futex_sleeper *sleepers, u32 count, struct futex_until until)
{
    struct sleep_timer timer;
    int result = 0;
    sleep_timer_start(&timer, until);
    while (result == 0) {
        sched_prepare_block();
        if (!all_wait(sleepers, count))
            break;
        if (sleep_timer_over(&timer))
            result = -ETIMEDOUT;
        else if (thread_interrupted())
            result = -EINTR;
        else
            sched_block();
    }
    sched_cancel_block();
    sleep_timer_stop(&timer);
    return result;
}

bool futex_leave(struct futex_sleeper *sleeper)
{
    if (unlikely(waits(sleeper))) {
        u64 flags;
        struct futex_bucket *bucket = futex_lock_of(sleeper, &flags);
        bool left = waits(sleeper);
        if (left)
            list_del(&sleeper->link);
        spin_unlock_irqrestore(&bucket->lock, flags);
        if (left)
            return false;
    }
    return true;
}
