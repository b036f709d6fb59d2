/* SPDX-License-Identifier: MIT */
/*
 * The cpio reader; the contract is in cpio.h.
 *
 * The reader is one function that never looks beyond reader->size: a header is 110 bytes of text
 * (magic and 13 hexadecimal numbers), then the name, then the data, each padded to 4 bytes from the
 * archive's start. An archive may start only at a multiple of 4.
 *
 * The search scans the headers once for each symbolic link on the way, without copying names: the
 * scan remembers, for every leading part of the path ("usr", "usr/bin", ...), whether the last
 * entry of that name is a symbolic link. The shortest such part is replaced by its target, and the
 * scan starts again with the new path.
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

/* Components of a path that the search can tell apart. */
#define DEPTH_MAX 128

struct search {
    const u8 *bytes;
    u64 size;
    unsigned int links; /* symbolic links followed so far */
    char path[CPIO_PATH_MAX];
};

/* What one scan found out about the components before the path's first "..". */
struct scan {
    size_t depth;     /* number of those components */
    const char *rest; /* the path behind them: "" or ".." and more */
    bool found;
    struct cpio_entry entry;    /* the last entry named by all of them, when found */
    u64 link_offset[DEPTH_MAX]; /* by components - 1: header of a symbolic link, plus 1; or 0 */
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

/* What most files have no use for is not read, and 0. */
static int parse_header(const u8 *header, u32 fields[CPIO_FIELDS], const char **why)
{
    int kind = magic_kind(header);
    if (kind == 0)
        return refuse(why, "archive: no newc magic (070701) where an entry should start");
    u64 wrong = parse_fields(header, FIELD_MODE, FIELD_FILESIZE, fields);
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
    error = parse_header(header, fields, why);
    if (error == 0)
        error = parse_name(reader, fields[FIELD_NAMESIZE], entry, why);
    if (error != 0)
        return error;
    /* The padding after the file's very last byte may be missing. */
    data_offset = reader->offset + HEADER_LENGTH + fields[FIELD_NAMESIZE];
    data_offset = MIN(ALIGN_UP(data_offset, 4), reader->size);
    if (fields[FIELD_FILESIZE] > reader->size - data_offset)
        return refuse(why, "archive truncated: a file's data end beyond the archive");
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

/* --- search ---------------------------------------------------------------------------------- */

/* The component at or behind `*at`, which moves behind it; NULL at the end. "." is none. */
static const char *next_component(const char **at, size_t *length)
{
    const char *start = *at;
    const char *end;

    for (;; start = end) {
        while (*start == '/')
            start++;
        for (end = start; *end != '\0' && *end != '/';)
            end++;
        *length = (size_t)(end - start);
        *at = end;
        if (*length == 0)
            return NULL;
        if (*length != 1 || *start != '.')
            return start;
    }
}

static bool is_parent(const char *component, size_t length)
{
    return length == 2 && component[0] == '.' && component[1] == '.';
}

/* Where the path's component number `index` (from 0) starts; *end is set behind it. */
static char *component_at(struct search *search, size_t index, char **end)
{
    const char *at = search->path;
    const char *start;
    size_t length;

    do
        start = next_component(&at, &length);
    while (index-- > 0);
    *end = (char *)at;
    return (char *)start;
}

/* Counts the components before the first ".." or the end. */
static int measure_path(const struct search *search, struct scan *scan, const char **why)
{
    const char *at = search->path;
    const char *component;
    size_t length;

    scan->depth = 0;
    while ((component = next_component(&at, &length)) != NULL && !is_parent(component, length))
        scan->depth++;
    scan->rest = component != NULL ? component : "";
    if (scan->depth <= DEPTH_MAX)
        return 0;
    *why = "archive: a path has too many components";
    return -ENAMETOOLONG;
}

/* How many of the path's first `depth` components `name` consists of; 0 when it has others. */
static size_t match_name(const char *name, const char *path, size_t depth)
{
    const char *component, *wanted;
    size_t count = 0, length, wanted_length;

    while ((component = next_component(&name, &length)) != NULL) {
        if (count++ == depth)
            return 0;
        wanted = next_component(&path, &wanted_length);
        if (length != wanted_length || memcmp(component, wanted, length) != 0)
            return 0;
    }
    return count;
}

static int scan_archive(const struct search *search, struct scan *scan, const char **why)
{
    struct cpio_reader reader = {.bytes = search->bytes, .size = search->size};
    struct cpio_entry entry;
    int status;

    scan->found = false;
    memset(scan->link_offset, 0, scan->depth * sizeof(scan->link_offset[0]));
    while ((status = cpio_next(&reader, &entry, why)) > 0) {
        size_t count = match_name(entry.name, search->path, scan->depth);
        if (count == 0)
            continue;
        scan->link_offset[count - 1] =
            S_ISLNK(entry.mode) ? (u64)((const u8 *)entry.name - search->bytes) - HEADER_LENGTH + 1
                                : 0;
        if (count == scan->depth) {
            scan->entry = entry;
            scan->found = true;
        }
    }
    return status;
}

/* Replaces path[start, end) by the `length` bytes of `text`. */
static int splice_path(struct search *search, size_t start, size_t end, const char *text,
                       size_t length, const char **why)
{
    size_t rest = strlen(search->path + end) + 1;

    if (length >= CPIO_PATH_MAX || start + length + rest > CPIO_PATH_MAX) {
        *why = "archive: a path is too long";
        return -ENAMETOOLONG;
    }
    memmove(search->path + start + length, search->path + end, rest);
    memcpy(search->path + start, text, length);
    return 0;
}

/* The component number `index` is a symbolic link: puts its target in its place. */
static int follow_link(struct search *search, size_t index, u64 header_offset, const char **why)
{
    struct cpio_reader reader = {
        .bytes = search->bytes, .size = search->size, .offset = header_offset};
    struct cpio_entry entry;
    char *end, *start = component_at(search, index, &end);
    size_t length;

    if (search->links++ >= CPIO_LINKS_MAX) {
        *why = "archive: too many symbolic links on the way to the program";
        return -ELOOP;
    }
    if (cpio_next(&reader, &entry, why) != 1)
        return -EINVAL; /* the scan has read it before */
    length = strnlen((const char *)entry.data, entry.data_size);
    if (length == 0)
        return refuse(why, "archive: a symbolic link without a target");
    if (entry.data[0] == '/')
        start = search->path;
    return splice_path(search, (size_t)(start - search->path), (size_t)(end - search->path),
                       (const char *)entry.data, length, why);
}

/* Takes the first ".." away together with the component before it; the root is its own parent. */
static int drop_parent(struct search *search, const struct scan *scan, const char **why)
{
    char *end, *start = search->path;
    size_t after = (size_t)(scan->rest - search->path) + 2;

    if (scan->depth > 0)
        start = component_at(search, scan->depth - 1, &end);
    return splice_path(search, (size_t)(start - search->path), after, "", 0, why);
}

/* A hard link without data: the data stand with another link of the same archive, the last wins. */
static int fetch_linked_data(const struct search *search, struct cpio_entry *entry,
                             const char **why)
{
    struct cpio_reader reader = {.bytes = search->bytes, .size = search->size};
    struct cpio_entry other;
    int status;

    if (!S_ISREG(entry->mode) || entry->nlink < 2 || entry->data_size != 0)
        return 0;
    while ((status = cpio_next(&reader, &other, why)) > 0) {
        if (other.archive != entry->archive || other.ino != entry->ino || !S_ISREG(other.mode) ||
            other.devmajor != entry->devmajor || other.devminor != entry->devminor ||
            other.data_size == 0)
            continue;
        entry->data = other.data;
        entry->data_size = other.data_size;
        entry->data_offset = other.data_offset;
        entry->checksum = other.checksum;
    }
    return status;
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

/* One round: 0 with scan->found decided, 1 when the path was rewritten and the search goes on. */
static int search_step(struct search *search, struct scan *scan, const char **why)
{
    int error = measure_path(search, scan, why);

    if (error == 0)
        error = scan_archive(search, scan, why);
    if (error != 0)
        return error;
    for (size_t i = 0; i < scan->depth; i++) {
        if (scan->link_offset[i] == 0)
            continue;
        error = follow_link(search, i, scan->link_offset[i] - 1, why);
        return error != 0 ? error : 1;
    }
    if (*scan->rest == '\0')
        return 0;
    error = drop_parent(search, scan, why);
    return error != 0 ? error : 1;
}

int cpio_find(const u8 *bytes, u64 size, const char *path, struct cpio_entry *entry,
              const char **why)
{
    struct search search = {.bytes = bytes, .size = size};
    struct scan scan;
    int status;

    if (strscpy(search.path, path, sizeof(search.path)) < 0) {
        *why = "archive: a path is too long";
        return -ENAMETOOLONG;
    }
    do
        status = search_step(&search, &scan, why);
    while (status > 0);
    if (status != 0)
        return status;
    if (!scan.found) {
        *why = "not in the archive";
        return -ENOENT;
    }
    *entry = scan.entry;
    status = fetch_linked_data(&search, entry, why);
    return status != 0 ? status : cpio_verify(entry, why);
}
