/* SPDX-License-Identifier: MIT */
/* mprotect on anonymous memory and on the program's own segments, seen through -EFAULT. */
#include "tests/abi/check.h"

#include <string.h>
#include <sys/mman.h>

static const char constant[64] = "constant";
static char variable[64] = "variable";

static void test_errors(void)
{
    char *pages = pages_map(4);
    char *hole = page_unmapped();
    struct call_case cases[] = {
        {"mprotect of nothing", __NR_mprotect, {(long)pages, 0, PROT_NONE}, 0},
        {"mprotect at an odd address", __NR_mprotect, {(long)pages + 1, PAGE, PROT_READ}, -EINVAL},
        {"mprotect of nothing at an odd address",
         __NR_mprotect,
         {(long)pages + 1, 0, PROT_READ},
         -EINVAL},
        {"mprotect with bits nobody knows", __NR_mprotect, {(long)pages, PAGE, 0x1000}, -EINVAL},
        {"mprotect with GROWSUP and GROWSDOWN",
         __NR_mprotect,
         {(long)pages, PAGE, PROT_READ | PROT_GROWSUP | PROT_GROWSDOWN},
         -EINVAL},
        {"mprotect of a length that wraps", __NR_mprotect, {(long)pages, -1, PROT_READ}, -ENOMEM},
        {"mprotect that ends below its start",
         __NR_mprotect,
         {(long)pages, -(long)(2 * PAGE), PROT_READ},
         -ENOMEM},
        {"mprotect of a hole", __NR_mprotect, {(long)hole, PAGE, PROT_READ}, -ENOMEM},
        {"mprotect into a hole",
         __NR_mprotect,
         {(long)(hole - PAGE), 2 * PAGE, PROT_READ},
         -ENOMEM},
        {"mprotect from a hole", __NR_mprotect, {(long)hole, 2 * PAGE, PROT_READ}, -ENOMEM},
        {"mprotect in the kernel", __NR_mprotect, {(long)KERNEL_ADDRESS, PAGE, PROT_READ}, -ENOMEM},
    };

    CHECK_CALLS(cases);
    check("what lies before the hole has changed", !byte_writable(hole - PAGE));
    check("what lies behind it has not", byte_writable(hole + PAGE));
}

static void test_protections(void)
{
    char *pages = pages_map(5);

    memset(pages, 0x66, 5 * PAGE);
    check_result("mprotect PROT_READ", call(__NR_mprotect, pages + PAGE, PAGE, PROT_READ), 0);
    check("it can be read but not written",
          byte_readable(pages + PAGE) && !byte_writable(pages + PAGE) && pages[PAGE] == 0x66);
    check_result("mprotect PROT_NONE", call(__NR_mprotect, pages + 2 * PAGE, PAGE, PROT_NONE), 0);
    check("it can be neither read nor written",
          !byte_readable(pages + 2 * PAGE) && !byte_writable(pages + 2 * PAGE));
    check_result("write() of it", call(__NR_write, 1, pages + 2 * PAGE, 1), -EFAULT);
    check_result("mprotect PROT_WRITE", call(__NR_mprotect, pages + 3 * PAGE, PAGE, PROT_WRITE), 0);
    check("it can be written, and on this processor read",
          byte_writable(pages + 3 * PAGE) && byte_readable(pages + 3 * PAGE));
    check("the neighbours are as they were",
          byte_writable(pages) && byte_writable(pages + 4 * PAGE));
    check_result("mprotect of all back",
                 call(__NR_mprotect, pages, 5 * PAGE, PROT_READ | PROT_WRITE), 0);
    check("the contents were kept",
          pages[PAGE] == 0x66 && pages[2 * PAGE] == 0x66 && pages[3 * PAGE + 1] == 0x66);
    pages[2 * PAGE] = 1;
    check("all can be written", byte_writable(pages + PAGE) && byte_writable(pages + 3 * PAGE));
    call(__NR_munmap, pages, 5 * PAGE);
}

/* Machine code made at run time: mov eax, 42; ret. */
static void test_code(void)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    char *page = pages_map(1);
    int (*function)(void) = (int (*)(void))(void *)page;

    memcpy(page, code, sizeof(code));
    check_result("mprotect PROT_READ | PROT_EXEC",
                 call(__NR_mprotect, page, PAGE, PROT_READ | PROT_EXEC), 0);
    check_result("the code runs", function(), 42);
    check("and cannot be written", !byte_writable(page));
}

static void test_never_touched(void)
{
    char *pages = pages_map(2);

    check_result("mprotect before the first touch", call(__NR_mprotect, pages, 2 * PAGE, PROT_READ),
                 0);
    check("reads give zero", pages[0] == 0 && pages[2 * PAGE - 1] == 0);
    check_result("then writable", call(__NR_mprotect, pages, 2 * PAGE, PROT_READ | PROT_WRITE), 0);
    pages[0] = 5;
    check("a write reaches its page alone", pages[0] == 5 && pages[PAGE] == 0);
}

static void test_segments(void)
{
    check("constants can be read", byte_readable(constant));
    check("constants cannot be written", !byte_writable((char *)(uintptr_t)constant));
    check("code can be read", byte_readable((void *)(uintptr_t)test_segments));
    check("code cannot be written", !byte_writable((char *)(uintptr_t)test_segments));
    check("variables can be written", byte_writable(variable));
}

static void test_growing(void)
{
    char *pages = pages_map_apart(8), *stack = pages + 4 * PAGE;

    call(__NR_munmap, pages, 8 * PAGE);
    call(__NR_mmap, stack, 4 * PAGE, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    const long middle = (long)(stack + 2 * PAGE), ordinary = (long)pages_map(1);
    const struct call_case cases[] = {
        {"GROWSDOWN", __NR_mprotect, {middle, PAGE, PROT_READ | PROT_GROWSDOWN}, 0},
        {"GROWSUP", __NR_mprotect, {middle, PAGE, PROT_READ | PROT_GROWSUP}, -EINVAL},
        {"GROWSUP of nothing", __NR_mprotect, {middle, 0, PROT_READ | PROT_GROWSUP}, 0},
        {"GROWSDOWN of what does not",
         __NR_mprotect,
         {ordinary, PAGE, PROT_READ | PROT_GROWSDOWN},
         -EINVAL},
        {"GROWSDOWN of what is not mapped",
         __NR_mprotect,
         {0x10000, PAGE, PROT_READ | PROT_GROWSDOWN},
         -ENOMEM},
    };

    CHECK_CALLS(cases);
    check("from its beginning",
          !byte_writable(stack) && !byte_writable(stack + 3 * PAGE - 1) && byte_readable(stack));
    check("up to there", byte_writable(stack + 3 * PAGE));
    check("what it grows by is the same",
          byte_readable(stack - PAGE) && !byte_writable(stack - PAGE));
}

int main(void)
{
    test_errors();
    test_protections();
    test_code();
    test_never_touched();
    test_segments();
    test_growing();
    return check_finish();
}
