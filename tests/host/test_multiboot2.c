/* SPDX-License-Identifier: MIT */
/*
 * The Multiboot2 parser, fed what GRUB hands over, and what no loader should.
 *
 * Structures are built tag by tag and parsed from a heap block of exactly their size, so that a
 * read too far is a report of the address sanitizer.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/boot_fill.h"
#include "boot/multiboot2.h"
#include "tests/host/multiboot2_building.h"

#define INFO_PHYSICAL 0x9000

static struct boot_info info;
static int parse_cut(u32 total_size, size_t mapped_size)
{
    u8 *block = malloc(mapped_size);
    assert_non_null(block);
    memcpy(building, &total_size, 4);
    memset(building + 4, 0, 4);
    memcpy(block, building, mapped_size);
    memset(&info, 0xa5, sizeof(info));
    int result = multiboot2_parse(block, mapped_size, INFO_PHYSICAL, &info);
    free(block);
    assert_int_equal(result, info.error ? -EINVAL : 0);
    return result;
}

static int parse(void)
{
    return parse_cut((u32)built, built);
}

static void assert_range(u32 index, paddr_t base, u64 size, u32 kind)
{
    assert_in_range(index, 0, info.memory_count - 1);
    assert_int_equal(info.memory[index].base, base);
    assert_int_equal(info.memory[index].size, size);
    assert_int_equal(info.memory[index].kind, kind);
}

static void test_all_tags(void **state)
{
    (void)state;
    begin();
    tag_string(1, "ring=0 quiet");
    tag_string(2, "GRUB 2.06");
    tag_module(0x200000, 0x201234, "  hello with words");
    tag_module(0x300000, 0x300000, "");
    tag(6, 16 + 4 * 24);
    put32(24);
    put32(0);
    map_entry(0, 0x9fc00, 1);
    map_entry(0xf0000, 0x10000, 2);
    map_entry(0x100000, 0x7f00000, 1);
    map_entry(0x8000000, 0x10000, 3);
    tag(8, 38);
    put64(0xfd000000);
    put32(4096);
    put32(1024);
    put32(768);
    memcpy(building + built, "\x20\x01\0\0\x10\x08\x08\x07\0\x06", 10);
    built += 10;
    tag(0, 8);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.door, BOOT_DOOR_MULTIBOOT2);
    assert_string_equal(info.command_line, "ring=0 quiet");
    assert_int_equal(info.module_count, 2);
    assert_int_equal(info.modules[0].base, 0x200000);
    assert_int_equal(info.modules[0].size, 0x1234);
    assert_string_equal(info.modules[0].name, "hello");
    assert_int_equal(info.modules[1].size, 0);
    assert_string_equal(info.modules[1].name, "");
    assert_int_equal(info.memory_count, 4);
    assert_range(0, 0, 0x9fc00, MEMORY_RAM);
    assert_range(1, 0xf0000, 0x10000, MEMORY_RESERVED);
    assert_range(2, 0x100000, 0x7f00000, MEMORY_RAM);
    assert_range(3, 0x8000000, 0x10000, MEMORY_ACPI);
    assert_int_equal(info.framebuffer.base, 0xfd000000);
    assert_int_equal(info.framebuffer.pitch, 4096);
    assert_int_equal(info.framebuffer.width, 1024);
    assert_int_equal(info.framebuffer.height, 768);
    assert_int_equal(info.framebuffer.bits_per_pixel, 32);
    assert_int_equal(info.framebuffer.red_shift, 16);
    assert_int_equal(info.framebuffer.green_bits, 7);
    assert_int_equal(info.framebuffer.blue_bits, 6);
    assert_int_equal(info.framebuffer.text_mode, 0);
}

static void test_total_size(void **state)
{
    (void)state;
    assert_int_equal(multiboot2_total_size("\x78\x56\x34\x12\0\0\0\0"), 0x12345678);
}

static void test_nothing(void **state)
{
    (void)state;
    for (size_t size = 0; size < 16; size++) {
        begin();
        tag(0, 8);
        assert_int_equal(parse_cut((u32)size, MAX(size, 8)), -EINVAL);
        assert_int_equal(info.memory_count, 0);
        assert_non_null(info.error);
    }
}

static void test_no_memory_tags(void **state)
{
    (void)state;
    begin();
    tag_string(1, "quiet");
    tag_module(0x200000, 0x201000, "x");
    tag(0, 8);
    assert_int_equal(parse(), -EINVAL);
    assert_string_equal(info.error, "the boot loader told of no memory");
    assert_int_equal(info.memory_count, 0);
    assert_int_equal(info.module_count, 1);
    assert_string_equal(info.command_line, "quiet");
}

static void put_basic_memory(void)
{
    tag(4, 16);
    put32(639);
    put32(0x7000);
}

static void test_basic_memory_is_the_last_resort(void **state)
{
    (void)state;
    begin();
    put_basic_memory();
    tag(0, 8);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, 2);
    assert_range(0, 0, 639 * 1024, MEMORY_RAM);
    assert_range(1, 0x100000, 0x1c00000, MEMORY_RAM);

    begin();
    put_basic_memory();
    tag_ram();
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, 1);
    assert_range(0, 0x100000, 0x700000, MEMORY_RAM);
}

static void efi_entry(u32 type, u64 base, u64 pages, u32 entry_size)
{
    size_t start = built;
    put32(type);
    put32(0);
    put64(base);
    put64(0);
    put64(pages);
    put64(0xf);
    while (built < start + entry_size)
        building[built++] = 0xdd;
}

static void test_efi_map(void **state)
{
    (void)state;
    begin();
    tag(17, 16 + 7 * 48);
    put32(48);
    put32(1);
    efi_entry(7, 0x100000, 0x100, 48);
    efi_entry(4, 0x200000, 0x100, 48);
    efi_entry(9, 0x300000, 2, 48);
    efi_entry(6, 0x302000, 1, 48);
    efi_entry(7, 0x400000, UINT64_MAX, 48);
    efi_entry(7, 0x400000, 1UL << 52, 48);
    efi_entry(7, 0x400000, (1UL << 52) + 1, 48);
    tag(0, 8);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, 3);
    assert_range(0, 0x100000, 0x200000, MEMORY_RAM); /* neighbours of one kind are one range */
    assert_range(1, 0x300000, 0x2000, MEMORY_ACPI);
    assert_range(2, 0x302000, 0x1000, MEMORY_RESERVED);

    tag_ram();
    memcpy(building + built - 40 - 8, "\x2a\0\0\0", 4); /* the end tag becomes an unknown one */
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, 1);
}

static void test_efi_map_with_small_entries(void **state)
{
    (void)state;
    for (u32 entry_size = 0; entry_size < 40; entry_size += 13) {
        begin();
        tag(17, 16 + 40);
        put32(entry_size);
        put32(1);
        efi_entry(7, 0x100000, 0x100, 40);
        assert_int_equal(parse(), -EINVAL);
        assert_int_equal(info.memory_count, 0);
    }
}

/* Of the second entry only the attribute, which nobody reads, is missing. */
static void test_efi_map_with_a_cut_entry(void **state)
{
    (void)state;
    begin();
    tag(17, 16 + 2 * 40 - 8);
    put32(40);
    put32(1);
    efi_entry(7, 0x100000, 0x100, 40);
    efi_entry(7, 0x400000, 0x100, 40);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, 1);
}

static void test_nothing_counts_behind_the_end_tag(void **state)
{
    (void)state;
    begin();
    tag_ram();
    tag(0, 8);
    tag_module(0x200000, 0x201000, "behind");
    assert_int_equal(parse(), 0);
    assert_int_equal(info.module_count, 0);
}

static void put_rsdp(bool is_new)
{
    tag(is_new ? 15 : 14, 8 + (is_new ? 36 : 20));
    memset(building + built, 'R', 36);
    built += is_new ? 36 : 20;
}

static void test_rsdp_prefers_the_new_one(void **state)
{
    (void)state;
    for (int new_first = 0; new_first < 2; new_first++) {
        begin();
        tag_ram();
        put_rsdp(new_first);
        size_t first = built;
        put_rsdp(!new_first);
        size_t start = new_first ? first - 36 : built - 36;
        assert_int_equal(parse(), 0);
        assert_int_equal(info.rsdp, INFO_PHYSICAL + start);
    }
    begin();
    tag_ram();
    put_rsdp(false);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.rsdp, INFO_PHYSICAL + built - 20);
}

static void test_cut_rsdp_is_no_rsdp(void **state)
{
    (void)state;
    begin();
    tag_ram();
    put_rsdp(true);
    assert_int_equal(parse_cut((u32)built - 1, built - 1), 0);
    assert_int_equal(info.rsdp, 0);
}

static void test_unknown_tags(void **state)
{
    (void)state;
    begin();
    tag(0xdeadbeef, 8);
    tag(77, 13);
    put32(1);
    building[built++] = 1;
    tag_ram();
    tag(0, 8);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, 1);
}

static void test_tag_sizes_that_lie(void **state)
{
    (void)state;
    static const u32 small[] = {0, 1, 7};
    for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
        begin();
        tag_ram();
        tag(1, small[i]);
        tag_module(0x200000, 0x201000, "not reached");
        assert_int_equal(parse(), 0);
        assert_int_equal(info.memory_count, 1);
        assert_int_equal(info.module_count, 0);
    }
    static const u32 large[] = {1000, 0x7fffffff, 0xfffffff8, 0xfffffff9, 0xffffffff};
    for (size_t i = 0; i < ARRAY_SIZE(large); i++) {
        begin();
        tag_ram();
        tag(1, large[i]);
        memcpy(building + built, "quiet", 5);
        built += 5;
        assert_int_equal(parse(), 0);
        assert_string_equal(info.command_line, "quiet");
    }
}

/* Tags of every known type, too small for what they should hold, at the very end of the block. */
static void test_tags_cut_at_every_byte(void **state)
{
    (void)state;
    for (u32 type = 1; type <= 22; type++) {
        for (u32 size = 8; size < 64; size++) {
            begin();
            tag_ram();
            tag(type, size);
            memset(building + built, 1, size - 8);
            built += size - 8;
            assert_int_equal(parse(), 0);
            assert_int_equal(parse_cut((u32)built + 400, built), 0);
        }
    }
}

static void test_structure_cut_at_every_byte(void **state)
{
    (void)state;
    begin();
    tag_module(0x200000, 0x201000, "module");
    tag_string(1, "quiet");
    put_rsdp(true);
    put_basic_memory();
    tag_ram();
    tag(0, 8);
    for (size_t size = 8; size <= built; size++) {
        parse_cut((u32)size, size);
        parse_cut((u32)built, size);
        assert_int_equal(parse_cut((u32)size, built), info.error ? -EINVAL : 0);
    }
    assert_null(info.error);
}

static void test_strings_without_nul(void **state)
{
    (void)state;
    begin();
    tag_ram();
    tag(3, 16 + 5);
    put32(0x200000);
    put32(0x200001);
    memcpy(building + built, "hello", 5);
    built += 5;
    assert_int_equal(parse(), 0);
    assert_string_equal(info.modules[0].name, "hello");

    begin();
    tag_ram();
    tag(1, 8 + 5);
    memcpy(building + built, "quiet", 5);
    built += 5;
    assert_int_equal(parse(), 0);
    assert_string_equal(info.command_line, "quiet");
}

static void put_long_command_line(size_t length)
{
    begin();
    tag_ram();
    tag(1, 8 + (u32)length + 1);
    memset(building + built, 'x', length);
    building[built + length] = '\0';
    built += length + 1;
}

static void test_command_line_length(void **state)
{
    (void)state;
    put_long_command_line(BOOT_COMMAND_LINE_MAX - 1);
    assert_int_equal(parse(), 0);
    assert_int_equal(strlen(info.command_line), BOOT_COMMAND_LINE_MAX - 1);
    put_long_command_line(BOOT_COMMAND_LINE_MAX);
    assert_int_equal(parse(), -EINVAL);
    assert_string_equal(info.error, "the command line is too long");
    assert_int_equal(strlen(info.command_line), BOOT_COMMAND_LINE_MAX - 1);
}

static void test_odd_entry_sizes(void **state)
{
    (void)state;
    static const u32 sizes[] = {20, 21, 24, 27, 40};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        begin();
        tag(6, 16 + 3 * sizes[i]);
        put32(sizes[i]);
        put32(0);
        for (u64 n = 0; n < 3; n++) {
            size_t start = built;
            put64(0x100000 * (2 * n + 1));
            put64(0x100000);
            put32(1);
            built = start + sizes[i];
        }
        assert_int_equal(parse(), 0);
        assert_int_equal(info.memory_count, 3);
        assert_range(2, 0x500000, 0x100000, MEMORY_RAM);
    }
    static const u32 bad[] = {0, 1, 19, 0xffffffff};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        begin();
        tag(6, 16 + 24);
        put32(bad[i]);
        put32(0);
        map_entry(0x100000, 0x100000, 1);
        /* One huge entry is still one entry. */
        assert_int_equal(parse(), bad[i] < 20 ? -EINVAL : 0);
        assert_int_equal(info.memory_count, bad[i] < 20 ? 0 : 1);
    }
}

static void test_impossible_ranges(void **state)
{
    (void)state;
    begin();
    tag(6, 16 + 6 * 24);
    put32(24);
    put32(0);
    map_entry(0xfffffffffffff000, 0x2000, 1);
    map_entry(0x1000, UINT64_MAX, 1);
    map_entry(0x5000, 0, 1);
    map_entry(0xfffffffffffff000, 0xfff, 2);
    map_entry((1UL << 52) - 0x1000, 0x1001, 1);
    map_entry((1UL << 52) - 0x1000, 0x1000, 1);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, 1);
    assert_range(0, (1UL << 52) - 0x1000, 0x1000, MEMORY_RAM);
}

static void test_reserved_alone_is_no_memory(void **state)
{
    (void)state;
    begin();
    tag(6, 16 + 24);
    put32(24);
    put32(0);
    map_entry(0x100000, 0x100000, 2);
    assert_int_equal(parse(), -EINVAL);
    assert_int_equal(info.memory_count, 1);
}

static void test_too_many_ranges(void **state)
{
    (void)state;
    begin();
    tag(6, 16 + 300 * 24);
    put32(24);
    put32(0);
    for (u64 i = 0; i < 300; i++)
        map_entry(0x10000 * i, 0x1000, 1);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.memory_count, BOOT_MEMORY_RANGES_MAX);
    assert_range(255, 0xff0000, 0x1000, MEMORY_RAM);
}

static void test_too_many_modules(void **state)
{
    (void)state;
    begin();
    tag_ram();
    for (u32 i = 0; i < BOOT_MODULES_MAX + 3; i++)
        tag_module(i * 0x1000, i * 0x1000 + 1, "m");
    assert_int_equal(parse(), 0);
    assert_int_equal(info.module_count, BOOT_MODULES_MAX);
    assert_int_equal(info.modules_dropped, 3);
    assert_int_equal(info.modules[BOOT_MODULES_MAX - 1].base, (BOOT_MODULES_MAX - 1) * 0x1000);
}

static void test_module_that_ends_before_it_starts(void **state)
{
    (void)state;
    begin();
    tag_ram();
    tag_module(0x300000, 0x200000, "backwards");
    assert_int_equal(parse(), 0);
    assert_int_equal(info.module_count, 1);
    assert_int_equal(info.modules[0].base, 0x300000);
    assert_int_equal(info.modules[0].size, 0);
    assert_string_equal(info.modules[0].name, "backwards");
}

static void test_long_module_name(void **state)
{
    (void)state;
    char name[BOOT_MODULE_NAME_MAX + 50];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    begin();
    tag_ram();
    tag_module(0, 1, name);
    assert_int_equal(parse(), 0);
    assert_int_equal(strlen(info.modules[0].name), BOOT_MODULE_NAME_MAX - 1);
}

static void put_framebuffer(u8 type, u32 size)
{
    begin();
    tag_ram();
    tag(8, size);
    memset(building + built, 0, size - 8);
    building[built + 2] = 0x0b; /* 0xb0000 */
    building[built + 21] = type;
    built += size - 8;
}

static void test_framebuffer_kinds(void **state)
{
    (void)state;
    put_framebuffer(2, 32);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.framebuffer.base, 0xb0000);
    assert_int_equal(info.framebuffer.text_mode, 1);
    put_framebuffer(1, 38);
    assert_int_equal(parse(), 0);
    assert_int_equal(info.framebuffer.base, 0xb0000);
    put_framebuffer(0, 60); /* a palette */
    assert_int_equal(parse(), 0);
    assert_int_equal(info.framebuffer.base, 0);
    put_framebuffer(1, 37); /* colours cut off */
    assert_int_equal(parse(), 0);
    assert_int_equal(info.framebuffer.base, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_tags),
        cmocka_unit_test(test_total_size),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_no_memory_tags),
        cmocka_unit_test(test_basic_memory_is_the_last_resort),
        cmocka_unit_test(test_efi_map),
        cmocka_unit_test(test_efi_map_with_small_entries),
        cmocka_unit_test(test_efi_map_with_a_cut_entry),
        cmocka_unit_test(test_nothing_counts_behind_the_end_tag),
        cmocka_unit_test(test_rsdp_prefers_the_new_one),
        cmocka_unit_test(test_cut_rsdp_is_no_rsdp),
        cmocka_unit_test(test_unknown_tags),
        cmocka_unit_test(test_tag_sizes_that_lie),
        cmocka_unit_test(test_tags_cut_at_every_byte),
        cmocka_unit_test(test_structure_cut_at_every_byte),
        cmocka_unit_test(test_strings_without_nul),
        cmocka_unit_test(test_command_line_length),
        cmocka_unit_test(test_odd_entry_sizes),
        cmocka_unit_test(test_impossible_ranges),
        cmocka_unit_test(test_reserved_alone_is_no_memory),
        cmocka_unit_test(test_too_many_ranges),
        cmocka_unit_test(test_too_many_modules),
        cmocka_unit_test(test_module_that_ends_before_it_starts),
        cmocka_unit_test(test_long_module_name),
        cmocka_unit_test(test_framebuffer_kinds),
    };
    return cmocka_run_group_tests_name("Multiboot2", tests, NULL, NULL);
}
