/* SPDX-License-Identifier: MIT */
/* Signals and their codes (<asm-generic/siginfo.h>) in words; crash_reason.h. */
#include "kernel/proc/crash/crash_reason.h"

#include <asm/siginfo.h>
#include <asm/signal.h>

#include "arch/fault_text.h"
#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "mm/aspace.h"

/* A fault this near to the stack pointer is one of the stack. */
#define STACK_NEAR 4096UL

static const struct {
    u8 signal;
    char name[8]; /* without "SIG" */
    const char *meaning;
} names[] = {
    {SIGQUIT, "QUIT", "from the terminal"},
    {SIGILL, "ILL", "no instruction that this processor has"},
    {SIGTRAP, "TRAP", "breakpoint"},
    {SIGABRT, "ABRT", "abort"},
    {SIGBUS, "BUS", "beyond the end of the file"},
    {SIGFPE, "FPE", NULL},
    {SIGSEGV, "SEGV", NULL},
    {SIGXCPU, "XCPU", "its limit of processor time is reached"},
    {SIGXFSZ, "XFSZ", "its limit of file sizes is reached"},
    {SIGSYS, "SYS", "bad system call"},
};

static const char *const arithmetic[] = {
    [FPE_INTDIV] = "division by zero, or its result does not fit",
    [FPE_FLTDIV] = "floating-point division by zero",
    [FPE_FLTOVF] = "floating-point overflow",
    [FPE_FLTUND] = "floating-point underflow",
    [FPE_FLTRES] = "floating-point result is inexact",
    [FPE_FLTINV] = "invalid floating-point operation",
};

static u32 index_of(int signal)
{
    u32 i = 0;
    while (i < ARRAY_SIZE(names) && names[i].signal != signal)
        i++;
    return i;
}

bool crash_is_reported(int signal)
{
    return index_of(signal) < ARRAY_SIZE(names);
}

/* The kernel sent it, for something that the program did or that happened to it. */
static bool of_fault(const struct signal_info *info)
{
    return info->code > 0 && info->code != SI_KERNEL;
}

bool crash_has_address(int signal, const struct signal_info *info)
{
    return of_fault(info) && (signal == SIGSEGV || (signal == SIGBUS && info->code != BUS_ADRALN));
}

static void add_sender(struct text_builder *text, const struct signal_info *info)
{
    if (info->code == SI_TKILL)
        text_print(text, "sent to this thread by process %d (tgkill)", info->pid);
    else if (info->code == SI_TIMER)
        text_print(text, "from timer %d", info->timer);
    else
        text_print(text, "sent by process %d (%s)", info->pid,
                   info->code == SI_USER ? "kill" : "sigqueue");
}

/* Of an access that page tables did not allow. */
static void add_access(struct text_builder *text, const struct trap_frame *frame, int signal,
                       const struct signal_info *info)
{
    u32 fault;
    bool known = frame_is_page_fault(frame, &fault);
    bool executes = fault & FAULT_EXECUTE, writes = fault & FAULT_WRITE;
    text_print(text, "%s 0x%lx: ",
               !known     ? "at"
               : executes ? "jump to"
               : writes   ? "write to"
                          : "read of",
               info->address);
    if (signal == SIGBUS)
        text_add_string(text, "beyond the end of the file that is mapped there");
    else if (info->code == SEGV_ACCERR)
        text_print(text, "what is mapped there is not %s",
                   executes ? "executable"
                   : writes ? "writable"
                            : "readable");
    else
        text_add_string(text, info->address < USER_LIMIT ? "nothing is mapped there"
                                                         : "that is the kernel's half");
    if (info->address < ASPACE_LOWEST)
        text_add_string(text, " (a null pointer)");
    else if (!executes && info->address - frame->rsp + STACK_NEAR < 2 * STACK_NEAR)
        text_add_string(text, " (a full stack?)");
}

static const char *meaning_of(const struct trap_frame *frame, int signal,
                              const struct signal_info *info)
{
    u8 code[FRAME_CODE_SIZE];
    if (signal == SIGFPE && info->code > 0 && info->code < (int)ARRAY_SIZE(arithmetic))
        return arithmetic[info->code];
    if (signal == SIGTRAP && info->code == TRAP_TRACE)
        return "single step";
    if (signal == SIGBUS && info->code == BUS_ADRALN)
        return "misaligned";
    if (signal != SIGSEGV && signal != SIGBUS)
        return names[index_of(signal)].meaning;
    if (usercopy_from(code, UPTR(frame->rip), sizeof(code)) != 0)
        memset(code, 0, sizeof(code));
    return frame_fault_reason(frame, code);
}

void crash_add_reason(struct text_builder *text, const struct trap_frame *frame, int signal,
                      const struct signal_info *info, const char *why)
{
    const char *meaning = NULL;
    text_print(text, ": SIG%s: ", names[index_of(signal)].name);
    if (info->code <= 0 && signal != SIGXFSZ) /* which comes as if the program had sent it */
        add_sender(text, info);
    else if (why)
        text_print(text, "at 0x%lx: %s", info->address, why);
    else if (crash_has_address(signal, info))
        add_access(text, frame, signal, info);
    else
        meaning = meaning_of(frame, signal, info);
    if (meaning)
        text_add_string(text, meaning);
}
