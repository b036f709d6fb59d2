/* SPDX-License-Identifier: MIT */
/*
 * One line per system call: which calls, and how a line is put together. The text of an argument is
 * found by its kind in trace_kinds.c.
 *
 * Arguments are printed before the call up to the first that the call writes; from there on after
 * it, as strace does.
 */
#include "syscall/trace.h"

#include <asm/errno.h>

#include "kernel/core/log.h"
#include "kernel/lib/bitmap.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "syscall/trace_internal.h"

/* The bit after the table stands for all numbers beyond it. */
#define BEYOND  SYSCALL_COUNT
#define NUMBERS (SYSCALL_COUNT + 1)

/* Which numbers are traced. Written by trace_configure only. */
static u64 wanted[BITMAP_WORDS(NUMBERS)];
static bool summary_wanted;

/* A number that the table does not know. */
static const struct syscall_info unknown_call = {
    .count = SYSCALL_ARGUMENTS,
    .arguments = {[0 ... SYSCALL_ARGUMENTS - 1] = ARG_HEX | ARGUMENT_WIDE},
};

/* --- What is traced --- */

bool trace_wants(u64 number)
{
    return bitmap_test(wanted, MIN(number, BEYOND));
}

bool trace_wants_summary(void)
{
    return summary_wanted;
}

static bool word_is(const char *word, size_t length, const char *text)
{
    return strlen(text) == length && memcmp(word, text, length) == 0;
}

static void set_all(u64 *numbers)
{
    memset(numbers, 0xff, sizeof(wanted));
}

static bool set_group(u64 *numbers, const char *word, size_t length)
{
    enum syscall_group group = GROUP_none;

#define GROUP(name)                   \
    if (word_is(word, length, #name)) \
        group = GROUP_##name;
    SYSCALL_GROUPS(GROUP)
#undef GROUP
    for (size_t i = 0; i < SYSCALL_COUNT; i++) {
        if (group != GROUP_none && syscall_infos[i].group == group)
            bitmap_set(numbers, i);
    }
    return group != GROUP_none;
}

static bool set_call(u64 *numbers, const char *word, size_t length)
{
    for (size_t i = 0; i < SYSCALL_COUNT; i++) {
        const char *name = syscall_name(i);

        if (name && word_is(word, length, name)) {
            bitmap_set(numbers, i);
            return true;
        }
    }
    return false;
}

static bool set_word(u64 *numbers, const char *word, size_t length)
{
    if (length > 0 && *word == '%')
        return set_group(numbers, word + 1, length - 1);
    if (word_is(word, length, "all"))
        set_all(numbers);
    else if (word_is(word, length, "summary"))
        summary_wanted = true;
    else if (!word_is(word, length, "none"))
        return set_call(numbers, word, length);
    return true;
}

int trace_configure(const char *filter, const char **why)
{
    static char message[64];
    u64 numbers[ARRAY_SIZE(wanted)] = {0};
    bool inverted = *filter == '!';
    const char *word = filter + inverted;

    if (*word == '\0')
        word = "all";
    summary_wanted = false;
    while (*word) {
        size_t length = 0;
        while (word[length] && word[length] != ',')
            length++;
        if (!set_word(numbers, word, length)) {
            fmt_snprintf(message, sizeof(message), "no such system call or group: %.*s",
                         (int)MIN(length, sizeof(message)), word);
            *why = message;
            return -EINVAL;
        }
        word += length + (word[length] == ',');
    }
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        wanted[i] = inverted ? ~numbers[i] : numbers[i];
    return 0;
}

/* --- The line --- */

/* `line->index` is the argument to print; returns whether it added anything. */
static bool line_argument(struct trace_line *line, const struct trace_kind *kind)
{
    u64 value = line->args[line->index];
    u16 length = line->length;

    if (kind->print)
        kind->print(line, value);
    else if (kind->flags)
        line_flags(line, value, kind->names);
    else
        line_name(line, (u32)value, kind->names);
    return line->length != length;
}

/* The arguments from the next one on; before the call only as far as they are known. */
static void line_arguments(struct trace_line *line, bool returned)
{
    for (; line->index < line->info->count; line->index++) {
        const struct trace_kind *kind =
            &trace_kinds[syscall_argument_kind(line->info, line->index)];
        u16 length = line->length;

        if (kind->after && !returned)
            return;
        if (line->index > 0)
            line_text(line, ", ");
        if (!line_argument(line, kind))
            line->length = length;
    }
}

static void line_error(struct trace_line *line, int error)
{
    const char *name = trace_error(error);

    if (!name)
        line_format(line, "-1 (errno %d)", error);
    else if (error >= FIRST_INTERNAL_ERROR)
        line_format(line, "? %s (%s)", name, name + strlen(name) + 1);
    else
        line_format(line, "-1 %s (%s)", name, name + strlen(name) + 1);
}

static void line_value(struct trace_line *line)
{
    switch (line->info->result) {
    case RESULT_ADDRESS:
        line_format(line, "%#lx", line->result);
        break;
    case RESULT_MODE:
        line_format(line, "%#03lo", line->result);
        break;
    case RESULT_TIME:
        line_date(line, line->result, " (", ")");
        break;
    case RESULT_FCNTL:
        trace_fcntl_result(line);
        break;
    case RESULT_READY:
        line_format(line, "%ld", line->result);
        trace_ready_result(line);
        break;
    case RESULT_SELECTED:
        line_format(line, "%ld", line->result);
        trace_selected_result(line);
        break;
    default:
        line_format(line, "%ld", line->result);
    }
}

static void line_emit(struct trace_line *line)
{
    line->text[line->length++] = '\n';
    log_raw(line->text, line->length);
}

/* From here on the room at the end may be used. */
static void line_end_arguments(struct trace_line *line)
{
    line->ending = true;
    line_text(line, line->cut ? "...) = " : ") = ");
}

void trace_enter(u64 number, const u64 args[SYSCALL_ARGUMENTS], struct trace_line *line)
{
    const char *name = syscall_name(number);

    line->info = NULL;
    if (!trace_wants(number))
        return;
    line->info = number < SYSCALL_COUNT ? &syscall_infos[number] : &unknown_call;
    for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
        line->args[i] = line->info->arguments[i] & ARGUMENT_WIDE ? args[i] : (u32)args[i];
    line->index = 0;
    line->length = 0;
    line->ending = false;
    line->cut = false;
    if (name)
        line_format(line, "%s(", name);
    else
        line_format(line, "syscall_%#lx(", number);
    line_arguments(line, false);
    if (line->info->result == RESULT_NEVER) {
        line_end_arguments(line);
        line_text(line, "?");
        line_emit(line);
    }
}

void trace_leave(struct trace_line *line, long result)
{
    if (!line->info || line->info->result == RESULT_NEVER)
        return;
    line->result = result;
    line_arguments(line, true);
    line_end_arguments(line);
    if (RESULT_IS_ERROR(result))
        line_error(line, (int)-result);
    else
        line_value(line);
    line_emit(line);
}

void trace_call(u64 number, const u64 args[SYSCALL_ARGUMENTS], long result)
{
    struct trace_line line;

    trace_enter(number, args, &line);
    trace_leave(&line, result);
}
