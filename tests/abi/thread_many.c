/* SPDX-License-Identifier: MIT */
/*
 * Thousands of threads that sleep, and that come and go: they can all be found and woken, each costs the
 * kernel no more than it should, and when they have gone all memory is free again.
 *
 *     thread_many [THREADS]     1,000, at most 10,000
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <dirent.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#define STACK_SIZE (64UL << 10)
#define MOST       10000
#define THREAD_KIB 24 /* of kernel memory */
#define MORE_KIB \
    384 /* what three rounds may take from the memory: a batch of stacks, and splinters */
#define KEPT_KIB   2560      /* what the kernel may keep for as many threads again */
#define SHARED_KIB (2 << 20) /* a machine with more memory is not ours alone */

static pthread_t threads[MOST];
static int count;
static uint32_t word, awake;

static long memory_kib(void)
{
    struct sysinfo info;

    call(__NR_sysinfo, &info);
    return (long)(info.freeram * info.mem_unit >> 10);
}

static bool machine_is_ours(void)
{
    struct sysinfo info;

    call(__NR_sysinfo, &info);
    return (long)(info.totalram * info.mem_unit >> 10) < SHARED_KIB;
}

static void *sleep_until_woken(void *argument)
{
    __atomic_add_fetch(&awake, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
        call(__NR_futex, &word, FUTEX_WAIT, 0, NULL);
    return argument;
}

static int threads_begin(int wanted)
{
    pthread_attr_t small;
    int made = 0;

    word = awake = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_SIZE);
    while (made < wanted &&
           pthread_create(&threads[made], &small, sleep_until_woken, (void *)(long)made) == 0)
        made++;
    return made;
}

static int threads_end(int made)
{
    int good = 0;
    void *result;

    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    call(__NR_futex, &word, FUTEX_WAKE, 0x7fffffff);
    for (int i = 0; i < made; i++)
        good += pthread_join(threads[i], &result) == 0 && result == (void *)(long)i;
    return good;
}

/* How many the list of all has, which is read in pieces. */
static int tasks_count(void)
{
    DIR *folder = opendir("/proc/self/task");
    struct dirent *entry;
    int found = 0;

    while ((entry = readdir(folder)))
        found += entry->d_name[0] != '.';
    closedir(folder);
    return found;
}

static void test_all(void)
{
    int made = threads_begin(count);

    check_result("they can be made", made - count, 0);
    while (__atomic_load_n(&awake, __ATOMIC_SEQ_CST) < (uint32_t)made)
        milliseconds_sleep(5);
    check_result("Threads:", thread_count() - made, 1);
    check_result("all are listed", tasks_count() - made, 1);
    check_result("all are woken, and end", threads_end(made) - made, 0);
    thread_wait_count(1);
    check_result("none is left in the list", tasks_count(), 1);
}

/* The memory of the program's own stacks: what each thread touches, and the C library keeps. */
static long resident_kib(void)
{
    return status_kib("VmRSS:") + status_kib("VmPTE:");
}

/* Where every object has pages of its own (CHECKED), what it costs says nothing. */
static void test_cost(void)
{
    long free = memory_kib(), resident = resident_kib();
    int made = threads_begin(count);

    while (__atomic_load_n(&awake, __ATOMIC_SEQ_CST) < (uint32_t)made)
        milliseconds_sleep(5);
    long each = (free - memory_kib() - (resident_kib() - resident)) / made;
    threads_end(made);
    thread_wait_count(1);
    if (machine_is_ours())
        fprintf(stderr, "%d threads, each %ld KiB of kernel memory\n", made, each);
    check("a thread costs at most 24 KiB",
          !machine_is_ours() || kernel_is("CHECKED") || each <= THREAD_KIB);
}

static void tell_lost(long before)
{
    if (machine_is_ours())
        fprintf(stderr, "%ld KiB are gone\n", before - memory_kib() - resident_kib());
}

/* After the first time, in which the kernel fills what it keeps for later. */
static void test_all_comes_back(void)
{
    threads_end(threads_begin(count));
    thread_wait_count(1);
    long free = memory_kib() + resident_kib();
    for (int i = 0; i < 3; i++) {
        threads_end(threads_begin(count));
        thread_wait_count(1);
        milliseconds_sleep(10);
        tell_lost(free);
    }
    long lost = free - memory_kib() - resident_kib();
    check("memory comes back", !machine_is_ours() || lost < MORE_KIB);
}

/* What is free while one thread is there: not much less than before there were many. */
static void test_nothing_is_kept(long before)
{
    milliseconds_sleep(10);
    long lost = before - memory_kib() - resident_kib();
    tell_lost(before);
    check("the kernel keeps little of what they had",
          !machine_is_ours() || kernel_is("CHECKED") || lost < KEPT_KIB);
}

int main(int argc, char **argv)
{
    count = argc > 1 ? atoi(argv[1]) : 1000;
    if (count > MOST)
        count = MOST;
    long before = memory_kib() + resident_kib();
    test_all();
    test_cost();
    test_all_comes_back();
    test_nothing_is_kept(before);
    return check_finish();
}
