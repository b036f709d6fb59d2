/* SPDX-License-Identifier: MIT */
/*
 * Locks on files against a plain array of bytes: random locks of three owners, with memory that
 * runs out now and then; and the sleeps, in which the owner in the way does something.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/host/fake_memory.h"

static inline void wait_wake_any(struct wait_queue *queue, u32 events)
{
    (void)events;
    wait_wake_all(queue);
}

#include "fs/lock.c"

#define OWNERS 3
#define BYTES  48 /* the last one stands for all that follow */

static struct inode inode;
static struct file files[OWNERS];
static char model[OWNERS][BYTES]; /* 0, 'r' or 'w' */

static int setup(void **state)
{
    (void)state;
    memset(model, 0, sizeof(model));
    fake_sleep = NULL;
    fake_allocations_left = -1;
    lock_table_free(inode.locks);
    inode.locks = NULL;
    for (int owner = 0; owner < OWNERS; owner++)
        files[owner] = (struct file){.inode = &inode, .flags = O_RDWR};
    return 0;
}

static struct record_lock range(int owner, int type, int first, int last)
{
    return (struct record_lock){.owner = &files[owner],
                                .type = type,
                                .start = first,
                                .last = last == BYTES - 1 ? POSITION_MAX : last};
}

static int set(int owner, int type, int first, int last, bool wait)
{
    struct record_lock lock = range(owner, type, first, last);
    return record_lock_set(&files[owner], &lock, wait);
}

static char letter(int type)
{
    return type == F_RDLCK ? 'r' : type == F_WRLCK ? 'w' : '\0';
}

/* ---- Random locks -----------------------------------------------------------------------------*/

static bool model_conflict(int owner, char wanted, int first, int last)
{
    for (int other = 0; other < OWNERS; other++)
        for (int byte = first; byte <= last && other != owner && wanted; byte++)
            if (model[other][byte] == 'w' || (model[other][byte] && wanted == 'w'))
                return true;
    return false;
}

/* The list holds what the model says, each owner's ranges together, in order, and none too many. */
static void check_against_model(void)
{
    char found[OWNERS][BYTES] = {0};
    bool ended[OWNERS] = {0};
    struct lock *lock, *before = NULL;
    list_for_each_entry(lock, &inode.locks->ranges, link)
    {
        int owner = (int)((struct file *)lock->is.owner - files);
        if (before && before->is.owner != lock->is.owner)
            ended[(struct file *)before->is.owner - files] = true;
        else if (before)
            assert_true(before->is.last < lock->is.start && !joins(&before->is, &lock->is));
        assert_false(ended[owner]);
        assert_true(lock->is.start <= lock->is.last);
        for (s64 byte = lock->is.start; byte <= MIN(lock->is.last, (s64)BYTES - 1); byte++)
            found[owner][byte] = letter(lock->is.type);
        before = lock;
    }
    assert_memory_equal(found, model, sizeof(found));
}

static void check_test(int owner, int type, int first, int last)
{
    struct record_lock lock = range(owner, type, first, last);
    bool conflict = model_conflict(owner, letter(type), first, last);
    record_lock_test(&files[owner], &lock);
    assert_int_equal(lock.type != F_UNLCK, conflict);
    if (conflict)
        assert_true(lock.owner != &files[owner] && lock.last >= first && lock.start <= last);
}

static void random_step(void)
{
    static const int types[] = {F_RDLCK, F_WRLCK, F_UNLCK};
    int owner = rand() % OWNERS, type = types[rand() % 3], first = rand() % BYTES;
    int last = rand() % 4 == 0 ? BYTES - 1 : first + rand() % 8;
    last = MIN(last, BYTES - 1);
    if (rand() % 60 == 0) {
        file_locks_closed(&files[owner], &files[owner]);
        memset(model[owner], 0, BYTES);
        return;
    }
    if (type != F_UNLCK)
        check_test(owner, type, first, last);
    fake_allocations_left = rand() % 10 == 0 ? rand() % 2 : -1;
    int error = set(owner, type, first, last, false);
    if (model_conflict(owner, letter(type), first, last)) {
        assert_int_equal(error, -EAGAIN);
    } else if (error != 0) {
        assert_int_equal(error, -ENOLCK);
        assert_int_equal(fake_allocations_left, 0);
    } else {
        memset(&model[owner][first], letter(type), last - first + 1);
    }
    fake_allocations_left = -1;
}

static void test_random(void **state)
{
    (void)state;
    srand(1);
    assert_int_equal(set(0, F_RDLCK, 0, 0, false), 0);
    model[0][0] = 'r';
    for (int i = 0; i < 200000; i++) {
        random_step();
        check_against_model();
    }
}

/* ---- Sleeping ---------------------------------------------------------------------------------*/

static int sleeps;

static int sleep_interrupted(u64 deadline)
{
    (void)deadline;
    return -EINTR;
}

/* The other owner gives up byte after byte. */
static int sleep_unlocks(u64 deadline)
{
    (void)deadline;
    assert_int_equal(set(1, F_UNLCK, sleeps, sleeps, false), 0);
    sleeps++;
    return 0;
}

static int sleep_downgrades(u64 deadline)
{
    (void)deadline;
    sleeps++;
    assert_int_equal(set(1, F_RDLCK, 0, 5, false), 0);
    return 0;
}

static int sleep_closes(u64 deadline)
{
    (void)deadline;
    sleeps++;
    file_locks_ended(&files[1]);
    return 0;
}

static int sleep_unlocks_whole(u64 deadline)
{
    (void)deadline;
    sleeps++;
    assert_int_equal(whole_lock_set(&files[1], sleeps == 1 ? F_RDLCK : F_UNLCK, false), 0);
    return 0;
}

static void test_waiting_for_ranges(void **state)
{
    (void)state;
    assert_int_equal(set(1, F_WRLCK, 0, 5, false), 0);
    fake_sleep = sleep_interrupted;
    assert_int_equal(set(0, F_RDLCK, 3, 9, true), -EINTR);
    assert_int_equal(set(0, F_UNLCK, 3, 9, true), 0);
    assert_int_equal(set(0, F_RDLCK, 6, 9, true), 0);
    fake_sleep = sleep_unlocks;
    sleeps = 0;
    assert_int_equal(set(0, F_WRLCK, 3, 9, true), 0);
    assert_int_equal(sleeps, 6);
    assert_int_equal(set(1, F_RDLCK, 9, 9, false), -EAGAIN);

    assert_int_equal(set(0, F_UNLCK, 0, BYTES - 1, false), 0);
    assert_int_equal(set(1, F_WRLCK, 0, 5, false), 0);
    fake_sleep = sleep_downgrades;
    sleeps = 0;
    assert_int_equal(set(0, F_RDLCK, 3, 9, true), 0);
    assert_int_equal(sleeps, 1);

    fake_sleep = sleep_closes;
    assert_int_equal(set(0, F_WRLCK, 3, 9, true), 0);
    assert_int_equal(sleeps, 2);
}

static void test_waiting_for_the_whole(void **state)
{
    (void)state;
    assert_int_equal(whole_lock_set(&files[1], F_WRLCK, false), 0);
    fake_sleep = sleep_interrupted;
    assert_int_equal(whole_lock_set(&files[0], F_RDLCK, true), -EINTR);
    fake_sleep = sleep_unlocks_whole;
    sleeps = 0;
    assert_int_equal(whole_lock_set(&files[0], F_WRLCK, true), 0);
    assert_int_equal(sleeps, 2);
    assert_int_equal(whole_lock_set(&files[1], F_RDLCK, false), -EAGAIN);
    assert_int_equal(whole_lock_set(&files[0], F_RDLCK, false), 0);
    assert_int_equal(whole_lock_set(&files[1], F_RDLCK, false), 0);
    fake_sleep = sleep_closes;
    assert_int_equal(whole_lock_set(&files[0], F_WRLCK, true), 0);
    assert_int_equal(whole_lock_set(&files[1], F_RDLCK, false), -EAGAIN);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    fake_allocations_left = 0;
    assert_int_equal(set(0, F_RDLCK, 0, 1, true), -ENOLCK);
    assert_int_equal(set(0, F_UNLCK, 0, 1, true), 0);
    assert_int_equal(whole_lock_set(&files[0], F_RDLCK, true), -ENOMEM);
    assert_int_equal(whole_lock_set(&files[0], F_UNLCK, true), 0);
    assert_null(inode.locks);
}

/* A file without an inode has a table of its own, which ends with it. */
static void test_nameless(void **state)
{
    struct file pipe = {.flags = O_RDWR};
    struct record_lock lock = {.owner = state, .type = F_WRLCK, .last = POSITION_MAX};
    assert_int_equal(record_lock_set(&pipe, &lock, false), 0);
    assert_int_equal(whole_lock_set(&pipe, F_WRLCK, false), 0);
    lock.owner = &pipe;
    assert_int_equal(record_lock_set(&pipe, &lock, false), -EAGAIN);
    file_locks_closed(&pipe, state);
    assert_int_equal(record_lock_set(&pipe, &lock, false), 0);
    file_locks_ended(&pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_random, setup),
        cmocka_unit_test_setup(test_waiting_for_ranges, setup),
        cmocka_unit_test_setup(test_waiting_for_the_whole, setup),
        cmocka_unit_test_setup(test_out_of_memory, setup),
        cmocka_unit_test_setup(test_nameless, setup),
    };
    int failed = cmocka_run_group_tests_name("lock", tests, NULL, NULL);
    setup(NULL);
    return failed;
}
