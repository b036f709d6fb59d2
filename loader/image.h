/* SPDX-License-Identifier: MIT */
/*
 * From a checked plan to a program in memory: segments mapped, relative relocations applied.
 */
#ifndef LOADER_IMAGE_H
#define LOADER_IMAGE_H

#include "loader/elf64.h"
#include "mm/aspace.h"

/* A program that has been placed. */
struct image {
    u64 bias;      /* added to every address of the file */
    vaddr_t entry; /* biased, like all that follows */
    vaddr_t low, high;
    vaddr_t phdr; /* 0: not mapped */
    u16 phnum, phent;
};

/* Map the plan's segments from `object` (the file's bytes) with the given bias and clear the bss.
 * Nothing is mapped there yet. 0; -ENOMEM; -ENOEXEC. */
int image_map(struct aspace *space, const struct elf64_plan *plan, struct vm_object *object,
              u64 bias, struct image *out) MUST_CHECK;

/* Apply the R_X86_64_RELATIVE entries of a mapped image: for a program without an interpreter, which
 * may have no start-up code of its own to do it. 0; -ENOMEM; -ENOEXEC with *why. */
int image_relocate(struct aspace *space, const struct elf64_plan *plan,
                   const struct image_source *source, const struct image *image,
                   const char **why) MUST_CHECK;

/* A debugger stops here: the program lies at `bias`, its interpreter, if it has one, at another, and
 * the first instruction is still to come. tools/gdb reads the arguments and loads the symbols. */
void debug_program_placed(vaddr_t bias, const char *name, vaddr_t interpreter_bias);

#endif
