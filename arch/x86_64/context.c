/* SPDX-License-Identifier: MIT */
/*
 * Threads and the processor: stacks, FPU state, segment bases, and how a program is entered.
 *
 * FPU registers are moved only between threads that run programs: the kernel does not use them, so
 * they stay in place through system calls, interrupts and the idle thread. fpu_owner of the
 * processor says whose they are. The same holds for the FS base and the program's GS base (the
 * latter rests in IA32_KERNEL_GS_BASE while the kernel runs).
 *
 * From the moment when other processors are started a thread may go on elsewhere, so its state is saved
 * whenever it stops running (smp_started becomes true while the only one there is runs). It is still not loaded again where it ran last, if nobody else's came in between.
 */
#include "arch/context.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/smp.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/smp_internal.h"
#include "arch/x86_64/tlb.h"
#include "kernel/lib/string.h"

#define FXSAVE_FCW    0 /* offsets in the legacy area (SDM 1, 10.5.1) */
#define FXSAVE_MXCSR  24
#define FCW_DEFAULT   0x37f
#define MXCSR_DEFAULT 0x1f80

void context_switch_stacks(u64 *save_stack_pointer, u64 stack_pointer);
void context_start(void);
NORETURN void context_return_to_program(struct trap_frame *frame);
void syscall_entry_ring3(void);
void syscall_entry_ring0(void);
void syscall_traced_ring3(void);
void syscall_traced_ring0(void);

bool program_in_ring0;
static void (*syscall_entry)(void);

/* STAR: SYSCALL loads CS from bits 47:32 (SS is the next selector); SYSRET loads SS from
 * bits 63:48 plus 8 and CS plus 16 (SDM 2B, SYSCALL and SYSRET). */
#define STAR_VALUE ((u64)KERNEL_CS << 32 | (u64)USER_CS32 << 48)

void arch_set_program_ring(int ring, bool traced)
{
    program_in_ring0 = ring == 0;
    if (program_in_ring0)
        idt_use_ist_everywhere();
    syscall_entry = program_in_ring0 ? syscall_entry_ring0 : syscall_entry_ring3;
    if (traced)
        syscall_entry = program_in_ring0 ? syscall_traced_ring0 : syscall_traced_ring3;
    context_init_this();
}

void context_init_this(void)
{
    wrmsr(IA32_STAR, STAR_VALUE);
    wrmsr(IA32_SYSENTER_CS, 0); /* makes SYSENTER a fault */
    wrmsr(IA32_LSTAR, (u64)syscall_entry);
    wrmsr(IA32_FMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC);
}

size_t fpu_area_size(void)
{
    return cpu_features.xsave_size;
}

void fpu_area_init(void *area)
{
    memset(area, 0, cpu_features.xsave_size); /* XSTATE_BV 0: all components initial */
    *(u16 *)((u8 *)area + FXSAVE_FCW) = FCW_DEFAULT;
    *(u32 *)((u8 *)area + FXSAVE_MXCSR) = MXCSR_DEFAULT;
}

void fpu_save(void *area)
{
    u32 low = (u32)cpu_features.xcr0, high = (u32)(cpu_features.xcr0 >> 32);
    if (cpu_features.xsave)
        __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void fpu_restore(const void *area)
{
    u32 low = (u32)cpu_features.xcr0, high = (u32)(cpu_features.xcr0 >> 32);
    if (cpu_features.xsave)
        __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void context_set_fs_base(u64 base)
{
    wrmsr(IA32_FS_BASE, base);
}

void context_set_gs_base(u64 base)
{
    wrmsr(IA32_KERNEL_GS_BASE, base);
}

u64 context_fs_base(void)
{
    return rdmsr(IA32_FS_BASE);
}

u64 context_gs_base(void)
{
    return rdmsr(IA32_KERNEL_GS_BASE);
}

void context_prepare(struct arch_thread *thread, vaddr_t stack_top, void (*entry)(void *),
                     void *argument)
{
    thread->frame = (struct trap_frame *)stack_top - 1;
    /* What context_switch_stacks pops: R15 R14 R13 R12 RBX RBP and the return address; one more
     * word keeps the alignment that a call would have made. */
    u64 *stack = (u64 *)thread->frame - 8;
    memset(stack, 0, 8 * sizeof(*stack));
    stack[2] = (u64)argument; /* R13 */
    stack[3] = (u64)entry;    /* R12 */
    stack[6] = (u64)context_start;
    thread->stack_pointer = (u64)stack;
}

/* Where they exist, RDFSBASE and WRFSBASE are several times faster than the MSRs. GS is the kernel's here:
 * the program's base can only be reached as an MSR. */
static u64 read_fs_base(void)
{
    u64 base;
    if (!cpu_features.fsgsbase)
        return context_fs_base();
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static void write_fs_base(u64 base)
{
    if (cpu_features.fsgsbase)
        __asm__ volatile("wrfsbase %0" : : "r"(base));
    else
        context_set_fs_base(base);
}

/* The program's registers that the kernel leaves alone. */
static void save_program_state(struct arch_thread *thread)
{
    fpu_save(thread->fpu_area);
    thread->fs_base = read_fs_base();
    thread->gs_base = context_gs_base();
}

static void load_program_state(struct percpu *cpu, struct arch_thread *thread)
{
    fpu_restore(thread->fpu_area);
    write_fs_base(thread->fs_base);
    context_set_gs_base(thread->gs_base);
    cpu->fpu_owner = thread;
    thread->fpu_cpu = cpu->index;
}

/* They change hands only here. `several`: `from` may go on elsewhere. */
static inline void switch_program_state(struct percpu *cpu, struct arch_thread *from,
                                        struct arch_thread *to, bool several)
{
    if (several && from->fpu_area && cpu->fpu_owner == from)
        save_program_state(from);
    if (!to->fpu_area || (cpu->fpu_owner == to && to->fpu_cpu == cpu->index))
        return;
    if (!several && cpu->fpu_owner)
        save_program_state(cpu->fpu_owner);
    load_program_state(cpu, to);
}

void context_switch(struct arch_thread *from, struct arch_thread *to)
{
    struct percpu *cpu = percpu_this();
    if (to->space)
        tlb_enter_space(cpu, to->space);
    else
        tlb_leave_space(cpu);
    switch_program_state(cpu, from, to, smp_started);
    cpu->frame = to->frame;
    gdt_set_kernel_stack((u64)(to->frame + 1));
    context_switch_stacks(&from->stack_pointer, to->stack_pointer);
}

void context_forget(struct arch_thread *thread)
{
    struct percpu *cpu = percpu_this();
    if (cpu->fpu_owner == thread)
        cpu->fpu_owner = NULL;
}

void context_enter_program(struct arch_thread *thread, vaddr_t entry, vaddr_t stack)
{
    irq_disable();
    struct percpu *cpu = percpu_this();
    struct trap_frame *frame = thread->frame;
    memset(frame, 0, sizeof(*frame));
    frame->rip = entry;
    frame->rsp = stack;
    frame->rflags = RFLAGS_IF;
    frame->cs = program_in_ring0 ? KERNEL_CS : USER_CS;
    frame->ss = program_in_ring0 ? KERNEL_SS : USER_SS;
    frame->vector = VECTOR_SYSCALL;
    fpu_area_init(thread->fpu_area);
    fpu_restore(thread->fpu_area);
    context_set_fs_base(0);
    context_set_gs_base(0);
    cpu->fpu_owner = thread;
    thread->fpu_cpu = cpu->index;
    cpu->frame = frame;
    gdt_set_kernel_stack((u64)(frame + 1));
    context_return_to_program(frame);
}

void context_copy_program(struct arch_thread *child, u64 stack)
{
    const struct trap_frame *frame = percpu_this()->frame;
    *child->frame = *frame;
    child->frame->rax = 0;
    if (stack != 0)
        child->frame->rsp = stack;
    child->frame->rcx = frame->rip; /* as SYSCALL leaves them */
    child->frame->r11 = frame->rflags;
    child->frame->vector = VECTOR_SYSCALL;
    child->frame->cs = program_in_ring0 ? KERNEL_CS : USER_CS;
    child->frame->ss = program_in_ring0 ? KERNEL_SS : USER_SS;
    save_program_state(child);
    child->fpu_cpu = CPUS_MAX; /* nowhere yet */
}

void context_begin_copy(void)
{
    irq_disable();
    context_return_to_program(percpu_this()->frame);
}

u64 syscall_current_number(void)
{
    return percpu_this()->frame->error;
}
