/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: whose fault is it, and what does Linux call it?
 *
 * A page fault on the program's half is a question for mm; if mm has no page, and the program did
 * the access, it is the program's SIGSEGV; if a user copy did it, the copy returns short through
 * the exception table, and so it does when interrupts are off and mm cannot be asked. Everything
 * else that comes from the program becomes the signal that Linux sends (Linux:
 * arch/x86/kernel/traps.c gives the numbers and codes). What comes from the kernel is a bug and ends
 * in the panic report.
 */
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/upcalls.h"
#include "arch/usercopy.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/msr.h"

#define VECTOR_DIVIDE       0
#define VECTOR_DEBUG        1
#define VECTOR_DEBUG        1
#define VECTOR_NMI          2
#define VECTOR_BREAKPOINT   3
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_X87_ERROR    16
#define VECTOR_SIMD_ERROR   19

#define CS_RING 3 /* the privilege bits of a selector */

#define SI_KERNEL_CODE 0x80 /* SI_KERNEL */

struct exception {
    const char *name;
    int signal;
    int code;
};

/* SDM 3A, table 6-1; signals and codes as Linux sends them. */
static const struct exception exceptions[VECTOR_EXCEPTION_END] = {
    [0] = {"divide error", SIGFPE, FPE_INTDIV},
    [1] = {"debug", SIGTRAP, TRAP_TRACE},
    [2] = {"non-maskable interrupt", 0, 0},
    [3] = {"breakpoint", SIGTRAP, SI_KERNEL_CODE},
    [4] = {"overflow", SIGSEGV, SI_KERNEL_CODE},
    [5] = {"bound range exceeded", SIGSEGV, SI_KERNEL_CODE},
    [6] = {"invalid opcode", SIGILL, ILL_ILLOPN},
    [7] = {"device not available", SIGSEGV, SI_KERNEL_CODE},
    [8] = {"double fault", 0, 0},
    [10] = {"invalid TSS", SIGSEGV, SI_KERNEL_CODE},
    [11] = {"segment not present", SIGBUS, SI_KERNEL_CODE},
    [12] = {"stack segment fault", SIGBUS, SI_KERNEL_CODE},
    [13] = {"general protection fault", SIGSEGV, SI_KERNEL_CODE},
    [14] = {"page fault", SIGSEGV, SEGV_MAPERR},
    [16] = {"x87 floating-point error", SIGFPE, FPE_FLTINV},
    [17] = {"alignment check", SIGBUS, BUS_ADRALN},
    [18] = {"machine check", 0, 0},
    [19] = {"SIMD floating-point error", SIGFPE, FPE_FLTINV},
    [21] = {"control protection", SIGSEGV, SI_KERNEL_CODE},
};

struct exception_fixup {
    u64 fault, resume;
};
extern const struct exception_fixup exception_table_start[], exception_table_end[];

static bool resume_user_copy(struct trap_frame *frame)
{
    for (const struct exception_fixup *e = exception_table_start; e < exception_table_end; e++) {
        if (e->fault == frame->rip) {
            frame->rip = e->resume;
            return true;
        }
    }
    return false;
}

static bool is_user_copy(const struct trap_frame *frame)
{
    for (const struct exception_fixup *e = exception_table_start; e < exception_table_end; e++)
        if (e->fault == frame->rip)
            return true;
    return false;
}

static const char *exception_name(u64 vector)
{
    const char *name = vector < VECTOR_EXCEPTION_END ? exceptions[vector].name : NULL;
    return name ? name : "unexpected exception";
}

static u32 fault_flags(u64 error)
{
    return (error & PF_WRITE ? FAULT_WRITE : 0) | (error & PF_FETCH ? FAULT_EXECUTE : 0) |
           (error & PF_PRESENT ? FAULT_PRESENT : 0);
}

static void page_fault(struct trap_frame *frame)
{
    u64 address = read_cr2();
    bool program = frame_from_program(frame);
    int code = SEGV_MAPERR, signal = SIGSEGV;
    if (!program && !is_user_copy(frame))
        arch_upcall_fatal(frame, "page fault");
    if (!program && !(frame->rflags & RFLAGS_IF)) { /* it holds a spinlock: arch/usercopy.h */
        resume_user_copy(frame);
        return;
    }
    /* In ring 3 the processor itself may look into a descriptor table, with its own rights: no page
     * of the program's can help that. */
    bool implicit = program && (frame->cs & CS_RING) && !(frame->error & PF_USER);
    if (address < USER_LIMIT && !implicit) {
        if (frame->rflags & RFLAGS_IF)
            irq_enable();
        signal = arch_upcall_user_fault(address, fault_flags(frame->error), &code);
        irq_disable();
        if (signal == 0)
            return;
    }
    frame->error |= program ? PF_USER : 0; /* what the program sees is the same in both rings */
    if (program)
        arch_upcall_program_exception(frame, signal, code, address);
    else
        resume_user_copy(frame);
}

/* Which of the six floating-point exceptions it was (SDM 1, 8.5 and 11.5.2); Linux's order. */
static int floating_point_code(u64 vector)
{
    u32 mxcsr;
    u16 status, control;
    __asm__ volatile("stmxcsr %0; fnstsw %1; fnstcw %2" : "=m"(mxcsr), "=m"(status), "=m"(control));
    u32 raised = vector == VECTOR_SIMD_ERROR ? mxcsr & ~(mxcsr >> 7) : status & ~(u32)control;
    return raised & 1      ? FPE_FLTINV
           : raised & 4    ? FPE_FLTDIV
           : raised & 8    ? FPE_FLTOVF
           : raised & 0x12 ? FPE_FLTUND
           : raised & 0x20 ? FPE_FLTRES
                           : FPE_FLTINV;
}

/* Why there was a debug exception (SDM 3B, 17.2.3): a step; or else INT1. The program's debug registers
 * are never set. The processor leaves it to us to clear what it wrote down. */
#define DR6_CLEAR       0xffff0ff0UL
#define DR6_SINGLE_STEP (1UL << 14)

static int debug_code(void)
{
    u64 status;
    __asm__ volatile("movq %%dr6, %0; movq %1, %%dr6" : "=&r"(status) : "r"(DR6_CLEAR));
    return status & DR6_SINGLE_STEP ? TRAP_TRACE : TRAP_BRKPT;
}

static int code_of(u64 vector)
{
    switch (vector) {
    case VECTOR_DEBUG:
        return debug_code();
    case VECTOR_X87_ERROR:
    case VECTOR_SIMD_ERROR:
        return floating_point_code(vector);
    default:
        return exceptions[vector].code;
    }
}

static void exception(struct trap_frame *frame)
{
    if (frame->vector == VECTOR_PAGE_FAULT) {
        page_fault(frame);
        return;
    }
    const struct exception *e = &exceptions[frame->vector];
    if (frame_from_program(frame) && e->signal != 0) {
        /* Linux reports the faulting instruction for these, and nothing for protection faults. */
        bool at_instruction = e->code != SI_KERNEL_CODE &&
                              (e->signal == SIGFPE || e->signal == SIGILL || e->signal == SIGTRAP);
        arch_upcall_program_exception(frame, e->signal, code_of(frame->vector),
                                      at_instruction ? frame->rip : 0);
        return;
    }
    /* The range checks keep user copies canonical, so this is a second line of defence. */
    if (resume_user_copy(frame))
        return;
    arch_upcall_fatal(frame, exception_name(frame->vector));
}

/* The program got into virtual-8086 mode, which exists under emulators alone (see trap_entry.asm):
 * whatever happened there, it ends with the fault that a processor would have raised. */
static void leave_vm86(struct trap_frame *frame)
{
    frame->rflags &= ~RFLAGS_VM;
    frame->cs = USER_CS;
    frame->ss = USER_SS;
    arch_upcall_program_exception(frame, SIGSEGV, SI_KERNEL_CODE, 0);
}

/* Called by trap_entry.asm with interrupts off; returns with interrupts off. */
void trap_handle(struct trap_frame *frame)
{
    if (frame->vector >= VECTOR_EXCEPTION_END) {
        percpu_this()->irq_from_program = frame_from_program(frame);
        percpu_in_interrupt(true);
        irq_dispatch(frame->vector);
        percpu_in_interrupt(false);
    }
    if (unlikely(frame->rflags & RFLAGS_VM))
        leave_vm86(frame);
    else if (frame->vector < VECTOR_EXCEPTION_END)
        exception(frame);
}

/* On a stack of its own, GS already the kernel's: NMI (returns), double fault, machine check, and
 * a trap that found no kernel stack to put its frame on. */
void trap_fatal_on_ist(struct trap_frame *frame)
{
    if (frame->vector == VECTOR_NMI)
        return arch_upcall_interrupted(); /* smp_halt_others; nobody else sends one that means anything */
    u64 address = read_cr2();
    bool lost_stack = frame->vector == VECTOR_DOUBLE_FAULT || frame->vector == VECTOR_PAGE_FAULT;
    if (lost_stack && mmu_is_stack_guard(address))
        arch_upcall_fatal(frame, "kernel stack overflow");
    arch_upcall_fatal(frame, exception_name(frame->vector));
}
