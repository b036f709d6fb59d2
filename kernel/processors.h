/* SPDX-License-Identifier: MIT */
/* The machine's other processors: they start when the program has a second thread, not before. */
#ifndef KERNEL_PROCESSORS_H
#define KERNEL_PROCESSORS_H

#include "drivers/acpi/acpi.h"

/* Learn which there are. After irq_init. */
void processors_init(const struct acpi_facts *facts);

#endif
