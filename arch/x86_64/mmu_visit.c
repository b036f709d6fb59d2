/* SPDX-License-Identifier: MIT */
/* Walking page tables (SDM 3A, 4.5) to count; mmu.c says what each page is. */
#include "arch/mmu_visit.h"

#include "arch/x86_64/pte.h"

#define ENTRIES      512
#define USER_ENTRIES (ENTRIES / 2) /* of the root */
#define ROOT_LEVEL   4

struct visit {
    const struct mmu *mmu;
    mmu_visitor visitor;
    void *context;
};

static const u64 *table_of(u64 entry)
{
    return phys_to_virt(entry & PTE_ADDRESS);
}

static bool is_table(u64 entry, int level)
{
    return level > 1 && (entry & PTE_PRESENT) && !(entry & PTE_LARGE);
}

static void visit_table(const struct visit *visit, const u64 *table, vaddr_t start, vaddr_t end,
                        int level)
{
    u64 size = level_size(level);
    for (vaddr_t at = start; at < end; at = ALIGN_DOWN(at, size) + size) {
        u64 entry = table[pte_index(at, level)];
        paddr_t physical;
        u32 flags;
        if (is_table(entry, level))
            visit_table(visit, table_of(entry), at, MIN(end, ALIGN_DOWN(at, size) + size),
                        level - 1);
        else if (entry != 0 && mmu_query(visit->mmu, ALIGN_DOWN(at, size), &physical, &flags))
            visit->visitor(ALIGN_DOWN(at, size), physical, flags, visit->context);
    }
}

void mmu_visit(const struct mmu *mmu, vaddr_t start, vaddr_t end, mmu_visitor visitor,
               void *context)
{
    struct visit visit = {mmu, visitor, context};
    visit_table(&visit, phys_to_virt(mmu->root), start, end, ROOT_LEVEL);
}

static u64 count_tables(const u64 *table, u32 entries, int level)
{
    u64 count = 1;
    for (u32 i = 0; i < entries; i++)
        if (is_table(table[i], level))
            count += level == 2 ? 1 : count_tables(table_of(table[i]), ENTRIES, level - 1);
    return count;
}

u64 mmu_table_pages(const struct mmu *mmu)
{
    return count_tables(phys_to_virt(mmu->root), USER_ENTRIES, ROOT_LEVEL);
}
