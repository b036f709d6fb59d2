/* SPDX-License-Identifier: MIT */
/* Growing text: across chunks, escaped, padded, and without memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/lib/text_builder.h"

static int blocks_left; /* how many allocations still succeed; negative: all */

static void *take(size_t size)
{
    if (blocks_left == 0)
        return NULL;
    blocks_left--;
    return malloc(size);
}

static const struct text_memory memory = {take, free};

static void expect_text(const struct text_builder *text, const char *expected)
{
    size_t length = strlen(expected);
    char *copy = malloc(length + 1);
    assert_int_equal(text->length, length);
    assert_int_equal(text_copy(text, 0, copy, length + 1), length);
    assert_memory_equal(copy, expected, length);
    free(copy);
}

static void prints_and_pads(void **state)
{
    (void)state;
    struct text_builder text;
    blocks_left = -1;
    text_init(&text, &memory);
    text_print(&text, "%d-%s", 42, "x");
    text_pad(&text, 0, 8);
    text_pad(&text, 0, 3);
    text_add_escaped(&text, "a b\\c\n", " \n");
    expect_text(&text, "42-x    a\\040b\\c\\012");
    assert_int_equal(text.error, 0);
    text_clear(&text);
    assert_int_equal(text.length, 0);
}

/* Lines that end nowhere near a chunk's end, and one that is longer than any buffer inside. */
static void crosses_chunks(void **state)
{
    (void)state;
    struct text_builder text;
    char name[1001], expected[16], got[10];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    blocks_left = -1;
    text_init(&text, &memory);
    for (int i = 0; i < 5000; i++)
        text_print(&text, "%09d\n", i);
    text_print(&text, "%s|", name);
    assert_int_equal(text.length, 5000 * 10 + sizeof(name));
    for (int i = 0; i < 5000; i++) {
        snprintf(expected, sizeof(expected), "%09d\n", i);
        assert_int_equal(text_copy(&text, (size_t)i * 10, got, sizeof(got)), 10);
        assert_memory_equal(got, expected, 10);
    }
    assert_int_equal(text_copy(&text, text.length - 1, got, sizeof(got)), 1);
    assert_int_equal(got[0], '|');
    assert_int_equal(text_copy(&text, text.length, got, sizeof(got)), 0);
    text_clear(&text);
}

/* Whichever allocation fails, what was written before stays and the error is kept. */
static void keeps_the_first_error(void **state)
{
    (void)state;
    for (int blocks = 0; blocks < 12; blocks++) {
        struct text_builder text;
        blocks_left = blocks;
        text_init(&text, &memory);
        for (int i = 0; i < 10000; i++)
            text_add_string(&text, "0123456789");
        assert_int_equal(text.error, -ENOMEM);
        size_t length = text.length;
        assert_true(length % TEXT_CHUNK == 0);
        blocks_left = -1;
        text_add_string(&text, "more");
        assert_int_equal(text.length, length);
        text_clear(&text);
        assert_int_equal(text.error, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_and_pads),
        cmocka_unit_test(crosses_chunks),
        cmocka_unit_test(keeps_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
