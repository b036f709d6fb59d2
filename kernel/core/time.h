/* SPDX-License-Identifier: MIT */
/*
 * What time it is: nanoseconds since boot, and since 1970.
 *
 * Time is the TSC times a factor. Where the processor or the hypervisor tells the TSC's rate,
 * time_set_tsc_hz gets it. Where nobody tells, the rate is learned without ever waiting: time_learn
 * notes one pair (TSC, reference counter), and until at least 20 ms have passed the time comes from
 * the reference counter itself. Then the factor is computed and published; from there
 * the clock goes on without a jump. time_refine does so again when more time has passed. Any context; any processor: their TSCs are
 * taken to be in step.
 */
#ifndef KERNEL_CORE_TIME_H
#define KERNEL_CORE_TIME_H

#include "kernel/core/clocksource.h"
#include "kernel/lib/types.h"

#define NS_PER_SECOND 1000000000UL

/* Nanoseconds since boot: CLOCK_MONOTONIC. Never goes back. 0 before the clock is set up. */
u64 time_now_ns(void);

/* Nanoseconds since 1970-01-01 UTC: CLOCK_REALTIME. Reads the wall clock at the first call. */
u64 time_real_ns(void);

/* Set the wall clock (clock_settime). */
void time_set_real_ns(u64 ns);

/* No TSC runs faster than that. */
#define TSC_HZ_MAX 6000000000UL

/* The TSC's rate as it was known first, to a part in 2000; or 0 as long as it is not known. */
u64 time_tsc_hz(void);

/* ---- Set-up: one of the first two, once -------------------------------------------------------*/

/* The TSC runs at `hz`, and `boot_tsc` was its value when the time was 0. */
void time_set_tsc_hz(u64 hz, u64 boot_tsc);

/* Learn the rate from `reference`, which must stay. Time is 0 now. */
void time_learn(const struct clocksource *reference);

/* Measure the rate again, over the whole time since time_learn: to be called a few times (VDSO_EPOCHS - 1), with
 * more and more time between. Nothing where the rate was told. Any context. */
void time_refine(void);

/* Where the date comes from: a function that gives nanoseconds since 1970, or 0 when the machine
 * does not know. Called once, at the first need. */
void time_set_wall_clock(u64 (*read_ns)(void));

#endif
