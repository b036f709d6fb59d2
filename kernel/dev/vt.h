/* SPDX-License-Identifier: MIT */
/*
 * A terminal's screen as cells: what the bytes that a program writes make of it.
 *
 * This is the terminal that TERM=linux describes (man 4 console_codes, terminfo's entry "linux"):
 * UTF-8, cursor movement, erasing, inserting and deleting, a scroll region, colours, line drawing,
 * and the questions that a program may ask, whose answers are typed as if by the person. Where the
 * descriptions leave something open it does what Linux's own console does: a full line wraps when
 * the next character comes, erased cells take the background colour, moves stop at the edges.
 *
 * Pure: it changes cells and notes which lines have changed. kernel/dev/screen.c draws them. Lines
 * are kept by number, so that scrolling moves numbers and not cells. No locks: the caller has one.
 */
#ifndef KERNEL_DEV_VT_H
#define KERNEL_DEV_VT_H

#include "kernel/lib/types.h"

#define VT_COLUMNS_MAX    1024
#define VT_ROWS_MAX       512
#define VT_PARAMETERS_MAX 16
#define VT_ANSWER_MAX     64

/*
 * A cell: the character's code point in bits 0 to 20, then its colours, 4 bits each, in the order
 * of SGR (1 is red, 4 is blue, 8 and up are bright), and flags.
 */
#define VT_CODE             0x1fffffu
#define VT_FOREGROUND_SHIFT 21
#define VT_BACKGROUND_SHIFT 25
#define VT_UNDERLINE        (1u << 29)
#define VT_CURSOR           (1u << 30) /* not stored: for who draws */

static inline u32 vt_foreground(u32 cell)
{
    return cell >> VT_FOREGROUND_SHIFT & 15;
}

static inline u32 vt_background(u32 cell)
{
    return cell >> VT_BACKGROUND_SHIFT & 15;
}

/* How characters are written from now on: what ESC 7 saves, but for the position. */
struct vt_pen {
    u8 foreground, background;
    bool bold, dim, italic, underline, reverse;
    u8 charset; /* which of charsets[] is in use: SO and SI */
    u8 charsets[2];
};

struct vt {
    u16 rows, columns;
    u16 x, y;          /* the cursor */
    u16 top, bottom;   /* the scroll region: rows from top to below bottom */
    bool wrap_pending; /* the last column has been written: the next character goes to a new line */

    bool autowrap;           /* DECAWM */
    bool origin;             /* DECOM: rows count from the region's top */
    bool insert;             /* IRM */
    bool newline;            /* LNM: a line feed returns the carriage, Enter sends both */
    bool inverted;           /* DECSCNM */
    bool cursor_visible;     /* DECTCEM */
    bool application_cursor; /* DECCKM: for the keyboard */
    bool application_keypad; /* DECKPAM: for the keyboard */
    bool utf8;

    u8 state;     /* of the parser: enum vt_state */
    u8 marker;    /* the character behind CSI that makes it private (`?`), or 0 */
    u8 utf8_left; /* bytes that a character still lacks */
    u8 utf8_length;
    u8 palette_digits; /* of a colour's definition, still to be swallowed */
    u8 parameter;      /* the index of the one being read */
    u32 utf8_code;
    u32 parameters[VT_PARAMETERS_MAX];

    struct vt_pen pen;
    u32 attributes; /* the pen's colours as bits of a cell */
    u32 blank;      /* what erasing leaves */
    struct {
        struct vt_pen pen;
        u16 x, y;
    } saved;

    u8 answer_length;
    u8 answer[VT_ANSWER_MAX]; /* to be typed; vt_take_answer */

    u32 *cells; /* rows * columns, a stored line after the other */
    u16 *lines; /* which stored line a row shows */
    u8 *dirty;  /* per row: may have changed since the one who draws cleared this */
    u64 tabs[VT_COLUMNS_MAX / 64];
};

/* A cleared screen. `cells` has room for rows * columns, `lines` and `dirty` for rows: the
 * caller's, for good. Neither number is 0 or above its limit. */
void vt_init(struct vt *vt, u32 rows, u32 columns, u32 *cells, u16 *lines, u8 *dirty);

/* Bytes that the program wrote. */
void vt_write(struct vt *vt, const u8 *bytes, size_t count);

/* The kernel's own text: plain, from the cursor on, and without a look at a sequence that the
 * program has begun. */
void vt_write_plain(struct vt *vt, const char *text, size_t count);

/* Takes the answers to the program's questions, at most VT_ANSWER_MAX bytes; returns how many. */
size_t vt_take_answer(struct vt *vt, u8 *out);

/* The cells that a row shows. */
static inline u32 *vt_line(const struct vt *vt, u32 row)
{
    return vt->cells + (size_t)vt->lines[row] * vt->columns;
}

#endif
