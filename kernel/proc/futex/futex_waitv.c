/* SPDX-License-Identifier: MIT */
/* Sleeping at several words at once: one sleeper for each, and whoever is woken first wakes the thread. */
#include <asm/errno.h>
#include <linux/futex.h>

#include "kernel/proc/futex/futex_internal.h"
#include "mm/heap.h"

/* Leave all of the first `count` buckets: the highest index that was woken, or -1. */
static long leave_all(struct futex_sleeper *sleepers, u32 count)
{
    long woken = -1;
    for (u32 i = 0; i < count; i++)
        if (futex_leave(&sleepers[i]))
            woken = i;
    return woken;
}

/* Enter all buckets whose words are as expected. `count`, or the index at which it ended; *error. */
static u32 enter_all(const struct futex_wanted *wanted, struct futex_sleeper *sleepers, u32 count,
                     int *error)
{
    for (u32 i = 0; i < count; i++) {
        *error = futex_enter_if(&sleepers[i], wanted[i].word.address, wanted[i].expected);
        if (*error != 0)
            return i;
    }
    return count;
}

static int prepare(const struct futex_wanted *wanted, struct futex_sleeper *sleepers, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        struct futex_key key;
        int error = futex_find_key(wanted[i].word, false, &key);
        if (error != 0)
            return error;
        futex_sleeper_init(&sleepers[i], &key, FUTEX_BITSET_MATCH_ANY);
    }
    return 0;
}

/* Who was woken meanwhile is told that, whatever else went wrong. */
static long wait_any(const struct futex_wanted *wanted, struct futex_sleeper *sleepers, u32 count,
                     struct futex_until until)
{
    int error = prepare(wanted, sleepers, count);
    if (error != 0)
        return error;
    u32 entered = enter_all(wanted, sleepers, count, &error);
    if (entered == count)
        error = futex_sleep(sleepers, count, until);
    long woken = leave_all(sleepers, entered);
    return woken >= 0 ? woken : error;
}

long futex_wait_any(const struct futex_wanted *wanted, u32 count, struct futex_until until)
{
    struct futex_sleeper *sleepers = kmalloc(count * sizeof(*sleepers));
    if (!sleepers)
        return -ENOMEM;
    long result = wait_any(wanted, sleepers, count, until);
    kfree(sleepers);
    return result;
}
