/* SPDX-License-Identifier: MIT */
/*
 * A thread that waits for a mutex gets it, also when another one takes it again each time before the first
 * has woken up. Sleeping is a function here: while we sleep, the other one does what it does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/lib/types.h"

/* ---- What mutex.h takes from the layers around it ---------------------------------------------*/

#define KERNEL_CORE_WAIT_H
#define WAIT_QUEUE_INIT(name) \
    {                         \
        0                     \
    }

enum lock_class { LOCK_NONE };

struct wait_queue {
    u32 waiters;
};

struct wait_entry {
    bool first;
};

static bool block_cancelled, was_first;
static u32 processor;

static inline void wait_queue_init(struct wait_queue *queue)
{
    queue->waiters = 0;
}

static inline void wait_wake_any_fenced(struct wait_queue *queue, u32 events)
{
    (void)events;
    block_cancelled = queue->waiters != 0;
}

static inline void wait_begin_exclusive(struct wait_queue *queue, struct wait_entry *entry,
                                        bool first)
{
    queue->waiters++;
    block_cancelled = false;
    entry->first = was_first = first;
}

static inline void wait_end(struct wait_queue *queue, struct wait_entry *entry)
{
    (void)entry;
    queue->waiters--;
}

static inline u32 cpu_index(void)
{
    return processor;
}

static inline u64 cpu_read_tsc(void)
{
    static u64 now;
    return now += 1000;
}

static inline void cpu_relax(void)
{
}

static inline bool sched_is_idle(u32 cpu)
{
    assert_true(cpu < 64);
    return false;
}

#define lock_debug_mutex_wanted(mutex) (void)(mutex)
#define lock_debug_mutex_taken(mutex)  (void)(mutex)
#define lock_debug_mutex_given(mutex)  (void)(mutex)

static void sched_block(void);

#include "kernel/core/mutex.c"

/* ---- The other thread, on processor 1 ---------------------------------------------------------*/

#define BLOCKS_MOST 100

static struct mutex mutex;
static bool takes_again, other_has_it;
static u32 blocks;

static void other_gives(void)
{
    processor = 1;
    mutex_unlock(&mutex);
    other_has_it = takes_again && mutex_try(&mutex);
    processor = 0;
}

static void sched_block(void)
{
    assert_true(++blocks < BLOCKS_MOST);
    if (other_has_it)
        other_gives();
    assert_true(block_cancelled);
}

static void begin(bool again)
{
    mutex_init(&mutex, LOCK_NONE);
    takes_again = again;
    blocks = 0;
    processor = 1;
    other_has_it = mutex_try(&mutex);
    processor = 0;
    assert_true(other_has_it);
}

static void test_one_sleep(void **state)
{
    (void)state;
    begin(false);
    mutex_lock(&mutex);
    assert_int_equal(blocks, 1);
    assert_int_equal(mutex.held, 1);
    mutex_unlock(&mutex);
    assert_int_equal(mutex.held, 0);
}

static void test_one_that_takes_it_again(void **state)
{
    (void)state;
    begin(true);
    mutex_lock(&mutex);
    assert_true(blocks > 1 && was_first && !other_has_it);
    assert_int_equal(mutex.held, 1); /* reserved for nobody any more */
    mutex_unlock(&mutex);
    assert_true(mutex_try(&mutex));
}

static void test_reserved_for_one(void **state)
{
    (void)state;
    begin(false);
    assert_true(reserve(&mutex));
    assert_false(reserve(&mutex));
    other_gives();
    assert_false(mutex_try(&mutex));
    assert_false(take_soon(&mutex));
    assert_true(mutex_try_from(&mutex, MUTEX_RESERVED));
    assert_true(reserve(&mutex));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_sleep),
        cmocka_unit_test(test_one_that_takes_it_again),
        cmocka_unit_test(test_reserved_for_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
