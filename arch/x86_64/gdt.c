/* SPDX-License-Identifier: MIT */
/*
 * GDT, TSS and IDT.
 *
 * Each processor has its own GDT and TSS with its own IST stacks; the IDT is common. The stacks
 * of the boot processor are static; further processors bring theirs when they start.
 */
#include "arch/x86_64/gdt.h"

#include "arch/cpu.h"

/* Numbers of the TSS's IST entries, as the IDT names them. */
enum ist { IST_MOVE = 1, IST_NMI = 2, IST_DOUBLE_FAULT = 3, IST_MACHINE_CHECK = 4, IST_DEBUG = 5 };

#define VECTOR_DEBUG         1
#define VECTOR_NMI           2
#define VECTOR_BREAKPOINT    3
#define VECTOR_OVERFLOW      4
#define VECTOR_DOUBLE_FAULT  8
#define VECTOR_MACHINE_CHECK 18

struct PACKED tss {
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7];
    u64 reserved2;
    u16 reserved3;
    u16 io_map_base;
};
_Static_assert(sizeof(struct tss) == 104, "SDM 3A, 8.7");

/* In whole words: address (in three pieces), selector, IST entry, type (SDM 3A, 6.14.1). */
struct idt_gate {
    u64 low, high;
};
_Static_assert(sizeof(struct idt_gate) == 16, "SDM 3A, 6.14.1");

struct PACKED table_pointer {
    u16 limit;
    u64 base;
};

#define GDT_ENTRIES     10
#define GATE_SELECTOR   ((u64)KERNEL_CS << 16)
#define GATE_IST(entry) ((u64)(entry) << 32)
#define GATE_INTERRUPT  (0x8eUL << 40)
#define GATE_FROM_RING3 (0x60UL << 40)
#define TSS_AVAILABLE   0x89UL

struct ist_stacks boot_ist_stacks;
static u64 gdts[CPUS_MAX][GDT_ENTRIES];
static struct tss tsss[CPUS_MAX];
static struct idt_gate idt[256] ALIGNED(16);

#define TRAP_STUB_SIZE 16
extern const u8 trap_stubs[];

static void tss_fill(struct tss *tss, struct ist_stacks *stacks)
{
    tss->ist[IST_MOVE - 1] = (u64)stacks->move + sizeof(stacks->move);
    tss->ist[IST_NMI - 1] = (u64)stacks->nmi + sizeof(stacks->nmi);
    tss->ist[IST_DOUBLE_FAULT - 1] = (u64)stacks->double_fault + sizeof(stacks->double_fault);
    tss->ist[IST_MACHINE_CHECK - 1] = (u64)stacks->machine_check + sizeof(stacks->machine_check);
    tss->ist[IST_DEBUG - 1] = (u64)stacks->debug + sizeof(stacks->debug);
    tss->io_map_base = sizeof(*tss); /* no port is open to ring 3 */
}

/* No segment for 32-bit code: SYSCALL from there would enter at IA32_CSTAR, which we do not have. */
static void gdt_fill(u64 *gdt, const struct tss *tss)
{
    u64 base = (u64)tss;
    gdt[KERNEL_CS / 8] = 0x00af9b000000ffff;
    gdt[KERNEL_SS / 8] = 0x00cf93000000ffff;
    gdt[USER_SS / 8] = 0x00cff3000000ffff;
    gdt[USER_CS / 8] = 0x00affb000000ffff;
    gdt[TSS_SELECTOR / 8] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | TSS_AVAILABLE << 40 |
                            (base >> 24 & 0xff) << 56;
    gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
}

void gdt_init(u32 cpu, struct ist_stacks *stacks)
{
    tss_fill(&tsss[cpu], stacks);
    gdt_fill(gdts[cpu], &tsss[cpu]);
    struct table_pointer gdt_pointer = {sizeof(gdts[cpu]) - 1, (u64)gdts[cpu]};
    struct table_pointer idt_pointer = {sizeof(idt) - 1, (u64)idt};
    /* CS and SS keep their selectors, which mean the same in the boot GDT. The local table that a
     * processor has after reset lies at address 0, where a program's memory could be. */
    __asm__ volatile("lgdt %0; lidt %1; ltr %2; lldt %3"
                     :
                     : "m"(gdt_pointer), "m"(idt_pointer), "r"((u16)TSS_SELECTOR), "r"((u16)0)
                     : "memory");
}

void gdt_set_kernel_stack(u64 stack_top)
{
    tsss[cpu_index()].rsp[0] = stack_top;
}

/* The stubs lie within one piece of 64 KiB (linker.ld), so that from one gate to the next only the low part of
 * the address changes. */
void idt_build(void)
{
    u64 stub = (u64)trap_stubs;
    u64 low = (stub & 0xffff) | GATE_SELECTOR | GATE_INTERRUPT | (stub & 0xffff0000) << 32;
    for (u32 vector = 0; vector < ARRAY_SIZE(idt); vector++, low += TRAP_STUB_SIZE)
        idt[vector] = (struct idt_gate){low, stub >> 32};
    idt[VECTOR_BREAKPOINT].low |= GATE_FROM_RING3;
    idt[VECTOR_OVERFLOW].low |= GATE_FROM_RING3;
    idt[VECTOR_DEBUG].low |= GATE_IST(IST_DEBUG);
    idt[VECTOR_NMI].low |= GATE_IST(IST_NMI);
    idt[VECTOR_DOUBLE_FAULT].low |= GATE_IST(IST_DOUBLE_FAULT);
    idt[VECTOR_MACHINE_CHECK].low |= GATE_IST(IST_MACHINE_CHECK);
}

void idt_use_ist_everywhere(void)
{
    for (struct idt_gate *gate = idt; gate < idt + ARRAY_SIZE(idt); gate++)
        if ((gate->low & GATE_IST(7)) == 0)
            gate->low |= GATE_IST(IST_MOVE);
}
