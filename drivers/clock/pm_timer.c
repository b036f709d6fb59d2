/* SPDX-License-Identifier: MIT */
/* Reads the ACPI timer; see pm_timer.h. It counts always and needs no start. */
#include "arch/x86_64/io.h"
#include "drivers/clock/pm_timer.h"

#define PM_TIMER_HZ 3579545 /* ACPI 6.4, 4.8.2.1 */

static u16 port;

static u64 read_ticks(void)
{
    return inl(port);
}

const struct clocksource *pm_timer_start(const struct acpi_facts *facts)
{
    static struct clocksource source = {
        .name = "ACPI timer", .read = read_ticks, .hz = PM_TIMER_HZ};
    const struct acpi_register *timer = &facts->pm_timer;
    if (timer->address == 0 || timer->address > 0xffff || timer->space != ACPI_SPACE_IO)
        return NULL;
    port = (u16)timer->address;
    source.bits = facts->pm_timer_32_bit ? 32 : 24;
    return &source;
}
