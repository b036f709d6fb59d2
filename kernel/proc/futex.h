/* SPDX-License-Identifier: MIT */
/* Futexes: sleep on a word of the program's memory (man 2 futex). */
#ifndef KERNEL_PROC_FUTEX_H
#define KERNEL_PROC_FUTEX_H

#include "kernel/lib/types.h"

/* Sleep while the word holds `expected`, until a wake-up with a common bit of `bits` or `deadline`
 * (ns since boot; WAIT_FOREVER). 0, -EAGAIN, -EFAULT, -ETIMEDOUT, -EINTR, -EINVAL (alignment). */
long futex_wait(uptr word, u32 expected, u32 bits, u64 deadline) MUST_CHECK;

/* Wake at most `count` sleepers that share a bit. How many, or -EINVAL. */
long futex_wake(uptr word, u32 count, u32 bits) MUST_CHECK;

/* The running thread ends: the robust futexes that it holds are marked, and who waits is woken. */
struct task;
void futex_thread_ends(const struct task *task);

#endif
