/* SPDX-License-Identifier: MIT */
/* The local APIC (SDM 3A, 10): end of interrupt and the timer; the I/O APIC is in ioapic.c. */
#ifndef ARCH_X86_64_APIC_H
#define ARCH_X86_64_APIC_H

#include "kernel/lib/types.h"

#define VECTOR_EXTERNAL_FIRST 0x30
#define VECTOR_EXTERNAL_LAST  0xdf
#define VECTOR_TIMER          0xef
#define VECTOR_KICK           0xf0 /* come into the kernel and look around */
#define VECTOR_CALL           0xf1 /* smp_call */
#define VECTOR_SPURIOUS       0xff

#define APIC_ID            0x02 /* register numbers: MMIO offset / 16 */
#define APIC_EOI           0x0b
#define APIC_SPURIOUS      0x0f
#define APIC_COMMAND       0x30 /* interrupt command, with 0x31 the destination (SDM 3A, 10.6.1) */
#define APIC_DESTINATION   0x31
#define APIC_LVT_TIMER     0x32
#define APIC_LVT_LINT0     0x35
#define APIC_LVT_LINT1     0x36
#define APIC_LVT_ERROR     0x37
#define APIC_TIMER_INITIAL 0x38
#define APIC_TIMER_CURRENT 0x39
#define APIC_TIMER_DIVIDE  0x3e

#define APIC_LVT_MASKED (1u << 16)

/* What to send; or a vector. */
#define APIC_SEND_NMI     (4u << 8 | APIC_SEND_ASSERT)
#define APIC_SEND_INIT    (5u << 8 | APIC_SEND_ASSERT)
#define APIC_SEND_STARTUP (6u << 8 | APIC_SEND_ASSERT) /* | the page that the processor begins in */
#define APIC_SEND_ASSERT  (1u << 14)
#define APIC_SEND_PENDING (1u << 12) /* not of x2APICs: the last one has not gone out */

u32 apic_read(u32 reg);
void apic_write(u32 reg, u32 value);

/* Find the local APICs at `base` (0: where IA32_APIC_BASE says) and enable the boot processor's. */
void apic_init(paddr_t base);

/* Enable that of the processor that runs. */
void apic_init_this(void);

/* The running processor's id, and an interrupt for the one with that id. Any context. */
u32 apic_own_id(void);
void apic_send(u32 apic_id, u32 what);

/* Set up the I/O APIC at `base` (0: 0xfec00000), every line masked. */
void ioapic_init(paddr_t base, u32 gsi_base);

/* Route `gsi` to the boot processor as `vector` and unmask it. 0 or -EINVAL. */
int ioapic_route(u32 gsi, u8 vector, bool active_low, bool level) MUST_CHECK;

/* Run the handler of an external vector; then end the interrupt. */
void irq_dispatch(u32 vector);

/* The local timer has expired. */
void apic_timer_interrupt(void);

#endif
