/* SPDX-License-Identifier: MIT */
/*
 * The program's console is what the last console= names; without one the screen if there is one,
 * else COM1.
 *
 * The log goes to QEMU's debug port when there is one. Otherwise it goes to the consoles: to the
 * screen, and for a serial one to COM2 unless that is the program's standard error, else to COM1,
 * where it mixes with the program's output: a machine with a single line has no better place. A
 * panic is shown on the screen in any case.
 */
#include "kernel/console.h"

#include "arch/x86_64/io.h"
#include "drivers/debug_exit.h"
#include "drivers/uart16550.h"
#include "kernel/core/log.h"
#include "kernel/display.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

#define DEBUG_PORT 0xe9 /* reads back its own number when QEMU's isa-debugcon is there */

#define PORTS   4
#define NO_PORT (-1)

static const struct {
    u16 base;
    u8 irq;
} wiring[PORTS] = {{UART_COM1, UART_COM1_IRQ}, {UART_COM2, UART_COM2_IRQ}, {0x3e8, 4}, {0x2e8, 3}};

static struct uart ports[PORTS];
static struct tty serial_tty, error_tty;
static const struct exec_request *consoles; /* NULL until they are chosen */
static int console_port, error_port = NO_PORT;

/* ---- The log ----------------------------------------------------------------------------------*/

static bool has_debug_port, log_on_serial = true, log_on_screen;

/* What was logged before there was a screen to show it. */
static char early_lines[1024];
static size_t early_length;

/* COM2 if it is there and not the program's, else COM1, whoever has that. */
static struct uart *log_uart(void)
{
    bool free = ports[1].port != 0 && error_port != 1 && console_port != 1;
    return free ? &ports[1] : &ports[0];
}

static void keep_early(const char *text, size_t length)
{
    length = MIN(length, sizeof(early_lines) - early_length);
    memcpy(early_lines + early_length, text, length);
    early_length += length;
}

static void log_to_consoles(const char *text, size_t length)
{
    if (has_debug_port) {
        outsb(DEBUG_PORT, text, length);
        return;
    }
    if (log_on_serial)
        uart_write_now(log_uart(), text, length);
    if (log_on_screen)
        display_write_now(text, length);
    else if (!consoles)
        keep_early(text, length);
}

static void panic_to_consoles(const char *text, size_t length)
{
    if (has_debug_port)
        outsb(DEBUG_PORT, text, length);
    else if (log_on_serial)
        uart_write_polled(log_uart(), text, length);
    display_write_polled(text, length);
}

static bool probe(int port)
{
    return ports[port].port != 0 || uart_probe(&ports[port], wiring[port].base);
}

void console_init_early(void)
{
    has_debug_port = inb(DEBUG_PORT) == DEBUG_PORT;
    if (!has_debug_port) {
        probe(0);
        probe(1);
    }
    log_set_sink(log_to_consoles, panic_to_consoles);
}

static void choose_log(const struct cmdline *cmdline, const struct tty *screen)
{
    u8 named = cmdline->consoles;
    log_on_screen = screen && !has_debug_port && (named == 0 || named & CMDLINE_CONSOLE_SCREEN);
    log_on_serial = !log_on_screen || named == 0 || named & CMDLINE_CONSOLE_SERIAL;
    if (log_on_screen)
        display_write_now(early_lines, early_length);
}

/* ---- The consoles -----------------------------------------------------------------------------*/

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

static struct tty *start_serial(const struct cmdline *cmdline)
{
    console_port = cmdline->console_port;
    start_tty(&serial_tty, console_port, cmdline->tty_raw);
    if (cmdline->tty_utf8)
        serial_tty.termios.c_iflag |= IUTF8;
    set_size(&serial_tty, cmdline);
    return &serial_tty;
}

/* Standard error has a port of its own? */
static struct tty *start_error(const struct cmdline *cmdline, struct tty *console)
{
    int port = cmdline->stderr_port;
    if (port == NO_PORT || (console == &serial_tty && port == cmdline->console_port))
        return console;
    error_port = port;
    start_tty(&error_tty, port, cmdline->tty_raw);
    return &error_tty;
}

void console_init(const struct boot_info *boot, const struct acpi_facts *acpi,
                  struct exec_request *request)
{
    const struct cmdline *cmdline = request->cmdline;
    struct tty *screen = display_init(boot, acpi);
    bool on_screen = screen && cmdline->last_console != CMDLINE_CONSOLE_SERIAL;
    request->screen = screen;
    if (!on_screen || cmdline->consoles & CMDLINE_CONSOLE_SERIAL)
        request->serial = start_serial(cmdline);
    request->console = on_screen ? screen : request->serial;
    request->error_console = start_error(cmdline, request->console);
    consoles = request;
    choose_log(cmdline, screen);
    debug_exit_console_ready();
}

static void drain(struct tty *tty)
{
    if (tty)
        tty_drain(tty);
}

void console_drain(void)
{
    if (!consoles)
        return;
    drain(consoles->serial);
    drain(consoles->error_console);
    drain(consoles->screen);
}

void console_hold(u8 status)
{
    char line[80];
    if (!consoles || consoles->console != consoles->screen || consoles->cmdline->no_hold)
        return;
    int length =
        fmt_snprintf(line, sizeof(line), "\n[The end, with status %u: press a key.]", status);
    display_hold(line, length);
}
