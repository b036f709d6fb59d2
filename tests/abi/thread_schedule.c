/* SPDX-License-Identifier: MIT */
/*
 * How threads are scheduled: each has its own policy, priority, niceness and affinity, which take effect; and
 * its own processor time.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <linux/futex.h>
#include <linux/ioprio.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define IO_PROCESS                IOPRIO_WHO_PROCESS
#define IO_GROUP                  IOPRIO_WHO_PGRP
#define IO_PRIORITY(class, level) IOPRIO_PRIO_VALUE(class, level)

static volatile int over;

static int64_t clock_now(clockid_t clock)
{
    struct timespec time = {0, 0};

    call(__NR_clock_gettime, clock, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static uint64_t affinity_of(int tid)
{
    uint64_t mask[16] = {0};

    call(__NR_sched_getaffinity, tid, sizeof(mask), mask);
    return mask[0];
}

static long affinity_set(int tid, uint64_t mask)
{
    return call(__NR_sched_setaffinity, tid, 8, &mask);
}

/* The processors that we may use: the lowest, the highest. */
static uint64_t all_cpus, first_cpu, last_cpu;

static long sleeper(void *argument)
{
    (void)argument;
    while (!over)
        milliseconds_sleep(2);
    return 0;
}

/* ---- Affinity ---------------------------------------------------------------------------------*/

static bool runs_on(uint64_t mask)
{
    unsigned cpu = 99;

    call(__NR_getcpu, &cpu, NULL, NULL);
    return 1UL << cpu == mask;
}

/* After each change the thread is where it should be, by every account. */
static void *wander(void *result)
{
    bool good = true;

    for (int i = 0; i < 200; i++) {
        uint64_t mask = i % 2 ? first_cpu : last_cpu;
        good &= affinity_set(0, mask) == 0 && runs_on(mask) && 1UL << sched_getcpu() == mask;
        good &= affinity_of(0) == mask;
    }
    *(bool *)result = good;
    return NULL;
}

static volatile uint64_t seen_on;

static long spin_and_see(void *argument)
{
    unsigned cpu;

    (void)argument;
    while (!over) {
        call(__NR_getcpu, &cpu, NULL, NULL);
        seen_on = 1UL << cpu;
    }
    return 0;
}

/* What it saw last was perhaps not stored yet when it was sent elsewhere. */
static bool see_twice(void)
{
    for (int i = 0; i < 2; i++) {
        seen_on = 0;
        for (int64_t begin = nanoseconds_now(); seen_on == 0;)
            if (nanoseconds_now() - begin > 20000000000)
                return false;
            else
                milliseconds_sleep(1);
    }
    return true;
}

/* Another thread is sent from one to the other while it runs. */
static bool send_around(int tid)
{
    for (int i = 0; i < 20; i++) {
        uint64_t mask = i % 2 ? first_cpu : last_cpu;
        if (affinity_set(tid, mask) != 0 || !see_twice() || seen_on != mask)
            return false;
    }
    return true;
}

static void test_affinity(void)
{
    char value[64], expected[64];
    struct thread thread;
    pthread_t wanderer;
    bool good = false;

    pthread_create(&wanderer, NULL, wander, &good);
    pthread_join(wanderer, NULL);
    check("a thread is where it may be", good);
    check("others are where they were", affinity_of(0) == all_cpus);
    over = 0;
    thread_begin(&thread, spin_and_see, NULL);
    check("a thread that runs is sent elsewhere", send_around(thread.own_tid));
    over = 1;
    thread_join(&thread);
    over = 0;
    thread_begin(&thread, sleeper, NULL);
    check_result("no processor", affinity_set(thread.own_tid, 0), -EINVAL);
    check_result("one that there is not", affinity_set(thread.own_tid, 1UL << 63), -EINVAL);
    check_result("of one that sleeps", affinity_set(thread.own_tid, last_cpu), 0);
    thread_status(thread.own_tid, "Cpus_allowed:", value, sizeof(value));
    char *tail = strrchr(value, ',');
    check("Cpus_allowed", strtoul(tail ? tail + 1 : value, NULL, 16) == last_cpu);
    thread_status(thread.own_tid, "Cpus_allowed_list:", value, sizeof(value));
    snprintf(expected, sizeof(expected), "%d", __builtin_ctzl(last_cpu));
    check("Cpus_allowed_list", strcmp(value, expected) == 0);
    over = 1;
    thread_join(&thread);
    check_result("of one that has ended", affinity_set(thread.own_tid, last_cpu), -ESRCH);
}

/* A new thread has what its maker has. */
static long inherits(void *argument)
{
    (void)argument;
    return affinity_of(0) == last_cpu && runs_on(last_cpu) &&
           call(__NR_getpriority, PRIO_PROCESS, 0) == 20 - 3 &&
           call(__NR_sched_getscheduler, 0) == SCHED_BATCH;
}

static long maker(void *argument)
{
    struct sched_param none = {0};
    struct thread thread;

    (void)argument;
    affinity_set(0, last_cpu);
    call(__NR_setpriority, PRIO_PROCESS, 0, 3);
    call(__NR_sched_setscheduler, 0, SCHED_BATCH, &none);
    thread_begin(&thread, inherits, NULL);
    return thread_join(&thread);
}

static void test_inheritance(void)
{
    struct thread thread;

    thread_begin(&thread, maker, NULL);
    check_result("a new thread is scheduled as its maker is", thread_join(&thread), 1);
    check("who is not as others are", affinity_of(0) == all_cpus &&
                                          call(__NR_getpriority, PRIO_PROCESS, 0) == 20 &&
                                          call(__NR_sched_getscheduler, 0) == SCHED_OTHER);
}

/* ---- Each its own -----------------------------------------------------------------------------*/

static void test_own(void)
{
    struct sched_param four = {4}, got = {0};
    struct thread a, b;

    over = 0;
    thread_begin(&a, sleeper, NULL);
    thread_begin(&b, sleeper, NULL);
    check_result("niceness of another", call(__NR_setpriority, PRIO_PROCESS, a.own_tid, 7), 0);
    check_result("it has it", call(__NR_getpriority, PRIO_PROCESS, a.own_tid), 20 - 7);
    check_result("nobody else has", call(__NR_getpriority, PRIO_PROCESS, b.own_tid), 20);
    long result = call(__NR_sched_setscheduler, b.own_tid, SCHED_RR, &four);
    check_result("a policy for another", result, 0);
    check_result("it has it", call(__NR_sched_getscheduler, b.own_tid), SCHED_RR);
    call(__NR_sched_getparam, b.own_tid, &got);
    check_result("with its priority", got.sched_priority, 4);
    check_result("nobody else has", call(__NR_sched_getscheduler, a.own_tid), SCHED_OTHER);
    check("nor the first", call(__NR_sched_getscheduler, 0) == SCHED_OTHER);
    over = 1;
    thread_join(&a);
    thread_join(&b);
}

/* What resets on fork is not handed on, nor is the wish itself. */
static long has_been_reset(void *niceness)
{
    return call(__NR_sched_getscheduler, 0) == SCHED_OTHER &&
           call(__NR_getpriority, PRIO_PROCESS, 0) == 20 - (long)niceness;
}

static long make_reset(void *argument)
{
    struct sched_param five = {5}, none = {0};
    struct thread thread;
    long good = 0;

    (void)argument;
    call(__NR_setpriority, PRIO_PROCESS, 0, 4);
    call(__NR_sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &five);
    thread_begin(&thread, has_been_reset, (void *)0);
    good += thread_join(&thread);
    call(__NR_sched_setscheduler, 0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
    thread_begin(&thread, has_been_reset, (void *)4);
    good += thread_join(&thread);
    call(__NR_setpriority, PRIO_PROCESS, 0, -4);
    thread_begin(&thread, has_been_reset, (void *)0);
    good += thread_join(&thread);
    good += call(__NR_sched_getscheduler, 0) == SCHED_RESET_ON_FORK;
    call(__NR_sched_setparam, 0, &none);
    good += call(__NR_sched_getscheduler, 0) == SCHED_RESET_ON_FORK;
    return good;
}

static void test_reset_on_fork(void)
{
    struct thread thread;

    thread_begin(&thread, make_reset, NULL);
    check_result("SCHED_RESET_ON_FORK", thread_join(&thread), 5);
}

/* A group's niceness is that of its least nice thread, and its priority of input and output the best. */
static void test_groups(void)
{
    struct thread a, b;

    over = 0;
    thread_begin(&a, sleeper, NULL);
    thread_begin(&b, sleeper, NULL);
    call(__NR_setpriority, PRIO_PROCESS, a.own_tid, 7);
    call(__NR_setpriority, PRIO_PROCESS, b.own_tid, -3);
    check_result("niceness of the group", call(__NR_getpriority, PRIO_PGRP, 0), 20 + 3);
    check_result("input and output of another",
                 call(__NR_ioprio_set, IO_PROCESS, a.own_tid, IO_PRIORITY(2, 1)), 0);
    check_result("it has it", call(__NR_ioprio_get, IO_PROCESS, a.own_tid), IO_PRIORITY(2, 1));
    check_result("nobody else has", call(__NR_ioprio_get, IO_PROCESS, b.own_tid), 0);
    check_result("nor the first", call(__NR_ioprio_get, IO_PROCESS, 0), 0);
    check_result("the group's is the best", call(__NR_ioprio_get, IO_GROUP, 0), IO_PRIORITY(2, 1));
    over = 1;
    thread_join(&a);
    thread_join(&b);
}

/* Who changes one thing of a thread does not undo what another changes at the same time. */
#define CHANGES 20000

static int changed_tid;

static long change_affinity(void *argument)
{
    (void)argument;
    while (!over)
        affinity_set(changed_tid, all_cpus);
    return 0;
}

static void test_changes(void)
{
    struct thread changed, other;
    unsigned lost = 0;

    over = 0;
    thread_begin(&changed, sleeper, NULL);
    changed_tid = changed.own_tid;
    thread_begin(&other, change_affinity, NULL);
    for (int i = 0; i < CHANGES; i++) {
        call(__NR_setpriority, PRIO_PROCESS, changed_tid, i % 20);
        call(__NR_sched_yield);
        lost += call(__NR_getpriority, PRIO_PROCESS, changed_tid) != 20 - i % 20;
    }
    check_result("no change of another kind is lost", lost, 0);
    over = 1;
    thread_join(&other);
    thread_join(&changed);
}

/* ---- Who runs ---------------------------------------------------------------------------------*/

static volatile uint64_t counts[4];

struct runner {
    int index, policy, priority, niceness;
};

static volatile int go;

static void *run(void *argument)
{
    const struct runner *runner = argument;
    struct sched_param param = {runner->priority};

    affinity_set(0, first_cpu);
    call(__NR_sched_setscheduler, 0, runner->policy, &param);
    call(__NR_setpriority, PRIO_PROCESS, 0, runner->niceness);
    while (!go)
        milliseconds_sleep(1);
    while (!over)
        counts[runner->index]++;
    return NULL;
}

#define ENOUGH_MS   300
#define INTERVAL_MS 100
#define PATIENCE    300 /* intervals, on a machine that gives us little time */

/* They count on one processor, each with many turns, until they have counted as they should. Whoever measures
 * runs before them. */
static bool compete(struct runner *runners, int count, bool (*as_it_should)(void))
{
    pthread_t threads[4];
    struct sched_param high = {90}, none = {0};
    bool good = false;

    over = go = 0;
    memset((void *)counts, 0, sizeof(counts));
    call(__NR_sched_setscheduler, 0, SCHED_FIFO, &high);
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, run, &runners[i]);
    milliseconds_sleep(20);
    go = 1;
    milliseconds_sleep(ENOUGH_MS);
    for (int i = 0; i < PATIENCE && !good; i++) {
        milliseconds_sleep(INTERVAL_MS);
        good = as_it_should();
    }
    over = 1;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    call(__NR_sched_setscheduler, 0, SCHED_OTHER, &none);
    return good;
}

static bool three_share(void)
{
    uint64_t sixth = (counts[0] + counts[1] + counts[2]) / 6;

    return counts[0] > sixth && counts[1] > sixth && counts[2] > sixth;
}

static bool two_share(void)
{
    return counts[0] < 4 * counts[1] && counts[1] < 4 * counts[0];
}

static bool first_has_more(void)
{
    return counts[0] > 3 * counts[1] && counts[1] > 0;
}

static bool first_has_nearly_all(void)
{
    return counts[0] > 10 * counts[1];
}

static void test_fairness(void)
{
    struct runner same[] = {{0, SCHED_OTHER, 0, 0}, {1, SCHED_OTHER, 0, 0}, {2, SCHED_OTHER, 0, 0}};
    struct runner nice[] = {{0, SCHED_OTHER, 0, 0}, {1, SCHED_OTHER, 0, 10}};
    struct runner idle[] = {{0, SCHED_OTHER, 0, 0}, {1, SCHED_IDLE, 0, 0}};

    check("three threads on one processor share it", compete(same, 3, three_share));
    check("who is nice gets less", compete(nice, 2, first_has_more));
    check("SCHED_IDLE gets what is left", compete(idle, 2, first_has_nearly_all));
}

static void test_real_time(void)
{
    struct runner two[] = {{1, SCHED_FIFO, 5, 0}, {0, SCHED_FIFO, 6, 0}};
    struct runner turns[] = {{0, SCHED_RR, 5, 0}, {1, SCHED_RR, 5, 0}};
    struct runner other[] = {{1, SCHED_OTHER, 0, -20}, {0, SCHED_RR, 1, 0}};

    check("the higher priority runs alone", compete(two, 2, first_has_nearly_all));
    check("SCHED_RR takes turns", compete(turns, 2, two_share));
    check("real time comes before niceness", compete(other, 2, first_has_nearly_all));
}

static long say_one(void *argument)
{
    (void)argument;
    return 1;
}

/* One that spins does not keep others from running, on the only processor that they have. */
static void test_preemption(void)
{
    struct thread spinner, brief;

    affinity_set(0, first_cpu);
    over = 0;
    thread_begin(&spinner, spin_and_see, NULL);
    int64_t begin = nanoseconds_now();
    for (int i = 0; i < 50; i++)
        milliseconds_sleep(1);
    for (int i = 0; i < 20; i++) {
        thread_begin(&brief, say_one, NULL);
        thread_join(&brief);
    }
    check("a thread that spins leaves others their time", nanoseconds_now() - begin < 20000000000);
    over = 1;
    thread_join(&spinner);
    thread_wait_count(1);
    affinity_set(0, all_cpus);
}

/* ---- Processor time ---------------------------------------------------------------------------*/

static volatile int64_t own_ns, used_ns;

static void burn(int64_t ns)
{
    for (int64_t begin = clock_now(CLOCK_THREAD_CPUTIME_ID);
         clock_now(CLOCK_THREAD_CPUTIME_ID) - begin < ns;)
        ;
}

static void *burner(void *argument)
{
    struct rusage usage;

    (void)argument;
    burn(60000000);
    own_ns = clock_now(CLOCK_THREAD_CPUTIME_ID);
    call(__NR_getrusage, RUSAGE_THREAD, &usage);
    used_ns = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000L +
              (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000L;
    while (!over)
        milliseconds_sleep(1);
    return NULL;
}

static void test_clocks(void)
{
    int64_t process = clock_now(CLOCK_PROCESS_CPUTIME_ID);
    struct timespec ended;
    pthread_t thread;
    clockid_t clock;

    over = 0;
    own_ns = 0;
    pthread_create(&thread, NULL, burner, NULL);
    check_result("pthread_getcpuclockid", pthread_getcpuclockid(thread, &clock), 0);
    while (used_ns == 0)
        milliseconds_sleep(1);
    int64_t other = clock_now(clock);
    check("a thread's clock counts what it ran", own_ns >= 60000000 && own_ns < 600000000);
    check("others read it, too", other >= own_ns && other < own_ns + 500000000);
    check("RUSAGE_THREAD says the same", used_ns > own_ns / 2 && used_ns < own_ns * 2);
    check("ours is our own",
          clock_now(CLOCK_THREAD_CPUTIME_ID) < clock_now(CLOCK_PROCESS_CPUTIME_ID));
    over = 1;
    pthread_join(thread, NULL);
    thread_wait_count(1);
    process = clock_now(CLOCK_PROCESS_CPUTIME_ID) - process;
    check("the process's has what threads ran that have ended", process >= own_ns);
    check_result("the clock of one that has ended", call(__NR_clock_gettime, clock, &ended),
                 -EINVAL);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    all_cpus = affinity_of(0);
    first_cpu = all_cpus & -all_cpus;
    last_cpu = 1UL << (63 - __builtin_clzl(all_cpus));
    test_affinity();
    test_inheritance();
    test_own();
    test_reset_on_fork();
    test_groups();
    test_changes();
    test_fairness();
    test_real_time();
    test_preemption();
    test_clocks();
    return check_finish();
}
