/* SPDX-License-Identifier: MIT */
/*
 * This machine's own screen as a tty's device: the cells of kernel/dev/vt.h, drawn by a driver.
 *
 * Writing changes cells, which costs nothing to speak of; drawing them is slow, so a cell is drawn
 * when it differs from what was drawn there before, and at most some sixty times a second: the
 * first change is drawn at once, what follows closely when its time has come. A full screen is
 * drawn in pieces, with interrupts on in between.
 *
 * Locks: screen->lock guards all of it. It is taken with tty->lock held, and nothing is taken under
 * it; so what needs other locks, answers to the program and the timer, happens in tty_ops.show,
 * which is called with none.
 */
#ifndef KERNEL_DEV_SCREEN_H
#define KERNEL_DEV_SCREEN_H

#include "kernel/core/spinlock.h"
#include "kernel/core/timer.h"
#include "kernel/dev/tty.h"
#include "kernel/dev/vt.h"

/* The driver. Both are called with screen->lock held. */
struct screen_ops {
    /* Draw `count` cells of one row (VT_* bits), the cursor among them if it is there. */
    void (*draw)(void *device, u32 row, u32 column, const u32 *cells, u32 count);
};

struct screen {
    const struct screen_ops *ops; /* NULL: there is no screen */
    void *device;
    struct tty *tty; /* where answers are typed */
    struct timer timer;

    /* lock guards all that follows */
    struct spinlock lock;
    struct vt vt;
    u32 *drawn;     /* what is to be seen: rows * columns cells */
    u16 cursor_row; /* where the cursor was drawn */
    bool changed;   /* cells may differ from what is drawn */
    bool timer_runs;
    u64 drawn_ns; /* when everything was drawn last */
};

/* A cleared screen. 0 or -ENOMEM. May allocate; once. */
int screen_init(struct screen *screen, u32 rows, u32 columns, const struct screen_ops *ops,
                void *device) MUST_CHECK;

/* From now on `tty` is the screen's: its operations are screen_tty_ops. */
void screen_set_tty(struct screen *screen, struct tty *tty);

extern const struct tty_ops screen_tty_ops;

/* The kernel's own text, drawn before this returns. Any context. _polled takes no lock: for a
 * panic. */
void screen_write_now(struct screen *screen, const char *text, size_t length);
void screen_write_polled(struct screen *screen, const char *text, size_t length);

#endif
