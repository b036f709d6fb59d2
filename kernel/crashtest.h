/* SPDX-License-Identifier: MIT */
/* Deliberate bugs of the kernel, for the tests of the crash report: `crashtest=` at boot only. */
#ifndef KERNEL_CRASHTEST_H
#define KERNEL_CRASHTEST_H

/* `kind`: "panic", "null" (a wild access), "stack" (overflow); NULL: nothing happens. A debug kernel also
 * knows those of crashtest_locks.c. */
void crashtest_run(const char *kind);

#ifdef DEBUG_KERNEL
void crashtest_locks(const char *kind);
#else
static inline void crashtest_locks(const char *kind)
{
    (void)kind;
}
#endif

#endif
