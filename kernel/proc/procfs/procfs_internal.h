/* SPDX-License-Identifier: MIT */
/* Between the files that fill /proc and /sys. */
#ifndef KERNEL_PROC_PROCFS_INTERNAL_H
#define KERNEL_PROC_PROCFS_INTERNAL_H

#include "fs/procfs/procfs.h"
#include "kernel/proc/task.h"

/* USER_HZ: what times in /proc are counted in. */
#define TICKS_PER_SECOND 100
#define NS_PER_TICK      (1000000000UL / TICKS_PER_SECOND)

/* The process that a place below "#/" speaks of: there is one. */
static inline struct process *procfs_process(const struct node_place *place)
{
    (void)place;
    return process_current();
}

/* The thread that a place below "#/" or "#/task/#/" speaks of, with a reference; NULL: it has ended. */
struct task *procfs_task(const struct node_place *place);

/* Whether that thread has ended: then its files tell of no memory and no files (Linux: a zombie's). */
bool procfs_has_ended(const struct node_place *place);

/* The name of a path as the process sees it; special characters as text_add_escaped has them. */
void procfs_add_path(struct text_builder *text, const struct path *path, const char *special);

/* Generators, by file: procfs_self.c hands them in. */
int procfs_show_status(struct text_builder *text, const struct node_place *place);
int procfs_show_stat(struct text_builder *text, const struct node_place *place);
int procfs_show_statm(struct text_builder *text, const struct node_place *place);
int procfs_show_maps(struct text_builder *text, const struct node_place *place);
int procfs_show_smaps(struct text_builder *text, const struct node_place *place);
int procfs_show_smaps_rollup(struct text_builder *text, const struct node_place *place);
int procfs_show_mounts(struct text_builder *text, const struct node_place *place);
int procfs_show_mountinfo(struct text_builder *text, const struct node_place *place);
int procfs_show_fd(struct text_builder *text, const struct node_place *place);
int procfs_show_fdinfo(struct text_builder *text, const struct node_place *place);
int procfs_follow_fd(const struct node_place *place, struct path *out);
extern const struct node_family procfs_fd_family, procfs_fdinfo_family;

void procfs_add_system(void);
void sysfs_add_system(void);

#endif
