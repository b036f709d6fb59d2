/* SPDX-License-Identifier: MIT */
/*
 * Ways in which a program with many threads ends; the exit status tells which it was.
 *
 *     thread_status WAY [THREADS]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *way;
static volatile int spun;

static void exit_thread(int status)
{
    syscall(SYS_exit, status);
}

/* What a thread is at when the program ends: asleep, running, in faults, between two calls. */
static void *busy(void *argument)
{
    switch ((long)argument % 4) {
    case 0:
        for (;;)
            pause();
    case 1:
        for (;;)
            spun++;
    case 2:
        for (;;) {
            char *page =
                mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            memset(page, 1, 1 << 16);
            munmap(page, 1 << 16);
        }
    default:
        for (;;)
            syscall(SYS_sched_yield);
    }
    return NULL;
}

static void *end(void *argument)
{
    (void)argument;
    usleep(20000);
    if (strcmp(way, "group") == 0)
        _exit(7);
    if (strcmp(way, "exit") == 0)
        exit(8);
    if (strcmp(way, "first") == 0)
        exit_thread(3);
    if (strcmp(way, "last") == 0)
        _exit(9);
    if (strcmp(way, "abort") == 0)
        abort();
    if (strcmp(way, "kill") == 0)
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGKILL);
    if (strcmp(way, "term") == 0)
        kill(getpid(), SIGTERM);
    if (strcmp(way, "segv") == 0)
        *(volatile int *)0 = 0;
    for (;;)
        pause();
}

static void begin(void *(*function)(void *), long number)
{
    pthread_attr_t small;
    pthread_t thread;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    if (pthread_create(&thread, &small, function, (void *)number) != 0)
        _exit(99);
}

int main(int argc, char **argv)
{
    way = argc > 1 ? argv[1] : "return";
    long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 8;

    if (strcmp(way, "first") != 0)
        for (long i = 0; i < threads; i++)
            begin(busy, threads > 100 ? i % 40 * 4 : i); /* many of them only sleep */
    puts("they run");
    fflush(stdout);
    begin(end, 0);
    if (strcmp(way, "return") == 0)
        return 4;
    if (strcmp(way, "first") == 0 || strcmp(way, "last") == 0)
        exit_thread(5);
    for (;;)
        pause();
}
