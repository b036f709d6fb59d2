/* SPDX-License-Identifier: MIT */
/*
 * The table of contents: from the boot door to the program's thread, in the order of the layers.
 *
 * boot/start.asm calls kernel_main with the final stack and the boot page tables. This is the only
 * file that knows everybody.
 */
#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/irq.h"
#include "arch/mmu.h"
#include "boot/memory_map.h"
#include "boot/multiboot2.h"
#include "boot/pvh.h"
#include "drivers/acpi/acpi.h"
#include "drivers/clock/clock.h"
#include "drivers/power.h"
#include "drivers/uart16550.h"
#include "kernel/console.h"
#include "kernel/core/cmdline.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/core/random.h"
#include "kernel/core/sched.h"
#include "kernel/core/time.h"
#include "kernel/core/timer.h"
#include "kernel/crashtest.h"
#include "kernel/lib/string.h"
#include "kernel/proc/crash/crash.h"
#include "kernel/proc/exec.h"
#include "kernel/proc/observer.h"
#include "kernel/proc/process.h"
#include "kernel/processors.h"
#include "mm/kmap.h"
#include "mm/page.h"
#include "syscall/trace/trace.h"

static struct boot_info boot;
static struct cmdline cmdline;
static struct acpi_facts acpi;
static u64 first_instruction_tsc, first_instruction_ns, first_instruction_free;

/* Read what the door left behind into `boot`. */
static void parse_boot_info(u32 door, paddr_t handover)
{
    if (door == BOOT_DOOR_MULTIBOOT2) {
        const void *header = mmu_early_map(handover, 8);
        size_t size = MIN(multiboot2_total_size(header), MMU_EARLY_MAP_MAX);
        (void)!multiboot2_parse(mmu_early_map(handover, size), size, handover, &boot);
    } else if (door == BOOT_DOOR_PVH) {
        struct pvh_view view = {handover, mmu_early_map};
        (void)!pvh_parse(&view, &boot);
    } else {
        const void *info = mmu_early_map(handover, sizeof(boot));
        memcpy(&boot, info, sizeof(boot));
    }
    boot.door = door;
}

/* What the boot loader handed over cannot be run: not a bug of ours, so one line and no panic. */
static NORETURN void refuse_to_boot(const char *why)
{
    log_print(LOG_ERR, "boot: %s", why);
    power_off(EXIT_STATUS_NOT_LOADABLE);
}

/* Modules are read through the direct map: one that is not in RAM is not one. */
static void check_modules(void)
{
    for (u32 i = 0; i < boot.module_count; i++)
        if (!memory_map_contains(&boot, boot.modules[i].base, boot.modules[i].size))
            refuse_to_boot("a module lies outside RAM");
}

static void init_memory(void)
{
    memory_map_normalise(&boot);
    check_modules();
    if (!page_init(&boot))
        refuse_to_boot("not enough memory");
    mmu_init(&boot);
    page_init_descriptors();
    kmap_init(&boot);
}

static void parse_command_line(void)
{
    const char *why = NULL;
    int error = cmdline_parse(boot.command_line, &cmdline, &why);
    log_set_level(cmdline.loglevel);
    if (error != 0)
        log_print(LOG_ERR, "command line: %s", why);
}

static const struct acpi_view acpi_view = {kmap_physical};

static void init_interrupts(void)
{
    const char *why = NULL;
    if (acpi_parse(&acpi_view, boot.rsdp, &acpi, &why) != 0)
        log_print(LOG_INFO, "ACPI: %s", why);
    struct irq_topology topology = {.local_apic = acpi.local_apic};
    if (acpi.io_apic_count != 0) {
        topology.io_apic = acpi.io_apics[0].address;
        topology.io_apic_gsi_base = acpi.io_apics[0].gsi_base;
    }
    topology.override_count = MIN(acpi.override_count, (u32)ARRAY_SIZE(topology.overrides));
    for (u32 i = 0; i < topology.override_count; i++)
        topology.overrides[i] =
            (struct irq_override){acpi.overrides[i].isa_irq, acpi.overrides[i].gsi,
                                  acpi.overrides[i].active_low, acpi.overrides[i].level_triggered};
    irq_init(&topology);
    processors_init(&acpi);
}

static void note_first_instruction(void)
{
    first_instruction_tsc = cpu_read_tsc();
    first_instruction_ns = time_now_ns();
    first_instruction_free = page_free_count();
}

static void log_boottime(u64 end, u64 end_ns)
{
    log_print(LOG_EMERG,
              "boottime: entry_to_user=%lu ticks, user_to_end=%lu, power_on_to_end=%lu, "
              "user_ns=%lu, free_kib=%lu",
              first_instruction_tsc - boot.entry_tsc, end - first_instruction_tsc, end,
              end_ns - first_instruction_ns, first_instruction_free * PAGE_SIZE / KIB);
}

/* The way out of everything: the program's end, a panic. */
static NORETURN void end_machine(u8 status)
{
    u64 end = cpu_read_tsc(), end_ns = 0;
    if (!panic_in_progress()) { /* which may have interrupted a holder of the locks */
        end_ns = time_now_ns();
        trace_summary_print();
        console_drain();
    }
    console_hold(status);
    if (cmdline.boottime && first_instruction_tsc != 0)
        log_boottime(end, end_ns);
    power_off(status);
}

static void init_trace(void)
{
    const char *why = NULL;
    const char *filter = cmdline.trace_filter ? cmdline.trace_filter : "all";
    if (!cmdline.trace)
        return;
    if (trace_configure(filter, &why) != 0)
        log_print(LOG_ERR, "trace: %s", why);
    if (cmdline.trace_times && trace_configure_times(cmdline.trace_times, &why) != 0)
        log_print(LOG_ERR, "trace_times: %s", why);
    if (cmdline.trace_strings && trace_configure_strings(cmdline.trace_strings, &why) != 0)
        log_print(LOG_ERR, "trace_strings: %s", why);
    process_observer = trace_observer();
    if (trace_wants_summary())
        trace_summary_begin();
}

static void before_first_instruction(void)
{
    if (cmdline.trace)
        trace_started(process_current()->path, cmdline.arguments, cmdline.argument_count,
                      cmdline.environment_count);
    if (cmdline.boottime)
        note_first_instruction();
}

NORETURN void kernel_main(paddr_t handover, u32 door, paddr_t image_base, u64 entry_tsc)
{
    cpu_init_boot();
    mmu_set_image_base(image_base);
    panic_set_power_off(end_machine);
    process_set_power_off(end_machine);
    console_init_early();

    parse_boot_info(door, handover);
    boot.entry_tsc = entry_tsc;
    parse_command_line();
    if (boot.error)
        refuse_to_boot(boot.error);
    sched_init_cpu();
    init_memory();

    init_interrupts();
    power_init(&acpi_view, &acpi);
    timers_init();
    clock_init(&acpi, entry_tsc);
    log_set_clock(time_now_ns);
    random_init(entry_tsc ^ handover);
    struct exec_request request = {.boot = &boot, .cmdline = &cmdline};
    console_init(&boot, &acpi, &request);

    init_trace();
    crash_set_brief(cmdline.crash_line);
    arch_set_program_ring(cmdline.ring, cmdline.trace);
    crashtest_run(cmdline.crashtest);
    if (cmdline.boottime || cmdline.trace)
        exec_before_first_instruction = before_first_instruction;
    exec_start(&request);
    sched_idle();
}
