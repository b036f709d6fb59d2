/* SPDX-License-Identifier: MIT */
/* /dev: null, zero, full, random, the links to the program's own files. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static char buffer[3 * PAGE];
static struct stat status;

static int open_device(const char *name, int flags)
{
    return (int)call(__NR_openat, AT_FDCWD, name, flags);
}

static void check_number(const char *name, unsigned long device)
{
    long result = call(__NR_newfstatat, AT_FDCWD, name, &status, 0);
    check(name, result == 0 && S_ISCHR(status.st_mode) && status.st_rdev == device);
}

static bool all_are(char byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (buffer[i] != byte)
            return false;
    return true;
}

static void test_null(void)
{
    int fd = open_device("/dev/null", O_RDWR);
    check_result("null is empty", call(__NR_read, fd, buffer, 10), 0);
    check_result("null takes all", call(__NR_write, fd, buffer, sizeof(buffer)), sizeof(buffer));
    check_result("null takes what cannot be read", call(__NR_write, fd, 16, 5), 5);
    check_result("null refuses the kernel's memory", call(__NR_write, fd, KERNEL_ADDRESS, 5),
                 -EFAULT);
    check_result("null takes at a position", call(__NR_pwrite64, fd, buffer, 7, 1000), 7);
    check_result("null seeks to 0", call(__NR_lseek, fd, 77, SEEK_SET), 0);
    check_result("null cannot be mapped", call(__NR_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0),
                 -ENODEV);
    call(__NR_close, fd);
}

static void test_zero(void)
{
    int fd = open_device("/dev/zero", O_RDWR);
    memset(buffer, 7, sizeof(buffer));
    check_result("zero fills", call(__NR_read, fd, buffer, 2 * PAGE + 3), 2 * PAGE + 3);
    check("zero fills with zeros", all_are(0, 2 * PAGE + 3));
    check("zero fills no more", buffer[2 * PAGE + 3] == 7);
    check_result("zero into nowhere", call(__NR_read, fd, 16, 5), -EFAULT);
    check_result("zero reads nothing", call(__NR_read, fd, buffer, 0), 0);
    check_result("zero takes all", call(__NR_write, fd, buffer, 100), 100);
    char *pages = (char *)call(__NR_mmap, 0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    pages[PAGE] = 1;
    check("zero mapped is zero", pages[0] == 0 && pages[PAGE] == 1);
    pages = (char *)call(__NR_mmap, 0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    pages[PAGE] = 1;
    check("zero mapped shared is zero", pages[0] == 0 && pages[PAGE] == 1);
    call(__NR_close, fd);
}

static void test_half_mapped(void)
{
    char *pages = pages_map_apart(2);
    int fd = open_device("/dev/zero", O_RDONLY);
    call(__NR_munmap, pages + PAGE, PAGE);
    check_result("zero up to the end of memory", call(__NR_read, fd, pages + PAGE - 20, 100), 20);
    call(__NR_close, fd);
}

static void test_full(void)
{
    int fd = open_device("/dev/full", O_RDWR);
    memset(buffer, 7, 100);
    check_result("full reads", call(__NR_read, fd, buffer, 100), 100);
    check("full reads zeros", all_are(0, 100));
    check_result("full is full", call(__NR_write, fd, buffer, 1), -ENOSPC);
    call(__NR_close, fd);
}

static void test_random(void)
{
    int fd = open_device("/dev/urandom", O_RDWR);
    check_result("urandom reads", call(__NR_read, fd, buffer, sizeof(buffer)), sizeof(buffer));
    check("and it differs", memcmp(buffer, buffer + PAGE, PAGE) != 0);
    check_result("urandom takes", call(__NR_write, fd, buffer, 1000), 1000);
    check_result("urandom from nowhere", call(__NR_write, fd, 16, 10), -EFAULT);
    call(__NR_close, fd);
}

static void test_own_files(void)
{
    char name[] = "/dev/fd/0";
    int fd = open_device("/dev/null", O_RDWR);
    name[8] = (char)('0' + fd);
    int again = open_device(name, O_RDONLY);
    check("an open file opens by its number", again > fd);
    check_result("and is the device", call(__NR_read, again, buffer, 10), 0);
    check_result("read-only this time", call(__NR_write, again, buffer, 10), -EBADF);
    long length = call(__NR_readlinkat, AT_FDCWD, name, buffer, 100);
    check("the link tells its name", length == 9 && memcmp(buffer, "/dev/null", 9) == 0);
    call(__NR_close, fd);
    check_result("a closed one is gone", open_device(name, O_RDONLY), -ENOENT);
    call(__NR_close, again);
}

int main(void)
{
    check_number("/dev/null", 0x103);
    check_number("/dev/zero", 0x105);
    check_number("/dev/full", 0x107);
    check_number("/dev/random", 0x108);
    check_number("/dev/urandom", 0x109);
    check_number("/dev/tty", 0x500);
    test_null();
    test_zero();
    test_half_mapped();
    test_full();
    test_random();
    test_own_files();
    return check_finish();
}
