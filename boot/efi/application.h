/* SPDX-License-Identifier: MIT */
/*
 * The UEFI application: what its files share.
 *
 * galette.efi carries the kernel's ELF file, and finds the program and the command line in sections
 * of its own file or in files beside it. It fills a struct boot_info, ends the firmware's boot
 * services and jumps to the kernel's 64-bit entry. In the good case it prints nothing, because the
 * firmware's console may be the serial port that belongs to the program. What it allocates lies in
 * memory of the loader's types, which is RAM for the kernel; the kernel keeps what boot_info names
 * and takes the rest.
 *
 *   application.c   efi_main: the order of things
 *   inputs.c        program and command line: sections, load options
 *   files.c         files beside the application
 *   kernel_image.c  the kernel's segments into memory
 *   handover.c      boot_info, the end of boot services, the jump
 */
#ifndef BOOT_EFI_APPLICATION_H
#define BOOT_EFI_APPLICATION_H

#include <efi.h>

#include "boot/boot_info.h"

/* Bytes in memory; `address` is physical and, as the firmware maps memory, virtual too. */
struct blob {
    paddr_t address;
    u64 size;
    bool present; /* there is one, if only an empty one */
};

struct application {
    EFI_HANDLE handle;
    EFI_SYSTEM_TABLE *system;
    EFI_BOOT_SERVICES *services;
    EFI_LOADED_IMAGE_PROTOCOL *image;
    struct boot_info *info;
    const CHAR16 *error; /* a phrase for the person, set by whoever returns an error */
};

/* Sets the phrase and returns `status`. */
EFI_STATUS application_fail(struct application *app, EFI_STATUS status, const CHAR16 *error);

/* Allocates pages of the loader's data for `size` bytes (for 0, too), anywhere. */
EFI_STATUS pages_allocate(struct application *app, u64 size, paddr_t *out);

/*
 * Finds the program (which becomes the module "initrd" of app->info) and the command line. That
 * there is no program, or no command line, is no error. Fails when one is there but cannot be read,
 * or does not fit.
 */
EFI_STATUS inputs_find(struct application *app);

/*
 * Reads the file `name` of the directory that the application came from into pages of its own. No
 * such file, or an application that came from no file system: `out` is left alone.
 */
EFI_STATUS file_read(struct application *app, const CHAR16 *name, struct blob *out);

/* Copies the kernel's segments below 4 GiB, zeroes its bss, and returns its entry's address. */
EFI_STATUS kernel_image_load(struct application *app, paddr_t *entry);

/*
 * Completes app->info, ends boot services and enters the kernel. Returns only when that failed; the
 * firmware may then be partly gone, and app->error is NULL if nothing may be printed any more.
 */
EFI_STATUS handover(struct application *app, paddr_t entry);

#endif
