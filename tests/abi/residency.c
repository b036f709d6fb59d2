/* SPDX-License-Identifier: MIT */
/* msync and mincore: what is told of pages, and what is answered to bad ranges; remap_file_pages. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define NAME "/tmp/galette-residency"
#define RW   (PROT_READ | PROT_WRITE)

static unsigned char vector[600];
static int fd;

static char *map(size_t pages, int protection, int flags, int file)
{
    return (char *)call(__NR_mmap, 0, pages * PAGE, protection, flags, file, 0);
}

static char *holed_map(void)
{
    char *pages = pages_map_apart(4);

    call(__NR_munmap, pages + 2 * PAGE, PAGE);
    return pages;
}

static void test_mincore_errors(void)
{
    char *page = pages_map_apart(1), *holed = holed_map(), *end = page_before_hole();
    const long start = (long)page, vec = (long)vector;
    const struct call_case cases[] = {
        {"mincore of nothing", __NR_mincore, {start, 0, vec}, 0},
        {"mincore of nothing into nothing", __NR_mincore, {start, 0, 0}, 0},
        {"mincore at an odd address", __NR_mincore, {start + 1, PAGE, vec}, -EINVAL},
        {"mincore of a piece", __NR_mincore, {start, 1, vec}, 0},
        {"mincore of what is not mapped", __NR_mincore, {start + (long)PAGE, PAGE, vec}, -ENOMEM},
        {"mincore of the kernel", __NR_mincore, {(long)KERNEL_ADDRESS, PAGE, vec}, -ENOMEM},
        {"mincore of too much", __NR_mincore, {start, -1, vec}, -ENOMEM},
        {"mincore over a hole", __NR_mincore, {(long)holed, 4 * PAGE, vec}, -ENOMEM},
        {"mincore into nothing", __NR_mincore, {start, PAGE, 0}, -EFAULT},
        {"mincore into the kernel", __NR_mincore, {start, PAGE, (long)KERNEL_ADDRESS}, -EFAULT},
        {"mincore into a hole", __NR_mincore, {start, PAGE, (long)end}, -EFAULT},
    };

    CHECK_CALLS(cases);
    call(__NR_munmap, page, PAGE);
    call(__NR_munmap, holed, 4 * PAGE);
}

static bool pages_are(char *address, size_t pages, const char *expected)
{
    memset(vector, 0x55, sizeof(vector));
    if (call(__NR_mincore, address, pages * PAGE, vector) != 0)
        return false;
    for (size_t i = 0; i < pages; i++) {
        if ((vector[i] & 1) != expected[i] - '0')
            return false;
    }
    return vector[pages] == 0x55;
}

static void test_mincore(void)
{
    char *pages = pages_map_apart(600);

    call(__NR_madvise, pages, 600 * PAGE, MADV_NOHUGEPAGE);
    check("untouched", pages_are(pages, 8, "00000000"));
    pages[PAGE] = 1;
    check("one written", pages_are(pages, 8, "01000000"));
    check("one read", *(volatile char *)(pages + 3 * PAGE) == 0 && pages_are(pages, 8, "01010000"));
    call(__NR_mprotect, pages, 2 * PAGE, PROT_NONE);
    check("closed", pages_are(pages, 8, "01010000"));
    memset(pages + 2 * PAGE, 1, 598 * PAGE);
    check_result("many", call(__NR_mincore, pages, 600 * PAGE, vector), 0);
    bool good = vector[0] == 0;
    for (int i = 1; i < 600; i++)
        good &= vector[i] == 1;
    check("are all there but one", good);
    call(__NR_munmap, pages, 600 * PAGE);
    int memory = (int)call(__NR_memfd_create, "galette", 0);
    call(__NR_ftruncate, memory, 4 * PAGE);
    call(__NR_pwrite64, memory, "x", 1, 2 * PAGE);
    char *shared = map(4, RW, MAP_SHARED, memory), *private = map(4, RW, MAP_PRIVATE, memory);
    check("pages of a file, mapped by nobody", pages_are(shared, 4, "0010"));
    shared[0] = 1;
    check("and by somebody else", pages_are(private, 4, "1010"));
    call(__NR_munmap, shared, 4 * PAGE);
    call(__NR_munmap, private, 4 * PAGE);
    call(__NR_close, memory);
}

static void test_msync(void)
{
    char *shared = map(2, RW, MAP_SHARED, fd), *holed = holed_map();
    const long start = (long)shared, pages = 2 * PAGE;
    const struct call_case cases[] = {
        {"MS_SYNC", __NR_msync, {start, pages, MS_SYNC}, 0},
        {"MS_ASYNC", __NR_msync, {start, pages, MS_ASYNC}, 0},
        {"MS_INVALIDATE", __NR_msync, {start, pages, MS_INVALIDATE}, 0},
        {"no flag", __NR_msync, {start, pages, 0}, 0},
        {"both", __NR_msync, {start, pages, MS_SYNC | MS_ASYNC}, -EINVAL},
        {"a flag nobody knows", __NR_msync, {start, pages, 8}, -EINVAL},
        {"an odd address", __NR_msync, {start + 1, pages, MS_SYNC}, -EINVAL},
        {"an odd length", __NR_msync, {start, 1, MS_SYNC}, 0},
        {"no length", __NR_msync, {start, 0, MS_SYNC}, 0},
        {"no length, nowhere", __NR_msync, {0x10000, 0, MS_SYNC}, 0},
        {"a range that wraps", __NR_msync, {start, -2 * (long)PAGE, MS_SYNC}, -ENOMEM},
        {"the kernel", __NR_msync, {(long)KERNEL_ADDRESS, PAGE, MS_SYNC}, -ENOMEM},
        {"anonymous memory", __NR_msync, {(long)holed, pages, MS_SYNC}, 0},
        {"a hole", __NR_msync, {(long)holed, 4 * PAGE, MS_SYNC}, -ENOMEM},
        {"a hole at the end", __NR_msync, {(long)holed, 3 * PAGE, MS_ASYNC}, -ENOMEM},
        {"lock it", __NR_mlock, {start, PAGE}, 0},
        {"MS_INVALIDATE of locked memory", __NR_msync, {start, pages, MS_INVALIDATE}, -EBUSY},
        {"MS_SYNC of it", __NR_msync, {start, pages, MS_SYNC}, 0},
    };

    CHECK_CALLS(cases);
    call(__NR_munmap, shared, 2 * PAGE);
    call(__NR_munmap, holed, 4 * PAGE);
}

static void test_remap_file_pages(void)
{
    int memory = (int)call(__NR_memfd_create, "galette", 0);
    char page[PAGE];

    for (int i = 0; i < 4; i++) {
        memset(page, 'a' + i, PAGE);
        call(__NR_write, memory, page, PAGE);
    }
    char *shared = map(4, RW, MAP_SHARED, memory), *private = pages_map(1);
    check_result("remap_file_pages", call(__NR_remap_file_pages, shared, PAGE, 0, 3, 0), 0);
    check_result("backwards", call(__NR_remap_file_pages, shared + 3 * PAGE, PAGE, 0, 0, 0), 0);
    check("another order", shared[0] == 'd' && shared[PAGE] == 'b' && shared[2 * PAGE] == 'c' &&
                               shared[3 * PAGE] == 'a');
    shared[0] = 'D';
    check_result("of the same file", call(__NR_pread64, memory, page, 1, 3 * PAGE), 1);
    check("it has it", page[0] == 'D');
    const struct call_case cases[] = {
        {"with a protection",
         __NR_remap_file_pages,
         {(long)shared, PAGE, PROT_READ, 0, 0},
         -EINVAL},
        {"of private memory", __NR_remap_file_pages, {(long)private, PAGE, 0, 0, 0}, -EINVAL},
        {"of nothing", __NR_remap_file_pages, {(long)shared, 0, 0, 0, 0}, -EINVAL},
        {"pages that wrap", __NR_remap_file_pages, {(long)shared, PAGE, 0, -1, 0}, -EINVAL},
    };
    CHECK_CALLS(cases);
    call(__NR_munmap, shared, 4 * PAGE);
    call(__NR_munmap, private, PAGE);
    call(__NR_close, memory);
}

int main(void)
{
    char text[2 * PAGE] = "residency";

    fd = (int)call(__NR_openat, AT_FDCWD, NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check_result("a file", call(__NR_pwrite64, fd, text, sizeof(text), 0), sizeof(text));
    test_mincore_errors();
    test_mincore();
    test_msync();
    test_remap_file_pages();
    call(__NR_unlink, NAME);
    return check_finish();
}
