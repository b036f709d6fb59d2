/* SPDX-License-Identifier: MIT */
/*
 * The I/O APIC (Intel 82093AA data sheet) and the routing of ISA interrupts through it.
 *
 * ISA lines are edge-triggered and active high unless the firmware's override says otherwise. All
 * interrupts go to the boot processor for now.
 */
#include <asm/errno.h>

#include "arch/cpu.h"
#include "arch/irq.h"
#include "arch/mmu.h"
#include "arch/upcalls.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/smp_internal.h"

#define IOAPIC_USUAL_BASE 0xfec00000UL
#define IOAPIC_SELECT     0 /* in 32-bit words */
#define IOAPIC_WINDOW     4
#define IOAPIC_VERSION    1
#define IOAPIC_REDIRECT   0x10

#define REDIRECT_MASKED     (1u << 16)
#define REDIRECT_LEVEL      (1u << 15)
#define REDIRECT_ACTIVE_LOW (1u << 13)

/* Serial ports come in pairs that share a line: COM1 and COM3, COM2 and COM4. */
#define SHARERS_MAX 2

struct irq_line {
    u32 isa_irq;
    u32 sharers; /* valid entries below; 0: the line is free */
    irq_handler handlers[SHARERS_MAX];
    void *contexts[SHARERS_MAX];
};

static volatile u32 *registers;
static u32 gsi_first, gsi_count;
static struct irq_topology topology;
static struct irq_line lines[VECTOR_EXTERNAL_LAST - VECTOR_EXTERNAL_FIRST + 1];

static u32 ioapic_read(u32 reg)
{
    registers[IOAPIC_SELECT] = reg;
    return registers[IOAPIC_WINDOW];
}

static void ioapic_write(u32 reg, u32 value)
{
    registers[IOAPIC_SELECT] = reg;
    registers[IOAPIC_WINDOW] = value;
}

void ioapic_init(paddr_t base, u32 gsi_base)
{
    static const vaddr_t window = KMAP_BASE + PAGE_SIZE; /* the area's second page */
    paddr_t physical = base ? base : IOAPIC_USUAL_BASE;
    u32 flags = MMU_WRITE | MMU_DEVICE | MMU_GLOBAL;
    if (mmu_map(&mmu_kernel, window, ALIGN_DOWN(physical, PAGE_SIZE), flags) != 0)
        return;
    registers = (volatile u32 *)(window + (physical & (PAGE_SIZE - 1)));
    u32 version = ioapic_read(IOAPIC_VERSION);
    if (version == 0xffffffff) {
        registers = NULL; /* nothing there */
        return;
    }
    gsi_first = gsi_base;
    gsi_count = (version >> 16 & 0xff) + 1;
}

int ioapic_route(u32 gsi, u8 vector, bool active_low, bool level)
{
    if (!registers || gsi < gsi_first || gsi - gsi_first >= gsi_count)
        return -EINVAL;
    u32 reg = IOAPIC_REDIRECT + 2 * (gsi - gsi_first);
    ioapic_write(reg + 1, percpus[0].apic_id << 24);
    ioapic_write(reg,
                 vector | (level ? REDIRECT_LEVEL : 0) | (active_low ? REDIRECT_ACTIVE_LOW : 0));
    return 0;
}

void irq_init(const struct irq_topology *found)
{
    topology = *found;
    apic_init(topology.local_apic);
    percpus[0].apic_id = apic_own_id();
    ioapic_init(topology.io_apic, topology.io_apic_gsi_base);
}

static struct irq_override isa_line(u32 isa_irq)
{
    for (u32 i = 0; i < topology.override_count; i++)
        if (topology.overrides[i].isa_irq == isa_irq)
            return topology.overrides[i];
    return (struct irq_override){.gsi = isa_irq};
}

/* The line that has this interrupt, or a free one; NULL: all are taken. */
static struct irq_line *line_for(u32 isa_irq)
{
    for (u32 i = 0; i < ARRAY_SIZE(lines); i++) {
        if (lines[i].sharers == 0)
            lines[i].isa_irq = isa_irq;
        if (lines[i].isa_irq == isa_irq)
            return &lines[i];
    }
    return NULL;
}

int irq_register_isa(u32 isa_irq, irq_handler handler, void *context)
{
    if (isa_irq > 15)
        return -EINVAL;
    struct irq_line *line = line_for(isa_irq);
    if (!line)
        return -EBUSY;
    u32 slot = line->sharers;
    if (slot == SHARERS_MAX)
        return -EBUSY;
    line->handlers[slot] = handler;
    line->contexts[slot] = context;
    __atomic_store_n(&line->sharers, slot + 1, __ATOMIC_RELEASE);
    if (slot != 0)
        return 0; /* routed already */
    struct irq_override route = isa_line(isa_irq);
    u8 vector = VECTOR_EXTERNAL_FIRST + (line - lines);
    return ioapic_route(route.gsi, vector, route.active_low, route.level_triggered);
}

bool irq_from_program(void)
{
    return percpu_this()->irq_from_program;
}

void irq_dispatch(u32 vector)
{
    if (vector == VECTOR_SPURIOUS)
        return; /* SDM 3A, 10.9: no end of interrupt for it */
    if (vector == VECTOR_TIMER)
        apic_timer_interrupt();
    else if (vector == VECTOR_KICK)
        arch_upcall_kicked();
    else if (vector == VECTOR_CALL)
        smp_answer_call();
    else if (vector >= VECTOR_EXTERNAL_FIRST && vector <= VECTOR_EXTERNAL_LAST) {
        const struct irq_line *line = &lines[vector - VECTOR_EXTERNAL_FIRST];
        u32 sharers = __atomic_load_n(&line->sharers, __ATOMIC_ACQUIRE);
        for (u32 i = 0; i < sharers; i++)
            line->handlers[i](line->contexts[i]);
    }
    apic_write(APIC_EOI, 0);
    smp_flush_kicks();
}
