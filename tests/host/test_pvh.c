/* SPDX-License-Identifier: MIT */
/*
 * The PVH parser, fed what QEMU hands over, and what no loader should.
 *
 * The hand-over lies in a small pretended physical memory. Each request is answered by a fresh heap
 * block of exactly its size, and the block before is freed: a read too far and a pointer kept too
 * long are both reports of the address sanitizer.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/boot_fill.h"
#include "boot/pvh.h"

static struct boot_info info;

#define MEMORY_BASE 0x10000
#define MEMORY_SIZE (32 * 4096)

enum { START = 0x100, MODULES = 0x1000, COMMAND_LINE = 0x2f80, MAP = 0x8000, NAME = 0x1ff8 };

static u8 memory[MEMORY_SIZE];
static void *mapped;
static bool asked_for_zero; /* which stands for "there is none" wherever an address is expected */

static const void *map_memory(paddr_t base, size_t size)
{
    free(mapped);
    mapped = NULL;
    asked_for_zero |= base == 0;
    assert_in_range(size, 1, PVH_VIEW_MAX);
    assert_true(base + size > base);
    if (base < MEMORY_BASE || base - MEMORY_BASE > MEMORY_SIZE ||
        size > MEMORY_SIZE - (base - MEMORY_BASE))
        return NULL;
    mapped = malloc(size);
    assert_non_null(mapped);
    memcpy(mapped, memory + (base - MEMORY_BASE), size);
    return mapped;
}

static void assert_range(u32 index, paddr_t base, u64 size, u32 kind)
{
    assert_in_range(index, 0, info.memory_count - 1);
    assert_int_equal(info.memory[index].base, base);
    assert_int_equal(info.memory[index].size, size);
    assert_int_equal(info.memory[index].kind, kind);
}

static int parse_pvh_at(paddr_t start_info)
{
    struct pvh_view view = {start_info, map_memory};
    memset(&info, 0xa5, sizeof(info));
    int result = pvh_parse(&view, &info);
    free(mapped);
    mapped = NULL;
    assert_int_equal(result, info.error ? -EINVAL : 0);
    return result;
}

static int parse_pvh(void)
{
    return parse_pvh_at(MEMORY_BASE + START);
}

static void poke32(size_t at, u32 value)
{
    memcpy(memory + at, &value, 4);
}

static void poke64(size_t at, u64 value)
{
    memcpy(memory + at, &value, 8);
}

static void poke_range(u32 index, u64 base, u64 size, u32 type)
{
    size_t at = MAP + 24 * index;
    poke64(at, base);
    poke64(at + 8, size);
    poke32(at + 16, type);
}

static void poke_module(u32 index, u64 base, u64 size, u64 command_line)
{
    size_t at = MODULES + 32 * index;
    poke64(at, base);
    poke64(at + 8, size);
    poke64(at + 16, command_line);
}

/* Offsets as in struct hvm_start_info. */
static void poke_start(void)
{
    memset(memory, 0, sizeof(memory));
    poke32(START, 0x336ec578);
    poke32(START + 4, 1);
    poke32(START + 12, 1);
    poke64(START + 16, MEMORY_BASE + MODULES);
    poke64(START + 24, MEMORY_BASE + COMMAND_LINE);
    poke64(START + 32, 0xf5290);
    poke64(START + 40, MEMORY_BASE + MAP);
    poke32(START + 48, 3);
    poke_module(0, 0x7fe0000, 0x1ffff, 0);
    strcpy((char *)memory + COMMAND_LINE, "init=/bin/x quiet");
    poke_range(0, 0, 0x9fc00, 1);
    poke_range(1, 0xf0000, 0x10000, 2);
    poke_range(2, 0x100000, 0x7f00000, 1);
}

static void test_pvh(void **state)
{
    (void)state;
    poke_start();
    asked_for_zero = false;
    assert_int_equal(parse_pvh(), 0);
    assert_false(asked_for_zero);
    assert_int_equal(info.door, BOOT_DOOR_PVH);
    assert_int_equal(info.rsdp, 0xf5290);
    assert_string_equal(info.command_line, "init=/bin/x quiet");
    assert_int_equal(info.module_count, 1);
    assert_int_equal(info.modules[0].base, 0x7fe0000);
    assert_int_equal(info.modules[0].size, 0x1ffff);
    assert_string_equal(info.modules[0].name, "");
    assert_int_equal(info.memory_count, 3);
    assert_range(2, 0x100000, 0x7f00000, MEMORY_RAM);
    assert_int_equal(info.framebuffer.base, 0);
}

static void test_not_there(void **state)
{
    (void)state;
    poke_start();
    assert_int_equal(parse_pvh_at(0), -EINVAL);
    assert_int_equal(parse_pvh_at(UINT64_MAX - 3), -EINVAL);
    assert_int_equal(parse_pvh_at(MEMORY_BASE + MEMORY_SIZE - 39), -EINVAL);
    poke32(START, 0x12345678);
    assert_int_equal(parse_pvh(), -EINVAL);
    assert_int_equal(info.memory_count, 0);
}

static void test_version_0(void **state)
{
    (void)state;
    poke_start();
    poke32(START + 4, 0);
    assert_int_equal(parse_pvh(), -EINVAL);
    assert_string_equal(info.error, "PVH version 0 has no memory map");
    assert_int_equal(info.memory_count, 0);
    assert_int_equal(info.module_count, 1);
}

/* Version 0 has 40 bytes: at the very end of memory they must do, and those of version 1 not. */
static void test_reads_no_further_than_the_version_says(void **state)
{
    (void)state;
    poke_start();
    memcpy(memory + MEMORY_SIZE - 40, memory + START, 40);
    assert_int_equal(parse_pvh_at(MEMORY_BASE + MEMORY_SIZE - 40), -EINVAL);
    assert_string_equal(info.error, "the PVH start information is not there");
    poke32(MEMORY_SIZE - 40 + 4, 0);
    assert_int_equal(parse_pvh_at(MEMORY_BASE + MEMORY_SIZE - 40), -EINVAL);
    assert_string_equal(info.error, "PVH version 0 has no memory map");
}

static void test_later_version(void **state)
{
    (void)state;
    poke_start();
    poke32(START + 4, 7);
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(info.memory_count, 3);
}

static void test_memory_map(void **state)
{
    (void)state;
    poke_start();
    poke32(START + 48, 0);
    assert_int_equal(parse_pvh(), -EINVAL);
    assert_string_equal(info.error, "the boot loader told of no memory");
    poke_start();
    poke64(START + 40, UINT64_MAX - 30);
    assert_int_equal(parse_pvh(), -EINVAL);
    poke_start();
    poke64(START + 40, 0);
    assert_int_equal(parse_pvh(), -EINVAL);
}

static void test_many_ranges(void **state)
{
    (void)state;
    static const u32 counts[] = {257, 2730, 2731, 0xffffffff};
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        poke_start();
        for (u32 n = 0; n < 2700; n++)
            poke_range(n, n * 0x10000UL, 0x1000, 1);
        poke32(START + 48, counts[i]);
        assert_int_equal(parse_pvh(), 0);
        assert_int_equal(info.memory_count, BOOT_MEMORY_RANGES_MAX);
    }
}

static void test_no_modules(void **state)
{
    (void)state;
    poke_start();
    poke32(START + 12, 0);
    poke64(START + 16, 0);
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(info.module_count, 0);
    assert_int_equal(info.modules_dropped, 0);
}

static void test_modules_out_of_reach(void **state)
{
    (void)state;
    poke_start();
    poke64(START + 16, UINT64_MAX - 31);
    assert_int_equal(parse_pvh(), -EINVAL);
    assert_string_equal(info.error, "the list of modules is out of reach");
    assert_int_equal(info.memory_count, 3);
}

static void test_too_many_modules(void **state)
{
    (void)state;
    poke_start();
    for (u32 i = 0; i < 20; i++)
        poke_module(i, 0x1000 * i, 1, 0);
    poke32(START + 12, 20);
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(info.module_count, BOOT_MODULES_MAX);
    assert_int_equal(info.modules_dropped, 20 - BOOT_MODULES_MAX);
    poke32(START + 12, 0xffffffff);
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(info.modules_dropped, 0xffffffff - BOOT_MODULES_MAX);
}

static void test_odd_modules(void **state)
{
    (void)state;
    poke_start();
    poke32(START + 12, 3);
    poke_module(0, 0x200000, 0, MEMORY_BASE + NAME);
    poke_module(1, UINT64_MAX - 5, 100, UINT64_MAX);
    poke_module(2, 0x300000, 1, MEMORY_BASE + MEMORY_SIZE - 3);
    strcpy((char *)memory + NAME, "/bin/across-a-page -x");
    memcpy(memory + MEMORY_SIZE - 3, "end", 3);
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(info.module_count, 3);
    assert_int_equal(info.modules[0].size, 0);
    assert_string_equal(info.modules[0].name, "/bin/across-a-page");
    assert_int_equal(info.modules[1].size, 0);
    assert_string_equal(info.modules[1].name, "");
    assert_string_equal(info.modules[2].name, "end");
}

static void test_long_module_name(void **state)
{
    (void)state;
    poke_start();
    memset(memory + NAME, 'n', 1000);
    poke_module(0, 0x200000, 1, MEMORY_BASE + NAME);
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(strlen(info.modules[0].name), BOOT_MODULE_NAME_MAX - 1);
}

static void test_command_line(void **state)
{
    (void)state;
    poke_start();
    poke64(START + 24, 0);
    assert_int_equal(parse_pvh(), 0);
    assert_string_equal(info.command_line, "");

    poke_start();
    poke64(START + 24, 0x10);
    assert_int_equal(parse_pvh(), -EINVAL);
    assert_string_equal(info.error, "the command line is out of reach");

    poke_start();
    memset(memory + 0xa080, 'c', BOOT_COMMAND_LINE_MAX - 1);
    poke64(START + 24, MEMORY_BASE + 0xa080);
    assert_int_equal(parse_pvh(), 0);
    assert_int_equal(strlen(info.command_line), BOOT_COMMAND_LINE_MAX - 1);

    memset(memory + 0xa080, 'c', BOOT_COMMAND_LINE_MAX);
    assert_int_equal(parse_pvh(), -EINVAL);
    assert_string_equal(info.error, "the command line is too long");
    assert_int_equal(strlen(info.command_line), BOOT_COMMAND_LINE_MAX - 1);
}

/* The page after the string's NUL is not there: it must not be asked for. */
static void test_command_line_in_the_last_page(void **state)
{
    (void)state;
    poke_start();
    strcpy((char *)memory + MEMORY_SIZE - 6, "quiet");
    poke64(START + 24, MEMORY_BASE + MEMORY_SIZE - 6);
    assert_int_equal(parse_pvh(), 0);
    assert_string_equal(info.command_line, "quiet");

    memory[MEMORY_SIZE - 1] = '!'; /* no NUL */
    assert_int_equal(parse_pvh(), -EINVAL);
    assert_string_equal(info.error, "the command line is out of reach");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pvh),
        cmocka_unit_test(test_not_there),
        cmocka_unit_test(test_version_0),
        cmocka_unit_test(test_reads_no_further_than_the_version_says),
        cmocka_unit_test(test_later_version),
        cmocka_unit_test(test_memory_map),
        cmocka_unit_test(test_many_ranges),
        cmocka_unit_test(test_no_modules),
        cmocka_unit_test(test_modules_out_of_reach),
        cmocka_unit_test(test_too_many_modules),
        cmocka_unit_test(test_odd_modules),
        cmocka_unit_test(test_long_module_name),
        cmocka_unit_test(test_command_line),
        cmocka_unit_test(test_command_line_in_the_last_page),
    };
    return cmocka_run_group_tests_name("PVH", tests, NULL, NULL);
}
