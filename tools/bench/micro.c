/* SPDX-License-Identifier: MIT */
/*
 * What single operations cost, seen from a program. One static-pie binary, the same for every
 * kernel; with no other process around it, as init or as the only program.
 *
 * Prints `boot TICKS` (the TSC when main begins) and then per operation `bench NAME TICKS NS`, both
 * per operation, the least of several rounds, less what the empty loop costs; micro.h says what the
 * two are.
 */
#include "micro.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 5

static struct timespec moment;

static void call_bare(long number)
{
    __asm__ volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
}

MEASURE(empty, )
MEASURE(getppid, call_bare(__NR_getppid))
MEASURE(write, call(__NR_write, 1, (long)".", 1, 0))
MEASURE(clock_libc, clock_gettime(CLOCK_MONOTONIC, &moment))
MEASURE(clock_call, call(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&moment, 0, 0))
MEASURE(yield, call(__NR_sched_yield, 0, 0, 0, 0))

static const struct operation call_operations[] = {
    {"getppid", measure_getppid, 20000},          {"write", measure_write, 300},
    {"clock_gettime", measure_clock_libc, 20000}, {"clock_gettime_call", measure_clock_call, 20000},
    {"sched_yield", measure_yield, 10000},        {NULL, NULL, 0},
};

void must(int ok, const char *what)
{
    if (ok)
        return;
    printf("micro: %s failed\n", what);
    exit(1);
}

static struct cost least(struct cost (*measure)(long), long count)
{
    struct cost best = {1e18, 1e18};

    for (int round = 0; round < ROUNDS; round++) {
        struct cost one = measure(count);

        best.ticks = one.ticks < best.ticks ? one.ticks : best.ticks;
        best.ns = one.ns < best.ns ? one.ns : best.ns;
    }
    return best;
}

static void run(const struct operation *operation, struct cost empty)
{
    for (; operation->name; operation++) {
        struct cost cost = least(operation->measure, operation->count);

        printf("\nbench %s %.1f %.1f\n", operation->name, cost.ticks - empty.ticks,
               cost.ns - empty.ns);
        fflush(stdout);
    }
}

int main(void)
{
    unsigned long long at_main = __rdtsc();
    struct cost empty;

    printf("boot %llu\n", at_main);
    fflush(stdout);
    prepare_files();
    empty = least(measure_empty, 20000);
    run(call_operations, empty);
    run(memory_operations, empty);
    run(file_operations, empty);
    prepare_events();
    run(event_operations, empty);
    puts("bench done");
    return 0;
}
