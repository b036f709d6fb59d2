/* SPDX-License-Identifier: MIT */
/* What the system is called: the one place for uname and /proc. */
#ifndef KERNEL_CORE_SYSTEM_NAMES_H
#define KERNEL_CORE_SYSTEM_NAMES_H

#include <linux/utsname.h>

/* Read freely; nodename and domainname change when the program sets them (sethostname), which a
 * reader may see half done. */
extern struct new_utsname system_names;

#endif
