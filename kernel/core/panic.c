/* SPDX-License-Identifier: MIT */
/*
 * The end of a kernel that found a bug in itself: reason, registers, backtrace, status 101.
 *
 * Runs on whatever stack there is and trusts nothing: frame pointers are followed only within the
 * kernel's half and upwards, and a fault while reporting ends the machine at once.
 */
#include "kernel/core/panic.h"

#include <stdarg.h>

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/smp.h"
#include "arch/upcalls.h"
#include "kernel/core/log.h"
#include "kernel/core/panic_internal.h"
#include "kernel/core/symbols.h"
#include "kernel/lib/fmt.h"

#define BACKTRACE_MAX 32

static NORETURN void (*power_off)(u8 status);
static u32 panicking; /* the number of the processor that does, plus one */

void panic_set_power_off(NORETURN void (*function)(u8 status))
{
    power_off = function;
}

bool panic_in_progress(void)
{
    return __atomic_load_n(&panicking, __ATOMIC_ACQUIRE);
}

static NORETURN void end(void)
{
    if (power_off)
        power_off(EXIT_STATUS_PANIC);
    cpu_halt_forever();
}

static void begin(void)
{
    irq_disable();
    u32 nobody = 0, own = cpu_index() + 1;
    if (!__atomic_compare_exchange_n(&panicking, &nobody, own, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        if (nobody != own)
            cpu_halt_forever(); /* another processor is at it */
        end();                  /* a bug in the report: stop here */
    }
    smp_halt_others();
    log_break_lock();
}

static void print_address(vaddr_t address)
{
    u64 offset;
    const char *name = symbol_find(address, &offset);
    if (name)
        log_print(LOG_EMERG, "  %016lx %s+0x%lx", address, name, offset);
    else
        log_print(LOG_EMERG, "  %016lx", address);
}

static bool frame_pointer_ok(u64 frame_pointer)
{
    paddr_t physical;
    u32 flags;
    return frame_pointer >= DIRECT_MAP_BASE && frame_pointer % 8 == 0 &&
           frame_pointer % PAGE_SIZE <= PAGE_SIZE - 16 &&
           mmu_query(&mmu_kernel, frame_pointer, &physical, &flags);
}

static void print_backtrace(u64 address, u64 frame_pointer)
{
    log_print(LOG_EMERG, "backtrace:");
    print_address(address);
    for (int depth = 0; depth < BACKTRACE_MAX && frame_pointer_ok(frame_pointer); depth++) {
        const u64 *frame = (const u64 *)frame_pointer;
        if (frame[1] < DIRECT_MAP_BASE)
            break; /* the program's, or the end */
        print_address(frame[1]);
        if (frame[0] <= frame_pointer)
            break; /* frames grow upwards */
        frame_pointer = frame[0];
    }
}

/* An NMI: smp_halt_others sends them, and nobody else one that means anything. */
void arch_upcall_interrupted(void)
{
    if (panic_in_progress())
        cpu_halt_forever();
}

static void print_line(const char *line)
{
    log_print(LOG_EMERG, "%s", line);
}

void panic(const char *format, ...)
{
    begin();
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    fmt_vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    log_print(LOG_EMERG, "kernel panic: %s", reason);
    print_backtrace((u64)__builtin_return_address(0), *(const u64 *)__builtin_frame_address(0));
    end();
}

void arch_upcall_fatal(const struct trap_frame *frame, const char *reason)
{
    begin();
    log_print(LOG_EMERG, "kernel panic: %s", reason);
    if (frame) {
        frame_describe(frame, print_line);
        print_backtrace(frame->rip, frame->rbp);
    }
    end();
}
