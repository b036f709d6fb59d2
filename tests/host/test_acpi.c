/* SPDX-License-Identifier: MIT */
/*
 * The ACPI parser, fed the tables that machines have and the lies that none should tell.
 *
 * Physical memory is a handful of heap blocks, each of exactly one table's size, so that reading
 * past a table is a report of the address sanitizer. Tables are built byte by byte at the offsets
 * that the specification gives, not through the parser's own structures.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/acpi/acpi.h"

#define RSDP 0xf5000
#define RSDT 0x7fe1000
#define XSDT 0x7fe2000
#define MADT 0x7fe3001 /* firmware aligns nothing */
#define FADT 0x7fe4002
#define HPET 0x7fe5000
#define DSDT 0x7fe6000
#define SSDT 0x7fe7000

/* ---- A pretended memory -----------------------------------------------------------------------*/

static struct region {
    paddr_t base;
    size_t size;
    u8 *bytes;
} regions[16];
static size_t region_count;

static const void *map_region(paddr_t base, size_t size)
{
    assert_true(size > 0 && base + size >= base);
    for (size_t i = 0; i < region_count; i++) {
        const struct region *region = &regions[i];
        if (base >= region->base && base - region->base <= region->size &&
            size <= region->size - (base - region->base))
            return region->bytes + (base - region->base);
    }
    return NULL;
}

static const struct acpi_view view = {map_region};

static u8 *add_region(paddr_t base, size_t size)
{
    assert_true(region_count < ARRAY_SIZE(regions));
    u8 *bytes = calloc(1, size);
    regions[region_count++] = (struct region){base, size, bytes};
    return bytes;
}

static int forget_memory(void **state)
{
    (void)state;
    while (region_count > 0)
        free(regions[--region_count].bytes);
    return 0;
}

static void put(u8 *bytes, size_t offset, u64 value, size_t size)
{
    memcpy(bytes + offset, &value, size);
}

static void fix_checksum(u8 *bytes, size_t size, size_t at)
{
    bytes[at] = 0;
    u8 sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    bytes[at] = (u8)-sum;
}

static u8 *add_table(paddr_t base, const char *signature, size_t size)
{
    u8 *table = add_region(base, size);
    memcpy(table, signature, 4);
    put(table, 4, size, 4);
    table[8] = 1;
    fix_checksum(table, size, 9);
    return table;
}

static u8 *table_at(paddr_t base)
{
    return (u8 *)(uintptr_t)map_region(base, 1);
}

static void fix_table(u8 *table)
{
    u32 length;
    memcpy(&length, table + 4, 4);
    fix_checksum(table, length, 9);
}

static u8 *add_rsdp(paddr_t base, u64 rsdt, u64 xsdt)
{
    u8 *rsdp = add_region(base, 36);
    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = xsdt ? 2 : 0;
    put(rsdp, 16, rsdt, 4);
    put(rsdp, 20, 36, 4);
    put(rsdp, 24, xsdt, 8);
    fix_checksum(rsdp, 20, 8);
    fix_checksum(rsdp, 36, 32);
    return rsdp;
}

static u8 *add_root(paddr_t base, const u64 *entries, size_t count, bool wide)
{
    size_t width = wide ? 8 : 4;
    u8 *root = add_table(base, wide ? "XSDT" : "RSDT", 36 + count * width);
    for (size_t i = 0; i < count; i++)
        put(root, 36 + i * width, entries[i], width);
    fix_table(root);
    return root;
}

/* A MADT with the bytes of its entries. */
static u8 *add_madt(const u8 *entries, size_t size)
{
    u8 *madt = add_table(MADT, "APIC", 44 + size);
    put(madt, 36, 0xfee00000, 4);
    put(madt, 40, 1, 4);
    memcpy(madt + 44, entries, size);
    fix_table(madt);
    return madt;
}

static const u8 pc_entries[] = {
    0, 8,  0,    0, 1,  0, 0,    0, /* processor 0 */
    0, 8,  1,    1, 1,  0, 0,    0, /* processor 1 */
    0, 8,  2,    2, 0,  0, 0,    0, /* a slot that is empty and stays so */
    1, 12, 0,    0, 0,  0, 0xc0, 0xfe, 0,  0, 0,
    0, 2,  10,   0, 0,  2, 0,    0,    0,  0, 0, /* the timer is at line 2 */
    2, 10, 0,    9, 9,  0, 0,    0,    13, 0,    /* level, active high */
    2, 10, 0,    5, 21, 0, 0,    0,    15, 0,    /* level, active low */
    4, 6,  0xff, 0, 0,  1,                       /* an NMI line */
    3, 8,  0,    0, 2,  0, 0,    0,              /* an NMI source */
};

static u8 *add_pc_fadt(void)
{
    u8 *fadt = add_table(FADT, "FACP", 116);
    put(fadt, 40, DSDT, 4);
    put(fadt, 48, 0xb2, 4);
    fadt[52] = 0xf1;
    put(fadt, 64, 0x604, 4);
    put(fadt, 76, 0x608, 4);
    fadt[89] = 2;
    fadt[91] = 4;
    fadt[108] = 0x32;
    put(fadt, 112, 0x84a5, 4);
    fix_table(fadt);
    return fadt;
}

static void add_pc_dsdt(void)
{
    static const u8 aml[] = {0x10, 0x20, '_',  'S',  'B',  '_',  0x08, '_',  'S',  '5',  '_',
                             0x12, 0x08, 0x04, 0x0a, 0x05, 0x0a, 0x07, 0x00, 0x00, 0x5b, 0x01};
    u8 *dsdt = add_table(DSDT, "DSDT", 36 + sizeof(aml));
    memcpy(dsdt + 36, aml, sizeof(aml));
}

/* The tables of QEMU's pc machine, as far as they are read. */
static void add_pc(void)
{
    const u64 entries[] = {FADT, MADT, HPET};
    add_rsdp(RSDP, RSDT, 0);
    add_root(RSDT, entries, 3, false);
    add_madt(pc_entries, sizeof(pc_entries));
    add_pc_fadt();
    u8 *hpet = add_table(HPET, "HPET", 56);
    put(hpet, 44, 0xfed00000, 8);
    fix_table(hpet);
    add_pc_dsdt();
}

static struct acpi_facts facts;
static const char *why;

static int parse(paddr_t rsdp)
{
    memset(&facts, 0xa5, sizeof(facts));
    why = "left over";
    return acpi_parse(&view, rsdp, &facts, &why);
}

/* Parses with one complaint that contains `part`. */
static void parse_complains(const char *part)
{
    assert_int_equal(parse(RSDP), 0);
    assert_non_null(why);
    if (!strstr(why, part))
        fail_msg("the complaint is \"%s\", not about \"%s\"", why, part);
}

/* ---- Good tables ------------------------------------------------------------------------------*/

static void reads_a_pc(void **state)
{
    (void)state;
    add_pc();
    assert_int_equal(parse(RSDP), 0);
    assert_null(why);
    assert_int_equal(facts.root, RSDT);
    assert_true(facts.have_madt && facts.have_fadt && facts.legacy_pics);
    assert_int_equal(facts.local_apic, 0xfee00000);
    assert_int_equal(facts.hpet, 0xfed00000);

    assert_int_equal(facts.cpu_count, 2);
    assert_int_equal(facts.cpus[1].apic_id, 1);
    assert_true(facts.cpus[1].enabled);
    assert_int_equal(facts.io_apic_count, 1);
    assert_int_equal(facts.io_apics[0].address, 0xfec00000);

    assert_int_equal(facts.override_count, 3);
    assert_int_equal(facts.overrides[0].gsi, 2);
    assert_false(facts.overrides[0].level_triggered || facts.overrides[0].active_low);
    assert_true(facts.overrides[1].level_triggered && !facts.overrides[1].active_low);
    assert_true(facts.overrides[2].level_triggered && facts.overrides[2].active_low);
    assert_int_equal(facts.overrides[2].isa_irq, 5);
    assert_int_equal(facts.overrides[2].gsi, 21);

    assert_int_equal(facts.dsdt, DSDT);
    assert_int_equal(facts.pm_timer.address, 0x608);
    assert_int_equal(facts.pm_timer.space, ACPI_SPACE_IO);
    assert_int_equal(facts.pm_timer.bits, 32);
    assert_false(facts.pm_timer_32_bit);
    assert_int_equal(facts.pm1a_control.address, 0x604);
    assert_int_equal(facts.pm1b_control.address, 0);
    assert_int_equal(facts.reset.address, 0);
    assert_int_equal(facts.smi_command, 0xb2);
    assert_int_equal(facts.acpi_enable, 0xf1);
    assert_int_equal(facts.century_register, 0x32);
    assert_false(facts.hardware_reduced);
}

/* QEMU's microvm: XSDT, no PM registers, sleep and reset registers in memory. */
static void reads_a_hardware_reduced_machine(void **state)
{
    (void)state;
    const u64 entries[] = {FADT};
    add_rsdp(RSDP, 0, XSDT);
    add_root(XSDT, entries, 1, true);
    u8 *fadt = add_table(FADT, "FACP", 268);
    put(fadt, 64, 0x604, 4); /* means nothing here */
    put(fadt, 112, 1u << 20 | 1u << 10, 4);
    put(fadt, 116, 0x0800, 2);
    put(fadt, 120, 0xfea00402, 8);
    fadt[128] = 0x42;
    put(fadt, 140, 0x120000000, 8);
    put(fadt, 244, 0x0800, 2);
    put(fadt, 248, 0xfea00400, 8);
    put(fadt, 260, 0xfea00401, 8);
    fix_table(fadt);

    assert_int_equal(parse(RSDP), 0);
    assert_null(why);
    assert_true(facts.hardware_reduced && facts.root_wide);
    assert_int_equal(facts.reset.address, 0xfea00402);
    assert_int_equal(facts.reset.space, ACPI_SPACE_MEMORY);
    assert_int_equal(facts.reset.bits, 8);
    assert_int_equal(facts.reset_value, 0x42);
    assert_int_equal(facts.sleep_control.address, 0xfea00400);
    assert_int_equal(facts.sleep_status.address, 0xfea00401);
    assert_int_equal(facts.pm1a_control.address, 0);
    assert_int_equal(facts.pm_timer.address, 0);
    assert_int_equal(facts.dsdt, 0x120000000);
    assert_false(facts.have_madt);
}

static void prefers_extended_registers(void **state)
{
    (void)state;
    const u64 entries[] = {FADT};
    add_rsdp(RSDP, 0, XSDT);
    add_root(XSDT, entries, 1, true);
    u8 *fadt = add_table(FADT, "FACP", 244);
    put(fadt, 64, 0x604, 4);
    put(fadt, 76, 0x608, 4);
    fadt[91] = 4;
    put(fadt, 112, 1u << 8, 4);
    put(fadt, 120, 0xcf9, 8); /* a reset register that the flags do not vouch for */
    fadt[172] = ACPI_SPACE_IO;
    put(fadt, 176, 0xb004, 8);
    fix_table(fadt);
    assert_int_equal(parse(RSDP), 0);
    assert_int_equal(facts.pm1a_control.address, 0xb004);
    assert_int_equal(facts.pm_timer.address, 0x608); /* extended form 0: the old one */
    assert_true(facts.pm_timer_32_bit);
    assert_int_equal(facts.reset.address, 0);
}

/* Only a table that is new enough can say that there is no keyboard controller. */
static void knows_of_the_keyboard(void **state)
{
    (void)state;
    const u64 entries[] = {FADT};
    const struct {
        u8 revision, flags;
        bool absent;
    } cases[] = {{1, 0, false}, {2, 0, false}, {3, 2, false}, {3, 0, true}, {6, 1, true}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        forget_memory(state);
        add_rsdp(RSDP, 0, XSDT);
        add_root(XSDT, entries, 1, true);
        u8 *fadt = add_table(FADT, "FACP", 244);
        fadt[8] = cases[i].revision;
        put(fadt, 109, cases[i].flags, 2);
        fix_table(fadt);
        assert_int_equal(parse(RSDP), 0);
        assert_int_equal(facts.no_keyboard, cases[i].absent);
    }
}

static void reads_many_processors(void **state)
{
    (void)state;
    u8 entries[300 * 16 + 2 * 8 + 12];
    u8 *at = entries;
    const u8 local[] = {0, 8, 7, 7, 2, 0, 0, 0, 0, 8, 9, 255, 1, 0, 0, 0};
    memcpy(at, local, sizeof(local)); /* online-capable; and the broadcast id, which is nobody */
    at += sizeof(local);
    for (u32 i = 0; i < 300; i++, at += 16) {
        const u8 x2apic[16] = {9, 16, 0, 0, (u8)i, (u8)(i >> 8), 0, 0, 1};
        memcpy(at, x2apic, 16);
    }
    const u8 address[] = {5, 12, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    memcpy(at, address, sizeof(address));

    const u64 root[] = {MADT};
    add_rsdp(RSDP, RSDT, 0);
    add_root(RSDT, root, 1, false);
    add_madt(entries, sizeof(entries));
    assert_int_equal(parse(RSDP), 0);
    assert_int_equal(facts.cpu_count, ACPI_CPUS_MAX);
    assert_int_equal(facts.cpus[0].apic_id, 7);
    assert_true(facts.cpus[0].online_capable && !facts.cpus[0].enabled);
    assert_int_equal(facts.cpus[8].apic_id, 8); /* 7 was there already */
    assert_int_equal(facts.cpus_dropped, 300 - ACPI_CPUS_MAX);
    assert_int_equal(facts.local_apic, 0x100000000);
}

/* Sums of bytes that would overflow a careless parallel sum. */
static void sums_large_tables(void **state)
{
    (void)state;
    u8 entries[16 * 254 + 8];
    for (size_t i = 0; i < 16; i++) {
        memset(entries + i * 254, 0xff, 254); /* of no known type */
        entries[i * 254 + 1] = 254;
    }
    const u8 local[8] = {0, 8, 3, 3, 1};
    memcpy(entries + 16 * 254, local, 8);
    const u64 root[] = {MADT};
    add_rsdp(RSDP, RSDT, 0);
    add_root(RSDT, root, 1, false);
    add_madt(entries, sizeof(entries));
    assert_int_equal(parse(RSDP), 0);
    assert_null(why);
    assert_int_equal(facts.cpus[0].apic_id, 3);
}

static void finds_the_root_pointer_itself(void **state)
{
    (void)state;
    add_pc();
    region_count--; /* the DSDT's place is needed */
    free(regions[region_count].bytes);
    free(regions[0].bytes);
    u8 *rom = add_region(0xe0000, 0x20000);
    regions[0] = regions[--region_count];
    memcpy(rom + 0x100, "RSD PTR broken checksum", 20);
    memcpy(rom + 0x1fff0, "RSD PTR ", 8); /* cut off: must not be read past */
    assert_int_equal(parse(0), -ENOENT);
    u8 *rsdp = rom + 0x15a30;
    memcpy(rsdp, "RSD PTR ", 8);
    put(rsdp, 16, RSDT, 4);
    fix_checksum(rsdp, 20, 8);
    assert_int_equal(parse(0), 0);
    assert_int_equal(facts.root, RSDT);
    assert_int_equal(facts.cpu_count, 2);
}

static void finds_the_root_pointer_in_the_ebda(void **state)
{
    (void)state;
    add_pc();
    u8 *pointer = add_region(0x40e, 2);
    put(pointer, 0, 0x9fc0, 2);
    u8 *ebda = add_region(0x9fc00, 1024);
    memcpy(ebda + 0x3f0, table_at(RSDP), 16);
    assert_int_equal(parse(0), -ENOENT);
    memcpy(ebda + 0x20, table_at(RSDP), 20);
    assert_int_equal(parse(0), 0);
    assert_int_equal(facts.cpu_count, 2);
}

/* ---- Lies -------------------------------------------------------------------------------------*/

static void refuses_without_root(void **state)
{
    (void)state;
    assert_int_equal(parse(0), -ENOENT);
    assert_non_null(why);
    assert_int_equal(parse(RSDP), -EINVAL);
    assert_int_equal(facts.root, 0);

    u8 *rsdp = add_rsdp(RSDP, RSDT, 0);
    assert_int_equal(parse(RSDP), -EINVAL); /* it points nowhere */
    rsdp[9] ^= 1;
    assert_int_equal(parse(RSDP), -EINVAL);
    assert_non_null(strstr(why, "damaged"));
}

static void falls_back_to_the_rsdt(void **state)
{
    (void)state;
    add_pc();
    u8 *rsdp = table_at(RSDP);
    rsdp[15] = 2;
    put(rsdp, 24, XSDT, 8);
    fix_checksum(rsdp, 20, 8);
    fix_checksum(rsdp, 36, 32);
    parse_complains("outside of memory"); /* there is no XSDT */
    assert_int_equal(facts.root, RSDT);
    rsdp[32] ^= 1;
    parse_complains("extended part");
    assert_int_equal(facts.cpu_count, 2);
    put(rsdp, 20, 0xffffffff, 4);
    parse_complains("extended part");
}

static void refuses_a_root_of_another_name(void **state)
{
    (void)state;
    add_pc();
    u8 *root = table_at(RSDT);
    memcpy(root, "XSDT", 4);
    fix_table(root);
    assert_int_equal(parse(RSDP), -EINVAL);
    assert_non_null(strstr(why, "wrong name"));
}

static void leaves_out_a_damaged_table(void **state)
{
    (void)state;
    add_pc();
    table_at(MADT)[50] ^= 0x10;
    parse_complains("checksum");
    assert_false(facts.have_madt);
    assert_int_equal(facts.cpu_count, 0);
    assert_true(facts.have_fadt);
    assert_int_equal(facts.hpet, 0xfed00000);
}

static void leaves_out_tables_of_wrong_length(void **state)
{
    (void)state;
    static const u32 lengths[] = {0, 8, 35, 36, 43, 0x7fffffff, 0xffffffff, 4096};
    add_pc();
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        put(table_at(MADT), 4, lengths[i], 4);
        if (lengths[i] == 36 || lengths[i] == 43)
            fix_table(table_at(MADT));
        assert_int_equal(parse(RSDP), 0);
        assert_non_null(why);
        assert_false(facts.have_madt);
        put(table_at(FADT), 4, lengths[i], 4);
        if (lengths[i] == 36 || lengths[i] == 43)
            fix_table(table_at(FADT));
        assert_int_equal(parse(RSDP), 0);
        assert_false(facts.have_fadt);
        assert_int_equal(facts.hpet, 0xfed00000);
    }
}

static void stops_at_a_bad_madt_entry(void **state)
{
    (void)state;
    static const struct {
        u8 bytes[16];
        const char *complaint;
    } cases[] = {
        {{0, 8, 5, 5, 1, 0, 0, 0, 0, 0}, "sticks out"}, /* length 0: would not move on */
        {{0, 8, 5, 5, 1, 0, 0, 0, 0, 1}, "sticks out"},
        {{0, 8, 5, 5, 1, 0, 0, 0, 0, 9}, "sticks out"}, /* beyond the end */
        {{0, 8, 5, 5, 1, 0, 0, 0, 1, 8}, "too short"},  /* an I/O APIC without its base */
        {{0, 8, 5, 5, 1, 0, 0, 0, 9, 8}, "too short"},
        {{0, 8, 5, 5, 1, 0, 0, 0, 5, 8}, "too short"},
        {{0, 8, 5, 5, 1, 0, 0, 0, 2, 8}, "too short"},
    };
    const u64 root[] = {MADT};
    add_rsdp(RSDP, RSDT, 0);
    add_root(RSDT, root, 1, false);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        add_madt(cases[i].bytes, 16);
        parse_complains(cases[i].complaint);
        assert_int_equal(facts.cpu_count, 1);
        assert_int_equal(facts.cpus[0].apic_id, 5);
        assert_int_equal(facts.io_apic_count + facts.override_count, 0);
        free(regions[--region_count].bytes);
    }
}

static void bounds_every_list(void **state)
{
    (void)state;
    u8 entries[40 * 12 + 40 * 10];
    for (size_t i = 0; i < 40; i++) {
        const u8 io_apic[12] = {1, 12, (u8)i};
        const u8 override[10] = {2, 10, 0, (u8)(i % 16), 3};
        memcpy(entries + i * 22, io_apic, 12);
        memcpy(entries + i * 22 + 12, override, 10);
    }
    const u64 root[] = {MADT};
    add_rsdp(RSDP, RSDT, 0);
    add_root(RSDT, root, 1, false);
    add_madt(entries, sizeof(entries));
    parse_complains("more I/O APICs");
    assert_int_equal(facts.io_apic_count, ACPI_IO_APICS_MAX);
    assert_int_equal(facts.override_count, ACPI_OVERRIDES_MAX);
}

static void ignores_overrides_of_other_buses(void **state)
{
    (void)state;
    static const u8 entries[] = {2, 10, 1, 3, 3, 0, 0, 0, 0, 0, 2, 10, 0, 16, 3, 0, 0, 0, 0, 0};
    const u64 root[] = {MADT};
    add_rsdp(RSDP, RSDT, 0);
    add_root(RSDT, root, 1, false);
    add_madt(entries, sizeof(entries));
    parse_complains("not on the ISA bus");
    assert_int_equal(facts.override_count, 0);
}

/* A root whose length is no multiple of its entries, and entries that point nowhere. */
static void survives_odd_root_entries(void **state)
{
    (void)state;
    const u64 entries[] = {0, ~0UL, ~0UL - 35, 0x1000, MADT, RSDP};
    add_rsdp(RSDP, 0, XSDT);
    u8 *root = add_table(XSDT, "XSDT", 36 + sizeof(entries) + 7);
    memcpy(root + 36, entries, sizeof(entries));
    fix_table(root);
    add_madt(pc_entries, sizeof(pc_entries));
    parse_complains("outside of memory");
    assert_int_equal(facts.cpu_count, 2);
}

/* ---- The sleep package ------------------------------------------------------------------------*/

struct s5_case {
    const char *what;
    u8 aml[28];
    u8 size;
    int typ_a, typ_b; /* -1: not found */
};

#define NAME_S5 0x08, '_', 'S', '5', '_'

static const struct s5_case s5_cases[] = {
    {"bytes", {NAME_S5, 0x12, 6, 4, 0x0a, 5, 0x0a, 6}, 12, 5, 6},
    {"zero and one", {NAME_S5, 0x12, 4, 2, 0, 1}, 10, 0, 1},
    {"root prefix", {0x08, '\\', '_', 'S', '5', '_', 0x12, 4, 4, 1, 1}, 11, 1, 1},
    {"two-byte length", {NAME_S5, 0x12, 0x45, 0, 4, 1, 1}, 11, 1, 1},
    {"long length", {NAME_S5, 0x12, 0x45, 1, 4, 0x0c, 1, 0, 0, 0, 1}, 27, 1, 1},
    {"reserved bits in the length", {NAME_S5, 0x12, 0x75, 0, 4, 1, 1}, 11, 1, 1},
    {"words", {NAME_S5, 0x12, 8, 4, 0x0b, 7, 0, 0x0b, 7, 0}, 14, 7, 7},
    {"one element", {NAME_S5, 0x12, 5, 1, 0x0b, 5, 3}, 11, 5, 3},
    {"ones", {NAME_S5, 0x12, 4, 2, 0xff, 0xff}, 10, 7, 7},
    {"second try", {'_', 'S', '5', '_', NAME_S5, 0x12, 4, 2, 1, 0}, 14, 1, 0},
    {"only used, not defined", {0x70, '_', 'S', '5', '_', 0x12, 4, 2, 1, 0}, 10, -1, -1},
    {"no package", {NAME_S5, 0x0a, 5}, 7, -1, -1},
    {"no element", {NAME_S5, 0x12, 2, 0}, 8, -1, -1},
    {"no element by its count", {NAME_S5, 0x12, 4, 0, 1, 1}, 10, -1, -1},
    {"length beyond the table", {NAME_S5, 0x12, 9, 2, 1, 1}, 10, -1, -1},
    {"length shorter than itself", {NAME_S5, 0x12, 0, 2, 1, 1}, 10, -1, -1},
    {"element beyond the package", {NAME_S5, 0x12, 3, 2, 1, 1}, 10, -1, -1},
    {"four-byte length cut off", {NAME_S5, 0x12, 0xc4, 0}, 8, -1, -1},
    {"value cut off", {NAME_S5, 0x12, 3, 1, 0x0c, 1}, 9, -1, -1},
    {"a name for a value", {NAME_S5, 0x12, 7, 2, 'A', 'B', 'C', 'D'}, 12, -1, -1},
    {"ends at the name", {NAME_S5}, 5, -1, -1},
    {"ends in the name", {0x08, '_', 'S', '5'}, 4, -1, -1},
    {"nothing", {0}, 0, -1, -1},
};

static void finds_the_sleep_package(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(s5_cases); i++) {
        const struct s5_case *test = &s5_cases[i];
        u8 *dsdt = add_table(DSDT, "DSDT", 36 + test->size);
        memcpy(dsdt + 36, test->aml, test->size);
        facts = (struct acpi_facts){.dsdt = DSDT};
        struct acpi_s5 s5 = {9, 9};
        int result = acpi_find_s5(&view, &facts, &s5, &why);
        if (result != (test->typ_a < 0 ? -ENOENT : 0))
            fail_msg("%s: result %d", test->what, result);
        if (result == 0 && (s5.typ_a != test->typ_a || s5.typ_b != test->typ_b))
            fail_msg("%s: types %d and %d", test->what, s5.typ_a, s5.typ_b);
        assert_int_equal(why == NULL, result == 0);
        forget_memory(NULL);
    }
}

static void looks_into_the_ssdts(void **state)
{
    (void)state;
    static const u8 aml[] = {NAME_S5, 0x12, 4, 2, 1, 0};
    const u64 entries[] = {FADT, 0, SSDT + 0x800, SSDT};
    struct acpi_s5 s5;
    add_pc_fadt();
    add_rsdp(RSDP, RSDT, 0);
    add_root(RSDT, entries, 4, false);
    add_table(DSDT, "DSDT", 36);
    assert_int_equal(parse(RSDP), 0);
    assert_int_equal(acpi_find_s5(&view, &facts, &s5, &why), -ENOENT);
    assert_non_null(why);
    u8 *ssdt = add_table(SSDT, "SSDT", 36 + sizeof(aml));
    memcpy(ssdt + 36, aml, sizeof(aml));
    assert_int_equal(acpi_find_s5(&view, &facts, &s5, &why), 0);
    assert_int_equal(s5.typ_a, 1);
    put(table_at(DSDT), 4, 8, 4);
    assert_int_equal(acpi_find_s5(&view, &facts, &s5, &why), 0);
    memset(&facts, 0, sizeof(facts)); /* a machine without ACPI */
    assert_int_equal(acpi_find_s5(&view, &facts, &s5, &why), -ENOENT);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget_memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_a_pc),
        TEST(reads_a_hardware_reduced_machine),
        TEST(knows_of_the_keyboard),
        TEST(prefers_extended_registers),
        TEST(reads_many_processors),
        TEST(sums_large_tables),
        TEST(finds_the_root_pointer_itself),
        TEST(finds_the_root_pointer_in_the_ebda),
        TEST(refuses_without_root),
        TEST(falls_back_to_the_rsdt),
        TEST(refuses_a_root_of_another_name),
        TEST(leaves_out_a_damaged_table),
        TEST(leaves_out_tables_of_wrong_length),
        TEST(stops_at_a_bad_madt_entry),
        TEST(bounds_every_list),
        TEST(ignores_overrides_of_other_buses),
        TEST(survives_odd_root_entries),
        TEST(finds_the_sleep_package),
        TEST(looks_into_the_ssdts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
