/* SPDX-License-Identifier: MIT */
/*
 * KVM's paravirtual clock: the hypervisor tells the TSC's rate, and the date of the boot.
 *
 * Only the rate is taken from the shared structure, once: the kernel's own clock does the rest, so
 * that one reading of the TSC gives the time on every processor.
 */
#ifndef DRIVERS_CLOCK_KVMCLOCK_H
#define DRIVERS_CLOCK_KVMCLOCK_H

#include "kernel/lib/types.h"

/* The TSC's rate in Hz; 0: this is not KVM, or it has no such clock. Boot processor, after
 * mmu_init. */
u64 kvmclock_tsc_hz(void);

/* Nanoseconds since 1970 by the hypervisor's clock; 0 when kvmclock_tsc_hz found none. */
u64 kvmclock_wall_ns(void);

#endif
