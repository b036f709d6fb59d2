/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the unpacking of archives into a tmpfs. The input is the archive; a tar gets its checksums
 * put right first. Taking the tree apart afterwards must leave nothing behind.
 */
#include <stdio.h>

#include "tests/host/fake_fs.h"

#include "fs/initramfs/initramfs.c"
#include "fs/initramfs/initramfs_place.c"

#define BLOCK 512

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void mend_block(u8 *block)
{
    unsigned int sum = 0;
    if (mem_is_zero(block, BLOCK))
        return;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    const char *why = NULL;
    u8 *module = malloc(size);

    if (size != 0)
        memcpy(module, data, size);
    if (!cpio_is_archive(module, size))
        for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
            mend_block(module + at);
    fs_begin();
    int error = initramfs_unpack(&fs_root, module, size, (paddr_t)module, &why);
    if (error != 0 && (!why || (error != -EINVAL && error != -ENOMEM && error != -ENOSPC)))
        abort();
    fs_end();
    free(module);
    return 0;
}
