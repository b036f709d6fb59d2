/* SPDX-License-Identifier: MIT */
/*
 * Switches the machine off; see power.h. Numbers in brackets are sections of the ACPI specification
 * 6.4. After each attempt the processor is given time to be switched off before the next is made:
 * QEMU's processor, for one, runs on until the main loop notices the request. That time is counted
 * in reads of an unused port, about a microsecond each on every machine, since no clock can be
 * trusted here.
 */
#include "arch/cpu.h"
#include "arch/x86_64/io.h"
#include "drivers/debug_exit.h"
#include "drivers/power.h"
#include "mm/kmap.h"

/* PM1 control register [4.8.3.2.1]. */
#define PM1_SCI_EN        (1u << 0)
#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_TYP_MASK  (7u << PM1_SLP_TYP_SHIFT)
#define PM1_SLP_EN        (1u << 13)

/* Sleep control and status registers [4.8.3.7]. */
#define SLEEP_TYP_SHIFT 2
#define SLEEP_ENABLE    (1u << 5)
#define SLEEP_WAK_STS   (1u << 7)

/* 8042 keyboard controller: pulse the reset line; status bit 1 is "input buffer full". */
#define KEYBOARD_COMMAND_PORT 0x64
#define KEYBOARD_INPUT_FULL   (1u << 1)
#define KEYBOARD_PULSE_RESET  0xfe

/* PCI configuration mechanism 1 (PCI Local Bus 3.0, 3.2.2.3.2). */
#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA    0xcfc
#define PCI_CONFIG_ENABLE  (1u << 31)

#define DELAY_PORT 0x80 /* the POST code display: reading it does nothing, slowly */
#define ONE_SECOND 1000000

static struct {
    const struct acpi_view *view;
    const struct acpi_facts *facts; /* NULL: nothing known */
    /* Where the byte-wide registers are mapped, if they are in memory. */
    volatile u8 *sleep_control;
    volatile u8 *sleep_status;
    volatile u8 *reset;
    bool begun; /* atomic */
} power;

static volatile u8 *map_register(const struct acpi_register *reg)
{
    if (reg->address == 0 || reg->space != ACPI_SPACE_MEMORY)
        return NULL;
    return kmap_mmio(reg->address, 1);
}

void power_init(const struct acpi_view *view, const struct acpi_facts *facts)
{
    power.view = view;
    power.sleep_control = map_register(&facts->sleep_control);
    power.sleep_status = map_register(&facts->sleep_status);
    power.reset = map_register(&facts->reset);
    power.facts = facts;
}

static void delay(u32 microseconds)
{
    while (microseconds--)
        inb(DELAY_PORT);
}

static void write_pci_config(paddr_t address, u8 value)
{
    u32 device = (u32)(address >> 32) & 0x1f;
    u32 function = (u32)(address >> 16) & 7;
    u32 offset = (u32)address & 0xff;
    outl(PCI_CONFIG_ADDRESS, PCI_CONFIG_ENABLE | device << 11 | function << 8 | (offset & ~3u));
    outb((u16)(PCI_CONFIG_DATA + (offset & 3)), value);
}

/* One byte to a register; nothing when the machine lacks it or it is somewhere unknown. */
static void write_register(const struct acpi_register *reg, volatile u8 *mapped, u8 value)
{
    if (reg->address == 0)
        return;
    if (mapped)
        *mapped = value;
    else if (reg->space == ACPI_SPACE_IO && reg->address <= 0xffff)
        outb((u16)reg->address, value);
    else if (reg->space == ACPI_SPACE_PCI_CONFIG)
        write_pci_config(reg->address, value);
}

static bool is_port(const struct acpi_register *reg)
{
    return reg->address != 0 && reg->address <= 0xffff && reg->space == ACPI_SPACE_IO;
}

/* A BIOS may leave the chip in legacy mode until asked [4.8.2.5]; PM1 writes do nothing then. */
static void enable_acpi(const struct acpi_facts *facts, u16 pm1a)
{
    if ((inw(pm1a) & PM1_SCI_EN) || facts->smi_command == 0 || facts->acpi_enable == 0)
        return;
    outb(facts->smi_command, facts->acpi_enable);
    for (u32 i = 0; i < ONE_SECOND && !(inw(pm1a) & PM1_SCI_EN); i++)
        inb(DELAY_PORT);
}

static void write_pm1(u16 port, u8 type)
{
    u16 value = inw(port) & (u16) ~(PM1_SLP_TYP_MASK | PM1_SLP_EN);
    value |= (u16)(type << PM1_SLP_TYP_SHIFT);
    /* The type before the enable bit, as two writes: some chips latch it only so [4.8.3.2.1]. */
    outw(port, value);
    outw(port, value | PM1_SLP_EN);
}

static void soft_off(const struct acpi_facts *facts)
{
    struct acpi_s5 s5;
    const char *why;
    if (acpi_find_s5(power.view, facts, &s5, &why) != 0)
        return;
    if (facts->hardware_reduced) {
        write_register(&facts->sleep_status, power.sleep_status, SLEEP_WAK_STS);
        write_register(&facts->sleep_control, power.sleep_control,
                       (u8)(s5.typ_a << SLEEP_TYP_SHIFT | SLEEP_ENABLE));
    } else if (is_port(&facts->pm1a_control)) {
        u16 pm1a = (u16)facts->pm1a_control.address;
        enable_acpi(facts, pm1a);
        write_pm1(pm1a, s5.typ_a);
        if (is_port(&facts->pm1b_control))
            write_pm1((u16)facts->pm1b_control.address, s5.typ_b);
    }
    delay(ONE_SECOND);
}

static void reset_by_keyboard_controller(void)
{
    for (u32 i = 0; i < 1000 && (inb(KEYBOARD_COMMAND_PORT) & KEYBOARD_INPUT_FULL); i++)
        inb(DELAY_PORT);
    outb(KEYBOARD_COMMAND_PORT, KEYBOARD_PULSE_RESET);
    delay(ONE_SECOND / 10);
}

/* With an empty interrupt table any exception becomes a shutdown of the processor, which a PC's
 * chipset answers with a reset (SDM 3A 6.15, interrupt 8). */
static void reset_by_triple_fault(void)
{
    static const struct PACKED {
        u16 limit;
        u64 base;
    } no_table;
    __asm__ volatile("lidt %0; int3" : : "m"(no_table));
}

static NORETURN void reset(void)
{
    if (power.facts) {
        write_register(&power.facts->reset, power.reset, power.facts->reset_value);
        delay(ONE_SECOND / 10);
    }
    reset_by_keyboard_controller();
    reset_by_triple_fault();
    cpu_halt_forever();
}

void power_off(u8 status)
{
    irq_save();
    if (__atomic_exchange_n(&power.begun, true, __ATOMIC_ACQ_REL)) {
        /* Somebody is at it: another processor, or this one until a fault brought it here. */
        delay(4 * ONE_SECOND);
        reset();
    }
    debug_exit_report(status);
    debug_exit_leave(status);
    if (power.facts)
        soft_off(power.facts);
    reset();
}
