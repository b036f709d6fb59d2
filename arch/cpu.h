/* SPDX-License-Identifier: MIT */
/*
 * The processor, as the rest of the kernel sees it: interrupts, time stamps, idling, who am I.
 * All of it may be called in any context.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include "arch/x86_64/cpuid.h"
#include "arch/x86_64/percpu.h"
#include "kernel/lib/types.h"

/* The cycle counter; monotonic on one processor, rate unknown (kernel/core/time.h learns it). */
static inline u64 cpu_read_tsc(void)
{
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return ((u64)high << 32) | low;
}

/* A hint in a spinning loop. */
static inline void cpu_relax(void)
{
    __asm__ volatile("pause");
}

/* Forbid interrupts; returns what irq_restore wants to hear. */
static inline u64 irq_save(void)
{
    u64 flags;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    return flags;
}

static inline bool irq_enabled(void)
{
    u64 flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    return flags & (1u << 9);
}

void smp_send_kicks(void); /* the slow part of smp_flush_kicks */

/* Interrupt those that smp_kick was called for: wherever interrupts are about to be allowed, be it by
 * irq_enable, by cpu_idle or by the return from one. Interrupts off. */
static inline void smp_flush_kicks(void)
{
    if (unlikely(percpu_kicks() != 0))
        smp_send_kicks();
}

static inline void irq_enable(void)
{
    smp_flush_kicks();
    __asm__ volatile("sti" : : : "memory");
}

static inline void irq_restore(u64 flags)
{
    if (flags & (1u << 9))
        irq_enable();
}

static inline void irq_disable(void)
{
    __asm__ volatile("cli" : : : "memory");
}

/* Allow interrupts and sleep until one has come; returns with interrupts forbidden. An interrupt
 * that became pending before the call ends the sleep at once (STI holds it back by one
 * instruction). */
static inline void cpu_idle(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

/* This processor's number, 0 for the one that booted. */
static inline u32 cpu_index(void)
{
    return percpu_this()->index;
}

/* Stop this processor for good. */
static inline NORETURN void cpu_halt_forever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* Feature detection and control registers of the boot processor, then its own data, descriptor
 * tables and exception handlers. The first thing the kernel does. */
void cpu_init_boot(void);

/* 64 bits from the processor's own random generator; false when it has none or it failed. */
bool cpu_random64(u64 *out);

/* The registers of a frame and of this processor, line by line, for the report of a crash. */
void frame_describe(const struct trap_frame *frame, void (*print)(const char *line));

/* AT_HWCAP and AT_HWCAP2 for programs. */
u64 cpu_hwcap(void);
u64 cpu_hwcap2(void);

#endif
