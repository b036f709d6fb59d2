/* SPDX-License-Identifier: MIT */
/*
 * What the program asked for, told at its end: `trace=summary`.
 *
 * Every call is counted, with its errors and the time it took, and two lists say why a program may
 * not work here: the calls that this kernel does not have, and the names of files that it looked for
 * and did not find. The names are kept in the order in which they were first asked for, up to a
 * limit; what comes later is only counted. All memory is taken by trace_summary_begin and for the
 * names as they come: a run without a summary costs nothing.
 * Lock: `lock` guards everything but for the pointer, which does not change while the program runs.
 */
#include <asm/errno.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "fs/path.h"
#include "kernel/core/log.h"
#include "kernel/core/mutex.h"
#include "kernel/core/time.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/trace/trace_internal.h"

#define BEYOND      SYSCALL_COUNT /* stands for all numbers that the table does not have */
#define MISSING_MAX 200           /* names that are kept */
#define TEXT_MAX    1024          /* of each at most so many bytes */

struct summary {
    struct {
        u64 made, failed, ns;
    } calls[SYSCALL_COUNT + 1];
    struct {
        u64 times;
        char *name;
    } missing[MISSING_MAX];
    u32 missing_count;
    u64 missing_more; /* requests for names that are not kept */
};

static struct summary *summary;
static struct mutex lock = MUTEX_INIT(lock, LOCK_SUMMARY);

void trace_summary_begin(void)
{
    summary = kzalloc(sizeof(*summary));
    if (!summary)
        log_print(LOG_ERR, "trace: no memory for a summary");
}

/* --- While the program runs --- */

/* The name in the order of the arguments that is looked up, as the program gave it; an argument
 * before it says from where. -1: the call takes none. */
static int path_argument(const struct syscall_info *info)
{
    for (int i = 0; i < info->count; i++) {
        if (syscall_argument_kind(info, i) == ARG_PATH)
            return i;
    }
    return -1;
}

/* A relative name gets the name of its directory, unless that is the current one. In `buffer`. */
static char *prepend_directory(char *name, int fd, char *buffer)
{
    if (*name == '/' || *name == '\0' || fd == AT_FDCWD)
        return name;
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return name;
    if (file->dentry) {
        const struct path path = {file->mount, file->dentry};
        size_t room = name - buffer;
        struct path root;
        place_get_root(&process_current()->place, &root);
        char *directory = path_name(&path, &root, buffer, room);
        path_put(&root);
        if (directory) { /* its NUL lies just before the name */
            buffer[room - 1] = '/';
            name = directory;
        }
    }
    file_put(file);
    return name;
}

static void missing_count(const char *name)
{
    mutex_lock(&lock);
    u32 i = 0;
    while (i < summary->missing_count && strcmp(summary->missing[i].name, name) != 0)
        i++;
    size_t size = strlen(name) + 1;
    char *copy = i == summary->missing_count && i < MISSING_MAX ? kmalloc(size) : NULL;
    if (copy) {
        memcpy(copy, name, size);
        summary->missing[summary->missing_count++].name = copy;
    }
    if (i < summary->missing_count)
        summary->missing[i].times++;
    else
        summary->missing_more++;
    mutex_unlock(&lock);
}

/* The call ended with ENOENT. */
static void name_missing(const struct syscall_info *info, const u64 *args)
{
    int index = path_argument(info);
    if (index < 0)
        return;
    char *buffer = kmalloc(2 * TEXT_MAX);
    if (!buffer)
        return;
    char *name = buffer + TEXT_MAX;
    if (usercopy_string(name, UPTR(args[index]), TEXT_MAX) >= 0) {
        bool from = index > 0 && syscall_argument_kind(info, index - 1) == ARG_DIRFD;
        missing_count(from ? prepend_directory(name, (int)args[index - 1], buffer) : name);
    }
    kfree(buffer);
}

u64 trace_summary_enter(u64 number)
{
    if (!summary)
        return 0;
    __atomic_fetch_add(&summary->calls[MIN(number, BEYOND)].made, 1, __ATOMIC_RELAXED);
    return time_now_ns();
}

void trace_summary_leave(u64 number, const u64 args[SYSCALL_ARGUMENTS], long result, u64 start)
{
    if (!summary)
        return;
    __atomic_fetch_add(&summary->calls[MIN(number, BEYOND)].ns, time_now_ns() - start,
                       __ATOMIC_RELAXED);
    if (!RESULT_IS_ERROR(result) || -result >= FIRST_INTERNAL_ERROR)
        return;
    __atomic_fetch_add(&summary->calls[MIN(number, BEYOND)].failed, 1, __ATOMIC_RELAXED);
    if (result == -ENOENT && number < SYSCALL_COUNT)
        name_missing(&syscall_infos[number], args);
}

/* --- At its end --- */

static void tell(const char *format, ...) PRINTF(1, 2);
static void tell(const char *format, ...)
{
    char text[160];
    va_list arguments;

    va_start(arguments, format);
    int length = fmt_vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_raw(text, MIN((size_t)length, sizeof(text) - 1));
}

static const char *name_of(u64 number)
{
    const char *name = number == BEYOND ? "(numbers without a name)" : syscall_name(number);
    return name ? name : "(a number without a name)";
}

static bool is_lacking(u64 number)
{
    return number == BEYOND || syscall_table[number] == (syscall_function)(void *)sys_nosys;
}

static void tell_row(u64 made, u64 failed, u64 ns, const char *name)
{
    tell("%10lu %9lu %5lu.%06lu %9lu  %s\n", made, failed, ns / 1000000000, ns / 1000 % 1000000,
         made ? ns / 1000 / made : 0, name);
}

/* The call that comes after `last` when all are ordered by how often they were made, then by
 * number; NONE is before the first and after the last. */
#define NONE ~0UL
static u64 next_row(u64 last)
{
    u64 limit = last == NONE ? ~0UL : summary->calls[last].made, best = 0, next = NONE;
    for (u64 i = 0; i <= BEYOND; i++) {
        u64 made = summary->calls[i].made;
        if ((made < limit || (made == limit && i > last)) && made > best) {
            best = made;
            next = i;
        }
    }
    return next;
}

static void tell_calls(void)
{
    u64 made = 0, failed = 0, ns = 0;

    tell("     calls    errors      seconds   us/call  system call\n"
         "---------- --------- ------------ ---------  ----------------\n");
    for (u64 number = NONE; (number = next_row(number)) != NONE;) {
        tell_row(summary->calls[number].made, summary->calls[number].failed,
                 summary->calls[number].ns, name_of(number));
        made += summary->calls[number].made;
        failed += summary->calls[number].failed;
        ns += summary->calls[number].ns;
    }
    tell("---------- --------- ------------ ---------  ----------------\n");
    tell_row(made, failed, ns, "total");
}

static void tell_lacking(void)
{
    bool any = false;

    for (u64 i = 0; i <= BEYOND; i++) {
        if (summary->calls[i].made == 0 || !is_lacking(i))
            continue;
        if (!any)
            tell("System calls that this kernel does not have:\n");
        tell("%10lu  %s\n", summary->calls[i].made, name_of(i));
        any = true;
    }
}

/* A name may hold anything: quoted as in a line of the trace. */
static void tell_name(u64 times, const char *name)
{
    struct trace_line line;

    line_start(&line);
    line_format(&line, "%10lu  ", times);
    line_quote(&line, name, strlen(name), false);
    line_emit(&line);
}

static void tell_missing(void)
{
    if (summary->missing_count != 0 || summary->missing_more != 0)
        tell("Files that were not there:\n");
    for (u32 i = 0; i < summary->missing_count; i++)
        tell_name(summary->missing[i].times, summary->missing[i].name);
    if (summary->missing_more != 0)
        tell("%10s  and %lu more\n", "", summary->missing_more);
}

void trace_summary_print(void)
{
    if (!summary)
        return;
    tell_calls();
    tell_lacking();
    tell_missing();
}
