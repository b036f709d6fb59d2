/* SPDX-License-Identifier: MIT */
/*
 * Filling a struct boot_info step by step; the contract is in boot_fill.h.
 *
 * This file is compiled three times: for the kernel, for the UEFI application and for the host's
 * tests. It therefore calls nothing but memcpy, and trusts no number that it is given.
 */
#include "boot/boot_fill.h"

#define PHYSICAL_END (1UL << 52) /* SDM 3A 4.1.4: no address is longer */

void boot_info_init(struct boot_info *out, enum boot_door door)
{
    out->door = door;
    out->memory_count = 0;
    out->module_count = 0;
    out->modules_dropped = 0;
    out->rsdp = 0;
    out->error = NULL;
    out->framebuffer = (struct boot_framebuffer){0};
    out->command_line[0] = '\0';
}

void boot_info_add_memory(struct boot_info *out, paddr_t base, u64 size, enum memory_kind kind)
{
    if (size == 0 || base >= PHYSICAL_END || size > PHYSICAL_END - base)
        return;
    if (out->memory_count > 0) {
        struct memory_range *last = &out->memory[out->memory_count - 1];
        if (last->kind == kind && last->base + last->size == base) {
            last->size += size;
            return;
        }
    }
    if (out->memory_count == BOOT_MEMORY_RANGES_MAX)
        return;
    out->memory[out->memory_count++] = (struct memory_range){base, size, kind, 0};
}

bool boot_info_has_ram(const struct boot_info *info)
{
    for (u32 i = 0; i < info->memory_count; i++)
        if (info->memory[i].kind == MEMORY_RAM)
            return true;
    return false;
}

struct boot_module *boot_info_add_module(struct boot_info *out, paddr_t base, u64 size)
{
    if (out->module_count == BOOT_MODULES_MAX) {
        out->modules_dropped++;
        return NULL;
    }
    struct boot_module *module = &out->modules[out->module_count++];
    module->base = base;
    module->size = base + size < base ? 0 : size;
    module->name[0] = '\0';
    return module;
}

void boot_module_set_name(struct boot_module *module, const char *string, size_t limit)
{
    size_t from = 0, length = 0;
    while (from < limit && string[from] == ' ')
        from++;
    while (from < limit && string[from] != '\0' && string[from] != ' ' &&
           length < BOOT_MODULE_NAME_MAX - 1)
        module->name[length++] = string[from++];
    module->name[length] = '\0';
}

enum memory_kind boot_memory_kind_of_efi(u32 type)
{
    switch (type) {
    case 1: /* EfiLoaderCode */
    case 2: /* EfiLoaderData */
    case 3: /* EfiBootServicesCode */
    case 4: /* EfiBootServicesData */
    case 7: /* EfiConventionalMemory */
        return MEMORY_RAM;
    case 9: /* EfiACPIReclaimMemory */
        return MEMORY_ACPI;
    default:
        return MEMORY_RESERVED;
    }
}

enum memory_kind boot_memory_kind_of_e820(u32 type)
{
    switch (type) {
    case 1: /* AddressRangeMemory */
        return MEMORY_RAM;
    case 3: /* AddressRangeACPI */
        return MEMORY_ACPI;
    default:
        return MEMORY_RESERVED;
    }
}
