/* SPDX-License-Identifier: MIT */
/* Device interrupts. Handlers run with interrupts off and may not sleep. */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include "kernel/lib/types.h"

typedef void (*irq_handler)(void *context);

/* What the firmware tables say about interrupt controllers; filled by the ACPI driver's caller. */
struct irq_override {
    u8 isa_irq;
    u32 gsi;
    bool active_low;
    bool level_triggered;
};
struct irq_topology {
    paddr_t local_apic; /* 0: the architectural default */
    paddr_t io_apic;    /* 0: the usual place */
    u32 io_apic_gsi_base;
    u32 override_count;
    struct irq_override overrides[16];
};

/* Start the local and the I/O interrupt controller of this machine; every line masked. */
void irq_init(const struct irq_topology *topology);

/* Route a legacy ISA interrupt to the boot processor and unmask it; two devices may share one.
 * Returns 0 or -EINVAL (no such line), -EBUSY (no room for another handler). */
int irq_register_isa(u32 isa_irq, irq_handler handler, void *context) MUST_CHECK;

/* In a handler: whether it interrupted the program, and not the kernel. */
bool irq_from_program(void);

#endif
