/* SPDX-License-Identifier: MIT */
/*
 * The threads of a process: who they are, how one begins and ends.
 *
 * A process knows its tasks by number (process->tasks, guarded by process->signals.lock: most who look
 * for a thread want to send it a signal). A task in the map has its thread; one that a reference keeps
 * beyond that has none. The first one stays in the map when it ends before the others, as on Linux, where
 * its number is the process's: it is asked about, and signals to it alone wait for nobody.
 */
#ifndef KERNEL_PROC_TASK_H
#define KERNEL_PROC_TASK_H

#include "kernel/proc/process.h"

/* Linux's default kernel.pid_max. */
#define TID_MAX 32768

/* A task with its thread, which will run entry(argument), and an FPU area; the process does not know it yet.
 * Scheduled as the running thread is. NULL: out of memory. */
struct task *task_create(struct process *process, void (*entry)(void *), void *argument);
/* Give back one that was never started. */
void task_discard(struct task *task);

/* Give the task a number and make it known. 0, -ENOMEM, or -EAGAIN: there are too many. */
int task_enter(struct task *task) MUST_CHECK;

/* The task with this number; NULL. Lock held. */
struct task *task_find_locked(const struct process *process, int tid);
/* The task with the lowest number from *tid on, which becomes *tid; NULL: none. Lock held. */
struct task *task_next_locked(const struct process *process, int *tid);
#define for_each_task_locked(task, process, tid) \
    for (int tid = 0; ((task) = task_next_locked((process), &tid)) != NULL; tid++)

/* The same with the lock taken inside and a reference for the caller (task_put). Any context. */
struct task *task_get(struct process *process, int tid);
struct task *task_get_next(struct process *process, int tid);
void task_put(struct task *task);

/* How many threads there are, with a first one that has ended; how many of them do not sleep; and the number
 * that was given last. */
u32 task_count(struct process *process);
u32 task_count_awake(struct process *process);
int task_last_tid(const struct process *process);

/* Processor time of one, also of one that has ended, and of all of a process; nanoseconds. Any
 * context. */
u64 task_cpu_ns(struct task *task);
u64 process_cpu_ns(struct process *process);

/* Does it sleep? The processor that it ran on last. */
bool task_is_asleep(struct task *task);
u32 task_cpu(struct task *task);

/* How it is scheduled, also one that has ended. */
struct thread_schedule task_schedule(struct task *task);
/* The real-time priority that counts, also by inheritance. */
u8 task_priority(struct task *task);

/* Change a part of its schedule, in one step with what others change: `change` puts `wish` into `schedule`,
 * which is how the task is scheduled now, or says why not, by -errno, which is the result. It runs with
 * signals.lock held. */
typedef int (*schedule_change)(struct task *task, struct thread_schedule *schedule,
                               const void *wish);
int task_change_schedule(struct task *task, schedule_change change, const void *wish);

/* A new task, which does not run yet, is scheduled without privileges: what SCHED_RESET_ON_FORK of its maker
 * wants. */
void task_reset_schedule(struct task *task);

/* End the running thread: its robust futexes and its clear_child_tid are seen to. The last one ends the
 * process, with its own status. */
NORETURN void task_exit(u8 status);

/* What clone(2) and clone3(2) tell. */
struct clone_request {
    u64 flags; /* CLONE_*; without the exit signal */
    u64 stack; /* the new stack pointer; 0: the same */
    u64 tls;
    u64 parent_tid, child_tid; /* addresses */
};

/* A new thread of the running process, at the place where this one is. Its number, or -errno; what is no
 * thread (CLONE_THREAD) is -ENOSYS. The running thread's frame is complete. */
long task_clone(const struct clone_request *request);

#endif
