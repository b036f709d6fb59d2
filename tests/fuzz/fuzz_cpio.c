/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the archive reader. The input is the archive: all entries are read. The fuzzer's heap block has exactly
 * the archive's size, so that the sanitizer sees each byte too far; what entries promise is checked
 * here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/lib/cpio.h"

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

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct cpio_reader reader = {.bytes = data, .size = size};
    struct cpio_entry entry;
    const char *why = NULL;
    u64 offset = 0;
    int status;

    cpio_is_archive(data, size);
    while ((status = cpio_next(&reader, &entry, &why)) == 1) {
        check_entry(&entry, data, size);
        must(reader.offset > offset && reader.offset <= size);
        offset = reader.offset;
        must(cpio_verify(&entry, &why) == 0 || why != NULL);
    }
    must(status == 0 || (status == -EINVAL && why != NULL));
    return 0;
}
