/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the parsers of the Multiboot2 and the PVH door.
 *
 * The first byte chooses the door. For Multiboot2 the rest is the information structure; for PVH it
 * is all of physical memory, with the start information at its beginning. Beyond what the
 * sanitizers see, the promises of boot_info.h are checked, and those of memory_map.h.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/memory_map.h"
#include "boot/multiboot2.h"
#include "boot/pvh.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct boot_info info;
static const u8 *memory;
static size_t memory_size;
static void *mapped;

/* Each view is a block of its own, and ends the one before: nobody may read past or keep one. */
static const void *map_memory(paddr_t base, size_t size)
{
    free(mapped);
    mapped = NULL;
    if (size == 0 || size > PVH_VIEW_MAX || base + size < base)
        abort();
    if (base > memory_size || size > memory_size - base)
        return NULL;
    mapped = malloc(size);
    memcpy(mapped, memory + base, size);
    return mapped;
}

static void check(int result)
{
    if ((result != 0) != (info.error != NULL) || info.memory_count > BOOT_MEMORY_RANGES_MAX ||
        info.module_count > BOOT_MODULES_MAX ||
        strnlen(info.command_line, BOOT_COMMAND_LINE_MAX) == BOOT_COMMAND_LINE_MAX)
        abort();
    for (u32 i = 0; i < info.memory_count; i++)
        if (info.memory[i].size == 0 ||
            info.memory[i].base + info.memory[i].size < info.memory[i].base)
            abort();
    for (u32 i = 0; i < info.module_count; i++)
        if (info.modules[i].base + info.modules[i].size < info.modules[i].base ||
            strnlen(info.modules[i].name, BOOT_MODULE_NAME_MAX) == BOOT_MODULE_NAME_MAX)
            abort();
}

/* Whole pages of RAM, sorted, with gaps between them. */
static void check_normalised(void)
{
    u64 end = 0;
    memory_map_normalise(&info);
    for (u32 i = 0; i < info.memory_count; i++) {
        const struct memory_range *range = &info.memory[i];
        if (range->kind != MEMORY_RAM || range->size == 0 || (i > 0 && range->base <= end) ||
            !IS_ALIGNED(range->base | range->size, PAGE_SIZE) ||
            range->base + range->size < range->base)
            abort();
        end = range->base + range->size;
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    if (size == 0)
        return 0;
    info.error = "left over";
    memory = data + 1;
    memory_size = size - 1;
    if (data[0] & 1) {
        struct pvh_view view = {0, map_memory};
        check(pvh_parse(&view, &info));
        free(mapped);
        mapped = NULL;
    } else {
        check(multiboot2_parse(memory, memory_size, 0x1000, &info));
    }
    check_normalised();
    return 0;
}
