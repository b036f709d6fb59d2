/* SPDX-License-Identifier: MIT */
/*
 * Editing of the line that is being typed, between the indices `line` and `head`, and what is seen of it:
 * echo, and the three ways to take characters back. On a screen they are wiped out (ECHOE, ECHOKE), on paper
 * they are named (neither), or printed once more between \ and / (ECHOPRT). The rules are those of
 * Linux's n_tty. Caller holds tty->lock.
 */
#include "kernel/dev/tty_internal.h"

#define TAB_WIDTH 8

static u8 byte_at(const struct tty *tty, u32 index)
{
    return tty->buffer[tty_slot(index)];
}

static bool is_control(u8 byte)
{
    return byte < ' ' || byte == 0x7f;
}

/* Letters and digits of Latin-1, in which Linux reads a byte. */
static bool is_word_byte(u8 byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7);
}

/* ---- Echo -------------------------------------------------------------------------------------*/

static void echo_plain(struct tty *tty, u8 byte)
{
    tty_echo_locked(tty, &byte, 1);
}

/* A control character as a caret and a letter. */
static void echo_shown(struct tty *tty, u8 byte)
{
    if (tty_has_local(tty, ECHOCTL) && is_control(byte) && byte != '\t')
        tty_echo_locked(tty, (const u8[]){'^', byte ^ 0x40}, 2);
    else
        echo_plain(tty, byte);
}

/* The end of what is printed between \ and /. */
static void finish_print(struct tty *tty)
{
    if (tty->in_print)
        echo_plain(tty, '/');
    tty->in_print = false;
}

void tty_echo_typed(struct tty *tty, u8 byte)
{
    if (!tty_has_local(tty, ECHO))
        return;
    finish_print(tty);
    if (tty->head == tty->line)
        tty->line_column = tty->column;
    echo_shown(tty, byte);
}

void tty_echo_newline(struct tty *tty)
{
    if (tty_has_local(tty, ECHO | ECHONL))
        echo_plain(tty, '\n');
}

void tty_echo_signal(struct tty *tty, u8 byte)
{
    if (tty_has_local(tty, ECHO))
        echo_shown(tty, byte);
}

void tty_echo_literal_next(struct tty *tty)
{
    if (!tty_has_local(tty, ECHO))
        return;
    finish_print(tty);
    if (tty_has_local(tty, ECHOCTL))
        tty_echo_locked(tty, (const u8 *)"^\b", 2);
}

void tty_reprint(struct tty *tty, u8 reprint)
{
    finish_print(tty);
    echo_shown(tty, reprint);
    echo_plain(tty, '\n');
    for (u32 i = tty->line; i != tty->head; i++)
        echo_shown(tty, byte_at(tty, i));
}

/* ---- Erasing ----------------------------------------------------------------------------------*/

/* How far a tab that stood at `end` had moved the cursor: it depends on what is before it, back to
 * another tab or to the column in which the line began. */
static u32 width_of_tab(const struct tty *tty, u32 end)
{
    u32 columns = 0;
    for (u32 i = end; i != tty->line; i--) {
        u8 byte = byte_at(tty, i - 1);
        if (byte == '\t')
            return TAB_WIDTH - columns % TAB_WIDTH;
        if (is_control(byte))
            columns += tty_has_local(tty, ECHOCTL) ? 2 : 0;
        else
            columns += !tty_is_continuation(tty, byte);
    }
    return TAB_WIDTH - (columns + tty->line_column) % TAB_WIDTH;
}

static void wipe_out(struct tty *tty, u8 first)
{
    if (first == '\t') {
        for (u32 width = width_of_tab(tty, tty->head); width > 0; width--)
            echo_plain(tty, '\b');
        return;
    }
    u32 columns = !is_control(first) ? 1 : tty_has_local(tty, ECHOCTL) ? 2 : 0;
    while (columns-- > 0)
        tty_echo_locked(tty, (const u8 *)"\b \b", 3);
}

static void print_erased(struct tty *tty, u32 end)
{
    if (!tty->in_print)
        echo_plain(tty, '\\');
    tty->in_print = true;
    echo_shown(tty, byte_at(tty, tty->head));
    for (u32 i = tty->head + 1; i != end; i++)
        echo_plain(tty, byte_at(tty, i));
}

/* Where the last character begins, all bytes of it; `head` when it has no beginning in this line. */
static u32 last_character(const struct tty *tty)
{
    u32 index = tty->head;
    do
        index--;
    while (tty_is_continuation(tty, byte_at(tty, index)) && index != tty->line);
    return tty_is_continuation(tty, byte_at(tty, index)) ? tty->head : index;
}

/* Take back the character that begins at `index`; `erase` is what was typed if it is named then. */
static void take_back(struct tty *tty, u32 index, u8 erase)
{
    u32 end = tty->head;
    tty->head = index;
    if (!tty_has_local(tty, ECHO))
        return;
    if (tty_has_local(tty, ECHOPRT))
        print_erased(tty, end);
    else if (erase != TTY_DISABLED && !tty_has_local(tty, ECHOE))
        echo_shown(tty, erase);
    else
        wipe_out(tty, byte_at(tty, index));
}

static void finish_erasing(struct tty *tty)
{
    if (tty->head == tty->line && tty_has_local(tty, ECHO))
        finish_print(tty);
}

void tty_erase_character(struct tty *tty, u8 erase)
{
    if (tty->head == tty->line)
        return;
    u32 index = last_character(tty);
    if (index != tty->head)
        take_back(tty, index, erase);
    finish_erasing(tty);
}

/* What is not a word, then a word. */
void tty_erase_word(struct tty *tty)
{
    bool in_word = false;
    while (tty->head != tty->line) {
        u32 index = last_character(tty);
        bool word = is_word_byte(byte_at(tty, index));
        if (index == tty->head || (in_word && !word))
            break;
        in_word |= word;
        take_back(tty, index, TTY_DISABLED);
    }
    finish_erasing(tty);
}

void tty_erase_line(struct tty *tty, u8 kill)
{
    const tcflag_t wiping = ECHOE | ECHOK | ECHOKE;
    if (tty->head == tty->line)
        return;
    if ((tty->termios.c_lflag & wiping) == wiping && tty_has_local(tty, ECHO)) {
        while (tty->head != tty->line && last_character(tty) != tty->head)
            take_back(tty, last_character(tty), TTY_DISABLED);
        finish_erasing(tty);
        return;
    }
    tty->head = tty->line;
    if (!tty_has_local(tty, ECHO))
        return;
    finish_print(tty);
    echo_shown(tty, kill);
    if (tty_has_local(tty, ECHOK))
        echo_plain(tty, '\n');
}
