/* SPDX-License-Identifier: MIT */
/* What the processor and the hypervisor say about the rate of the time stamp counter. No state. */
#ifndef DRIVERS_CLOCK_TSC_H
#define DRIVERS_CLOCK_TSC_H

#include "kernel/lib/types.h"

/* The rate in Hz from CPUID leaf 0x15, or from the hypervisor's leaf 0x40000010; 0: not told. */
u64 tsc_hz_told(void);

/* The processor's base frequency in Hz (leaf 0x16), near the rate on most; 0: not told. */
u64 tsc_hz_guess(void);

#endif
