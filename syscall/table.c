/* SPDX-License-Identifier: MIT */
/*
 * The tables that syscalls.def unfolds into.
 *
 * The dispatch table holds the bodies themselves, cast to one type: there is no thunk between the
 * entry and a body. ISO C does not let a function be called through another type, but the callers
 * are the entry's assembler and dispatch.c, which knows only the cast pointer: what holds there is
 * the System V ABI for x86-64 (3.2.3). Every parameter of a body is an integer of 32 or 64 bits or a
 * `uptr`, a structure of one INTEGER eightbyte, so each takes exactly one register, in order: rdi,
 * rsi, rdx, rcx, r8, r9. A body reads only the low half of a register that holds a 32-bit parameter,
 * whatever the program left in the upper half, just as Linux cuts its arguments. Narrower parameters
 * are refused below, because compilers disagree on who extends them. Registers beyond the last
 * parameter are simply not looked at.
 *
 * A number that stands twice in syscalls.def is an error here (-Woverride-init), and so is one that
 * differs from the kernel headers.
 */
#include "syscall/table.h"

#include <asm/errno.h>
#include <asm/unistd.h>

#include "kernel/core/log.h"

#define NOARG
#define GAP(first, last)

/* The table against the headers, and each line against itself. */
#define ARG(kind, type, name) \
    sizeof(char[sizeof(type) == 4 || sizeof(type) == 8 ? 1 : -1 /* too narrow: see above */])
#define SYSCALL(number, name, status, group, result, remark, count, ...)               \
    _Static_assert(number == __NR_##name, "not the number in <asm/unistd.h>");         \
    _Static_assert(sizeof((u8[]){__VA_ARGS__}) == count && count <= SYSCALL_ARGUMENTS, \
                   "not as many arguments as said");
#define NOSYS(number, name)
#include "syscall/syscalls.def"
#undef ARG
#undef SYSCALL
#undef NOSYS
#undef GAP

/* Every number from 0 on has its line: as many as there are numbers, and none twice. */
#define SYSCALL(...)     +1
#define NOSYS(...)       +1
#define GAP(first, last) +(last) - (first) + 1
enum {
    NUMBERS_NAMED =
#include "syscall/syscalls.def"
};
#undef SYSCALL
#undef NOSYS
#undef GAP
_Static_assert(NUMBERS_NAMED == SYSCALL_COUNT, "a number below SYSCALL_COUNT has no line");

#define GAP(first, last)
/* All names one after the other. Offsets into them are a quarter of the size of pointers. */
#define SYSCALL(number, name, ...) char call_##name[sizeof(#name)];
#define NOSYS(number, name)        char call_##name[sizeof(#name)];
struct name_pool {
    char none[1]; /* so that offset 0 means no name */
#include "syscall/syscalls.def"
};
#undef SYSCALL
#undef NOSYS

#define SYSCALL(number, name, ...) .call_##name = #name,
#define NOSYS(number, name)        .call_##name = #name,
static const struct name_pool name_pool = {
#include "syscall/syscalls.def"
};
#undef SYSCALL
#undef NOSYS
#undef GAP

/* Nothing is known of the arguments of calls we do not have: all six, as they are. */
#define ANYTHING                \
    .count = SYSCALL_ARGUMENTS, \
    .arguments = {[0 ... SYSCALL_ARGUMENTS - 1] = ARG_HEX | ARGUMENT_WIDE}
#define ARG(kind, type, name) ARG_##kind | (sizeof(type) == 8 ? ARGUMENT_WIDE : 0)
#define SYSCALL(number, name_, status, group_, result_, remark, count_, ...) \
    [number] = {.name = offsetof(struct name_pool, call_##name_),            \
                .group = GROUP_##group_,                                     \
                .result = RESULT_##result_,                                  \
                .count = count_,                                             \
                .arguments = {__VA_ARGS__}},
#define NOSYS(number, name_) \
    [number] = {.name = offsetof(struct name_pool, call_##name_), ANYTHING},
#define GAP(first, last) [first... last] = {ANYTHING},
const struct syscall_info syscall_infos[] = {
#include "syscall/syscalls.def"
};
#undef ARG
#undef SYSCALL
#undef NOSYS
#undef GAP

/* By way of void (*)(void), which GCC takes as "I know what I cast" (-Wcast-function-type). */
#define SYSCALL(number, name, ...) [number] = (syscall_function)(void (*)(void))sys_##name,
#define NOSYS(number, name)        [number] = (syscall_function)(void (*)(void))sys_nosys,
#define GAP(first, last)           [first... last] = (syscall_function)(void (*)(void))sys_nosys,
const syscall_function syscall_table[] = {
#include "syscall/syscalls.def"
};
#undef SYSCALL
#undef NOSYS
#undef GAP
#undef NOARG

_Static_assert(ARRAY_SIZE(syscall_table) == SYSCALL_COUNT, "SYSCALL_COUNT is not the last line's");
_Static_assert(sizeof(struct name_pool) <= UINT16_MAX, "names do not fit 16-bit offsets");

const char *syscall_name(u64 number)
{
    u16 offset = number < SYSCALL_COUNT ? syscall_infos[number].name : 0;

    return offset ? (const char *)&name_pool + offset : NULL;
}

/* Whether `number` was not asked for before. The last bit stands for every number beyond. */
static bool number_is_new(u64 number)
{
    static u64 seen[512 / 64];
    _Static_assert(sizeof(seen) * 8 > SYSCALL_COUNT, "a number in the table has no bit");
    u64 bit = MIN(number, sizeof(seen) * 8 - 1);
    u64 mask = 1UL << (bit % 64);

    return (__atomic_fetch_or(&seen[bit / 64], mask, __ATOMIC_RELAXED) & mask) == 0;
}

long sys_nosys(void)
{
    u64 number = syscall_current_number();
    const char *name = syscall_name(number);

    if (!number_is_new(number))
        return -ENOSYS;
    if (name)
        log_print(LOG_WARNING, "unsupported system call %lu (%s): ENOSYS", number, name);
    else
        log_print(LOG_WARNING, "unsupported system call %lu: ENOSYS", number);
    return -ENOSYS;
}
