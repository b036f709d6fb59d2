/* SPDX-License-Identifier: MIT */
/* socketpair: bytes both ways, ends, resets, shutdown, polling, waiting in a thread, bad arguments. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int ends[2];

static void pair_open(int flags)
{
    check_result("socketpair", call(__NR_socketpair, AF_UNIX, SOCK_STREAM | flags, 0, ends), 0);
}

static void pair_close(void)
{
    call(__NR_close, ends[0]);
    call(__NR_close, ends[1]);
}

static long send_text(int fd, const char *text, int flags)
{
    return call(__NR_sendto, fd, text, strlen(text), flags, NULL, 0);
}

static long receive(int fd, size_t size, int flags)
{
    static char buffer[100];

    return call(__NR_recvfrom, fd, buffer, size, flags, NULL, NULL);
}

static short events(int fd)
{
    struct pollfd poll = {.fd = fd,
                          .events = POLLIN | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM};

    call(__NR_poll, &poll, 1, 0);
    return poll.revents;
}

static void test_bytes(void)
{
    char buffer[20] = "";
    int waiting = 0;

    pair_open(SOCK_NONBLOCK);
    check_result("nothing yet", receive(ends[0], 10, 0), -EAGAIN);
    check_result("only room", events(ends[0]), POLLOUT | POLLWRNORM);
    check_result("write", call(__NR_write, ends[0], "hello ", 6), 6);
    check_result("send", send_text(ends[0], "there", MSG_NOSIGNAL), 5);
    check_result("not to itself", receive(ends[0], 10, 0), -EAGAIN);
    check_result("FIONREAD", call(__NR_ioctl, ends[1], FIONREAD, &waiting), 0);
    check_result("bytes", waiting, 11);
    check_result("events", events(ends[1]), POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
    check_result("a stream", call(__NR_read, ends[1], buffer, 20), 11);
    check("in order", memcmp(buffer, "hello there", 11) == 0);
    check_result("back", send_text(ends[1], "x", 0), 1);
    check_result("received", receive(ends[0], 10, 0), 1);
    pair_close();
}

static void test_end(void)
{
    pair_open(0);
    check_result("before the end", send_text(ends[0], "last", 0), 4);
    call(__NR_close, ends[0]);
    check_result("events after it", events(ends[1]),
                 POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLOUT | POLLWRNORM);
    check_result("is still received", receive(ends[1], 10, 0), 4);
    check_result("then the end", receive(ends[1], 10, 0), 0);
    check_result("and again", receive(ends[1], 10, 0), 0);
    check_result("nobody there", send_text(ends[1], "x", MSG_NOSIGNAL), -EPIPE);
    signal(SIGPIPE, SIG_IGN);
    check_result("nobody there, write", call(__NR_write, ends[1], "x", 1), -EPIPE);
    call(__NR_close, ends[1]);

    pair_open(0);
    send_text(ends[1], "unread", 0);
    send_text(ends[0], "read", 0);
    call(__NR_close, ends[0]);
    check("an error is told", events(ends[1]) & POLLERR);
    check_result("what came", receive(ends[1], 10, 0), 4);
    check_result("reset by what it left", receive(ends[1], 10, 0), -ECONNRESET);
    check_result("once", receive(ends[1], 10, 0), 0);
    call(__NR_close, ends[1]);
}

static void test_shutdown(void)
{
    pair_open(SOCK_NONBLOCK);
    send_text(ends[0], "before", 0);
    check_result("no more sending", call(__NR_shutdown, ends[0], SHUT_WR), 0);
    check_result("EPIPE", send_text(ends[0], "x", MSG_NOSIGNAL), -EPIPE);
    check_result("the rest", receive(ends[1], 10, 0), 6);
    check_result("the end", receive(ends[1], 10, 0), 0);
    check_result("half is shut", events(ends[1]),
                 POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM);
    check_result("the other way", send_text(ends[1], "back", 0), 4);
    check_result("goes on", receive(ends[0], 10, 0), 4);
    check_result("no more receiving", call(__NR_shutdown, ends[0], SHUT_RD), 0);
    check_result("that is an end", receive(ends[0], 10, 0), 0);
    check_result("for the other side, too", send_text(ends[1], "x", MSG_NOSIGNAL), -EPIPE);
    check_result("both", call(__NR_shutdown, ends[1], SHUT_RDWR), 0);
    check_result("HUP", events(ends[1]),
                 POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLOUT | POLLWRNORM);
    check_result("no such way", call(__NR_shutdown, ends[1], 3), -EINVAL);
    pair_close();
}

static bool first_came;

/* The first time once, and then, when that was read, four times. */
static void *send_late(void *unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++) {
        struct timespec pause = {.tv_nsec = 2000000};
        do
            call(__NR_nanosleep, &pause, NULL);
        while (i == 1 && !__atomic_load_n(&first_came, __ATOMIC_SEQ_CST));
        send_text(ends[0], "four", 0);
    }
    call(__NR_shutdown, ends[0], SHUT_WR);
    return NULL;
}

static void *drain(void *unused)
{
    long total = 0, got;
    static char buffer[10000];

    (void)unused;
    while ((got = call(__NR_read, ends[1], buffer, sizeof(buffer))) > 0)
        total += got;
    return (void *)total;
}

static void test_waiting(void)
{
    static char much[1000000];
    pthread_t thread;
    void *total;

    pair_open(0);
    pthread_create(&thread, NULL, send_late, NULL);
    check_result("waits for some", receive(ends[1], 100, 0), 4);
    __atomic_store_n(&first_came, true, __ATOMIC_SEQ_CST);
    check_result("or for all", receive(ends[1], 10, MSG_WAITALL), 10);
    check_result("or not at all", receive(ends[0], 10, MSG_DONTWAIT), -EAGAIN);
    check_result("or until the end", receive(ends[1], 100, MSG_WAITALL), 6);
    pthread_join(thread, NULL);
    pair_close();

    pair_open(0);
    pthread_create(&thread, NULL, drain, NULL);
    check_result("more than there is room for", call(__NR_write, ends[0], much, sizeof(much)),
                 sizeof(much));
    call(__NR_close, ends[0]);
    pthread_join(thread, &total);
    check_result("all comes", (long)total, sizeof(much));
    call(__NR_close, ends[1]);

    pair_open(SOCK_NONBLOCK);
    while (call(__NR_write, ends[0], much, 1000) > 0)
        ;
    check_result("full", call(__NR_write, ends[0], much, 1000), -EAGAIN);
    check("no room is told", !(events(ends[0]) & POLLOUT));
    pair_close();
}

static void test_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLRDHUP}, told = {0};
    int epoll = (int)call(__NR_epoll_create1, 0);

    pair_open(0);
    check_result("watched", call(__NR_epoll_ctl, epoll, EPOLL_CTL_ADD, ends[1], &event), 0);
    check_result("quiet", call(__NR_epoll_wait, epoll, &told, 1, 0), 0);
    send_text(ends[0], "x", 0);
    check_result("told", call(__NR_epoll_wait, epoll, &told, 1, 1000), 1);
    check_result("of input", told.events, EPOLLIN);
    check_result("once", call(__NR_epoll_wait, epoll, &told, 1, 0), 0);
    call(__NR_close, ends[0]);
    check_result("told of the end", call(__NR_epoll_wait, epoll, &told, 1, 1000), 1);
    check_result("so", told.events, EPOLLIN | EPOLLRDHUP | EPOLLHUP);
    call(__NR_close, ends[1]);
    call(__NR_close, epoll);
}

static void test_what_it_is(void)
{
    struct stat status;
    struct sockaddr_un name = {.sun_family = 77};
    socklen_t size = sizeof(name);
    char path[40], text[40] = "";

    pair_open(SOCK_CLOEXEC);
    check_result("closed on exec", call(__NR_fcntl, ends[0], F_GETFD), FD_CLOEXEC);
    check_result("both ways", call(__NR_fcntl, ends[0], F_GETFL), O_RDWR);
    check_result("fstat", call(__NR_fstat, ends[0], &status), 0);
    check_result("a socket", status.st_mode, S_IFSOCK | 0777);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    call(__NR_readlink, path, text, sizeof(text) - 1);
    check("its name in /proc", strncmp(text, "socket:[", 8) == 0);
    check_result("not opened anew", call(__NR_open, path, O_RDWR), -ENXIO);
    check_result("no position", call(__NR_lseek, ends[0], 0, SEEK_SET), -ESPIPE);
    check_result("getsockname", call(__NR_getsockname, ends[0], &name, &size), 0);
    check_result("the family", name.sun_family, AF_UNIX);
    check_result("and no more", size, 2);
    size = 1;
    check_result("getpeername", call(__NR_getpeername, ends[1], &name, &size), 0);
    check_result("its whole size", size, 2);
    size = -1;
    check_result("a bad size", call(__NR_getpeername, ends[1], &name, &size), -EINVAL);
    check_result("nowhere", call(__NR_getpeername, ends[1], &name, NULL), -EFAULT);
    check_result("already connected", call(__NR_sendto, ends[0], "x", 1, 0, &name, 2), -EISCONN);
    check_result("unreadable", call(__NR_sendto, ends[0], (void *)8, 1, 0, NULL, 0), -EFAULT);
    pair_close();
}

static void test_bad(void)
{
    int null = (int)call(__NR_open, "/dev/null", O_RDWR);

    check_result("no such family", call(__NR_socketpair, 99, SOCK_STREAM, 0, ends), -EAFNOSUPPORT);
    check_result("no such type", call(__NR_socketpair, AF_UNIX, 15, 0, ends), -EINVAL);
    check_result("no such flag", call(__NR_socketpair, AF_UNIX, SOCK_STREAM | 0x100, 0, ends),
                 -EINVAL);
    check_result("no such protocol", call(__NR_socketpair, AF_UNIX, SOCK_STREAM, 6, ends),
                 -EPROTONOSUPPORT);
    check_result("nowhere to tell", call(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0, NULL), -EFAULT);
    check_result("no socket", send_text(null, "x", 0), -ENOTSOCK);
    check_result("no socket", receive(null, 1, 0), -ENOTSOCK);
    check_result("no socket", call(__NR_shutdown, null, SHUT_RD), -ENOTSOCK);
    check_result("no descriptor", call(__NR_shutdown, 99, SHUT_RD), -EBADF);
    check_result("no descriptor", receive(99, 1, 0), -EBADF);
    call(__NR_close, null);
}

int main(void)
{
    test_bytes();
    test_end();
    test_shutdown();
    test_waiting();
    test_epoll();
    test_what_it_is();
    test_bad();
    return check_finish();
}
