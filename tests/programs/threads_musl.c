/* SPDX-License-Identifier: MIT */
/*
 * Threads with musl, which waits in other ways than glibc: its conditions move waiters from futex to futex,
 * and its joins wait on the thread's list.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define CROWD  6
#define ROUNDS 100

static pthread_mutex_t mutex, robust;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;
static int turn, count, written;

static void *work(void *argument)
{
    long own = (long)argument;

    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % CROWD != own)
            pthread_cond_wait(&condition, &mutex);
        turn++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
        pthread_rwlock_wrlock(&rwlock);
        written++;
        pthread_rwlock_unlock(&rwlock);
    }
    pthread_barrier_wait(&barrier);
    sem_post(&semaphore);
    pthread_mutex_lock(&mutex);
    count += turn == CROWD * ROUNDS;
    pthread_mutex_unlock(&mutex);
    return argument;
}

static void *lock_and_end(void *argument)
{
    pthread_mutex_lock(argument);
    return NULL;
}

static void *wait_to_be_cancelled(void *argument)
{
    sem_post(argument);
    while (pause() != 0)
        ;
    return NULL;
}

static void in_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;

    pthread_create(&thread, NULL, body, argument);
    pthread_join(thread, NULL);
}

static void test_crowd(void)
{
    pthread_t threads[CROWD];
    long sum = 0;

    pthread_barrier_init(&barrier, NULL, CROWD);
    sem_init(&semaphore, 0, 0);
    for (long i = 0; i < CROWD; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < CROWD; i++)
        sem_wait(&semaphore);
    for (int i = 0; i < CROWD; i++) {
        void *result;

        pthread_join(threads[i], &result);
        sum += (long)result;
    }
    printf("turns %d, written %d, counted %d, joined %ld\n", turn, written, count, sum);
}

static void test_ends(void)
{
    pthread_mutexattr_t attribute;
    pthread_t thread;
    void *result;
    struct timespec until;

    pthread_mutexattr_init(&attribute);
    pthread_mutexattr_setrobust(&attribute, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attribute);
    in_thread(lock_and_end, &robust);
    printf("owner died: %s\n", pthread_mutex_lock(&robust) == EOWNERDEAD ? "told" : "not told");
    pthread_create(&thread, NULL, wait_to_be_cancelled, &semaphore);
    sem_wait(&semaphore);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled: %s\n", result == PTHREAD_CANCELED ? "yes" : "no");
    clock_gettime(CLOCK_REALTIME, &until);
    pthread_mutex_lock(&mutex);
    printf("timed out: %s\n",
           pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT ? "yes" : "no");
}

int main(void)
{
    pthread_mutex_init(&mutex, NULL);
    test_crowd();
    test_ends();
    return 0;
}
