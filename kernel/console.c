/* SPDX-License-Identifier: MIT */
/*
 * The console is COM1. The log goes to QEMU's debug port when there is one, else to COM2 unless
 * that is the program's standard error, else to COM1, where it mixes with the program's output:
 * a machine with a single line has no better place.
 */
#include "kernel/console.h"

#include "arch/x86_64/io.h"
#include "drivers/debug_exit.h"
#include "drivers/uart16550.h"
#include "kernel/core/log.h"
#include "kernel/lib/string.h"

#define DEBUG_PORT 0xe9 /* reads back its own number when QEMU's isa-debugcon is there */

static struct uart com1, com2;
static struct tty ttys[2];
static bool com2_is_error_console;

static void log_to_debug_port(const char *text, size_t length)
{
    outsb(DEBUG_PORT, text, length);
}

static void log_to_uart(const char *text, size_t length)
{
    bool use_com2 = com2.port != 0 && !com2_is_error_console;
    uart_write_now(use_com2 ? &com2 : &com1, text, length);
}

void console_init_early(void)
{
    uart_probe(&com1, UART_COM1);
    if (inb(DEBUG_PORT) == DEBUG_PORT) {
        log_set_sink(log_to_debug_port);
        return;
    }
    uart_probe(&com2, UART_COM2);
    log_set_sink(log_to_uart);
}

static void start_port(struct uart *uart, u32 irq, struct tty *tty, bool raw)
{
    tty_init(tty, &uart_tty_ops, uart, raw);
    if (uart->port != 0 && uart_start(uart, irq, tty) != 0)
        log_print(LOG_WARNING, "no interrupt for the serial port at 0x%x: no input", uart->port);
}

void console_init(const struct cmdline *cmdline, struct tty **console, struct tty **error_console)
{
    *console = *error_console = &ttys[0];
    start_port(&com1, UART_COM1_IRQ, &ttys[0], cmdline->tty_raw);
    if (!cmdline->stderr_name || strcmp(cmdline->stderr_name, "ttyS1") != 0)
        return;
    if (com2.port == 0 && !uart_probe(&com2, UART_COM2)) {
        log_print(LOG_WARNING, "stderr=ttyS1: there is no second serial port");
        return;
    }
    com2_is_error_console = true;
    start_port(&com2, UART_COM2_IRQ, &ttys[1], cmdline->tty_raw);
    *error_console = &ttys[1];
}

void console_drain(void)
{
    if (ttys[0].ops)
        tty_drain(&ttys[0]);
    if (ttys[1].ops)
        tty_drain(&ttys[1]);
}
