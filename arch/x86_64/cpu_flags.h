/* SPDX-License-Identifier: MIT */
/* The names that Linux gives to CPUID's feature bits in /proc/cpuinfo. Private to arch/x86_64. */
#ifndef ARCH_X86_64_CPU_FLAGS_H
#define ARCH_X86_64_CPU_FLAGS_H

#include "kernel/lib/text_builder.h"

/* A blank and a name for each feature that the processor has and programs may know of. */
void cpu_flags_show(struct text_builder *text);

#endif
