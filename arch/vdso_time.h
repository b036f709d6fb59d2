/* SPDX-License-Identifier: MIT */
/*
 * The clock as the program reads it without a system call: a page that kernel/core/time.c fills and
 * that is mapped read-only in front of the vDSO (arch/x86_64/vdso/).
 *
 * Time since boot is ns + (TSC - tsc) * ns_per_cycle / 2^32 once `ready` is set; the date is that plus
 * real_offset once `real_known` is set. Before that the vDSO makes the system call. Each member but
 * real_offset is written once, before its flag; readers need no lock and no sequence count.
 */
#ifndef ARCH_VDSO_TIME_H
#define ARCH_VDSO_TIME_H

#include "kernel/lib/types.h"

struct vdso_time {
    u32 ready;      /* release/acquire */
    u32 real_known; /* release/acquire */
    u64 tsc;        /* at this count ... */
    u64 ns;         /* ... it was this time */
    u64 ns_per_cycle;
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
