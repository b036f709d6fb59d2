/* SPDX-License-Identifier: MIT */
/* Looks characters up in the tables that tools/font has made; see font.h. */
#include "drivers/display/font.h"

/* Characters `first` and the following, whose glyphs follow each other, too. Sorted by `first`. */
struct font_run {
    u16 first, count, glyph;
};

struct vga_byte {
    u16 code, byte;
};

extern const struct font_run font_runs[], font_runs_end[];
extern const u8 font_glyphs[][FONT_HEIGHT];
extern const u16 font_replacement;
extern const struct vga_byte vga_bytes[], vga_bytes_end[]; /* from 0x80 on; sorted by `code` */

const u8 *font_glyph(u32 code)
{
    const struct font_run *low = font_runs, *high = font_runs_end;
    while (low < high) {
        const struct font_run *middle = low + (high - low) / 2;
        if (code < middle->first)
            high = middle;
        else if (code - middle->first < middle->count)
            return font_glyphs[middle->glyph + code - middle->first];
        else
            low = middle + 1;
    }
    return font_glyphs[font_replacement];
}

u8 font_vga_byte(u32 code)
{
    if (code >= ' ' && code < 0x7f)
        return code;
    for (const struct vga_byte *at = vga_bytes; at < vga_bytes_end && at->code <= code; at++)
        if (at->code == code)
            return at->byte;
    return '?';
}
