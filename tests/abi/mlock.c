/* SPDX-License-Identifier: MIT */
/*
 * mlock, mlock2, mlockall and their undoing. Both sides run as root, whom RLIMIT_MEMLOCK does not
 * bind; what VmLck of /proc/self/status says is counted.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

#define RW (PROT_READ | PROT_WRITE)

static long locked_pages(void)
{
    return status_kib("VmLck:") * 1024 / (long)PAGE;
}

static int present(char *address, size_t pages)
{
    unsigned char vector[64];
    int count = 0;
    if (call(__NR_mincore, address, pages * PAGE, vector) != 0)
        return -1;
    for (size_t i = 0; i < pages; i++)
        count += vector[i] & 1;
    return count;
}

static void test_errors(void)
{
    char *holed = pages_map_apart(4), *closed = pages_map_apart(2);
    call(__NR_munmap, holed + 2 * PAGE, PAGE);
    call(__NR_mprotect, closed, 2 * PAGE, PROT_NONE);
    const long start = (long)holed;
    const struct call_case cases[] = {
        {"mlock of nothing", __NR_mlock, {start, 0}, 0},
        {"mlock of nothing, nowhere", __NR_mlock, {0x10000, 0}, 0},
        {"mlock of what is not mapped", __NR_mlock, {start + 4 * (long)PAGE, PAGE}, -ENOMEM},
        {"mlock of the kernel", __NR_mlock, {(long)KERNEL_ADDRESS, PAGE}, -ENOMEM},
        {"mlock of a range that wraps", __NR_mlock, {start, -2 * (long)PAGE}, -EINVAL},
        {"mlock over a hole", __NR_mlock, {start, 4 * PAGE}, -ENOMEM},
        {"mlock of what cannot be read", __NR_mlock, {(long)closed, PAGE}, -ENOMEM},
        {"munlock of it", __NR_munlock, {(long)closed, 2 * PAGE}, 0},
        {"munlock of nothing", __NR_munlock, {start, 0}, 0},
        {"munlock over a hole", __NR_munlock, {start, 4 * PAGE}, -ENOMEM},
        {"mlock2 with flags nobody knows", __NR_mlock2, {start, PAGE, 2}, -EINVAL},
        {"mlock2 without flags", __NR_mlock2, {start, PAGE, 0}, 0},
        {"munlock", __NR_munlock, {start, PAGE}, 0},
        {"mlockall of nothing", __NR_mlockall, {0}, -EINVAL},
        {"mlockall with flags nobody knows", __NR_mlockall, {8}, -EINVAL},
        {"mlockall on fault alone", __NR_mlockall, {MCL_ONFAULT}, -EINVAL},
        {"munlockall", __NR_munlockall, {0}, 0},
    };

    CHECK_CALLS(cases);
    check_result("nothing is locked", locked_pages(), 0);
    call(__NR_munmap, holed, 4 * PAGE);
    call(__NR_munmap, closed, 2 * PAGE);
}

static void test_pages(void)
{
    char *pages = pages_map_apart(16);

    check_result("mlock within pages", call(__NR_mlock, pages + 2 * PAGE + 10, 2 * PAGE), 0);
    check_result("locks all that it touches", locked_pages(), 3);
    check_result("and brings them", present(pages, 16), 3);
    check("as zeros", pages[2 * PAGE] == 0 && pages[5 * PAGE - 1] == 0);
    check_result("mlock2 on fault", call(__NR_mlock2, pages + 8 * PAGE, 4 * PAGE, MLOCK_ONFAULT),
                 0);
    check_result("locks", locked_pages(), 7);
    check_result("and brings nothing", present(pages + 8 * PAGE, 4), 0);
    check_result("munlock of one", call(__NR_munlock, pages + 3 * PAGE, PAGE), 0);
    check_result("one less", locked_pages(), 6);
    char *moved = (char *)call(__NR_mremap, pages + 8 * PAGE, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
    check_result("what moves stays locked, and so does what it grows by", locked_pages(), 8);
    check_result("growth within a page of a longer mapping",
                 call(__NR_mremap, moved + PAGE, 9, 66, 0) - (long)moved, PAGE);
    call(__NR_munmap, moved, 6 * PAGE);
    check_result("what is unmapped is not", locked_pages(), 2);
    check_result("munlock of all", call(__NR_munlock, pages, 8 * PAGE), 0);
    check_result("none", locked_pages(), 0);
    call(__NR_munmap, pages, 16 * PAGE);
}

static void test_mmap(void)
{
    char *pages =
        (char *)call(__NR_mmap, 0, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
    check_result("MAP_LOCKED", locked_pages(), 8);
    check_result("brings the pages", present(pages, 8), 8);
    call(__NR_munmap, pages, 8 * PAGE);
    pages =
        (char *)call(__NR_mmap, 0, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    check_result("MAP_POPULATE does, too", present(pages, 8), 8);
    check_result("and locks nothing", locked_pages(), 0);
    call(__NR_munmap, pages, 8 * PAGE);
}

static void test_all(void)
{
    char *before = pages_map_apart(4);

    check_result("mlockall of what comes", call(__NR_mlockall, MCL_FUTURE), 0);
    check_result("nothing is locked yet", locked_pages(), 0);
    char *pages = pages_map(4);
    check_result("a new mapping is", locked_pages(), 4);
    check_result("and is there", present(pages, 4), 4);
    check_result("the old one is not", present(before, 4), 0);
    check_result("mlockall of what is", call(__NR_mlockall, MCL_CURRENT), 0);
    check_result("now it is", present(before, 4), 4);
    check("the program is locked",
          locked_pages() > 8 && locked_pages() * 4 <= status_kib("VmSize:"));
    call(__NR_munmap, pages, 4 * PAGE);
    pages = pages_map(4);
    check_result("what comes is no longer", present(pages, 4), 0);
    call(__NR_munmap, pages, 4 * PAGE);
    check_result("munlockall", call(__NR_munlockall), 0);
    check_result("nothing is locked", locked_pages(), 0);
    check_result("mlockall on fault", call(__NR_mlockall, MCL_FUTURE | MCL_ONFAULT), 0);
    pages = pages_map(4);
    check_result("locks", locked_pages(), 4);
    check_result("and brings nothing", present(pages, 4), 0);
    check_result("munlockall again", call(__NR_munlockall), 0);
    call(__NR_munmap, pages, 4 * PAGE);
    call(__NR_munmap, before, 4 * PAGE);
}

static void test_limit(void)
{
    struct rlimit old, none = {0, 0};
    char *pages = pages_map(4);

    call(__NR_getrlimit, RLIMIT_MEMLOCK, &old);
    none.rlim_max = old.rlim_max;
    check_result("a limit of 0", call(__NR_setrlimit, RLIMIT_MEMLOCK, &none), 0);
    check_result("does not bind root", call(__NR_mlock, pages, 4 * PAGE), 0);
    call(__NR_setrlimit, RLIMIT_MEMLOCK, &old);
    call(__NR_munmap, pages, 4 * PAGE);
}

int main(void)
{
    check_result("nothing is locked at the start", locked_pages(), 0);
    test_errors();
    test_pages();
    test_mmap();
    test_all();
    test_limit();
    return check_finish();
}
