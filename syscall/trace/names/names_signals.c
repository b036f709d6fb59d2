/* SPDX-License-Identifier: MIT */
/* Names of numbers for the trace, by names.h: signals. */
#include "syscall/trace/names/names.h"

#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/signal.h>
#include <linux/signalfd.h>

/* It does not know what a list of N(...) is. */
/* clang-format off */

#define SIGEV_KINDS(N) N(SIGEV_SIGNAL) N(SIGEV_NONE) N(SIGEV_THREAD) N(SIGEV_THREAD_ID)
NAMES(trace_sigev_kinds, "SIGEV_???", SIGEV_KINDS);

#define SIGNAL_FLAGS(N) \
    N(SA_RESTORER) N(SA_ONSTACK) N(SA_RESTART) N(SA_NODEFER) N(SA_RESETHAND) N(SA_SIGINFO) \
    N(SA_NOCLDSTOP) N(SA_NOCLDWAIT) N(SA_EXPOSE_TAGBITS)
NAMES(trace_signal_flags, "SA_???", SIGNAL_FLAGS);

#define SIGNAL_HOW(N) N(SIG_BLOCK) N(SIG_UNBLOCK) N(SIG_SETMASK)
NAMES(trace_signal_how, "SIG_???", SIGNAL_HOW);

#define SIGNALFD_FLAGS(N) N(SFD_CLOEXEC) N(SFD_NONBLOCK)
NAMES(trace_signalfd_flags, "SFD_???", SIGNALFD_FLAGS);

#define SIGNALS(N) \
    N(SIGHUP) N(SIGINT) N(SIGQUIT) N(SIGILL) N(SIGTRAP) N(SIGABRT) N(SIGBUS) N(SIGFPE) N(SIGKILL) \
    N(SIGUSR1) N(SIGSEGV) N(SIGUSR2) N(SIGPIPE) N(SIGALRM) N(SIGTERM) N(SIGSTKFLT) N(SIGCHLD) \
    N(SIGCONT) N(SIGSTOP) N(SIGTSTP) N(SIGTTIN) N(SIGTTOU) N(SIGURG) N(SIGXCPU) N(SIGXFSZ) \
    N(SIGVTALRM) N(SIGPROF) N(SIGWINCH) N(SIGIO) N(SIGPWR) N(SIGSYS) N(SIGRTMIN)
NAMES(trace_signals, "SIG???", SIGNALS);

#define STACK_FLAGS(N) N(SS_ONSTACK) N(SS_DISABLE) N(SS_AUTODISARM)
NAMES(trace_stack_flags, "SS_???", STACK_FLAGS);
