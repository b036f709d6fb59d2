/* SPDX-License-Identifier: MIT */
/*
 * Colours and other renditions: SGR (ECMA-48, 8.3.117) and what of it a cell can show.
 *
 * There are 16 colours. Colours of the table of 256 and colours by red, green and blue become the
 * one of the 16 that is nearest by hue; a bright one for text if it is bright, a dark one for
 * backgrounds, so that text stays readable. Bold is a bright colour, dim is grey and italic is
 * green, as on Linux's console.
 */
#include "kernel/dev/vt_internal.h"

#define BRIGHT        8
#define DIM_COLOUR    8
#define ITALIC_COLOUR 2

#define CUBE_FIRST 16 /* of the 256: then 6 * 6 * 6 colours, then greys */
#define GREY_FIRST 232

struct rgb {
    u32 red, green, blue;
};

void vt_pen_changed(struct vt *vt)
{
    const struct vt_pen *pen = &vt->pen;
    u32 foreground = pen->italic ? ITALIC_COLOUR : pen->foreground, background = pen->background;
    if (pen->dim)
        foreground = DIM_COLOUR;
    vt->blank = ' ' | foreground << VT_FOREGROUND_SHIFT | background << VT_BACKGROUND_SHIFT;
    if (pen->reverse) {
        foreground = background;
        background = pen->dim ? DIM_COLOUR : pen->foreground;
    }
    foreground |= pen->bold ? BRIGHT : 0;
    vt->attributes = foreground << VT_FOREGROUND_SHIFT | background << VT_BACKGROUND_SHIFT |
                     (pen->underline ? VT_UNDERLINE : 0);
}

void vt_default_pen(struct vt *vt)
{
    u8 charset = vt->pen.charset, first = vt->pen.charsets[0], second = vt->pen.charsets[1];
    vt->pen = (struct vt_pen){.foreground = VT_DEFAULT_FOREGROUND,
                              .background = VT_DEFAULT_BACKGROUND,
                              .charset = charset,
                              .charsets = {first, second}};
}

/* The 256 colours: 16 as they are, a cube with these steps, 24 greys. */
static struct rgb rgb_of(u32 index)
{
    static const u8 steps[] = {0, 95, 135, 175, 215, 255};
    if (index >= GREY_FIRST) {
        u32 grey = 8 + 10 * (index - GREY_FIRST);
        return (struct rgb){grey, grey, grey};
    }
    index -= CUBE_FIRST;
    return (struct rgb){steps[index / 36], steps[index / 6 % 6], steps[index % 6]};
}

/* The components that are more than `threshold`, as one of the eight dark colours. */
static u32 hue(const struct rgb *colour, u32 threshold)
{
    return (colour->red > threshold ? 1 : 0) | (colour->green > threshold ? 2 : 0) |
           (colour->blue > threshold ? 4 : 0);
}

static u8 nearest_foreground(const struct rgb *colour)
{
    u32 most = MAX(MAX(colour->red, colour->green), colour->blue);
    u32 found = hue(colour, most / 2);
    if (found == 7 && most <= 0x55)
        return BRIGHT; /* dark grey */
    return found | (most > 0xaa ? BRIGHT : 0);
}

static u8 nearest_background(const struct rgb *colour)
{
    return hue(colour, 0x7f);
}

static void set_colour(struct vt *vt, bool foreground, const struct rgb *colour)
{
    if (foreground)
        vt->pen.foreground = nearest_foreground(colour);
    else
        vt->pen.background = nearest_background(colour);
}

static void set_indexed_colour(struct vt *vt, bool foreground, u32 index)
{
    if (index >= CUBE_FIRST) {
        struct rgb colour = rgb_of(index);
        set_colour(vt, foreground, &colour);
    } else if (foreground) {
        vt->pen.foreground = index;
    } else {
        vt->pen.background = index;
    }
}

/* 38 and 48: `;5;INDEX` or `;2;RED;GREEN;BLUE` follow. Returns the index of the last parameter
 * that is used. */
static u32 set_extended_colour(struct vt *vt, u32 at)
{
    const u32 *parameters = vt->parameters;
    bool foreground = parameters[at] == 38;
    u32 last = vt->parameter;
    if (at + 2 <= last && parameters[at + 1] == 5) {
        if (parameters[at + 2] <= 255)
            set_indexed_colour(vt, foreground, parameters[at + 2]);
        return at + 2;
    }
    if (at + 4 <= last && parameters[at + 1] == 2) {
        struct rgb colour = {parameters[at + 2], parameters[at + 3], parameters[at + 4]};
        set_colour(vt, foreground, &colour);
        return at + 4;
    }
    return last; /* nobody knows what the others mean */
}

static void set_style(struct vt_pen *pen, u32 which)
{
    switch (which) {
    case 1:
        pen->bold = true, pen->dim = false;
        break;
    case 2:
        pen->dim = true, pen->bold = false;
        break;
    case 3:
    case 23:
        pen->italic = which == 3;
        break;
    case 4:
    case 21: /* a double line, of which one is shown */
    case 24:
        pen->underline = which != 24;
        break;
    case 7:
    case 27:
        pen->reverse = which == 7;
        break;
    case 22:
        pen->bold = pen->dim = false;
        break;
    case 39:
        pen->foreground = VT_DEFAULT_FOREGROUND;
        break;
    case 49:
        pen->background = VT_DEFAULT_BACKGROUND;
        break;
    default: /* blinking, other fonts, what nobody has */
        break;
    }
}

static void set_one(struct vt *vt, u32 which)
{
    struct vt_pen *pen = &vt->pen;
    if (which == 0)
        vt_default_pen(vt);
    else if (which >= 30 && which <= 37)
        pen->foreground = which - 30;
    else if (which >= 40 && which <= 47)
        pen->background = which - 40;
    else if (which >= 90 && which <= 97)
        pen->foreground = which - 90 + BRIGHT;
    else if (which >= 100 && which <= 107)
        pen->background = which - 100 + BRIGHT;
    else
        set_style(pen, which);
}

void vt_set_rendition(struct vt *vt)
{
    for (u32 i = 0; i <= vt->parameter; i++) {
        if (vt->parameters[i] == 38 || vt->parameters[i] == 48)
            i = set_extended_colour(vt, i);
        else
            set_one(vt, vt->parameters[i]);
    }
    vt_pen_changed(vt);
}
