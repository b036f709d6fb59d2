/* SPDX-License-Identifier: MIT */
/*
 * Mutexes of every type through the C library: what each call answers to the owner and to others, counts that
 * many threads keep, owners that end, and times.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CROWD  4
#define ROUNDS 400

struct kind {
    const char *name;
    int type, protocol, robust, shared;
};

static const struct kind kinds[] = {
    {"normal", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, 0, 0},
    {"errorcheck", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE, 0, 0},
    {"recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE, 0, 0},
    {"adaptive", PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_PRIO_NONE, 0, 0},
    {"normal, shared", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, 0, 1},
    {"robust", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, 1, 0},
    {"robust recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE, 1, 0},
    {"robust, shared", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, 1, 1},
    {"inheriting", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT, 0, 0},
    {"inheriting errorcheck", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_INHERIT, 0, 0},
    {"inheriting recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_INHERIT, 0, 1},
    {"inheriting robust", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT, 1, 0},
    {"inheriting robust recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_INHERIT, 1, 1},
};

static pthread_mutex_t mutex;
static const struct kind *kind;
static struct worker workers[CROWD];
static long count;

static void check_kind(const char *what, long result, long expected)
{
    char line[120];

    snprintf(line, sizeof(line), "%s: %s", kind->name, what);
    check_result(line, result, expected);
}

static void begin(void)
{
    pthread_mutexattr_t attribute;

    pthread_mutexattr_init(&attribute);
    pthread_mutexattr_settype(&attribute, kind->type);
    pthread_mutexattr_setprotocol(&attribute, kind->protocol);
    pthread_mutexattr_setrobust(&attribute,
                                kind->robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
    pthread_mutexattr_setpshared(&attribute,
                                 kind->shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
    check_kind("init", pthread_mutex_init(&mutex, &attribute), 0);
}

static long in_thread(long (*body)(struct worker *self))
{
    worker_start(&workers[0], body, 0);
    return worker_end(&workers[0]);
}

static long try(struct worker *self)
{
    (void)self;
    long result = pthread_mutex_trylock(&mutex);
    if (result == 0)
        pthread_mutex_unlock(&mutex);
    return result;
}

static long unlock(struct worker *self)
{
    (void)self;
    return pthread_mutex_unlock(&mutex);
}

static long lock_by_date(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_REALTIME, 10 * MS);

    (void)self;
    return pthread_mutex_timedlock(&mutex, &until);
}

static long lock_by_clock(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, 10 * MS);

    (void)self;
    return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &until);
}

static void test_owner(void)
{
    bool recursive = kind->type == PTHREAD_MUTEX_RECURSIVE;
    bool checks = kind->type == PTHREAD_MUTEX_ERRORCHECK;

    check_kind("lock", pthread_mutex_lock(&mutex), 0);
    if (recursive || checks)
        check_kind("lock again", pthread_mutex_lock(&mutex), recursive ? 0 : EDEADLK);
    if (recursive)
        check_kind("unlock once", pthread_mutex_unlock(&mutex), 0);
    check_kind("another tries", in_thread(try), EBUSY);
    if (recursive || checks)
        check_kind("another unlocks", in_thread(unlock), EPERM);
    check_kind("another waits until a date", in_thread(lock_by_date), ETIMEDOUT);
    check_kind("another waits until a time", in_thread(lock_by_clock), ETIMEDOUT);
    check_kind("unlock", pthread_mutex_unlock(&mutex), 0);
    check_kind("another tries again", in_thread(try), 0);
    if (recursive || checks || kind->robust)
        check_kind("unlock what is free", pthread_mutex_unlock(&mutex), EPERM);
}

static long count_up(struct worker *self)
{
    (void)self;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        long seen = count;
        if (i % 16 == 0)
            sched_yield();
        count = seen + 1;
        pthread_mutex_unlock(&mutex);
    }
    return 0;
}

static void test_crowd(void)
{
    count = 0;
    for (int i = 0; i < CROWD; i++)
        worker_start(&workers[i], count_up, 0);
    for (int i = 0; i < CROWD; i++)
        worker_end(&workers[i]);
    check_kind("many threads count", count, CROWD * ROUNDS);
}

/* ---- Owners that end ---- */

static long lock_and_end(struct worker *self)
{
    (void)self;
    return pthread_mutex_lock(&mutex);
}

static atomic_int go;

static long lock_and_end_later(struct worker *self)
{
    long result = lock_and_end(self);

    while (!go)
        usleep(100);
    return result;
}

static long inherit_it(struct worker *self)
{
    (void)self;
    long result = pthread_mutex_lock(&mutex);
    if (result == EOWNERDEAD)
        pthread_mutex_consistent(&mutex);
    if (result == EOWNERDEAD || result == 0)
        pthread_mutex_unlock(&mutex);
    return result;
}

static void test_death(void)
{
    check_kind("an owner that ends", in_thread(lock_and_end), 0);
    check_kind("the next one is told", pthread_mutex_lock(&mutex), EOWNERDEAD);
    check_kind("makes it consistent", pthread_mutex_consistent(&mutex), 0);
    check_kind("and unlocks", pthread_mutex_unlock(&mutex), 0);
    check_kind("all is well then", pthread_mutex_lock(&mutex), 0);
    check_kind("consistent already", pthread_mutex_consistent(&mutex), EINVAL);
    check_kind("unlock", pthread_mutex_unlock(&mutex), 0);
    go = 0;
    worker_start(&workers[0], lock_and_end_later, 0);
    worker_asleep(&workers[0]);
    for (int i = 1; i < 3; i++) {
        worker_start(&workers[i], inherit_it, 0);
        worker_asleep(&workers[i]);
    }
    go = 1;
    worker_end(&workers[0]);
    check_kind("one who waits is told, the other not",
               worker_end(&workers[1]) + worker_end(&workers[2]), EOWNERDEAD);
    check_kind("an owner that ends again", in_thread(lock_and_end), 0);
    check_kind("the next one is told again", pthread_mutex_lock(&mutex), EOWNERDEAD);
    check_kind("and unlocks as it is", pthread_mutex_unlock(&mutex), 0);
    check_kind("nobody gets it any more", pthread_mutex_lock(&mutex), ENOTRECOVERABLE);
    check_kind("nor by trying", pthread_mutex_trylock(&mutex), ENOTRECOVERABLE);
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        kind = &kinds[i];
        begin();
        test_owner();
        test_crowd();
        if (kind->robust)
            test_death();
        check_kind("destroy", pthread_mutex_destroy(&mutex), 0);
    }
    return check_finish();
}
