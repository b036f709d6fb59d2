/* SPDX-License-Identifier: MIT */
/* Growing text; text_builder.h has the idea. */
#include "kernel/lib/text_builder.h"

#include <asm/errno.h>
#include <stdarg.h>

#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

#define FIRST_CAPACITY 8
#define LINE_MAX       256 /* what is formatted on the stack; longer text takes a detour */

void text_clear(struct text_builder *text)
{
    for (u32 i = 0; i < text->count; i++)
        text->memory->free(text->chunks[i]);
    if (text->chunks)
        text->memory->free(text->chunks);
    text_init(text, text->memory);
}

static bool grow_table(struct text_builder *text)
{
    u32 capacity = text->capacity ? text->capacity * 2 : FIRST_CAPACITY;
    char **chunks = text->memory->alloc(capacity * sizeof(*chunks));
    if (!chunks)
        return false;
    if (text->chunks) {
        memcpy(chunks, text->chunks, text->count * sizeof(*chunks));
        text->memory->free(text->chunks);
    }
    text->chunks = chunks;
    text->capacity = capacity;
    return true;
}

static bool add_chunk(struct text_builder *text)
{
    if (text->count == text->capacity && !grow_table(text))
        return false;
    char *chunk = text->memory->alloc(TEXT_CHUNK);
    if (!chunk)
        return false;
    text->chunks[text->count++] = chunk;
    return true;
}

void text_add(struct text_builder *text, const void *bytes, size_t count)
{
    const char *from = bytes;
    while (count != 0 && text->error == 0) {
        size_t offset = text->length % TEXT_CHUNK;
        if (text->length == (size_t)text->count * TEXT_CHUNK && !add_chunk(text)) {
            text->error = -ENOMEM;
            return;
        }
        size_t piece = MIN(count, TEXT_CHUNK - offset);
        memcpy(text->chunks[text->count - 1] + offset, from, piece);
        text->length += piece;
        from += piece;
        count -= piece;
    }
}

void text_add_string(struct text_builder *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_add_escaped(struct text_builder *text, const char *string, const char *special)
{
    for (; *string != '\0'; string++) {
        if (strchr(special, *string))
            text_print(text, "\\%03o", (u8)*string);
        else
            text_add(text, string, 1);
    }
}

/* A text that is longer than LINE_MAX. */
static void add_long(struct text_builder *text, size_t length, const char *format,
                     va_list arguments)
{
    char *whole = text->memory->alloc(length + 1);
    if (!whole) {
        text->error = -ENOMEM;
        return;
    }
    fmt_vsnprintf(whole, length + 1, format, arguments);
    text_add(text, whole, length);
    text->memory->free(whole);
}

void text_print(struct text_builder *text, const char *format, ...)
{
    char line[LINE_MAX];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t length = fmt_vsnprintf(line, sizeof(line), format, arguments);
    if (length < sizeof(line))
        text_add(text, line, length);
    else
        add_long(text, length, format, again);
    va_end(again);
    va_end(arguments);
}

void text_pad(struct text_builder *text, size_t start, size_t width)
{
    while (text->length < start + width && text->error == 0)
        text_add(text, " ", 1);
}

const char *text_piece(const struct text_builder *text, size_t position, size_t *count)
{
    size_t offset = position % TEXT_CHUNK;
    *count = MIN(TEXT_CHUNK - offset, text->length - position);
    return text->chunks[position / TEXT_CHUNK] + offset;
}

size_t text_copy(const struct text_builder *text, size_t position, void *to, size_t size)
{
    size_t done = 0;
    while (done < size && position + done < text->length) {
        size_t count;
        const char *piece = text_piece(text, position + done, &count);
        count = MIN(count, size - done);
        memcpy((char *)to + done, piece, count);
        done += count;
    }
    return done;
}
