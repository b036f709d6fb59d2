/* SPDX-License-Identifier: MIT */
/* Operations on time, signals, events and the terminal. */
#include "micro.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define WATCHED 1000

static int epoll, timer, self;
static char line[4096];

static void on_signal(int number)
{
    (void)number;
}

static void signal_self(void)
{
    call(__NR_kill, self, SIGUSR1, 0, 0);
}

static void sleep_shortly(void)
{
    struct timespec moment = {0, 1000};

    call(__NR_nanosleep, (long)&moment, 0, 0, 0);
}

/* Armed for now, and read as soon as it has expired. */
static void expire(void)
{
    struct itimerspec now = {{0, 0}, {0, 1}};
    uint64_t ticks;

    call(__NR_timerfd_settime, timer, 0, (long)&now, 0);
    call(__NR_read, timer, (long)&ticks, sizeof(ticks), 0);
}

static void wait_for_one(void)
{
    struct epoll_event event;

    call(__NR_epoll_wait, epoll, (long)&event, 1, -1);
}

/* A key that is typed, without the serial port's interrupt: the line discipline and its echo. */
static void type_key(void)
{
    call(__NR_ioctl, 0, TIOCSTI, (long)"k", 0);
}

MEASURE(signal, signal_self())
MEASURE(nanosleep, sleep_shortly())
MEASURE(timerfd, expire())
MEASURE(epoll, wait_for_one())
MEASURE(write_4k, call(__NR_write, 1, (long)line, sizeof(line), 0))
MEASURE(keys, type_key())

/* What was typed is forgotten again, as a line has its bounds. */
static struct cost measure_key(long count)
{
    struct cost cost = measure_keys(count);

    call(__NR_ioctl, 0, TCFLSH, 0 /* TCIFLUSH */, 0);
    return cost;
}

const struct operation event_operations[] = {
    {"signal_self", measure_signal, 5000},
    {"nanosleep_1us", measure_nanosleep, 200},
    {"timerfd_read", measure_timerfd, 1000},
    {"epoll_1_of_1000", measure_epoll, 5000},
    {"write_4k", measure_write_4k, 20},
    {"key_echo", measure_key, 200},
    {NULL, NULL, 0},
};

void prepare_events(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct epoll_event event = {.events = EPOLLIN};
    struct rlimit limit = {2 * WATCHED, 2 * WATCHED};

    setrlimit(RLIMIT_NOFILE, &limit);
    self = getpid();
    sigaction(SIGUSR1, &action, NULL);
    memset(line, '.', sizeof(line));
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    must(timer >= 0, "timerfd_create");
    epoll = epoll_create1(0);
    for (int i = 0; i < WATCHED; i++)
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, eventfd(i == WATCHED / 2, 0), &event) == 0,
             "epoll_ctl");
}
