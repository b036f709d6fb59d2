/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the archive reader. The input is the archive: all entries are read, then some paths are
 * looked up, the names of the archive's own entries among them. The fuzzer's heap block has exactly
 * the archive's size, so that the sanitizer sees each byte too far; what entries promise is checked
 * here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/lib/cpio.h"

#define LOOKUPS 8

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_entry(const struct cpio_entry *entry, const u8 *data, size_t size)
{
    volatile u8 byte;

    must(strlen(entry->name) == entry->name_length);
    must(entry->data_offset <= size && entry->data_size <= size - entry->data_offset);
    must(entry->data == data + entry->data_offset);
    if (entry->data_size != 0)
        byte = entry->data[entry->data_size - 1];
    (void)byte;
}

/* Reads everything, keeps up to LOOKUPS names; whether the archive is whole. */
static bool read_all(const u8 *data, size_t size, const char *names[LOOKUPS], bool *has_links)
{
    struct cpio_reader reader = {.bytes = data, .size = size};
    struct cpio_entry entry;
    const char *why = NULL;
    u64 offset = 0;
    int status;

    for (size_t count = 0; (status = cpio_next(&reader, &entry, &why)) == 1; count++) {
        check_entry(&entry, data, size);
        must(reader.offset > offset && reader.offset <= size);
        offset = reader.offset;
        names[count % LOOKUPS] = entry.name;
        *has_links |= S_ISLNK(entry.mode);
    }
    must(status == 0 || (status == -EINVAL && why != NULL));
    return status == 0;
}

static int look_up(const u8 *data, size_t size, const char *path)
{
    struct cpio_entry entry;
    const char *why = NULL;
    int error = cpio_find(data, size, path, &entry, &why);

    if (error == 0) {
        check_entry(&entry, data, size);
        must(!S_ISLNK(entry.mode));
    } else {
        must(why != NULL);
        must(error == -ENOENT || error == -ELOOP || error == -ENAMETOOLONG || error == -EINVAL);
    }
    return error;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    const char *names[LOOKUPS] = {"/init", "a/../../b/./c", "", "bin//sh"};
    bool has_links = false;
    bool whole = read_all(data, size, names, &has_links);

    cpio_is_archive(data, size);
    for (size_t i = 0; i < LOOKUPS && names[i] != NULL; i++) {
        int error = look_up(data, size, names[i]);
        /*
         * Without links, a plain name of the archive leads to an entry, unless its checksum is
         * wrong.
         */
        if (whole && !has_links && (const u8 *)names[i] >= data &&
            (const u8 *)names[i] < data + size && strstr(names[i], "..") == NULL &&
            strlen(names[i]) < 200 && strspn(names[i], "./") != strlen(names[i]))
            must(error == 0 || error == -EINVAL);
        if (!whole)
            must(error != 0);
    }
    return 0;
}
