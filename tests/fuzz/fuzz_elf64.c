/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the ELF checker and the walk over relocations. The input is the file. image_load aborts
 * when an accepted plan breaks a promise of elf64.h, when a read leaves the file, or when a
 * relocation leaves the segments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct image image = {.bytes = (u8 *)data, .size = size};
    char why[160] = "";
    int error = image_load(&image, why, sizeof(why));

    if (error != 0 && (error != -ENOEXEC || strlen(why) < 10 || strlen(why) > 127))
        abort();
    return 0;
}
