/* SPDX-License-Identifier: MIT */
/*
 * The PVH door's parser: the start information, then each thing that it points to.
 *
 * Every piece is copied or used up before the next is mapped, because the early window shows one at
 * a time. Counts are not believed: modules beyond BOOT_MODULES_MAX are only counted, and of the
 * memory map no more is read than one window shows (2730 entries).
 */
#include <asm/errno.h>

#include "boot/boot_fill.h"
#include "boot/pvh.h"
#include "kernel/lib/string.h"

#define START_INFO_MAGIC 0x336ec578 /* "xEn3", the E with its top bit set */

struct start_info {
    u32 magic;
    u32 version;
    u32 flags;
    u32 module_count;
    u64 module_list;
    u64 command_line; /* 0: none */
    u64 rsdp;         /* 0: none */
    u64 memory_map;   /* this and what follows: version 1 and up */
    u32 memory_map_count;
    u32 reserved;
};
_Static_assert(offsetof(struct start_info, memory_map) == 40, "start_info.h, version 0");
_Static_assert(sizeof(struct start_info) == 56, "start_info.h, version 1");

struct module_entry {
    u64 base;
    u64 size;
    u64 command_line; /* 0: none */
    u64 reserved;
};
_Static_assert(sizeof(struct module_entry) == 32, "start_info.h, hvm_modlist_entry");

struct memory_entry {
    u64 base;
    u64 size;
    u32 type; /* as in ACPI's address map */
    u32 reserved;
};
_Static_assert(sizeof(struct memory_entry) == 24, "start_info.h, hvm_memmap_table_entry");

static const void *view_map(const struct pvh_view *view, paddr_t base, size_t size)
{
    return base + size < base ? NULL : view->map(base, size);
}

static int view_copy(const struct pvh_view *view, paddr_t base, void *to, size_t size)
{
    const void *from = view_map(view, base, size);
    if (!from)
        return -EFAULT;
    memcpy(to, from, size);
    return 0;
}

/*
 * Copies a string page by page, so that nothing beyond the page of its NUL is asked for. `to` is
 * always ended. Returns 0, -E2BIG when the NUL is not among the first `size` bytes, or -EFAULT.
 */
static int view_copy_string(const struct pvh_view *view, paddr_t base, char *to, size_t size)
{
    size_t used = 0;
    to[0] = '\0';
    while (used < size) {
        size_t piece = MIN(PAGE_SIZE - (base & (PAGE_SIZE - 1)), size - used);
        const char *from = view_map(view, base, piece);
        if (!from)
            return -EFAULT;
        size_t length = strnlen(from, piece);
        size_t kept = MIN(length, size - 1 - used);
        memcpy(to + used, from, kept);
        to[used + kept] = '\0';
        if (length < piece)
            return 0;
        used += piece;
        base += piece;
    }
    return -E2BIG;
}

static void take_command_line(const struct pvh_view *view, paddr_t base, struct boot_info *out)
{
    switch (view_copy_string(view, base, out->command_line, sizeof(out->command_line))) {
    case -E2BIG:
        out->error = "the command line is too long";
        break;
    case -EFAULT:
        out->error = "the command line is out of reach";
        break;
    }
}

static void take_module(const struct pvh_view *view, const struct module_entry *entry,
                        struct boot_info *out)
{
    char string[BOOT_MODULE_NAME_MAX];
    struct boot_module *module = boot_info_add_module(out, entry->base, entry->size);
    if (!module || entry->command_line == 0)
        return;
    /* A long string is cut, one out of reach leaves the module without a name: no harm in both. */
    (void)view_copy_string(view, entry->command_line, string, sizeof(string));
    boot_module_set_name(module, string, sizeof(string));
}

static void take_modules(const struct pvh_view *view, const struct start_info *start,
                         struct boot_info *out)
{
    struct module_entry entries[BOOT_MODULES_MAX];
    u32 count = MIN(start->module_count, BOOT_MODULES_MAX);
    if (count == 0)
        return;
    if (view_copy(view, start->module_list, entries, count * sizeof(entries[0]))) {
        out->error = "the list of modules is out of reach";
        return;
    }
    for (u32 i = 0; i < count; i++)
        take_module(view, &entries[i], out);
    out->modules_dropped = start->module_count - count;
}

static void take_memory_map(const struct pvh_view *view, const struct start_info *start,
                            struct boot_info *out)
{
    u32 count = MIN(start->memory_map_count, PVH_VIEW_MAX / sizeof(struct memory_entry));
    if (count == 0)
        return;
    const u8 *map = view_map(view, start->memory_map, count * sizeof(struct memory_entry));
    for (u32 i = 0; map && i < count; i++) {
        struct memory_entry entry;
        memcpy(&entry, map + i * sizeof(entry), sizeof(entry));
        boot_info_add_memory(out, entry.base, entry.size, boot_memory_kind_of_e820(entry.type));
    }
}

static int fail(struct boot_info *out, const char *error)
{
    out->error = error;
    return -EINVAL;
}

int pvh_parse(const struct pvh_view *view, struct boot_info *out)
{
    struct start_info start = {0};
    boot_info_init(out, BOOT_DOOR_PVH);
    if (view_copy(view, view->start_info, &start, offsetof(struct start_info, memory_map)) ||
        start.magic != START_INFO_MAGIC)
        return fail(out, "the PVH start information is not there");
    if (start.version > 0 && view_copy(view, view->start_info, &start, sizeof(start)))
        return fail(out, "the PVH start information is not there");

    out->rsdp = start.rsdp;
    if (start.command_line)
        take_command_line(view, start.command_line, out);
    take_modules(view, &start, out);
    take_memory_map(view, &start, out);
    if (start.version == 0)
        return fail(out, "PVH version 0 has no memory map");
    if (!boot_info_has_ram(out))
        return fail(out, "the boot loader told of no memory");
    return out->error ? -EINVAL : 0;
}
