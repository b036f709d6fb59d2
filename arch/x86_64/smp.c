/* SPDX-License-Identifier: MIT */
/*
 * Starting processors (SDM 3A, 8.4), and interrupts from one to another.
 *
 * A processor starts in real mode below 1 MiB: smp_start copies the trampoline (ap_start.asm) into the
 * low memory that the page allocator keeps free. It takes the next entry of `starting`, enters long mode
 * on the boot page tables and comes to ap_main. Nobody waits for it.
 *
 * There is one cross call at a time: `call` is its slot. Whoever waits, for the slot or for the answers,
 * answers others' calls meanwhile, so that two callers with interrupts off cannot wait for each other.
 */
#include "arch/smp.h"

#include <asm/errno.h>

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/timer.h"
#include "arch/upcalls.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/smp_internal.h"
#include "kernel/lib/string.h"

#define TRAMPOLINE_PAGE 0x8000UL /* below LOW_MEMORY_KEPT of mm/page.c, above the BIOS's data */
#define PTE_FIRST_2_MIB 0x83UL   /* present, writable, large, at 0 */
#define PTE_TABLE       0x3UL    /* present, writable */

static u32 apic_ids[CPUS_MAX]; /* by processor number */
static u32 processors = 1;
static u64 online = 1;
bool smp_started;

static const struct smp_stacks *starting;
static NORETURN void (*started)(void);

extern u64 boot_pml4[], boot_identity_pdpt[], boot_identity_pd[]; /* start.asm */
extern const u8 ap_trampoline[], ap_trampoline_end[];
extern struct ap_parameters ap_trampoline_parameters;
u64 ap_stacks[CPUS_MAX]; /* by the order in which they come; ap_start.asm */

void smp_init(const u32 *ids, u32 count)
{
    apic_ids[0] = percpus[0].apic_id;
    for (u32 i = 0; i < count && processors < CPUS_MAX; i++)
        if (ids[i] != apic_ids[0])
            apic_ids[processors++] = ids[i];
}

u32 cpu_count(void)
{
    return processors;
}

u32 smp_apic_id(u32 cpu)
{
    return apic_ids[cpu];
}

u64 smp_online(void)
{
    return __atomic_load_n(&online, __ATOMIC_ACQUIRE);
}

void smp_this_is_online(void)
{
    __atomic_fetch_or(&online, 1UL << cpu_index(), __ATOMIC_SEQ_CST);
}

size_t smp_exception_stacks_size(void)
{
    return sizeof(struct ist_stacks);
}

/* ---- Starting ---------------------------------------------------------------------------------*/

static u32 index_of_apic(u32 apic_id)
{
    u32 index = 0;
    while (index < processors && apic_ids[index] != apic_id)
        index++;
    return index;
}

/* Where ap_start.asm ends, on the processor's own stack. */
void ap_main(void)
{
    cpu_features_enable();
    apic_init_this();
    u32 index = index_of_apic(apic_own_id());
    if (index == 0 || index >= processors)
        cpu_halt_forever(); /* one that the firmware did not name */
    percpu_init(index);
    percpus[index].apic_id = apic_ids[index];
    gdt_init(index, starting[index].exception_stacks);
    context_init_this();
    timer_init_this();
    started();
}

/* Low memory as it is, at its own address, in the boot page tables. */
static void map_low_memory(void)
{
    boot_pml4[0] = mmu_image_physical(boot_identity_pdpt) | PTE_TABLE;
    boot_identity_pdpt[0] = mmu_image_physical(boot_identity_pd) | PTE_TABLE;
    boot_identity_pd[0] = PTE_FIRST_2_MIB;
}

static void place_trampoline(void)
{
    u8 *page = phys_to_virt(TRAMPOLINE_PAGE);
    struct ap_parameters *parameters =
        (void *)(page + ((const u8 *)&ap_trampoline_parameters - ap_trampoline));
    memcpy(page, ap_trampoline, ap_trampoline_end - ap_trampoline);
    parameters->page_tables = mmu_image_physical(boot_pml4);
    parameters->efer = rdmsr(IA32_EFER) & ~EFER_LMA;
}

int smp_start(const struct smp_stacks *stacks, u32 count, NORETURN void (*entry)(void))
{
    paddr_t ignored;
    u32 flags;
    if (mmu_image_physical(boot_pml4) >> 32 != 0 ||
        !mmu_query(&mmu_kernel, (vaddr_t)phys_to_virt(TRAMPOLINE_PAGE), &ignored, &flags))
        return -ENXIO;
    starting = stacks;
    started = entry;
    smp_started = true;
    for (u32 cpu = 1; cpu <= count; cpu++)
        ap_stacks[cpu - 1] = stacks[cpu].stack_top;
    map_low_memory();
    place_trampoline();
    for (u32 cpu = 1; cpu <= count; cpu++)
        apic_send(apic_ids[cpu], APIC_SEND_INIT);
    /* The pauses of SDM 3A, 8.4.4.1 are for processors of the last century; a second start-up message
     * is for those that lost the first, and means nothing to one that runs. */
    for (u32 round = 0; round < 2; round++)
        for (u32 cpu = 1; cpu <= count; cpu++)
            apic_send(apic_ids[cpu], APIC_SEND_STARTUP | TRAMPOLINE_PAGE >> PAGE_SHIFT);
    return 0;
}

/* ---- From one to another ----------------------------------------------------------------------*/

void smp_kick(u32 cpu)
{
    percpu_this()->kicks |= 1UL << cpu;
}

void smp_send_kicks(void)
{
    struct percpu *own = percpu_this();
    u64 cpus = own->kicks;
    own->kicks = 0;
    for (; cpus != 0; cpus &= cpus - 1)
        apic_send(apic_ids[__builtin_ctzl(cpus)], VECTOR_KICK);
}

static struct {
    u32 taken; /* by one caller */
    void (*function)(void *context);
    void *context;
    u64 pending; /* processors that have not answered */
} call;

/* Interrupts are off. When our bit is cleared the caller goes on, and function and context are no more. */
void smp_answer_call(void)
{
    u64 own = 1UL << cpu_index();
    if (!(__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE) & own))
        return;
    call.function(call.context);
    __atomic_fetch_and(&call.pending, ~own, __ATOMIC_RELEASE);
}

void smp_call(u64 cpus, void (*function)(void *context), void *context)
{
    if (cpus == 0)
        return;
    arch_upcall_waits_for_others();
    while (__atomic_exchange_n(&call.taken, 1, __ATOMIC_ACQUIRE)) {
        u64 flags = irq_save(); /* the interrupt must not answer while we do */
        smp_answer_call();
        irq_restore(flags);
        cpu_relax();
    }
    call.function = function;
    call.context = context;
    __atomic_store_n(&call.pending, cpus, __ATOMIC_RELEASE);
    for (u64 left = cpus; left != 0; left &= left - 1)
        apic_send(apic_ids[__builtin_ctzl(left)], VECTOR_CALL);
    while (__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE) != 0)
        cpu_relax();
    __atomic_store_n(&call.taken, 0, __ATOMIC_RELEASE);
}

void smp_halt_others(void)
{
    for (u64 left = smp_online() & ~(1UL << cpu_index()); left != 0; left &= left - 1)
        apic_send(apic_ids[__builtin_ctzl(left)], APIC_SEND_NMI);
}
