/* SPDX-License-Identifier: MIT */
/*
 * Numbers of descriptors: dup, dup2, dup3, fcntl; and positions, which neither a terminal nor a
 * pipe has: lseek, pread64, pwrite64. Everything above 2 is closed first, since who starts the
 * program on Linux may have left something open.
 */
#include "tests/abi/check.h"

#include <fcntl.h>

static char buffer[16];

static void test_dup(void)
{
    struct call_case cases[] = {
        {"dup takes the lowest number", __NR_dup, {1}, 3},
        {"dup again takes the next", __NR_dup, {1}, 4},
        {"close of the first", __NR_close, {3}, 0},
        {"dup fills the gap", __NR_dup, {1}, 3},
        {"dup of a descriptor that is not open", __NR_dup, {99}, -EBADF},
        {"dup2 to a number", __NR_dup2, {1, 10}, 10},
        {"dup2 to an open number", __NR_dup2, {1, 4}, 4},
        {"dup2 to itself", __NR_dup2, {1, 1}, 1},
        {"dup2 to itself when not open", __NR_dup2, {99, 99}, -EBADF},
        {"dup2 of a descriptor that is not open", __NR_dup2, {99, 5}, -EBADF},
        {"dup2 to -1", __NR_dup2, {1, -1}, -EBADF},
        {"dup2 beyond every limit", __NR_dup2, {1, 0x7fffffff}, -EBADF},
        {"dup3 to a number", __NR_dup3, {1, 20, O_CLOEXEC}, 20},
        {"dup3 to itself", __NR_dup3, {1, 1, 0}, -EINVAL},
        {"dup3 with a bad flag", __NR_dup3, {1, 21, O_APPEND}, -EINVAL},
        {"write to the duplicate", __NR_write, {10, (long)"ok a duplicate writes\n", 22}, 22},
    };

    CHECK_CALLS(cases);
}

static void test_fcntl(void)
{
    long flags = call(__NR_fcntl, 1, F_GETFL);
    struct call_case cases[] = {
        {"F_GETFD of dup3 with O_CLOEXEC", __NR_fcntl, {20, F_GETFD}, FD_CLOEXEC},
        {"F_GETFD of dup2", __NR_fcntl, {10, F_GETFD}, 0},
        {"F_SETFD", __NR_fcntl, {10, F_SETFD, FD_CLOEXEC}, 0},
        {"F_GETFD after F_SETFD", __NR_fcntl, {10, F_GETFD}, FD_CLOEXEC},
        {"the original keeps its own flag", __NR_fcntl, {1, F_GETFD}, 0},
        {"F_DUPFD from a number up", __NR_fcntl, {1, F_DUPFD, 10}, 11},
        {"F_DUPFD_CLOEXEC", __NR_fcntl, {1, F_DUPFD_CLOEXEC, 11}, 12},
        {"F_GETFD of F_DUPFD_CLOEXEC", __NR_fcntl, {12, F_GETFD}, FD_CLOEXEC},
        {"F_DUPFD from beyond every limit", __NR_fcntl, {1, F_DUPFD, 0x7fffffff}, -EINVAL},
        {"F_GETFL is shared by duplicates", __NR_fcntl, {10, F_GETFL}, flags},
        {"fcntl with a bad command", __NR_fcntl, {1, 9999}, -EINVAL},
        {"fcntl of a descriptor that is not open", __NR_fcntl, {99, F_GETFD}, -EBADF},
    };

    check("F_GETFL says that it can be written", (flags & O_ACCMODE) != O_RDONLY);
    CHECK_CALLS(cases);
    check_result("F_SETFL O_NONBLOCK", call(__NR_fcntl, 1, F_SETFL, flags | O_NONBLOCK), 0);
    check("F_GETFL of the duplicate has it", call(__NR_fcntl, 10, F_GETFL) & O_NONBLOCK);
    check_result("F_SETFL back", call(__NR_fcntl, 1, F_SETFL, flags), 0);
}

static void test_positions(void)
{
    struct call_case cases[] = {
        {"lseek", __NR_lseek, {1, 0, 0}, -ESPIPE},
        {"lseek of a descriptor that is not open", __NR_lseek, {99, 0, 0}, -EBADF},
        {"pwrite64", __NR_pwrite64, {1, (long)buffer, 1, 0}, -ESPIPE},
        {"pwrite64 at a negative offset", __NR_pwrite64, {1, (long)buffer, 1, -1}, -EINVAL},
        {"pread64", __NR_pread64, {1, (long)buffer, 1, 0}, -ESPIPE},
        {"pread64 at a negative offset", __NR_pread64, {1, (long)buffer, 1, -1}, -EINVAL},
        {"pread64 of a descriptor that is not open",
         __NR_pread64,
         {99, (long)buffer, 1, 0},
         -EBADF},
    };

    CHECK_CALLS(cases);
}

int main(void)
{
    for (int fd = 3; fd < 100; fd++)
        call(__NR_close, fd);
    test_dup();
    test_fcntl();
    test_positions();
    return check_finish();
}
