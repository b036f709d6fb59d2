/* SPDX-License-Identifier: MIT */
/*
 * What the programs of tests/abi share: raw system calls, a check that prints one line, and memory
 * that is bad in a known way.
 *
 * Every program prints `ok NAME` per check, or `FAILED NAME: got X, expected Y`, and ends with 0 or
 * 1. No line holds an address, a number of a process or a time, so that the output on Linux and
 * here can be compared byte for byte. The calls are made by the instruction itself, so that the C
 * library neither hides an error nor answers from elsewhere (the vDSO, a cached value).
 *
 * Standard output may be a terminal or a pipe, not a regular file: Linux writes half of a straddling
 * buffer to a file and nothing of it to the other two.
 */
#ifndef TESTS_ABI_CHECK_H
#define TESTS_ABI_CHECK_H

#include <asm/unistd.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE            4096UL
#define KERNEL_ADDRESS  0xffffffff80000000UL /* the kernel's half, present on Linux and here */
#define NON_CANONICAL   0x0900000000000000UL /* with 48 and with 57 bits of address */
#define USER_END        0x00007ffffffff000UL /* where a program ends, with 48 bits of address */
#define USER_END_57     0x00fffffffffff000UL /* where it ends with 57 bits (LA57) */
#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* The system call `number` with six arguments; the result is the kernel's: -errno on failure. */
static inline long call6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* call(__NR_x, ...) with up to six arguments of any integer or pointer type. */
#define call(...) call_filled(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define call_filled(number, a, b, c, d, e, f, ...) \
    call6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* Prints the line for `name`; remembers a failure. Returns `good`. */
bool check(const char *name, bool good);

/* The same for a value that ought to be `expected`. */
bool check_result(const char *name, long result, long expected);

/* One row of a table of calls. Unused arguments are 0. */
struct call_case {
    const char *name;
    long number;
    long arguments[6];
    long expected;
};

/* Makes every call of the table and checks its result. */
void check_calls(const struct call_case *cases, size_t count);
#define CHECK_CALLS(cases) check_calls(cases, ARRAY_LENGTH(cases))

/* What main() returns: 0 if no check failed. */
int check_finish(void);

/* `pages` fresh pages of anonymous memory, readable and writable. Ends the program on failure. */
void *pages_map(size_t pages);

/* `pages` such pages far from where the kernel puts mappings of its own choice, so that no later one
 * fills a hole that is made there, and with nothing mapped around them. */
char *pages_map_apart(size_t pages);

/* USER_END or USER_END_57, whichever this kernel has. */
uintptr_t user_end(void);

/* One page whose successor is not mapped. Returns the address of that successor. */
char *page_before_hole(void);

/* One page that is mapped with `protection` (PROT_*) and filled with 0x2f ('/') before. */
char *page_protected(int protection);

/* Whether the kernel's version has this word: "Galette", "DEBUG", "CHECKED". */
bool kernel_is(const char *word);

/* A page in user space that is not mapped, between two that are. */
char *page_unmapped(void);

/* The value of a line of /proc/self/status ("VmLck:"), in KiB; -1: there is none. */
long status_kib(const char *label);

/* Whether the program may read there, found out by a system call, never by an access of our own. */
bool byte_readable(const void *address);

/* Whether the program may write there. If so, the byte now holds a random value. */
bool byte_writable(void *address);

#endif
