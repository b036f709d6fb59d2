/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the terminal's screen: vt.c takes bytes apart and prints, vt_sequence.c
 * carries out escape sequences, vt_colour.c is SGR, vt_cells.c changes cells, vt_width.c knows wide
 * characters.
 */
#ifndef KERNEL_DEV_VT_INTERNAL_H
#define KERNEL_DEV_VT_INTERNAL_H

#include "kernel/dev/vt.h"

/* What the next character is. Control characters are carried out in most states. */
enum vt_state {
    VT_TEXT,
    VT_ESCAPE,     /* behind ESC */
    VT_CSI_BEGIN,  /* behind ESC [ */
    VT_CSI,        /* parameters */
    VT_CSI_IGNORE, /* a sequence of a kind that is not known, up to its end */
    VT_FUNCTION,   /* behind ESC [ [: one character, as function keys send it */
    VT_CHARSET_0,  /* behind ESC ( */
    VT_CHARSET_1,  /* behind ESC ) */
    VT_HASH,       /* behind ESC # */
    VT_PERCENT,    /* behind ESC % */
    VT_OSC_BEGIN,  /* behind ESC ] */
    VT_PALETTE,    /* behind ESC ] P: seven digits */
    VT_STRING,     /* OSC, DCS, PM, APC: up to BEL or ESC \ */
};

enum vt_charset { VT_CHARSET_PLAIN, VT_CHARSET_GRAPHICS };

#define VT_DEFAULT_FOREGROUND 7
#define VT_DEFAULT_BACKGROUND 0

/* ---- vt.c -------------------------------------------------------------------------------------*/

/* As after power-on, the cells included. */
void vt_reset(struct vt *vt);

/* ---- vt_width.c -------------------------------------------------------------------------------*/

/* Cells that a character takes: 0, 1 or 2. */
u32 vt_width(u32 code);

/* ---- vt_cells.c -------------------------------------------------------------------------------*/

/* Blanks `count` cells of a row from column `x` on, which lie within it. */
void vt_erase(struct vt *vt, u32 y, u32 x, u32 count);
void vt_erase_rows(struct vt *vt, u32 first, u32 end);

/* Rows from `top` to below `bottom` move by `count` (too large: all of them), blank ones come
 * after. */
void vt_scroll_up(struct vt *vt, u32 top, u32 bottom, u32 count);
void vt_scroll_down(struct vt *vt, u32 top, u32 bottom, u32 count);

/* Cells of the cursor's row, from the cursor on; `count` may be too large. */
void vt_insert_cells(struct vt *vt, u32 count);
void vt_delete_cells(struct vt *vt, u32 count);

/* The cursor, to where it may go. Rows count from the region's top if DECOM says so: _absolute. */
void vt_move(struct vt *vt, s32 x, s32 y);
void vt_move_absolute(struct vt *vt, s32 x, s32 y);

void vt_line_feed(struct vt *vt);
void vt_reverse_line_feed(struct vt *vt);
void vt_carriage_return(struct vt *vt);

/* ---- vt_colour.c ------------------------------------------------------------------------------*/

/* SGR, with vt->parameters. */
void vt_set_rendition(struct vt *vt);

/* The default pen, but for the character sets. */
void vt_default_pen(struct vt *vt);

/* After a change of vt->pen. */
void vt_pen_changed(struct vt *vt);

/* ---- vt_sequence.c ----------------------------------------------------------------------------*/

/* A character in any state but VT_TEXT that is no control character. */
void vt_sequence(struct vt *vt, u32 code);

/* A control character below 32, or 127, in any state. */
void vt_control(struct vt *vt, u32 code);

/* The beginning of CSI, which is also one character of its own. */
void vt_begin_csi(struct vt *vt);

#endif
