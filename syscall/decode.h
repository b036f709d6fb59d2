/* SPDX-License-Identifier: MIT */
/* Arguments that several calls read the same way. */
#ifndef SYSCALL_DECODE_H
#define SYSCALL_DECODE_H

#include "kernel/lib/types.h"

/* A struct timespec that is a length of time, in nanoseconds (saturated). 0, -EFAULT, -EINVAL. */
long decode_timespec(uptr user, u64 *ns) MUST_CHECK;

/* The time `wait` nanoseconds from now, at most WAIT_FOREVER - 1. */
u64 decode_deadline(u64 wait);

/* Is there such a clock (CLOCK_*, or that of a process or thread)? */
bool clock_is_known(int clock);

/* Nanoseconds out as a struct timespec. 0 or -EFAULT. */
long encode_timespec(uptr user, u64 ns) MUST_CHECK;

/* A structure of which later versions may be longer: `size` bytes from the program into the `known` ones at
 * `out`. What the program does not give is 0; what we do not know has to be 0. 0, -EFAULT, -E2BIG. */
long decode_versioned(uptr user, size_t size, void *out, size_t known) MUST_CHECK;

#endif
