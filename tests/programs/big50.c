/* SPDX-License-Identifier: MIT */
/*
 * 50 MiB of initialised data, every 8-byte word holding the number of its page. Checks one word of
 * each page, then writes to some pages and sees that their neighbours stay as they were. The
 * argument `touch-nothing` leaves all that out: for measuring what the mere size costs.
 */
#include <stdint.h>
#include <stdio.h>

#define PAGES 12800
#define WORDS 512 /* per page */

__asm__(".pushsection .data, \"aw\"\n"
        ".balign 4096\n"
        ".globl big\n"
        "big:\n"
        ".set page, 0\n"
        ".rept 12800\n"
        ".fill 512, 8, page\n"
        ".set page, page + 1\n"
        ".endr\n"
        ".popsection\n");
extern volatile uint64_t big[PAGES][WORDS];

static int pages_right(void)
{
    for (uint64_t page = 0; page < PAGES; page++) {
        if (big[page][page % WORDS] != page)
            return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return 0;
    if (!pages_right()) {
        puts("data is wrong");
        return 1;
    }
    for (uint64_t page = 3; page < PAGES; page += 100)
        big[page][WORDS - 1 - page % WORDS] = ~page;
    int good = pages_right() && big[3][WORDS - 1 - 3] == ~3ul;
    printf("50 MiB of data %s\n", good ? "right" : "wrong");
    return !good;
}
