/* SPDX-License-Identifier: MIT */
/*
 * The ELF64 checker; the contract is in elf64.h.
 *
 * Three steps: the file header, then each program header by itself (PT_LOADs are collected in
 * ascending order), then what relates headers to each other, when all segments are known: shared
 * pages, the entry point, the dynamic table and what it points to. Numbers from the file are never
 * added before it is known that the sum cannot wrap; the two helpers in_file and in_range do that
 * for all.
 *
 * Costs matter, this runs in every boot: headers are read in batches, plan->segments is not
 * cleared, and a phrase is formatted only when something is refused.
 */
#include <asm/errno.h>
#include <asm/mman.h>
#include <elf.h>
#include <linux/limits.h>
#include <stdarg.h>

#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "loader/elf64.h"

_Static_assert(sizeof(Elf64_Ehdr) == 64, "ELF64 file header");
_Static_assert(sizeof(Elf64_Phdr) == 56, "ELF64 program header");
_Static_assert(sizeof(Elf64_Dyn) == 16, "ELF64 dynamic entry");
_Static_assert(sizeof(Elf64_Rela) == 24, "ELF64 relocation with addend");

/* Linux's limit for the whole program header table (load_elf_phdrs). */
#define PHDR_TABLE_MAX 65536

#define PHDR_BATCH    8
#define DYNAMIC_BATCH 16

struct checker {
    const struct image_source *source;
    struct elf64_plan *plan;
    const char **why;
    Elf64_Ehdr header;
    bool has_dynamic;
    u64 dynamic_offset, dynamic_size; /* bytes, in the file */
};

/* What the dynamic table says about relocations. */
struct dynamic_facts {
    bool has_rela, has_size, has_entry_size;
    u64 rela, size, entry_size, relative_count;
};

static PRINTF(2, 3) int refuse(struct checker *check, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fmt_vsnprintf(check->plan->message, sizeof(check->plan->message), format, arguments);
    va_end(arguments);
    *check->why = check->plan->message;
    return -ENOEXEC;
}

static MUST_CHECK int read_part(struct checker *check, u64 offset, void *buffer, size_t length)
{
    int error = check->source->read(check->source, offset, buffer, length);

    if (error != 0)
        *check->why = "the file could not be read";
    return error;
}

/* [start, start + size) lies inside [base, base + length), whatever the four numbers are. */
static bool in_range(u64 start, u64 size, u64 base, u64 length)
{
    return start >= base && start - base <= length && size <= length - (start - base);
}

static bool in_file(const struct checker *check, u64 offset, u64 size)
{
    return in_range(offset, size, 0, check->source->size);
}

static vaddr_t page_end(const struct elf64_segment *segment)
{
    return ALIGN_UP(segment->vaddr + segment->memsz, PAGE_SIZE);
}

/* The segment whose bytes from the file include all of [vaddr, vaddr + size), or NULL. */
static const struct elf64_segment *segment_of_file_bytes(const struct elf64_plan *plan,
                                                         vaddr_t vaddr, u64 size)
{
    for (size_t i = 0; i < plan->segment_count; i++) {
        const struct elf64_segment *segment = &plan->segments[i];
        if (in_range(vaddr, size, segment->vaddr, segment->filesz))
            return segment;
    }
    return NULL;
}

/* --- the file header ------------------------------------------------------------------------- */

static bool is_text(const u8 *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool blank = bytes[i] >= '\t' && bytes[i] <= '\r';
        if (!blank && (bytes[i] < ' ' || bytes[i] > '~'))
            return false;
    }
    return true;
}

/* Names what people hand over by mistake. `count` bytes, at least 1, are not an ELF file's. */
static int refuse_magic(struct checker *check, const u8 *bytes, size_t count)
{
    if (count >= 2 && bytes[0] == '#' && bytes[1] == '!')
        return refuse(check, "not an ELF file (a script: starts with \"#!\")");
    if (is_text(bytes, count))
        return refuse(check, "not an ELF file (starts with text)");
    if (count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
        return refuse(check, "not an ELF file (compressed with gzip)");
    return refuse(check, "not an ELF file (no ELF magic at its start)");
}

/* Class and byte order come first: with others the rest of the header lies elsewhere. */
static int check_ident(struct checker *check)
{
    u8 ident[EI_NIDENT] = {0};
    size_t count = MIN(check->source->size, (u64)EI_NIDENT);
    int error;

    if (count == 0)
        return refuse(check, "not an ELF file (it is empty)");
    error = read_part(check, 0, ident, count);
    if (error != 0)
        return error;
    if (memcmp(ident, ELFMAG, MIN(count, (size_t)SELFMAG)) != 0 || count < SELFMAG)
        return refuse_magic(check, ident, count);
    if (count > EI_CLASS && ident[EI_CLASS] == ELFCLASS32)
        return refuse(check, "a 32-bit program (ELF class 1), only 64-bit ones run here");
    if (count > EI_CLASS && ident[EI_CLASS] != ELFCLASS64)
        return refuse(check, "unknown ELF class %u", ident[EI_CLASS]);
    if (count > EI_DATA && ident[EI_DATA] != ELFDATA2LSB)
        return refuse(check, "wrong byte order (ELF data encoding %u, x86-64 has 1)",
                      ident[EI_DATA]);
    if (count > EI_VERSION && ident[EI_VERSION] != EV_CURRENT)
        return refuse(check, "unknown ELF version %u in e_ident", ident[EI_VERSION]);
    return 0;
}

static int check_kind(struct checker *check)
{
    const Elf64_Ehdr *header = &check->header;

    if (header->e_machine != EM_X86_64)
        return refuse(check, "made for another machine (e_machine %u, x86-64 is %u)",
                      header->e_machine, EM_X86_64);
    if (header->e_version != EV_CURRENT)
        return refuse(check, "unknown ELF version %u", header->e_version);
    switch (header->e_type) {
    case ET_EXEC:
    case ET_DYN:
        check->plan->position_independent = header->e_type == ET_DYN;
        return 0;
    case ET_REL:
        return refuse(check, "an object file that is not linked yet (e_type 1)");
    case ET_CORE:
        return refuse(check, "a core dump, not a program (e_type 4)");
    default:
        return refuse(check, "not a program (e_type %u)", header->e_type);
    }
}

static int check_table(struct checker *check)
{
    const Elf64_Ehdr *header = &check->header;
    u64 size = (u64)header->e_phnum * sizeof(Elf64_Phdr);

    if (header->e_phnum == 0)
        return refuse(check, "no program headers (e_phnum is 0)");
    if (header->e_phnum == PN_XNUM)
        return refuse(check, "extended program header count (PN_XNUM) is not supported");
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return refuse(check, "program headers of %u bytes (e_phentsize), ELF64 has %zu",
                      header->e_phentsize, sizeof(Elf64_Phdr));
    if (size > PHDR_TABLE_MAX)
        return refuse(check, "too many program headers (%u)", header->e_phnum);
    if (!in_file(check, header->e_phoff, size))
        return refuse(
            check, "truncated: %u program headers at offset %#lx end beyond the file (%lu bytes)",
            header->e_phnum, header->e_phoff, check->source->size);
    check->plan->phnum = header->e_phnum;
    check->plan->phent = header->e_phentsize;
    check->plan->entry = header->e_entry;
    return 0;
}

static int check_header(struct checker *check)
{
    int error = check_ident(check);

    if (error != 0)
        return error;
    if (check->source->size < sizeof(Elf64_Ehdr))
        return refuse(check, "truncated: the ELF header has %zu bytes, the file %lu",
                      sizeof(Elf64_Ehdr), check->source->size);
    error = read_part(check, 0, &check->header, sizeof(check->header));
    if (error != 0)
        return error;
    error = check_kind(check);
    if (error != 0)
        return error;
    return check_table(check);
}

/* --- one program header ---------------------------------------------------------------------- */

static u32 prot_of_flags(u32 flags)
{
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
           (flags & PF_X ? PROT_EXEC : 0);
}

static int check_file_part(struct checker *check, const Elf64_Phdr *header, const char *name)
{
    if (header->p_filesz > header->p_memsz)
        return refuse(check, "%s with more bytes in the file (%#lx) than in memory (%#lx)", name,
                      header->p_filesz, header->p_memsz);
    if (header->p_filesz != 0 && !in_file(check, header->p_offset, header->p_filesz))
        return refuse(check, "truncated: %s of %#lx bytes at offset %#lx, the file has %#lx", name,
                      header->p_filesz, header->p_offset, check->source->size);
    return 0;
}

static int check_load_address(struct checker *check, const Elf64_Phdr *header)
{
    if (!in_range(header->p_vaddr, header->p_memsz, 0, ELF64_USER_LIMIT))
        return refuse(check, "segment at %#lx of %#lx bytes lies outside the user address space",
                      header->p_vaddr, header->p_memsz);
    if (!check->plan->position_independent && header->p_vaddr < ELF64_USER_LOWEST)
        return refuse(check, "segment at %#lx lies below the lowest address for programs, %#lx",
                      header->p_vaddr, ELF64_USER_LOWEST);
    if (header->p_filesz != 0 && (header->p_vaddr - header->p_offset) % PAGE_SIZE != 0)
        return refuse(check, "segment at %#lx and its file offset %#lx differ within the page",
                      header->p_vaddr, header->p_offset);
    if (header->p_align != 0 && !IS_POWER_OF_TWO(header->p_align))
        return refuse(check, "segment at %#lx: p_align %#lx is not a power of two", header->p_vaddr,
                      header->p_align);
    return 0;
}

/* Puts a segment in its place by address. The standard wants them sorted, Linux does not. */
static void insert_segment(struct elf64_plan *plan, const Elf64_Phdr *header)
{
    size_t at = plan->segment_count++;

    for (; at > 0 && plan->segments[at - 1].vaddr > header->p_vaddr; at--)
        plan->segments[at] = plan->segments[at - 1];
    plan->segments[at] = (struct elf64_segment){
        .vaddr = header->p_vaddr,
        .memsz = header->p_memsz,
        .offset = header->p_offset,
        .filesz = header->p_filesz,
        .prot = prot_of_flags(header->p_flags),
        .align = MAX(header->p_align, (u64)1),
    };
    plan->align = MAX(plan->align, header->p_align);
}

static int check_load(struct checker *check, const Elf64_Phdr *header)
{
    struct elf64_plan *plan = check->plan;
    int error = check_file_part(check, header, "segment");

    if (error != 0 || header->p_memsz == 0)
        return error;
    error = check_load_address(check, header);
    if (error != 0)
        return error;
    if (plan->segment_count == ELF64_SEGMENTS_MAX)
        return refuse(check, "more than %u segments to load", ELF64_SEGMENTS_MAX);
    insert_segment(plan, header);
    /* The table counts as mapped when one segment has all of it: AT_PHDR must not lead outside. */
    if (in_range(check->header.e_phoff, plan->phnum * sizeof(Elf64_Phdr), header->p_offset,
                 header->p_filesz))
        plan->phdr_vaddr = header->p_vaddr + (check->header.e_phoff - header->p_offset);
    return 0;
}

static int check_interp(struct checker *check, const Elf64_Phdr *header)
{
    char last;
    int error;

    if (check->plan->has_interp)
        return 0; /* Linux takes the first */
    if (header->p_filesz < 2 || header->p_filesz > PATH_MAX)
        return refuse(check, "interpreter name of %lu bytes", header->p_filesz);
    if (!in_file(check, header->p_offset, header->p_filesz))
        return refuse(check, "truncated: interpreter name at offset %#lx lies beyond the file",
                      header->p_offset);
    error = read_part(check, header->p_offset + header->p_filesz - 1, &last, 1);
    if (error != 0)
        return error;
    if (last != '\0')
        return refuse(check, "interpreter name without a final NUL");
    check->plan->has_interp = true;
    check->plan->interp_offset = header->p_offset;
    check->plan->interp_length = header->p_filesz;
    return 0;
}

static int check_tls(struct checker *check, const Elf64_Phdr *header)
{
    struct elf64_plan *plan = check->plan;
    int error = check_file_part(check, header, "PT_TLS");

    if (error != 0)
        return error;
    if (plan->has_tls)
        return refuse(check, "more than one PT_TLS");
    if (header->p_align != 0 && !IS_POWER_OF_TWO(header->p_align))
        return refuse(check, "PT_TLS: p_align %#lx is not a power of two", header->p_align);
    plan->has_tls = true;
    plan->tls_vaddr = header->p_vaddr;
    plan->tls_filesz = header->p_filesz;
    plan->tls_memsz = header->p_memsz;
    plan->tls_align = MAX(header->p_align, (u64)1);
    return 0;
}

static int check_dynamic_header(struct checker *check, const Elf64_Phdr *header)
{
    int error = check_file_part(check, header, "PT_DYNAMIC");

    if (error != 0)
        return error;
    if (check->has_dynamic)
        return refuse(check, "more than one PT_DYNAMIC");
    check->has_dynamic = true;
    check->dynamic_offset = header->p_offset;
    check->dynamic_size = header->p_filesz;
    return 0;
}

static int check_program_header(struct checker *check, const Elf64_Phdr *header)
{
    struct elf64_plan *plan = check->plan;

    switch (header->p_type) {
    case PT_LOAD:
        return check_load(check, header);
    case PT_DYNAMIC:
        return check_dynamic_header(check, header);
    case PT_INTERP:
        return check_interp(check, header);
    case PT_TLS:
        return check_tls(check, header);
    case PT_GNU_STACK:
        plan->stack_executable = (header->p_flags & PF_X) != 0;
        plan->stack_size = header->p_memsz;
        return 0;
    case PT_GNU_RELRO:
        plan->relro_start = header->p_vaddr;
        plan->relro_size = header->p_memsz;
        return 0;
    default: /* PT_NULL, PT_NOTE, PT_PHDR and others mean nothing to a loader */
        return 0;
    }
}

static int check_program_headers(struct checker *check)
{
    Elf64_Phdr batch[PHDR_BATCH];
    size_t count;
    int error;

    for (size_t done = 0; done < check->header.e_phnum; done += count) {
        count = MIN(check->header.e_phnum - done, (size_t)PHDR_BATCH);
        error = read_part(check, check->header.e_phoff + done * sizeof(Elf64_Phdr), batch,
                          count * sizeof(Elf64_Phdr));
        if (error != 0)
            return error;
        for (size_t i = 0; i < count; i++) {
            error = check_program_header(check, &batch[i]);
            if (error != 0)
                return error;
        }
    }
    return 0;
}

/* --- the headers together -------------------------------------------------------------------- */

static int check_layout(struct checker *check)
{
    struct elf64_plan *plan = check->plan;
    const struct elf64_segment *segments = plan->segments;

    if (plan->segment_count == 0)
        return refuse(check, "nothing to load (no PT_LOAD)");
    for (size_t i = 1; i < plan->segment_count; i++) {
        if (page_end(&segments[i - 1]) > ALIGN_DOWN(segments[i].vaddr, PAGE_SIZE))
            return refuse(check, "segments at %#lx and %#lx overlap or share a page",
                          segments[i - 1].vaddr, segments[i].vaddr);
    }
    plan->low = ALIGN_DOWN(segments[0].vaddr, PAGE_SIZE);
    plan->high = page_end(&segments[plan->segment_count - 1]);
    if (plan->position_independent && plan->align > ELF64_USER_LIMIT - (plan->high - plan->low))
        return refuse(check, "p_align %#lx leaves no place in the user address space", plan->align);
    return 0;
}

static int check_entry(struct checker *check)
{
    const struct elf64_segment *segment = segment_of_file_bytes(check->plan, check->plan->entry, 1);

    if (check->plan->entry == 0) /* gABI chapter 4: there is none */
        return refuse(check, "no entry point (a shared library, not a program)");
    if (segment != NULL && segment->prot & PROT_EXEC)
        return 0;
    return refuse(check, "entry point %#lx lies outside the code of the file", check->plan->entry);
}

static int check_tls_place(struct checker *check)
{
    struct elf64_plan *plan = check->plan;

    /* Without bytes in the file (.tbss alone) it takes no memory, and its address means nothing. */
    if (plan->tls_filesz != 0 &&
        segment_of_file_bytes(plan, plan->tls_vaddr, plan->tls_filesz) == NULL)
        return refuse(check, "PT_TLS at %#lx lies in no segment", plan->tls_vaddr);
    return 0;
}

static int check_relro_place(struct checker *check)
{
    const struct elf64_plan *plan = check->plan;

    if (plan->relro_size == 0)
        return 0;
    for (size_t i = 0; i < plan->segment_count; i++) {
        vaddr_t start = ALIGN_DOWN(plan->segments[i].vaddr, PAGE_SIZE);
        if (in_range(plan->relro_start, plan->relro_size, start,
                     page_end(&plan->segments[i]) - start))
            return 0;
    }
    return refuse(check, "PT_GNU_RELRO at %#lx lies in no segment", plan->relro_start);
}

/* --- the dynamic table ----------------------------------------------------------------------- */

static void note_dynamic(struct elf64_plan *plan, struct dynamic_facts *facts,
                         const Elf64_Dyn *entry)
{
    u64 value = entry->d_un.d_val;

    switch (entry->d_tag) {
    case DT_RELA:
        facts->has_rela = true;
        facts->rela = value;
        break;
    case DT_RELASZ:
        facts->has_size = true;
        facts->size = value;
        break;
    case DT_RELAENT:
        facts->has_entry_size = true;
        facts->entry_size = value;
        break;
    case DT_RELACOUNT:
        facts->relative_count = value;
        break;
    case DT_RELR:
        plan->has_relr = true;
        break;
    case DT_TEXTREL:
        plan->has_textrel = true;
        break;
    case DT_FLAGS:
        plan->has_textrel |= (value & DF_TEXTREL) != 0;
        break;
    default:
        break;
    }
}

static int read_dynamic(struct checker *check, struct dynamic_facts *facts)
{
    Elf64_Dyn batch[DYNAMIC_BATCH];
    u64 total = check->dynamic_size / sizeof(Elf64_Dyn);
    u64 count;

    for (u64 done = 0; done < total; done += count) {
        int error;
        count = MIN(total - done, (u64)DYNAMIC_BATCH);
        error = read_part(check, check->dynamic_offset + done * sizeof(Elf64_Dyn), batch,
                          count * sizeof(Elf64_Dyn));
        if (error != 0)
            return error;
        for (u64 i = 0; i < count; i++) {
            if (batch[i].d_tag == DT_NULL)
                return 0;
            note_dynamic(check->plan, facts, &batch[i]);
        }
    }
    return 0;
}

static int check_rela(struct checker *check, const struct dynamic_facts *facts)
{
    struct elf64_plan *plan = check->plan;
    const struct elf64_segment *segment;

    if (facts->has_rela != facts->has_size)
        return refuse(check, "dynamic table has only one of DT_RELA and DT_RELASZ");
    if (!facts->has_rela || facts->size == 0)
        return 0;
    if (!facts->has_entry_size || facts->entry_size != sizeof(Elf64_Rela))
        return refuse(check, "relocations of %lu bytes (DT_RELAENT), x86-64 has %zu",
                      facts->entry_size, sizeof(Elf64_Rela));
    if (facts->size % sizeof(Elf64_Rela) != 0)
        return refuse(check, "DT_RELASZ %#lx is no multiple of %zu", facts->size,
                      sizeof(Elf64_Rela));
    if (facts->relative_count > facts->size / sizeof(Elf64_Rela))
        return refuse(check, "DT_RELACOUNT %lu is larger than the table (%lu entries)",
                      facts->relative_count, facts->size / sizeof(Elf64_Rela));
    segment = segment_of_file_bytes(plan, facts->rela, facts->size);
    if (segment == NULL)
        return refuse(check, "relocation table at %#lx of %#lx bytes lies in no segment",
                      facts->rela, facts->size);
    plan->rela_vaddr = facts->rela;
    plan->rela_size = facts->size;
    plan->rela_offset = segment->offset + (facts->rela - segment->vaddr);
    plan->rela_count_relative = facts->relative_count;
    return 0;
}

static int check_dynamic(struct checker *check)
{
    struct dynamic_facts facts = {0};
    int error = read_dynamic(check, &facts);

    return error != 0 ? error : check_rela(check, &facts);
}

int elf64_plan(const struct image_source *source, struct elf64_plan *plan, const char **why)
{
    static int (*const steps[])(struct checker *) = {
        check_header,      check_program_headers, check_layout, check_tls_place,
        check_relro_place, check_dynamic,         check_entry,
    };
    struct checker check = {.source = source, .plan = plan, .why = why};

    memset(plan, 0, offsetof(struct elf64_plan, message));
    plan->align = PAGE_SIZE;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        int error = steps[i](&check);
        if (error != 0)
            return error;
    }
    return 0;
}
