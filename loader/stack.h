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
    vaddr_t vdso;             /* AT_SYSINFO_EHDR; 0 without one */
};

/* Where the parts of the stack lie. */
struct stack_layout {
    vaddr_t stack;                    /* the program's stack pointer */
    vaddr_t arguments, arguments_end; /* strings */
    vaddr_t environment, environment_end;
    vaddr_t auxv;
    u32 auxv_size; /* bytes */
};

/* Write the stack below `top` (16-byte aligned) into the running thread's address space. 0 with
 * where everything is in *out; -E2BIG (more than a quarter of the stack), -EFAULT. */
int stack_build(vaddr_t top, u64 limit, const struct image *image,
                const struct start_arguments *start, struct stack_layout *out) MUST_CHECK;

#endif
