/* SPDX-License-Identifier: MIT */
/*
 * The terminal's screen: bytes in, cells out.
 *
 * A screen of 5 rows and 10 columns, unless a test says otherwise. What it shows is compared as
 * rows of text, with dots for blank cells.
 */
#define _XOPEN_SOURCE 700
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "kernel/dev/vt_internal.h"

#define ROWS    5
#define COLUMNS 10

static struct vt vt;
static u32 cells[VT_COLUMNS_MAX * 8];
static u16 lines[VT_ROWS_MAX];
static u8 dirty[VT_ROWS_MAX];

static void start(void)
{
    vt_init(&vt, ROWS, COLUMNS, cells, lines, dirty);
}

static void put(const char *text)
{
    vt_write(&vt, (const u8 *)text, strlen(text));
}

/* From a clean screen. */
static void begin(const char *text)
{
    start();
    put(text);
}

static void row_is(u32 row, const char *expected)
{
    char shown[COLUMNS + 1] = {0};
    for (u32 x = 0; x < COLUMNS; x++) {
        u32 code = vt_line(&vt, row)[x] & VT_CODE;
        shown[x] = code == ' ' ? '.' : code < 0x7f ? (char)code : '?';
    }
    assert_string_equal(shown, expected);
}

static void shows(const char *a, const char *b, const char *c, const char *d, const char *e)
{
    row_is(0, a);
    row_is(1, b);
    row_is(2, c);
    row_is(3, d);
    row_is(4, e);
}

static void cursor_is(u32 y, u32 x)
{
    assert_int_equal(vt.y, y);
    assert_int_equal(vt.x, x);
}

static u32 cell(u32 y, u32 x)
{
    return vt_line(&vt, y)[x];
}

static void colours_are(u32 y, u32 x, u32 foreground, u32 background)
{
    assert_int_equal(vt_foreground(cell(y, x)), foreground);
    assert_int_equal(vt_background(cell(y, x)), background);
}

static void answers(const char *question, const char *expected)
{
    u8 bytes[VT_ANSWER_MAX + 1] = {0};
    put(question);
    bytes[vt_take_answer(&vt, bytes)] = 0;
    assert_string_equal((char *)bytes, expected);
}

/* ---- Text -------------------------------------------------------------------------------------*/

static void test_text(void **state)
{
    (void)state;
    begin("one\r\ntwo\nthree\rT");
    shows("one.......", "two.......", "T..three..", "..........", "..........");
    cursor_is(2, 1);
}

/* The last column does not wrap until the next character, and a move forgets it. */
static void test_wrap(void **state)
{
    (void)state;
    begin("0123456789");
    cursor_is(0, 9);
    put("A");
    shows("0123456789", "A.........", "..........", "..........", "..........");
    begin("0123456789\r\nA");
    shows("0123456789", "A.........", "..........", "..........", "..........");
    begin("0123456789\bX");
    row_is(0, "01234567X9");
    begin("0123456789\033[KX");
    row_is(0, "012345678X");
    begin("0123456789\033[2;1HB");
    shows("0123456789", "B.........", "..........", "..........", "..........");
    begin("\033[?7l0123456789AB");
    shows("012345678B", "..........", "..........", "..........", "..........");
}

static void test_scrolling(void **state)
{
    (void)state;
    begin("1\r\n2\r\n3\r\n4\r\n5\r\n6");
    shows("2.........", "3.........", "4.........", "5.........", "6.........");
    put("\033[H\033M\033M");
    shows("..........", "..........", "2.........", "3.........", "4.........");
    cursor_is(0, 0);
}

static void test_region(void **state)
{
    (void)state;
    begin("1\r\n2\r\n3\r\n4\r\n5\033[2;4r");
    cursor_is(0, 0);
    put("\033[4;1H\nx");
    shows("1.........", "3.........", "4.........", "x.........", "5.........");
    put("\033[5;1H\n\n");
    shows("1.........", "3.........", "4.........", "x.........", "5.........");
    put("\033[2;1H\033M");
    shows("1.........", "..........", "3.........", "4.........", "5.........");
    put("\033[3;2r\033[9;9r\033[1;6r"); /* none of these is one */
    assert_int_equal(vt.top, 1);
    put("\033[r");
    assert_int_equal(vt.bottom, ROWS);
}

static void test_tabs(void **state)
{
    (void)state;
    begin("a\tb\tc");
    row_is(0, "a.......bc");
    begin("\033[3g\033[4G\033H\ra\tb\tc");
    row_is(0, "a..b.....c");
    begin("\033[9G\033[g\ra\tb");
    row_is(0, "a........b");
}

/* ---- Moves ------------------------------------------------------------------------------------*/

static void test_moves(void **state)
{
    (void)state;
    begin("\033[3;5H");
    cursor_is(2, 4);
    put("\033[A");
    cursor_is(1, 4);
    put("\033[2B\033[3D");
    cursor_is(3, 1);
    put("\033[C\033[99C");
    cursor_is(3, 9);
    put("\033[99A\033[7G");
    cursor_is(0, 6);
    put("\033[99;99H");
    cursor_is(4, 9);
    put("\033[2d\033[`");
    cursor_is(1, 0);
    put("\033[5C\033[E");
    cursor_is(2, 0);
    put("\033[5C\033[2F");
    cursor_is(0, 0);
    put("\033[99999999999999999999B");
    cursor_is(4, 0);
    put("\033[H\033[4294967297B"); /* one more than 32 bits hold */
    cursor_is(4, 0);
    put("\033[0;0H");
    cursor_is(0, 0);
}

static void test_origin(void **state)
{
    (void)state;
    begin("\033[2;4r\033[?6h");
    cursor_is(1, 0);
    put("\033[9;3H");
    cursor_is(3, 2);
    answers("\033[6n", "\033[3;3R");
    put("\033[99A");
    cursor_is(1, 2);
    put("\033[99B");
    cursor_is(3, 2);
    put("\033[?6l");
    cursor_is(0, 0);
}

static void test_save(void **state)
{
    (void)state;
    begin("\033[3;4H\033[31;1m\0337\033[H\033[m\0338x");
    assert_int_equal(cell(2, 3) & VT_CODE, 'x');
    colours_are(2, 3, 9, 0);
    begin("\033[2;2H\033[s\033[H\033[ux");
    row_is(1, ".x........");
}

/* ---- Editing ----------------------------------------------------------------------------------*/

static void fill(void)
{
    begin("aaaaaaaaaa\r\nbbbbbbbbbb\r\ncccccccccc\r\ndddddddddd\r\neeeeeeeeee");
}

static void test_erase(void **state)
{
    (void)state;
    fill();
    put("\033[3;5H\033[K");
    row_is(2, "cccc......");
    fill();
    put("\033[3;5H\033[1K");
    row_is(2, ".....ccccc");
    fill();
    put("\033[3;5H\033[2K");
    row_is(2, "..........");
    fill();
    put("\033[3;5H\033[J");
    shows("aaaaaaaaaa", "bbbbbbbbbb", "cccc......", "..........", "..........");
    fill();
    put("\033[3;5H\033[1J");
    shows("..........", "..........", ".....ccccc", "dddddddddd", "eeeeeeeeee");
    put("\033[2J");
    shows("..........", "..........", "..........", "..........", "..........");
    cursor_is(2, 4);
    fill();
    put("\033[3;5H\033[3X");
    row_is(2, "cccc...ccc");
    put("\033[99X");
    row_is(2, "cccc......");
    row_is(3, "dddddddddd");
}

static void test_lines(void **state)
{
    (void)state;
    fill();
    put("\033[2;5H\033[2L");
    shows("aaaaaaaaaa", "..........", "..........", "bbbbbbbbbb", "cccccccccc");
    fill();
    put("\033[2;5H\033[M");
    shows("aaaaaaaaaa", "cccccccccc", "dddddddddd", "eeeeeeeeee", "..........");
    fill();
    put("\033[2;4r\033[2;1H\033[99M");
    shows("aaaaaaaaaa", "..........", "..........", "..........", "eeeeeeeeee");
    fill();
    put("\033[2;4r\033[5;1H\033[L"); /* outside */
    row_is(4, "eeeeeeeeee");
    put("\033[H\033[L\033[M\033[2M");
    shows("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddddddddd", "eeeeeeeeee");
}

static void test_characters(void **state)
{
    (void)state;
    begin("0123456789\033[1;4H\033[2@");
    row_is(0, "012..34567");
    put("\033[P");
    row_is(0, "012.34567.");
    put("\033[99P");
    row_is(0, "012.......");
    begin("0123456789\033[1;4H\033[4hxy\033[4lz");
    row_is(0, "012xyz4567");
    begin("0123456789\033[1;4H\033[99@");
    row_is(0, "012.......");
}

static void test_adjustment(void **state)
{
    (void)state;
    begin("\033#8");
    shows("EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE");
}

/* ---- Colours ----------------------------------------------------------------------------------*/

static void test_colours(void **state)
{
    (void)state;
    begin("\033[31mr\033[42mg\033[1mb\033[22mn\033[0mz\033[7mi\033[27;4mu\033[24;94;103mB");
    colours_are(0, 0, 1, 0);
    colours_are(0, 1, 1, 2);
    colours_are(0, 2, 9, 2);
    colours_are(0, 3, 1, 2);
    colours_are(0, 4, 7, 0);
    colours_are(0, 5, 0, 7);
    assert_int_equal(cell(0, 6) & VT_UNDERLINE, VT_UNDERLINE);
    assert_int_equal(cell(0, 5) & VT_UNDERLINE, 0);
    colours_are(0, 7, 12, 11);
    begin("\033[31;44m\033[39mf\033[49mb\033[2md\033[22;3mi\033[23mn");
    colours_are(0, 0, 7, 4);
    colours_are(0, 1, 7, 0);
    colours_are(0, 2, 8, 0);
    colours_are(0, 3, 2, 0);
    colours_are(0, 4, 7, 0);
}

/* 256 colours and true colours, and what stands behind them. */
static void test_many_colours(void **state)
{
    (void)state;
    begin("\033[38;5;9ma\033[48;5;4mb\033[38;5;196mc\033[38;5;22md\033[48;5;255;1me");
    colours_are(0, 0, 9, 0);
    colours_are(0, 1, 9, 4);
    colours_are(0, 2, 9, 4);
    colours_are(0, 3, 2, 4);
    colours_are(0, 4, 10, 7);
    begin(
        "\033[38;2;255;255;0ma\033[38;2;40;40;40mb\033[48;2;0;0;200;31mc\033[38;5md\033[38;9;4me");
    colours_are(0, 0, 11, 0);
    colours_are(0, 1, 8, 0);
    colours_are(0, 2, 1, 4);
    colours_are(0, 3, 1, 4);
    colours_are(0, 4, 1, 4);
}

/* Erased cells take the background [terminfo: bce]. */
static void test_erased_colour(void **state)
{
    (void)state;
    begin("\033[44m\033[K\033[2;1H\033[7mx\033[K");
    colours_are(0, 9, 7, 4);
    colours_are(1, 0, 4, 7);
    colours_are(1, 9, 7, 4);
    begin("\033[41m\033[5;1H\n");
    colours_are(4, 5, 7, 1);
}

/* ---- Characters of other kinds ----------------------------------------------------------------*/

static void test_utf8(void **state)
{
    (void)state;
    begin("\303\244\342\202\254\360\220\214\210"); /* U+00E4 U+20AC U+10308 */
    assert_int_equal(cell(0, 0) & VT_CODE, 0xe4);
    assert_int_equal(cell(0, 1) & VT_CODE, 0x20ac);
    assert_int_equal(cell(0, 2) & VT_CODE, 0x10308);
    cursor_is(0, 3);
    put("\033%@\344\033%G\303\244");
    assert_int_equal(cell(0, 3) & VT_CODE, 0xe4);
    assert_int_equal(cell(0, 4) & VT_CODE, 0xe4);
}

static void test_broken_utf8(void **state)
{
    static const struct {
        const char *bytes, *shown;
    } cases[] = {
        {"\200x", "?x........"},                /* a second byte alone */
        {"\303x", "?x........"},                /* cut off */
        {"\300\257", "?........."},             /* longer than need be */
        {"\340\200\257", "?........."},         /* the same */
        {"\355\240\200", "?........."},         /* half of a pair */
        {"\364\220\200\200", "?........."},     /* beyond the end */
        {"\377\376", "??........"},             /* no byte of UTF-8's */
        {"\342\202\342\202\254", "??........"}, /* cut off by another */
        {"\303\033[31mx", "?x........"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        begin(cases[i].bytes);
        row_is(0, cases[i].shown);
        assert_int_equal(cell(0, 0) & VT_CODE, 0xfffd);
    }
}

static void test_widths(void **state)
{
    (void)state;
    begin("e\314\201x\342\200\213y"); /* an accent that combines, a space of no width */
    row_is(0, "exy.......");
    begin("\344\270\255x"); /* U+4E2D */
    row_is(0, "?.x.......");
    cursor_is(0, 3);
    begin("012345678\344\270\255x"); /* does not fit into the last column */
    shows("012345678.", "?.x.......", "..........", "..........", "..........");
}

/* What the C library says, but for the marks of rarer scripts. */
static void test_all_widths(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    for (u32 code = 0xa0; code < 0x40000; code++) {
        int expected = wcwidth((wchar_t)code);
        if (expected > 0 || (expected == 0 && code < 0x590))
            assert_int_equal(vt_width(code), expected);
    }
}

static void test_line_drawing(void **state)
{
    (void)state;
    begin("\033(0lqk\033(Bl\016x\017x");
    assert_int_equal(cell(0, 0) & VT_CODE, 0x250c);
    assert_int_equal(cell(0, 1) & VT_CODE, 0x2500);
    assert_int_equal(cell(0, 2) & VT_CODE, 0x2510);
    assert_int_equal(cell(0, 3) & VT_CODE, 'l');
    assert_int_equal(cell(0, 4) & VT_CODE, 0x2502);
    assert_int_equal(cell(0, 5) & VT_CODE, 'x');
}

/* ---- The rest ---------------------------------------------------------------------------------*/

static void test_answers(void **state)
{
    (void)state;
    begin("\033[3;4H");
    answers("\033[6n", "\033[3;4R");
    answers("\033[5n", "\033[0n");
    answers("\033[c", "\033[?6c");
    answers("\033Z", "\033[?6c");
    answers("\033[>c\033[?6n\033[1c", "");
    for (int i = 0; i < 100; i++)
        put("\033[5n"); /* nobody listens: as many as there is room for */
    u8 bytes[VT_ANSWER_MAX];
    assert_int_equal(vt_take_answer(&vt, bytes), VT_ANSWER_MAX);
    assert_int_equal(vt_take_answer(&vt, bytes), 0);
}

static void test_modes(void **state)
{
    (void)state;
    begin("\033[?1;25l");
    assert_false(vt.application_cursor || vt.cursor_visible);
    put("\033[?1h\033[?25h\033=\033[20h");
    assert_true(vt.application_cursor && vt.cursor_visible && vt.application_keypad);
    put("\033[4;1Hab\ncd");
    row_is(4, "cd........");
    put("\033[?5h");
    assert_true(vt.inverted);
    put("\033c");
    assert_false(vt.application_cursor || vt.application_keypad || vt.newline || vt.inverted);
    shows("..........", "..........", "..........", "..........", "..........");
}

/* Sequences that mean nothing here leave nothing behind. */
static void test_swallowed(void **state)
{
    static const char *const sequences[] = {
        "\033]P0aabbcc",
        "\033]R",
        "\033]0;a title\a",
        "\033]0;a title\033\\",
        "\033Pq#0;2;0\033\\",
        "\033_apc\033\\",
        "\033^pm\a",
        "\033[?1049h",
        "\033[?2004h",
        "\033[>4;2m",
        "\033[[A",
        "\033[1;2;3:4m",
        "\033[10;440]",
        "\033[?1c",
        "\033[?8c",
        "\033[2 q",
        "\033[!p",
        "\033[\x18",
        "\033\x1a",
        "\033(B",
        "\033)0",
        "\033#3",
        "\033%G",
        "\a",
        "\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1m",
        "\033[0m",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
        begin(sequences[i]);
        put("ok");
        shows("ok........", "..........", "..........", "..........", "..........");
    }
}

/* A control character inside of a sequence is carried out, and the sequence goes on. */
static void test_control_inside(void **state)
{
    (void)state;
    begin("ab\033[3\r;4Hx");
    row_is(2, "...x......");
}

static void test_plain(void **state)
{
    (void)state;
    begin("\033[31;44mab\033[4h\033[3");
    vt_write_plain(&vt, "log\nx", 5);
    shows("ablog.....", "x.........", "..........", "..........", "..........");
    colours_are(0, 2, 7, 0);
    put("2mc"); /* the sequence was not disturbed */
    row_is(1, "xc........");
    colours_are(1, 1, 2, 4);
}

static void test_dirty(void **state)
{
    (void)state;
    begin("");
    memset(dirty, 0, sizeof(dirty));
    put("x\r\n\nz");
    assert_true(dirty[0] && !dirty[1] && dirty[2] && !dirty[3]);
    memset(dirty, 0, sizeof(dirty));
    put("\033[2;4r\033[4;1H\n");
    assert_true(!dirty[0] && dirty[1] && dirty[2] && dirty[3] && !dirty[4]);
}

/* The smallest and the largest. */
static void test_sizes(void **state)
{
    (void)state;
    vt_init(&vt, 1, 1, cells, lines, dirty);
    put("ab\344\270\255\n\033M\033[L\033[M\033[@\033[P\033[5X\tc\033[6n\033[2J");
    cursor_is(0, 0);
    vt_init(&vt, 8, VT_COLUMNS_MAX, cells, lines, dirty);
    put("\033[1024G\033H\r");
    for (int i = 0; i < 200; i++)
        put("\t");
    cursor_is(0, VT_COLUMNS_MAX - 1);
    put("xy");
    cursor_is(1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),          cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_scrolling),     cmocka_unit_test(test_region),
        cmocka_unit_test(test_tabs),          cmocka_unit_test(test_moves),
        cmocka_unit_test(test_origin),        cmocka_unit_test(test_save),
        cmocka_unit_test(test_erase),         cmocka_unit_test(test_lines),
        cmocka_unit_test(test_characters),    cmocka_unit_test(test_adjustment),
        cmocka_unit_test(test_colours),       cmocka_unit_test(test_many_colours),
        cmocka_unit_test(test_erased_colour), cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_broken_utf8),   cmocka_unit_test(test_widths),
        cmocka_unit_test(test_all_widths),    cmocka_unit_test(test_line_drawing),
        cmocka_unit_test(test_answers),       cmocka_unit_test(test_modes),
        cmocka_unit_test(test_swallowed),     cmocka_unit_test(test_control_inside),
        cmocka_unit_test(test_plain),         cmocka_unit_test(test_dirty),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
