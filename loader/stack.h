/* SPDX-License-Identifier: MIT */
/* The initial stack of a program (System V ABI x86-64, 3.4.1; Linux fs/binfmt_elf.c). */
#ifndef LOADER_STACK_H
#define LOADER_STACK_H

#include "loader/image.h"

struct start_arguments {
    const char *name; /* AT_EXECFN */
    const char *const *argv;
    size_t argc;
    const char *const *envp;
    size_t envc;
    vaddr_t interpreter_base; /* AT_BASE; 0 without an interpreter */
};

/* Write the stack below `top` (16-byte aligned) into the running thread's address space. 0 with
 * the program's stack pointer in *out; -E2BIG (more than a quarter of the stack), -EFAULT. */
int stack_build(vaddr_t top, u64 limit, const struct image *image,
                const struct start_arguments *start, vaddr_t *out) MUST_CHECK;

#endif
