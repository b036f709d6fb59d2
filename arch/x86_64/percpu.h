/* SPDX-License-Identifier: MIT */
/*
 * What each processor has of its own, reached through GS while in the kernel.
 *
 * SWAPGS exchanges GS between the program's base and this structure at every crossing; frame.inc
 * has the offsets of the first fields for the assembly.
 */
#ifndef ARCH_X86_64_PERCPU_H
#define ARCH_X86_64_PERCPU_H

#include "arch/x86_64/frame.h"
#include "kernel/lib/types.h"

#define CPUS_MAX 64

struct thread;
struct arch_thread;
struct mmu;

/* Why the way back to the program takes the slow path (percpu.work). */
#define CPU_WORK_THREAD     (1u << 0) /* the running thread has something to do: struct thread */
#define CPU_WORK_RESCHEDULE (1u << 1) /* another thread should run */

struct percpu {
    struct percpu *self;
    struct thread *current;
    struct trap_frame *frame; /* of the current thread: at the top of its kernel stack */
    u64 user_rsp;             /* scratch of the system-call entry */
    u64 work;                 /* CPU_WORK_*; atomic, others set bits, too */
    u64 kicks; /* processors to interrupt when interrupts are allowed here: smp_kick */
    u32 index; /* 0 for the boot processor */
    u32 apic_id;
    struct arch_thread *fpu_owner; /* whose state the FPU registers hold; NULL: nobody's */
    bool irq_from_program;         /* what the interrupt being handled interrupted */
    struct mmu *space;             /* whose tables are loaded; NULL: the kernel's own */
    u32 lazy;                      /* no program runs: `space` is only left loaded (tlb.c) */
    u32 stale;                     /* translations of `space` may be old: flush before lazy ends */
#ifdef DEBUG_KERNEL
    bool in_interrupt; /* a handler runs */
#endif
} ALIGNED(128); /* no two processors in a cache line or its neighbour */

_Static_assert(offsetof(struct percpu, frame) == 16, "frame.inc: PERCPU_FRAME");
_Static_assert(offsetof(struct percpu, user_rsp) == 24, "frame.inc: PERCPU_USER_RSP");
_Static_assert(offsetof(struct percpu, work) == 32, "frame.inc: PERCPU_WORK");
_Static_assert(offsetof(struct percpu, kicks) == 40, "percpu_kicks");

extern struct percpu percpus[CPUS_MAX];

/* Volatile, since a thread that sleeps in between may go on elsewhere. What is read through it holds
 * until the next sleep, or with interrupts off. */
static inline struct percpu *percpu_this(void)
{
    struct percpu *self;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(self));
    return self;
}

static inline u64 percpu_kicks(void)
{
    u64 kicks;
    __asm__ volatile("movq %%gs:40, %0" : "=r"(kicks));
    return kicks;
}

/* The same wherever the thread runs, so the compiler may keep it. */
static inline struct thread *percpu_current(void)
{
    struct thread *current;
    __asm__("movq %%gs:8, %0" : "=r"(current));
    return current;
}

/* For the checks of a debug kernel: a handler of interrupts begins or ends. */
static inline void percpu_in_interrupt(bool in)
{
    (void)in;
#ifdef DEBUG_KERNEL
    percpu_this()->in_interrupt = in;
#endif
}

/* The program's registers, not those of the kernel interrupted: see trap_entry.asm. */
static inline bool frame_from_program(const struct trap_frame *frame)
{
    return frame == percpu_this()->frame;
}

/* Point GS of this processor at percpus[index]. Before any trap can come. */
void percpu_init(u32 index);

#endif
