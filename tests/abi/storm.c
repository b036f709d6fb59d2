/* SPDX-License-Identifier: MIT */
/*
 * A storm of SIGALRM, one every 10 microseconds, while a call waits that could wait for ever: it ends as one
 * signal would end it, by EINTR or, made again and again, when what it waits for has come.
 */
#include "tests/abi/check.h"
#include "tests/abi/waiting/calls.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#define INTERVAL_US 10
#define ENOUGH      300 /* signals until a call may end well */
#define REPEATS     20  /* of a call that every signal ends */

static volatile int ticks;
static void (*volatile complete)(void);

static void on_tick(int number)
{
    (void)number;
    if (++ticks == ENOUGH && complete)
        complete();
}

static void storm_begin(int flags)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = flags};
    struct itimerval value = {{0, INTERVAL_US}, {0, INTERVAL_US}};

    ticks = 0;
    sigaction(SIGALRM, &action, NULL);
    call(__NR_setitimer, ITIMER_REAL, &value, NULL);
}

static void storm_end(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};

    call(__NR_setitimer, ITIMER_REAL, &never, NULL);
}

static void check_case(const char *name, const char *how, bool good)
{
    char line[100];

    snprintf(line, sizeof(line), "%s, %s", name, how);
    check(line, good);
}

static void check_plain(const struct waiting *w)
{
    bool good = true;

    for (int i = 0; i < REPEATS; i++) {
        waiting_reset();
        storm_begin(0);
        long result = w->make();
        storm_end();
        good &= result == w->plain;
    }
    check_case(w->name, "ended by each", good);
}

/* What no restarting helps ends at once. That is not completed: where the signals leave the program no time,
 * it would be before the call has begun to wait. */
static void check_again(const struct waiting *w)
{
    waiting_reset();
    complete = w->plain == w->restarted ? NULL : w->complete;
    storm_begin(SA_RESTART);
    long result = w->make();
    storm_end();
    complete = NULL;
    check_case(w->name, "made again", result == w->restarted);
    check_case(w->name, "until it was complete",
               w->plain == w->restarted ? ticks >= 1 : ticks >= ENOUGH);
}

/* A sleep until a time comes to its end, however often it is interrupted. */
static void check_time(void)
{
    struct timespec until, now;
    long result;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    storm_begin(SA_RESTART);
    do {
        result = call(__NR_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    } while (result == -EINTR);
    storm_end();
    clock_gettime(CLOCK_MONOTONIC, &now);
    check_result("a sleep until a time", result, 0);
    check("ends behind it", now.tv_sec > until.tv_sec ||
                                (now.tv_sec == until.tv_sec && now.tv_nsec >= until.tv_nsec));
}

int main(void)
{
    if (!waiting_begin())
        return 1;
    for (size_t i = 0; i < waiting_count; i++) {
        check_plain(&waiting_calls[i]);
        check_again(&waiting_calls[i]);
    }
    check_time();
    waiting_end();
    return check_finish();
}
