/* SPDX-License-Identifier: MIT */
/* The keys of a PC keyboard; see keyboard.h. */
#include "drivers/keyboard.h"

#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

enum keyboard_modifier {
    LEFT_SHIFT = 1,
    RIGHT_SHIFT = 2,
    LEFT_CONTROL = 4,
    RIGHT_CONTROL = 8,
    LEFT_ALT = 16,
    RIGHT_ALT = 32,
};
#define SHIFT   (LEFT_SHIFT | RIGHT_SHIFT)
#define CONTROL (LEFT_CONTROL | RIGHT_CONTROL)
#define ALT     (LEFT_ALT | RIGHT_ALT)

#define RELEASED     0x80
#define PREFIX       0xe0
#define PREFIX_PAUSE 0xe1 /* two codes follow */

#define PREFIXED \
    1 /* of keyboard.prefix; 2 and 3: so many codes of Pause, plus one, are to be dropped */

#define ESC    0x1b
#define DELETE 0x7f

/* Keys by their codes. */
enum {
    KEY_BACKSPACE = 0x0e,
    KEY_TAB = 0x0f,
    KEY_ENTER = 0x1c,
    KEY_LEFT_CONTROL = 0x1d,
    KEY_LEFT_SHIFT = 0x2a,
    KEY_SLASH = 0x35,
    KEY_RIGHT_SHIFT = 0x36,
    KEY_PAD_STAR = 0x37,
    KEY_ALT = 0x38,
    KEY_CAPS_LOCK = 0x3a,
    KEY_F1 = 0x3b,
    KEY_F10 = 0x44,
    KEY_NUM_LOCK = 0x45,
    KEY_PAD_7 = 0x47,
    KEY_PAD_MINUS = 0x4a,
    KEY_PAD_PLUS = 0x4e,
    KEY_PAD_DOT = 0x53,
    KEY_BETWEEN = 0x56, /* of keyboards with 102 keys: beside the left Shift */
    KEY_F11 = 0x57,
    KEY_F12 = 0x58,
};

/* The keys that type characters, by code; 0: another kind of key. */
static const char plain[] = "\0\033"
                            "1234567890-=\177\t"
                            "qwertyuiop[]\r\0"
                            "asdfghjkl;'`\0"
                            "\\zxcvbnm,./\0\0\0 ";
static const char shifted[] = "\0\033"
                              "!@#$%^&*()_+\177\t"
                              "QWERTYUIOP{}\r\0"
                              "ASDFGHJKL:\"~\0"
                              "|ZXCVBNM<>?\0\0\0 ";
_Static_assert(sizeof(plain) == 0x3b && sizeof(shifted) == 0x3b, "codes 0 to 0x39, and a NUL");

struct key {
    const struct keyboard *keyboard;
    struct keyboard_modes modes;
    u8 code;
    u8 *out;
};

static bool holds(const struct key *key, u8 modifiers)
{
    return (key->keyboard->held & modifiers) != 0;
}

static size_t send(const struct key *key, const char *bytes)
{
    size_t length = strlen(bytes);
    memcpy(key->out, bytes, length);
    return length;
}

/* ---- Characters -------------------------------------------------------------------------------*/

static bool is_letter(u8 byte)
{
    return (byte | 32) >= 'a' && (byte | 32) <= 'z';
}

/* What Control makes of a key, by its character without Shift; -1: nothing at all. */
static s32 controlled(u8 byte)
{
    static const char from[] = "2` 3[4\\5]67-8/'\177";
    static const char to[] = "\0\0\0\033\033\034\034\035\035\036\037\037\177\177\007\010";
    if (is_letter(byte))
        return byte & 0x1f;
    const char *found = strchr(from, byte);
    if (found)
        return to[found - from];
    return byte < ' ' ? byte : -1;
}

static size_t type(const struct key *key, u8 byte)
{
    size_t length = 0;
    if (holds(key, ALT))
        key->out[length++] = ESC;
    key->out[length++] = byte;
    if (byte == '\r' && key->modes.newline)
        key->out[length++] = '\n';
    return length;
}

static size_t press_character(const struct key *key)
{
    u8 byte = key->code == KEY_BETWEEN ? '<' : plain[key->code];
    u8 upper = key->code == KEY_BETWEEN ? '>' : shifted[key->code];
    if (holds(key, CONTROL)) {
        s32 control = controlled(byte);
        return control < 0 ? 0 : type(key, control);
    }
    if (byte == '\t' && holds(key, SHIFT))
        return send(key, "\033\t");
    bool shift = holds(key, SHIFT) != (key->keyboard->caps_lock && is_letter(byte));
    return type(key, shift ? upper : byte);
}

/* ---- Keys that send sequences -----------------------------------------------------------------*/

/* ESC [ or ESC O, and a letter. */
static size_t press_cursor(const struct key *key, char letter)
{
    const char bytes[] = {ESC, key->modes.application_cursor ? 'O' : '[', letter, '\0'};
    return send(key, bytes);
}

static size_t press_function(const struct key *key, u32 number)
{
    static const u8 codes[] = {17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34};
    char bytes[KEYBOARD_BYTES_MAX];
    if (holds(key, ALT))
        return 0; /* would change to another console */
    if (holds(key, SHIFT) && number <= 8)
        number += 12;
    if (number <= 5)
        fmt_snprintf(bytes, sizeof(bytes), "\033[[%c", 'A' + (int)number - 1);
    else
        fmt_snprintf(bytes, sizeof(bytes), "\033[%u~", codes[number - 6]);
    return send(key, bytes);
}

/* The block of 13 keys that there are twice: alone, and on the keypad without NumLock. */
static size_t press_movement(const struct key *key)
{
    static const char *const fixed[] = {"\033[1~", NULL,      "\033[5~", NULL,      NULL,
                                        NULL,      NULL,      NULL,      "\033[4~", NULL,
                                        "\033[6~", "\033[2~", "\033[3~"};
    static const char letters[] = {0, 'A', 0, 0, 'D', 'G', 'C', 0, 0, 'B', 0, 0, 0};
    u32 index = key->code - KEY_PAD_7;
    return fixed[index] ? send(key, fixed[index]) : press_cursor(key, letters[index]);
}

/* The keypad's keys with what they say on them, and what they send in application mode. */
static size_t press_pad(const struct key *key)
{
    static const char digits[] = "789-456+1230.", application[] = "wxySturlqrspn";
    u32 index = key->code - KEY_PAD_7;
    bool sign = key->code == KEY_PAD_MINUS || key->code == KEY_PAD_PLUS;
    if (key->modes.application_keypad && !holds(key, SHIFT)) {
        const char bytes[] = {ESC, 'O', application[index], '\0'};
        return send(key, bytes);
    }
    if (sign || key->keyboard->num_lock)
        return type(key, digits[index]);
    return press_movement(key);
}

/* Star, slash and Enter of the keypad. */
static size_t press_pad_other(const struct key *key, u8 byte, char application)
{
    const char bytes[] = {ESC, 'O', application, '\0'};
    if (key->modes.application_keypad && !holds(key, SHIFT))
        return send(key, bytes);
    return type(key, byte);
}

/* ---- Any key ----------------------------------------------------------------------------------*/

/* The bit of a modifier key, or 0. Shift codes behind a prefix are made up by keyboards for
 * software that knows no such keys. */
static u8 modifier_of(u8 code, bool prefixed)
{
    switch (code) {
    case KEY_LEFT_SHIFT:
        return prefixed ? 0 : LEFT_SHIFT;
    case KEY_RIGHT_SHIFT:
        return prefixed ? 0 : RIGHT_SHIFT;
    case KEY_LEFT_CONTROL:
        return prefixed ? RIGHT_CONTROL : LEFT_CONTROL;
    case KEY_ALT:
        return prefixed ? RIGHT_ALT : LEFT_ALT;
    default:
        return 0;
    }
}

/* Delete, of either block, with Control and Alt. */
static bool is_end(const struct key *key)
{
    return key->code == KEY_PAD_DOT && holds(key, CONTROL) && holds(key, ALT);
}

static size_t press_prefixed(const struct key *key)
{
    if (key->code == KEY_ENTER)
        return press_pad_other(key, '\r', 'M');
    if (key->code == KEY_SLASH)
        return press_pad_other(key, '/', 'Q');
    if (key->code < KEY_PAD_7 || key->code > KEY_PAD_DOT)
        return 0;
    static const bool there[] = {1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1};
    return there[key->code - KEY_PAD_7] ? press_movement(key) : 0;
}

static size_t press_plain(const struct key *key)
{
    u8 code = key->code;
    if ((code < sizeof(plain) && plain[code]) || code == KEY_BETWEEN)
        return press_character(key);
    if (code == KEY_PAD_STAR)
        return press_pad_other(key, '*', 'R');
    if (code >= KEY_F1 && code <= KEY_F10)
        return press_function(key, code - KEY_F1 + 1);
    if (code == KEY_F11 || code == KEY_F12)
        return press_function(key, code - KEY_F11 + 11);
    if (code >= KEY_PAD_7 && code <= KEY_PAD_DOT)
        return press_pad(key);
    return 0;
}

/* True when a lock was switched. */
static bool press_lock(struct keyboard *keyboard, u8 code)
{
    if (code == KEY_CAPS_LOCK)
        keyboard->caps_lock = !keyboard->caps_lock;
    else if (code == KEY_NUM_LOCK)
        keyboard->num_lock = !keyboard->num_lock;
    else
        return false;
    return true;
}

size_t keyboard_take(struct keyboard *keyboard, u8 code, struct keyboard_modes modes, u8 *out)
{
    if (code == PREFIX || code == PREFIX_PAUSE) {
        keyboard->prefix = code == PREFIX ? PREFIXED : 3;
        return 0;
    }
    if (keyboard->prefix > PREFIXED) {
        keyboard->prefix = keyboard->prefix == 3 ? 2 : 0;
        return 0;
    }
    bool prefixed = keyboard->prefix == PREFIXED, released = code & RELEASED;
    struct key key = {keyboard, modes, code & ~RELEASED, out};
    u8 modifier = modifier_of(key.code, prefixed);
    keyboard->prefix = 0;
    if (released)
        keyboard->held &= ~modifier;
    else
        keyboard->held |= modifier;
    if (released || modifier || (!prefixed && press_lock(keyboard, key.code)))
        return 0;
    if (is_end(&key)) {
        keyboard->end_wanted = true;
        return 0;
    }
    return prefixed ? press_prefixed(&key) : press_plain(&key);
}
