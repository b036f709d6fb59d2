/* SPDX-License-Identifier: MIT */
/*
 * Output processing (OPOST): newlines, carriage returns, tabs and letters on their way to the device, by
 * the rules of Linux's n_tty (do_output_char). The column is where the cursor should be.
 */
#include "kernel/dev/tty_internal.h"
#include "kernel/lib/string.h"

#define CHUNK     256
#define TAB_WIDTH 8

#define PROCESSED (ONLCR | OCRNL | ONOCR | ONLRET | OLCUC | TABDLY)

bool tty_processes_output(const struct tty *tty)
{
    tcflag_t flags = tty->termios.c_oflag;
    return (flags & OPOST) && (flags & PROCESSED);
}

/* Where output goes until the device takes it. */
struct chunk {
    u8 bytes[CHUNK];
    size_t length;
};

static void put(struct chunk *chunk, u8 byte)
{
    chunk->bytes[chunk->length++] = byte;
}

static void put_newline(struct tty *tty, struct chunk *chunk)
{
    if (tty->termios.c_oflag & (ONLCR | ONLRET))
        tty->column = 0;
    if (tty->termios.c_oflag & ONLCR)
        put(chunk, '\r');
    put(chunk, '\n');
}

static void put_return(struct tty *tty, struct chunk *chunk)
{
    tcflag_t flags = tty->termios.c_oflag;
    if ((flags & ONOCR) && tty->column == 0)
        return;
    if (!(flags & OCRNL) || (flags & ONLRET))
        tty->column = 0;
    put(chunk, flags & OCRNL ? '\n' : '\r');
}

static void put_tab(struct tty *tty, struct chunk *chunk)
{
    u32 width = TAB_WIDTH - tty->column % TAB_WIDTH;
    tty->column += width;
    if ((tty->termios.c_oflag & TABDLY) != XTABS)
        put(chunk, '\t');
    else
        while (width-- > 0)
            put(chunk, ' ');
}

static void put_other(struct tty *tty, struct chunk *chunk, u8 byte)
{
    bool upper = (tty->termios.c_oflag & OLCUC) && byte >= 'a' && byte <= 'z';
    bool control = byte < ' ' || byte == 0x7f;
    tty->column += !control && !tty_is_continuation(tty, byte);
    put(chunk, upper ? byte - 'a' + 'A' : byte);
}

/* How many bytes a byte becomes, at the most. */
static size_t width_of(const struct tty *tty, u8 byte)
{
    return byte == '\t' ? TAB_WIDTH - tty->column % TAB_WIDTH : byte == '\n' ? 2 : 1;
}

static void process(struct tty *tty, struct chunk *chunk, u8 byte)
{
    switch (byte) {
    case '\n':
        put_newline(tty, chunk);
        break;
    case '\r':
        put_return(tty, chunk);
        break;
    case '\t':
        put_tab(tty, chunk);
        break;
    case '\b':
        tty->column -= tty->column > 0;
        put(chunk, byte);
        break;
    default:
        put_other(tty, chunk, byte);
        break;
    }
}

size_t tty_write_processed_locked(struct tty *tty, const u8 *bytes, size_t count)
{
    struct chunk chunk = {.length = 0};
    size_t room = MIN(tty->ops->write_room(tty->device), sizeof(chunk.bytes));
    size_t done = 0;
    while (done < count && chunk.length + width_of(tty, bytes[done]) <= room)
        process(tty, &chunk, bytes[done++]);
    tty->ops->write(tty->device, chunk.bytes, chunk.length);
    return done;
}

static void hold_echo(struct tty *tty, const u8 *bytes, size_t count)
{
    count = MIN(count, (size_t)(TTY_ECHO_SIZE - tty->echo_length));
    memcpy(tty->held_echo + tty->echo_length, bytes, count);
    tty->echo_length += (u32)count;
}

void tty_echo_locked(struct tty *tty, const u8 *bytes, size_t count)
{
    if (tty->stopped)
        hold_echo(tty, bytes, count);
    else if (tty_processes_output(tty))
        tty_write_processed_locked(tty, bytes, count);
    else
        tty->ops->write(tty->device, bytes, count);
}

void tty_flush_output_locked(struct tty *tty)
{
    if (tty->ops->discard)
        tty->ops->discard(tty->device);
}

void tty_start_output_locked(struct tty *tty)
{
    u32 length = tty->echo_length;
    tty->stopped = false;
    tty->echo_length = 0;
    tty_echo_locked(tty, tty->held_echo, length);
    wait_wake_all(&tty->output_wait);
}
