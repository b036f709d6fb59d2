/* SPDX-License-Identifier: MIT */
/* Mappings, page faults and the break. Regions stay below the size at which Linux takes a huge
 * page. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "micro.h"

/* Not static, or the compiler would see that nobody reads what memcpy writes. */
char source[MIB] __attribute__((aligned(4096)));
char target[MIB] __attribute__((aligned(4096)));

static char *region_map(long size)
{
    return mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void region_touch(char *region, long size)
{
    for (long at = 0; at < size; at += PAGE)
        ((volatile char *)region)[at] = 1;
}

static void region_read(const char *region, long size)
{
    for (long at = 0; at < size; at += PAGE)
        (void)((const volatile char *)region)[at];
}

static void region_cycle(long size, int touch)
{
    char *region = region_map(size);

    if (touch)
        region_touch(region, size);
    munmap(region, (size_t)size);
}

MEASURE(mmap_4k, region_cycle(PAGE, 0))
MEASURE(mmap_1m, region_cycle(MIB, 1))
MEASURE(memcpy, memcpy(target, source, MIB))

/* Only the touching is measured, and per page. */
static struct cost fault_anonymous(long count)
{
    struct cost sum = {0, 0};

    for (long i = 0; i < count; i++) {
        char *region = region_map(MIB);
        struct cost start = cost_now();

        region_touch(region, MIB);
        struct cost one = cost_since(start, count * (MIB / PAGE));
        sum.ticks += one.ticks;
        sum.ns += one.ns;
        munmap(region, MIB);
    }
    return sum;
}

/* 1 MiB of a file that was written and lies in the page cache. */
static int file_in_memory(void)
{
    static int file = -1;

    if (file < 0) {
        file = open("/pages", O_RDWR | O_CREAT, 0600);
        must(file >= 0, "open /pages");
        must(write(file, source, MIB) == MIB, "write /pages");
    }
    return file;
}

static struct cost fault_file(long count, int copies)
{
    struct cost sum = {0, 0};
    int file = file_in_memory();

    for (long i = 0; i < count; i++) {
        char *region = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
        must(region != MAP_FAILED, "mmap /pages");
        if (copies)
            region_read(region, MIB);
        struct cost start = cost_now();

        if (copies)
            region_touch(region, MIB);
        else
            region_read(region, MIB);
        struct cost one = cost_since(start, count * (MIB / PAGE));
        sum.ticks += one.ticks;
        sum.ns += one.ns;
        munmap(region, MIB);
    }
    return sum;
}

static struct cost fault_file_read(long count)
{
    return fault_file(count, 0);
}

/* Writing to pages of a private mapping that were read before. */
static struct cost fault_copy(long count)
{
    return fault_file(count, 1);
}

static struct cost brk_cycle(long count, int touch)
{
    long base = call(__NR_brk, 0, 0, 0, 0);
    struct cost start = cost_now();

    for (long i = 0; i < count; i++) {
        call(__NR_brk, base + 2 * PAGE, 0, 0, 0);
        if (touch)
            *(volatile char *)(base + PAGE) = 1;
        call(__NR_brk, base, 0, 0, 0);
    }
    return cost_since(start, count);
}

static struct cost brk_bare(long count)
{
    return brk_cycle(count, 0);
}

static struct cost brk_touched(long count)
{
    return brk_cycle(count, 1);
}

const struct operation memory_operations[] = {
    {"mmap_munmap_4k", measure_mmap_4k, 1000},
    {"mmap_touch_munmap_1m", measure_mmap_1m, 5},
    {"fault_anonymous", fault_anonymous, 5},
    {"fault_file", fault_file_read, 5},
    {"fault_copy", fault_copy, 5},
    {"brk", brk_bare, 1000},
    {"brk_touch", brk_touched, 1000},
    {"memcpy_1m", measure_memcpy, 20},
    {NULL, NULL, 0},
};
