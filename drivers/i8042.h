/* SPDX-License-Identifier: MIT */
/*
 * The keyboard controller of a PC, the 8042 or what plays its part (IBM PS/2 Hardware Technical
 * Reference, "Keyboard and Auxiliary Device Controller"), with a keyboard on its first port.
 *
 * What is typed goes to the screen's tty; Control, Alt and Delete kill the program, whatever it has
 * made of its terminal. Nothing here waits for the controller longer than it takes to answer, and a
 * machine without one is known by its first register.
 */
#ifndef DRIVERS_I8042_H
#define DRIVERS_I8042_H

#include "kernel/dev/screen.h"

/* Sets the keyboard up. False: there is no controller, or it does not answer. Once. */
bool i8042_start(struct screen *screen);

/* For the machine's end: from the first call on keys go nowhere, and this says whether one was
 * pressed since the last call. By polling, with interrupts or without, on any processor. */
bool i8042_key_pressed(void);

#endif
