/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what the report of a crash reads: unwinding tables, expressions, names. The input is the file;
 * it is asked about addresses all over it, with a memory in which everything can be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/unwind.h"
#include "tests/host/image.h"

#define PLACES 16

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static bool read_anything(u64 address, u64 *out)
{
    *out = address * 31 + 7;
    return address % 8 == 0;
}

static void step(const struct debug_image *image, vaddr_t pc)
{
    struct unwind_registers registers = {.known = (1u << UNWIND_REGISTERS) - 1};
    for (u32 i = 0; i < UNWIND_REGISTERS; i++)
        registers.value[i] = 0x1000 * i;
    struct unwind_registers before = registers;
    int error = unwind_step(image, pc, read_anything, &registers);
    if (error != 0 && error != -ENOENT && error != -EINVAL)
        abort();
    if (error != 0 && memcmp(&before, &registers, sizeof(before)) != 0)
        abort(); /* a failed step changes nothing */
}

static void look_up(const struct debug_image *image, vaddr_t pc)
{
    struct debug_symbol symbol;
    struct debug_part part;
    char name[32];
    if (debug_image_function(image, pc, &symbol)) {
        if (symbol.start > pc || (symbol.size != 0 && pc - symbol.start >= symbol.size))
            abort();
        debug_image_name(image, &symbol, name, sizeof(name));
        if (strnlen(name, sizeof(name)) == sizeof(name))
            abort();
    }
    if (debug_image_find(image, pc, &part) &&
        (part.offset > image->source->size || part.size > image->source->size - part.offset))
        abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct image bytes = {.bytes = (u8 *)data, .size = size};
    struct image_source source = image_source(&bytes);
    struct debug_image image;
    vaddr_t pc;
    if (debug_image_open(&source, &image) != 0)
        return 0;
    step(&image, image.header.e_entry);
    look_up(&image, image.header.e_entry);
    for (u32 i = 0; i < PLACES; i++) {
        if (!debug_image_address(&image, size / PLACES * i, &pc))
            continue;
        step(&image, pc);
        look_up(&image, pc);
    }
    return 0;
}
