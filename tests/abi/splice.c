/* SPDX-License-Identifier: MIT */
/*
 * sendfile, splice, tee, vmsplice and copy_file_range, between files of memory and pipes.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#define SIZE (20 * PAGE)

static char bytes[SIZE], got[SIZE];
static int from, to, first[2], second[2];

static int memory_open(size_t size)
{
    int fd = (int)call(__NR_memfd_create, "x", 0);

    if (size > 0)
        call(__NR_write, fd, bytes, size);
    call(__NR_lseek, fd, 0, SEEK_SET);
    return fd;
}

static void all_open(size_t size)
{
    from = memory_open(size);
    to = memory_open(0);
    call(__NR_pipe2, first, O_NONBLOCK);
    call(__NR_pipe2, second, O_NONBLOCK);
}

static void all_close(void)
{
    call(__NR_close, from);
    call(__NR_close, to);
    for (int i = 0; i < 2; i++) {
        call(__NR_close, first[i]);
        call(__NR_close, second[i]);
    }
}

static long position(int fd)
{
    return call(__NR_lseek, fd, 0, SEEK_CUR);
}

static bool holds(int fd, long offset, const char *expected, size_t size)
{
    return call(__NR_pread64, fd, got, size, offset) == (long)size &&
           memcmp(got, expected, size) == 0;
}

static void test_sendfile(void)
{
    long offset = 10;

    all_open(SIZE);
    check_result("sendfile", call(__NR_sendfile, to, from, NULL, 1000), 1000);
    check("moves both positions", position(from) == 1000 && position(to) == 1000);
    check("and the bytes", holds(to, 0, bytes, 1000));
    check_result("from an offset", call(__NR_sendfile, to, from, &offset, 100), 100);
    check("moves the offset", offset == 110 && position(from) == 1000);
    check("those bytes", holds(to, 1000, bytes + 10, 100));
    check_result("more than there is", call(__NR_sendfile, to, from, NULL, 10 * SIZE), SIZE - 1000);
    check_result("at the end", call(__NR_sendfile, to, from, NULL, 100), 0);
    check("all came along", holds(to, 1100, bytes + 1000, SIZE - 1000));
    offset = 0;
    check_result("into a pipe as much as fits", call(__NR_sendfile, first[1], from, &offset, SIZE),
                 16 * PAGE);
    check_result("then it is full", call(__NR_sendfile, first[1], from, &offset, 1), -EAGAIN);
    check_result("it comes out", call(__NR_read, first[0], got, SIZE), 16 * PAGE);
    check("unchanged", memcmp(got, bytes, 16 * PAGE) == 0);
    check_result("nothing", call(__NR_sendfile, to, from, NULL, 0), 0);
    check_result("from a pipe", call(__NR_sendfile, to, first[0], NULL, 10), -EINVAL);
    check_result("from an offset in a pipe", call(__NR_sendfile, to, first[0], &offset, 10),
                 -ESPIPE);
    offset = -1;
    check_result("from a negative offset", call(__NR_sendfile, to, from, &offset, 10), -EINVAL);
    call(__NR_fcntl, to, F_SETFL, O_APPEND);
    check_result("to a file that appends", call(__NR_sendfile, to, from, NULL, 10), -EINVAL);
    check_result("offset in the kernel", call(__NR_sendfile, to, from, KERNEL_ADDRESS, 10),
                 -EFAULT);
    check_result("from what is not open", call(__NR_sendfile, to, 99, NULL, 10), -EBADF);
    check_result("to what is not open", call(__NR_sendfile, 99, from, NULL, 10), -EBADF);
    check_result("to a reader", call(__NR_sendfile, first[0], from, NULL, 10), -EBADF);
    all_close();
}

static void test_splice(void)
{
    long offset = 100;

    all_open(SIZE);
    check_result("file to pipe", call(__NR_splice, from, NULL, first[1], NULL, 5000, 0), 5000);
    check_result("moves the position", position(from), 5000);
    check_result("from an offset", call(__NR_splice, from, &offset, first[1], NULL, 10, 0), 10);
    check("moves the offset", offset == 110 && position(from) == 5000);
    check_result("pipe to pipe, a part",
                 call(__NR_splice, first[0], NULL, second[1], NULL, 4000, 0), 4000);
    check_result("and the rest", call(__NR_splice, first[0], NULL, second[1], NULL, SIZE, 0), 1010);
    check_result("nothing is left", call(__NR_splice, first[0], NULL, second[1], NULL, 1, 0),
                 -EAGAIN);
    check_result("pipe to file", call(__NR_splice, second[0], NULL, to, NULL, SIZE, 0), 5010);
    check("moves the position, too", position(to) == 5010);
    check("the bytes are there", holds(to, 0, bytes, 5000) && holds(to, 5000, bytes + 100, 10));
    call(__NR_write, first[1], "hello", 5);
    offset = 2;
    check_result("pipe to file at an offset",
                 call(__NR_splice, first[0], NULL, to, &offset, 3, SPLICE_F_MOVE), 3);
    check("moves the offset alone", offset == 5 && position(to) == 5010);
    check("those bytes", holds(to, 2, "hel", 3));
    check_result("the rest stays", call(__NR_read, first[0], got, 10), 2);
    check("in the pipe", memcmp(got, "lo", 2) == 0);
    check_result("as much as fits", call(__NR_splice, from, NULL, first[1], NULL, SIZE, 0),
                 16 * PAGE - 5000 % PAGE);
    check_result("then it is full",
                 call(__NR_splice, from, NULL, first[1], NULL, SIZE, SPLICE_F_NONBLOCK), -EAGAIN);
    all_close();
}

static void test_splice_ends(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    long offset = 0;

    sigaction(SIGPIPE, &ignore, NULL);
    all_open(SIZE);
    struct call_case cases[] = {
        {"of nothing", __NR_splice, {99, 0, 99, 0, 0, 0}, 0},
        {"with bad flags", __NR_splice, {99, 0, 99, 0, 1, 0x100}, -EINVAL},
        {"what is not open", __NR_splice, {99, 0, first[1], 0, 1, 0}, -EBADF},
        {"to what is not open", __NR_splice, {from, 0, 99, 0, 1, 0}, -EBADF},
        {"between files", __NR_splice, {from, 0, to, 0, 1, 0}, -EINVAL},
        {"a pipe to itself", __NR_splice, {first[0], 0, first[1], 0, 1, 0}, -EINVAL},
        {"from a writer", __NR_splice, {first[1], 0, to, 0, 1, 0}, -EBADF},
        {"to a reader", __NR_splice, {from, 0, first[0], 0, 1, 0}, -EBADF},
        {"from an offset in a pipe", __NR_splice, {first[0], (long)&offset, to, 0, 1, 0}, -ESPIPE},
        {"to an offset in a pipe", __NR_splice, {from, 0, first[1], (long)&offset, 1, 0}, -ESPIPE},
        {"offset in the kernel",
         __NR_splice,
         {from, (long)KERNEL_ADDRESS, first[1], 0, 1, 0},
         -EFAULT},
        {"from an empty pipe", __NR_splice, {first[0], 0, to, 0, 1, 0}, -EAGAIN},
    };
    CHECK_CALLS(cases);
    call(__NR_close, first[1]);
    check_result("the writer is gone", call(__NR_splice, first[0], 0, to, 0, 1, 0), 0);
    call(__NR_close, second[0]);
    check_result("the reader is gone", call(__NR_splice, from, 0, second[1], 0, 1, 0), -EPIPE);
    all_close();
}

static void test_tee(void)
{
    all_open(0);
    call(__NR_write, first[1], bytes, 6000);
    check_result("tee", call(__NR_tee, first[0], second[1], 5000, 0), 5000);
    check_result("the copy", call(__NR_read, second[0], got, SIZE), 5000);
    check("has the bytes", memcmp(got, bytes, 5000) == 0);
    check_result("all of it", call(__NR_tee, first[0], second[1], SIZE, 0), 6000);
    check_result("the original", call(__NR_read, first[0], got, SIZE), 6000);
    check("is complete", memcmp(got, bytes, 6000) == 0);
    call(__NR_write, first[1], "new", 3);
    check_result("the second copy", call(__NR_read, second[0], got, SIZE), 6000);
    check("is what it was", memcmp(got, bytes, 6000) == 0);
    call(__NR_read, first[0], got, SIZE);
    call(__NR_write, first[1], "abc", 3);
    call(__NR_tee, first[0], second[1], 3, 0);
    call(__NR_write, first[1], "def", 3);
    call(__NR_write, second[1], "xyz", 3);
    check_result("a shared page, with more written", call(__NR_read, first[0], got, SIZE), 6);
    check("is the writer's own", memcmp(got, "abcdef", 6) == 0);
    check_result("on both sides", call(__NR_read, second[0], got, SIZE), 6);
    check("is the writer's own, too", memcmp(got, "abcxyz", 6) == 0);
    check_result("from nothing", call(__NR_tee, first[0], second[1], 1, 0), -EAGAIN);
    check_result("a pipe to itself", call(__NR_tee, first[0], first[1], 1, 0), -EINVAL);
    check_result("a file", call(__NR_tee, from, first[1], 1, 0), -EINVAL);
    check_result("with bad flags", call(__NR_tee, first[0], second[1], 0, 0x100), -EINVAL);
    check_result("from a writer", call(__NR_tee, first[1], second[1], 1, 0), -EBADF);
    all_close();
}

static void test_vmsplice(void)
{
    struct iovec vectors[2] = {{bytes, 10}, {bytes + 10, 20}};
    struct iovec back[2] = {{got, 5}, {got + 5, 100}};

    all_open(0);
    check_result("vmsplice into a pipe", call(__NR_vmsplice, first[1], vectors, 2, 0), 30);
    check_result("and out of it", call(__NR_vmsplice, first[0], back, 2, 0), 30);
    check("the same bytes", memcmp(got, bytes, 30) == 0);
    check_result("no vectors", call(__NR_vmsplice, first[1], vectors, 0, 0), 0);
    check_result("too many", call(__NR_vmsplice, first[1], vectors, 1025, 0), -EINVAL);
    check_result("from nowhere", call(__NR_vmsplice, first[1], NULL, 1, 0), -EFAULT);
    check_result("into a file", call(__NR_vmsplice, to, vectors, 2, 0), -EBADF);
    check_result("with bad flags", call(__NR_vmsplice, first[1], vectors, 2, 0x100), -EINVAL);
    all_close();
}

static void test_copy_range(void)
{
    long in_offset = 4000, out_offset = 10;

    all_open(SIZE);
    check_result("copy_file_range", call(__NR_copy_file_range, from, NULL, to, NULL, 5000, 0),
                 5000);
    check("moves both positions", position(from) == 5000 && position(to) == 5000);
    check("and copies", holds(to, 0, bytes, 5000));
    check_result("with offsets",
                 call(__NR_copy_file_range, from, &in_offset, to, &out_offset, 100, 0), 100);
    check("moves them alone", in_offset == 4100 && out_offset == 110 && position(from) == 5000);
    check("to the right place", holds(to, 10, bytes + 4000, 100));
    check_result("more than there is",
                 call(__NR_copy_file_range, from, NULL, to, NULL, 10 * SIZE, 0), SIZE - 5000);
    check_result("at the end", call(__NR_copy_file_range, from, NULL, to, NULL, 10, 0), 0);
    in_offset = 0;
    out_offset = 50;
    check_result("onto itself",
                 call(__NR_copy_file_range, from, &in_offset, from, &out_offset, 100, 0), -EINVAL);
    out_offset = SIZE;
    check_result("in one file",
                 call(__NR_copy_file_range, from, &in_offset, from, &out_offset, 100, 0), 100);
    check("behind its end", holds(from, SIZE, bytes, 100));
    check_result("with flags", call(__NR_copy_file_range, from, NULL, to, NULL, 10, 1), -EINVAL);
    check_result("from a pipe", call(__NR_copy_file_range, first[0], NULL, to, NULL, 10, 0),
                 -EINVAL);
    check_result("to a pipe", call(__NR_copy_file_range, from, NULL, first[1], NULL, 10, 0),
                 -EINVAL);
    check_result("what is not open", call(__NR_copy_file_range, 99, NULL, to, NULL, 10, 0), -EBADF);
    check_result("offset in the kernel",
                 call(__NR_copy_file_range, from, KERNEL_ADDRESS, to, NULL, 10, 0), -EFAULT);
    in_offset = -1;
    check_result("a negative offset", call(__NR_copy_file_range, from, &in_offset, to, NULL, 10, 0),
                 -EOVERFLOW);
    in_offset = -100;
    check_result("one more negative", call(__NR_copy_file_range, from, &in_offset, to, NULL, 10, 0),
                 -EINVAL);
    in_offset = 0;
    out_offset = 0x7fffffffffffffff;
    check_result("beyond every size",
                 call(__NR_copy_file_range, from, &in_offset, to, &out_offset, 10, 0), -EFBIG);
    call(__NR_fcntl, to, F_SETFL, O_APPEND);
    check_result("to a file that appends", call(__NR_copy_file_range, from, NULL, to, NULL, 10, 0),
                 -EBADF);
    all_close();
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* Two GiB take their time; a signal need not wait for that. */
static void test_interrupted(void)
{
    const struct itimerval soon = {.it_value = {.tv_usec = 5000}};
    const long most = 0x7ffff000;
    int zero = (int)call(__NR_open, "/dev/zero", O_RDONLY);
    int null = (int)call(__NR_open, "/dev/null", O_WRONLY);

    signal(SIGALRM, on_alarm);
    call(__NR_setitimer, ITIMER_REAL, &soon, NULL);
    long sent = call(__NR_sendfile, null, zero, NULL, most);
    check("a signal ends sendfile early", sent > 0 && sent < most);
    call(__NR_close, zero);
    call(__NR_close, null);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 251);
    test_sendfile();
    test_splice();
    test_splice_ends();
    test_tee();
    test_vmsplice();
    test_copy_range();
    test_interrupted();
    return check_finish();
}
