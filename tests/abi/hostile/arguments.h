/* SPDX-License-Identifier: MIT */
/*
 * Arguments for tests/abi/hostile_calls.c: random ones that fit the kind that syscall/syscalls.def
 * gives, good, bad and half-good.
 *
 * Each argument of a call has a few pages of its own for what it points to, so that two arguments
 * of a call do not overwrite each other; and each thread its own. Nothing here uses the C library, since the
 * calls may change what that depends on.
 */
#ifndef TESTS_ABI_HOSTILE_ARGUMENTS_H
#define TESTS_ABI_HOSTILE_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "syscall/table.h"
#include "tests/abi/hostile/chance.h"

#define ARENA_SIZE (16UL << 20) /* where mappings of the program's choice lie */
#define FD_FIRST   3            /* descriptors that calls may close */
#define FD_COUNT   90           /* and the limit on their number */

#define HOSTILE_NUDGE 64 /* a signal that no thread from 1 on blocks */

/* Maps what the arguments point to; and chance_begin. */
void arguments_begin(uint64_t seed);

/* Those that calls may name; the caller is the first. */
void threads_remember(const int *tids, unsigned count);

/* An address within the arena, on a page's boundary mostly, or a bad one. */
uint64_t arena_address(void);

/* A length with which `address` stays in the arena, if it is there. */
uint64_t arena_length(uint64_t address);

/* The break is where it was at the beginning again. */
void break_restore(void);

/* Where the arena begins, and whether it has this address. */
void *arena_start(void);
bool arena_contains(uint64_t address);

/* One of the arena's addresses, to touch. */
uint64_t arena_byte(void);

/* Argument `index` of a call, of this kind. */
uint64_t argument_make(enum argument_kind kind, int index);

/* Descriptors of some kinds, as the round began. */
enum fd_kind { FD_FILE, FD_DIRECTORY, FD_PIPE, FD_EPOLL, FD_INOTIFY, FD_KINDS };
void fd_remember(enum fd_kind kind, long fd);
void fds_forget(void);

/* Changes arguments to ones with which the call comes further. */
void arguments_guide(long number, uint64_t arguments[SYSCALL_ARGUMENTS]);

/* Changes arguments with which the call would wait for ever, end the program or take away what it
 * needs. Returns false if it is not to be made at all. */
bool arguments_tame(long number, uint64_t arguments[SYSCALL_ARGUMENTS]);

/* Where the program comes back to from a signal; its own rt_sigreturn, and a handler that does
 * nothing. */
extern void signal_restorer(void), signal_nothing(int);

#endif
