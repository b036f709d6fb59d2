/* SPDX-License-Identifier: MIT */
/*
 * Finding a function's entry in .eh_frame: by the sorted table of .eh_frame_hdr where there is one,
 * else entry by entry (`gcc -static` makes no such table).
 */
#include <asm/errno.h>

#include "kernel/lib/string.h"
#include "loader/unwind_internal.h"

/* LSB 5.0, 10.5.1: how pointers are written. */
#define PE_FORMAT         0x0f
#define PE_APPLICATION    0x70
#define PE_PC_RELATIVE    0x10
#define PE_DATA_RELATIVE  0x30
#define PE_INDIRECT       0x80
#define PE_SORTED_ENTRIES 0x3b /* data-relative, four bytes: what linkers write */

#define ENTRIES_MAX      (1u << 17) /* looked at one after another */
#define AUGMENTATION_MAX 8

void unwind_cursor_init(struct unwind_cursor *cursor, const struct debug_image *image,
                        const struct debug_part *part)
{
    cursor->image = image;
    cursor->offset = part->offset;
    cursor->end = part->offset + part->size;
    cursor->bias = part->address - part->offset;
    cursor->bad = false;
    cursor->window_offset = 0;
    cursor->window_size = 0;
}

/* Let the window begin at the cursor. */
static bool read_window(struct unwind_cursor *cursor)
{
    const struct image_source *source = cursor->image->source;
    u32 size = MIN(cursor->end - cursor->offset, UNWIND_WINDOW);
    if (source->read(source, cursor->offset, cursor->window, size) != 0)
        return false;
    cursor->window_offset = cursor->offset;
    cursor->window_size = size;
    return true;
}

u64 unwind_take(struct unwind_cursor *cursor, u32 size)
{
    u64 value = 0, at = cursor->offset - cursor->window_offset;
    if (cursor->bad || cursor->offset > cursor->end || size > cursor->end - cursor->offset) {
        cursor->bad = true;
        return 0;
    }
    if (cursor->window_size < size || at > cursor->window_size - size) {
        at = 0;
        cursor->bad = !read_window(cursor);
    }
    if (!cursor->bad)
        memcpy(&value, cursor->window + at, size);
    cursor->offset += size;
    return value;
}

s64 unwind_take_signed(struct unwind_cursor *cursor, u32 size)
{
    u32 shift = 64 - 8 * size;
    return (s64)(unwind_take(cursor, size) << shift) >> shift;
}

/* LEB128 (DWARF 5, 7.6), of which bits beyond the 64th are dropped; *shift: how many bits it had. */
static u64 take_leb(struct unwind_cursor *cursor, u32 *shift, u8 *last)
{
    u64 value = 0;
    *shift = 0;
    do {
        *last = unwind_take(cursor, 1);
        if (*shift < 64)
            value |= (u64)(*last & 0x7f) << *shift;
        *shift = MIN(*shift + 7, 64u);
    } while (*last & 0x80);
    return value;
}

u64 unwind_take_uleb(struct unwind_cursor *cursor)
{
    u32 shift;
    u8 last;
    return take_leb(cursor, &shift, &last);
}

s64 unwind_take_sleb(struct unwind_cursor *cursor)
{
    u32 shift;
    u8 last;
    u64 value = take_leb(cursor, &shift, &last);
    if ((last & 0x40) && shift < 64)
        value |= ~0UL << shift;
    return (s64)value;
}

void unwind_skip(struct unwind_cursor *cursor, u64 count)
{
    if (cursor->bad || cursor->offset > cursor->end || count > cursor->end - cursor->offset)
        cursor->bad = true;
    else
        cursor->offset += count;
}

static u64 take_format(struct unwind_cursor *cursor, u8 format)
{
    switch (format) {
    case 0x0: /* DW_EH_PE_absptr */
    case 0x4:
    case 0xc:
        return unwind_take(cursor, 8);
    case 0x1:
        return unwind_take_uleb(cursor);
    case 0x2:
        return unwind_take(cursor, 2);
    case 0x3:
        return unwind_take(cursor, 4);
    case 0x9:
        return (u64)unwind_take_sleb(cursor);
    case 0xa:
        return (u64)unwind_take_signed(cursor, 2);
    case 0xb:
        return (u64)unwind_take_signed(cursor, 4);
    default:
        cursor->bad = true;
        return 0;
    }
}

u64 unwind_take_encoded(struct unwind_cursor *cursor, u8 encoding, vaddr_t data)
{
    vaddr_t here = cursor->offset + cursor->bias;
    u64 value = take_format(cursor, encoding & PE_FORMAT);
    switch (encoding & (PE_APPLICATION | PE_INDIRECT)) {
    case 0:
        return value;
    case PE_PC_RELATIVE:
        return here + value;
    case PE_DATA_RELATIVE:
        return data + value;
    default:
        cursor->bad = true;
        return 0;
    }
}

/* ---- Entries ----------------------------------------------------------------------------------*/

/* The length and the second word of an entry: the cursor ends where the entry ends. False: the end of
 * the table, or one of the 64-bit format, which nobody writes. */
static bool begin_entry(struct unwind_cursor *cursor, u32 *id, u64 *id_offset)
{
    u32 length = unwind_take(cursor, 4);
    if (length < 4 || length >= 0xfffffff0 || cursor->bad || length > cursor->end - cursor->offset)
        return false;
    cursor->end = cursor->offset + length;
    *id_offset = cursor->offset;
    *id = unwind_take(cursor, 4);
    return !cursor->bad;
}

/* What the letters of the augmentation say, as far as we need it. */
static void take_augmentation(struct unwind_cursor *cursor, const char *letters,
                              struct unwind_entry *out)
{
    u64 length = unwind_take_uleb(cursor);
    struct unwind_cursor data = *cursor;
    unwind_skip(cursor, length);
    for (letters++; *letters != '\0'; letters++) {
        if (*letters == 'R')
            out->encoding = unwind_take(&data, 1);
        else if (*letters == 'L')
            unwind_take(&data, 1);
        else if (*letters == 'P') /* the personality routine */
            take_format(&data, unwind_take(&data, 1) & PE_FORMAT);
    }
}

static bool parse_common(struct unwind_cursor *cursor, struct unwind_entry *out)
{
    char letters[AUGMENTATION_MAX + 1] = "";
    u32 id;
    u64 id_offset;
    if (!begin_entry(cursor, &id, &id_offset) || id != 0)
        return false;
    u32 version = unwind_take(cursor, 1);
    if (version != 1 && version != 3)
        return false;
    for (u32 i = 0; (letters[i] = unwind_take(cursor, 1)) != '\0'; i++)
        if (i == AUGMENTATION_MAX - 1)
            return false;
    out->encoding = 0;
    out->sized = letters[0] == 'z';
    out->code_align = unwind_take_uleb(cursor);
    out->data_align = unwind_take_sleb(cursor);
    out->return_register = version == 1 ? unwind_take(cursor, 1) : unwind_take_uleb(cursor);
    if (out->sized)
        take_augmentation(cursor, letters, out);
    else if (letters[0] != '\0')
        return false;
    out->common = *cursor;
    return !cursor->bad && out->return_register < UNWIND_REGISTERS;
}

/* A function's entry, behind its second word: that tells how far in front of itself its common entry
 * lies. `table` is where that must be. */
static bool parse_own(struct unwind_cursor *cursor, const struct unwind_cursor *table, u32 id,
                      u64 id_offset, struct unwind_entry *out)
{
    struct unwind_cursor common = *table;
    if (id > id_offset || id_offset - id < table->offset || id_offset - id >= table->end)
        return false;
    common.offset = id_offset - id;
    if (!parse_common(&common, out))
        return false;
    out->start = unwind_take_encoded(cursor, out->encoding, 0);
    out->size = take_format(cursor, out->encoding & PE_FORMAT);
    if (out->sized)
        unwind_skip(cursor, unwind_take_uleb(cursor));
    out->own = *cursor;
    return !cursor->bad;
}

static bool covers(const struct unwind_entry *entry, vaddr_t pc)
{
    return pc >= entry->start && pc - entry->start < entry->size;
}

/* ---- Searching --------------------------------------------------------------------------------*/

/* The address of the entry that the sorted table names for `pc`: pairs of numbers relative to it. */
static bool search_sorted(const struct debug_image *image, const struct debug_part *part,
                          vaddr_t pc, vaddr_t *out)
{
    struct unwind_cursor cursor;
    unwind_cursor_init(&cursor, image, part);
    u32 version = unwind_take(&cursor, 1), table = unwind_take(&cursor, 1);
    u32 count = unwind_take(&cursor, 1), entries = unwind_take(&cursor, 1);
    if (version != 1 || entries != PE_SORTED_ENTRIES)
        return false;
    unwind_take_encoded(&cursor, table, part->address);
    u64 high = unwind_take_encoded(&cursor, count, part->address), low = 0, first = cursor.offset;
    if (cursor.bad)
        return false;
    high = MIN(high, (cursor.end - first) / 8);
    while (low < high) {
        u64 middle = low + (high - low) / 2;
        cursor.offset = first + middle * 8;
        if (part->address + (u64)unwind_take_signed(&cursor, 4) <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    cursor.offset = first + (low - 1) * 8 + 4;
    *out = part->address + (u64)unwind_take_signed(&cursor, 4);
    return !cursor.bad;
}

/* The common entry of one that was found by address may lie anywhere in its segment. */
static int find_sorted(const struct debug_image *image, const struct debug_part *header, vaddr_t pc,
                       struct unwind_entry *out)
{
    struct debug_part part;
    struct unwind_cursor cursor, whole;
    vaddr_t address;
    u32 id;
    u64 id_offset;
    if (!search_sorted(image, header, pc, &address) || !debug_image_find(image, address, &part))
        return -ENOENT;
    unwind_cursor_init(&cursor, image, &part);
    whole = cursor;
    whole.offset = 0;
    return begin_entry(&cursor, &id, &id_offset) && id != 0 &&
                   parse_own(&cursor, &whole, id, id_offset, out) && covers(out, pc)
               ? 0
               : -ENOENT;
}

static int find_linear(const struct debug_image *image, const struct debug_part *section,
                       vaddr_t pc, struct unwind_entry *out)
{
    struct unwind_cursor table, cursor;
    u32 id;
    u64 id_offset;
    unwind_cursor_init(&table, image, section);
    cursor = table;
    for (u32 i = 0; i < ENTRIES_MAX && begin_entry(&cursor, &id, &id_offset); i++) {
        u64 next = cursor.end;
        if (id != 0 && parse_own(&cursor, &table, id, id_offset, out) && covers(out, pc))
            return 0;
        cursor.offset = next;
        cursor.end = table.end;
        cursor.bad = false;
    }
    return -ENOENT;
}

int unwind_find_entry(const struct debug_image *image, vaddr_t pc, struct unwind_entry *out)
{
    struct debug_part part;
    if (debug_image_segment(image, PT_GNU_EH_FRAME, &part))
        return find_sorted(image, &part, pc, out);
    if (debug_image_section(image, ".eh_frame", &part))
        return find_linear(image, &part, pc, out);
    return -ENOENT;
}
