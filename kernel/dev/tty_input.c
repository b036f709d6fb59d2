/* SPDX-License-Identifier: MIT */
/*
 * The receiving half of the tty: what becomes of each byte that the device delivers.
 *
 * With ICANON, bytes gather in a line that can be edited, between the indices `line` and `head`,
 * and become readable when the line ends. Without, each byte is readable at once, and `line`
 * follows `head`. The rules are those of Linux's n_tty and of POSIX.1-2017, chapter 11; of n_tty's
 * visual editing, erasing a tab by its true width is missing.
 *
 * All of this runs in the device's interrupt under tty->lock; signals are raised and readers woken
 * after the lock is dropped, writers that VSTART lets go on under it.
 */
#include <asm/signal.h>

#include "kernel/dev/tty_internal.h"
#include "kernel/lib/string.h"

#define DELETE 0x7f

static bool is_special(const struct tty *tty, u32 which, u8 byte)
{
    return byte != TTY_DISABLED && tty->termios.c_cc[which] == byte;
}

static bool has_input_flag(const struct tty *tty, tcflag_t flag)
{
    return (tty->termios.c_iflag & flag) != 0;
}

static bool has_local_flag(const struct tty *tty, tcflag_t flag)
{
    return (tty->termios.c_lflag & flag) != 0;
}

/* ---- Echo -------------------------------------------------------------------------------------*/

/* Shown as a caret and a letter. */
static bool is_shown_as_caret(const struct tty *tty, u8 byte)
{
    return has_local_flag(tty, ECHOCTL) && (byte < ' ' || byte == DELETE) && byte != '\t' &&
           byte != '\n';
}

static void echo(struct tty *tty, u8 byte)
{
    if (!has_local_flag(tty, ECHO) && !(byte == '\n' && has_local_flag(tty, ECHONL)))
        return;
    if (is_shown_as_caret(tty, byte))
        tty_echo_locked(tty, (const u8[]){'^', byte ^ 0x40}, 2);
    else
        tty_echo_locked(tty, &byte, 1);
}

static void echo_erased(struct tty *tty, u8 byte)
{
    static const u8 rubout[] = "\b \b\b \b";
    if (has_local_flag(tty, ECHO) && has_local_flag(tty, ECHOE))
        tty_echo_locked(tty, rubout, is_shown_as_caret(tty, byte) ? 6 : 3);
}

/* ---- The buffer -------------------------------------------------------------------------------*/

/* Append a byte; false when there is no room. */
static bool store(struct tty *tty, u8 byte, bool ends_line)
{
    u32 limit = tty_is_canonical(tty) ? TTY_LINE_MAX - !ends_line : TTY_BUFFER_SIZE;
    if (tty->head - tty->line >= limit || tty->head - tty->tail >= TTY_BUFFER_SIZE) {
        tty->lost++;
        return false;
    }
    tty->buffer[tty_slot(tty->head)] = byte;
    tty_set_line_end(tty, tty->head, ends_line);
    tty->head++;
    if (ends_line || !tty_is_canonical(tty))
        tty->line = tty->head;
    return true;
}

void tty_flush_input_locked(struct tty *tty)
{
    tty->tail = tty->line = tty->head;
}

/* ---- Editing ----------------------------------------------------------------------------------*/

/* Take back the last character of the line, all bytes of it. */
static u8 erase_one(struct tty *tty)
{
    u8 byte = tty->buffer[tty_slot(--tty->head)];
    while (has_input_flag(tty, IUTF8) && (byte & 0xc0) == 0x80 && tty->head != tty->line)
        byte = tty->buffer[tty_slot(--tty->head)];
    echo_erased(tty, byte);
    return byte;
}

static bool is_word_byte(u8 byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
}

/* Take back what is not a word, then a word. */
static void erase_word(struct tty *tty)
{
    bool in_word = false;
    while (tty->head != tty->line) {
        bool word = is_word_byte(tty->buffer[tty_slot(tty->head - 1)]);
        if (in_word && !word)
            return;
        in_word = word;
        erase_one(tty);
    }
}

static void erase_line(struct tty *tty, u8 kill)
{
    if (has_local_flag(tty, ECHOKE) && has_local_flag(tty, ECHOE)) {
        while (tty->head != tty->line)
            erase_one(tty);
        return;
    }
    tty->head = tty->line;
    echo(tty, kill);
    if (has_local_flag(tty, ECHOK))
        echo(tty, '\n');
}

static void erase_last(struct tty *tty, u8 erase)
{
    if (tty->head == tty->line)
        return;
    erase_one(tty);
    if (!has_local_flag(tty, ECHOE))
        echo(tty, erase);
}

static void show_line_again(struct tty *tty, u8 reprint)
{
    echo(tty, reprint);
    echo(tty, '\n');
    for (u32 i = tty->line; i != tty->head; i++)
        echo(tty, tty->buffer[tty_slot(i)]);
}

static void receive_canonical(struct tty *tty, u8 byte)
{
    bool extended = has_local_flag(tty, IEXTEN);
    if (is_special(tty, VERASE, byte)) {
        erase_last(tty, byte);
    } else if (is_special(tty, VKILL, byte)) {
        erase_line(tty, byte);
    } else if (extended && is_special(tty, VWERASE, byte)) {
        erase_word(tty);
    } else if (extended && is_special(tty, VREPRINT, byte)) {
        show_line_again(tty, byte);
    } else if (extended && is_special(tty, VLNEXT, byte)) {
        tty->literal_next = true;
        if (has_local_flag(tty, ECHO) && has_local_flag(tty, ECHOCTL))
            tty_echo_locked(tty, (const u8 *)"^\b", 2);
    } else if (is_special(tty, VEOF, byte)) {
        store(tty, 0, true);
    } else {
        bool ends = byte == '\n' || is_special(tty, VEOL, byte) ||
                    (extended && is_special(tty, VEOL2, byte));
        if (store(tty, byte, ends))
            echo(tty, byte);
    }
}

/* ---- Every byte -------------------------------------------------------------------------------*/

/* The signal that a byte stands for, or 0. */
static int signal_of(const struct tty *tty, u8 byte)
{
    if (!has_local_flag(tty, ISIG))
        return 0;
    if (is_special(tty, VINTR, byte))
        return SIGINT;
    if (is_special(tty, VQUIT, byte))
        return SIGQUIT;
    return is_special(tty, VSUSP, byte) ? SIGTSTP : 0;
}

/* True when the byte was VSTOP or VSTART and is consumed. */
static bool receive_flow_control(struct tty *tty, u8 byte)
{
    bool stop = is_special(tty, VSTOP, byte);
    if (!stop && !is_special(tty, VSTART, byte))
        return false;
    tty->stopped = stop;
    if (!stop)
        wait_wake_all(&tty->output_wait);
    return true;
}

/* Returns a signal to raise, or 0. */
static int receive_byte(struct tty *tty, u8 byte)
{
    if (has_input_flag(tty, ISTRIP))
        byte &= 0x7f;
    if (tty->literal_next) {
        tty->literal_next = false;
        if (store(tty, byte, false))
            echo(tty, byte);
        return 0;
    }
    if (has_input_flag(tty, IXON) && receive_flow_control(tty, byte))
        return 0;
    int signal = signal_of(tty, byte);
    if (signal != 0) {
        if (!has_local_flag(tty, NOFLSH))
            tty_flush_input_locked(tty);
        echo(tty, byte);
        return signal;
    }
    if (byte == '\r' && has_input_flag(tty, IGNCR))
        return 0;
    if (byte == '\r' && has_input_flag(tty, ICRNL))
        byte = '\n';
    else if (byte == '\n' && has_input_flag(tty, INLCR))
        byte = '\r';

    if (tty_is_canonical(tty))
        receive_canonical(tty, byte);
    else if (store(tty, byte, false))
        echo(tty, byte);
    return 0;
}

/* Nothing to look at in any byte: a whole block can be copied. */
static bool is_plain(const struct tty *tty)
{
    const tcflag_t iflags = ISTRIP | IXON | IGNCR | ICRNL | INLCR;
    const tcflag_t lflags = ICANON | ISIG | ECHO | ECHONL;
    return !has_input_flag(tty, iflags) && !has_local_flag(tty, lflags) && !tty->literal_next;
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
        readable = tty_readable_locked(tty);
        spin_unlock_irqrestore(&tty->lock, flags);
        bytes += used;
        count -= used;
        if (signal != 0 && tty->signal)
            tty->signal(signal);
    }
    if (readable)
        wait_wake_all(&tty->input_wait);
}

void tty_receive_break(struct tty *tty)
{
    int signal = 0;
    u64 flags = spin_lock_irqsave(&tty->lock);
    if (tty->is_stream) {
        tty->hung_up = true;
    } else if (has_input_flag(tty, IGNBRK)) {
        ;
    } else if (has_input_flag(tty, BRKINT)) {
        tty_flush_input_locked(tty);
        signal = SIGINT;
    } else {
        store(tty, 0, false);
    }
    bool readable = tty_readable_locked(tty);
    spin_unlock_irqrestore(&tty->lock, flags);
    if (signal != 0 && tty->signal)
        tty->signal(signal);
    if (readable)
        wait_wake_all(&tty->input_wait);
}
