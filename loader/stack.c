/* SPDX-License-Identifier: MIT */
/*
 * Building argc, argv, envp and the auxiliary vector, from the top down: strings first, then the
 * table of words that points to them. Written through the checked user copies: the stack is an
 * ordinary mapping that faults its pages in.
 */
#include "loader/stack.h"

#include <asm/errno.h>
#include <linux/auxvec.h>

#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/usercopy.h"
#include "kernel/core/random.h"
#include "kernel/lib/string.h"

#define CLOCK_TICKS 100 /* AT_CLKTCK: USER_HZ */
#define AUXV_MAX    24

/* Bytes that a signal frame needs beside the FPU area: Linux's struct rt_sigframe, the red zone
 * and the alignment of the area (arch/x86/kernel/signal.c). */
#define SIGNAL_FRAME_SIZE 936

struct builder {
    vaddr_t top, bottom; /* what is written lies above bottom */
    u64 limit;           /* bytes */
    int error;           /* the first one; later steps do nothing */
};

struct auxv {
    u64 type, value;
};

static vaddr_t push(struct builder *builder, const void *bytes, size_t size)
{
    if (builder->top - builder->bottom + size > builder->limit)
        builder->error = -E2BIG;
    if (builder->error != 0)
        return 0;
    builder->bottom -= size;
    if (usercopy_to(UPTR(builder->bottom), bytes, size) != 0)
        builder->error = -EFAULT;
    return builder->bottom;
}

static vaddr_t push_string(struct builder *builder, const char *string)
{
    return push(builder, string, strlen(string) + 1);
}

/* Strings lie in ascending order, the last vector's highest, as on Linux: setproctitle relies on
 * argv and envp lying next to each other. */
static vaddr_t push_strings(struct builder *builder, const char *const *strings, size_t count)
{
    for (size_t i = count; i-- > 0;)
        push_string(builder, strings[i]);
    return builder->bottom;
}

/* The pointers to `count` strings that begin at `first`, and the null after them. */
static void store_pointers(struct builder *builder, vaddr_t *table, vaddr_t first,
                           const char *const *strings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (usercopy_to(UPTR(*table), &first, sizeof(first)) != 0)
            builder->error = -EFAULT;
        first += strlen(strings[i]) + 1;
        *table += sizeof(u64);
    }
    if (usercopy_zero(UPTR(*table), sizeof(u64)) != 0)
        builder->error = -EFAULT;
    *table += sizeof(u64);
}

static size_t fill_auxv(struct auxv *auxv, const struct image *image,
                        const struct start_arguments *start, vaddr_t name, vaddr_t platform,
                        vaddr_t random)
{
    const struct auxv all[] = {
        {start->vdso ? AT_SYSINFO_EHDR : AT_IGNORE, start->vdso},
        {AT_MINSIGSTKSZ, ALIGN_UP(fpu_area_size() + SIGNAL_FRAME_SIZE, 16)},
        {AT_HWCAP, cpu_hwcap()},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, CLOCK_TICKS},
        {AT_PHDR, image->phdr},
        {AT_PHENT, image->phent},
        {AT_PHNUM, image->phnum},
        {AT_BASE, start->interpreter_base},
        {AT_FLAGS, 0},
        {AT_ENTRY, image->entry},
        {AT_UID, 0},
        {AT_EUID, 0},
        {AT_GID, 0},
        {AT_EGID, 0},
        {AT_SECURE, 0},
        {AT_RANDOM, random},
        {AT_HWCAP2, cpu_hwcap2()},
        {AT_EXECFN, name},
        {AT_PLATFORM, platform},
        {AT_NULL, 0},
    };
    _Static_assert(sizeof(all) <= AUXV_MAX * sizeof(struct auxv), "AUXV_MAX");
    memcpy(auxv, all, sizeof(all));
    return ARRAY_SIZE(all);
}

int stack_build(vaddr_t top, u64 limit, const struct image *image,
                const struct start_arguments *start, struct stack_layout *out)
{
    struct builder builder = {top, top, limit / 4, 0};
    u8 random[16];
    random_bytes(random, sizeof(random));

    push(&builder, &(u64){0}, sizeof(u64));
    vaddr_t name = push_string(&builder, start->name);
    vaddr_t environment = push_strings(&builder, start->envp, start->envc);
    vaddr_t arguments = push_strings(&builder, start->argv, start->argc);
    vaddr_t platform = push_string(&builder, "x86_64");
    vaddr_t random_bytes_at = push(&builder, random, sizeof(random));

    struct auxv auxv[AUXV_MAX];
    size_t auxc = fill_auxv(auxv, image, start, name, platform, random_bytes_at);
    u64 words = 1 + start->argc + 1 + start->envc + 1;
    vaddr_t stack = ALIGN_DOWN(builder.bottom - words * 8 - auxc * sizeof(*auxv), 16);
    if (builder.error != 0)
        return builder.error;
    if (top - stack > builder.limit)
        return -E2BIG;

    vaddr_t table = stack + sizeof(u64);
    u64 argc = start->argc;
    if (usercopy_to(UPTR(stack), &argc, sizeof(argc)) != 0)
        return -EFAULT;
    store_pointers(&builder, &table, arguments, start->argv, start->argc);
    store_pointers(&builder, &table, environment, start->envp, start->envc);
    if (usercopy_to(UPTR(table), auxv, auxc * sizeof(*auxv)) != 0)
        return -EFAULT;
    *out = (struct stack_layout){
        .stack = stack,
        .arguments = arguments,
        .arguments_end = environment,
        .environment = environment,
        .environment_end = name,
        .auxv = table,
        .auxv_size = auxc * sizeof(*auxv),
    };
    return builder.error;
}
