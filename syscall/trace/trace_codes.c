/* SPDX-License-Identifier: MIT */
/*
 * Calls in which one argument decides what the others mean: arch_prctl, prctl, fcntl, futex, membarrier.
 */
#include "syscall/trace/trace_internal.h"

#include <asm/prctl.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>

#define TASK_NAME_SHOWN 15 /* TASK_COMM_LEN without the NUL: prctl(2) */

/* --- arch_prctl and prctl --- */

void line_arch_argument(struct trace_line *line, u64 value)
{
    switch ((int)line->args[0]) {
    case ARCH_GET_FS:
    case ARCH_GET_GS:
        line_address_result(line, value);
        break;
    case ARCH_GET_CPUID:
        break;
    default:
        line_hex(line, value);
    }
}

/* The options that take fewer than four arguments. The kernel does not say; the manual does
 * (prctl(2)). */
static u32 prctl_arguments(u32 option)
{
    switch (option) {
    case PR_GET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_GET_SECCOMP:
    case PR_GET_SECUREBITS:
    case PR_GET_TIMERSLACK:
    case PR_GET_TIMING:
        return 0;
    case PR_SET_PDEATHSIG:
    case PR_GET_PDEATHSIG:
    case PR_SET_DUMPABLE:
    case PR_SET_KEEPCAPS:
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_GET_TSC:
    case PR_SET_TSC:
    case PR_SET_SECUREBITS:
    case PR_SET_TIMERSLACK:
    case PR_SET_TIMING:
    case PR_SET_PTRACER:
    case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER:
    case PR_GET_TID_ADDRESS:
        return 1;
    default:
        return 4;
    }
}

/* An int that the option wrote, as a name in brackets. */
static void line_name_result(struct trace_line *line, u64 value, const struct trace_names *names)
{
    u32 number;

    if (!line_user_result(line, &number, value, sizeof(number)))
        return;
    line_text(line, "[");
    line_name(line, number, names);
    line_text(line, "]");
}

static void line_signal_out(struct trace_line *line, u64 value)
{
    u32 signal;

    if (!line_user_result(line, &signal, value, sizeof(signal)))
        return;
    line_text(line, "[");
    line_signal(line, signal);
    line_text(line, "]");
}

static void line_prctl_name(struct trace_line *line, u64 value, bool out)
{
    if (out && RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_user_string(line, value, TASK_NAME_SHOWN);
}

/* The first argument behind the option. */
static void line_prctl_second(struct trace_line *line, u64 value)
{
    switch ((u32)line->args[0]) {
    case PR_SET_NAME:
    case PR_GET_NAME:
        line_prctl_name(line, value, (u32)line->args[0] == PR_GET_NAME);
        break;
    case PR_SET_PDEATHSIG:
        line_signal(line, value);
        break;
    case PR_GET_PDEATHSIG:
        line_signal_out(line, value);
        break;
    case PR_GET_TSC:
        line_name_result(line, value, &trace_prctl_tsc);
        break;
    case PR_SET_TSC:
        line_name(line, (u32)value, &trace_prctl_tsc);
        break;
    case PR_SET_DUMPABLE:
        line_name(line, (u32)value, &trace_dumpable);
        break;
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
        line_name(line, (u32)value, &trace_capabilities);
        break;
    case PR_CAP_AMBIENT:
        line_name(line, (u32)value, &trace_prctl_ambient);
        break;
    case PR_GET_CHILD_SUBREAPER:
        line_uint_result(line, value);
        break;
    case PR_GET_TID_ADDRESS:
        line_address_result(line, value);
        break;
    case PR_SET_KEEPCAPS:
    case PR_SET_TIMERSLACK:
    case PR_SET_TIMING:
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE:
        line_size(line, value);
        break;
    default:
        line_hex(line, value);
    }
}

void line_prctl_argument(struct trace_line *line, u64 value)
{
    u32 option = (u32)line->args[0];
    bool of_ambient = option == PR_CAP_AMBIENT && (u32)line->args[1] != PR_CAP_AMBIENT_CLEAR_ALL;

    if (line->index > prctl_arguments(option))
        return;
    if (line->index == 1)
        line_prctl_second(line, value);
    else if (line->index == 2 && of_ambient)
        line_name(line, (u32)value, &trace_capabilities);
    else
        line_hex(line, value);
}

void line_prctl_result(struct trace_line *line, u64 value)
{
    const char *name =
        (u32)line->args[0] == PR_GET_DUMPABLE ? trace_name((u32)value, &trace_dumpable) : NULL;

    line_format(line, "%ld", (s64)value);
    if (name)
        line_format(line, " (%s)", name);
}

/* --- fcntl --- */

static void line_owner(struct trace_line *line, u64 value)
{
    struct f_owner_ex owner;

    if (!line_user_fetch(line, &owner, value, sizeof(owner)))
        return;
    line_text(line, "{type=");
    line_name(line, (u32)owner.type, &trace_owners);
    line_format(line, ", pid=%d}", owner.pid);
}

/* What the call fills in. */
static void line_answer(struct trace_line *line, u64 value, trace_printer print)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        print(line, value);
}

void line_fcntl_argument(struct trace_line *line, u64 value)
{
    switch ((u32)line->args[1]) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
    case F_GETSIG:
    case F_GETLEASE:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
        break;
    case F_SETOWN:
        line_int(line, value);
        break;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_SETPIPE_SZ:
        line_offset(line, value);
        break;
    case F_NOTIFY:
        line_flags(line, value, &trace_notify_events);
        break;
    case F_GETOWN_EX:
        line_answer(line, value, line_owner);
        break;
    case F_SETOWN_EX:
        line_owner(line, value);
        break;
    case F_SETSIG:
        line_signal(line, value);
        break;
    case F_ADD_SEALS:
        line_flags(line, (u32)value, &trace_seals);
        break;
    case F_SETLEASE:
        line_name(line, (u32)value, &trace_lock_types);
        break;
    case F_SETFD:
        line_flags(line, value, &trace_fd_flags);
        break;
    case F_SETFL:
        line_open_flags(line, value);
        break;
    case F_GETLK:
    case F_OFD_GETLK:
        line_answer(line, value, line_lock);
        break;
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        line_lock(line, value);
        break;
    default:
        line_hex(line, value);
    }
}

static void line_flags_result(struct trace_line *line, u64 value, const char *what,
                              trace_printer print)
{
    line_format(line, "%#lx (%s ", value, what);
    print(line, value);
    line_text(line, ")");
}

static void line_fd_flags(struct trace_line *line, u64 value)
{
    line_flags(line, value, &trace_fd_flags);
}

static void line_seals(struct trace_line *line, u64 value)
{
    line_flags(line, value, &trace_seals);
}

void line_fcntl_result(struct trace_line *line, u64 value)
{
    u32 command = (u32)line->args[1];
    const char *lease = trace_name((u32)value, &trace_lock_types);

    if (command == F_GETFL)
        line_flags_result(line, value, "flags", line_open_flags);
    else if (command == F_GETFD && value != 0)
        line_flags_result(line, value, "flags", line_fd_flags);
    else if (command == F_GET_SEALS && value != 0)
        line_flags_result(line, value, "seals", line_seals);
    else if (command == F_GETSIG && value != 0)
        line_signal_result(line, value);
    else if (command == F_GETLEASE && lease)
        line_format(line, "%#lx (%s)", value, lease);
    else
        line_format(line, "%ld", (s64)value);
}

/* --- futex: which of its arguments an operation has (futex(2)) --- */

enum {
    FUTEX_HAS_VALUE = 1 << 0,
    FUTEX_HAS_TIMEOUT = 1 << 1,
    FUTEX_HAS_VALUE2 = 1 << 2, /* in the place of the timeout */
    FUTEX_HAS_WORD2 = 1 << 3,
    FUTEX_HAS_VALUE3 = 1 << 4,
    FUTEX_HAS_BITSET = 1 << 5, /* in the place of value3 */
    FUTEX_HAS_ANYTHING = 1 << 6,
};

static u32 futex_arguments(u64 operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return FUTEX_HAS_VALUE | FUTEX_HAS_TIMEOUT;
    case FUTEX_FD:
    case FUTEX_WAKE:
        return FUTEX_HAS_VALUE;
    case FUTEX_WAIT_BITSET:
        return FUTEX_HAS_VALUE | FUTEX_HAS_TIMEOUT | FUTEX_HAS_BITSET;
    case FUTEX_WAKE_BITSET:
        return FUTEX_HAS_VALUE | FUTEX_HAS_BITSET;
    case FUTEX_REQUEUE:
        return FUTEX_HAS_VALUE | FUTEX_HAS_VALUE2 | FUTEX_HAS_WORD2;
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return FUTEX_HAS_TIMEOUT;
    case FUTEX_UNLOCK_PI:
    case FUTEX_TRYLOCK_PI:
        return 0;
    case FUTEX_WAIT_REQUEUE_PI:
        return FUTEX_HAS_VALUE | FUTEX_HAS_TIMEOUT | FUTEX_HAS_WORD2;
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
    case FUTEX_WAKE_OP:
        return FUTEX_HAS_VALUE | FUTEX_HAS_VALUE2 | FUTEX_HAS_WORD2 | FUTEX_HAS_VALUE3;
    default:
        return FUTEX_HAS_ANYTHING;
    }
}

static bool futex_has(const struct trace_line *line, u32 arguments)
{
    return futex_arguments(line->args[1]) & arguments;
}

void line_futex_op(struct trace_line *line, u64 value)
{
    u32 operation = (u32)value;

    line_name(line, operation & ~FUTEX_CLOCK_REALTIME, &trace_futex_ops);
    if (operation & FUTEX_CLOCK_REALTIME)
        line_text(line, "|FUTEX_CLOCK_REALTIME");
}

void line_futex_value(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_VALUE | FUTEX_HAS_ANYTHING))
        line_uint(line, value);
}

void line_futex_timeout(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_TIMEOUT))
        line_timespec(line, value);
    else if (futex_has(line, FUTEX_HAS_VALUE2))
        line_uint(line, value);
    else if (futex_has(line, FUTEX_HAS_ANYTHING))
        line_address(line, value);
}

void line_futex_word2(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_WORD2 | FUTEX_HAS_ANYTHING))
        line_address(line, value);
}

/* What FUTEX_WAKE_OP does to the second word, and how it compares: <linux/futex.h>, FUTEX_OP. */
static void line_wake_operation(struct trace_line *line, u32 value)
{
    static const char *const operations[] = {"SET", "ADD", "OR", "ANDN", "XOR"};
    static const char *const comparisons[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};
    u32 operation = value >> 28 & 7;
    u32 comparison = value >> 24 & 15;

    if (value >> 31)
        line_text(line, "FUTEX_OP_OPARG_SHIFT<<28|");
    if (operation < ARRAY_SIZE(operations))
        line_format(line, "FUTEX_OP_%s<<28|", operations[operation]);
    else
        line_format(line, "%#x<<28 /* FUTEX_OP_??? */|", operation);
    line_format(line, "%#x<<12|", value >> 12 & 0xfff);
    if (comparison < ARRAY_SIZE(comparisons))
        line_format(line, "FUTEX_OP_CMP_%s<<24|", comparisons[comparison]);
    else
        line_format(line, "%#x<<24 /* FUTEX_OP_CMP_??? */|", comparison);
    line_format(line, "%#x", value & 0xfff);
}

void line_futex_value3(struct trace_line *line, u64 value)
{
    if (futex_has(line, FUTEX_HAS_BITSET) && (u32)value == FUTEX_BITSET_MATCH_ANY)
        line_text(line, "FUTEX_BITSET_MATCH_ANY");
    else if (futex_has(line, FUTEX_HAS_BITSET | FUTEX_HAS_ANYTHING))
        line_hex32(line, value);
    else if (futex_has(line, FUTEX_HAS_VALUE3) && (line->args[1] & FUTEX_CMD_MASK) == FUTEX_WAKE_OP)
        line_wake_operation(line, (u32)value);
    else if (futex_has(line, FUTEX_HAS_VALUE3))
        line_uint(line, value);
}

static void line_futex_waiter(struct trace_line *line, const void *element)
{
    const struct futex_waitv *waiter = element;

    line_format(line, "{val=%#llx, uaddr=", waiter->val);
    line_address(line, waiter->uaddr);
    line_text(line, ", flags=");
    line_flags(line, waiter->flags, &trace_futex_flags);
    if (waiter->__reserved)
        line_format(line, ", __reserved=%#x", waiter->__reserved);
    line_text(line, "}");
}

void line_futex_waiters(struct trace_line *line, u64 value)
{
    line_array(line, value, line->args[line->index + 1], sizeof(struct futex_waitv),
               line_futex_waiter);
}

/* --- membarrier --- */

void line_membarrier_cpu(struct trace_line *line, u64 value)
{
    if (line->args[1] & MEMBARRIER_CMD_FLAG_CPU)
        line_int(line, value);
}

/* A query is answered with the set of commands. */
void line_membarrier_result(struct trace_line *line, u64 value)
{
    if ((u32)line->args[0] == MEMBARRIER_CMD_QUERY && value != 0) {
        line_format(line, "%#lx (", value);
        line_flags(line, value, &trace_membarrier_commands);
        line_text(line, ")");
    } else {
        line_format(line, "%ld", (s64)value);
    }
}
