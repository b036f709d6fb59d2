/* SPDX-License-Identifier: MIT */
/*
 * Images on the heap; see image.h. What must hold whatever the bytes are is checked with abort, not
 * with cmocka, because the fuzzers link this file, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/image.h"

#define BIAS     0x555500000000UL
#define HEAP_MAX (64 * KIB) /* larger segments are planned and relocated, but not stored */

#define MUST(condition) ((condition) ? (void)0 : must_fail(#condition, __LINE__))

struct loading {
    const struct elf64_plan *plan;
    u8 *memory[ELF64_SEGMENTS_MAX]; /* NULL for a segment that is too large */
};

static void must_fail(const char *condition, int line)
{
    fprintf(stderr, "fake_image.c:%d: does not hold: %s\n", line, condition);
    abort();
}

struct image image_copy(const void *bytes, u64 size)
{
    struct image image = {.bytes = malloc(size), .size = size};

    MUST(image.bytes != NULL);
    if (size != 0)
        memcpy(image.bytes, bytes, size);
    return image;
}

struct image image_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct image image;

    MUST(file != NULL);
    MUST(fseek(file, 0, SEEK_END) == 0);
    image.size = (u64)ftell(file);
    image.bytes = malloc(image.size);
    MUST(image.bytes != NULL);
    rewind(file);
    MUST(fread(image.bytes, 1, image.size, file) == image.size);
    fclose(file);
    return image;
}

void image_free(struct image *image)
{
    free(image->bytes);
    image->bytes = NULL;
}

static int read_image(const struct image_source *source, u64 offset, void *buffer, size_t length)
{
    const struct image *image = source->context;

    MUST(offset <= image->size && length <= image->size - offset);
    memcpy(buffer, image->bytes + offset, length);
    return 0;
}

/* Images of odd sizes have to be read, so that both ways are tried. */
static const void *view_image(const struct image_source *source, u64 offset, size_t length)
{
    const struct image *image = source->context;

    MUST(offset <= image->size && length <= image->size - offset);
    return image->size % 2 == 0 ? image->bytes + offset : NULL;
}

struct image_source image_source(const struct image *image)
{
    return (struct image_source){
        .read = read_image, .size = image->size, .context = image, .view = view_image};
}

int image_plan(const struct image *image, struct elf64_plan *plan, const char **why)
{
    struct image_source source = image_source(image);

    memset(plan, 0xa5, sizeof(*plan));
    return elf64_plan(&source, plan, why);
}

static void check_segment(const struct elf64_plan *plan, size_t index, u64 file_size)
{
    const struct elf64_segment *segment = &plan->segments[index];
    u64 end = segment->vaddr + segment->memsz;

    MUST(segment->memsz != 0 && segment->filesz <= segment->memsz);
    MUST(end > segment->vaddr && end <= ELF64_USER_LIMIT);
    MUST(segment->filesz == 0 ||
         (segment->offset <= file_size && segment->filesz <= file_size - segment->offset &&
          (segment->vaddr - segment->offset) % PAGE_SIZE == 0));
    MUST(IS_POWER_OF_TWO(segment->align) && segment->align <= plan->align);
    MUST(plan->low <= segment->vaddr && end <= plan->high);
    MUST(index == 0 || ALIGN_UP(segment[-1].vaddr + segment[-1].memsz, PAGE_SIZE) <=
                           ALIGN_DOWN(segment->vaddr, PAGE_SIZE));
}

static bool inside_any(const struct elf64_plan *plan, vaddr_t start, u64 size)
{
    for (size_t i = 0; i < plan->segment_count; i++) {
        const struct elf64_segment *segment = &plan->segments[i];
        if (start >= segment->vaddr && start - segment->vaddr < segment->memsz &&
            size <= segment->memsz - (start - segment->vaddr))
            return true;
    }
    return false;
}

static void check_plan(const struct elf64_plan *plan, u64 file_size)
{
    MUST(plan->segment_count > 0 && plan->segment_count <= ELF64_SEGMENTS_MAX);
    MUST(plan->low % PAGE_SIZE == 0 && plan->high % PAGE_SIZE == 0 && plan->low < plan->high);
    MUST(IS_POWER_OF_TWO(plan->align) && plan->align >= PAGE_SIZE);
    MUST(plan->position_independent || plan->low >= ELF64_USER_LOWEST);
    for (size_t i = 0; i < plan->segment_count; i++)
        check_segment(plan, i, file_size);
    MUST(inside_any(plan, plan->entry, 1));
    MUST(plan->phdr_vaddr == 0 || inside_any(plan, plan->phdr_vaddr, plan->phnum * plan->phent));
    MUST(plan->rela_size % sizeof(Elf64_Rela) == 0);
    MUST(plan->rela_count_relative <= plan->rela_size / sizeof(Elf64_Rela));
    MUST(plan->rela_size == 0 || inside_any(plan, plan->rela_vaddr, plan->rela_size));
    MUST(plan->tls_filesz == 0 || inside_any(plan, plan->tls_vaddr, plan->tls_filesz));
    MUST(!plan->has_interp || (plan->interp_length >= 2 && plan->interp_length <= 4096 &&
                               plan->interp_offset <= file_size - plan->interp_length));
    MUST(plan->relro_size <= plan->high - plan->low);
}

/* The first half of a segment is open to the walk, so that both ways are taken. */
static int store(void *context, vaddr_t where, u64 addend, struct elf64_window *window)
{
    struct loading *loading = context;
    u64 value = BIAS + addend;

    for (size_t i = 0; i < loading->plan->segment_count; i++) {
        const struct elf64_segment *segment = &loading->plan->segments[i];
        if (where < segment->vaddr || where - segment->vaddr >= segment->memsz)
            continue;
        MUST(segment->memsz - (where - segment->vaddr) >= sizeof(value));
        MUST(window->first == segment->vaddr && where - window->first < window->count);
        window->count = loading->memory[i] != NULL ? window->count / 2 : 0;
        window->bytes = loading->memory[i];
        window->bias = BIAS;
        if (loading->memory[i] != NULL)
            memcpy(loading->memory[i] + (where - segment->vaddr), &value, sizeof(value));
        return 0;
    }
    MUST(!"a relocation left the segments");
    return -EFAULT;
}

static void fill_segments(struct loading *loading, const struct image *image)
{
    for (size_t i = 0; i < loading->plan->segment_count; i++) {
        const struct elf64_segment *segment = &loading->plan->segments[i];
        if (segment->memsz > HEAP_MAX)
            continue;
        loading->memory[i] = calloc(1, segment->memsz);
        MUST(loading->memory[i] != NULL);
        if (segment->filesz != 0)
            memcpy(loading->memory[i], image->bytes + segment->offset, segment->filesz);
    }
}

int image_load(const struct image *image, char *why, size_t why_size)
{
    struct image_source source = image_source(image);
    struct elf64_plan plan;
    struct loading loading = {.plan = &plan};
    const char *phrase = NULL;
    int error = image_plan(image, &plan, &phrase);

    if (error == 0) {
        check_plan(&plan, image->size);
        fill_segments(&loading, image);
        error = elf64_for_each_relative(&source, &plan, store, &loading, &phrase);
        for (size_t i = 0; i < plan.segment_count; i++)
            free(loading.memory[i]);
    }
    if (error != 0) {
        MUST(phrase != NULL);
        snprintf(why, why_size, "%s", phrase);
    }
    return error;
}
