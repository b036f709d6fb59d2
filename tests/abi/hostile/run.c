/* SPDX-License-Identifier: MIT */
/* A run of random calls, from its arguments to its end; run.h says more. */
#include "tests/abi/hostile/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/rounds.h"

/* How much memory may differ between rounds: a batch of the stacks of threads that ended, and splinters. */
#define MEMORY_SLACK (384UL << 10)

struct hostile_run run_begin(int argc, char **argv, unsigned long count)
{
    return (struct hostile_run){
        .seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1,
        .count = argc > 2 ? strtoul(argv[2], NULL, 0) : count,
        .verbose = argc > 3,
        .each = argc > 3 && strcmp(argv[3], "each") == 0,
    };
}

bool run_goes_on(const struct hostile_run *run)
{
    return run->count == 0 || run->made < run->count;
}

void run_round_made(struct hostile_run *run, unsigned filling)
{
    char text[100];

    run->made += ROUND;
    run->free = memory_free();
    if (run->made <= (unsigned long)filling * ROUND)
        run->usual = run->free;
    if (run->verbose)
        call(__NR_write, 1, text,
             snprintf(text, sizeof(text), "# %lu calls, %lu KiB free\n", run->made,
                      run->free >> 10));
}

void run_end(const struct hostile_run *run, const char *name)
{
    if (run->verbose)
        calls_tell();
    check(name, true);
    check("memory is free again", run->free + MEMORY_SLACK >= run->usual);
    /* Not by way of the C library's exit: the calls may have changed what it depends on. */
    call(__NR_exit_group, check_finish());
}
