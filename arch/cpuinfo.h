/* SPDX-License-Identifier: MIT */
/* What the processors are, for programs that ask. Threads only: it may sleep. */
#ifndef ARCH_CPUINFO_H
#define ARCH_CPUINFO_H

#include "arch/smp.h"
#include "kernel/lib/text_builder.h"

/* One processor's paragraph of /proc/cpuinfo. `tsc_hz`: the rate of its cycle counter; 0: unknown,
 * and then the lines that need it are left out. */
void cpuinfo_show(struct text_builder *text, u32 cpu, u64 tsc_hz);

#endif
