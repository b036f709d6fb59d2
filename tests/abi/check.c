/* SPDX-License-Identifier: MIT */
/* The shared part of the programs of tests/abi; check.h says what each function does. */
#include "tests/abi/check.h"

#include <linux/random.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

static int failures;

static void line_write(const char *line)
{
    size_t length = strlen(line);

    while (length > 0) {
        long written = call(__NR_write, 1, line, length);

        if (written <= 0)
            call(__NR_exit_group, 2);
        line += written;
        length -= (size_t)written;
    }
}

bool check(const char *name, bool good)
{
    char line[200];

    snprintf(line, sizeof(line), "%s %s\n", good ? "ok" : "FAILED", name);
    line_write(line);
    failures += !good;
    return good;
}

bool check_result(const char *name, long result, long expected)
{
    char line[200];

    if (result == expected)
        return check(name, true);
    snprintf(line, sizeof(line), "FAILED %s: got %ld, expected %ld\n", name, result, expected);
    line_write(line);
    failures++;
    return false;
}

void check_calls(const struct call_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const long *a = cases[i].arguments;
        long result = call6(cases[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);

        check_result(cases[i].name, result, cases[i].expected);
    }
}

int check_finish(void)
{
    return failures != 0;
}

void *pages_map(size_t pages)
{
    long address = call(__NR_mmap, 0, pages * PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (address < 0) {
        check("memory for the test", false);
        call(__NR_exit_group, 2);
    }
    return (void *)address;
}

char *pages_map_apart(size_t pages)
{
    static uintptr_t next = 0x200000000000;
    long address;

    do {
        next += 16UL << 20;
        address = call(__NR_mmap, next, pages * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    } while (address == -EEXIST);
    if (address < 0) {
        check("memory for the test, apart", false);
        call(__NR_exit_group, 2);
    }
    return (char *)address;
}

uintptr_t user_end(void)
{
    long address = call(__NR_mmap, USER_END, PAGE, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (address < 0)
        return USER_END;
    call(__NR_munmap, address, PAGE);
    return USER_END_57;
}

char *page_before_hole(void)
{
    char *page = pages_map_apart(1);

    memset(page, '/', PAGE);
    return page + PAGE;
}

char *page_protected(int protection)
{
    char *page = pages_map(1);

    memset(page, '/', PAGE);
    call(__NR_mprotect, page, PAGE, protection);
    return page;
}

char *page_unmapped(void)
{
    char *pages = pages_map_apart(3);

    call(__NR_munmap, pages + PAGE, PAGE);
    return pages + PAGE;
}

/* rt_sigprocmask copies the set in before it looks at `how`, and refuses this one afterwards. */
bool byte_readable(const void *address)
{
    const int bad_how = 99;

    return call(__NR_rt_sigprocmask, bad_how, (uintptr_t)address & ~7UL, NULL, 8) == -EINVAL;
}

bool byte_writable(void *address)
{
    return call(__NR_getrandom, address, 1, GRND_NONBLOCK) == 1;
}

long status_kib(const char *label)
{
    static char text[8192];
    int file = (int)call(__NR_openat, AT_FDCWD, "/proc/self/status", O_RDONLY);
    long size = call(__NR_read, file, text, sizeof(text) - 1);
    call(__NR_close, file);
    text[size > 0 ? size : 0] = '\0';
    const char *line = strstr(text, label);
    return line ? strtol(line + strlen(label), NULL, 10) : -1;
}

bool kernel_is(const char *word)
{
    struct utsname name;

    return call(__NR_uname, &name) == 0 && strstr(name.version, word) != NULL;
}
