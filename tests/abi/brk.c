/* SPDX-License-Identifier: MIT */
/* The program break: moves, refusals, and memory that is zero whenever it comes back. */
#include "tests/abi/check.h"

#include <string.h>
#include <sys/mman.h>

static bool all_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static void test_moves(char *start)
{
    check_result("brk grows", call(__NR_brk, start + 3 * PAGE), (long)(start + 3 * PAGE));
    check("new memory is zero", all_zero(start, 3 * PAGE));
    memset(start, 0x55, 3 * PAGE);
    check_result("brk to an odd address", call(__NR_brk, start + PAGE + 5),
                 (long)(start + PAGE + 5));
    check("the page of the break stays", byte_writable(start + PAGE));
    check("the page behind it goes", !byte_readable(start + 2 * PAGE));
    check("what stays is unchanged", start[0] == 0x55 && start[PAGE - 1] == 0x55);
    check_result("brk grows again", call(__NR_brk, start + 3 * PAGE), (long)(start + 3 * PAGE));
    check("pages that come back are zero", all_zero(start + 2 * PAGE, PAGE));
}

static void test_refusals(char *start)
{
    char *end = start + 3 * PAGE;

    check_result("brk below the beginning changes nothing", call(__NR_brk, PAGE), (long)end);
    check_result("brk(0) tells", call(__NR_brk, 0), (long)end);
    check_result("brk into the kernel changes nothing", call(__NR_brk, KERNEL_ADDRESS), (long)end);
    check_result("brk to the last address changes nothing", call(__NR_brk, -1), (long)end);
    check_result("a mapping above the break",
                 call(__NR_mmap, end + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
                 (long)(end + 4 * PAGE));
    check_result("brk does not run into it", call(__NR_brk, end + 6 * PAGE), (long)end);
    check("the mapping is unharmed", byte_readable(end + 4 * PAGE));
    check_result("brk goes back", call(__NR_brk, start), (long)start);
    check("and the memory with it", !byte_readable(start));
}

int main(void)
{
    long before = call(__NR_brk, 0);
    char *start = (char *)(((uintptr_t)before + PAGE - 1) & ~(PAGE - 1));

    check("brk(0) gives an address", before > 0 && before < (long)USER_END);
    check_result("brk to a page's beginning", call(__NR_brk, start), (long)start);
    test_moves(start);
    test_refusals(start);
    return check_finish();
}
