/* SPDX-License-Identifier: MIT */
/* The files of /proc and /sys that tell of processes and of the system. */
#ifndef KERNEL_PROC_PROCFS_NODES_H
#define KERNEL_PROC_PROCFS_NODES_H

/* Hand all tables in. Once, before a program runs. */
void procfs_nodes_add(void);

#endif
