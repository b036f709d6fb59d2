/* SPDX-License-Identifier: MIT */
/*
 * Which channel carries what: the program's console, its standard error, the kernel's log.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include "kernel/core/cmdline.h"
#include "kernel/dev/tty.h"

/* Find the channels and give the log its sink. Before anything can go wrong. */
void console_init_early(void);

/* Make ttys of the ports. *error_console is *console unless the command line names another. */
void console_init(const struct cmdline *cmdline, struct tty **console, struct tty **error_console);

/* Wait until everything the program wrote has left the machine. Any context. */
void console_drain(void);

#endif
