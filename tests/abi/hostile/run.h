/* SPDX-License-Identifier: MIT */
/* What the programs hostile_calls and hostile_threads are told, and what they say:
 *
 *     NAME [SEED [COUNT [verbose|each]]]
 */
#ifndef TESTS_ABI_HOSTILE_RUN_H
#define TESTS_ABI_HOSTILE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#define ROUND 4000 /* calls between two cleanings */

struct hostile_run {
    uint64_t seed;
    unsigned long count; /* of calls; 0: for ever */
    bool verbose, each;
    unsigned long made;
    uint64_t usual, free; /* memory_free: behind the first rounds, and behind the last one */
};

/* `count`: of calls, when the program is not told. */
struct hostile_run run_begin(int argc, char **argv, unsigned long count);

/* Whether there is one more round to be made. */
bool run_goes_on(const struct hostile_run *run);

/* A round was made, and cleaned up; the first `filling` of them may leave more with the kernel. */
void run_round_made(struct hostile_run *run, unsigned filling);

/* Says how it was and ends the program. */
void run_end(const struct hostile_run *run, const char *name);

#endif
