/* SPDX-License-Identifier: MIT */
/*
 * What threads wait with, through the C library: conditions by both clocks, barriers, locks for readers and
 * writers, semaphores, spinlocks, once, keys and their destructors.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <limits.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#define CROWD  4
#define ROUNDS 120

static struct worker workers[CROWD];

static void start_all(long (*body)(struct worker *self))
{
    for (int i = 0; i < CROWD; i++)
        worker_start(&workers[i], body, i);
}

static long end_all(void)
{
    long sum = 0;

    for (int i = 0; i < CROWD; i++)
        sum += worker_end(&workers[i]);
    return sum;
}

/* ---- Conditions ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition;
static int turn, woken;

static void condition_begin(int clock, int shared)
{
    pthread_condattr_t attribute;

    pthread_condattr_init(&attribute);
    pthread_condattr_setclock(&attribute, clock);
    pthread_condattr_setpshared(&attribute, shared);
    pthread_cond_init(&condition, &attribute);
}

static void test_condition_times(const char *name, int clock)
{
    struct timespec until;

    condition_begin(clock, PTHREAD_PROCESS_PRIVATE);
    pthread_mutex_lock(&mutex);
    until = time_from_now(clock, 10 * MS);
    check_result(name, pthread_cond_timedwait(&condition, &mutex, &until), ETIMEDOUT);
    until = time_from_now(CLOCK_MONOTONIC, 10 * MS);
    check_result("by the other clock",
                 pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &until), ETIMEDOUT);
    until = (struct timespec){0, 1};
    check_result("a time gone by", pthread_cond_timedwait(&condition, &mutex, &until), ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&condition);
}

static long take_turns(struct worker *self)
{
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < ROUNDS; i++) {
        while (turn % CROWD != self->argument)
            pthread_cond_wait(&condition, &mutex);
        turn++;
        pthread_cond_broadcast(&condition);
    }
    pthread_mutex_unlock(&mutex);
    return 0;
}

static long wait_once(struct worker *self)
{
    (void)self;
    pthread_mutex_lock(&mutex);
    int seen = turn;
    while (turn == seen)
        pthread_cond_wait(&condition, &mutex);
    woken++;
    pthread_mutex_unlock(&mutex);
    return 1;
}

static void test_conditions(const char *name, int shared)
{
    char line[100];

    condition_begin(CLOCK_REALTIME, shared);
    turn = woken = 0;
    start_all(take_turns);
    end_all();
    snprintf(line, sizeof(line), "%s: turns in order", name);
    check_result(line, turn, CROWD * ROUNDS);
    start_all(wait_once);
    for (int i = 0; i < CROWD; i++)
        worker_asleep(&workers[i]);
    pthread_mutex_lock(&mutex);
    turn++;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    snprintf(line, sizeof(line), "%s: a broadcast wakes all", name);
    check_result(line, end_all(), CROWD);
    pthread_cond_destroy(&condition);
}

/* ---- Barriers ---- */

static pthread_barrier_t barrier;
static atomic_int serial, passed[ROUNDS];

static long pass_barriers(struct worker *self)
{
    (void)self;
    long good = 1;
    for (int i = 0; i < ROUNDS; i++) {
        passed[i]++;
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            serial++;
        good = good && passed[i] == CROWD;
    }
    return good;
}

static void test_barriers(void)
{
    check_result("barrier for none", pthread_barrier_init(&barrier, NULL, 0), EINVAL);
    check_result("barrier", pthread_barrier_init(&barrier, NULL, CROWD), 0);
    start_all(pass_barriers);
    check_result("nobody passes before all are there", end_all(), CROWD);
    check_result("one of them is told each time", serial, ROUNDS);
    check_result("destroy the barrier", pthread_barrier_destroy(&barrier), 0);
}

/* ---- Readers and writers ---- */

static pthread_rwlock_t rwlock;
static int left, right;

static long read_and_write(struct worker *self)
{
    long good = 1;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 8 == self->argument) {
            pthread_rwlock_wrlock(&rwlock);
            left++;
            if (i % 16 == 0)
                sched_yield();
            right++;
            pthread_rwlock_unlock(&rwlock);
        } else {
            pthread_rwlock_rdlock(&rwlock);
            good = good && left == right;
            pthread_rwlock_unlock(&rwlock);
        }
    }
    return good;
}

static long try_to_write(struct worker *self)
{
    (void)self;
    return pthread_rwlock_trywrlock(&rwlock);
}

static long try_to_read(struct worker *self)
{
    (void)self;
    return pthread_rwlock_tryrdlock(&rwlock);
}

static long write_in_time(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_REALTIME, 10 * MS);

    (void)self;
    return pthread_rwlock_timedwrlock(&rwlock, &until);
}

static long read_in_time(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, 10 * MS);

    (void)self;
    return pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &until);
}

static long alone(long (*body)(struct worker *self))
{
    worker_start(&workers[0], body, 0);
    return worker_end(&workers[0]);
}

static void test_readers(const char *name, int prefers)
{
    pthread_rwlockattr_t attribute;

    pthread_rwlockattr_init(&attribute);
    pthread_rwlockattr_setkind_np(&attribute, prefers);
    pthread_rwlock_init(&rwlock, &attribute);
    left = right = 0;
    start_all(read_and_write);
    check_result(name, end_all(), CROWD);
    pthread_rwlock_rdlock(&rwlock);
    check_result("write while one reads", alone(try_to_write), EBUSY);
    check_result("write in time", alone(write_in_time), ETIMEDOUT);
    check_result("read while one reads", alone(try_to_read), 0);
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_wrlock(&rwlock);
    check_result("write again", pthread_rwlock_wrlock(&rwlock), EDEADLK);
    check_result("read while one writes", alone(try_to_read), EBUSY);
    check_result("read in time", alone(read_in_time), ETIMEDOUT);
    pthread_rwlock_unlock(&rwlock);
    check_result("destroy it", pthread_rwlock_destroy(&rwlock), 0);
}

/* ---- Semaphores and spinlocks ---- */

static sem_t items, room;
static atomic_int produced, consumed;

static long produce_or_consume(struct worker *self)
{
    for (int i = 0; i < ROUNDS; i++) {
        sem_wait(self->argument % 2 ? &items : &room);
        (*(self->argument % 2 ? &consumed : &produced))++;
        sem_post(self->argument % 2 ? &room : &items);
    }
    return 0;
}

static void test_semaphores(void)
{
    struct timespec until;
    int value;

    sem_init(&items, 0, 0);
    sem_init(&room, 1, 3);
    start_all(produce_or_consume);
    end_all();
    check("as much was taken as was made", produced == consumed && produced == CROWD / 2 * ROUNDS);
    sem_getvalue(&room, &value);
    check_result("the room is back", value, 3);
    check_result("try with nothing there", sem_trywait(&items) == -1 ? errno : 0, EAGAIN);
    until = time_from_now(CLOCK_REALTIME, 10 * MS);
    check_result("wait until a date", sem_timedwait(&items, &until) == -1 ? errno : 0, ETIMEDOUT);
    until = time_from_now(CLOCK_MONOTONIC, 10 * MS);
    check_result("wait until a time",
                 sem_clockwait(&items, CLOCK_MONOTONIC, &until) == -1 ? errno : 0, ETIMEDOUT);
}

static pthread_spinlock_t spinlock;
static long counted;

static long count_spinning(struct worker *self)
{
    (void)self;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_spin_lock(&spinlock);
        counted++;
        pthread_spin_unlock(&spinlock);
    }
    return 0;
}

static void test_spinlocks(void)
{
    pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE);
    start_all(count_spinning);
    end_all();
    check_result("spinlocks", counted, CROWD * ROUNDS);
    pthread_spin_lock(&spinlock);
    check_result("try one that is held", pthread_spin_trylock(&spinlock), EBUSY);
}

/* ---- Once, keys ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int times, destroyed, rounds_of_destruction;
static pthread_key_t key, again_key;
static __thread int own = 5;

static void first_time(void)
{
    usleep(2000);
    times++;
}

static void destroy(void *value)
{
    destroyed += (int)(long)value;
}

/* Comes back as long as it leaves a value behind, up to PTHREAD_DESTRUCTOR_ITERATIONS. */
static void destroy_again(void *value)
{
    rounds_of_destruction++;
    pthread_setspecific(again_key, value);
}

static long use_keys(struct worker *self)
{
    pthread_once(&once, first_time);
    bool fresh = times == 1 && pthread_getspecific(key) == NULL && own == 5;
    own = (int)self->argument;
    pthread_setspecific(key, (void *)(self->argument + 1));
    if (self->argument == 0)
        pthread_setspecific(again_key, self);
    sched_yield();
    return fresh && own == self->argument &&
           pthread_getspecific(key) == (void *)(self->argument + 1);
}

static void test_keys(void)
{
    pthread_key_create(&key, destroy);
    pthread_key_create(&again_key, destroy_again);
    start_all(use_keys);
    check_result("everybody has his own", end_all(), CROWD);
    check_result("once is once", times, 1);
    check_result("all were destroyed", destroyed, 1 + 2 + 3 + 4);
    check_result("one came back", rounds_of_destruction, PTHREAD_DESTRUCTOR_ITERATIONS);
    check_result("delete the key", pthread_key_delete(key), 0);
    check_result("and again", pthread_key_delete(key), EINVAL);
}

int main(void)
{
    test_condition_times("a condition by the date", CLOCK_REALTIME);
    test_condition_times("a condition by the time since boot", CLOCK_MONOTONIC);
    test_conditions("a condition", PTHREAD_PROCESS_PRIVATE);
    test_conditions("a shared condition", PTHREAD_PROCESS_SHARED);
    test_barriers();
    test_readers("a lock that prefers readers", PTHREAD_RWLOCK_PREFER_READER_NP);
    test_readers("a lock that prefers writers", PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    test_semaphores();
    test_spinlocks();
    test_keys();
    return check_finish();
}
