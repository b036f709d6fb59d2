/* SPDX-License-Identifier: MIT */
/* Signals read from a file (man 2 signalfd): those that wait for whoever reads. */
#ifndef KERNEL_PROC_SIGNALFD_H
#define KERNEL_PROC_SIGNALFD_H

#include "fs/file.h"

/* A file for the signals of `mask`. `flags`: O_NONBLOCK. One reference, or NULL: out of memory. */
struct file *signalfd_create(u64 mask, u32 flags);

bool file_is_signalfd(const struct file *file);

/* Change the mask. */
void signalfd_set_mask(struct file *file, u64 mask);

#endif
