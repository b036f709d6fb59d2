/* SPDX-License-Identifier: MIT */
/*
 * The tar reader; the contract is in tar.h.
 *
 * An archive is a sequence of 512-byte blocks: a header, then the data that its size tells of. A
 * header may be about the entry that follows it ('x', and GNU's 'L' and 'K') or about all that
 * follow ('g'). Of several sources for one value the order is: pax, GNU, the header itself.
 */
#include <asm/errno.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "kernel/lib/string.h"
#include "kernel/lib/tar.h"

#define BLOCK_SIZE 512UL

/* POSIX.1-2017, "ustar Header Block". */
struct tar_header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[8]; /* "ustar\0" "00"; GNU: "ustar  \0"; nothing in the old format */
    char user[32];
    char group[32];
    char devmajor[8];
    char devminor[8];
    char prefix[155];
    char padding[12];
};
_Static_assert(sizeof(struct tar_header) == BLOCK_SIZE, "tar header block");
_Static_assert(offsetof(struct tar_header, checksum) == 148, "tar header");
_Static_assert(offsetof(struct tar_header, magic) == 257, "tar header");
_Static_assert(offsetof(struct tar_header, prefix) == 345, "tar header");

enum { HAS_PATH = 1, HAS_LINK = 2, HAS_SIZE = 4, HAS_UID = 8, HAS_GID = 16, HAS_MTIME = 32 };

#define NS_IN_SECOND 1000000000L

static int refuse(const char **why, const char *phrase)
{
    *why = phrase;
    return -EINVAL;
}

/* ---- Numbers ----------------------------------------------------------------------------------*/

/* GNU: the first byte's top bit is set, the rest is big-endian two's complement. */
static bool parse_base256(const char *field, size_t width, s64 *value)
{
    u8 sign = field[0] & 0x40 ? 0xff : 0;
    u64 result = sign ? ~0UL : 0;
    for (size_t i = 0; i < width; i++) {
        u8 byte = i == 0 ? ((u8)field[0] & 0x7f) | (sign & 0x80) : (u8)field[i];
        if ((u8)(result >> 56) != sign) /* it would be shifted out */
            return false;
        result = result << 8 | byte;
    }
    *value = (s64)result;
    return (*value < 0) == (sign != 0);
}

/* Eight octal digits at once, the first in the lowest byte; false when one is none. */
static bool parse_octal8(u64 word, u64 *value)
{
    word ^= 0x3030303030303030UL;
    if ((word & 0xf8f8f8f8f8f8f8f8UL) != 0)
        return false;
    word = __builtin_bswap64(word);
    word = (word | word >> 5) & 0x003f003f003f003fUL;
    word = (word | word >> 10) & 0x00000fff00000fffUL;
    *value = (word | word >> 20) & 0xffffff;
    return true;
}

/* The usual form: digits in all bytes but the last. False: look closer. */
static bool parse_full_field(const char *field, size_t width, u64 *value)
{
    u64 low, high = 0, first = 0;
    if (field[width - 1] != '\0' && field[width - 1] != ' ')
        return false;
    memcpy(&low, field + width - 8, sizeof(low));
    if (!parse_octal8(low << 8 | '0', value))
        return false;
    if (width == 8)
        return true;
    memcpy(&first, field, 4); /* the four digits before those of the last seven */
    if (!parse_octal8(first << 32 | 0x30303030UL, &high))
        return false;
    *value |= high << 21;
    return true;
}

/* Octal digits, blanks before them, a blank or NUL behind; nothing at all is 0. */
static bool parse_number(const char *field, size_t width, s64 *value)
{
    size_t i = 0;
    if (parse_full_field(field, width, (u64 *)value))
        return true;
    if ((u8)field[0] & 0x80)
        return parse_base256(field, width, value);
    while (i < width && field[i] == ' ')
        i++;
    *value = 0;
    for (; i < width && field[i] >= '0' && field[i] <= '7'; i++)
        *value = *value << 3 | (field[i] - '0');
    return i == width || field[i] == ' ' || field[i] == '\0';
}

static inline u64 load_word(const u8 *at)
{
    u64 word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Even and odd bytes added up in lanes of 16 bits. */
static inline u64 pair_sums(u64 word)
{
    const u64 lanes = 0x00ff00ff00ff00ffUL;
    return (word & lanes) + (word >> 8 & lanes);
}

/* The sum of the block's bytes. */
static u32 sum_bytes(const u8 *block)
{
    u64 sum = 0;
    for (size_t i = 0; i < BLOCK_SIZE; i += 32) { /* most of a header is zeros */
        u64 a = load_word(block + i), b = load_word(block + i + 8);
        u64 c = load_word(block + i + 16), d = load_word(block + i + 24);
        if ((a | b | c | d) != 0)
            sum += pair_sums(a) + pair_sums(b) + pair_sums(c) + pair_sums(d);
    }
    sum = (sum & 0x0000ffff0000ffffUL) + (sum >> 16 & 0x0000ffff0000ffffUL);
    return (u32)(sum + (sum >> 32));
}

/* The checksum counts its own field as blanks. Old Sun tars added up signed bytes. */
static bool checksum_ok(const u8 *block)
{
    const struct tar_header *header = (const struct tar_header *)block;
    s64 told;
    if (!parse_number(header->checksum, sizeof(header->checksum), &told))
        return false;
    s64 sum = sum_bytes(block);
    for (size_t i = 0; i < sizeof(header->checksum); i++)
        sum += ' ' - (u8)header->checksum[i];
    if (told == sum)
        return true;
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        bool in_field = i - offsetof(struct tar_header, checksum) < sizeof(header->checksum);
        sum -= !in_field && block[i] >= 0x80 ? 256 : 0;
    }
    return told == sum;
}

/* ---- Headers about other headers --------------------------------------------------------------*/

/* Decimal digits up to `end` or another character, where *at stops. False when it is too large. */
static bool parse_decimal(const char **at, const char *end, u64 *value)
{
    const char *start = *at;
    *value = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
        if (__builtin_mul_overflow(*value, 10UL, value) ||
            __builtin_add_overflow(*value, (u64)(**at - '0'), value))
            return false;
    return *at > start && *value <= ~0UL >> 1;
}

static bool parse_whole(const char *text, size_t length, u64 *value)
{
    const char *at = text;
    return parse_decimal(&at, text + length, value) && at == text + length;
}

/* "-12.345678901": seconds to nanoseconds; digits beyond the ninth do not count. */
static bool parse_time(const char *text, size_t length, s64 *nanoseconds)
{
    const char *at = text, *end = text + length;
    bool negative = length != 0 && *at == '-';
    u64 seconds;
    s64 fraction = 0, unit = NS_IN_SECOND;
    at += negative;
    if (!parse_decimal(&at, end, &seconds))
        return false;
    if (at < end && *at++ != '.')
        return false;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        unit /= 10;
        fraction += unit * (*at - '0');
    }
    seconds = MIN(seconds, 0x7fffffffffffffffUL / NS_IN_SECOND - 1);
    *nanoseconds = (s64)seconds * NS_IN_SECOND + fraction;
    if (negative)
        *nanoseconds = -*nanoseconds;
    return at == end;
}

static bool key_is(const char *key, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(key, name, length) == 0;
}

static bool key_starts(const char *key, size_t length, const char *start)
{
    return strlen(start) <= length && memcmp(key, start, strlen(start)) == 0;
}

/* A name: no NUL inside, not longer than any path may be. */
static int take_text(const char *text, size_t length, const char **out, size_t *out_length,
                     const char **why)
{
    if (length >= PATH_MAX)
        return refuse(why, "archive: a name is longer than 4095 bytes");
    if (mem_find_zero(text, length) != length)
        return refuse(why, "archive: a name has a NUL in its middle");
    *out = text;
    *out_length = length;
    return 0;
}

/* One "key=value". An empty value takes back what was said before. */
static int take_record(struct tar_pax *pax, const char *key, size_t key_length, const char *value,
                       size_t length, const char **why)
{
    bool ok = true;
    int error = 0;
    u32 bit = 0;
    if (key_is(key, key_length, "path")) {
        bit = HAS_PATH;
        error = take_text(value, length, &pax->path, &pax->path_length, why);
    } else if (key_is(key, key_length, "linkpath")) {
        bit = HAS_LINK;
        error = take_text(value, length, &pax->link, &pax->link_length, why);
    } else if (key_is(key, key_length, "size")) {
        bit = HAS_SIZE;
        ok = length == 0 || parse_whole(value, length, &pax->size);
    } else if (key_is(key, key_length, "uid")) {
        bit = HAS_UID;
        ok = length == 0 || parse_whole(value, length, &pax->uid);
    } else if (key_is(key, key_length, "gid")) {
        bit = HAS_GID;
        ok = length == 0 || parse_whole(value, length, &pax->gid);
    } else if (key_is(key, key_length, "mtime")) {
        bit = HAS_MTIME;
        ok = length == 0 || parse_time(value, length, &pax->mtime);
    } else if (key_starts(key, key_length, "GNU.sparse.")) {
        return refuse(why, "archive: sparse files are not supported (tar without --sparse)");
    }
    pax->has = length != 0 ? pax->has | bit : pax->has & ~bit;
    return error != 0 ? error : ok ? 0 : refuse(why, "archive: a pax header has a bad number");
}

/* "LENGTH KEY=VALUE\n", LENGTH counting all of it. *at moves behind it. */
static int take_next_record(struct tar_pax *pax, const char **at, const char *end, const char **why)
{
    const char *start = *at, *key = start;
    u64 length;
    if (!parse_decimal(&key, end, &length) || key == end || *key++ != ' ' ||
        length > (u64)(end - start) || start + length <= key || start[length - 1] != '\n')
        return refuse(why, "archive: a pax header has a record of a wrong length");
    const char *stop = start + length - 1, *equals = key;
    while (equals < stop && *equals != '=')
        equals++;
    if (equals == stop)
        return refuse(why, "archive: a pax header has a record without '='");
    *at = start + length;
    return take_record(pax, key, equals - key, equals + 1, stop - (equals + 1), why);
}

static int take_pax(struct tar_pax *pax, const u8 *data, u64 size, const char **why)
{
    const char *at = (const char *)data, *end = at + size;
    int error = 0;
    while (at < end && *at != '\0' && error == 0) /* some packers pad with NULs */
        error = take_next_record(pax, &at, end, why);
    return error;
}

/* ---- Entries ----------------------------------------------------------------------------------*/

/* What was said about the entry that comes next. */
struct extras {
    struct tar_pax pax;
    const char *long_name, *long_link; /* NULL: nothing */
    size_t long_name_length, long_link_length;
};

static bool has_data(char type)
{
    return !(type >= '1' && type <= '6');
}

/* Is this header about others? Its size is its own, whatever was said about the next entry. */
static bool is_about_others(char type)
{
    return type != '\0' && strchr("xXgLKV", type) != NULL;
}

static int parse_size(const struct tar_header *header, const struct tar_pax *pax, u64 *size,
                      const char **why)
{
    s64 told;
    if (!parse_number(header->size, sizeof(header->size), &told) || told < 0)
        return refuse(why, "archive: a file's size is not a number");
    *size = (u64)told;
    if ((pax->has & HAS_SIZE) && !is_about_others(header->type))
        *size = pax->size;
    if (!has_data(header->type))
        *size = 0; /* whatever it says */
    return 0;
}

/* POSIX splits long names at a slash, and keeps the front in `prefix`. */
static void name_from_header(struct tar_reader *reader, const struct tar_header *header,
                             struct tar_entry *entry)
{
    size_t length = mem_find_zero(header->name, sizeof(header->name));
    entry->name = header->name;
    entry->name_length = length;
    if (memcmp(header->magic, "ustar", 6) != 0 || header->prefix[0] == '\0')
        return;
    size_t front = mem_find_zero(header->prefix, sizeof(header->prefix));
    memcpy(reader->joined, header->prefix, front);
    reader->joined[front] = '/';
    memcpy(reader->joined + front + 1, header->name, length);
    entry->name = reader->joined;
    entry->name_length = front + 1 + length;
}

static void set_names(struct tar_reader *reader, const struct tar_header *header,
                      const struct extras *extras, struct tar_entry *entry)
{
    if (extras->pax.has & HAS_PATH) {
        entry->name = extras->pax.path;
        entry->name_length = extras->pax.path_length;
    } else if (extras->long_name) {
        entry->name = extras->long_name;
        entry->name_length = extras->long_name_length;
    } else {
        name_from_header(reader, header, entry);
    }
    if (extras->pax.has & HAS_LINK) {
        entry->link = extras->pax.link;
        entry->link_length = extras->pax.link_length;
    } else if (extras->long_link) {
        entry->link = extras->long_link;
        entry->link_length = extras->long_link_length;
    } else {
        entry->link = header->link;
        entry->link_length = mem_find_zero(header->link, sizeof(header->link));
    }
}

static u32 type_of(const struct tar_header *header, const struct tar_entry *entry)
{
    switch (header->type) {
    case '2':
        return S_IFLNK;
    case '3':
        return S_IFCHR;
    case '4':
        return S_IFBLK;
    case '5':
    case 'D': /* GNU: a directory, with the names in it as data */
        return S_IFDIR;
    case '6':
        return S_IFIFO;
    }
    /* The old format tells directories by their names alone. POSIX: an unknown type is a file. */
    bool slash = entry->name_length != 0 && entry->name[entry->name_length - 1] == '/';
    return slash && (header->type == '0' || header->type == '\0') ? S_IFDIR : S_IFREG;
}

#define FIELD(header, field, value) parse_number((header)->field, sizeof((header)->field), value)

static int set_numbers(const struct tar_header *header, const struct tar_pax *pax,
                       struct tar_entry *entry, const char **why)
{
    s64 mode, uid, gid, mtime, devmajor = 0, devminor = 0;
    bool device = header->type == '3' || header->type == '4';
    if (!FIELD(header, mode, &mode) || !FIELD(header, uid, &uid) || !FIELD(header, gid, &gid) ||
        !FIELD(header, mtime, &mtime))
        return refuse(why, "archive: a header has something else than numbers");
    if (device && (!FIELD(header, devmajor, &devmajor) || !FIELD(header, devminor, &devminor)))
        return refuse(why, "archive: a device's number is not a number");
    const s64 limit = 0x7fffffffffffffffL / NS_IN_SECOND;
    mtime = MAX(MIN(mtime, limit), -limit);
    entry->mode = (u32)(mode & 07777) | type_of(header, entry);
    entry->uid = (u32)(pax->has & HAS_UID ? pax->uid : (u64)uid);
    entry->gid = (u32)(pax->has & HAS_GID ? pax->gid : (u64)gid);
    entry->mtime = pax->has & HAS_MTIME ? pax->mtime : mtime * NS_IN_SECOND;
    entry->devmajor = (u32)devmajor;
    entry->devminor = (u32)devminor;
    entry->hard_link = header->type == '1';
    return 0;
}

/* A header with its data: all inside the buffer. Moves the reader behind it. */
struct record {
    const struct tar_header *header;
    const u8 *data;
    u64 size;
};

static int read_record(struct tar_reader *reader, const struct tar_pax *pax, struct record *record,
                       const char **why)
{
    const u8 *block = reader->bytes + reader->offset;
    if (reader->size - reader->offset < BLOCK_SIZE)
        return refuse(why, "archive truncated: a header ends beyond the file");
    if (!checksum_ok(block))
        return refuse(why, "archive: no tar header, or one with a wrong checksum, where an entry "
                           "should start");
    record->header = (const struct tar_header *)block;
    record->data = block + BLOCK_SIZE;
    int error = parse_size(record->header, pax, &record->size, why);
    if (error != 0)
        return error;
    u64 room = reader->size - reader->offset - BLOCK_SIZE;
    if (record->size > room)
        return refuse(why, "archive truncated: a file's data end beyond the archive");
    /* The padding after the file's very last byte may be missing. */
    reader->offset += BLOCK_SIZE + MIN(ALIGN_UP(record->size, BLOCK_SIZE), room);
    return 0;
}

static int take_long(const struct record *record, const char **text, size_t *length,
                     const char **why)
{
    return take_text((const char *)record->data,
                     mem_find_zero((const char *)record->data, record->size), text, length, why);
}

static int fill_entry(struct tar_reader *reader, const struct record *record,
                      const struct extras *extras, struct tar_entry *entry, const char **why)
{
    set_names(reader, record->header, extras, entry);
    int error = set_numbers(record->header, &extras->pax, entry, why);
    bool file = S_ISREG(entry->mode) && !entry->hard_link;
    entry->data = record->data;
    entry->data_size = file ? record->size : 0;
    entry->data_offset = record->data - reader->bytes;
    return error != 0 ? error : 1;
}

static bool at_end(const struct tar_reader *reader)
{
    u64 left = reader->size - reader->offset;
    return left == 0 || mem_is_zero(reader->bytes + reader->offset, MIN(left, BLOCK_SIZE));
}

bool tar_is_archive(const u8 *bytes, u64 size)
{
    return size >= BLOCK_SIZE && checksum_ok(bytes);
}

/* A header about others: note what it says. */
static int take_extension(struct tar_reader *reader, const struct record *record,
                          struct extras *extras, const char **why)
{
    switch (record->header->type) {
    case 'g':
        return take_pax(&reader->global, record->data, record->size, why);
    case 'L':
        return take_long(record, &extras->long_name, &extras->long_name_length, why);
    case 'K':
        return take_long(record, &extras->long_link, &extras->long_link_length, why);
    case 'V': /* the archive's label */
        return 0;
    default: /* 'x', and 'X' of Solaris: it goes before the global ones */
        return take_pax(&extras->pax, record->data, record->size, why);
    }
}

int tar_next(struct tar_reader *reader, struct tar_entry *entry, const char **why)
{
    struct extras extras = {.pax = reader->global};
    bool waiting = false; /* for the entry that a header was about */
    for (;;) {
        struct record record;
        if (at_end(reader))
            return waiting ? refuse(why, "archive truncated: a header about nothing") : 0;
        int error = read_record(reader, &extras.pax, &record, why);
        if (error != 0)
            return error;
        char type = record.header->type;
        if (type == 'S')
            return refuse(why, "archive: sparse files are not supported (tar without --sparse)");
        if (type == 'M')
            return refuse(why, "archive: one of several volumes");
        if (!is_about_others(type))
            return fill_entry(reader, &record, &extras, entry, why);
        error = take_extension(reader, &record, &extras, why);
        if (error != 0)
            return error;
        if (type == 'g' && !waiting)
            extras.pax = reader->global;
        waiting |= type != 'g' && type != 'V';
    }
}
