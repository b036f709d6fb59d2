/* SPDX-License-Identifier: MIT */
/*
 * Several processors: waking them up, and how one makes another notice something.
 *
 * The machine's processors are known from the boot on, but all except the first sleep until
 * smp_start. A set of processors is a mask: bit n for the one with cpu_index() n.
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include "kernel/lib/types.h"

/* Remember which processors there are (local APIC ids, in the firmware's order; the one that runs need
 * not be the first). Once, after irq_init. Those beyond CPUS_MAX are left alone. */
void smp_init(const u32 *apic_ids, u32 count);

/* How many processors the machine has, whether they were started or not; and how much memory one that
 * starts needs for the stacks of its exceptions (bytes, any 16-byte aligned address). */
u32 cpu_count(void);
size_t smp_exception_stacks_size(void);

/* Those that run, the first one included. */
u64 smp_online(void);

/* From here on there may be others at any moment: smp_start was called. */
extern bool smp_started;

/* What one more processor starts with. */
struct smp_stacks {
    vaddr_t stack_top;      /* of its idle thread */
    void *exception_stacks; /* smp_exception_stacks_size() bytes */
};

/* Start processors 1 to `count`: each begins in `entry`, on its stack, interrupts off, with descriptor
 * tables, interrupt controller and timer set up. Returns at once; they come one by one. Processors whose
 * start-up code cannot be placed stay off: -ENXIO. Once. */
int smp_start(const struct smp_stacks *stacks, u32 count, NORETURN void (*entry)(void)) MUST_CHECK;

/* The running processor is ready for work: from here on it is in smp_online(). */
void smp_this_is_online(void);

/* Make another processor come into the kernel, from the program or from its sleep, so that it looks at
 * percpu.work and at its run queue. It is interrupted when interrupts are allowed here again: by then the
 * caller has given back the locks that the other one is going to want. Interrupts off. */
void smp_kick(u32 cpu);

/* Run function(context) on all processors of `cpus` (not this one), in their interrupts, and return
 * when the last is done. The caller may hold no spinlock that is ever taken with interrupts off, unless
 * it is the only one that calls with it: who waits for that lock could not answer. */
void smp_call(u64 cpus, void (*function)(void *context), void *context);

/* Stop all others for good, wherever they are: for a panic. */
void smp_halt_others(void);

#endif
