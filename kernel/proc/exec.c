/* SPDX-License-Identifier: MIT */
/*
 * Running the program that the machine was booted for.
 *
 * The first module is either the program itself or an archive that contains it; rootfs.c makes the
 * file tree of it. The steps are those of execve: find the file, follow `#!`, check it into a plan,
 * place it and its interpreter, build the stack, enter. Each failure ends the machine with one line
 * that says what is wrong.
 */
#include "kernel/proc/exec.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/mman.h>

#include "arch/context.h"
#include "arch/usercopy.h"
#include "fs/devfs/devfs.h"
#include "fs/open.h"
#include "fs/tty/console_stream.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/core/random.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/lib/string.h"
#include "kernel/proc/procfs/procfs_nodes.h"
#include "kernel/proc/program.h"
#include "kernel/proc/rootfs.h"
#include "kernel/proc/task.h"
#include "kernel/proc/vdso.h"
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

#define DEBUGGER_POLL_NS 20000000

void (*exec_before_first_instruction)(void);

#define SCRIPTS_MAX 4 /* a script's interpreter may be a script: Linux allows as many */

/* Everything that is known of a program on its way to its first instruction. */
struct start {
    const struct exec_request *request;
    struct process *process;
    struct program program, interpreter;
    vaddr_t vdso; /* 0: none */
    struct image image, interpreter_image;
    const char *argv[CMDLINE_ARGUMENTS_MAX + 2 * SCRIPTS_MAX + 1];
    size_t argc;
    char lines[SCRIPTS_MAX][SCRIPT_LINE_MAX];
};

static NORETURN void give_up(u8 status, const char *path, const char *why)
{
    log_print(LOG_ERR, "%s: %s", path, why);
    process_exit(status);
}

static NORETURN void give_up_for(int error, const char *path, const char *why)
{
    if (error == -ENOENT || error == -ENOTDIR)
        give_up(EXIT_STATUS_NOT_FOUND, path, "no such file in the root file system");
    if (error == -EACCES)
        give_up(EXIT_STATUS_NOT_LOADABLE, path, "not a program file: not regular, or no x bit");
    if (error == -ELOOP)
        give_up(EXIT_STATUS_NOT_LOADABLE, path, "too many symbolic links on the way to it");
    if (error == -ENOMEM)
        give_up(EXIT_STATUS_NOT_LOADABLE, path, "not enough memory, or no room at its addresses");
    give_up(EXIT_STATUS_NOT_LOADABLE, path, why ? why : "cannot be loaded");
}

static const char *wanted_path(const struct exec_request *request, bool archive)
{
    const char *name = request->boot->modules[0].name;
    if (request->cmdline->init)
        return request->cmdline->init;
    return archive || name[0] == '\0' ? DEFAULT_INIT : name;
}

static void enter_directory(struct process *process, const char *name)
{
    struct path place;
    if (!name)
        return;
    int error = path_walk(&process->place.at, &process->place.at.root, name,
                          WALK_FOLLOW | WALK_DIRECTORY, &place);
    if (error != 0)
        give_up_for(error, name, "not a directory");
    place_set_cwd(&process->place, &place);
}

/* The root file system, and the program's absolute name in it. */
static void build_root(struct start *start)
{
    const struct boot_info *boot = start->request->boot;
    struct process *process = start->process;
    if (boot->module_count == 0)
        give_up(EXIT_STATUS_NOT_FOUND, "no program",
                "the boot loader passed no initrd (QEMU: -initrd FILE, GRUB: module2 FILE)");
    const struct boot_module *module = &boot->modules[0];
    const char *path = wanted_path(start->request, rootfs_is_archive(module)), *why;
    size_t skip = path[0] != '/'; /* a boot loader may give a bare name */
    process->path[0] = '/';
    if (strscpy(process->path + skip, path, sizeof(process->path) - skip) < 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, path, "name too long");
    int error = rootfs_build(module, process->path, &process->place.at.root, &why);
    if (error != 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, process->path, why);
    process->place.at.cwd = process->place.at.root;
    path_get(&process->place.at.cwd);
    enter_directory(process, start->request->cmdline->cwd);
    if (boot->module_count > 1 || boot->modules_dropped != 0)
        log_print(LOG_WARNING, "%u modules: only the first is used",
                  boot->module_count + boot->modules_dropped);
}

static void prepend_arguments(struct start *start, const char *first, const char *second)
{
    size_t count = second ? 2 : 1;
    memmove(start->argv + count, start->argv, start->argc * sizeof(start->argv[0]));
    start->argv[0] = first;
    if (second)
        start->argv[1] = second;
    start->argc += count;
}

/* Follow `#!` lines: the arguments become "interpreter [argument] script ...". Returns the name of
 * the ELF file to run. */
static const char *follow_scripts(struct start *start)
{
    const char *name = start->process->path;
    for (int depth = 0;; depth++) {
        char *interpreter, *argument;
        int script = 0;
        if (depth < SCRIPTS_MAX)
            script = program_script(&start->process->place.at, name, start->lines[depth],
                                    &interpreter, &argument);
        if (script < 0)
            give_up_for(script, name, "its #! line names no interpreter");
        if (script == 0)
            return name;
        start->argv[0] = name;
        prepend_arguments(start, interpreter, argument);
        name = interpreter;
    }
}

static void open_program(struct start *start, const char *name)
{
    char interpreter[PROCESS_PATH_MAX];
    const char *why = NULL;
    int error = program_open(&start->process->place.at, name, &start->program, &why);
    if (error != 0)
        give_up_for(error, name, why);
    if (!start->program.plan.has_interp)
        return;
    error = program_interpreter(&start->program, interpreter, sizeof(interpreter));
    if (error == 0)
        error = program_open(&start->process->place.at, interpreter, &start->interpreter, &why);
    if (error == -ENOENT) {
        log_print(LOG_ERR, "%s: its interpreter %s is not in the root file system", name,
                  interpreter);
        process_exit(EXIT_STATUS_NOT_FOUND);
    }
    if (error != 0)
        give_up_for(error, name, why);
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
    u64 gap = MAX(space->limits.stack, MMAP_GAP) + PAGE_SIZE;
    space->mmap_top = ALIGN_DOWN(top - gap - random_pages(cmdline, IMAGE_RANDOM), PAGE_SIZE);
    return top - low_bits;
}

static void place_break(struct process *process, const struct cmdline *cmdline,
                        const struct image *image)
{
    vaddr_t start = image->high + random_pages(cmdline, BRK_RANDOM);
    process->space.brk_start = process->space.brk_end = start;
}

static void map_image(struct start *start, struct program *program, u64 bias, struct image *out)
{
    int error =
        image_map(&start->process->space, &program->plan, program->inode->object, bias, out);
    if (error != 0)
        give_up_for(error, start->process->path, NULL);
    mapped_files_note(&start->process->mapped, &program->path);
}

/* The interpreter goes where mmap would put it. */
static void map_interpreter(struct start *start)
{
    const struct elf64_plan *plan = &start->interpreter.plan;
    u64 span = plan->high - plan->low;
    u64 bias =
        ALIGN_DOWN(start->process->space.mmap_top - span, MAX(plan->align, PAGE_SIZE)) - plan->low;
    map_image(start, &start->interpreter, plan->position_independent ? bias : 0,
              &start->interpreter_image);
}

static void relocate_image(struct start *start)
{
    const char *why = NULL;
    struct program *program = &start->program;
    int error = image_relocate(&start->process->space, &program->plan, &program->source,
                               &start->image, &why);
    if (error != 0)
        give_up_for(error, start->process->path, why);
}

static void set_names(struct task *task, const struct path *executable)
{
    const char *slash = strrchr(task->process->path, '/');
    task_set_name(task, slash + 1);
    task->capabilities.effective = task->capabilities.permitted = task->capabilities.bounding =
        CAPABILITIES_ALL;
    task->process->executable = *executable;
    path_get(executable);
    executable->dentry->inode->is_running = true;
}

static struct file *open_terminal(const struct process *process, const char *name)
{
    const struct open_how_kernel how = {.flags = O_RDWR | O_LARGEFILE};
    struct file *file;
    return file_open(&process->place.at, &process->place.at.root, name, &how, &file) == 0 ? file
                                                                                          : NULL;
}

static void install_standard_file(struct process *process, int fd, struct file *file)
{
    u64 limit = process_limit(process, RLIMIT_NOFILE);
    if (!file || fdtable_install(&process->files, file, fd, limit, false) != fd)
        give_up(EXIT_STATUS_NOT_LOADABLE, process->path, "its console cannot be opened");
}

/* Standard error is standard output once more, unless it has a line of its own. */
static void open_standard_files(struct process *process, const struct exec_request *request)
{
    struct tty *console = request->console, *error_console = request->error_console;
    bool stream = console->is_stream;
    struct file *input =
        stream ? console_stream_create(console, O_RDONLY) : open_terminal(process, "/dev/console");
    struct file *output = stream ? console_stream_create(console, O_WRONLY) : input;
    struct file *error = error_console == console ? output
                         : stream                 ? console_stream_create(error_console, O_WRONLY)
                                                  : open_terminal(process, "/dev/ttyS1");
    if (output && output == input)
        file_get(output);
    if (output && output == error)
        file_get(output);
    install_standard_file(process, 0, input);
    install_standard_file(process, 1, output);
    install_standard_file(process, 2, error);
}

/* What /proc tells of the program's memory. */
static void set_layout(struct start *start, const struct stack_layout *stack)
{
    struct process_layout *layout = &start->process->layout;
    const struct elf64_plan *plan = &start->program.plan;
    u64 bias = start->image.bias;
    *layout = (struct process_layout){
        .code_start = ~0UL,
        .stack_start = stack->stack,
        .arguments = stack->arguments,
        .arguments_end = stack->arguments_end,
        .environment = stack->environment,
        .environment_end = stack->environment_end,
        .auxv = stack->auxv,
        .auxv_size = stack->auxv_size,
    };
    for (u32 i = 0; i < plan->segment_count; i++) {
        const struct elf64_segment *segment = &plan->segments[i];
        vaddr_t first = bias + segment->vaddr, end = first + segment->filesz;
        if (segment->prot & PROT_EXEC) {
            layout->code_start = MIN(layout->code_start, first);
            layout->code_end = MAX(layout->code_end, end);
        }
        layout->data_start = MAX(layout->data_start, first);
        layout->data_end = MAX(layout->data_end, end);
    }
}

static vaddr_t build_stack(struct start *start, vaddr_t top)
{
    const struct cmdline *cmdline = start->request->cmdline;
    struct process *process = start->process;
    struct start_arguments arguments = {
        .name = process->path,
        .argv = start->argv,
        .argc = start->argc,
        .envp = cmdline->environment,
        .envc = cmdline->environment_count,
        .interpreter_base = start->program.plan.has_interp ? start->interpreter_image.bias : 0,
        .vdso = start->vdso,
    };
    struct stack_layout stack;
    if (stack_build(top, process->space.limits.stack, &start->image, &arguments, &stack) != 0)
        give_up(EXIT_STATUS_NOT_LOADABLE, process->path, "arguments too long, or no memory");
    set_layout(start, &stack);
    return stack.stack;
}

static void collect_arguments(struct start *start)
{
    const struct cmdline *cmdline = start->request->cmdline;
    start->argv[0] = start->process->path;
    memcpy(start->argv + 1, cmdline->arguments, cmdline->argument_count * sizeof(start->argv[0]));
    start->argc = cmdline->argument_count + 1;
}

/* Set to 1 by a debugger that has attached (`debugwait`); galette-attach of tools/gdb does it. */
volatile int debugger_attached;

static void wait_for_debugger(void)
{
    log_print(LOG_ERR, "waiting for a debugger: attach, set breakpoints, "
                       "then `set var debugger_attached = 1` and continue");
    while (!debugger_attached)
        (void)wait_sleep(time_now_ns() + DEBUGGER_POLL_NS);
}

/* Place the program and, if it has one, its interpreter; returns the first instruction. */
static vaddr_t place_program(struct start *start)
{
    const struct elf64_plan *plan = &start->program.plan;
    map_image(start, &start->program, choose_bias(start->request->cmdline, plan), &start->image);
    place_break(start->process, start->request->cmdline, &start->image);
    if (!plan->has_interp) {
        relocate_image(start);
        return start->image.entry;
    }
    map_interpreter(start);
    return start->interpreter_image.entry;
}

/* The program's thread. */
static void run_program(void *argument)
{
    const struct exec_request *request = argument;
    struct task *task = task_current();
    struct process *process = task->process;
    struct start *start = kzalloc(sizeof(*start));
    if (!start)
        give_up(EXIT_STATUS_NOT_LOADABLE, "program", "not enough memory");
    start->request = request;
    start->process = process;
    procfs_nodes_add();
    devfs_set_console(request->console);
    devfs_add_tty(0, request->serial);
    devfs_add_screen(request->screen);
    if (request->error_console != request->console)
        devfs_add_tty(1, request->error_console);
    process->start_ns = time_now_ns();
    build_root(start);
    collect_arguments(start);
    open_program(start, follow_scripts(start));
    set_names(task, &start->program.path);
    vaddr_t top = place_stack(process, request->cmdline, &start->program.plan);
    start->vdso = vdso_map(&process->space);
    vaddr_t entry = place_program(start);
    vaddr_t stack = build_stack(start, top);
    open_standard_files(process, request);
    process->image_bias = start->image.bias;
    process->randomized = !start->request->cmdline->nokaslr;
    log_print(LOG_INFO, "%s at 0x%lx, entry 0x%lx, stack 0x%lx, ring %d", process->path,
              start->image.bias, entry, stack, process->ring);
    if (request->cmdline->debugwait)
        wait_for_debugger();
    debug_program_placed(start->image.bias, process->path, start->interpreter_image.bias);
    kfree(start);
    if (exec_before_first_instruction)
        exec_before_first_instruction();
    context_enter_program(&thread_current()->arch, entry, stack);
}

static struct process *first_process;

/* ^C and its kin, from the tty's interrupt. */
static void signal_from_keyboard(int signal)
{
    (void)signal_send_process(first_process, signal, &(struct signal_info){.code = SI_KERNEL});
}

static void take_terminal(struct tty *tty)
{
    if (tty)
        tty->signal = signal_from_keyboard;
}

void exec_start(const struct exec_request *request)
{
    struct process *process = process_create(request->cmdline->ring);
    struct task *task = process ? task_create(process, run_program, (void *)request) : NULL;
    if (!task || task_enter(task) != 0)
        panic("out of memory before the first program");
    first_process = process;
    tty_session_begin(request->console, process->pid);
    take_terminal(request->console);
    take_terminal(request->error_console);
    take_terminal(request->serial);
    take_terminal(request->screen);
    thread_wake(task->thread);
}
