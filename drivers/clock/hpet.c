/* SPDX-License-Identifier: MIT */
/*
 * Reads the HPET; see hpet.h. All accesses are of 32 bits: QEMU's model refuses wider ones.
 */
#include "drivers/clock/hpet.h"
#include "mm/kmap.h"

/* Registers [2.3]. */
#define CAPABILITIES  0x000
#define PERIOD        0x004 /* femtoseconds for each tick */
#define CONFIGURATION 0x010
#define COUNTER_LOW   0x0f0
#define COUNTER_HIGH  0x0f4
#define REGISTERS     0x400

#define CAPABILITY_64_BIT    (1u << 13)
#define CONFIGURATION_ENABLE (1u << 0)

#define PERIOD_MAX    100000000u /* 100 ns [2.3.4] */
#define FS_PER_SECOND 1000000000000000UL

static volatile u8 *registers;

static u32 read_register(u32 offset)
{
    return *(volatile u32 *)(registers + offset);
}

static u64 read_32(void)
{
    return read_register(COUNTER_LOW);
}

/* The upper half again, in case the lower one has wrapped in between. */
static u64 read_64(void)
{
    u32 high, low, again = read_register(COUNTER_HIGH);
    do {
        high = again;
        low = read_register(COUNTER_LOW);
        again = read_register(COUNTER_HIGH);
    } while (high != again);
    return (u64)high << 32 | low;
}

const struct clocksource *hpet_start(paddr_t base)
{
    static struct clocksource source = {.name = "HPET", .read = read_32, .bits = 32};
    registers = base != 0 ? kmap_mmio(base, REGISTERS) : NULL;
    if (!registers)
        return NULL;
    u32 period = read_register(PERIOD);
    if (period == 0 || period > PERIOD_MAX)
        return NULL;
    source.hz = FS_PER_SECOND / period;
    if (read_register(CAPABILITIES) & CAPABILITY_64_BIT) {
        source.read = read_64;
        source.bits = 64;
    }
    u32 configuration = read_register(CONFIGURATION);
    if (!(configuration & CONFIGURATION_ENABLE))
        *(volatile u32 *)(registers + CONFIGURATION) = configuration | CONFIGURATION_ENABLE;
    return &source;
}
