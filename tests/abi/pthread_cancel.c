/* SPDX-License-Identifier: MIT */
/* Threads that are cancelled: where they wait, when they allow it, and what is cleaned up. */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <semaphore.h>
#include <stdio.h>
#include <sys/select.h>
#include <unistd.h>

static struct worker worker;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static int ends[2];
static atomic_int cleaned, reached, destroyed, go;
static pthread_key_t key;

static void clean(void *argument)
{
    cleaned += (int)(long)argument;
}

static void destroy(void *value)
{
    (void)value;
    destroyed++;
}

static void unlock(void *argument)
{
    pthread_mutex_unlock(argument);
    cleaned++;
}

static void wait_pause(void)
{
    pause();
}

static void wait_read(void)
{
    char byte;

    (void)!read(ends[0], &byte, 1);
}

static void wait_sleep(void)
{
    sleep(1000);
}

static void wait_semaphore(void)
{
    sem_wait(&semaphore);
}

static void wait_select(void)
{
    select(0, NULL, NULL, NULL, NULL);
}

static void wait_condition(void)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
}

static void wait_until(void)
{
    struct timespec until = time_from_now(CLOCK_REALTIME, 1000000 * MS);

    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, &mutex);
    for (;;)
        pthread_cond_timedwait(&condition, &mutex, &until);
    pthread_cleanup_pop(1);
}

static const struct {
    const char *name;
    void (*wait)(void);
    int cleaned;
} waits[] = {
    {"pause", wait_pause, 11},
    {"read", wait_read, 11},
    {"sleep", wait_sleep, 11},
    {"a semaphore", wait_semaphore, 11},
    {"select", wait_select, 11},
    {"a condition", wait_condition, 12},
    {"a condition in time", wait_until, 12},
};

static long wait_somewhere(struct worker *self)
{
    pthread_setspecific(key, self);
    pthread_cleanup_push(clean, (void *)1);
    pthread_cleanup_push(clean, (void *)10);
    waits[self->argument].wait();
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return 0;
}

static bool join_cancelled(void)
{
    void *result;

    return pthread_join(worker.thread, &result) == 0 && result == PTHREAD_CANCELED;
}

static void check_wait(int i)
{
    char line[100];

    cleaned = destroyed = 0;
    worker_start(&worker, wait_somewhere, i);
    worker_asleep(&worker);
    pthread_cancel(worker.thread);
    snprintf(line, sizeof(line), "cancelled in %s", waits[i].name);
    check(line, join_cancelled());
    snprintf(line, sizeof(line), "%s: all was cleaned up", waits[i].name);
    check(line, cleaned == waits[i].cleaned && destroyed == 1);
}

/* ---- When ---- */

static long refuse(struct worker *self)
{
    int old;

    (void)self;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    reached = 1;
    while (!go)
        usleep(100);
    pthread_testcancel();
    reached = 2;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    pthread_testcancel();
    reached = 3;
    return 0;
}

static void test_refusal(void)
{
    reached = go = 0;
    worker_start(&worker, refuse, 0);
    while (reached == 0)
        usleep(100);
    pthread_cancel(worker.thread);
    go = 1;
    check("cancelled when it allows it", join_cancelled());
    check_result("not before and not later", reached, 2);
}

static long spin(struct worker *self)
{
    int old;

    (void)self;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    for (reached = 1;;)
        __builtin_ia32_pause();
    return 0;
}

static void test_anywhere(void)
{
    reached = 0;
    worker_start(&worker, spin, 0);
    while (reached == 0)
        usleep(100);
    pthread_cancel(worker.thread);
    check("cancelled anywhere", join_cancelled());
}

static long leave(struct worker *self)
{
    pthread_cleanup_push(clean, (void *)5);
    pthread_exit(self);
    pthread_cleanup_pop(0);
    return 0;
}

static void test_exit(void)
{
    void *result;

    cleaned = 0;
    worker_start(&worker, leave, 0);
    pthread_join(worker.thread, &result);
    check("a thread that leaves cleans up, too", result == &worker && cleaned == 5);
}

int main(void)
{
    (void)!pipe(ends);
    sem_init(&semaphore, 0, 0);
    pthread_key_create(&key, destroy);
    for (size_t i = 0; i < ARRAY_LENGTH(waits); i++)
        check_wait((int)i);
    test_refusal();
    test_anywhere();
    test_exit();
    check("the mutex is free", pthread_mutex_trylock(&mutex) == 0);
    return check_finish();
}
