/* SPDX-License-Identifier: MIT */
/* Random numbers and bad pointers; chance.h says more. */
#include "tests/abi/hostile/chance.h"

#include <sys/mman.h>

#include "tests/abi/check.h"

static uint64_t states[HOSTILE_THREADS + 1];
static char *stacks; /* of the threads 1 to HOSTILE_THREADS */
static char *hole, *no_access;

void chance_begin(uint64_t seed)
{
    for (uint64_t i = 0; i <= HOSTILE_THREADS; i++)
        states[i] = (seed + (i << 32)) * 0x9e3779b97f4a7c15ul + 1;
    stacks = pages_map_apart(HOSTILE_THREADS * HOSTILE_STACK / PAGE);
    hole = pages_map_apart(1) + PAGE;
    no_access = page_protected(PROT_NONE);
}

unsigned hostile_thread(void)
{
    char here;
    size_t offset = (size_t)(&here - stacks);

    return offset < HOSTILE_THREADS * HOSTILE_STACK ? 1 + (unsigned)(offset / HOSTILE_STACK) : 0;
}

char *hostile_stack_top(unsigned thread)
{
    return stacks + thread * HOSTILE_STACK;
}

/* xorshift64* */
uint64_t random_next(void)
{
    uint64_t *state = &states[hostile_thread()];

    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dul;
}

uint64_t random_below(uint64_t limit)
{
    return (random_next() >> 11) % limit;
}

uint64_t random_number(void)
{
    switch (random_below(8)) {
    case 0:
        return random_next();
    case 1:
        return random_next() >> random_below(64);
    case 2:
        return 1ul << random_below(64);
    case 3:
        return (1ul << random_below(64)) - 1;
    case 4:
        return -random_below(4100);
    case 5:
        return random_below(1 << 20);
    default:
        return random_below(300);
    }
}

uint64_t pointer_bad(void)
{
    switch (random_below(10)) {
    case 0:
        return random_below(PAGE);
    case 1:
        return KERNEL_ADDRESS + random_below(1ul << 31);
    case 2:
        return 0xffff800000000000 + random_below(1ul << 46);
    case 3:
        return NON_CANONICAL + random_below(1ul << 40);
    case 4:
        return USER_END - random_below(64);
    case 5:
        return USER_END + random_below(2 * PAGE);
    case 6:
        return -random_below(256);
    case 7:
        return (uint64_t)hole + random_below(PAGE);
    case 8:
        return (uint64_t)no_access + random_below(PAGE);
    default:
        return random_next() | 1ul << 63;
    }
}
