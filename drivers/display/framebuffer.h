/* SPDX-License-Identifier: MIT */
/*
 * Text on the linear framebuffer that a boot loader or UEFI's GOP has set up: pixels of 2, 3 or 4
 * bytes, red, green and blue anywhere in them.
 *
 * The mode stays as it is: there is no driver for the graphics adapter behind it. Called by the
 * screen (kernel/dev/screen.h), which knows what has to be drawn and has the lock.
 */
#ifndef DRIVERS_DISPLAY_FRAMEBUFFER_H
#define DRIVERS_DISPLAY_FRAMEBUFFER_H

#include "boot/boot_info.h"
#include "kernel/dev/screen.h"

struct framebuffer {
    volatile u8 *pixels;
    u32 pitch; /* bytes from one row of pixels to the next */
    u32 bytes_per_pixel;
    u32 rows, columns; /* of characters */
    u32 palette[16];
};

/*
 * Is this a framebuffer that can be drawn on? A boot loader may say anything: sizes, depths,
 * colours that overlap, an address in the middle of RAM. NULL, or a phrase that says what is wrong.
 * `boot` is normalised. Pure.
 */
const char *framebuffer_mistake(const struct boot_framebuffer *told, const struct boot_info *boot);

/* Map it; `told` has no mistake. False: it cannot be mapped. */
bool framebuffer_start(struct framebuffer *framebuffer, const struct boot_framebuffer *told);

/* For a `struct framebuffer` as the device. */
extern const struct screen_ops framebuffer_screen_ops;

#endif
