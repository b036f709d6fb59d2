/* SPDX-License-Identifier: MIT */
/*
 * Pipes: what goes in comes out, how much fits, what is atomic, what happens when one side is gone,
 * packets, the size, bad arguments.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#endif

#define CAPACITY 65536
#ifndef O_DIRECT
#define O_DIRECT 040000
#endif

static char bytes[CAPACITY + 4096], got[CAPACITY + 4096];
static int in, out;

static void pipe_open(int flags)
{
    int fds[2] = {-1, -1};

    check_result("pipe2", call(__NR_pipe2, fds, flags), 0);
    in = fds[0];
    out = fds[1];
}

static void pipe_close(void)
{
    call(__NR_close, in);
    call(__NR_close, out);
}

static long put(size_t size)
{
    return call(__NR_write, out, bytes, size);
}

static long take(size_t size)
{
    return call(__NR_read, in, got, size);
}

/* Fills the pipe with writes of `size` until none fits; returns the bytes that did. */
static long fill(size_t size)
{
    long done = 0, result;

    while ((result = put(size)) > 0)
        done += result;
    check_result("a full pipe says EAGAIN", result, -EAGAIN);
    return done;
}

static short events(int fd)
{
    struct pollfd poll = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI};

    call(__NR_poll, &poll, 1, 0);
    return poll.revents;
}

static long waiting(void)
{
    int count = -1;

    call(__NR_ioctl, in, FIONREAD, &count);
    return count;
}

static void test_bytes(void)
{
    int fds[2];

    check_result("pipe", call(__NR_pipe, fds), 0);
    check("its descriptors are the next two", fds[1] == fds[0] + 1);
    call(__NR_close, fds[0]);
    call(__NR_close, fds[1]);
    pipe_open(0);
    check_result("write", put(10), 10);
    check_result("write again", call(__NR_write, out, bytes + 10, 90), 90);
    check_result("FIONREAD", waiting(), 100);
    check_result("read a part", take(30), 30);
    check("in order", memcmp(got, bytes, 30) == 0);
    check_result("FIONREAD of the rest", waiting(), 70);
    check_result("read more than there is", take(1000), 70);
    check("in order, too", memcmp(got, bytes + 30, 70) == 0);
    check_result("a read of nothing", take(0), 0);
    check_result("a write of nothing", put(0), 0);
    check_result("64 KiB at once", put(CAPACITY), CAPACITY);
    check_result("and back", take(CAPACITY), CAPACITY);
    check("unchanged", memcmp(got, bytes, CAPACITY) == 0);
    check_result("three pages and a bit", put(3 * PAGE + 5), 3 * PAGE + 5);
    check_result("and back in one", take(CAPACITY), 3 * PAGE + 5);
    check("unchanged, too", memcmp(got, bytes, 3 * PAGE + 5) == 0);
    pipe_close();
}

static void test_vectors(void)
{
    struct iovec vectors[2] = {{bytes, 10}, {bytes + 10, 20}};
    struct iovec back[2] = {{got, 4}, {got + 4, 100}};

    pipe_open(0);
    check_result("writev", call(__NR_writev, out, vectors, 2), 30);
    check_result("readv", call(__NR_readv, in, back, 2), 30);
    check("readv in order", memcmp(got, bytes, 30) == 0);
    check_result("writev of no vectors", call(__NR_writev, out, vectors, 0), 0);
    check_result("four bytes", put(4), 4);
    check_result("readv does not wait for the second vector", call(__NR_readv, in, back, 2), 4);
    pipe_close();
}

static void test_full(void)
{
    pipe_open(O_NONBLOCK);
    check_result("an empty pipe says EAGAIN", take(1), -EAGAIN);
    check_result("bytes that fit one by one", fill(1), CAPACITY);
    check_result("one byte is read", take(1), 1);
    check_result("that frees no page", put(1), -EAGAIN);
    check_result("4095 more are read", take(PAGE - 1), PAGE - 1);
    check_result("now a page fits", put(PAGE), PAGE);
    check_result("and no byte more", put(1), -EAGAIN);
    check_result("all is read", take(sizeof(got)), CAPACITY);
    check_result("writes of half a page and a byte take a page each", fill(PAGE / 2 + 1),
                 16 * (PAGE / 2 + 1));
    check_result("all is read again", take(sizeof(got)), 16 * (PAGE / 2 + 1));
    check_result("more than fits goes in as far as it does", put(CAPACITY + 10), CAPACITY);
    check_result("all is read once more", take(sizeof(got)), CAPACITY);
    check_result("15 pages", put(15 * PAGE), 15 * PAGE);
    check_result("a small write", put(4), 4);
    check_result("PIPE_BUF bytes go in whole or not at all", put(PIPE_BUF), -EAGAIN);
    check_result("what fits behind the small one", put(PIPE_BUF - 4), PIPE_BUF - 4);
    pipe_close();
}

static void test_ends(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    pipe_open(O_NONBLOCK);
    put(5);
    check_result("close of the writer", call(__NR_close, out), 0);
    check_result("what is left can be read", take(100), 5);
    check_result("then comes the end", take(100), 0);
    check_result("poll says POLLHUP", events(in), POLLHUP);
    call(__NR_close, in);

    sigaction(SIGPIPE, &ignore, NULL);
    pipe_open(0);
    call(__NR_close, in);
    check_result("a write nobody can read", put(5), -EPIPE);
    check_result("of nothing", put(0), 0);
    check_result("poll says POLLERR", events(out), POLLOUT | POLLERR);
    call(__NR_close, out);
}

static int sigpipes;

static void on_sigpipe(int signal)
{
    sigpipes += signal == SIGPIPE;
}

static void test_signal(void)
{
    struct sigaction count = {.sa_handler = on_sigpipe};

    sigaction(SIGPIPE, &count, NULL);
    pipe_open(0);
    call(__NR_close, in);
    check_result("a write nobody can read, with a handler", put(5), -EPIPE);
    check_result("it was called", sigpipes, 1);
    call(__NR_close, out);
}

static void test_poll(void)
{
    pipe_open(O_NONBLOCK);
    check_result("empty: nothing to read", events(in), 0);
    check_result("empty: room to write", events(out), POLLOUT);
    put(1);
    check_result("one byte: to read", events(in), POLLIN);
    fill(PAGE);
    check_result("full: no room", events(out), 0);
    take(PAGE);
    check_result("a page less: room", events(out), POLLOUT);
    pipe_close();
}

static void test_packets(void)
{
    pipe_open(O_DIRECT | O_NONBLOCK);
    check_result("F_GETFL of the writer", call(__NR_fcntl, out, F_GETFL),
                 O_WRONLY | O_NONBLOCK | O_DIRECT);
    check_result("F_GETFL of the reader", call(__NR_fcntl, in, F_GETFL), O_RDONLY | O_NONBLOCK);
    put(10);
    put(20);
    check_result("a packet", take(100), 10);
    check_result("a part of a packet", take(5), 5);
    check_result("the rest is gone", take(100), -EAGAIN);
    put(PAGE + 10);
    check_result("a long one comes in two", take(2 * PAGE), PAGE);
    check_result("the second", take(2 * PAGE), 10);
    check_result("as many as there are pages", fill(1), 16);
    pipe_close();
}

static void test_size(void)
{
    pipe_open(O_NONBLOCK);
    check_result("F_GETPIPE_SZ", call(__NR_fcntl, out, F_GETPIPE_SZ), CAPACITY);
    check_result("F_SETPIPE_SZ", call(__NR_fcntl, in, F_SETPIPE_SZ, 2 * PAGE + 1), 4 * PAGE);
    check_result("F_GETPIPE_SZ afterwards", call(__NR_fcntl, out, F_GETPIPE_SZ), 4 * PAGE);
    check_result("so much fits", fill(PAGE), 4 * PAGE);
    check_result("smaller than what is in there", call(__NR_fcntl, in, F_SETPIPE_SZ, PAGE), -EBUSY);
    take(PAGE);
    check_result("larger", call(__NR_fcntl, in, F_SETPIPE_SZ, 2 * CAPACITY), 2 * CAPACITY);
    check_result("what was in there still is", take(sizeof(got)), 3 * PAGE);
    check("unchanged", memcmp(got, bytes, PAGE) == 0);
    check_result("the smallest", call(__NR_fcntl, in, F_SETPIPE_SZ, 0), PAGE);
    check_result("too large", call(__NR_fcntl, in, F_SETPIPE_SZ, 0x80000001), -EINVAL);
    pipe_close();
}

static void test_status(void)
{
    struct stat first, second;

    pipe_open(O_CLOEXEC);
    check_result("F_GETFD with O_CLOEXEC", call(__NR_fcntl, in, F_GETFD), FD_CLOEXEC);
    check_result("fstat of the reader", call(__NR_fstat, in, &first), 0);
    check_result("fstat of the writer", call(__NR_fstat, out, &second), 0);
    check_result("it is a pipe", first.st_mode, S_IFIFO | 0600);
    check("both are the same", first.st_ino == second.st_ino && first.st_dev == second.st_dev);
    check_result("of size 0", first.st_size, 0);
    pipe_close();
    pipe_open(0);
    call(__NR_fstat, in, &second);
    check("another pipe is another inode", first.st_ino != second.st_ino);
    pipe_close();
}

static void test_errors(void)
{
    char *hole = page_before_hole();
    static int fds[2];

    pipe_open(O_NONBLOCK);
    struct call_case cases[] = {
        {"pipe2 with a bad flag", __NR_pipe2, {(long)fds, O_APPEND}, -EINVAL},
        {"pipe into nowhere", __NR_pipe, {0}, -EFAULT},
        {"pipe into the kernel", __NR_pipe, {(long)KERNEL_ADDRESS}, -EFAULT},
        {"pipe into a hole", __NR_pipe, {(long)hole - 4}, -EFAULT},
        {"read of the writer", __NR_read, {out, (long)got, 1}, -EBADF},
        {"write to the reader", __NR_write, {in, (long)got, 1}, -EBADF},
        {"lseek", __NR_lseek, {in, 0, 0}, -ESPIPE},
        {"pread64", __NR_pread64, {in, (long)got, 1, 0}, -ESPIPE},
        {"ftruncate", __NR_ftruncate, {out, 0}, -EINVAL},
        {"write from nowhere", __NR_write, {out, 0, 5}, -EFAULT},
        {"write from the kernel", __NR_write, {out, (long)KERNEL_ADDRESS, 5}, -EFAULT},
        {"write from a hole", __NR_write, {out, (long)hole - 1, 2}, -EFAULT},
        {"nothing was written", __NR_read, {in, (long)got, 1}, -EAGAIN},
        {"a good write", __NR_write, {out, (long)bytes, 5}, 5},
        {"read into the kernel", __NR_read, {in, (long)KERNEL_ADDRESS, 5}, -EFAULT},
        {"read into a hole", __NR_read, {in, (long)hole - 1, 2}, -EFAULT},
        {"nothing was taken", __NR_read, {in, (long)got, 10}, 5},
        {"FIONREAD into nowhere", __NR_ioctl, {in, FIONREAD, 0}, -EFAULT},
        {"an ioctl pipes do not have", __NR_ioctl, {in, TIOCGWINSZ, (long)got}, -ENOTTY},
    };
    CHECK_CALLS(cases);
    pipe_close();
}

/* The pipe's file by its name in /proc, as `cat /dev/stdin` opens it. */
static long reopen(int fd, int flags)
{
    char name[32];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    return call(__NR_open, name, flags, 0);
}

static void test_reopening(void)
{
    struct stat pipe_status, status;

    pipe_open(O_NONBLOCK);
    long reader = reopen(out, O_RDONLY), writer = reopen(in, O_WRONLY);
    check("both ends open anew", reader >= 0 && writer >= 0);
    check_result("write to the new one", call(__NR_write, writer, bytes, 7), 7);
    check_result("read from the other new one", call(__NR_read, reader, got, 20), 7);
    check("the same bytes", memcmp(got, bytes, 7) == 0);
    call(__NR_fstat, in, &pipe_status);
    call(__NR_fstat, reader, &status);
    check("the same inode", status.st_ino == pipe_status.st_ino &&
                                status.st_dev == pipe_status.st_dev && S_ISFIFO(status.st_mode));
    close(out);
    check_result("a writer is left", call(__NR_read, in, got, 1), -EAGAIN);
    close(writer);
    check_result("none is left", call(__NR_read, in, got, 1), 0);
    close(in);
    check_result("the same on the new one", call(__NR_read, reader, got, 1), 0);
    writer = reopen(reader, O_RDWR);
    check("for both directions", writer >= 0);
    check_result("write", call(__NR_write, writer, bytes, 3), 3);
    check_result("read", call(__NR_read, reader, got, 9), 3);
    close(reader);
    close(writer);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 251);
    test_bytes();
    test_vectors();
    test_full();
    test_ends();
    test_signal();
    test_poll();
    test_packets();
    test_size();
    test_status();
    test_errors();
    test_reopening();
    return check_finish();
}
