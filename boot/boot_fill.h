/* SPDX-License-Identifier: MIT */
/*
 * The steps by which every boot door fills its struct boot_info.
 *
 * The rules that hold for all doors stand here once: a range that wraps or is empty is dropped,
 * neighbours of one kind become one range, a module's name is the first word of its string. The
 * Multiboot2 and PVH parsers and the UEFI application call these; boot_fill.c is linked into the
 * last as well. Pure, no locks.
 */
#ifndef BOOT_BOOT_FILL_H
#define BOOT_BOOT_FILL_H

#include "boot/boot_info.h"

/*
 * Empties `out`: counts, rsdp, error, framebuffer and command line. The time stamps are left alone,
 * and so are the unused entries, because clearing them would cost more than all parsing.
 */
void boot_info_init(struct boot_info *out, enum boot_door door);

/*
 * Appends a range, or extends the last one where the new one continues it. Dropped: an empty range,
 * one that wraps or reaches beyond what any processor can address, one beyond
 * BOOT_MEMORY_RANGES_MAX (the kernel uses no memory that it was not told of).
 */
void boot_info_add_memory(struct boot_info *out, paddr_t base, u64 size, enum memory_kind kind);

/* True when there is at least one range of MEMORY_RAM. */
bool boot_info_has_ram(const struct boot_info *info);

/*
 * Appends a module without a name and returns it; a size that makes it wrap counts as 0. NULL
 * when there is no room: it is then counted in modules_dropped.
 */
struct boot_module *boot_info_add_module(struct boot_info *out, paddr_t base, u64 size);

/* Takes the first word of `string` (up to a blank, a NUL or `limit` bytes) as the module's name,
 * cut where BOOT_MODULE_NAME_MAX ends. */
void boot_module_set_name(struct boot_module *module, const char *string, size_t limit);

/*
 * What an EFI memory type (UEFI 2.10, 7.2, table 7.6) is once boot services are gone: the memory
 * of boot services and loaders is RAM again.
 */
enum memory_kind boot_memory_kind_of_efi(u32 type);

/* What an address map type (ACPI 6.5, table 15.4) is; Multiboot2 and PVH use these numbers too. */
enum memory_kind boot_memory_kind_of_e820(u32 type);

#endif
