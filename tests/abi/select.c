/* SPDX-License-Identifier: MIT */
/* select and pselect6: the three sets, the time that is left, bad arguments. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static fd_set in, out, except;
static int fds[2];

static void sets_clear(void)
{
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
}

static long select_now(int count)
{
    struct timeval zero = {0, 0};

    return call(__NR_select, count, &in, &out, &except, &zero);
}

static void test_sets(void)
{
    call(__NR_pipe2, fds, O_NONBLOCK);
    sets_clear();
    FD_SET(fds[0], &in);
    FD_SET(fds[1], &out);
    FD_SET(fds[0], &except);
    check_result("the writer of an empty pipe", select_now(fds[1] + 1), 1);
    check("is in its set, and no other",
          !FD_ISSET(fds[0], &in) && FD_ISSET(fds[1], &out) && !FD_ISSET(fds[0], &except));
    call(__NR_write, fds[1], "x", 1);
    sets_clear();
    FD_SET(fds[0], &in);
    FD_SET(fds[1], &out);
    FD_SET(fds[1], &in);
    check_result("both of one with a byte", select_now(fds[1] + 1), 2);
    check("are in their sets", FD_ISSET(fds[0], &in) && FD_ISSET(fds[1], &out));
    check("a writer is never to be read", !FD_ISSET(fds[1], &in));
    sets_clear();
    FD_SET(fds[0], &in);
    FD_SET(fds[1], &out);
    check_result("only those below the count", select_now(fds[1]), 1);
    check("are looked at", FD_ISSET(fds[0], &in) && !FD_ISSET(fds[1], &out));
    call(__NR_close, fds[1]);
    sets_clear();
    FD_SET(fds[0], &in);
    FD_SET(fds[0], &except);
    char byte;
    call(__NR_read, fds[0], &byte, 1);
    check_result("the end can be read", select_now(fds[0] + 1), 1);
    check("and is no exception", FD_ISSET(fds[0], &in) && !FD_ISSET(fds[0], &except));
    call(__NR_close, fds[0]);
    check_result("no sets at all", call(__NR_select, 0, NULL, NULL, NULL, &(struct timeval){0}), 0);
    check_result("null sets", call(__NR_select, 10, NULL, NULL, NULL, &(struct timeval){0}), 0);
}

static void test_high(void)
{
    call(__NR_pipe, fds);
    check_result("a descriptor of 70", call(__NR_dup2, fds[1], 70), 70);
    sets_clear();
    FD_SET(70, &out);
    check_result("is ready", select_now(71), 1);
    check("in the second word", FD_ISSET(70, &out));
    call(__NR_close, 70);
    call(__NR_close, fds[0]);
    call(__NR_close, fds[1]);
}

static long milliseconds(void)
{
    struct timespec now;

    call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_time(void)
{
    struct timeval wait = {.tv_usec = 30000}, second = {.tv_sec = 100},
                   long_us = {.tv_usec = 1010000};
    struct timespec precise = {.tv_nsec = 30000000};
    long before = milliseconds();

    call(__NR_pipe, fds);
    sets_clear();
    FD_SET(fds[0], &in);
    check_result("nothing within 30 ms", call(__NR_select, fds[0] + 1, &in, NULL, NULL, &wait), 0);
    check("it took that long", milliseconds() - before >= 29);
    check("nothing is left of the time", wait.tv_sec == 0 && wait.tv_usec == 0);
    check("the set is empty", !FD_ISSET(fds[0], &in));
    sets_clear();
    FD_SET(fds[1], &out);
    check_result("ready at once", call(__NR_select, fds[1] + 1, NULL, &out, NULL, &second), 1);
    check("the time that is left is written back",
          second.tv_sec >= 99 && second.tv_sec < 100 && second.tv_usec < 1000000);
    before = milliseconds();
    check_result("pselect6 of nothing", call(__NR_pselect6, 0, NULL, NULL, NULL, &precise, NULL),
                 0);
    check("it took 30 ms, too", milliseconds() - before >= 29);
    check("nothing is left of it", precise.tv_sec == 0 && precise.tv_nsec == 0);
    before = milliseconds();
    check_result("more than a second of microseconds",
                 call(__NR_select, 0, NULL, NULL, NULL, &long_us), 0);
    check("is that long", milliseconds() - before >= 1009);
    check_result("no limit, but ready",
                 (FD_SET(fds[1], &out), call(__NR_select, fds[1] + 1, NULL, &out, NULL, NULL)), 1);
    call(__NR_close, fds[0]);
    call(__NR_close, fds[1]);
}

static void test_errors(void)
{
    static struct timeval zero, negative = {.tv_sec = -1}, negative_us = {.tv_usec = -1};
    static struct timespec bad = {.tv_nsec = 1000000000}, none;
    static uint64_t set;
    struct {
        void *mask;
        size_t size;
    } good = {&set, 8}, short_one = {&set, 4}, nowhere = {(void *)KERNEL_ADDRESS, 8},
      null = {NULL, 4};

    sets_clear();
    struct call_case cases[] = {
        {"a negative count", __NR_select, {-1, 0, 0, 0, (long)&zero}, -EINVAL},
        {"a negative time", __NR_select, {0, 0, 0, 0, (long)&negative}, -EINVAL},
        {"negative microseconds", __NR_select, {0, 0, 0, 0, (long)&negative_us}, -EINVAL},
        {"a time from nowhere", __NR_select, {0, 0, 0, 0, (long)KERNEL_ADDRESS}, -EFAULT},
        {"a set from nowhere", __NR_select, {1, (long)KERNEL_ADDRESS, 0, 0, (long)&zero}, -EFAULT},
        {"a set of none from nowhere",
         __NR_select,
         {0, (long)KERNEL_ADDRESS, 0, 0, (long)&zero},
         0},
        {"pselect6 with a bad time", __NR_pselect6, {0, 0, 0, 0, (long)&bad, 0}, -EINVAL},
        {"pselect6 with a mask", __NR_pselect6, {0, 0, 0, 0, (long)&none, (long)&good}, 0},
        {"pselect6 with a bad size",
         __NR_pselect6,
         {0, 0, 0, 0, (long)&none, (long)&short_one},
         -EINVAL},
        {"pselect6 with a mask from nowhere",
         __NR_pselect6,
         {0, 0, 0, 0, (long)&none, (long)&nowhere},
         -EFAULT},
        {"pselect6 without a mask", __NR_pselect6, {0, 0, 0, 0, (long)&none, (long)&null}, 0},
        {"pselect6 with an argument from nowhere",
         __NR_pselect6,
         {0, 0, 0, 0, (long)&none, (long)KERNEL_ADDRESS},
         -EFAULT},
    };
    CHECK_CALLS(cases);
    FD_SET(50, &in);
    check_result("a descriptor that is not open", select_now(64), -EBADF);
    check("the set is as it was", FD_ISSET(50, &in));
}

int main(void)
{
    for (int fd = 3; fd < 100; fd++)
        call(__NR_close, fd);
    test_sets();
    test_high();
    test_time();
    test_errors();
    return check_finish();
}
