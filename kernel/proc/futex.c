/* SPDX-License-Identifier: MIT */
/*
 * Sleepers hang in buckets by address. The word is read after the sleeper stands in its bucket, so
 * a change followed by a wake-up is either seen in the word or finds the sleeper.
 */
#include "kernel/proc/futex.h"

#include <asm/errno.h>

#include "arch/usercopy.h"
#include "kernel/core/wait.h"
#include "kernel/lib/list.h"
#include "kernel/proc/process.h"

#define BUCKET_BITS 6

struct sleeper {
    struct list_head link;
    const struct process *process;
    u64 word;
    u32 bits;
    bool woken; /* set under the bucket's lock */
    struct thread *thread;
};

static struct bucket {
    struct spinlock lock; /* guards sleepers; next is NULL before the first use */
    struct list_head sleepers;
} buckets[1 << BUCKET_BITS] = {[0 ...(1 << BUCKET_BITS) - 1] = {.lock = SPINLOCK_INIT(LOCK_FUTEX)}};

static long check_word(uptr word, u32 bits)
{
    if (!IS_ALIGNED(word.addr, sizeof(u32)) || bits == 0)
        return -EINVAL;
    return user_range_ok(word, sizeof(u32)) ? 0 : -EFAULT;
}

static struct bucket *bucket_of(uptr word)
{
    u64 hash = (word.addr >> 2) * 0x9e3779b97f4a7c15UL;
    return &buckets[hash >> (64 - BUCKET_BITS)];
}

static void enter(struct bucket *bucket, struct sleeper *sleeper)
{
    u64 flags = spin_lock_irqsave(&bucket->lock);
    if (!bucket->sleepers.next)
        list_init(&bucket->sleepers);
    list_add_tail(&sleeper->link, &bucket->sleepers);
    spin_unlock_irqrestore(&bucket->lock, flags);
}

static void leave(struct bucket *bucket, struct sleeper *sleeper)
{
    u64 flags = spin_lock_irqsave(&bucket->lock);
    if (!sleeper->woken)
        list_del(&sleeper->link);
    spin_unlock_irqrestore(&bucket->lock, flags);
}

long futex_wait(uptr word, u32 expected, u32 bits, u64 deadline)
{
    u32 value;
    long error = check_word(word, bits);
    if (error != 0)
        return error;
    struct bucket *bucket = bucket_of(word);
    struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);
    struct sleeper sleeper = {
        .process = process_current(), .word = word.addr, .bits = bits, .thread = thread_current()};
    enter(bucket, &sleeper);
    long result = usercopy_from(&value, word, sizeof(value)) ? -EFAULT
                  : value != expected                        ? -EAGAIN
                                                             : 0;
    if (result == 0)
        result =
            wait_event_until(&nobody, __atomic_load_n(&sleeper.woken, __ATOMIC_ACQUIRE), deadline);
    leave(bucket, &sleeper);
    return sleeper.woken ? 0 : result;
}

long futex_wake(uptr word, u32 count, u32 bits)
{
    struct sleeper *sleeper, *following;
    long woken = 0, error = check_word(word, bits);
    if (error != 0)
        return error;
    struct bucket *bucket = bucket_of(word);
    u64 flags = spin_lock_irqsave(&bucket->lock);
    if (bucket->sleepers.next) {
        list_for_each_entry_safe(sleeper, following, &bucket->sleepers, link)
        {
            if ((u32)woken >= count)
                break;
            if (sleeper->word != word.addr || sleeper->process != process_current() ||
                !(sleeper->bits & bits))
                continue;
            list_del(&sleeper->link);
            struct thread *thread = sleeper->thread;
            __atomic_store_n(&sleeper->woken, true, __ATOMIC_RELEASE);
            thread_wake(thread);
            woken++;
        }
    }
    spin_unlock_irqrestore(&bucket->lock, flags);
    return woken;
}

void futex_thread_ends(const struct task *task)
{
    (void)task; /* to come */
}
