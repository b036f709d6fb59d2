/* SPDX-License-Identifier: MIT */
/*
 * Every kind of file, and what the calls on descriptors answer for it: which can be read, sought,
 * cut, mapped, waited for, locked, copied from. Prints the answers; those of Linux are right.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#define ROOT "/dev/shm/galette-kinds"

static char buffer[PAGE];
static const char *kind;
static int fd;

/* Many answers are sizes: what counts is whether there were any bytes. */
static void tell_sign(const char *name, long result)
{
    printf("%s: %s: %ld\n", kind, name, result > 0 ? 1 : result);
}

static void tell(const char *name, long result)
{
    printf("%s: %s: %ld\n", kind, name, result);
}

static void try_flags(void)
{
    tell("F_GETFL", call(__NR_fcntl, fd, F_GETFL));
    tell("O_APPEND", call(__NR_fcntl, fd, F_SETFL, O_APPEND));
    tell("F_GETFL", call(__NR_fcntl, fd, F_GETFL));
    tell("O_NONBLOCK", call(__NR_fcntl, fd, F_SETFL, O_NONBLOCK));
    tell("F_GETFL", call(__NR_fcntl, fd, F_GETFL));
    tell("F_GETPIPE_SZ", call(__NR_fcntl, fd, F_GETPIPE_SZ));
    tell("F_GET_SEALS", call(__NR_fcntl, fd, F_GET_SEALS));
    tell("flock", call(__NR_flock, fd, LOCK_EX | LOCK_NB));
    tell("unlock", call(__NR_flock, fd, LOCK_UN));
    struct flock lock = {.l_type = F_RDLCK};
    tell("F_SETLK for reading", call(__NR_fcntl, fd, F_SETLK, &lock));
    lock.l_type = F_UNLCK;
    tell("F_SETLK to unlock", call(__NR_fcntl, fd, F_SETLK, &lock));
}

static void try_bytes(void)
{
    struct iovec none = {buffer, 0};
    memset(buffer, 0, 8);
    buffer[0] = 1;
    tell("read of nothing", call(__NR_read, fd, buffer, 0));
    tell_sign("read", call(__NR_read, fd, buffer, 8));
    tell("readv of nothing", call(__NR_readv, fd, &none, 1));
    tell_sign("pread64", call(__NR_pread64, fd, buffer, 4, 0));
    memset(buffer, 0, 8);
    buffer[0] = 1;
    tell("write of nothing", call(__NR_write, fd, buffer, 0));
    tell("write", call(__NR_write, fd, buffer, 8));
    tell("write of bad memory", call(__NR_write, fd, KERNEL_ADDRESS, 8));
    tell("lseek", call(__NR_lseek, fd, 0, SEEK_SET));
    tell("lseek to no way", call(__NR_lseek, fd, 0, 9));
    tell("ftruncate", call(__NR_ftruncate, fd, 50));
    tell("ftruncate to less than nothing", call(__NR_ftruncate, fd, -1));
    tell("fallocate", call(__NR_fallocate, fd, 0, 0, 100));
    tell("fallocate, collapsing", call(__NR_fallocate, fd, 8, 0, PAGE));
    tell("fallocate, zeroing", call(__NR_fallocate, fd, 16, 0, PAGE));
    tell("fallocate, unknown", call(__NR_fallocate, fd, 0x1000, 0, PAGE));
    tell("sync_file_range", call(__NR_sync_file_range, fd, 0, 0, 0));
    tell("posix_fadvise", call(__NR_fadvise64, fd, 0, 0, 0));
    tell("posix_fadvise, unknown", call(__NR_fadvise64, fd, 0, 0, 9));
    tell("readahead", call(__NR_readahead, fd, 0, PAGE));
    tell("syncfs", call(__NR_syncfs, fd));
}

static void try_names(void)
{
    struct stat status = {0};
    struct statfs info = {0};
    char name[40];
    tell("fstat", call(__NR_fstat, fd, &status));
    tell("type", status.st_mode & S_IFMT);
    tell("fstatfs", call(__NR_fstatfs, fd, &info));
    tell("file system", info.f_type);
    tell("a name below it", call(__NR_newfstatat, fd, "x", &status, 0));
    tell("fchdir", call(__NR_fchdir, fd));
    call(__NR_chdir, ROOT);
    tell("getdents64 with little room", call(__NR_getdents64, fd, buffer, 5));
    tell("getdents with little room", call(__NR_getdents, fd, buffer, 5));
    tell("faccessat2", call(__NR_faccessat2, fd, "", 0, AT_EMPTY_PATH));
    tell("fgetxattr of nothing", call(__NR_fgetxattr, fd, "trusted.none", buffer, 10));
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    tell_sign("opened again", call(__NR_open, name, O_RDONLY | O_NONBLOCK));
}

static void try_requests(void)
{
    int number = 1, off = 0;
    tell("FIONREAD", call(__NR_ioctl, fd, FIONREAD, &number));
    tell("FIOQSIZE", call(__NR_ioctl, fd, FIOQSIZE, buffer));
    tell("FIGETBSZ", call(__NR_ioctl, fd, FIGETBSZ, &number));
    tell("FIOASYNC off", call(__NR_ioctl, fd, FIOASYNC, &off));
    tell("FIONBIO", call(__NR_ioctl, fd, FIONBIO, &number));
    tell("FICLONE", call(__NR_ioctl, fd, FICLONE, fd));
    tell("F_GETFL", call(__NR_fcntl, fd, F_GETFL));
}

static void try_mapping(void)
{
    long got = call(__NR_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    tell("mmap", got < 0 && got > -4096 ? got : 0);
    got = call(__NR_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    tell("mmap to be written", got < 0 && got > -4096 ? got : 0);
    got = call(__NR_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fd, 100);
    tell("mmap of an odd place", got < 0 && got > -4096 ? got : 0);
}

static void try_waiting(void)
{
    struct pollfd wait = {fd, 0x7fff, 0};
    struct epoll_event event = {.events = EPOLLIN};
    long epoll = call(__NR_epoll_create1, 0);
    tell("poll", call(__NR_poll, &wait, 1, 0));
    tell("ready", wait.revents);
    tell("EPOLL_CTL_ADD", call(__NR_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event));
    tell("epoll_wait of it", call(__NR_epoll_wait, fd, buffer, 1, 0));
    tell("inotify_rm_watch of it", call(__NR_inotify_rm_watch, fd, 99));
    call(__NR_close, epoll);
}

static void try_copies(void)
{
    int ends[2], other = (int)call(__NR_open, "other", O_RDWR | O_CREAT, 0644);
    struct iovec some = {buffer, 4};
    call(__NR_pipe2, ends, O_NONBLOCK);
    call(__NR_write, ends[1], "abcdefgh", 8);
    tell_sign("tee", call(__NR_tee, ends[0], fd, 4, 2));
    tell_sign("vmsplice", call(__NR_vmsplice, fd, &some, 1, 2));
    tell_sign("copy_file_range", call(__NR_copy_file_range, fd, 0, other, 0, 4, 0));
    call(__NR_close, ends[0]);
    call(__NR_close, ends[1]);
    call(__NR_close, other);
}

static void try_all(const char *name, long descriptor)
{
    kind = name;
    fd = (int)descriptor;
    try_flags();
    try_bytes();
    try_names();
    try_requests();
    try_mapping();
    try_waiting();
    try_copies();
    tell("close", call(__NR_close, fd));
}

int main(void)
{
    int ends[2];
    mkdir(ROOT, 0755);
    call(__NR_chdir, ROOT);
    try_all("a file", call(__NR_open, "file", O_RDWR | O_CREAT | O_TRUNC, 0644));
    try_all("a file to be read", call(__NR_open, "file", O_RDONLY));
    try_all("a file to be written", call(__NR_open, "file", O_WRONLY));
    try_all("a directory", call(__NR_open, ".", O_RDONLY));
    try_all("O_PATH", call(__NR_open, "file", O_PATH));
    try_all("O_PATH of a directory", call(__NR_open, ".", O_PATH));
    call(__NR_pipe, ends);
    call(__NR_write, ends[1], "abc", 3);
    try_all("the end of a pipe that is read", ends[0]);
    try_all("the other one", ends[1]);
    try_all("a memfd", call(__NR_memfd_create, "m", 2));
    try_all("no descriptor", 99);
    call(__NR_unlink, "file");
    call(__NR_unlink, "other");
    check_result("the end", call(__NR_rmdir, ROOT), 0);
    return check_finish();
}
