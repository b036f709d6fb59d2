/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a call that waits when a signal comes (man 7 signal): every call that can wait
 * for ever here, with a handler, with a handler that wants restarting, and with a stop that has no handler.
 *
 * With a handler a timer sends SIGALRM again and again. The third one brings what the call waits for, so that
 * a call that is made again ends well; without restarting it has ended by the first. A stop comes and goes
 * before a single SIGALRM ends the call: by EINTR and a handler that ran, or, if the stop had ended it
 * already, by EINTR without.
 */
#include "tests/abi/check.h"
#include "tests/abi/waiting/calls.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#define MS      1000000L
#define TICK_MS 15

static volatile int ticks;
static void (*volatile complete)(void);

static void on_tick(int number)
{
    (void)number;
    if (++ticks == 3 && complete)
        complete();
}

static void handle(int flags)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = flags};
    sigaction(SIGALRM, &action, NULL);
}

static void tick_every(long first_ms, long interval_ms)
{
    struct itimerval value = {{0, interval_ms * 1000}, {0, first_ms * 1000}};
    call(__NR_setitimer, ITIMER_REAL, &value, NULL);
}

static void reset(void)
{
    ticks = 0;
    waiting_reset();
}

static void check_case(const char *name, const char *how, long result, long expected)
{
    char line[100];
    snprintf(line, sizeof(line), "%s, %s", name, how);
    check_result(line, result, expected);
}

static void check_handler(const struct waiting *w)
{
    reset();
    handle(0);
    complete = w->complete;
    tick_every(TICK_MS, TICK_MS);
    long plain = w->make();
    tick_every(0, 0);
    check_case(w->name, "a handler", plain, w->plain);
    reset();
    handle(SA_RESTART);
    tick_every(TICK_MS, TICK_MS);
    long again = w->make();
    tick_every(0, 0);
    check_case(w->name, "SA_RESTART", again, w->restarted);
    complete = NULL;
}

static timer_t timer_of(int number)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    timer_t timer;
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    return timer;
}

/* SIGCONT comes twice, as the first one may come before the stop on a busy machine. */
static void check_stop(const struct waiting *w)
{
    struct itimerspec stop = {{0, 0}, {0, 10 * MS}}, go_on = {{0, 30 * MS}, {0, 30 * MS}};
    static timer_t stopping, going;

    if (!stopping) {
        stopping = timer_of(SIGSTOP);
        going = timer_of(SIGCONT);
    }
    reset();
    handle(0);
    timer_settime(stopping, 0, &stop, NULL);
    timer_settime(going, 0, &go_on, NULL);
    tick_every(100, 0);
    long result = w->make();
    int came = ticks;
    tick_every(0, 0);
    go_on.it_value.tv_nsec = go_on.it_interval.tv_nsec = 0;
    timer_settime(going, 0, &go_on, NULL);
    check_case(w->name, "a stop", result, w->plain);
    check_case(w->name, w->stop_ends ? "a stop ends it" : "a stop does not end it", came,
               !w->stop_ends);
}

/* The second of waiting has not begun anew after the stop. */
static void check_time_left(const char *name, long (*make)(void), long expected)
{
    struct itimerspec stop = {{0, 0}, {0, 600 * MS}}, go_on = {{0, 30 * MS}, {0, 630 * MS}};
    struct timespec before, after;
    timer_t stopping = timer_of(SIGSTOP), going = timer_of(SIGCONT);

    reset();
    timer_settime(stopping, 0, &stop, NULL);
    timer_settime(going, 0, &go_on, NULL);
    clock_gettime(CLOCK_MONOTONIC, &before);
    check_case(name, "to its end", make(), expected);
    clock_gettime(CLOCK_MONOTONIC, &after);
    timer_delete(stopping);
    timer_delete(going);
    long passed = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / MS;
    check_case(name, "a stop is part of the time", passed >= 999 && passed < 1550, 1);
}

int main(void)
{
    if (!waiting_begin())
        return 1;
    for (size_t i = 0; i < waiting_count; i++)
        check_handler(&waiting_calls[i]);
    for (size_t i = 0; i < waiting_count; i++)
        check_stop(&waiting_calls[i]);
    check_time_left("nanosleep", waiting_nanosleep, 0);
    check_time_left("futex with a timeout", waiting_futex_timed, -ETIMEDOUT);
    waiting_end();
    return check_finish();
}
