/* SPDX-License-Identifier: MIT */
/*
 * A counter of known rate, by which the rate of the TSC can be learned. Filled by a driver.
 */
#ifndef KERNEL_CORE_CLOCKSOURCE_H
#define KERNEL_CORE_CLOCKSOURCE_H

#include "kernel/lib/types.h"

struct clocksource {
    const char *name;
    u64 (*read)(void); /* ticks; any context, takes no lock that is held while the time is asked */
    u64 hz;            /* 1 to 2^32 - 1 */
    u32 bits;          /* width: the count wraps from 2^bits - 1 to 0; 64: never */
    bool per_cpu; /* each processor has a counter of its own, which began when that one started */
};

#endif
