/* SPDX-License-Identifier: MIT */
/*
 * Segments, the task state with its stacks, and the interrupt descriptor table (SDM 3A, 3.4, 6, 8).
 *
 * The selectors are Linux's, because a program can see CS and SS and SYSRET dictates their order.
 */
#ifndef ARCH_X86_64_GDT_H
#define ARCH_X86_64_GDT_H

#include "kernel/lib/types.h"

#define KERNEL_CS    0x10
#define KERNEL_SS    0x18
#define USER_CS32    0x23 /* for STAR alone: its descriptor is empty */
#define USER_SS      0x2b
#define USER_CS      0x33
#define TSS_SELECTOR 0x40

#define IST_STACK_SIZE 4096

/* One processor's stacks for exceptions that bring their own. Frames only pass through `move` and
 * `debug`, but a trap that finds no kernel stack to move to is reported from there. */
struct ist_stacks {
    u8 move[IST_STACK_SIZE] ALIGNED(16);
    u8 debug[IST_STACK_SIZE] ALIGNED(16);
    u8 nmi[IST_STACK_SIZE] ALIGNED(16);
    u8 double_fault[2 * IST_STACK_SIZE] ALIGNED(16);
    u8 machine_check[IST_STACK_SIZE] ALIGNED(16);
};

/* Load this processor's GDT, TSS and the common IDT. */
void gdt_init(u32 cpu, struct ist_stacks *stacks);

/* Those of the boot processor. */
extern struct ist_stacks boot_ist_stacks;

/* The stack for traps from ring 3 on this processor (TSS.RSP0). */
void gdt_set_kernel_stack(u64 stack_top);

/* Fill the IDT: once, on the boot processor, before gdt_init. */
void idt_build(void);

/* With programs in ring 0, every vector needs an IST stack (see trap_entry.asm). */
void idt_use_ist_everywhere(void);

#endif
