/* SPDX-License-Identifier: MIT */
/*
 * What is traced, and what a line shows: the words of `trace=`, `trace_times=` and `trace_strings=`.
 *
 * The classes of strace follow from the table: %file has the calls that take a file's name, %desc those
 * with a descriptor among arguments or results, %process beside its own group the signals that are
 * sent to a process. What the table cannot tell is listed here by name.
 */
#include <asm/errno.h>
#include <asm/unistd.h>

#include "kernel/lib/bitmap.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "syscall/trace/trace_internal.h"

/* The bit after the table stands for all numbers beyond it. */
#define BEYOND  SYSCALL_COUNT
#define NUMBERS (SYSCALL_COUNT + 1)

/* strace shows so many characters of a buffer, and elements of an array, unless told otherwise. */
#define STRING_LIMIT_DEFAULT 32
#define STRING_LIMIT_MAX     65536

/* Written before the program runs, and by nobody else. */
static u64 wanted[BITMAP_WORDS(NUMBERS)];
static bool lines_wanted, summary_wanted;
static char message[80];
u32 trace_string_limit = STRING_LIMIT_DEFAULT;
struct trace_times trace_times;

bool trace_wants(u64 number)
{
    return bitmap_test(wanted, MIN(number, BEYOND));
}

bool trace_wants_lines(void)
{
    return lines_wanted;
}

bool trace_wants_summary(void)
{
    return summary_wanted;
}

/* --- Words --- */

/* A part of a list, not NUL-terminated. */
struct word {
    const char *text;
    size_t length;
};

/* Cuts the next word off; commas separate. */
static struct word word_next(const char **rest)
{
    struct word word = {*rest, 0};

    while (word.text[word.length] && word.text[word.length] != ',')
        word.length++;
    *rest += word.length + (word.text[word.length] == ',');
    return word;
}

static bool word_is(struct word word, const char *text)
{
    return strlen(text) == word.length && memcmp(word.text, text, word.length) == 0;
}

static int refuse(const char *what, struct word word, const char **why)
{
    fmt_snprintf(message, sizeof(message), "%s: %.*s", what, (int)MIN(word.length, sizeof(message)),
                 word.text);
    *why = message;
    return -EINVAL;
}

/* --- Classes --- */

static bool has_kind(const struct syscall_info *info, enum argument_kind first,
                     enum argument_kind last)
{
    for (int i = 0; i < info->count; i++) {
        enum argument_kind kind = syscall_argument_kind(info, i);
        if (kind >= first && kind <= last)
            return true;
    }
    return false;
}

static bool is_file(const struct syscall_info *info)
{
    return info->group == GROUP_file || has_kind(info, ARG_PATH, ARG_PATH);
}

static bool is_desc(const struct syscall_info *info)
{
    return info->group == GROUP_desc ||
           (info->group != GROUP_none && info->group != GROUP_network &&
            (info->result == RESULT_FD || has_kind(info, ARG_FD, ARG_DIRFD) ||
             has_kind(info, ARG_POLLFDS, ARG_FDS_OUT)));
}

/* A signal to a process, named by its number. */
static bool is_process(const struct syscall_info *info)
{
    return info->group == GROUP_process ||
           (info->group == GROUP_signal && has_kind(info, ARG_PID, ARG_PID));
}

static bool is_any_stat(const struct syscall_info *info)
{
    return has_kind(info, ARG_STAT_OUT, ARG_STATX_OUT);
}

static bool is_any_fstat(const struct syscall_info *info)
{
    return is_any_stat(info) && is_desc(info);
}

static bool is_any_statfs(const struct syscall_info *info)
{
    return has_kind(info, ARG_STATFS_OUT, ARG_STATFS_OUT);
}

static const struct {
    const char *name;
    bool (*has)(const struct syscall_info *info);
} classes[] = {
    {"file", is_file},      {"desc", is_desc},       {"process", is_process},
    {"%stat", is_any_stat}, {"fstat", is_any_fstat}, {"%statfs", is_any_statfs},
};

/* Classes that are a list of numbers, and what others have beside what the table tells: calls without a
 * line there are worth seeing all the same. They fail, and the program may give up for that; but for
 * the execve that the machine was booted for. */
static const struct {
    const char *name;
    u16 numbers[20];
} lists[] = {
    {"file", {__NR_execve, __NR_execveat}},
    {"process",
     {__NR_execve, __NR_execveat, __NR_clone, __NR_clone3, __NR_fork, __NR_vfork, __NR_wait4,
      __NR_waitid, __NR_pidfd_send_signal}},
    {"network",
     {__NR_socket, __NR_connect, __NR_accept, __NR_sendto, __NR_recvfrom, __NR_sendmsg,
      __NR_recvmsg, __NR_shutdown, __NR_bind, __NR_listen, __NR_getsockname, __NR_getpeername,
      __NR_socketpair, __NR_setsockopt, __NR_getsockopt, __NR_accept4, __NR_recvmmsg, __NR_sendmmsg,
      __NR_sendfile}},
    {"ipc",
     {__NR_shmget, __NR_shmat, __NR_shmctl, __NR_shmdt, __NR_semget, __NR_semop, __NR_semctl,
      __NR_semtimedop, __NR_msgget, __NR_msgsnd, __NR_msgrcv, __NR_msgctl}},
    {"pure",
     {__NR_getpid, __NR_gettid, __NR_getppid, __NR_getpgrp, __NR_getuid, __NR_geteuid, __NR_getgid,
      __NR_getegid}},
    {"stat", {__NR_stat}},
    {"lstat", {__NR_lstat}},
    {"statfs", {__NR_statfs}},
    {"fstatfs", {__NR_fstatfs}},
};

static bool set_listed(u64 *numbers, struct word name)
{
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        if (!word_is(name, lists[i].name))
            continue;
        for (size_t j = 0; j < ARRAY_SIZE(lists[i].numbers) && (j == 0 || lists[i].numbers[j]); j++)
            bitmap_set(numbers, lists[i].numbers[j]);
        return true;
    }
    return false;
}

static bool set_described(u64 *numbers, struct word name)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (!word_is(name, classes[i].name))
            continue;
        for (size_t number = 0; number < SYSCALL_COUNT; number++)
            if (classes[i].has(&syscall_infos[number]))
                bitmap_set(numbers, number);
        return true;
    }
    return false;
}

static bool set_group(u64 *numbers, struct word name)
{
    enum syscall_group group = GROUP_none;

#define GROUP(group_name)           \
    if (word_is(name, #group_name)) \
        group = GROUP_##group_name;
    SYSCALL_GROUPS(GROUP)
#undef GROUP
    for (size_t i = 0; i < SYSCALL_COUNT; i++) {
        if (group != GROUP_none && syscall_infos[i].group == group)
            bitmap_set(numbers, i);
    }
    return group != GROUP_none;
}

static bool set_class(u64 *numbers, struct word name)
{
    bool listed = set_listed(numbers, name);

    return set_described(numbers, name) || set_group(numbers, name) || listed;
}

/* --- The filter --- */

static bool set_call(u64 *numbers, struct word word)
{
    for (size_t i = 0; i < SYSCALL_COUNT; i++) {
        const char *name = syscall_name(i);

        if (name && word_is(word, name)) {
            bitmap_set(numbers, i);
            return true;
        }
    }
    return false;
}

struct choice {
    u64 numbers[ARRAY_SIZE(wanted)];
    bool lines, summary;
};

static bool choose(struct choice *choice, struct word word)
{
    if (word_is(word, "summary")) {
        choice->summary = true;
        return true;
    }
    choice->lines = true;
    if (word.length > 0 && word.text[0] == '%')
        return set_class(choice->numbers, (struct word){word.text + 1, word.length - 1});
    if (!word_is(word, "all"))
        return word_is(word, "none") || set_call(choice->numbers, word);
    memset(choice->numbers, 0xff, sizeof(choice->numbers));
    return true;
}

int trace_configure(const char *filter, const char **why)
{
    struct choice choice = {0};
    bool inverted = *filter == '!';
    const char *rest = filter[inverted] ? filter + inverted : "all";

    while (*rest) {
        struct word word = word_next(&rest);
        if (!choose(&choice, word))
            return refuse("no such system call or class", word, why);
    }
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        wanted[i] = inverted ? ~choice.numbers[i] : choice.numbers[i];
    lines_wanted = choice.lines || inverted;
    summary_wanted = choice.summary;
    return 0;
}

/* --- Times and lengths --- */

static bool choose_time(struct trace_times *times, struct word word)
{
    if (word_is(word, "clock") || word_is(word, "t"))
        times->stamp = STAMP_CLOCK;
    else if (word_is(word, "clock-us") || word_is(word, "tt"))
        times->stamp = STAMP_CLOCK_US;
    else if (word_is(word, "unix") || word_is(word, "ttt"))
        times->stamp = STAMP_UNIX;
    else if (word_is(word, "relative") || word_is(word, "r"))
        times->relative = true;
    else if (word_is(word, "spent") || word_is(word, "T"))
        times->spent = true;
    else
        return false;
    return true;
}

int trace_configure_times(const char *words, const char **why)
{
    struct trace_times times = {0};

    while (*words) {
        struct word word = word_next(&words);
        if (!choose_time(&times, word))
            return refuse("none of clock, clock-us, unix, relative, spent", word, why);
    }
    trace_times = times;
    return 0;
}

int trace_configure_strings(const char *number, const char **why)
{
    u32 limit = 0;
    size_t i = 0;

    for (; number[i] >= '0' && number[i] <= '9' && limit <= STRING_LIMIT_MAX; i++)
        limit = limit * 10 + (u32)(number[i] - '0');
    if (i == 0 || number[i] || limit > STRING_LIMIT_MAX)
        return refuse("no length from 0 to 65536", (struct word){number, strlen(number)}, why);
    trace_string_limit = limit;
    return 0;
}
