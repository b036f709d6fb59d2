/* SPDX-License-Identifier: MIT */
/* What the parts of the tty share: tty_input.c receives, tty_edit.c edits and echoes, tty.c reads and writes. */
#ifndef KERNEL_DEV_TTY_INTERNAL_H
#define KERNEL_DEV_TTY_INTERNAL_H

#include "kernel/dev/tty.h"

/* A special character that is switched off has this value in c_cc (_POSIX_VDISABLE). */
#define TTY_DISABLED 0

static inline u32 tty_slot(u32 index)
{
    return index & (TTY_BUFFER_SIZE - 1);
}

static inline bool tty_line_ends_at(const struct tty *tty, u32 index)
{
    u32 slot = tty_slot(index);
    return (tty->ends[slot / 64] >> (slot % 64)) & 1;
}

static inline void tty_set_line_end(struct tty *tty, u32 index, bool end)
{
    u32 slot = tty_slot(index);
    u64 bit = 1UL << (slot % 64);
    tty->ends[slot / 64] = end ? tty->ends[slot / 64] | bit : tty->ends[slot / 64] & ~bit;
}

static inline bool tty_is_canonical(const struct tty *tty)
{
    return (tty->termios.c_lflag & ICANON) != 0;
}

static inline bool tty_has_input(const struct tty *tty, tcflag_t flag)
{
    return (tty->termios.c_iflag & flag) != 0;
}

static inline bool tty_has_local(const struct tty *tty, tcflag_t flag)
{
    return (tty->termios.c_lflag & flag) != 0;
}

/* A byte of UTF-8 that begins no character. */
static inline bool tty_is_continuation(const struct tty *tty, u8 byte)
{
    return tty_has_input(tty, IUTF8) && (byte & 0xc0) == 0x80;
}

/* ---- Editing (tty_edit.c) ---------------------------------------------------------------------*/

/* Echo, where it is on: of a byte before it is stored, of the newline that ends a line, of one that raised a
 * signal, of VLNEXT. */
void tty_echo_typed(struct tty *tty, u8 byte);
void tty_echo_newline(struct tty *tty);
void tty_echo_signal(struct tty *tty, u8 byte);
void tty_echo_literal_next(struct tty *tty);

/* VREPRINT: show the line once more. */
void tty_reprint(struct tty *tty, u8 reprint);

/* VERASE, VWERASE, VKILL; the byte that was typed. */
void tty_erase_character(struct tty *tty, u8 erase);
void tty_erase_word(struct tty *tty);
void tty_erase_line(struct tty *tty, u8 kill);

/* ---- Output -----------------------------------------------------------------------------------*/

/* Send bytes as output processing (OPOST) wants them; never waits: what the device does not take is
 * lost. For echo. Caller holds tty->lock. */
void tty_echo_locked(struct tty *tty, const u8 *bytes, size_t count);

/* Output that was held goes on: first the echo of what was typed meanwhile, then the writers. Caller holds
 * tty->lock. */
void tty_start_output_locked(struct tty *tty);

/* OPOST with anything to do: then bytes go through tty_write_processed_locked, as far as the device has
 * room, which says how many are done. Caller holds tty->lock, so that the room does not shrink. */
bool tty_processes_output(const struct tty *tty);
size_t tty_write_processed_locked(struct tty *tty, const u8 *bytes, size_t count);

/* After bytes were sent, without a lock. */
static inline void tty_show(struct tty *tty)
{
    if (tty->ops->show)
        tty->ops->show(tty->device);
}

/* ---- Input ------------------------------------------------------------------------------------*/

/* Raise a signal of the keyboard for the foreground, if there is one. Caller holds no lock. */
void tty_raise(const struct tty *tty, int signal);

/* True when there is something for readers to look at: a line or an end, and without ICANON any byte, as each
 * reader knows itself how many it wants. Caller holds tty->lock. */
bool tty_concerns_readers_locked(const struct tty *tty);

/* Forget all input, the line being edited included. Caller holds tty->lock. */
void tty_flush_input_locked(struct tty *tty);

/* Forget the output that the device has not sent. Caller holds tty->lock. */
void tty_flush_output_locked(struct tty *tty);

/* What a byte is on a line where the host speaks, too. Caller holds tty->lock. */
enum tty_host_byte { TTY_BYTE_TYPED, TTY_BYTE_TAKEN, TTY_BYTE_RESIZED /* the terminal, by that */ };
enum tty_host_byte tty_host_receive_locked(struct tty *tty, u8 byte);

#endif
