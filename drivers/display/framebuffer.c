/* SPDX-License-Identifier: MIT */
/* Draws characters as pixels; see framebuffer.h. The framebuffer is only ever written: reading
 * it is slow. */
#include "drivers/display/framebuffer.h"

#include "boot/memory_map.h"
#include "drivers/display/font.h"
#include "mm/kmap.h"

#define SIDE_MAX      16384u /* pixels */
#define COLUMNS_LEAST 20u    /* less is no console */
#define ROWS_LEAST    5u
#define ADDRESS_END   (1UL << 52) /* SDM 3A 4.1.4 */

#define UNDERLINE_ROW (FONT_HEIGHT - 2)

/* ---- What the boot loader told ----------------------------------------------------------------*/

/* The bits of one colour in a pixel; 0: there can be no such thing. */
static u64 mask_of(u8 shift, u8 bits, u8 depth)
{
    return bits >= 1 && bits <= 16 && shift + bits <= depth ? ((1UL << bits) - 1) << shift : 0;
}

static bool has_colours(const struct boot_framebuffer *told)
{
    u64 red = mask_of(told->red_shift, told->red_bits, told->bits_per_pixel);
    u64 green = mask_of(told->green_shift, told->green_bits, told->bits_per_pixel);
    u64 blue = mask_of(told->blue_shift, told->blue_bits, told->bits_per_pixel);
    return red && green && blue && !(red & green) && !(green & blue) && !(blue & red);
}

static u32 bytes_of(u8 bits_per_pixel)
{
    return (bits_per_pixel + 7) / 8;
}

const char *framebuffer_mistake(const struct boot_framebuffer *told, const struct boot_info *boot)
{
    u32 bytes = bytes_of(told->bits_per_pixel);
    if (told->bits_per_pixel != 15 && (bytes < 2 || bytes > 4 || told->bits_per_pixel % 8 != 0))
        return "its pixels have an odd size";
    if (!has_colours(told))
        return "its colours make no sense";
    if (told->width > SIDE_MAX || told->height > SIDE_MAX)
        return "it is too large";
    if (told->width / FONT_WIDTH < COLUMNS_LEAST || told->height / FONT_HEIGHT < ROWS_LEAST)
        return "it is too small";
    if (told->pitch < told->width * bytes || told->pitch > SIDE_MAX * 8)
        return "its rows overlap, or lie far apart";
    if (bytes != 3 && (told->pitch % bytes != 0 || told->base % bytes != 0))
        return "its pixels are not aligned";
    u64 size = (u64)told->pitch * told->height;
    if (told->base >= ADDRESS_END || size > ADDRESS_END - told->base)
        return "it lies where no memory can be";
    if (memory_map_overlaps(boot, told->base, size))
        return "it lies in RAM";
    return NULL;
}

/* ---- Colours ----------------------------------------------------------------------------------*/

/* The 16 colours as VGA has them, dark yellow being brown: bits of red, green and blue in 8
 * each. */
static const u32 colours[16] = {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa,
                                0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55,
                                0x5555ff, 0xff55ff, 0x55ffff, 0xffffff};

/* An intensity of 8 bits as one of `bits` bits, at its place in the pixel. */
static u32 place(u32 intensity, u8 shift, u8 bits)
{
    return (bits <= 8 ? intensity >> (8 - bits) : intensity << (bits - 8)) << shift;
}

static u32 pixel_of(const struct boot_framebuffer *told, u32 colour)
{
    return place(colour >> 16, told->red_shift, told->red_bits) |
           place(colour >> 8 & 0xff, told->green_shift, told->green_bits) |
           place(colour & 0xff, told->blue_shift, told->blue_bits);
}

bool framebuffer_start(struct framebuffer *framebuffer, const struct boot_framebuffer *told)
{
    framebuffer->pixels = kmap_framebuffer(told->base, (u64)told->pitch * told->height);
    framebuffer->pitch = told->pitch;
    framebuffer->bytes_per_pixel = bytes_of(told->bits_per_pixel);
    framebuffer->columns = MIN(told->width / FONT_WIDTH, (u32)VT_COLUMNS_MAX);
    framebuffer->rows = MIN(told->height / FONT_HEIGHT, (u32)VT_ROWS_MAX);
    for (u32 i = 0; i < ARRAY_SIZE(colours); i++)
        framebuffer->palette[i] = pixel_of(told, colours[i]);
    return framebuffer->pixels != NULL;
}

/* ---- Drawing ----------------------------------------------------------------------------------*/

/* Two pixels, which are aligned as one is. */
typedef u64 ALIGNED(4) pair_of_4;
typedef u32 ALIGNED(2) pair_of_2;

/* Eight pixels of one row, from the highest bit on. Pixels of 4 and 2 bytes go in pairs, a
 * quarter of the instructions that single ones take. */
static void draw_bits_4(volatile u8 *at, u8 bits, u32 foreground, u32 background)
{
    const u64 pairs[4] = {(u64)background << 32 | background, (u64)foreground << 32 | background,
                          (u64)background << 32 | foreground, (u64)foreground << 32 | foreground};
    volatile pair_of_4 *to = (volatile pair_of_4 *)at;
    for (u32 shift = 8; shift > 0; shift -= 2)
        *to++ = pairs[bits >> (shift - 2) & 3];
}

static void draw_bits_2(volatile u8 *at, u8 bits, u32 foreground, u32 background)
{
    const u32 pairs[4] = {background << 16 | background, foreground << 16 | background,
                          background << 16 | foreground, foreground << 16 | foreground};
    volatile pair_of_2 *to = (volatile pair_of_2 *)at;
    for (u32 shift = 8; shift > 0; shift -= 2)
        *to++ = pairs[bits >> (shift - 2) & 3];
}

static void draw_bits_3(volatile u8 *at, u8 bits, u32 foreground, u32 background)
{
    for (u32 i = 0; i < FONT_WIDTH; i++, bits <<= 1) {
        u32 pixel = bits & 0x80 ? foreground : background;
        *at++ = pixel;
        *at++ = pixel >> 8;
        *at++ = pixel >> 16;
    }
}

static void draw_cell(const struct framebuffer *framebuffer, volatile u8 *at, u32 cell)
{
    const u8 *glyph = font_glyph(cell & VT_CODE);
    u32 foreground = framebuffer->palette[vt_foreground(cell)];
    u32 background = framebuffer->palette[vt_background(cell)];
    u8 inverse = cell & VT_CURSOR ? 0xff : 0;
    for (u32 y = 0; y < FONT_HEIGHT; y++, at += framebuffer->pitch) {
        u8 bits = glyph[y];
        if ((cell & VT_UNDERLINE) && y == UNDERLINE_ROW)
            bits = 0xff;
        bits ^= inverse;
        if (framebuffer->bytes_per_pixel == 4)
            draw_bits_4(at, bits, foreground, background);
        else if (framebuffer->bytes_per_pixel == 2)
            draw_bits_2(at, bits, foreground, background);
        else
            draw_bits_3(at, bits, foreground, background);
    }
}

static void draw(void *device, u32 row, u32 column, const u32 *cells, u32 count)
{
    const struct framebuffer *framebuffer = device;
    u32 cell_bytes = FONT_WIDTH * framebuffer->bytes_per_pixel;
    volatile u8 *at =
        framebuffer->pixels + (size_t)row * FONT_HEIGHT * framebuffer->pitch + column * cell_bytes;
    for (u32 i = 0; i < count; i++, at += cell_bytes)
        draw_cell(framebuffer, at, cells[i]);
}

const struct screen_ops framebuffer_screen_ops = {.draw = draw};
