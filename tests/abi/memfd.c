/* SPDX-License-Identifier: MIT */
/* Files of memory: reading, writing, holes, sizes, mappings, seals, names, bad arguments. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_ADD_SEALS
#define F_ADD_SEALS   1033
#define F_GET_SEALS   1034
#define F_SEAL_SEAL   1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW   4
#define F_SEAL_WRITE  8
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC       1
#define MFD_ALLOW_SEALING 2
#endif
#ifndef SEEK_DATA
#define SEEK_DATA 3
#define SEEK_HOLE 4
#endif

static int fd;
static char got[3 * PAGE];

static void memory_open(unsigned flags)
{
    fd = (int)call(__NR_memfd_create, "test", flags);
    check("memfd_create", fd >= 0);
}

static long seal(int seals)
{
    return call(__NR_fcntl, fd, F_ADD_SEALS, seals);
}

static void test_bytes(void)
{
    memory_open(0);
    check_result("empty", call(__NR_read, fd, got, 10), 0);
    check_result("write", call(__NR_write, fd, "hello", 5), 5);
    check_result("the position moved", call(__NR_lseek, fd, 0, SEEK_CUR), 5);
    check_result("pread64", call(__NR_pread64, fd, got, 10, 0), 5);
    check("what was written", memcmp(got, "hello", 5) == 0);
    check_result("pwrite64 far away", call(__NR_pwrite64, fd, "x", 1, 2 * PAGE + 7), 1);
    check_result("the size", call(__NR_lseek, fd, 0, SEEK_END), 2 * PAGE + 8);
    check_result("all of it", call(__NR_pread64, fd, got, sizeof(got), 0), 2 * PAGE + 8);
    check("a hole is zeros", got[4] == 'o' && got[5] == 0 && got[PAGE] == 0 && got[2 * PAGE] == 0);
    check_result("SEEK_HOLE", call(__NR_lseek, fd, 0, SEEK_HOLE), PAGE);
    check_result("SEEK_DATA", call(__NR_lseek, fd, PAGE, SEEK_DATA), 2 * PAGE);
    check_result("SEEK_DATA at the end", call(__NR_lseek, fd, 2 * PAGE + 8, SEEK_DATA), -ENXIO);
    check_result("ftruncate", call(__NR_ftruncate, fd, 3), 0);
    check_result("shorter", call(__NR_pread64, fd, got, 10, 0), 3);
    check_result("ftruncate to more", call(__NR_ftruncate, fd, 100), 0);
    check_result("longer", call(__NR_pread64, fd, got, 200, 0), 100);
    check("what was cut is gone", got[2] == 'l' && got[3] == 0 && got[99] == 0);
    check_result("ftruncate to -1", call(__NR_ftruncate, fd, -1), -EINVAL);
    check_result("fallocate", call(__NR_fallocate, fd, 0, 0, 2 * PAGE), 0);
    check_result("makes it longer", call(__NR_lseek, fd, 0, SEEK_END), 2 * PAGE);
    check_result("a hole is punched",
                 call(__NR_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), 0);
    check_result("it reads", call(__NR_pread64, fd, got, 3, 0), 3);
    check("as zeros", got[0] == 0 && got[2] == 0);
    check_result("punching must keep the size",
                 call(__NR_fallocate, fd, FALLOC_FL_PUNCH_HOLE, 0, 1), -EOPNOTSUPP);
    check_result("close", call(__NR_close, fd), 0);
}

static void test_append(void)
{
    memory_open(0);
    call(__NR_write, fd, "abc", 3);
    check_result("O_APPEND", call(__NR_fcntl, fd, F_SETFL, O_APPEND), 0);
    call(__NR_lseek, fd, 0, SEEK_SET);
    check_result("a write at the beginning", call(__NR_write, fd, "def", 3), 3);
    check_result("goes to the end", call(__NR_lseek, fd, 0, SEEK_CUR), 6);
    call(__NR_pread64, fd, got, 6, 0);
    check("behind what was there", memcmp(got, "abcdef", 6) == 0);
    call(__NR_close, fd);
}

static void test_mapping(void)
{
    memory_open(0);
    call(__NR_ftruncate, fd, 2 * PAGE);
    call(__NR_pwrite64, fd, "file", 4, 0);
    char *shared = (char *)call(__NR_mmap, 0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = (char *)call(__NR_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (!check("it is mapped", (long)shared > 0 && (long)private > 0))
        return;
    check("with its bytes", memcmp(shared, "file", 4) == 0 && memcmp(private, "file", 4) == 0);
    shared[0] = 'F';
    call(__NR_pread64, fd, got, 4, 0);
    check("a store is seen by read", memcmp(got, "File", 4) == 0);
    check("and in the private mapping, not copied yet", private[0] == 'F');
    private[1] = 'I';
    check("but not the other way round", shared[1] == 'i');
    call(__NR_pwrite64, fd, "xyz", 3, PAGE);
    check("a write is seen", memcmp(shared + PAGE, "xyz", 3) == 0);
    check_result("close", call(__NR_close, fd), 0);
    check("the mapping stays", shared[0] == 'F');
    call(__NR_munmap, shared, 2 * PAGE);
    call(__NR_munmap, private, PAGE);
}

static void test_seals(void)
{
    memory_open(0);
    check_result("not meant to be sealed", call(__NR_fcntl, fd, F_GET_SEALS), F_SEAL_SEAL);
    check_result("so it cannot", seal(F_SEAL_WRITE), -EPERM);
    call(__NR_close, fd);

    memory_open(MFD_ALLOW_SEALING);
    check_result("no seals", call(__NR_fcntl, fd, F_GET_SEALS), 0);
    call(__NR_write, fd, "12345678", 8);
    check_result("a seal there is not", seal(0x1000), -EINVAL);
    check_result("F_SEAL_SHRINK", seal(F_SEAL_SHRINK), 0);
    check_result("it cannot shrink", call(__NR_ftruncate, fd, 4), -EPERM);
    check_result("it can grow", call(__NR_ftruncate, fd, PAGE + 10), 0);
    check_result("F_SEAL_GROW", seal(F_SEAL_GROW), 0);
    check_result("it cannot grow", call(__NR_ftruncate, fd, 2 * PAGE), -EPERM);
    check_result("nor by a write at the end", call(__NR_pwrite64, fd, "x", 1, PAGE + 10), -EPERM);
    check_result("nor by fallocate", call(__NR_fallocate, fd, 0, 0, 2 * PAGE), -EPERM);
    check_result("it can be written", call(__NR_pwrite64, fd, "x", 1, PAGE + 9), 1);
    char *shared = (char *)call(__NR_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check("and mapped", (long)shared > 0);
    check_result("F_SEAL_WRITE while it is mapped", seal(F_SEAL_WRITE), -EBUSY);
    check_result("F_SEAL_FUTURE_WRITE is possible", seal(F_SEAL_FUTURE_WRITE), 0);
    check_result("no writes any more", call(__NR_pwrite64, fd, "y", 1, 0), -EPERM);
    shared[0] = 'z';
    call(__NR_pread64, fd, got, 1, 0);
    check("but stores to the old mapping", got[0] == 'z');
    check_result("no new one", call(__NR_mmap, 0, PAGE, PROT_WRITE, MAP_SHARED, fd, 0), -EPERM);
    char *reading = (char *)call(__NR_mmap, 0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    check("but one to read", byte_readable(reading));
    check_result("which cannot be made writable",
                 call(__NR_mprotect, reading, PAGE, PROT_READ | PROT_WRITE), -EACCES);
    call(__NR_munmap, reading, PAGE);
    call(__NR_munmap, shared, PAGE);
    check_result("F_SEAL_WRITE", seal(F_SEAL_WRITE), 0);
    check_result("no holes",
                 call(__NR_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE),
                 -EPERM);
    check("a private mapping is fine",
          call(__NR_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) > 0);
    check_result("F_SEAL_SEAL", seal(F_SEAL_SEAL), 0);
    check_result("no more seals", seal(F_SEAL_SHRINK), -EPERM);
    check_result("all seals", call(__NR_fcntl, fd, F_GET_SEALS),
                 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
    call(__NR_close, fd);
}

static void test_status(void)
{
    struct stat status;
    char path[40], name[64] = "";

    memory_open(MFD_CLOEXEC);
    check_result("F_GETFD", call(__NR_fcntl, fd, F_GETFD), FD_CLOEXEC);
    check_result("F_GETFL", call(__NR_fcntl, fd, F_GETFL), O_RDWR | 0100000);
    call(__NR_write, fd, "abc", 3);
    check_result("fstat", call(__NR_fstat, fd, &status), 0);
    check_result("its mode", status.st_mode, S_IFREG | 0777);
    check_result("its size", status.st_size, 3);
    check_result("its blocks", status.st_blocks, 8);
    check_result("its links", status.st_nlink, 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    check_result("its name", call(__NR_readlink, path, name, sizeof(name)), 21);
    check("says what it is", strcmp(name, "/memfd:test (deleted)") == 0);
    call(__NR_close, fd);
}

static void test_errors(void)
{
    static char name[260];
    int fds[2];

    memset(name, 'n', 250);
    call(__NR_pipe, fds);
    memory_open(0);
    struct call_case cases[] = {
        {"a bad flag", __NR_memfd_create, {(long)"x", 0x10000}, -EINVAL},
        {"a name from nowhere", __NR_memfd_create, {0, 0}, -EFAULT},
        {"a name from the kernel", __NR_memfd_create, {(long)KERNEL_ADDRESS, 0}, -EFAULT},
        {"a name of 250", __NR_memfd_create, {(long)name, 0}, -EINVAL},
        {"a write from nowhere", __NR_write, {fd, 0, 4}, -EFAULT},
        {"leaves the size alone", __NR_lseek, {fd, 0, SEEK_END}, 0},
        {"seals of a pipe", __NR_fcntl, {fds[0], F_GET_SEALS}, -EINVAL},
        {"pread64 before the beginning", __NR_pread64, {fd, (long)got, 1, -1}, -EINVAL},
        {"lseek before the beginning", __NR_lseek, {fd, -1, SEEK_SET}, -EINVAL},
    };

    CHECK_CALLS(cases);
    call(__NR_close, fd);
    name[249] = '\0';
    check("a name of 249", call(__NR_memfd_create, name, 0) >= 0);
}

int main(void)
{
    test_bytes();
    test_append();
    test_mapping();
    test_seals();
    test_status();
    test_errors();
    return check_finish();
}
