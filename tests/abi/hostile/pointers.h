/* SPDX-License-Identifier: MIT */
/* Pointers that are bad in every way, for the programs tests/abi/bad_pointers*.c. */
#ifndef TESTS_ABI_HOSTILE_POINTERS_H
#define TESTS_ABI_HOSTILE_POINTERS_H

#include <stddef.h>

#define MAY_BE_NULL 1 /* a null pointer means something else */
#define IS_WRITTEN  2 /* the kernel writes there */
#define NO_STRADDLE 4 /* a part may be done, or alignment is checked before */

struct pointer_case {
    const char *name;
    long number;
    long arguments[6];
    int pointer; /* which of the arguments is the bad one */
    int flags;
};

/* Makes each call with each bad pointer that its flags allow; -EFAULT is expected. */
void pointers_check(const struct pointer_case *cases, size_t count);

/* Calls `one` with each bad pointer and what it is called; those that are only bad for writing are
 * left out. */
void pointers_each(void (*one)(const char *kind, void *pointer));

#endif
