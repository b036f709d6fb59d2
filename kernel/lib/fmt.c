/* SPDX-License-Identifier: MIT */
/*
 * The formatter; the contract is in fmt.h. A conversion is first parsed into a `struct spec`, then
 * printed as prefix (sign or 0x), zeros and body, with blanks on one side. All output goes through
 * fmt_put and fmt_pad, the only places that know where the buffer ends.
 */
#include <limits.h>

#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

struct sink {
    char *buffer;
    size_t size;   /* bytes that may be written, the NUL included */
    size_t length; /* of the whole text so far, written or not */
};

struct spec {
    bool left, zero, plus, space, alternate;
    int width;
    int precision; /* negative: none given */
    u8 bytes;      /* size of the integer argument */
    char conversion;
};

#define DIGITS_MAX 22 /* 64 bits in octal */

static void fmt_put(struct sink *sink, const char *text, size_t count)
{
    if (sink->length < sink->size)
        memcpy(sink->buffer + sink->length, text, MIN(count, sink->size - sink->length));
    sink->length += count;
}

static void fmt_pad(struct sink *sink, char character, s64 count)
{
    if (count <= 0)
        return;
    if (sink->length < sink->size)
        memset(sink->buffer + sink->length, character,
               MIN((size_t)count, sink->size - sink->length));
    sink->length += (size_t)count;
}

/* A decimal number; one that does not fit an int stays at INT_MAX. */
static const char *parse_number(const char *at, int *number)
{
    s64 value = 0;

    for (; *at >= '0' && *at <= '9'; at++)
        value = MIN(value * 10 + (*at - '0'), (s64)INT_MAX);
    *number = (int)value;
    return at;
}

static const char *parse_flags(const char *at, struct spec *spec)
{
    for (;; at++) {
        switch (*at) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        case '#':
            spec->alternate = true;
            break;
        default:
            return at;
        }
    }
}

static const char *parse_length(const char *at, struct spec *spec)
{
    spec->bytes = sizeof(int);
    if (*at == 'l' || *at == 'z') {
        spec->bytes = 8;
        at += at[0] == 'l' && at[1] == 'l' ? 2 : 1;
    } else if (*at == 'h') {
        spec->bytes = at[1] == 'h' ? sizeof(char) : sizeof(short);
        at += at[1] == 'h' ? 2 : 1;
    }
    return at;
}

/* `at` is behind the percent sign; returns what follows the conversion, which may be a NUL. */
static const char *parse_spec(const char *at, struct spec *spec, va_list *arguments)
{
    *spec = (struct spec){.precision = -1};
    at = parse_flags(at, spec);
    if (*at == '*') {
        at++;
        spec->width = va_arg(*arguments, int);
        if (spec->width < 0) {
            spec->left = true;
            spec->width = spec->width == INT_MIN ? INT_MAX : -spec->width;
        }
    } else {
        at = parse_number(at, &spec->width);
    }
    if (*at == '.') {
        at++;
        if (*at == '*') {
            at++;
            spec->precision = va_arg(*arguments, int);
        } else {
            at = parse_number(at, &spec->precision);
        }
    }
    at = parse_length(at, spec);
    spec->conversion = *at;
    return *at == '\0' ? at : at + 1;
}

/* Prefix, zeros and body, filled with blanks to the width. */
static void put_field(struct sink *sink, const struct spec *spec, const char *prefix, s64 zeros,
                      const char *body, size_t count)
{
    s64 prefix_length = (s64)strlen(prefix);
    s64 blanks = spec->width - prefix_length - zeros - (s64)count;

    if (!spec->left)
        fmt_pad(sink, ' ', blanks);
    fmt_put(sink, prefix, (size_t)prefix_length);
    fmt_pad(sink, '0', zeros);
    fmt_put(sink, body, count);
    if (spec->left)
        fmt_pad(sink, ' ', blanks);
}

/* Writes the digits so that they end at `end`; returns how many, 0 for the number 0. */
static size_t make_digits(char *end, u64 value, unsigned int base, bool capitals)
{
    const char *alphabet = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t count = 0;

    for (; value != 0; value /= base)
        end[-(s64)++count] = alphabet[value % base];
    return count;
}

static void put_number(struct sink *sink, const struct spec *spec, u64 value, const char *prefix)
{
    char digits[DIGITS_MAX];
    char kind = spec->conversion;
    unsigned int base = kind == 'o' ? 8 : kind == 'x' || kind == 'X' || kind == 'p' ? 16 : 10;
    size_t count = make_digits(digits + DIGITS_MAX, value, base, kind == 'X');
    s64 zeros = (spec->precision < 0 ? 1 : spec->precision) - (s64)count;

    if (kind == 'o' && spec->alternate)
        zeros = MAX(zeros, (s64)1);
    if (spec->zero && !spec->left && spec->precision < 0)
        zeros = MAX(zeros, spec->width - (s64)strlen(prefix) - (s64)count);
    put_field(sink, spec, prefix, MAX(zeros, (s64)0), digits + DIGITS_MAX - count, count);
}

static void put_signed(struct sink *sink, const struct spec *spec, va_list *arguments)
{
    s64 value = spec->bytes == 8 ? va_arg(*arguments, s64) : va_arg(*arguments, int);

    if (spec->bytes == sizeof(short))
        value = (s16)value;
    else if (spec->bytes == sizeof(char))
        value = (s8)value;
    put_number(sink, spec, value < 0 ? -(u64)value : (u64)value,
               value < 0     ? "-"
               : spec->plus  ? "+"
               : spec->space ? " "
                             : "");
}

static void put_unsigned(struct sink *sink, const struct spec *spec, va_list *arguments)
{
    u64 value = spec->bytes == 8 ? va_arg(*arguments, u64) : va_arg(*arguments, unsigned int);
    bool prefixed = spec->alternate && value != 0;

    if (spec->bytes < sizeof(int))
        prefixed &= (value &= (1UL << (spec->bytes * 8)) - 1) != 0;
    put_number(sink, spec, value,
               prefixed && spec->conversion == 'x'   ? "0x"
               : prefixed && spec->conversion == 'X' ? "0X"
                                                     : "");
}

static void put_string(struct sink *sink, const struct spec *spec, const char *string)
{
    if (string == NULL)
        string = "(null)";
    put_field(sink, spec, "", 0, string,
              spec->precision < 0 ? strlen(string) : strnlen(string, (size_t)spec->precision));
}

/* False when the conversion is unknown: nothing was printed and no argument taken for it. */
static bool put_conversion(struct sink *sink, const struct spec *spec, va_list *arguments)
{
    char character;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        put_signed(sink, spec, arguments);
        return true;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_unsigned(sink, spec, arguments);
        return true;
    case 'p':
        put_number(sink, spec, (u64)va_arg(*arguments, void *), "0x");
        return true;
    case 's':
        put_string(sink, spec, va_arg(*arguments, const char *));
        return true;
    case 'c':
        character = (char)va_arg(*arguments, int);
        put_field(sink, spec, "", 0, &character, 1);
        return true;
    case '%':
        fmt_put(sink, "%", 1);
        return true;
    default:
        return false;
    }
}

static void put_all(struct sink *sink, const char *format, va_list *arguments)
{
    while (*format != '\0') {
        const char *start = format;
        struct spec spec;

        while (*format != '\0' && *format != '%')
            format++;
        fmt_put(sink, start, (size_t)(format - start));
        if (*format == '\0')
            return;
        start = format;
        format = parse_spec(format + 1, &spec, arguments);
        if (!put_conversion(sink, &spec, arguments))
            fmt_put(sink, start, (size_t)(format - start));
    }
}

int fmt_vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct sink sink = {.buffer = buffer, .size = size};
    va_list
        copy; /* a va_list parameter is a pointer: only a local one has an address of its type */

    va_copy(copy, arguments);
    put_all(&sink, format, &copy);
    va_end(copy);
    if (size != 0)
        buffer[MIN(sink.length, size - 1)] = '\0';
    return (int)MIN(sink.length, (size_t)INT_MAX);
}

int fmt_snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = fmt_vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
