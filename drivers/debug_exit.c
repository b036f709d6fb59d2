/* SPDX-License-Identifier: MIT */
/* Tells QEMU the exit status; see debug_exit.h. */
#include "arch/x86_64/io.h"
#include "drivers/debug_exit.h"

/* An isa-debugcon answers a read with its `readback` value, which we ask to be the port's number:
 * an absent device reads as 0xff. */
#define STATUS_PORT     0xea
#define STATUS_READBACK 0xea

/* isa-debug-exit cannot be detected; on a PC the port belongs to nobody. */
#define LEAVE_PORT 0xf4

void debug_exit_report(u8 status)
{
    if (inb(STATUS_PORT) == STATUS_READBACK)
        outb(STATUS_PORT, status);
}

void debug_exit_leave(u8 status)
{
    outl(LEAVE_PORT, status);
}
