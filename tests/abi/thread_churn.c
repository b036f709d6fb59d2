/* SPDX-License-Identifier: MIT */
/*
 * Threads that are made, get a signal, are cancelled and end, over and over, in all orders in which that can
 * happen: joined or detached, while they sleep, spin, lock or have ended already. The memory comes back.
 *
 *     thread_churn [HUNDREDS]    how many hundred threads; 3
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define AT_ONCE  10
#define LEFT_KIB 256
#define SHARED_KIB \
    (8L << 20) /* a machine as large as this has other programs that use its memory */

enum life { SLEEPS, READS, SPINS, LOCKS, WAITS, ENDS, LIVES };

struct one {
    pthread_t thread;
    enum life life;
    bool is_detached;
    unsigned int random;
    sem_t begun, ended; /* `ended` by those that nobody joins */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int pipe_ends[2];
static volatile int handled, cleaned;
static __thread int own;

static void on_signal(int number)
{
    (void)number;
    own++;
    __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
}

static void clean(void *argument)
{
    struct one *one = argument;

    __atomic_add_fetch(&cleaned, 1, __ATOMIC_RELAXED);
    if (one->is_detached)
        sem_post(&one->ended);
}

static void unlock(void *argument)
{
    pthread_mutex_unlock(argument);
}

static void wait_for_condition(void)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
}

/* Until it is cancelled. */
static void live(enum life life)
{
    char byte;

    for (;;)
        switch (life) {
        case SLEEPS:
            sleep(100);
            break;
        case READS:
            if (read(pipe_ends[0], &byte, 1) != -1)
                return;
            break;
        case SPINS:
            pthread_testcancel();
            break;
        case LOCKS:
            pthread_mutex_lock(&mutex);
            pthread_mutex_unlock(&mutex);
            pthread_testcancel();
            break;
        case WAITS:
            wait_for_condition();
            break;
        default:
            return;
        }
}

static void *begin(void *argument)
{
    struct one *one = argument;

    pthread_cleanup_push(clean, one);
    own = 0;
    sem_post(&one->begun);
    live(one->life);
    pthread_cleanup_pop(1);
    return (void *)1L;
}

static bool start(struct one *one, unsigned int random)
{
    pthread_attr_t attributes;

    *one = (struct one){.life = random % LIVES, .is_detached = random >> 4 & 1, .random = random};
    sem_init(&one->begun, 0, 0);
    sem_init(&one->ended, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    if (one->is_detached)
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool good = pthread_create(&one->thread, &attributes, begin, one) == 0;
    pthread_attr_destroy(&attributes);
    return good;
}

/* One that is detached and ends by itself cannot be named any more. */
static bool has_name(const struct one *one)
{
    return !one->is_detached || one->life != ENDS;
}

/* Signals, a cancellation, signals; sometimes at once, sometimes when it is under way. */
static bool disturb(struct one *one)
{
    bool good = true;

    if (one->random >> 5 & 1)
        sem_wait(&one->begun);
    if (!has_name(one))
        return true;
    for (unsigned int i = 0; i < (one->random >> 6 & 3); i++)
        good &= pthread_kill(one->thread, i % 2 ? SIGUSR2 : SIGUSR1) == 0;
    if (one->random >> 8 & 1)
        sched_yield();
    good &= pthread_cancel(one->thread) == 0;
    if (!one->is_detached)
        good &= pthread_kill(one->thread, SIGUSR1) == 0;
    return good;
}

static bool finish(struct one *one)
{
    void *result = NULL;
    bool good = true;

    if (one->is_detached)
        sem_wait(&one->ended);
    else if (pthread_join(one->thread, &result) != 0)
        good = false;
    else
        good = result == PTHREAD_CANCELED || (one->life == ENDS && result == (void *)1L);
    sem_destroy(&one->begun);
    sem_destroy(&one->ended);
    return good;
}

static unsigned int next_random(void)
{
    static uint64_t state = 88172645463325252UL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned int)(state >> 20);
}

/* `hundreds` of hundred threads, AT_ONCE at a time. How many went wrong. */
static int churn(int hundreds)
{
    static struct one ones[AT_ONCE];
    int wrong = 0;

    for (int i = 0; i < hundreds * 100 / AT_ONCE; i++) {
        for (int k = 0; k < AT_ONCE; k++)
            if (!start(&ones[k], next_random()))
                return -1;
        for (int k = 0; k < AT_ONCE; k++)
            wrong += !disturb(&ones[k]);
        for (int k = 0; k < AT_ONCE; k++)
            wrong += !finish(&ones[k]);
    }
    return wrong;
}

static long free_kib(void)
{
    struct sysinfo info;

    call(__NR_sysinfo, &info);
    return (long)(info.freeram * info.mem_unit >> 10) + status_kib("VmRSS:") + status_kib("VmPTE:");
}

int main(int argc, char **argv)
{
    int hundreds = argc > 1 ? atoi(argv[1]) : 3;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sysinfo info;
    long before = thread_count();

    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags = 0;
    sigaction(SIGUSR2, &action, NULL);
    if (pipe(pipe_ends) != 0)
        return 1;
    check_result("a hundred threads first", churn(1), 0);
    thread_wait_count(before);
    long free = free_kib();
    int64_t began = nanoseconds_now();
    check_result("threads that come, get signals, are cancelled and go", churn(hundreds), 0);
    int64_t took = nanoseconds_now() - began;
    thread_wait_count(before);
    check("they got signals and ended in order",
          handled > hundreds * 10 && cleaned > hundreds * 50);
    milliseconds_sleep(20);
    long gone = free - free_kib();
    call(__NR_sysinfo, &info);
    bool ours = (long)(info.totalram * info.mem_unit >> 10) < SHARED_KIB;
    if (ours)
        fprintf(stderr, "%d threads in %ld ms, %d signals; %ld KiB are gone\n", hundreds * 100,
                (long)(took / 1000000), handled, gone);
    check("memory comes back", !ours || gone < LEFT_KIB);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return check_finish();
}
