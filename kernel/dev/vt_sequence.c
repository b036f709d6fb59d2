/* SPDX-License-Identifier: MIT */
/*
 * Control characters and escape sequences (man 4 console_codes; ECMA-48), one character at a time.
 */
#include "kernel/dev/vt_internal.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

#define PARAMETER_MAX  65535
#define PALETTE_DIGITS 7 /* colour, then red, green and blue in two each */

enum {
    BEL = 7,
    BS = 8,
    HT = 9,
    LF = 10,
    VT = 11,
    FF = 12,
    CR = 13,
    SO = 14,
    SI = 15,
    CAN = 24,
    SUB = 26,
    ESC = 27,
};

/* ---- Control characters -----------------------------------------------------------------------*/

static void tabulate(struct vt *vt)
{
    while (vt->x + 1 < vt->columns) {
        vt->x++;
        if (vt->tabs[vt->x / 64] >> (vt->x % 64) & 1)
            return;
    }
}

void vt_control(struct vt *vt, u32 code)
{
    if (vt->state == VT_STRING && code != BEL && code != CAN && code != SUB && code != ESC)
        return;
    switch (code) {
    case BEL: /* ends a string; otherwise there is nothing here that could ring */
        vt->state = vt->state == VT_STRING ? VT_TEXT : vt->state;
        break;
    case BS:
        vt->x -= vt->x > 0;
        vt->wrap_pending = false;
        break;
    case HT:
        tabulate(vt);
        break;
    case LF:
    case VT:
    case FF:
        vt_line_feed(vt);
        if (vt->newline)
            vt_carriage_return(vt);
        break;
    case CR:
        vt_carriage_return(vt);
        break;
    case SO:
    case SI:
        vt->pen.charset = code == SO;
        break;
    case CAN:
    case SUB:
        vt->state = VT_TEXT;
        break;
    case ESC:
        vt->state = VT_ESCAPE;
        break;
    default:
        break;
    }
}

/* ---- Answers ----------------------------------------------------------------------------------*/

/* An answer for which there is no room is not given: a program that asks and never reads. */
static void answer(struct vt *vt, const char *text)
{
    size_t length = strlen(text);
    if (length > sizeof(vt->answer) - vt->answer_length)
        return;
    memcpy(vt->answer + vt->answer_length, text, length);
    vt->answer_length += length;
}

static void identify(struct vt *vt)
{
    answer(vt, "\033[?6c"); /* a VT102 */
}

static void report(struct vt *vt)
{
    char text[32];
    if (vt->parameters[0] == 5)
        answer(vt, "\033[0n");
    if (vt->parameters[0] != 6)
        return;
    fmt_snprintf(text, sizeof(text), "\033[%u;%uR", vt->y - (vt->origin ? vt->top : 0) + 1,
                 vt->x + 1);
    answer(vt, text);
}

/* ---- ESC and one character --------------------------------------------------------------------*/

static void save(struct vt *vt)
{
    vt->saved.pen = vt->pen;
    vt->saved.x = vt->x;
    vt->saved.y = vt->y;
}

static void restore(struct vt *vt)
{
    vt->pen = vt->saved.pen;
    vt_pen_changed(vt);
    vt_move(vt, vt->saved.x, vt->saved.y);
}

void vt_begin_csi(struct vt *vt)
{
    memset(vt->parameters, 0, sizeof(vt->parameters));
    vt->parameter = 0;
    vt->marker = 0;
    vt->state = VT_CSI_BEGIN;
}

/* The state that a character behind ESC begins, or VT_TEXT. */
static u8 state_behind_escape(u32 code)
{
    switch (code) {
    case '[':
        return VT_CSI_BEGIN;
    case ']':
        return VT_OSC_BEGIN;
    case 'P':
    case '^':
    case '_':
        return VT_STRING;
    case '(':
        return VT_CHARSET_0;
    case ')':
        return VT_CHARSET_1;
    case '#':
        return VT_HASH;
    case '%':
        return VT_PERCENT;
    default:
        return VT_TEXT;
    }
}

static void escape(struct vt *vt, u32 code)
{
    vt->state = state_behind_escape(code);
    switch (code) {
    case '[':
        vt_begin_csi(vt);
        break;
    case 'E':
        vt_carriage_return(vt);
        vt_line_feed(vt);
        break;
    case 'D':
        vt_line_feed(vt);
        break;
    case 'M':
        vt_reverse_line_feed(vt);
        break;
    case 'H':
        vt->tabs[vt->x / 64] |= 1UL << vt->x % 64;
        break;
    case 'Z':
        identify(vt);
        break;
    case '7':
        save(vt);
        break;
    case '8':
        restore(vt);
        break;
    case 'c':
        vt_reset(vt);
        break;
    case '=':
    case '>':
        vt->application_keypad = code == '=';
        break;
    default:
        break;
    }
}

/* ---- CSI --------------------------------------------------------------------------------------*/

/* The first parameter as a count: none is 1. */
static u32 count_of(const struct vt *vt)
{
    return MAX(vt->parameters[0], 1u);
}

static void set_private_mode(struct vt *vt, u32 mode, bool on)
{
    switch (mode) {
    case 1:
        vt->application_cursor = on;
        break;
    case 5:
        vt->inverted = on;
        memset(vt->dirty, 1, vt->rows);
        break;
    case 6:
        vt->origin = on;
        vt_move_absolute(vt, 0, 0);
        break;
    case 7:
        vt->autowrap = on;
        break;
    case 25:
        vt->cursor_visible = on;
        break;
    default: /* 132 columns, repetition of keys, mice */
        break;
    }
}

static void set_modes(struct vt *vt, bool on)
{
    for (u32 i = 0; i <= vt->parameter; i++) {
        if (vt->marker == '?')
            set_private_mode(vt, vt->parameters[i], on);
        else if (vt->parameters[i] == 4)
            vt->insert = on;
        else if (vt->parameters[i] == 20)
            vt->newline = on;
    }
}

/* ED and EL: 0 from the cursor on, 1 up to it, 2 all. */
static void erase_in_display(struct vt *vt)
{
    u32 what = vt->parameters[0];
    if (what == 0) {
        vt_erase(vt, vt->y, vt->x, vt->columns - vt->x);
        vt_erase_rows(vt, vt->y + 1, vt->rows);
    } else if (what == 1) {
        vt_erase_rows(vt, 0, vt->y);
        vt_erase(vt, vt->y, 0, vt->x + 1);
    } else if (what == 2 || what == 3) {
        vt_erase_rows(vt, 0, vt->rows);
    }
    vt->wrap_pending = false;
}

static void erase_in_line(struct vt *vt)
{
    u32 what = vt->parameters[0];
    if (what == 0)
        vt_erase(vt, vt->y, vt->x, vt->columns - vt->x);
    else if (what == 1)
        vt_erase(vt, vt->y, 0, vt->x + 1);
    else if (what == 2)
        vt_erase(vt, vt->y, 0, vt->columns);
    vt->wrap_pending = false;
}

/* IL and DL: from the cursor's row to the region's end, outside of which they do nothing. */
static void insert_or_delete_lines(struct vt *vt, bool insert)
{
    if (vt->y < vt->top || vt->y >= vt->bottom)
        return;
    if (insert)
        vt_scroll_down(vt, vt->y, vt->bottom, count_of(vt));
    else
        vt_scroll_up(vt, vt->y, vt->bottom, count_of(vt));
    vt->wrap_pending = false;
}

static void set_region(struct vt *vt)
{
    u32 top = MAX(vt->parameters[0], 1u);
    u32 bottom = vt->parameters[1] ? vt->parameters[1] : vt->rows;
    if (top >= bottom || bottom > vt->rows)
        return;
    vt->top = top - 1;
    vt->bottom = bottom;
    vt_move_absolute(vt, 0, 0);
}

static void clear_tabs(struct vt *vt)
{
    if (vt->parameters[0] == 0)
        vt->tabs[vt->x / 64] &= ~(1UL << vt->x % 64);
    else if (vt->parameters[0] == 3)
        memset(vt->tabs, 0, sizeof(vt->tabs));
}

/* Moves of the cursor. True when it was one. */
static bool move_by_csi(struct vt *vt, u32 code)
{
    s32 x = vt->x, y = vt->y, count = (s32)count_of(vt), first = (s32)vt->parameters[0] - 1;
    switch (code) {
    case 'A':
        vt_move(vt, x, y - count);
        return true;
    case 'B':
    case 'e':
        vt_move(vt, x, y + count);
        return true;
    case 'C':
    case 'a':
        vt_move(vt, x + count, y);
        return true;
    case 'D':
        vt_move(vt, x - count, y);
        return true;
    case 'E':
        vt_move(vt, 0, y + count);
        return true;
    case 'F':
        vt_move(vt, 0, y - count);
        return true;
    case 'G':
    case '`':
        vt_move(vt, first, y);
        return true;
    case 'd':
        vt_move_absolute(vt, x, first);
        return true;
    case 'H':
    case 'f':
        vt_move_absolute(vt, (s32)vt->parameters[1] - 1, first);
        return true;
    default:
        return false;
    }
}

/* What changes cells. True when it was that. */
static bool edit_by_csi(struct vt *vt, u32 code)
{
    switch (code) {
    case 'J':
        erase_in_display(vt);
        return true;
    case 'K':
        erase_in_line(vt);
        return true;
    case 'L':
    case 'M':
        insert_or_delete_lines(vt, code == 'L');
        return true;
    case 'P':
        vt_delete_cells(vt, count_of(vt));
        vt->wrap_pending = false;
        return true;
    case '@':
        vt_insert_cells(vt, count_of(vt));
        vt->wrap_pending = false;
        return true;
    case 'X':
        vt_erase(vt, vt->y, vt->x, MIN(count_of(vt), (u32)(vt->columns - vt->x)));
        vt->wrap_pending = false;
        return true;
    default:
        return false;
    }
}

static void set_by_csi(struct vt *vt, u32 code)
{
    switch (code) {
    case 'c':
        if (vt->parameters[0] == 0)
            identify(vt);
        break;
    case 'g':
        clear_tabs(vt);
        break;
    case 'm':
        vt_set_rendition(vt);
        break;
    case 'n':
        report(vt);
        break;
    case 'r':
        set_region(vt);
        break;
    case 's':
        save(vt);
        break;
    case 'u':
        restore(vt);
        break;
    default: /* LEDs, the length of the bell */
        break;
    }
}

static void finish_csi(struct vt *vt, u32 code)
{
    vt->state = VT_TEXT;
    if (code == 'h' || code == 'l')
        set_modes(vt, code == 'h');
    else if (vt->marker == 0 && !move_by_csi(vt, code) && !edit_by_csi(vt, code))
        set_by_csi(vt, code);
}

static void csi(struct vt *vt, u32 code)
{
    u32 *parameter = &vt->parameters[vt->parameter];
    if (code == ';') {
        /* More than there is room for: the last one takes them all, and counts for nothing. */
        vt->parameter += vt->parameter + 1 < VT_PARAMETERS_MAX;
        vt->parameters[vt->parameter] = 0;
    } else if (code >= '0' && code <= '9') {
        *parameter = MIN(*parameter * 10 + (code - '0'), (u32)PARAMETER_MAX);
    } else if (code >= ' ' && code <= '?') {
        vt->state = VT_CSI_IGNORE;
    } else {
        finish_csi(vt, code);
    }
}

static void begin_csi(struct vt *vt, u32 code)
{
    vt->state = code == '[' ? VT_FUNCTION : VT_CSI;
    if (code >= '<' && code <= '?')
        vt->marker = code;
    else if (code != '[')
        csi(vt, code);
}

/* ---- The others -------------------------------------------------------------------------------*/

static void set_charset(struct vt *vt, u32 which, u32 code)
{
    vt->pen.charsets[which] = code == '0' ? VT_CHARSET_GRAPHICS : VT_CHARSET_PLAIN;
    vt->state = VT_TEXT;
}

/* DECALN, a picture to adjust a tube by. */
static void fill_with_e(struct vt *vt)
{
    u32 blank = vt->blank;
    vt->blank = (blank & ~VT_CODE) | 'E';
    vt_erase_rows(vt, 0, vt->rows);
    vt->blank = blank;
}

static bool is_hexadecimal(u32 code)
{
    return (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'f');
}

/* ESC ] P and seven digits define a colour, without an end; ESC ] R takes that back. The colours
 * here are fixed. */
static void osc(struct vt *vt, u32 code)
{
    vt->palette_digits = PALETTE_DIGITS;
    vt->state = code == 'P' ? VT_PALETTE : code >= '0' && code <= '9' ? VT_STRING : VT_TEXT;
}

static void palette(struct vt *vt, u32 code)
{
    if (!is_hexadecimal(code) || --vt->palette_digits == 0)
        vt->state = VT_TEXT;
}

void vt_sequence(struct vt *vt, u32 code)
{
    switch (vt->state) {
    case VT_ESCAPE:
        escape(vt, code);
        break;
    case VT_CSI_BEGIN:
        begin_csi(vt, code);
        break;
    case VT_CSI:
        csi(vt, code);
        break;
    case VT_CSI_IGNORE:
        vt->state = code >= ' ' && code <= '?' ? VT_CSI_IGNORE : VT_TEXT;
        break;
    case VT_CHARSET_0:
    case VT_CHARSET_1:
        set_charset(vt, vt->state == VT_CHARSET_1, code);
        break;
    case VT_HASH:
        vt->state = VT_TEXT;
        if (code == '8')
            fill_with_e(vt);
        break;
    case VT_PERCENT:
        vt->state = VT_TEXT;
        if (code == '@' || code == 'G' || code == '8')
            vt->utf8 = code != '@';
        break;
    case VT_OSC_BEGIN:
        osc(vt, code);
        break;
    case VT_PALETTE:
        palette(vt, code);
        break;
    case VT_STRING:
        break;
    default:
        vt->state = VT_TEXT;
        break;
    }
}
