/* SPDX-License-Identifier: MIT */
/* The PC's battery-backed clock (Motorola MC146818 data sheet), taken to run in UTC. */
#ifndef DRIVERS_CLOCK_RTC_H
#define DRIVERS_CLOCK_RTC_H

#include "kernel/lib/types.h"

/* CMOS index of the century's two digits, from the FADT; 0: none, and years below 70 are 20xx. */
void rtc_init(u8 century_register);

/* Nanoseconds since 1970, in whole seconds; 0 when there is no clock or it shows nonsense. Takes
 * up to 2 ms when the clock is just counting on. Caller keeps other users of the CMOS away. */
u64 rtc_read_ns(void);

#endif
