/* SPDX-License-Identifier: MIT */
/*
 * The kernel's memory and string functions against the C library's, over all small sizes,
 * alignments and overlaps. The kernel's are linked under the names kernel_*.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/lib/bitmap.h"
#include "kernel/lib/string.h"

void *kernel_memcpy(void *to, const void *from, size_t count);
void *kernel_memmove(void *to, const void *from, size_t count);
void *kernel_memset(void *to, int byte, size_t count);
int kernel_memcmp(const void *left, const void *right, size_t count);
size_t kernel_strlen(const char *string);
size_t kernel_strnlen(const char *string, size_t limit);
int kernel_strcmp(const char *left, const char *right);
int kernel_strncmp(const char *left, const char *right, size_t limit);
char *kernel_strchr(const char *string, int character);
char *kernel_strrchr(const char *string, int character);

#define AREA 600

static const size_t sizes[] = {0,  1,  2,  3,  4,  5,  7,  8,  9,  11, 15,  16,  17,  23, 24,
                               25, 31, 32, 33, 39, 40, 41, 63, 64, 65, 100, 127, 128, 200};

static void fill(u8 *bytes)
{
    for (size_t i = 0; i < AREA; i++)
        bytes[i] = (u8)(i * 37 + 11);
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void test_memcpy(void **state)
{
    u8 from[AREA], to[AREA], expected[AREA];

    (void)state;
    fill(from);
    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
        for (size_t shift = 0; shift < 64; shift++) {
            u8 *start = to + 100 + shift % 8;
            memset(to, 0xee, AREA);
            memset(expected, 0xee, AREA);
            memcpy(expected + 100 + shift % 8, from + shift / 8, sizes[s]);
            assert_ptr_equal(kernel_memcpy(start, from + shift / 8, sizes[s]), start);
            assert_memory_equal(to, expected, AREA);
        }
    }
}

static void test_memmove(void **state)
{
    u8 area[AREA], expected[AREA];

    (void)state;
    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
        for (int distance = -140; distance <= 140; distance++) {
            fill(area);
            fill(expected);
            memmove(expected + 200 + distance, expected + 200, sizes[s]);
            assert_ptr_equal(kernel_memmove(area + 200 + distance, area + 200, sizes[s]),
                             area + 200 + distance);
            assert_memory_equal(area, expected, AREA);
        }
    }
}

static void test_memset(void **state)
{
    u8 area[AREA], expected[AREA];

    (void)state;
    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
        for (size_t shift = 0; shift < 8; shift++) {
            fill(area);
            fill(expected);
            memset(expected + 50 + shift, 0x1a5, sizes[s]);
            assert_ptr_equal(kernel_memset(area + 50 + shift, 0x1a5, sizes[s]), area + 50 + shift);
            assert_memory_equal(area, expected, AREA);
        }
    }
}

static void test_memcmp(void **state)
{
    u8 left[AREA], right[AREA];

    (void)state;
    fill(left);
    fill(right);
    assert_int_equal(kernel_memcmp(left, right, AREA), 0);
    assert_int_equal(kernel_memcmp(left, left + 1, 0), 0);
    for (size_t at = 0; at < 80; at++) {
        right[at] ^= 0x80;
        for (size_t count = 0; count < 90; count++)
            assert_int_equal(sign(kernel_memcmp(left, right, count)),
                             sign(memcmp(left, right, count)));
        right[at] ^= 0x80;
    }
}

static void test_strings(void **state)
{
    static const char *const words[] = {"",  "a",    "ab",    "abc",   "abd",
                                        "b", "\xff", "a\xff", "abcabc"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        assert_int_equal(kernel_strlen(words[i]), strlen(words[i]));
        for (size_t limit = 0; limit < 8; limit++)
            assert_int_equal(kernel_strnlen(words[i], limit), strnlen(words[i], limit));
        for (const char *c = "abc\xffz"; *c != '\0'; c++) {
            assert_ptr_equal(kernel_strchr(words[i], *c), strchr(words[i], *c));
            assert_ptr_equal(kernel_strrchr(words[i], *c), strrchr(words[i], *c));
        }
        assert_ptr_equal(kernel_strchr(words[i], 0), words[i] + strlen(words[i]));
        assert_ptr_equal(kernel_strrchr(words[i], 0), words[i] + strlen(words[i]));
        for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
            assert_int_equal(sign(kernel_strcmp(words[i], words[k])),
                             sign(strcmp(words[i], words[k])));
            for (size_t limit = 0; limit < 8; limit++)
                assert_int_equal(sign(kernel_strncmp(words[i], words[k], limit)),
                                 sign(strncmp(words[i], words[k], limit)));
        }
    }
}

static void test_strscpy(void **state)
{
    char to[8] = "xxxxxxx";
    char *unended = malloc(4);

    (void)state;
    assert_int_equal(strscpy(to, "abc", 8), 3);
    assert_string_equal(to, "abc");
    assert_int_equal(strscpy(to, "abcdefg", 8), 7);
    assert_string_equal(to, "abcdefg");
    assert_int_equal(strscpy(to, "ABCDEFGH", 8), -E2BIG);
    assert_string_equal(to, "ABCDEFG");
    assert_int_equal(strscpy(to, "abc", 0), -E2BIG);
    assert_string_equal(to, "ABCDEFG");
    assert_int_equal(strscpy(to, "", 1), 0);
    assert_string_equal(to, "");
    memset(unended, 'y', 4);
    assert_int_equal(strscpy(to, unended, 4), -E2BIG);
    assert_string_equal(to, "yyy");
    free(unended);
}

static void test_mem_is_zero(void **state)
{
    u8 area[160] = {0};

    (void)state;
    for (size_t start = 0; start < 9; start++) {
        for (size_t at = 0; at < sizeof(area); at++) {
            area[at] = 1;
            for (size_t count = 0; count + start <= sizeof(area); count++)
                assert_int_equal(mem_is_zero(area + start, count),
                                 at < start || at >= start + count);
            area[at] = 0;
        }
    }
}

static void test_mem_find_zero(void **state)
{
    u8 area[40];

    (void)state;
    for (size_t byte = 1; byte < 256; byte++) {
        memset(area, (int)byte, sizeof(area));
        for (size_t start = 0; start < 9; start++)
            for (size_t at = start; at < sizeof(area); at++) {
                area[at] = 0;
                for (size_t count = 0; count + start <= sizeof(area); count++)
                    assert_int_equal(mem_find_zero(area + start, count), MIN(at - start, count));
                area[at] = (u8)byte;
            }
    }
}

static void test_bitmap(void **state)
{
    u64 bits[BITMAP_WORDS(150)] = {0};
    size_t index, seen = 0;

    (void)state;
    assert_int_equal(BITMAP_WORDS(150), 3);
    assert_int_equal(bitmap_next_set(bits, 150, 0), 150);
    assert_int_equal(bitmap_next_clear(bits, 150, 149), 149);
    bitmap_set(bits, 0);
    bitmap_set(bits, 63);
    bitmap_set(bits, 64);
    bitmap_set(bits, 149);
    assert_true(bitmap_test(bits, 63) && !bitmap_test(bits, 65));
    for_each_set_bit (index, bits, 150)
        seen += index;
    assert_int_equal(seen, 63 + 64 + 149);
    assert_int_equal(bitmap_next_set(bits, 149, 65), 149);
    assert_int_equal(bitmap_next_clear(bits, 150, 63), 65);
    bitmap_clear(bits, 149);
    assert_int_equal(bitmap_next_set(bits, 150, 65), 150);
    memset(bits, 0xff, sizeof(bits));
    assert_int_equal(bitmap_next_clear(bits, 150, 0), 150);
    assert_int_equal(bitmap_next_set(bits, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memcpy),      cmocka_unit_test(test_memmove),
        cmocka_unit_test(test_memset),      cmocka_unit_test(test_memcmp),
        cmocka_unit_test(test_strings),     cmocka_unit_test(test_strscpy),
        cmocka_unit_test(test_mem_is_zero), cmocka_unit_test(test_mem_find_zero),
        cmocka_unit_test(test_bitmap),
    };

    return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
