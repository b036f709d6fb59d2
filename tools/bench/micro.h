/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the micro benchmark share: the clock, and the shape of an operation.
 *
 * A cost is counted twice at once: in ticks of the TSC, which are guest instructions under QEMU's
 * `-icount shift=0,sleep=off`, and in nanoseconds, which mean something without it. Including files
 * may leave some of this unused.
 */
#ifndef TOOLS_BENCH_MICRO_H
#define TOOLS_BENCH_MICRO_H

#include <asm/unistd.h>
#include <time.h>
#include <x86intrin.h>

#define KIB  1024L
#define MIB  (1024 * KIB)
#define PAGE 4096L

struct cost {
    double ticks;
    double ns;
};

struct operation {
    const char *name;
    struct cost (*measure)(long count); /* per one of `count` */
    long count;
};

/* name NULL: the end */
extern const struct operation memory_operations[], file_operations[], event_operations[];

/* A system call with up to four arguments and nothing around it. */
static inline long call(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static inline double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline struct cost cost_now(void)
{
    struct cost now = {.ns = now_ns()};

    now.ticks = (double)__rdtsc();
    return now;
}

/* Since `start`, per one of `count`. */
static inline struct cost cost_since(struct cost start, long count)
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

/* Makes the files, directories and pipes that file_operations work on. */
void prepare_files(void);

/* Makes what event_operations wait for: a thousand descriptors and more. */
void prepare_events(void);

/* Says which step of a preparation failed and ends the program. */
void must(int ok, const char *what);

#endif
