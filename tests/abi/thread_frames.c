/* SPDX-License-Identifier: MIT */
/*
 * Handlers within handlers, in several threads at once, and frames that are edited: a thread that computes
 * is interrupted by another one, which changes all that the frame holds, the processor's extended state
 * and the place where it goes on. So do Go, to preempt a goroutine, and collectors that stop the world.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#define THREADS 4
#define BIT(n)  (1UL << ((n)-1))
#define RT(n)   (34 + (n)) /* beyond those of the C library */

static int pid;

static void handle(int number, void (*handler)(int, siginfo_t *, void *), uint64_t mask, int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    memcpy(&action.sa_mask, &mask, sizeof(mask));
    sigaction(number, &action, NULL);
}

static uint64_t mask_now(void)
{
    uint64_t set = 0;

    call(__NR_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8);
    return set;
}

static void mask_set(uint64_t set)
{
    call(__NR_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
}

static void send_self(int number)
{
    call(__NR_tkill, call(__NR_gettid), number);
}

static void queue_self(int number, int value)
{
    siginfo_t info = {.si_code = SI_QUEUE, .si_value.sival_int = value};

    call(__NR_rt_tgsigqueueinfo, pid, call(__NR_gettid), number, &info);
}

/* ---- Handlers within handlers -----------------------------------------------------------------*/

/* What happened to a thread, as text. Its handlers find it by its number. */
struct story {
    int tid;
    int length;
    char text[200];
};
static struct story stories[THREADS];

static struct story *story_mine(void)
{
    int tid = (int)call(__NR_gettid);

    for (int i = 0; i < THREADS; i++)
        if (stories[i].tid == tid)
            return &stories[i];
    call(__NR_exit_group, 3);
    return NULL;
}

static void tell(const char *what, long number)
{
    struct story *story = story_mine();

    story->length += snprintf(story->text + story->length,
                              sizeof(story->text) - (size_t)story->length, what, number);
}

/* USR1 lets RT 0 in at once, RT 1 behind it, and keeps USR2 for afterwards. */
static void on_outer(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
    tell("u", 0);
    send_self(SIGUSR2);
    tell("<", 0);
    queue_self(RT(0), 1);
    tell(">", 0);
    tell(mask_now() == (BIT(SIGUSR1) | BIT(SIGUSR2)) ? "m" : "?", 0);
}

static void on_middle(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    tell("r%ld", info->si_value.sival_int);
    queue_self(RT(2), 7);
    queue_self(RT(1), 2);
    tell(mask_now() == (BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(RT(0)) | BIT(RT(2))) ? "m" : "?", 0);
}

static void on_inner(int number, siginfo_t *info, void *context)
{
    const ucontext_t *frame = context;
    uint64_t before;

    (void)number;
    memcpy(&before, &frame->uc_sigmask, sizeof(before));
    tell("i%ld", info->si_value.sival_int);
    tell(before == (BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(RT(0)) | BIT(RT(2))) ? "m" : "?", 0);
}

static void on_last(int number, siginfo_t *info, void *context)
{
    (void)context;
    tell(number == SIGUSR2 ? "2" : "l%ld", info->si_value.sival_int);
}

/* Itself, three deep. */
static void on_itself(int number, siginfo_t *info, void *context)
{
    int depth = info->si_value.sival_int;

    (void)context;
    tell("(%ld", depth);
    if (depth < 3)
        queue_self(number, depth + 1);
    tell("%ld)", depth);
}

/* Those that wait together: a frame for each is made before the first instruction of any, so that without a
 * mask the last runs first. */
static void let_in_together(uint64_t mask)
{
    for (int i = 0; i < 4; i++)
        handle(RT(4 + i), on_last, mask, 0);
}

static void wait_together(void)
{
    uint64_t set = BIT(RT(4)) | BIT(RT(5)) | BIT(RT(6)) | BIT(RT(7));

    mask_set(set);
    for (int i = 3; i >= 0; i--)
        queue_self(RT(4 + i), 4 + i);
    queue_self(RT(5), 9);
    mask_set(0);
}

static volatile int arrived;

static void meet(int count)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (arrived < count)
        call(__NR_sched_yield);
}

static long nest(void *index)
{
    struct story *story = &stories[(long)index];

    story->tid = (int)call(__NR_gettid);
    story->length = 0;
    send_self(SIGUSR1);
    tell(" ", 0);
    queue_self(RT(3), 1);
    tell(" ", 0);
    meet(THREADS + 1);
    meet(2 * (THREADS + 1));
    wait_together();
    tell(" ", 0);
    meet(3 * (THREADS + 1));
    meet(4 * (THREADS + 1));
    wait_together();
    return mask_now() == 0;
}

static void test_nested(void)
{
    static const char expected[] = "u<r1i2mml7>m2 (1(2(33)2)1) l7l6l5l9l4 l4l5l9l6l7";
    struct thread threads[THREADS];
    int good = 0;

    handle(SIGUSR1, on_outer, BIT(SIGUSR2), 0);
    handle(RT(0), on_middle, BIT(RT(2)), 0);
    handle(RT(1), on_inner, 0, 0);
    handle(RT(2), on_last, 0, 0);
    handle(SIGUSR2, on_last, 0, 0);
    handle(RT(3), on_itself, 0, SA_NODEFER);
    let_in_together(0);
    arrived = 0;
    for (long i = 0; i < THREADS; i++)
        thread_begin(&threads[i], nest, (void *)i);
    meet(THREADS + 1);
    meet(2 * (THREADS + 1));
    meet(3 * (THREADS + 1));
    let_in_together(~0UL);
    meet(4 * (THREADS + 1));
    for (int i = 0; i < THREADS; i++)
        good += (int)thread_join(&threads[i]);
    check_result("no thread has anything blocked behind its handlers", good, THREADS);
    good = 0;
    for (int i = 0; i < THREADS; i++)
        good += strcmp(stories[i].text, expected) == 0;
    check_result("four threads nest handlers three deep in the same order", good, THREADS);
}

/* ---- Frames that others edit ------------------------------------------------------------------*/

/* General registers, then the extended ones as FXSAVE has them, then the upper halves of AVX. */
struct state {
    uint64_t general[15]; /* rax rbx rcx rdx rsi rdi rbp r8 to r15 */
    uint64_t flags;
    uint8_t lower[16][16], upper[16][16];
    uint32_t mxcsr;
    uint16_t x87;
    bool wide;
};

static const int general_index[15] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI,
                                      REG_RDI, REG_RBP, REG_R8,  REG_R9,  REG_R10,
                                      REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

#define STATE_LOWER 128
#define STATE_UPPER 384
#define STATE_MXCSR 640
#define STATE_X87   644
#define STATE_WIDE  646
_Static_assert(offsetof(struct state, lower) == STATE_LOWER, "the assembler's");
_Static_assert(offsetof(struct state, upper) == STATE_UPPER, "the assembler's");
_Static_assert(offsetof(struct state, mxcsr) == STATE_MXCSR, "the assembler's");
_Static_assert(offsetof(struct state, x87) == STATE_X87, "the assembler's");
_Static_assert(offsetof(struct state, wide) == STATE_WIDE, "the assembler's");

/* Spins until a signal's frame sends it to `landing`, which stores what the registers hold at *state.
 * `state_seen` is where: no register is left for it. */
void spin_for_edit(void);
extern const char landing[];
struct state *state_seen;
volatile long spins;
uint64_t stack_before;
__asm__(".pushsection .text\n"
        "spin_for_edit:\n"
        "pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
        "movq %rsp, stack_before(%rip)\n"
        "1: incq spins(%rip)\n"
        "pause\n"
        "jmp 1b\n"
        "landing:\n"
        "movq %rsp, stack_landed(%rip)\n"
        "movq stack_before(%rip), %rsp\n"
        "pushfq\n"
        "pushq %rax\n"
        "movq state_seen(%rip), %rax\n"
        "popq (%rax)\n"
        "popq 120(%rax)\n"
        "movq %rbx, 8(%rax); movq %rcx, 16(%rax); movq %rdx, 24(%rax); movq %rsi, 32(%rax)\n"
        "movq %rdi, 40(%rax); movq %rbp, 48(%rax); movq %r8, 56(%rax); movq %r9, 64(%rax)\n"
        "movq %r10, 72(%rax); movq %r11, 80(%rax); movq %r12, 88(%rax); movq %r13, 96(%rax)\n"
        "movq %r14, 104(%rax); movq %r15, 112(%rax)\n"
        ".macro store_lower n\n"
        "movdqu %xmm\\n, 128 + 16 * \\n(%rax)\n"
        ".endm\n"
        ".macro store_upper n\n"
        "vextractf128 $1, %ymm\\n, 384 + 16 * \\n(%rax)\n"
        ".endm\n"
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "store_lower \\n\n"
        ".endr\n"
        "cmpb $0, 646(%rax)\n"
        "je 2f\n"
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "store_upper \\n\n"
        ".endr\n"
        "vzeroupper\n"
        "2: stmxcsr 640(%rax)\n"
        "fnstcw 644(%rax)\n"
        "movl $0x1f80, -8(%rsp)\n"
        "ldmxcsr -8(%rsp)\n"
        "fninit\n"
        "cld\n"
        "popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
        "ret\n"
        ".popsection\n");
uint64_t stack_landed;

static uint64_t value_of(uint64_t seed, uint64_t index)
{
    uint64_t value = (seed * 1000 + index + 1) * 0x9e3779b97f4a7c15UL;

    return value ^ value >> 29;
}

static bool avx_usable(void)
{
    unsigned int a, b, c, d, low, high;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX))
        return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

static unsigned int upper_offset(void)
{
    unsigned int a, b, c, d;

    __cpuid_count(0xd, 2, a, b, c, d);
    return b;
}

static ucontext_t *volatile published;
static volatile int edited;

/* The frame is the other thread's from here until it says so. */
static void on_stop(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    __atomic_store_n(&published, context, __ATOMIC_SEQ_CST);
    while (!edited)
        ;
    edited = 0;
}

/* asm/sigcontext.h: struct _fpx_sw_bytes, at byte 464 of the FXSAVE image. */
struct software_bytes {
    uint32_t magic1, extended_size;
    uint64_t features;
    uint32_t state_size, padding[7];
};
#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u

/* The extended state begins where the FXSAVE image ends, and ends with the second magic word. */
static bool frame_is_marked(const char *area, bool wide)
{
    const struct software_bytes *told = (const void *)(area + 464);
    uint32_t magic2;

    if (!wide)
        return true;
    memcpy(&magic2, area + told->state_size, sizeof(magic2));
    return told->magic1 == MAGIC1 && magic2 == MAGIC2 && (told->features & 7) == 7 &&
           told->extended_size == told->state_size + 4;
}

/* Change everything, as told by the seed; what is expected at the landing is `state`. */
static bool frame_edit(ucontext_t *frame, uint64_t seed, struct state *state)
{
    char *area = (char *)frame->uc_mcontext.fpregs;
    greg_t *registers = frame->uc_mcontext.gregs;
    bool good = frame_is_marked(area, state->wide) &&
                (uint64_t)registers[REG_RIP] - (uint64_t)spin_for_edit < 64 &&
                (uint64_t)registers[REG_RSP] == stack_before;

    for (int i = 0; i < 15; i++)
        registers[general_index[i]] = (greg_t)(state->general[i] = value_of(seed, (uint64_t)i));
    state->flags =
        seed % 2 ? 0xcd5 : 0x202; /* carry, parity, adjust, zero, sign, direction, overflow */
    registers[REG_EFL] = (greg_t)(state->flags | 0x200);
    for (int i = 0; i < 32; i++)
        for (int half = 0; half < 2; half++) {
            uint64_t value = value_of(seed, 100 + 2 * (uint64_t)i + (uint64_t)half);
            memcpy((i < 16 ? state->lower[i] : state->upper[i - 16]) + 8 * half, &value, 8);
        }
    state->mxcsr = seed % 2 ? 0x1f80 : 0x7f80; /* round to nearest, or towards zero */
    state->x87 = seed % 2 ? 0x37f : 0x27f;     /* precision of 64 bits, or of 53 */
    memcpy(area, &state->x87, sizeof(state->x87));
    memcpy(area + 24, &state->mxcsr, sizeof(state->mxcsr));
    memcpy(area + 160, state->lower, sizeof(state->lower));
    if (state->wide) {
        memcpy(area + upper_offset(), state->upper, sizeof(state->upper));
        *(uint64_t *)(area + 512) |= 7;
    }
    registers[REG_RIP] = (greg_t)landing;
    registers[REG_RSP] -= 256 + (greg_t)(seed % 16) * 8;
    return good;
}

static struct state state_landed;
static volatile long landings;

static long computes(void *rounds)
{
    state_seen = &state_landed;
    for (long i = 0; i < (long)rounds; i++) {
        spins = 0;
        spin_for_edit();
        __atomic_add_fetch(&landings, 1, __ATOMIC_SEQ_CST);
        while (spins >= 0)
            call(__NR_sched_yield);
    }
    return 0;
}

/* What differs, or NULL. */
static const char *state_differs(const struct state *state, uint64_t seed)
{
    const struct state *seen = &state_landed;

    if (memcmp(seen->general, state->general, sizeof(state->general)) != 0)
        return "general registers";
    if ((seen->flags & 0xcd5) != (state->flags & 0xcd5))
        return "flags";
    if (memcmp(seen->lower, state->lower, sizeof(state->lower)) != 0)
        return "XMM registers";
    if (state->wide && memcmp(seen->upper, state->upper, sizeof(state->upper)) != 0)
        return "YMM registers";
    if (seen->mxcsr != state->mxcsr)
        return "MXCSR";
    if (stack_landed != stack_before - 256 - seed % 16 * 8)
        return "the stack";
    return seen->x87 != state->x87 ? "the x87 control word" : NULL;
}

static bool edit_once(int tid, uint64_t seed, const char **differs)
{
    struct state state = {.wide = state_landed.wide};

    while (spins < 10)
        call(__NR_sched_yield);
    published = NULL;
    call(__NR_tgkill, pid, tid, SIGUSR1);
    while (!published)
        call(__NR_sched_yield);
    bool good = frame_edit(published, seed, &state);
    edited = 1;
    while (landings <= (long)seed)
        call(__NR_sched_yield);
    *differs = state_differs(&state, seed);
    spins = -1;
    return good && !*differs;
}

#define EDITS 200

/* With more than one processor, each on its own. */
static void place(int tid, int processor)
{
    uint64_t all = 0, one;

    call(__NR_sched_getaffinity, 0, 8, &all);
    one = all & (all - 1) ? (processor == 0 ? all & -all : all & ~(all & -all)) : all;
    call(__NR_sched_setaffinity, tid, 8, &one);
}

static void test_edit(void)
{
    struct thread thread;
    const char *differs = NULL;
    uint64_t seed = 0, all = 0;

    call(__NR_sched_getaffinity, 0, 8, &all);
    handle(SIGUSR1, on_stop, 0, 0);
    state_landed.wide = avx_usable();
    landings = 0, edited = 0;
    thread_begin(&thread, computes, (void *)EDITS);
    place(thread.own_tid, 0);
    place(0, 1);
    while (seed < EDITS && edit_once(thread.own_tid, seed, &differs))
        seed++;
    if (differs)
        printf("FAILED: %s\n", differs), fflush(stdout);
    if (!check_result("another thread edits all that a frame holds", (long)seed, EDITS))
        call(__NR_exit_group, 1);
    thread_join(&thread);
    call(__NR_sched_setaffinity, 0, 8, &all);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    pid = (int)call(__NR_getpid);
    test_nested();
    test_edit();
    return check_finish();
}
