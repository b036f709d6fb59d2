/* SPDX-License-Identifier: MIT */
/*
 * Futexes with owners: what the word holds after each call, who may call what, priority inheritance along a
 * chain, deadlocks, owners that end, and waiters of a condition that move on to the lock.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOCK    FUTEX_LOCK_PI_PRIVATE
#define LOCK2   FUTEX_LOCK_PI2_PRIVATE
#define TRYLOCK FUTEX_TRYLOCK_PI_PRIVATE
#define UNLOCK  FUTEX_UNLOCK_PI_PRIVATE

#define NOBODY 0x3ffffff0u /* a number that no thread has */

static uint32_t word, word2, word3, condition;
static uint32_t own;
static struct worker workers[4];

static long lock(uint32_t *at)
{
    return futex(at, LOCK, 0, NULL, NULL, 0);
}

static long unlock(uint32_t *at)
{
    return futex(at, UNLOCK, 0, NULL, NULL, 0);
}

static bool held_by(uint32_t value, int tid)
{
    return (value & FUTEX_TID_MASK) == (uint32_t)tid;
}

/* ---- One thread ---- */

static void test_alone(void)
{
    char *hole = page_unmapped(), *reader = page_protected(PROT_READ);
    struct call_case cases[] = {
        {"lock at an odd address", __NR_futex, {(long)&word + 2, LOCK}, -EINVAL},
        {"lock in the kernel", __NR_futex, {(long)KERNEL_ADDRESS, LOCK}, -EFAULT},
        {"lock where nothing is", __NR_futex, {(long)hole, LOCK}, -EFAULT},
        {"lock a word to read", __NR_futex, {(long)reader, LOCK}, -EFAULT},
        {"lock a word to read, shared", __NR_futex, {(long)reader, FUTEX_LOCK_PI}, -EFAULT},
        {"unlock where nothing is", __NR_futex, {(long)hole, UNLOCK}, -EFAULT},
        {"unlock at an odd address", __NR_futex, {(long)&word + 2, UNLOCK}, -EPERM},
        {"unlock what nobody has", __NR_futex, {(long)&word, UNLOCK}, -EPERM},
        {"LOCK_PI by a clock", __NR_futex, {(long)&word, LOCK | FUTEX_CLOCK_REALTIME}, -ENOSYS},
        {"TRYLOCK_PI by a clock",
         __NR_futex,
         {(long)&word, TRYLOCK | FUTEX_CLOCK_REALTIME},
         -ENOSYS},
    };

    CHECK_CALLS(cases);
    check_result("lock", lock(&word), 0);
    check_result("the word is ours", word, own);
    check_result("lock again", lock(&word), -EDEADLK);
    check_result("try again", futex(&word, TRYLOCK, 0, NULL, NULL, 0), -EDEADLK);
    check_result("unlock", unlock(&word), 0);
    check_result("the word is free", word, 0);
    check_result("try", futex(&word, TRYLOCK, 0, NULL, NULL, 0), 0);
    word |= FUTEX_WAITERS;
    check_result("unlock with nobody behind the bit", unlock(&word), 0);
    check_result("the bit is gone", word, 0);
    word = FUTEX_OWNER_DIED;
    check_result("lock after a death", lock(&word), 0);
    check_result("the word still tells", word, own | FUTEX_OWNER_DIED);
    check_result("unlock clears it", unlock(&word), 0);
    word = FUTEX_WAITERS;
    check_result("lock with a bit left behind", lock(&word), 0);
    check_result("which goes", word, own);
    word = NOBODY;
    check_result("lock of nobody's", lock(&word), -ESRCH);
    check_result("the word asks for a call", word, NOBODY | FUTEX_WAITERS);
    check_result("try nobody's", futex(&word, TRYLOCK, 0, NULL, NULL, 0), -ESRCH);
    check_result("unlock nobody's", unlock(&word), -EPERM);
    word = 0;
}

/* ---- Two threads ---- */

static long take(struct worker *self)
{
    uint32_t *at = (uint32_t *)self->argument;
    long result = lock(at);
    bool mine = held_by(*at, self->tid);

    if (result == 0)
        unlock(at);
    return result == 0 && !mine ? 1000 : result;
}

static long take_in_vain(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_REALTIME, 30 * MS);

    return futex((uint32_t *)self->argument, LOCK, 0, &until, NULL, 0);
}

static long take_in_vain2(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, 30 * MS);

    return futex((uint32_t *)self->argument, LOCK2, 0, &until, NULL, 0);
}

static long try_it(struct worker *self)
{
    return futex((uint32_t *)self->argument, TRYLOCK, 0, NULL, NULL, 0);
}

static long give_it(struct worker *self)
{
    return unlock((uint32_t *)self->argument);
}

static long alone(long (*body)(struct worker *self), uint32_t *at)
{
    worker_start(&workers[3], body, (long)at);
    return worker_end(&workers[3]);
}

static void test_two(void)
{
    lock(&word);
    check_result("another tries", alone(try_it, &word), -EAGAIN);
    check_result("the word asks for a call then", word, own | FUTEX_WAITERS);
    check_result("another unlocks", alone(give_it, &word), -EPERM);
    check_result("until a date", alone(take_in_vain, &word), -ETIMEDOUT);
    check_result("until a time since boot", alone(take_in_vain2, &word), -ETIMEDOUT);
    check_result("the bit stays", word, own | FUTEX_WAITERS);
    worker_start(&workers[0], take, (long)&word);
    worker_asleep(&workers[0]);
    check_result("wake one that waits for a lock",
                 futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), -EINVAL);
    check_result("move one", call(__NR_futex, &word, FUTEX_REQUEUE_PRIVATE, 0, 1, &word2), -EINVAL);
    word = NOBODY;
    check_result("a word that lies", alone(try_it, &word), -EINVAL);
    word = own | FUTEX_WAITERS;
    check_result("give it to the one that waits", unlock(&word), 0);
    check_result("it had it", worker_end(&workers[0]), 0);
    check_result("and gave it back", word, 0);
}

static long wait_word(struct worker *self)
{
    (void)self;
    return futex(&word, FUTEX_WAIT_PRIVATE, word, NULL, NULL, 0);
}

static void test_mixed(void)
{
    word = NOBODY;
    worker_start(&workers[0], wait_word, 0);
    worker_asleep(&workers[0]);
    check_result("lock where others wait for a value", lock(&word), -EINVAL);
    check_result("wake them", futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
    worker_end(&workers[0]);
    word = 0;
}

/* ---- Priority ---- */

static atomic_int order[4], place;

static long take_by_priority(struct worker *self)
{
    thread_set_fifo(0, (int)self->argument);
    long result = lock(&word);
    order[place++] = (int)self->argument;
    unlock(&word);
    return result;
}

/* The own priority as the kernel tells it; normal threads of niceness 0 have 20. */
static void check_priority(const char *name, int tid, long expected)
{
    check_result(name, thread_priority(tid), expected);
}

static void test_inheritance(void)
{
    static const int priorities[] = {10, 30, 20};

    lock(&word);
    check_priority("nobody waits", (int)own, 20);
    for (int i = 0; i < 3; i++) {
        worker_start(&workers[i], take_by_priority, priorities[i]);
        worker_asleep(&workers[i]);
    }
    check_priority("the highest that waits", (int)own, -31);
    thread_set_fifo(workers[0].tid, 40);
    check_priority("one that waits gets a higher one", (int)own, -41);
    thread_set_fifo(workers[0].tid, 10);
    check_priority("and a lower one again", (int)own, -31);
    unlock(&word);
    check_priority("as before behind the lock", (int)own, 20);
    for (int i = 0; i < 3; i++)
        worker_end(&workers[i]);
    check("the highest got it first", order[0] == 30 && order[1] == 20 && order[2] == 10);
}

/* Holds one lock and waits for another. */
static long take_both(uint32_t *mine, uint32_t *other)
{
    if (lock(mine) != 0)
        return 1000;
    long result = lock(other);
    if (result == 0)
        unlock(other);
    unlock(mine);
    return result;
}

static uint32_t *const held[] = {&word2, &word3};

static long hold_and_take(struct worker *self)
{
    return take_both(held[self->argument], self->argument == 0 ? &word : &word2);
}

static long take_third(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, 200 * MS);

    (void)self;
    thread_set_fifo(0, 33);
    return futex(&word3, LOCK2, 0, &until, NULL, 0);
}

static void test_chain(void)
{
    lock(&word);
    for (int i = 0; i < 2; i++) {
        worker_start(&workers[i], hold_and_take, i);
        worker_asleep(&workers[i]);
    }
    worker_start(&workers[2], take_third, 0);
    worker_asleep(&workers[2]);
    check_priority("at the end of a chain", (int)own, -34);
    check_priority("in its middle", workers[0].tid, -34);
    check_priority("at its beginning", workers[1].tid, -34);
    check_result("lock along the chain back to us", lock(&word3), -EDEADLK);
    check_result("and one step", lock(&word2), -EDEADLK);
    check_result("the first gives up", worker_end(&workers[2]), -ETIMEDOUT);
    check_priority("nothing left at the end", (int)own, 20);
    check_priority("nor in the middle", workers[0].tid, 20);
    unlock(&word);
    check_result("the second came through", worker_end(&workers[0]), 0);
    check_result("the third, too", worker_end(&workers[1]), 0);
    check("all free but for the bit", ((word | word2 | word3) & FUTEX_TID_MASK) == 0);
    word = word2 = word3 = 0;
}

/* ---- Owners that end ---- */

static atomic_int go;

static long take_and_end(struct worker *self)
{
    (void)self;
    long result = lock(&word);
    while (!go)
        usleep(100);
    return result;
}

static long take_and_keep(struct worker *self)
{
    uint32_t value = 0;
    long result = lock(&word);

    if (result == 0) {
        value = word;
        unlock(&word);
    }
    return result == 0 && value == (self->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED) ? 0
                                                                                  : 1000 + result;
}

static void test_death(void)
{
    word = 0;
    go = 0;
    worker_start(&workers[0], take_and_end, 0);
    while (word == 0)
        usleep(100);
    for (int i = 1; i < 3; i++) {
        worker_start(&workers[i], i == 1 ? take_and_keep : take, (long)&word);
        worker_asleep(&workers[i]);
    }
    go = 1;
    worker_end(&workers[0]);
    check_result("the next one has it, and is told", worker_end(&workers[1]), 0);
    check_result("the one behind it, too", worker_end(&workers[2]), 0);
    word = 0;
    go = 1;
    worker_start(&workers[0], take_and_end, 0);
    worker_end(&workers[0]);
    check("an owner that ends alone leaves the word", word != 0);
    check_result("which nobody can lock", lock(&word), -ESRCH);
    word = 0;
}

/* ---- Signals ---- */

static atomic_int handled;

static void on_signal(int number)
{
    (void)number;
    handled++;
}

static void test_signal(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    lock(&word);
    worker_start(&workers[0], take, (long)&word);
    worker_asleep(&workers[0]);
    pthread_kill(workers[0].thread, SIGUSR1);
    while (handled == 0)
        usleep(100);
    worker_asleep(&workers[0]);
    check_result("a handler does not end a lock", unlock(&word), 0);
    check_result("which comes", worker_end(&workers[0]), 0);
}

/* ---- From a condition to a lock ---- */

static long wait_condition(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, self->argument);

    long result = call(__NR_futex, &condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0,
                       self->argument ? &until : NULL, &word);
    if (result == 0) {
        result = held_by(word, self->tid) ? 0 : 1000;
        unlock(&word);
    }
    return result;
}

static long move(int wake, int count, uint32_t expected)
{
    return call(__NR_futex, &condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, wake, count, &word, expected);
}

static void start_waiting(int count)
{
    for (int i = 0; i < count; i++) {
        worker_start(&workers[i], wait_condition, 0);
        worker_asleep(&workers[i]);
    }
}

static void test_requeue(void)
{
    struct call_case cases[] = {
        {"wait to the same word",
         __NR_futex,
         {(long)&word, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, 0, (long)&word},
         -EINVAL},
        {"wait for another value",
         __NR_futex,
         {(long)&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 9, 0, (long)&word},
         -EAGAIN},
        {"move to the same word",
         __NR_futex,
         {(long)&word, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 1, (long)&word},
         -EINVAL},
        {"move none",
         __NR_futex,
         {(long)&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 0, 1, (long)&word},
         -EINVAL},
        {"move two",
         __NR_futex,
         {(long)&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 2, 1, (long)&word},
         -EINVAL},
    };

    CHECK_CALLS(cases);
    check_result("move nobody", move(1, 9, 0), 0);
    start_waiting(3);
    check_result("wake one in a condition", futex(&condition, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0),
                 -EINVAL);
    check_result("move at another value", move(1, 9, 5), -EAGAIN);
    lock(&word);
    check_result("move all to a lock of ours", move(1, 9, 0), 3);
    check_result("the word asks for a call", word, own | FUTEX_WAITERS);
    unlock(&word);
    for (int i = 0; i < 3; i++)
        check_result("it got the lock", worker_end(&workers[i]), 0);
    check_result("free at the end", word & FUTEX_TID_MASK, 0);
    word = 0;
    start_waiting(3);
    check_result("one gets a free lock, the others wait", move(1, 9, 0), 3);
    for (int i = 0; i < 3; i++)
        check_result("it got it in the end", worker_end(&workers[i]), 0);
    word = 0;
    start_waiting(2);
    check_result("one gets it, nobody moves", move(1, 0, 0), 1);
    check_result("it has it", worker_end(&workers[0]), 0);
    check_result("the word is free without a call", word, 0);
    check_result("the other gets it, too", move(1, 0, 0), 1);
    check_result("and has it", worker_end(&workers[1]), 0);
}

static void test_requeue_ends(void)
{
    worker_start(&workers[0], wait_condition, 50 * MS);
    check_result("a time at the condition", worker_end(&workers[0]), -ETIMEDOUT);
    lock(&word);
    worker_start(&workers[0], wait_condition, 300 * MS);
    worker_asleep(&workers[0]);
    check_result("moved in time", move(1, 0, 0), 1);
    check_result("a time at the lock", worker_end(&workers[0]), -ETIMEDOUT);
    worker_start(&workers[0], wait_condition, 0);
    worker_asleep(&workers[0]);
    check_result("moved", move(1, 0, 0), 1);
    pthread_kill(workers[0].thread, SIGUSR1);
    check_result("a signal at the lock", worker_end(&workers[0]), -EAGAIN);
    unlock(&word);
    word = 0;
    start_waiting(1);
    check_result("to another lock than it said",
                 call(__NR_futex, &condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, 0, &word2, 0),
                 -EINVAL);
    check_result("to the right one", move(1, 0, 0), 1);
    worker_end(&workers[0]);
}

/* ---- Around a circle ---- */

/* Holds word2 while it waits at the condition, to be moved to `word`. */
static long hold_and_wait(struct worker *self)
{
    if (lock(&word2) != 0)
        return 2000;
    long result = wait_condition(self);
    unlock(&word2);
    return result;
}

/* workers[0] holds `word` and waits for word3, workers[1] holds that and waits for word2. */
static long hold_along(struct worker *self)
{
    return self->argument == 0 ? take_both(&word, &word3) : take_both(&word3, &word2);
}

static void test_requeue_circle(void)
{
    word = word2 = word3 = 0;
    worker_start(&workers[2], wait_condition, 0);
    worker_asleep(&workers[2]);
    worker_start(&workers[3], hold_and_wait, 0);
    worker_asleep(&workers[3]);
    for (int i = 1; i >= 0; i--) {
        worker_start(&workers[i], hold_along, i);
        worker_asleep(&workers[i]);
    }
    check_result("the first moves, the second would wait for itself", move(1, 9, 0), -EDEADLK);
    check_result("it stays at the condition",
                 futex(&condition, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), -EINVAL);
    check_result("where it would again", move(1, 9, 0), -EDEADLK);
    condition = 1;
    pthread_kill(workers[3].thread, SIGUSR1); /* the call is made again, and finds another value */
    check_result("until it is called away", worker_end(&workers[3]), -EAGAIN);
    condition = 0;
    check_result("nobody is left there", move(1, 9, 0), 0);
    check_result("then the circle is open", worker_end(&workers[1]), 0);
    check_result("for the next", worker_end(&workers[0]), 0);
    check_result("and the one that moved", worker_end(&workers[2]), 0);
    check("all are free", ((word | word2 | word3) & FUTEX_TID_MASK) == 0);
    word = word2 = word3 = 0;
}

int main(void)
{
    own = (uint32_t)call(__NR_gettid);
    test_alone();
    test_two();
    test_mixed();
    test_inheritance();
    test_chain();
    test_death();
    test_signal();
    test_requeue();
    test_requeue_ends();
    test_requeue_circle();
    return check_finish();
}
