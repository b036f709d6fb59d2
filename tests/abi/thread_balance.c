/* SPDX-License-Identifier: MIT */
/*
 * Where threads run: as many that spin as there are processors are soon on all of them, one that wakes up
 * goes to a processor with nothing to do, and one that may no longer be where it is has left when the call
 * returns. On Linux others may want the processors: what nobody could do on a machine without idle time does
 * not count.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROCESSORS_MAX 64
#define PATIENCE       20000000000L /* nanoseconds; what takes so long does not come */

static uint64_t all;
static int processors;

static int processor_now(void)
{
    unsigned int processor = 0;

    call(__NR_getcpu, &processor, NULL, NULL);
    return (int)processor;
}

static void keep_to(int tid, uint64_t set)
{
    call(__NR_sched_setaffinity, tid, sizeof(set), &set);
}

static uint64_t bit_of(int index)
{
    uint64_t set = all;

    while (index-- > 0)
        set &= set - 1;
    return set & -set;
}

/* A column of /proc/stat, in hundredths of a second: of all processors (-1) or of one. */
enum { USER, NICE, SYSTEM, IDLE, COLUMNS };

static char stat_text[1 << 16];

static void stat_read(void)
{
    long file = call(__NR_openat, AT_FDCWD, "/proc/stat", O_RDONLY);
    long length = call(__NR_read, file, stat_text, sizeof(stat_text) - 1);

    call(__NR_close, file);
    stat_text[length > 0 ? length : 0] = '\0';
}

/* -1: there is no such processor. */
static long ticks_of(int processor, int column)
{
    char label[16] = "cpu ";
    long ticks = 0;

    if (processor >= 0)
        snprintf(label, sizeof(label), "cpu%d ", processor);
    char *at = strstr(stat_text, label);
    if (!at)
        return -1;
    at += strlen(label);
    for (int i = 0; i <= column; i++)
        ticks = strtol(at, &at, 10);
    return ticks;
}

/* Time that processors had nothing to do, in all. */
static int64_t idle_ns(void)
{
    stat_read();
    return ticks_of(-1, IDLE) * 10000000;
}

static int64_t began, idle_before;

static void patience_begin(void)
{
    began = nanoseconds_now();
    idle_before = idle_ns();
}

static bool patience_over(void)
{
    return nanoseconds_now() - began > PATIENCE;
}

/* Somebody else had all processors meanwhile. */
static bool machine_was_busy(void)
{
    return idle_ns() - idle_before < (nanoseconds_now() - began) / 4;
}

/* ---- Threads that spin ------------------------------------------------------------------------*/

static volatile int over;

struct place {
    volatile int processor;
    volatile long turns;
} __attribute__((aligned(64)));
static struct place places[PROCESSORS_MAX];

static long spin(void *place)
{
    struct place *mine = place;

    while (!over) {
        mine->processor = processor_now();
        mine->turns++;
    }
    return 0;
}

static uint64_t places_seen(int count)
{
    uint64_t seen = 0;

    for (int i = 0; i < count; i++)
        seen |= 1UL << places[i].processor;
    return seen;
}

static bool spread(int count)
{
    patience_begin();
    while (places_seen(count) != all) {
        if (patience_over())
            return machine_was_busy();
        milliseconds_sleep(1);
    }
    return true;
}

/* Twenty times to each processor: nothing is seen elsewhere from then on. */
static bool follows(int tid, const struct place *place)
{
    for (int i = 0; i < 20 * processors; i++) {
        uint64_t set = bit_of(i % processors);

        keep_to(tid, set);
        long turns = place->turns;
        while (place->turns < turns + 2)
            call(__NR_sched_yield);
        if (1UL << place->processor != set)
            return false;
    }
    return true;
}

static void test_spread(void)
{
    static struct thread threads[PROCESSORS_MAX];

    over = 0;
    keep_to(0, bit_of(0)); /* all begin where their maker is */
    for (int i = 0; i < processors; i++) {
        thread_begin(&threads[i], spin, &places[i]);
        while (places[i].turns < 1)
            milliseconds_sleep(1);
    }
    check("threads stay where they may be", places_seen(processors) == bit_of(0));
    keep_to(0, all);
    for (int i = 0; i < processors; i++)
        keep_to(threads[i].own_tid, all);
    check("as many that spin are on all processors", spread(processors));
    check("a thread leaves at once", follows(threads[0].own_tid, &places[0]));
    over = 1;
    for (int i = 0; i < processors; i++)
        thread_join(&threads[i]);
}

/* More than there are processors: each gets its time, and all processors have some to do. */
static void test_many(void)
{
    static struct thread threads[3 * PROCESSORS_MAX];
    static struct place many[3 * PROCESSORS_MAX];
    int count = 3 * processors, idle = count;

    over = 0;
    patience_begin();
    for (int i = 0; i < count; i++)
        thread_begin(&threads[i], spin, &many[i]);
    while (idle > 0 && !patience_over()) {
        milliseconds_sleep(1);
        idle = 0;
        for (int i = 0; i < count; i++)
            idle += many[i].turns < 100;
    }
    check("three for each processor: all of them run", idle == 0 || machine_was_busy());
    over = 1;
    for (int i = 0; i < count; i++)
        thread_join(&threads[i]);
}

/* ---- A thread that wakes up -------------------------------------------------------------------*/

#define WAKES 20

static uint32_t word;
static volatile int woke_on;

static long waiter(void *argument)
{
    (void)argument;
    for (uint32_t turn = 0; !over; turn++) {
        while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == turn)
            call(__NR_futex, &word, FUTEX_WAIT_PRIVATE, turn, NULL);
        woke_on = processor_now();
    }
    return 0;
}

/* We spin where the thread ran last, and do not make way for it. How often it went elsewhere. */
static int elsewhere(int tid)
{
    int count = 0;

    for (int i = 0; i < WAKES; i++) {
        int own = processor_now();

        thread_wait_asleep(tid);
        keep_to(tid, 1UL << own);
        keep_to(tid, all);
        woke_on = -1;
        __atomic_add_fetch(&word, 1, __ATOMIC_RELEASE);
        call(__NR_futex, &word, FUTEX_WAKE_PRIVATE, 1);
        while (woke_on == -1)
            ;
        count += woke_on != own;
    }
    return count;
}

static void test_wake(void)
{
    struct thread thread;
    /* Linux looks for one among the processors that share a cache, which in a virtual machine may be none. */
    bool good = processors == 1 || !kernel_is("Galette");

    over = 0;
    word = 0;
    thread_begin(&thread, waiter, NULL);
    keep_to(0, bit_of(0));
    patience_begin();
    while (!good && !patience_over())
        good = elsewhere(thread.own_tid) >= WAKES * 9 / 10;
    good = good || machine_was_busy();
    check("a thread that wakes up goes to an idle processor", good);
    keep_to(0, all);
    thread_wait_asleep(thread.own_tid);
    over = 1;
    __atomic_add_fetch(&word, 1, __ATOMIC_RELEASE);
    call(__NR_futex, &word, FUTEX_WAKE_PRIVATE, 1);
    thread_join(&thread);
}

/* ---- Whose time it was ------------------------------------------------------------------------*/

static long busy_ticks(int processor)
{
    stat_read();
    return ticks_of(processor, USER) + ticks_of(processor, NICE) + ticks_of(processor, SYSTEM);
}

/* The first line is the sum of those of the processors, of which each may be rounded down. */
static bool first_line_is_sum(int column)
{
    long sum = 0;
    int count = 0;

    stat_read();
    for (long ticks; (ticks = ticks_of(count, column)) >= 0; count++)
        sum += ticks;
    return count >= processors && labs(ticks_of(-1, column) - sum) <= count;
}

static int64_t own_ns(void)
{
    struct timespec now;

    call(__NR_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* A fifth of a second on one of them is counted there, where Linux looks every 4 ms. */
static void test_times(void)
{
    bool good = true;

    for (int i = 0; i < processors; i += processors - (processors > 1)) {
        int processor = __builtin_ctzl(bit_of(i));
        keep_to(0, bit_of(i));
        long before = busy_ticks(processor);
        int64_t begin = own_ns();
        while (own_ns() - begin < 200000000)
            ;
        good = good && busy_ticks(processor) - before >= 15;
    }
    keep_to(0, all);
    check("the time is that of the processor that was used", good);
    check("all processors' time is the sum", first_line_is_sum(USER) && first_line_is_sum(IDLE));
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    call(__NR_sched_getaffinity, 0, sizeof(all), &all);
    processors = __builtin_popcountl(all);
    test_spread();
    test_many();
    test_wake();
    test_times();
    return check_finish();
}
