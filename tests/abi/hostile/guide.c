/* SPDX-License-Identifier: MIT */
/*
 * What the table does not say about arguments: that this descriptor ought to be an epoll's, that
 * number the size of a signal set. Without it most calls of tests/abi/hostile_calls.c would end at
 * their first check.
 */
#include "tests/abi/hostile/arguments.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/abi/check.h"

#define KNOWN_MAX 4

static struct known {
    long fds[KNOWN_MAX];
    uint64_t count;
} known[FD_KINDS];

void fds_forget(void)
{
    memset(known, 0, sizeof(known));
}

void fd_remember(enum fd_kind kind, long fd)
{
    if (fd >= 0 && known[kind].count < KNOWN_MAX)
        known[kind].fds[known[kind].count++] = fd;
}

static uint64_t fd_of(enum fd_kind kind)
{
    return known[kind].count ? (uint64_t)known[kind].fds[random_below(known[kind].count)]
                             : FD_FIRST;
}

static const int *thread_tids;
static unsigned thread_count;

void threads_remember(const int *tids, unsigned count)
{
    thread_tids = tids;
    thread_count = count;
}

/* A thread's number, or now and then what the kind gave. */
static uint64_t tid_make(uint64_t other)
{
    if (thread_count == 0 || random_below(16) == 0)
        return other;
    return (uint64_t)__atomic_load_n(&thread_tids[random_below(thread_count)], __ATOMIC_RELAXED);
}

static void guide_threads(long number, uint64_t *a)
{
    static uint32_t words[4]; /* few, so that threads meet */

    switch (number) {
    case __NR_futex:
        a[0] = (uint64_t)&words[random_below(4)];
        a[4] = (uint64_t)&words[random_below(4)];
        a[2] = random_below(4) ? 0 : a[2];
        if (random_below(64) == 0)
            words[random_below(4)] = random_below(2) ? (uint32_t)tid_make(0) : 0;
        return;
    case __NR_tgkill:
    case __NR_rt_tgsigqueueinfo:
        a[0] = 1;
        a[1] = tid_make(a[1]);
        return;
    case __NR_tkill:
    case __NR_sched_setaffinity:
    case __NR_sched_getaffinity:
    case __NR_sched_setscheduler:
    case __NR_sched_getscheduler:
    case __NR_sched_setparam:
    case __NR_sched_getparam:
    case __NR_sched_setattr:
    case __NR_sched_getattr:
    case __NR_sched_rr_get_interval:
    case __NR_get_robust_list:
        a[0] = tid_make(a[0]);
        if (number == __NR_sched_setaffinity)
            a[1] = 8;
        return;
    case __NR_setpriority:
    case __NR_getpriority:
        a[0] = 0;
        a[1] = tid_make(a[1]);
        return;
    }
}

static void guide_events(long number, uint64_t *a)
{
    switch (number) {
    case __NR_epoll_ctl:
    case __NR_epoll_wait:
    case __NR_epoll_pwait:
    case __NR_epoll_pwait2:
        a[0] = fd_of(FD_EPOLL);
        if (number != __NR_epoll_ctl)
            a[2] = 1 + random_below(20);
        a[5] = number == __NR_epoll_ctl ? a[5] : 8;
        return;
    case __NR_inotify_add_watch:
    case __NR_inotify_rm_watch:
        a[0] = fd_of(FD_INOTIFY);
        if (number == __NR_inotify_rm_watch)
            a[1] = 1 + random_below(6);
        return;
    case __NR_rt_sigaction:
    case __NR_rt_sigprocmask:
        a[3] = 8;
        return;
    case __NR_ppoll:
        a[4] = 8;
        return;
    case __NR_set_robust_list:
        a[1] = 24;
        return;
    }
}

static void guide_transfers(long number, uint64_t *a)
{
    switch (number) {
    case __NR_splice:
        a[random_below(2) * 2] = fd_of(FD_PIPE);
        a[random_below(2) * 2] = fd_of(random_below(2) ? FD_PIPE : FD_FILE);
        a[1] = random_below(2) ? 0 : a[1];
        a[3] = random_below(2) ? 0 : a[3];
        return;
    case __NR_tee:
        a[0] = fd_of(FD_PIPE);
        a[1] = fd_of(FD_PIPE);
        return;
    case __NR_vmsplice:
        a[0] = fd_of(FD_PIPE);
        a[2] = random_below(12);
        return;
    case __NR_copy_file_range:
        a[0] = fd_of(FD_FILE);
        a[2] = fd_of(FD_FILE);
        a[5] = 0;
        return;
    case __NR_sendfile:
        a[1] = fd_of(FD_FILE);
        return;
    case __NR_fallocate:
        a[0] = fd_of(FD_FILE);
        a[1] = random_below(2) ? random_below(4) : random_below(128);
        a[3] = random_below(8) ? random_below(200000) : a[3];
        return;
    case __NR_readv:
    case __NR_writev:
    case __NR_preadv:
    case __NR_pwritev:
    case __NR_preadv2:
    case __NR_pwritev2:
        a[2] = random_below(12);
        a[4] = 0;
        a[5] = random_below(4) ? 0 : a[5];
        return;
    case __NR_getdents64:
        a[0] = fd_of(FD_DIRECTORY);
        return;
    }
}

static void guide_files(long number, uint64_t *a)
{
    static const char *const names[] = {"user.a", "user.b", "user.", "trusted.c", "security.d"};

    switch (number) {
    case __NR_setxattr:
    case __NR_lsetxattr:
    case __NR_fsetxattr:
        a[4] = random_below(3);
        a[3] = random_below(8) ? random_below(300) : a[3];
        goto names;
    case __NR_getxattr:
    case __NR_lgetxattr:
    case __NR_fgetxattr:
    case __NR_removexattr:
    case __NR_lremovexattr:
    case __NR_fremovexattr:
names:
        a[1] = (uint64_t)names[random_below(ARRAY_LENGTH(names))];
        return;
    case __NR_linkat:
    case __NR_renameat:
    case __NR_renameat2:
        a[0] = random_below(2) ? (uint32_t)AT_FDCWD : fd_of(FD_DIRECTORY);
        a[2] = random_below(2) ? (uint32_t)AT_FDCWD : fd_of(FD_DIRECTORY);
        a[4] = random_below(2) ? 0 : a[4];
        return;
    case __NR_mmap:
        a[4] = random_below(2) ? fd_of(FD_FILE) : a[4];
        a[5] = random_below(4) ? random_below(16) * PAGE : a[5];
        return;
    case __NR_mremap:
        a[3] = random_below(4);
        return;
    case __NR_chdir:
    case __NR_fchdir:
    case __NR_chroot: /* which leads away from all names */
        a[0] = random_below(16) ? 0 : a[0];
        return;
    }
}

void arguments_guide(long number, uint64_t arguments[SYSCALL_ARGUMENTS])
{
    guide_threads(number, arguments);
    guide_events(number, arguments);
    guide_transfers(number, arguments);
    guide_files(number, arguments);
}
