/* SPDX-License-Identifier: MIT */
/*
 * Local APIC: x2APIC registers where the processor has them, memory-mapped ones otherwise.
 *
 * The legacy interrupt controller is masked, in case there is one, and never used.
 */
#include "arch/x86_64/apic.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/io.h"
#include "arch/x86_64/msr.h"

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK  0xa1

#define SPURIOUS_ENABLE (1u << 8)
#define LVT_NMI         (4u << 8)

static bool use_x2apic;
static volatile u32 *registers;

u32 apic_read(u32 reg)
{
    return use_x2apic ? (u32)rdmsr(IA32_X2APIC_FIRST + reg) : registers[reg * 4];
}

void apic_write(u32 reg, u32 value)
{
    if (use_x2apic)
        wrmsr(IA32_X2APIC_FIRST + reg, value);
    else
        registers[reg * 4] = value;
}

static void map_registers(paddr_t base)
{
    static const vaddr_t window = KMAP_BASE; /* the first page of the area is kept for this */
    paddr_t physical = base ? base : rdmsr(IA32_APIC_BASE) & 0xffffffffff000UL;
    if (mmu_map(&mmu_kernel, window, physical, MMU_WRITE | MMU_DEVICE | MMU_GLOBAL) == 0)
        registers = (volatile u32 *)window;
}

void apic_init(paddr_t base)
{
    outb(PIC_MASTER_MASK, 0xff);
    outb(PIC_SLAVE_MASK, 0xff);
    use_x2apic = cpu_features.x2apic;
    if (!use_x2apic)
        map_registers(base);
    apic_init_this();
}

void apic_init_this(void)
{
    u64 state = rdmsr(IA32_APIC_BASE) | IA32_APIC_BASE_ENABLE;
    wrmsr(IA32_APIC_BASE, state | (use_x2apic ? IA32_APIC_BASE_X2APIC : 0));
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT1, LVT_NMI);
    apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED);
    apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
}

u32 apic_own_id(void)
{
    u32 id = apic_read(APIC_ID);
    return use_x2apic ? id : id >> 24;
}

void apic_send(u32 apic_id, u32 what)
{
    u64 flags = irq_save();
    if (use_x2apic) {
        /* The fence: what was stored before is seen by the one that is interrupted (SDM 3A, 10.12.3). */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        wrmsr(IA32_X2APIC_FIRST + APIC_COMMAND, (u64)apic_id << 32 | what);
    } else {
        while (apic_read(APIC_COMMAND) & APIC_SEND_PENDING)
            cpu_relax();
        apic_write(APIC_DESTINATION, apic_id << 24);
        apic_write(APIC_COMMAND, what);
    }
    irq_restore(flags);
}
