/* SPDX-License-Identifier: MIT */
/* Bad pointers (hostile/pointers.c) for the calls that make pipes or wait for events. */
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/pointers.h"

/* Descriptors that main() makes: the tables below are constant. */
#define EPOLL_FD 50 /* with an event */
#define EVENT_FD 51 /* ready to be read */

static struct timespec soon;
static uint64_t set[16] = {1ul << EVENT_FD};
static uint64_t watched[] = {EVENT_FD | 1ul << 32};

#define S ((long)set)
#define T ((long)&soon)

static const struct pointer_case calls[] = {
    {"pipe", __NR_pipe, {0}, 0, IS_WRITTEN},
    {"pipe2", __NR_pipe2, {0, O_CLOEXEC}, 0, IS_WRITTEN},
    {"epoll_ctl", __NR_epoll_ctl, {EPOLL_FD, EPOLL_CTL_MOD, EVENT_FD, 0}, 3, 0},
    {"epoll_wait", __NR_epoll_wait, {EPOLL_FD, 0, 1, 0}, 1, IS_WRITTEN},
    {"epoll_pwait", __NR_epoll_pwait, {EPOLL_FD, 0, 1, 0, 0, 8}, 1, IS_WRITTEN},
    {"epoll_pwait mask", __NR_epoll_pwait, {EPOLL_FD, S, 1, 0, 0, 8}, 4, MAY_BE_NULL},
    {"epoll_pwait2", __NR_epoll_pwait2, {EPOLL_FD, 0, 1, T, 0, 8}, 1, IS_WRITTEN},
    {"epoll_pwait2 time", __NR_epoll_pwait2, {EPOLL_FD, S, 1, 0, 0, 8}, 3, MAY_BE_NULL},
    {"epoll_pwait2 mask", __NR_epoll_pwait2, {EPOLL_FD, S, 1, T, 0, 8}, 4, MAY_BE_NULL},
    {"ppoll", __NR_ppoll, {0, 1, T, 0, 8}, 0, IS_WRITTEN},
    {"ppoll time", __NR_ppoll, {(long)watched, 1, 0, 0, 8}, 2, MAY_BE_NULL},
    {"ppoll mask", __NR_ppoll, {(long)watched, 1, T, 0, 8}, 3, MAY_BE_NULL},
    {"select read", __NR_select, {64, 0, 0, 0, T}, 1, MAY_BE_NULL},
    {"select write", __NR_select, {64, 0, 0, 0, T}, 2, MAY_BE_NULL},
    {"select except", __NR_select, {64, 0, 0, 0, T}, 3, MAY_BE_NULL},
    {"select time", __NR_select, {0, 0, 0, 0, 0}, 4, MAY_BE_NULL},
    {"pselect6 read", __NR_pselect6, {64, 0, 0, 0, T, 0}, 1, MAY_BE_NULL},
    {"pselect6 write", __NR_pselect6, {64, 0, 0, 0, T, 0}, 2, MAY_BE_NULL},
    {"pselect6 except", __NR_pselect6, {64, 0, 0, 0, T, 0}, 3, MAY_BE_NULL},
    {"pselect6 time", __NR_pselect6, {0, 0, 0, 0, 0, 0}, 4, MAY_BE_NULL},
    {"pselect6 mask", __NR_pselect6, {0, 0, 0, 0, T, 0}, 5, MAY_BE_NULL},
    {"write to an eventfd", __NR_write, {EVENT_FD, 0, 8}, 1, 0},
};

/* A fault takes nothing away. */
static void test_still_there(void)
{
    uint64_t value = 0;

    check_result("the event is still there", call(__NR_epoll_wait, EPOLL_FD, S, 1, 0), 1);
    check_result("reads", call(__NR_read, EVENT_FD, &value, 8), 8);
}

int main(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    call(__NR_dup2, call(__NR_epoll_create1, 0), EPOLL_FD);
    call(__NR_dup2, call(__NR_eventfd2, 3, 0), EVENT_FD);
    call(__NR_epoll_ctl, EPOLL_FD, EPOLL_CTL_ADD, EVENT_FD, &event);
    pointers_check(calls, ARRAY_LENGTH(calls));
    test_still_there();
    return check_finish();
}
