/* SPDX-License-Identifier: MIT */
/*
 * The kernel's final page tables, built while the boot tables are in use.
 *
 * Until the direct map exists, physical memory is reached through a window: the 2 MiB above the
 * image, whose page table (boot_window_pt) is part of the image. Its last page shows the table
 * that is being filled; the rest shows what a boot parser wants to read. The cost follows the
 * number of table pages, so RAM is mapped with the largest pages that fit.
 */
#include "arch/mmu.h"
#include "arch/upcalls.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/pte.h"
#include "boot/boot_info.h"
#include "kernel/lib/string.h"

#define WINDOW_BASE  0xffffffff80200000UL
#define WINDOW_TABLE 511 /* index of the page that shows the table being filled */

extern u8 kernel_start[], text_start[], text_end[], rodata_start[], rodata_end[], data_start[],
    data_end[], kernel_end[], boot_stack_guard[];
extern u64 boot_pml4[512], boot_image_pt[512], boot_window_pt[512];

static paddr_t image_physical;

paddr_t mmu_image_physical(const void *object)
{
    return (vaddr_t)object - (vaddr_t)kernel_start + image_physical;
}

static void *window_show(u32 index, paddr_t page, u64 flags)
{
    void *address = (void *)(WINDOW_BASE + index * PAGE_SIZE);
    boot_window_pt[index] = page | PTE_PRESENT | flags;
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
    return address;
}

const void *mmu_early_map(paddr_t base, size_t size)
{
    paddr_t first = ALIGN_DOWN(base, PAGE_SIZE);
    if (size > MMU_EARLY_MAP_MAX || base + size < base || base + size > PTE_ADDRESS)
        return NULL;
    u32 index = 0;
    for (paddr_t page = first; page < base + size || index == 0; page += PAGE_SIZE)
        window_show(index++, page, 0);
    return (const u8 *)WINDOW_BASE + (base - first);
}

static u64 *show_table(paddr_t table)
{
    return window_show(WINDOW_TABLE, table, PTE_WRITABLE);
}

void mmu_early_zero(paddr_t page)
{
    memset(show_table(page), 0, PAGE_SIZE);
}

/* The physical address of the table below entry `index` of `table`, made if missing. */
static paddr_t subtable(paddr_t table, u32 index)
{
    u64 entry = show_table(table)[index];
    if (entry & PTE_PRESENT)
        return entry & PTE_ADDRESS;
    paddr_t page = arch_upcall_table_page();
    if (page == 0)
        arch_upcall_fatal(NULL, "out of memory for the kernel's page tables");
    show_table(table)[index] = page | PTE_PRESENT | PTE_WRITABLE;
    return page;
}

/* Fill entries of one table for [address, end), which lies within it, pages of `level`. */
static void fill_table(paddr_t table, vaddr_t address, vaddr_t end, paddr_t physical, int level,
                       u32 flags)
{
    u64 *entry = show_table(table) + pte_index(address, level);
    u64 value = pte_make(physical, flags | (level > 1 ? MMU_LARGE : 0));
    u64 step = level_size(level);
#pragma GCC unroll 4 /* about a thousand entries at every boot */
    for (u64 count = (end - address) / step; count != 0; count--) {
        *entry++ = value;
        value += step;
    }
}

/* The largest page level whose pages can begin at this place, and where pages of it must end. */
static int largest_level(vaddr_t address, vaddr_t end, paddr_t physical)
{
    int level = cpu_features.gigabyte_pages ? 3 : 2;
    while (level > 1 && (!IS_ALIGNED(address | physical, level_size(level)) ||
                         end - address < level_size(level)))
        level--;
    return level;
}

static void map_early(paddr_t root, vaddr_t address, vaddr_t end, paddr_t physical, u32 flags)
{
    while (address < end) {
        int level = largest_level(address, end, physical);
        paddr_t table = root;
        for (int l = 4; l > level; l--)
            table = subtable(table, pte_index(address, l));
        /* As far as this table reaches with pages of this size; a larger size may begin where the
         * next one is aligned, which is exactly where this table ends. */
        u64 span = level_size(level + 1);
        vaddr_t stop = MIN(ALIGN_DOWN(address, span) + span, ALIGN_DOWN(end, level_size(level)));
        fill_table(table, address, stop, physical, level, flags);
        physical += stop - address;
        address = stop;
    }
}

static void map_image(paddr_t root, const u8 *start, const u8 *end, u32 flags)
{
    map_early(root, (vaddr_t)start, ALIGN_UP((vaddr_t)end, PAGE_SIZE), mmu_image_physical(start),
              flags | MMU_GLOBAL);
}

static void map_direct(paddr_t root, const struct memory_range *range)
{
    paddr_t start = ALIGN_DOWN(range->base, PAGE_SIZE);
    paddr_t end = MIN(ALIGN_UP(range->base + range->size, PAGE_SIZE), DIRECT_MAP_SIZE);
    if (start < end)
        map_early(root, DIRECT_MAP_BASE + start, DIRECT_MAP_BASE + end, start,
                  MMU_WRITE | MMU_GLOBAL);
}

void mmu_set_image_base(paddr_t image_base)
{
    image_physical = image_base;
}

void mmu_init(const struct boot_info *boot)
{
    paddr_t root = arch_upcall_table_page();
    map_image(root, text_start, text_end, MMU_EXECUTE);
    map_image(root, rodata_start, rodata_end, 0);
    map_image(root, data_start, boot_stack_guard, MMU_WRITE);
    map_image(root, boot_stack_guard + PAGE_SIZE, data_end, MMU_WRITE);
    for (u32 i = 0; i < boot->memory_count; i++)
        map_direct(root, &boot->memory[i]); /* normalised: all of it is RAM */
    subtable(root, pte_index(KMAP_BASE, 4));
    subtable(root, pte_index(KSTACK_AREA_BASE, 4));
    mmu_kernel.root = root;
    write_cr3(root);
}

bool mmu_is_stack_guard(vaddr_t address)
{
    bool boot_stack = address - (vaddr_t)boot_stack_guard < PAGE_SIZE;
    return boot_stack || address - KSTACK_AREA_BASE < KSTACK_AREA_SIZE;
}

paddr_t mmu_image_start(void)
{
    return image_physical;
}

paddr_t mmu_image_end(void)
{
    return mmu_image_physical(kernel_end);
}
