/* SPDX-License-Identifier: MIT */
/* The bugs; each in a function with a telling name, for the backtrace. */
#include "kernel/crashtest.h"

#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/lib/string.h"
#include "kernel/lib/types.h"

static NOINLINE void crashtest_null(void)
{
    volatile u64 *pointer = (volatile u64 *)8;
    __asm__ volatile("" : "+r"(pointer)); /* hide from the compiler what it would object to */
    *pointer = 1;
}

static u64 (*volatile crashtest_again)(u64 depth);

static NOINLINE u64 crashtest_stack(u64 depth)
{
    volatile u8 room[512];
    room[0] = (u8)depth;
    return crashtest_again(depth + 1) + room[0];
}

void crashtest_run(const char *kind)
{
    if (!kind)
        return;
    if (strcmp(kind, "null") == 0)
        crashtest_null();
    if (strcmp(kind, "stack") == 0) {
        crashtest_again = crashtest_stack;
        crashtest_stack(0);
    }
    crashtest_locks(kind);
    panic("crashtest=%s", kind);
}
