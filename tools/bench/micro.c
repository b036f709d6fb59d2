/* SPDX-License-Identifier: MIT */
/*
 * What single operations cost, seen from a program. One static-pie binary, the same for every
 * kernel; with no other process around it, as init or as the only program.
 *
 * Prints `boot TICKS` (the TSC when main begins) and then per operation `bench NAME TICKS NS`, both
 * per operation, the least of several rounds, less what the empty loop costs. Under QEMU's
 * `-icount shift=0,sleep=off` a tick is one guest instruction, and the NS mean nothing; without it
 * the NS count and the ticks do not.
 */
#include <asm/unistd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define ROUNDS 5
#define KIB    1024L
#define MIB    (1024 * KIB)
#define PAGE   4096L

struct cost {
    double ticks;
    double ns;
};

struct operation {
    const char *name;
    struct cost (*measure)(long count);
    long count;
};

static char source[MIB] __attribute__((aligned(4096)));
static char target[MIB] __attribute__((aligned(4096)));

static long call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static struct cost cost_now(void)
{
    struct cost now = {.ns = now_ns()};

    now.ticks = (double)__rdtsc();
    return now;
}

/* Since `start`, per one of `count`. */
static struct cost cost_since(struct cost start, long count)
{
    struct cost end = {.ticks = (double)__rdtsc()};

    end.ns = now_ns();
    return (struct cost){(end.ticks - start.ticks) / (double)count,
                         (end.ns - start.ns) / (double)count};
}

#define MEASURE(name, statement)                  \
    static struct cost measure_##name(long count) \
    {                                             \
        struct cost start = cost_now();           \
                                                  \
        for (long i = 0; i < count; i++) {        \
            statement;                            \
            __asm__ volatile("" : : : "memory");  \
        }                                         \
        return cost_since(start, count);          \
    }

static struct timespec moment;

MEASURE(empty, )
MEASURE(getppid, call(__NR_getppid, 0, 0, 0))
MEASURE(write, call(__NR_write, 1, (long)".", 1))
MEASURE(clock_libc, clock_gettime(CLOCK_MONOTONIC, &moment))
MEASURE(clock_call, call(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&moment, 0))
MEASURE(yield, call(__NR_sched_yield, 0, 0, 0))
MEASURE(memcpy, memcpy(target, source, MIB))

static char *region_map(long size)
{
    return mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void region_touch(char *region, long size)
{
    for (long at = 0; at < size; at += PAGE)
        ((volatile char *)region)[at] = 1;
}

static void region_cycle(long size, int touch)
{
    char *region = region_map(size);

    if (touch)
        region_touch(region, size);
    munmap(region, (size_t)size);
}

MEASURE(mmap_4k, region_cycle(PAGE, 0))
MEASURE(mmap_1m, region_cycle(MIB, 1))

/* Only the touching is measured. 1 MiB stays below the size at which Linux takes a huge page. */
static struct cost measure_fault(long count)
{
    struct cost sum = {0, 0};

    for (long i = 0; i < count; i++) {
        char *region = region_map(MIB);
        struct cost start = cost_now();

        region_touch(region, MIB);
        struct cost one = cost_since(start, count * (MIB / PAGE));
        sum.ticks += one.ticks;
        sum.ns += one.ns;
        munmap(region, MIB);
    }
    return sum;
}

/* One page up, touched, and down again. */
static struct cost measure_brk(long count)
{
    long base = call(__NR_brk, 0, 0, 0);
    struct cost start = cost_now();

    for (long i = 0; i < count; i++) {
        call(__NR_brk, base + 2 * PAGE, 0, 0);
        *(volatile char *)(base + PAGE) = 1;
        call(__NR_brk, base, 0, 0);
    }
    return cost_since(start, count);
}

static const struct operation operations[] = {
    {"getppid", measure_getppid, 20000},          {"write", measure_write, 300},
    {"clock_gettime", measure_clock_libc, 20000}, {"clock_gettime_call", measure_clock_call, 20000},
    {"sched_yield", measure_yield, 10000},        {"mmap_munmap_4k", measure_mmap_4k, 1000},
    {"mmap_touch_munmap_1m", measure_mmap_1m, 5}, {"page_fault", measure_fault, 5},
    {"brk_touch_brk", measure_brk, 1000},         {"memcpy_1m", measure_memcpy, 20},
};

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

int main(void)
{
    unsigned long long at_main = __rdtsc();
    struct cost empty;

    printf("boot %llu\n", at_main);
    fflush(stdout);
    memset(source, 1, sizeof(source));
    memset(target, 2, sizeof(target));
    empty = least(measure_empty, 20000);
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        const struct operation *operation = &operations[i];
        struct cost cost = least(operation->measure, operation->count);

        printf("\nbench %s %.1f %.1f\n", operation->name, cost.ticks - empty.ticks,
               cost.ns - empty.ns);
        fflush(stdout);
    }
    puts("bench done");
    return 0;
}
