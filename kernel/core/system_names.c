/* SPDX-License-Identifier: MIT */
/* The names. C libraries refuse to start below the release that they were built for. */
#include "kernel/core/system_names.h"

struct new_utsname system_names = {
    .sysname = "Linux",
    .nodename = "galette",
    .release = "6.1.0-galette",
    .version = "#1 SMP Galette",
    .machine = "x86_64",
    .domainname = "(none)",
};
