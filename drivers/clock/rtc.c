/* SPDX-License-Identifier: MIT */
/* Reads the CMOS clock; see rtc.h. Registers and bits: MC146818 data sheet, tables 2 and 3. */
#include "arch/cpu.h"
#include "arch/x86_64/io.h"
#include "drivers/clock/rtc.h"
#include "kernel/lib/string.h"

#define INDEX_PORT 0x70
#define DATA_PORT  0x71

#define SECONDS  0x00
#define MINUTES  0x02
#define HOURS    0x04
#define DAY      0x07
#define MONTH    0x08
#define YEAR     0x09
#define STATUS_A 0x0a
#define STATUS_B 0x0b

#define A_UPDATING 0x80
#define B_24_HOURS 0x02
#define B_BINARY   0x04
#define HOURS_PM   0x80 /* in 12-hour mode */

/* An update takes 2 ms, a read about a microsecond. */
#define UPDATE_POLLS  10000
#define READ_ATTEMPTS 8

struct reading {
    u8 seconds, minutes, hours, day, month, year, century;
};

static u8 century_index;

void rtc_init(u8 century_register)
{
    century_index = century_register;
}

static u8 read_cmos(u8 index)
{
    outb(INDEX_PORT, index);
    return inb(DATA_PORT);
}

/* False when an update never ends, as on a machine without the clock, where every bit reads 1. */
static bool wait_for_update(void)
{
    for (u32 i = 0; i < UPDATE_POLLS; i++) {
        if (!(read_cmos(STATUS_A) & A_UPDATING))
            return true;
        cpu_relax();
    }
    return false;
}

static struct reading read_once(void)
{
    return (struct reading){
        .seconds = read_cmos(SECONDS),
        .minutes = read_cmos(MINUTES),
        .hours = read_cmos(HOURS),
        .day = read_cmos(DAY),
        .month = read_cmos(MONTH),
        .year = read_cmos(YEAR),
        .century = century_index ? read_cmos(century_index) : 0,
    };
}

/* An update may begin while we read: take it only if it comes out the same twice. */
static bool read_stable(struct reading *out)
{
    for (u32 i = 0; i < READ_ATTEMPTS; i++) {
        if (!wait_for_update())
            return false;
        struct reading first = read_once();
        *out = read_once();
        if (memcmp(&first, out, sizeof(first)) == 0)
            return true;
    }
    return false;
}

static u32 decode(u8 value, u8 mode)
{
    return mode & B_BINARY ? value : (value >> 4) * 10u + (value & 0xf);
}

/* A century register that holds something else than a century is not one. */
static u32 full_year(u32 year, u32 century)
{
    if (century >= 19 && century <= 22)
        return century * 100 + year;
    return year < 70 ? 2000 + year : 1900 + year;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, with years that begin in March: then
 * the leap day is the last of the year, and months have 153 days in five. */
static u64 days_since_1970(u32 year, u32 month, u32 day)
{
    u32 shifted_year = year - (month <= 2);
    u32 shifted_month = (month + 9) % 12;
    u64 leap_days = shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    u64 days = shifted_year * 365UL + leap_days + (shifted_month * 153 + 2) / 5 + day - 1;
    return days - 719468; /* days from 0000-03-01 to 1970-01-01 */
}

u64 rtc_read_ns(void)
{
    struct reading raw;
    if (!read_stable(&raw))
        return 0;
    u8 mode = read_cmos(STATUS_B);
    u32 hours = decode(raw.hours & (u8)~HOURS_PM, mode);
    if (!(mode & B_24_HOURS))
        hours = hours % 12 + (raw.hours & HOURS_PM ? 12 : 0);
    u32 year = full_year(decode(raw.year, mode), decode(raw.century, mode));
    u32 month = decode(raw.month, mode), day = decode(raw.day, mode);
    u32 minutes = decode(raw.minutes, mode), seconds = decode(raw.seconds, mode);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hours > 23 ||
        minutes > 59 || seconds > 59)
        return 0;
    u64 days = days_since_1970(year, month, day);
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000000000UL;
}
