/* SPDX-License-Identifier: MIT */
/* mremap and madvise on anonymous memory, as allocators use them. */
#include "tests/abi/check.h"

#include <string.h>
#include <sys/mman.h>

#define RW      (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static void test_mremap(void)
{
    char *pages = pages_map(8);

    memset(pages, 0x31, 8 * PAGE);
    check_result("mremap to less", call(__NR_mremap, pages, 8 * PAGE, 4 * PAGE, 0), (long)pages);
    check("the rest is gone", !byte_readable(pages + 4 * PAGE));
    check_result("mremap to more in place", call(__NR_mremap, pages, 4 * PAGE, 6 * PAGE, 0),
                 (long)pages);
    check("old contents stay, new are zero",
          pages[4 * PAGE - 1] == 0x31 && pages[4 * PAGE] == 0 && pages[6 * PAGE - 1] == 0);
    call(__NR_mmap, pages + 6 * PAGE, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0);
    check_result("mremap that has no room", call(__NR_mremap, pages, 6 * PAGE, 7 * PAGE, 0),
                 -ENOMEM);
    char *moved = (char *)call(__NR_mremap, pages, 6 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    check("mremap that may move", (long)moved > 0 && moved != pages);
    check("the contents moved along",
          moved[0] == 0x31 && moved[4 * PAGE - 1] == 0x31 && moved[63 * PAGE] == 0);
    check("the old place is empty", !byte_readable(pages) && byte_readable(pages + 6 * PAGE));
    char *target = pages_map(2);
    check_result(
        "mremap to a fixed place",
        call(__NR_mremap, moved, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target),
        (long)target);
    check("it is there", target[0] == 0x31 && !byte_readable(moved));
}

/* What is cut off may be several mappings; what is kept, too. */
static void test_mremap_of_several(void)
{
    char *pages = pages_map(8);

    memset(pages, 0x31, 8 * PAGE);
    call(__NR_mprotect, pages, PAGE, PROT_READ);
    call(__NR_mprotect, pages + 5 * PAGE, PAGE, PROT_READ);
    check_result("mremap of several to as much", call(__NR_mremap, pages, 8 * PAGE, 8 * PAGE, 0),
                 (long)pages);
    check_result("mremap of several to less", call(__NR_mremap, pages, 8 * PAGE, 4 * PAGE, 0),
                 (long)pages);
    check("the rest of several is gone", byte_readable(pages + 3 * PAGE) &&
                                             !byte_readable(pages + 4 * PAGE) &&
                                             !byte_readable(pages + 7 * PAGE));
    check_result("mremap of several to more", call(__NR_mremap, pages, 4 * PAGE, 5 * PAGE, 1),
                 -EFAULT);
}

static void test_mremap_errors(void)
{
    char *page = pages_map(2);
    char *hole = page_unmapped();
    struct call_case cases[] = {
        {"mremap at an odd address", __NR_mremap, {(long)page + 1, PAGE, PAGE, 0}, -EINVAL},
        {"mremap to nothing", __NR_mremap, {(long)page, PAGE, 0, 0}, -EINVAL},
        {"mremap with a bad flag", __NR_mremap, {(long)page, PAGE, PAGE, 0x100}, -EINVAL},
        {"mremap fixed without MAYMOVE",
         __NR_mremap,
         {(long)page, PAGE, PAGE, MREMAP_FIXED, (long)hole},
         -EINVAL},
        {"mremap onto itself",
         __NR_mremap,
         {(long)page, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (long)page + PAGE},
         -EINVAL},
        {"mremap of what is not mapped", __NR_mremap, {(long)hole, PAGE, 2 * PAGE, 1}, -EFAULT},
    };

    CHECK_CALLS(cases);
}

static void test_madvise(void)
{
    char *pages = pages_map(4);
    char *hole = page_unmapped();
    struct call_case cases[] = {
        {"madvise of nothing", __NR_madvise, {(long)pages, 0, MADV_DONTNEED}, 0},
        {"madvise at an odd address", __NR_madvise, {(long)pages + 1, PAGE, 4}, -EINVAL},
        {"madvise with bad advice", __NR_madvise, {(long)pages, PAGE, 9999}, -EINVAL},
        {"madvise of a hole", __NR_madvise, {(long)hole, PAGE, MADV_DONTNEED}, -ENOMEM},
        {"MADV_NORMAL", __NR_madvise, {(long)pages, 4 * PAGE, MADV_NORMAL}, 0},
        {"MADV_WILLNEED", __NR_madvise, {(long)pages, 4 * PAGE, MADV_WILLNEED}, 0},
        {"MADV_DONTNEED", __NR_madvise, {(long)(pages + PAGE), 2 * PAGE, MADV_DONTNEED}, 0},
    };

    memset(pages, 0x42, 4 * PAGE);
    CHECK_CALLS(cases);
    check("the pages are zero again", pages[PAGE] == 0 && pages[3 * PAGE - 1] == 0);
    check("the others are not", pages[0] == 0x42 && pages[3 * PAGE] == 0x42);
}

int main(void)
{
    test_mremap();
    test_mremap_of_several();
    test_mremap_errors();
    test_madvise();
    return check_finish();
}
