/* SPDX-License-Identifier: MIT */
/*
 * Mappings of files: what is stored is read and the other way round, what is private stays private,
 * what lies beyond the end cannot be touched; and memory that is shared without a file.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define NAME "/tmp/galette-file-mapping"
#define SIZE (2 * PAGE + 100)

static int fd;
static char text[4 * PAGE];

static char *map(size_t pages, int protection, int flags, int file, size_t offset)
{
    return (char *)call(__NR_mmap, 0, pages * PAGE, protection, flags, file, offset);
}

static char *map_shared(size_t pages)
{
    return map(pages, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static char *map_private(size_t pages)
{
    return map(pages, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
}

static void unmap(char *address, size_t pages)
{
    check_result("munmap", call(__NR_munmap, address, pages * PAGE), 0);
}

static void make_file(void)
{
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    fd = (int)call(__NR_openat, AT_FDCWD, NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check("the file", fd >= 0);
    check_result("its bytes", call(__NR_write, fd, text, SIZE), SIZE);
}

static bool file_has(size_t offset, const char *bytes, size_t size)
{
    char got[64];
    return call(__NR_pread64, fd, got, size, offset) == (long)size && memcmp(got, bytes, size) == 0;
}

static void put(size_t offset, const char *bytes)
{
    size_t size = strlen(bytes);
    check_result("pwrite64", call(__NR_pwrite64, fd, bytes, size, offset), (long)size);
}

static void test_shared(void)
{
    char *first = map_shared(4), *second = map_shared(3);

    check("a shared mapping shows the file", memcmp(first, text, SIZE) == 0);
    check("then zeros", first[SIZE] == 0 && first[3 * PAGE - 1] == 0);
    check("and beyond the last page nothing", !byte_readable(first + 3 * PAGE));
    memcpy(first + 10, "STORED", 6);
    check("a store is read", file_has(10, "STORED", 6));
    check("and seen by another mapping", memcmp(second + 10, "STORED", 6) == 0);
    put(PAGE - 3, "WRITTEN");
    check("what is written is seen", memcmp(first + PAGE - 3, "WRITTEN", 7) == 0 &&
                                         memcmp(second + PAGE - 3, "WRITTEN", 7) == 0);
    check_result("msync", call(__NR_msync, first, 3 * PAGE, MS_SYNC), 0);
    unmap(first, 4);
    check("the other one stays", memcmp(second + 10, "STORED", 6) == 0);
    unmap(second, 3);
    put(10, "klmnop");
    put(PAGE - 3, text + PAGE - 3);
}

static void test_private(void)
{
    char *private = map_private(3), *other = map_private(3), *shared = map_shared(3);

    make_file();
    private[5] = 'X';
    check("a private store stays private",
          file_has(5, text + 5, 1) && other[5] == text[5] && shared[5] == text[5]);
    check("and does not touch its neighbours", private[4] == text[4] && private[6] == text[6]);
    put(6, "Y");
    check("a copy has no news of the file", private[6] == text[6]);
    put(PAGE + 6, "Y");
    check("but an untouched page has", private[PAGE + 6] == 'Y');
    check_result("MADV_DONTNEED", call(__NR_madvise, private, PAGE, MADV_DONTNEED), 0);
    check("after which it is the file's again", private[5] == text[5] && private[6] == 'Y');
    unmap(private, 3);
    unmap(other, 3);
    unmap(shared, 3);
}

static void test_truncation(void)
{
    char *shared = map_shared(3), *private = map_private(3);

    make_file();
    private[PAGE] = 'P';
    private[10] = 'P';
    check("touched", shared[PAGE] == text[PAGE] && shared[2 * PAGE] == text[2 * PAGE]);
    check_result("ftruncate", call(__NR_ftruncate, fd, 100), 0);
    check("pages that are cut off are gone",
          !byte_readable(shared + PAGE) && !byte_readable(shared + 2 * PAGE));
    check("copies of them as well", !byte_readable(private + PAGE));
    check("the first page stays", shared[99] == text[99] && private[10] == 'P');
    check("with zeros behind the end", shared[100] == 0 && shared[PAGE - 1] == 0);
    check_result("and longer again", call(__NR_ftruncate, fd, SIZE), 0);
    check("there are zeros", shared[PAGE] == 0 && shared[2 * PAGE + 99] == 0 && private[PAGE] == 0);
    shared[2 * PAGE] = 'Z';
    check("that can be stored to", file_has(2 * PAGE, "Z", 1));
    unmap(shared, 3);
    unmap(private, 3);
}

/* The buffer of a read or write may be a mapping of the file itself, touched by nobody before. */
static void test_buffers_in_the_file(void)
{
    make_file();
    char *shared = map_shared(3);
    check_result("read into the file", call(__NR_pread64, fd, shared + PAGE, 100, 10), 100);
    check("it has arrived",
          memcmp(shared + PAGE, text + 10, 100) == 0 && file_has(PAGE, text + 10, 50));
    unmap(shared, 3);
    make_file();
    shared = map_shared(3);
    check_result("write from the file", call(__NR_pwrite64, fd, shared, 2 * PAGE, PAGE), 2 * PAGE);
    check("it has arrived", memcmp(shared + PAGE, text, PAGE) == 0);
    unmap(shared, 3);
    make_file();
    char *private = map_private(3);
    check_result("read into a copy", call(__NR_pread64, fd, private + PAGE, 100, 10), 100);
    check("only there",
          memcmp(private + PAGE, text + 10, 100) == 0 && file_has(PAGE, text + PAGE, 9));
    check_result("a buffer beyond the end",
                 call(__NR_pread64, fd, map_shared(8) + 5 * PAGE, 100, 0), -EFAULT);
    unmap(private, 3);
}

static void test_growth(void)
{
    make_file();
    char *shared = map_shared(4);
    check("beyond the end", !byte_readable(shared + 3 * PAGE));
    put(3 * PAGE + 5, "grown");
    check("within reach now", memcmp(shared + 3 * PAGE + 5, "grown", 5) == 0);
    char *moved = (char *)call(__NR_mremap, shared, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    check("mremap", moved[3 * PAGE + 5] == 'g' && !byte_readable(moved + 5 * PAGE));
    char *tail = map(1, PROT_READ, MAP_SHARED, fd, 3 * PAGE);
    check("a mapping from the middle", memcmp(tail + 5, "grown", 5) == 0);
    unmap(tail, 1);
    unmap(moved, 8);
}

static void test_rights(void)
{
    int reading = (int)call(__NR_openat, AT_FDCWD, NAME, O_RDONLY);
    int writing = (int)call(__NR_openat, AT_FDCWD, NAME, O_WRONLY);
    int directory = (int)call(__NR_openat, AT_FDCWD, "/tmp", O_RDONLY | O_DIRECTORY);
    const struct call_case cases[] = {
        {"shared, writable, of a file open for reading",
         __NR_mmap,
         {0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, reading, 0},
         -EACCES},
        {"of a file open for writing",
         __NR_mmap,
         {0, PAGE, PROT_WRITE, MAP_SHARED, writing, 0},
         -EACCES},
        {"privately", __NR_mmap, {0, PAGE, PROT_READ, MAP_PRIVATE, writing, 0}, -EACCES},
        {"of a directory", __NR_mmap, {0, PAGE, PROT_READ, MAP_SHARED, directory, 0}, -ENODEV},
        {"of nothing", __NR_mmap, {0, PAGE, PROT_READ, MAP_SHARED, -1, 0}, -EBADF},
        {"no length", __NR_mmap, {0, 0, PROT_READ, MAP_SHARED, reading, 0}, -EINVAL},
        {"an odd offset", __NR_mmap, {0, PAGE, PROT_READ, MAP_SHARED, reading, 100}, -EINVAL},
        {"neither shared nor private", __NR_mmap, {0, PAGE, PROT_READ, 0, reading, 0}, -EINVAL},
    };

    CHECK_CALLS(cases);
    char *shared = map(1, PROT_READ, MAP_SHARED, reading, 0);
    check_result("it cannot be made writable",
                 call(__NR_mprotect, shared, PAGE, PROT_READ | PROT_WRITE), -EACCES);
    check("and is not", !byte_writable(shared));
    char *private = map(1, PROT_READ, MAP_PRIVATE, reading, 0);
    check_result("a private one can", call(__NR_mprotect, private, PAGE, PROT_READ | PROT_WRITE),
                 0);
    check("and is", byte_writable(private));
    unmap(shared, 1);
    unmap(private, 1);
    shared = map(1, PROT_READ, MAP_SHARED, fd, 0);
    check("read first", shared[0] == text[0]);
    check_result("made writable", call(__NR_mprotect, shared, PAGE, PROT_READ | PROT_WRITE), 0);
    shared[0] = '!';
    check("and stored to", file_has(0, "!", 1));
    unmap(shared, 1);
}

static void test_a_file_without_a_name(void)
{
    make_file();
    char *shared = map_shared(3), *private = map_private(3);
    check_result("unlink", call(__NR_unlink, NAME), 0);
    check_result("close", call(__NR_close, fd), 0);
    check("the mappings stay", memcmp(shared, text, SIZE) == 0 && memcmp(private, text, SIZE) == 0);
    shared[7] = '7';
    check("and work", private[7] == '7');
    unmap(shared, 3);
    unmap(private, 3);
}

static void test_shared_memory(void)
{
    const int flags = MAP_SHARED | MAP_ANONYMOUS, both = PROT_READ | PROT_WRITE;
    char *shared = map(3, both, flags, -1, 0),
         *private = map(1, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    check("zeros", shared[0] == 0 && shared[3 * PAGE - 1] == 0);
    memcpy(shared + PAGE - 2, "four", 4);
    char *view = (char *)call(__NR_mremap, shared, 0, 3 * PAGE, MREMAP_MAYMOVE);
    check("a second view", view != shared && memcmp(view + PAGE - 2, "four", 4) == 0);
    view[2 * PAGE] = 'v';
    check("of the same memory", shared[2 * PAGE] == 'v');
    check_result("MADV_DONTNEED", call(__NR_madvise, shared, 3 * PAGE, MADV_DONTNEED), 0);
    check("does not lose it", memcmp(shared + PAGE - 2, "four", 4) == 0);
    unmap(shared, 3);
    check("nor does munmap", memcmp(view + PAGE - 2, "four", 4) == 0);
    check_result("no view of private memory", call(__NR_mremap, private, 0, PAGE, MREMAP_MAYMOVE),
                 -EINVAL);
    unmap(view, 3);
    unmap(private, 1);
}

/* Neighbours that a fault brings along must be the right ones, from any side. */
static void test_many_pages(void)
{
    const size_t pages = 100;
    bool good = true;
    fd = (int)call(__NR_openat, AT_FDCWD, NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (size_t i = 0; i < pages; i++) {
        *(size_t *)text = i;
        if (i % 7 != 3) /* some are holes */
            good &= call(__NR_pwrite64, fd, text, PAGE, i * PAGE) == (long)PAGE;
    }
    check("many pages", good);
    for (int flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
        char *view = map(pages, PROT_READ | PROT_WRITE, flags, fd, 0);
        for (size_t i = 0; i < pages; i++) {
            size_t page = i * 37 % pages;
            good &= *(size_t *)(view + page * PAGE) == (page % 7 != 3 ? page : 0);
            if (i % 3 == 0)
                view[page * PAGE + 100] = (char)page;
        }
        for (size_t i = 0; i < pages; i++)
            good &= *(size_t *)(view + i * PAGE) == (i % 7 != 3 ? i : 0);
        check(flags == MAP_SHARED ? "seen through a shared mapping" : "and a private one", good);
        unmap(view, pages);
    }
    call(__NR_unlink, NAME);
}

int main(void)
{
    make_file();
    test_shared();
    test_private();
    test_truncation();
    test_buffers_in_the_file();
    test_growth();
    test_rights();
    test_a_file_without_a_name();
    test_shared_memory();
    test_many_pages();
    return check_finish();
}
