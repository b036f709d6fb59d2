/* SPDX-License-Identifier: MIT */
/*
 * The layouts of the ACPI tables that the kernel reads, and what the files that read them share.
 *
 * Layouts are packed structures, because firmware aligns nothing. They cover the fields of ACPI 1.0
 * to 6.4; a shorter table of an older revision simply ends before the later fields (FADT_HAS),
 * whatever revision it claims. Numbers in brackets are sections of the ACPI specification 6.4.
 */
#ifndef DRIVERS_ACPI_ACPI_INTERNAL_H
#define DRIVERS_ACPI_ACPI_INTERNAL_H

#include "drivers/acpi/acpi.h"

/* Root System Description Pointer [5.2.5.3]. */
struct PACKED rsdp {
    char signature[8];
    u8 checksum; /* makes the sum of the first 20 bytes 0 */
    char oem_id[6];
    u8 revision; /* 0: ends after rsdt; 2: all of it */
    u32 rsdt;
    u32 length;
    u64 xsdt;
    u8 extended_checksum;
    u8 reserved[3];
};
_Static_assert(sizeof(struct rsdp) == 36, "ACPI 6.4, table 5.3");
#define RSDP_V1_LENGTH  20
#define RSDP_LENGTH_MAX 256

/* Header of every other table [5.2.6]. */
struct PACKED header {
    u32 signature; /* ACPI_SIGNATURE */
    u32 length;
    u8 revision;
    u8 checksum;
    char oem_id[6];
    char oem_table_id[8];
    u32 oem_revision;
    u32 creator_id;
    u32 creator_revision;
};
_Static_assert(sizeof(struct header) == 36, "ACPI 6.4, table 5.4");

/* Generic address structure [5.2.3.2]. */
struct PACKED gas {
    u8 space;
    u8 bits;
    u8 bit_offset;
    u8 access_size;
    u64 address;
};
_Static_assert(sizeof(struct gas) == 12, "ACPI 6.4, table 5.1");

/* Fixed ACPI Description Table [5.2.9]. */
struct PACKED fadt {
    struct header header;
    u32 facs;
    u32 dsdt;
    u8 reserved0;
    u8 preferred_profile;
    u16 sci_interrupt;
    u32 smi_command;
    u8 acpi_enable;
    u8 acpi_disable;
    u8 s4bios_request;
    u8 pstate_control;
    u32 pm1a_event;
    u32 pm1b_event;
    u32 pm1a_control;
    u32 pm1b_control;
    u32 pm2_control;
    u32 pm_timer;
    u32 gpe0;
    u32 gpe1;
    u8 pm1_event_length;
    u8 pm1_control_length;
    u8 pm2_control_length;
    u8 pm_timer_length;
    u8 unused[16]; /* from GPE0_BLK_LEN to MON_ALRM */
    u8 century;
    u16 boot_flags;
    u8 reserved1;
    u32 flags;
    struct gas reset;
    u8 reset_value;
    u16 arm_boot_flags;
    u8 minor_version;
    u64 x_facs;
    u64 x_dsdt;
    struct gas x_pm1a_event;
    struct gas x_pm1b_event;
    struct gas x_pm1a_control;
    struct gas x_pm1b_control;
    struct gas x_pm2_control;
    struct gas x_pm_timer;
    struct gas x_gpe0;
    struct gas x_gpe1;
    struct gas sleep_control;
    struct gas sleep_status;
};
_Static_assert(offsetof(struct fadt, pm_timer) == 76, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, century) == 108, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, flags) == 112, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, x_pm_timer) == 208, "ACPI 6.4, table 5.9");
_Static_assert(offsetof(struct fadt, sleep_status) == 256, "ACPI 6.4, table 5.9");

/* Of boot_flags, which ACPI 1.0 did not have: there is an 8042 [table 5.11]. */
#define FADT_HAS_8042            (1u << 1)
#define FADT_BOOT_FLAGS_REVISION 3

/* ACPI 1.0's FADT ends here [ACPI 1.0, 5.2.5]. */
#define FADT_V1_LENGTH 116
_Static_assert(offsetof(struct fadt, reset) == FADT_V1_LENGTH, "ACPI 1.0, 5.2.5");

#define FADT_TMR_VAL_EXT     (1u << 8)
#define FADT_RESET_REG_SUP   (1u << 10)
#define FADT_HW_REDUCED_ACPI (1u << 20)
#define FADT_HAS(fadt, field) \
    ((fadt)->header.length >= offsetof(struct fadt, field) + sizeof((fadt)->field))

/* Multiple APIC Description Table and its entries [5.2.12]. */
struct PACKED madt {
    struct header header;
    u32 local_apic;
    u32 flags;
};
#define MADT_PCAT_COMPAT 1u

struct PACKED madt_entry {
    u8 type;
    u8 length;
};
enum {
    MADT_LOCAL_APIC = 0,
    MADT_IO_APIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LOCAL_APIC_ADDRESS = 5,
    MADT_LOCAL_X2APIC = 9,
};
struct PACKED madt_local_apic {
    struct madt_entry entry;
    u8 uid;
    u8 apic_id;
    u32 flags;
};
struct PACKED madt_io_apic {
    struct madt_entry entry;
    u8 id;
    u8 reserved;
    u32 address;
    u32 gsi_base;
};
struct PACKED madt_override {
    struct madt_entry entry;
    u8 bus;
    u8 source;
    u32 gsi;
    u16 flags;
};
struct PACKED madt_address {
    struct madt_entry entry;
    u16 reserved;
    u64 address;
};
struct PACKED madt_x2apic {
    struct madt_entry entry;
    u16 reserved;
    u32 apic_id;
    u32 flags;
    u32 uid;
};
_Static_assert(sizeof(struct madt_local_apic) == 8, "ACPI 6.4, table 5.22");
_Static_assert(sizeof(struct madt_io_apic) == 12, "ACPI 6.4, table 5.24");
_Static_assert(sizeof(struct madt_override) == 10, "ACPI 6.4, table 5.25");
_Static_assert(sizeof(struct madt_address) == 12, "ACPI 6.4, table 5.29");
_Static_assert(sizeof(struct madt_x2apic) == 16, "ACPI 6.4, table 5.33");

#define CPU_ENABLED        1u
#define CPU_ONLINE_CAPABLE 2u
#define APIC_ID_BROADCAST  0xffu

/* MPS INTI flags [table 5.26]: two bits each, 1 and 3 are explicit, 0 is the bus's own. */
#define INTI_POLARITY(flags) ((flags)&3)
#define INTI_TRIGGER(flags)  (((flags) >> 2) & 3)
#define INTI_ACTIVE_LOW      3
#define INTI_LEVEL           3

/* IA-PC HPET specification 1.0a, 3.2.4. */
struct PACKED hpet_table {
    struct header header;
    u32 block_id;
    struct gas base;
    u8 number;
    u16 minimum_tick;
    u8 protection;
};
_Static_assert(sizeof(struct hpet_table) == 56, "HPET 1.0a, 3.2.4");

/* A table's name as the number that its four bytes are. */
#define ACPI_SIGNATURE(a, b, c, d) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)

/* Remember a complaint, unless there is one: later ones tend to be consequences of the first. */
void acpi_complain(const char **why, const char *phrase);

/* `size` bytes of physical memory, or NULL; never for address 0 or a range that wraps. */
const void *acpi_map(const struct acpi_view *view, paddr_t base, size_t size);

/* The header of the table at `base`, its length believable; NULL with a complaint otherwise. */
const struct header *acpi_map_header(const struct acpi_view *view, paddr_t base, const char **why);

/* How many tables the root names, and where one is. `root` is mapped to its whole length. */
u32 acpi_root_count(const struct header *root, bool wide);
paddr_t acpi_root_entry(const struct header *root, bool wide, u32 index);

#endif
