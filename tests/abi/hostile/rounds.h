/* SPDX-License-Identifier: MIT */
/*
 * Rounds of random calls, for tests/abi/hostile_calls.c and hostile_threads.c: each begins with
 * descriptors of all kinds and a few files, and ends with everything closed, removed and unmapped.
 */
#ifndef TESTS_ABI_HOSTILE_ROUNDS_H
#define TESTS_ABI_HOSTILE_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the kernel is Galette and nobody else is on the machine: files are removed all over the root. */
bool machine_is_ours(void);

void rounds_begin(uint64_t seed);
void round_furnish(void);
void round_clean_up(void);

/* To where the names lead somewhere, with no limit that forbids anything. */
void round_go_home(void);

/* Touch memory that calls have mapped, or not. */
void memory_touch(void);

/* In bytes: what is free, and what the program itself has. */
uint64_t memory_free(void);

/* One call, out of all that the kernel has. `each`: tell it before. `slow`: tell it afterwards if it took
 * long. Its number; -1: none was made, since it would have done harm. */
long call_make(bool each, bool slow);

/* How often each call was made and succeeded: one that never does is tried badly. */
void calls_tell(void);

#endif
