/* SPDX-License-Identifier: MIT */
/* Bad pointers: null, in the kernel, non-canonical, at the end of user space, not mapped, without
 * permission, into a hole; and read-only where the kernel would write. */
#include "tests/abi/hostile/pointers.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/abi/check.h"

struct pointer {
    const char *kind;
    void *pointer;
    int unless; /* flags with which it is left out */
    int only;   /* flags without which it is left out */
};

#define POINTERS_MAX 16

static char *straddling;

static size_t pointers_make(struct pointer *out)
{
    const struct pointer pointers[] = {
        {"null", NULL, MAY_BE_NULL, 0},
        {"the first page", (void *)64, 0, 0},
        {"in the kernel", (void *)KERNEL_ADDRESS, 0, 0},
        {"the beginning of the kernel's half", (void *)0xffff800000000000, 0, 0},
        {"the last address", (void *)-8, 0, 0},
        {"non-canonical", (void *)NON_CANONICAL, 0, 0},
        {"the end of user space", (void *)USER_END, 0, 0},
        {"not mapped", page_unmapped(), 0, 0},
        {"without permission", page_protected(PROT_NONE), 0, 0},
        {"into a hole", straddling, NO_STRADDLE, 0},
        {"read-only", page_protected(PROT_READ), 0, IS_WRITTEN},
        {"code", (void *)(uintptr_t)pointers_make, 0, IS_WRITTEN},
    };

    _Static_assert(ARRAY_LENGTH(pointers) <= POINTERS_MAX, "room");
    memcpy(out, pointers, sizeof(pointers));
    return ARRAY_LENGTH(pointers);
}

static void case_run(const struct pointer_case *row, const struct pointer *bad)
{
    char name[120];
    long a[6];

    memcpy(a, row->arguments, sizeof(a));
    a[row->pointer] = (long)bad->pointer;
    snprintf(name, sizeof(name), "%s: %s", row->name, bad->kind);
    *straddling = '/'; /* a call before may have written its first byte */
    check_result(name, call6(row->number, a[0], a[1], a[2], a[3], a[4], a[5]), -EFAULT);
}

void pointers_check(const struct pointer_case *cases, size_t count)
{
    struct pointer pointers[POINTERS_MAX];

    straddling = page_before_hole() - 1;
    size_t kinds = pointers_make(pointers);
    for (size_t c = 0; c < count; c++) {
        for (size_t p = 0; p < kinds; p++) {
            if ((cases[c].flags & pointers[p].unless) == 0 &&
                (cases[c].flags & pointers[p].only) == pointers[p].only)
                case_run(&cases[c], &pointers[p]);
        }
    }
}

void pointers_each(void (*one)(const char *kind, void *pointer))
{
    struct pointer pointers[POINTERS_MAX];

    straddling = page_before_hole() - 1;
    size_t kinds = pointers_make(pointers);
    for (size_t p = 0; p < kinds; p++) {
        if (pointers[p].only == 0)
            one(pointers[p].kind, pointers[p].pointer);
    }
}
