/* SPDX-License-Identifier: MIT */
/*
 * From bytes to characters, and from characters to cells; see vt.h. Escape sequences are in
 * vt_sequence.c.
 */
#include "kernel/dev/vt_internal.h"
#include "kernel/lib/string.h"

#define REPLACEMENT 0xfffd
#define CODE_MAX    0x10ffff
#define CSI_8BIT    0x9b
#define DELETE      0x7f
#define TAB_STOPS   0x0101010101010101UL /* every eighth column */

/* ---- Characters -------------------------------------------------------------------------------*/

/* The DEC special graphics from 0x60 on (VT100 User Guide, table 3-9). */
static u32 graphics_of(u32 code)
{
    static const u16 graphics[] = {0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1,
                                   0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba,
                                   0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534, 0x252c,
                                   0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7};
    return code >= 0x60 && code < 0x60 + ARRAY_SIZE(graphics) ? graphics[code - 0x60] : code;
}

static void put(struct vt *vt, u32 code)
{
    vt_line(vt, vt->y)[vt->x] = code | vt->attributes;
    vt->dirty[vt->y] = 1;
    if (vt->x + 1 == vt->columns)
        vt->wrap_pending = vt->autowrap;
    else
        vt->x++;
}

static void print(struct vt *vt, u32 code)
{
    u32 width = vt_width(code);
    bool fits = vt->x + width <= vt->columns;
    if (width == 0)
        return;
    if (vt->wrap_pending || (!fits && vt->autowrap)) {
        vt_carriage_return(vt);
        vt_line_feed(vt);
        fits = width <= vt->columns;
    }
    if (vt->insert)
        vt_insert_cells(vt, width);
    put(vt, code);
    if (width == 2 && fits)
        put(vt, ' ');
}

static void take_character(struct vt *vt, u32 code)
{
    if (code < ' ' || code == DELETE)
        vt_control(vt, code);
    else if (code == CSI_8BIT)
        vt_begin_csi(vt);
    else if (vt->state != VT_TEXT)
        vt_sequence(vt, code);
    else
        print(vt,
              vt->pen.charsets[vt->pen.charset] == VT_CHARSET_GRAPHICS ? graphics_of(code) : code);
}

/* ---- UTF-8 ------------------------------------------------------------------------------------*/

static bool is_valid(u32 code, u32 length)
{
    static const u32 least[] = {0, 0, 0x80, 0x800, 0x10000};
    return code >= least[length] && code <= CODE_MAX && (code < 0xd800 || code > 0xdfff) &&
           code != 0xfffe && code != 0xffff;
}

static void continue_character(struct vt *vt, u8 byte)
{
    vt->utf8_code = vt->utf8_code << 6 | (byte & 0x3f);
    if (--vt->utf8_left == 0)
        take_character(vt, is_valid(vt->utf8_code, vt->utf8_length) ? vt->utf8_code : REPLACEMENT);
}

/* The first byte of a character of more than one. */
static void begin_character(struct vt *vt, u8 byte)
{
    u32 length = byte >= 0xc0 && byte < 0xf8 ? (u32)__builtin_clz(~((u32)byte << 24)) : 0;
    if (length == 0) {
        take_character(vt, REPLACEMENT);
        return;
    }
    vt->utf8_length = length;
    vt->utf8_left = length - 1;
    vt->utf8_code = byte & (0x7f >> length);
}

static void take_byte(struct vt *vt, u8 byte)
{
    bool continues = vt->utf8 && (byte & 0xc0) == 0x80;
    if (vt->utf8_left != 0 && continues) {
        continue_character(vt, byte);
        return;
    }
    if (vt->utf8_left != 0) {
        vt->utf8_left = 0;
        take_character(vt, REPLACEMENT); /* for the one that was cut off */
    }
    if (byte < 0x80 || !vt->utf8)
        take_character(vt, byte);
    else
        begin_character(vt, byte);
}

void vt_write(struct vt *vt, const u8 *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        take_byte(vt, bytes[i]);
}

/* ---- The rest ---------------------------------------------------------------------------------*/

void vt_write_plain(struct vt *vt, const char *text, size_t count)
{
    u32 attributes = vt->attributes, blank = vt->blank;
    bool insert = vt->insert;
    vt->attributes = VT_DEFAULT_FOREGROUND << VT_FOREGROUND_SHIFT | VT_DEFAULT_BACKGROUND
                                                                        << VT_BACKGROUND_SHIFT;
    vt->blank = vt->attributes | ' ';
    vt->insert = false;
    for (size_t i = 0; i < count; i++) {
        if (text[i] == '\n') {
            vt_carriage_return(vt);
            vt_line_feed(vt);
        } else if (text[i] >= ' ' && text[i] != DELETE) {
            print(vt, (u8)text[i]);
        }
    }
    vt->attributes = attributes;
    vt->blank = blank;
    vt->insert = insert;
}

size_t vt_take_answer(struct vt *vt, u8 *out)
{
    size_t length = vt->answer_length;
    memcpy(out, vt->answer, length);
    vt->answer_length = 0;
    return length;
}

void vt_reset(struct vt *vt)
{
    vt->x = vt->y = vt->top = 0;
    vt->bottom = vt->rows;
    vt->state = VT_TEXT;
    vt->wrap_pending = vt->origin = vt->insert = vt->newline = vt->inverted = false;
    vt->application_cursor = vt->application_keypad = false;
    vt->autowrap = vt->cursor_visible = vt->utf8 = true;
    vt->utf8_left = 0;
    for (size_t i = 0; i < ARRAY_SIZE(vt->tabs); i++)
        vt->tabs[i] = TAB_STOPS;
    vt->pen.charset = 0;
    vt->pen.charsets[0] = VT_CHARSET_PLAIN;
    vt->pen.charsets[1] = VT_CHARSET_GRAPHICS;
    vt_default_pen(vt);
    vt_pen_changed(vt);
    vt->saved.pen = vt->pen;
    vt->saved.x = vt->saved.y = 0;
    vt_erase_rows(vt, 0, vt->rows);
}

void vt_init(struct vt *vt, u32 rows, u32 columns, u32 *cells, u16 *lines, u8 *dirty)
{
    *vt = (struct vt){
        .rows = rows, .columns = columns, .cells = cells, .lines = lines, .dirty = dirty};
    for (u32 row = 0; row < rows; row++)
        lines[row] = row;
    vt_reset(vt);
}
