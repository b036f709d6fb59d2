/* SPDX-License-Identifier: MIT */
/*
 * Lengths, offsets, counts and descriptors at the edges: nothing, one, around 2^31, 2^32 and 2^63,
 * negative. Each result is printed, since only Linux can say what it ought to be.
 *
 * The file is a memfd, the same kind on both sides; its memory ends at a hole, so that a length too
 * large for it is seen to end there.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "tests/abi/check.h"

/* Descriptors that main() makes: the tables below are constant. */
#define FILE_FD  50 /* 20 bytes; the position is put back before each call */
#define ZERO_FD  51
#define NULL_FD  52
#define PIPE_OUT 53 /* does not wait */
#define PIPE_IN  54
#define EPOLL_FD 55
#define DIR_FD   56

static char *room; /* one page, and a hole behind it */

struct row {
    const char *name;
    long number;
    int index; /* the argument that is varied */
    long arguments[6];
};

static const struct {
    const char *name;
    long value;
} values[] = {
    {"0", 0},
    {"1", 1},
    {"2^31-1", 0x7fffffff},
    {"2^31", 0x80000000},
    {"2^32-1", 0xffffffff},
    {"2^32", 0x100000000},
    {"2^32+1", 0x100000001},
    {"2^63-4096", 0x7ffffffffffff000},
    {"2^63-1", LONG_MAX},
    {"-2^63", LONG_MIN},
    {"-4096", -4096},
    {"-1", -1},
};

static void tell(const char *name, const char *value, long result)
{
    char line[120];

    snprintf(line, sizeof(line), "%s %s: %ld", name, value, result);
    check(line, true);
}

#define ROOM -0x1234567 /* in a table: the address of `room` */

/* Its number depends on what is open already. */
static bool makes_descriptor(const struct row *row)
{
    return row->number == __NR_dup || row->number == __NR_epoll_create ||
           row->number == __NR_memfd_create || row->number == __NR_eventfd2 ||
           (row->number == __NR_fcntl && row->arguments[1] == F_DUPFD);
}

static void row_run(const struct row *row)
{
    for (size_t v = 0; v < ARRAY_LENGTH(values); v++) {
        long a[6];

        for (int i = 0; i < 6; i++)
            a[i] = row->arguments[i] == ROOM ? (long)room : row->arguments[i];
        a[row->index] = values[v].value;
        call(__NR_lseek, FILE_FD, 0, SEEK_SET);
        memset(room, '/', PAGE);
        long result = call6(row->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        tell(row->name, values[v].name, makes_descriptor(row) && result > 0 ? 0 : result);
    }
}

/* Nothing here makes the file grow. */
static const struct row lengths[] = {
    {"read", __NR_read, 2, {FILE_FD, ROOM}},
    {"read of zeros", __NR_read, 2, {ZERO_FD, ROOM}},
    {"write to null", __NR_write, 2, {NULL_FD, ROOM}},
    {"pread64", __NR_pread64, 2, {FILE_FD, ROOM}},
    {"pread64 at", __NR_pread64, 3, {FILE_FD, ROOM, 8}},
    {"pwrite64 of nothing at", __NR_pwrite64, 3, {FILE_FD, ROOM, 0}},
    {"preadv at", __NR_preadv, 3, {FILE_FD, ROOM, 0}},
    {"readv", __NR_readv, 2, {FILE_FD, ROOM}},
    {"writev", __NR_writev, 2, {NULL_FD, ROOM}},
    {"vmsplice", __NR_vmsplice, 2, {PIPE_IN, ROOM, 0, 2}},
    {"lseek", __NR_lseek, 1, {FILE_FD, 0, SEEK_SET}},
    {"lseek on", __NR_lseek, 1, {FILE_FD, 0, SEEK_CUR}},
    {"lseek from the end", __NR_lseek, 1, {FILE_FD, 0, SEEK_END}},
    {"SEEK_DATA", __NR_lseek, 1, {FILE_FD, 0, SEEK_DATA}},
    {"SEEK_HOLE", __NR_lseek, 1, {FILE_FD, 0, SEEK_HOLE}},
    {"lseek whence", __NR_lseek, 2, {FILE_FD, 0, 0}},
    {"PUNCH_HOLE at", __NR_fallocate, 2, {FILE_FD, 3, 0, 4096}},
    {"PUNCH_HOLE of", __NR_fallocate, 3, {FILE_FD, 3, 1 << 20}},
    {"fallocate mode", __NR_fallocate, 1, {FILE_FD, 0, 0, 20}},
    {"fadvise64 at", __NR_fadvise64, 1, {FILE_FD, 0, 20, 0}},
    {"fadvise64 of", __NR_fadvise64, 2, {FILE_FD, 0, 0, 0}},
    {"fadvise64 advice", __NR_fadvise64, 3, {FILE_FD, 0, 20, 0}},
    {"sendfile", __NR_sendfile, 3, {NULL_FD, FILE_FD, 0}},
    {"splice", __NR_splice, 4, {PIPE_OUT, 0, NULL_FD, 0, 0, 2}},
    {"tee", __NR_tee, 2, {PIPE_OUT, PIPE_IN, 0, 2}},
    {"copy_file_range", __NR_copy_file_range, 4, {FILE_FD, 0, NULL_FD, 0}},
    {"getcwd", __NR_getcwd, 1, {ROOM}},
    {"getrandom", __NR_getrandom, 1, {ROOM, 0, 0}},
    {"getrandom flags", __NR_getrandom, 2, {ROOM, 1}},
    {"getdents64", __NR_getdents64, 2, {NULL_FD, ROOM}},
    {"flistxattr", __NR_flistxattr, 2, {DIR_FD, ROOM}},
    {"poll", __NR_poll, 1, {ROOM, 0, 0}},
    {"epoll_wait", __NR_epoll_wait, 2, {EPOLL_FD, ROOM, 0, 0}},
    {"epoll_create", __NR_epoll_create, 0, {0}},
    {"dup", __NR_dup, 0, {0}},
    {"F_DUPFD", __NR_fcntl, 2, {NULL_FD, F_DUPFD}},
    {"fcntl command", __NR_fcntl, 1, {NULL_FD, 0, 100000}},
    {"getgroups", __NR_getgroups, 0, {0, ROOM}},
    {"sched_getaffinity", __NR_sched_getaffinity, 1, {0, 0, 8}},
    {"rt_sigprocmask size", __NR_rt_sigprocmask, 3, {0, ROOM, 0}},
    {"rt_sigaction signal", __NR_rt_sigaction, 0, {0, 0, 0, 8}},
    {"rt_sigaction size", __NR_rt_sigaction, 3, {SIGUSR1, 0, 0}},
    {"kill of nobody", __NR_kill, 1, {999999999, 0}},
    {"set_robust_list", __NR_set_robust_list, 1, {0}},
    {"getrlimit", __NR_getrlimit, 0, {0, ROOM}},
    {"getrusage", __NR_getrusage, 0, {0, ROOM}},
    {"clock_getres", __NR_clock_getres, 0, {0, 0}},
    {"close_range flags", __NR_close_range, 2, {100, 200}},
    {"eventfd2 flags", __NR_eventfd2, 1, {0, 0}},
    {"pipe2 flags", __NR_pipe2, 1, {8, 0}},
    {"memfd_create flags", __NR_memfd_create, 1, {0, 0}},
    {"prctl", __NR_prctl, 0, {0, 8}},
};

static const struct row memory[] = {
    {"munmap", __NR_munmap, 1, {0x10000000}},
    {"munmap at", __NR_munmap, 0, {0, 4096}},
    {"mprotect", __NR_mprotect, 1, {0x10000000}},
    {"madvise", __NR_madvise, 1, {0x10000000, 0, MADV_NORMAL}},
    {"madvise advice", __NR_madvise, 2, {ROOM, 4096}},
    {"msync", __NR_msync, 1, {0x10000000, 0, MS_SYNC}},
    {"msync flags", __NR_msync, 2, {ROOM, 4096}},
    {"mincore", __NR_mincore, 1, {0x10000000, 0, ROOM}},
    {"mlock", __NR_mlock, 1, {0x10000000}},
    {"mremap", __NR_mremap, 1, {0x10000000, 0, 4096, MREMAP_MAYMOVE}},
    {"mremap flags", __NR_mremap, 3, {ROOM, 4096, 4096}},
    {"mmap at an offset", __NR_mmap, 5, {0x10000000, 0, PROT_READ, MAP_PRIVATE, FILE_FD}},
    {"mmap fixed at", __NR_mmap, 0, {0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1}},
};

/* Descriptors: the upper half of the register does not count. */
static const struct row descriptors[] = {
    {"fstat of", __NR_fstat, 0, {0, ROOM}},
    {"fsync of", __NR_fsync, 0, {0}},
    {"ftruncate of", __NR_ftruncate, 0, {0, 0}},
    {"getdents64 of", __NR_getdents64, 0, {0, ROOM, 4096}},
    {"fchdir to", __NR_fchdir, 0, {0}},
    {"fchmod of", __NR_fchmod, 0, {0, 0600}},
    {"flock of", __NR_flock, 0, {0, 8}},
    {"ioctl of", __NR_ioctl, 0, {0, 0x5451, 0}},
    {"fstatfs of", __NR_fstatfs, 0, {0, ROOM}},
    {"inotify_rm_watch of", __NR_inotify_rm_watch, 0, {0, 1}},
    {"mmap of", __NR_mmap, 4, {0, 4096, PROT_READ, MAP_SHARED, 0, 0}},
};

/* Vectors: too many, and sums that overflow. */
static void test_vectors(void)
{
    static struct iovec many[IOV_MAX + 1];
    struct iovec parts[3] = {{room, 4}, {room, (size_t)LONG_MAX}, {room, 4}};

    for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
        many[i] = (struct iovec){room, 1};
    tell("writev", "of IOV_MAX", call(__NR_writev, NULL_FD, many, IOV_MAX));
    tell("writev", "of one more", call(__NR_writev, NULL_FD, many, IOV_MAX + 1));
    tell("readv", "of IOV_MAX", call(__NR_readv, ZERO_FD, many, IOV_MAX));
    tell("readv", "of one more", call(__NR_readv, ZERO_FD, many, IOV_MAX + 1));
    tell("writev", "of 2^63+7", call(__NR_writev, NULL_FD, parts, 3));
    tell("readv", "of 2^63+7", call(__NR_readv, FILE_FD, parts, 3));
    parts[1].iov_len = 0x7fffffff;
    tell("writev", "of 2^31+7", call(__NR_writev, NULL_FD, parts, 3));
    call(__NR_lseek, FILE_FD, 0, SEEK_SET);
    tell("readv", "of 2^31+7", call(__NR_readv, FILE_FD, parts, 3));
    parts[1].iov_len = (size_t)-1;
    tell("writev", "of a negative part", call(__NR_writev, NULL_FD, parts, 3));
    tell("readv", "of a negative part", call(__NR_readv, ZERO_FD, parts, 3));
    tell("pwritev", "of a negative part", call(__NR_pwritev, FILE_FD, parts, 3, 0, 0));
    parts[1] = (struct iovec){(void *)KERNEL_ADDRESS, 0};
    tell("writev", "of nothing in the kernel", call(__NR_writev, NULL_FD, parts, 3));
    parts[1].iov_len = 1;
    tell("writev", "of one byte in the kernel", call(__NR_writev, NULL_FD, parts, 3));
    tell("readv", "of one byte in the kernel", call(__NR_readv, ZERO_FD, parts, 3));
    parts[1] = (struct iovec){room + PAGE - 2, 4};
    call(__NR_lseek, FILE_FD, 0, SEEK_SET);
    tell("readv", "into a hole", call(__NR_readv, FILE_FD, parts, 3));
    tell("preadv", "beyond all files", call(__NR_preadv, FILE_FD, parts, 3, LONG_MAX, 0));
    tell("pwritev", "beyond all files", call(__NR_pwritev, FILE_FD, parts, 3, LONG_MAX - 2, 0));
}

static void open_everything(void)
{
    int ends[2];

    room = page_before_hole() - PAGE;
    call(__NR_dup2, call(__NR_memfd_create, "file", 0), FILE_FD);
    call(__NR_dup2, call(__NR_open, "/dev/zero", O_RDONLY), ZERO_FD);
    call(__NR_dup2, call(__NR_open, "/dev/null", O_RDWR), NULL_FD);
    call(__NR_pipe2, ends, O_NONBLOCK);
    call(__NR_dup2, ends[0], PIPE_OUT);
    call(__NR_dup2, ends[1], PIPE_IN);
    call(__NR_dup2, call(__NR_epoll_create1, 0), EPOLL_FD);
    call(__NR_dup2, call(__NR_open, "/", O_RDONLY | O_DIRECTORY), DIR_FD);
    call(__NR_write, FILE_FD, "some bytes, and more", 20);
    call(__NR_chdir, "/");
}

int main(void)
{
    open_everything();
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++)
        row_run(&lengths[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(memory); i++)
        row_run(&memory[i]);
    test_vectors();
    for (size_t i = 0; i < ARRAY_LENGTH(descriptors); i++)
        row_run(&descriptors[i]);
    return check_finish();
}
