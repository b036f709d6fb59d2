/* SPDX-License-Identifier: MIT */
/*
 * /proc/self and /proc/<pid>: the table of its files, and those that are a line or a link.
 *
 * The same files stand under each process and under each of its threads. Generators run in the
 * process that they tell of, as long as there is only one.
 */
#include <asm/errno.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "kernel/proc/procfs/procfs_internal.h"
#include "kernel/proc/procfs/procfs_nodes.h"
#include "mm/heap.h"

#define OOM_SCORE_MAX 1000
#define USER_PIECE    512

/* ---- Who --------------------------------------------------------------------------------------*/

/* The last number, of a thread: a process is named by its first one. */
struct task *procfs_task(const struct node_place *place)
{
    struct process *process = procfs_process(place);
    u32 depth = MIN(place->depth, 2u);
    return task_get(process, depth != 0 ? (int)place->numbers[depth - 1] : process->pid);
}

bool procfs_has_ended(const struct node_place *place)
{
    if (likely(!procfs_process(place)->first_ended))
        return false;
    struct task *task = procfs_task(place);
    bool ended = !task || !task->thread;
    if (task)
        task_put(task);
    return ended;
}

/* Only the first number is looked at, so that threads' files find their process, too. */
static s64 next_pid(const struct node_place *parent, s64 from)
{
    (void)parent;
    int pid = process_current()->pid;
    return from <= pid ? pid : -1;
}

static s64 next_tid(const struct node_place *parent, s64 from)
{
    struct task *task = from <= TID_MAX ? task_get_next(procfs_process(parent), from) : NULL;
    if (!task)
        return -1;
    s64 tid = task->tid;
    task_put(task);
    return tid;
}

/* Threads other than the first have a directory of a process, too, which is not listed (proc(5)). */
static bool has_tid(const struct node_place *parent, u32 number)
{
    return next_tid(parent, number) == number;
}

static const struct node_family process_family = {.next = next_pid, .has = has_tid};
static const struct node_family thread_family = {.next = next_tid};

static int show_self(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%d", process_current()->pid);
    return 0;
}

static int show_thread_self(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%d/task/%d", process_current()->pid, thread_current()->tid);
    return 0;
}

/* ---- Links ------------------------------------------------------------------------------------*/

void procfs_add_path(struct text_builder *text, const struct path *path, const char *special)
{
    char *buffer = kmalloc(PATH_MAX);
    struct path root;
    place_get_root(&process_current()->place, &root);
    const char *name = buffer ? path_name(path, &root, buffer, PATH_MAX) : NULL;
    path_put(&root);
    if (!buffer)
        text->error = -ENOMEM;
    else
        text_add_escaped(text, name ? name : "", special);
    kfree(buffer);
}

static int follow_path(const struct path *path, struct path *out)
{
    if (!path->mount)
        return -ENOENT;
    *out = *path;
    path_get(out);
    return 0;
}

static int show_path(struct text_builder *text, const struct path *path)
{
    if (!path->mount)
        return -ENOENT;
    procfs_add_path(text, path, "");
    return 0;
}

static int show_exe(struct text_builder *text, const struct node_place *place)
{
    if (procfs_has_ended(place))
        return -ENOENT;
    return show_path(text, &procfs_process(place)->executable);
}

static int follow_exe(const struct node_place *place, struct path *out)
{
    if (procfs_has_ended(place))
        return -ENOENT;
    return follow_path(&procfs_process(place)->executable, out);
}

static int show_cwd(struct text_builder *text, const struct node_place *place)
{
    struct path cwd;
    if (procfs_has_ended(place))
        return -ENOENT;
    place_get_cwd(&procfs_process(place)->place, &cwd);
    int error = show_path(text, &cwd);
    path_put(&cwd);
    return error;
}

static int follow_cwd(const struct node_place *place, struct path *out)
{
    if (procfs_has_ended(place))
        return -ENOENT;
    place_get_cwd(&procfs_process(place)->place, out);
    return 0;
}

static int show_root(struct text_builder *text, const struct node_place *place)
{
    struct path root;
    if (procfs_has_ended(place))
        return -ENOENT;
    place_get_root(&procfs_process(place)->place, &root);
    int error = show_path(text, &root);
    path_put(&root);
    return error;
}

static int follow_root(const struct node_place *place, struct path *out)
{
    if (procfs_has_ended(place))
        return -ENOENT;
    place_get_root(&procfs_process(place)->place, out);
    return 0;
}

/* ---- The program's own memory -----------------------------------------------------------------*/

/* [start, end) of the program's memory, as far as it can be read. */
static void add_user(struct text_builder *text, vaddr_t start, vaddr_t end)
{
    char piece[USER_PIECE];
    size_t left = 0;
    for (vaddr_t at = start; at < end && left == 0; at += sizeof(piece)) {
        size_t size = MIN(end - at, sizeof(piece));
        left = usercopy_from(piece, UPTR(at), size);
        text_add(text, piece, size - left);
    }
}

/* A title that the program wrote over its arguments may run on into its environment, up to a NUL
 * (Linux fs/proc/base.c: get_mm_cmdline). */
static void add_title(struct text_builder *text, const struct process_layout *layout)
{
    char byte = 1;
    for (vaddr_t at = layout->arguments; at < layout->environment_end && byte != '\0'; at++) {
        if (usercopy_from(&byte, UPTR(at), 1) != 0)
            return;
        text_add(text, &byte, 1);
    }
}

static int show_cmdline(struct text_builder *text, const struct node_place *place)
{
    const struct process_layout *layout = &procfs_process(place)->layout;
    char last = '\0';
    if (layout->arguments_end <= layout->arguments || procfs_has_ended(place))
        return 0;
    if (usercopy_from(&last, UPTR(layout->arguments_end - 1), 1) == 0 && last != '\0')
        add_title(text, layout);
    else
        add_user(text, layout->arguments, layout->arguments_end);
    return 0;
}

static int show_environ(struct text_builder *text, const struct node_place *place)
{
    const struct process_layout *layout = &procfs_process(place)->layout;
    if (!procfs_has_ended(place))
        add_user(text, layout->environment, layout->environment_end);
    return 0;
}

static int show_auxv(struct text_builder *text, const struct node_place *place)
{
    const struct process_layout *layout = &procfs_process(place)->layout;
    if (!procfs_has_ended(place))
        add_user(text, layout->auxv, layout->auxv + layout->auxv_size);
    return 0;
}

/* ---- Lines ------------------------------------------------------------------------------------*/

static int show_comm(struct text_builder *text, const struct node_place *place)
{
    struct task *task = procfs_task(place);
    if (!task)
        return -ESRCH;
    char name[PROCESS_NAME_MAX];
    task_name(task, name);
    text_print(text, "%s\n", name);
    task_put(task);
    return 0;
}

static int store_comm(const struct node_place *place, const char *bytes, size_t length)
{
    struct task *task = procfs_task(place);
    (void)length;
    if (!task)
        return -ESRCH;
    char name[PROCESS_NAME_MAX];
    strscpy(name, bytes, sizeof(name));
    char *newline = strchr(name, '\n');
    if (newline)
        *newline = '\0';
    task_set_name(task, name);
    task_put(task);
    return 0;
}

static const struct limit_line {
    u32 limit;
    const char *name, *unit;
} limit_lines[] = {
    {RLIMIT_CPU, "Max cpu time", "seconds"},
    {RLIMIT_FSIZE, "Max file size", "bytes"},
    {RLIMIT_DATA, "Max data size", "bytes"},
    {RLIMIT_STACK, "Max stack size", "bytes"},
    {RLIMIT_CORE, "Max core file size", "bytes"},
    {RLIMIT_RSS, "Max resident set", "bytes"},
    {RLIMIT_NPROC, "Max processes", "processes"},
    {RLIMIT_NOFILE, "Max open files", "files"},
    {RLIMIT_MEMLOCK, "Max locked memory", "bytes"},
    {RLIMIT_AS, "Max address space", "bytes"},
    {RLIMIT_LOCKS, "Max file locks", "locks"},
    {RLIMIT_SIGPENDING, "Max pending signals", "signals"},
    {RLIMIT_MSGQUEUE, "Max msgqueue size", "bytes"},
    {RLIMIT_NICE, "Max nice priority", ""},
    {RLIMIT_RTPRIO, "Max realtime priority", ""},
    {RLIMIT_RTTIME, "Max realtime timeout", "us"},
};

static void add_limit(struct text_builder *text, u64 limit)
{
    if (limit == RLIM64_INFINITY)
        text_print(text, "%-20s ", "unlimited");
    else
        text_print(text, "%-20lu ", limit);
}

static int show_limits(struct text_builder *text, const struct node_place *place)
{
    const struct process *process = procfs_process(place);
    text_print(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (size_t i = 0; i < ARRAY_SIZE(limit_lines); i++) {
        const struct limit_line *line = &limit_lines[i];
        text_print(text, "%-25s ", line->name);
        add_limit(text, process_limit(process, line->limit));
        add_limit(text, __atomic_load_n(&process->limits[line->limit].rlim_max, __ATOMIC_RELAXED));
        text_print(text, line->unit[0] ? "%-10s\n" : "\n", line->unit);
    }
    return 0;
}

static int show_io(struct text_builder *text, const struct node_place *place)
{
    struct task *task = place->depth >= 2 ? procfs_task(place) : NULL;
    struct task_io io = task ? task->io : process_io(procfs_process(place));
    if (task)
        task_put(task);
    text_print(text, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n", io.read_bytes,
               io.written_bytes, io.read_calls, io.write_calls);
    /* No file lies on a disk. */
    text_add_string(text, "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n");
    return 0;
}

static int show_oom_score_adj(struct text_builder *text, const struct node_place *place)
{
    text_print(text, "%d\n", procfs_process(place)->oom_score_adj);
    return 0;
}

/* A decimal number with blanks around it. */
static bool parse_int(const char *text, int *out)
{
    s64 value = 0;
    while (*text == ' ' || *text == '\t')
        text++;
    bool negative = *text == '-';
    text += negative || *text == '+';
    const char *digits = text;
    for (; *text >= '0' && *text <= '9' && value <= INT32_MAX; text++)
        value = value * 10 + (*text - '0');
    bool any = text != digits;
    while (*text == ' ' || *text == '\t' || *text == '\n')
        text++;
    *out = negative ? -value : value;
    return any && *text == '\0' && value <= INT32_MAX;
}

static int store_oom_score_adj(const struct node_place *place, const char *bytes, size_t length)
{
    int value;
    (void)length;
    if (!parse_int(bytes, &value) || value < -OOM_SCORE_MAX || value > OOM_SCORE_MAX)
        return -EINVAL;
    procfs_process(place)->oom_score_adj = value;
    return 0;
}

/* ---- The table --------------------------------------------------------------------------------*/

#define FILE(path, mode, generator)               \
    {                                             \
        path, S_IFREG | (mode), .show = generator \
    }
#define FIXED(path, mode, content)              \
    {                                           \
        path, S_IFREG | (mode), .text = content \
    }

/* What processes and threads have alike, under `at`. */
#define TASK_FILES(at)                                                                      \
    FILE(at "auxv", 0400, show_auxv), FIXED(at "cgroup", 0444, "0::/\n"),                   \
        FILE(at "cmdline", 0444, show_cmdline),                                             \
        {at "comm", S_IFREG | 0644, .show = show_comm, .store = store_comm},                \
        {at "cwd", S_IFLNK | 0777, .show = show_cwd, .follow = follow_cwd},                 \
        FILE(at "environ", 0400, show_environ),                                             \
        {at "exe", S_IFLNK | 0777, .show = show_exe, .follow = follow_exe},                 \
        {.path = at "fd", .mode = S_IFDIR | 0500},                                          \
        {at "fd/#", S_IFLNK, .show = procfs_show_fd, .follow = procfs_follow_fd,            \
         .family = &procfs_fd_family},                                                      \
        {at "fdinfo/#", S_IFREG | 0400, .show = procfs_show_fdinfo,                         \
         .family = &procfs_fdinfo_family},                                                  \
        FIXED(at "gid_map", 0644, "         0          0 4294967295\n"),                    \
        FILE(at "io", 0400, show_io), FILE(at "limits", 0444, show_limits),                 \
        FIXED(at "loginuid", 0644, "4294967295"), FILE(at "maps", 0444, procfs_show_maps),  \
        FILE(at "mountinfo", 0444, procfs_show_mountinfo),                                  \
        FILE(at "mounts", 0444, procfs_show_mounts),                                        \
        {at "oom_score_adj", S_IFREG | 0644, .show = show_oom_score_adj,                    \
         .store = store_oom_score_adj},                                                     \
        FIXED(at "personality", 0400, "00000000\n"),                                        \
        {at "root", S_IFLNK | 0777, .show = show_root, .follow = follow_root},              \
        FIXED(at "sessionid", 0444, "4294967295"), FIXED(at "setgroups", 0644, "allow\n"),  \
        FILE(at "smaps", 0444, procfs_show_smaps),                                          \
        FILE(at "smaps_rollup", 0444, procfs_show_smaps_rollup),                            \
        FILE(at "stat", 0444, procfs_show_stat), FILE(at "statm", 0444, procfs_show_statm), \
        FILE(at "status", 0444, procfs_show_status),                                        \
        FIXED(at "uid_map", 0644, "         0          0 4294967295\n"),                    \
        FIXED(at "wchan", 0444, "0")

static const struct node nodes[] = {
    {"self", S_IFLNK | 0777, .show = show_self},
    {"thread-self", S_IFLNK | 0777, .show = show_thread_self},
    {"#", S_IFDIR | 0555, .family = &process_family},
    TASK_FILES("#/"),
    {"#/task/#", S_IFDIR | 0555, .family = &thread_family},
    TASK_FILES("#/task/#/"),
};

void procfs_nodes_add(void)
{
    procfs_add(nodes, ARRAY_SIZE(nodes)); /* first: asked for most */
    procfs_add_system();
    sysfs_add_system();
}
