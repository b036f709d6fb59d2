/* SPDX-License-Identifier: MIT */
/*
 * Signals as strace prints them: names, sets, actions, what comes with a signal, and the frame that a
 * handler returns through.
 *
 * A function line_X prints what a call reads, line_X_result what it writes: the address alone if
 * the call failed. Layouts come from the kernel headers.
 */
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <linux/signal.h>
#include <linux/time.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "syscall/trace/trace_internal.h"

_Static_assert(sizeof(struct sigaction) == 32, "struct sigaction of rt_sigaction");
_Static_assert(sizeof(siginfo_t) == 128, "siginfo_t");
_Static_assert(sizeof(struct sigevent) == 64, "struct sigevent");

/* Signals are numbered from 1 to this (Linux's _NSIG). */
#define LAST_SIGNAL 64

/* --- Names --- */

void line_signal_name(struct trace_line *line, u32 signal, size_t skip)
{
    const char *name = trace_name(signal, &trace_signals);

    if (name)
        line_text(line, name + skip);
    else if (signal > SIGRTMIN && signal <= LAST_SIGNAL)
        line_format(line, "%s%u", "SIGRT_" + skip, signal - SIGRTMIN);
    else
        line_format(line, "%d", (int)signal);
}

void line_signal(struct trace_line *line, u64 value)
{
    line_signal_name(line, (u32)value, 0);
}

void line_signal_result(struct trace_line *line, u64 value)
{
    line_format(line, "%ld (", (s64)value);
    line_signal(line, value);
    line_text(line, ")");
}

/* --- Sets --- */

/* The builtin would call a library that the kernel does not have. */
static int bits_set(u64 word)
{
    int count = 0;

    for (; word; word &= word - 1)
        count++;
    return count;
}

/* strace's short form: names without SIG; the missing ones after ~ when most are set. */
static void line_set(struct trace_line *line, u64 set)
{
    const char *separator = "";

    if (bits_set(set) >= LAST_SIGNAL * 2 / 3) {
        line_text(line, "~");
        set = ~set;
    }
    line_text(line, "[");
    for (u32 signal = 1; signal <= LAST_SIGNAL; signal++) {
        if (!(set >> (signal - 1) & 1))
            continue;
        line_text(line, separator);
        line_signal_name(line, signal, strlen("SIG"));
        separator = " ";
    }
    line_text(line, "]");
}

/* The size of a set: the next argument that is a size. */
static u64 set_size(const struct trace_line *line)
{
    for (int i = line->index + 1; i < line->info->count; i++) {
        if (syscall_argument_kind(line->info, i) == ARG_SIZE)
            return line->args[i];
    }
    return sizeof(u64);
}

static void line_set_at(struct trace_line *line, u64 value, u64 size)
{
    u64 set = 0;

    if (size > sizeof(set))
        line_address(line, value);
    else if (line_user_fetch(line, &set, value, size))
        line_set(line, set);
}

void line_sigset(struct trace_line *line, u64 value)
{
    if (set_size(line) != sizeof(u64))
        line_address(line, value);
    else
        line_set_at(line, value, sizeof(u64));
}

/* Only what writes a set may be content with a part of it. */
void line_sigset_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_set_at(line, value, set_size(line));
}

/* pselect6's last argument: {sigmask=[INT], sigsetsize=8}. */
void line_sigset_sized(struct trace_line *line, u64 value)
{
    u64 parts[2];

    if (!line_user_fetch(line, parts, value, sizeof(parts)))
        return;
    line_text(line, "{sigmask=");
    line_set_at(line, parts[0], parts[1] == sizeof(u64) ? parts[1] : UINT64_MAX);
    line_format(line, ", sigsetsize=%lu}", parts[1]);
}

/* --- Actions and stacks --- */

static void line_action(struct trace_line *line, const struct sigaction *action)
{
    line_text(line, "{sa_handler=");
    if (action->sa_handler == SIG_DFL)
        line_text(line, "SIG_DFL");
    else if (action->sa_handler == SIG_IGN)
        line_text(line, "SIG_IGN");
    else
        line_format(line, "0x%lx", (u64)action->sa_handler);
    line_text(line, ", sa_mask=");
    line_set(line, action->sa_mask);
    line_text(line, ", sa_flags=");
    line_flags(line, action->sa_flags, &trace_signal_flags);
    if (action->sa_flags & SA_RESTORER) {
        line_text(line, ", sa_restorer=");
        line_address(line, (u64)action->sa_restorer);
    }
    line_text(line, "}");
}

void line_sigaction(struct trace_line *line, u64 value)
{
    struct sigaction action;

    if (line_user_fetch(line, &action, value, sizeof(action)))
        line_action(line, &action);
}

void line_sigaction_result(struct trace_line *line, u64 value)
{
    struct sigaction action;

    if (line_user_result(line, &action, value, sizeof(action)))
        line_action(line, &action);
}

static void line_alternate(struct trace_line *line, const stack_t *stack)
{
    line_text(line, "{ss_sp=");
    line_address(line, (u64)stack->ss_sp);
    line_text(line, ", ss_flags=");
    line_flags(line, (u32)stack->ss_flags, &trace_stack_flags);
    line_format(line, ", ss_size=%lu}", stack->ss_size);
}

void line_stack(struct trace_line *line, u64 value)
{
    stack_t stack;

    if (line_user_fetch(line, &stack, value, sizeof(stack)))
        line_alternate(line, &stack);
}

void line_stack_result(struct trace_line *line, u64 value)
{
    stack_t stack;

    if (line_user_result(line, &stack, value, sizeof(stack)))
        line_alternate(line, &stack);
}

/* --- What comes with a signal --- */

/* In no header of the kernel by these names, or not in all: asm-generic/siginfo.h, sigaction(2). */
#ifndef SI_DETHREAD
#define SI_DETHREAD (-7)
#endif
#ifndef SI_ASYNCNL
#define SI_ASYNCNL (-60)
#endif

/* clang-format off */
#define ANY_CODES(N) \
    N(SI_USER) N(SI_KERNEL) N(SI_QUEUE) N(SI_TIMER) N(SI_MESGQ) N(SI_ASYNCIO) N(SI_SIGIO) N(SI_TKILL) \
    N(SI_DETHREAD) N(SI_ASYNCNL)
NAMES_HERE(any_codes, "SI_???", ANY_CODES);
#define ILL_CODES(N) \
    N(ILL_ILLOPC) N(ILL_ILLOPN) N(ILL_ILLADR) N(ILL_ILLTRP) N(ILL_PRVOPC) N(ILL_PRVREG) N(ILL_COPROC) \
    N(ILL_BADSTK) N(ILL_BADIADDR)
NAMES_HERE(ill_codes, "", ILL_CODES);
#define FPE_CODES(N) \
    N(FPE_INTDIV) N(FPE_INTOVF) N(FPE_FLTDIV) N(FPE_FLTOVF) N(FPE_FLTUND) N(FPE_FLTRES) N(FPE_FLTINV) \
    N(FPE_FLTSUB)
NAMES_HERE(fpe_codes, "", FPE_CODES);
#define SEGV_CODES(N) \
    N(SEGV_MAPERR) N(SEGV_ACCERR) N(SEGV_BNDERR) N(SEGV_PKUERR) N(SEGV_ACCADI) N(SEGV_ADIDERR) \
    N(SEGV_ADIPERR) N(SEGV_MTEAERR) N(SEGV_MTESERR)
NAMES_HERE(segv_codes, "", SEGV_CODES);
#define BUS_CODES(N) \
    N(BUS_ADRALN) N(BUS_ADRERR) N(BUS_OBJERR) N(BUS_MCEERR_AR) N(BUS_MCEERR_AO)
NAMES_HERE(bus_codes, "", BUS_CODES);
#define TRAP_CODES(N) \
    N(TRAP_BRKPT) N(TRAP_TRACE) N(TRAP_BRANCH) N(TRAP_HWBKPT) N(TRAP_UNK) N(TRAP_PERF)
NAMES_HERE(trap_codes, "", TRAP_CODES);
#define CHILD_CODES(N) \
    N(CLD_EXITED) N(CLD_KILLED) N(CLD_DUMPED) N(CLD_TRAPPED) N(CLD_STOPPED) N(CLD_CONTINUED)
NAMES_HERE(child_codes, "", CHILD_CODES);
#define POLL_CODES(N) \
    N(POLL_IN) N(POLL_OUT) N(POLL_MSG) N(POLL_ERR) N(POLL_PRI) N(POLL_HUP)
NAMES_HERE(poll_codes, "", POLL_CODES);
#define SYS_CODES(N) \
    N(SYS_SECCOMP) N(SYS_USER_DISPATCH)
NAMES_HERE(sys_codes, "", SYS_CODES);
/* clang-format on */

/* The codes that a signal has beside those of all. */
static const struct trace_names *codes_of(int signal)
{
    switch (signal) {
    case SIGILL:
        return &ill_codes;
    case SIGFPE:
        return &fpe_codes;
    case SIGSEGV:
        return &segv_codes;
    case SIGBUS:
        return &bus_codes;
    case SIGTRAP:
        return &trap_codes;
    case SIGCHLD:
        return &child_codes;
    case SIGIO:
        return &poll_codes;
    case SIGSYS:
        return &sys_codes;
    default:
        return NULL;
    }
}

static const char *code_name(const siginfo_t *info)
{
    const struct trace_names *own = codes_of(info->si_signo);
    const char *name = trace_name((u32)info->si_code, &any_codes);

    return name || !own ? name : trace_name((u32)info->si_code, own);
}

static void line_sender(struct trace_line *line, const siginfo_t *info)
{
    line_format(line, ", si_pid=%d, si_uid=", info->si_pid);
    line_format(line, info->si_uid == UINT32_MAX ? "-1" : "%u", info->si_uid);
}

static void line_signal_value(struct trace_line *line, const siginfo_t *info)
{
    line_format(line, ", si_int=%d, si_ptr=", info->si_int);
    line_address(line, (u64)info->si_ptr);
}

static void line_child(struct trace_line *line, const siginfo_t *info)
{
    line_sender(line, info);
    line_text(line, ", si_status=");
    if (info->si_code == CLD_EXITED)
        line_int(line, (u64)info->si_status);
    else
        line_signal(line, (u64)info->si_status);
    line_format(line, ", si_utime=%ld, si_stime=%ld", (s64)info->si_utime, (s64)info->si_stime);
}

static void line_fault(struct trace_line *line, const siginfo_t *info)
{
    line_text(line, ", si_addr=");
    line_address(line, (u64)info->si_addr);
    if (info->si_signo == SIGBUS &&
        (info->si_code == BUS_MCEERR_AR || info->si_code == BUS_MCEERR_AO))
        line_format(line, ", si_addr_lsb=%#x", (u16)info->si_addr_lsb);
    if (info->si_signo == SIGSEGV && info->si_code == SEGV_BNDERR) {
        line_text(line, ", si_lower=");
        line_address(line, (u64)info->si_lower);
        line_text(line, ", si_upper=");
        line_address(line, (u64)info->si_upper);
    }
    if (info->si_signo == SIGSEGV && info->si_code == SEGV_PKUERR)
        line_format(line, ", si_pkey=%u", info->si_pkey);
}

/* Of a code that no signal has to itself. */
static void line_plain_details(struct trace_line *line, const siginfo_t *info)
{
    bool sender = info->si_pid != 0 || info->si_uid != 0;

    switch (info->si_code) {
    case SI_USER:
    case SI_TKILL:
        line_sender(line, info);
        break;
    case SI_TIMER:
        line_format(line, ", si_timerid=%#x, si_overrun=%d", info->si_tid, info->si_overrun);
        line_signal_value(line, info);
        break;
    case SI_SIGIO:
        line_format(line, ", si_band=%ld, si_fd=%d", (s64)info->si_band, info->si_fd);
        break;
    default:
        if (sender || info->si_code == SI_QUEUE)
            line_sender(line, info);
        if (info->si_ptr)
            line_signal_value(line, info);
    }
}

static void line_signal_details(struct trace_line *line, const siginfo_t *info)
{
    if (info->si_code <= 0 || (info->si_code == SI_KERNEL && !codes_of(info->si_signo))) {
        line_plain_details(line, info);
        return;
    }
    switch (info->si_signo) {
    case SIGCHLD:
        line_child(line, info);
        break;
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP:
        line_fault(line, info);
        break;
    case SIGIO:
        if (code_name(info))
            line_format(line, ", si_band=%ld, si_fd=%d", (s64)info->si_band, info->si_fd);
        break;
    case SIGSYS:
        line_text(line, ", si_call_addr=");
        line_address(line, (u64)info->si_call_addr);
        line_format(line, ", si_syscall=%d, si_arch=%#x", info->si_syscall, info->si_arch);
        break;
    default:
        line_plain_details(line, info);
    }
}

void line_signal_info(struct trace_line *line, const siginfo_t *info)
{
    const char *code = code_name(info);
    const char *error = info->si_errno ? trace_error(info->si_errno) : NULL;

    if (info->si_signo == 0) {
        line_text(line, "{}");
        return;
    }
    line_text(line, "{si_signo=");
    line_signal(line, (u32)info->si_signo);
    if (code)
        line_format(line, ", si_code=%s", code);
    else
        line_format(line, ", si_code=%#x", (u32)info->si_code);
    if (error)
        line_format(line, ", si_errno=%s", error);
    else if (info->si_errno)
        line_format(line, ", si_errno=%u", (u32)info->si_errno);
    line_signal_details(line, info);
    line_text(line, "}");
}

void line_siginfo(struct trace_line *line, u64 value)
{
    siginfo_t info;

    if (line_user_fetch(line, &info, value, sizeof(info)))
        line_signal_info(line, &info);
}

void line_siginfo_result(struct trace_line *line, u64 value)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        line_siginfo(line, value);
}

/* What a timer does when it expires. */
void line_sigevent(struct trace_line *line, u64 value)
{
    struct sigevent event;

    if (!line_user_fetch(line, &event, value, sizeof(event)))
        return;
    line_text(line, "{");
    if (event.sigev_value.sival_ptr)
        line_format(line, "sigev_value={sival_int=%d, sival_ptr=%#lx}, ",
                    event.sigev_value.sival_int, (u64)event.sigev_value.sival_ptr);
    line_text(line, "sigev_signo=");
    if (event.sigev_notify == SIGEV_SIGNAL || event.sigev_notify == SIGEV_THREAD ||
        event.sigev_notify == SIGEV_THREAD_ID)
        line_signal(line, (u32)event.sigev_signo);
    else
        line_int(line, (u64)event.sigev_signo);
    line_text(line, ", sigev_notify=");
    line_name(line, (u32)event.sigev_notify, &trace_sigev_kinds);
    if (event.sigev_notify == SIGEV_THREAD_ID)
        line_format(line, ", sigev_notify_thread_id=%d", event.sigev_notify_thread_id);
    if (event.sigev_notify == SIGEV_THREAD) {
        line_text(line, ", sigev_notify_function=");
        line_address(line, (u64)event.sigev_notify_function);
        line_text(line, ", sigev_notify_attributes=");
        line_address(line, (u64)event.sigev_notify_attributes);
    }
    line_text(line, "}");
}

/* --- The way back from a handler --- */

/* The handler's RET took the return address off: the stack pointer is at the context. */
void line_signal_frame(struct trace_line *line)
{
    struct ucontext context;

    line_text(line, "{mask=");
    if (line_user_fetch(line, &context, line->stack, sizeof(context)))
        line_set(line, context.uc_sigmask);
    line_text(line, "}");
}

long trace_sigreturn_result(u64 stack)
{
    struct ucontext context;
    struct sigcontext_64 *registers = (struct sigcontext_64 *)&context.uc_mcontext;

    return usercopy_from(&context, UPTR(stack), sizeof(context)) == 0 ? (long)registers->ax : 0;
}
