/* SPDX-License-Identifier: MIT */
/*
 * The ways in which a virtual machine tells its host an exit status.
 *
 * Two devices of QEMU's: a debug console at port 0xea takes the status as one byte, all 8 bits of
 * it; isa-debug-exit at port 0xf4 ends QEMU at once. Neither exists on real machines. No state, no
 * locks: usable from a panic.
 */
#ifndef DRIVERS_DEBUG_EXIT_H
#define DRIVERS_DEBUG_EXIT_H

#include "kernel/lib/types.h"

/* Tell the host that the console takes input from now on: one letter 'S' at the status port, before
 * the status itself. A host that feeds the console from a file waits for it, since a serial port
 * loses what arrives while it is being set up. */
void debug_exit_console_ready(void);

/* Hand the status to the host if somebody listens at the status port. */
void debug_exit_report(u8 status);

/* End the machine through isa-debug-exit; returns when there is no such device. QEMU's own exit
 * status is then (status << 1 | 1) & 0xff, so whoever wants all 8 bits listens at the
 * status port. */
void debug_exit_leave(u8 status);

#endif
