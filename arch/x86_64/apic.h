/* SPDX-License-Identifier: MIT */
/* The local APIC (SDM 3A, 10): end of interrupt and the timer; the I/O APIC is in ioapic.c. */
#ifndef ARCH_X86_64_APIC_H
#define ARCH_X86_64_APIC_H

#include "kernel/lib/types.h"

#define VECTOR_EXTERNAL_FIRST 0x30
#define VECTOR_EXTERNAL_LAST  0xdf
#define VECTOR_TIMER          0xef
#define VECTOR_SPURIOUS       0xff

#define APIC_ID            0x02 /* register numbers: MMIO offset / 16 */
#define APIC_EOI           0x0b
#define APIC_SPURIOUS      0x0f
#define APIC_LVT_TIMER     0x32
#define APIC_LVT_LINT0     0x35
#define APIC_LVT_LINT1     0x36
#define APIC_LVT_ERROR     0x37
#define APIC_TIMER_INITIAL 0x38
#define APIC_TIMER_CURRENT 0x39
#define APIC_TIMER_DIVIDE  0x3e

#define APIC_LVT_MASKED (1u << 16)

u32 apic_read(u32 reg);
void apic_write(u32 reg, u32 value);

/* Enable this processor's local APIC at `base` (0: where IA32_APIC_BASE says). */
void apic_init(paddr_t base);

/* Set up the I/O APIC at `base` (0: 0xfec00000), every line masked. */
void ioapic_init(paddr_t base, u32 gsi_base);

/* Route `gsi` to the boot processor as `vector` and unmask it. 0 or -EINVAL. */
int ioapic_route(u32 gsi, u8 vector, bool active_low, bool level) MUST_CHECK;

/* Run the handler of an external vector; then end the interrupt. */
void irq_dispatch(u32 vector);

/* The local timer has expired. */
void apic_timer_interrupt(void);

#endif
