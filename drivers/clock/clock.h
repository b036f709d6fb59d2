/* SPDX-License-Identifier: MIT */
/* Chooses where the kernel's clock (kernel/core/time.h) has its rate and its date from. */
#ifndef DRIVERS_CLOCK_CLOCK_H
#define DRIVERS_CLOCK_CLOCK_H

#include "drivers/acpi/acpi.h"
#include "kernel/lib/types.h"

/* Start the clock. After kmap_init and timer_init (the local APIC's counter is one of the choices);
 * boot processor. `boot_tsc`: the TSC at the kernel's first instruction. */
void clock_init(const struct acpi_facts *facts, u64 boot_tsc);

#endif
