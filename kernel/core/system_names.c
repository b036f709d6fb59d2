/* SPDX-License-Identifier: MIT */
/* The names. C libraries refuse to start below the release that they were built for. */
#include "kernel/core/system_names.h"

/* Where memory and time are measured, it matters. */
#ifdef HEAP_FAILS
#define HEAP " CHECKED"
#else
#define HEAP ""
#endif
#ifdef DEBUG_KERNEL
#define LOCKS " DEBUG"
#else
#define LOCKS ""
#endif

struct new_utsname system_names = {
    .sysname = "Linux",
    .nodename = "galette",
    .release = "6.1.0-galette",
    .version = "#1 SMP Galette" HEAP LOCKS,
    .machine = "x86_64",
    .domainname = "(none)",
};
