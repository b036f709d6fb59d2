/* SPDX-License-Identifier: MIT */
/*
 * Address space at its edges: hints and flags that choose a place, stacks that grow towards what is
 * there, moves over and into everything, the break against its limits, lengths that wrap, and much
 * coming and going that must leave nothing behind.
 */
#include "tests/abi/check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define RW      (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED   (PRIVATE | MAP_FIXED)

static sigjmp_buf back;

static void on_fault(int number)
{
    siglongjmp(back, number);
}

/* The signal of reading or writing there, or 0. */
static int touch(volatile char *address, bool write)
{
    int number = sigsetjmp(back, 1);

    if (number == 0) {
        if (write)
            *address = 1;
        else
            (void)*address;
    }
    return number;
}

static long map(uintptr_t address, size_t length, int flags)
{
    return call(__NR_mmap, address, length, RW, flags, -1, 0);
}

static void test_hints(void)
{
    char *apart = pages_map_apart(4);
    long low = map(16, PAGE, PRIVATE);

    call(__NR_munmap, apart, 4 * PAGE);
    check_result("a hint within a page is rounded down", map((uintptr_t)apart + 1, PAGE, PRIVATE),
                 (long)apart);
    check("a hint in the null page is not taken", low >= 0x10000);
    check("a hint in the kernel is not taken", map(KERNEL_ADDRESS, PAGE, PRIVATE) > 0);
    check("nor one that wraps", map(-PAGE, 2 * PAGE, PRIVATE) > 0);
    check("nor one that is not canonical", map(NON_CANONICAL, PAGE, PRIVATE) > 0);
    for (int i = 0; i < 3; i++) {
        long address = map(0, PAGE, PRIVATE | MAP_32BIT);

        check("MAP_32BIT finds a place below 2 GiB", address > 0 && address + PAGE <= 1L << 31);
    }
    check_result("MAP_32BIT has an end", map(0, 3UL << 30, PRIVATE | MAP_32BIT | MAP_NORESERVE),
                 -ENOMEM);
}

/* The lowest pages are not for stacks either. */
static void test_growing(void)
{
    char *top = (char *)0x20000;
    char *stack = (char *)map(0x20000, PAGE, FIXED | MAP_GROWSDOWN);

    check("a stack that may grow", stack == top);
    check_result("grows", touch(top - PAGE, true), 0);
    check_result("and again", touch(top - 4 * PAGE, true), 0);
    check_result("not below the lowest address", touch((char *)0xf000, true), SIGSEGV);
    check_result("not to null", touch(NULL + 8, true), SIGSEGV);
    call(__NR_munmap, 0x10000, 0x11000);
    char *low = pages_map_apart(600);
    call(__NR_munmap, low + PAGE, 599 * PAGE);
    map((uintptr_t)low + 599 * PAGE, PAGE, FIXED | MAP_GROWSDOWN);
    check_result("a stack keeps its distance", touch(low + 200 * PAGE, true), SIGSEGV);
    check_result("as long as it is far, it grows", touch(low + 300 * PAGE, true), 0);
    check("the mapping below is untouched", byte_readable(low) && !byte_readable(low + PAGE));
    call(__NR_munmap, low, 600 * PAGE);
    check("all of a grown stack can be unmapped", !byte_readable(low + 400 * PAGE));
}

static void test_moving(void)
{
    char *pages = pages_map_apart(64), *other = pages_map_apart(64);

    memset(pages, 1, 64 * PAGE);
    memset(other, 2, 64 * PAGE);
    check_result("a move into the same mapping",
                 call(__NR_mremap, pages, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
                      pages + 32 * PAGE),
                 (long)(pages + 32 * PAGE));
    check("leaves a hole", !byte_readable(pages + 7 * PAGE) && byte_readable(pages + 8 * PAGE));
    check_result("a move over the edge of another mapping",
                 call(__NR_mremap, pages + 8 * PAGE, 8 * PAGE, 16 * PAGE,
                      MREMAP_MAYMOVE | MREMAP_FIXED, other + 56 * PAGE),
                 (long)(other + 56 * PAGE));
    check("takes the contents along", other[55 * PAGE] == 2 && other[56 * PAGE] == 1 &&
                                          other[63 * PAGE] == 1 && other[64 * PAGE] == 0);
    call(__NR_mprotect, other, 4 * PAGE, PROT_READ);
    check_result("a move of two protections",
                 call(__NR_mremap, other, 8 * PAGE, 16 * PAGE, MREMAP_MAYMOVE), -EFAULT);
    check_result("a move to the end of user space",
                 call(__NR_mremap, other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, user_end()),
                 -EINVAL);
    check("what was to be moved is still there", byte_readable(other));
    check_result("a shrink to one page", call(__NR_mremap, other + 16 * PAGE, 8 * PAGE, 1, 0),
                 (long)(other + 16 * PAGE));
    check("frees the rest", !byte_readable(other + 17 * PAGE) && byte_readable(other + 24 * PAGE));
    call(__NR_mprotect, other + 24 * PAGE, PAGE, PROT_NONE);
    char *hidden = (char *)call(__NR_mremap, other + 24 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    check("a page without permission moves", (long)hidden > 0 && !byte_readable(hidden));
    call(__NR_mprotect, hidden, PAGE, RW);
    check("and keeps its contents", hidden[0] == 2);
    call(__NR_munmap, pages, 64 * PAGE);
    call(__NR_munmap, other, 80 * PAGE);
}

static void test_protection(void)
{
    char *pages = pages_map_apart(3);

    memset(pages, 7, 3 * PAGE);
    call(__NR_mprotect, pages + PAGE, PAGE, PROT_NONE);
    check_result("reading PROT_NONE", touch(pages + PAGE, false), SIGSEGV);
    check_result("writing PROT_NONE", touch(pages + PAGE, true), SIGSEGV);
    call(__NR_mprotect, pages + PAGE, PAGE, PROT_READ);
    check_result("reading PROT_READ", touch(pages + PAGE, false), 0);
    check_result("writing PROT_READ", touch(pages + PAGE, true), SIGSEGV);
    check("contents stay", pages[PAGE] == 7);
    call(__NR_mprotect, pages + PAGE, PAGE, RW);
    check_result("writing again", touch(pages + PAGE, true), 0);
    call(__NR_mprotect, pages, 3 * PAGE, PROT_WRITE);
    check_result("what may be written may be read", touch(pages, false), 0);
    check_result("MADV_DONTNEED without permission",
                 (call(__NR_mprotect, pages, PAGE, PROT_NONE),
                  call(__NR_madvise, pages, PAGE, MADV_DONTNEED)),
                 0);
    call(__NR_mprotect, pages, PAGE, RW);
    check("drops the page", pages[0] == 0 && pages[PAGE + 1] == 7);
    call(__NR_munmap, pages, 3 * PAGE);
}

static void test_break(void)
{
    long start = call(__NR_brk, 0);
    struct rlimit old, small;

    check_result("the break in the kernel", call(__NR_brk, KERNEL_ADDRESS), start);
    check_result("the break at -1", call(__NR_brk, -1), start);
    check_result("the break at 1", call(__NR_brk, 1), start);
    check_result("the break at the end of user space", call(__NR_brk, user_end()), start);
    check_result("the break up", call(__NR_brk, start + 16 * PAGE), start + 16 * PAGE);
    memset((char *)start, 1, 16 * PAGE);
    check_result("the break down", call(__NR_brk, start + PAGE), start + PAGE);
    check_result("and up again", call(__NR_brk, start + 16 * PAGE), start + 16 * PAGE);
    char *first_new = (char *)((start + 2 * PAGE - 1) & ~(PAGE - 1));
    check("new memory is zero", first_new[0] == 0 && first_new[4 * PAGE] == 0);
    call(__NR_brk, start);
    call(__NR_getrlimit, RLIMIT_DATA, &old);
    small = (struct rlimit){1, old.rlim_max};
    call(__NR_setrlimit, RLIMIT_DATA, &small);
    check_result("the break beyond RLIMIT_DATA", call(__NR_brk, start + 64 * PAGE), start);
    call(__NR_setrlimit, RLIMIT_DATA, &old);
}

static void test_address_limit(void)
{
    char *pages = pages_map_apart(2);
    long start = call(__NR_brk, 0);
    struct rlimit old, small;

    call(__NR_getrlimit, RLIMIT_AS, &old);
    small = (struct rlimit){PAGE, old.rlim_max};
    call(__NR_setrlimit, RLIMIT_AS, &small);
    check_result("mmap beyond RLIMIT_AS", map(0, PAGE, PRIVATE), -ENOMEM);
    check_result("mremap beyond RLIMIT_AS", call(__NR_mremap, pages, PAGE, 64 * PAGE, 1), -ENOMEM);
    check_result("the break beyond RLIMIT_AS", call(__NR_brk, start + 64 * PAGE), start);
    check_result("a stack beyond RLIMIT_AS, but munmap", call(__NR_munmap, pages, PAGE), 0);
    call(__NR_setrlimit, RLIMIT_AS, &old);
}

/* One page in each of very many places, one after the other: its page tables must go with it. */
static void test_tables(void)
{
    uintptr_t place = 0x300000000000;
    bool good = true;

    for (int i = 0; i < 40000 && good; i++, place += 1UL << 30) {
        if (i % 30000 == 29999)
            place = 0x300000000000;
        good = map(place, PAGE, FIXED) == (long)place && touch((char *)place, true) == 0 &&
               call(__NR_munmap, place, PAGE) == 0;
    }
    check("40000 pages far from each other", good);
}

/* Neighbours with different protections; then all are the same, and go. */
static void test_many_mappings(void)
{
    const size_t count = 5000;
    char *pages = pages_map_apart(count);
    bool good = true;

    for (size_t i = 0; i < count; i += 2)
        good = good && call(__NR_mprotect, pages + i * PAGE, PAGE, PROT_READ) == 0;
    check("5000 mappings", good && !byte_writable(pages) && byte_writable(pages + PAGE));
    check_result("made one again", call(__NR_mprotect, pages, count * PAGE, RW), 0);
    check_result("moves as one",
                 call(__NR_mremap, pages, count * PAGE, PAGE, MREMAP_MAYMOVE) > 0 ? 0 : 1, 0);
    call(__NR_munmap, pages, PAGE);
}

int main(void)
{
    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    test_hints();
    test_growing();
    test_moving();
    test_protection();
    test_break();
    test_address_limit();
    test_tables();
    test_many_mappings();
    return check_finish();
}
