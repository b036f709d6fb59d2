/* SPDX-License-Identifier: MIT */
/*
 * Futexes between threads: who is woken by what, in which order; from one word to another; memory that is
 * known by different addresses; times and signals that end a wait.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLEEPERS 5

static uint32_t word, word2;
static uint32_t *shared_word;
static struct worker workers[SLEEPERS];

static void start_all(long (*body)(struct worker *self), int count)
{
    for (int i = 0; i < count; i++) {
        worker_start(&workers[i], body, i);
        worker_asleep(&workers[i]);
    }
}

static void end_all(const char *name, int count, long expected)
{
    int good = 0;

    for (int i = 0; i < count; i++)
        good += worker_end(&workers[i]) == expected;
    check_result(name, good, count);
}

/* ---- Waking ---- */

static long wait_plain(struct worker *self)
{
    (void)self;
    return futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void test_counts(void)
{
    start_all(wait_plain, SLEEPERS);
    check_result("wake 0 of five wakes one", futex(&word, FUTEX_WAKE_PRIVATE, 0, NULL, NULL, 0), 1);
    check_result("wake -1 wakes one", futex(&word, FUTEX_WAKE_PRIVATE, -1, NULL, NULL, 0), 1);
    check_result("wake two", futex(&word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0), 2);
    check_result("another word", futex(&word2, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0), 0);
    check_result("not by a shared call", futex(&word, FUTEX_WAKE, 2, NULL, NULL, 0), 0);
    check_result("wake the rest", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 1);
    end_all("all were woken", SLEEPERS, 0);
}

static long wait_bit(struct worker *self)
{
    return futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, 1u << self->argument);
}

static void test_bits(void)
{
    start_all(wait_bit, 4);
    check_result("no common bit", futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 0x30), 0);
    check_result("two bits", futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, NULL, NULL, 5), 2);
    end_all("the first of them", 1, 0);
    check_result("the other two", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 2);
    for (int i = 1; i < 4; i++)
        worker_end(&workers[i]);
}

static atomic_int order[3], place;

static long wait_by_priority(struct worker *self)
{
    thread_set_fifo(0, (int)self->argument);
    long result = futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    order[place++] = (int)self->argument;
    return result;
}

static void test_order(void)
{
    static const int priorities[] = {0, 10, 20};

    for (int i = 0; i < 3; i++) {
        worker_start(&workers[i], wait_by_priority, priorities[i]);
        worker_asleep(&workers[i]);
    }
    for (int i = 0; i < 3; i++) {
        futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        while (place == i)
            usleep(100);
    }
    end_all("three priorities", 3, 0);
    check("the highest is woken first", order[0] == 20 && order[1] == 10 && order[2] == 0);
}

/* ---- From word to word ---- */

static long requeue(int operation, int wake, int move, uint32_t expected)
{
    return call(__NR_futex, &word, operation, wake, move, &word2, expected);
}

static void test_requeue(void)
{
    start_all(wait_plain, SLEEPERS);
    check_result("requeue: another value", requeue(FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, 7), -EAGAIN);
    check_result("requeue: wake one, move two", requeue(FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, 0), 3);
    check_result("two are left", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 2);
    check_result("one of two that were moved", futex(&word2, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0),
                 1);
    check_result("the other", futex(&word2, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 1);
    end_all("all came back", SLEEPERS, 0);
    start_all(wait_plain, 3);
    check_result("requeue without a value", requeue(FUTEX_REQUEUE_PRIVATE, 0, 2, 7), 2);
    check_result("and none of none", requeue(FUTEX_REQUEUE_PRIVATE, 0, 0, 7), 0);
    check_result("the last one moved", requeue(FUTEX_REQUEUE_PRIVATE, 0, 0x7fffffff, 7), 1);
    check_result("nobody is left", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 0);
    check_result("three there", futex(&word2, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 3);
    end_all("all three came back", 3, 0);
    start_all(wait_plain, 3);
    check_result("to the same word", call(__NR_futex, &word, FUTEX_REQUEUE_PRIVATE, 1, 2, &word, 0),
                 3);
    check_result("two wait there still", futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 2);
    end_all("and are woken", 3, 0);
}

/* A wait whose time runs out at the word that it was moved to. */
static long wait_for_long(struct worker *self)
{
    struct timespec wait = {0, 300 * MS};

    (void)self;
    return futex(&word, FUTEX_WAIT_PRIVATE, 0, &wait, NULL, 0);
}

static void test_requeue_timeout(void)
{
    start_all(wait_for_long, 1);
    check_result("move one with a time", requeue(FUTEX_REQUEUE_PRIVATE, 0, 1, 0), 1);
    end_all("its time runs out there", 1, -ETIMEDOUT);
    check_result("nobody waits there", futex(&word2, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 0);
}

static long wake_op(uint32_t operation, int count, int count2)
{
    return call(__NR_futex, &word, FUTEX_WAKE_OP_PRIVATE, count, count2, &word2, operation);
}

static long wait_second(struct worker *self)
{
    (void)self;
    return futex(&word2, FUTEX_WAIT_PRIVATE, word2, NULL, NULL, 0);
}

static void test_wake_op(void)
{
    word2 = 5;
    start_all(wait_plain, 2);
    for (int i = 2; i < 5; i++) {
        worker_start(&workers[i], wait_second, 0);
        worker_asleep(&workers[i]);
    }
    check_result("wake_op that compares wrong",
                 wake_op(FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 6), 1, 9), 1);
    check_result("the word was changed", word2, 6);
    check_result("wake_op that compares right",
                 wake_op(FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 6), 9, 2), 3);
    check_result("one is left", futex(&word2, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 1);
    end_all("all were woken by it", SLEEPERS, 0);
}

/* ---- Memory ---- */

static long wait_shared(struct worker *self)
{
    (void)self;
    return futex(shared_word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void check_shared(const char *name, uint32_t *here, uint32_t *there)
{
    char line[100];

    shared_word = here;
    start_all(wait_shared, 1);
    snprintf(line, sizeof(line), "%s: not by a private call", name);
    check_result(line, futex(there, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
    snprintf(line, sizeof(line), "%s: not by the next word", name);
    check_result(line, futex(there + 1, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
    snprintf(line, sizeof(line), "%s: woken", name);
    check_result(line, futex(there, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
    worker_end(&workers[0]);
}

static uint32_t *map_file(int file, int protection, int flags, long offset)
{
    return mmap(NULL, PAGE, protection, flags, file, offset);
}

static void test_memory(void)
{
    static uint32_t private[2];
    int file = memfd_create("words", 0);
    int both = PROT_READ | PROT_WRITE;

    ftruncate(file, 2 * PAGE);
    uint32_t *one = map_file(file, both, MAP_SHARED, PAGE);
    uint32_t *two = map_file(file, both, MAP_SHARED, PAGE);
    uint32_t *zero = map_file(file, both, MAP_SHARED, 0);
    uint32_t *reader = map_file(file, PROT_READ, MAP_SHARED, PAGE);
    uint32_t *looker = map_file(file, PROT_READ, MAP_PRIVATE, PAGE);
    uint32_t *copy = map_file(file, both, MAP_PRIVATE, PAGE);
    uint32_t *shared = mmap(NULL, PAGE, both, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint32_t *again = mremap(shared, 0, PAGE, MREMAP_MAYMOVE);

    check_shared("private memory", private, private);
    check_shared("a file at two addresses", one, two);
    check_shared("through a mapping to read", one, reader);
    check_shared("through a private mapping to read", looker, two);
    check_shared("a copy of the page", copy, copy);
    check_shared("shared memory at two addresses", shared, again);
    shared_word = one;
    start_all(wait_shared, 1);
    check_result("not by another page", futex(zero, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
    check_result("not by a copy", futex(copy, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
    munmap(one, PAGE);
    check_result("after its own mapping went", futex(two, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
    worker_end(&workers[0]);
    close(file);
}

/* ---- Time and signals ---- */

static atomic_int handled;

static void on_signal(int number)
{
    (void)number;
    handled++;
}

static long wait_until_real(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_REALTIME, self->argument);

    return futex(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &until, NULL, -1u);
}

static long wait_until(struct worker *self)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, self->argument);

    return futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, NULL, -1u);
}

static void test_times(void)
{
    worker_start(&workers[0], wait_until_real, 50 * MS);
    end_all("until a date", 1, -ETIMEDOUT);
    worker_start(&workers[0], wait_until, 50 * MS);
    end_all("until a time since boot", 1, -ETIMEDOUT);
    worker_start(&workers[0], wait_until_real, 5000 * MS);
    worker_asleep(&workers[0]);
    check_result("woken before a date", futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
    end_all("and told so", 1, 0);
}

/* The clock is set for a moment, to what it showed but for a minute, where nobody else lives by it. */
static void test_clock_set(void)
{
    struct timespec now, later;

    worker_start(&workers[0], wait_until_real, 60000 * MS);
    worker_asleep(&workers[0]);
    if (call(__NR_getpid) == 1) {
        clock_gettime(CLOCK_REALTIME, &now);
        later = now;
        later.tv_sec += 120;
        clock_settime(CLOCK_REALTIME, &later);
        end_all("the date was set past the end", 1, -ETIMEDOUT);
        clock_settime(CLOCK_REALTIME, &now);
        return;
    }
    futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    worker_end(&workers[0]);
    check("the date was set past the end", true);
}

static void test_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    start_all(wait_plain, 1);
    pthread_kill(workers[0].thread, SIGUSR1);
    end_all("a handler ends a wait", 1, -EINTR);
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, NULL);
    handled = 0;
    start_all(wait_plain, 1);
    pthread_kill(workers[0].thread, SIGUSR1);
    while (handled == 0)
        usleep(100);
    worker_asleep(&workers[0]);
    check_result("with SA_RESTART it goes on", futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0),
                 1);
    end_all("and is woken", 1, 0);
    start_all(wait_for_long, 1);
    pthread_kill(workers[0].thread, SIGUSR1);
    end_all("not with a time", 1, -EINTR);
}

int main(void)
{
    test_counts();
    test_bits();
    test_order();
    test_requeue();
    test_requeue_timeout();
    test_wake_op();
    test_memory();
    test_times();
    test_clock_set();
    test_signals();
    return check_finish();
}
