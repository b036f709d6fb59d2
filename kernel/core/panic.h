/* SPDX-License-Identifier: MIT */
/* For bugs of the kernel alone: says what is known, and ends the machine with status 101. */
#ifndef KERNEL_CORE_PANIC_H
#define KERNEL_CORE_PANIC_H

#include "kernel/lib/types.h"

#define EXIT_STATUS_PANIC 101

/* Print the message, a backtrace with function names, and end. Any context. */
NORETURN void panic(const char *format, ...) PRINTF(1, 2);

/* True from the first panic on. */
bool panic_in_progress(void);

/* What ends the machine, given by main: kernel/core knows no devices. */
void panic_set_power_off(NORETURN void (*power_off)(u8 status));

#endif
