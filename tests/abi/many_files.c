/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand open files and a directory of fifty thousand names: numbers of descriptors, their
 * limit, close_range, poll and epoll over all of them; making, listing, finding and removing names.
 * What grows with the square of these numbers would take minutes.
 */
#include "tests/abi/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define ROOT  "/dev/shm/galette-many-files"
#define FILES 10000
#define NAMES 50000
#define FIRST 3

static struct pollfd fds[FILES + 100];
static char buffer[32768];

static void set_limit(unsigned long soft)
{
    struct rlimit limit;
    call(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
    limit.rlim_cur = soft;
    check_result("a limit", call(__NR_prlimit64, 0, RLIMIT_NOFILE, &limit, 0), 0);
}

static void test_opening(void)
{
    long wrong = 0;
    set_limit(FILES);
    for (int fd = FIRST; fd < FILES; fd++)
        wrong += call(__NR_open, fd % 2 ? "/dev/null" : ROOT, O_RDONLY) != fd;
    check_result("each gets the next number", wrong, 0);
    const struct call_case cases[] = {
        {"no more", __NR_open, {(long)"/dev/null", O_RDONLY}, -EMFILE},
        {"nor by dup", __NR_dup, {1}, -EMFILE},
        {"nor by F_DUPFD", __NR_fcntl, {1, F_DUPFD, 5}, -EMFILE},
        {"F_DUPFD at the limit", __NR_fcntl, {1, F_DUPFD, FILES}, -EINVAL},
        {"dup2 at the limit", __NR_dup2, {1, FILES}, -EBADF},
        {"dup2 over one", __NR_dup2, {1, FILES - 1}, FILES - 1},
        {"pipe", __NR_pipe, {(long)fds}, -EMFILE},
        {"a file is not made then", __NR_open, {(long)ROOT "/x", O_CREAT | O_RDWR, 0600}, -EMFILE},
        {"close one", __NR_close, {77}, 0},
        {"and another", __NR_close, {55}, 0},
        {"a pipe needs two", __NR_pipe, {(long)fds}, 0},
        {"gone again", __NR_close, {55}, 0},
        {"and again", __NR_close, {77}, 0},
        {"close one", __NR_close, {5000}, 0},
        {"the lowest counts", __NR_dup, {1}, 55},
        {"from a number up", __NR_fcntl, {1, F_DUPFD, 1000}, 5000},
        {"the next", __NR_dup, {1}, 77},
    };
    CHECK_CALLS(cases);
    call(__NR_unlink, ROOT "/x");
}

static void test_waiting(void)
{
    for (int fd = 0; fd < FILES + 100; fd++)
        fds[fd] = (struct pollfd){.fd = fd, .events = POLLIN};
    check_result("poll of all", call(__NR_poll, fds + FIRST, FILES - FIRST, 0) > FILES / 2, 1);
    check_result("poll of more than the limit", call(__NR_poll, fds, FILES + 1, 0), -EINVAL);
    long epoll = (call(__NR_close, 100), call(__NR_epoll_create1, 0));
    int ends[2] = {-1, -1}, wrong = 0;
    call(__NR_close, 101);
    call(__NR_close, 102);
    check_result("a pipe", call(__NR_pipe, ends), 0);
    for (int fd = 200; fd < FILES; fd++) {
        call(__NR_dup2, ends[0], fd);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        wrong += call(__NR_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event) != 0;
    }
    check_result("all in an epoll", wrong, 0);
    check_result("none ready", call(__NR_epoll_wait, epoll, buffer, 100, 0), 0);
    call(__NR_write, ends[1], "x", 1);
    check_result("as many as there is room for", call(__NR_epoll_wait, epoll, buffer, 100, 0), 100);
    call(__NR_close, epoll);
}

static void test_closing(void)
{
    const struct call_case cases[] = {
        {"close_range: the wrong way", __NR_close_range, {10, 9, 0}, -EINVAL},
        {"close_range: a bad flag", __NR_close_range, {10, 11, 8}, -EINVAL},
        {"close_range: one", __NR_close_range, {9000, 9000, 0}, 0},
        {"it is closed", __NR_fcntl, {9000, F_GETFD}, -EBADF},
        {"the next is not", __NR_fcntl, {9001, F_GETFD}, 0},
        {"to be closed on exec", __NR_close_range, {8000, -1, CLOSE_RANGE_CLOEXEC}, 0},
        {"it is", __NR_fcntl, {8000, F_GETFD}, FD_CLOEXEC},
        {"the last one, too", __NR_fcntl, {FILES - 1, F_GETFD}, FD_CLOEXEC},
        {"the one before not", __NR_fcntl, {7999, F_GETFD}, 0},
        {"a table of our own", __NR_close_range, {7000, 7999, CLOSE_RANGE_UNSHARE}, 0},
        {"they are closed", __NR_fcntl, {7999, F_GETFD}, -EBADF},
        {"far away", __NR_close_range, {1 << 30, -1, 0}, 0},
        {"all the others", __NR_close_range, {FIRST, -1, 0}, 0},
        {"they are closed", __NR_fcntl, {FIRST, F_GETFD}, -EBADF},
        {"numbers begin anew", __NR_dup, {1}, FIRST},
        {"close", __NR_close, {FIRST}, 0},
        {"twice", __NR_close, {FIRST}, -EBADF},
    };
    CHECK_CALLS(cases);
    set_limit(10);
    check_result("poll of more than the limit", call(__NR_poll, fds, 11, 0), -EINVAL);
    set_limit(1024);
}

/* The largest descriptor that the hard limit allows, and none below it. */
static void test_large(void)
{
    struct rlimit limit;
    call(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
    int largest = (int)(limit.rlim_max < 1048576 ? limit.rlim_max : 1048576) - 1;
    set_limit((unsigned long)largest + 1);
    check("the largest descriptor", call(__NR_dup2, 1, largest) == largest);
    check_result("it is open", call(__NR_fcntl, largest, F_GETFD), 0);
    check_result("the lowest is free", call(__NR_dup, 1), FIRST);
    check("none above it", call(__NR_fcntl, 1, F_DUPFD, largest) == -EMFILE);
    check_result("both closed", call(__NR_close_range, FIRST, -1, 0), 0);
    check_result("the largest, too", call(__NR_fcntl, largest, F_GETFD), -EBADF);
    set_limit(1024);
}

static long count_names(int fd)
{
    long count = 0, got;
    call(__NR_lseek, fd, 0, SEEK_SET);
    while ((got = call(__NR_getdents64, fd, buffer, sizeof(buffer))) > 0)
        for (long at = 0; at < got; at += ((struct dirent64 *)(buffer + at))->d_reclen)
            count++;
    return got < 0 ? got : count - 2;
}

static void name_of(int number, char *name)
{
    snprintf(name, 64, "%d-%s", number,
             number % 3 ? "short" : "a name that needs memory of its own");
}

static void test_names(void)
{
    char name[64], other[64];
    long wrong = 0;
    struct stat status;
    int fd = (int)call(__NR_open, ROOT, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < NAMES; i++) {
        name_of(i, name);
        wrong += call(__NR_mknodat, fd, name, S_IFREG | 0644, 0) != 0;
    }
    check_result("all are made", wrong, 0);
    check_result("all are listed", count_names(fd), NAMES);
    for (int i = 0; i < NAMES; i += 5) {
        name_of(i, name);
        wrong += call(__NR_newfstatat, fd, name, &status, 0) != 0;
    }
    check_result("all are found", wrong, 0);
    for (int i = 1; i < NAMES; i += 10) {
        name_of(i, name);
        name_of(i + NAMES, other);
        wrong += call(__NR_renameat, fd, name, fd, other) != 0;
    }
    check_result("some are renamed", wrong, 0);
    check_result("as many are listed", count_names(fd), NAMES);
    call(__NR_lseek, fd, 0, SEEK_SET);
    for (long got; (got = call(__NR_getdents64, fd, buffer, sizeof(buffer))) > 0;)
        for (long at = 0; at < got; at += ((struct dirent64 *)(buffer + at))->d_reclen)
            if (((struct dirent64 *)(buffer + at))->d_name[0] != '.')
                wrong +=
                    call(__NR_unlinkat, fd, ((struct dirent64 *)(buffer + at))->d_name, 0) != 0;
    check_result("removed while they are listed", wrong, 0);
    check_result("none is left", count_names(fd), 0);
    call(__NR_close, fd);
}

int main(void)
{
    call(__NR_close_range, FIRST, -1, 0);
    mkdir(ROOT, 0755);
    test_opening();
    test_waiting();
    test_closing();
    test_large();
    test_names();
    check_result("the end", call(__NR_rmdir, ROOT), 0);
    return check_finish();
}
