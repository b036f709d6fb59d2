/* SPDX-License-Identifier: MIT */
/* Reading headers and symbol tables of files that may be spoiled; debug_image.h has the rules. */
#include "loader/debug_image.h"

#include <asm/errno.h>

#include "kernel/lib/string.h"

#define SEGMENTS_MAX  128
#define SECTIONS_MAX  1024
#define SYMBOLS_MAX   (1u << 20) /* of one table */
#define SYMBOLS_BATCH 32         /* read at a time: 768 bytes of stack */
#define LABEL_REACH   (4 * KIB)  /* how far behind a label without a size its code may go */
#define SECTION_NAME  16         /* bytes, enough for those that are asked for */

static bool read_at(const struct debug_image *image, u64 offset, void *out, size_t size)
{
    const struct image_source *source = image->source;
    return offset <= source->size && size <= source->size - offset &&
           source->read(source, offset, out, size) == 0;
}

int debug_image_open(const struct image_source *source, struct debug_image *out)
{
    out->source = source;
    const Elf64_Ehdr *header = &out->header;
    bool ok = read_at(out, 0, &out->header, sizeof(out->header)) &&
              memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
              header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
              header->e_machine == EM_X86_64;
    return ok ? 0 : -ENOEXEC;
}

/* Entry `index` of a table in the file. */
static bool read_entry(const struct debug_image *image, u64 table, u32 index, void *out,
                       size_t size)
{
    u64 offset;
    return !__builtin_add_overflow(table, (u64)index * size, &offset) &&
           read_at(image, offset, out, size);
}

/* ---- Program headers --------------------------------------------------------------------------*/

static bool segment_at(const struct debug_image *image, u32 index, Elf64_Phdr *out)
{
    const Elf64_Ehdr *header = &image->header;
    return index < MIN(header->e_phnum, SEGMENTS_MAX) && header->e_phentsize == sizeof(*out) &&
           read_entry(image, header->e_phoff, index, out, sizeof(*out));
}

/* Cut to what the file has. */
static struct debug_part part_of(const struct debug_image *image, u64 offset, u64 size,
                                 vaddr_t address)
{
    u64 total = image->source->size;
    u64 room = offset < total ? total - offset : 0;
    return (struct debug_part){.offset = offset, .size = MIN(size, room), .address = address};
}

bool debug_image_address(const struct debug_image *image, u64 offset, vaddr_t *out)
{
    Elf64_Phdr segment;
    for (u32 i = 0; segment_at(image, i, &segment); i++) {
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) || offset < segment.p_offset ||
            offset - segment.p_offset >= segment.p_filesz)
            continue;
        *out = segment.p_vaddr + (offset - segment.p_offset);
        return true;
    }
    return false;
}

bool debug_image_find(const struct debug_image *image, vaddr_t address, struct debug_part *out)
{
    Elf64_Phdr segment;
    for (u32 i = 0; segment_at(image, i, &segment); i++) {
        u64 inside = address - segment.p_vaddr;
        if (segment.p_type != PT_LOAD || address < segment.p_vaddr || inside >= segment.p_filesz ||
            segment.p_offset > ~0UL - inside)
            continue;
        *out = part_of(image, segment.p_offset + inside, segment.p_filesz - inside, address);
        return out->size != 0;
    }
    return false;
}

bool debug_image_segment(const struct debug_image *image, u32 type, struct debug_part *out)
{
    Elf64_Phdr segment;
    for (u32 i = 0; segment_at(image, i, &segment); i++) {
        if (segment.p_type != type)
            continue;
        *out = part_of(image, segment.p_offset, segment.p_filesz, segment.p_vaddr);
        return out->size != 0;
    }
    return false;
}

/* ---- Sections ---------------------------------------------------------------------------------*/

static bool section_at(const struct debug_image *image, u32 index, Elf64_Shdr *out)
{
    const Elf64_Ehdr *header = &image->header;
    return index < MIN(header->e_shnum, SECTIONS_MAX) && header->e_shentsize == sizeof(*out) &&
           read_entry(image, header->e_shoff, index, out, sizeof(*out));
}

/* A NUL-terminated string that begins at `offset` and in any case ends before `end`. */
static void read_string(const struct debug_image *image, u64 offset, u64 end, char *out,
                        size_t size)
{
    size_t length = offset < end ? MIN(end - offset, size - 1) : 0;
    if (!read_at(image, offset, out, length))
        length = 0;
    out[length] = '\0';
}

bool debug_image_section(const struct debug_image *image, const char *name, struct debug_part *out)
{
    Elf64_Shdr names, section;
    char found[SECTION_NAME];
    if (!section_at(image, image->header.e_shstrndx, &names))
        return false;
    struct debug_part strings = part_of(image, names.sh_offset, names.sh_size, 0);
    for (u32 i = 0; section_at(image, i, &section); i++) {
        if (section.sh_type == SHT_NOBITS || section.sh_name >= strings.size)
            continue;
        read_string(image, strings.offset + section.sh_name, strings.offset + strings.size, found,
                    sizeof(found));
        if (strcmp(found, name) != 0)
            continue;
        *out = part_of(image, section.sh_offset, section.sh_size, section.sh_addr);
        return out->size != 0;
    }
    return false;
}

/* ---- Symbols ----------------------------------------------------------------------------------*/

static bool is_code(const Elf64_Sym *symbol)
{
    u32 type = ELF64_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE &&
           (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

struct search {
    vaddr_t address;
    bool found;
    struct debug_symbol best;
};

/* Is it a better answer than what is known? One whose end is known beats a label; of two the nearer
 * one wins. */
static bool is_better(const struct search *search, const Elf64_Sym *symbol)
{
    const struct debug_symbol *best = &search->best;
    u64 distance = search->address - symbol->st_value;
    if (symbol->st_value > search->address ||
        distance >= (symbol->st_size ? symbol->st_size : LABEL_REACH))
        return false;
    if (!search->found || (best->size == 0) != (symbol->st_size == 0))
        return !search->found || best->size == 0;
    return symbol->st_value > best->start;
}

static void try_symbol(struct search *search, const Elf64_Sym *symbol,
                       const struct debug_part *names)
{
    if (!is_code(symbol) || symbol->st_name >= names->size || !is_better(search, symbol))
        return;
    search->found = true;
    search->best =
        (struct debug_symbol){symbol->st_value, symbol->st_size, names->offset + symbol->st_name,
                              names->offset + names->size};
}

static void search_table(const struct debug_image *image, const Elf64_Shdr *table,
                         struct search *search)
{
    Elf64_Shdr strings;
    Elf64_Sym batch[SYMBOLS_BATCH];
    if (table->sh_entsize != sizeof(batch[0]) || !section_at(image, table->sh_link, &strings))
        return;
    struct debug_part names = part_of(image, strings.sh_offset, strings.sh_size, 0);
    struct debug_part entries = part_of(image, table->sh_offset, table->sh_size, 0);
    u64 left = MIN(entries.size / sizeof(batch[0]), SYMBOLS_MAX);
    for (u64 offset = entries.offset; left != 0;) {
        u32 here = MIN(left, SYMBOLS_BATCH);
        if (!read_at(image, offset, batch, here * sizeof(batch[0])))
            return;
        for (u32 i = 0; i < here; i++)
            try_symbol(search, &batch[i], &names);
        offset += here * sizeof(batch[0]);
        left -= here;
    }
}

bool debug_image_function(const struct debug_image *image, vaddr_t address,
                          struct debug_symbol *out)
{
    struct search search = {.address = address};
    Elf64_Shdr section;
    for (u32 i = 0; section_at(image, i, &section); i++)
        if (section.sh_type == SHT_SYMTAB || section.sh_type == SHT_DYNSYM)
            search_table(image, &section, &search);
    *out = search.best;
    return search.found;
}

void debug_image_name(const struct debug_image *image, const struct debug_symbol *symbol, char *out,
                      size_t size)
{
    read_string(image, symbol->name, symbol->name_end, out, size);
}
