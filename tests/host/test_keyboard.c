/* SPDX-License-Identifier: MIT */
/* Keys: scan codes in, a terminal's bytes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/keyboard.h"

static struct keyboard keyboard;
static struct keyboard_modes modes;
static char sent[64];
static size_t length;

static void codes(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        u8 out[KEYBOARD_BYTES_MAX];
        size_t sends = keyboard_take(&keyboard, (u8)bytes[i], modes, out);
        assert_true(sends <= sizeof(out) && length + sends < sizeof(sent));
        memcpy(sent + length, out, sends);
        length += sends;
    }
}

static void sends(const char *expected, size_t count)
{
    assert_int_equal(length, count);
    assert_memory_equal(sent, expected, count);
    length = 0;
}

/* The codes send exactly these bytes. */
#define PRESS(bytes, expected)                 \
    do {                                       \
        codes(bytes, sizeof(bytes) - 1);       \
        sends(expected, sizeof(expected) - 1); \
    } while (0)

static int start(void **state)
{
    (void)state;
    keyboard = (struct keyboard){0};
    modes = (struct keyboard_modes){0};
    length = 0;
    return 0;
}

static void test_characters(void **state)
{
    (void)state;
    PRESS("\x1e\x9e\x02\x82\x39\xb9\x1c\x9c", "a1 \r");
    PRESS("\x2a\x1e\x9e\x02\x82\xaa\x1e", "A!a");
    PRESS("\x36\x28\x1a\x1b\x2b\x35\xb6\x28", "\"{}|?'");
    PRESS("\x0e\x0f\x01\x56", "\177\t\033<");
    PRESS("\x2a\x0f\x56\xaa", "\033\t>");
}

static void test_control(void **state)
{
    (void)state;
    PRESS("\x1d\x2e\x9e\x2b\x39\x03\x1a\x0c\x35\x0e\x9d\x2e", "\003\034\0\0\033\037\177\bc");
    PRESS("\xe0\x1d\x20\xe0\x9d\x20", "\004d");
    PRESS("\x1d\x02\x0a\x9d", ""); /* nothing is what these send */
    PRESS("\x1d\x2a\x1e\xaa\x9d", "\001");
}

static void test_alt(void **state)
{
    (void)state;
    PRESS("\x38\x1e\x2a\x1e\xaa\x1d\x1e\x9d\xb8\x1e", "\033a\033A\033\001a");
    PRESS("\xe0\x38\x20\xe0\xb8\x20", "\033dd");
    PRESS("\x38\x3b\xb8", "");
}

static void test_end(void **state)
{
    (void)state;
    PRESS("\x1d\xe0\x53\x9d\x38\xe0\x53\xb8", "\033[3~\033[3~");
    assert_false(keyboard.end_wanted);
    PRESS("\x1d\xe0\x38\xe0\x53", "");
    assert_true(keyboard.end_wanted);
}

static void test_locks(void **state)
{
    (void)state;
    PRESS("\x3a\xba\x1e\x02\x2a\x1e\x02\xaa\x3a\xba\x1e", "A1a!a");
    PRESS("\x47\x45\xc5\x47\x4c\x53", "\033[1~75.");
    PRESS("\x45\xc5\x4c\x53\x4a\x4e", "\033[G\033[3~-+");
}

static void test_movement(void **state)
{
    (void)state;
    PRESS("\xe0\x48\xe0\xc8\xe0\x50\xe0\x4b\xe0\x4d", "\033[A\033[B\033[D\033[C");
    PRESS("\xe0\x47\xe0\x4f\xe0\x49\xe0\x51\xe0\x52\xe0\x53",
          "\033[1~\033[4~\033[5~\033[6~\033[2~\033[3~");
    modes.application_cursor = true;
    PRESS("\xe0\x48\xe0\x50\xe0\x4b\xe0\x4d\xe0\x47", "\033OA\033OB\033OD\033OC\033[1~");
    /* Keyboards put Shift codes of their own around these. */
    PRESS("\xe0\x2a\xe0\x52\xe0\xd2\xe0\xaa\x1e", "\033[2~a");
    PRESS("\xe0\x2a\x1e\xe0\xaa", "a");
    PRESS("\x45\xe0\x48", "\033OA"); /* NumLock is none of theirs */
    PRESS("\xe0\x4a\xe0\x4c\xe0\x4e\xe0\x5b\xe0\x5d", "");
}

static void test_functions(void **state)
{
    (void)state;
    PRESS("\x3b\x3c\x3f", "\033[[A\033[[B\033[[E");
    PRESS("\x40\x44\x57\x58", "\033[17~\033[21~\033[23~\033[24~");
    PRESS("\x2a\x3b\x42\xaa", "\033[25~\033[34~");
    PRESS("\x2a\x43\x58\xaa", "\033[20~\033[24~");
}

static void test_keypad(void **state)
{
    (void)state;
    PRESS("\x37\xe0\x35\xe0\x1c", "*/\r");
    modes.application_keypad = true;
    PRESS("\x37\xe0\x35\xe0\x1c\x52\x4f\x4b\x4e\x53",
          "\033OR\033OQ\033OM\033Op\033Oq\033Ot\033Ol\033On");
    modes.newline = true;
    PRESS("\x1c", "\r\n");
}

static void test_pause_and_others(void **state)
{
    (void)state;
    PRESS("\xe1\x1d\x45\xe1\x9d\xc5\x1e", "a");
    assert_false(keyboard.num_lock || keyboard.held);
    PRESS("\xe0\x37\xe0\xb7\xe0\x46\x46\x54\x7f\x1e", "a");
}

/* Any codes at all. */
static void test_all(void **state)
{
    (void)state;
    u32 seed = 1;
    for (int i = 0; i < 200000; i++) {
        u8 out[KEYBOARD_BYTES_MAX];
        seed = seed * 1664525 + 1013904223;
        modes.application_cursor = seed >> 8 & 1;
        modes.application_keypad = seed >> 9 & 1;
        modes.newline = seed >> 10 & 1;
        assert_true(keyboard_take(&keyboard, (u8)(seed >> 24), modes, out) <= sizeof(out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_characters, start),
        cmocka_unit_test_setup(test_control, start),
        cmocka_unit_test_setup(test_alt, start),
        cmocka_unit_test_setup(test_end, start),
        cmocka_unit_test_setup(test_locks, start),
        cmocka_unit_test_setup(test_movement, start),
        cmocka_unit_test_setup(test_functions, start),
        cmocka_unit_test_setup(test_keypad, start),
        cmocka_unit_test_setup(test_pause_and_others, start),
        cmocka_unit_test_setup(test_all, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
