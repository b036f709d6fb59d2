/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's timer: one-shot deadlines, and a free-running count as a reference clock.
 *
 * The counter counts down from what is written and stops at 0. So that it never stands still it is
 * always loaded: with a deadline when one is armed, with 2^32 - 1 otherwise. Ticks are summed in
 * `elapsed` at each reload. The rate is known on QEMU and KVM (1 GHz at divide by 1); elsewhere it
 * is compared with the TSC when the first deadline is armed, by then milliseconds after the start.
 */
#include "arch/timer.h"

#include "arch/cpu.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/features.h"
#include "kernel/lib/muldiv.h"
#include "kernel/lib/string.h"

#define DIVIDE_BY_1   0xb
#define COUNT_MAX     0xffffffffu
#define HYPERVISOR_HZ 1000000000UL

static void (*expiry_handler)(void);
static u64 elapsed; /* ticks before the last reload */
static u32 loaded;  /* the last value written */
static u64 known_hz;
static u64 start_tsc;
static bool deadline_armed;

static void reload(u32 count)
{
    elapsed += loaded - apic_read(APIC_TIMER_CURRENT);
    loaded = count;
    apic_write(APIC_TIMER_INITIAL, count);
}

void timer_init(void (*on_expiry)(void))
{
    expiry_handler = on_expiry;
    const char *signature = cpu_features.hypervisor;
    if (strcmp(signature, "TCGTCGTCGTCG") == 0 || strncmp(signature, "KVMKVMKVM", 9) == 0)
        known_hz = HYPERVISOR_HZ;
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
    start_tsc = cpu_read_tsc();
    loaded = COUNT_MAX;
    apic_write(APIC_TIMER_INITIAL, COUNT_MAX);
}

bool arch_reference_counter(u64 *hz)
{
    *hz = known_hz;
    return known_hz != 0;
}

u64 arch_reference_read(void)
{
    u64 flags = irq_save();
    u64 now = elapsed + (loaded - apic_read(APIC_TIMER_CURRENT));
    irq_restore(flags);
    return now;
}

void timer_set_rate(u64 tsc_hz)
{
    u64 cycles = cpu_read_tsc() - start_tsc;
    if (known_hz == 0 && tsc_hz != 0 && cycles != 0)
        known_hz = muldiv_u64(arch_reference_read(), tsc_hz, cycles);
}

bool timer_wants_rate(void)
{
    return known_hz == 0;
}

void timer_arm(u64 ns)
{
    u64 hz = known_hz ? known_hz : HYPERVISOR_HZ;
    u64 flags = irq_save();
    u64 ticks = muldiv_u64(ns, hz, 1000000000u);
    deadline_armed = true;
    reload(ticks > COUNT_MAX ? COUNT_MAX : ticks == 0 ? 1 : (u32)ticks);
    irq_restore(flags);
}

void timer_disarm(void)
{
    u64 flags = irq_save();
    deadline_armed = false;
    reload(COUNT_MAX);
    irq_restore(flags);
}

void apic_timer_interrupt(void)
{
    bool was_armed = deadline_armed;
    deadline_armed = false;
    reload(COUNT_MAX);
    if (was_armed)
        expiry_handler();
}
