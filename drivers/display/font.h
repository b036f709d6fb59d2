/* SPDX-License-Identifier: MIT */
/*
 * The letters of the text console: one fixed font of 8 by 16 pixels, which tools/font made from a
 * PSF file of Debian's when the kernel was built, and the bytes that stand for characters where the
 * screen adapter has letters of its own. Constant; any context.
 */
#ifndef DRIVERS_DISPLAY_FONT_H
#define DRIVERS_DISPLAY_FONT_H

#include "kernel/lib/types.h"

#define FONT_WIDTH  8
#define FONT_HEIGHT 16

/* FONT_HEIGHT rows of pixels from top to bottom, the leftmost in the highest bit. A character
 * that the font lacks looks like U+FFFD. */
const u8 *font_glyph(u32 code);

/* In code page 437, which is what the BIOS and its successors leave in a VGA's text mode; '?' if
 * it has no such character. */
u8 font_vga_byte(u32 code);

#endif
