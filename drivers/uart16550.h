/* SPDX-License-Identifier: MIT */
/*
 * The 16550 serial port (National Semiconductor PC16550D data sheet, 1995), 115200 baud, 8N1.
 *
 * A port begins as a polled output (uart_probe) and becomes interrupt driven both ways when
 * uart_start gives it an interrupt line and perhaps a tty. Output goes straight into the chip's
 * FIFO as long as that has room, so that a program's line is out when write returns; what does not
 * fit waits in a ring that the transmit interrupt empties. Input goes to the tty; when the tty is
 * full the port stops fetching and drops RTS.
 *
 * Locks, in this order: receive_lock (keeps received bytes in order; held while the tty takes
 * them), tty->lock, uart->lock. Writers take uart->lock alone.
 */
#ifndef DRIVERS_UART16550_H
#define DRIVERS_UART16550_H

#include "kernel/core/spinlock.h"
#include "kernel/dev/tty.h"
#include "kernel/lib/types.h"

#define UART_COM1     0x3f8
#define UART_COM1_IRQ 4
#define UART_COM2     0x2f8
#define UART_COM2_IRQ 3

#define UART_RING_SIZE 8192 /* a power of two */

/*
 * A BREAK arrives as a NUL byte with a flag, and the NUL has to be taken out again. A real chip
 * raises the flag when the NUL is the next byte to be read. QEMU raises it when the BREAK happens,
 * with up to a FIFO's trigger level of older bytes before the NUL (which may be NULs too), and the
 * bytes that its multiplexer still holds, older than the BREAK as well, come after it. Therefore:
 * of the bytes in the FIFO when the flag is seen, the last NUL is the BREAK's; and the tty hears of
 * the BREAK when the chip has nothing more to read.
 */
#define UART_TRIGGER_LEVEL 14
#define UART_BREAK_WINDOW  (UART_TRIGGER_LEVEL + 1)
#define UART_CHUNK         64
_Static_assert(UART_CHUNK + UART_BREAK_WINDOW <= TTY_RECEIVE_MIN, "a chunk fits the tty's room");

/* Bytes on their way from the chip to the tty. */
struct uart_chunk {
    size_t count;
    size_t break_at; /* index of the first byte that may be a BREAK's NUL; SIZE_MAX: no BREAK */
    bool more;       /* the chip has more to read */
    u8 bytes[UART_CHUNK + UART_BREAK_WINDOW];
};

struct uart {
    u16 port;        /* 0: there is no such chip, and every call does nothing */
    u8 fifo_depth;   /* bytes the chip takes when its transmitter is empty */
    bool interrupts; /* uart_start was called */
    struct tty *tty; /* where input goes; NULL: it is ignored */

    /* receive_lock guards break_seen, early */
    struct spinlock receive_lock;
    bool break_seen;         /* a BREAK to be told to the tty after the bytes before it */
    struct uart_chunk early; /* what the chip held when it was set up: the host does not wait */

    /* lock guards all that follows, and the chip */
    struct spinlock lock;
    u32 modem; /* our control lines, as they are wanted (TIOCM_*) */
    bool throttled;
    bool writer_waits;   /* somebody found no room and wants to hear of it */
    bool empty_awaited;  /* somebody wants to know when all is sent */
    u8 interrupt_enable; /* the register, as last written */
    u8 line_events;      /* bits of the line status that reading it cleared, not yet looked at */
    u32 overruns;        /* times that input was lost in the chip */
    u32 tail, head;      /* free-running indices of the ring: sent up to tail, filled up to head */
    u8 ring[UART_RING_SIZE];
};

/* The operations that make a tty of a started uart (device: the struct uart). */
extern const struct tty_ops uart_tty_ops;

/* Look for a chip at I/O port `port` and set it up. False when there is none. `uart` is zeroed. */
bool uart_probe(struct uart *uart, u16 port);

/* Switch interrupts on. Input goes to `tty` (already tty_init'ed with uart_tty_ops); NULL: output
 * only. Returns 0 or what irq_register_isa returned: the port then stays polled. */
int uart_start(struct uart *uart, u32 isa_irq, struct tty *tty) MUST_CHECK;

/* Write all bytes and what waits in the ring before them, by polling. For the log. */
void uart_write_now(struct uart *uart, const void *bytes, size_t count);

/* The same without any lock, and giving up when the chip does not move for seconds: for the early
 * log and for a panic. */
void uart_write_polled(struct uart *uart, const void *bytes, size_t count);

#endif
