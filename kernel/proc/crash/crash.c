/* SPDX-License-Identifier: MIT */
/*
 * One block, put together in memory that is always there, since memory may be what is out, and handed
 * to the log in one piece. Without a lock: of all threads only the one that ends the process gets here,
 * and the others do not go back to the program any more.
 */
#include "kernel/proc/crash/crash.h"

#include <asm/mman.h>

#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/fault_text.h"
#include "arch/usercopy.h"
#include "kernel/core/log.h"
#include "kernel/lib/string.h"
#include "kernel/proc/crash/backtrace.h"
#include "kernel/proc/crash/code_file.h"
#include "kernel/proc/crash/crash_reason.h"
#include "kernel/proc/process.h"

#define CUT         "...\n" /* the end of a report that is too long */
#define CUT_LENGTH  (sizeof(CUT) - 1)
#define CHUNKS      2
#define CODE_BEFORE 8 /* bytes shown in front of the instruction */
#define CODE_SHOWN  24
#define NAME_SHOWN  256 /* of a path, from its end */

static struct thread *reporter;
static char memory[CHUNKS][TEXT_CHUNK];
static char *chunks[CHUNKS];
static struct text_builder report;
static struct code_files files;

static bool brief;

void crash_set_brief(bool wish)
{
    brief = wish;
}

bool crash_in_progress(void)
{
    return __atomic_load_n(&reporter, __ATOMIC_RELAXED) == thread_current();
}

static void *take_chunk(size_t size)
{
    return size == TEXT_CHUNK && report.count < CHUNKS ? memory[report.count] : NULL;
}

static void keep_chunk(void *chunk)
{
    (void)chunk;
}

static const struct text_memory fixed_memory = {take_chunk, keep_chunk};

static void begin(void)
{
    text_init(&report, &fixed_memory);
    report.chunks = chunks;
    report.capacity = CHUNKS;
}

/* ---- Mappings ---------------------------------------------------------------------------------*/

static void add_place_name(const struct code_place *place)
{
    const char *name = place->file ? code_file_name(&files, place->file) : "";
    size_t length = strlen(name);
    if (length > NAME_SHOWN) {
        text_add_string(&report, "...");
        name += length - NAME_SHOWN;
    }
    backtrace_add_name(&report, *name ? name : place->special ? place->special : "(no file)");
}

/* A mapping, as /proc/self/maps has it. */
static void add_place(vaddr_t address, const struct code_place *place)
{
    u64 offset = place->file ? place->offset - (address - place->start) : 0;
    text_print(&report, " %lx-%lx %c%c%c%c %08lx ", place->start, place->end,
               place->prot & PROT_READ ? 'r' : '-', place->prot & PROT_WRITE ? 'w' : '-',
               place->prot & PROT_EXEC ? 'x' : '-', place->shared ? 's' : 'p', offset);
    add_place_name(place);
    text_add_string(&report, "\n");
}

static bool describe_neighbour(const char *title, vaddr_t address, enum code_search how)
{
    struct code_place place;
    bool found = code_files_find(&files, address, how, &place);
    if (found) {
        text_add_string(&report, title);
        add_place(address, &place);
    }
    return found;
}

/* The mapping of an address, or what lies around it. */
static void describe_place(const char *name, vaddr_t address)
{
    text_print(&report, "  %s %lx lies in", name, address);
    if (describe_neighbour("", address, CODE_AT))
        return;
    text_add_string(&report, " no mapping\n");
    describe_neighbour("    below it:", address, CODE_BELOW);
    describe_neighbour("    above it:", address, CODE_ABOVE);
}

/* ---- The block --------------------------------------------------------------------------------*/

static void add_line(const char *line)
{
    text_print(&report, "  %s\n", line);
}

/* The bytes around the instruction, which stands in brackets; those that are not there as question marks. */
static void add_code(u64 rip)
{
    text_add_string(&report, "  code");
    for (u64 i = 0; i < CODE_SHOWN; i++) {
        u8 byte;
        bool here = i == CODE_BEFORE;
        text_add_string(&report, here ? " <" : " ");
        if (usercopy_from(&byte, UPTR(rip - CODE_BEFORE + i), sizeof(byte)) == 0)
            text_print(&report, "%02x", byte);
        else
            text_add_string(&report, "??");
        text_add_string(&report, here ? ">" : "");
    }
    text_add_string(&report, "\n");
}

static void add_head(const struct trap_frame *frame, int signal, const struct signal_info *info,
                     const char *why)
{
    struct task *task = task_current();
    char name[PROCESS_NAME_MAX];
    task_name(task, name);
    backtrace_add_name(&report, name);
    crash_add_reason(&report, frame, signal, info, why);
    text_print(&report, " (pid %d, thread %d, ring %d)\n", task->process->pid, task->thread->tid,
               task->process->ring);
}

static void add_body(const struct trap_frame *frame, int signal, const struct signal_info *info)
{
    struct unwind_registers registers = {.known = (1u << UNWIND_REGISTERS) - 1};
    frame_describe_program(frame, add_line);
    add_code(frame->rip);
    describe_place("rip", frame->rip);
    if (crash_has_address(signal, info) && info->address != frame->rip)
        describe_place("address", info->address);
    text_add_string(&report, "  backtrace:\n");
    frame_registers(frame, registers.value);
    backtrace_print(&report, &files, &registers);
    code_files_close(&files);
}

void crash_report(const struct trap_frame *frame, int signal, const struct signal_info *info,
                  const char *why)
{
    if (!crash_is_reported(signal) || !log_is_shown(LOG_ERR))
        return;
    __atomic_store_n(&reporter, thread_current(), __ATOMIC_RELAXED);
    begin();
    add_head(frame, signal, info, why);
    if (!brief)
        add_body(frame, signal, info);
    if (report.error) /* full */
        memcpy(memory[0] + report.length - CUT_LENGTH, CUT, CUT_LENGTH);
    log_block(memory[0], report.length);
}
