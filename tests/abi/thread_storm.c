/* SPDX-License-Identifier: MIT */
/*
 * Threads that are interrupted, cancelled and ended at every point of every call that waits, and messages
 * between threads none of which may get lost.
 *
 *     thread_storm [ROUNDS]
 *
 * When a signal comes is left to chance and to a delay that grows from round to round.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"
#include "tests/abi/waiting/calls.h"

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define SECONDS    60        /* what takes longer hangs */
#define LEFT_KIB   1024      /* what the kernel may keep */
#define SHARED_KIB (2 << 20) /* a machine with more memory is not ours alone */

static int rounds = 20;
static int pid;

static void delay(unsigned turns)
{
    for (volatile unsigned i = 0; i < turns; i++)
        ;
}

/* ---- Messages ---------------------------------------------------------------------------------*/

static uint32_t ball;
static volatile int lost;

static bool ball_wait(uint32_t wanted)
{
    struct timespec patience = {SECONDS, 0};
    uint32_t now;

    while ((now = __atomic_load_n(&ball, __ATOMIC_SEQ_CST)) != wanted)
        if (call(__NR_futex, &ball, FUTEX_WAIT_PRIVATE, now, &patience) == -ETIMEDOUT)
            return false;
    return true;
}

static void ball_pass(uint32_t to)
{
    __atomic_store_n(&ball, to, __ATOMIC_SEQ_CST);
    call(__NR_futex, &ball, FUTEX_WAKE_PRIVATE, 1);
}

static long play(void *argument)
{
    uint32_t own = (uint32_t)(long)argument;

    for (int i = 0; i < 50 * rounds && !lost; i++) {
        if (!ball_wait(own))
            lost = 1;
        ball_pass(1 - own);
    }
    return 0;
}

static void test_ball(void)
{
    struct thread players[2];

    lost = 0;
    ball = 0;
    for (long i = 0; i < 2; i++)
        thread_begin(&players[i], play, (void *)i);
    for (int i = 0; i < 2; i++)
        thread_join(&players[i]);
    check_result("no wake-up is lost between two threads", lost, 0);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;

/* Four threads take turns by a condition that all wait for. */
static void *take_turns(void *argument)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SECONDS;
    for (int i = 0; i < 10 * rounds && !lost; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 4 != (int)(long)argument && !lost)
            lost |= pthread_cond_timedwait(&changed, &mutex, &until) != 0;
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void test_turns(void)
{
    pthread_t threads[4];

    lost = turn = 0;
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, take_turns, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    check_result("nor by a condition", lost, 0);
    check_result("each had its turns", turn, 40 * rounds);
}

/* ---- Interrupted at every point ---------------------------------------------------------------*/

static const struct waiting *current;
static volatile int victim_tid, victim_in;
static sigjmp_buf out;

static void on_jump(int number)
{
    (void)number;
    if (!victim_in || call(__NR_gettid) != victim_tid)
        return;
    victim_in = 0; /* siglongjmp lets the next signal in before it jumps: once is enough */
    siglongjmp(out, 1);
}

/* It is interrupted somewhere between here and the end, or is not. */
static void *victim(void *argument)
{
    (void)argument;
    if (sigsetjmp(out, 1) == 0) {
        victim_in = 1;
        victim_tid = (int)call(__NR_gettid);
        current->make();
    }
    victim_in = 0;
    victim_tid = -1;
    return NULL;
}

/* Signals until it has come out; with more and more time between them, as it gets nowhere when the next one is
 * always there already. */
static bool shoot(unsigned turns)
{
    int64_t begin = nanoseconds_now();

    while (victim_tid == 0)
        call(__NR_sched_yield);
    while (victim_tid > 0) {
        delay(turns);
        turns += turns < 1000000 ? turns / 2 + 1 : 0;
        int tid = victim_tid;
        if (tid > 0)
            call(__NR_tgkill, pid, tid, SIGUSR2);
        if (nanoseconds_now() - begin > SECONDS * 1000000000L)
            return false;
        call(__NR_sched_yield);
    }
    return true;
}

static void test_jumps(const struct waiting *w)
{
    struct sigaction action = {.sa_handler = on_jump};
    bool good = true;
    char line[100];

    sigaction(SIGUSR2, &action, NULL);
    current = w;
    for (int i = 0; i < rounds && good; i++) {
        pthread_t thread;

        waiting_reset();
        victim_tid = victim_in = 0;
        pthread_create(&thread, NULL, victim, NULL);
        good &= shoot((unsigned)i * 97 % 5000);
        if (good)
            pthread_join(thread, NULL);
    }
    snprintf(line, sizeof(line), "%s is left by a jump", w->name);
    check(line, good);
}

static void on_end(int number)
{
    (void)number;
    if (victim_in && call(__NR_gettid) == victim_tid) {
        victim_in = 0;
        victim_tid = -1;
        call(__NR_exit, 0);
    }
}

static long victim_ends(void *argument)
{
    (void)argument;
    victim_in = 1;
    victim_tid = (int)call(__NR_gettid);
    current->make();
    victim_in = 0;
    victim_tid = -1;
    return 0;
}

static void test_ends(const struct waiting *w)
{
    struct sigaction action = {.sa_handler = on_end};
    bool good = true;
    char line[100];

    sigaction(SIGUSR2, &action, NULL);
    current = w;
    for (int i = 0; i < rounds && good; i++) {
        struct thread thread;

        waiting_reset();
        victim_tid = victim_in = 0;
        thread_begin(&thread, victim_ends, NULL);
        good &= shoot((unsigned)i * 89 % 5000);
        if (good)
            thread_join(&thread);
    }
    snprintf(line, sizeof(line), "a thread ends in %s", w->name);
    check(line, good);
}

/* ---- Come and go ------------------------------------------------------------------------------*/

static sem_t never;
static int never_pipe[2];
static volatile int handled;

static void on_count(int number)
{
    (void)number;
    handled++;
}

static void *cancelled(void *argument)
{
    char byte;

    switch ((long)argument % 5) {
    case 0:
        for (;;)
            sem_wait(&never);
    case 1:
        for (;;)
            (void)!read(never_pipe[0], &byte, 1);
    case 2:
        for (;;)
            pause();
    case 3:
        for (;;)
            usleep(1000);
    default:
        for (;;)
            pthread_testcancel();
    }
    return NULL;
}

static void test_come_and_go(void)
{
    int good = 0, count = 25 * rounds;

    signal(SIGUSR2, on_count);
    sem_init(&never, 0, 0);
    (void)!pipe(never_pipe);
    for (long i = 0; i < count; i++) {
        void *result = NULL;
        pthread_t thread;

        if (pthread_create(&thread, NULL, cancelled, (void *)i) != 0)
            continue;
        delay((unsigned)i * 31 % 3000);
        pthread_kill(thread, SIGUSR2);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        good += result == PTHREAD_CANCELED;
    }
    check_result("threads are made, get a signal, are cancelled and end", good - count, 0);
    close(never_pipe[0]);
    close(never_pipe[1]);
}

static long brief(void *argument)
{
    (void)argument;
    return 7;
}

static void test_ends_at_once(void)
{
    int good = 0, count = 25 * rounds;

    for (int i = 0; i < count; i++) {
        struct thread thread;

        if (thread_begin(&thread, brief, NULL)) {
            call(__NR_tgkill, pid, thread.own_tid, SIGUSR2);
            good += thread_join(&thread) == 7;
        }
    }
    check_result("threads get a signal while they end", good - count, 0);
}

/* ---- Memory -----------------------------------------------------------------------------------*/

static long free_kib(void)
{
    struct sysinfo info;

    call(__NR_sysinfo, &info);
    return (long)(info.freeram * info.mem_unit >> 10) + status_kib("VmRSS:") + status_kib("VmPTE:");
}

static void all(void)
{
    test_come_and_go();
    test_ends_at_once();
    for (size_t i = 0; i < waiting_count; i++) {
        test_jumps(&waiting_calls[i]);
        test_ends(&waiting_calls[i]);
    }
    thread_wait_count(1);
}

int main(int argc, char **argv)
{
    struct sysinfo info;

    if (argc > 1)
        rounds = atoi(argv[1]);
    if (!waiting_begin())
        return 1;
    pid = (int)call(__NR_getpid);
    test_ball();
    test_turns();
    int usual = rounds;
    rounds = 1;
    all();
    rounds = usual;
    waiting_reset();
    long free = free_kib();
    all();
    waiting_reset();
    milliseconds_sleep(10);
    long gone = free - free_kib();
    call(__NR_sysinfo, &info);
    bool ours = (long)(info.totalram * info.mem_unit >> 10) < SHARED_KIB;
    if (ours)
        fprintf(stderr, "%ld KiB are gone\n", gone);
    check("memory comes back", !ours || gone < LEFT_KIB);
    waiting_end();
    return check_finish();
}
