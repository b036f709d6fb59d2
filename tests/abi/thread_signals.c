/* SPDX-License-Identifier: MIT */
/* Signals between the threads of a process: to one of them, to whichever does not block it, to those that
 * wait for it, and from timers. */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 0x3fffffff
#define BIT(n) (1UL << ((n)-1))
#define RT(n)  (34 + (n)) /* beyond those of the C library */

static int pid;
static volatile int handled_by[65], handled_code[65], handled_value[65], handled;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    handled_code[number] = info->si_code;
    handled_value[number] = info->si_value.sival_int;
    handled_by[number] = (int)call(__NR_gettid);
    __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void handle(int number, int flags)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags};

    sigaction(number, &action, NULL);
    handled_by[number] = handled_code[number] = handled_value[number] = 0;
}

static void block(int how, uint64_t set)
{
    call(__NR_rt_sigprocmask, how, &set, NULL, 8);
}

static uint64_t mask_now(void)
{
    uint64_t set = 0;

    call(__NR_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
    return set;
}

static void wait_for(volatile int *word)
{
    while (*word == 0)
        call(__NR_sched_yield);
}

/* ---- Threads that wait ------------------------------------------------------------------------*/

static volatile int over;
static volatile uint64_t mask_seen;

/* Sleeps with the mask that it is given, until it is over. */
static long sleeper(void *mask)
{
    block(SIG_SETMASK, (uint64_t)mask);
    while (!over)
        milliseconds_sleep(5);
    return 0;
}

static long mask_teller(void *argument)
{
    (void)argument;
    mask_seen = mask_now();
    return 0;
}

static void test_inheritance(void)
{
    struct thread thread;

    block(SIG_SETMASK, BIT(SIGUSR2) | BIT(RT(3)));
    thread_begin(&thread, mask_teller, NULL);
    thread_join(&thread);
    check("a thread begins with the mask of its maker", mask_seen == (BIT(SIGUSR2) | BIT(RT(3))));
    block(SIG_SETMASK, BIT(SIGUSR1));
    thread_begin(&thread, sleeper, 0);
    over = 1;
    thread_join(&thread);
    check("a thread's own mask is its own", mask_now() == BIT(SIGUSR1));
    block(SIG_SETMASK, 0);
}

static void test_errors(void)
{
    struct thread thread;
    siginfo_t info = {.si_code = SI_QUEUE};
    siginfo_t made_up = {.si_code = SI_USER};
    struct call_case cases[] = {
        {"tgkill of no number", __NR_tgkill, {pid, 0, SIGUSR1}, -EINVAL},
        {"tgkill of no process", __NR_tgkill, {0, pid, SIGUSR1}, -EINVAL},
        {"tgkill of nobody", __NR_tgkill, {pid, NOBODY, SIGUSR1}, -ESRCH},
        {"tgkill of another's", __NR_tgkill, {NOBODY, pid, SIGUSR1}, -ESRCH},
        {"tgkill of no signal", __NR_tgkill, {pid, pid, 65}, -EINVAL},
        {"tgkill that only asks", __NR_tgkill, {pid, pid, 0}, 0},
        {"tgkill of no signal to nobody", __NR_tgkill, {pid, NOBODY, 65}, -ESRCH},
        {"tkill of no signal to nobody", __NR_tkill, {NOBODY, 65}, -ESRCH},
        {"kill of nobody", __NR_kill, {NOBODY, 65}, -ESRCH},
        {"kill of no signal", __NR_kill, {pid, 65}, -EINVAL},
        {"tkill of no number", __NR_tkill, {0, SIGUSR1}, -EINVAL},
        {"tkill of a negative one", __NR_tkill, {-1, SIGUSR1}, -EINVAL},
        {"tkill of nobody", __NR_tkill, {NOBODY, SIGUSR1}, -ESRCH},
        {"tkill that only asks", __NR_tkill, {pid, 0}, 0},
        {"rt_tgsigqueueinfo of no number",
         __NR_rt_tgsigqueueinfo,
         {pid, 0, SIGUSR1, (long)&info},
         -EINVAL},
        {"rt_tgsigqueueinfo of nobody",
         __NR_rt_tgsigqueueinfo,
         {pid, NOBODY, SIGUSR1, (long)&info},
         -ESRCH},
        {"rt_tgsigqueueinfo from nowhere", __NR_rt_tgsigqueueinfo, {pid, pid, SIGUSR1, 0}, -EFAULT},
    };

    CHECK_CALLS(cases);
    over = 0;
    thread_begin(&thread, sleeper, 0);
    check_result("what the kernel alone may tell, to another",
                 call(__NR_rt_tgsigqueueinfo, pid, thread.own_tid, SIGUSR1, &made_up), -EPERM);
    check_result("and to the process, from another",
                 call(__NR_rt_sigqueueinfo, thread.own_tid, SIGUSR1, &made_up), -EPERM);
    check_result("a thread's number stands for its process", call(__NR_kill, thread.own_tid, 0), 0);
    check_result("to rt_sigqueueinfo, too", call(__NR_rt_sigqueueinfo, thread.own_tid, 0, &info),
                 0);
    over = 1;
    thread_join(&thread);
    thread_wait_count(1);
    check_result("kill of one that has ended", call(__NR_kill, thread.own_tid, 0), -ESRCH);
    check_result("tgkill of one that has ended", call(__NR_tgkill, pid, thread.own_tid, 0), -ESRCH);
    check_result("tkill of one that has ended", call(__NR_tkill, thread.own_tid, SIGUSR1), -ESRCH);
}

/* ---- To one -----------------------------------------------------------------------------------*/

static void test_to_one(void)
{
    struct thread threads[3];
    siginfo_t info = {.si_code = SI_QUEUE};

    info.si_pid = pid;
    info.si_value.sival_int = 77;
    handle(SIGUSR1, 0);
    handle(SIGUSR2, 0);
    handle(RT(0), 0);
    over = 0;
    for (int i = 0; i < 3; i++)
        thread_begin(&threads[i], sleeper, 0);
    call(__NR_tgkill, pid, threads[1].own_tid, SIGUSR1);
    wait_for(&handled_by[SIGUSR1]);
    check_result("tgkill reaches its thread", handled_by[SIGUSR1] - threads[1].own_tid, 0);
    check_result("si_code", handled_code[SIGUSR1], SI_TKILL);
    call(__NR_tkill, threads[2].own_tid, SIGUSR2);
    wait_for(&handled_by[SIGUSR2]);
    check_result("tkill reaches its thread", handled_by[SIGUSR2] - threads[2].own_tid, 0);
    call(__NR_rt_tgsigqueueinfo, pid, threads[0].own_tid, RT(0), &info);
    wait_for(&handled_by[RT(0)]);
    check_result("rt_tgsigqueueinfo reaches its thread", handled_by[RT(0)] - threads[0].own_tid, 0);
    check_result("its code", handled_code[RT(0)], SI_QUEUE);
    check_result("its value", handled_value[RT(0)], 77);
    over = 1;
    for (int i = 0; i < 3; i++)
        thread_join(&threads[i]);
}

static volatile int ready;

/* Blocks it, waits, then lets it in. */
static long late(void *argument)
{
    (void)argument;
    block(SIG_BLOCK, BIT(SIGUSR1));
    ready = 1;
    while (!over)
        call(__NR_sched_yield);
    uint64_t pending = 0;
    call(__NR_rt_sigpending, &pending, 8);
    mask_seen = pending;
    block(SIG_UNBLOCK, BIT(SIGUSR1));
    return handled_by[SIGUSR1] == (int)call(__NR_gettid);
}

static void test_blocked(void)
{
    struct thread thread;
    uint64_t pending = 0;

    handle(SIGUSR1, 0);
    over = ready = 0;
    thread_begin(&thread, late, NULL);
    wait_for(&ready);
    call(__NR_tgkill, pid, thread.own_tid, SIGUSR1);
    milliseconds_sleep(10);
    call(__NR_rt_sigpending, &pending, 8);
    check("what waits for another is not pending here", pending == 0);
    check_result("nobody else takes it", handled_by[SIGUSR1], 0);
    over = 1;
    check_result("it is handled as soon as it is let in", thread_join(&thread), 1);
    check("it was pending there", mask_seen == BIT(SIGUSR1));
}

/* ---- To the process ---------------------------------------------------------------------------*/

static void test_to_process(void)
{
    struct thread open, closed[3];

    handle(SIGUSR1, 0);
    block(SIG_BLOCK, BIT(SIGUSR1));
    over = 0;
    for (int i = 0; i < 3; i++)
        thread_begin(&closed[i], sleeper, (void *)BIT(SIGUSR1));
    thread_begin(&open, sleeper, 0);
    for (int i = 0; i < 3; i++)
        thread_wait_asleep(closed[i].own_tid);
    thread_wait_asleep(open.own_tid);
    call(__NR_kill, pid, SIGUSR1);
    wait_for(&handled_by[SIGUSR1]);
    check_result("a thread that does not block it", handled_by[SIGUSR1] - open.own_tid, 0);
    handled_by[SIGUSR1] = 0;
    over = 1;
    thread_join(&open);
    for (int i = 0; i < 3; i++)
        thread_join(&closed[i]);
    call(__NR_kill, pid, SIGUSR1);
    uint64_t pending = 0;
    call(__NR_rt_sigpending, &pending, 8);
    check("it waits when all block it", pending == BIT(SIGUSR1) && handled_by[SIGUSR1] == 0);
    thread_begin(&open, sleeper, 0);
    wait_for(&handled_by[SIGUSR1]);
    check_result("until one comes that does not", handled_by[SIGUSR1] - open.own_tid, 0);
    thread_join(&open);
    block(SIG_UNBLOCK, BIT(SIGUSR1));
    call(__NR_rt_sigpending, &pending, 8);
    check("then it is gone", pending == 0);
}

/* The first thread is preferred. */
static void test_first_preferred(void)
{
    struct thread thread;

    handle(SIGUSR2, 0);
    over = 0;
    thread_begin(&thread, sleeper, 0);
    thread_wait_asleep(thread.own_tid);
    for (int i = 0; i < 20; i++) {
        handled_by[SIGUSR2] = 0;
        call(__NR_kill, pid, SIGUSR2);
        wait_for(&handled_by[SIGUSR2]);
        if (handled_by[SIGUSR2] != pid)
            break;
    }
    check_result("the first thread is asked first", handled_by[SIGUSR2] - pid, 0);
    over = 1;
    thread_join(&thread);
}

/* ---- Those who wait ---------------------------------------------------------------------------*/

static volatile int taken[8], value_sum;

static long taker(void *index)
{
    uint64_t set = BIT(RT(1)) | BIT(RT(2));
    siginfo_t info;

    for (;;) {
        long number = call(__NR_rt_sigtimedwait, &set, &info, NULL, 8);
        if (number == RT(2))
            return 0;
        if (number == RT(1)) {
            taken[(long)index]++;
            __atomic_add_fetch(&value_sum, info.si_value.sival_int, __ATOMIC_SEQ_CST);
        }
    }
}

static void test_takers(void)
{
    struct thread threads[4];
    int sum = 0, count = 0;

    block(SIG_BLOCK, BIT(RT(1)) | BIT(RT(2)));
    for (long i = 0; i < 4; i++)
        thread_begin(&threads[i], taker, (void *)i);
    for (int i = 1; i <= 100; i++)
        sum += i, sigqueue(pid, RT(1), (union sigval){.sival_int = i});
    while (value_sum < sum)
        call(__NR_sched_yield);
    for (int i = 0; i < 4; i++)
        count += taken[i];
    check_result("four threads take a hundred signals, each once", count, 100);
    check_result("with what came along", value_sum, sum);
    for (int i = 0; i < 4; i++)
        call(__NR_tgkill, pid, threads[i].own_tid, RT(2));
    for (int i = 0; i < 4; i++)
        thread_join(&threads[i]);
    block(SIG_UNBLOCK, BIT(RT(1)) | BIT(RT(2)));
}

static int signal_fd;

/* Reads what is sent to it or to the process, not what is sent to others. */
static long reader(void *argument)
{
    struct signalfd_siginfo info;

    (void)argument;
    long size = call(__NR_read, signal_fd, &info, sizeof(info));
    return size == sizeof(info) ? (long)info.ssi_signo : size;
}

static long poller(void *argument)
{
    struct pollfd wanted = {signal_fd, POLLIN, 0};

    (void)argument;
    return call(__NR_poll, &wanted, 1, 20);
}

static void test_signalfd(void)
{
    struct thread thread;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    block(SIG_BLOCK, BIT(SIGUSR1));
    signal_fd = signalfd(-1, &set, 0);
    thread_begin(&thread, reader, NULL);
    thread_wait_asleep(thread.own_tid);
    call(__NR_kill, pid, SIGUSR1);
    check_result("a signal to the process through signalfd", thread_join(&thread), SIGUSR1);
    thread_begin(&thread, reader, NULL);
    thread_wait_asleep(thread.own_tid);
    call(__NR_tgkill, pid, thread.own_tid, SIGUSR1);
    check_result("a signal to the thread that reads", thread_join(&thread), SIGUSR1);
    call(__NR_tgkill, pid, pid, SIGUSR1);
    thread_begin(&thread, poller, NULL);
    check_result("not one to another thread", thread_join(&thread), 0);
    check_result("which that one reads itself", reader(NULL), SIGUSR1);
    close(signal_fd);
    block(SIG_UNBLOCK, BIT(SIGUSR1));
}

/* ---- Timers -----------------------------------------------------------------------------------*/

#define SIGEV_TO_THREAD 4

static void test_timer_of_thread(void)
{
    struct thread threads[2];
    struct sigevent event = {.sigev_notify = SIGEV_TO_THREAD, .sigev_signo = RT(4)};
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    timer_t timer;

    handle(RT(4), 0);
    over = 0;
    for (int i = 0; i < 2; i++)
        thread_begin(&threads[i], sleeper, 0);
    event.sigev_value.sival_int = 5;
    event._sigev_un._tid = NOBODY;
    check_result("a timer for nobody", call(__NR_timer_create, CLOCK_MONOTONIC, &event, &timer),
                 -EINVAL);
    event._sigev_un._tid = threads[1].own_tid;
    check_result("a timer for a thread", call(__NR_timer_create, CLOCK_MONOTONIC, &event, &timer),
                 0);
    timer = (timer_t)(long)(int)(long)timer;
    call(__NR_timer_settime, timer, 0, &soon, NULL);
    wait_for(&handled_by[RT(4)]);
    check_result("reaches it", handled_by[RT(4)] - threads[1].own_tid, 0);
    check_result("with its code", handled_code[RT(4)], SI_TIMER);
    check_result("and value", handled_value[RT(4)], 5);
    over = 1;
    for (int i = 0; i < 2; i++)
        thread_join(&threads[i]);
    thread_wait_count(1);
    check_result("when the thread has ended", call(__NR_timer_settime, timer, 0, &soon, NULL), 0);
    milliseconds_sleep(5);
    check_result("it is nobody's", call(__NR_timer_delete, timer), 0);
}

static volatile int called;

static void on_timer(union sigval value)
{
    __atomic_store_n(&called, value.sival_int + (gettid() != pid), __ATOMIC_SEQ_CST);
}

static void test_timer_that_calls(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer};
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    timer_t timer;

    event.sigev_value.sival_int = 40;
    check_result("SIGEV_THREAD", timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    timer_settime(timer, 0, &soon, NULL);
    wait_for(&called);
    check_result("calls its function in a thread", called, 41);
    timer_delete(timer);
}

/* ---- Real-time signals and their limit ---------------------------------------------------------*/

static void test_order(void)
{
    uint64_t set = BIT(RT(1)) | BIT(RT(2)) | BIT(SIGUSR1);
    siginfo_t info;
    int got[6];

    block(SIG_BLOCK, set);
    sigqueue(pid, RT(2), (union sigval){.sival_int = 1});
    sigqueue(pid, RT(1), (union sigval){.sival_int = 2});
    sigqueue(pid, RT(2), (union sigval){.sival_int = 3});
    sigqueue(pid, RT(1), (union sigval){.sival_int = 4});
    call(__NR_tgkill, pid, pid, RT(2));
    call(__NR_kill, pid, SIGUSR1);
    for (int i = 0; i < 6; i++) {
        call(__NR_rt_sigtimedwait, &set, &info, NULL, 8);
        got[i] = info.si_signo == SIGUSR1   ? 100
                 : info.si_code == SI_TKILL ? 50
                                            : info.si_value.sival_int;
    }
    check("a thread's own come first, then the lowest, then the oldest",
          got[0] == 50 && got[1] == 100 && got[2] == 2 && got[3] == 4 && got[4] == 1 &&
              got[5] == 3);
    block(SIG_UNBLOCK, set);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    pid = (int)call(__NR_getpid);
    test_inheritance();
    test_errors();
    test_to_one();
    test_blocked();
    test_to_process();
    test_first_preferred();
    test_takers();
    test_signalfd();
    test_timer_of_thread();
    test_order();
    test_timer_that_calls();
    return check_finish();
}
