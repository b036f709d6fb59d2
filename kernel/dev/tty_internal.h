/* SPDX-License-Identifier: MIT */
/* What the two halves of the tty share: tty_input.c receives and edits, tty.c reads and writes. */
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

/* Send bytes as output processing (OPOST) wants them; never waits: what the device does not take is
 * lost. For echo. Caller holds tty->lock. */
void tty_echo_locked(struct tty *tty, const u8 *bytes, size_t count);

/* OPOST with anything to do: then bytes go through tty_write_processed_locked, as far as the device has
 * room, which says how many are done. Caller holds tty->lock, so that the room does not shrink. */
bool tty_processes_output(const struct tty *tty);
size_t tty_write_processed_locked(struct tty *tty, const u8 *bytes, size_t count);

/* True when a read would not wait. Caller holds tty->lock. */
bool tty_readable_locked(const struct tty *tty);

/* Forget all input, the line being edited included. Caller holds tty->lock. */
void tty_flush_input_locked(struct tty *tty);

/* What a byte is on a line where the host speaks, too. Caller holds tty->lock. */
enum tty_host_byte { TTY_BYTE_TYPED, TTY_BYTE_TAKEN, TTY_BYTE_RESIZED /* the terminal, by that */ };
enum tty_host_byte tty_host_receive_locked(struct tty *tty, u8 byte);

#endif
