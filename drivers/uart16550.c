/* SPDX-License-Identifier: MIT */
/*
 * Drives the 16550; see uart16550.h for the contract.
 *
 * The interrupt line is edge triggered on a PC: leaving the handler while the chip still holds the
 * line up would lose the port for good, so the handler goes round until the chip says that nothing
 * is pending. It does the work by looking at the line status, never at which interrupt came: some
 * chips and emulations lose the "transmitter empty" interrupt when another one is read at the wrong
 * moment, or when it is enabled while the transmitter is empty already.
 */
#include "arch/cpu.h"
#include "arch/irq.h"
#include "arch/x86_64/io.h"
#include "drivers/uart16550.h"
#include "kernel/lib/string.h"

/* Registers, relative to the port (data sheet, table II). */
enum {
    DATA = 0,             /* divisor low with LCR_DIVISOR */
    INTERRUPT_ENABLE = 1, /* divisor high with LCR_DIVISOR */
    INTERRUPT_ID = 2,     /* on reading */
    FIFO_CONTROL = 2,     /* on writing */
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
    MODEM_STATUS = 6,
    SCRATCH = 7,
};

#define IER_RECEIVED    (1u << 0)
#define IER_TRANSMITTER (1u << 1)
#define IER_LINE_STATUS (1u << 2)

#define IIR_NOT_PENDING (1u << 0)
#define IIR_FIFO        0xc0

/* FIFOs on and empty, receive interrupt at 14 bytes of 16 or after a pause. */
#define FCR_SETUP  0xc7
#define FIFO_DEPTH 16
_Static_assert(UART_TRIGGER_LEVEL == 14, "the upper two bits of FCR_SETUP");

#define LCR_8N1     0x03
#define LCR_DIVISOR 0x80

#define MCR_DTR  (1u << 0)
#define MCR_RTS  (1u << 1)
#define MCR_OUT1 (1u << 2)
#define MCR_OUT2 (1u << 3) /* lets the interrupt out of the chip, on a PC */

#define LSR_DATA_READY  (1u << 0)
#define LSR_OVERRUN     (1u << 1)
#define LSR_BREAK       (1u << 4)
#define LSR_HOLDING_OUT (1u << 5) /* transmit FIFO empty */
#define LSR_ALL_OUT     (1u << 6) /* and the shift register too */
#define LSR_ABSENT      0xff

#define MSR_CTS (1u << 4)
#define MSR_DSR (1u << 5)
#define MSR_RI  (1u << 6)
#define MSR_DCD (1u << 7)

#define DIVISOR_115200 1

/* Reads of the line status, about a microsecond each, before uart_write_polled gives up. */
#define POLLS_MAX 10000000u

/* Rounds of the interrupt handler: a bound for a chip that never stops asking. */
#define ROUNDS_MAX 4096

/* How much one write may push under the lock: interrupts are off meanwhile. */
#define WRITE_MAX UART_RING_SIZE

static u8 read_register(const struct uart *uart, u16 which)
{
    return inb(uart->port + which);
}

static void write_register(const struct uart *uart, u16 which, u8 value)
{
    outb(uart->port + which, value);
}

/* Reading the line status clears the bits for a BREAK and an overrun, whoever reads it: keep them
 * for the receiver. */
static u8 read_line_status(struct uart *uart)
{
    u8 status = read_register(uart, LINE_STATUS);
    uart->line_events |= status & (LSR_BREAK | LSR_OVERRUN);
    return status;
}

/* Put our lines as they should be. OUT2 is no modem's on a PC, and LOOP would hide the log: these two are only
 * remembered. */
static void update_modem(const struct uart *uart)
{
    u8 control = MCR_OUT2;
    if (uart->modem & TIOCM_DTR)
        control |= MCR_DTR;
    if ((uart->modem & TIOCM_RTS) && !uart->throttled)
        control |= MCR_RTS;
    if (uart->modem & TIOCM_OUT1)
        control |= MCR_OUT1;
    write_register(uart, MODEM_CONTROL, control);
}

/* Read what the chip has, to the limit of a chunk and of a BREAK's window. */
static void read_chunk(struct uart *uart, struct uart_chunk *chunk)
{
    size_t limit = UART_CHUNK;
    chunk->count = 0;
    chunk->break_at = SIZE_MAX;
    for (;;) {
        chunk->more = (read_line_status(uart) & LSR_DATA_READY) != 0;
        if ((uart->line_events & LSR_BREAK) && chunk->break_at == SIZE_MAX) {
            chunk->break_at = chunk->count;
            limit = chunk->count + UART_BREAK_WINDOW;
        }
        uart->overruns += (uart->line_events & LSR_OVERRUN) != 0;
        uart->line_events = 0;
        if (!chunk->more || chunk->count == limit)
            return;
        chunk->bytes[chunk->count++] = read_register(uart, DATA);
    }
}

bool uart_probe(struct uart *uart, u16 port)
{
    uart->port = port;
    spin_init_zeroed(&uart->receive_lock, LOCK_TTY_RECEIVE);
    spin_init_zeroed(&uart->lock, LOCK_UART);
    write_register(uart, SCRATCH, 0x5a);
    if (read_register(uart, SCRATCH) != 0x5a || read_line_status(uart) == LSR_ABSENT) {
        uart->port = 0;
        return false;
    }
    write_register(uart, INTERRUPT_ENABLE, 0);
    write_register(uart, LINE_CONTROL, LCR_DIVISOR);
    write_register(uart, DATA, DIVISOR_115200);
    write_register(uart, INTERRUPT_ENABLE, 0);
    write_register(uart, LINE_CONTROL, LCR_8N1);
    /* Switching the FIFOs on empties them. A host that feeds the machine from a file does not wait
     * for us: keep what is there. The two steps follow at once, since the next byte comes soon. */
    read_chunk(uart, &uart->early);
    write_register(uart, FIFO_CONTROL, FCR_SETUP);
    uart->modem = TIOCM_DTR | TIOCM_RTS | TIOCM_OUT2;
    update_modem(uart);
    bool has_fifo = (read_register(uart, INTERRUPT_ID) & IIR_FIFO) == IIR_FIFO;
    uart->fifo_depth = has_fifo ? FIFO_DEPTH : 1;
    return true;
}

/* ---- Output -----------------------------------------------------------------------------------*/

static u32 ring_used(const struct uart *uart)
{
    return uart->head - uart->tail;
}

/* Send from the ring as long as the chip takes it. */
static void pump_ring(struct uart *uart)
{
    while (ring_used(uart) > 0 && (read_line_status(uart) & LSR_HOLDING_OUT)) {
        u32 slot = uart->tail & (UART_RING_SIZE - 1);
        u32 count = MIN(MIN(ring_used(uart), (u32)uart->fifo_depth), UART_RING_SIZE - slot);
        outsb(uart->port + DATA, uart->ring + slot, count);
        uart->tail += count;
    }
}

/* Send bytes as long as the chip takes them; returns how many. The ring is empty. */
static size_t push_fifo(struct uart *uart, const u8 *bytes, size_t count)
{
    size_t done = 0;
    while (done < count && (read_line_status(uart) & LSR_HOLDING_OUT)) {
        size_t step = MIN(count - done, (size_t)uart->fifo_depth);
        outsb(uart->port + DATA, bytes + done, step);
        done += step;
    }
    return done;
}

static size_t fill_ring(struct uart *uart, const u8 *bytes, size_t count)
{
    count = MIN(count, (size_t)(UART_RING_SIZE - ring_used(uart)));
    u32 slot = uart->head & (UART_RING_SIZE - 1);
    size_t first = MIN(count, (size_t)(UART_RING_SIZE - slot));
    memcpy(uart->ring + slot, bytes, first);
    memcpy(uart->ring, bytes + first, count - first);
    uart->head += (u32)count;
    return count;
}

/* Ask for the interrupts that there is work for. */
static void update_interrupts(struct uart *uart)
{
    u8 enable = 0;
    if (uart->interrupts && uart->tty && !uart->throttled)
        enable |= IER_RECEIVED | IER_LINE_STATUS;
    if (uart->interrupts && ring_used(uart) > 0)
        enable |= IER_TRANSMITTER;
    if (enable == uart->interrupt_enable)
        return;
    bool transmitter_new = enable & ~uart->interrupt_enable & IER_TRANSMITTER;
    uart->interrupt_enable = enable;
    write_register(uart, INTERRUPT_ENABLE, enable);
    /* The transmitter may have become empty before its interrupt was enabled, and not every chip
     * tells then: look once more. */
    if (transmitter_new)
        pump_ring(uart);
}

/* The end of every section that may have made room: settle the interrupts, wake the writers. */
static void unlock_and_wake(struct uart *uart, u64 flags)
{
    bool room = uart->writer_waits && ring_used(uart) <= UART_RING_SIZE / 2;
    bool empty = uart->empty_awaited && ring_used(uart) == 0;
    bool wake = room || empty;
    uart->writer_waits &= !room;
    uart->empty_awaited &= !empty;
    update_interrupts(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
    if (wake && uart->tty)
        tty_output_ready(uart->tty);
}

static void drain_locked(struct uart *uart)
{
    while (ring_used(uart) > 0) {
        pump_ring(uart);
        cpu_relax();
    }
}

static size_t uart_write(void *device, const u8 *bytes, size_t count)
{
    struct uart *uart = device;
    if (uart->port == 0)
        return count;
    count = MIN(count, (size_t)WRITE_MAX);
    u64 flags = spin_lock_irqsave(&uart->lock);
    pump_ring(uart);
    size_t done = 0;
    if (ring_used(uart) == 0)
        done = push_fifo(uart, bytes, count);
    if (done < count)
        done += fill_ring(uart, bytes + done, count - done);
    if (!uart->interrupts)
        drain_locked(uart);
    unlock_and_wake(uart, flags);
    return done;
}

static size_t uart_write_room(void *device)
{
    struct uart *uart = device;
    u64 flags = spin_lock_irqsave(&uart->lock);
    size_t room = UART_RING_SIZE - ring_used(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
    return room;
}

/* Half empty: so that a long write does not wake up for every 16 bytes. */
static bool uart_writable(void *device)
{
    struct uart *uart = device;
    u64 flags = spin_lock_irqsave(&uart->lock);
    bool writable = ring_used(uart) <= UART_RING_SIZE / 2;
    uart->writer_waits |= !writable;
    spin_unlock_irqrestore(&uart->lock, flags);
    return writable;
}

static size_t uart_write_pending(void *device)
{
    struct uart *uart = device;
    u64 flags = spin_lock_irqsave(&uart->lock);
    size_t pending = ring_used(uart);
    uart->empty_awaited |= pending != 0;
    spin_unlock_irqrestore(&uart->lock, flags);
    return pending;
}

static void uart_drain(void *device)
{
    struct uart *uart = device;
    bool all_out = uart->port == 0;
    while (!all_out) {
        u64 flags = spin_lock_irqsave(&uart->lock);
        pump_ring(uart);
        all_out = ring_used(uart) == 0 && (read_line_status(uart) & LSR_ALL_OUT);
        unlock_and_wake(uart, flags);
        cpu_relax();
    }
}

static void uart_discard(void *device)
{
    struct uart *uart = device;
    u64 flags = spin_lock_irqsave(&uart->lock);
    uart->tail = uart->head;
    unlock_and_wake(uart, flags);
}

void uart_write_now(struct uart *uart, const void *bytes, size_t count)
{
    const u8 *at = bytes;
    if (uart->port == 0)
        return;
    u64 flags = spin_lock_irqsave(&uart->lock);
    drain_locked(uart);
    while (count > 0) {
        size_t done = push_fifo(uart, at, count);
        at += done;
        count -= done;
    }
    unlock_and_wake(uart, flags);
}

void uart_write_polled(struct uart *uart, const void *bytes, size_t count)
{
    const u8 *at = bytes;
    u32 polls = 0;
    if (uart->port == 0)
        return;
    while (ring_used(uart) > 0 && polls++ < POLLS_MAX)
        pump_ring(uart);
    while (count > 0 && polls++ < POLLS_MAX) {
        size_t done = push_fifo(uart, at, count);
        at += done;
        count -= done;
        if (done > 0)
            polls = 0;
    }
}

/* ---- Input ------------------------------------------------------------------------------------*/

/* See UART_BREAK_WINDOW. Without a FIFO the NUL is the next byte. */
static void remove_break(struct uart_chunk *chunk, bool has_fifo)
{
    size_t window = has_fifo ? UART_BREAK_WINDOW : 1;
    size_t end = MIN(chunk->count, chunk->break_at + window);
    for (size_t i = end; i > chunk->break_at; i--) {
        if (chunk->bytes[i - 1] == 0) {
            memmove(chunk->bytes + i - 1, chunk->bytes + i, chunk->count - i);
            chunk->count--;
            return;
        }
    }
}

static void deliver(struct uart *uart, struct uart_chunk *chunk, bool has_fifo)
{
    if (chunk->break_at != SIZE_MAX) {
        uart->break_seen = true;
        remove_break(chunk, has_fifo);
    }
    if (chunk->count > 0)
        tty_receive(uart->tty, chunk->bytes, chunk->count);
}

/* Move what the chip has to the tty, a chunk of it; true when there is more and room for it. Caller
 * holds receive_lock. */
static bool receive_chunk(struct uart *uart)
{
    struct uart_chunk chunk;
    if (!uart->tty || tty_receive_room(uart->tty) == 0)
        return false;
    u64 flags = spin_lock_irqsave(&uart->lock);
    read_chunk(uart, &chunk);
    spin_unlock_irqrestore(&uart->lock, flags);

    deliver(uart, &chunk, uart->fifo_depth > 1);
    if (uart->break_seen && !chunk.more) {
        uart->break_seen = false;
        tty_receive_break(uart->tty);
    }
    return chunk.more;
}

/* ---- Both -------------------------------------------------------------------------------------*/

static void transmit(struct uart *uart)
{
    u64 flags = spin_lock_irqsave(&uart->lock);
    pump_ring(uart);
    unlock_and_wake(uart, flags);
}

/* All there is to do, until the chip asks for nothing. */
static void uart_service(void *device)
{
    struct uart *uart = device;
    u64 flags = spin_lock_irqsave(&uart->receive_lock);
    for (u32 round = 0; round < ROUNDS_MAX; round++) {
        bool more = receive_chunk(uart);
        transmit(uart);
        if (!more && (read_register(uart, INTERRUPT_ID) & IIR_NOT_PENDING))
            break;
    }
    spin_unlock_irqrestore(&uart->receive_lock, flags);
}

static void uart_throttle(void *device, bool stop)
{
    struct uart *uart = device;
    u64 flags = spin_lock_irqsave(&uart->lock);
    uart->throttled = stop;
    update_modem(uart);
    update_interrupts(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
}

/* ---- The modem's lines ------------------------------------------------------------------------*/

static u32 uart_get_modem(void *device)
{
    static const struct {
        u8 status;
        u32 line;
    } theirs[] = {
        {MSR_CTS, TIOCM_CTS}, {MSR_DSR, TIOCM_DSR}, {MSR_RI, TIOCM_RNG}, {MSR_DCD, TIOCM_CAR}};
    struct uart *uart = device;
    u64 flags = spin_lock_irqsave(&uart->lock);
    u8 status = uart->port != 0 ? read_register(uart, MODEM_STATUS) : 0;
    u32 lines = uart->modem;
    spin_unlock_irqrestore(&uart->lock, flags);
    for (size_t i = 0; i < ARRAY_SIZE(theirs); i++)
        if (status & theirs[i].status)
            lines |= theirs[i].line;
    return lines;
}

static void uart_set_modem(void *device, u32 mask, u32 lines)
{
    struct uart *uart = device;
    if (uart->port == 0)
        return;
    u64 flags = spin_lock_irqsave(&uart->lock);
    uart->modem = (uart->modem & ~mask) | (lines & mask);
    update_modem(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
}

/* The bytes that uart_probe found. */
static void deliver_early(struct uart *uart)
{
    u64 flags = spin_lock_irqsave(&uart->receive_lock);
    deliver(uart, &uart->early, false);
    spin_unlock_irqrestore(&uart->receive_lock, flags);
    uart_service(uart);
}

int uart_start(struct uart *uart, u32 isa_irq, struct tty *tty)
{
    uart->tty = tty;
    int error = irq_register_isa(isa_irq, uart_service, uart);
    if (error != 0)
        return error;
    u64 flags = spin_lock_irqsave(&uart->lock);
    uart->interrupts = true;
    update_interrupts(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
    if (tty && uart->early.count > 0)
        deliver_early(uart);
    return 0;
}

const struct tty_ops uart_tty_ops = {
    .write = uart_write,
    .write_room = uart_write_room,
    .writable = uart_writable,
    .write_pending = uart_write_pending,
    .drain = uart_drain,
    .discard = uart_discard,
    .get_modem = uart_get_modem,
    .set_modem = uart_set_modem,
    .throttle = uart_throttle,
    .receive = uart_service,
};
