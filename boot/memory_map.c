/* SPDX-License-Identifier: MIT */
/*
 * Normalising the memory map: RAM rounded inwards to pages, everything else outwards, then RAM
 * minus the rest. Maps have some ten entries, so simple loops over all pairs are the fast way.
 */
#include "boot/memory_map.h"

#include "kernel/lib/string.h"

struct ranges {
    struct memory_range *items;
    u32 count;
};

static u64 range_end(const struct memory_range *range)
{
    return range->base + range->size;
}

static void remove_at(struct ranges *ranges, u32 index)
{
    ranges->count--;
    memmove(&ranges->items[index], &ranges->items[index + 1],
            (ranges->count - index) * sizeof(ranges->items[0]));
}

static void insert_at(struct ranges *ranges, u32 index, u64 base, u64 end)
{
    if (base >= end || ranges->count == BOOT_MEMORY_RANGES_MAX)
        return;
    memmove(&ranges->items[index + 1], &ranges->items[index],
            (ranges->count - index) * sizeof(ranges->items[0]));
    ranges->items[index] = (struct memory_range){.base = base, .size = end - base};
    ranges->items[index].kind = MEMORY_RAM;
    ranges->count++;
}

/* Keep the list sorted and disjoint while adding [base, end). */
static void add_ram(struct ranges *ram, u64 base, u64 end)
{
    u32 index = 0;
    while (index < ram->count && range_end(&ram->items[index]) < base)
        index++;
    while (index < ram->count && ram->items[index].base <= end) {
        base = MIN(base, ram->items[index].base);
        end = MAX(end, range_end(&ram->items[index]));
        remove_at(ram, index);
    }
    insert_at(ram, index, base, end);
}

static void cut(struct ranges *ram, u64 base, u64 end)
{
    for (u32 index = 0; index < ram->count;) {
        u64 old_base = ram->items[index].base, old_end = range_end(&ram->items[index]);
        if (old_end <= base || old_base >= end) {
            index++;
            continue;
        }
        remove_at(ram, index);
        if (end < old_end)
            insert_at(ram, index, end, old_end);
        if (old_base < base)
            insert_at(ram, index, old_base, base);
    }
}

void memory_map_normalise(struct boot_info *boot)
{
    static struct memory_range result[BOOT_MEMORY_RANGES_MAX + 1];
    struct ranges ram = {result, 0};
    u32 count = MIN(boot->memory_count, (u32)BOOT_MEMORY_RANGES_MAX);
    for (u32 i = 0; i < count; i++) {
        const struct memory_range *range = &boot->memory[i];
        if (range->kind == MEMORY_RAM && range->size <= ~0UL - PAGE_SIZE - range->base)
            add_ram(&ram, ALIGN_UP(range->base, PAGE_SIZE),
                    MAX(ALIGN_UP(range->base, PAGE_SIZE), ALIGN_DOWN(range_end(range), PAGE_SIZE)));
    }
    for (u32 i = 0; i < count; i++) {
        const struct memory_range *range = &boot->memory[i];
        if (range->kind != MEMORY_RAM && range->size <= ~0UL - PAGE_SIZE - range->base)
            cut(&ram, ALIGN_DOWN(range->base, PAGE_SIZE), ALIGN_UP(range_end(range), PAGE_SIZE));
    }
    memcpy(boot->memory, result, ram.count * sizeof(result[0]));
    boot->memory_count = ram.count;
}

bool memory_map_contains(const struct boot_info *boot, paddr_t base, u64 size)
{
    for (u32 i = 0; i < boot->memory_count; i++) {
        const struct memory_range *range = &boot->memory[i];
        if (base >= range->base && base - range->base <= range->size &&
            size <= range->size - (base - range->base))
            return true;
    }
    return false;
}

bool memory_map_overlaps(const struct boot_info *boot, paddr_t base, u64 size)
{
    for (u32 i = 0; i < boot->memory_count; i++)
        if (base < boot->memory[i].base + boot->memory[i].size &&
            boot->memory[i].base < base + size)
            return true;
    return false;
}
