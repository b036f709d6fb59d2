/* SPDX-License-Identifier: MIT */
/*
 * Chooses the clock's source; see clock.h. The order is: who simply tells the rate; then counters
 * of known rate, the ones that do not wrap first; at last a guess.
 */
#include "arch/timer.h"
#include "arch/vdso_time.h"
#include "drivers/clock/clock.h"
#include "drivers/clock/hpet.h"
#include "drivers/clock/kvmclock.h"
#include "drivers/clock/pm_timer.h"
#include "drivers/clock/rtc.h"
#include "drivers/clock/tsc.h"
#include "kernel/core/log.h"
#include "kernel/core/time.h"
#include "kernel/core/timer.h"

#define ASSUMED_HZ NS_PER_SECOND

/* The processor's own timer, where its rate is known: QEMU and KVM. */
static const struct clocksource *arch_reference(void)
{
    static struct clocksource source = {
        .name = "local APIC timer", .read = arch_reference_read, .bits = 64, .per_cpu = true};
    return arch_reference_counter(&source.hz) ? &source : NULL;
}

static const struct clocksource *find_reference(const struct acpi_facts *facts)
{
    const struct clocksource *reference = hpet_start(facts->hpet);
    if (!reference)
        reference = pm_timer_start(facts);
    if (!reference)
        reference = arch_reference();
    return reference;
}

/* When the rate of the TSC is measured again: after a second, then after a quarter of a minute, when what a
 * look at the counter takes is less than a part in ten millions; then once more, should the last have been slow. */
static const u64 refine_at[] = {NS_PER_SECOND, 15 * NS_PER_SECOND, 60 * NS_PER_SECOND};
_Static_assert(ARRAY_SIZE(refine_at) == VDSO_EPOCHS - 1, "each begins an epoch");

static void refine(struct timer *timer)
{
    static u32 next = 1;
    time_refine();
    if (next < ARRAY_SIZE(refine_at))
        timer_restart(timer, refine_at[next++]);
}

static void refine_later(void)
{
    static struct timer timer;
    timer_init_call(&timer, refine);
    timer_start(&timer, refine_at[0]);
}

static void start_counting(const struct acpi_facts *facts, u64 boot_tsc)
{
    u64 hz = tsc_hz_told();
    if (hz == 0)
        hz = kvmclock_tsc_hz();
    const struct clocksource *reference = hz == 0 ? find_reference(facts) : NULL;
    if (reference) {
        log_print(LOG_INFO, "clock: learning the TSC's rate from the %s", reference->name);
        time_learn(reference);
        refine_later();
        return;
    }
    if (hz == 0)
        hz = tsc_hz_guess();
    if (hz == 0) {
        hz = ASSUMED_HZ;
        log_print(LOG_WARNING, "clock: nobody knows the TSC's rate; assuming 1 GHz");
    }
    time_set_tsc_hz(hz, boot_tsc);
}

static u64 read_date(void)
{
    u64 ns = kvmclock_wall_ns();
    return ns != 0 ? ns : rtc_read_ns();
}

void clock_init(const struct acpi_facts *facts, u64 boot_tsc)
{
    start_counting(facts, boot_tsc);
    rtc_init(facts->century_register);
    time_set_wall_clock(read_date);
}
