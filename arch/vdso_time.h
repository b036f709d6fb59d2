/* SPDX-License-Identifier: MIT */
/*
 * The clock as the program reads it without a system call: a page that kernel/core/time.c fills and
 * that is mapped read-only in front of the vDSO (arch/x86_64/vdso/).
 *
 * Time since boot is ns + (TSC - tsc) * ns_per_cycle / 2^32 by the last of the epochs; the date is that plus
 * real_offset once `real_known` is set. Before there is an epoch the vDSO makes the system call. An epoch begins
 * where the rate of the TSC is known better than before. Each is written once, before it counts, and so is each
 * member but real_offset: readers need no lock and no sequence count, however long they take.
 */
#ifndef ARCH_VDSO_TIME_H
#define ARCH_VDSO_TIME_H

#include "kernel/lib/types.h"

#define VDSO_EPOCHS 4

struct vdso_epoch {
    u64 tsc; /* at this count ... */
    u64 ns;  /* ... it was this time */
    u64 ns_per_cycle;
};

struct vdso_time {
    u32 epochs;     /* how many there are; release/acquire */
    u32 real_known; /* release/acquire */
    struct vdso_epoch epoch[VDSO_EPOCHS];
    s64 real_offset;  /* real time minus time since boot; atomic */
    u32 tells_number; /* RDTSCP is there and gives the processor's number */
};

/* A page with nothing else in it, since programs see all of it. */
union vdso_page {
    struct vdso_time time;
    u8 bytes[4096];
};

extern union vdso_page vdso_page;

#define VDSO_FRACTION_BITS 32

#endif
