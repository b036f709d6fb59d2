/* SPDX-License-Identifier: MIT */
/*
 * Large anonymous memory, which a kernel may show in pages of 2 MiB: whatever is cut out of the
 * middle of it, closed, dropped or moved, every other byte stays what it was. And what is told of
 * it: AnonHugePages and the switch of prctl.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define LARGE     (2UL << 20)
#define PAGES     (LARGE / PAGE)

/* `size` bytes at a large page's beginning, with a page of it written and so perhaps all of it there.
 * Nothing is mapped around. */
static char *large_map(size_t size)
{
    static uintptr_t next = 0x220000000000;
    next += 1UL << 30;
    long address = call(__NR_mmap, next, size, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    call(__NR_madvise, address, size, MADV_HUGEPAGE); /* where it is not the default */
    return (char *)address;
}

/* Each page gets its number in two places; pages of `seed` 0 are zeros. */
static void fill(char *memory, size_t pages, uint32_t seed)
{
    for (size_t i = 0; i < pages; i++) {
        *(uint32_t *)(memory + i * PAGE) = seed + (uint32_t)i;
        *(uint32_t *)(memory + i * PAGE + PAGE - 4) = ~(seed + (uint32_t)i);
    }
}

static bool filled(const char *memory, size_t pages, uint32_t seed)
{
    for (size_t i = 0; i < pages; i++) {
        if (*(const uint32_t *)(memory + i * PAGE) != seed + (uint32_t)i ||
            *(const uint32_t *)(memory + i * PAGE + PAGE - 4) != ~(seed + (uint32_t)i))
            return false;
    }
    return true;
}

static bool zero(const char *memory, size_t pages)
{
    for (size_t i = 0; i < pages * PAGE; i += 8) {
        if (*(const uint64_t *)(memory + i) != 0)
            return false;
    }
    return true;
}

static void unmap(char *address, size_t size)
{
    call(__NR_munmap, address, size);
}

static void test_munmap(void)
{
    char *memory = large_map(3 * LARGE);

    fill(memory, 3 * PAGES, 1000);
    check("filled", filled(memory, 3 * PAGES, 1000));
    check_result("munmap in the middle", call(__NR_munmap, memory + LARGE + 7 * PAGE, 3 * PAGE), 0);
    check("is a hole", !byte_readable(memory + LARGE + 7 * PAGE) &&
                           !byte_readable(memory + LARGE + 10 * PAGE - 1));
    check("the rest stays",
          filled(memory, PAGES + 7, 1000) &&
              filled(memory + LARGE + 10 * PAGE, 2 * PAGES - 10, 1000 + PAGES + 10));
    check_result("munmap across large pages", call(__NR_munmap, memory + PAGE, 2 * LARGE), 0);
    check("both ends stay", filled(memory, 1, 1000) &&
                                filled(memory + 2 * LARGE + PAGE, PAGES - 1, 1000 + 2 * PAGES + 1));
    check_result("map it again",
                 call(__NR_mmap, memory + PAGE, 2 * LARGE, RW, ANONYMOUS | MAP_FIXED, -1, 0),
                 (long)(memory + PAGE));
    check("zeros", zero(memory + PAGE, 2 * PAGES));
    unmap(memory, 3 * LARGE);
}

static void test_mprotect(void)
{
    char *memory = large_map(2 * LARGE);

    fill(memory, 2 * PAGES, 5000);
    check_result("mprotect in the middle",
                 call(__NR_mprotect, memory + 100 * PAGE, PAGE, PROT_READ), 0);
    check("only that page", !byte_writable(memory + 100 * PAGE + 8) &&
                                byte_writable(memory + 99 * PAGE + 8) &&
                                byte_writable(memory + 101 * PAGE + 8));
    check_result("all of it", call(__NR_mprotect, memory, 2 * LARGE, PROT_NONE), 0);
    check("closed", !byte_readable(memory) && !byte_readable(memory + LARGE + 5 * PAGE));
    check_result("and open", call(__NR_mprotect, memory, 2 * LARGE, RW), 0);
    check("nothing is lost", filled(memory, 2 * PAGES, 5000));
    fill(memory, 2 * PAGES, 6000);
    check("and it can be written", filled(memory, 2 * PAGES, 6000));
    unmap(memory, 2 * LARGE);
    memory = large_map(LARGE);
    fill(memory, PAGES, 100);
    call(__NR_mprotect, memory, LARGE, PROT_READ);
    check("a whole one read-only",
          filled(memory, PAGES, 100) && !byte_writable(memory + LARGE / 2));
    call(__NR_mprotect, memory, LARGE, RW);
    fill(memory, PAGES, 200);
    check("and writable again", filled(memory, PAGES, 200));
    unmap(memory, LARGE);
}

static void test_madvise(void)
{
    char *memory = large_map(2 * LARGE);

    fill(memory, 2 * PAGES, 7000);
    check_result("MADV_DONTNEED in the middle",
                 call(__NR_madvise, memory + 10 * PAGE, 20 * PAGE, MADV_DONTNEED), 0);
    check("is zero", zero(memory + 10 * PAGE, 20));
    check("the rest stays",
          filled(memory, 10, 7000) && filled(memory + 30 * PAGE, 2 * PAGES - 30, 7030));
    check_result("across both", call(__NR_madvise, memory + LARGE - PAGE, 2 * PAGE, MADV_DONTNEED),
                 0);
    check("is zero, too", zero(memory + LARGE - PAGE, 2));
    check("up to there", filled(memory + 30 * PAGE, PAGES - 31, 7030) &&
                             filled(memory + LARGE + PAGE, PAGES - 1, 7000 + PAGES + 1));
    check_result("of all", call(__NR_madvise, memory, 2 * LARGE, MADV_DONTNEED), 0);
    check("all is zero", zero(memory, 2 * PAGES));
    fill(memory, 2 * PAGES, 8000);
    check_result("a flag for a part", call(__NR_madvise, memory + PAGE, PAGE, MADV_DONTDUMP), 0);
    check_result("mlock of a part", call(__NR_mlock, memory + LARGE + 3 * PAGE, PAGE), 0);
    check("changes nothing", filled(memory, 2 * PAGES, 8000));
    unmap(memory, 2 * LARGE);
}

static char *moved_to(char *old, size_t old_size, size_t new_size, char *place)
{
    return (char *)call(__NR_mremap, old, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, place);
}

static void test_mremap(void)
{
    char *memory = large_map(4 * LARGE), *target = large_map(8 * LARGE);

    unmap(target, 8 * LARGE);
    fill(memory, 4 * PAGES, 9000);
    check("moved whole", moved_to(memory, 4 * LARGE, 4 * LARGE, target) == target &&
                             filled(target, 4 * PAGES, 9000) && !byte_readable(memory));
    check("moved by a page",
          moved_to(target, 4 * LARGE, 4 * LARGE, memory + PAGE) == memory + PAGE &&
              filled(memory + PAGE, 4 * PAGES, 9000) && !byte_readable(target));
    unmap(memory, 4 * LARGE + PAGE);
    memory = large_map(4 * LARGE);
    fill(memory, 4 * PAGES, 9000);
    check("half of a large page moved",
          moved_to(memory + LARGE / 2, LARGE, LARGE, target) == target &&
              filled(target, PAGES, 9000 + PAGES / 2) && filled(memory, PAGES / 2, 9000) &&
              filled(memory + LARGE * 3 / 2, PAGES * 5 / 2, 9000 + PAGES * 3 / 2) &&
              !byte_readable(memory + LARGE));
    char *tail = memory + 2 * LARGE;
    check_result("made smaller", call(__NR_mremap, tail, 2 * LARGE, LARGE + 5 * PAGE, 0),
                 (long)tail);
    check("what is left",
          filled(tail, PAGES + 5, 9000 + 2 * PAGES) && !byte_readable(tail + LARGE + 5 * PAGE));
    char *larger = (char *)call(__NR_mremap, tail, LARGE + 5 * PAGE, 8 * LARGE, MREMAP_MAYMOVE);
    check("made larger", filled(larger, PAGES + 5, 9000 + 2 * PAGES) &&
                             zero(larger + LARGE + 5 * PAGE, 7 * PAGES - 5));
    fill(larger, 8 * PAGES, 20000);
    check("and written", filled(larger, 8 * PAGES, 20000));
    unmap(larger, 8 * LARGE);
    unmap(memory, 4 * LARGE);
    unmap(target, LARGE);
}

/* The value of a line of /proc/self/smaps in the mapping that holds `address`, in KiB. */
static long smaps_kib(const char *address, const char *label)
{
    static char text[200000];
    int file = (int)call(__NR_openat, AT_FDCWD, "/proc/self/smaps", O_RDONLY);
    long size = 0, got;
    while ((got = call(__NR_read, file, text + size, sizeof(text) - 1 - (size_t)size)) > 0)
        size += got;
    call(__NR_close, file);
    text[size] = '\0';
    bool inside = false;
    for (char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        char *end;
        unsigned long low = strtoul(line, &end, 16);
        if (*end == '-')
            inside = low <= (uintptr_t)address && (uintptr_t)address < strtoul(end + 1, NULL, 16);
        if (inside && strncmp(line, label, strlen(label)) == 0)
            return strtol(line + strlen(label), NULL, 10);
    }
    return -1;
}

static void test_numbers(void)
{
    char *memory = large_map(4 * LARGE);

    check_result("none yet", smaps_kib(memory, "AnonHugePages:"), 0);
    memory[LARGE + 100] = 1;
    check_result("one is touched", smaps_kib(memory, "AnonHugePages:"), 2048);
    check_result("all of it is there", smaps_kib(memory, "Rss:"), 2048);
    memory[3 * LARGE + 100] = 1;
    check_result("two", smaps_kib(memory, "AnonHugePages:"), 4096);
    call(__NR_madvise, memory + LARGE, PAGE, MADV_DONTNEED);
    check_result("a page less", smaps_kib(memory, "Rss:"), 4092);
    unmap(memory, 4 * LARGE);
    memory = large_map(2 * LARGE);
    call(__NR_madvise, memory, 2 * LARGE, MADV_NOHUGEPAGE);
    memory[0] = 1;
    check_result("MADV_NOHUGEPAGE", smaps_kib(memory, "AnonHugePages:"), 0);
    check_result("one page", smaps_kib(memory, "Rss:"), 4);
    unmap(memory, 2 * LARGE);
    memory = (char *)call(__NR_mmap, 0, 8 * LARGE, RW, ANONYMOUS | MAP_STACK, -1, 0);
    memory[4 * LARGE] = 1;
    check_result("a thread's stack", smaps_kib(memory, "AnonHugePages:"), 0);
    unmap(memory, 8 * LARGE);
    check_result("PR_GET_THP_DISABLE", call(__NR_prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
    check_result("PR_SET_THP_DISABLE", call(__NR_prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
    check_result("is told", call(__NR_prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
    memory = large_map(2 * LARGE);
    memory[0] = 1;
    check_result("and heeded", smaps_kib(memory, "AnonHugePages:"), 0);
    check_result("with a third argument", call(__NR_prctl, PR_SET_THP_DISABLE, 0, 0, 1, 0),
                 -EINVAL);
    check_result("and undone", call(__NR_prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
    unmap(memory, 2 * LARGE);
}

/* Many cuts at random places, with a model beside: what each page ought to hold. */
static uint32_t expected[8 * PAGES];
static uint32_t state = 12345;

static uint32_t random_below(uint32_t limit)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % limit;
}

static bool page_is_right(const char *memory, size_t page)
{
    const uint32_t *first = (const uint32_t *)(memory + page * PAGE);
    return *first == expected[page] && first[PAGE / 4 - 1] == expected[page];
}

static void one_cut(char *memory, uint32_t round)
{
    size_t first = random_below(8 * PAGES), count = 1 + random_below(8 * PAGES - (uint32_t)first);
    char *at = memory + first * PAGE;
    uint32_t value = 0;

    if (random_below(3) != 0 && count > 40)
        count = 1 + count % 40;
    switch (random_below(5)) {
    case 0:
        call(__NR_madvise, at, count * PAGE, MADV_DONTNEED);
        break;
    case 1:
        call(__NR_munmap, at, count * PAGE);
        call(__NR_mmap, at, count * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
        break;
    case 2:
        call(__NR_mprotect, at, count * PAGE, random_below(2) ? PROT_READ : PROT_NONE);
        call(__NR_mprotect, memory, 8 * LARGE, RW);
        return;
    default:
        value = round;
        for (size_t i = 0; i < count; i++)
            *(uint32_t *)(at + i * PAGE) = *(uint32_t *)(at + i * PAGE + PAGE - 4) = value;
        break;
    }
    for (size_t i = 0; i < count; i++)
        expected[first + i] = value;
}

static void test_random(void)
{
    char *memory = large_map(8 * LARGE);
    bool good = true;

    for (uint32_t round = 1; round <= 400 && good; round++) {
        one_cut(memory, round);
        for (size_t page = 0; page < 8 * PAGES && good; page++)
            good = page_is_right(memory, page);
    }
    check("400 cuts at random", good);
    unmap(memory, 8 * LARGE);
}

int main(void)
{
    test_munmap();
    test_mprotect();
    test_madvise();
    test_mremap();
    test_numbers();
    test_random();
    return check_finish();
}
