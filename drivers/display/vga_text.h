/* SPDX-License-Identifier: MIT */
/*
 * The text mode of VGA and its ancestors (IBM PS/2 Hardware Technical Reference, "Video
 * Subsystem"): cells of two bytes at 0xb8000. For machines that have no framebuffer to offer.
 * Unicode becomes code page 437.
 */
#ifndef DRIVERS_DISPLAY_VGA_TEXT_H
#define DRIVERS_DISPLAY_VGA_TEXT_H

#include "boot/boot_info.h"
#include "kernel/dev/screen.h"

struct vga_text {
    volatile u16 *cells;
    u32 pitch; /* cells from one row to the next */
    u32 rows, columns;
};

/* Is the adapter, if there is one, in a text mode of its own accord? Then *out describes it as a
 * boot loader would have. Reads registers; costs one read where there is none. */
bool vga_text_probe(struct boot_framebuffer *out);

/* As framebuffer_mistake and framebuffer_start, for told->text_mode. */
const char *vga_text_mistake(const struct boot_framebuffer *told, const struct boot_info *boot);
bool vga_text_start(struct vga_text *vga, const struct boot_framebuffer *told);

extern const struct screen_ops vga_text_screen_ops;

#endif
