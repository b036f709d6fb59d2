/* SPDX-License-Identifier: MIT */
/* Reading numbers out of unwinding tables: what the files of the unwinder share. */
#ifndef LOADER_UNWIND_INTERNAL_H
#define LOADER_UNWIND_INTERNAL_H

#include "loader/unwind.h"

#define UNWIND_WINDOW 64

/* Where we are in the file. After a read beyond the end, or of what cannot be, `bad` is set and all
 * further ones give 0. */
struct unwind_cursor {
    const struct debug_image *image;
    u64 offset, end; /* in the file */
    vaddr_t bias;    /* what is at `offset` has the address offset + bias */
    bool bad;
    u64 window_offset; /* bytes that were read ahead */
    u32 window_size;
    u8 window[UNWIND_WINDOW];
};

/* At a part of the file. */
void unwind_cursor_init(struct unwind_cursor *cursor, const struct debug_image *image,
                        const struct debug_part *part);

/* A little-endian number of `size` bytes (1, 2, 4, 8). */
u64 unwind_take(struct unwind_cursor *cursor, u32 size);
s64 unwind_take_signed(struct unwind_cursor *cursor, u32 size);
u64 unwind_take_uleb(struct unwind_cursor *cursor);
s64 unwind_take_sleb(struct unwind_cursor *cursor);
void unwind_skip(struct unwind_cursor *cursor, u64 count);

/* A pointer in one of the encodings of LSB 10.5.1; `data` is what DW_EH_PE_datarel counts from. */
u64 unwind_take_encoded(struct unwind_cursor *cursor, u8 encoding, vaddr_t data);

/* The value of a DWARF expression of `length` bytes at the cursor. `first`: what its stack begins
 * with, NULL for nothing. */
bool unwind_expression(struct unwind_cursor cursor, u64 length,
                       const struct unwind_registers *registers, const u64 *first, unwind_read read,
                       u64 *out);

/* One function's entry: a common information entry and its own. */
struct unwind_entry {
    u64 code_align;
    s64 data_align;
    u8 encoding; /* of addresses */
    bool sized;  /* augmentation data has a length */
    u32 return_register;
    vaddr_t start; /* of the function */
    u64 size;
    struct unwind_cursor common, own; /* at their instructions */
};

/* 0, or -ENOENT: none for this address, or what there is cannot be read. */
int unwind_find_entry(const struct debug_image *image, vaddr_t pc, struct unwind_entry *out);

#endif
