/* SPDX-License-Identifier: MIT */
/*
 * Which processors have whose translations cached, and how they are made to forget them.
 *
 * mmu.cpus has a bit for each processor that has the space's tables loaded. One that stopped running
 * the program leaves them loaded and becomes lazy: it is not interrupted for a flush but marked stale,
 * and flushes before it runs the program again. Only when page tables go away is it interrupted too,
 * because a processor may walk tables it will not use (SDM 3A, 4.10.2.3).
 */
#ifndef ARCH_X86_64_TLB_H
#define ARCH_X86_64_TLB_H

#include "arch/mmu.h"
#include "arch/x86_64/percpu.h"

/* Load the space's tables and forget all that was cached of another. */
void tlb_load_space(struct percpu *cpu, struct mmu *mmu);

/* End being lazy: what was not flushed meanwhile is flushed now. */
void tlb_end_lazy(struct percpu *cpu);

/* The running processor is about to run a program of this space. Interrupts off. */
static inline void tlb_enter_space(struct percpu *cpu, struct mmu *mmu)
{
    if (unlikely(cpu->space != mmu))
        tlb_load_space(cpu, mmu);
    else if (cpu->lazy)
        tlb_end_lazy(cpu);
}

/* It is about to run something that needs no program's memory. */
static inline void tlb_leave_space(struct percpu *cpu)
{
    if (cpu->space)
        __atomic_store_n(&cpu->lazy, 1, __ATOMIC_RELEASE);
}

/* Forget one page here. */
static inline void tlb_flush_page(vaddr_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* Up to so many pages INVLPG costs less than losing every other translation (as Linux judges it,
 * tlb_single_page_flush_ceiling). */
#define TLB_FLUSH_PAGES_MAX 33

/* Does another processor have to be told of changes in this space? */
bool tlb_is_shared(const struct mmu *mmu);

/* Make the others forget [start, end) of a space whose entries have changed; `tables`: page tables were
 * taken out too. Returns when nobody uses the old ones any more. The rules of smp_call hold. */
void tlb_flush_others(struct mmu *mmu, vaddr_t start, vaddr_t end, bool tables);

#endif
