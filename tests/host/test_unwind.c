/* SPDX-License-Identifier: MIT */
/*
 * Unwinding and names: this very program and its C library walked up by their own tables, entries made
 * by hand for each instruction, and files with spoiled bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include "loader/unwind_internal.h"
#include "tests/host/image.h"

#define LINK_BASE 0x10000UL

/* ---- This program -----------------------------------------------------------------------------*/

static bool read_own(u64 address, u64 *out)
{
    memcpy(out, (const void *)address, sizeof(*out));
    return true;
}

static void registers_of(const ucontext_t *context, struct unwind_registers *out)
{
    static const int order[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (u32 i = 0; i < UNWIND_REGISTERS; i++)
        out->value[i] = (u64)context->uc_mcontext.gregs[order[i]];
    out->known = (1u << UNWIND_REGISTERS) - 1;
}

static struct image own;

/* The files of this process, each read when it is first met. */
static struct {
    u64 bias;
    struct image file;
} libraries[8];

/* The file and bias of an address of this process. */
static bool find_image(u64 pc, struct image_source *source, u64 *bias)
{
    Dl_info info;
    struct link_map *map;
    u32 i = 0;
    if (!dladdr1((void *)pc, &info, (void **)&map, RTLD_DL_LINKMAP))
        return false;
    *bias = map->l_addr;
    while (libraries[i].file.bytes && libraries[i].bias != *bias)
        assert_true(++i < 8);
    libraries[i].bias = *bias;
    if (!libraries[i].file.bytes)
        libraries[i].file = image_read(map->l_name[0] ? map->l_name : "/proc/self/exe");
    *source = image_source(&libraries[i].file);
    return true;
}

static char found[64][64];
static u32 depth;

static void walk(struct unwind_registers *registers)
{
    struct image_source source;
    struct debug_image image;
    struct debug_symbol symbol;
    u64 bias;
    for (depth = 0; depth < 64 && find_image(registers->value[UNWIND_RIP], &source, &bias);
         depth++) {
        vaddr_t pc = registers->value[UNWIND_RIP] - bias - (depth != 0);
        assert_int_equal(debug_image_open(&source, &image), 0);
        found[depth][0] = '\0';
        if (debug_image_function(&image, pc, &symbol))
            debug_image_name(&image, &symbol, found[depth], sizeof(found[depth]));
        assert_int_equal(unwind_step(&image, pc, read_own, registers), 0);
        if (!(registers->known >> UNWIND_RIP & 1))
            break;
    }
}

__attribute__((noinline)) static int compare(const void *left, const void *right)
{
    ucontext_t context;
    struct unwind_registers registers;
    (void)left, (void)right;
    getcontext(&context);
    registers_of(&context, &registers);
    walk(&registers);
    return 0;
}

__attribute__((noinline)) static void by_way_of_the_library(int *numbers)
{
    size_t count = 1;
    (void)lfind(numbers, numbers, &count, sizeof(*numbers), compare);
    numbers[0] = 0; /* no tail call */
}

static int position_of(const char *name)
{
    for (u32 i = 0; i <= depth && i < 64; i++)
        if (strcmp(found[i], name) == 0)
            return (int)i;
    return -1;
}

static void walks_itself(void **state)
{
    (void)state;
    int numbers[2] = {2, 1};
    by_way_of_the_library(numbers);
    assert_int_equal(position_of("compare"), 0);
    int caller = position_of("by_way_of_the_library");
    assert_true(caller > 1); /* lfind lies between */
    assert_string_equal(found[caller + 1], "walks_itself");
    assert_true(position_of("main") > caller);
    assert_string_equal(found[depth], "_start"); /* which knows that it has no caller */
}

/* ---- Entries made by hand ---------------------------------------------------------------------*/

static u64 stack_words[8] = {100, 101, 102, 103, 104, 105, 106, 107};

static bool read_stack(u64 address, u64 *out)
{
    u64 index = (address - 0x7000) / 8;
    if (address % 8 != 0 || index >= 8)
        return false;
    *out = stack_words[index];
    return true;
}

struct made {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    Elf64_Shdr sections[3];
    char names[32];
    u8 frame[160];
};

static struct unwind_registers made_registers;

/* An image whose .eh_frame has one function, 100 bytes from LINK_BASE on, with these instructions. */
static int step_by(const void *code, size_t size, u64 offset, const char *augmentation)
{
    static const u8 begin[] = {
        0x0c,      7, 8, /* DW_CFA_def_cfa rsp + 8 */
        0x80 + 16, 1,    /* DW_CFA_offset rip at cfa - 8 */
    };
    struct made made = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
                   .e_machine = EM_X86_64,
                   .e_phoff = offsetof(struct made, segment),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1,
                   .e_shoff = offsetof(struct made, sections),
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = 3,
                   .e_shstrndx = 1},
        .segment = {.p_type = PT_LOAD,
                    .p_flags = PF_R | PF_X,
                    .p_vaddr = LINK_BASE,
                    .p_filesz = sizeof(made)},
        .names = "\0.shstrtab\0.eh_frame",
    };
    made.sections[1] = (Elf64_Shdr){.sh_name = 1,
                                    .sh_type = SHT_STRTAB,
                                    .sh_offset = offsetof(struct made, names),
                                    .sh_size = sizeof(made.names)};
    made.sections[2] = (Elf64_Shdr){.sh_name = 11,
                                    .sh_type = SHT_PROGBITS,
                                    .sh_addr = LINK_BASE + offsetof(struct made, frame),
                                    .sh_offset = offsetof(struct made, frame),
                                    .sh_size = sizeof(made.frame)};
    u8 *at = made.frame + 8; /* common entry: version, augmentation, alignments, return register */
    *at++ = 1;
    at = (u8 *)stpcpy((char *)at, augmentation) + 1;
    *at++ = 1, *at++ = 0x78, *at++ = 16;
    if (augmentation[0] == 'z')
        *at++ = 0;
    memcpy(at, begin, sizeof(begin));
    at += sizeof(begin);
    u32 length = (u32)(at - made.frame - 4), own = length + 4;
    memcpy(made.frame, &length, 4);
    u64 place[2] = {LINK_BASE, 100};
    u32 back = own + 4;
    memcpy(made.frame + own + 4, &back, 4);
    memcpy(made.frame + own + 8, place, sizeof(place));
    at = made.frame + own + 8 + sizeof(place);
    if (augmentation[0] == 'z')
        *at++ = 0;
    memcpy(at, code, size);
    length = (u32)(at + size - made.frame) - own - 4;
    memcpy(made.frame + own, &length, 4);

    struct image file = image_copy(&made, sizeof(made));
    struct image_source source = image_source(&file);
    struct debug_image image;
    made_registers = (struct unwind_registers){.known = (1u << UNWIND_REGISTERS) - 1};
    for (u32 i = 0; i < UNWIND_REGISTERS; i++)
        made_registers.value[i] = 1000 + i;
    made_registers.value[UNWIND_RSP] = 0x7000;
    made_registers.value[UNWIND_RBP] = 0x7020;
    assert_int_equal(debug_image_open(&source, &image), 0);
    int error = unwind_step(&image, LINK_BASE + offset, read_stack, &made_registers);
    image_free(&file);
    return error;
}

#define STEP(offset, ...) \
    step_by((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}), offset, "")

static u64 value(u32 number)
{
    assert_true(made_registers.known >> number & 1);
    return made_registers.value[number];
}

static void rows_apply_by_address(void **state)
{
    (void)state;
    /* push rbp at 1, mov rbp, rsp at 4 */
    const u8 code[] = {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6};
    assert_int_equal(step_by(code, sizeof(code), 0, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 100);
    assert_int_equal(value(UNWIND_RSP), 0x7008);
    assert_int_equal(value(UNWIND_RBP), 0x7020);
    assert_int_equal(step_by(code, sizeof(code), 3, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 101);
    assert_int_equal(value(UNWIND_RBP), 100);
    assert_int_equal(step_by(code, sizeof(code), 4, "zS"), 0);
    assert_int_equal(value(UNWIND_RSP), 0x7030);
    assert_int_equal(value(UNWIND_RIP), 105);
    assert_int_equal(value(UNWIND_RBP), 104);
    assert_int_equal(step_by(code, sizeof(code), 100, ""), -ENOENT);
    assert_int_equal(value(UNWIND_RIP), 1016);
}

static void every_rule(void **state)
{
    (void)state;
    assert_int_equal(STEP(0, 0x07, 3, 0x09, 12, 13, 0x08, 14), 0);
    assert_false(made_registers.known >> 3 & 1); /* undefined */
    assert_int_equal(value(12), 1013);           /* in another register */
    assert_int_equal(value(14), 1014);
    assert_int_equal(STEP(0, 0x07, 16), 0); /* no caller */
    assert_false(made_registers.known >> UNWIND_RIP & 1);
    assert_int_equal(STEP(0, 0x14, 3, 2, 0x15, 12, 0x7f), 0); /* val_offset, val_offset_sf */
    assert_int_equal(value(3), 0x7008 - 16);
    assert_int_equal(value(12), 0x7008 + 8);
    assert_int_equal(STEP(0, 0x11, 3, 0x7c, 0x2e, 8, 0), 0); /* offset_extended_sf, args_size */
    assert_int_equal(value(3), 105);
    assert_int_equal(STEP(0, 0x05, 3, 1), 0); /* offset_extended */
    assert_int_equal(value(3), 100);
    assert_int_equal(STEP(0, 0x12, 7, 0x7e), 0); /* def_cfa_sf: rsp + 16 */
    assert_int_equal(value(UNWIND_RIP), 101);
    assert_int_equal(STEP(0, 0x13, 0x7d), 0); /* def_cfa_offset_sf */
    assert_int_equal(value(UNWIND_RIP), 102);
}

static void states_are_remembered(void **state)
{
    (void)state;
    const u8 code[] = {0x0a, 0x0e, 32, 0x83, 4, 0x41, 0x0b, 0x41, 0xc0 + 16, 0x06, 3};
    assert_int_equal(step_by(code, sizeof(code), 0, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 103);
    assert_int_equal(value(3), 100);
    assert_int_equal(step_by(code, sizeof(code), 1, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 100);
    assert_int_equal(value(3), 1003);
    assert_int_equal(STEP(0, 0x80 + 16, 2, 0x83, 1, 0xc0 + 16, 0x06, 3),
                     0); /* as it was at first */
    assert_int_equal(value(UNWIND_RIP), 100);
    assert_int_equal(value(3), 1003);
    assert_int_equal(STEP(0, 0x0b), -EINVAL);                         /* nothing to restore */
    assert_int_equal(STEP(0, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a), -EINVAL); /* too deep */
    const u8 set[] = {0x01, 10, 0, 1, 0, 0, 0, 0, 0, 0x0e, 16};       /* set_loc: LINK_BASE + 10 */
    assert_int_equal(step_by(set, sizeof(set), 9, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 100);
    assert_int_equal(step_by(set, sizeof(set), 10, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 101);
    const u8 far[] = {0x02, 50, 0x0e, 16, 0x03, 20, 0, 0x0e, 24, 0x04, 10, 0, 0, 0, 0x0e, 32};
    assert_int_equal(step_by(far, sizeof(far), 69, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 101);
    assert_int_equal(step_by(far, sizeof(far), 79, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 102);
    assert_int_equal(step_by(far, sizeof(far), 80, ""), 0);
    assert_int_equal(value(UNWIND_RIP), 103);
}

static void expressions_compute(void **state)
{
    (void)state;
    /* As linkers describe the procedure linkage table: rsp + 8 + ((rip & 15) >= 11) * 8. */
    const u8 plt[] = {0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
    assert_int_equal(step_by(plt, sizeof(plt), 0, ""), 0);
    assert_int_equal(value(UNWIND_RSP), 0x7008);          /* rip is 1016, & 15 = 8 */
    assert_int_equal(STEP(0, 0x10, 3, 2, 0x77, 0x18), 0); /* expression: at rsp + 24 */
    assert_int_equal(value(3), 103);
    assert_int_equal(STEP(0, 0x16, 3, 4, 0x23, 0x10, 0x12, 0x1c), 0); /* cfa + 16, dup, minus */
    assert_int_equal(value(3), 0);
    assert_int_equal(STEP(0, 0x16, 3, 6, 0x0a, 0x34, 0x12, 0x77, 0, 0x06), 0); /* ..., deref */
    assert_int_equal(value(3), 100);
    assert_int_equal(STEP(0, 0x16, 3, 3, 0x09, 0xff, 0x96), 0); /* const1s -1, nop */
    assert_int_equal(value(3), ~0UL);
    assert_int_equal(STEP(0, 0x16, 3, 2, 0x13, 0x13), -EINVAL);   /* an empty stack */
    assert_int_equal(STEP(0, 0x16, 3, 2, 0x30, 0x06), -EINVAL);   /* reads what cannot be read */
    assert_int_equal(STEP(0, 0x16, 3, 2, 0x70 + 20, 0), -EINVAL); /* no such register */
    assert_int_equal(STEP(0, 0x16, 3, 1, 0xff), -EINVAL);         /* no such operation */
    assert_int_equal(STEP(0, 0x0f, 0x90, 0x4e, 0x30), -EINVAL);   /* longer than the table */
}

static void spoiled_entries_are_refused(void **state)
{
    (void)state;
    assert_int_equal(STEP(0, 0x3f), -EINVAL);          /* no such instruction */
    assert_int_equal(STEP(0, 0x0c, 99, 8), -EINVAL);   /* no such register */
    assert_int_equal(STEP(0, 0x0e), -EINVAL);          /* cut off */
    assert_int_equal(STEP(0, 0x0e, 0x80), -EINVAL);    /* in the middle of a number */
    assert_int_equal(STEP(0, 0x0e, 0xff, 1), -EINVAL); /* the stack cannot be read there */
    assert_int_equal(value(UNWIND_RIP), 1016);         /* as they were */
    assert_int_equal(STEP(0, 0x80 + 30, 1), 0);        /* a register that we do not follow */
    assert_int_equal(step_by("", 0, 0, "eh"), -ENOENT);
}

/* A function in a function, and a label in that: of two whose ends are known the nearer one counts. */
extern const char outer_code[], inner_code[];
__asm__(".text\n"
        ".type outer_code, @function\nouter_code: nop\nnop\n"
        ".type inner_code, @function\ninner_code: nop\nlabel_in_it: nop\n.size inner_code, . - "
        "inner_code\n"
        "nop\nnop\n.size outer_code, . - outer_code\n");

static void expect_name(const struct debug_image *image, vaddr_t address, const char *expected)
{
    struct debug_symbol symbol;
    char name[64];
    assert_true(debug_image_function(image, address, &symbol));
    debug_image_name(image, &symbol, name, sizeof(name));
    assert_string_equal(name, expected);
}

/* ---- Names ------------------------------------------------------------------------------------*/

static void every_function_has_its_name(void **state)
{
    (void)state;
    struct image_source source = image_source(&own);
    struct debug_image image;
    struct debug_symbol symbol;
    char name[64];
    Dl_info info;
    struct link_map *map;
    assert_int_equal(debug_image_open(&source, &image), 0);
    assert_true(dladdr1((void *)(u64)&walks_itself, &info, (void **)&map, RTLD_DL_LINKMAP));
    vaddr_t address = (u64)&walks_itself - map->l_addr;
    assert_true(debug_image_function(&image, address, &symbol));
    assert_int_equal(symbol.start, address);
    debug_image_name(&image, &symbol, name, sizeof(name));
    assert_string_equal(name, "walks_itself");
    debug_image_name(&image, &symbol, name, 6);
    assert_string_equal(name, "walks");
    assert_true(debug_image_function(&image, address + symbol.size - 1, &symbol));
    assert_int_equal(symbol.start, address);
    expect_name(&image, (u64)outer_code - map->l_addr + 1, "outer_code");
    expect_name(&image, (u64)inner_code - map->l_addr, "inner_code");
    expect_name(&image, (u64)inner_code - map->l_addr + 1, "inner_code");
    expect_name(&image, (u64)outer_code - map->l_addr + 4, "outer_code");
    assert_false(debug_image_function(&image, 0x10, &symbol));
    struct debug_part part;
    vaddr_t again;
    assert_true(debug_image_find(&image, address, &part));
    assert_true(debug_image_address(&image, part.offset, &again));
    assert_int_equal(again, address);
    assert_false(debug_image_section(&image, ".nothing", &part));
}

/* A thousand copies of this program's headers and tables, with wrong bytes here and there. */
static void spoiled_files_do_no_harm(void **state)
{
    (void)state;
    struct image_source whole = image_source(&own);
    struct debug_image image;
    struct debug_part part;
    assert_int_equal(debug_image_open(&whole, &image), 0);
    assert_true(debug_image_segment(&image, PT_GNU_EH_FRAME, &part));
    srandom(1);
    for (u32 round = 0; round < 300; round++) {
        struct image copy = image_copy(own.bytes, own.size);
        for (u32 i = 0; i < 200; i++)
            copy.bytes[part.offset + (u64)random() % (4 * part.size) % (own.size - part.offset)] =
                (u8)random();
        for (u32 i = 0; i < round % 8; i++)
            copy.bytes[(u64)random() % 1024] = (u8)random();
        struct image_source source = image_source(&copy);
        struct unwind_registers registers = {.known = ~0u};
        struct debug_symbol symbol;
        if (debug_image_open(&source, &image) == 0) {
            for (vaddr_t pc = 0x1000; pc < 0x40000; pc += 0x1357)
                (void)!unwind_step(&image, pc, read_stack, &registers);
            (void)debug_image_function(&image, 0x2000, &symbol);
        }
        image_free(&copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_itself),
        cmocka_unit_test(rows_apply_by_address),
        cmocka_unit_test(every_rule),
        cmocka_unit_test(states_are_remembered),
        cmocka_unit_test(expressions_compute),
        cmocka_unit_test(spoiled_entries_are_refused),
        cmocka_unit_test(every_function_has_its_name),
        cmocka_unit_test(spoiled_files_do_no_harm),
    };
    own = image_read("/proc/self/exe");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    image_free(&own);
    for (u32 i = 0; i < 8; i++)
        image_free(&libraries[i].file);
    return failed;
}
