/* SPDX-License-Identifier: MIT */
/*
 * Finds the sleep types for "off" in the AML of the DSDT and the SSDTs; the contract is in acpi.h.
 *
 * AML is searched as bytes for the one form that the definition has on every machine seen: NameOp,
 * the name with or without a root prefix, PackageOp, a length, a count, integers. What looks a
 * little different is not it, and the search goes on. The checksums of these tables are not
 * tested: they are large, and a machine about to be switched off has nothing to lose. Numbers in
 * brackets are sections of the ACPI specification 6.4.
 */
#include <asm/errno.h>

#include "drivers/acpi/acpi.h"
#include "drivers/acpi/acpi_internal.h"
#include "kernel/lib/string.h"

#define AML_ZERO         0x00 /* [20.2.3] */
#define AML_ONE          0x01
#define AML_NAME         0x08 /* [20.2.5.1] */
#define AML_BYTE_PREFIX  0x0a
#define AML_WORD_PREFIX  0x0b
#define AML_DWORD_PREFIX 0x0c
#define AML_PACKAGE      0x12 /* [20.2.5.4] */
#define AML_ROOT         '\\' /* [20.2.2] */
#define AML_ONES         0xff

#define SLEEP_TYPE_MASK 7 /* SLP_TYPx is a field of three bits [4.8.3.2.1] */

struct aml_cursor {
    const u8 *at;
    const u8 *end;
};

static bool aml_byte(struct aml_cursor *cursor, u8 *out)
{
    if (cursor->at == cursor->end)
        return false;
    *out = *cursor->at++;
    return true;
}

/* A package length [20.2.4]: narrows the cursor to the package. */
static bool aml_package_length(struct aml_cursor *cursor)
{
    const u8 *start = cursor->at;
    u8 lead, next;
    if (!aml_byte(cursor, &lead))
        return false;
    u32 more = lead >> 6;
    u32 length = more == 0 ? lead & 0x3f : lead & 0x0f;
    for (u32 i = 0; i < more; i++) {
        if (!aml_byte(cursor, &next))
            return false;
        length |= (u32)next << (4 + 8 * i);
    }
    if (length > (size_t)(cursor->end - start) || length < (size_t)(cursor->at - start))
        return false;
    cursor->end = start + length;
    return true;
}

static bool aml_integer(struct aml_cursor *cursor, u32 *out)
{
    u8 prefix, byte;
    if (!aml_byte(cursor, &prefix))
        return false;
    u32 bytes = 0;
    *out = 0;
    switch (prefix) {
    case AML_ZERO:
    case AML_ONE:
        *out = prefix;
        return true;
    case AML_ONES:
        *out = 0xffffffff;
        return true;
    case AML_BYTE_PREFIX:
        bytes = 1;
        break;
    case AML_WORD_PREFIX:
        bytes = 2;
        break;
    case AML_DWORD_PREFIX:
        bytes = 4;
        break;
    default:
        return false;
    }
    for (u32 i = 0; i < bytes; i++) {
        if (!aml_byte(cursor, &byte))
            return false;
        *out |= (u32)byte << (8 * i);
    }
    return true;
}

/* What follows the name: a package with one or two integers at its head. Firmware that gives one
 * keeps the second type in its next byte. */
static bool aml_sleep_package(struct aml_cursor cursor, struct acpi_s5 *out)
{
    u8 op, count;
    u32 typ_a, typ_b;
    if (!aml_byte(&cursor, &op) || op != AML_PACKAGE || !aml_package_length(&cursor) ||
        !aml_byte(&cursor, &count) || count == 0 || !aml_integer(&cursor, &typ_a))
        return false;
    typ_b = typ_a >> 8;
    if (count > 1 && !aml_integer(&cursor, &typ_b))
        return false;
    out->typ_a = typ_a & SLEEP_TYPE_MASK;
    out->typ_b = typ_b & SLEEP_TYPE_MASK;
    return true;
}

static bool aml_find_s5(const u8 *aml, size_t length, struct acpi_s5 *out)
{
    for (size_t i = 1; i + 4 <= length; i++) {
        if (aml[i] != '_' || memcmp(aml + i, "_S5_", 4) != 0)
            continue;
        bool named =
            aml[i - 1] == AML_NAME || (i >= 2 && aml[i - 1] == AML_ROOT && aml[i - 2] == AML_NAME);
        if (named && aml_sleep_package((struct aml_cursor){aml + i + 4, aml + length}, out))
            return true;
    }
    return false;
}

static bool table_find_s5(const struct acpi_view *view, paddr_t base, u32 signature,
                          struct acpi_s5 *out, const char **why)
{
    const struct header *header = acpi_map_header(view, base, why);
    if (!header || header->signature != signature)
        return false;
    size_t length = header->length;
    const u8 *bytes = acpi_map(view, base, length);
    if (!bytes)
        return false;
    return aml_find_s5(bytes + sizeof(*header), length - sizeof(*header), out);
}

int acpi_find_s5(const struct acpi_view *view, const struct acpi_facts *facts, struct acpi_s5 *out,
                 const char **why)
{
    *why = NULL;
    if (table_find_s5(view, facts->dsdt, ACPI_SIGNATURE('D', 'S', 'D', 'T'), out, why))
        return 0;
    const struct header *root = facts->root ? acpi_map_header(view, facts->root, why) : NULL;
    if (root)
        root = acpi_map(view, facts->root, root->length);
    u32 count = root ? acpi_root_count(root, facts->root_wide) : 0;
    for (u32 i = 0; i < count; i++)
        if (table_find_s5(view, acpi_root_entry(root, facts->root_wide, i),
                          ACPI_SIGNATURE('S', 'S', 'D', 'T'), out, why))
            return 0;
    acpi_complain(why, "the ACPI tables do not say how to switch the machine off");
    return -ENOENT;
}
