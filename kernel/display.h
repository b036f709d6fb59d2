/* SPDX-License-Identifier: MIT */
/*
 * This machine's own screen and keyboard, as one terminal: finds them and puts the drivers
 * together.
 */
#ifndef KERNEL_DISPLAY_H
#define KERNEL_DISPLAY_H

#include "boot/boot_info.h"
#include "drivers/acpi/acpi.h"
#include "kernel/dev/tty.h"

/* Looks for a screen: the framebuffer that the boot loader told of, or a VGA in text mode. With
 * one, its terminal is returned and the keyboard works; else NULL. What cannot be used is named
 * in the log. Once. */
struct tty *display_init(const struct boot_info *boot, const struct acpi_facts *acpi);

/* Text of the kernel's. Does nothing without a screen. _polled: for a panic, with no lock. */
void display_write_now(const char *text, size_t length);
void display_write_polled(const char *text, size_t length);

/* Show text, and wait for a key, at most a minute. Takes the keyboard away from its terminal:
 * for the machine's end, a panic's too. */
void display_hold(const char *text, size_t length);

#endif
