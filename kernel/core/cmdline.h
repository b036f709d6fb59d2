/* SPDX-License-Identifier: MIT */
/*
 * The kernel's command line, taken apart.
 *
 * Words are separated by blanks, and double quotes keep blanks together. Up to a lone `--` the
 * rules are Linux's (kernel/params.c, init/main.c; `-` and `_` are the same in a parameter's name):
 * our own parameters are consumed, and so are those well-known ones of Linux that mean nothing here
 * (console=, root=, panic=, ro, ...); a name with a dot is a module's parameter and dropped; any
 * other K=V goes into the program's environment and any other word becomes an argument. `init=`
 * forgets the arguments before it. After ` -- ` every word is an argument, quotes are removed
 * wherever they stand, and a backslash takes the next character literally, inside quotes and
 * outside, so that any argument can be passed.
 *
 * Pure; called once by main with the boot door's line. All strings point into that line.
 */
#ifndef KERNEL_CORE_CMDLINE_H
#define KERNEL_CORE_CMDLINE_H

#include "kernel/lib/types.h"

#define CMDLINE_ENVIRONMENT_MAX 64  /* HOME and TERM included */
#define CMDLINE_ARGUMENTS_MAX   256 /* argv[0] not included */

/* Kinds of console, bits. */
#define CMDLINE_CONSOLE_SERIAL (1u << 0)
#define CMDLINE_CONSOLE_SCREEN (1u << 1)

/* Linux's levels: a message is shown when its level is below this number; errors are level 3. */
#define CMDLINE_LOGLEVEL_QUIET 4
#define CMDLINE_LOGLEVEL_DEBUG 10

struct cmdline {
    const char *init;          /* init= (or rdinit=), NULL when not given */
    int ring;                  /* ring=0|3; 3 when not given */
    bool trace;                /* trace or trace=... */
    const char *trace_filter;  /* what stands after trace=, NULL for all calls */
    const char *trace_times;   /* trace_times=, NULL when not given */
    const char *trace_strings; /* trace_strings=, NULL when not given */
    bool quiet;                /* nothing asked for more than errors */
    int loglevel;              /* loglevel=0..15, `debug`; CMDLINE_LOGLEVEL_QUIET when not given */
    bool nokaslr;
    bool tty_raw;        /* tty=raw; false for tty=cooked and when not given */
    bool tty_utf8;       /* tty=utf8: cooked, and characters are UTF-8 */
    u8 consoles;         /* CMDLINE_CONSOLE_*, of all console= words; 0 when there are none */
    u8 last_console;     /* of the last one */
    int console_port;    /* the last console=ttyS0..3; 0 when not given */
    int stderr_port;     /* stderr=ttyS0..3; -1 when not given: the console */
    const char *winsize; /* winsize=ROWSxCOLUMNS of the host's terminal; NULL when not given */
    const char *cwd;     /* cwd=, the working directory; NULL when not given: the root */
    bool debugwait;      /* hold the program back until a debugger lets it go */
    bool boottime;
    bool crash_line; /* crash=line: a crash of the program is one line; false for crash=block */
    bool no_hold;    /* hold=no: at the end nobody is waited for who reads the screen */
    const char *crashtest; /* crashtest=panic|null|stack, NULL when not given */
    size_t environment_count;
    size_t argument_count;
    /* "K=V"; HOME=/ and TERM=linux first, unless replaced in place. Not terminated by NULL. */
    const char *environment[CMDLINE_ENVIRONMENT_MAX];
    const char *arguments[CMDLINE_ARGUMENTS_MAX]; /* argv[1] and up */
};

/*
 * Parses `line` (modified: words get their NULs there) into `out`, which is always filled
 * completely. Returns 0; -EINVAL for a wrong value of one of our own parameters, an open quote
 * after `--` or a backslash at the end; -E2BIG for too many variables or arguments. *why then holds
 * a phrase about the first mistake, and what was wrong is left out.
 */
int cmdline_parse(char *line, struct cmdline *out, const char **why) MUST_CHECK;

#endif
