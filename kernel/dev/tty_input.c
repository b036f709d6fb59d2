/* SPDX-License-Identifier: MIT */
/*
 * The receiving half of the tty: what becomes of each byte that the device delivers.
 *
 * With ICANON, bytes gather in a line that can be edited (tty_edit.c), between the indices `line` and
 * `head`, and become readable when the line ends. Without, each byte is readable at once, and `line`
 * follows `head`. The rules are those of Linux's n_tty and of POSIX.1-2017, chapter 11.
 *
 * All of this runs in the device's interrupt under tty->lock; signals are raised and readers woken
 * after the lock is dropped, writers that VSTART lets go on under it.
 */
#include <asm/signal.h>

#include "kernel/dev/tty_internal.h"
#include "kernel/lib/string.h"

static bool is_special(const struct tty *tty, u32 which, u8 byte)
{
    return byte != TTY_DISABLED && tty->termios.c_cc[which] == byte;
}

/* ---- The buffer -------------------------------------------------------------------------------*/

/* Append a byte, if there is room. */
static void store(struct tty *tty, u8 byte, bool ends_line)
{
    u32 limit = tty_is_canonical(tty) ? TTY_LINE_MAX - !ends_line : TTY_BUFFER_SIZE;
    if (tty->head - tty->line >= limit || tty->head - tty->tail >= TTY_BUFFER_SIZE) {
        tty->lost++;
        return;
    }
    tty->buffer[tty_slot(tty->head)] = byte;
    tty_set_line_end(tty, tty->head, ends_line);
    tty->head++;
    if (ends_line || !tty_is_canonical(tty))
        tty->line = tty->head;
}

void tty_flush_input_locked(struct tty *tty)
{
    tty->tail = tty->line = tty->head;
}

/* ---- Lines ------------------------------------------------------------------------------------*/

static bool ends_line(const struct tty *tty, u8 byte)
{
    return byte == '\n' || is_special(tty, VEOL, byte) ||
           (tty_has_local(tty, IEXTEN) && is_special(tty, VEOL2, byte));
}

/* True when the byte edits or ends the line and is done with. */
static bool edit_line(struct tty *tty, u8 byte)
{
    bool extended = tty_has_local(tty, IEXTEN);
    if (is_special(tty, VERASE, byte)) {
        tty_erase_character(tty, byte);
    } else if (is_special(tty, VKILL, byte)) {
        tty_erase_line(tty, byte);
    } else if (extended && is_special(tty, VWERASE, byte)) {
        tty_erase_word(tty);
    } else if (extended && is_special(tty, VREPRINT, byte) && tty_has_local(tty, ECHO)) {
        tty_reprint(tty, byte);
    } else if (extended && is_special(tty, VLNEXT, byte)) {
        tty->literal_next = true;
        tty_echo_literal_next(tty);
    } else if (is_special(tty, VEOF, byte)) {
        store(tty, 0, true);
    } else {
        return false;
    }
    return true;
}

/* A byte that is text. With PARMRK a 0xff is told from a mark by being doubled. */
static void take_text(struct tty *tty, u8 byte, bool ends)
{
    if (byte == '\n' && ends)
        tty_echo_newline(tty);
    else
        tty_echo_typed(tty, byte);
    if (byte == 0xff && tty_has_input(tty, PARMRK))
        store(tty, byte, false);
    store(tty, byte, ends);
}

/* ---- Every byte -------------------------------------------------------------------------------*/

/* The signal that a byte stands for, or 0. */
static int signal_of(const struct tty *tty, u8 byte)
{
    if (!tty_has_local(tty, ISIG))
        return 0;
    if (is_special(tty, VINTR, byte))
        return SIGINT;
    if (is_special(tty, VQUIT, byte))
        return SIGQUIT;
    return is_special(tty, VSUSP, byte) ? SIGTSTP : 0;
}

/* Output that VSTOP holds goes on. */
static void start_output(struct tty *tty)
{
    if (tty->stopped && !tty->held)
        tty_start_output_locked(tty);
}

/* True when the byte was VSTOP or VSTART and is consumed. */
static bool receive_flow_control(struct tty *tty, u8 byte)
{
    if (is_special(tty, VSTART, byte))
        start_output(tty);
    else if (is_special(tty, VSTOP, byte))
        tty->stopped = true;
    else
        return false;
    return true;
}

/* A byte that raises a signal: what was typed before is forgotten, and what was to be seen; and output goes
 * on. */
static void receive_signal(struct tty *tty, u8 byte)
{
    if (!tty_has_local(tty, NOFLSH)) {
        tty_flush_input_locked(tty);
        tty_flush_output_locked(tty);
        tty->echo_length = 0;
    }
    if (tty_has_input(tty, IXON))
        start_output(tty);
    tty_echo_signal(tty, byte);
}

/* ISTRIP and IUCLC. */
static u8 narrow(const struct tty *tty, u8 byte)
{
    if (tty_has_input(tty, ISTRIP))
        byte &= 0x7f;
    bool upper = (byte >= 'A' && byte <= 'Z') ||
                 (byte >= 0xc0 && byte <= 0xde && byte != 0xd7); /* Latin-1 */
    return upper && tty_has_input(tty, IUCLC) && tty_has_local(tty, IEXTEN) ? byte + 0x20 : byte;
}

/* Returns a signal to raise, or 0. */
static int receive_byte(struct tty *tty, u8 byte)
{
    byte = narrow(tty, byte);
    if (tty->literal_next) {
        tty->literal_next = false;
        take_text(tty, byte, false);
        return 0;
    }
    if (tty_has_input(tty, IXON) && receive_flow_control(tty, byte))
        return 0;
    int signal = signal_of(tty, byte);
    if (signal != 0) {
        receive_signal(tty, byte);
        return signal;
    }
    if (tty_has_input(tty, IXON) && tty_has_input(tty, IXANY))
        start_output(tty);
    if (byte == '\r' && tty_has_input(tty, IGNCR))
        return 0;
    if (byte == '\r' && tty_has_input(tty, ICRNL))
        byte = '\n';
    else if (byte == '\n' && tty_has_input(tty, INLCR))
        byte = '\r';

    if (!tty_is_canonical(tty) || !edit_line(tty, byte))
        take_text(tty, byte, tty_is_canonical(tty) && ends_line(tty, byte));
    return 0;
}

/* Nothing to look at in any byte: a whole block can be copied. */
static bool is_plain(const struct tty *tty)
{
    const tcflag_t iflags = ISTRIP | IUCLC | IXON | IGNCR | ICRNL | INLCR | PARMRK;
    const tcflag_t lflags = ICANON | ISIG | ECHO | ECHONL;
    return !tty_has_input(tty, iflags) && !tty_has_local(tty, lflags) && !tty->literal_next;
}

static void store_block(struct tty *tty, const u8 *bytes, size_t count)
{
    size_t room = TTY_BUFFER_SIZE - (tty->head - tty->tail);
    if (count > room) {
        tty->lost += (u32)(count - room);
        count = room;
    }
    u32 slot = tty_slot(tty->head);
    size_t first = MIN(count, (size_t)(TTY_BUFFER_SIZE - slot));
    memcpy(tty->buffer + slot, bytes, first);
    memcpy(tty->buffer, bytes + first, count - first);
    tty->head += (u32)count;
    tty->line = tty->head;
}

/* One byte of a line on which the host speaks, too. Returns a signal to raise, or 0. */
static int receive_or_listen(struct tty *tty, u8 byte)
{
    switch (tty_host_receive_locked(tty, byte)) {
    case TTY_BYTE_TYPED:
        return receive_byte(tty, byte);
    case TTY_BYTE_RESIZED:
        return SIGWINCH;
    default:
        return 0;
    }
}

/* Take bytes up to the first one that raises a signal; returns how many. */
static size_t receive_some(struct tty *tty, const u8 *bytes, size_t count, int *signal)
{
    bool host_speaks = tty->host.state != TTY_HOST_SILENT;
    if (is_plain(tty) && !host_speaks) {
        store_block(tty, bytes, count);
        return count;
    }
    size_t used = 0;
    while (used < count && *signal == 0)
        *signal =
            host_speaks ? receive_or_listen(tty, bytes[used++]) : receive_byte(tty, bytes[used++]);
    return used;
}

/* ---- Called by the device ---------------------------------------------------------------------*/

size_t tty_receive_room(struct tty *tty)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    size_t room = TTY_BUFFER_SIZE - (tty->head - tty->tail);
    if (room < TTY_RECEIVE_MIN) {
        /* Decided and told under the lock, so that a reader who makes room cannot come between. */
        room = 0;
        tty->throttled = true;
        tty->ops->throttle(tty->device, true);
    }
    spin_unlock_irqrestore(&tty->lock, flags);
    return room;
}

void tty_receive(struct tty *tty, const u8 *bytes, size_t count)
{
    bool readable = false;
    while (count > 0) {
        int signal = 0;
        u64 flags = spin_lock_irqsave(&tty->lock);
        size_t used = receive_some(tty, bytes, count, &signal);
        readable = tty_concerns_readers_locked(tty);
        spin_unlock_irqrestore(&tty->lock, flags);
        bytes += used;
        count -= used;
        if (signal != 0)
            tty_raise(tty, signal);
    }
    tty_show(tty);
    if (readable)
        wait_wake_all(&tty->input_wait);
}

void tty_receive_break(struct tty *tty)
{
    int signal = 0;
    u64 flags = spin_lock_irqsave(&tty->lock);
    if (tty->is_stream) {
        tty->hung_up = true;
    } else if (tty_has_input(tty, IGNBRK)) {
        ;
    } else if (tty_has_input(tty, BRKINT)) {
        tty_flush_input_locked(tty);
        signal = SIGINT;
    } else {
        store(tty, 0, false);
    }
    bool readable = tty_concerns_readers_locked(tty);
    spin_unlock_irqrestore(&tty->lock, flags);
    if (signal != 0)
        tty_raise(tty, signal);
    if (readable)
        wait_wake_all(&tty->input_wait);
}
