/* SPDX-License-Identifier: MIT */
/* From the boot modules to the first instruction of the program. */
#ifndef KERNEL_PROC_EXEC_H
#define KERNEL_PROC_EXEC_H

#include "boot/boot_info.h"
#include "kernel/core/cmdline.h"
#include "kernel/dev/tty.h"

struct exec_request {
    const struct boot_info *boot;
    const struct cmdline *cmdline;
    struct tty *console;       /* standard input and output */
    struct tty *error_console; /* standard error; the console when there is no second one */
    struct tty *serial;        /* /dev/ttyS0; NULL: no serial line is a console */
    struct tty *screen;        /* /dev/tty0; NULL: there is none */
};

/* Start the program in a thread of its own. `request` must stay. What goes wrong from here on
 * ends the machine with one line and status 126 or 127. */
void exec_start(const struct exec_request *request);

/* Called on the program's thread right before its first instruction: for time stamps. NULL: not
 * wanted. */
extern void (*exec_before_first_instruction)(void);

#endif
