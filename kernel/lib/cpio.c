/* SPDX-License-Identifier: MIT */
/*
 * The cpio reader; the contract is in cpio.h.
 *
 * The reader is one function that never looks beyond reader->size: a header is 110 bytes of text
 * (magic and 13 hexadecimal numbers), then the name, then the data, each padded to 4 bytes from the
 * archive's start. An archive may start only at a multiple of 4.
 */
#include <asm/errno.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "kernel/lib/cpio.h"
#include "kernel/lib/string.h"

#define MAGIC_LENGTH  6
#define FIELD_LENGTH  8
#define HEADER_LENGTH (MAGIC_LENGTH + CPIO_FIELDS * FIELD_LENGTH)
#define TRAILER_NAME  "TRAILER!!!"

_Static_assert(HEADER_LENGTH == 110, "newc header");

/* The order of the numbers in a header. */
enum field {
    FIELD_INO,
    FIELD_MODE,
    FIELD_UID,
    FIELD_GID,
    FIELD_NLINK,
    FIELD_MTIME,
    FIELD_FILESIZE,
    FIELD_DEVMAJOR,
    FIELD_DEVMINOR,
    FIELD_RDEVMAJOR,
    FIELD_RDEVMINOR,
    FIELD_NAMESIZE,
    FIELD_CHECK,
};

static int refuse(const char **why, const char *phrase)
{
    *why = phrase;
    return -EINVAL;
}

/*
 * Eight hexadecimal digits, all at once in the bytes of a word. The result is not 0 when one of
 * them is no digit (a borrow from one byte to the next comes only from such a one).
 */
static inline u64 parse_field(const u8 *text, u32 *value)
{
    const u64 ones = 0x0101010101010101UL;
    u64 word, letters, digits, wrong;

    memcpy(&word, text, sizeof(word));
    *value = 0;
    if (word == ones * '0') /* half of all fields */
        return 0;
    letters = word >> 6 & ones; /* they have bit 6; bit 5 makes them small ones */
    digits = ((word | letters << 5) ^ ones * '0') - letters * (('a' ^ '0') - 10);
    /* Letters are 10 to 15, the others 0 to 9: adding 6 carries into bit 4 for letters only. */
    wrong = (digits & ones * 0xf0) | (((digits + ones * 6) >> 4 & ones) ^ letters);
    digits = __builtin_bswap64(digits);
    digits = (digits | digits >> 4) & 0x00ff00ff00ff00ffUL;
    digits = (digits | digits >> 8) & 0x0000ffff0000ffffUL;
    *value = (u32)(digits | digits >> 16);
    return wrong;
}

/* 1 or 2 for the two magics, 0 for anything else. */
static int magic_kind(const u8 *text)
{
    if (memcmp(text, "07070", MAGIC_LENGTH - 1) != 0)
        return 0;
    return text[5] == '1' ? 1 : text[5] == '2' ? 2 : 0;
}

/* Zero bytes may stand before every header. offset <= size. */
static u64 skip_zeros(const u8 *bytes, u64 offset, u64 size)
{
    while (size - offset >= 64 && mem_is_zero(bytes + offset, 64))
        offset += 64;
    while (offset < size && bytes[offset] == 0)
        offset++;
    return offset;
}

static u64 parse_fields(const u8 *header, enum field first, enum field last,
                        u32 fields[CPIO_FIELDS])
{
    u64 wrong = 0;
    for (enum field i = first; i <= last; i++)
        wrong |= parse_field(header + MAGIC_LENGTH + i * FIELD_LENGTH, &fields[i]);
    return wrong;
}

/* Mode, owner, links and time, which often are those of the entry before. */
static u64 parse_attributes(const struct cpio_reader *reader, const u8 *header,
                            u32 fields[CPIO_FIELDS])
{
    if (!reader->previous)
        return parse_fields(header, FIELD_MODE, FIELD_MTIME, fields);
    u64 wrong = 0;
    for (enum field i = FIELD_MODE; i <= FIELD_MTIME; i++) {
        size_t at = MAGIC_LENGTH + i * FIELD_LENGTH;
        u64 word, before;
        memcpy(&word, header + at, sizeof(word));
        memcpy(&before, reader->previous + at, sizeof(before));
        fields[i] = reader->previous_fields[i];
        if (word != before)
            wrong |= parse_field(header + at, &fields[i]);
    }
    return wrong;
}

/* What most files have no use for is not read, and 0. */
static int parse_header(const struct cpio_reader *reader, const u8 *header, u32 fields[CPIO_FIELDS],
                        const char **why)
{
    int kind = magic_kind(header);
    if (kind == 0)
        return refuse(why, "archive: no newc magic (070701) where an entry should start");
    u64 wrong = parse_attributes(reader, header, fields);
    wrong |= parse_fields(header, FIELD_FILESIZE, FIELD_FILESIZE, fields);
    wrong |= parse_fields(header, FIELD_NAMESIZE, FIELD_NAMESIZE, fields);
    fields[FIELD_INO] = fields[FIELD_DEVMAJOR] = fields[FIELD_DEVMINOR] = 0;
    fields[FIELD_RDEVMAJOR] = fields[FIELD_RDEVMINOR] = fields[FIELD_CHECK] = 0;
    if (fields[FIELD_NLINK] >= 2) {
        wrong |= parse_fields(header, FIELD_INO, FIELD_INO, fields);
        wrong |= parse_fields(header, FIELD_DEVMAJOR, FIELD_DEVMINOR, fields);
    }
    if (S_ISCHR(fields[FIELD_MODE]) || S_ISBLK(fields[FIELD_MODE]))
        wrong |= parse_fields(header, FIELD_RDEVMAJOR, FIELD_RDEVMINOR, fields);
    if (kind == 2)
        wrong |= parse_fields(header, FIELD_CHECK, FIELD_CHECK, fields);
    return wrong == 0 ? 0
                      : refuse(why, "archive: a header has something else than hexadecimal digits");
}

static int parse_name(const struct cpio_reader *reader, u32 name_size, struct cpio_entry *entry,
                      const char **why)
{
    u64 offset = reader->offset + HEADER_LENGTH;

    if (name_size == 0 || name_size > PATH_MAX)
        return refuse(why, "archive: a name is empty or longer than 4096 bytes");
    if (name_size > reader->size - offset)
        return refuse(why, "archive truncated: a name ends beyond the file");
    entry->name = (const char *)reader->bytes + offset;
    entry->name_length = mem_find_zero(entry->name, name_size);
    if (entry->name_length == name_size)
        return refuse(why, "archive: a name is not ended by NUL");
    if (entry->name_length + 1 != name_size &&
        !mem_is_zero(entry->name + entry->name_length, name_size - entry->name_length))
        return refuse(why, "archive: a name has a NUL in its middle");
    return 0;
}

/*
 * Reads the entry at reader->offset, which is no padding, and moves on; trailers are entries here.
 */
static int read_entry(struct cpio_reader *reader, struct cpio_entry *entry, const char **why)
{
    const u8 *header = reader->bytes + reader->offset;
    u32 *fields = entry->fields;
    u64 data_offset;
    int error;

    if (reader->offset % 4 != 0)
        return refuse(why, "archive: an entry does not start at a multiple of 4 bytes");
    if (reader->size - reader->offset < HEADER_LENGTH)
        return refuse(why, "archive truncated: a header ends beyond the file");
    error = parse_header(reader, header, fields, why);
    if (error == 0)
        error = parse_name(reader, fields[FIELD_NAMESIZE], entry, why);
    if (error != 0)
        return error;
    /* The padding after the file's very last byte may be missing. */
    data_offset = reader->offset + HEADER_LENGTH + fields[FIELD_NAMESIZE];
    data_offset = MIN(ALIGN_UP(data_offset, 4), reader->size);
    if (fields[FIELD_FILESIZE] > reader->size - data_offset)
        return refuse(why, "archive truncated: a file's data end beyond the archive");
    reader->previous = header;
    memcpy(reader->previous_fields, fields, sizeof(reader->previous_fields));
    entry->has_checksum = magic_kind(header) == 2;
    entry->archive = reader->archive;
    entry->data = reader->bytes + data_offset;
    entry->data_size = fields[FIELD_FILESIZE];
    entry->data_offset = data_offset;
    reader->offset = MIN(ALIGN_UP(data_offset + entry->data_size, 4), reader->size);
    return 0;
}

bool cpio_is_archive(const u8 *bytes, u64 size)
{
    u64 start = skip_zeros(bytes, 0, size);

    return start % 4 == 0 && size - start >= MAGIC_LENGTH && magic_kind(bytes + start) != 0;
}

int cpio_next(struct cpio_reader *reader, struct cpio_entry *entry, const char **why)
{
    for (;;) {
        int error;
        reader->offset = skip_zeros(reader->bytes, reader->offset, reader->size);
        if (reader->offset >= reader->size)
            return 0;
        error = read_entry(reader, entry, why);
        if (error != 0)
            return error;
        if (strcmp(entry->name, TRAILER_NAME) != 0)
            return 1;
        reader->archive++;
    }
}

int cpio_verify(const struct cpio_entry *entry, const char **why)
{
    u32 sum = 0;

    if (!entry->has_checksum || !S_ISREG(entry->mode))
        return 0;
    for (u64 i = 0; i < entry->data_size; i++)
        sum += entry->data[i];
    return sum == entry->checksum ? 0 : refuse(why, "archive: a file has a wrong checksum");
}
