/* SPDX-License-Identifier: MIT */
/*
 * Times that are none, or are longer than any machine will run, for every call that takes one; and timers up
 * to the limit of their number.
 */
#include "tests/abi/check.h"

#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SET_SIZE 8 /* of the kernel's sigset_t */
#define TIMERS   100000
#define MS       1000000L

static volatile sig_atomic_t caught;
static int descriptor, epoll;
static uint32_t word;

static void on_signal(int number)
{
    (void)number;
    caught++;
}

static void handle(int number)
{
    struct sigaction action = {.sa_handler = on_signal};

    caught = 0;
    sigaction(number, &action, NULL);
}

/* ---- Calls that wait for a struct timespec ----------------------------------------------------*/

static long do_nanosleep(struct timespec *time)
{
    return call(__NR_nanosleep, time, NULL);
}

static long do_clock_nanosleep(struct timespec *time)
{
    return call(__NR_clock_nanosleep, CLOCK_BOOTTIME, 0, time, NULL);
}

static long do_sleep_until(struct timespec *time)
{
    return call(__NR_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, time, NULL);
}

static long do_ppoll(struct timespec *time)
{
    return call(__NR_ppoll, NULL, 0, time, NULL, 0);
}

static long do_pselect(struct timespec *time)
{
    return call(__NR_pselect6, 0, NULL, NULL, NULL, time, NULL);
}

static long do_epoll(struct timespec *time)
{
    struct epoll_event event;
    return call(__NR_epoll_pwait2, epoll, &event, 1, time, NULL, 0);
}

static long do_futex(struct timespec *time)
{
    return call(__NR_futex, &word, FUTEX_WAIT, 0, time);
}

static long do_futex_until(struct timespec *time)
{
    return call(__NR_futex, &word, FUTEX_WAIT_BITSET, 0, time, NULL, FUTEX_BITSET_MATCH_ANY);
}

static long do_signal_wait(struct timespec *time)
{
    uint64_t set = 1UL << (SIGUSR1 - 1);
    return call(__NR_rt_sigtimedwait, &set, NULL, time, SET_SIZE);
}

static const struct {
    const char *name;
    long (*wait)(struct timespec *time);
    long at_once; /* the answer to a time that has come */
} waits[] = {
    {"nanosleep", do_nanosleep, 0},
    {"clock_nanosleep", do_clock_nanosleep, 0},
    {"clock_nanosleep until", do_sleep_until, 0},
    {"ppoll", do_ppoll, 0},
    {"pselect6", do_pselect, 0},
    {"epoll_pwait2", do_epoll, 0},
    {"futex", do_futex, -ETIMEDOUT},
    {"futex until", do_futex_until, -ETIMEDOUT},
    {"rt_sigtimedwait", do_signal_wait, -EAGAIN},
};

static const struct {
    const char *name;
    struct timespec time;
    bool forever; /* else: refused, or over at once */
    bool refused;
} times[] = {
    {"nothing", {0, 0}, false, false},
    {"the longest", {LONG_MAX, 999999999}, true, false},
    {"2^63 ns", {9223372036, 854775808}, true, false},
    {"2^62 s", {1L << 62, 0}, true, false},
    {"-1 s", {-1, 0}, false, true},
    {"the least", {LONG_MIN, 0}, false, true},
    {"-1 ns", {0, -1}, false, true},
    {"1 s of ns", {0, 1000000000}, false, true},
    {"2^63-1 ns", {0, LONG_MAX}, false, true},
};

static void test_waits(void)
{
    struct itimerval soon = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
    char line[100];

    handle(SIGALRM);
    for (size_t i = 0; i < ARRAY_LENGTH(waits); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(times); j++) {
            struct timespec time = times[j].time;
            if (times[j].forever)
                call(__NR_setitimer, ITIMER_REAL, &soon, NULL);
            long result = waits[i].wait(&time);
            call(__NR_setitimer, ITIMER_REAL, &never, NULL);
            snprintf(line, sizeof(line), "%s, %s", waits[i].name, times[j].name);
            check_result(line, result,
                         times[j].forever   ? -EINTR
                         : times[j].refused ? -EINVAL
                                            : waits[i].at_once);
        }
}

/* ---- Calls that arm a timer -------------------------------------------------------------------*/

/* What is left of a very long time is as good as all of it. */
static bool is_long(const struct timespec *time)
{
    return time->tv_sec > 1000000000;
}

static void test_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    char line[100];
    int id;

    handle(SIGUSR2);
    call(__NR_timer_create, CLOCK_MONOTONIC, &event, &id);
    for (size_t j = 0; j < ARRAY_LENGTH(times); j++) {
        struct itimerspec value = {{0, 0}, times[j].time}, interval = {times[j].time, {0, 1}}, now;
        snprintf(line, sizeof(line), "timer_settime, %s", times[j].name);
        check_result(line, call(__NR_timer_settime, id, 0, &value, NULL),
                     times[j].refused ? -EINVAL : 0);
        call(__NR_timer_gettime, id, &now);
        check(line, is_long(&now.it_value) == times[j].forever || times[j].refused);
        caught = 0;
        snprintf(line, sizeof(line), "timer_settime, interval of %s", times[j].name);
        check_result(line, call(__NR_timer_settime, id, 0, &interval, NULL),
                     times[j].refused ? -EINVAL : 0);
        while (!times[j].refused && caught == 0)
            ;
        check(line, caught == !times[j].refused);
    }
    call(__NR_timer_delete, id);
}

static void test_timerfd(void)
{
    char line[100];
    uint64_t ticks;
    long fd = call(__NR_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);

    for (size_t j = 0; j < ARRAY_LENGTH(times); j++) {
        struct itimerspec value = {{0, 0}, times[j].time}, interval = {times[j].time, {0, 1}};
        struct pollfd ready = {(int)fd, POLLIN, 0};
        snprintf(line, sizeof(line), "timerfd_settime, %s", times[j].name);
        check_result(line, call(__NR_timerfd_settime, fd, 0, &value, NULL),
                     times[j].refused ? -EINVAL : 0);
        check_result(line, call(__NR_read, fd, &ticks, 8), -EAGAIN);
        snprintf(line, sizeof(line), "timerfd_settime, interval of %s", times[j].name);
        check_result(line, call(__NR_timerfd_settime, fd, 0, &interval, NULL),
                     times[j].refused ? -EINVAL : 0);
        check_result(line, call(__NR_poll, &ready, 1, times[j].refused ? 0 : 5000),
                     !times[j].refused);
        call(__NR_read, fd, &ticks, 8);
    }
    call(__NR_close, fd);
}

static void test_itimer(void)
{
    static const struct {
        const char *name;
        struct timeval time;
        long expected;
    } rows[] = {
        {"setitimer, the longest", {LONG_MAX, 999999}, 0},
        {"setitimer, 2^62 s", {1L << 62, 0}, 0},
        {"setitimer, -1 s", {-1, 0}, -EINVAL},
        {"setitimer, the least", {LONG_MIN, 0}, -EINVAL},
        {"setitimer, -1 us", {0, -1}, -EINVAL},
        {"setitimer, 1 s of us", {0, 1000000}, -EINVAL},
        {"setitimer, 2^63-1 us", {0, LONG_MAX}, -EINVAL},
    };
    struct itimerval never = {{0, 0}, {0, 0}}, now;

    handle(SIGALRM);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
            struct itimerval value = {rows[i].time, rows[i].time};
            check_result(rows[i].name, call(__NR_setitimer, which, &value, NULL), rows[i].expected);
            call(__NR_getitimer, which, &now);
            if (which == ITIMER_REAL) /* Linux's own answer for the two others is negative */
                check("which is long", rows[i].expected != 0 || now.it_value.tv_sec > 1000000000);
            call(__NR_setitimer, which, &never, NULL);
        }
    call(__NR_alarm, UINT_MAX);
    check("the longest alarm", call(__NR_alarm, 0) >= 0xfffffff0L);
    check("none of them came", caught == 0);
}

/* Old and simple ones. */
static void test_rest(void)
{
    static struct timeval negative = {-1, 0}, below = {0, -1};
    struct call_case cases[] = {
        {"select, -1 s", __NR_select, {0, 0, 0, 0, (long)&negative}, -EINVAL},
        {"select, -1 us", __NR_select, {0, 0, 0, 0, (long)&below}, -EINVAL},
        {"poll for nothing", __NR_poll, {0, 0, 0}, 0},
        {"epoll_wait for nothing", __NR_epoll_wait, {epoll, (long)&cases, 1, 0}, 0},
    };

    CHECK_CALLS(cases);
}

static void interrupt_soon(void)
{
    struct itimerval soon = {{0, 0}, {0, 5000}};

    call(__NR_setitimer, ITIMER_REAL, &soon, NULL);
}

static void test_long_rest(void)
{
    struct timeval longest = {LONG_MAX, 999999};
    struct epoll_event event;

    handle(SIGALRM);
    interrupt_soon();
    check_result("select, the longest", call(__NR_select, 0, 0, 0, 0, &longest), -EINTR);
    interrupt_soon();
    check_result("poll, the longest", call(__NR_poll, 0, 0, INT_MAX), -EINTR);
    interrupt_soon();
    check_result("poll, for ever", call(__NR_poll, 0, 0, INT_MIN), -EINTR);
    interrupt_soon();
    check_result("epoll_wait, the longest", call(__NR_epoll_wait, epoll, &event, 1, INT_MAX),
                 -EINTR);
}

/* ---- Many timers ------------------------------------------------------------------------------*/

/* A hundred thousand, or as many as may be had. Linux counts all of a user's signals and timers, so that a
 * few may be another program's. */
static void test_many(void)
{
    struct rlimit limit;
    struct itimerspec late = {{0, 0}, {1000000, 0}}, soon = {{0, 0}, {0, 1}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    static int ids[TIMERS + 1];
    long result = 0;
    int count = 0;

    handle(SIGRTMIN);
    getrlimit(RLIMIT_SIGPENDING, &limit);
    limit.rlim_cur = TIMERS;
    if (limit.rlim_max < TIMERS) { /* only some may have more */
        struct rlimit more = {TIMERS, TIMERS};
        limit.rlim_cur = setrlimit(RLIMIT_SIGPENDING, &more) == 0 ? TIMERS : limit.rlim_max;
    }
    limit.rlim_max = limit.rlim_cur;
    check_result("a limit", setrlimit(RLIMIT_SIGPENDING, &limit), 0);
    while (count <= TIMERS) {
        result = call(__NR_timer_create, CLOCK_MONOTONIC, &event, &ids[count]);
        if (result != 0)
            break;
        call(__NR_timer_settime, ids[count++], 0, &late, NULL);
    }
    check("many timers", count <= (int)limit.rlim_cur && count > (int)limit.rlim_cur - 1000);
    check_result("and no more", result, -EAGAIN);
    for (int i = 0; i < count; i += 100)
        call(__NR_timer_settime, ids[i], 0, &soon, NULL);
    while (caught < (count + 99) / 100)
        ;
    check("those that were due came", true);
    for (int i = 0; i < count; i++)
        result |= call(__NR_timer_delete, ids[i]);
    check_result("all are gone", result, -EAGAIN);
    check_result("there is room again", call(__NR_timer_create, CLOCK_MONOTONIC, &event, &ids[0]),
                 0);
}

int main(void)
{
    descriptor = eventfd(0, 0);
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    test_waits();
    test_timer();
    test_timerfd();
    test_itimer();
    test_rest();
    test_long_rest();
    test_many();
    return check_finish();
}
