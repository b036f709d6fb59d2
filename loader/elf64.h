/* SPDX-License-Identifier: MIT */
/*
 * The ELF64 checker: from a file's bytes to a plan that can be trusted.
 *
 * elf64_plan looks at every field it uses and refuses what is inconsistent, so that whoever maps
 * the image (loader/image.c) never meets an address, offset or size that has not been compared with
 * the file and with the user half of the address space. The measure is Linux's fs/binfmt_elf.c:
 * what Linux runs is accepted, except where running it could only crash later (bytes beyond the end
 * of the file, an entry point outside the code, segments that share a page, a wild relocation
 * table).
 *
 * Pure: all bytes come through a callback, so that a bare boot module, a file and a test's buffer
 * look alike. Nothing is written to the image here. Names and numbers: System V gABI chapters 4
 * and 5, x86-64 psABI 4.4, constants from <elf.h>.
 */
#ifndef LOADER_ELF64_H
#define LOADER_ELF64_H

#include <elf.h>

#include "kernel/lib/types.h"

#define ELF64_SEGMENTS_MAX 64

/* First address that no user mapping may reach: Linux's TASK_SIZE with four-level tables. */
#define ELF64_USER_LIMIT  0x00007ffffffff000UL
/* Lowest address at which ET_EXEC may load: Linux's default vm.mmap_min_addr. */
#define ELF64_USER_LOWEST 0x10000UL

struct image_source {
    /* Reads exactly `length` bytes at `offset`: 0 or -errno, -EIO when the source ends before. */
    int (*read)(const struct image_source *source, u64 offset, void *buffer, size_t length);
    u64 size; /* bytes */
    const void *context;
    /* The same bytes where they are, readable for as long as the source is; NULL, also as the
     * operation: they have to be read. */
    const void *(*view)(const struct image_source *source, u64 offset, size_t length);
};

/* One PT_LOAD. Addresses are the file's own: the load bias is added by whoever maps. */
struct elf64_segment {
    vaddr_t vaddr; /* congruent to offset modulo the page size when filesz is not 0 */
    u64 memsz;     /* bytes, never 0; what lies beyond filesz is zero */
    u64 offset;    /* in the file */
    u64 filesz;    /* bytes, <= memsz, inside the file */
    u32 prot;      /* PROT_READ | PROT_WRITE | PROT_EXEC as in <asm/mman.h> */
    u64 align;     /* power of two, at least 1 */
};

struct elf64_plan {
    bool position_independent; /* ET_DYN: bias is a multiple of `align`; ET_EXEC: bias is 0 */
    vaddr_t entry;             /* inside the file's part of an executable segment */
    vaddr_t low, high;         /* all segments, rounded outwards to pages */
    u64 align;                 /* largest p_align of the segments, at least a page */
    vaddr_t phdr_vaddr;        /* for AT_PHDR; 0 when no segment holds the whole table */
    u16 phnum, phent;
    bool has_tls;
    vaddr_t tls_vaddr;
    u64 tls_filesz, tls_memsz, tls_align;
    bool stack_executable; /* PT_GNU_STACK with PF_X; without the header: no, as Linux on x86-64 */
    u64 stack_size;        /* PT_GNU_STACK's p_memsz in bytes; 0: not asked */
    vaddr_t relro_start;   /* inside one segment's pages; not rounded */
    u64 relro_size;        /* bytes; 0: none */
    bool has_interp;
    u64 interp_offset; /* in the file */
    u64 interp_length; /* bytes, the final NUL included; 2 to PATH_MAX */
    vaddr_t rela_vaddr;
    u64 rela_size;           /* bytes, a multiple of 24; 0: no DT_RELA */
    u64 rela_offset;         /* of the table in the file */
    u64 rela_count_relative; /* DT_RELACOUNT, 0 when absent; <= rela_size / 24 */
    bool has_relr;           /* DT_RELR is there: the program applies it, we must not */
    bool has_textrel;        /* DT_TEXTREL or DF_TEXTREL: relocations in read-only segments */
    size_t segment_count;
    char message[128]; /* where *why points when the phrase has numbers in it */
    /* Ascending by vaddr; no two touch the same page. */
    struct elf64_segment segments[ELF64_SEGMENTS_MAX];
};

/*
 * Fills `plan` from `source`. Returns 0; -ENOEXEC with one phrase in *why when the file cannot be
 * run (the phrase may live in plan->message); or what `read` returned. After an error nothing but
 * `message` may be used.
 */
int elf64_plan(const struct image_source *source, struct elf64_plan *plan,
               const char **why) MUST_CHECK;

/* Addresses of the file at which 8 bytes may be stored: `count` of them from `first` on. */
struct elf64_window {
    vaddr_t first;
    u64 count;
    u8 *bytes; /* where the 8 bytes of `first` are, when they are at hand */
    u64 bias;  /* to add to what is stored there */
};

/*
 * Called for an entry outside of the window: store bias + addend, 8 bytes, at bias + where.
 * *window comes with `first` and `count` of the segment that `where` lies in. Narrowed to what is at
 * hand, with bytes and bias filled, it serves the entries that follow, without a call; with a count
 * of 0 there is a call for each. 0, or -errno to stop.
 */
typedef int (*elf64_relocate_fn)(void *context, vaddr_t where, u64 addend,
                                 struct elf64_window *window);

#define ELF64_RELA_BATCH 64 /* entries read at a time; 1.5 KiB of stack */

/*
 * Applies every R_X86_64_RELATIVE of DT_RELA, by `relocate` or in the window it gave. `where` and
 * the seven bytes after it lie in one segment, writable unless plan->has_textrel. Returns 0;
 * -ENOEXEC with *why for an entry that points outside; what `read` or `relocate` returned otherwise
 * (*why is set then, too).
 *
 * Every other type needs the symbol table or runs the program's code (IRELATIVE), and belongs to
 * the program's own start-up or to its dynamic linker. Both apply the RELATIVE ones again, to the
 * same result, since the addend stands in the table and not at the target. That is what DT_RELR
 * lacks: there the addend is what the target holds, so a second round would add the bias twice. A
 * program with DT_RELR has start-up code that applies it, and we do not.
 */
int elf64_for_each_relative(const struct image_source *source, const struct elf64_plan *plan,
                            elf64_relocate_fn relocate, void *context, const char **why) MUST_CHECK;

#endif
