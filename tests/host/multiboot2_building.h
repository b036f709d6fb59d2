/* SPDX-License-Identifier: MIT */
/*
 * Building a Multiboot2 information structure tag by tag, for its tests.
 *
 * `building` holds it, `built` is its size so far. The total size at its start is left to whoever
 * uses it, who may lie. Tags are aligned as the specification wants (3.6.2), their sizes are what
 * the caller says.
 */
#ifndef TESTS_HOST_MULTIBOOT2_BUILDING_H
#define TESTS_HOST_MULTIBOOT2_BUILDING_H

#include <string.h>

#include "kernel/lib/types.h"

static u8 building[128 * 1024];
static size_t built;

static void put32(u32 value)
{
    memcpy(building + built, &value, 4);
    built += 4;
}

static void put64(u64 value)
{
    memcpy(building + built, &value, 8);
    built += 8;
}

static void put_string(const char *string)
{
    memcpy(building + built, string, strlen(string) + 1);
    built += strlen(string) + 1;
}

static void begin(void)
{
    built = 8;
}

static void tag(u32 type, u32 size)
{
    while (built % 8)
        building[built++] = 0xee;
    put32(type);
    put32(size);
}

static void tag_string(u32 type, const char *string)
{
    tag(type, 8 + (u32)strlen(string) + 1);
    put_string(string);
}

static void tag_module(u32 start, u32 end, const char *string)
{
    tag(3, 16 + (u32)strlen(string) + 1);
    put32(start);
    put32(end);
    put_string(string);
}

static void map_entry(u64 base, u64 size, u32 type)
{
    put64(base);
    put64(size);
    put32(type);
    put32(0);
}

static void tag_ram(void)
{
    tag(6, 16 + 24);
    put32(24);
    put32(0);
    map_entry(0x100000, 0x700000, 1);
}

#endif
