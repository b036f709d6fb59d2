/* SPDX-License-Identifier: MIT */
/*
 * What every boot door hands to the kernel.
 *
 * Multiboot2, PVH and the UEFI application all end in one filled `struct boot_info`; after that
 * nothing knows which door was used. The structure is self-contained (no pointers except physical
 * addresses), because the UEFI application fills it before the kernel's page tables exist. Its
 * layout is shared with that application, which includes this very header.
 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include "kernel/lib/types.h"

#define BOOT_MEMORY_RANGES_MAX 256
#define BOOT_MODULES_MAX       8
#define BOOT_MODULE_NAME_MAX   256   /* bytes, the final NUL included */
#define BOOT_COMMAND_LINE_MAX  16384 /* bytes, the final NUL included */

/* Second argument of the 64-bit entry: "GALETTE\0" read as a little-endian number. */
#define BOOT_ENTRY64_MAGIC 0x00455454454c4147UL

enum boot_door { BOOT_DOOR_NONE, BOOT_DOOR_MULTIBOOT2, BOOT_DOOR_PVH, BOOT_DOOR_EFI };

enum memory_kind {
    MEMORY_RAM,      /* ours to allocate, but for the kernel, modules and tables that lie in it */
    MEMORY_RESERVED, /* not to be touched */
    MEMORY_ACPI,     /* RAM that holds ACPI tables: readable, never allocated */
};

struct memory_range {
    paddr_t base; /* bytes; any alignment, any order, overlaps allowed */
    u64 size;     /* bytes; base + size may not wrap: the parser drops a range that does */
    u32 kind;     /* enum memory_kind */
    u32 reserved;
};

struct boot_module {
    paddr_t base;                    /* page-aligned when the door can arrange it */
    u64 size;                        /* bytes; may be 0 */
    char name[BOOT_MODULE_NAME_MAX]; /* first word of the module's string; "" when it has none */
};

struct boot_framebuffer {
    paddr_t base; /* 0: there is none */
    u32 width;    /* pixels, or columns in text mode */
    u32 height;
    u32 pitch; /* bytes from one row to the next */
    u8 bits_per_pixel;
    u8 text_mode; /* 1: EGA text cells of 2 bytes */
    u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};

struct boot_info {
    u32 door;            /* enum boot_door */
    u32 memory_count;    /* valid entries of memory[] */
    u32 module_count;    /* valid entries of modules[] */
    u32 modules_dropped; /* modules that did not fit into modules[] */
    paddr_t rsdp;        /* ACPI root pointer; 0: not given by this door */
    u64 entry_tsc;       /* TSC at the kernel's first instruction */
    const char *error;   /* NULL, or why the hand-over was unusable (kernel address) */
    struct boot_framebuffer framebuffer;
    struct memory_range memory[BOOT_MEMORY_RANGES_MAX];
    struct boot_module modules[BOOT_MODULES_MAX];
    char command_line[BOOT_COMMAND_LINE_MAX];
};

#endif
