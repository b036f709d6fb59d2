/* SPDX-License-Identifier: MIT */
/* One random call out of the table of all; rounds.h says more. */
#include <stdio.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/arguments.h"
#include "tests/abi/hostile/rounds.h"

#define SLOW_TICKS (1ul << 30)

struct call_line {
    short number;
    const char *name;
    unsigned char kinds[SYSCALL_ARGUMENTS];
};

#define ARG(kind, type, name) ARG_##kind
#define NOARG                 ARG_NONE
#define SYSCALL(number, name, status, group, result, remark, count, ...) \
    {number, #name, {__VA_ARGS__}},
#define NOSYS(number, name)
#define GAP(first, last)
static const struct call_line calls[] = {
#include "syscall/syscalls.def"
};

static unsigned made_of[ARRAY_LENGTH(calls)], good_of[ARRAY_LENGTH(calls)];

static uint64_t ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static void call_tell(const struct call_line *line, const uint64_t *a, long result, uint64_t time)
{
    static char text[300];
    int length = snprintf(text, sizeof(text),
                          "# %lu M ticks: %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) = %ld\n",
                          time >> 20, line->name, a[0], a[1], a[2], a[3], a[4], a[5], result);

    call(__NR_write, 1, text, length);
}

/* A mapping that the kernel has placed would stay for ever. */
static void mapping_forget(long number, long result, uint64_t length)
{
    if ((number == __NR_mmap || number == __NR_mremap) && result > 0 &&
        !arena_contains((uint64_t)result))
        call(__NR_munmap, result, length);
}

long call_make(bool each, bool slow)
{
    const struct call_line *line = &calls[random_below(ARRAY_LENGTH(calls))];
    uint64_t a[SYSCALL_ARGUMENTS], before;
    long result;

    for (int i = 0; i < SYSCALL_ARGUMENTS; i++)
        a[i] = argument_make((enum argument_kind)line->kinds[i], i);
    if (random_below(8))
        arguments_guide(line->number, a);
    if (!arguments_tame(line->number, a))
        return -1;
    if (each)
        call_tell(line, a, 0, 0);
    before = slow ? ticks() : 0;
    result = call(line->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (slow && ticks() - before > SLOW_TICKS)
        call_tell(line, a, result, ticks() - before);
    made_of[line - calls]++;
    good_of[line - calls] += result >= 0 || result < -4095;
    mapping_forget(line->number, result, line->number == __NR_mmap ? a[1] : a[2]);
    return line->number;
}

void calls_tell(void)
{
    static char text[100];

    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        int length =
            snprintf(text, sizeof(text), "# %s: %u of %u\n", calls[i].name, good_of[i], made_of[i]);
        call(__NR_write, 1, text, length);
    }
}
