/* SPDX-License-Identifier: MIT */
/*
 * The ELF checker on one small program built here: what the plan says, which relocations are handed
 * out, how errors of the source come through; then the program truncated at every byte and with
 * every byte of its headers changed, where the plan must refuse or keep its promises (image_load
 * checks them). Single lies with their phrases are in tests/corpus.
 */
#include <asm/mman.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/image.h"

#define RELATIVES 150 /* more than two batches */

/* A file with everything that the plan knows about. */
struct file {
    Elf64_Ehdr header;
    Elf64_Phdr segments[8];
    char interp[16];
    Elf64_Rela rela[RELATIVES + 2];
    u8 code[64];
    u8 padding[0x1300];
    u8 data[0x200]; /* at 0x2000 + offset within the page */
    Elf64_Dyn dynamic[8];
};

#define DATA_VADDR (0x10000 + offsetof(struct file, data))

static struct file file;
static struct elf64_plan plan;
static const char *why;

static Elf64_Phdr segment(u32 type, u32 flags, u64 offset, u64 vaddr, u64 size, u64 align)
{
    return (Elf64_Phdr){.p_type = type,
                        .p_flags = flags,
                        .p_offset = offset,
                        .p_vaddr = vaddr,
                        .p_paddr = vaddr,
                        .p_filesz = size,
                        .p_memsz = size,
                        .p_align = align};
}

static void fill_segments(void)
{
    u64 data = offsetof(struct file, data);

    file.segments[0] = segment(PT_PHDR, PF_R, 64, 64, sizeof(file.segments), 8);
    file.segments[1] = segment(PT_INTERP, PF_R, offsetof(struct file, interp), 0, 8, 1);
    file.segments[2] = segment(PT_LOAD, PF_R | PF_X, 0, 0, offsetof(struct file, padding), 0x1000);
    file.segments[3] =
        segment(PT_LOAD, PF_R | PF_W, data, DATA_VADDR, sizeof(file) - data, 0x10000);
    file.segments[3].p_memsz += 0x5000;
    file.segments[4] = segment(PT_DYNAMIC, PF_R, offsetof(struct file, dynamic),
                               0x10000 + offsetof(struct file, dynamic), sizeof(file.dynamic), 8);
    file.segments[5] = segment(PT_TLS, PF_R, data, DATA_VADDR, 16, 32);
    file.segments[5].p_memsz = 48;
    file.segments[6] = segment(PT_GNU_RELRO, PF_R, data, DATA_VADDR, 0x100, 1);
    file.segments[7] = segment(PT_GNU_STACK, PF_R | PF_W | PF_X, 0, 0, 0, 16);
    file.segments[7].p_memsz = 0x40000;
}

static void fill_tables(void)
{
    const Elf64_Dyn dynamic[8] = {
        {DT_FLAGS, {DF_TEXTREL}},
        {DT_RELACOUNT, {RELATIVES}},
        {DT_RELAENT, {24}},
        {DT_RELASZ, {sizeof(file.rela)}},
        {DT_RELA, {offsetof(struct file, rela)}},
        {DT_RELR, {0}},
        {DT_NULL, {0}},
        {DT_RELASZ, {1}}, /* behind the end */
    };

    memcpy(file.dynamic, dynamic, sizeof(dynamic));
    for (u64 i = 0; i < RELATIVES; i++)
        file.rela[i] = (Elf64_Rela){DATA_VADDR + 8 * (i % 50), R_X86_64_RELATIVE, (s64)i * 3};
    file.rela[RELATIVES] = (Elf64_Rela){0x77777777, R_X86_64_IRELATIVE, 0};
    /* A symbol number does not make it another type; and the code may be written to, too. */
    file.rela[RELATIVES + 1] = (Elf64_Rela){16, ELF64_R_INFO(5, R_X86_64_RELATIVE), -1};
}

static void fill_file(void)
{
    memset(&file, 0, sizeof(file));
    memcpy(file.header.e_ident, ELFMAG, SELFMAG);
    file.header.e_ident[EI_CLASS] = ELFCLASS64;
    file.header.e_ident[EI_DATA] = ELFDATA2LSB;
    file.header.e_ident[EI_VERSION] = EV_CURRENT;
    file.header.e_type = ET_DYN;
    file.header.e_machine = EM_X86_64;
    file.header.e_version = EV_CURRENT;
    file.header.e_entry = offsetof(struct file, code);
    file.header.e_phoff = offsetof(struct file, segments);
    file.header.e_phentsize = sizeof(Elf64_Phdr);
    file.header.e_phnum = ARRAY_SIZE(file.segments);
    strcpy(file.interp, "/lib/ld");
    fill_segments();
    fill_tables();
}

static int load(const void *bytes, size_t size)
{
    static char text[256];
    struct image image = image_copy(bytes, size);
    int error = image_load(&image, text, sizeof(text));

    image_free(&image);
    why = text;
    return error;
}

static int make_plan(void)
{
    struct image image = {.bytes = (u8 *)&file, .size = sizeof(file)};

    return image_plan(&image, &plan, &why);
}

static void test_plan(void **state)
{
    (void)state;
    fill_file();
    assert_int_equal(make_plan(), 0);
    assert_true(plan.position_independent);
    assert_int_equal(plan.entry, offsetof(struct file, code));
    assert_int_equal(plan.segment_count, 2);
    assert_int_equal(plan.segments[0].vaddr, 0);
    assert_int_equal(plan.segments[0].memsz, offsetof(struct file, padding));
    assert_int_equal(plan.segments[0].prot, PROT_READ | PROT_EXEC);
    assert_int_equal(plan.segments[1].vaddr, DATA_VADDR);
    assert_int_equal(plan.segments[1].offset, offsetof(struct file, data));
    assert_int_equal(plan.segments[1].filesz, sizeof(file) - offsetof(struct file, data));
    assert_int_equal(plan.segments[1].memsz, plan.segments[1].filesz + 0x5000);
    assert_int_equal(plan.segments[1].prot, PROT_READ | PROT_WRITE);
    assert_int_equal(plan.segments[1].align, 0x10000);
    assert_int_equal(plan.low, 0);
    assert_int_equal(plan.high, ALIGN_UP(DATA_VADDR + plan.segments[1].memsz, PAGE_SIZE));
    assert_int_equal(plan.align, 0x10000);
    assert_int_equal(plan.phdr_vaddr, 64);
    assert_int_equal(plan.phnum, 8);
    assert_int_equal(plan.phent, 56);
}

static void test_special_headers(void **state)
{
    (void)state;
    fill_file();
    assert_int_equal(make_plan(), 0);
    assert_true(plan.has_tls);
    assert_int_equal(plan.tls_vaddr, DATA_VADDR);
    assert_int_equal(plan.tls_filesz, 16);
    assert_int_equal(plan.tls_memsz, 48);
    assert_int_equal(plan.tls_align, 32);
    assert_true(plan.stack_executable);
    assert_int_equal(plan.stack_size, 0x40000);
    assert_int_equal(plan.relro_start, DATA_VADDR);
    assert_int_equal(plan.relro_size, 0x100);
    assert_true(plan.has_interp);
    assert_int_equal(plan.interp_offset, offsetof(struct file, interp));
    assert_int_equal(plan.interp_length, 8);
    assert_int_equal(plan.rela_vaddr, offsetof(struct file, rela));
    assert_int_equal(plan.rela_offset, offsetof(struct file, rela));
    assert_int_equal(plan.rela_size, sizeof(file.rela));
    assert_int_equal(plan.rela_count_relative, RELATIVES);
    assert_true(plan.has_relr);
    assert_true(plan.has_textrel);
}

static void test_nothing_special(void **state)
{
    (void)state;
    fill_file();
    file.header.e_type = ET_EXEC;
    for (size_t i = 0; i < 8; i++) {
        if (file.segments[i].p_type != PT_LOAD)
            file.segments[i].p_type = PT_NULL;
        file.segments[i].p_vaddr += 0x400000;
    }
    file.header.e_entry += 0x400000;
    assert_int_equal(make_plan(), 0);
    assert_false(plan.position_independent);
    assert_false(plan.has_tls || plan.has_interp || plan.has_relr || plan.has_textrel);
    assert_false(plan.stack_executable);
    assert_int_equal(plan.stack_size, 0);
    assert_int_equal(plan.relro_size, 0);
    assert_int_equal(plan.rela_size, 0);
    assert_int_equal(plan.low, 0x400000);
    assert_int_equal(plan.phdr_vaddr, 0x400040);
}

/* Sorted by address, whatever the order in the file; empty ones are left out. */
static void test_order(void **state)
{
    Elf64_Phdr first;

    (void)state;
    fill_file();
    first = file.segments[2];
    file.segments[2] = file.segments[3];
    file.segments[3] = first;
    file.segments[0] = segment(PT_LOAD, PF_W, 0, 0x9000, 0, 1);
    file.segments[1] = segment(PT_LOAD, PF_R, 0x1000, 0x8000, 0x10, 0);
    assert_int_equal(make_plan(), 0);
    assert_int_equal(plan.segment_count, 3);
    assert_int_equal(plan.segments[0].vaddr, 0);
    assert_int_equal(plan.segments[1].vaddr, 0x8000);
    assert_int_equal(plan.segments[1].align, 1);
    assert_int_equal(plan.segments[2].vaddr, DATA_VADDR);
}

/* AT_PHDR may point only where all of the table is mapped. */
static void test_table_not_mapped(void **state)
{
    (void)state;
    fill_file();
    file.header.e_type = ET_DYN;
    file.segments[2].p_filesz = file.segments[2].p_memsz = 64 + sizeof(file.segments) - 1;
    file.header.e_entry = 8;
    file.segments[4].p_type = PT_NULL;
    assert_int_equal(make_plan(), 0);
    assert_int_equal(plan.phdr_vaddr, 0);
    file.segments[2].p_filesz = ++file.segments[2].p_memsz;
    assert_int_equal(make_plan(), 0);
    assert_int_equal(plan.phdr_vaddr, 64);
}

struct seen {
    u64 count, sum;
    vaddr_t last;
    int stop_at;
};

static int see(void *context, vaddr_t where, u64 addend, struct elf64_window *window)
{
    struct seen *seen = context;

    window->count = 0; /* no entry goes past us */
    if (seen->stop_at != 0 && seen->count + 1 == (u64)seen->stop_at)
        return -EFAULT;
    seen->count++;
    seen->sum += addend;
    seen->last = where;
    return 0;
}

static int walk(struct seen *seen)
{
    struct image image = {.bytes = (u8 *)&file, .size = sizeof(file)};
    struct image_source source = image_source(&image);

    source.view = NULL;
    assert_int_equal(make_plan(), 0);
    return elf64_for_each_relative(&source, &plan, see, seen, &why);
}

static void test_relocations(void **state)
{
    struct seen seen = {0};

    (void)state;
    fill_file();
    assert_int_equal(walk(&seen), 0);
    assert_int_equal(seen.count, RELATIVES + 1);
    assert_int_equal(seen.sum, RELATIVES * (RELATIVES - 1) / 2 * 3 - 1);
    assert_int_equal(seen.last, 16);
    /* The last eight bytes of a segment's zeros are the last that may be written. */
    seen.count = 0;
    file.rela[RELATIVES].r_info = R_X86_64_RELATIVE;
    file.rela[RELATIVES].r_offset = plan.segments[1].vaddr + plan.segments[1].memsz - 8;
    assert_int_equal(walk(&seen), 0);
    assert_int_equal(seen.count, RELATIVES + 2);
    file.rela[RELATIVES].r_offset++;
    assert_int_equal(walk(&seen), -ENOEXEC);
    assert_string_equal(why, "a relocation points outside every segment");
}

static u64 view_shift; /* how far off alignment the viewed table is */
static u8 shifted[sizeof(file) + 8] ALIGNED(8);

static const void *view_file(const struct image_source *source, u64 offset, size_t length)
{
    (void)source;
    memcpy(shifted + view_shift, (u8 *)&file + offset, length);
    return shifted + view_shift;
}

/* The table may be read where it lies, and only if it is aligned there. */
static void test_relocations_in_place(void **state)
{
    struct image image = {.bytes = (u8 *)&file, .size = sizeof(file)};
    struct image_source source = image_source(&image);

    (void)state;
    fill_file();
    assert_int_equal(make_plan(), 0);
    source.view = view_file;
    for (view_shift = 0; view_shift < 8; view_shift += 4) {
        struct seen seen = {0};
        source.read = view_shift == 0 ? NULL : source.read;
        assert_int_equal(elf64_for_each_relative(&source, &plan, see, &seen, &why), 0);
        assert_int_equal(seen.count, RELATIVES + 1);
        assert_int_equal(seen.sum, RELATIVES * (RELATIVES - 1) / 2 * 3 - 1);
        source.read = image_source(&image).read;
    }
}

static void test_relocations_stop(void **state)
{
    struct seen seen = {.stop_at = 100};

    (void)state;
    fill_file();
    assert_int_equal(walk(&seen), -EFAULT);
    assert_int_equal(seen.count, 99);
    seen = (struct seen){0};
    file.rela[0].r_offset = DATA_VADDR - 1;
    assert_int_equal(walk(&seen), -ENOEXEC);
    assert_int_equal(seen.count, 0);
    /* No entry may slip through before there is a window, whatever its address. */
    file.dynamic[0].d_un.d_val = 0; /* no DF_TEXTREL: the code may not be written to */
    for (u64 where = 0; where < 16; where++) {
        file.rela[0].r_offset = where;
        assert_int_equal(walk(&seen), -ENOEXEC);
        file.rela[0].r_offset = DATA_VADDR - 16 + where;
        assert_int_equal(walk(&seen), -ENOEXEC);
        assert_int_equal(seen.count, 0);
    }
    file.rela[0].r_offset = ~0UL;
    assert_int_equal(walk(&seen), -ENOEXEC);
}

static void test_read_only_relocation(void **state)
{
    struct seen seen = {0};

    (void)state;
    fill_file();
    file.dynamic[0].d_un.d_val = 0; /* no DF_TEXTREL */
    assert_int_equal(walk(&seen), -ENOEXEC);
    assert_int_equal(seen.count, RELATIVES);
    file.dynamic[0].d_tag = DT_TEXTREL;
    assert_int_equal(walk(&seen), 0);
}

/* Linux's limit is 64 KiB for all program headers; here they are PT_NULLs. */
static int read_nulls(const struct image_source *source, u64 offset, void *buffer, size_t length)
{
    memset(buffer, 0, length);
    if (offset == 0)
        memcpy(buffer, source->context, length);
    return 0;
}

static void test_many_headers(void **state)
{
    struct image_source source = {.read = read_nulls, .size = 1 * MIB, .context = &file};

    (void)state;
    fill_file();
    file.header.e_phnum = 1170;
    assert_int_equal(elf64_plan(&source, &plan, &why), -ENOEXEC);
    assert_string_equal(why, "nothing to load (no PT_LOAD)");
    file.header.e_phnum = 1171;
    assert_int_equal(elf64_plan(&source, &plan, &why), -ENOEXEC);
    assert_string_equal(why, "too many program headers (1171)");
}

/* The phrases that people will meet most. */
static void test_phrases(void **state)
{
    (void)state;
    fill_file();
    assert_int_equal(load("", 0), -ENOEXEC);
    assert_string_equal(why, "not an ELF file (it is empty)");
    assert_int_equal(load("#!/bin/sh\n", 10), -ENOEXEC);
    assert_string_equal(why, "not an ELF file (a script: starts with \"#!\")");
    assert_int_equal(load("hello\n", 6), -ENOEXEC);
    assert_string_equal(why, "not an ELF file (starts with text)");
    file.header.e_ident[EI_CLASS] = ELFCLASS32;
    assert_int_equal(load(&file, sizeof(file)), -ENOEXEC);
    assert_string_equal(why, "a 32-bit program (ELF class 1), only 64-bit ones run here");
    file.header.e_ident[EI_CLASS] = ELFCLASS64;
    assert_int_equal(load(&file, 100), -ENOEXEC);
    assert_string_equal(why, "truncated: 8 program headers at offset 0x40 end beyond the file "
                             "(100 bytes)");
}

static int reads_left;

static int failing_read(const struct image_source *source, u64 offset, void *buffer, size_t length)
{
    if (reads_left-- == 0)
        return -EIO;
    memcpy(buffer, (const u8 *)source->context + offset, length);
    return 0;
}

static void test_read_errors(void **state)
{
    struct image_source source = {.read = failing_read, .size = sizeof(file), .context = &file};
    struct seen seen = {0};
    int reads = -1, error;

    (void)state;
    fill_file();
    do {
        reads_left = ++reads;
        why = NULL;
        error = elf64_plan(&source, &plan, &why);
        if (error != 0) {
            assert_int_equal(error, -EIO);
            assert_non_null(why);
        }
    } while (error != 0);
    assert_in_range(reads, 4, 10);
    for (reads = 0; reads < 3; reads++) {
        reads_left = reads;
        assert_int_equal(elf64_for_each_relative(&source, &plan, see, &seen, &why), -EIO);
    }
    reads_left = 3;
    assert_int_equal(elf64_for_each_relative(&source, &plan, see, &seen, &why), 0);
}

static void test_truncated_everywhere(void **state)
{
    (void)state;
    fill_file();
    assert_int_equal(load(&file, sizeof(file)), 0);
    for (size_t size = 0; size < sizeof(file); size++) {
        assert_int_equal(load(&file, size), -ENOEXEC);
        assert_true(strlen(why) > 10);
    }
}

/* Each byte of the headers, the dynamic table and two relocations, with telling values. */
static void test_changed_everywhere(void **state)
{
    static const u8 values[] = {0, 1, 0x7f, 0x80, 0xff, 0x10};
    size_t end = offsetof(struct file, rela) + 2 * sizeof(Elf64_Rela);
    int accepted = 0, refused = 0;
    u8 *bytes = (u8 *)&file;

    (void)state;
    fill_file();
    for (size_t at = 0; at < sizeof(file); at++) {
        if (at == end)
            at = offsetof(struct file, dynamic);
        for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
            u8 before = bytes[at];
            int error;
            bytes[at] = values[v];
            error = load(&file, sizeof(file));
            assert_true(error == 0 || error == -ENOEXEC);
            error == 0 ? accepted++ : refused++;
            bytes[at] ^= before; /* and with single bits */
            load(&file, sizeof(file));
            bytes[at] = before;
        }
    }
    print_message("%d changes accepted, %d refused\n", accepted, refused);
    assert_true(refused > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_special_headers),
        cmocka_unit_test(test_nothing_special),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_table_not_mapped),
        cmocka_unit_test(test_relocations),
        cmocka_unit_test(test_relocations_in_place),
        cmocka_unit_test(test_relocations_stop),
        cmocka_unit_test(test_read_only_relocation),
        cmocka_unit_test(test_many_headers),
        cmocka_unit_test(test_phrases),
        cmocka_unit_test(test_read_errors),
        cmocka_unit_test(test_truncated_everywhere),
        cmocka_unit_test(test_changed_everywhere),
    };

    return cmocka_run_group_tests_name("elf64", tests, NULL, NULL);
}
