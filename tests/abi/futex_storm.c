/* SPDX-License-Identifier: MIT */
/*
 * Many threads at the same few words: locks with owners taken in any order and in vain, by priorities that
 * change, by threads that end with them, while others wait, wake and move. What must hold: one owner at a
 * time, no deadlock that goes unnoticed, and everybody comes back.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CROWD  6
#define LOCKS  3
#define WORDS  4
#define ROUNDS 150
#define DEATHS 8

static uint32_t locks[LOCKS];
static atomic_int owners[LOCKS];
static uint32_t words[WORDS], condition;
static atomic_int wrong, strange, deadlocks;

static void note(long result)
{
    static const long expected[] = {0, -EAGAIN, -ETIMEDOUT, -EDEADLK, -ESRCH, -EINVAL};

    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
        if (result == expected[i])
            return;
    if (result < 0)
        strange++;
}

static long lock_soon(int i)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, 3 * MS);

    return futex(&locks[i], FUTEX_LOCK_PI2_PRIVATE, 0, &until, NULL, 0);
}

static void unlock(int i)
{
    owners[i]--;
    if (futex(&locks[i], FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) != 0)
        wrong++;
}

static bool lock(int i, long result)
{
    note(result);
    deadlocks += result == -EDEADLK;
    if (result != 0)
        return false;
    if (++owners[i] != 1)
        wrong++;
    return true;
}

/* One or two of them, the second in any order. */
static void use_locks(unsigned *seed)
{
    int first = rand_r(seed) % LOCKS, second = rand_r(seed) % LOCKS;

    if (!lock(first, lock_soon(first)))
        return;
    if (rand_r(seed) % 2)
        sched_yield();
    if (second != first && lock(second, lock_soon(second)))
        unlock(second);
    unlock(first);
}

static void use_condition(unsigned *seed)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, 2 * MS);

    if (rand_r(seed) % 2) {
        long result =
            call(__NR_futex, &condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, &until, &locks[0]);
        if (lock(0, result))
            unlock(0);
    } else {
        note(call(__NR_futex, &condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, rand_r(seed) % 4,
                  &locks[0], 0));
    }
}

static void use_words(unsigned *seed)
{
    struct timespec wait = {0, rand_r(seed) % 2 * MS};
    uint32_t *word = &words[rand_r(seed) % WORDS], *other = &words[rand_r(seed) % WORDS];
    uint32_t op = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0);

    switch (rand_r(seed) % 4) {
    case 0:
        note(futex(word, FUTEX_WAIT_PRIVATE, 0, &wait, NULL, 0));
        break;
    case 1:
        note(futex(word, FUTEX_WAKE_PRIVATE, rand_r(seed) % 3, NULL, NULL, 0));
        break;
    case 2:
        note(call(__NR_futex, word, FUTEX_CMP_REQUEUE_PRIVATE, rand_r(seed) % 2, 2, other, 0));
        break;
    default:
        note(call(__NR_futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1, other, op));
    }
}

static long live(struct worker *self)
{
    unsigned seed = (unsigned)self->argument;

    for (int i = 0; i < ROUNDS; i++) {
        if (rand_r(&seed) % 16 == 0)
            thread_set_fifo(0, rand_r(&seed) % 3 * 10);
        switch (rand_r(&seed) % 3) {
        case 0:
            use_locks(&seed);
            break;
        case 1:
            use_condition(&seed);
            break;
        default:
            use_words(&seed);
        }
    }
    thread_set_fifo(0, 0);
    return 0;
}

static void test_life(void)
{
    struct worker workers[CROWD];

    for (int i = 0; i < CROWD; i++)
        worker_start(&workers[i], live, i + 1);
    for (int i = 0; i < CROWD; i++)
        worker_end(&workers[i]);
    check_result("one owner at a time", wrong, 0);
    check_result("no strange answers", strange, 0);
    check("nobody holds anything",
          ((locks[0] | locks[1] | locks[2]) & (FUTEX_TID_MASK | FUTEX_OWNER_DIED)) == 0);
}

/* ---- Owners that end ---- */

static struct robust_list_head head;
static struct robust_list entry;
static uint32_t *const last_lock = &locks[1];
static atomic_int inherited;

/* Takes the lock for good, in its robust list, or not. */
static long die(struct worker *self)
{
    long result = futex(last_lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);

    if (*last_lock & FUTEX_OWNER_DIED)
        inherited++;
    if (self->argument % 2) {
        entry.next = &head.list;
        head.list.next = (struct robust_list *)((long)&entry | 1);
        head.futex_offset = (long)last_lock - (long)&entry;
        call(__NR_set_robust_list, &head, sizeof(head));
    }
    return result;
}

static void test_death(void)
{
    struct worker workers[DEATHS];
    long results = 0;

    memset(locks, 0, sizeof(locks));
    futex(last_lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    for (int i = 0; i < DEATHS; i++) {
        worker_start(&workers[i], die, i);
        worker_asleep(&workers[i]);
    }
    futex(last_lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    for (int i = 0; i < DEATHS; i++)
        results += worker_end(&workers[i]) != 0;
    check_result("one after the other had it", results, 0);
    check_result("and all but the first were told", inherited, DEATHS - 1);
}

int main(void)
{
    test_life();
    test_death();
    return check_finish();
}
