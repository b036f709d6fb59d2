/* SPDX-License-Identifier: MIT */
/*
 * epoll: level and edge, one shot, exclusive, what closing does, epolls that watch epolls, many
 * descriptors, times, bad arguments. Pipes and event counters make the events.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <signal.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#ifndef __NR_epoll_pwait2
#define __NR_epoll_pwait2 441
#endif
#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1u << 28)
#endif

#define MANY 300

static int ep;
static struct epoll_event events[MANY + 1];

static int epoll_open(void)
{
    int fd = (int)call(__NR_epoll_create1, 0);

    check("epoll_create1", fd >= 0);
    return fd;
}

static long control(int operation, int fd, uint32_t mask, uint64_t data)
{
    struct epoll_event event = {.events = mask, .data.u64 = data};

    return call(__NR_epoll_ctl, ep, operation, fd, &event);
}

/* How many events there are at once; the first goes to events[0]. */
static long look(void)
{
    memset(events, 0, sizeof(events));
    return call(__NR_epoll_wait, ep, events, MANY, 0);
}

static int event_open(unsigned initial)
{
    return (int)call(__NR_eventfd2, initial, EFD_NONBLOCK);
}

static void add(int fd, uint64_t amount)
{
    call(__NR_write, fd, &amount, sizeof(amount));
}

static void take(int fd)
{
    uint64_t count;

    call(__NR_read, fd, &count, sizeof(count));
}

static bool is_event(size_t index, uint32_t mask, uint64_t data)
{
    return events[index].events == mask && events[index].data.u64 == data;
}

static void test_level(void)
{
    int fds[2];

    ep = epoll_open();
    call(__NR_pipe2, fds, O_NONBLOCK);
    check_result("nothing is watched", look(), 0);
    check_result("add the reader", control(EPOLL_CTL_ADD, fds[0], EPOLLIN, 0x123456789abcdef), 0);
    check_result("not ready", look(), 0);
    call(__NR_write, fds[1], "ab", 2);
    check_result("ready", look(), 1);
    check("it says what and who", is_event(0, EPOLLIN, 0x123456789abcdef));
    check_result("it stays ready", look(), 1);
    call(__NR_read, fds[0], events, 1);
    check_result("with one byte, too", look(), 1);
    call(__NR_read, fds[0], events, 1);
    check_result("with none it is not", look(), 0);
    check_result("add the writer", control(EPOLL_CTL_ADD, fds[1], EPOLLOUT | EPOLLIN, 2), 0);
    check_result("it is ready at once", look(), 1);
    check("to be written", is_event(0, EPOLLOUT, 2));
    check_result("change it", control(EPOLL_CTL_MOD, fds[1], 0, 3), 0);
    check_result("asked for nothing", look(), 0);
    call(__NR_close, fds[0]);
    check_result("no reader any more", look(), 1);
    check("that is told without asking", is_event(0, EPOLLERR, 3));
    check_result("remove it", control(EPOLL_CTL_DEL, fds[1], 0, 0), 0);
    check_result("nothing is left", look(), 0);
    call(__NR_close, fds[1]);
    call(__NR_close, ep);
}

static void test_edge(void)
{
    int fds[2];

    ep = epoll_open();
    call(__NR_pipe2, fds, O_NONBLOCK);
    control(EPOLL_CTL_ADD, fds[0], EPOLLIN | EPOLLET, 1);
    call(__NR_write, fds[1], "ab", 2);
    check_result("an edge", look(), 1);
    check_result("is told once", look(), 0);
    call(__NR_read, fds[0], events, 1);
    check_result("a read is none", look(), 0);
    call(__NR_write, fds[1], "c", 1);
    check_result("another write is", look(), 1);
    call(__NR_close, fds[1]);
    check_result("the writer's end is", look(), 1);
    check("both are told", is_event(0, EPOLLIN | EPOLLHUP, 1));
    check_result("once", look(), 0);
    check_result("a change looks again", control(EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLET, 9), 0);
    check_result("and tells", look(), 1);
    check("with the new name", is_event(0, EPOLLIN | EPOLLHUP, 9));
    call(__NR_close, fds[0]);

    int fd = event_open(0);
    control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 4);
    add(fd, 5);
    check_result("an edge of a counter", look(), 1);
    take(fd);
    add(fd, 1);
    check_result("the next one", look(), 1);
    check_result("once more nothing", look(), 0);
    call(__NR_close, fd);

    fd = (int)call(__NR_eventfd2, 0, EFD_NONBLOCK | EFD_SEMAPHORE);
    control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 5);
    add(fd, 3);
    check_result("an edge of a semaphore", look(), 1);
    take(fd);
    check_result("a read that leaves something is none", look(), 0);
    add(fd, 1);
    check_result("a write is", look(), 1);
    call(__NR_close, fd);
    call(__NR_close, ep);
}

static void test_one_shot(void)
{
    int fd = event_open(1);

    ep = epoll_open();
    control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, 1);
    check_result("one shot", look(), 1);
    check_result("no second one", look(), 0);
    add(fd, 1);
    check_result("not even after a change", look(), 0);
    check_result("armed again", control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, 2), 0);
    check_result("the next shot", look(), 1);
    check("with its name", is_event(0, EPOLLIN, 2));
    call(__NR_close, fd);
    call(__NR_close, ep);
}

static void test_closing(void)
{
    int fd = event_open(1), copy, other;

    ep = epoll_open();
    control(EPOLL_CTL_ADD, fd, EPOLLIN, 1);
    copy = (int)call(__NR_dup, fd);
    check_result("the duplicate is watched apart", control(EPOLL_CTL_ADD, copy, EPOLLIN, 2), 0);
    check_result("both are ready", look(), 2);
    check_result("close of one", call(__NR_close, fd), 0);
    check_result("the file is still open, and watched", look(), 2);
    check_result("the closed one cannot be removed", control(EPOLL_CTL_DEL, fd, 0, 0), -EBADF);
    other = event_open(0);
    check_result("another file at the same number", other, fd);
    check_result("is not the one that is watched", control(EPOLL_CTL_MOD, other, 0, 0), -ENOENT);
    check_result("it can be added", control(EPOLL_CTL_ADD, other, EPOLLIN, 3), 0);
    check_result("close of the last", call(__NR_close, copy), 0);
    check_result("takes both along", look(), 0);
    call(__NR_close, other);
    call(__NR_close, ep);
}

static void test_order(void)
{
    int fds[4];

    ep = epoll_open();
    for (int i = 0; i < 4; i++) {
        fds[i] = event_open(0);
        control(EPOLL_CTL_ADD, fds[i], EPOLLIN, (uint64_t)i);
    }
    add(fds[2], 1);
    add(fds[0], 1);
    add(fds[3], 1);
    check_result("three are ready", look(), 3);
    check("in the order of their events",
          events[0].data.u64 == 2 && events[1].data.u64 == 0 && events[2].data.u64 == 3);
    check_result("room for one", call(__NR_epoll_wait, ep, events, 1, 0), 1);
    check("is the first", events[0].data.u64 == 2);
    check_result("room for two", call(__NR_epoll_wait, ep, events, 2, 0), 2);
    check("are the next, in a circle", events[0].data.u64 == 0 && events[1].data.u64 == 3);
    for (int i = 0; i < 4; i++)
        call(__NR_close, fds[i]);
    call(__NR_close, ep);
}

static void test_many(void)
{
    int fds[MANY];
    bool good = true;

    ep = epoll_open();
    for (int i = 0; i < MANY; i++) {
        fds[i] = event_open(0);
        good &= control(EPOLL_CTL_ADD, fds[i], EPOLLIN | EPOLLOUT * (i == 7), (uint64_t)i) == 0;
    }
    check("many are added", good);
    check_result("one of them is ready", look(), 1);
    check("the right one", is_event(0, EPOLLOUT, 7));
    for (int i = 0; i < MANY; i++)
        add(fds[i], 1);
    check_result("all of them", look(), MANY);
    for (int i = 0; i < MANY; i += 2)
        call(__NR_close, fds[i]);
    check_result("half of them are closed", look(), MANY / 2);
    for (int i = 1; i < MANY; i += 2)
        good &= control(EPOLL_CTL_DEL, fds[i], 0, 0) == 0;
    check("the others are removed", good);
    check_result("none is left", look(), 0);
    for (int i = 1; i < MANY; i += 2)
        call(__NR_close, fds[i]);
    call(__NR_close, ep);
}

static void test_nested(void)
{
    int inner = epoll_open(), outer = epoll_open(), fd = event_open(0);
    struct pollfd poll = {.fd = outer, .events = POLLIN};

    ep = inner;
    control(EPOLL_CTL_ADD, fd, EPOLLIN, 1);
    ep = outer;
    check_result("an epoll watches an epoll", control(EPOLL_CTL_ADD, inner, EPOLLIN, 2), 0);
    check_result("neither is ready", look(), 0);
    add(fd, 1);
    check_result("the outer one is", look(), 1);
    check("because of the inner one", is_event(0, EPOLLIN, 2));
    check_result("poll finds it ready", call(__NR_poll, &poll, 1, 0), 1);
    take(fd);
    check_result("no more", look(), 0);
    check_result("nor for poll", call(__NR_poll, &poll, 1, 0), 0);
    ep = inner;
    check_result("a circle", control(EPOLL_CTL_ADD, outer, EPOLLIN, 3), -ELOOP);
    check_result("itself", control(EPOLL_CTL_ADD, inner, EPOLLIN, 3), -EINVAL);
    call(__NR_close, inner);
    ep = outer;
    check_result("the inner one is closed", look(), 0);
    call(__NR_close, outer);
    call(__NR_close, fd);
}

static void test_depth(void)
{
    int fds[10], reached = 0;

    fds[0] = epoll_open();
    for (int i = 1; i < 10; i++) {
        fds[i] = (int)call(__NR_epoll_create1, 0);
        ep = fds[i];
        long result = control(EPOLL_CTL_ADD, fds[i - 1], EPOLLIN, 0);
        if (result == -ELOOP)
            break;
        reached = i;
    }
    check_result("epolls upon each other", reached, 4);
    for (int i = 0; i < 10; i++)
        call(__NR_close, fds[i]);
}

static void test_exclusive(void)
{
    int fd = event_open(0), inner = epoll_open();

    ep = epoll_open();
    check_result("exclusive and one shot",
                 control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT, 1), -EINVAL);
    check_result("exclusive to an epoll",
                 control(EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLEXCLUSIVE, 1), -EINVAL);
    check_result("exclusive", control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE, 1), 0);
    add(fd, 1);
    check_result("is told", look(), 1);
    check("as usual", is_event(0, EPOLLIN, 1));
    check_result("cannot be changed", control(EPOLL_CTL_MOD, fd, EPOLLIN, 1), -EINVAL);
    check_result("not to exclusive either", control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE, 1),
                 -EINVAL);
    call(__NR_close, inner);
    call(__NR_close, fd);
    call(__NR_close, ep);
}

static long milliseconds(void)
{
    struct timespec now;

    call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_time(void)
{
    struct timespec wait = {.tv_nsec = 30000000}, zero = {0}, bad = {.tv_nsec = -1};
    long before = milliseconds();
    uint64_t mask = 0;

    ep = epoll_open();
    check_result("30 ms", call(__NR_epoll_wait, ep, events, 1, 30), 0);
    check("it took that long", milliseconds() - before >= 29);
    before = milliseconds();
    check_result("30 ms of epoll_pwait", call(__NR_epoll_pwait, ep, events, 1, 30, &mask, 8), 0);
    check_result("30 ms of epoll_pwait2", call(__NR_epoll_pwait2, ep, events, 1, &wait, NULL, 8),
                 0);
    check("they took that long", milliseconds() - before >= 58);
    check("epoll_pwait2 leaves the time alone", wait.tv_nsec == 30000000);
    check_result("no time", call(__NR_epoll_pwait2, ep, events, 1, &zero, NULL, 8), 0);
    check_result("a bad time", call(__NR_epoll_pwait2, ep, events, 1, &bad, NULL, 8), -EINVAL);
    check_result("a mask of a bad size", call(__NR_epoll_pwait, ep, events, 1, 0, &mask, 4),
                 -EINVAL);
    call(__NR_close, ep);
}

static void test_errors(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int fd = event_open(1), closed = (int)call(__NR_dup, fd);
    int memory = (int)call(__NR_memfd_create, "x", 0);

    ep = epoll_open();
    call(__NR_close, closed);
    control(EPOLL_CTL_ADD, fd, EPOLLIN, 1);
    struct call_case cases[] = {
        {"epoll_create of none", __NR_epoll_create, {0}, -EINVAL},
        {"epoll_create of -1", __NR_epoll_create, {-1}, -EINVAL},
        {"epoll_create1 with a bad flag", __NR_epoll_create1, {O_NONBLOCK}, -EINVAL},
        {"add again", __NR_epoll_ctl, {ep, EPOLL_CTL_ADD, fd, (long)&event}, -EEXIST},
        {"add what is closed", __NR_epoll_ctl, {ep, EPOLL_CTL_ADD, closed, (long)&event}, -EBADF},
        {"add a file of bytes", __NR_epoll_ctl, {ep, EPOLL_CTL_ADD, memory, (long)&event}, -EPERM},
        {"add to no epoll", __NR_epoll_ctl, {fd, EPOLL_CTL_ADD, fd, (long)&event}, -EINVAL},
        {"add to another file", __NR_epoll_ctl, {fd, EPOLL_CTL_ADD, ep, (long)&event}, -EINVAL},
        {"add from nowhere", __NR_epoll_ctl, {ep, EPOLL_CTL_ADD, fd, 0}, -EFAULT},
        {"add to what is closed from nowhere",
         __NR_epoll_ctl,
         {closed, EPOLL_CTL_ADD, fd},
         -EFAULT},
        {"change what is not there", __NR_epoll_ctl, {ep, EPOLL_CTL_MOD, 1, (long)&event}, -ENOENT},
        {"remove without an event", __NR_epoll_ctl, {ep, EPOLL_CTL_DEL, fd, 0}, 0},
        {"remove again", __NR_epoll_ctl, {ep, EPOLL_CTL_DEL, fd, 0}, -ENOENT},
        {"a bad operation", __NR_epoll_ctl, {ep, 9, fd, (long)&event}, -EINVAL},
        {"wait for none", __NR_epoll_wait, {ep, (long)events, 0, 0}, -EINVAL},
        {"wait for -1", __NR_epoll_wait, {ep, (long)events, -1, 0}, -EINVAL},
        {"wait for too many", __NR_epoll_wait, {ep, (long)events, 0x7fffffff, 0}, -EINVAL},
        {"wait in the kernel", __NR_epoll_wait, {ep, (long)KERNEL_ADDRESS, 1, 0}, -EFAULT},
        {"wait for another file", __NR_epoll_wait, {fd, (long)events, 1, 0}, -EINVAL},
        {"wait for what is closed", __NR_epoll_wait, {closed, (long)events, 1, 0}, -EBADF},
        {"read", __NR_read, {ep, (long)events, 10}, -EINVAL},
        {"write", __NR_write, {ep, (long)events, 10}, -EINVAL},
    };

    CHECK_CALLS(cases);
    control(EPOLL_CTL_ADD, fd, EPOLLIN, 77);
    check_result("an event into a hole", call(__NR_epoll_wait, ep, page_before_hole() - 4, 1, 0),
                 -EFAULT);
    check_result("is not lost", look(), 1);
    check("nor changed", is_event(0, EPOLLIN, 77));
    call(__NR_close, memory);
    call(__NR_close, fd);
    call(__NR_close, ep);
}

int main(void)
{
    test_level();
    test_edge();
    test_one_shot();
    test_closing();
    test_order();
    test_many();
    test_nested();
    test_depth();
    test_exclusive();
    test_time();
    test_errors();
    return check_finish();
}
