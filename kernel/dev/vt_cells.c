/* SPDX-License-Identifier: MIT */
/*
 * Changes of cells, and where the cursor may go. Whoever changes a cell marks its row here.
 */
#include "kernel/dev/vt_internal.h"
#include "kernel/lib/string.h"

static void fill(u32 *cells, u32 value, u32 count)
{
    while (count-- > 0)
        *cells++ = value;
}

void vt_erase(struct vt *vt, u32 y, u32 x, u32 count)
{
    fill(vt_line(vt, y) + x, vt->blank, count);
    vt->dirty[y] = 1;
}

void vt_erase_rows(struct vt *vt, u32 first, u32 end)
{
    for (u32 y = first; y < end; y++)
        vt_erase(vt, y, 0, vt->columns);
}

static void rotate_up(u16 *lines, u32 count)
{
    u16 first = lines[0];
    memmove(lines, lines + 1, (count - 1) * sizeof(*lines));
    lines[count - 1] = first;
}

static void rotate_down(u16 *lines, u32 count)
{
    u16 last = lines[count - 1];
    memmove(lines + 1, lines, (count - 1) * sizeof(*lines));
    lines[0] = last;
}

void vt_scroll_up(struct vt *vt, u32 top, u32 bottom, u32 count)
{
    u32 height = bottom - top;
    count = MIN(count, height);
    for (u32 i = 0; i < count && count < height; i++)
        rotate_up(vt->lines + top, height);
    memset(vt->dirty + top, 1, height);
    vt_erase_rows(vt, bottom - count, bottom);
}

void vt_scroll_down(struct vt *vt, u32 top, u32 bottom, u32 count)
{
    u32 height = bottom - top;
    count = MIN(count, height);
    for (u32 i = 0; i < count && count < height; i++)
        rotate_down(vt->lines + top, height);
    memset(vt->dirty + top, 1, height);
    vt_erase_rows(vt, top, top + count);
}

void vt_insert_cells(struct vt *vt, u32 count)
{
    u32 *line = vt_line(vt, vt->y), room = vt->columns - vt->x;
    count = MIN(count, room);
    memmove(line + vt->x + count, line + vt->x, (room - count) * sizeof(*line));
    vt_erase(vt, vt->y, vt->x, count);
}

void vt_delete_cells(struct vt *vt, u32 count)
{
    u32 *line = vt_line(vt, vt->y), room = vt->columns - vt->x;
    count = MIN(count, room);
    memmove(line + vt->x, line + vt->x + count, (room - count) * sizeof(*line));
    vt_erase(vt, vt->y, vt->columns - count, count);
}

static s32 clamp(s32 value, s32 least, s32 most)
{
    return value < least ? least : value > most ? most : value;
}

void vt_move(struct vt *vt, s32 x, s32 y)
{
    vt->x = clamp(x, 0, vt->columns - 1);
    vt->y = clamp(y, vt->origin ? vt->top : 0, (vt->origin ? vt->bottom : vt->rows) - 1);
    vt->wrap_pending = false;
}

void vt_move_absolute(struct vt *vt, s32 x, s32 y)
{
    vt_move(vt, x, vt->origin ? vt->top + y : y);
}

void vt_line_feed(struct vt *vt)
{
    if (vt->y + 1 == vt->bottom)
        vt_scroll_up(vt, vt->top, vt->bottom, 1);
    else if (vt->y + 1 < vt->rows)
        vt->y++;
    vt->wrap_pending = false;
}

void vt_reverse_line_feed(struct vt *vt)
{
    if (vt->y == vt->top)
        vt_scroll_down(vt, vt->top, vt->bottom, 1);
    else if (vt->y > 0)
        vt->y--;
    vt->wrap_pending = false;
}

void vt_carriage_return(struct vt *vt)
{
    vt->x = 0;
    vt->wrap_pending = false;
}
