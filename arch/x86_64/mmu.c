/* SPDX-License-Identifier: MIT */
/*
 * Four-level page tables (SDM 3A, 4.5): walking, mapping, unmapping.
 *
 * A root's upper 256 entries are the kernel's and the same in all address spaces: the second-level
 * tables of all kernel areas exist from mmu_init on, so nothing needs to be copied afterwards.
 * Table pages are reached through the direct map. The building of the kernel's own tables is in
 * mmu_init.c.
 */
#include "arch/mmu.h"

#include <asm/errno.h>

#include "arch/cpu.h"
#include "arch/upcalls.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/pte.h"
#include "arch/x86_64/tlb.h"
#include "kernel/lib/string.h"

struct mmu mmu_kernel;

u64 pte_make(paddr_t physical, u32 flags)
{
    u64 entry = physical | PTE_PRESENT | PTE_ACCESSED;
    if (flags & MMU_WRITE)
        entry |= PTE_WRITABLE | PTE_DIRTY;
    if (flags & MMU_USER)
        entry |= PTE_USER;
    if (flags & MMU_DEVICE)
        entry |= PTE_CACHE_DISABLE | PTE_WRITE_THROUGH;
    if (flags & MMU_COMBINE)
        entry |=
            PTE_WRITE_THROUGH; /* which the PAT has made write combining: cpu_features_enable */
    if (flags & MMU_BORROWED)
        entry |= PTE_BORROWED;
    if (flags & MMU_LARGE)
        entry |= PTE_LARGE;
    if ((flags & MMU_GLOBAL) && cpu_features.pge)
        entry |= PTE_GLOBAL;
    if (!(flags & MMU_EXECUTE) && cpu_features.nx)
        entry |= PTE_NO_EXECUTE;
    if (flags & MMU_HIDDEN)
        entry = (entry & ~PTE_PRESENT) | PTE_HIDDEN;
    return entry;
}

static u32 pte_flags(u64 entry)
{
    return (entry & PTE_WRITABLE ? MMU_WRITE : 0) | (entry & PTE_USER ? MMU_USER : 0) |
           (entry & PTE_CACHE_DISABLE ? MMU_DEVICE : 0) |
           (entry & PTE_BORROWED ? MMU_BORROWED : 0) | (entry & PTE_DIRTY ? MMU_DIRTY : 0) |
           (entry & PTE_HIDDEN ? MMU_HIDDEN : 0) | (entry & PTE_NO_EXECUTE ? 0 : MMU_EXECUTE);
}

static u64 *table_of(u64 entry)
{
    return phys_to_virt(entry & PTE_ADDRESS);
}

static u64 *root_entry(const struct mmu *mmu, vaddr_t address)
{
    return (u64 *)phys_to_virt(mmu->root) + pte_index(address, 4);
}

/* The table that *entry points to, made when it is missing; NULL when memory is out. */
static inline u64 *table_make(u64 *entry, bool user)
{
    if (unlikely(!(*entry & PTE_PRESENT))) {
        paddr_t page = arch_upcall_table_page();
        if (page == 0)
            return NULL;
        *entry = page | PTE_PRESENT | PTE_WRITABLE | (user ? PTE_USER : 0);
    }
    return table_of(*entry);
}

/* The entry of `last_level` for `address`, with the tables above it; NULL when memory is out. Inline
 * and unrolled, as find_entry is: every page fault comes here. */
static inline u64 *entry_make(struct mmu *mmu, vaddr_t address, int last_level)
{
    bool user = address < DIRECT_MAP_BASE;
    u64 *entry = root_entry(mmu, address);
#pragma GCC unroll 3
    for (int level = 3; level >= 1; level--) {
        if (level < last_level)
            break;
        u64 *table = table_make(entry, user);
        if (unlikely(!table))
            return NULL;
        entry = &table[pte_index(address, level)];
    }
    return entry;
}

static u64 *small_entry_make(struct mmu *mmu, vaddr_t address)
{
    return entry_make(mmu, address, 1);
}

static u64 *large_entry_make(struct mmu *mmu, vaddr_t address)
{
    return entry_make(mmu, address, 2);
}

/* The same page with more rights: whoever still has the old entry takes a fault, and finds the new one. */
static bool only_widened(u64 old, u64 new)
{
    u64 rights = PTE_PRESENT | PTE_WRITABLE | PTE_USER;
    return !(old & PTE_PRESENT) || (((old ^ new) & PTE_ADDRESS) == 0 && !(old & ~new &rights) &&
                                    !(new & ~old &PTE_NO_EXECUTE));
}

int mmu_map(struct mmu *mmu, vaddr_t address, paddr_t physical, u32 flags)
{
    u64 *entry =
        flags & MMU_LARGE ? large_entry_make(mmu, address) : small_entry_make(mmu, address);
    if (!entry)
        return -ENOMEM;
    u64 old = *entry;
    *entry = pte_make(physical, flags);
    if (old != 0) {
        tlb_flush_page(address);
        if (!only_widened(old, *entry))
            tlb_flush_others(mmu, address, address + PAGE_SIZE, false);
    }
    return 0;
}

int mmu_map_run(struct mmu *mmu, vaddr_t address, paddr_t physical, u32 count, u32 flags,
                u32 *mapped)
{
    u64 *entry = small_entry_make(mmu, address);
    *mapped = 0;
    if (!entry)
        return -ENOMEM;
    u64 value = pte_make(physical, flags);
    count = MIN(count, 512 - pte_index(address, 1));
    for (; count != 0; count--, entry++, value += PAGE_SIZE) {
        if (*entry != 0)
            continue;
        *entry = value;
        ++*mapped;
    }
    return 0;
}

int mmu_map_frames(struct mmu *mmu, vaddr_t address, const paddr_t *frames, u32 count, u32 flags,
                   u32 *mapped)
{
    u64 *entry = small_entry_make(mmu, address);
    *mapped = 0;
    if (!entry)
        return -ENOMEM;
    u64 bits = pte_make(0, flags);
    count = MIN(count, 512 - pte_index(address, 1));
    for (u32 i = 0; i < count; i++) {
        if (entry[i] != 0)
            continue;
        entry[i] = bits | frames[i];
        *mapped |= 1u << i;
    }
    return 0;
}

/* The entry that maps `address` and its level, or NULL. A hidden page counts. */
static inline u64 *find_entry(const struct mmu *mmu, vaddr_t address, int *level)
{
    u64 *entry = root_entry(mmu, address);
#pragma GCC unroll 3
    for (int at = 3; at >= 1; at--) {
        if (!(*entry & PTE_PRESENT))
            return NULL;
        entry = &table_of(*entry)[pte_index(address, at)];
        *level = at;
        if (at == 1 || (*entry & PTE_LARGE))
            break;
    }
    return *entry & (PTE_PRESENT | PTE_HIDDEN) ? entry : NULL;
}

bool mmu_query(const struct mmu *mmu, vaddr_t address, paddr_t *physical, u32 *flags)
{
    int level;
    const u64 *entry = find_entry(mmu, address, &level);
    if (!entry)
        return false;
    u64 offset = address & (level_size(level) - 1);
    *physical = (*entry & PTE_ADDRESS & ~(level_size(level) - 1)) + ALIGN_DOWN(offset, PAGE_SIZE);
    *flags = pte_flags(*entry) | (level == 2 ? MMU_LARGE : 0);
    return true;
}

struct range_walk {
    void (*leaf)(u64 *entry, vaddr_t address, int level, void *context);
    void *context;
    vaddr_t floor, ceiling; /* a table whose whole span lies between is taken out; 0, 0: none */
    void (*table)(u64 entry, vaddr_t address, void *context); /* one that was */
};

/* Eight entries, a cache line: is none of them there? */
static bool line_is_empty(const u64 *entry)
{
    return (entry[0] | entry[1] | entry[2] | entry[3] | entry[4] | entry[5] | entry[6] |
            entry[7]) == 0;
}

/* The same for a lowest table, most of which is empty where a program has used a little of much. */
static void walk_last_table(const struct range_walk *walk, u64 *table, vaddr_t address, vaddr_t end)
{
    while (address < end) {
        u64 *entry = &table[pte_index(address, 1)];
        if (IS_ALIGNED((u64)entry, 64) && end - address >= 8 * PAGE_SIZE && line_is_empty(entry)) {
            address += 8 * PAGE_SIZE;
            continue;
        }
        if (*entry & (PTE_PRESENT | PTE_HIDDEN))
            walk->leaf(entry, address, 1, walk->context);
        address += PAGE_SIZE;
    }
}

/* Visit the present leaves of [address, end) below one table. */
static void walk_table(const struct range_walk *walk, u64 *table, vaddr_t address, vaddr_t end,
                       int level)
{
    u64 size = level_size(level);
    while (address < end) {
        u64 *entry = &table[pte_index(address, level)];
        vaddr_t next = ALIGN_DOWN(address, size) + size;
        vaddr_t stop = MIN(next, end);
        if (!(*entry & (PTE_PRESENT | PTE_HIDDEN))) {
            address = stop;
            continue;
        }
        if (*entry & PTE_LARGE) {
            walk->leaf(entry, address, level, walk->context);
        } else {
            if (level == 2)
                walk_last_table(walk, table_of(*entry), address, stop);
            else
                walk_table(walk, table_of(*entry), address, stop, level - 1);
            if (next - size >= walk->floor && next <= walk->ceiling) {
                u64 old = *entry;
                *entry = 0;
                walk->table(old, address, walk->context);
            }
        }
        address = stop;
    }
}

/* ---- Unmapping --------------------------------------------------------------------------------*/

/* Ours, in what `gathered` holds: the entry led to a page table. */
#define ENTRY_OF_TABLE (1UL << 11)
#define GATHER_MAX     96

/* What leaves the tables may be released at once if no other processor has the space loaded. If one has,
 * it is gathered until all have forgotten it. */
struct unmap {
    struct mmu *mmu;
    mmu_release release;
    void *context;
    u32 count; /* pages */
    bool shared, tables;
    vaddr_t lowest, highest; /* of what is gathered */
    u32 gathered_count;
    u64 gathered[GATHER_MAX]; /* entries */
};

static void release_entry(const struct unmap *unmap, u64 entry)
{
    if (entry & ENTRY_OF_TABLE) {
        arch_upcall_table_page_free(entry & PTE_ADDRESS);
    } else if (unmap->release) {
        int level = entry & PTE_LARGE ? 2 : 1;
        unmap->release(entry & PTE_ADDRESS & ~(level_size(level) - 1),
                       pte_flags(entry) | (level == 2 ? MMU_LARGE : 0), unmap->context);
    }
}

static NOINLINE void release_gathered(struct unmap *unmap)
{
    tlb_flush_others(unmap->mmu, unmap->lowest, unmap->highest + PAGE_SIZE, unmap->tables);
    for (u32 i = 0; i < unmap->gathered_count; i++)
        release_entry(unmap, unmap->gathered[i]);
    unmap->gathered_count = 0;
    unmap->tables = false;
}

static NOINLINE void gather(struct unmap *unmap, u64 entry, vaddr_t address)
{
    if (unmap->gathered_count == GATHER_MAX)
        release_gathered(unmap);
    if (unmap->gathered_count == 0)
        unmap->lowest = unmap->highest = address;
    unmap->lowest = MIN(unmap->lowest, address);
    unmap->highest = MAX(unmap->highest, address);
    unmap->tables |= (entry & ENTRY_OF_TABLE) != 0;
    unmap->gathered[unmap->gathered_count++] = entry;
}

static inline void let_go(struct unmap *unmap, u64 entry, vaddr_t address)
{
    if (unlikely(unmap->shared))
        gather(unmap, entry, address);
    else
        release_entry(unmap, entry);
}

/* The caller flushes what is beyond TLB_FLUSH_PAGES_MAX: until then nobody is on this processor who
 * would look at those addresses. The kernel's own are global, and no reload of CR3 flushes them. */
static void unmap_leaf(u64 *entry, vaddr_t address, int level, void *context)
{
    struct unmap *unmap = context;
    u64 old = *entry;
    (void)level;
    *entry = 0;
    if (unmap->count++ < TLB_FLUSH_PAGES_MAX || address >= DIRECT_MAP_BASE)
        tlb_flush_page(address);
    let_go(unmap, old, address);
}

static void unmap_table(u64 entry, vaddr_t address, void *context)
{
    let_go(context, entry | ENTRY_OF_TABLE, address);
}

void mmu_unmap_between(struct mmu *mmu, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling,
                       mmu_release release, void *context)
{
    struct unmap unmap;
    unmap.mmu = mmu;
    unmap.release = release;
    unmap.context = context;
    unmap.count = unmap.gathered_count = 0;
    unmap.shared = tlb_is_shared(mmu);
    unmap.tables = false;
    struct range_walk walk = {unmap_leaf, &unmap, floor, ceiling, unmap_table};
    walk_table(&walk, phys_to_virt(mmu->root), start, end, 4);
    /* A freed table may still sit in the paging-structure cache; INVLPG of any address drops all
     * of that (SDM 3A, 4.10.4.1), and so does a reload of CR3. */
    if (unmap.count > TLB_FLUSH_PAGES_MAX && start < DIRECT_MAP_BASE)
        mmu_flush();
    else
        tlb_flush_page(start);
    if (unmap.gathered_count != 0)
        release_gathered(&unmap);
}

void mmu_unmap_range(struct mmu *mmu, vaddr_t start, vaddr_t end, mmu_release release,
                     void *context)
{
    bool kernel = start >= DIRECT_MAP_BASE; /* whose tables stay */
    mmu_unmap_between(mmu, start, end, kernel ? 0 : start, kernel ? 0 : end, release, context);
}

paddr_t mmu_unmap_kernel(vaddr_t address)
{
    int level;
    u64 *entry = find_entry(&mmu_kernel, address, &level);
    paddr_t frame = *entry & PTE_ADDRESS;
    *entry = 0;
    return frame;
}

struct protect {
    u32 flags;
    bool narrowed; /* somebody may still have more rights cached */
};

static void protect_leaf(u64 *entry, vaddr_t address, int level, void *context)
{
    struct protect *protect = context;
    u32 flags = protect->flags | (pte_flags(*entry) & MMU_BORROWED) | (level == 2 ? MMU_LARGE : 0);
    if (!(*entry & PTE_WRITABLE))
        flags &= ~MMU_WRITE;
    u64 old = *entry;
    *entry = pte_make(old & PTE_ADDRESS & ~(level_size(level) - 1), flags) | (old & PTE_DIRTY);
    tlb_flush_page(address);
    protect->narrowed |= !only_widened(old, *entry);
}

void mmu_protect_range(struct mmu *mmu, vaddr_t start, vaddr_t end, u32 flags)
{
    struct protect protect = {flags, false};
    struct range_walk walk = {protect_leaf, &protect, 0, 0, NULL};
    walk_table(&walk, phys_to_virt(mmu->root), start, end, 4);
    if (protect.narrowed)
        tlb_flush_others(mmu, start, end, false);
}

struct move {
    struct mmu *mmu;
    u64 distance; /* modulo 2^64 */
    bool moved;
    int error;
};

static void move_leaf(u64 *entry, vaddr_t address, int level, void *context)
{
    struct move *move = context;
    if (move->error != 0)
        return;
    vaddr_t to = address + move->distance;
    u64 *target = level == 1 ? small_entry_make(move->mmu, to) : large_entry_make(move->mmu, to);
    if (!target) {
        move->error = -ENOMEM;
        return;
    }
    u64 empty_table = level > 1 ? *target : 0;
    move->moved = true;
    *target = *entry;
    *entry = 0;
    if (empty_table != 0) {
        tlb_flush_page(to);
        tlb_flush_others(move->mmu, to, to + PAGE_SIZE, true);
        arch_upcall_table_page_free(empty_table & PTE_ADDRESS);
    }
    tlb_flush_page(address);
}

int mmu_move_range(struct mmu *mmu, vaddr_t from, vaddr_t to, u64 length)
{
    struct move move = {mmu, to - from, false, 0};
    struct range_walk walk = {move_leaf, &move, 0, 0, NULL};
    walk_table(&walk, phys_to_virt(mmu->root), from, from + length, 4);
    if (move.moved)
        tlb_flush_others(mmu, from, from + length, false);
    return move.error;
}

bool mmu_is_large_free(const struct mmu *mmu, vaddr_t address)
{
    const u64 *entry = root_entry(mmu, address);
    for (int level = 3; level >= 2 && (*entry & PTE_PRESENT); level--)
        entry = &table_of(*entry)[pte_index(address, level)];
    return *entry == 0;
}

void mmu_split_large(struct mmu *mmu, vaddr_t address, paddr_t table)
{
    int level;
    u64 *entry = find_entry(mmu, address, &level), *small = phys_to_virt(table);
    u64 value = *entry & ~PTE_LARGE;
    for (u32 i = 0; i < 512; i++, value += PAGE_SIZE)
        small[i] = value;
    *entry = table | PTE_PRESENT | PTE_WRITABLE | PTE_USER;
    tlb_flush_page(address);
    tlb_flush_others(mmu, address, address + PAGE_SIZE, false);
}

int mmu_create(struct mmu *mmu)
{
    mmu->cpus = 0;
    mmu->root = arch_upcall_table_page();
    if (mmu->root == 0)
        return -ENOMEM;
    u64 *root = phys_to_virt(mmu->root);
    memcpy(root + 256, (u64 *)phys_to_virt(mmu_kernel.root) + 256, 256 * sizeof(*root));
    return 0;
}

void mmu_destroy(struct mmu *mmu)
{
    arch_upcall_table_page_free(mmu->root);
    mmu->root = 0;
}

void mmu_flush(void)
{
    write_cr3(read_cr3());
}

void mmu_activate(struct mmu *mmu)
{
    u64 flags = irq_save();
    tlb_enter_space(percpu_this(), mmu);
    irq_restore(flags);
}
