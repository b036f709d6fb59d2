/* SPDX-License-Identifier: MIT */
/*
 * The reading and writing half of the tty; see tty.h for the contract and tty_input.c for what
 * happens to received bytes.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>
#include <asm/signal.h>

#include "kernel/core/time.h"
#include "kernel/dev/tty_internal.h"
#include "kernel/lib/string.h"

/* A throttled device goes on when this much is free. */
#define ROOM_TO_GO_ON (TTY_BUFFER_SIZE / 2)

/* Linux's tty_std_termios, but without ONLCR (the host is to see the program's bytes) and with the
 * rate and the lines that the serial port really has. The indices of c_cc name the characters. */
static const struct termios2 cooked = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST,
    .c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
    .c_ispeed = 115200,
    .c_ospeed = 115200,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_cc =
        {
            [VINTR] = 'C' - '@',
            [VQUIT] = '\\' - '@',
            [VERASE] = 0x7f,
            [VKILL] = 'U' - '@',
            [VEOF] = 'D' - '@',
            [VMIN] = 1,
            [VSTART] = 'Q' - '@',
            [VSTOP] = 'S' - '@',
            [VSUSP] = 'Z' - '@',
            [VREPRINT] = 'R' - '@',
            [VDISCARD] = 'O' - '@',
            [VWERASE] = 'W' - '@',
            [VLNEXT] = 'V' - '@',
        },
};

void tty_init(struct tty *tty, const struct tty_ops *ops, void *device, bool raw)
{
    spin_init(&tty->lock, LOCK_TTY);
    wait_queue_init(&tty->input_wait);
    wait_queue_init(&tty->output_wait);
    tty->ops = ops;
    tty->device = device;
    tty->termios = cooked;
    if (raw) {
        tty->termios.c_iflag = 0;
        tty->termios.c_oflag = 0;
        tty->termios.c_lflag = 0;
        tty->is_stream = true;
    }
}

void tty_set_screen(struct tty *tty, const struct winsize *size)
{
    tty->winsize = *size;
    tty->termios.c_oflag |= ONLCR;
    tty->termios.c_iflag |= IUTF8;
    tty->termios.c_cflag = B38400 | CS8 | CREAD | HUPCL;
    tty->termios.c_ispeed = tty->termios.c_ospeed = 38400;
}

/* ---- Reading ----------------------------------------------------------------------------------*/

bool tty_concerns_readers_locked(const struct tty *tty)
{
    return tty->hung_up || tty->tail != (tty_is_canonical(tty) ? tty->line : tty->head);
}

/* There is a line, or without ICANON `least` bytes, or an end. */
static bool has_input(struct tty *tty, size_t least)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    bool has = tty_concerns_readers_locked(tty) &&
               (tty->hung_up || tty_is_canonical(tty) || tty->head - tty->tail >= least);
    spin_unlock_irqrestore(&tty->lock, flags);
    return has;
}

static void copy_out(struct tty *tty, u8 *to, size_t count)
{
    u32 slot = tty_slot(tty->tail);
    size_t first = MIN(count, (size_t)(TTY_BUFFER_SIZE - slot));
    memcpy(to, tty->buffer + slot, first);
    memcpy(to + first, tty->buffer, count - first);
    tty->tail += (u32)count;
}

static bool is_end_of_file(const struct tty *tty, u32 index)
{
    return tty_line_ends_at(tty, index) && tty->buffer[tty_slot(index)] == 0;
}

/* How many bytes of the first line fit; *ended: its end is among them. */
static u32 measure_line(const struct tty *tty, u32 stop, size_t count, bool *ended)
{
    u32 length = 0;
    for (*ended = false; !*ended && length < count; length++) {
        u32 index = tty->tail + length;
        if (index == stop || is_end_of_file(tty, index))
            break;
        *ended = tty_line_ends_at(tty, index);
    }
    return length;
}

/* At most one line; an end of file ends it without being copied, also where the buffer ends [Linux 5.12]. */
static s64 take_line(struct tty *tty, u8 *to, size_t count)
{
    /* After a hang-up nobody will end the line that was begun. */
    u32 stop = tty->hung_up ? tty->head : tty->line;
    bool ended;
    if (stop == tty->tail)
        return tty->hung_up ? 0 : -EAGAIN;
    u32 length = measure_line(tty, stop, count, &ended);
    copy_out(tty, to, length);
    if (!ended && tty->tail != stop && is_end_of_file(tty, tty->tail))
        tty->tail++;
    if ((s32)(tty->line - tty->tail) < 0)
        tty->line = tty->tail;
    return length;
}

/* -EAGAIN when fewer than `least` bytes are there. */
static s64 take_raw(struct tty *tty, u8 *to, size_t count, size_t least)
{
    size_t there = tty->head - tty->tail;
    if (there < MIN(least, count) && !tty->hung_up)
        return -EAGAIN;
    count = MIN(count, there);
    copy_out(tty, to, count);
    return (s64)count;
}

/* True when a throttled device is to fetch its input now; the caller then calls it without lock. */
static bool unthrottle_locked(struct tty *tty)
{
    u32 room = TTY_BUFFER_SIZE - (tty->head - tty->tail);
    if (!tty->throttled || room < ROOM_TO_GO_ON)
        return false;
    tty->throttled = false;
    tty->ops->throttle(tty->device, false);
    return true;
}

/* What is there now: the number of bytes, 0 at the end, or -EAGAIN: no line, or without ICANON
 * fewer than `least` bytes. */
static s64 read_now(struct tty *tty, void *buffer, size_t count, size_t least)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    s64 got =
        tty_is_canonical(tty) ? take_line(tty, buffer, count) : take_raw(tty, buffer, count, least);
    bool go_on = unthrottle_locked(tty);
    spin_unlock_irqrestore(&tty->lock, flags);
    if (go_on)
        tty->ops->receive(tty->device);
    return got;
}

/* VTIME is not 0 [POSIX.1-2017, 11.1.7]: with VMIN 0 it limits the wait for the first byte, else
 * the wait for each byte after the first. */
static s64 read_timed(struct tty *tty, void *buffer, size_t count, const struct termios2 *now)
{
    const u64 limit = now->c_cc[VTIME] * (NS_PER_SECOND / 10);
    const size_t wanted = MIN(MAX((size_t)now->c_cc[VMIN], (size_t)1), count);
    int error = 0;
    for (size_t next = 1; next <= wanted && error == 0; next = tty_input_count(tty) + 1) {
        bool limited = next > 1 || now->c_cc[VMIN] == 0;
        error = wait_event_until(&tty->input_wait, has_input(tty, next),
                                 limited ? time_now_ns() + limit : WAIT_FOREVER);
        if (error == 0 && tty_input_count(tty) < next)
            break; /* hung up, or another thread was faster or changed the mode */
    }
    s64 got = read_now(tty, buffer, count, 0);
    return got == 0 && error == -EINTR ? error : got;
}

s64 tty_read(struct tty *tty, void *buffer, size_t count, int flags)
{
    struct termios2 now;
    if (count == 0)
        return 0;
    for (;;) {
        tty_get_termios(tty, &now);
        bool canonical = (now.c_lflag & ICANON) != 0;
        bool timed = !canonical && now.c_cc[VTIME] != 0 && !(flags & O_NONBLOCK);
        size_t least = flags & O_NONBLOCK ? 1 : now.c_cc[VMIN];
        s64 got =
            timed ? read_timed(tty, buffer, count, &now) : read_now(tty, buffer, count, least);
        if (got != -EAGAIN || (flags & O_NONBLOCK))
            return got;
        int error = wait_event(&tty->input_wait, has_input(tty, MIN(least, count)));
        if (error != 0)
            return error;
    }
}

bool tty_input_ended(const struct tty *tty)
{
    return __atomic_load_n(&tty->hung_up, __ATOMIC_ACQUIRE);
}

size_t tty_input_count(struct tty *tty)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    u32 stop = tty_is_canonical(tty) ? tty->line : tty->head;
    size_t count = stop - tty->tail;
    if (tty_is_canonical(tty)) {
        for (u32 i = tty->tail; i != stop; i++)
            count -= is_end_of_file(tty, i);
    }
    spin_unlock_irqrestore(&tty->lock, flags);
    return count;
}

void tty_flush(struct tty *tty, int queue)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    if (queue != TCIFLUSH)
        tty_flush_output_locked(tty);
    if (queue != TCOFLUSH)
        tty_flush_input_locked(tty);
    bool go_on = unthrottle_locked(tty);
    spin_unlock_irqrestore(&tty->lock, flags);
    if (go_on)
        tty->ops->receive(tty->device);
}

/* ---- Writing ----------------------------------------------------------------------------------*/

static size_t write_some(struct tty *tty, const u8 *bytes, size_t count)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    bool processed = tty_processes_output(tty);
    bool stopped = tty->stopped;
    size_t done = 0;
    if (processed && !stopped)
        done = tty_write_processed_locked(tty, bytes, count);
    spin_unlock_irqrestore(&tty->lock, flags);
    if (!processed && !stopped)
        done = tty->ops->write(tty->device, bytes, count);
    return done;
}

static bool is_writable(struct tty *tty)
{
    return !__atomic_load_n(&tty->stopped, __ATOMIC_RELAXED) && tty->ops->writable(tty->device);
}

s64 tty_write(struct tty *tty, const void *buffer, size_t count, int flags)
{
    size_t done = 0;
    while (done < count) {
        size_t step = write_some(tty, (const u8 *)buffer + done, count - done);
        done += step;
        tty_show(tty);
        if (step > 0)
            continue;
        if (flags & O_NONBLOCK)
            return done > 0 ? (s64)done : -EAGAIN;
        int error = wait_event(&tty->output_wait, is_writable(tty));
        if (error != 0)
            return done > 0 ? (s64)done : error;
    }
    return (s64)done;
}

void tty_output_ready(struct tty *tty)
{
    wait_wake_all(&tty->output_wait);
}

size_t tty_output_count(struct tty *tty)
{
    return tty->ops->write_pending(tty->device);
}

void tty_drain(struct tty *tty)
{
    tty->ops->drain(tty->device);
}

/* With VTIME the first byte starts the reader's timer, and counts as readable [Linux too]. */
static size_t least_for_poll(const struct tty *tty)
{
    const cc_t *characters = tty->termios.c_cc;
    return characters[VTIME] != 0 ? 1 : characters[VMIN];
}

/* Asleep, since the host may be slow; the last bytes are the chip's, and polled for. */
int tty_wait_until_sent(struct tty *tty)
{
    int error = wait_event(&tty->output_wait, tty_output_count(tty) == 0);
    if (error == 0)
        tty_drain(tty);
    return error;
}

u32 tty_poll(struct tty *tty)
{
    u32 events = 0;
    if (has_input(tty, least_for_poll(tty)))
        events |= POLLIN | POLLRDNORM;
    if (is_writable(tty))
        events |= POLLOUT | POLLWRNORM;
    return events;
}

/* ---- Settings ---------------------------------------------------------------------------------*/

void tty_get_termios(struct tty *tty, struct termios2 *out)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    *out = tty->termios;
    spin_unlock_irqrestore(&tty->lock, flags);
}

/* Bytes received in one mode stay readable in the other [n_tty_set_termios does the same]. */
static void change_mode_locked(struct tty *tty, bool canonical)
{
    if (canonical) {
        for (u32 i = tty->tail; i != tty->head; i++)
            tty_set_line_end(tty, i, false);
        if (tty->head != tty->tail && tty->buffer[tty_slot(tty->head - 1)] != 0)
            tty_set_line_end(tty, tty->head - 1, true);
    }
    tty->line = tty->head;
    tty->literal_next = false;
}

/* The speed that bits of c_cflag stand for (asm-generic/termbits.h). */
static u32 speed_of(u32 bits)
{
    static const u32 low[] = {0,   50,   75,   110,  134,  150,  200,   300,
                              600, 1200, 1800, 2400, 4800, 9600, 19200, 38400};
    static const u32 high[] = {0,       57600,   115200,  230400,  460800,  500000,
                               576000,  921600,  1000000, 1152000, 1500000, 2000000,
                               2500000, 3000000, 3500000, 4000000};
    return bits & CBAUDEX ? high[bits & 15] : low[bits & 15];
}

/* With BOTHER the speeds are numbers, else they follow from c_cflag. The line itself has no speed that
 * would matter. */
static void settle_speeds(struct termios2 *termios)
{
    u32 output = termios->c_cflag & CBAUD, input = termios->c_cflag >> IBSHIFT & CBAUD;
    if (output != BOTHER)
        termios->c_ospeed = speed_of(output);
    if (input == 0)
        termios->c_ispeed = termios->c_ospeed;
    else if (input != BOTHER)
        termios->c_ispeed = speed_of(input);
}

int tty_set_termios(struct tty *tty, const struct termios2 *termios, int when)
{
    int error = when != TCSANOW ? tty_wait_until_sent(tty) : 0;
    if (error != 0)
        return error;
    if (when == TCSAFLUSH)
        tty_flush(tty, TCIFLUSH);
    u64 flags = spin_lock_irqsave(&tty->lock);
    bool was_canonical = tty_is_canonical(tty);
    tty->termios = *termios;
    settle_speeds(&tty->termios);
    if (was_canonical != tty_is_canonical(tty))
        change_mode_locked(tty, tty_is_canonical(tty));
    if (!(termios->c_iflag & IXON) && !tty->held)
        tty_start_output_locked(tty);
    bool readable = tty_concerns_readers_locked(tty);
    spin_unlock_irqrestore(&tty->lock, flags);
    tty_show(tty);
    wait_wake_all(&tty->output_wait);
    if (readable)
        wait_wake_all(&tty->input_wait);
    return 0;
}

int tty_flow(struct tty *tty, u64 action)
{
    if (action > TCION)
        return -EINVAL;
    u64 flags = spin_lock_irqsave(&tty->lock);
    u8 byte = tty->termios.c_cc[action == TCIOFF ? VSTOP : VSTART];
    if (action == TCOOFF) {
        tty->held = tty->stopped = true;
    } else if (action == TCOON && tty->held) { /* VSTOP's is VSTART's to undo */
        tty->held = false;
        tty_start_output_locked(tty);
    } else if (action != TCOON && byte != TTY_DISABLED) {
        tty->ops->write(tty->device, &byte, 1); /* even if ours is held */
    }
    spin_unlock_irqrestore(&tty->lock, flags);
    tty_show(tty);
    return 0;
}

void tty_get_winsize(struct tty *tty, struct winsize *out)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    *out = tty->winsize;
    spin_unlock_irqrestore(&tty->lock, flags);
}

void tty_set_winsize(struct tty *tty, const struct winsize *winsize)
{
    u64 flags = spin_lock_irqsave(&tty->lock);
    bool changed = memcmp(&tty->winsize, winsize, sizeof(*winsize)) != 0;
    tty->winsize = *winsize;
    spin_unlock_irqrestore(&tty->lock, flags);
    if (changed)
        tty_raise(tty, SIGWINCH);
}
