/* SPDX-License-Identifier: MIT */
/*
 * madvise: what it does to memory, what it answers to bad ranges, and what kinds of memory an advice
 * is not for. Errors come after the rest of the range was advised, as on Linux.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

#define NAME      "/tmp/galette-madvise"
#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define WHOLE     1000 /* pages of the longest row of mincore */

static int fd;
static unsigned char present[WHOLE];

static char *map(size_t pages, int protection, int flags, int file)
{
    return (char *)call(__NR_mmap, 0, pages * PAGE, protection, flags, file, 0);
}

static void unmap(char *address, size_t pages)
{
    call(__NR_munmap, address, pages * PAGE);
}

static long advise(char *address, size_t pages, int advice)
{
    return call(__NR_madvise, address, pages * PAGE, advice);
}

/* How many of the pages are in memory. */
static int count_present(char *address, size_t pages)
{
    int count = 0;
    if (call(__NR_mincore, address, pages * PAGE, present) != 0)
        return -1;
    for (size_t i = 0; i < pages; i++)
        count += present[i] & 1;
    return count;
}

static bool all_bytes(const char *bytes, size_t size, char value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value)
            return false;
    }
    return true;
}

/* Four pages with nothing around, the third of them unmapped. */
static char *map_with_hole(void)
{
    char *pages = pages_map_apart(4);

    memset(pages, 'x', 4 * PAGE);
    unmap(pages + 2 * PAGE, 1);
    return pages;
}

static void test_ranges(void)
{
    char *page = pages_map_apart(1), *holed = map_with_hole();
    long address = (long)page;
    const struct call_case cases[] = {
        {"nothing", __NR_madvise, {address, 0, MADV_DONTNEED}, 0},
        {"nothing, nowhere", __NR_madvise, {0x10000, 0, MADV_NORMAL}, 0},
        {"an odd address", __NR_madvise, {address + 1, PAGE, MADV_DONTNEED}, -EINVAL},
        {"an odd length", __NR_madvise, {address, 1, MADV_DONTNEED}, 0},
        {"a length that wraps", __NR_madvise, {address, -1, MADV_DONTNEED}, -EINVAL},
        {"an end that wraps", __NR_madvise, {address, -2 * (long)PAGE, MADV_DONTNEED}, -EINVAL},
        {"an advice nobody knows", __NR_madvise, {address, PAGE, 77}, -EINVAL},
        {"an advice below zero", __NR_madvise, {address, PAGE, -1}, -EINVAL},
        {"unknown comes before the rest", __NR_madvise, {address + 1, -1, 5}, -EINVAL},
        {"unmapped memory", __NR_madvise, {address + PAGE, PAGE, MADV_NORMAL}, -ENOMEM},
        {"the kernel", __NR_madvise, {(long)KERNEL_ADDRESS, PAGE, MADV_DONTNEED}, -ENOMEM},
        {"a hole", __NR_madvise, {(long)holed, 4 * PAGE, MADV_DONTNEED}, -ENOMEM},
        {"a hole, and flags", __NR_madvise, {(long)holed, 4 * PAGE, MADV_DONTDUMP}, -ENOMEM},
        {"a hole at the beginning",
         __NR_madvise,
         {(long)holed + 2 * (long)PAGE, 2 * PAGE, MADV_WILLNEED},
         -ENOMEM},
        {"a hole at the end", __NR_madvise, {(long)holed, 3 * PAGE, MADV_COLD}, -ENOMEM},
    };

    CHECK_CALLS(cases);
    check("what lies behind the hole was advised, too",
          all_bytes(holed, 2 * PAGE, 0) && all_bytes(holed + 3 * PAGE, PAGE, 0));
    unmap(page, 1);
    unmap(holed, 4);
}

/* Advice that promises nothing that could be seen. */
static void test_hints(void)
{
    static const struct {
        const char *name;
        int advice;
    } hints[] = {
        {"MADV_NORMAL", MADV_NORMAL},
        {"MADV_RANDOM", MADV_RANDOM},
        {"MADV_SEQUENTIAL", MADV_SEQUENTIAL},
        {"MADV_WILLNEED", MADV_WILLNEED},
        {"MADV_DONTFORK", MADV_DONTFORK},
        {"MADV_DOFORK", MADV_DOFORK},
        {"MADV_DONTDUMP", MADV_DONTDUMP},
        {"MADV_DODUMP", MADV_DODUMP},
        {"MADV_HUGEPAGE", MADV_HUGEPAGE},
        {"MADV_NOHUGEPAGE", MADV_NOHUGEPAGE},
        {"MADV_WIPEONFORK", MADV_WIPEONFORK},
        {"MADV_KEEPONFORK", MADV_KEEPONFORK},
        {"MADV_COLD", MADV_COLD},
        {"MADV_PAGEOUT", MADV_PAGEOUT},
    };
    char *pages = pages_map(6);

    memset(pages, 'h', 6 * PAGE);
    for (size_t i = 0; i < ARRAY_LENGTH(hints); i++) {
        check_result(hints[i].name, advise(pages + 2 * PAGE, 2, hints[i].advice), 0);
        check("changes no byte", all_bytes(pages, 6 * PAGE, 'h'));
    }
    unmap(pages, 6);
}

static void test_dropping(void)
{
    char *pages = pages_map(8);

    memset(pages, 'd', 8 * PAGE);
    check_result("MADV_DONTNEED of the middle", advise(pages + 2 * PAGE, 3, MADV_DONTNEED), 0);
    check("is zero", all_bytes(pages + 2 * PAGE, 3 * PAGE, 0));
    check("the sides stay",
          all_bytes(pages, 2 * PAGE, 'd') && all_bytes(pages + 5 * PAGE, 3 * PAGE, 'd'));
    check_result("twice", advise(pages, 8, MADV_DONTNEED), 0);
    check_result("no page is there", count_present(pages, 8), 0);
    pages[3 * PAGE] = 'n';
    check_result("one is touched", count_present(pages, 8), 1);
    memset(pages, 'f', 8 * PAGE);
    check_result("MADV_FREE", advise(pages, 8, MADV_FREE), 0);
    bool good = true;
    for (int i = 0; i < 8; i++)
        good &= pages[i * PAGE] == 'f' || pages[i * PAGE] == 0;
    check("what was there or zero", good);
    memset(pages, 'g', 8 * PAGE);
    check("what is written afterwards stays", all_bytes(pages, 8 * PAGE, 'g'));
    call(__NR_mprotect, pages, PAGE, PROT_NONE);
    check_result("MADV_DONTNEED of what cannot be read", advise(pages, 2, MADV_DONTNEED), 0);
    call(__NR_mprotect, pages, PAGE, PROT_READ);
    check("it is dropped as well", pages[0] == 0 && pages[PAGE] == 0 && pages[2 * PAGE] == 'g');
    unmap(pages, 8);
}

static void test_populate(void)
{
    char *pages = pages_map_apart(16), *holed = map_with_hole();

    check_result("MADV_POPULATE_READ", advise(pages, 8, MADV_POPULATE_READ), 0);
    check_result("eight pages", count_present(pages, 16), 8);
    check_result("MADV_POPULATE_WRITE", advise(pages + 4 * PAGE, 8, MADV_POPULATE_WRITE), 0);
    check_result("twelve pages", count_present(pages, 16), 12);
    check("all zero", all_bytes(pages, 16 * PAGE, 0));
    call(__NR_mprotect, pages, PAGE, PROT_READ);
    call(__NR_mprotect, pages + PAGE, PAGE, PROT_NONE);
    check_result("writing to what is only readable", advise(pages, 1, MADV_POPULATE_WRITE),
                 -EINVAL);
    check_result("reading what is", advise(pages, 1, MADV_POPULATE_READ), 0);
    check_result("reading what is not", advise(pages + PAGE, 1, MADV_POPULATE_READ), -EINVAL);
    check_result("a hole", advise(holed, 4, MADV_POPULATE_WRITE), -ENOMEM);
    char *view = map(4, RW, MAP_SHARED, fd);
    check_result("beyond the end of a file", advise(view, 4, MADV_POPULATE_READ), -EFAULT);
    check_result("before it", advise(view, 2, MADV_POPULATE_WRITE), 0);
    unmap(view, 4);
    unmap(pages, 16);
    unmap(holed, 4);
}

static void test_locked(void)
{
    char *pages = pages_map(4);

    memset(pages, 'l', 4 * PAGE);
    check_result("mlock", call(__NR_mlock, pages + PAGE, PAGE), 0);
    check_result("MADV_DONTNEED across locked memory", advise(pages, 4, MADV_DONTNEED), -EINVAL);
    check("what comes before it is dropped, the rest is not",
          all_bytes(pages, PAGE, 0) && all_bytes(pages + PAGE, 3 * PAGE, 'l'));
    check_result("MADV_FREE", advise(pages + PAGE, 1, MADV_FREE), -EINVAL);
    check_result("MADV_COLD", advise(pages + PAGE, 1, MADV_COLD), -EINVAL);
    check_result("MADV_PAGEOUT", advise(pages + PAGE, 1, MADV_PAGEOUT), -EINVAL);
    check_result("MADV_DONTNEED_LOCKED", advise(pages + PAGE, 1, MADV_DONTNEED_LOCKED), 0);
    check("drops it", pages[PAGE] == 0 && pages[2 * PAGE] == 'l');
    unmap(pages, 4);
}

static void test_files(void)
{
    char *shared = map(2, RW, MAP_SHARED, fd), *private = map(2, RW, MAP_PRIVATE, fd);
    char *reading = map(2, PROT_READ, MAP_PRIVATE, fd), *anonymous = pages_map(1);
    const struct call_case cases[] = {
        {"MADV_FREE of a file", __NR_madvise, {(long)shared, PAGE, MADV_FREE}, -EINVAL},
        {"MADV_FREE of a copy of it", __NR_madvise, {(long)private, PAGE, MADV_FREE}, -EINVAL},
        {"MADV_WIPEONFORK", __NR_madvise, {(long)private, PAGE, MADV_WIPEONFORK}, -EINVAL},
        {"MADV_WILLNEED", __NR_madvise, {(long)shared, 2 * PAGE, MADV_WILLNEED}, 0},
        {"MADV_REMOVE of a copy", __NR_madvise, {(long)private, PAGE, MADV_REMOVE}, -EACCES},
        {"of what is only read", __NR_madvise, {(long)reading, PAGE, MADV_REMOVE}, -EACCES},
        {"of anonymous memory", __NR_madvise, {(long)anonymous, PAGE, MADV_REMOVE}, -EINVAL},
    };

    CHECK_CALLS(cases);
    memset(shared, 's', 2 * PAGE);
    private[0] = 'p';
    check_result("MADV_DONTNEED of a file", advise(shared, 2, MADV_DONTNEED), 0);
    check("loses nothing", all_bytes(shared, 2 * PAGE, 's'));
    check_result("of a copy", advise(private, 2, MADV_DONTNEED), 0);
    check("loses the copy", all_bytes(private, 2 * PAGE, 's'));
    unmap(shared, 2);
    unmap(private, 2);
    unmap(reading, 2);
    unmap(anonymous, 1);
}

/* Only file systems in memory can do it on Linux as well: a memfd is always one. */
static void test_remove(void)
{
    int memory = (int)call(__NR_memfd_create, "galette", 0);
    call(__NR_ftruncate, memory, 4 * PAGE);
    char *shared = map(4, RW, MAP_SHARED, memory), *other = map(4, PROT_READ, MAP_SHARED, memory);
    char *nameless = map(4, RW, MAP_SHARED | MAP_ANONYMOUS, -1);

    memset(shared, 'r', 4 * PAGE);
    memset(nameless, 'r', 4 * PAGE);
    check("both see it", all_bytes(other, 4 * PAGE, 'r'));
    check_result("MADV_REMOVE", advise(shared + PAGE, 2, MADV_REMOVE), 0);
    check("makes a hole", all_bytes(shared + PAGE, 2 * PAGE, 0) && shared[0] == 'r');
    check("that both see",
          all_bytes(other + PAGE, 2 * PAGE, 0) && all_bytes(other + 3 * PAGE, PAGE, 'r'));
    check_result("of memory without a file", advise(nameless + PAGE, 2, MADV_REMOVE), 0);
    check("as well", all_bytes(nameless + PAGE, 2 * PAGE, 0) && nameless[0] == 'r' &&
                         all_bytes(nameless + 3 * PAGE, PAGE, 'r'));
    shared[PAGE] = nameless[PAGE] = 'w';
    check("the hole can be filled", other[PAGE] == 'w' && nameless[PAGE] == 'w');
    call(__NR_mlock, shared, PAGE);
    check_result("not of locked memory", advise(shared, 1, MADV_REMOVE), -EINVAL);
    unmap(shared, 4);
    unmap(other, 4);
    unmap(nameless, 4);
    call(__NR_close, memory);
}

/* Flags of parts of a mapping split it, and taking them away joins it again: no trace is left. */
static void test_many_flags(void)
{
    char *pages = pages_map(64);
    bool good = true;

    for (size_t i = 0; i < 64; i++)
        pages[i * PAGE] = (char)i;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 64; i += 2)
            good &= advise(pages + i * PAGE, 1, MADV_DONTDUMP) == 0;
        good &= advise(pages, 64, MADV_DODUMP) == 0;
    }
    for (size_t i = 0; i < 64; i++)
        good &= pages[i * PAGE] == (char)i;
    check("flags come and go", good);
    check_result("all of it can be moved at once",
                 call(__NR_mremap, pages, 64 * PAGE, 32 * PAGE, 0), (long)pages);
    unmap(pages, 32);
}

int main(void)
{
    char text[PAGE] = "madvise";

    fd = (int)call(__NR_openat, AT_FDCWD, NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check_result("a file", call(__NR_write, fd, text, PAGE) + call(__NR_write, fd, text, PAGE),
                 2 * PAGE);
    test_ranges();
    test_hints();
    test_dropping();
    test_populate();
    test_locked();
    test_files();
    test_remove();
    test_many_flags();
    call(__NR_unlink, NAME);
    return check_finish();
}
