/* SPDX-License-Identifier: MIT */
/*
 * Where a process stands in the tree: its root and its working directory. One thread may change them while
 * others walk: who looks takes references of its own.
 */
#ifndef KERNEL_PROC_PLACE_H
#define KERNEL_PROC_PLACE_H

#include "fs/path.h"
#include "kernel/core/spinlock.h"

struct process_place {
    struct spinlock lock;   /* guards `at` */
    struct path_context at; /* with references; until exec has built the tree, empty */
};

/* Both, with references for the caller (place_put). Any thread. */
void place_get(struct process_place *place, struct path_context *out);
void place_put(const struct path_context *context);

/* One of them, with a reference (path_put). */
void place_get_root(struct process_place *place, struct path *out);
void place_get_cwd(struct process_place *place, struct path *out);

/* Move there; the reference of `to` moves along. */
void place_set_root(struct process_place *place, const struct path *to);
void place_set_cwd(struct process_place *place, const struct path *to);

#endif
