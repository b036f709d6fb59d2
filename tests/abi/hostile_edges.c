/* SPDX-License-Identifier: MIT */
/* Answers at the edges of single calls, where a kernel written from the manual differs from Linux. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RW 3 /* PROT_READ | PROT_WRITE */

#define CPU_CLOCK(pid) ((int)(~(unsigned)(pid) << 3)) /* of a process or thread */

static char buffer[256];
static struct timespec now;

static void test_calls(void)
{
    char *hole = page_unmapped();
    struct call_case cases[] = {
        {"lseek with a bad whence", __NR_lseek, {1, 0, 9}, -EINVAL},
        {"lseek of a bad descriptor with a bad whence", __NR_lseek, {99, 0, 9}, -EBADF},
        {"a shared mapping that grows",
         __NR_mmap,
         {0, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1},
         -EINVAL},
        {"mprotect of nothing with a bad protection", __NR_mprotect, {(long)hole, 0, 0x10}, 0},
        {"mprotect of nothing, growing both ways",
         __NR_mprotect,
         {(long)hole, 0, PROT_GROWSDOWN | PROT_GROWSUP},
         -EINVAL},
        {"opening a directory for writing", __NR_open, {(long)"/", O_WRONLY}, -EISDIR},
        {"the working directory without a name",
         __NR_newfstatat,
         {AT_FDCWD, (long)"", (long)buffer, AT_EMPTY_PATH},
         0},
        {"a shared wake where nothing is", __NR_futex, {(long)hole, FUTEX_WAKE, 1}, -EFAULT},
        {"a private one", __NR_futex, {(long)hole, FUTEX_WAKE_PRIVATE, 1}, 0},
        {"the clock of the process", __NR_clock_gettime, {CPU_CLOCK(0) | 2, (long)&now}, 0},
        {"the clock of the thread", __NR_clock_gettime, {CPU_CLOCK(0) | 6, (long)&now}, 0},
        {"the clock of nobody",
         __NR_clock_gettime,
         {CPU_CLOCK(0x1ffffff) | 2, (long)&now},
         -EINVAL},
    };

    CHECK_CALLS(cases);
}

static void test_ppoll(void)
{
    struct timespec left = {0, 1000000};
    struct pollfd output = {.fd = 1, .events = POLLOUT};

    check_result("ppoll that waits in vain", call(__NR_ppoll, NULL, 0, &left, NULL, 8), 0);
    check("has no time left", left.tv_sec == 0 && left.tv_nsec == 0);
    left = (struct timespec){100, 0};
    check_result("ppoll that need not wait", call(__NR_ppoll, &output, 1, &left, NULL, 8), 1);
    check("says what is left", left.tv_sec == 99);
}

int main(void)
{
    test_calls();
    struct stat *status = (struct stat *)buffer;
    check("the working directory is one", S_ISDIR(status->st_mode));
    test_ppoll();
    return check_finish();
}
