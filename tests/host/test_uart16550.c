/* SPDX-License-Identifier: MIT */
/*
 * The serial port's driver and the tty above it, on a model of the chip.
 *
 * The model does what QEMU's does, multiplexer included: the interrupt line is an edge, the line
 * status forgets when it is read, a BREAK overtakes the bytes that the multiplexer holds, the host
 * may stop taking output at any byte. Between any two accesses of the driver the host may act: a
 * seeded random number decides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/fake_kernel.h"

typedef void (*irq_handler)(void *context);
static u8 inb(u16 port);
static void outb(u16 port, u8 value);
static void outsb(u16 port, const void *bytes, size_t length);
static int irq_register_isa(u32 isa_irq, irq_handler handler, void *context);

#include "drivers/uart16550.c"
#include "kernel/dev/tty.c"
#include "kernel/dev/tty_host.c"
#include "kernel/dev/tty_edit.c"
#include "kernel/dev/tty_input.c"
#include "kernel/dev/tty_output.c"
#include "kernel/dev/tty_session.c"

u64 time_now_ns(void)
{
    return 0;
}

/* ---- The chip ---------------------------------------------------------------------------------*/

#define PORT       0x3f8
#define HOST_BREAK 0x100
#define MUX_SIZE   32

static struct {
    bool absent, no_fifo;
    bool keeps_thre; /* a chip that says nothing when its interrupt is enabled too late */
    bool real_break; /* the flag comes with the NUL, as on a real chip */
    u8 ier, lcr, mcr, lsr, msr, fcr, rbr, scratch, divisor[2];
    bool thr_pending, timeout_pending;
    bool line; /* of the interrupt */
    bool edge; /* it rose and nobody has come yet */
    u16 receive[16];
    size_t received;
    u8 transmit[16];
    size_t to_send;
    bool shifting; /* a byte waits for the host to take it */
    u8 shift;
    u8 mux[MUX_SIZE];
    size_t muxed;
    u32 overrun;
} chip;

/* The host's side. */
static u16 input[40000]; /* bytes and HOST_BREAK */
static size_t input_length, input_at;
static u8 sent[200000];
static size_t sent_length;
static u32 host_takes; /* bytes that the host will still take */
static u32 host_speed; /* at how many of 100 accesses it acts; above 100 several times at each */
static u32 host_reads; /* at a turn it may begin to take up to so many bytes more */

static u32 seed;

static u32 random_below(u32 limit)
{
    seed = seed * 1664525 + 1013904223;
    return (u32)((u64)(seed >> 8) * limit >> 24);
}

static u8 pending_id(void)
{
    bool fifo = chip.fcr & 1;
    if ((chip.ier & 4) && (chip.lsr & 0x1e))
        return 6;
    if ((chip.ier & 1) && chip.timeout_pending)
        return 0xc;
    if ((chip.ier & 1) && (chip.lsr & 1) && (!fifo || chip.received >= 14))
        return 4;
    if ((chip.ier & 2) && chip.thr_pending)
        return 2;
    return 1;
}

static void update_line(void)
{
    bool line = pending_id() != 1 && (chip.mcr & 8);
    chip.edge |= line && !chip.line;
    chip.line = line;
}

static void transmit_all(void)
{
    for (;;) {
        if (!chip.shifting) {
            if (chip.to_send == 0)
                break;
            chip.shift = chip.transmit[0];
            memmove(chip.transmit, chip.transmit + 1, --chip.to_send);
            chip.shifting = true;
            if (chip.to_send == 0) {
                chip.lsr |= 0x20;
                chip.thr_pending = true;
            }
        }
        if (host_takes == 0)
            return update_line();
        host_takes--;
        assert_true(sent_length < sizeof(sent));
        sent[sent_length++] = chip.shift;
        chip.shifting = false;
    }
    chip.lsr |= 0x60;
    update_line();
}

static bool can_receive(void)
{
    if (!(chip.fcr & 1))
        return !(chip.lsr & 1);
    return chip.received < 16 && chip.received != 14; /* as QEMU's, with a trigger level of 14 */
}

static void put_received(u16 byte)
{
    if (!(chip.fcr & 1)) {
        if ((chip.lsr & 1) && byte != HOST_BREAK)
            chip.overrun++;
        chip.rbr = (u8)byte;
    } else if (chip.received < 16) {
        chip.receive[chip.received++] = byte;
    } else {
        chip.lsr |= 2;
    }
    chip.lsr |= 1;
    if (byte == HOST_BREAK && (!chip.real_break || !(chip.fcr & 1) || chip.received == 1))
        chip.lsr |= 0x10;
    update_line();
}

static void flush_mux(void)
{
    while (chip.muxed > 0 && can_receive()) {
        put_received(chip.mux[0]);
        memmove(chip.mux, chip.mux + 1, --chip.muxed);
    }
}

/* A real chip has no multiplexer in front. */
static size_t mux_size(void)
{
    return chip.real_break ? 0 : MUX_SIZE;
}

/* The host's main loop gets a turn. False when it had nothing to do. */
static bool host_turn(void)
{
    bool busy = false;
    if (host_reads > 0 && random_below(4) == 0)
        host_takes += random_below(host_reads);
    if (chip.shifting && host_takes > 0) {
        transmit_all();
        busy = true;
    }
    if (input_at < input_length && (chip.muxed < mux_size() || can_receive())) {
        u16 item = input[input_at++];
        flush_mux();
        if (item == HOST_BREAK)
            put_received(item);
        else if (chip.muxed == 0 && can_receive())
            put_received(item);
        else
            chip.mux[chip.muxed++] = (u8)item;
        busy = true;
    }
    if (chip.received > 0 && !chip.timeout_pending && random_below(3) == 0 &&
        (chip.received > 1 || chip.receive[0] != HOST_BREAK)) {
        chip.timeout_pending = true; /* bytes that lie still; a BREAK alone starts no timer */
        update_line();
        busy = true;
    }
    return busy;
}

static void maybe_host_turn(void)
{
    for (u32 speed = host_speed; speed > 0; speed -= MIN(speed, 100u))
        if (random_below(100) < speed)
            host_turn();
}

static u8 read_data(void)
{
    u8 byte = chip.rbr;
    if (!(chip.fcr & 1)) {
        chip.lsr &= (u8)~0x11;
    } else if (chip.received > 0) {
        byte = (u8)chip.receive[0];
        memmove(chip.receive, chip.receive + 1, --chip.received * sizeof(u16));
        chip.timeout_pending = false;
        if (chip.received == 0)
            chip.lsr &= (u8)~0x11;
        else if (chip.real_break && chip.receive[0] == HOST_BREAK)
            chip.lsr |= 0x10;
    }
    update_line();
    flush_mux();
    return byte;
}

static u8 inb(u16 port)
{
    u8 value = 0xff;
    if (chip.absent)
        return value;
    maybe_host_turn();
    switch (port - PORT) {
    case 0:
        return read_data();
    case 1:
        return chip.ier;
    case 2:
        value = pending_id() | (chip.fcr & 1 && !chip.no_fifo ? 0xc0 : 0);
        if ((value & 0xf) == 2) {
            chip.thr_pending = false;
            update_line();
        }
        return value;
    case 5:
        value = chip.lsr;
        chip.lsr &= (u8)~0x12;
        update_line();
        return value;
    case 6:
        return chip.msr;
    case 7:
        return chip.scratch;
    }
    return value;
}

static void write_data(u8 value)
{
    size_t depth = chip.fcr & 1 ? 16 : 1;
    if (chip.to_send == depth)
        fail_msg("the transmit FIFO overflows");
    chip.transmit[chip.to_send++] = value;
    chip.thr_pending = false;
    chip.lsr &= (u8)~0x60;
    update_line();
    transmit_all();
}

static void write_enable(u8 value)
{
    bool transmitter = value & ~chip.ier & 2;
    chip.ier = value & 0xf;
    if (!(value & 2) || (transmitter && chip.keeps_thre))
        chip.thr_pending = false;
    else if (transmitter)
        chip.thr_pending = (chip.lsr & 0x20) != 0;
    update_line();
}

static void outb(u16 port, u8 value)
{
    u16 which = port - PORT;
    if (chip.absent)
        return;
    maybe_host_turn();
    if (which < 2 && (chip.lcr & 0x80)) {
        chip.divisor[which] = value;
    } else if (which == 0) {
        write_data(value);
    } else if (which == 1) {
        write_enable(value);
    } else if (which == 2) {
        if (((value ^ chip.fcr) & 1) || (value & 2)) {
            chip.received = 0;
            chip.lsr &= (u8)~0x11;
            chip.timeout_pending = false;
        }
        chip.fcr = chip.no_fifo ? 0 : value;
    } else if (which == 3) {
        chip.lcr = value;
    } else if (which == 4) {
        chip.mcr = value;
    } else if (which == 7) {
        chip.scratch = value;
    }
}

static void outsb(u16 port, const void *bytes, size_t length)
{
    while (length--)
        outb(port, *(const u8 *)bytes++);
}

/* ---- The machine ------------------------------------------------------------------------------*/

static struct uart uart;
static struct tty tty;
static irq_handler handler;
static void *handler_context;

static int irq_register_isa(u32 isa_irq, irq_handler new_handler, void *context)
{
    assert_int_equal(isa_irq, UART_COM1_IRQ);
    handler = new_handler;
    handler_context = context;
    return 0;
}

/* The processor takes the interrupts that it has been held back from. */
static void interrupts(void)
{
    while (chip.edge && handler) {
        chip.edge = false;
        handler(handler_context);
        assert_int_equal(fake_locks_held, 0);
    }
}

/* Nothing runs: the host works until something wakes the sleeper. */
static int sleep_until_woken(u64 deadline)
{
    (void)deadline;
    u32 wakes = tty.input_wait.wakes + tty.output_wait.wakes;
    for (u32 turns = 0; turns < 100000; turns++) {
        host_turn();
        interrupts();
        if (tty.input_wait.wakes + tty.output_wait.wakes != wakes)
            return 0;
    }
    return -EINTR; /* asleep for ever */
}

static void power_on(u32 new_seed)
{
    memset(&chip, 0, sizeof(chip));
    memset(&uart, 0, sizeof(uart));
    memset(&tty, 0, sizeof(tty));
    chip.lsr = 0x60;
    seed = new_seed;
    input_length = input_at = sent_length = 0;
    host_takes = ~0u;
    host_speed = host_reads = 0;
    handler = NULL;
    fake_sleep = sleep_until_woken;
}

static void start(bool raw)
{
    assert_true(uart_probe(&uart, PORT));
    tty_init(&tty, &uart_tty_ops, &uart, raw);
    assert_int_equal(uart_start(&uart, UART_COM1_IRQ, &tty), 0);
    interrupts();
}

static void host_sends(const char *bytes, size_t count)
{
    while (count--)
        input[input_length++] = (u8)*bytes++;
}

static void sent_is(const void *bytes, size_t count)
{
    assert_int_equal(sent_length, count);
    assert_memory_equal(sent, bytes, count);
    sent_length = 0;
}

/* ---- Tests ------------------------------------------------------------------------------------*/

static void finds_the_chip(void **state)
{
    (void)state;
    power_on(1);
    chip.absent = true;
    assert_false(uart_probe(&uart, PORT));
    uart_write_polled(&uart, "x", 1);
    uart_write_now(&uart, "x", 1);
    assert_int_equal(uart_tty_ops.write(&uart, (const u8 *)"x", 1), 1);
    uart_tty_ops.drain(&uart);
    power_on(1);
    assert_true(uart_probe(&uart, PORT));
    assert_int_equal(uart.fifo_depth, 16);
    assert_int_equal(chip.lcr, 3);
    assert_int_equal(chip.divisor[0], 1);
    assert_int_equal(chip.fcr & 0xc1, 0xc1);
    assert_int_equal(chip.mcr, 0xb);
    uart_write_polled(&uart, "early", 5);
    sent_is("early", 5);
}

static void writes_at_once(void **state)
{
    (void)state;
    power_on(2);
    start(false);
    assert_int_equal(tty_write(&tty, "a line of more than sixteen bytes\n", 34, 0), 34);
    sent_is("a line of more than sixteen bytes\n", 34);
    assert_int_equal(chip.ier, 5); /* and no interrupt is wanted for it */
    assert_int_equal(tty_output_count(&tty), 0);
}

/* A host that takes bytes when it likes: nothing lost, nothing out of order, nobody sleeps on. */
static void writes_to_a_slow_host(void **state)
{
    (void)state;
    static u8 bytes[60000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (u8)(i * 7 + i / 256);
    for (u32 run = 0; run < 60; run++) {
        power_on(run);
        chip.no_fifo = run % 5 == 0;
        chip.keeps_thre = run % 2;
        start(true);
        host_takes = 0;
        host_speed = 25;
        host_reads = 10 + run;
        size_t total = random_below(sizeof(bytes)), done = 0;
        while (done < total) {
            size_t step = 1 + random_below(run % 3 ? 100 : 20000);
            step = MIN(step, total - done);
            s64 wrote = tty_write(&tty, bytes + done, step, run % 4 == 0 ? O_NONBLOCK : 0);
            if (wrote == -EAGAIN)
                wrote = 0;
            if (wrote != (s64)step && run % 4 != 0)
                fail_msg("run %u: write gives %ld of %zu", run, (long)wrote, step);
            done += (size_t)wrote;
            host_turn();
            interrupts();
        }
        if (run % 3 == 0)
            tty_drain(&tty);
        for (int i = 0; i < 100000 && sent_length < total; i++) {
            host_turn();
            interrupts();
        }
        sent_is(bytes, total);
        assert_int_equal(chip.ier & 2, 0);
    }
}

static void log_overtakes_nothing(void **state)
{
    (void)state;
    power_on(3);
    start(true);
    host_takes = 0;
    assert_int_equal(tty_write(&tty, "the program's own line, held back\n", 34, 0), 34);
    host_takes = ~0u;
    chip.edge = false; /* the processor is in a panic */
    transmit_all();
    uart_write_now(&uart, "log\n", 4);
    sent_is("the program's own line, held back\nlog\n", 38);
    host_takes = 0;
    assert_int_equal(tty_write(&tty, "once more: the program's own line\n", 34, 0), 34);
    host_takes = ~0u;
    transmit_all();
    uart_write_polled(&uart, "panic\n", 6);
    sent_is("once more: the program's own line\npanic\n", 40);
}

/* Files of all sizes and contents through the line, ended by a BREAK. */
static void receives_files(void **state)
{
    (void)state;
    static u8 got[40000];
    for (u32 run = 0; run < 300; run++) {
        power_on(run);
        chip.real_break = run % 7 == 6;
        size_t total = random_below(run % 3 ? 60 : 30000);
        for (size_t i = 0; i < total; i++)
            input[i] = run % 2 ? (u8)random_below(256) : (u8)(random_below(2) * 'x');
        input[total] = HOST_BREAK;
        input_length = total + 1;
        start(true);
        host_speed = (const u32[]){0, 3, 30, 100, 900}[run % 5];
        size_t length = 0;
        for (;;) {
            s64 step = tty_read(&tty, got + length, 1 + random_below(3000), 0);
            if (step < 0)
                fail_msg("run %u: read gives %ld after %zu of %zu", run, (long)step, length, total);
            if (step == 0)
                break;
            length += (size_t)step;
            interrupts();
        }
        if (length != total)
            fail_msg("run %u: %zu bytes of %zu", run, length, total);
        for (size_t i = 0; i < total; i++)
            if (got[i] != input[i])
                fail_msg("run %u: byte %zu of %zu is wrong", run, i, total);
        assert_int_equal(tty.lost + uart.overruns, 0);
    }
}

/* Nobody reads: the host is stopped, and goes on when there is room, not before. */
static void stops_the_host(void **state)
{
    (void)state;
    static char got[20000];
    power_on(5);
    start(true);
    for (input_length = 0; input_length < sizeof(got); input_length++)
        input[input_length] = (u8)(input_length % 253);
    for (u32 turns = 0; turns < 100000; turns++) {
        host_turn();
        interrupts();
    }
    assert_in_range(input_at, TTY_BUFFER_SIZE - TTY_RECEIVE_MIN, TTY_BUFFER_SIZE + MUX_SIZE + 16);
    assert_int_equal(chip.ier, 0);
    assert_int_equal(chip.mcr, 9);
    assert_int_equal(tty_read(&tty, got, 100, 0), 100);
    assert_int_equal(chip.ier, 0);
    input_length = input_at; /* for the moment the host has no more */
    size_t length = 100;
    while (length < input_length)
        length += (size_t)tty_read(&tty, got + length, sizeof(got) - length, O_NONBLOCK);
    assert_int_equal(chip.ier, 5);
    assert_int_equal(chip.mcr, 0xb);
    input_length = sizeof(got);
    while (length < sizeof(got))
        length += (size_t)tty_read(&tty, got + length, sizeof(got) - length, 0);
    for (size_t i = 0; i < sizeof(got); i++)
        assert_int_equal((u8)got[i], i % 253);
}

/* The host begins before the chip is set up. */
static void keeps_early_bytes(void **state)
{
    (void)state;
    char buffer[100];
    for (u32 run = 0; run < 40; run++) {
        power_on(run);
        host_sends("0123456789012345678901234567890123456789", run);
        for (u32 i = 0; i < 100; i++)
            host_turn();
        start(true);
        size_t length = 0;
        while (length < run)
            length += (size_t)tty_read(&tty, buffer + length, 100, 0);
        assert_int_equal(length, run);
        assert_memory_equal(buffer, "0123456789012345678901234567890123456789", run);
    }
    power_on(99); /* at its end before the beginning */
    input[input_length++] = HOST_BREAK;
    host_turn();
    start(true);
    assert_int_equal(tty_read(&tty, buffer, 100, 0), 0);
}

static void echoes_and_signals(void **state)
{
    (void)state;
    char buffer[20];
    power_on(4);
    start(false);
    host_sends("ab\177c\r", 5);
    assert_int_equal(tty_read(&tty, buffer, 20, 0), 3);
    assert_memory_equal(buffer, "ac\n", 3);
    sent_is("ab\b \bc\n", 7);
}

/* A key's signal forgets what the host has not taken, but for what the chip has; NOFLSH forbids it. */
static void signals_flush_output(void **state)
{
    (void)state;
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    struct termios2 settings;
    power_on(6);
    start(false);
    for (int keeps = 0; keeps < 2; keeps++) {
        host_takes = 0;
        sent_length = 0;
        assert_int_equal(tty_write(&tty, text, 36, 0), 36);
        tty_receive(&tty, (const u8 *)"\3", 1);
        tty_get_termios(&tty, &settings);
        settings.c_lflag |= NOFLSH;
        assert_int_equal(tty_set_termios(&tty, &settings, TCSANOW), 0);
        host_speed = host_reads = 25;
        tty_drain(&tty);
        host_speed = host_reads = 0;
        assert_memory_equal(sent, text, 16);
        assert_memory_equal(sent + sent_length - 2, "^C", 2);
        assert_true(keeps ? sent_length == 38 : sent_length < 36);
    }
}

static void has_modem_lines(void **state)
{
    (void)state;
    power_on(7);
    start(false);
    chip.msr = 0xb0;
    assert_int_equal(uart_tty_ops.get_modem(&uart),
                     TIOCM_DTR | TIOCM_RTS | TIOCM_OUT2 | TIOCM_CTS | TIOCM_DSR | TIOCM_CAR);
    uart_tty_ops.set_modem(&uart, TIOCM_DTR | TIOCM_OUT1, TIOCM_OUT1 | TIOCM_RTS);
    assert_int_equal(chip.mcr, 0xe);
    uart_tty_ops.throttle(&uart, true);
    assert_int_equal(chip.mcr, 0xc);
    uart_tty_ops.set_modem(&uart, ~0u, 0);
    uart_tty_ops.throttle(&uart, false);
    assert_int_equal(chip.mcr, 8); /* without which no interrupt would come */
    chip.msr = 0x40;
    assert_int_equal(uart_tty_ops.get_modem(&uart), TIOCM_RNG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_chip),        cmocka_unit_test(writes_at_once),
        cmocka_unit_test(writes_to_a_slow_host), cmocka_unit_test(log_overtakes_nothing),
        cmocka_unit_test(receives_files),        cmocka_unit_test(stops_the_host),
        cmocka_unit_test(keeps_early_bytes),     cmocka_unit_test(echoes_and_signals),
        cmocka_unit_test(signals_flush_output),  cmocka_unit_test(has_modem_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
