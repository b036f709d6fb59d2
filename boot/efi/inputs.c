/* SPDX-License-Identifier: MIT */
/*
 * Where the program and the command line come from.
 *
 * First the application's own file: sections `.initrd` and `.cmdline`, added behind the linked ones
 * by tools/galette_cli/efi_image.py. The firmware has already loaded them to whole pages, so that
 * nothing is copied. Then the files `initrd` and `galette.cmd` beside it. Words that the shell or
 * the boot entry passed replace either command line.
 */
#include "boot/boot_fill.h"
#include "boot/efi/application.h"

/* PE format: "MS-DOS Stub", "COFF File Header"; the latter's offsets count its signature. */
#define DOS_PE_OFFSET      0x3c
#define COFF_SECTION_COUNT 6
#define COFF_OPTIONAL_SIZE 20
#define COFF_SIZE          24

struct section_header {
    char name[8]; /* ends with NUL unless all 8 are used */
    u32 size;
    u32 offset; /* from the image base */
    u32 file_size;
    u32 file_offset;
    u32 unused[4];
};
_Static_assert(sizeof(struct section_header) == 40, "PE format, Section Table");

static u32 read16(const u8 *at)
{
    return at[0] | (u32)at[1] << 8;
}

static u32 read32(const u8 *at)
{
    return read16(at) | read16(at + 2) << 16;
}

static bool name_is(const struct section_header *section, const char *name)
{
    size_t i = 0;
    while (i < sizeof(section->name) && section->name[i] == name[i] && name[i] != '\0')
        i++;
    return i == sizeof(section->name) || section->name[i] == name[i];
}

/* The firmware has checked the headers when it loaded the file: they are taken at their word. */
static void find_section(struct application *app, const char *name, struct blob *out)
{
    const u8 *image = app->image->ImageBase;
    const u8 *coff = image + read32(image + DOS_PE_OFFSET);
    const struct section_header *section =
        (const void *)(coff + COFF_SIZE + read16(coff + COFF_OPTIONAL_SIZE));
    for (u32 left = read16(coff + COFF_SECTION_COUNT); left > 0; left--, section++) {
        if (!name_is(section, name))
            continue;
        if ((u64)section->offset + section->size <= app->image->ImageSize)
            *out = (struct blob){(paddr_t)image + section->offset, section->size, true};
        return;
    }
}

static EFI_STATUS find(struct application *app, const char *section, const CHAR16 *file,
                       struct blob *out)
{
    find_section(app, section, out);
    return out->present ? EFI_SUCCESS : file_read(app, file, out);
}

/* ---- The command line ---- */

/* Appends one byte of the command line; line ends become blanks. False when it is full. */
static bool put_byte(struct boot_info *info, size_t *length, u8 byte)
{
    if (*length == BOOT_COMMAND_LINE_MAX - 1)
        return false;
    info->command_line[(*length)++] = byte == '\n' || byte == '\r' ? ' ' : (char)byte;
    return true;
}

/* UCS-2, the firmware's encoding, to UTF-8, the program's. */
static bool put_character(struct boot_info *info, size_t *length, u32 c)
{
    if (c < 0x80)
        return put_byte(info, length, (u8)c);
    if (c < 0x800)
        return put_byte(info, length, (u8)(0xc0 | c >> 6)) &&
               put_byte(info, length, (u8)(0x80 | (c & 0x3f)));
    return put_byte(info, length, (u8)(0xe0 | c >> 12)) &&
           put_byte(info, length, (u8)(0x80 | (c >> 6 & 0x3f))) &&
           put_byte(info, length, (u8)(0x80 | (c & 0x3f)));
}

static EFI_STATUS end_line(struct application *app, size_t length, bool fits)
{
    if (!fits)
        return application_fail(app, EFI_BUFFER_TOO_SMALL, L"the command line is too long");
    while (length > 0 && app->info->command_line[length - 1] == ' ')
        length--;
    app->info->command_line[length] = '\0';
    return EFI_SUCCESS;
}

static EFI_STATUS take_text(struct application *app, const struct blob *text)
{
    const u8 *bytes = (const u8 *)text->address;
    size_t length = 0;
    bool fits = true;
    for (u64 i = 0; i < text->size && bytes[i] != '\0' && fits; i++)
        fits = put_byte(app->info, &length, bytes[i]);
    return end_line(app, length, fits);
}

/*
 * The number of characters before the NUL. 0 when there are none, or when they are no text: load
 * options may be any bytes that whoever made the boot entry liked.
 */
static size_t options_length(const EFI_LOADED_IMAGE_PROTOCOL *image)
{
    const CHAR16 *options = image->LoadOptions;
    size_t length = 0;
    if (!options)
        return 0;
    while (length < image->LoadOptionsSize / sizeof(CHAR16) && options[length] != 0) {
        CHAR16 c = options[length++];
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return 0;
    }
    return length;
}

/* True when a UEFI shell started us: its load options begin with the command's name. */
static bool started_by_shell(struct application *app)
{
    /* EFI_SHELL_PARAMETERS_PROTOCOL, UEFI Shell 2.2, 2.3 */
    static EFI_GUID guid = {
        0x752f3136, 0x4e16, 0x4fdc, {0xa2, 0x2a, 0xe5, 0xf4, 0x68, 0x12, 0xf4, 0xca}};
    void *parameters;
    return !EFI_ERROR(app->services->HandleProtocol(app->handle, &guid, &parameters));
}

/* The index behind blanks and, if `skip_word`, behind a first word, which may be in quotes. */
static size_t options_start(const CHAR16 *options, size_t length, bool skip_word)
{
    size_t at = 0;
    bool quoted = false;
    for (; skip_word && at < length && (quoted || options[at] != ' '); at++)
        quoted ^= options[at] == '"';
    while (at < length && options[at] == ' ')
        at++;
    return at;
}

static EFI_STATUS take_options(struct application *app, bool *taken)
{
    const CHAR16 *options = app->image->LoadOptions;
    size_t count = options_length(app->image), length = 0;
    size_t at = options_start(options, count, count > 0 && started_by_shell(app));
    bool fits = true;
    *taken = at < count;
    if (!*taken)
        return EFI_SUCCESS;
    for (; at < count && fits; at++)
        fits = put_character(app->info, &length, options[at]);
    return end_line(app, length, fits);
}

static EFI_STATUS find_command_line(struct application *app)
{
    struct blob text = {0};
    bool taken;
    EFI_STATUS status = take_options(app, &taken);
    if (EFI_ERROR(status) || taken)
        return status;
    status = find(app, ".cmdline", L"galette.cmd", &text);
    return EFI_ERROR(status) || !text.present ? status : take_text(app, &text);
}

/* ---- Both ---- */

EFI_STATUS inputs_find(struct application *app)
{
    static const char name[] = "initrd";
    struct blob program = {0};
    EFI_STATUS status = find_command_line(app);
    if (EFI_ERROR(status))
        return status;
    status = find(app, ".initrd", L"initrd", &program);
    if (!EFI_ERROR(status) && program.present)
        boot_module_set_name(boot_info_add_module(app->info, program.address, program.size), name,
                             sizeof(name));
    return status;
}
