/* SPDX-License-Identifier: MIT */
/*
 * From the scan codes of a PC keyboard to the bytes that a terminal sends.
 *
 * Scan code set 1, which the keyboard controller makes of whatever the keyboard itself sends (IBM
 * PS/2 Hardware Technical Reference, "Keyboards"); the US layout as Linux's console has it (its
 * defkeymap); function keys as terminfo's entry "linux" wants them. Alt is Meta: ESC in front.
 * Pure.
 */
#ifndef DRIVERS_KEYBOARD_H
#define DRIVERS_KEYBOARD_H

#include "kernel/lib/types.h"

#define KEYBOARD_BYTES_MAX 8 /* of one key */

struct keyboard {
    u8 held;   /* enum keyboard_modifier, one bit each */
    u8 prefix; /* the code before was E0; or bytes of the Pause key that are still to come */
    bool caps_lock, num_lock;
    bool end_wanted; /* Control, Alt and Delete were pressed; for the caller to take back */
};

/* What the program has asked of the terminal: DECCKM, DECKPAM, LNM. */
struct keyboard_modes {
    bool application_cursor, application_keypad, newline;
};

/* The next scan code. Returns how many bytes it sends; *out has room for KEYBOARD_BYTES_MAX. */
size_t keyboard_take(struct keyboard *keyboard, u8 code, struct keyboard_modes modes, u8 *out);

#endif
