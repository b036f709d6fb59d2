/* SPDX-License-Identifier: MIT */
/*
 * The kernel's command line. Each line is parsed in a heap block of exactly its size; the result is
 * also written out as one text, so that a test shows at a glance what became of a line.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/core/cmdline.h"

static char *line;
static struct cmdline parsed;
static const char *why;

static int parse(const char *text)
{
    free(line);
    line = strdup(text);
    why = NULL;
    memset(&parsed, 0xa5, sizeof(parsed));
    return cmdline_parse(line, &parsed, &why);
}

/* "A=1|B=2 : first|second": the environment behind HOME and TERM, and the arguments. */
static const char *outcome(const char *text)
{
    static char out[1024];
    size_t at = 0;

    if (parse(text) != 0)
        return why;
    for (size_t i = 2; i < parsed.environment_count; i++)
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s", i > 2 ? "|" : "",
                               parsed.environment[i]);
    at += (size_t)snprintf(out + at, sizeof(out) - at, " : ");
    for (size_t i = 0; i < parsed.argument_count; i++)
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s", i > 0 ? "|" : "",
                               parsed.arguments[i]);
    return out;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_null(parsed.init);
    assert_int_equal(parsed.ring, 3);
    assert_false(parsed.trace || parsed.nokaslr || parsed.tty_raw || parsed.boottime ||
                 parsed.tty_utf8);
    assert_null(parsed.trace_filter);
    assert_int_equal(parsed.stderr_port, -1);
    assert_int_equal(parsed.console_port, 0);
    assert_int_equal(parsed.consoles, 0);
    assert_int_equal(parsed.last_console, 0);
    assert_false(parsed.no_hold);
    assert_null(parsed.crashtest);
    assert_true(parsed.quiet);
    assert_int_equal(parsed.loglevel, 4);
    assert_int_equal(parsed.argument_count, 0);
    assert_int_equal(parsed.environment_count, 2);
    assert_string_equal(parsed.environment[0], "HOME=/");
    assert_string_equal(parsed.environment[1], "TERM=linux");
    assert_int_equal(parse(" \t\n "), 0);
    assert_int_equal(parsed.environment_count, 2);
}

/* The last one is the program's, the others get the log. */
static void test_consoles(void **state)
{
    static const struct {
        const char *line;
        int consoles, last, port;
    } cases[] = {
        {"console=tty0", CMDLINE_CONSOLE_SCREEN, CMDLINE_CONSOLE_SCREEN, 0},
        {"console=ttyS1 console=tty1", CMDLINE_CONSOLE_SCREEN | CMDLINE_CONSOLE_SERIAL,
         CMDLINE_CONSOLE_SCREEN, 1},
        {"console=tty0 console=ttyS2,9600", CMDLINE_CONSOLE_SCREEN | CMDLINE_CONSOLE_SERIAL,
         CMDLINE_CONSOLE_SERIAL, 2},
        {"console=ttyS0 console=hvc0 console console=tty console=tty22", CMDLINE_CONSOLE_SERIAL,
         CMDLINE_CONSOLE_SERIAL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].line), 0);
        assert_int_equal(parsed.consoles, cases[i].consoles);
        assert_int_equal(parsed.last_console, cases[i].last);
        assert_int_equal(parsed.console_port, cases[i].port);
    }
    assert_int_equal(parse("hold=no"), 0);
    assert_true(parsed.no_hold);
    assert_int_equal(parse("hold=no hold=yes"), 0);
    assert_false(parsed.no_hold);
    assert_int_not_equal(parse("hold"), 0);
}

static void test_own_parameters(void **state)
{
    (void)state;
    assert_int_equal(
        parse("init=/bin/x ring=0 trace=read,write loglevel=7 nokaslr tty=raw crash=line "
              "stderr=ttyS1 console=ttyS2,115200n8 console=tty0 boottime crashtest=stack"),
        0);
    assert_string_equal(parsed.init, "/bin/x");
    assert_int_equal(parsed.ring, 0);
    assert_true(parsed.trace && parsed.nokaslr && parsed.tty_raw && parsed.boottime &&
                parsed.crash_line);
    assert_string_equal(parsed.trace_filter, "read,write");
    assert_int_equal(parsed.loglevel, 7);
    assert_false(parsed.quiet);
    assert_int_equal(parsed.stderr_port, 1);
    assert_int_equal(parsed.console_port, 2);
    assert_string_equal(parsed.crashtest, "stack");
    assert_int_equal(parsed.environment_count, 2);
    assert_int_equal(parsed.argument_count, 0);

    assert_int_equal(
        parse("ring=0 ring=3 trace tty=raw tty=cooked crash=line crash=block rdinit=/y debug"), 0);
    assert_int_equal(parsed.ring, 3);
    assert_true(parsed.trace && parsed.trace_filter == NULL);
    assert_false(parsed.tty_raw || parsed.crash_line || parsed.quiet);
    assert_string_equal(parsed.init, "/y");
    assert_int_equal(parsed.loglevel, 10);
    assert_int_equal(parse("loglevel=15 quiet"), 0);
    assert_true(parsed.quiet && parsed.loglevel == 4);
    assert_int_equal(parse("quiet loglevel=0"), 0);
    assert_true(parsed.quiet && parsed.loglevel == 0);
}

static void test_wrong_values(void **state)
{
    static const char *const lines[] = {
        "ring=1",      "ring",         "ring=",     "ring=33",      "tty=blue",
        "tty",         "loglevel",     "loglevel=", "loglevel=16",  "loglevel=-1",
        "loglevel=7x", "stderr=ttyS4", "stderr",    "crashtest=no", "crashtest",
        "crash=no",    "crash",        "init",      "init=",        "loglevel=99999999999",
        "-- \"open",   "-- a\\",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        assert_int_equal(parse(lines[i]), -EINVAL);
        assert_non_null(why);
        assert_int_equal(parsed.ring, 3);
        assert_int_equal(parsed.loglevel, 4);
    }
    /* The first mistake is told, and everything else still counts. */
    assert_int_equal(parse("ring=7 tty=blue K=V init=/x -- a"), -EINVAL);
    assert_string_equal(why, "ring= must be 0 or 3");
    assert_string_equal(parsed.init, "/x");
    assert_int_equal(parsed.environment_count, 3);
    assert_int_equal(parsed.argument_count, 1);
}

/* As Linux's init/main.c and kernel/params.c treat what they do not know. */
static void test_program_words(void **state)
{
    (void)state;
    assert_string_equal(outcome("A=1 single B=2 5"), "A=1|B=2 : single|5");
    assert_string_equal(outcome("A=1 A=2 AB=3 A="), "A=|AB=3 : ");
    assert_string_equal(outcome("BOOT_IMAGE=/boot/galette x"), "BOOT_IMAGE=/boot/galette : x");
    assert_string_equal(outcome("usbcore.old=1 a.out A=b.c virtio_mmio.device=4K@0xd0000000:5"),
                        "A=b.c : ");
    assert_string_equal(outcome("auto one init=/x two"), " : two");
    assert_string_equal(
        outcome("console=ttyS0 ro root=/dev/vda panic=1 reboot=k pci=off nomodules"), " : ");
    assert_string_equal(outcome("no-timer-check noreplace-smp rw"), " : ");
    assert_string_equal(outcome("=x"), " : =x");
    assert_string_equal(outcome("--=x -x --y"), "--=x : -x|--y");
    assert_string_equal(outcome("a=b=c"), "a=b=c : ");
    assert_int_equal(parse("HOME=/root TERM=dumb X=1 HOME=/home"), 0);
    assert_int_equal(parsed.environment_count, 3);
    assert_string_equal(parsed.environment[0], "HOME=/home");
    assert_string_equal(parsed.environment[1], "TERM=dumb");
}

static void test_quotes(void **state)
{
    (void)state;
    assert_string_equal(outcome("K=\"a b\" L=c"), "K=a b|L=c : ");
    assert_string_equal(outcome("\"K=a b\" \"w x\""), "K=a b : w x");
    assert_string_equal(outcome("K=\"\" L=\"x"), "K=|L=x : ");
    assert_string_equal(outcome("K=a\"b c\"d"), "K=a\"b c\"d : ");
    assert_string_equal(outcome("K=a\\ b"), "K=a\\ : b");
    assert_string_equal(outcome("\"\" K=\""), "K= : ");
    assert_int_equal(parse("init=\"/a b\" \"ring=0\""), 0);
    assert_string_equal(parsed.init, "/a b");
    assert_int_equal(parsed.ring, 0);
}

static void test_arguments(void **state)
{
    (void)state;
    assert_string_equal(outcome("x -- a b=c ring=0 d.e"), " : x|a|b=c|ring=0|d.e");
    assert_int_equal(parsed.ring, 3);
    assert_string_equal(outcome("-- a -- b"), " : a|--|b");
    assert_string_equal(outcome("-- \"a b\" c\" \"d \"\" e"), " : a b|c d||e");
    assert_string_equal(outcome("-- a\\ b \\\"c \"d\\\"e\\\\\" \\n"), " : a b|\"c|d\"e\\|n");
    assert_string_equal(outcome("--"), " : ");
    assert_string_equal(outcome("--   \t a \t "), " : a");
    assert_string_equal(outcome("-- init=/x"), " : init=/x");
    assert_null(parsed.init);
}

static void test_limits(void **state)
{
    char *text = calloc(1, 8192);
    size_t at = 0;

    (void)state;
    for (int i = 0; i < CMDLINE_ENVIRONMENT_MAX - 2; i++)
        at += (size_t)sprintf(text + at, "V%d=%d ", i, i);
    assert_int_equal(parse(text), 0);
    assert_int_equal(parsed.environment_count, CMDLINE_ENVIRONMENT_MAX);
    strcpy(text + at, "MORE=1");
    assert_int_equal(parse(text), -E2BIG);
    assert_int_equal(parsed.environment_count, CMDLINE_ENVIRONMENT_MAX);
    at = (size_t)sprintf(text, "-- ");
    for (int i = 0; i < CMDLINE_ARGUMENTS_MAX; i++)
        at += (size_t)sprintf(text + at, "%d ", i);
    assert_int_equal(parse(text), 0);
    assert_int_equal(parsed.argument_count, CMDLINE_ARGUMENTS_MAX);
    assert_string_equal(parsed.arguments[255], "255");
    strcpy(text + at, "more");
    assert_int_equal(parse(text), -E2BIG);
    assert_int_equal(parsed.argument_count, CMDLINE_ARGUMENTS_MAX);
    free(text);
}

/* Arbitrary lines: nothing to compare, but the sanitizers look on, and strings lie in the line. */
static void test_random_lines(void **state)
{
    static const char alphabet[] = "ab=\"\\ -._\t=\" rinig03";
    u32 seed = 7;
    char text[64];

    (void)state;
    for (int round = 0; round < 200000; round++) {
        size_t length = (seed = seed * 1664525 + 1013904223) >> 26;
        for (size_t i = 0; i < length; i++)
            text[i] =
                alphabet[((seed = seed * 1664525 + 1013904223) >> 16) % (sizeof(alphabet) - 1)];
        text[MIN(length, sizeof(text) - 1)] = '\0';
        length = strlen(text);
        if (parse(text) != 0)
            assert_non_null(why);
        for (size_t i = 0; i < parsed.argument_count; i++)
            assert_in_range((u64)parsed.arguments[i], (u64)line, (u64)line + length);
        for (size_t i = 2; i < parsed.environment_count; i++)
            assert_non_null(strchr(parsed.environment[i], '='));
    }
    free(line);
    line = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consoles),       cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_own_parameters), cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_program_words),  cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_arguments),      cmocka_unit_test(test_limits),
        cmocka_unit_test(test_random_lines),
    };

    return cmocka_run_group_tests_name("command line", tests, NULL, NULL);
}
