/* SPDX-License-Identifier: MIT */
/*
 * The Multiboot2 door's parser: one walk over the tags, then the choice of a memory map.
 *
 * Three tags can tell of memory. The address map (6) is the best; the EFI map (17) and the two
 * sizes of basic meminfo (4) are only remembered during the walk and used if nothing better came,
 * because the order of tags is free. Every number is read by memcpy, so that neither an odd entry
 * size nor an odd address matters, and every tag is cut to the bytes that are really there.
 */
#include <asm/errno.h>

#include "boot/boot_fill.h"
#include "boot/multiboot2.h"
#include "kernel/lib/string.h"

enum {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_MODULE = 3,
    TAG_BASIC_MEMORY = 4,
    TAG_MEMORY_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_ACPI_OLD = 14,
    TAG_ACPI_NEW = 15,
    TAG_EFI_MEMORY_MAP = 17,
};

enum { FRAMEBUFFER_RGB = 1, FRAMEBUFFER_TEXT = 2 };

#define HEADER_SIZE 8 /* of the structure: total_size, reserved; of a tag: type, size */

/* A tag, cut to what is readable. `size` counts its header. */
struct tag {
    const u8 *bytes;
    u32 type;
    u32 size;
};

struct parse {
    struct boot_info *out;
    struct tag basic_memory; /* bytes is NULL: none seen */
    struct tag efi_map;
    bool rsdp_is_new;
};

static u32 read32(const u8 *bytes)
{
    u32 value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static u64 read64(const u8 *bytes)
{
    u64 value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

size_t multiboot2_total_size(const void *header)
{
    return read32(header);
}

static void take_command_line(const struct tag *tag, struct boot_info *out)
{
    const char *string = (const char *)tag->bytes + HEADER_SIZE;
    size_t length = strnlen(string, tag->size - HEADER_SIZE);
    if (length >= BOOT_COMMAND_LINE_MAX) {
        out->error = "the command line is too long";
        length = BOOT_COMMAND_LINE_MAX - 1;
    }
    memcpy(out->command_line, string, length);
    out->command_line[length] = '\0';
}

static void take_module(const struct tag *tag, struct boot_info *out)
{
    if (tag->size < 16)
        return;
    u32 start = read32(tag->bytes + 8);
    u32 end = read32(tag->bytes + 12);
    /* An end before the start makes an empty module: the kernel then names what is wrong. */
    struct boot_module *module = boot_info_add_module(out, start, end < start ? 0 : end - start);
    if (module)
        boot_module_set_name(module, (const char *)tag->bytes + 16, tag->size - 16);
}

static void take_memory_map(const struct tag *tag, struct boot_info *out)
{
    if (tag->size < 16)
        return;
    u32 entry_size = read32(tag->bytes + 8);
    if (entry_size < 20) /* base, length, type */
        return;
    for (u64 at = 16; at + 20 <= tag->size; at += entry_size) {
        const u8 *entry = tag->bytes + at;
        boot_info_add_memory(out, read64(entry), read64(entry + 8),
                             boot_memory_kind_of_e820(read32(entry + 16)));
    }
}

/* EFI_MEMORY_DESCRIPTOR, UEFI 2.10, 7.2: type 0, physical start 8, pages 24, attribute 32. */
static void take_efi_memory_map(const struct tag *tag, struct boot_info *out)
{
    if (tag->size < 16)
        return;
    u32 entry_size = read32(tag->bytes + 8);
    if (entry_size < 40)
        return;
    for (u64 at = 16; at + 40 <= tag->size; at += entry_size) {
        const u8 *entry = tag->bytes + at;
        u64 pages = read64(entry + 24);
        if (pages <= UINT64_MAX >> PAGE_SHIFT)
            boot_info_add_memory(out, read64(entry + 8), pages << PAGE_SHIFT,
                                 boot_memory_kind_of_efi(read32(entry)));
    }
}

/* Two sizes in KiB: from 0, and from 1 MiB up to the first hole. */
static void take_basic_memory(const struct tag *tag, struct boot_info *out)
{
    if (tag->size < 16)
        return;
    boot_info_add_memory(out, 0, read32(tag->bytes + 8) * KIB, MEMORY_RAM);
    boot_info_add_memory(out, MIB, read32(tag->bytes + 12) * KIB, MEMORY_RAM);
}

static void take_framebuffer(const struct tag *tag, struct boot_info *out)
{
    const u8 *bytes = tag->bytes;
    if (tag->size < 31)
        return;
    struct boot_framebuffer taken = {
        .base = read64(bytes + 8),
        .pitch = read32(bytes + 16),
        .width = read32(bytes + 20),
        .height = read32(bytes + 24),
        .bits_per_pixel = bytes[28],
        .text_mode = bytes[29] == FRAMEBUFFER_TEXT,
    };
    if (bytes[29] == FRAMEBUFFER_RGB && tag->size >= 38) {
        taken.red_shift = bytes[32];
        taken.red_bits = bytes[33];
        taken.green_shift = bytes[34];
        taken.green_bits = bytes[35];
        taken.blue_shift = bytes[36];
        taken.blue_bits = bytes[37];
    } else if (!taken.text_mode) {
        return; /* a palette, or cut off */
    }
    out->framebuffer = taken;
}

/* The tag holds a copy of the RSDP: 20 bytes of ACPI 1.0, 36 since 2.0 (ACPI 6.5, 5.2.5.3). */
static void take_rsdp(const struct tag *tag, paddr_t physical, struct parse *parse)
{
    bool is_new = tag->type == TAG_ACPI_NEW;
    if (tag->size < HEADER_SIZE + (is_new ? 36 : 20) || parse->rsdp_is_new)
        return;
    parse->out->rsdp = physical + HEADER_SIZE;
    parse->rsdp_is_new = is_new;
}

static void take_tag(const struct tag *tag, paddr_t physical, struct parse *parse)
{
    switch (tag->type) {
    case TAG_COMMAND_LINE:
        take_command_line(tag, parse->out);
        break;
    case TAG_MODULE:
        take_module(tag, parse->out);
        break;
    case TAG_BASIC_MEMORY:
        parse->basic_memory = *tag;
        break;
    case TAG_MEMORY_MAP:
        take_memory_map(tag, parse->out);
        break;
    case TAG_FRAMEBUFFER:
        take_framebuffer(tag, parse->out);
        break;
    case TAG_ACPI_OLD:
    case TAG_ACPI_NEW:
        take_rsdp(tag, physical, parse);
        break;
    case TAG_EFI_MEMORY_MAP:
        parse->efi_map = *tag;
        break;
    default:
        break;
    }
}

/* A tag that is too small to hold its own header ends the walk: nobody knows where the next is. */
static void walk_tags(const u8 *info, size_t limit, paddr_t info_physical, struct parse *parse)
{
    for (size_t at = HEADER_SIZE; at < limit && limit - at >= HEADER_SIZE;) {
        u32 size = read32(info + at + 4);
        struct tag tag = {info + at, read32(info + at), MIN(size, limit - at)};
        if (tag.type == TAG_END || size < HEADER_SIZE)
            return;
        take_tag(&tag, info_physical + at, parse);
        at += ALIGN_UP(size, 8);
    }
}

int multiboot2_parse(const void *info, size_t mapped_size, paddr_t info_physical,
                     struct boot_info *out)
{
    struct parse parse = {.out = out};
    boot_info_init(out, BOOT_DOOR_MULTIBOOT2);
    if (mapped_size >= HEADER_SIZE)
        walk_tags(info, MIN(mapped_size, multiboot2_total_size(info)), info_physical, &parse);
    if (!boot_info_has_ram(out) && parse.efi_map.bytes)
        take_efi_memory_map(&parse.efi_map, out);
    if (!boot_info_has_ram(out) && parse.basic_memory.bytes)
        take_basic_memory(&parse.basic_memory, out);
    if (!boot_info_has_ram(out))
        out->error = "the boot loader told of no memory";
    return out->error ? -EINVAL : 0;
}
