/* SPDX-License-Identifier: MIT */
/*
 * The few calls that go up: the processor layer declares them, higher layers define them.
 */
#ifndef ARCH_UPCALLS_H
#define ARCH_UPCALLS_H

#include "arch/x86_64/frame.h"
#include "kernel/lib/types.h"

#define FAULT_WRITE   (1u << 0)
#define FAULT_EXECUTE (1u << 1)
#define FAULT_PRESENT (1u << 2) /* the page was there: a protection was violated */

/* A zeroed page for a page table, or 0 when memory is out. (mm) While mmu_init runs there is no
 * direct map: the page is zeroed through mmu_early_zero. */
paddr_t arch_upcall_table_page(void);
/* Give back a page-table page. (mm) */
void arch_upcall_table_page_free(paddr_t page);

/* A page fault on an address of the program's half, by the program or by a user copy. Interrupts
 * are on if they were. Returns 0 when the access can be retried, otherwise the signal number with
 * its si_code in *code. (kernel/proc, which asks mm) */
int arch_upcall_user_fault(vaddr_t address, u32 fault, int *code);

/* The program did something that Linux answers with a signal. Does not return if the program
 * ends. (kernel/proc) */
void arch_upcall_program_exception(struct trap_frame *frame, int signal, int code, u64 address);

/* On the way back to the program: percpu work is pending. Interrupts off. (kernel/proc) */
void arch_upcall_return_work(struct trap_frame *frame);

/* An NMI: another processor may want this one to stop. (kernel/core/panic.c) */
void arch_upcall_interrupted(void);

/* Another processor kicked this one. Interrupts off. (kernel/core/sched_balance.c) */
void arch_upcall_kicked(void);

/* A system call, when the slow entry is chosen (trace). Returns the result. (syscall) */
long arch_upcall_syscall_traced(struct trap_frame *frame);

/* clone and clone3, with a complete frame: the bodies sys_clone and sys_clone3 in syscall_entry.asm end
 * here. (syscall) */
long arch_upcall_clone(u64 flags, uptr stack, uptr parent_tid, uptr child_tid, u64 tls);
long arch_upcall_clone3(uptr arguments, size_t size);

/* For the checks of a debug kernel: the program's memory is about to be touched, which may sleep; other
 * processors are about to be waited for. (kernel/core/lock_debug.c) */
#ifdef DEBUG_KERNEL
void arch_upcall_may_fault(void);
void arch_upcall_waits_for_others(void);
#else
static inline void arch_upcall_may_fault(void)
{
}
static inline void arch_upcall_waits_for_others(void)
{
}
#endif

/* A bug in the kernel. `frame` may be NULL. (kernel/core/panic.c) */
NORETURN void arch_upcall_fatal(const struct trap_frame *frame, const char *reason);

#endif
