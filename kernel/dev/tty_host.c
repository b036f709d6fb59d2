/* SPDX-License-Identifier: MIT */
/*
 * What the host says about its terminal among the bytes that are typed there, since a serial line has no
 * other way: the mark 0xff, the size as "ROWSxCOLUMNS", a newline. Two marks are one byte 0xff
 * that was typed; it is none of UTF-8's.
 */
#include "kernel/dev/tty_internal.h"

/* A decimal number from *text on; *text is behind it then. 0: there is none, or it is too large. */
static u16 number(const char **text)
{
    u32 value = 0;
    while (**text >= '0' && **text <= '9' && value <= UINT16_MAX)
        value = value * 10 + (u32)(*(*text)++ - '0');
    return value <= UINT16_MAX ? value : 0;
}

bool tty_parse_winsize(const char *text, struct winsize *out)
{
    u16 rows = number(&text);
    if (*text++ != 'x')
        return false;
    u16 columns = number(&text);
    *out = (struct winsize){.ws_row = rows, .ws_col = columns};
    return rows != 0 && columns != 0 && *text == '\0';
}

void tty_listen_to_host(struct tty *tty, const struct winsize *size)
{
    tty->winsize = *size;
    tty->termios.c_oflag |= ONLCR; /* the host passes output on as it is */
    tty->host.state = TTY_HOST_LISTENS;
}

/* The newline of a message has come. */
static enum tty_host_byte finish(struct tty *tty)
{
    struct winsize size;
    tty->host.state = TTY_HOST_LISTENS;
    tty->host.message[tty->host.length] = '\0';
    if (!tty_parse_winsize(tty->host.message, &size) ||
        (size.ws_row == tty->winsize.ws_row && size.ws_col == tty->winsize.ws_col))
        return TTY_BYTE_TAKEN;
    tty->winsize = size;
    return TTY_BYTE_RESIZED;
}

enum tty_host_byte tty_host_receive_locked(struct tty *tty, u8 byte)
{
    struct tty_host *host = &tty->host;
    if (host->state == TTY_HOST_LISTENS) {
        if (byte != TTY_HOST_MARK)
            return TTY_BYTE_TYPED;
        host->state = TTY_HOST_MARKED;
        host->length = 0;
        return TTY_BYTE_TAKEN;
    }
    if (host->state == TTY_HOST_MARKED && byte == TTY_HOST_MARK) {
        host->state = TTY_HOST_LISTENS;
        return TTY_BYTE_TYPED;
    }
    host->state = TTY_HOST_IN_MESSAGE;
    if (byte == '\n')
        return finish(tty);
    if (host->length < sizeof(host->message) - 1)
        host->message[host->length++] = (char)byte;
    return TTY_BYTE_TAKEN;
}
