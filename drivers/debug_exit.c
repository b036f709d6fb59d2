/* SPDX-License-Identifier: MIT */
/* Tells QEMU the exit status; see debug_exit.h. */
#include "arch/x86_64/io.h"
#include "drivers/debug_exit.h"

/* An isa-debugcon answers a read with its `readback` value, which we ask to be the port's number:
 * an absent device reads as 0xff. */
#define STATUS_PORT     0xea
#define STATUS_READBACK 0xea

#define CONSOLE_READY 'S'

/* isa-debug-exit cannot be detected; on a PC the port belongs to nobody. */
#define LEAVE_PORT 0xf4

static void write_status(u8 byte)
{
    if (inb(STATUS_PORT) == STATUS_READBACK)
        outb(STATUS_PORT, byte);
}

void debug_exit_console_ready(void)
{
    write_status(CONSOLE_READY);
}

void debug_exit_report(u8 status)
{
    write_status(status);
}

void debug_exit_leave(u8 status)
{
    outl(LEAVE_PORT, status);
}
