/* SPDX-License-Identifier: MIT */
/*
 * The PVH start information (Xen public headers, arch-x86/hvm/start_info.h), read into a boot_info.
 *
 * The structure and what it points to lie anywhere in physical memory, so the parser asks its
 * caller for a view of each piece and keeps no pointer from one request to the next. Pure but for
 * that; the structure is taken as hostile. Called once, early in kernel_main; the host's tests and
 * the fuzzer call it as well.
 */
#ifndef BOOT_PVH_H
#define BOOT_PVH_H

#include "boot/boot_info.h"

#define PVH_VIEW_MAX (64 * KIB)

struct pvh_view {
    paddr_t start_info; /* what the boot loader left in EBX */
    /*
     * Returns `size` readable bytes (1 to PVH_VIEW_MAX, never wrapping) of physical memory from
     * `base`, or NULL. What an earlier call returned is then no longer valid.
     */
    const void *(*map)(paddr_t base, size_t size);
};

/*
 * Fills `out` from view->start_info. Whatever can be read is filled in either way. Returns 0, or
 * -EINVAL when the kernel cannot go on: out->error then says why (no start info, no memory map,
 * command line too long or out of reach).
 */
int pvh_parse(const struct pvh_view *view, struct boot_info *out) MUST_CHECK;

#endif
