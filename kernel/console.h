/* SPDX-License-Identifier: MIT */
/*
 * Which channel carries what: the program's console, its standard error, the kernel's log.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include "drivers/acpi/acpi.h"
#include "kernel/proc/exec.h"

/* Find the channels and give the log its sink. Before anything can go wrong. */
void console_init_early(void);

/* Make ttys of the serial ports and of the screen, as request->cmdline asks for them, and note
 * them in the request. */
void console_init(const struct boot_info *boot, const struct acpi_facts *acpi,
                  struct exec_request *request);

/* Wait until everything the program wrote has left the machine. Any context. */
void console_drain(void);

/* When the screen is the console: say how the machine ends, and give the person a minute to read
 * it, or until a key is pressed. Any context, a panic too. */
void console_hold(u8 status);

#endif
