/* SPDX-License-Identifier: MIT */
/*
 * Which terminal controls the session: signals of its keyboard go there, and /dev/tty is that one. There is one
 * session so far, that of the first program, which leads it.
 *
 * `lock` is a leaf. Signals are raised without it.
 */
#include <asm/errno.h>
#include <asm/signal.h>

#include "kernel/dev/tty_internal.h"

static struct {
    struct spinlock lock; /* guards all here, and `session` and `foreground` of the terminals */
    int leader;
    struct tty *terminal;
} only = {.lock = SPINLOCK_INIT(LOCK_TTY_SESSION)};

static void control_locked(struct tty *tty, int leader)
{
    only.terminal = leader ? tty : NULL;
    tty->session = tty->foreground = leader;
}

void tty_session_begin(struct tty *tty, int leader)
{
    only.leader = leader;
    if (!tty->is_stream)
        control_locked(tty, leader);
}

struct tty *tty_controlling(void)
{
    return __atomic_load_n(&only.terminal, __ATOMIC_RELAXED);
}

int tty_session_take(struct tty *tty)
{
    u64 flags = spin_lock_irqsave(&only.lock);
    int error = only.terminal && only.terminal != tty ? -EPERM : 0;
    if (error == 0 && !only.terminal)
        control_locked(tty, only.leader);
    spin_unlock_irqrestore(&only.lock, flags);
    return error;
}

int tty_session_leave(struct tty *tty)
{
    u64 flags = spin_lock_irqsave(&only.lock);
    bool ours = only.terminal == tty;
    if (ours)
        control_locked(tty, 0);
    spin_unlock_irqrestore(&only.lock, flags);
    if (!ours)
        return -ENOTTY;
    if (tty->signal) {
        tty->signal(SIGHUP);
        tty->signal(SIGCONT);
    }
    return 0;
}

void tty_raise(const struct tty *tty, int signal)
{
    if (tty->signal && __atomic_load_n(&tty->foreground, __ATOMIC_RELAXED) != 0)
        tty->signal(signal);
}
