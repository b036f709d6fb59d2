/* SPDX-License-Identifier: MIT */
/* Shootdowns; tlb.h has the idea. */
#include "arch/x86_64/tlb.h"

#include "arch/cpu.h"
#include "arch/smp.h"
#include "arch/x86_64/msr.h"

static u64 bit_of(const struct percpu *cpu)
{
    return 1UL << cpu->index;
}

void tlb_load_space(struct percpu *cpu, struct mmu *mmu)
{
    struct mmu *old = cpu->space;
    /* From here on this processor is told of changes; what was cached before goes with CR3. */
    __atomic_fetch_or(&mmu->cpus, bit_of(cpu), __ATOMIC_SEQ_CST);
    cpu->space = mmu;
    cpu->lazy = cpu->stale = 0;
    write_cr3(mmu->root);
    if (old)
        __atomic_fetch_and(&old->cpus, ~bit_of(cpu), __ATOMIC_SEQ_CST);
}

/* tlb_flush_others marks first and then looks whether we are lazy; we do it the other way round, so at
 * least one of us sees the other. */
void tlb_end_lazy(struct percpu *cpu)
{
    if (!smp_started) {
        cpu->lazy = 0;
        return;
    }
    __atomic_store_n(&cpu->lazy, 0, __ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&cpu->stale, 0, __ATOMIC_SEQ_CST))
        mmu_flush();
}

bool tlb_is_shared(const struct mmu *mmu)
{
    return __atomic_load_n(&mmu->cpus, __ATOMIC_SEQ_CST) & ~bit_of(percpu_this());
}

u64 mmu_running_cpus(const struct mmu *mmu)
{
    u64 running = 0;
    for (u64 left = __atomic_load_n(&mmu->cpus, __ATOMIC_SEQ_CST); left != 0; left &= left - 1) {
        const struct percpu *cpu = &percpus[__builtin_ctzl(left)];
        if (!__atomic_load_n(&cpu->lazy, __ATOMIC_SEQ_CST))
            running |= bit_of(cpu);
    }
    return running;
}

struct range {
    vaddr_t start, end;
};

static void flush_here(void *context)
{
    const struct range *range = context;
    if ((range->end - range->start) >> PAGE_SHIFT > TLB_FLUSH_PAGES_MAX) {
        mmu_flush();
        return;
    }
    for (vaddr_t address = range->start; address < range->end; address += PAGE_SIZE)
        tlb_flush_page(address);
}

/* Those of `cpus` that must be interrupted; the others flush by themselves. */
static u64 without_lazy(u64 cpus)
{
    u64 awake = 0;
    for (; cpus != 0; cpus &= cpus - 1) {
        struct percpu *cpu = &percpus[__builtin_ctzl(cpus)];
        __atomic_store_n(&cpu->stale, 1, __ATOMIC_SEQ_CST);
        if (!__atomic_load_n(&cpu->lazy, __ATOMIC_SEQ_CST))
            awake |= bit_of(cpu);
    }
    return awake;
}

void tlb_flush_others(struct mmu *mmu, vaddr_t start, vaddr_t end, bool tables)
{
    u64 cpus = __atomic_load_n(&mmu->cpus, __ATOMIC_SEQ_CST) & ~bit_of(percpu_this());
    if (likely(cpus == 0))
        return;
    struct range range = {start, end};
    smp_call(tables ? cpus : without_lazy(cpus), flush_here, &range);
}

struct ranges {
    const vaddr_t *ends;
    u32 count;
    u64 size;
};

/* Global translations: no reload of CR3 forgets them. */
static void forget_here(void *context)
{
    const struct ranges *ranges = context;
    for (u32 i = 0; i < ranges->count; i++)
        for (u64 offset = PAGE_SIZE; offset <= ranges->size; offset += PAGE_SIZE)
            tlb_flush_page(ranges->ends[i] - offset);
}

void mmu_forget_kernel(const vaddr_t *ends, u32 count, u64 size)
{
    struct ranges ranges = {ends, count, size};
    forget_here(&ranges);
    smp_call(smp_online() & ~bit_of(percpu_this()), forget_here, &ranges);
}
