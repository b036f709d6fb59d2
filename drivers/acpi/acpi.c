/* SPDX-License-Identifier: MIT */
/*
 * Reads ACPI tables; see acpi.h for the contract.
 *
 * A table is reached in two steps: its header is mapped and its length judged, then all of it is
 * mapped and its checksum tested. Between the two steps the length could change under a hostile
 * machine; it is compared again. Everything after that stays below the length.
 */
#include <asm/errno.h>

#include "drivers/acpi/acpi.h"
#include "drivers/acpi/acpi_internal.h"
#include "kernel/lib/string.h"

/* Larger claims are lies: 255 processors make a MADT of 4 KiB, the largest DSDTs are 500 KiB. */
#define TABLE_LENGTH_MAX (4 * MIB)
#define READ_LENGTH_MAX  (128 * KIB) /* of the tables read at boot, whose bytes are summed */
#define ROOT_ENTRIES_MAX 1024

#define XSDT ACPI_SIGNATURE('X', 'S', 'D', 'T')
#define RSDT ACPI_SIGNATURE('R', 'S', 'D', 'T')

/* The sum of all bytes, modulo 256. Eight at a time: the even and the odd bytes of a word are
 * summed in four 16-bit lanes each, which cannot overflow within 128 words. */
static u8 byte_sum(const u8 *bytes, size_t length)
{
    const u64 even = 0x00ff00ff00ff00ff;
    u8 sum = 0;
    while (length >= 8) {
        size_t words = MIN(length / 8, (size_t)128);
        u64 lanes = 0;
        for (size_t i = 0; i < words; i++, bytes += 8) {
            u64 word;
            __builtin_memcpy(&word, bytes, 8);
            lanes += (word & even) + (word >> 8 & even);
        }
        length -= words * 8;
        sum += (u8)(lanes + (lanes >> 16) + (lanes >> 32) + (lanes >> 48));
    }
    while (length--)
        sum += *bytes++;
    return sum;
}

void acpi_complain(const char **why, const char *phrase)
{
    if (!*why)
        *why = phrase;
}

const void *acpi_map(const struct acpi_view *view, paddr_t base, size_t size)
{
    if (base == 0 || base + size < base)
        return NULL;
    return view->map(base, size);
}

const struct header *acpi_map_header(const struct acpi_view *view, paddr_t base, const char **why)
{
    const struct header *header = acpi_map(view, base, sizeof(*header));
    if (!header) {
        acpi_complain(why, "an ACPI table lies outside of memory");
        return NULL;
    }
    if (header->length < sizeof(*header) || header->length > TABLE_LENGTH_MAX) {
        acpi_complain(why, "an ACPI table claims an impossible length");
        return NULL;
    }
    return header;
}

/* The whole table behind `header`, checksum tested, at least `minimum` bytes long. */
static const void *map_table(const struct acpi_view *view, paddr_t base,
                             const struct header *header, size_t minimum, const char **why)
{
    size_t length = header->length;
    if (length > READ_LENGTH_MAX) {
        acpi_complain(why, "an ACPI table claims an impossible length");
        return NULL;
    }
    if (length < minimum) {
        acpi_complain(why, "an ACPI table is shorter than its fixed part");
        return NULL;
    }
    const struct header *table = acpi_map(view, base, length);
    if (!table || table->length != length) {
        acpi_complain(why, "an ACPI table lies outside of memory");
        return NULL;
    }
    if (byte_sum((const u8 *)table, length) != 0) {
        acpi_complain(why, "an ACPI table has a wrong checksum");
        return NULL;
    }
    return table;
}

/* ---- The root ---------------------------------------------------------------------------------*/

static bool rsdp_is_valid(const void *bytes)
{
    return memcmp(bytes, "RSD PTR ", 8) == 0 && byte_sum(bytes, RSDP_V1_LENGTH) == 0;
}

static paddr_t scan_for_rsdp(const struct acpi_view *view, paddr_t base, size_t size)
{
    const u8 *area = acpi_map(view, base, size);
    if (!area)
        return 0;
    for (size_t offset = 0; offset + RSDP_V1_LENGTH <= size; offset += 16)
        if (area[offset] == 'R' && rsdp_is_valid(area + offset))
            return base + offset;
    return 0;
}

/* In the first KiB of the extended BIOS data area, then in the BIOS's ROM [5.2.5.1]. */
static paddr_t find_rsdp(const struct acpi_view *view)
{
    u16 segment = 0;
    const void *pointer = acpi_map(view, 0x40e, sizeof(segment));
    if (pointer)
        __builtin_memcpy(&segment, pointer, sizeof(segment));
    paddr_t found = 0;
    if (segment != 0)
        found = scan_for_rsdp(view, (paddr_t)segment << 4, 1024);
    return found ? found : scan_for_rsdp(view, 0xe0000, 0x20000);
}

static const struct header *use_root(const struct acpi_view *view, paddr_t base, u32 signature,
                                     struct acpi_facts *out, const char **why)
{
    const struct header *header = acpi_map_header(view, base, why);
    if (!header)
        return NULL;
    if (header->signature != signature) {
        acpi_complain(why, "the ACPI root table has the wrong name");
        return NULL;
    }
    header = map_table(view, base, header, sizeof(*header), why);
    if (!header)
        return NULL;
    out->root = base;
    out->root_wide = signature == XSDT;
    return header;
}

/* The extended form, as long as it says it is, checksum tested; NULL when it is not good. */
static const struct rsdp *map_rsdp_v2(const struct acpi_view *view, paddr_t address)
{
    const struct rsdp *rsdp = acpi_map(view, address, sizeof(*rsdp));
    if (!rsdp)
        return NULL;
    u32 length = rsdp->length;
    if (length < sizeof(*rsdp) || length > RSDP_LENGTH_MAX)
        return NULL;
    rsdp = acpi_map(view, address, length);
    return rsdp && byte_sum((const u8 *)rsdp, length) == 0 ? rsdp : NULL;
}

/* The XSDT when there is a good one, otherwise the RSDT. */
static const struct header *find_root(const struct acpi_view *view, paddr_t address,
                                      struct acpi_facts *out, const char **why)
{
    const struct rsdp *rsdp = acpi_map(view, address, RSDP_V1_LENGTH);
    if (!rsdp || !rsdp_is_valid(rsdp)) {
        acpi_complain(why, "the ACPI root pointer is damaged");
        return NULL;
    }
    const struct header *root = NULL;
    u32 rsdt = rsdp->rsdt;
    if (rsdp->revision >= 2) {
        rsdp = map_rsdp_v2(view, address);
        if (!rsdp)
            acpi_complain(why, "the extended part of the ACPI root pointer is damaged");
        else if (rsdp->xsdt != 0)
            root = use_root(view, rsdp->xsdt, XSDT, out, why);
    }
    if (!root && rsdt != 0)
        root = use_root(view, rsdt, RSDT, out, why);
    if (!root)
        acpi_complain(why, "the ACPI root pointer names no table");
    return root;
}

u32 acpi_root_count(const struct header *root, bool wide)
{
    u32 count = (root->length - (u32)sizeof(*root)) / (wide ? 8 : 4);
    return MIN(count, (u32)ROOT_ENTRIES_MAX);
}

paddr_t acpi_root_entry(const struct header *root, bool wide, u32 index)
{
    const u8 *entries = (const u8 *)(root + 1);
    u64 address = 0;
    __builtin_memcpy(&address, entries + (size_t)index * (wide ? 8 : 4), 4);
    if (wide)
        __builtin_memcpy(&address, entries + (size_t)index * 8, 8);
    return address;
}

/* ---- MADT -------------------------------------------------------------------------------------*/

/* A processor may be listed both as APIC and as x2APIC: count it once. Only the second kind has to
 * look, because firmware writes the first kind first. */
static bool cpu_is_listed(const struct acpi_facts *facts, u32 apic_id)
{
    for (u32 i = 0; i < facts->cpu_count; i++)
        if (facts->cpus[i].apic_id == apic_id)
            return true;
    return false;
}

static void add_cpu(struct acpi_facts *out, u32 apic_id, u32 flags)
{
    if (!(flags & (CPU_ENABLED | CPU_ONLINE_CAPABLE)))
        return;
    if (out->cpu_count == ACPI_CPUS_MAX) {
        out->cpus_dropped++;
        return;
    }
    out->cpus[out->cpu_count++] = (struct acpi_cpu){
        .apic_id = apic_id,
        .enabled = (flags & CPU_ENABLED) != 0,
        .online_capable = (flags & CPU_ONLINE_CAPABLE) != 0,
    };
}

static void add_io_apic(struct acpi_facts *out, const struct madt_io_apic *entry, const char **why)
{
    if (out->io_apic_count == ACPI_IO_APICS_MAX) {
        acpi_complain(why, "the MADT has more I/O APICs than the kernel has room for");
        return;
    }
    out->io_apics[out->io_apic_count++] = (struct acpi_io_apic){
        .address = entry->address,
        .gsi_base = entry->gsi_base,
        .id = entry->id,
    };
}

static void add_override(struct acpi_facts *out, const struct madt_override *entry,
                         const char **why)
{
    if (entry->bus != 0 || entry->source > 15) {
        acpi_complain(why, "the MADT overrides an interrupt that is not on the ISA bus");
        return;
    }
    if (out->override_count == ACPI_OVERRIDES_MAX) {
        acpi_complain(why, "the MADT has more overrides than there are ISA interrupts");
        return;
    }
    out->overrides[out->override_count++] = (struct acpi_override){
        .gsi = entry->gsi,
        .isa_irq = entry->source,
        .active_low = INTI_POLARITY(entry->flags) == INTI_ACTIVE_LOW,
        .level_triggered = INTI_TRIGGER(entry->flags) == INTI_LEVEL,
    };
}

/* One entry, of which all `length` bytes are there. Unknown types are skipped, as the specification
 * asks; so are NMI sources, since the kernel has no use for them. */
static void read_madt_entry(struct acpi_facts *out, const struct madt_entry *entry,
                            const char **why)
{
    static const u8 least[] = {
        [MADT_LOCAL_APIC] = sizeof(struct madt_local_apic),
        [MADT_IO_APIC] = sizeof(struct madt_io_apic),
        [MADT_OVERRIDE] = sizeof(struct madt_override),
        [MADT_LOCAL_APIC_ADDRESS] = sizeof(struct madt_address),
        [MADT_LOCAL_X2APIC] = sizeof(struct madt_x2apic),
    };
    if (entry->type < ARRAY_SIZE(least) && entry->length < least[entry->type]) {
        acpi_complain(why, "an entry of the MADT is too short");
        return;
    }
    switch (entry->type) {
    case MADT_LOCAL_APIC: {
        const struct madt_local_apic *apic = (const void *)entry;
        if (apic->apic_id != APIC_ID_BROADCAST)
            add_cpu(out, apic->apic_id, apic->flags);
        break;
    }
    case MADT_LOCAL_X2APIC: {
        const struct madt_x2apic *apic = (const void *)entry;
        if (apic->apic_id > APIC_ID_BROADCAST || !cpu_is_listed(out, apic->apic_id))
            add_cpu(out, apic->apic_id, apic->flags);
        break;
    }
    case MADT_IO_APIC:
        add_io_apic(out, (const void *)entry, why);
        break;
    case MADT_OVERRIDE:
        add_override(out, (const void *)entry, why);
        break;
    case MADT_LOCAL_APIC_ADDRESS:
        out->local_apic = ((const struct madt_address *)entry)->address;
        break;
    }
}

static void read_madt(struct acpi_facts *out, const struct madt *madt, const char **why)
{
    const u8 *at = (const u8 *)(madt + 1);
    const u8 *end = (const u8 *)madt + madt->header.length;
    out->have_madt = true;
    out->local_apic = madt->local_apic;
    out->legacy_pics = (madt->flags & MADT_PCAT_COMPAT) != 0;
    while ((size_t)(end - at) >= sizeof(struct madt_entry)) {
        const struct madt_entry *entry = (const void *)at;
        if (entry->length < sizeof(*entry) || entry->length > (size_t)(end - at)) {
            acpi_complain(why, "an entry of the MADT sticks out of it");
            return;
        }
        read_madt_entry(out, entry, why);
        at += entry->length;
    }
}

/* ---- FADT and HPET ----------------------------------------------------------------------------*/

/* The extended form of a register when it is there and not zero, otherwise the old I/O port. */
static struct acpi_register pick_register(const struct gas *extended, u32 port, u8 port_bytes)
{
    if (extended && extended->address != 0)
        return (struct acpi_register){extended->address, extended->space, extended->bits};
    return (struct acpi_register){port, ACPI_SPACE_IO, (u8)(port_bytes * 8)};
}

#define EXTENDED(fadt, field) (FADT_HAS(fadt, field) ? &(fadt)->field : NULL)

static void read_fadt(struct acpi_facts *out, const struct fadt *fadt)
{
    out->have_fadt = true;
    out->no_keyboard = fadt->header.revision >= FADT_BOOT_FLAGS_REVISION &&
                       FADT_HAS(fadt, boot_flags) && !(fadt->boot_flags & FADT_HAS_8042);
    out->hardware_reduced = FADT_HAS(fadt, flags) && (fadt->flags & FADT_HW_REDUCED_ACPI) != 0;
    out->pm_timer_32_bit = (fadt->flags & FADT_TMR_VAL_EXT) != 0;
    out->century_register = fadt->century;
    out->dsdt = FADT_HAS(fadt, x_dsdt) && fadt->x_dsdt != 0 ? fadt->x_dsdt : fadt->dsdt;

    if (FADT_HAS(fadt, reset_value) && (fadt->flags & FADT_RESET_REG_SUP)) {
        out->reset = pick_register(&fadt->reset, 0, 0);
        out->reset_value = fadt->reset_value;
    }
    if (out->hardware_reduced) {
        /* The fields of the fixed hardware mean nothing on such a machine [5.2.9]. */
        out->sleep_control = pick_register(EXTENDED(fadt, sleep_control), 0, 0);
        out->sleep_status = pick_register(EXTENDED(fadt, sleep_status), 0, 0);
        return;
    }
    out->smi_command = (u16)fadt->smi_command;
    out->acpi_enable = fadt->acpi_enable;
    out->pm1a_control =
        pick_register(EXTENDED(fadt, x_pm1a_control), fadt->pm1a_control, fadt->pm1_control_length);
    out->pm1b_control =
        pick_register(EXTENDED(fadt, x_pm1b_control), fadt->pm1b_control, fadt->pm1_control_length);
    out->pm_timer =
        pick_register(EXTENDED(fadt, x_pm_timer), fadt->pm_timer, fadt->pm_timer_length);
}

static void read_hpet(struct acpi_facts *out, const struct hpet_table *table)
{
    if (table->base.space == ACPI_SPACE_MEMORY)
        out->hpet = table->base.address;
}

/* ---- All together -----------------------------------------------------------------------------*/

/* Of several tables of one kind the first good one counts. */
static void read_table(const struct acpi_view *view, paddr_t base, struct acpi_facts *out,
                       const char **why)
{
    const struct header *header = acpi_map_header(view, base, why);
    if (!header)
        return;
    const void *table;
    if (!out->have_madt && header->signature == ACPI_SIGNATURE('A', 'P', 'I', 'C')) {
        table = map_table(view, base, header, sizeof(struct madt), why);
        if (table)
            read_madt(out, table, why);
    } else if (!out->have_fadt && header->signature == ACPI_SIGNATURE('F', 'A', 'C', 'P')) {
        table = map_table(view, base, header, FADT_V1_LENGTH, why);
        if (table)
            read_fadt(out, table);
    } else if (out->hpet == 0 && header->signature == ACPI_SIGNATURE('H', 'P', 'E', 'T')) {
        table = map_table(view, base, header, sizeof(struct hpet_table), why);
        if (table)
            read_hpet(out, table);
    }
}

int acpi_parse(const struct acpi_view *view, paddr_t rsdp, struct acpi_facts *out, const char **why)
{
    *why = NULL;
    /* The arrays are most of the structure, and their counts are enough. */
    memset(out, 0, offsetof(struct acpi_facts, io_apics));
    if (rsdp == 0)
        rsdp = find_rsdp(view);
    if (rsdp == 0) {
        *why = "there is no ACPI root pointer";
        return -ENOENT;
    }
    const struct header *root = find_root(view, rsdp, out, why);
    if (!root)
        return -EINVAL;
    u32 count = acpi_root_count(root, out->root_wide);
    for (u32 i = 0; i < count; i++)
        read_table(view, acpi_root_entry(root, out->root_wide, i), out, why);
    return 0;
}
