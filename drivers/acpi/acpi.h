/* SPDX-License-Identifier: MIT */
/*
 * What the firmware's ACPI tables say about this machine: processors, interrupt controllers,
 * clocks, and how to switch it off.
 *
 * Pure: bytes in, facts out. The bytes come through a callback, so that the same code reads a
 * machine's memory and a fuzzer's buffer. Nothing in a table is believed before it is checked
 * against the table's length; a table that lies is left out with a phrase that says why, and never
 * ends the parse. No globals, no allocation, no locks.
 *
 * acpi_parse is in the boot path and reads little: the root table, the header of each table it
 * names, and the three tables wanted. The DSDT, which is large, is read by acpi_find_s5 alone, when
 * the machine is switched off. Numbers in brackets are sections of the ACPI specification 6.4.
 */
#ifndef DRIVERS_ACPI_ACPI_H
#define DRIVERS_ACPI_ACPI_H

#include "kernel/lib/types.h"

#define ACPI_CPUS_MAX      256
#define ACPI_IO_APICS_MAX  8
#define ACPI_OVERRIDES_MAX 24

/* How to look at physical memory. map() returns a pointer to `size` readable bytes at `base`, which
 * stays valid until the end of the call that asked, or NULL when there is nothing to read. */
struct acpi_view {
    const void *(*map)(paddr_t base, size_t size);
};

/* Address spaces of a register [5.2.3.2, table 5.1]. */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1, ACPI_SPACE_PCI_CONFIG = 2 };

/* One register. `address` 0: the machine does not have it. */
struct acpi_register {
    paddr_t address; /* in PCI configuration space: device << 32 | function << 16 | offset */
    u8 space;        /* enum acpi_space, or a space not known here */
    u8 bits;         /* width; 0 when the table does not say */
};

/* A processor of the MADT [5.2.12.2, 5.2.12.12]. */
struct acpi_cpu {
    u32 apic_id;
    u8 enabled;        /* ready for use now */
    u8 online_capable; /* may be switched on later */
};

struct acpi_io_apic {
    paddr_t address;
    u32 gsi_base; /* its first input's number among all interrupt lines */
    u32 id;
};

/* An ISA interrupt that is not simply the line of the same number [5.2.12.5]. What the table leaves
 * to the bus has already become the ISA bus's own: active high, edge. */
struct acpi_override {
    u32 gsi;
    u8 isa_irq;
    bool active_low;
    bool level_triggered;
};

struct acpi_facts {
    paddr_t root;     /* RSDT or XSDT; 0: nothing else here is valid */
    bool root_wide;   /* it is an XSDT: entries of 8 bytes */
    bool have_madt;   /* local_apic, cpus, io_apics, overrides are from the machine */
    bool have_fadt;   /* all from pm1a_control to century_register are from the machine */
    bool legacy_pics; /* the machine also has two 8259s, to be masked */

    bool no_keyboard; /* no 8042 keyboard controller, says a table new enough to know [5.2.9.3] */
    bool hardware_reduced; /* no PM registers: sleep_control instead [4.1] */
    bool pm_timer_32_bit;  /* otherwise 24 */
    u8 reset_value;        /* written to `reset` to reset the machine [4.8.3.6] */
    u8 acpi_enable;        /* written to smi_command to switch ACPI on; 0: is on */
    u8 century_register;   /* CMOS index of the clock's century; 0: none */
    u16 smi_command;       /* I/O port; 0: none */
    struct acpi_register pm1a_control;
    struct acpi_register pm1b_control;
    struct acpi_register pm_timer;
    struct acpi_register reset; /* address 0 unless the table says that it works */
    struct acpi_register sleep_control;
    struct acpi_register sleep_status;
    paddr_t dsdt;

    paddr_t hpet;       /* registers of the first HPET; 0: none */
    paddr_t local_apic; /* registers of the local APIC */

    u32 cpu_count;      /* valid entries of cpus[] */
    u32 cpus_dropped;   /* usable processors that did not fit into cpus[] */
    u32 io_apic_count;  /* valid entries of io_apics[] */
    u32 override_count; /* valid entries of overrides[] */

    struct acpi_io_apic io_apics[ACPI_IO_APICS_MAX];
    struct acpi_override overrides[ACPI_OVERRIDES_MAX];
    struct acpi_cpu cpus[ACPI_CPUS_MAX];
};

/* The sleep types that mean "off" for the two PM1 control registers, or the sleep control register
 * (typ_a) [7.4.2]. */
struct acpi_s5 {
    u8 typ_a;
    u8 typ_b;
};

/*
 * Read the tables whose root pointer lies at `rsdp`; 0: look for it where a BIOS leaves it.
 * Returns 0 with *out filled; *why is then NULL, or a phrase about the first table that was left
 * out. Returns -ENOENT (no root pointer) or -EINVAL (no usable root table), with *why set and
 * out->root 0. The entries of the arrays beyond their counts are not written.
 */
int acpi_parse(const struct acpi_view *view, paddr_t rsdp, struct acpi_facts *out,
               const char **why) MUST_CHECK;

/*
 * Look for the package \_S5_ in the DSDT and the SSDTs, by its bytes: a full AML interpreter would
 * be far larger than the kernel, and every machine seen writes _S5_ as a constant package.
 * Returns 0, or -ENOENT with *why set. Reads the whole DSDT: for power-off only.
 */
int acpi_find_s5(const struct acpi_view *view, const struct acpi_facts *facts, struct acpi_s5 *out,
                 const char **why) MUST_CHECK;

#endif
