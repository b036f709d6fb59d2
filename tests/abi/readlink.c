/* SPDX-License-Identifier: MIT */
/* readlink and readlinkat of /proc/self/exe, and of what is not there. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <string.h>

#define EXE "/proc/self/exe"

static char whole[4096];
static char part[4096];
static char long_path[5000];

static void test_success(void)
{
    memset(whole, 0x7f, sizeof(whole));
    long length = call(__NR_readlink, EXE, whole, sizeof(whole));

    check("readlink gives a length", length > 1 && length < (long)sizeof(whole));
    check("an absolute path", whole[0] == '/');
    check("no byte is added to it",
          memchr(whole, 0, (size_t)length) == NULL && whole[length] == 0x7f);
    check_result("readlinkat gives the same",
                 call(__NR_readlinkat, AT_FDCWD, EXE, part, sizeof(part)), length);
    check("the very same", memcmp(whole, part, (size_t)length) == 0);
    check_result("an absolute path needs no directory",
                 call(__NR_readlinkat, 99, EXE, part, sizeof(part)), length);
    memset(part, 0x7f, sizeof(part));
    check_result("a small buffer cuts it off", call(__NR_readlink, EXE, part, 2), 2);
    check("at its end exactly", memcmp(whole, part, 2) == 0 && part[2] == 0x7f);
    check_result("a buffer of the exact size", call(__NR_readlink, EXE, part, length), length);
}

static void test_errors(void)
{
    char *hole = page_before_hole();
    struct call_case cases[] = {
        {"a buffer of no size", __NR_readlink, {(long)EXE, (long)part, 0}, -EINVAL},
        {"a buffer of negative size", __NR_readlink, {(long)EXE, (long)part, -1}, -EINVAL},
        {"a link that is not there", __NR_readlink, {(long)"/no/such", (long)part, 64}, -ENOENT},
        {"an empty path", __NR_readlink, {(long)"", (long)part, 64}, -ENOENT},
        {"a path that is too long",
         __NR_readlink,
         {(long)long_path, (long)part, 64},
         -ENAMETOOLONG},
        {"a path from nowhere", __NR_readlink, {0, (long)part, 64}, -EFAULT},
        {"a path into a hole", __NR_readlink, {(long)(hole - 1), (long)part, 64}, -EFAULT},
        {"a path from the kernel", __NR_readlink, {(long)KERNEL_ADDRESS, (long)part, 64}, -EFAULT},
        {"into nowhere", __NR_readlink, {(long)EXE, 0, 64}, -EFAULT},
        {"into a hole", __NR_readlink, {(long)EXE, (long)(hole - 1), 64}, -EFAULT},
        {"relative to what is not open", __NR_readlinkat, {99, (long)"x", (long)part, 64}, -EBADF},
    };

    memset(long_path, '/', sizeof(long_path));
    long_path[sizeof(long_path) - 1] = 0;
    CHECK_CALLS(cases);
}

int main(void)
{
    test_success();
    test_errors();
    return check_finish();
}
