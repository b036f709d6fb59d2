/* SPDX-License-Identifier: MIT */
/* Drives a VGA in text mode; see vga_text.h. Register names are those of the technical
 * reference. */
#include "drivers/display/vga_text.h"

#include "arch/x86_64/io.h"
#include "boot/memory_map.h"
#include "drivers/display/font.h"
#include "mm/kmap.h"

#define MISC_OUTPUT_READ 0x3cc
#define MISC_COLOUR      (1u << 0) /* the CRT controller is at 0x3d4 */
#define GRAPHICS_INDEX   0x3ce
#define GRAPHICS_MISC    6 /* bit 0: graphics mode; bits 2 and 3: where the memory appears */
#define MISC_MODE_MASK   0x0d
#define MISC_MODE_TEXT   0x0c /* text, 32 KiB at 0xb8000 */
#define CRT_INDEX        0x3d4
#define CRT_COLUMNS      0x01 /* horizontal display end, less one */
#define CRT_OVERFLOW     0x07 /* bits 1 and 6: bits 8 and 9 of the vertical display end */
#define CRT_LINES        0x09 /* bits 0 to 4: scan lines of a character, less one */
#define CRT_CURSOR_START 0x0a
#define CRT_CURSOR_OFF   (1u << 5)
#define CRT_HEIGHT       0x12 /* vertical display end, less one, bits 0 to 7 */
#define CRT_OFFSET       0x13 /* a row's length in words of four bytes */
#define ABSENT           0xff

#define WINDOW_BASE 0xa0000u /* where the adapter's memory can be */
#define WINDOW_END  0xc0000u
#define TEXT_BASE   0xb8000u

#define UNDERLINE_COLOUR 6 /* cyan: there are no lines in a mode with colours */
#define DARK             7 /* the fourth bit of a background may mean blinking */

static u8 indexed(u16 index_port, u8 which)
{
    outb(index_port, which);
    return inb(index_port + 1);
}

static u32 scan_lines(void)
{
    u8 overflow = indexed(CRT_INDEX, CRT_OVERFLOW);
    return (indexed(CRT_INDEX, CRT_HEIGHT) | (overflow & 2) << 7 | (overflow & 0x40) << 3) + 1u;
}

bool vga_text_probe(struct boot_framebuffer *out)
{
    u8 misc = inb(MISC_OUTPUT_READ);
    if (misc == ABSENT || !(misc & MISC_COLOUR) ||
        (indexed(GRAPHICS_INDEX, GRAPHICS_MISC) & MISC_MODE_MASK) != MISC_MODE_TEXT)
        return false;
    *out = (struct boot_framebuffer){
        .base = TEXT_BASE,
        .width = indexed(CRT_INDEX, CRT_COLUMNS) + 1u,
        .height = scan_lines() / ((indexed(CRT_INDEX, CRT_LINES) & 0x1fu) + 1),
        .pitch = indexed(CRT_INDEX, CRT_OFFSET) * 4u,
        .bits_per_pixel = 16,
        .text_mode = 1,
    };
    return true;
}

const char *vga_text_mistake(const struct boot_framebuffer *told, const struct boot_info *boot)
{
    if (told->width < 40 || told->width > 132 || told->height < 20 || told->height > 60)
        return "its text mode has an odd size";
    if (told->pitch < told->width * 2 || told->pitch > 512 || told->pitch % 2 != 0)
        return "its rows overlap, or lie far apart";
    if (told->base < WINDOW_BASE || told->base + told->pitch * told->height > WINDOW_END ||
        told->base % 2 != 0)
        return "it lies where no text mode can be";
    if (memory_map_overlaps(boot, told->base, told->pitch * told->height))
        return "it lies in RAM";
    return NULL;
}

bool vga_text_start(struct vga_text *vga, const struct boot_framebuffer *told)
{
    vga->cells = kmap_mmio(told->base, told->pitch * told->height);
    vga->pitch = told->pitch / 2;
    vga->columns = told->width;
    vga->rows = told->height;
    outb(CRT_INDEX, CRT_CURSOR_START); /* the cursor is drawn with the cells */
    outb(CRT_INDEX + 1, CRT_CURSOR_OFF);
    return vga->cells != NULL;
}

/* The adapter counts blue as 1 and red as 4, the other way round than terminals do. */
static u16 attribute_of(u32 colour)
{
    return (colour & 10) | (colour & 1) << 2 | (colour & 4) >> 2;
}

static u16 bytes_of(u32 cell)
{
    u16 foreground = vt_foreground(cell), background = vt_background(cell) & DARK;
    if (cell & VT_UNDERLINE)
        foreground = UNDERLINE_COLOUR;
    if (cell & VT_CURSOR) {
        u16 before = foreground & DARK;
        foreground = background;
        background = before != foreground ? before : foreground ^ DARK; /* it must be seen */
    }
    return font_vga_byte(cell & VT_CODE) | attribute_of(foreground) << 8 |
           attribute_of(background) << 12;
}

static void draw(void *device, u32 row, u32 column, const u32 *cells, u32 count)
{
    const struct vga_text *vga = device;
    volatile u16 *at = vga->cells + row * vga->pitch + column;
    for (u32 i = 0; i < count; i++)
        at[i] = bytes_of(cells[i]);
}

const struct screen_ops vga_text_screen_ops = {.draw = draw};
