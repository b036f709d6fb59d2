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

#include "arch/upcalls.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/pte.h"
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

static void flush(vaddr_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
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

int mmu_map(struct mmu *mmu, vaddr_t address, paddr_t physical, u32 flags)
{
    u64 *entry =
        flags & MMU_LARGE ? large_entry_make(mmu, address) : small_entry_make(mmu, address);
    if (!entry)
        return -ENOMEM;
    bool was_present = *entry != 0;
    *entry = pte_make(physical, flags);
    if (was_present)
        flush(address);
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
    vaddr_t end;
    void (*leaf)(u64 *entry, vaddr_t address, int level, void *context);
    void *context;
    vaddr_t floor, ceiling; /* a table whose whole span lies between is given back; 0, 0: none */
};

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
        if (level == 1 || (*entry & PTE_LARGE)) {
            walk->leaf(entry, address, level, walk->context);
        } else {
            walk_table(walk, table_of(*entry), address, stop, level - 1);
            if (next - size >= walk->floor && next <= walk->ceiling) {
                arch_upcall_table_page_free(*entry & PTE_ADDRESS);
                *entry = 0;
            }
        }
        address = stop;
    }
}

/* Up to so many pages INVLPG costs less than losing every other translation (as Linux judges it,
 * tlb_single_page_flush_ceiling). */
#define FLUSH_PAGES_MAX 33

struct unmap {
    mmu_release release;
    void *context;
    u32 count;
};

/* The caller flushes what is beyond FLUSH_PAGES_MAX: until then nobody is on this processor who
 * would look at those addresses. The kernel's own are global, and no reload of CR3 flushes them. */
static void unmap_leaf(u64 *entry, vaddr_t address, int level, void *context)
{
    struct unmap *unmap = context;
    u64 old = *entry;
    *entry = 0;
    if (unmap->count++ < FLUSH_PAGES_MAX || address >= DIRECT_MAP_BASE)
        flush(address);
    if (unmap->release)
        unmap->release(old & PTE_ADDRESS & ~(level_size(level) - 1),
                       pte_flags(old) | (level == 2 ? MMU_LARGE : 0), unmap->context);
}

void mmu_unmap_between(struct mmu *mmu, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling,
                       mmu_release release, void *context)
{
    struct unmap unmap = {release, context, 0};
    struct range_walk walk = {end, unmap_leaf, &unmap, floor, ceiling};
    walk_table(&walk, phys_to_virt(mmu->root), start, end, 4);
    /* A freed table may still sit in the paging-structure cache; INVLPG of any address drops all
     * of that (SDM 3A, 4.10.4.1), and so does a reload of CR3. */
    if (unmap.count > FLUSH_PAGES_MAX && start < DIRECT_MAP_BASE)
        mmu_flush();
    else
        flush(start);
}

void mmu_unmap_range(struct mmu *mmu, vaddr_t start, vaddr_t end, mmu_release release,
                     void *context)
{
    bool kernel = start >= DIRECT_MAP_BASE; /* whose tables stay */
    mmu_unmap_between(mmu, start, end, kernel ? 0 : start, kernel ? 0 : end, release, context);
}

static void protect_leaf(u64 *entry, vaddr_t address, int level, void *context)
{
    u32 flags =
        *(const u32 *)context | (pte_flags(*entry) & MMU_BORROWED) | (level == 2 ? MMU_LARGE : 0);
    if (!(*entry & PTE_WRITABLE))
        flags &= ~MMU_WRITE;
    u64 dirty = *entry & PTE_DIRTY;
    *entry = pte_make(*entry & PTE_ADDRESS & ~(level_size(level) - 1), flags) | dirty;
    flush(address);
}

void mmu_protect_range(struct mmu *mmu, vaddr_t start, vaddr_t end, u32 flags)
{
    struct range_walk walk = {end, protect_leaf, &flags, 0, 0};
    walk_table(&walk, phys_to_virt(mmu->root), start, end, 4);
}

struct move {
    struct mmu *mmu;
    u64 distance; /* modulo 2^64 */
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
    if (level > 1 && *target != 0) /* a table that is empty by now */
        arch_upcall_table_page_free(*target & PTE_ADDRESS);
    *target = *entry;
    *entry = 0;
    flush(address);
}

int mmu_move_range(struct mmu *mmu, vaddr_t from, vaddr_t to, u64 length)
{
    struct move move = {mmu, to - from, 0};
    struct range_walk walk = {from + length, move_leaf, &move, 0, 0};
    walk_table(&walk, phys_to_virt(mmu->root), from, from + length, 4);
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
    flush(address);
}

int mmu_create(struct mmu *mmu)
{
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

void mmu_activate(const struct mmu *mmu)
{
    if (read_cr3() != mmu->root)
        write_cr3(mmu->root);
}
