/* SPDX-License-Identifier: MIT */
/*
 * Switching the machine off, whatever machine it is.
 *
 * power_off tries, in this order: QEMU's status port and exit device (debug_exit.h), ACPI's soft
 * off, ACPI's reset register, the keyboard controller's reset line, a triple fault; then it halts.
 * It allocates nothing, takes no lock of its own and never waits for an interrupt, so that a panic
 * may call it in any state; before power_init it does without ACPI.
 */
#ifndef DRIVERS_POWER_H
#define DRIVERS_POWER_H

#include "drivers/acpi/acpi.h"
#include "kernel/lib/types.h"

/* Remember how this machine is switched off. Both structures must stay. Maps registers that are in
 * memory now, because later may be too late. */
void power_init(const struct acpi_view *view, const struct acpi_facts *facts);

/* End the machine with an exit status for the host. The first caller's status counts; a second
 * caller (another processor, or a fault in here) gives the first some time, then resets. */
NORETURN void power_off(u8 status);

#endif
