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

struct percpu {
    struct percpu *self;
    struct thread *current;
    struct trap_frame *frame; /* of the current thread: at the top of its kernel stack */
    u64 user_rsp;             /* scratch of the system-call entry */
    u64 work;                 /* not 0: the way back to the program takes the slow path */
    u32 index;                /* 0 for the boot processor */
    u32 apic_id;
    struct arch_thread *fpu_owner; /* whose state the FPU registers hold; NULL: nobody's */
    bool irq_from_program;         /* what the interrupt being handled interrupted */
};

_Static_assert(offsetof(struct percpu, frame) == 16, "frame.inc: PERCPU_FRAME");
_Static_assert(offsetof(struct percpu, user_rsp) == 24, "frame.inc: PERCPU_USER_RSP");
_Static_assert(offsetof(struct percpu, work) == 32, "frame.inc: PERCPU_WORK");

extern struct percpu percpus[CPUS_MAX];

static inline struct percpu *percpu_this(void)
{
    struct percpu *self;
    __asm__("movq %%gs:0, %0" : "=r"(self));
    return self;
}

static inline struct thread *percpu_current(void)
{
    struct thread *current;
    __asm__("movq %%gs:8, %0" : "=r"(current));
    return current;
}

/* The program's registers, not those of the kernel interrupted: see trap_entry.asm. */
static inline bool frame_from_program(const struct trap_frame *frame)
{
    return frame == percpu_this()->frame;
}

/* Point GS of this processor at percpus[index]. Before any trap can come. */
void percpu_init(u32 index);

#endif
