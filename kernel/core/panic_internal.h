/* SPDX-License-Identifier: MIT */
/* Between the log and the panic report. */
#ifndef KERNEL_CORE_PANIC_INTERNAL_H
#define KERNEL_CORE_PANIC_INTERNAL_H

/* Give up the order of the log: the machine is about to end. */
void log_break_lock(void);

#endif
