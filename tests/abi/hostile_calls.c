/* SPDX-License-Identifier: MIT */
/*
 * A million system calls with random and half-valid arguments do not hurt the kernel.
 *
 *     hostile_calls [SEED [COUNT [verbose|each]]]
 *
 * Every call that syscall/syscalls.def has a body for is made, with arguments for the kinds that
 * stand there, so that a new call is tried from its first day; hostile/arguments.c makes them and
 * hostile/tame.c keeps the program alive. Between the calls it touches memory that they mapped, and
 * signals come to handlers. In rounds: each begins with descriptors of all kinds and a few files, and
 * ends with everything closed, removed and unmapped; then as much memory must be free as after the
 * rounds before. The same seed makes the same calls. `verbose` tells of every round and of calls that
 * took long, `each` of every call before it is made; with a COUNT of 0 it goes on for ever.
 *
 * It wants a machine of its own: files are removed all over the root. Where it is not process 1, or
 * the kernel is Linux, it does nothing. For ring 3: in ring 0 the memory that it touches could be
 * the kernel's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/arguments.h"
#include "tests/abi/hostile/rounds.h"

#define ROUND 4000 /* calls between two cleanings */

static bool verbose, each;

static void round_tell(unsigned long made, uint64_t free)
{
    static char text[100];
    int length = snprintf(text, sizeof(text), "# %lu calls, %lu KiB free\n", made, free >> 10);

    if (verbose)
        call(__NR_write, 1, text, length);
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
    uint64_t usual = 0, free = 0;

    verbose = argc > 3;
    each = verbose && strcmp(argv[3], "each") == 0;
    if (machine_is_ours()) {
        rounds_begin(argc > 1 ? strtoul(argv[1], NULL, 0) : 1);
        for (unsigned long made = 0; count == 0 || made < count; made++) {
            if (made % ROUND == 0)
                round_furnish();
            call_make(each, verbose);
            if (random_below(16) == 0)
                memory_touch();
            if (made % 64 == 0)
                round_go_home();
            if (made % ROUND == ROUND - 1) {
                round_clean_up();
                free = memory_free();
                round_tell(made + 1, free);
                if (made < 2 * ROUND) /* by then it has the large pages that it keeps */
                    usual = free;
            }
        }
    }
    if (verbose)
        calls_tell();
    check("hostile_calls", true);
    check("memory is free again", free + MEMORY_SLACK >= usual);
    /* Not by way of the C library's exit: the calls may have changed what it depends on. */
    return (int)call(__NR_exit_group, check_finish());
}
