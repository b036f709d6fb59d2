/* SPDX-License-Identifier: MIT */
/*
 * The formatter against the C library's snprintf: every combination of flags, width, precision,
 * length and conversion over values at the edges, then what differs from the C library on purpose.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/lib/fmt.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"

static u64 compared;

/* Both with the same arguments, into buffers of every size up to a bit more than the text. */
static void compare(const char *format, ...)
{
    char ours[128], theirs[128];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(theirs, sizeof(theirs), format, arguments);
    va_end(arguments);
    va_start(arguments, format);
    assert_int_equal(fmt_vsnprintf(ours, sizeof(ours), format, arguments), length);
    va_end(arguments);
    if (strcmp(ours, theirs) != 0)
        fail_msg("\"%s\": \"%s\" instead of \"%s\"", format, ours, theirs);
    for (int size = 0; size <= length + 1 && compared % 16 == 0; size++) {
        char *exact = malloc((size_t)size);
        va_start(arguments, format);
        assert_int_equal(fmt_vsnprintf(exact, (size_t)size, format, arguments), length);
        va_end(arguments);
        if (size > 0) {
            assert_int_equal(strlen(exact), size - 1 < length ? size - 1 : length);
            assert_memory_equal(exact, theirs, strlen(exact));
        }
        free(exact);
    }
    compared++;
}

/* Calls `use` with every flags-width-precision text. */
static void for_each_spec(void (*use)(const char *spec))
{
    static const char *const widths[] = {"", "1", "5", "23"};
    static const char *const precisions[] = {"", ".", ".0", ".1", ".4", ".25"};
    char spec[32];

    for (unsigned int flags = 0; flags < 32; flags++) {
        for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
            for (size_t p = 0; p < ARRAY_SIZE(precisions); p++) {
                snprintf(spec, sizeof(spec), "%s%s%s%s%s%s%s", flags & 1 ? "0" : "",
                         flags & 2 ? "-" : "", flags & 4 ? "+" : "", flags & 8 ? " " : "",
                         flags & 16 ? "#" : "", widths[w], precisions[p]);
                use(spec);
            }
        }
    }
}

static void compare_integers(const char *spec)
{
    static const u64 values[] = {0,          1,          9,          127,       128,
                                 255,        256,        32767,      32768,     65535,
                                 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 32, 12345678901234UL,
                                 INT64_MAX,  1UL << 63,  UINT64_MAX, 8};
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z"};
    char format[64];

    for (const char *kind = "diuxXo"; *kind != '\0'; kind++) {
        for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
            snprintf(format, sizeof(format), "<%%%s%s%c>", spec, lengths[l], *kind);
            for (size_t v = 0; v < ARRAY_SIZE(values); v++)
                compare(format, values[v]);
        }
    }
}

static void test_integers(void **state)
{
    (void)state;
    for_each_spec(compare_integers);
    print_message("%lu texts compared\n", compared);
}

static void compare_texts(const char *spec)
{
    static const char *const texts[] = {"", "x", "four", "a longer text than the precision"};
    char format[64];

    if (strpbrk(spec, "#+ ") != NULL || spec[0] == '0')
        return; /* undefined for these conversions */
    snprintf(format, sizeof(format), "%%%ss|", spec);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        compare(format, texts[i]);
    snprintf(format, sizeof(format), "%%%sc|", spec);
    compare(format, 'q');
    compare(format, 'q' + 256);
}

static void test_texts(void **state)
{
    (void)state;
    for_each_spec(compare_texts);
}

static void test_stars(void **state)
{
    (void)state;
    for (int width = -30; width <= 30; width += 3) {
        for (int precision = -5; precision <= 30; precision += 5) {
            compare("[%*.*d]", width, precision, 4711);
            compare("[%-*.*x]", width, precision, 0xbeef);
            compare("[%0*d]", width, -42);
            compare("[%.*s]", precision, "a text of some length");
            compare("[%*c]", width, 'c');
        }
    }
}

static void test_mixed(void **state)
{
    (void)state;
    compare("no conversion");
    compare("");
    compare("%%");
    compare("100%% of %s at %p is %d%c", "it", (void *)0xffffffff80001000, -1, '!');
    compare("%d %u %x %o %lx %zu %llu %hhd %hd", -1, 1u, 2u, 3u, 4ul, (size_t)5, 6ull, 7, 8);
    compare("%20p|%-20p|", (void *)0x1234, (void *)0x5678);
}

static void test_ours(void **state)
{
    char buffer[64];
    char *exact = malloc(3);

    (void)state;
    assert_int_equal(fmt_snprintf(buffer, sizeof(buffer), "%s", (char *)NULL), 6);
    assert_string_equal(buffer, "(null)");
    fmt_snprintf(buffer, sizeof(buffer), "%p", NULL);
    assert_string_equal(buffer, "0x0");
    /* Unknown conversions and a lone percent sign stand as they are, and take no argument. */
    fmt_snprintf(buffer, sizeof(buffer), "%y %d %-5.2f%", 3);
    assert_string_equal(buffer, "%y 3 %-5.2f%");
    /* %s with a precision does not look behind it. */
    memcpy(exact, "abc", 3);
    fmt_snprintf(buffer, sizeof(buffer), "%.3s", exact);
    assert_string_equal(buffer, "abc");
    free(exact);
    assert_int_equal(fmt_snprintf(NULL, 0, "%d", 12345), 5);
    assert_int_equal(fmt_snprintf(buffer, sizeof(buffer), "%*d%*d", INT_MAX, 1, INT_MAX, 1),
                     INT_MAX);
    fmt_snprintf(buffer, 5, "%*d", INT_MIN, 7);
    assert_string_equal(buffer, "7   ");
    assert_int_equal(fmt_snprintf(buffer, 5, "%99999999999999999999d", 1), INT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers), cmocka_unit_test(test_texts), cmocka_unit_test(test_stars),
        cmocka_unit_test(test_mixed),    cmocka_unit_test(test_ours),
    };

    return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
