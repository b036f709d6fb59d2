/* SPDX-License-Identifier: MIT */
/*
 * The tests of threads in one program, so that they need one boot: the main function of each has become
 * NAME_main (tests/programs/programs.mk), and is called as the program would be.
 *
 *     all_threads [ROUNDS]
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/abi/check.h"

#define LAST_SIGNAL 64

/* After thread_signals the C library keeps a thread for timers that call functions; thread_first ends the
 * first thread, and does not return. */
#define TESTS(TEST)              \
    TEST(thread_clone, false)    \
    TEST(thread_names, false)    \
    TEST(thread_schedule, false) \
    TEST(thread_balance, false)  \
    TEST(thread_stacks, false)   \
    TEST(thread_frames, false)   \
    TEST(thread_limits, false)   \
    TEST(thread_memory, true)    \
    TEST(thread_many, false)     \
    TEST(thread_restart, false)  \
    TEST(thread_storm, true)     \
    TEST(thread_churn, true)     \
    TEST(thread_stressors, true) \
    TEST(thread_signals, false)  \
    TEST(thread_first, false)

#define DECLARE(name, counts) int name##_main(int argc, char **argv);
TESTS(DECLARE)

static const struct {
    const char *name;
    int (*function)(int argc, char **argv);
    bool counts; /* takes a number of rounds */
} tests[] = {
#define ROW(name, counts) {#name, name##_main, counts},
    TESTS(ROW)};

/* As a program finds them. */
static void signals_reset(void)
{
    static const uint64_t none;

    for (int number = 1; number <= LAST_SIGNAL; number++)
        if (number < 32 || number > 33) /* those are the C library's */
            signal(number, SIG_DFL);
    call(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tests); i++) {
        char name[40];
        char *arguments[] = {name, argc > 1 ? argv[1] : NULL, NULL};

        snprintf(name, sizeof(name), "%s", tests[i].name);
        printf("# %s\n", name);
        fflush(stdout);
        tests[i].function(tests[i].counts && argc > 1 ? 2 : 1, arguments);
        signals_reset();
    }
    return check_finish();
}
