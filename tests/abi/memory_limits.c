/* SPDX-License-Identifier: MIT */
/*
 * RLIMIT_AS, RLIMIT_DATA and RLIMIT_STACK; the guard gap of stacks; vm.max_map_count; what can never
 * be filled; and the peaks that /proc/self/status tells of.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define MIB       (1024 * 1024UL)
#define GUARD_GAP (256 * PAGE)

static long map(size_t size, int protection, int flags)
{
    return call(__NR_mmap, 0, size, protection, flags, -1, 0);
}

static void unmap(long address, size_t size)
{
    call(__NR_munmap, address, size);
}

/* Set the soft limit; the old one comes back with restore. */
static struct rlimit old;

static void limit(int resource, size_t bytes)
{
    call(__NR_getrlimit, resource, &old);
    struct rlimit new = {bytes, old.rlim_max};
    check_result("a limit", call(__NR_setrlimit, resource, &new), 0);
}

static void restore(int resource)
{
    call(__NR_setrlimit, resource, &old);
}

/* Above what the C library may still take of it. */
static long break_above(size_t size)
{
    return call(__NR_brk, call(__NR_brk, 0) + (long)size);
}

static void test_address_space(void)
{
    long now = call(__NR_brk, 0), small = map(MIB, RW, ANONYMOUS);
    long kept = map(4 * MIB, PROT_NONE, ANONYMOUS);

    limit(RLIMIT_AS, (size_t)status_kib("VmSize:") * 1024 + 2 * MIB);
    check_result("mmap of more", map(3 * MIB, RW, ANONYMOUS), -ENOMEM);
    check_result("of what is never touched", map(3 * MIB, PROT_NONE, ANONYMOUS | MAP_NORESERVE),
                 -ENOMEM);
    check_result("of shared memory", map(3 * MIB, RW, MAP_SHARED | MAP_ANONYMOUS), -ENOMEM);
    check_result("over what is mapped already",
                 call(__NR_mmap, kept, 4 * MIB, RW, ANONYMOUS | MAP_FIXED, -1, 0), kept);
    check_result("mremap to more", call(__NR_mremap, small, MIB, 4 * MIB, MREMAP_MAYMOVE), -ENOMEM);
    check_result("brk to more", break_above(3 * MIB), now);
    long fits = map(2 * MIB, RW, ANONYMOUS);
    check("mmap of just as much", fits > 0);
    check_result("then not a page", map(PAGE, RW, ANONYMOUS), -ENOMEM);
    check_result("mprotect needs none", call(__NR_mprotect, fits, PAGE, PROT_READ), 0);
    unmap(fits, 2 * MIB);
    check_result("brk to less than that", break_above(MIB), now + (long)MIB);
    restore(RLIMIT_AS);
    call(__NR_brk, now);
    unmap(small, MIB);
    unmap(kept, 4 * MIB);
}

static void test_data(void)
{
    long now = call(__NR_brk, 0);
    long reserved = map(4 * MIB, PROT_NONE, ANONYMOUS), small = map(PAGE, RW, ANONYMOUS);

    limit(RLIMIT_DATA, (size_t)status_kib("VmData:") * 1024 + 2 * MIB);
    check_result("private memory", map(3 * MIB, RW, ANONYMOUS), -ENOMEM);
    long reading = map(3 * MIB, PROT_READ, ANONYMOUS),
         shared = map(3 * MIB, RW, MAP_SHARED | MAP_ANONYMOUS);
    check("memory that is not written, or shared, is no data", reading > 0 && shared > 0);
    check_result("unless it is made so", call(__NR_mprotect, reading, 3 * MIB, RW), -ENOMEM);
    check_result("a part of it", call(__NR_mprotect, reserved, MIB, RW), 0);
    check_result("mremap to more", call(__NR_mremap, small, PAGE, 3 * MIB, MREMAP_MAYMOVE),
                 -ENOMEM);
    check_result("brk to more", break_above(2 * MIB), now);
    restore(RLIMIT_DATA);
    unmap(reserved, 4 * MIB);
    unmap(reading, 3 * MIB);
    unmap(shared, 3 * MIB);
    unmap(small, PAGE);
}

static void test_stack(void)
{
    char *here = __builtin_frame_address(0);

    check("a stack grows", byte_writable(here - MIB));
    limit(RLIMIT_STACK, 2 * MIB);
    check("a bit more", byte_writable(here - MIB - 20 * PAGE));
    check("not beyond its limit", !byte_writable(here - 3 * MIB));
    restore(RLIMIT_STACK);
    limit(RLIMIT_AS, (size_t)status_kib("VmSize:") * 1024 + MIB / 2);
    check("nor beyond that of the address space", !byte_writable(here - 3 * MIB));
    restore(RLIMIT_AS);
    check("but then it does", byte_writable(here - 3 * MIB));
}

/* A stack of our own: one page, with another mapping below it. */
static void test_guard_gap(void)
{
    char *place = (char *)0x210000000000, *top = place + 1000 * PAGE;
    const int fixed = ANONYMOUS | MAP_FIXED;

    check_result("MAP_GROWSDOWN", call(__NR_mmap, top, PAGE, RW, fixed | MAP_GROWSDOWN, -1, 0),
                 (long)top);
    check_result("a mapping below", call(__NR_mmap, place, PAGE, RW, fixed, -1, 0), (long)place);
    check("it grows", byte_writable(top - 10 * PAGE) && byte_readable(top - PAGE));
    check("to the guard gap", byte_writable(place + PAGE + GUARD_GAP));
    check("and no further", !byte_writable(place + GUARD_GAP));
    call(__NR_mprotect, place, PAGE, PROT_NONE);
    check("what is closed needs no gap", byte_writable(place + 2 * PAGE));
    call(__NR_munmap, place, 1001 * PAGE);
    long stack = map(PAGE, RW, ANONYMOUS | MAP_GROWSDOWN), next = map(PAGE, RW, ANONYMOUS);
    check("the kernel keeps the gap free, too", next > stack || stack - next > (long)GUARD_GAP);
    unmap(stack, PAGE);
    unmap(next, PAGE);
}

/* Linux's heuristic: more than there is memory is refused, if it would be needed. */
static void test_hopeless(void)
{
    const size_t much = 1UL << 44;
    long reserved = map(much, PROT_NONE, ANONYMOUS);

    check("reserving 16 TiB", reserved > 0);
    check_result("having them", call(__NR_mprotect, reserved, much, RW), -ENOMEM);
    unmap(reserved, much);
    check_result("at once", map(much, RW, ANONYMOUS), -ENOMEM);
    check_result("shared", map(much, RW, MAP_SHARED | MAP_ANONYMOUS), -ENOMEM);
    reserved = map(much, RW, ANONYMOUS | MAP_NORESERVE);
    check("with MAP_NORESERVE", reserved > 0);
    check_result("twice as much of it",
                 call(__NR_mremap, reserved, much, 2 * much, MREMAP_MAYMOVE) > 0, 1);
    unmap(reserved, 2 * much);
    reserved = map(PAGE, RW, ANONYMOUS);
    check_result("mremap to 16 TiB", call(__NR_mremap, reserved, PAGE, much, MREMAP_MAYMOVE),
                 -ENOMEM);
    unmap(reserved, PAGE);
}

/* Every other page of a reservation opened is two mappings more. */
static void test_count(void)
{
    const long pages = 140000;
    long base = map((size_t)pages * PAGE, PROT_NONE, ANONYMOUS | MAP_NORESERVE), result = 0,
         opened = 0;

    while (result == 0 && opened < pages / 2 - 1)
        result = call(__NR_mprotect, base + (2 * opened++ + 1) * (long)PAGE, PAGE, PROT_READ);
    check_result("too many mappings", result, -ENOMEM);
    check("are 65530", opened > 32600 && opened < 32766);
    long last = base + (2 * opened + 10) * (long)PAGE;
    check_result("no hole can be made", call(__NR_munmap, last, PAGE), -ENOMEM);
    check_result("madvise cannot split", call(__NR_madvise, last, PAGE, MADV_DONTDUMP), -EAGAIN);
    check_result("an end can go", call(__NR_munmap, base + (pages - 1) * (long)PAGE, PAGE), 0);
    check_result("all can", call(__NR_munmap, base, (pages - 1) * (long)PAGE), 0);
    base = map(PAGE, RW, ANONYMOUS);
    check("and there is room again", base > 0);
    unmap(base, PAGE);
}

static void test_peaks(void)
{
    long size = status_kib("VmSize:"), resident = status_kib("VmRSS:");
    char *pages = pages_map(4096); /* 16 MiB */

    memset(pages, 1, 8 * MIB);
    long data = status_kib("RssAnon:");
    check("VmSize", status_kib("VmSize:") >= size + 16 * 1024);
    check("VmRSS", status_kib("VmRSS:") >= resident + 8 * 1024);
    unmap((long)pages, 4096 * PAGE);
    check("RssAnon", data - status_kib("RssAnon:") >= 8 * 1024);
    check("less again",
          status_kib("VmRSS:") < resident + 1024 && status_kib("VmSize:") < size + 1024);
    check("VmPeak stays", status_kib("VmPeak:") >= size + 16 * 1024);
    check("VmHWM stays", status_kib("VmHWM:") >= resident + 7 * 1024); /* Linux is not exact */
    long shmem = status_kib("RssShmem:");
    long shared = map(4 * MIB, RW, MAP_SHARED | MAP_ANONYMOUS);
    memset((char *)shared, 1, 4 * MIB);
    check_result("RssShmem", status_kib("RssShmem:"), shmem + 4 * 1024);
    unmap(shared, 4 * MIB);
}

int main(void)
{
    test_peaks();
    test_address_space();
    test_data();
    test_stack();
    test_guard_gap();
    test_hopeless();
    test_count();
    return check_finish();
}
