/* SPDX-License-Identifier: MIT */
/* A program file: found in the tree, looked through for `#!`, checked into a plan. */
#ifndef KERNEL_PROC_PROGRAM_H
#define KERNEL_PROC_PROGRAM_H

#include "fs/path.h"
#include "loader/elf64.h"

struct program {
    struct path path; /* of the ELF file itself; references */
    struct inode *inode;
    struct image_source source;
    struct elf64_plan plan;
};

/* Open and check an ELF file. 0; -ENOENT, -EACCES and other errors of the walk; -ENOEXEC with *why
 * (which may point into the program). */
int program_open(const struct path_context *place, const char *name, struct program *out,
                 const char **why) MUST_CHECK;
void program_close(struct program *program);

/* The bytes of a file in memory, whose object is there; `inode` has to stay. */
struct image_source program_source(struct inode *inode);

/* The first line of a script: 1 with the interpreter and its one argument (NULL when there is none)
 * in `line` (BINPRM_BUF_SIZE bytes), 0 when the file is no script, or -errno. */
#define SCRIPT_LINE_MAX 256
int program_script(const struct path_context *place, const char *name, char *line,
                   char **interpreter, char **argument) MUST_CHECK;

/* The name in PT_INTERP, NUL-terminated. 0 or -ENOEXEC. */
int program_interpreter(const struct program *program, char *out, size_t size) MUST_CHECK;

#endif
