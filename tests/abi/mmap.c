/* SPDX-License-Identifier: MIT */
/*
 * Anonymous mappings: mmap and munmap. Whether a page is there is asked of the kernel (a system
 * call that answers -EFAULT or not), since the program itself would be ended by a fault.
 */
#include "tests/abi/check.h"

#include <string.h>
#include <sys/mman.h>

#define RW      (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static bool all_bytes(const char *bytes, size_t size, char value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value)
            return false;
    }
    return true;
}

static void test_errors(void)
{
    char *page = pages_map(1);
    long odd = (long)page + 1;
    uintptr_t end = user_end();
    int file = (int)call(__NR_memfd_create, "galette", 0);
    struct call_case cases[] = {
        {"mmap of nothing", __NR_mmap, {0, 0, RW, PRIVATE, -1, 0}, -EINVAL},
        {"mmap neither private nor shared", __NR_mmap, {0, PAGE, RW, MAP_ANONYMOUS, -1}, -EINVAL},
        {"mmap with an odd offset", __NR_mmap, {0, PAGE, RW, PRIVATE, -1, 1}, -EINVAL},
        {"mmap fixed at an odd address",
         __NR_mmap,
         {odd, PAGE, RW, PRIVATE | MAP_FIXED, -1},
         -EINVAL},
        {"mmap fixed in the kernel",
         __NR_mmap,
         {(long)KERNEL_ADDRESS, PAGE, RW, PRIVATE | MAP_FIXED, -1},
         -ENOMEM},
        {"mmap fixed at the end of user space",
         __NR_mmap,
         {(long)end, PAGE, RW, PRIVATE | MAP_FIXED, -1},
         -ENOMEM},
        {"mmap fixed across the end of user space",
         __NR_mmap,
         {(long)(end - PAGE), 2 * PAGE, RW, PRIVATE | MAP_FIXED, -1},
         -ENOMEM},
        {"mmap of more than user space", __NR_mmap, {0, 1L << 56, RW, PRIVATE, -1}, -ENOMEM},
        {"mmap of a length that wraps", __NR_mmap, {0, -1, RW, PRIVATE, -1}, -ENOMEM},
        {"mmap of a file that is not open", __NR_mmap, {0, PAGE, RW, MAP_PRIVATE, 99}, -EBADF},
        {"nothing of a file that is not open", __NR_mmap, {0, 0, RW, MAP_PRIVATE, 99}, -EBADF},
        {"an odd offset comes before", __NR_mmap, {0, 0, RW, MAP_PRIVATE, 99, 5}, -EINVAL},
        {"huge pages of a file",
         __NR_mmap,
         {0, PAGE, RW, MAP_PRIVATE | MAP_HUGETLB, file},
         -EINVAL},
        {"a stack of a file",
         __NR_mmap,
         {0, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, file},
         -EINVAL},
        {"flags that nobody knows",
         __NR_mmap,
         {0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | 0x200000, file},
         -EOPNOTSUPP},
        {"of a file for private memory",
         __NR_mmap,
         {0, PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1},
         -EINVAL},
        {"beyond the largest file",
         __NR_mmap,
         {0, PAGE, PROT_READ, MAP_PRIVATE, file, 0x7ffffffffffff000},
         -EOVERFLOW},
        {"beyond all numbers",
         __NR_mmap,
         {0, 2 * PAGE, PROT_READ, MAP_PRIVATE, file, (long)0xfffffffffffff000},
         -EOVERFLOW},
        {"NOREPLACE on what is mapped",
         __NR_mmap,
         {(long)page, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1},
         -EEXIST},
        {"munmap of nothing", __NR_munmap, {(long)page, 0}, -EINVAL},
        {"munmap at an odd address", __NR_munmap, {odd, PAGE}, -EINVAL},
        {"munmap in the kernel", __NR_munmap, {(long)KERNEL_ADDRESS, PAGE}, -EINVAL},
        {"munmap of a length that wraps", __NR_munmap, {(long)page, -1}, -EINVAL},
        {"munmap across the end of user space",
         __NR_munmap,
         {(long)(end - PAGE), 2 * PAGE},
         -EINVAL},
        {"munmap of a part of a page", __NR_munmap, {(long)page, 1}, 0},
        {"munmap of what is not mapped", __NR_munmap, {(long)page, PAGE}, 0},
    };

    CHECK_CALLS(cases);
    call(__NR_close, file);
}

static void test_contents(void)
{
    char *pages = pages_map(8);

    check("fresh memory is page-aligned", ((uintptr_t)pages & (PAGE - 1)) == 0);
    check("fresh memory is zero", all_bytes(pages, 8 * PAGE, 0));
    memset(pages, 0x77, 8 * PAGE);
    check_result("mmap over it",
                 call(__NR_mmap, pages + 2 * PAGE, 2 * PAGE, RW, PRIVATE | MAP_FIXED, -1, 0),
                 (long)(pages + 2 * PAGE));
    check("the new pages are zero", all_bytes(pages + 2 * PAGE, 2 * PAGE, 0));
    check("the pages around are not",
          all_bytes(pages, 2 * PAGE, 0x77) && all_bytes(pages + 4 * PAGE, 4 * PAGE, 0x77));
    call(__NR_munmap, pages, 8 * PAGE);
    check_result("mmap at the same place",
                 call(__NR_mmap, pages, 8 * PAGE, RW, PRIVATE | MAP_FIXED, -1, 0), (long)pages);
    check("nothing is left of the old contents", all_bytes(pages, 8 * PAGE, 0));
    call(__NR_munmap, pages, 8 * PAGE);
}

static void test_holes(void)
{
    char *pages = pages_map(8);

    memset(pages, 0x77, 8 * PAGE);
    check_result("munmap in the middle", call(__NR_munmap, pages + 3 * PAGE, 2 * PAGE), 0);
    check("a hole is there",
          !byte_readable(pages + 3 * PAGE) && !byte_readable(pages + 5 * PAGE - 1));
    check("the sides are not touched",
          all_bytes(pages, 3 * PAGE, 0x77) && all_bytes(pages + 5 * PAGE, 3 * PAGE, 0x77));
    check_result("munmap across the hole", call(__NR_munmap, pages + 2 * PAGE, 4 * PAGE), 0);
    check("both edges moved", !byte_readable(pages + 2 * PAGE) &&
                                  !byte_readable(pages + 5 * PAGE) && byte_readable(pages + PAGE) &&
                                  byte_readable(pages + 6 * PAGE));
    check_result("a hint that is free is taken",
                 call(__NR_mmap, pages + 3 * PAGE, PAGE, RW, PRIVATE, -1, 0),
                 (long)(pages + 3 * PAGE));
    check("a hint that is taken gives another place",
          call(__NR_mmap, pages, PAGE, RW, PRIVATE, -1, 0) != (long)pages);
    check_result("NOREPLACE where it is free",
                 call(__NR_mmap, pages + 2 * PAGE, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0),
                 (long)(pages + 2 * PAGE));
    check_result(
        "NOREPLACE that overlaps at its end",
        call(__NR_mmap, pages + 5 * PAGE, 2 * PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0),
        -EEXIST);
    check_result("munmap of all", call(__NR_munmap, pages, 8 * PAGE), 0);
    check("all is gone", !byte_readable(pages) && !byte_readable(pages + 7 * PAGE));
}

static void test_flags(void)
{
    static const struct {
        const char *name;
        int flags;
    } kinds[] = {
        {"MAP_STACK", PRIVATE | MAP_STACK},         {"MAP_NORESERVE", PRIVATE | MAP_NORESERVE},
        {"MAP_POPULATE", PRIVATE | MAP_POPULATE},   {"MAP_DENYWRITE", PRIVATE | MAP_DENYWRITE},
        {"MAP_SHARED", MAP_SHARED | MAP_ANONYMOUS},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        char *pages = (char *)call(__NR_mmap, 0, 2 * PAGE, RW, kinds[i].flags, -1, 0);
        bool good = (long)pages > 0 && all_bytes(pages, 2 * PAGE, 0);

        if (good)
            memset(pages, 1, 2 * PAGE);
        check(kinds[i].name, good && call(__NR_munmap, pages, 2 * PAGE) == 0);
    }
}

/* Much more address space than memory, as Go and threads want it: only what is touched counts. */
static void test_reservation(void)
{
    const size_t size = 64UL << 30;
    char *space = (char *)call(__NR_mmap, 0, size, PROT_NONE, PRIVATE | MAP_NORESERVE, -1, 0);

    check("64 GiB of address space", (long)space > 0);
    check("it cannot be read", !byte_readable(space + size / 2));
    check_result("mprotect of a part", call(__NR_mprotect, space + size / 2, 16 * PAGE, RW), 0);
    memset(space + size / 2, 1, 16 * PAGE);
    check("the part is memory", all_bytes(space + size / 2, 16 * PAGE, 1));
    check("the rest is not",
          !byte_readable(space + size / 2 - 1) && !byte_readable(space + size / 2 + 16 * PAGE));
    check_result("munmap of all of it", call(__NR_munmap, space, size), 0);
    check("it is gone", !byte_readable(space + size / 2));
}

/* Many mappings that come and go: nothing may leak, nothing may run full. */
static void test_many(void)
{
    bool good = true;

    for (int i = 0; i < 2000 && good; i++) {
        char *pages = (char *)call(__NR_mmap, 0, 64 * PAGE, RW, PRIVATE, -1, 0);

        good = (long)pages > 0 && pages[0] == 0 && pages[63 * PAGE] == 0;
        if (good) {
            pages[0] = pages[63 * PAGE] = 1;
            good = call(__NR_munmap, pages, 64 * PAGE) == 0;
        }
    }
    check("2000 mappings, one after the other", good);
}

/* What the processor remembers of a mapping ends with it, whether the kernel forgets few pages one by
 * one or many at once. The program's own reading and the kernel's have memories of their own. */
static void test_forgotten(void)
{
    static const struct {
        const char *name;
        size_t pages;
    } sizes[] = {{"nothing of 8 pages is remembered", 8}, {"nor of 200", 200}};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        size_t size = sizes[i].pages * PAGE;
        char *pages = pages_map(sizes[i].pages);
        bool gone = true;

        memset(pages, 0x33, size);
        for (char *page = pages; page < pages + size; page += PAGE)
            gone = gone && byte_readable(page);
        call(__NR_munmap, pages, size);
        for (char *page = pages; page < pages + size; page += PAGE)
            gone = gone && !byte_readable(page);
        check(sizes[i].name, gone);
        call(__NR_mmap, pages, size, RW, PRIVATE | MAP_FIXED, -1, 0);
        check("new pages there are new", all_bytes(pages, size, 0));
        call(__NR_munmap, pages, size);
    }
}

int main(void)
{
    test_errors();
    test_contents();
    test_holes();
    test_flags();
    test_reservation();
    test_many();
    test_forgotten();
    return check_finish();
}
