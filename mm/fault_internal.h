/* SPDX-License-Identifier: MIT */
/* Between aspace.c and fault.c. */
#ifndef MM_FAULT_INTERNAL_H
#define MM_FAULT_INTERNAL_H

#include "mm/aspace.h"

/* MMU_* flags for pages of a mapping with this protection. */
u32 aspace_page_flags(const struct aspace *space, u32 prot);

#endif
