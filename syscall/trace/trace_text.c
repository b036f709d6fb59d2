/* SPDX-License-Identifier: MIT */
/*
 * Text for the trace's lines.
 *
 * A line's buffer is made larger as needed; the last TAIL bytes of it are kept for the result. Where
 * there is no memory, or more than LINE_MAX, what does not fit before them is dropped and `cut` set, so
 * that trace.c can say so with "...".
 */
#include "syscall/trace/trace_internal.h"

#include <linux/limits.h>
#include <stdarg.h>

#include "arch/usercopy.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

/* The longest error takes 80 bytes, the rest is for lists of ready descriptors. */
#define TAIL     192
#define LINE_MAX (512 * KIB)

/* Makes the line's buffer larger, if there is memory for it; nothing is lost otherwise. */
static void line_grow(struct trace_line *line, size_t needed)
{
    size_t size = line->size;

    while (size < needed && size < LINE_MAX)
        size *= 2;
    char *text = size > line->size ? kmalloc(size) : NULL;
    if (!text)
        return;
    memcpy(text, line->text, line->length);
    if (line->text != line->first)
        kfree(line->text);
    line->text = text;
    line->size = (u32)size;
}

/* How much of `wanted` more bytes fits. A byte is always kept for the newline. */
static size_t line_room(struct trace_line *line, size_t wanted)
{
    size_t kept = line->ending ? 1 : TAIL;

    if (line->length + wanted + kept > line->size)
        line_grow(line, line->length + wanted + TAIL);
    size_t limit = line->size - kept;
    size_t room = line->length < limit ? limit - line->length : 0;
    line->cut |= room < wanted;
    return MIN(room, wanted);
}

static void line_bytes(struct trace_line *line, const char *bytes, size_t size)
{
    size_t fitting = line_room(line, size);

    memcpy(line->text + line->length, bytes, fitting);
    line->length += (u32)fitting;
}

void line_text(struct trace_line *line, const char *text)
{
    line_bytes(line, text, strlen(text));
}

void line_format(struct trace_line *line, const char *format, ...)
{
    char text[128]; /* no format here makes more: long texts come through line_text */
    va_list arguments;

    va_start(arguments, format);
    int length = fmt_vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    line_bytes(line, text, MIN((size_t)length, sizeof(text) - 1));
}

void line_address(struct trace_line *line, u64 address)
{
    if (address)
        line_format(line, "0x%lx", address);
    else
        line_text(line, "NULL");
}

const char *trace_name(u32 value, const struct trace_names *names)
{
    const char *name = names->names;

    for (u32 i = 0; i < names->count; i++) {
        if (names->values[i] == value)
            return name;
        name += strlen(name) + 1;
    }
    return NULL;
}

void line_name(struct trace_line *line, u32 value, const struct trace_names *names)
{
    const char *name = trace_name(value, names);

    if (name)
        line_text(line, name);
    else
        line_format(line, "%#x /* %s */", value, names->unknown);
}

/* Adds the flags that have names, `separator` before the first; returns the bits without. */
static u64 add_flags(struct trace_line *line, u64 value, const struct trace_names *names,
                     const char *separator)
{
    const char *name = names->names;

    for (u32 i = 0; i < names->count; i++) {
        u64 flag = names->values[i];

        if (flag && (value & flag) == flag) {
            line_text(line, separator);
            line_text(line, name);
            separator = "|";
            value &= ~flag;
        }
        name += strlen(name) + 1;
    }
    return value;
}

void line_flags(struct trace_line *line, u64 value, const struct trace_names *names)
{
    if (value == 0) {
        line_text(line, names->count && names->values[0] == 0 ? names->names : "0");
        return;
    }
    u64 rest = add_flags(line, value, names, "");
    if (rest == value && *names->unknown)
        line_format(line, "%#lx /* %s */", rest, names->unknown);
    else if (rest == value)
        line_format(line, "%#lx", rest);
    else if (rest)
        line_format(line, "|%#lx", rest);
}

void line_more_flags(struct trace_line *line, u64 value, const struct trace_names *names)
{
    u64 rest = add_flags(line, value, names, "|");

    if (rest)
        line_format(line, "|%#lx", rest);
}

/* The letter that follows the backslash in C, or 0. */
static char escape_letter(char byte)
{
    switch (byte) {
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\v':
        return 'v';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    case '"':
    case '\\':
        return byte;
    default:
        return 0;
    }
}

void line_quote(struct trace_line *line, const char *bytes, size_t size, bool hex)
{
    line_text(line, "\"");
    for (size_t i = 0; i < size; i++) {
        u8 byte = (u8)bytes[i];
        bool digit_follows = i + 1 < size && bytes[i + 1] >= '0' && bytes[i + 1] <= '9';

        if (hex)
            line_format(line, "\\x%02x", byte);
        else if (escape_letter(bytes[i]))
            line_format(line, "\\%c", escape_letter(bytes[i]));
        else if (byte >= ' ' && byte < 0x7f)
            line_bytes(line, &bytes[i], 1);
        else
            /* Octal, as short as it can be read back. */
            line_format(line, digit_follows ? "\\%03o" : "\\%o", byte);
    }
    line_text(line, "\"");
}

void line_quote_cut(struct trace_line *line, const char *bytes, size_t size)
{
    line_quote(line, bytes, MIN(size, (size_t)trace_string_limit), false);
    if (size > trace_string_limit)
        line_text(line, "...");
}

/* A buffer for what is copied in: `small` if that will do. NULL: out of memory. */
static char *buffer_for(size_t size, char *small, size_t small_size)
{
    return size <= small_size ? small : kmalloc(size);
}

static void buffer_free(char *buffer, const char *small)
{
    if (buffer != small)
        kfree(buffer);
}

void line_user_bytes(struct trace_line *line, u64 address, u64 size, bool hex)
{
    char small[64] = {0};
    size_t shown = MIN(size, (u64)trace_string_limit);
    char *bytes = buffer_for(shown, small, sizeof(small));

    if (!bytes || !address || (shown && usercopy_from(bytes, UPTR(address), shown) != 0)) {
        line_address(line, address);
    } else {
        line_quote(line, bytes, shown, hex);
        if (size > shown)
            line_text(line, "...");
    }
    buffer_free(bytes, small);
}

/* Reads up to a NUL or `size` bytes, never from a page after the one with the NUL. Returns how
 * many bytes come before the NUL, or -1 when memory ends earlier. */
static long fetch_string(char *to, u64 address, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t to_page_end = PAGE_SIZE - (address + done) % PAGE_SIZE;
        size_t step = MIN(size - done, to_page_end);

        if (usercopy_from(to + done, UPTR(address + done), step) != 0)
            return -1;
        for (size_t end = done + step; done < end; done++) {
            if (to[done] == '\0')
                return (long)done;
        }
    }
    return (long)done;
}

/* Its first `limit` bytes. The first try is with little room: most strings are short. */
void line_user_string(struct trace_line *line, u64 address, size_t limit)
{
    char small[64] = {0};
    char *string = small;
    size_t size = MIN(limit + 1, sizeof(small));
    long length = address ? fetch_string(small, address, size) : -1;

    if (length == (long)size && size < limit + 1) {
        size = limit + 1;
        string = kmalloc(size);
        length = string ? fetch_string(string, address, size) : -1;
    }
    if (length < 0) {
        line_address(line, address);
    } else {
        line_quote(line, string, MIN((size_t)length, limit), false);
        if ((size_t)length > limit)
            line_text(line, "...");
    }
    buffer_free(string, small);
}

bool line_user_fetch(struct trace_line *line, void *to, u64 address, size_t size)
{
    if (address != 0 && !line->failed && usercopy_from(to, UPTR(address), size) == 0)
        return true;
    line_address(line, address);
    return false;
}

bool line_user_result(struct trace_line *line, void *to, u64 address, size_t size)
{
    if (!RESULT_IS_ERROR(line->result))
        return line_user_fetch(line, to, address, size);
    line_address(line, address);
    return false;
}
