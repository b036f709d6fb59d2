/* SPDX-License-Identifier: MIT */
/*
 * Locks on files: POSIX and open-file-description locks of fcntl, flock; and fcntl's other small
 * commands. Ranges are read back through F_OFD_GETLK of another open file, from which the locks of
 * this process stand in the way like anybody's.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#define PATH   "/tmp/abi-locks"
#define TO_END 0
#define LAST   INT64_MAX

static int file, other, read_only, write_only, path_only;
static struct flock lock;

static long set(int command, int fd, int type, long start, long length)
{
    lock = (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return call(__NR_fcntl, fd, command, &lock);
}

static long set_from(int fd, int type, int whence, long start, long length)
{
    lock = (struct flock){.l_type = type, .l_whence = whence, .l_start = start, .l_len = length};
    return call(__NR_fcntl, fd, F_SETLK, &lock);
}

/* All locks as `fd` sees them: "r10-19 w30-": kind, first and last byte. */
static const char *seen_from(int fd)
{
    static char text[512];
    long position = 0;
    size_t used = 0;

    text[0] = '\0';
    while (used < sizeof(text) - 64 && set(F_OFD_GETLK, fd, F_WRLCK, position, TO_END) == 0 &&
           lock.l_type != F_UNLCK) {
        used += snprintf(text + used, sizeof(text) - used, "%s%c%ld-", used ? " " : "",
                         lock.l_type == F_RDLCK ? 'r' : 'w', lock.l_start);
        if (lock.l_len == TO_END)
            break;
        position = lock.l_start + lock.l_len;
        used += snprintf(text + used, sizeof(text) - used, "%ld", position - 1);
    }
    return text;
}

static void check_seen(const char *name, const char *expected)
{
    char line[400];
    const char *seen = seen_from(other);

    if (strcmp(seen, expected) == 0) {
        check(name, true);
        return;
    }
    snprintf(line, sizeof(line), "%s: got '%s', expected '%s'", name, seen, expected);
    check(line, false);
}

static void test_arguments(void)
{
    static struct flock good = {.l_type = F_RDLCK, .l_len = 1};
    struct call_case cases[] = {
        {"from nowhere", __NR_fcntl, {file, F_SETLK, 0}, -EFAULT},
        {"from the kernel", __NR_fcntl, {file, F_SETLKW, KERNEL_ADDRESS}, -EFAULT},
        {"F_GETLK from nowhere", __NR_fcntl, {file, F_GETLK, 0}, -EFAULT},
        {"of a descriptor that is not open", __NR_fcntl, {99, F_SETLK, (long)&good}, -EBADF},
        {"of a path alone", __NR_fcntl, {path_only, F_SETLK, (long)&good}, -EBADF},
    };

    CHECK_CALLS(cases);
    check_result("a type that is none", set(F_SETLK, file, 3, 0, 1), -EINVAL);
    check_result("F_EXLCK", set(F_SETLK, file, 4, 0, 1), -EINVAL);
    check_result("a whence that is none", set_from(file, F_RDLCK, 3, 0, 1), -EINVAL);
    check_result("a start before the file", set(F_SETLK, file, F_RDLCK, -1, 1), -EINVAL);
    check_result("a length beyond the end of numbers", set(F_SETLK, file, F_RDLCK, LAST, 2),
                 -EOVERFLOW);
    check_result("the last byte there is", set(F_SETLK, file, F_RDLCK, LAST, 1), 0);
    check_result("from there to the end", set(F_SETLK, file, F_RDLCK, LAST, TO_END), 0);
    check_result("a length that ends at the last byte", set(F_SETLK, file, F_RDLCK, 1, LAST), 0);
    check_result("a negative length before the file", set(F_SETLK, file, F_RDLCK, 4, -5), -EINVAL);
    check_result("a negative length up to the start", set(F_SETLK, file, F_RDLCK, 4, -4), 0);
    check_result("the most negative length", set(F_SETLK, file, F_RDLCK, LAST, INT64_MIN), -EINVAL);
    check_result("the most negative start", set(F_SETLK, file, F_RDLCK, INT64_MIN, 1), -EINVAL);
    check_result("unlock all", set(F_SETLK, file, F_UNLCK, 0, TO_END), 0);
    check_seen("nothing is left", "");
}

static void test_modes(void)
{
    check_result("write lock of a file open for reading", set(F_SETLK, read_only, F_WRLCK, 0, 1),
                 -EBADF);
    check_result("read lock of a file open for writing", set(F_SETLK, write_only, F_RDLCK, 0, 1),
                 -EBADF);
    check_result("a bad whence comes first", set_from(read_only, F_WRLCK, 7, 0, 1), -EINVAL);
    check_result("read lock of a file open for reading", set(F_SETLK, read_only, F_RDLCK, 0, 1), 0);
    check_result("write lock of a file open for writing", set(F_SETLK, write_only, F_WRLCK, 0, 1),
                 0);
    check_result("unlocking needs neither", set(F_SETLK, read_only, F_UNLCK, 0, 1), 0);
    check_seen("nothing is left", "");
}

static void test_whence(void)
{
    call(__NR_ftruncate, file, 1000);
    call(__NR_lseek, file, 100, SEEK_SET);
    check_result("from the position", set_from(file, F_WRLCK, SEEK_CUR, 5, 10), 0);
    check_seen("it is there", "w105-114");
    check_result("before the position", set_from(file, F_WRLCK, SEEK_CUR, -50, -10), 0);
    check_seen("both are there", "w40-49 w105-114");
    check_result("at the end", set_from(file, F_RDLCK, SEEK_END, 0, TO_END), 0);
    check_seen("three are there", "w40-49 w105-114 r1000-");
    check_result("the last ten bytes", set_from(file, F_WRLCK, SEEK_END, -10, 10), 0);
    check_seen("four are there", "w40-49 w105-114 w990-999 r1000-");
    check_result("before the file, from the end", set_from(file, F_RDLCK, SEEK_END, -1001, 1),
                 -EINVAL);
    check_result("beyond all numbers, from the end", set_from(file, F_RDLCK, SEEK_END, LAST, 1),
                 -EOVERFLOW);
    check_result("unlock all", set(F_SETLK, file, F_UNLCK, 0, TO_END), 0);
}

static void test_ranges(void)
{
    static const struct {
        int type;
        long start, length;
        const char *after;
    } steps[] = {
        {F_WRLCK, 10, 10, "w10-19"},
        {F_WRLCK, 20, 10, "w10-29"},        /* touches: one range */
        {F_WRLCK, 40, 10, "w10-29 w40-49"}, /* does not */
        {F_WRLCK, 5, 60, "w5-64"},          /* swallows both */
        {F_UNLCK, 20, 10, "w5-19 w30-64"},  /* splits */
        {F_RDLCK, 40, 5, "w5-19 w30-39 r40-44 w45-64"},
        {F_RDLCK, 15, 5, "w5-14 r15-19 w30-39 r40-44 w45-64"},
        {F_RDLCK, 20, 20, "w5-14 r15-44 w45-64"}, /* fills a gap, cuts, joins on both sides */
        {F_UNLCK, 64, 1, "w5-14 r15-44 w45-63"},
        {F_UNLCK, 0, 6, "w6-14 r15-44 w45-63"},
        {F_UNLCK, 100, TO_END, "w6-14 r15-44 w45-63"},
        {F_WRLCK, 10, 40, "w6-63"},
        {F_RDLCK, 50, TO_END, "w6-49 r50-"},
        {F_RDLCK, 0, TO_END, "r0-"},
        {F_WRLCK, LAST, 1, "r0-9223372036854775806 w9223372036854775807-"},
        {F_UNLCK, 1, LAST - 1, "r0-0 w9223372036854775807-"},
        {F_UNLCK, 0, TO_END, ""},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        char name[40];

        snprintf(name, sizeof(name), "range step %zu", i);
        check_result(name, set(F_SETLK, file, steps[i].type, steps[i].start, steps[i].length), 0);
        check_seen(name, steps[i].after);
    }
}

/* Every second byte: many ranges, which one lock joins and one unlock frees. */
static void test_many(void)
{
    bool good = true;

    for (long at = 0; at < 2000; at += 2)
        good &= set(F_SETLK, file, F_WRLCK, at, 1) == 0;
    check("a thousand locks", good);
    set(F_OFD_GETLK, other, F_RDLCK, 1001, 1);
    check("a gap between them", lock.l_type == F_UNLCK);
    set(F_OFD_GETLK, other, F_RDLCK, 1002, 1);
    check("and one of them", lock.l_type == F_WRLCK && lock.l_start == 1002 && lock.l_len == 1);
    for (long at = 1; at < 2000; at += 2)
        good &= set(F_SETLK, file, F_WRLCK, at, 1) == 0;
    check_seen("all gaps filled", "w0-1999");
    check_result("unlock all", set(F_SETLK, file, F_UNLCK, 0, TO_END), 0);
    check("all went well", good);
}

static void test_getlk(void)
{
    check_result("lock", set(F_SETLK, file, F_WRLCK, 10, 10), 0);
    check_result("F_GETLK of our own", set(F_GETLK, other, F_WRLCK, 0, TO_END), 0);
    check("it does not stand in our way", lock.l_type == F_UNLCK && lock.l_start == 0 &&
                                              lock.l_len == 0 && lock.l_whence == SEEK_SET);
    check_result("F_GETLK asking for F_UNLCK", set(F_GETLK, other, F_UNLCK, 0, 1), -EINVAL);
    lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_CUR, .l_start = 12, .l_len = 1};
    check_result("F_OFD_GETLK", call(__NR_fcntl, other, F_OFD_GETLK, &lock), 0);
    check("it says whose it is, from the start of the file",
          lock.l_type == F_WRLCK && lock.l_whence == SEEK_SET && lock.l_start == 10 &&
              lock.l_len == 10 && lock.l_pid == call(__NR_getpid));
    lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_END, .l_start = 3, .l_len = 4};
    call(__NR_fcntl, other, F_OFD_GETLK, &lock);
    check("without a lock only the type changes", lock.l_type == F_UNLCK &&
                                                      lock.l_whence == SEEK_END &&
                                                      lock.l_start == 3 && lock.l_len == 4);
    lock = (struct flock){.l_type = F_RDLCK, .l_len = 1, .l_pid = 1};
    check_result("F_OFD_GETLK with a process", call(__NR_fcntl, other, F_OFD_GETLK, &lock),
                 -EINVAL);
    check_result("unlock all", set(F_SETLK, file, F_UNLCK, 0, TO_END), 0);
}

static void test_open_file_locks(void)
{
    int twin = (int)call(__NR_dup, other);

    lock = (struct flock){.l_type = F_RDLCK, .l_len = 1, .l_pid = 1};
    check_result("F_OFD_SETLK with a process", call(__NR_fcntl, other, F_OFD_SETLK, &lock),
                 -EINVAL);
    check_result("OFD lock", set(F_OFD_SETLK, other, F_WRLCK, 0, 10), 0);
    check_result("again by its duplicate", set(F_OFD_SETLK, twin, F_WRLCK, 5, 10), 0);
    check_result("against it by another open file", set(F_OFD_SETLK, file, F_RDLCK, 9, 1), -EAGAIN);
    check_result("against it by the process", set(F_SETLK, file, F_RDLCK, 9, 1), -EAGAIN);
    check_result("by the process on the same open file", set(F_SETLK, other, F_RDLCK, 9, 1),
                 -EAGAIN);
    check_result("beside it", set(F_SETLKW, file, F_WRLCK, 15, 1), 0);
    check_result("F_GETLK of it", set(F_GETLK, file, F_RDLCK, 9, 1), 0);
    check("it belongs to no process",
          lock.l_type == F_WRLCK && lock.l_pid == -1 && lock.l_start == 0 && lock.l_len == 15);
    check_result("turn it into a read lock", set(F_OFD_SETLKW, other, F_RDLCK, 0, 15), 0);
    check_result("now readers share", set(F_SETLKW, file, F_RDLCK, 9, 1), 0);
    check_result("and writers do not", set(F_OFD_SETLK, other, F_WRLCK, 9, 1), -EAGAIN);
    check_result("close one of its two descriptors", call(__NR_close, twin), 0);
    check_result("the OFD lock is still there", set(F_GETLK, file, F_WRLCK, 0, 1), 0);
    check("it says so", lock.l_type == F_RDLCK);
    check_result("the process's own are gone", set(F_OFD_SETLK, other, F_WRLCK, 0, TO_END), 0);
    check_result("close the other", call(__NR_close, other), 0);
    check_result("the OFD lock is gone", set(F_SETLK, file, F_WRLCK, 0, TO_END), 0);
    other = (int)call(__NR_openat, AT_FDCWD, PATH, O_RDWR);
    check_seen("the new one is seen", "w0-");
}

/* The rule that everybody complains about: any close of the file by the process drops its locks. */
static void test_close(void)
{
    int third = (int)call(__NR_openat, AT_FDCWD, PATH, O_RDONLY);

    check_result("lock", set(F_SETLK, file, F_WRLCK, 0, TO_END), 0);
    check_result("close another open file of it", call(__NR_close, third), 0);
    check_seen("the lock is gone", "");
    check_result("lock", set(F_SETLK, file, F_WRLCK, 0, TO_END), 0);
    check_result("dup", call(__NR_dup3, file, 50, 0), 50);
    check_seen("a new descriptor changes nothing", "w0-");
    check_result("put something else in its place", call(__NR_dup3, 1, 50, 0), 50);
    check_seen("the lock is gone again", "");
    call(__NR_close, 50);
}

static void test_flock(void)
{
    int twin = (int)call(__NR_dup, other);
    struct call_case cases[] = {
        {"flock with no operation", __NR_flock, {file, 0}, -EINVAL},
        {"flock LOCK_NB alone", __NR_flock, {file, LOCK_NB}, -EINVAL},
        {"flock with two", __NR_flock, {file, LOCK_SH | LOCK_EX}, -EINVAL},
        {"flock with an unknown bit", __NR_flock, {file, LOCK_SH | 0x100}, -EINVAL},
        {"flock of a descriptor that is not open", __NR_flock, {99, LOCK_SH}, -EBADF},
        {"flock of a path alone", __NR_flock, {path_only, LOCK_SH}, -EBADF},
        {"unlock without a lock", __NR_flock, {file, LOCK_UN}, 0},
        {"shared", __NR_flock, {file, LOCK_SH}, 0},
        {"shared by another", __NR_flock, {other, LOCK_SH}, 0},
        {"shared again", __NR_flock, {file, LOCK_SH}, 0},
        {"exclusive against it", __NR_flock, {read_only, LOCK_EX | LOCK_NB}, -EAGAIN},
        {"not both can become exclusive", __NR_flock, {file, LOCK_EX | LOCK_NB}, -EAGAIN},
        {"which lost the first one its lock", __NR_flock, {other, LOCK_EX | LOCK_NB}, 0},
        {"exclusive again", __NR_flock, {other, LOCK_EX}, 0},
        {"by the duplicate", __NR_flock, {twin, LOCK_EX}, 0},
        {"shared against it", __NR_flock, {file, LOCK_SH | LOCK_NB}, -EAGAIN},
        {"down to shared by the duplicate", __NR_flock, {twin, LOCK_SH}, 0},
        {"shared now", __NR_flock, {file, LOCK_SH | LOCK_NB}, 0},
        {"unlock the first", __NR_flock, {file, LOCK_UN}, 0},
        {"up to exclusive", __NR_flock, {other, LOCK_EX | LOCK_NB}, 0},
        {"closing one of two", __NR_close, {other}, 0},
        {"does not unlock", __NR_flock, {read_only, LOCK_SH | LOCK_NB}, -EAGAIN},
        {"unlock by the duplicate", __NR_flock, {twin, LOCK_UN | LOCK_NB}, 0},
        {"exclusive by a reader", __NR_flock, {read_only, LOCK_EX | LOCK_NB}, 0},
        {"exclusive by a writer", __NR_flock, {write_only, LOCK_EX | LOCK_NB}, -EAGAIN},
        {"let go", __NR_flock, {read_only, LOCK_UN}, 0},
        {"exclusive by the duplicate", __NR_flock, {twin, LOCK_EX}, 0},
        {"closing the last", __NR_close, {twin}, 0},
        {"unlocks", __NR_flock, {file, LOCK_EX | LOCK_NB}, 0},
    };

    CHECK_CALLS(cases);
    other = (int)call(__NR_openat, AT_FDCWD, PATH, O_RDWR);
    check_seen("record locks do not see it", "");
    check_result("nor does it see them", set(F_SETLK, other, F_WRLCK, 0, TO_END), 0);
    check_result("unlock", call(__NR_flock, file, LOCK_UN), 0);
    check_result("unlock the record", set(F_SETLK, other, F_UNLCK, 0, TO_END), 0);
}

static void test_other_files(void)
{
    int pipe[2], directory = (int)call(__NR_openat, AT_FDCWD, "/tmp", O_RDONLY | O_DIRECTORY);

    call(__NR_pipe2, pipe, 0);
    check_result("flock of a directory", call(__NR_flock, directory, LOCK_EX | LOCK_NB), 0);
    check_result("record lock of a directory", set(F_SETLK, directory, F_RDLCK, 0, 1), 0);
    check_result("write lock of a directory", set(F_SETLK, directory, F_WRLCK, 0, 1), -EBADF);
    check_result("flock of a pipe", call(__NR_flock, pipe[0], LOCK_EX | LOCK_NB), 0);
    check_result("record lock of a pipe", set(F_SETLK, pipe[0], F_RDLCK, 0, 1), 0);
    check_result("unlock it", set(F_SETLK, pipe[0], F_UNLCK, 0, 1), 0);
    check_result("a pipe has no seals", call(__NR_fcntl, pipe[0], F_GET_SEALS), -EINVAL);
    check_result("a file has no pipe size", call(__NR_fcntl, file, F_GETPIPE_SZ), -EBADF);
    check_result("nor one to set", call(__NR_fcntl, file, F_SETPIPE_SZ, 4096), -EBADF);
    check_result("no lease on a directory", call(__NR_fcntl, directory, F_SETLEASE, F_RDLCK),
                 -EINVAL);
    check_result("no lease to be told of", call(__NR_fcntl, file, F_GETLEASE), F_UNLCK);
    call(__NR_close, directory);
    call(__NR_close, pipe[0]);
    call(__NR_close, pipe[1]);
}

static void test_owner(void)
{
    struct f_owner_ex owner = {.type = 7, .pid = 0};
    long self = call(__NR_getpid);

    check_result("nobody owns it", call(__NR_fcntl, file, F_GETOWN), 0);
    check_result("own it", call(__NR_fcntl, file, F_SETOWN, self), 0);
    check_result("F_GETOWN says so", call(__NR_fcntl, file, F_GETOWN), self);
    check_result("so does F_GETOWN_EX", call(__NR_fcntl, file, F_GETOWN_EX, &owner), 0);
    check("with its type", owner.type == F_OWNER_PID && owner.pid == self);
    check_result("another open file has its own", call(__NR_fcntl, other, F_GETOWN), 0);
    owner.type = F_OWNER_TID;
    check_result("a thread owns it", call(__NR_fcntl, file, F_SETOWN_EX, &owner), 0);
    check_result("F_GETOWN of a thread", call(__NR_fcntl, file, F_GETOWN), self);
    owner.type = 7;
    check_result("an owner of no type", call(__NR_fcntl, file, F_SETOWN_EX, &owner), -EINVAL);
    check_result("F_SETOWN_EX from nowhere", call(__NR_fcntl, file, F_SETOWN_EX, 0), -EFAULT);
    check_result("F_GETOWN_EX to nowhere", call(__NR_fcntl, file, F_GETOWN_EX, 0), -EFAULT);
    check_result("a process nobody knows", call(__NR_fcntl, file, F_SETOWN, 0x3fffffff), -ESRCH);
    check_result("the most negative process", call(__NR_fcntl, file, F_SETOWN, INT32_MIN), -EINVAL);
    check_result("nobody again", call(__NR_fcntl, file, F_SETOWN, 0), 0);
    check_result("F_GETOWN of nobody", call(__NR_fcntl, file, F_GETOWN), 0);
    check_result("no signal is chosen", call(__NR_fcntl, file, F_GETSIG), 0);
    check_result("choose one", call(__NR_fcntl, file, F_SETSIG, 34), 0);
    check_result("it is chosen", call(__NR_fcntl, file, F_GETSIG), 34);
    check_result("choose one too high", call(__NR_fcntl, file, F_SETSIG, 65), -EINVAL);
    check_result("a command that is none", call(__NR_fcntl, file, 9999), -EINVAL);
}

int main(void)
{
    for (int fd = 3; fd < 100; fd++)
        call(__NR_close, fd);
    file = (int)call(__NR_openat, AT_FDCWD, PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
    other = (int)call(__NR_openat, AT_FDCWD, PATH, O_RDWR);
    read_only = (int)call(__NR_openat, AT_FDCWD, PATH, O_RDONLY);
    write_only = (int)call(__NR_openat, AT_FDCWD, PATH, O_WRONLY);
    path_only = (int)call(__NR_openat, AT_FDCWD, PATH, O_PATH);
    check("files to lock", file == 3 && path_only == 7);
    test_arguments();
    test_modes();
    test_whence();
    test_ranges();
    test_many();
    test_getlk();
    test_open_file_locks();
    test_close();
    test_flock();
    test_other_files();
    test_owner();
    call(__NR_unlink, PATH);
    return check_finish();
}
