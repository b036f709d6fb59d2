/* SPDX-License-Identifier: MIT */
/* The HPET's main counter as a reference clock (IA-PC HPET specification 1.0a). */
#ifndef DRIVERS_CLOCK_HPET_H
#define DRIVERS_CLOCK_HPET_H

#include "kernel/core/clocksource.h"
#include "kernel/lib/types.h"

/* Start the counter of the HPET whose registers lie at `base` (0: there is none). NULL when it does
 * not work. */
const struct clocksource *hpet_start(paddr_t base);

#endif
