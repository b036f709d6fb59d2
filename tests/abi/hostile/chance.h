/* SPDX-License-Identifier: MIT */
/*
 * Random numbers and bad pointers for the programs of random calls. The same seed gives the same ones.
 *
 * Each thread has its own numbers. Who is who tells the stack: threads from 1 on run on stacks that are made
 * here, whoever runs elsewhere is 0. Nothing here uses the C library, since the calls may change what that
 * depends on.
 */
#ifndef TESTS_ABI_HOSTILE_CHANCE_H
#define TESTS_ABI_HOSTILE_CHANCE_H

#include <stdint.h>

#define HOSTILE_THREADS 8
#define HOSTILE_STACK   (128UL << 10)

/* Begin; before all others. */
void chance_begin(uint64_t seed);

/* The running thread, and where the stack of one ends. */
unsigned hostile_thread(void);
char *hostile_stack_top(unsigned thread);

/* Any number, each as likely; one below `limit`, which is not 0. */
uint64_t random_next(void);
uint64_t random_below(uint64_t limit);

/* Any number, small ones and those next to powers of two more often. */
uint64_t random_number(void);

#define ONE_OF(list) ((uint64_t)(list)[random_below(ARRAY_LENGTH(list))])

/* An address that no call can use: not mapped, without permission, the kernel's, or none at all. */
uint64_t pointer_bad(void);

#endif
