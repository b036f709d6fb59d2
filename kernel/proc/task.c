/* SPDX-License-Identifier: MIT */
/* Tasks: the map, references, the end of one. */
#include "kernel/proc/task.h"

#include <asm/errno.h>
#include <linux/futex.h>
#include <linux/sched.h>

#include "arch/usercopy.h"
#include "kernel/core/refcount.h"
#include "kernel/core/thread_memory.h"
#include "kernel/lib/string.h"
#include "kernel/proc/futex/futex.h"
#include "mm/heap.h"

/* Numbers below this are not given again once all were used (Linux: RESERVED_PIDS). */
#define TID_RESERVED 300

/* An FPU area must be aligned to 64 bytes, which a block whose size is a power of two is. */
static void *fpu_area_create(void)
{
    size_t size = 64;
    while (size < fpu_area_size())
        size *= 2;
    void *area = kmalloc(size);
    if (area)
        fpu_area_init(area);
    return area;
}

struct task *task_create(struct process *process, void (*entry)(void *), void *argument)
{
    struct task *task = kzalloc(sizeof(*task));
    struct thread *thread = task ? thread_create(entry, argument) : NULL;
    void *fpu_area = thread ? fpu_area_create() : NULL;
    if (!fpu_area) {
        if (thread)
            thread_discard(thread);
        kfree(task);
        return NULL;
    }
    task->thread = thread;
    task->process = process;
    task->refs = 1;
    signals_init_state(&process->signals, &task->signals);
    futex_task_init(&task->futexes);
    thread->process = process;
    thread->task = task;
    thread->arch.fpu_area = fpu_area;
    thread->arch.space = &process->space.mmu;
    return task;
}

void task_discard(struct task *task)
{
    thread_discard(task->thread);
    kfree(task);
}

/* ---- The map ----------------------------------------------------------------------------------*/

struct task *task_find_locked(const struct process *process, int tid)
{
    /* Oneself, most often; a task without a thread is in the map no more. */
    struct task *self = task_current();
    if (self && self->tid == tid && self->process == process && self->thread)
        return self;
    return tid > 0 ? radix_find(&process->tasks, tid) : NULL;
}

struct task *task_next_locked(const struct process *process, int *tid)
{
    u64 index = *tid;
    struct task *task = radix_next(&process->tasks, &index);
    *tid = (int)index;
    return task;
}

/* The next number that nobody has; 0: all are taken. */
static int free_tid_locked(struct process *process)
{
    for (int tries = 0; tries < TID_MAX; tries++) {
        int tid = process->next_tid;
        process->next_tid = tid + 1 < TID_MAX ? tid + 1 : TID_RESERVED;
        if (!radix_find(&process->tasks, tid))
            return tid;
    }
    return 0;
}

int task_enter(struct task *task)
{
    struct process *process = task->process;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    int tid = free_tid_locked(process);
    int error = tid == 0 ? -EAGAIN : radix_insert(&process->tasks, tid, task);
    if (error == 0)
        task->tid = task->thread->tid = tid;
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return error;
}

struct task *task_get(struct process *process, int tid)
{
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    struct task *task = task_find_locked(process, tid);
    if (task)
        ref_take(&task->refs);
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return task;
}

struct task *task_get_next(struct process *process, int tid)
{
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    struct task *task = task_next_locked(process, &tid);
    if (task)
        ref_take(&task->refs);
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return task;
}

void task_put(struct task *task)
{
    if (ref_drop(&task->refs))
        kfree(task);
}

u32 task_count(struct process *process)
{
    return __atomic_load_n(&process->tasks.count, __ATOMIC_RELAXED);
}

static bool is_asleep_locked(const struct task *task)
{
    return task->thread && task->thread->state == THREAD_BLOCKED;
}

u32 task_count_awake(struct process *process)
{
    struct task *task;
    u32 count = 0;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    for_each_task_locked(task, process, tid) count += task->thread && !is_asleep_locked(task);
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return count;
}

int task_last_tid(const struct process *process)
{
    return __atomic_load_n(&process->next_tid, __ATOMIC_RELAXED) - 1;
}

/* ---- Time -------------------------------------------------------------------------------------*/

static u64 cpu_ns_locked(struct task *task)
{
    return task->thread ? sched_thread_ns(task->thread) : task->ended_ns;
}

u64 task_cpu_ns(struct task *task)
{
    struct process *process = task->process;
    if (task == task_current())
        return sched_thread_ns(task->thread);
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    u64 ns = cpu_ns_locked(task);
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return ns;
}

u64 process_cpu_ns(struct process *process)
{
    struct task *task;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    u64 ns = process->ended_ns;
    for_each_task_locked(task, process, tid) ns += cpu_ns_locked(task);
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return ns;
}

/* ---- What is told of a thread -----------------------------------------------------------------*/

/* Two words: a name of which somebody sees one half while it is set ends in 0, too. */
void task_name(const struct task *task, char *out)
{
    const u64 *words = (const u64 *)task->name;
    for (size_t i = 0; i < sizeof(task->name) / sizeof(*words); i++) {
        u64 word = __atomic_load_n(&words[i], __ATOMIC_RELAXED);
        memcpy(out + i * sizeof(word), &word, sizeof(word));
    }
}

void task_set_name(struct task *task, const char *name)
{
    u64 text[PROCESS_NAME_MAX / sizeof(u64)] = {0}, *words = (u64 *)task->name;
    strscpy((char *)text, name, sizeof(text));
    for (size_t i = 0; i < ARRAY_SIZE(text); i++)
        __atomic_store_n(&words[i], text[i], __ATOMIC_RELAXED);
}

static void add_io(struct task_io *sum, const struct task_io *io)
{
    sum->read_bytes += __atomic_load_n(&io->read_bytes, __ATOMIC_RELAXED);
    sum->written_bytes += __atomic_load_n(&io->written_bytes, __ATOMIC_RELAXED);
    sum->read_calls += __atomic_load_n(&io->read_calls, __ATOMIC_RELAXED);
    sum->write_calls += __atomic_load_n(&io->write_calls, __ATOMIC_RELAXED);
}

struct task_io process_io(struct process *process)
{
    struct task *task;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    struct task_io sum = process->ended_io;
    for_each_task_locked(task, process, tid) add_io(&sum, &task->io);
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return sum;
}

/* ---- Schedule ---------------------------------------------------------------------------------*/

struct thread_schedule task_schedule(struct task *task)
{
    u64 flags = spin_lock_irqsave(&task->process->signals.lock);
    struct thread_schedule schedule = task->thread ? sched_get(task->thread) : task->ended_schedule;
    spin_unlock_irqrestore(&task->process->signals.lock, flags);
    return schedule;
}

u8 task_priority(struct task *task)
{
    u64 flags = spin_lock_irqsave(&task->process->signals.lock);
    u8 priority = task->thread ? sched_priority(task->thread) : 0;
    spin_unlock_irqrestore(&task->process->signals.lock, flags);
    return priority;
}

bool task_is_asleep(struct task *task)
{
    u64 flags = spin_lock_irqsave(&task->process->signals.lock);
    bool asleep = is_asleep_locked(task);
    spin_unlock_irqrestore(&task->process->signals.lock, flags);
    return asleep;
}

u32 task_cpu(struct task *task)
{
    u64 flags = spin_lock_irqsave(&task->process->signals.lock);
    u32 cpu = task->thread ? task->thread->cpu : 0;
    spin_unlock_irqrestore(&task->process->signals.lock, flags);
    return cpu;
}

int task_change_schedule(struct task *task, schedule_change change, const void *wish)
{
    u64 flags = spin_lock_irqsave(&task->process->signals.lock);
    struct thread_schedule schedule = task->thread ? sched_get(task->thread) : task->ended_schedule;
    int error = change(task, &schedule, wish);
    if (error == 0 && task->thread)
        sched_set(task->thread, &schedule);
    else if (error == 0)
        task->ended_schedule = schedule;
    spin_unlock_irqrestore(&task->process->signals.lock, flags);
    if (error == 0)
        futex_priority_changed(task);
    return error;
}

/* Linux kernel/sched/core.c: sched_fork. */
void task_reset_schedule(struct task *task)
{
    struct thread_schedule schedule = sched_get(task->thread);
    if (schedule.priority != 0) {
        schedule.policy = SCHED_NORMAL;
        schedule.priority = 0;
        schedule.niceness = 0;
    }
    schedule.niceness = MAX(schedule.niceness, 0);
    sched_set(task->thread, &schedule);
}

/* ---- The end ----------------------------------------------------------------------------------*/

/* Who joins the thread waits for this. */
static void clear_child_tid(const struct task *task)
{
    u32 zero = 0;
    uptr word = UPTR(task->clear_child_tid);
    if (task->clear_child_tid == 0 || task_count(task->process) == 1)
        return;
    if (usercopy_to(word, &zero, sizeof(zero)) == 0)
        (void)!futex_wake((struct futex_word){word, true}, 1, FUTEX_BITSET_MATCH_ANY);
}

/* Out of the map; its sums go on in the process. */
static void remove_locked(struct process *process, struct task *task)
{
    process->ended_ns += task->ended_ns;
    add_io(&process->ended_io, &task->io);
    radix_remove(&process->tasks, task->tid);
}

/* Take the thread out of its process; whether it was the last. *stays: the first one, whose task is kept. */
static bool leave(struct task *task, bool *stays)
{
    struct process *process = task->process;
    u64 flags = spin_lock_irqsave(&process->signals.lock);
    *stays = task->tid == process->pid && process->tasks.count > 1;
    task->ended_ns = sched_thread_ns(task->thread);
    if (*stays)
        task->ended_schedule = sched_get(task->thread);
    else
        remove_locked(process, task);
    process->first_ended |= *stays;
    task->thread = NULL;
    bool last = !*stays && process->tasks.count == process->first_ended;
    spin_unlock_irqrestore(&process->signals.lock, flags);
    return last;
}

void task_exit(u8 status)
{
    struct thread *thread = thread_current();
    struct task *task = thread->task;
    bool stays;
    futex_thread_ends(task);
    clear_child_tid(task);
    if (leave(task, &stays)) {
        task->thread = thread; /* for those who report on the way out */
        process_exit(status);
    }
    signals_end_task(task);
    thread_memory_trim();
    thread->task = NULL;
    thread->process = NULL;
    if (!stays)
        task_put(task);
    thread_exit();
}
