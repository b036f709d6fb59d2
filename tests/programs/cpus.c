/* SPDX-License-Identifier: MIT */
/*
 * The processors: how many the system tells of, and a thread on each, which says where it is. With an argument
 * all of them then sleep for so many seconds.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned seconds;

/* Whether it runs where it was sent. */
static void *visit(void *argument)
{
    long cpu = (long)argument;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    long good = sched_setaffinity(0, sizeof(set), &set) == 0 && sched_getcpu() == cpu;
    for (volatile int i = 0; i < 100000; i++)
        ;
    good &= sched_getcpu() == cpu;
    sleep(seconds);
    return (void *)good;
}

static int count_in_cpuinfo(void)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[2000];
    int count = 0;

    while (file && fgets(line, sizeof(line), file))
        count += strncmp(line, "processor", 9) == 0;
    return count;
}

int main(int argc, char **argv)
{
    static pthread_t threads[CPU_SETSIZE];
    int count = (int)sysconf(_SC_NPROCESSORS_ONLN), visited = 0;

    seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    printf("%d online, %d in cpuinfo\n", count, count_in_cpuinfo());
    for (long i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, visit, (void *)i);
    for (int i = 0; i < count; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        visited += good != NULL;
    }
    printf("%d visited\n", visited);
    return visited != count;
}
