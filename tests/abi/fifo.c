/* SPDX-License-Identifier: MIT */
/* Named pipes as one thread can see them: opening without waiting, coming and going of writers. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#ifndef F_GETPIPE_SZ
#define F_GETPIPE_SZ 1032
#endif

static const char name[] = "/tmp/galette-abi-fifo";
static char got[64];

static int fifo_open(int flags)
{
    return (int)call(__NR_openat, AT_FDCWD, name, flags);
}

static short events(int fd)
{
    struct pollfd poll = {.fd = fd, .events = POLLIN | POLLOUT};

    call(__NR_poll, &poll, 1, 0);
    return poll.revents;
}

static void test_opening(void)
{
    int reader, writer, both;

    check_result("write only, and nobody reads", fifo_open(O_WRONLY | O_NONBLOCK), -ENXIO);
    reader = fifo_open(O_RDONLY | O_NONBLOCK);
    check("read only without waiting", reader >= 0);
    check_result("nobody wrote: the end", call(__NR_read, reader, got, 10), 0);
    check_result("but no hang-up yet", events(reader), 0);
    writer = fifo_open(O_WRONLY | O_NONBLOCK);
    check("write only, and somebody reads", writer >= 0);
    check_result("a writer, and nothing there", call(__NR_read, reader, got, 10), -EAGAIN);
    check_result("write", call(__NR_write, writer, "hello", 5), 5);
    check_result("to be read", events(reader), POLLIN);
    check_result("read", call(__NR_read, reader, got, 10), 5);
    check("what was written", memcmp(got, "hello", 5) == 0);
    call(__NR_write, writer, "rest", 4);
    call(__NR_close, writer);
    check_result("the writer hung up", events(reader), POLLIN | POLLHUP);
    check_result("the rest", call(__NR_read, reader, got, 10), 4);
    check_result("the end", call(__NR_read, reader, got, 10), 0);
    writer = fifo_open(O_WRONLY);
    check_result("the next writer: no hang-up any more", events(reader), 0);
    check_result("no end either", call(__NR_read, reader, got, 10), -EAGAIN);
    call(__NR_close, reader);
    check_result("the reader is gone", events(writer), POLLOUT | POLLERR);
    check_result("nobody reads", call(__NR_write, writer, "x", 1), -EPIPE);
    both = fifo_open(O_RDWR);
    check("both ways never waits", both >= 0);
    check_result("now somebody reads", call(__NR_write, writer, "x", 1), 1);
    check_result("it is one pipe", call(__NR_read, both, got, 10), 1);
    check_result("written by itself", call(__NR_write, both, "y", 1), 1);
    call(__NR_close, both);
    call(__NR_close, writer);
    reader = fifo_open(O_RDONLY | O_NONBLOCK);
    check_result("what nobody held open is lost", call(__NR_read, reader, got, 10), 0);
    call(__NR_close, reader);
}

static void test_status(void)
{
    struct stat status;
    int both = fifo_open(O_RDWR | O_NONBLOCK);

    check_result("fstat", call(__NR_fstat, both, &status), 0);
    check_result("it is a pipe", status.st_mode, S_IFIFO | 0640);
    check_result("stat by name", call(__NR_stat, name, &status), 0);
    check_result("says so, too", status.st_mode, S_IFIFO | 0640);
    check_result("F_GETPIPE_SZ", call(__NR_fcntl, both, F_GETPIPE_SZ), 65536);
    check_result("F_GETFL", call(__NR_fcntl, both, F_GETFL) & ~0100000, O_RDWR | O_NONBLOCK);
    check_result("lseek", call(__NR_lseek, both, 0, 0), -ESPIPE);
    check_result("ftruncate", call(__NR_ftruncate, both, 0), -EINVAL);
    check_result("the name goes", call(__NR_unlink, name), 0);
    check_result("write", call(__NR_write, both, "x", 1), 1);
    check_result("the pipe stays", call(__NR_read, both, got, 10), 1);
    call(__NR_close, both);
}

int main(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    call(__NR_umask, 022);
    call(__NR_unlink, name);
    check_result("mknod", call(__NR_mknod, name, S_IFIFO | 0640, 0), 0);
    check_result("mknod again", call(__NR_mknod, name, S_IFIFO | 0640, 0), -EEXIST);
    test_opening();
    test_status();
    return check_finish();
}
