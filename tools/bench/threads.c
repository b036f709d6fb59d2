/* SPDX-License-Identifier: MIT */
/*
 * What threads cost: making them, waking them, and sharing memory between them. One static-pie binary for
 * every kernel, as micro.c, and the same lines as output. How many processors there are decides what some
 * of them mean, so the caller runs it with one and with two. With an argument: only that one.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "micro.h"

#define ROUNDS     5
#define LISTENERS  64
#define WORKERS    4
#define MATRIX     160
#define STORM_SIZE (4 * MIB)

void must(int ok, const char *what)
{
    if (ok)
        return;
    printf("threads: %s failed\n", what);
    exit(1);
}

static pthread_t begin_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;

    must(pthread_create(&thread, NULL, body, argument) == 0, "pthread_create");
    return thread;
}

static void *nothing(void *argument)
{
    return argument;
}

MEASURE(create_join, pthread_join(begin_thread(nothing, NULL), NULL))

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

MEASURE(mutex, (pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex)))

/* ---- Two threads in turn ---- */

static long rounds;
static atomic_int turn;

static void wait_for_turn(int own)
{
    int other;

    while ((other = atomic_load(&turn)) != own)
        call(__NR_futex, (long)&turn, FUTEX_WAIT_PRIVATE, other, 0);
}

static void pass_turn(int own)
{
    atomic_store(&turn, !own);
    call(__NR_futex, (long)&turn, FUTEX_WAKE_PRIVATE, 1, 0);
}

static void *take_turns(void *argument)
{
    int own = argument != NULL;

    for (long i = 0; i < rounds; i++) {
        wait_for_turn(own);
        pass_turn(own);
    }
    return NULL;
}

/* Per time there and back. */
static struct cost measure_ping_pong(long count)
{
    rounds = count;
    atomic_store(&turn, 0);
    pthread_t other = begin_thread(take_turns, (void *)1);
    struct cost begin = cost_now();

    take_turns(NULL);
    pthread_join(other, NULL);
    return cost_since(begin, count);
}

static int to_other[2], to_us[2];

static void *answer(void *argument)
{
    char byte;

    while (read(to_other[0], &byte, 1) == 1 && byte != 0)
        must(write(to_us[1], &byte, 1) == 1, "write");
    return argument;
}

static struct cost measure_pipe_ping_pong(long count)
{
    char byte = 1;
    pthread_t other = begin_thread(answer, NULL);
    struct cost begin = cost_now();

    for (long i = 0; i < count; i++)
        must(write(to_other[1], &byte, 1) == 1 && read(to_us[0], &byte, 1) == 1, "pipe");
    struct cost cost = cost_since(begin, count);

    byte = 0;
    must(write(to_other[1], &byte, 1) == 1, "write");
    pthread_join(other, NULL);
    return cost;
}

static void *yield_often(void *argument)
{
    for (long i = 0; i < rounds; i++)
        call(__NR_sched_yield, 0, 0, 0, 0);
    return argument;
}

/* Per yield of either. */
static struct cost measure_yield_two(long count)
{
    rounds = count;
    pthread_t other = begin_thread(yield_often, NULL);
    struct cost begin = cost_now();

    yield_often(NULL);
    pthread_join(other, NULL);
    return cost_since(begin, 2 * count);
}

/* ---- Signals ---- */

static atomic_long handled;
static atomic_int listener_ended;

static void on_signal(int signal)
{
    (void)signal;
    handled++;
}

static void *handle_signals(void *argument)
{
    while (handled >= 0)
        pause();
    listener_ended = 1;
    return argument;
}

/* From the sending to the handler's end in a thread that sleeps, and back to the sender. */
static struct cost measure_signal(long count)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    handled = listener_ended = 0;
    pthread_t other = begin_thread(handle_signals, NULL);
    struct cost begin = cost_now();

    for (long i = 0; i < count; i++) {
        pthread_kill(other, SIGUSR1);
        while (handled == i)
            sched_yield();
    }
    struct cost cost = cost_since(begin, count);

    handled = -1000000;
    while (!listener_ended) { /* one may come between its look and its sleep */
        pthread_kill(other, SIGUSR1);
        sched_yield();
    }
    pthread_join(other, NULL);
    return cost;
}

/* ---- Many ---- */

static int generation, arrived;

static void *listen(void *argument)
{
    pthread_mutex_lock(&mutex);
    for (long i = 0; i < rounds; i++) {
        int seen = generation;

        arrived++;
        pthread_cond_signal(argument);
        while (generation == seen)
            pthread_cond_wait(&condition, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

/* A broadcast until all 64 have come back to wait. */
static struct cost measure_broadcast(long count)
{
    static pthread_cond_t all_here = PTHREAD_COND_INITIALIZER;
    pthread_t threads[LISTENERS];

    rounds = count + 1;
    arrived = 0;
    for (int i = 0; i < LISTENERS; i++)
        threads[i] = begin_thread(listen, &all_here);
    struct cost begin = {0};

    pthread_mutex_lock(&mutex);
    for (long i = 0; i <= count; i++) {
        while (arrived < LISTENERS)
            pthread_cond_wait(&all_here, &mutex);
        if (i == 0)
            begin = cost_now();
        arrived = 0;
        generation++;
        pthread_cond_broadcast(&condition);
    }
    pthread_mutex_unlock(&mutex);
    struct cost cost = cost_since(begin, count);

    for (int i = 0; i < LISTENERS; i++)
        pthread_join(threads[i], NULL);
    return cost;
}

/* `count` times work(argument) in each of four threads: per time. */
static struct cost measure_four(void *(*work)(void *), long count)
{
    pthread_t threads[WORKERS];
    struct cost begin = cost_now();

    rounds = count;
    for (int i = 0; i < WORKERS; i++)
        threads[i] = begin_thread(work, NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    return cost_since(begin, count * WORKERS);
}

static void *contend(void *argument)
{
    static volatile long shared;

    for (long i = 0; i < rounds; i++) {
        pthread_mutex_lock(&mutex);
        shared++;
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static void *fault_pages(void *argument)
{
    for (long i = 0; i < rounds; i++) {
        char *area =
            mmap(NULL, STORM_SIZE / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        must(area != MAP_FAILED, "mmap");
        for (long at = 0; at < STORM_SIZE / 4; at += PAGE)
            area[at] = 1;
        munmap(area, STORM_SIZE / 4);
    }
    return argument;
}

static void *allocate(void *argument)
{
    void *objects[64] = {NULL};

    for (long i = 0; i < rounds; i++) {
        int at = (int)(i * 7 % 64);

        free(objects[at]);
        objects[at] = malloc((size_t)(16 + i % 50 * 40));
        must(objects[at] != NULL, "malloc");
    }
    for (int i = 0; i < 64; i++)
        free(objects[i]);
    return argument;
}

static double left[MATRIX][MATRIX], right[MATRIX][MATRIX];
static volatile double product[MATRIX][MATRIX]; /* or nobody would compute it */
static atomic_int next_row;

static void *multiply(void *argument)
{
    int row;

    while ((row = next_row++) < MATRIX)
        for (int column = 0; column < MATRIX; column++) {
            double sum = 0;

            for (int i = 0; i < MATRIX; i++)
                sum += left[row][i] * right[i][column];
            product[row][column] = sum;
        }
    return argument;
}

static struct cost measure_contended(long count)
{
    return measure_four(contend, count);
}

static struct cost measure_fault_storm(long count)
{
    struct cost cost = measure_four(fault_pages, count);
    double pages = STORM_SIZE / 4.0 / PAGE;

    return (struct cost){cost.ticks / pages, cost.ns / pages};
}

static struct cost measure_malloc_storm(long count)
{
    return measure_four(allocate, count);
}

/* The whole product. */
static struct cost measure_matrix(long count)
{
    struct cost sum = {0, 0};

    for (long i = 0; i < count; i++) {
        next_row = 0;
        struct cost cost = measure_four(multiply, 1);

        sum.ticks += cost.ticks * WORKERS;
        sum.ns += cost.ns * WORKERS;
    }
    return (struct cost){sum.ticks / (double)count, sum.ns / (double)count};
}

static const struct operation operations[] = {
    {"create_join", measure_create_join, 200},
    {"mutex", measure_mutex, 20000},
    {"ping_pong", measure_ping_pong, 2000},
    {"pipe_ping_pong", measure_pipe_ping_pong, 2000},
    {"yield_two", measure_yield_two, 5000},
    {"signal_thread", measure_signal, 500},
    {"broadcast_64", measure_broadcast, 30},
    {"mutex_contended", measure_contended, 20000},
    {"fault_storm", measure_fault_storm, 4},
    {"malloc_storm", measure_malloc_storm, 20000},
    {"matrix", measure_matrix, 3},
    {NULL, NULL, 0},
};

int main(int argc, char **argv)
{
    must(pipe(to_other) == 0 && pipe(to_us) == 0, "pipe");
    for (int i = 0; i < MATRIX * MATRIX; i++) {
        left[i / MATRIX][i % MATRIX] = i % 7;
        right[i / MATRIX][i % MATRIX] = i % 5;
    }
    for (const struct operation *operation = operations; operation->name; operation++) {
        struct cost best = {1e18, 1e18};

        if (argc > 1 && strcmp(argv[1], operation->name) != 0)
            continue;
        for (int round = 0; round < ROUNDS; round++) {
            struct cost one = operation->measure(operation->count);

            best.ticks = one.ticks < best.ticks ? one.ticks : best.ticks;
            best.ns = one.ns < best.ns ? one.ns : best.ns;
        }
        printf("\nbench %s %.1f %.1f\n", operation->name, best.ticks, best.ns);
        fflush(stdout);
    }
    puts("bench done");
    return 0;
}
