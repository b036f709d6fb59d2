/* SPDX-License-Identifier: MIT */
/*
 * Bytes of ordinary files: positions, appending, holes and where they are, sizes, reserving and
 * punching, what bad buffers leave behind, the limit on a file's size.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define NAME "/dev/shm/galette-regular-file"

static int fd;
static char buffer[5 * PAGE];

static int reopen(int flags)
{
    return (int)call(__NR_openat, AT_FDCWD, NAME, flags, 0600);
}

static void make_empty(void)
{
    if (fd > 0)
        call(__NR_close, fd);
    fd = reopen(O_RDWR | O_CREAT | O_TRUNC);
    check("an empty file", fd >= 0);
}

static long size_now(void)
{
    struct stat status;
    return call(__NR_fstat, fd, &status) == 0 ? (long)status.st_size : -1;
}

static long blocks_now(void)
{
    struct stat status;
    return call(__NR_fstat, fd, &status) == 0 ? (long)status.st_blocks : -1;
}

static bool zeros(long offset, size_t size)
{
    memset(buffer, 1, sizeof(buffer));
    if (call(__NR_pread64, fd, buffer, size, offset) != (long)size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (buffer[i] != 0)
            return false;
    return buffer[size] == 1;
}

static void test_positions(void)
{
    make_empty();
    memset(buffer, 'a', sizeof(buffer));
    check_result("write", call(__NR_write, fd, buffer, 5000), 5000);
    check_result("at the end", call(__NR_read, fd, buffer, 1), 0);
    check_result("lseek", call(__NR_lseek, fd, 4999, SEEK_SET), 4999);
    check_result("one byte is left", call(__NR_read, fd, buffer, 100), 1);
    check_result("backwards", call(__NR_lseek, fd, -5000, SEEK_CUR), 0);
    check_result("before the start", call(__NR_lseek, fd, -1, SEEK_CUR), -EINVAL);
    check_result("far away", call(__NR_lseek, fd, 1L << 40, SEEK_SET), 1L << 40);
    check_result("nothing there", call(__NR_read, fd, buffer, 1), 0);
    check_result("too far", call(__NR_lseek, fd, INT64_MAX, SEEK_END), -EINVAL);
    check_result("no such way", call(__NR_lseek, fd, 0, 7), -EINVAL);
    check_result("pread64 does not move", call(__NR_pread64, fd, buffer, 10, 4995), 5);
    check_result("still there", call(__NR_lseek, fd, 0, SEEK_CUR), 1L << 40);
    check_result("a negative place", call(__NR_pread64, fd, buffer, 10, -1), -EINVAL);
    check_result("nothing written", call(__NR_pwrite64, fd, buffer, 0, 9999), 0);
    check_result("nothing grown", size_now(), 5000);
}

static void test_append(void)
{
    make_empty();
    int other = reopen(O_WRONLY | O_APPEND);
    check_result("write", call(__NR_write, fd, "12345", 5), 5);
    check_result("append", call(__NR_write, other, "678", 3), 3);
    check_result("its position", call(__NR_lseek, other, 0, SEEK_CUR), 8);
    check_result("not where asked", call(__NR_pwrite64, other, "9", 1, 0), 1);
    check_result("all", call(__NR_pread64, fd, buffer, 100, 0), 9);
    check("in order", memcmp(buffer, "123456789", 9) == 0);
    check_result("not for reading", call(__NR_read, other, buffer, 1), -EBADF);
    call(__NR_close, other);
}

static void test_holes(void)
{
    make_empty();
    check_result("grown", call(__NR_ftruncate, fd, 20 * PAGE), 0);
    check_result("without memory", blocks_now(), 0);
    check("zeros", zeros(3 * PAGE + 5, 3 * PAGE));
    check_result("no data", call(__NR_lseek, fd, 0, SEEK_DATA), -ENXIO);
    check_result("all hole", call(__NR_lseek, fd, 5, SEEK_HOLE), 5);
    call(__NR_pwrite64, fd, "x", 1, 4 * PAGE + 9);
    call(__NR_pwrite64, fd, "y", 1, 5 * PAGE);
    call(__NR_pwrite64, fd, "z", 1, 10 * PAGE);
    check_result("three pages", blocks_now(), 3 * 8);
    check_result("data", call(__NR_lseek, fd, 0, SEEK_DATA), 4 * PAGE);
    check_result("within data", call(__NR_lseek, fd, 4 * PAGE + 100, SEEK_DATA), 4 * PAGE + 100);
    check_result("the hole behind", call(__NR_lseek, fd, 4 * PAGE, SEEK_HOLE), 6 * PAGE);
    check_result("the next data", call(__NR_lseek, fd, 6 * PAGE, SEEK_DATA), 10 * PAGE);
    check_result("no more data", call(__NR_lseek, fd, 11 * PAGE, SEEK_DATA), -ENXIO);
    check_result("at the end", call(__NR_lseek, fd, 20 * PAGE, SEEK_HOLE), -ENXIO);
    check_result("a negative place", call(__NR_lseek, fd, -1, SEEK_DATA), -ENXIO);
    check_result("full to the end", call(__NR_ftruncate, fd, 10 * PAGE + 1), 0);
    check_result("the end is a hole", call(__NR_lseek, fd, 10 * PAGE, SEEK_HOLE), 10 * PAGE + 1);
    check("bytes between are zeros", zeros(4 * PAGE + 10, PAGE - 10));
}

/* Up to the largest offset there is. */
static void test_far(void)
{
    const long places[] = {1L << 31, (1L << 32) - 1, 1L << 40, 1L << 62, INT64_MAX - PAGE};
    make_empty();
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        check_result("far away", call(__NR_pwrite64, fd, "abc", 3, places[i]), 3);
        check_result("so large", size_now(), places[i] + 3);
        check_result("bytes", call(__NR_pread64, fd, buffer, 100, places[i] + 1), 2);
        check_result("data", call(__NR_lseek, fd, places[i], SEEK_DATA), places[i]);
    }
    check_result("the first", call(__NR_lseek, fd, 0, SEEK_DATA), 1L << 31);
    const struct call_case cases[] = {
        {"over the end", __NR_pwrite64, {fd, (long)buffer, 3, INT64_MAX - 1}, -EINVAL},
        {"at the end", __NR_pwrite64, {fd, (long)buffer, 1, INT64_MAX}, -EINVAL},
        {"read over the end", __NR_pread64, {fd, (long)buffer, 3, INT64_MAX - 1}, -EINVAL},
        {"the largest size", __NR_ftruncate, {fd, INT64_MAX}, 0},
        {"its end", __NR_lseek, {fd, 0, SEEK_END}, INT64_MAX},
        {"behind it", __NR_lseek, {fd, 1, SEEK_CUR}, -EINVAL},
        {"a write there", __NR_write, {fd, (long)buffer, 1}, -EINVAL},
        {"reserved too far", __NR_fallocate, {fd, 0, INT64_MAX - PAGE, PAGE + 1}, -EFBIG},
        {"reserved too much", __NR_fallocate, {fd, 0, 0, 1L << 45}, -ENOSPC},
        {"punched", __NR_fallocate, {fd, 3, 0, 1L << 62}, 0},
        {"the next", __NR_lseek, {fd, 0, SEEK_DATA}, 1L << 62},
        {"nothing", __NR_ftruncate, {fd, 0}, 0},
        {"without memory", __NR_read, {fd, (long)buffer, -1}, -EFAULT},
        {"before the start", __NR_pread64, {fd, (long)buffer, 1, INT64_MIN}, -EINVAL},
    };
    CHECK_CALLS(cases);
    check_result("no memory is left", blocks_now(), 0);
}

static void test_sizes(void)
{
    make_empty();
    memset(buffer, 'b', sizeof(buffer));
    call(__NR_write, fd, buffer, 2 * PAGE + 50);
    check_result("shorter", call(__NR_ftruncate, fd, PAGE + 10), 0);
    check_result("so short", size_now(), PAGE + 10);
    check_result("longer", call(__NR_ftruncate, fd, 3 * PAGE), 0);
    check("the old bytes are gone", zeros(PAGE + 10, 2 * PAGE - 10));
    check_result("by name", call(__NR_truncate, NAME, 7), 0);
    check_result("so short", size_now(), 7);
    check_result("a negative size", call(__NR_ftruncate, fd, -1), -EINVAL);
    int reading = reopen(O_RDONLY);
    check_result("not open for writing", call(__NR_ftruncate, reading, 0), -EINVAL);
    check_result("nor for that", call(__NR_write, reading, "x", 1), -EBADF);
    call(__NR_close, reading);
    reading = reopen(O_RDONLY | O_TRUNC);
    check_result("O_TRUNC", size_now(), 0);
    call(__NR_close, reading);
}

static void test_fallocate(void)
{
    make_empty();
    memset(buffer, 'c', sizeof(buffer));
    check_result("reserve", call(__NR_fallocate, fd, 0, 0, 3 * PAGE + 1), 0);
    check_result("it has that size", size_now(), 3 * PAGE + 1);
    check_result("and that memory", blocks_now(), 4 * 8);
    check("zeros", zeros(0, 3 * PAGE + 1));
    check_result("reserve behind the end",
                 call(__NR_fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 6 * PAGE), 0);
    check_result("the size stays", size_now(), 3 * PAGE + 1);
    check_result("the memory is there", blocks_now(), 6 * 8);
    memset(buffer, 'c', sizeof(buffer));
    call(__NR_pwrite64, fd, buffer, 4 * PAGE, 0);
    check_result("punch",
                 call(__NR_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE - 100,
                      PAGE + 200),
                 0);
    check("zeros in the hole", zeros(PAGE - 100, PAGE + 200));
    check_result("around it", call(__NR_pread64, fd, buffer, PAGE, PAGE - 101), PAGE);
    check("the bytes are kept", buffer[0] == 'c' && buffer[1] == 0);
    check_result("the size stays", size_now(), 4 * PAGE);
    check_result("a page is free", call(__NR_lseek, fd, 0, SEEK_HOLE), PAGE);
    const struct call_case cases[] = {
        {"punching that grows", __NR_fallocate, {fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE}, -EOPNOTSUPP},
        {"no length", __NR_fallocate, {fd, 0, 0, 0}, -EINVAL},
        {"a negative length", __NR_fallocate, {fd, 0, 0, -1}, -EINVAL},
        {"a negative place", __NR_fallocate, {fd, 0, -1, 1}, -EINVAL},
        {"too much", __NR_fallocate, {fd, 0, INT64_MAX, PAGE}, -EFBIG},
        {"no file", __NR_fallocate, {-1, 0, 0, PAGE}, -EBADF},
    };
    CHECK_CALLS(cases);
}

static void test_bad_buffers(void)
{
    make_empty();
    char *hole = page_before_hole();
    memset(hole - 30, 'd', 30);
    check_result("as much as there is", call(__NR_pwrite64, fd, hole - 30, 100, PAGE - 10), 30);
    check_result("has been written", size_now(), PAGE + 20);
    check_result("nothing", call(__NR_pwrite64, fd, hole, 100, 5), -EFAULT);
    check_result("no buffer", call(__NR_pwrite64, fd, KERNEL_ADDRESS, 10, 0), -EFAULT);
    check_result("half a read", call(__NR_pread64, fd, hole - 10, 100, PAGE - 10), 10);
    check_result("no read", call(__NR_pread64, fd, hole, 100, 0), -EFAULT);
    check_result("at the end no buffer is needed", call(__NR_pread64, fd, hole, 100, 9 * PAGE), 0);
}

static int signals;

static void count_signal(int number)
{
    signals += number == SIGXFSZ;
}

static void test_limit(void)
{
    struct rlimit old, low = {.rlim_cur = 1000};

    make_empty();
    signal(SIGXFSZ, count_signal);
    call(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, &old);
    low.rlim_max = old.rlim_max;
    check_result("a limit", call(__NR_prlimit64, 0, RLIMIT_FSIZE, &low, 0), 0);
    check_result("up to it", call(__NR_pwrite64, fd, buffer, 2000, 0), 1000);
    check_result("without a signal", signals, 0);
    check_result("beyond it", call(__NR_pwrite64, fd, buffer, 1, 1000), -EFBIG);
    check_result("with a signal", signals, 1);
    check_result("nothing beyond it", call(__NR_pwrite64, fd, buffer, 0, 2000), 0);
    check_result("below it", call(__NR_pwrite64, fd, buffer, 10, 990), 10);
    check_result("ftruncate", call(__NR_ftruncate, fd, 1001), -EFBIG);
    check_result("fallocate", call(__NR_fallocate, fd, 0, 0, 1001), -EFBIG);
    check_result("each with a signal", signals, 3);
    check_result("fallocate behind the end", call(__NR_fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 2000),
                 -EFBIG);
    check_result("the size", size_now(), 1000);
    low.rlim_cur = 500;
    check_result("a limit below the size", call(__NR_prlimit64, 0, RLIMIT_FSIZE, &low, 0), 0);
    check_result("shorter, not short enough", call(__NR_ftruncate, fd, 800), 0);
    check_result("longer again", call(__NR_ftruncate, fd, 900), -EFBIG);
    check_result("within the file", call(__NR_pwrite64, fd, buffer, 1, 600), -EFBIG);
    int reading = reopen(O_RDONLY), ends[2];
    check_result("to that", call(__NR_lseek, fd, 500, SEEK_SET), 500);
    check_result("sendfile", call(__NR_sendfile, fd, reading, 0, 100), -EFBIG);
    check_result("a pipe has none", call(__NR_pipe, ends), 0);
    check_result("it takes more", call(__NR_write, ends[1], buffer, 2000), 2000);
    call(__NR_close, reading);
    check_result("each with a signal", signals, 7);
    call(__NR_prlimit64, 0, RLIMIT_FSIZE, &old, 0);
}

int main(void)
{
    test_positions();
    test_append();
    test_holes();
    test_far();
    test_sizes();
    test_fallocate();
    test_bad_buffers();
    test_limit();
    call(__NR_unlink, NAME);
    return check_finish();
}
