/* SPDX-License-Identifier: MIT */
/*
 * The seldom part of the walk over DT_RELA: which segment a relocation's target lies in. The walk
 * itself, elf64_for_each_relative, stands in elf64.h, because it has to be compiled into its
 * caller.
 */
#include <asm/errno.h>
#include <asm/mman.h>

#include "loader/elf64.h"

int elf64_find_window(const struct elf64_plan *plan, vaddr_t where, struct elf64_window *window,
                      const char **why)
{
    *why = "a relocation points outside every segment";
    for (size_t i = 0; i < plan->segment_count; i++) {
        const struct elf64_segment *segment = &plan->segments[i];
        if (segment->memsz < sizeof(u64) || where - segment->vaddr > segment->memsz - sizeof(u64))
            continue;
        if ((segment->prot & PROT_WRITE) == 0 && !plan->has_textrel) {
            *why = "a relocation points into a read-only segment, and DT_TEXTREL is not there";
            break;
        }
        window->first = segment->vaddr;
        window->count = segment->memsz - sizeof(u64) + 1;
        return 0;
    }
    return -ENOEXEC;
}
