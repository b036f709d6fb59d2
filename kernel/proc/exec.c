/* SPDX-License-Identifier: MIT */
/*
 * Running the program that the machine was booted for.
 *
 * The first module is either the program itself or a cpio archive that contains it. The steps are
 * those of execve: find the file, check it into a plan, place it, build the stack, enter. Each
 * failure ends the machine with one line that says what is wrong with the file.
 */
#include "kernel/proc/exec.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/mman.h>

#include "arch/context.h"
#include "arch/usercopy.h"
#include "fs/tty_file.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/core/random.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/lib/cpio.h"
#include "kernel/lib/string.h"
#include "kernel/proc/process.h"
#include "loader/image.h"
#include "loader/stack.h"
#include "mm/heap.h"

#define DEFAULT_INIT "/init"

/* Where things go when nothing is random: what debuggers are used to see on Linux. */
#define IMAGE_BASE       0x555555554000UL
#define IMAGE_RANDOM     28          /* bits, in pages; Linux: mmap_rnd_bits */
#define STACK_RANDOM     22          /* Linux: 16 GiB of stack positions */
#define STACK_RANDOM_LOW 8           /* and these many 16-byte steps within the page */
#define BRK_RANDOM       13          /* 32 MiB */
#define MMAP_GAP         (128 * MIB) /* least room kept for the stack (Linux: mmap_base) */

/* S_IFMT and S_IFREG: <linux/stat.h> hides them once <elf.h> has brought in the C library's
 * feature macros. */
#define MODE_TYPE    0170000
#define MODE_REGULAR 0100000

#define DEBUGGER_POLL_NS 20000000

void (*exec_before_first_instruction)(void);

struct program_file {
    const char *path;
    paddr_t base;
    u64 size;
};

static NORETURN void give_up(u8 status, const char *path, const char *why)
{
    log_print(LOG_ERR, "%s: %s", path, why);
    process_exit(status);
}

static const char *wanted_path(const struct exec_request *request, bool archive)
{
    const char *name = request->boot->modules[0].name;
    if (request->cmdline->init)
        return request->cmdline->init;
    return archive || name[0] == '\0' ? DEFAULT_INIT : name;
}

static void find_in_archive(const struct boot_module *module, struct program_file *file)
{
    struct cpio_entry entry;
    const char *why = "not in the archive";
    const u8 *bytes = phys_to_virt(module->base);
    int error = cpio_find(bytes, module->size, file->path, &entry, &why);
    if (error == -ENOENT)
        give_up(EXIT_STATUS_NOT_FOUND, file->path, "no such file in the archive");
    if (error != 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, file->path, why);
    if ((entry.mode & MODE_TYPE) != MODE_REGULAR)
        give_up(EXIT_STATUS_NOT_LOADABLE, file->path, "not a regular file");
    file->base = module->base + (entry.data - bytes);
    file->size = entry.data_size;
}

static struct program_file find_program(const struct exec_request *request)
{
    const struct boot_info *boot = request->boot;
    if (boot->module_count == 0)
        give_up(EXIT_STATUS_NOT_FOUND, "no program",
                "the boot loader passed no initrd (QEMU: -initrd FILE, GRUB: module2 FILE)");
    const struct boot_module *module = &boot->modules[0];
    bool archive = cpio_is_archive(phys_to_virt(module->base), module->size);
    struct program_file file = {wanted_path(request, archive), module->base, module->size};
    if (archive)
        find_in_archive(module, &file);
    if (boot->module_count > 1 || boot->modules_dropped != 0)
        log_print(LOG_WARNING, "%u modules: only the first is used",
                  boot->module_count + boot->modules_dropped);
    return file;
}

static int read_file(const struct image_source *source, u64 offset, void *buffer, size_t length)
{
    const struct program_file *file = source->context;
    if (offset > file->size || length > file->size - offset)
        return -EIO;
    memcpy(buffer, phys_to_virt(file->base + offset), length);
    return 0;
}

static u64 random_pages(const struct cmdline *cmdline, unsigned bits)
{
    return cmdline->nokaslr ? 0 : (random_u64() & ((1UL << bits) - 1)) << PAGE_SHIFT;
}

static u64 choose_bias(const struct cmdline *cmdline, const struct elf64_plan *plan)
{
    if (!plan->position_independent)
        return 0;
    u64 base = IMAGE_BASE + random_pages(cmdline, IMAGE_RANDOM);
    return ALIGN_DOWN(base - plan->low, MAX(plan->align, PAGE_SIZE));
}

/* The top of the stack, its mapping, and what depends on it. */
static vaddr_t place_stack(struct process *process, const struct cmdline *cmdline,
                           const struct elf64_plan *plan)
{
    struct aspace *space = &process->space;
    vaddr_t top = USER_LIMIT - random_pages(cmdline, STACK_RANDOM), ignored;
    u64 low_bits = cmdline->nokaslr ? 0 : (random_u64() & ((1UL << STACK_RANDOM_LOW) - 1)) * 16;
    u32 prot = PROT_READ | PROT_WRITE | (plan->stack_executable ? PROT_EXEC : 0);
    u64 first = 2 * PAGE_SIZE; /* it grows from there at the first touch */
    if (aspace_map(space, top - first, first, prot, VMA_GROWS_DOWN, PLACE_FIXED_UNUSED, NULL, 0,
                   &ignored) != 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, process->path, "no room for the stack");
    u64 gap = MAX(space->stack_limit, MMAP_GAP) + PAGE_SIZE;
    space->mmap_top = ALIGN_DOWN(top - gap - random_pages(cmdline, IMAGE_RANDOM), PAGE_SIZE);
    return top - low_bits;
}

static void place_break(struct process *process, const struct cmdline *cmdline,
                        const struct image *image)
{
    vaddr_t start = image->high + random_pages(cmdline, BRK_RANDOM);
    process->space.brk_start = process->space.brk_end = start;
}

static struct image place_image(struct process *process, const struct program_file *file,
                                const struct cmdline *cmdline, struct elf64_plan *plan)
{
    struct image_source source = {read_file, file->size, file};
    const char *why = "cannot be loaded";
    if (elf64_plan(&source, plan, &why) != 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, file->path, why);
    if (plan->has_interp)
        give_up(EXIT_STATUS_NOT_LOADABLE, file->path,
                "a dynamic program, and there is no file system yet to find its interpreter in");
    struct vm_object *object = vm_memory_create(file->base, file->size);
    struct image image;
    int error = object ? image_load(&process->space, plan, &source, object,
                                    choose_bias(cmdline, plan), &image, &why)
                       : -ENOMEM;
    if (error != 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, file->path,
                error == -ENOMEM ? "not enough memory, or no room at its addresses" : why);
    vm_object_put(object);
    return image;
}

/* The path is absolute, as /proc/self/exe always is, even where the boot loader gave a bare name. */
static void set_names(struct task *task, const char *path)
{
    struct process *process = task->process;
    process->path[0] = '/';
    size_t skip = path[0] != '/';
    if (strscpy(process->path + skip, path, sizeof(process->path) - skip) < 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, path, "name too long");
    const char *slash = strrchr(process->path, '/');
    strscpy(task->name, slash ? slash + 1 : process->path, sizeof(task->name));
}

static void open_standard_files(struct process *process, const struct exec_request *request)
{
    for (int fd = 0; fd < 3; fd++) {
        struct tty *tty = fd == 2 ? request->error_console : request->console;
        struct file *file = tty_file_create(tty, O_RDWR | O_LARGEFILE);
        u64 limit = process->limits[RLIMIT_NOFILE].rlim_cur;
        if (!file || fdtable_install(&process->files, file, fd, limit, false) != fd)
            give_up(EXIT_STATUS_NOT_LOADABLE, process->path, "not enough memory");
    }
}

static vaddr_t build_stack(struct process *process, const struct exec_request *request,
                           const struct image *image, vaddr_t top)
{
    const struct cmdline *cmdline = request->cmdline;
    static const char *argv[CMDLINE_ARGUMENTS_MAX + 1];
    argv[0] = process->path;
    memcpy(argv + 1, cmdline->arguments, cmdline->argument_count * sizeof(argv[0]));
    struct start_arguments start = {
        .name = process->path,
        .argv = argv,
        .argc = cmdline->argument_count + 1,
        .envp = cmdline->environment,
        .envc = cmdline->environment_count,
    };
    vaddr_t stack;
    if (stack_build(top, process->space.stack_limit, image, &start, &stack) != 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, process->path, "arguments too long, or no memory");
    return stack;
}

/* Set to 1 by a debugger that has attached (`debugwait`); galette-attach of tools/gdb does it. */
volatile int debugger_attached;

static void wait_for_debugger(void)
{
    struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);
    log_print(LOG_ERR, "waiting for a debugger: attach, set breakpoints, "
                       "then `set var debugger_attached = 1` and continue");
    while (!debugger_attached)
        (void)!wait_event_until(&nobody, debugger_attached != 0, time_now_ns() + DEBUGGER_POLL_NS);
}

/* The program's thread. */
static void run_program(void *argument)
{
    const struct exec_request *request = argument;
    struct task *task = task_current();
    struct process *process = task->process;
    struct elf64_plan *plan = kmalloc(sizeof(*plan));
    mmu_activate(&process->space.mmu);
    struct program_file file = find_program(request);
    set_names(task, file.path);
    if (!plan)
        give_up(EXIT_STATUS_NOT_LOADABLE, file.path, "not enough memory");
    struct image image = place_image(process, &file, request->cmdline, plan);
    vaddr_t top = place_stack(process, request->cmdline, plan);
    kfree(plan);
    process->image_bias = image.bias;
    place_break(process, request->cmdline, &image);
    vaddr_t stack = build_stack(process, request, &image, top);
    open_standard_files(process, request);
    log_print(LOG_INFO, "%s at 0x%lx, entry 0x%lx, stack 0x%lx, ring %d", process->path, image.bias,
              image.entry, stack, process->ring);
    if (request->cmdline->debugwait)
        wait_for_debugger();
    debug_program_placed(image.bias, process->path);
    if (exec_before_first_instruction)
        exec_before_first_instruction();
    context_enter_program(&thread_current()->arch, image.entry, stack);
}

static struct task *program_task;

/* ^C and its kin, from the tty's interrupt. */
static void signal_from_keyboard(int signal)
{
    signal_send(program_task, signal, &(struct signal_info){.code = SI_KERNEL});
}

void exec_start(const struct exec_request *request)
{
    struct process *process = process_create(request->cmdline->ring);
    struct thread *thread = thread_create(run_program, (void *)request);
    struct task *task = kzalloc(sizeof(*task));
    /* An FPU area must be aligned to 64 bytes; the heap's blocks from a page on are. */
    void *fpu_area = kmalloc(MAX(fpu_area_size(), PAGE_SIZE));
    if (!process || !thread || !task || !fpu_area)
        panic("out of memory before the first program");
    *task = (struct task){.thread = thread, .process = process};
    signals_init_state(&task->signals);
    thread->process = process;
    thread->task = task;
    fpu_area_init(fpu_area);
    thread->arch.fpu_area = fpu_area;
    program_task = task;
    request->console->signal = signal_from_keyboard;
    request->error_console->signal = signal_from_keyboard;
    thread_wake(thread);
}
