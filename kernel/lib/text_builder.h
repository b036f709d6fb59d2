/* SPDX-License-Identifier: MIT */
/*
 * Text that is written bit by bit and has no size known beforehand: what the files of procfs hold.
 *
 * The text lies in chunks, so that it never moves and needs no large block of memory. Whoever
 * writes need not look at errors: after the first one nothing more is added, and it is kept for the
 * end. Memory comes from the caller's two functions, so that this file stays pure. Not locked.
 */
#ifndef KERNEL_LIB_TEXT_BUILDER_H
#define KERNEL_LIB_TEXT_BUILDER_H

#include "kernel/lib/types.h"

#define TEXT_CHUNK 4096 /* bytes */

struct text_memory {
    void *(*alloc)(size_t size); /* NULL: out of memory; contents do not matter */
    void (*free)(void *block);
};

struct text_builder {
    const struct text_memory *memory;
    char **chunks;
    u32 count, capacity; /* of chunks */
    size_t length;       /* bytes of text */
    int error;           /* 0 or -ENOMEM: the text is not complete */
};

static inline void text_init(struct text_builder *text, const struct text_memory *memory)
{
    *text = (struct text_builder){.memory = memory};
}

/* Forget the text and free its memory; it may be written anew. */
void text_clear(struct text_builder *text);

void text_add(struct text_builder *text, const void *bytes, size_t count);
void text_add_string(struct text_builder *text, const char *string);

/* A string in which each of the characters in `special` is written as a backslash and three octal
 * digits, as Linux writes names in maps and mounts. */
void text_add_escaped(struct text_builder *text, const char *string, const char *special);

/* Formatted as in kernel/lib/fmt.h. */
void text_print(struct text_builder *text, const char *format, ...) PRINTF(2, 3);

/* Blanks until the text is `width` bytes longer than it was at `start`; none when it already is. */
void text_pad(struct text_builder *text, size_t start, size_t width);

/* The bytes from `position` (below text->length) on that lie in one piece: *count of them. */
const char *text_piece(const struct text_builder *text, size_t position, size_t *count);

/* Copy up to `size` bytes from `position` on; how many. */
size_t text_copy(const struct text_builder *text, size_t position, void *to, size_t size);

#endif
