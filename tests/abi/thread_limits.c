/* SPDX-License-Identifier: MIT */
/*
 * RLIMIT_SIGPENDING: what waits for any thread or for the process, and each timer, counts for the user. At
 * the limit a signal that brings something along is refused, and a plain one is not. Where that is possible
 * the test becomes a user that has no other programs.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BIT(n)  (1UL << ((n)-1))
#define RT(n)   (34 + (n)) /* beyond those of the C library */
#define ALL     (BIT(RT(0)) | BIT(RT(1)) | BIT(SIGUSR1) | BIT(SIGUSR2))
#define AT_ONCE 12
#define NO_USER 54321

static int pid;
static struct rlimit former;

/* How many wait, of all that the user has; /proc/self/status counts them. */
static long queued(void)
{
    char value[64];

    return thread_status(pid, "SigQ:", value, sizeof(value)) ? atol(value) : -1;
}

static long limit_told(void)
{
    char value[64];

    if (!thread_status(pid, "SigQ:", value, sizeof(value)))
        return -1;
    return strtol(value + strcspn(value, "/") + 1, NULL, 10);
}

static void limit_set(long count)
{
    struct rlimit limit = {(rlim_t)count, former.rlim_max};

    setrlimit(RLIMIT_SIGPENDING, &limit);
}

static long queue_to(int tid, int number, int value)
{
    siginfo_t info = {.si_code = SI_QUEUE, .si_value.sival_int = value};

    return call(__NR_rt_tgsigqueueinfo, pid, tid, number, &info);
}

static long queue_to_process(int number, int value)
{
    siginfo_t info = {.si_code = SI_QUEUE, .si_value.sival_int = value};

    return call(__NR_rt_sigqueueinfo, pid, number, &info);
}

/* The next of `set` that waits for the running thread; 0: none. */
static int take(uint64_t set, siginfo_t *info)
{
    const struct timespec now = {0, 0};
    long number = call(__NR_rt_sigtimedwait, &set, info, &now, 8);

    return number > 0 ? (int)number : 0;
}

static volatile int over;

/* Has all blocked, as its maker. */
static long sleeper(void *argument)
{
    (void)argument;
    while (!over)
        milliseconds_sleep(2);
    return 0;
}

static long timer_make(int *timer)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = RT(1)};

    return call(__NR_timer_create, CLOCK_MONOTONIC, &event, timer);
}

/* ---- At the limit -----------------------------------------------------------------------------*/

static void test_full(const struct thread *threads, long before)
{
    siginfo_t info;
    int timer, taken = 0;
    struct call_case cases[] = {
        {"at the limit, to a thread that has none",
         __NR_tkill,
         {threads[1].own_tid, RT(0)},
         -EAGAIN},
        {"tkill of an ordinary signal, which may be told less", __NR_tkill, {pid, SIGUSR1}, 0},
        {"kill of an ordinary one", __NR_kill, {pid, SIGUSR2}, 0},
        {"kill of a real-time one", __NR_kill, {pid, RT(1)}, 0},
    };

    CHECK_CALLS(cases);
    check_result("rt_tgsigqueueinfo", queue_to(threads[1].own_tid, RT(0), 1), -EAGAIN);
    check_result("rt_sigqueueinfo", queue_to_process(RT(0), 1), -EAGAIN);
    check_result("of an ordinary signal it is not refused", queue_to(pid, SIGUSR1, 1), 0);
    check_result("a timer", timer_make(&timer), -EAGAIN);
    check_result("the ordinary one to the thread comes", take(BIT(SIGUSR1), &info), SIGUSR1);
    check("without what was told with it", info.si_code == SI_USER && info.si_pid == 0);
    check_result("that to the process comes", take(BIT(SIGUSR2), &info), SIGUSR2);
    check("with what was told, since it may exceed", info.si_code == SI_USER && info.si_pid == pid);
    check_result("the real-time one, too", take(BIT(RT(1)), &info), RT(1));
    check("but not who sent it", info.si_code == SI_USER && info.si_pid == 0);
    check_result("there were no others", take(BIT(RT(1)) | BIT(SIGUSR1), &info), 0);
    check_result("all that wait are counted", queued() - before, AT_ONCE);
    check_result("one of the process is taken", take(BIT(RT(0)), &info), RT(0));
    check_result("and makes room for a timer", timer_make(&timer), 0);
    check_result("which counts", queued() - before, AT_ONCE);
    check_result("until it is deleted", call(__NR_timer_delete, timer), 0);
    check_result("for another signal", queue_to(threads[1].own_tid, RT(0), 2), 0);
    while (take(BIT(RT(0)), &info) == RT(0))
        taken++;
    check_result("ours and the process's were four each, and one of them taken", taken, 7);
    check_result("the others' are left", queued() - before, AT_ONCE - 7);
}

static void test_count(void)
{
    struct thread threads[2];
    long before = queued();
    int sent = 0;

    over = 0;
    for (int i = 0; i < 2; i++)
        thread_begin(&threads[i], sleeper, NULL);
    limit_set(before + AT_ONCE);
    check_result("SigQ tells the limit", limit_told(), before + AT_ONCE);
    for (int i = 0; i < 4; i++) {
        sent += queue_to(pid, RT(0), i) == 0;
        sent += queue_to_process(RT(0), i) == 0;
        sent += queue_to(threads[0].own_tid, RT(0), i) == 0;
    }
    check_result("to a thread, to another one, to the process", sent, AT_ONCE);
    test_full(threads, before);
    over = 1;
    for (int i = 0; i < 2; i++)
        thread_join(&threads[i]);
    thread_wait_count(1);
    check_result("a thread takes along what waited for it", queued() - before, 0);
    setrlimit(RLIMIT_SIGPENDING, &former);
}

/* ---- All at once ------------------------------------------------------------------------------*/

#define SENDERS 4

static int accepted[SENDERS];

static long send_until_refused(void *index)
{
    long result;

    while ((result = queue_to_process(RT(0), 1)) == 0)
        accepted[(long)index]++;
    return result;
}

static void test_race(void)
{
    struct thread threads[SENDERS];
    long before = queued(), refused = 0, sum = 0, taken = 0;
    siginfo_t info;

    limit_set(before + 1000);
    for (long i = 0; i < SENDERS; i++)
        thread_begin(&threads[i], send_until_refused, (void *)i);
    for (int i = 0; i < SENDERS; i++) {
        refused += thread_join(&threads[i]) == -EAGAIN;
        sum += accepted[i];
    }
    check_result("four threads send until they may not", refused, SENDERS);
    check_result("as many as the limit is, in all", sum, 1000);
    while (take(BIT(RT(0)), &info) == RT(0))
        taken++;
    check_result("and as many come", taken, 1000);
    check_result("then nothing waits", queued() - before, 0);
    setrlimit(RLIMIT_SIGPENDING, &former);
}

/* A timer's signal has its place already: it comes however many others wait. */
static void test_timer_at_limit(void)
{
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    long before = queued();
    uint64_t set = BIT(RT(1));
    int timer, waiting = 0;
    siginfo_t info;

    timer_make(&timer);
    limit_set(before + 3);
    while (queue_to_process(RT(0), 1) == 0)
        waiting++;
    check_result("two fit beside a timer", waiting, 2);
    call(__NR_timer_settime, timer, 0, &soon, NULL);
    check_result("whose signal comes at the limit",
                 call(__NR_rt_sigtimedwait, &set, &info, NULL, 8), RT(1));
    check("as a timer's", info.si_code == SI_TIMER);
    call(__NR_timer_delete, timer);
    while (take(BIT(RT(0)), &info) == RT(0))
        ;
    check_result("nothing is left", queued() - before, 0);
    setrlimit(RLIMIT_SIGPENDING, &former);
}

int main(int argc, char **argv)
{
    uint64_t set = ALL;

    (void)argc;
    (void)argv;
    pid = (int)call(__NR_getpid);
    getrlimit(RLIMIT_SIGPENDING, &former);
    long user = call(__NR_getuid);
    call(__NR_setresuid, NO_USER, NO_USER, user);
    call(__NR_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
    test_count();
    test_race();
    test_timer_at_limit();
    call(__NR_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8);
    call(__NR_setresuid, user, user, user);
    return check_finish();
}
