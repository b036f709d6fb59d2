/* SPDX-License-Identifier: MIT */
/*
 * Names of the numbers that system calls take, with their values from the headers that programs are
 * compiled with: one file for each subject. The order in a table is strace's, in which flags are printed. A
 * table may grow by any name the headers know; nothing else depends on it. Tables that one file of the trace
 * needs alone stand there, as those of terminals in trace_ioctl.c.
 *
 * How a table is written: NAMES(table, what an unknown number is called, LIST), with LIST(N) a
 * list of N(CONSTANT). Each table is one list of names, and unfolds into their values and one string of
 * them all.
 */
#ifndef SYSCALL_TRACE_NAMES_NAMES_H
#define SYSCALL_TRACE_NAMES_NAMES_H

#include "kernel/lib/types.h"

/* Names of one kind of number or flag, in strace's order; combinations stand before their parts,
 * a name of 0 first. */
struct trace_names {
    const char *unknown; /* the comment on a number without a name: "MADV_???" */
    const char *names;   /* one after the other, each with its NUL */
    const u32 *values;
    u32 count;
};

#define NAMES_VALUE(name) name,
#define NAMES_TEXT(name)  #name "\0"
#define NAMES(table, unknown, LIST)                                              \
    static const u32 table##_values[] = {LIST(NAMES_VALUE)};                     \
    const struct trace_names table = {unknown, LIST(NAMES_TEXT), table##_values, \
                                      ARRAY_SIZE(table##_values)}

/* The same for a table that only one file needs. */
#define NAMES_HERE(table, unknown, LIST)                                                \
    static const u32 table##_values[] = {LIST(NAMES_VALUE)};                            \
    static const struct trace_names table = {unknown, LIST(NAMES_TEXT), table##_values, \
                                             ARRAY_SIZE(table##_values)}

/* names_files.c */
extern const struct trace_names trace_access_modes, trace_at_flags, trace_close_range_flags,
    trace_faccess_flags, trace_fadvice, trace_fallocate_flags, trace_fcntl_commands, trace_fd_flags,
    trace_file_types, trace_flock_operations, trace_lock_types, trace_mode_bits, trace_mount_flags,
    trace_notify_events, trace_open_flags, trace_open_modes, trace_owners, trace_rename_flags,
    trace_resolve_flags, trace_rwf_flags, trace_splice_flags, trace_stat_attributes,
    trace_statfs_types, trace_statx_flags, trace_statx_masks, trace_sync_range_flags, trace_whence,
    trace_xattr_flags;
/* names_memory.c */
extern const struct trace_names trace_advice, trace_memfd_flags, trace_mlock_flags,
    trace_mlockall_flags, trace_mmap_flags, trace_mmap_types, trace_mremap_flags, trace_msync_flags,
    trace_prot, trace_seals;
/* names_process.c */
extern const struct trace_names trace_arch_codes, trace_cap_versions, trace_capabilities,
    trace_dumpable, trace_personalities, trace_personality_flags, trace_prctl_ambient,
    trace_prctl_options, trace_prctl_tsc, trace_random_flags, trace_resources, trace_rusage_who;
/* names_threads.c */
extern const struct trace_names trace_clone_flags, trace_futex_flags, trace_futex_ops,
    trace_io_classes, trace_io_whose, trace_membarrier_commands, trace_membarrier_flags,
    trace_priority_whose, trace_schedule_flags, trace_schedule_policies;
/* names_signals.c */
extern const struct trace_names trace_sigev_kinds, trace_signal_flags, trace_signal_how,
    trace_signalfd_flags, trace_signals, trace_stack_flags;
/* names_time.c */
extern const struct trace_names trace_adjtimex_modes, trace_adjtimex_status, trace_clock_states,
    trace_clocks, trace_interval_timers, trace_timer_flags, trace_timerfd_flags;
/* names_events.c */
extern const struct trace_names trace_epoll_events, trace_epoll_flags, trace_epoll_ops,
    trace_eventfd_flags, trace_inotify_events, trace_inotify_flags, trace_poll_events;
/* names_sockets.c */
extern const struct trace_names trace_message_flags, trace_shutdown, trace_socket_families,
    trace_socket_types;

#endif
