/* SPDX-License-Identifier: MIT */
/*
 * The walk over DT_RELA. It runs at every start of a program over a thousand entries and more, which
 * come sorted: an entry costs a comparison with the window that the one before it opened, and a
 * store.
 */
#include <asm/errno.h>
#include <asm/mman.h>

#include "kernel/lib/string.h"
#include "loader/elf64.h"

/* The window of the segment that `where` lies in. */
static int find_segment(const struct elf64_plan *plan, vaddr_t where, struct elf64_window *window,
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

/* What the walk keeps between batches. */
struct walk {
    const struct elf64_plan *plan;
    elf64_relocate_fn relocate;
    void *context;
    const char **why;
    struct elf64_window window;
};

static int relocate_elsewhere(struct walk *walk, const Elf64_Rela *entry)
{
    int error = find_segment(walk->plan, entry->r_offset, &walk->window, walk->why);
    if (error != 0)
        return error;
    error = walk->relocate(walk->context, entry->r_offset, entry->r_addend, &walk->window);
    if (error != 0)
        *walk->why = "a relocation could not be applied";
    return error;
}

static int relocate_batch(struct walk *walk, const Elf64_Rela *entry, const Elf64_Rela *end)
{
    struct elf64_window window = walk->window;
    for (; entry < end; entry++) {
        if (ELF64_R_TYPE(entry->r_info) != R_X86_64_RELATIVE)
            continue;
        u64 offset = entry->r_offset - window.first;
        if (likely(offset < window.count)) {
            u64 value = (u64)entry->r_addend + window.bias;
            memcpy(window.bytes + offset, &value, sizeof(value));
            continue;
        }
        int error = relocate_elsewhere(walk, entry);
        if (error != 0)
            return error;
        window = walk->window;
    }
    return 0;
}

static int relocate_by_reading(struct walk *walk, const struct image_source *source)
{
    Elf64_Rela batch[ELF64_RELA_BATCH];
    size_t length;

    for (u64 done = 0; done < walk->plan->rela_size; done += length) {
        length = MIN(walk->plan->rela_size - done, (u64)sizeof(batch));
        int error = source->read(source, walk->plan->rela_offset + done, batch, length);
        if (error != 0) {
            *walk->why = "the relocation table could not be read";
            return error;
        }
        error = relocate_batch(walk, batch, batch + length / sizeof(*batch));
        if (error != 0)
            return error;
    }
    return 0;
}

int elf64_for_each_relative(const struct image_source *source, const struct elf64_plan *plan,
                            elf64_relocate_fn relocate, void *context, const char **why)
{
    struct walk walk = {.plan = plan, .relocate = relocate, .context = context, .why = why};
    const Elf64_Rela *table =
        source->view ? source->view(source, plan->rela_offset, plan->rela_size) : NULL;
    if (table && IS_ALIGNED((u64)table, _Alignof(Elf64_Rela)))
        return relocate_batch(&walk, table, table + plan->rela_size / sizeof(*table));
    return relocate_by_reading(&walk, source);
}
