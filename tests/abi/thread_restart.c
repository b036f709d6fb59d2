/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a call in which one thread waits when another sends it a signal (man 7 signal): every call
 * that can wait for ever here, with a handler and with one that wants restarting; and the time that is left.
 *
 * The signal is sent when the thread sleeps. With restarting it sleeps again, three times, before what it waits
 * for comes.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"
#include "tests/abi/waiting/calls.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/select.h>
#include <time.h>

#define TIMES 3

static const struct waiting *current;
static volatile int handled;

static void on_signal(int number)
{
    (void)number;
    __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void handle(int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    sigaction(SIGUSR2, &action, NULL);
    handled = 0;
}

/* Send it and wait until it was handled. */
static void interrupt(int tid)
{
    int before = handled;

    if (call(__NR_tgkill, call(__NR_getpid), tid, SIGUSR2) == 0)
        while (handled == before)
            milliseconds_sleep(1);
}

static long make(void *unused)
{
    (void)unused;
    return current->make();
}

static void check_case(const char *name, const char *how, long result, long expected)
{
    char line[100];

    snprintf(line, sizeof(line), "%s, %s", name, how);
    check_result(line, result, expected);
}

static void check_plain(const struct waiting *w)
{
    struct thread thread;

    waiting_reset();
    handle(0);
    current = w;
    thread_begin(&thread, make, NULL);
    thread_wait_asleep(thread.own_tid);
    interrupt(thread.own_tid);
    check_case(w->name, "a handler", thread_join(&thread), w->plain);
}

/* Those that a handler ends even then do not sleep a second time. */
static void check_again(const struct waiting *w)
{
    struct thread thread;
    bool again = w->plain != w->restarted && w->complete;

    waiting_reset();
    handle(SA_RESTART);
    current = w;
    thread_begin(&thread, make, NULL);
    for (int i = 0; i < (again ? TIMES : 1); i++) {
        thread_wait_asleep(thread.own_tid);
        if (w->restarted == -EAGAIN && i == TIMES - 1)
            w->complete(); /* looks at its word when it begins again */
        interrupt(thread.own_tid);
    }
    if (again && w->restarted != -EAGAIN) {
        thread_wait_asleep(thread.own_tid);
        w->complete();
    }
    check_case(w->name, "SA_RESTART", thread_join(&thread), w->restarted);
}

/* ---- The time that is left --------------------------------------------------------------------*/

static struct timespec left;
static struct timeval left_tv;

static long sleep_relative(void *unused)
{
    struct timespec time = {100, 0};

    (void)unused;
    return call(__NR_nanosleep, &time, &left);
}

static long sleep_clock(void *unused)
{
    struct timespec time = {100, 0};

    (void)unused;
    return call(__NR_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, &left);
}

/* Until a time: nothing is written. */
static long sleep_until(void *unused)
{
    struct timespec time;

    (void)unused;
    call(__NR_clock_gettime, CLOCK_MONOTONIC, &time);
    time.tv_sec += 100;
    left.tv_sec = 99;
    return call(__NR_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &time, &left);
}

static long wait_ppoll(void *unused)
{
    (void)unused;
    left = (struct timespec){100, 0};
    return call(__NR_ppoll, NULL, 0, &left, NULL, 8);
}

static long wait_pselect(void *unused)
{
    (void)unused;
    left = (struct timespec){100, 0};
    return call(__NR_pselect6, 0, NULL, NULL, NULL, &left, NULL);
}

static long wait_select(void *unused)
{
    (void)unused;
    left_tv = (struct timeval){100, 0};
    long result = call(__NR_select, 0, NULL, NULL, NULL, &left_tv);
    left.tv_sec = left_tv.tv_sec;
    return result;
}

static void test_left(void)
{
    static const struct {
        const char *name;
        long (*function)(void *);
    } waits[] = {
        {"nanosleep", sleep_relative},
        {"clock_nanosleep", sleep_clock},
        {"clock_nanosleep until a time", sleep_until},
        {"ppoll", wait_ppoll},
        {"pselect6", wait_pselect},
        {"select", wait_select},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(waits); i++) {
        struct thread thread;

        left.tv_sec = left.tv_nsec = 0;
        handle(0);
        thread_begin(&thread, waits[i].function, NULL);
        thread_wait_asleep(thread.own_tid);
        interrupt(thread.own_tid);
        check_case(waits[i].name, "interrupted", thread_join(&thread), -EINTR);
        check_case(waits[i].name, "the time that is left", left.tv_sec >= 60 && left.tv_sec < 100,
                   1);
    }
}

/* ---- Signals that end nothing -----------------------------------------------------------------*/

static long sleep_briefly(void *unused)
{
    struct timespec time = {0, 300000000};

    (void)unused;
    return call(__NR_nanosleep, &time, NULL);
}

/* One that the process ignores, and one that has no handler and whose default is to be ignored. */
static void test_ignored(void)
{
    struct thread thread;

    signal(SIGUSR2, SIG_IGN);
    thread_begin(&thread, sleep_briefly, NULL);
    thread_wait_asleep(thread.own_tid);
    call(__NR_tgkill, call(__NR_getpid), thread.own_tid, SIGUSR2);
    call(__NR_tgkill, call(__NR_getpid), thread.own_tid, SIGWINCH);
    check_result("a signal that is ignored does not end a sleep", thread_join(&thread), 0);
}

/* All threads stop and go on; a sleep goes on to its end. */
static void test_stop(void)
{
    struct itimerspec stop = {{0, 0}, {0, 20000000}}, go_on = {{0, 20000000}, {0, 60000000}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGSTOP};
    struct thread threads[3];
    timer_t stopping, going;

    timer_create(CLOCK_MONOTONIC, &event, &stopping);
    event.sigev_signo = SIGCONT;
    timer_create(CLOCK_MONOTONIC, &event, &going);
    int64_t begin = nanoseconds_now();
    for (int i = 0; i < 3; i++)
        thread_begin(&threads[i], sleep_briefly, NULL);
    timer_settime(stopping, 0, &stop, NULL);
    timer_settime(going, 0, &go_on, NULL);
    for (int i = 0; i < 3; i++)
        check_result("a sleep goes on behind a stop", thread_join(&threads[i]), 0);
    check("to its end", nanoseconds_now() - begin >= 300000000);
    timer_delete(stopping);
    timer_delete(going);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (!waiting_begin())
        return 1;
    for (size_t i = 0; i < waiting_count; i++) {
        check_plain(&waiting_calls[i]);
        check_again(&waiting_calls[i]);
    }
    waiting_end();
    test_left();
    test_ignored();
    test_stop();
    return check_finish();
}
