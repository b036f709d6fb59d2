/* SPDX-License-Identifier: MIT */
/* Deliberate bugs of the kernel, for the tests of the crash report: `crashtest=` at boot only. */
#ifndef KERNEL_CRASHTEST_H
#define KERNEL_CRASHTEST_H

/* `kind`: "panic", "null" (a wild access), "stack" (overflow); NULL: nothing happens. */
void crashtest_run(const char *kind);

#endif
