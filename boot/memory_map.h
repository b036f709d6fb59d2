/* SPDX-License-Identifier: MIT */
/*
 * Makes a trustworthy list out of the memory map that a boot door found.
 *
 * Firmware maps overlap, lie unsorted and end in the middle of a page. Pure code: the host's unit
 * tests run it.
 */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include "boot/boot_info.h"

/* Rewrite boot->memory so that it holds only RAM: whole pages, sorted, disjoint, neighbours merged,
 * without any byte that another entry calls reserved or ACPI. When a map is so fragmented that
 * BOOT_MEMORY_RANGES_MAX ranges do not suffice, the surplus RAM is left unused. */
void memory_map_normalise(struct boot_info *boot);

/* True when [base, base + size) lies in one RAM range of a normalised map. */
bool memory_map_contains(const struct boot_info *boot, paddr_t base, u64 size);

/* True when any byte of [base, base + size), which may not wrap, is RAM of a normalised map. */
bool memory_map_overlaps(const struct boot_info *boot, paddr_t base, u64 size);

#endif
