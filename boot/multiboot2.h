/* SPDX-License-Identifier: MIT */
/*
 * The Multiboot2 information structure (Multiboot2 specification 2.0, 3.6), read into a boot_info.
 *
 * Pure: the caller has mapped the structure, nothing else is touched. The structure is taken as
 * hostile: tags may be missing, unknown, cut off or lie about their size. Called once, early in
 * kernel_main; the host's tests and the fuzzer call it as well.
 */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include "boot/boot_info.h"

/* The structure's own idea of its size in bytes; `header` needs 8 readable bytes. May be a lie:
 * bound it before mapping that much. */
size_t multiboot2_total_size(const void *header);

/*
 * Fills `out` from the structure at `info`, of which `mapped_size` bytes are readable (fewer than
 * it has: the rest is left out) and which lies at `info_physical` (the RSDP is a copy within it,
 * and out->rsdp is an address). Whatever can be read is filled in either way. Returns 0, or -EINVAL
 * when the kernel cannot go on: out->error then says why (no RAM told of, command line too long).
 */
int multiboot2_parse(const void *info, size_t mapped_size, paddr_t info_physical,
                     struct boot_info *out) MUST_CHECK;

#endif
