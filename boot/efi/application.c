/* SPDX-License-Identifier: MIT */
/*
 * efi_main: from the firmware's call to the kernel's entry, and the one place that prints.
 *
 * Everything that can fail comes before the end of boot services, so that a failure still has a
 * console to be told on and a firmware to return to. Memory is not given back on that way: the
 * firmware is about to try another boot option or to give up.
 */
#include "boot/boot_fill.h"
#include "boot/efi/application.h"

#define CR4_LA57 (1UL << 12) /* SDM 3A 2.5: five-level paging */

static u64 read_tsc(void)
{
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (u64)high << 32 | low;
}

static bool has_five_levels(void)
{
    u64 cr4;
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    return cr4 & CR4_LA57;
}

EFI_STATUS application_fail(struct application *app, EFI_STATUS status, const CHAR16 *error)
{
    app->error = error;
    return status;
}

EFI_STATUS pages_allocate(struct application *app, u64 size, paddr_t *out)
{
    UINTN pages = ALIGN_UP(MAX(size, 1), PAGE_SIZE) / PAGE_SIZE;
    EFI_STATUS status = app->services->AllocatePages(AllocateAnyPages, EfiLoaderData, pages, out);
    return EFI_ERROR(status) ? application_fail(app, status, L"not enough memory") : EFI_SUCCESS;
}

static EFI_STATUS prepare(struct application *app, u64 entry_tsc)
{
    static EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    paddr_t info;
    EFI_STATUS status =
        app->services->HandleProtocol(app->handle, &loaded_image, (void **)&app->image);
    if (EFI_ERROR(status))
        return application_fail(app, status, L"the firmware does not tell what it has loaded");
    if (has_five_levels())
        return application_fail(app, EFI_UNSUPPORTED, L"the firmware uses five-level paging");
    status = pages_allocate(app, sizeof(*app->info), &info);
    if (EFI_ERROR(status))
        return status;
    app->info = (struct boot_info *)info;
    boot_info_init(app->info, BOOT_DOOR_EFI);
    app->info->entry_tsc = entry_tsc;
    return EFI_SUCCESS;
}

static void print_error(struct application *app)
{
    SIMPLE_TEXT_OUTPUT_INTERFACE *console = app->system->ConOut;
    if (!console || !app->error)
        return;
    console->OutputString(console, L"galette: ");
    console->OutputString(console, (CHAR16 *)app->error);
    console->OutputString(console, L"\r\n");
}

EFI_STATUS efi_main(EFI_HANDLE handle, EFI_SYSTEM_TABLE *system)
{
    u64 entry_tsc = read_tsc();
    struct application app = {handle, system, system->BootServices, NULL, NULL, NULL};
    paddr_t entry = 0;
    /* Reading a large program may take longer than the firmware's five minutes. */
    app.services->SetWatchdogTimer(0, 0, 0, NULL);
    EFI_STATUS status = prepare(&app, entry_tsc);
    if (!EFI_ERROR(status))
        status = inputs_find(&app);
    if (!EFI_ERROR(status))
        status = kernel_image_load(&app, &entry);
    if (!EFI_ERROR(status))
        status = handover(&app, entry);
    print_error(&app);
    return status;
}
