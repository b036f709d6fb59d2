/* SPDX-License-Identifier: MIT */
/*
 * The console is COM1 unless the command line says otherwise. The log goes to QEMU's debug port
 * when there is one, else to COM2 unless that is the program's standard error, else to COM1, where
 * it mixes with the program's output: a machine with a single line has no better place.
 */
#include "kernel/console.h"

#include "arch/x86_64/io.h"
#include "drivers/debug_exit.h"
#include "drivers/uart16550.h"
#include "kernel/core/log.h"

#define DEBUG_PORT 0xe9 /* reads back its own number when QEMU's isa-debugcon is there */

#define PORTS   4
#define NO_PORT (-1)

static const struct {
    u16 base;
    u8 irq;
} wiring[PORTS] = {{UART_COM1, UART_COM1_IRQ}, {UART_COM2, UART_COM2_IRQ}, {0x3e8, 4}, {0x2e8, 3}};

static struct uart ports[PORTS];
static struct tty ttys[2];
static int console_port, error_port = NO_PORT;

static void log_to_debug_port(const char *text, size_t length)
{
    outsb(DEBUG_PORT, text, length);
}

/* COM2 if it is there and not the program's, else COM1, whoever has that. */
static struct uart *log_uart(void)
{
    bool free = ports[1].port != 0 && error_port != 1 && console_port != 1;
    return free ? &ports[1] : &ports[0];
}

static void log_to_uart(const char *text, size_t length)
{
    uart_write_now(log_uart(), text, length);
}

static void panic_to_uart(const char *text, size_t length)
{
    uart_write_polled(log_uart(), text, length);
}

static bool probe(int port)
{
    return ports[port].port != 0 || uart_probe(&ports[port], wiring[port].base);
}

void console_init_early(void)
{
    if (inb(DEBUG_PORT) == DEBUG_PORT) {
        log_set_sink(log_to_debug_port, log_to_debug_port);
        return;
    }
    probe(0);
    probe(1);
    log_set_sink(log_to_uart, panic_to_uart);
}

static void start_tty(struct tty *tty, int port, bool raw)
{
    bool present = probe(port);
    tty_init(tty, &uart_tty_ops, &ports[port], raw);
    if (present && uart_start(&ports[port], wiring[port].irq, tty) != 0)
        log_print(LOG_WARNING, "no interrupt for ttyS%d: no input", port);
}

static void set_size(struct tty *tty, const struct cmdline *cmdline)
{
    struct winsize size;
    if (!cmdline->winsize)
        return;
    if (tty_parse_winsize(cmdline->winsize, &size))
        tty_listen_to_host(tty, &size);
    else
        log_print(LOG_ERR, "winsize= must be ROWSxCOLUMNS");
}

void console_init(const struct cmdline *cmdline, struct tty **console, struct tty **error_console)
{
    *console = *error_console = &ttys[0];
    console_port = cmdline->console_port;
    start_tty(&ttys[0], cmdline->console_port, cmdline->tty_raw);
    if (cmdline->stderr_port != NO_PORT && cmdline->stderr_port != cmdline->console_port) {
        error_port = cmdline->stderr_port;
        start_tty(&ttys[1], error_port, cmdline->tty_raw);
        *error_console = &ttys[1];
    }
    set_size(&ttys[0], cmdline);
    debug_exit_console_ready();
}

void console_drain(void)
{
    if (ttys[0].ops)
        tty_drain(&ttys[0]);
    if (ttys[1].ops)
        tty_drain(&ttys[1]);
}
