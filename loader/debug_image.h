/* SPDX-License-Identifier: MIT */
/*
 * An ELF file as a debugger sees it: where a byte of it lies in the program, its functions' names,
 * its tables for unwinding.
 *
 * For the report of a crash. Nothing is mapped, allocated or kept: every question reads the file's
 * headers again, and each field is compared with the file before it is used, so that any bytes may be
 * asked. What a file does not have is simply not found. Times are bounded: SECTIONS_MAX headers,
 * SYMBOLS_MAX symbols.
 *
 * Addresses are the file's own, without the load bias. Pure.
 */
#ifndef LOADER_DEBUG_IMAGE_H
#define LOADER_DEBUG_IMAGE_H

#include "loader/elf64.h"

struct debug_image {
    const struct image_source *source;
    Elf64_Ehdr header;
};

/* A piece of the file: `size` bytes at `offset`, which all are there, shown at `address`. */
struct debug_part {
    u64 offset, size;
    vaddr_t address;
};

/* A function. */
struct debug_symbol {
    vaddr_t start;
    u64 size;           /* 0: unknown, a label that stands before the address */
    u64 name, name_end; /* where its name stands in the file, and where the names end */
};

/* 0, or -ENOEXEC: no ELF file of this processor's. `source` has to stay. */
int debug_image_open(const struct image_source *source, struct debug_image *out) MUST_CHECK;

/* The address at which the byte at `offset` of the file is executed. */
bool debug_image_address(const struct debug_image *image, u64 offset, vaddr_t *out);

/* Where the bytes of `address` stand: the rest of its segment. */
bool debug_image_find(const struct debug_image *image, vaddr_t address, struct debug_part *out);

/* The first program header of a type, and the first section of a name. */
bool debug_image_segment(const struct debug_image *image, u32 type, struct debug_part *out);
bool debug_image_section(const struct debug_image *image, const char *name, struct debug_part *out);

/* The function that `address` lies in, by .symtab and .dynsym. */
bool debug_image_function(const struct debug_image *image, vaddr_t address,
                          struct debug_symbol *out);

/* Its name, NUL-terminated and cut to `size` bytes. */
void debug_image_name(const struct debug_image *image, const struct debug_symbol *symbol, char *out,
                      size_t size);

#endif
