/* SPDX-License-Identifier: MIT */
/*
 * The processor's one-shot timer, and the counter behind it as a reference clock.
 *
 * The counter keeps counting from timer_init on, whether a deadline is armed or not, so that it
 * can serve to learn the rate of the TSC where a machine has nothing else (QEMU's microvm).
 */
#ifndef ARCH_TIMER_H
#define ARCH_TIMER_H

#include "kernel/lib/types.h"

/* Start the boot processor's counter. `on_expiry` runs in interrupt context at each expiry. */
void timer_init(void (*on_expiry)(void));

/* On the processor that runs: expire `ns` nanoseconds from now (at least 1); replaces an earlier deadline. */
void timer_arm(u64 ns);

/* Forget the armed deadline. */
void timer_disarm(void);

/* Derive the counter's rate from the TSC's (0: not known yet) where it was not known. */
void timer_set_rate(u64 tsc_hz);
/* True until the counter's rate is known; deadlines are then reckoned with 1 GHz, the fastest that
 * exists, and come early. */
bool timer_wants_rate(void);

/* True with the counter's rate in *hz when that rate is known without measuring. */
bool arch_reference_counter(u64 *hz);

/* Ticks of this processor's counter, since timer_init or timer_init_this there. */
u64 arch_reference_read(void);

#endif
