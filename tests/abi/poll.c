/* SPDX-License-Identifier: MIT */
/* poll and ppoll of the console, of what is not open, and of nothing but time. */
#include "tests/abi/check.h"

#include <poll.h>
#include <time.h>

static struct pollfd fds[4];

static long milliseconds(void)
{
    struct timespec now;

    call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long poll_one(int fd, short events)
{
    fds[0] = (struct pollfd){.fd = fd, .events = events, .revents = 0x5555};
    return call(__NR_poll, fds, 1, 0);
}

static void test_answers(void)
{
    check_result("standard output can be written", poll_one(1, POLLOUT), 1);
    check_result("it says POLLOUT alone", fds[0].revents, POLLOUT);
    check_result("asked for nothing", poll_one(1, 0), 0);
    check_result("it says nothing", fds[0].revents, 0);
    check_result("a descriptor that is not open", poll_one(99, POLLIN), 1);
    check_result("it says POLLNVAL", fds[0].revents, POLLNVAL);
    check_result("a negative descriptor is passed over", poll_one(-1, POLLIN | POLLOUT), 0);
    check_result("it says nothing either", fds[0].revents, 0);
    fds[0] = (struct pollfd){.fd = 1, .events = POLLOUT};
    fds[1] = (struct pollfd){.fd = -5, .events = POLLOUT};
    fds[2] = (struct pollfd){.fd = 99, .events = POLLOUT};
    fds[3] = (struct pollfd){.fd = 1, .events = POLLOUT | POLLWRNORM};
    check_result("several at once", call(__NR_poll, fds, 4, -1), 3);
    check("each has its own answer", fds[0].revents == POLLOUT && fds[1].revents == 0 &&
                                         fds[2].revents == POLLNVAL &&
                                         fds[3].revents == (POLLOUT | POLLWRNORM));
}

/* Rust's start-up asks like this whether the first three are open. */
static void test_like_rust(void)
{
    for (int fd = 0; fd < 3; fd++)
        fds[fd] = (struct pollfd){.fd = fd, .revents = 0x5555};
    long result = call(__NR_poll, fds, 3, 0);
    bool open = result >= 0;
    for (int fd = 0; fd < 3; fd++)
        open &= (fds[fd].revents & POLLNVAL) == 0;
    check("the first three are open", open);
}

static void test_time(void)
{
    struct timespec wait = {.tv_nsec = 30000000};
    long before = milliseconds();

    check_result("nothing within 30 ms", call(__NR_poll, NULL, 0, 30), 0);
    long between = milliseconds();
    check("it took that long", between - before >= 29 && between - before < 5000);
    check_result("ppoll of nothing within 30 ms", call(__NR_ppoll, NULL, 0, &wait, NULL, 8), 0);
    check("it took that long too", milliseconds() - between >= 29);
    check_result("no wait when one is ready", call(__NR_poll, &fds[3], 0, 0), 0);
}

static void test_errors(void)
{
    struct timespec bad = {.tv_sec = 0, .tv_nsec = 1000000000};
    uint64_t set = 0;
    struct call_case cases[] = {
        {"poll from nowhere", __NR_poll, {0, 1, 0}, -EFAULT},
        {"poll in the kernel", __NR_poll, {(long)KERNEL_ADDRESS, 1, 0}, -EFAULT},
        {"poll of too many", __NR_poll, {(long)fds, 0x7fffffff, 0}, -EINVAL},
        {"poll of -1", __NR_poll, {(long)fds, -1, 0}, -EINVAL},
        {"ppoll with a bad time", __NR_ppoll, {0, 0, (long)&bad, 0, 8}, -EINVAL},
        {"ppoll with a bad set size", __NR_ppoll, {0, 0, 0, (long)&set, 4}, -EINVAL},
        {"ppoll with a time from nowhere", __NR_ppoll, {0, 0, (long)KERNEL_ADDRESS, 0, 8}, -EFAULT},
    };

    CHECK_CALLS(cases);
}

int main(void)
{
    test_answers();
    test_like_rust();
    test_time();
    test_errors();
    return check_finish();
}
