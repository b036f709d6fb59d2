/* SPDX-License-Identifier: MIT */
/*
 * From an address of the program to the file that is mapped there: for the report of a crash.
 *
 * A few files are kept open in a table, with references, so that the program may unmap them meanwhile.
 */
#ifndef KERNEL_PROC_CODE_FILE_H
#define KERNEL_PROC_CODE_FILE_H

#include <linux/limits.h>

#include "fs/path.h"
#include "loader/debug_image.h"
#include "mm/aspace.h"

#define CODE_FILES_MAX 16

struct code_file {
    struct vm_object *object;
    struct path path; /* mount is NULL: the vDSO */
    struct image_source source;
    struct debug_image image; /* source is NULL: no ELF file */
};

struct code_files {
    u32 count;
    struct code_file files[CODE_FILES_MAX];
    char name[PATH_MAX]; /* room for code_file_name */
};

/* A mapping as it was when it was asked for. */
struct code_place {
    vaddr_t start, end;
    u64 offset; /* of the address in the file */
    u32 prot;
    bool shared;
    struct code_file *file; /* NULL: none, or none of those that fit into the table */
    const char *special;    /* "[stack]", "[heap]", "[vdso]"; NULL: nothing special */
};

enum code_search { CODE_AT, CODE_BELOW, CODE_ABOVE };

/* The mapping of the running process at `address`; or the nearest one below or above it. */
bool code_files_find(struct code_files *files, vaddr_t address, enum code_search how,
                     struct code_place *out);

/* The file's absolute name, which is there until the next call; "" when there is none. */
const char *code_file_name(struct code_files *files, const struct code_file *file);

/* Let go of all files. */
void code_files_close(struct code_files *files);

#endif
