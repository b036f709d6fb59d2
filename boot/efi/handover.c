/* SPDX-License-Identifier: MIT */
/*
 * The last things before the kernel: ACPI root, framebuffer, memory map, the end of boot services.
 *
 * The memory map must be the one that ExitBootServices agrees to: if the firmware changed it in
 * between, the call fails and both are done again (UEFI 2.10, 7.4.6). From the first attempt on
 * nothing but memory services may be called, so the map's buffer has room to spare from the start.
 */
#include "boot/boot_fill.h"
#include "boot/efi/application.h"

#define SPARE_DESCRIPTORS 64
#define ATTEMPTS_MAX      8

struct firmware_map {
    u8 *descriptors;
    UINTN capacity; /* bytes */
    UINTN size;
    UINTN key;
    UINTN descriptor_size; /* may be more than that of the structure we know */
    UINT32 version;
};

typedef void kernel_entry(const struct boot_info *info, u64 magic);

/* ---- What the firmware knows of the machine ---- */

static bool guid_equal(const EFI_GUID *left, const EFI_GUID *right)
{
    return __builtin_memcmp(left, right, sizeof(*left)) == 0;
}

static paddr_t find_table(const EFI_SYSTEM_TABLE *system, const EFI_GUID *guid)
{
    for (UINTN i = 0; i < system->NumberOfTableEntries; i++)
        if (guid_equal(&system->ConfigurationTable[i].VendorGuid, guid))
            return (paddr_t)system->ConfigurationTable[i].VendorTable;
    return 0;
}

static paddr_t find_rsdp(const EFI_SYSTEM_TABLE *system)
{
    static const EFI_GUID acpi_2 = ACPI_20_TABLE_GUID, acpi_1 = ACPI_TABLE_GUID;
    paddr_t rsdp = find_table(system, &acpi_2);
    return rsdp ? rsdp : find_table(system, &acpi_1);
}

static void set_colour(u32 mask, u8 *shift, u8 *bits)
{
    *shift = mask ? (u8)__builtin_ctz(mask) : 0;
    for (*bits = 0; mask; mask &= mask - 1)
        (*bits)++;
}

/* False for a mode without a linear framebuffer. */
static bool set_colours(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode,
                        struct boot_framebuffer *out)
{
    EFI_PIXEL_BITMASK masks;
    switch (mode->PixelFormat) {
    case PixelRedGreenBlueReserved8BitPerColor:
        masks = (EFI_PIXEL_BITMASK){0xff, 0xff00, 0xff0000, 0xff000000};
        break;
    case PixelBlueGreenRedReserved8BitPerColor:
        masks = (EFI_PIXEL_BITMASK){0xff0000, 0xff00, 0xff, 0xff000000};
        break;
    case PixelBitMask:
        masks = mode->PixelInformation;
        break;
    default:
        return false;
    }
    set_colour(masks.RedMask, &out->red_shift, &out->red_bits);
    set_colour(masks.GreenMask, &out->green_shift, &out->green_bits);
    set_colour(masks.BlueMask, &out->blue_shift, &out->blue_bits);
    u32 all = masks.RedMask | masks.GreenMask | masks.BlueMask | masks.ReservedMask;
    out->bits_per_pixel = all ? (u8)ALIGN_UP(32 - __builtin_clz(all), 8) : 0;
    return all != 0;
}

static void take_framebuffer(struct application *app)
{
    static EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics;
    struct boot_framebuffer found = {0};
    if (EFI_ERROR(app->services->LocateProtocol(&guid, NULL, (void **)&graphics)))
        return;
    if (!graphics->Mode || !graphics->Mode->Info || !set_colours(graphics->Mode->Info, &found))
        return;
    found.base = graphics->Mode->FrameBufferBase;
    found.width = graphics->Mode->Info->HorizontalResolution;
    found.height = graphics->Mode->Info->VerticalResolution;
    found.pitch = graphics->Mode->Info->PixelsPerScanLine * (found.bits_per_pixel / 8);
    app->info->framebuffer = found;
}

/* ---- The end of boot services ---- */

static EFI_STATUS map_allocate(struct application *app, struct firmware_map *map)
{
    *map = (struct firmware_map){0};
    EFI_STATUS status = app->services->GetMemoryMap(&map->size, NULL, &map->key,
                                                    &map->descriptor_size, &map->version);
    if (status != EFI_BUFFER_TOO_SMALL)
        return EFI_ERROR(status) ? status : EFI_DEVICE_ERROR;
    map->capacity = map->size + SPARE_DESCRIPTORS * map->descriptor_size;
    return app->services->AllocatePool(EfiLoaderData, map->capacity, (void **)&map->descriptors);
}

static EFI_STATUS end_boot_services(struct application *app, struct firmware_map *map)
{
    EFI_STATUS status = EFI_INVALID_PARAMETER;
    for (u32 i = 0; i < ATTEMPTS_MAX && status == EFI_INVALID_PARAMETER; i++) {
        map->size = map->capacity;
        status = app->services->GetMemoryMap(&map->size, (EFI_MEMORY_DESCRIPTOR *)map->descriptors,
                                             &map->key, &map->descriptor_size, &map->version);
        if (EFI_ERROR(status))
            return status;
        status = app->services->ExitBootServices(app->handle, map->key);
    }
    return status;
}

static void take_memory_map(const struct firmware_map *map, struct boot_info *info)
{
    for (UINTN at = 0; at < map->size; at += map->descriptor_size) {
        const EFI_MEMORY_DESCRIPTOR *range = (const void *)(map->descriptors + at);
        boot_info_add_memory(info, range->PhysicalStart, range->NumberOfPages << PAGE_SHIFT,
                             boot_memory_kind_of_efi(range->Type));
    }
}

EFI_STATUS handover(struct application *app, paddr_t entry)
{
    struct firmware_map map;
    app->info->rsdp = find_rsdp(app->system);
    take_framebuffer(app);
    EFI_STATUS status = map_allocate(app, &map);
    if (EFI_ERROR(status))
        return application_fail(app, status, L"the firmware gives no memory map");
    status = end_boot_services(app, &map);
    if (EFI_ERROR(status))
        return application_fail(app, status, NULL); /* the console may be gone */
    __asm__ volatile("cli");
    take_memory_map(&map, app->info);
    ((kernel_entry *)entry)(app->info, BOOT_ENTRY64_MAGIC);
    __builtin_unreachable();
}
