/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the tar reader. The input is the archive, read once as it is, and once with the checksum
 * of every block put right: no fuzzer would ever get past the first header otherwise. The heap
 * block has exactly the archive's size, so that the sanitizer sees each byte too far; what entries
 * promise is checked here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/lib/tar.h"

#define BLOCK 512

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* All bytes can be read, and none is NUL. */
static void check_text(const char *text, size_t length)
{
    must(length < 4096 && strnlen(text, length) == length);
}

static void check_entry(const struct tar_entry *entry, const u8 *data, size_t size)
{
    volatile u8 byte;

    check_text(entry->name, entry->name_length);
    check_text(entry->link, entry->link_length);
    must(entry->data_offset <= size && entry->data_size <= size - entry->data_offset);
    must(entry->data == data + entry->data_offset);
    must(entry->data_size == 0 || (S_ISREG(entry->mode) && !entry->hard_link));
    must((entry->mode & ~(S_IFMT | 07777u)) == 0 && !S_ISSOCK(entry->mode));
    if (entry->data_size != 0)
        byte = entry->data[entry->data_size - 1];
    (void)byte;
}

static void read_all(const u8 *data, size_t size)
{
    struct tar_reader reader = {.bytes = data, .size = size};
    struct tar_entry entry;
    const char *why = NULL;
    u64 offset = 0;
    int status;

    while ((status = tar_next(&reader, &entry, &why)) == 1) {
        check_entry(&entry, data, size);
        must(reader.offset > offset && reader.offset <= size);
        offset = reader.offset;
    }
    must(status == 0 || (status == -EINVAL && why != NULL));
}

static void mend_block(u8 *block)
{
    static const u8 zeros[BLOCK];
    unsigned int sum = 0;

    if (memcmp(block, zeros, BLOCK) == 0)
        return;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    u8 *mended = malloc(size);

    tar_is_archive(data, size);
    read_all(data, size);
    if (size != 0)
        memcpy(mended, data, size);
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
        mend_block(mended + at);
    read_all(mended, size);
    free(mended);
    return 0;
}
