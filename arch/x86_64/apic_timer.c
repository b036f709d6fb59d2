/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's timer: one-shot deadlines, and a free-running count as a reference clock.
 *
 * The counter counts down from what is written and stops at 0. So that it never stands still it is
 * always loaded: with a deadline when one is armed, with 2^32 - 1 otherwise. Ticks are summed in
 * `elapsed` at each reload; each processor has its own counter. The rate is known on QEMU and KVM (1 GHz at divide by 1); elsewhere it
 * is compared with the TSC when the first deadline is armed, by then milliseconds after the start.
 */
#include "arch/timer.h"

#include "arch/cpu.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/smp_internal.h"
#include "kernel/lib/muldiv.h"
#include "kernel/lib/string.h"

#define DIVIDE_BY_1   0xb
#define COUNT_MAX     0xffffffffu
#define HYPERVISOR_HZ 1000000000UL

static void (*expiry_handler)(void);
static u64 known_hz; /* all processors' are the same */

/* With interrupts off, by the processor that it belongs to. */
static struct counter {
    u64 elapsed; /* ticks before the last reload */
    u32 loaded;  /* the last value written */
    u64 start_tsc;
    bool deadline_armed;
} counters[CPUS_MAX];

static struct counter *counter_this(void)
{
    return &counters[cpu_index()];
}

static void reload(struct counter *counter, u32 count)
{
    counter->elapsed += counter->loaded - apic_read(APIC_TIMER_CURRENT);
    counter->loaded = count;
    apic_write(APIC_TIMER_INITIAL, count);
}

void timer_init(void (*on_expiry)(void))
{
    expiry_handler = on_expiry;
    const char *signature = cpu_features.hypervisor;
    if (strcmp(signature, "TCGTCGTCGTCG") == 0 || strncmp(signature, "KVMKVMKVM", 9) == 0)
        known_hz = HYPERVISOR_HZ;
    timer_init_this();
}

void timer_init_this(void)
{
    apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
    counter_this()->start_tsc = cpu_read_tsc();
    counter_this()->loaded = COUNT_MAX;
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
    const struct counter *counter = counter_this();
    u64 now = counter->elapsed + (counter->loaded - apic_read(APIC_TIMER_CURRENT));
    irq_restore(flags);
    return now;
}

void timer_set_rate(u64 tsc_hz)
{
    u64 flags = irq_save();
    u64 cycles = cpu_read_tsc() - counter_this()->start_tsc;
    if (known_hz == 0 && tsc_hz != 0 && cycles != 0)
        known_hz = muldiv_u64(arch_reference_read(), tsc_hz, cycles);
    irq_restore(flags);
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
    counter_this()->deadline_armed = true;
    reload(counter_this(), ticks > COUNT_MAX ? COUNT_MAX : ticks == 0 ? 1 : (u32)ticks);
    irq_restore(flags);
}

void timer_disarm(void)
{
    u64 flags = irq_save();
    counter_this()->deadline_armed = false;
    reload(counter_this(), COUNT_MAX);
    irq_restore(flags);
}

void apic_timer_interrupt(void)
{
    struct counter *counter = counter_this();
    bool was_armed = counter->deadline_armed;
    counter->deadline_armed = false;
    reload(counter, COUNT_MAX);
    if (was_armed)
        expiry_handler();
}
