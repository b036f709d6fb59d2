/* SPDX-License-Identifier: MIT */
/*
 * Starting the other processors: memory for their stacks, then what each does first.
 *
 * A program with one thread has no use for them, so the boot does not pay for them: the first clone does,
 * and does not wait for them either.
 */
#include "kernel/processors.h"

#include "arch/smp.h"
#include "kernel/core/log.h"
#include "kernel/core/sched.h"
#include "kernel/core/time.h"
#include "mm/heap.h"
#include "mm/kmap.h"

static struct smp_stacks stacks[CPUS_MAX];

static NORETURN void run_processor(void)
{
    sched_init_cpu();
    smp_this_is_online();
    sched_idle();
}

static bool stacks_create(struct smp_stacks *out)
{
    out->stack_top = kstack_alloc();
    out->exception_stacks = kzalloc(smp_exception_stacks_size());
    return out->stack_top != 0 && out->exception_stacks;
}

static void start_others(void)
{
    u32 count = 0;
    while (count + 1 < cpu_count() && stacks_create(&stacks[count + 1]))
        count++;
    if (count + 1 < cpu_count())
        log_print(LOG_ERR, "no memory for more than %u processors", count + 1);
    (void)time_now_ns(); /* from which the others' clocks go on: time.c */
    if (count != 0 && smp_start(stacks, count, run_processor) != 0)
        log_print(LOG_ERR, "the other processors cannot be started: no room below 1 MiB");
}

void processors_init(const struct acpi_facts *facts)
{
    static u32 apic_ids[CPUS_MAX];
    u32 count = 0;
    for (u32 i = 0; i < facts->cpu_count && count < CPUS_MAX; i++)
        if (facts->cpus[i].enabled)
            apic_ids[count++] = facts->cpus[i].apic_id;
    smp_init(apic_ids, count);
    if (cpu_count() != 1)
        sched_set_starter(start_others);
}
