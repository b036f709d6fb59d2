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
#include "tests/abi/check.h"
#include "tests/abi/hostile/arguments.h"
#include "tests/abi/hostile/rounds.h"
#include "tests/abi/hostile/run.h"

#define ROUNDS_TO_FILL 2 /* by then the kernel has the large pages that it keeps */

static void round_run(const struct hostile_run *run)
{
    round_furnish();
    for (unsigned made = 0; made < ROUND; made++) {
        call_make(run->each, run->verbose);
        if (random_below(16) == 0)
            memory_touch();
        if (made % 64 == 0)
            round_go_home();
    }
    round_clean_up();
}

int main(int argc, char **argv)
{
    struct hostile_run run = run_begin(argc, argv, 200000);

    if (machine_is_ours()) {
        rounds_begin(run.seed);
        while (run_goes_on(&run)) {
            round_run(&run);
            run_round_made(&run, ROUNDS_TO_FILL);
        }
    }
    run_end(&run, "hostile_calls");
}
