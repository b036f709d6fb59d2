/* SPDX-License-Identifier: MIT */
/*
 * Placing an image: each segment becomes a mapping of the file's own pages (shown in place when
 * they lie page-aligned in memory, copied page by page when written or when they do not), followed
 * by an anonymous mapping for what lies beyond the file's bytes.
 *
 * Relocations are written through the kernel's own view of the program's private pages, so that a
 * segment the program may not write (a read-only one, by DT_TEXTREL) is relocated as well. Writable
 * pages without relocations stay untouched: copying a page at its first write costs one fault, and
 * most of a large program's data is never written.
 */
#include "loader/image.h"

#include <asm/errno.h>

#include "kernel/lib/string.h"

static int map_segment(struct aspace *space, const struct elf64_segment *segment, u64 bias,
                       struct vm_object *object)
{
    vaddr_t start = ALIGN_DOWN(segment->vaddr, PAGE_SIZE) + bias, ignored;
    vaddr_t file_end = ALIGN_UP(segment->vaddr + segment->filesz, PAGE_SIZE) + bias;
    vaddr_t end = ALIGN_UP(segment->vaddr + segment->memsz, PAGE_SIZE) + bias;
    int error = 0;
    if (segment->filesz == 0)
        file_end = start;
    if (file_end > start)
        error = aspace_map(space, start, file_end - start, segment->prot, 0, PLACE_FIXED_UNUSED,
                           object, ALIGN_DOWN(segment->offset, PAGE_SIZE), &ignored);
    if (error == 0 && end > file_end)
        error = aspace_map(space, file_end, end - file_end, segment->prot, 0, PLACE_FIXED_UNUSED,
                           NULL, 0, &ignored);
    return error;
}

/* The file's last page goes on with bytes that are not the segment's: there bss begins. */
static int clear_bss_start(struct aspace *space, const struct elf64_segment *segment, u64 bias)
{
    vaddr_t end = segment->vaddr + segment->filesz + bias;
    if (segment->filesz == 0 || segment->memsz == segment->filesz || IS_ALIGNED(end, PAGE_SIZE))
        return 0;
    u8 *page = aspace_writable_page(space, end);
    if (!page)
        return -ENOMEM;
    u64 offset = end & (PAGE_SIZE - 1);
    memset(page + offset, 0, PAGE_SIZE - offset);
    return 0;
}

struct relocation {
    struct aspace *space;
    u64 bias;
};

/* An entry whose eight bytes lie on two pages. */
static int relocate_across(struct relocation *relocation, vaddr_t address, u64 value)
{
    for (u32 i = 0; i < sizeof(value); i++, value >>= 8) {
        u8 *page = aspace_writable_page(relocation->space, address + i);
        if (!page)
            return -ENOMEM;
        page[(address + i) & (PAGE_SIZE - 1)] = (u8)value;
    }
    return 0;
}

/* The part of a segment's window on the page from `page_start` on, which the kernel sees at `page`. */
static void narrow_window(struct elf64_window *window, vaddr_t page_start, u8 *page)
{
    vaddr_t first = MAX(window->first, page_start);
    vaddr_t end = MIN(window->first + window->count, page_start + PAGE_SIZE - sizeof(u64) + 1);
    window->bytes = page + (first - page_start);
    window->first = first;
    window->count = end - first;
}

static int relocate(void *context, vaddr_t where, u64 addend, struct elf64_window *window)
{
    struct relocation *relocation = context;
    vaddr_t address = where + relocation->bias;
    u64 value = addend + relocation->bias, offset = address & (PAGE_SIZE - 1);
    if (offset > PAGE_SIZE - sizeof(value)) {
        window->count = 0;
        return relocate_across(relocation, address, value);
    }
    u8 *page = aspace_writable_page(relocation->space, address);
    if (!page)
        return -ENOMEM;
    memcpy(page + offset, &value, sizeof(value));
    narrow_window(window, where - offset, page);
    window->bias = relocation->bias;
    return 0;
}

int image_map(struct aspace *space, const struct elf64_plan *plan, struct vm_object *object,
              u64 bias, struct image *out)
{
    int error = 0;
    for (size_t i = 0; i < plan->segment_count && error == 0; i++) {
        error = map_segment(space, &plan->segments[i], bias, object);
        if (error == 0)
            error = clear_bss_start(space, &plan->segments[i], bias);
    }
    if (error != 0)
        return error;
    *out = (struct image){
        .bias = bias,
        .entry = plan->entry + bias,
        .low = plan->low + bias,
        .high = plan->high + bias,
        .phdr = plan->phdr_vaddr ? plan->phdr_vaddr + bias : 0,
        .phnum = plan->phnum,
        .phent = plan->phent,
    };
    return 0;
}

int image_relocate(struct aspace *space, const struct elf64_plan *plan,
                   const struct image_source *source, const struct image *image, const char **why)
{
    struct relocation relocation = {.space = space, .bias = image->bias};
    /* At its linked address a program needs none: the addends are already in place. */
    if (!plan->position_independent)
        return 0;
    return elf64_for_each_relative(source, plan, relocate, &relocation, why);
}

NOINLINE void debug_program_placed(vaddr_t bias, const char *name, vaddr_t interpreter_bias)
{
    __asm__ volatile("" : : "r"(bias), "r"(name), "r"(interpreter_bias) : "memory");
}
