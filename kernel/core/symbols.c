/* SPDX-License-Identifier: MIT */
/* Binary search in the table of function addresses; all offsets count from kernel_start. */
#include "kernel/core/symbols.h"

extern const u64 symbols_count;
extern const u32 symbols_offsets[], symbols_name_offsets[];
extern const char symbols_names[];
extern const u8 kernel_start[], text_end[];

const char *symbol_find(vaddr_t address, u64 *offset)
{
    if (symbols_count == 0 || address < (vaddr_t)kernel_start || address >= (vaddr_t)text_end)
        return NULL;
    u32 wanted = address - (vaddr_t)kernel_start;
    u64 low = 0, high = symbols_count; /* the answer is in [low, high) */
    while (high - low > 1) {
        u64 middle = (low + high) / 2;
        if (symbols_offsets[middle] <= wanted)
            low = middle;
        else
            high = middle;
    }
    if (symbols_offsets[low] > wanted)
        return NULL;
    *offset = wanted - symbols_offsets[low];
    return &symbols_names[symbols_name_offsets[low]];
}
