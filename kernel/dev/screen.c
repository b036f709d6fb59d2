/* SPDX-License-Identifier: MIT */
/* The screen as a device; screen.h has the idea. */
#include "kernel/dev/screen.h"

#include <asm/errno.h>

#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define FRAME_NS (NS_PER_SECOND / 60)
#define SLICE_NS 50000 /* between the pieces of a frame, at the least */

/* Cells drawn in one piece, with interrupts off, and then the rest of the row: it decides how late a
 * timer may be. Some 50 us where writing takes 1 ns a byte. */
#define CELLS_AT_ONCE 100

int screen_init(struct screen *screen, u32 rows, u32 columns, const struct screen_ops *ops,
                void *device)
{
    u32 *cells = kmalloc((size_t)rows * columns * sizeof(u32));
    u32 *drawn = kmalloc((size_t)rows * columns * sizeof(u32));
    u16 *lines = kmalloc(rows * sizeof(u16));
    u8 *dirty = kmalloc(rows);
    if (!cells || !drawn || !lines || !dirty) {
        kfree(cells), kfree(drawn), kfree(lines), kfree(dirty);
        return -ENOMEM;
    }
    memset(drawn, 0xff, (size_t)rows * columns * sizeof(u32)); /* no cell looks like that */
    spin_init(&screen->lock, LOCK_SCREEN);
    vt_init(&screen->vt, rows, columns, cells, lines, dirty);
    screen->drawn = drawn;
    screen->changed = true;
    screen->device = device;
    screen->ops = ops;
    return 0;
}

/* ---- Drawing ----------------------------------------------------------------------------------*/

static u32 swap_colours(u32 cell)
{
    return (cell & ~(0xffu << VT_FOREGROUND_SHIFT)) | vt_background(cell) << VT_FOREGROUND_SHIFT |
           vt_foreground(cell) << VT_BACKGROUND_SHIFT;
}

/* What is to be seen of a cell. */
static u32 appearance(const struct vt *vt, u32 row, u32 column, u32 cell)
{
    if (vt->inverted)
        cell = swap_colours(cell);
    if (vt->cursor_visible && row == vt->y && column == vt->x)
        cell |= VT_CURSOR;
    return cell;
}

/* Draw from `column` on until the cells look again as they are drawn; returns the first column
 * behind. */
static u32 draw_run(struct screen *screen, u32 row, u32 column)
{
    const u32 *line = vt_line(&screen->vt, row);
    u32 *drawn = screen->drawn + (size_t)row * screen->vt.columns;
    u32 end = column;
    for (; end < screen->vt.columns; end++) {
        u32 now = appearance(&screen->vt, row, end, line[end]);
        if (now == drawn[end])
            break;
        drawn[end] = now;
    }
    if (end > column)
        screen->ops->draw(screen->device, row, column, drawn + column, end - column);
    return end;
}

/* Returns how many cells were drawn. */
static u32 draw_row(struct screen *screen, u32 row)
{
    u32 count = 0;
    for (u32 column = 0; column < screen->vt.columns;) {
        u32 end = draw_run(screen, row, column);
        count += end - column;
        column = end + 1; /* the cell at `end` is as it should be */
    }
    screen->vt.dirty[row] = 0;
    return count;
}

/* Draw rows until `limit` cells are drawn; true when there is more to draw. */
static bool draw_some_locked(struct screen *screen, u32 limit)
{
    struct vt *vt = &screen->vt;
    u32 count = 0;
    if (!screen->changed)
        return false;
    vt->dirty[screen->cursor_row] = vt->dirty[vt->y] = 1;
    screen->cursor_row = vt->y;
    for (u32 row = 0; row < vt->rows; row++) {
        if (!vt->dirty[row])
            continue;
        if (count >= limit)
            return true;
        count += draw_row(screen, row);
    }
    screen->changed = false;
    return false;
}

/* All that has changed, in pieces. */
static void draw_all(struct screen *screen)
{
    bool more;
    do {
        u64 flags = spin_lock_irqsave(&screen->lock);
        more = draw_some_locked(screen, CELLS_AT_ONCE);
        spin_unlock_irqrestore(&screen->lock, flags);
    } while (more);
}

/* Draw a piece. True when the timer is to go on with it at *deadline: after as much time for
 * others as the drawing took. */
static bool draw_piece_locked(struct screen *screen, u64 now, u64 *deadline)
{
    bool more = draw_some_locked(screen, CELLS_AT_ONCE);
    screen->timer_runs = more;
    screen->drawn_ns = time_now_ns();
    *deadline = screen->drawn_ns + MAX(screen->drawn_ns - now, SLICE_NS);
    return more;
}

static void draw_in_time(struct timer *timer)
{
    struct screen *screen = container_of(timer, struct screen, timer);
    u64 now = time_now_ns(), deadline;
    u64 flags = spin_lock_irqsave(&screen->lock);
    bool more = draw_piece_locked(screen, now, &deadline);
    spin_unlock_irqrestore(&screen->lock, flags);
    if (more)
        timer_restart(timer, deadline);
}

/* ---- For the tty ------------------------------------------------------------------------------*/

static size_t screen_write(void *device, const u8 *bytes, size_t count)
{
    struct screen *screen = device;
    u64 flags = spin_lock_irqsave(&screen->lock);
    vt_write(&screen->vt, bytes, count);
    screen->changed = true;
    spin_unlock_irqrestore(&screen->lock, flags);
    return count;
}

static size_t screen_write_room(void *device)
{
    (void)device;
    return SIZE_MAX;
}

static bool screen_writable(void *device)
{
    (void)device;
    return true;
}

static size_t screen_write_pending(void *device)
{
    (void)device;
    return 0;
}

static void screen_drain(void *device)
{
    draw_all(device);
}

static void screen_throttle(void *device, bool stop)
{
    (void)device, (void)stop; /* nobody types faster than a program reads; keys that do are lost */
}

static void screen_receive(void *device)
{
    (void)device;
}

/* Draw what was written, or have it drawn when the frame's time has come. True: by the timer, at
 * *deadline. */
static bool draw_or_wait_locked(struct screen *screen, u64 *deadline)
{
    u64 now = time_now_ns();
    if (!screen->changed || screen->timer_runs)
        return false;
    if (now - screen->drawn_ns >= FRAME_NS)
        return draw_piece_locked(screen, now, deadline);
    screen->timer_runs = true;
    *deadline = screen->drawn_ns + FRAME_NS;
    return true;
}

static void screen_show(void *device)
{
    struct screen *screen = device;
    u8 answer[VT_ANSWER_MAX];
    u64 deadline;
    u64 flags = spin_lock_irqsave(&screen->lock);
    size_t length = vt_take_answer(&screen->vt, answer);
    bool wait = draw_or_wait_locked(screen, &deadline);
    spin_unlock_irqrestore(&screen->lock, flags);
    if (wait)
        timer_start(&screen->timer, deadline);
    if (length > 0)
        tty_receive(screen->tty, answer, length);
}

const struct tty_ops screen_tty_ops = {
    .write = screen_write,
    .write_room = screen_write_room,
    .writable = screen_writable,
    .write_pending = screen_write_pending,
    .drain = screen_drain,
    .throttle = screen_throttle,
    .receive = screen_receive,
    .show = screen_show,
};

void screen_set_tty(struct screen *screen, struct tty *tty)
{
    screen->tty = tty;
    timer_init_call(&screen->timer, draw_in_time);
}

/* ---- For the log ------------------------------------------------------------------------------*/

static void write_and_draw_locked(struct screen *screen, const char *text, size_t length)
{
    vt_write_plain(&screen->vt, text, length);
    screen->changed = true;
    draw_some_locked(screen, UINT32_MAX);
}

void screen_write_now(struct screen *screen, const char *text, size_t length)
{
    u64 flags = spin_lock_irqsave(&screen->lock);
    write_and_draw_locked(screen, text, length);
    spin_unlock_irqrestore(&screen->lock, flags);
}

void screen_write_polled(struct screen *screen, const char *text, size_t length)
{
    write_and_draw_locked(screen, text, length);
}
