/* SPDX-License-Identifier: MIT */
/* Between smp.c, ap_start.asm and the parts of arch that each processor starts for itself. */
#ifndef ARCH_X86_64_SMP_INTERNAL_H
#define ARCH_X86_64_SMP_INTERNAL_H

#include "kernel/lib/types.h"

/* What the trampoline is told, in the page that it is copied to; ap_start.asm has the layout. */
struct ap_parameters {
    u32 page_tables; /* physical address of a root below 4 GiB */
    u32 efer;
};

/* On the processor that runs: its system-call registers, and its timer. */
void context_init_this(void);
void timer_init_this(void);

/* The local APIC id of a processor. */
u32 smp_apic_id(u32 cpu);

/* Do what another processor's smp_call wants of this one, if it does. */
void smp_answer_call(void);

#endif
