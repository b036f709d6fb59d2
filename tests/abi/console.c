/* SPDX-License-Identifier: MIT */
/*
 * Descriptors 0, 1 and 2: write, writev, read, readv, fstat, newfstatat, ioctl, close. Nothing is
 * read here that would wait for input. What depends on standard output being a terminal is asked
 * for first, and checked either way.
 */
#include "tests/abi/check.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

static char buffer[64];

static void test_write(void)
{
    static const char line[] = "ok write prints these bytes\n";
    char *hole = page_before_hole();
    struct call_case cases[] = {
        {"write of nothing", __NR_write, {1, (long)buffer, 0}, 0},
        {"write of nothing from nowhere", __NR_write, {1, 0, 0}, 0},
        {"write to a descriptor that is not open", __NR_write, {99, (long)buffer, 1}, -EBADF},
        {"write to descriptor -1", __NR_write, {-1, (long)buffer, 1}, -EBADF},
        {"write from a null pointer", __NR_write, {1, 0, 1}, -EFAULT},
        {"write from the kernel", __NR_write, {1, (long)KERNEL_ADDRESS, 1}, -EFAULT},
        {"write from beyond user space", __NR_write, {1, (long)USER_END, 1}, -EFAULT},
        {"write from a non-canonical address", __NR_write, {1, (long)NON_CANONICAL, 1}, -EFAULT},
        {"write from the last address", __NR_write, {1, -1, 1}, -EFAULT},
        {"write into a hole", __NR_write, {1, (long)(hole - 1), 2}, -EFAULT},
        {"write of more than there can be", __NR_write, {1, (long)buffer, -1}, -EFAULT},
        {"bad descriptor comes before bad pointer", __NR_write, {99, 0, 1}, -EBADF},
    };

    check_result("write returns the count", call(__NR_write, 1, line, strlen(line)),
                 (long)strlen(line));
    CHECK_CALLS(cases);
}

static void test_read(void)
{
    struct iovec vector = {buffer, sizeof(buffer)};
    struct call_case cases[] = {
        {"read of nothing", __NR_read, {0, (long)buffer, 0}, 0},
        {"read from a descriptor that is not open", __NR_read, {99, (long)buffer, 1}, -EBADF},
        {"read into the kernel", __NR_read, {0, (long)KERNEL_ADDRESS, 1}, -EFAULT},
        {"readv of nothing", __NR_readv, {0, (long)&vector, 0}, 0},
        {"readv from a descriptor that is not open", __NR_readv, {99, (long)&vector, 1}, -EBADF},
        {"readv with a null vector", __NR_readv, {0, 0, 1}, -EFAULT},
        {"readv with too many parts", __NR_readv, {0, (long)&vector, 1025}, -EINVAL},
        {"readv with -1 parts", __NR_readv, {0, (long)&vector, -1}, -EINVAL},
    };

    CHECK_CALLS(cases);
}

static void test_writev(void)
{
    static char text[] = "ok writev gathers its parts\n";
    struct iovec parts[] = {{text, 10}, {NULL, 0}, {text + 10, sizeof(text) - 11}};
    struct iovec negative[] = {{buffer, 1}, {buffer, (size_t)-1}};
    struct iovec kernel[] = {{(void *)KERNEL_ADDRESS, 1}};
    struct iovec nowhere[] = {{NULL, 1}};
    char *hole = page_before_hole();
    struct call_case cases[] = {
        {"writev of no parts", __NR_writev, {1, (long)parts, 0}, 0},
        {"writev of no parts from nowhere", __NR_writev, {1, 0, 0}, 0},
        {"writev of an empty part", __NR_writev, {1, (long)(parts + 1), 1}, 0},
        {"writev of too many parts", __NR_writev, {1, (long)parts, 1025}, -EINVAL},
        {"writev of -1 parts", __NR_writev, {1, (long)parts, -1}, -EINVAL},
        {"writev of a negative length", __NR_writev, {1, (long)negative, 2}, -EINVAL},
        {"writev from the kernel", __NR_writev, {1, (long)kernel, 1}, -EFAULT},
        {"writev from a null pointer", __NR_writev, {1, (long)nowhere, 1}, -EFAULT},
        {"writev with a null vector", __NR_writev, {1, 0, 1}, -EFAULT},
        {"writev with a vector into a hole", __NR_writev, {1, (long)(hole - 8), 1}, -EFAULT},
        {"writev to a descriptor that is not open", __NR_writev, {99, (long)parts, 1}, -EBADF},
    };

    check_result("writev returns the count", call(__NR_writev, 1, parts, 3), sizeof(text) - 1);
    CHECK_CALLS(cases);
}

static void test_stat(void)
{
    static struct stat by_fd, by_path;
    struct call_case cases[] = {
        {"fstat of a descriptor that is not open", __NR_fstat, {99, (long)&by_fd}, -EBADF},
        {"fstat into nowhere", __NR_fstat, {1, 0}, -EFAULT},
        {"newfstatat of an empty path without the flag",
         __NR_newfstatat,
         {1, (long)"", (long)&by_path, 0},
         -ENOENT},
        {"newfstatat of a descriptor that is not open",
         __NR_newfstatat,
         {99, (long)"", (long)&by_path, AT_EMPTY_PATH},
         -EBADF},
        {"newfstatat with a bad flag",
         __NR_newfstatat,
         {1, (long)"", (long)&by_path, 0x40000000},
         -EINVAL},
        {"newfstatat of what is not there",
         __NR_newfstatat,
         {AT_FDCWD, (long)"/no/such/file", (long)&by_path, 0},
         -ENOENT},
    };

    memset(&by_fd, 0x55, sizeof(by_fd));
    memset(&by_path, 0xaa, sizeof(by_path));
    check_result("fstat", call(__NR_fstat, 1, &by_fd), 0);
    check_result("newfstatat with AT_EMPTY_PATH",
                 call(__NR_newfstatat, 1, "", &by_path, AT_EMPTY_PATH), 0);
    check("both agree", by_fd.st_mode == by_path.st_mode && by_fd.st_ino == by_path.st_ino &&
                            by_fd.st_dev == by_path.st_dev && by_fd.st_rdev == by_path.st_rdev &&
                            by_fd.st_blksize == by_path.st_blksize);
    check("standard output is a terminal or a pipe",
          (S_ISCHR(by_fd.st_mode) && by_fd.st_rdev != 0) || S_ISFIFO(by_fd.st_mode));
    check("a link, a block size and no size",
          by_fd.st_nlink >= 1 && by_fd.st_blksize > 0 && by_fd.st_size == 0);
    CHECK_CALLS(cases);
}

static void test_ioctl(void)
{
    static struct termios settings;
    static struct winsize size;
    bool terminal = call(__NR_ioctl, 1, TCGETS, &settings) == 0;
    long answer = terminal ? 0 : -ENOTTY;
    struct call_case cases[] = {
        {"TCGETS", __NR_ioctl, {1, TCGETS, (long)&settings}, answer},
        {"TIOCGWINSZ", __NR_ioctl, {1, TIOCGWINSZ, (long)&size}, answer},
        {"TCSETS of the same settings", __NR_ioctl, {1, TCSETS, (long)&settings}, answer},
        {"TCGETS into nowhere", __NR_ioctl, {1, TCGETS, 0}, terminal ? -EFAULT : -ENOTTY},
        {"TIOCGWINSZ into nowhere", __NR_ioctl, {1, TIOCGWINSZ, 0}, terminal ? -EFAULT : -ENOTTY},
        {"a request nobody knows", __NR_ioctl, {1, 0x12345678, 0}, -ENOTTY},
        {"ioctl of a descriptor that is not open", __NR_ioctl, {99, TCGETS, 0}, -EBADF},
    };

    CHECK_CALLS(cases);
    check("a terminal has eight bits to a character",
          !terminal || (settings.c_cflag & CSIZE) == CS8);
}

static void test_close(void)
{
    struct iovec vector = {buffer, 1};
    struct call_case cases[] = {
        {"close of a descriptor that is not open", __NR_close, {99}, -EBADF},
        {"close of descriptor -1", __NR_close, {-1}, -EBADF},
        {"close of standard input", __NR_close, {0}, 0},
        {"close of it again", __NR_close, {0}, -EBADF},
        {"read when closed", __NR_read, {0, (long)buffer, 1}, -EBADF},
        {"readv when closed", __NR_readv, {0, (long)&vector, 1}, -EBADF},
        {"fstat when closed", __NR_fstat, {0, (long)buffer}, -EBADF},
        {"ioctl when closed", __NR_ioctl, {0, TCGETS, (long)buffer}, -EBADF},
        {"close of standard error", __NR_close, {2}, 0},
        {"write when closed", __NR_write, {2, (long)buffer, 1}, -EBADF},
        {"writev when closed", __NR_writev, {2, (long)&vector, 1}, -EBADF},
    };

    CHECK_CALLS(cases);
}

int main(void)
{
    test_write();
    test_read();
    test_writev();
    test_stat();
    test_ioctl();
    test_close();
    return check_finish();
}
