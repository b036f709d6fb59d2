/* SPDX-License-Identifier: MIT */
/* Names of numbers for the trace, by names.h: clocks and timers. */
#include "syscall/trace/names/names.h"

#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include <linux/timex.h>

/* It does not know what a list of N(...) is. */
/* clang-format off */

#define ADJTIMEX_MODES(N) \
    N(ADJ_OFFSET) N(ADJ_FREQUENCY) N(ADJ_MAXERROR) N(ADJ_ESTERROR) N(ADJ_STATUS) N(ADJ_TIMECONST) \
    N(ADJ_TAI) N(ADJ_SETOFFSET) N(ADJ_MICRO) N(ADJ_NANO) N(ADJ_TICK)
NAMES(trace_adjtimex_modes, "ADJ_???", ADJTIMEX_MODES);

#define ADJTIMEX_STATUS(N) \
    N(STA_PLL) N(STA_PPSFREQ) N(STA_PPSTIME) N(STA_FLL) N(STA_INS) N(STA_DEL) N(STA_UNSYNC) \
    N(STA_FREQHOLD) N(STA_PPSSIGNAL) N(STA_PPSJITTER) N(STA_PPSWANDER) N(STA_PPSERROR) \
    N(STA_CLOCKERR) N(STA_NANO) N(STA_MODE) N(STA_CLK)
NAMES(trace_adjtimex_status, "STA_???", ADJTIMEX_STATUS);

#define CLOCK_STATES(N) N(TIME_OK) N(TIME_INS) N(TIME_DEL) N(TIME_OOP) N(TIME_WAIT) N(TIME_ERROR)
NAMES(trace_clock_states, "TIME_???", CLOCK_STATES);

#define CLOCKS(N) \
    N(CLOCK_REALTIME) N(CLOCK_MONOTONIC) N(CLOCK_PROCESS_CPUTIME_ID) N(CLOCK_THREAD_CPUTIME_ID) \
    N(CLOCK_MONOTONIC_RAW) N(CLOCK_REALTIME_COARSE) N(CLOCK_MONOTONIC_COARSE) N(CLOCK_BOOTTIME) \
    N(CLOCK_REALTIME_ALARM) N(CLOCK_BOOTTIME_ALARM) N(CLOCK_SGI_CYCLE) N(CLOCK_TAI)
NAMES(trace_clocks, "CLOCK_???", CLOCKS);

#define INTERVAL_TIMERS(N) N(ITIMER_REAL) N(ITIMER_VIRTUAL) N(ITIMER_PROF)
NAMES(trace_interval_timers, "ITIMER_???", INTERVAL_TIMERS);

#define TIMER_FLAGS(N) N(TIMER_ABSTIME)
NAMES(trace_timer_flags, "TIMER_???", TIMER_FLAGS);

#define TIMERFD_FLAGS(N) \
    N(TFD_TIMER_ABSTIME) N(TFD_TIMER_CANCEL_ON_SET) N(TFD_CLOEXEC) N(TFD_NONBLOCK)
NAMES(trace_timerfd_flags, "TFD_???", TIMERFD_FLAGS);
