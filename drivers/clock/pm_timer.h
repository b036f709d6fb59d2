/* SPDX-License-Identifier: MIT */
/* The ACPI power management timer as a reference clock (ACPI 6.4, 4.8.2.1). */
#ifndef DRIVERS_CLOCK_PM_TIMER_H
#define DRIVERS_CLOCK_PM_TIMER_H

#include "drivers/acpi/acpi.h"
#include "kernel/core/clocksource.h"

/* The timer that the tables describe; NULL when there is none at an I/O port. */
const struct clocksource *pm_timer_start(const struct acpi_facts *facts);

#endif
