/* SPDX-License-Identifier: MIT */
/*
 * Where threads touch the processor: switching stacks, entering the program, its FPU state and its
 * FS and GS bases, and the frame it left on its kernel stack.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "arch/x86_64/frame.h"
#include "kernel/lib/types.h"

struct mmu;

/* The part of a thread that belongs to the processor; embedded in struct thread. */
struct arch_thread {
    u64 stack_pointer;        /* saved by context_switch */
    struct trap_frame *frame; /* at the top of the kernel stack */
    u64 fs_base, gs_base;     /* the program's, valid while the thread does not run */
    void *fpu_area;           /* fpu_area_size() bytes, 64-byte aligned; NULL: no program */
    struct mmu *space;        /* the program's address space; NULL: any will do */
    u32 fpu_cpu;              /* the processor that had its registers last; context_switch */
};

/* Choose the ring in which programs run, 0 or 3, and whether system calls take the slow entry that
 * reports to the trace. Once, before the first program. */
void arch_set_program_ring(int ring, bool traced);

/* Prepare a thread that starts at `entry(argument)`, interrupts off, on the stack ending at
 * `stack_top`. `entry` does not return. */
void context_prepare(struct arch_thread *thread, vaddr_t stack_top, void (*entry)(void *),
                     void *argument);

/* Leave `from` (saving it) and continue `to`; returns when `from` is switched to again.
 * Interrupts are off. */
void context_switch(struct arch_thread *from, struct arch_thread *to);

/* The thread ends: nobody may save state into its area any more. Interrupts are off. */
void context_forget(struct arch_thread *thread);

/* Enter the program for the first time at `entry` with `stack`: registers zero, FPU fresh. */
NORETURN void context_enter_program(struct arch_thread *thread, vaddr_t entry, vaddr_t stack);

/* Make `child`, prepared and with an FPU area, a copy of the running thread as the program sees it, in
 * the system call that runs: its registers, its bases and FPU state, but result 0 and, unless `stack` is
 * 0, another stack pointer. The frame must be complete: BODY_WITH_FRAME in syscall_entry.asm. */
void context_copy_program(struct arch_thread *child, u64 stack);

/* Go to the program as the running thread's frame has it: for one made by context_copy_program. */
NORETURN void context_begin_copy(void);

/* Bytes of an FPU save area on this processor, and a fresh state written into one. */
size_t fpu_area_size(void);
void fpu_area_init(void *area);

/* The running thread's FS and GS base, as the program sees them. `base` lies below USER_LIMIT. */
void context_set_fs_base(u64 base);
void context_set_gs_base(u64 base);
u64 context_fs_base(void);
u64 context_gs_base(void);

/* Number of the system call that the running thread is in (arch: from its frame). */
u64 syscall_current_number(void);

#endif
