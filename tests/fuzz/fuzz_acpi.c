/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the ACPI parser and the search for the sleep package.
 *
 * The input is all of physical memory, from BASE on, with the root pointer at its beginning; the
 * first byte chooses whether checksums are repaired before each table is read, since a fuzzer
 * hardly finds them. Every view is a block of its own size, so that the address sanitizer sees
 * each byte too many. Beyond that the promises of acpi.h are checked.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/acpi/acpi.h"

#define BASE      0xe0000
#define VIEWS_MAX 4096

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct acpi_facts facts;
static const u8 *memory;
static size_t memory_size;
static bool repair;
static void *views[VIEWS_MAX];
static size_t view_count;

static void fix(u8 *bytes, size_t size, size_t checksum_at)
{
    u8 sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    bytes[checksum_at] -= sum;
}

static const void *map_memory(paddr_t base, size_t size)
{
    if (size == 0 || base + size < base)
        abort();
    if (base < BASE || base - BASE > memory_size || size > memory_size - (base - BASE) ||
        view_count == VIEWS_MAX)
        return NULL;
    u8 *copy = malloc(size);
    memcpy(copy, memory + (base - BASE), size);
    if (repair && size >= 20 && memcmp(copy, "RSD PTR ", 8) == 0) {
        fix(copy, 20, 8);
        if (size >= 36)
            fix(copy, size, 32);
    } else if (repair && size >= 36) {
        fix(copy, size, 9);
    }
    views[view_count++] = copy;
    return copy;
}

static void check(int result, const char *why)
{
    if ((result != 0 && (!why || facts.root != 0)) || (result == 0 && facts.root == 0))
        abort();
    if (facts.cpu_count > ACPI_CPUS_MAX || facts.io_apic_count > ACPI_IO_APICS_MAX ||
        facts.override_count > ACPI_OVERRIDES_MAX)
        abort();
    for (u32 i = 0; i < facts.override_count; i++)
        if (facts.overrides[i].isa_irq > 15)
            abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    const struct acpi_view view = {map_memory};
    const char *why;
    struct acpi_s5 s5;
    if (size == 0)
        return 0;
    repair = data[0] & 1;
    memory = data + 1;
    memory_size = size - 1;
    check(acpi_parse(&view, data[0] & 2 ? 0 : BASE, &facts, &why), why);
    if (acpi_find_s5(&view, &facts, &s5, &why) == 0 && (s5.typ_a > 7 || s5.typ_b > 7))
        abort();
    while (view_count > 0)
        free(views[--view_count]);
    return 0;
}
