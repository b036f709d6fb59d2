/* SPDX-License-Identifier: MIT */
/* Random arguments by kind; arguments.h says more. */
#include "tests/abi/hostile/arguments.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

#include "tests/abi/check.h"

#define ROOM_PAGES 4UL /* for what one argument points to */
#define ROOM       (ROOM_PAGES * PAGE)

static char *arena, *data, *read_only, *break_start;

/* What arguments point to, of each thread; behind each is a hole. */
static char *rooms[HOSTILE_THREADS + 1][SYSCALL_ARGUMENTS];

/* Some of the bits in `mask`, none of them in every fourth. */
static uint64_t bits_of(uint64_t mask)
{
    return random_below(4) == 0 ? 0
                                : mask & random_next() & (random_below(2) ? random_next() : -1ul);
}

/* --- Addresses --- */

void arguments_begin(uint64_t seed)
{
    chance_begin(seed);
    arena = pages_map_apart(ARENA_SIZE / PAGE);
    data = pages_map_apart(ROOM_PAGES);
    read_only = page_protected(PROT_READ);
    for (size_t thread = 0; thread <= HOSTILE_THREADS; thread++)
        for (int i = 0; i < SYSCALL_ARGUMENTS; i++)
            rooms[thread][i] = pages_map_apart(ROOM_PAGES);
    break_start = (char *)call(__NR_brk, 0);
}

uint64_t arena_byte(void)
{
    uint64_t span = random_below(4) ? 256 * PAGE : ARENA_SIZE;

    return (uint64_t)arena + random_below(span);
}

void break_restore(void)
{
    call(__NR_brk, break_start);
}

void *arena_start(void)
{
    return arena;
}

bool arena_contains(uint64_t address)
{
    return address - (uint64_t)arena < ARENA_SIZE;
}

uint64_t arena_address(void)
{
    switch (random_below(24)) {
    case 0:
        return KERNEL_ADDRESS + random_below(1024) * PAGE;
    case 1:
        return -random_below(64) * PAGE - PAGE;
    case 2:
        return arena_byte();
    case 3:
        return USER_END + random_below(3) * PAGE;
    case 4:
        return (uint64_t)arena + random_below(8) * (2ul << 20);
    default:
        return arena_byte() & -PAGE;
    }
}

uint64_t arena_length(uint64_t address)
{
    uint64_t end = (uint64_t)arena + ARENA_SIZE;

    if (address < (uint64_t)arena || address >= end)
        return random_below(2) ? random_below(64) * PAGE : random_number();
    if (random_below(4) == 0)
        return random_below(end - address + 1) & -PAGE;
    return random_below(end - address + 1) >> random_below(20);
}

/* A piece of memory for an argument of `size` bytes; *address says what the call is given, which
 * may be elsewhere, where nothing has been written. */
static void *room_take(int index, size_t size, uint64_t *address)
{
    char *room = rooms[hostile_thread()][index], *end = room + ROOM;
    char *at = random_below(3) == 0 ? end - size : room + random_below(ROOM - size) / 8 * 8;

    *address = (uint64_t)at;
    switch (random_below(16)) {
    case 0:
        *address = 0;
        break;
    case 1:
        *address = pointer_bad();
        break;
    case 2:
        *address = (uint64_t)end - random_below(size);
        break;
    }
    return at;
}

/* Where a call may write. */
static uint64_t pointer_out(int index)
{
    uint64_t address;

    room_take(index, 8 + random_below(ROOM - 8), &address);
    return random_below(32) == 0 ? (uint64_t)read_only + random_below(PAGE) : address;
}

/* Bytes that a call reads. */
static uint64_t pointer_in(int index)
{
    return random_below(8) == 0 ? (uint64_t)read_only + random_below(PAGE) : pointer_out(index);
}

/* --- Names --- */

static const char *const parts[] = {
    "a", "b", "c",  "d",  "e",    "f",    "dir",  "dir",
    "g", ".", "..", "in", "link", "loop", "pipe", "name with blanks"};

static const char *const places[] = {
    "/proc/self/fd/3",
    "/proc/self/fd/",
    "/proc/self/fd/12",
    "/proc/self/fdinfo/9",
    "/proc/self/fdinfo/20",
    "/proc/self/maps",
    "/proc/self/smaps",
    "/proc/self/status",
    "/proc/self/stat",
    "/proc/self/exe",
    "/proc/self/cwd",
    "/proc/self/root",
    "/proc/self/root/tmp",
    "/proc/self/cmdline",
    "/proc/self/environ",
    "/proc/self/auxv",
    "/proc/self/comm",
    "/proc/self/oom_score_adj",
    "/proc/self/task/1/status",
    "/proc/self/task",
    "/proc/self/mountinfo",
    "/proc/self/limits",
    "/proc/self/io",
    "/proc/self",
    "/proc/thread-self",
    "/proc/1",
    "/proc",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/proc/mounts",
    "/proc/sys/kernel/random/uuid",
    "/proc/sys/kernel/random/boot_id",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/overcommit_memory",
    "/sys",
    "/sys/devices/system/cpu/online",
    "/dev",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/shm",
    "/dev/fd/5",
    "/dev/shm/a",
    "/",
    "/tmp",
    "/etc/passwd",
    "",
    "/tmp/../tmp/./dir//a/",
};

static size_t text_append(char *text, size_t length, const char *more)
{
    size_t size = strlen(more);

    memcpy(text + length, more, size);
    return length + size;
}

/* Up to four components, in /tmp or where the program is. */
static size_t path_compose(char *text)
{
    size_t length = random_below(4) == 0 ? text_append(text, 0, "/tmp/") : 0;

    for (uint64_t i = random_below(random_below(2) ? 4 : 2) + 1; i-- > 0;) {
        length = text_append(text, length, parts[random_below(ARRAY_LENGTH(parts))]);
        if (i > 0 || random_below(16) == 0)
            text[length++] = '/';
    }
    return length;
}

static size_t path_odd(char *text)
{
    static const short lengths[] = {254, 255, 256, 4094, 4095, 4096, 5000};
    size_t length = ONE_OF(lengths);
    char fill = random_below(2) ? 'n' : '/';

    memset(text, fill, length);
    for (size_t i = 0; fill == '/' && i < length; i += 2)
        text[i] = '.';
    return length;
}

/* At the end of its room in every second: not terminated then, sometimes. */
static uint64_t path_make(int index)
{
    char text[8192];
    uint64_t address;
    size_t length;

    if (random_below(4) == 0)
        length = text_append(text, 0, places[random_below(ARRAY_LENGTH(places))]);
    else if (random_below(64) == 0)
        length = path_odd(text);
    else
        length = path_compose(text);
    text[length++] = random_below(200) == 0 ? 'x' : '\0';
    memcpy(room_take(index, length, &address), text, length);
    return address;
}

/* --- Structures --- */

static uint64_t words_make(int index, const uint64_t *words, size_t count)
{
    uint64_t address;

    memcpy(room_take(index, count * 8, &address), words, count * 8);
    return address;
}

static uint64_t fd_make(void)
{
    switch (random_below(24)) {
    case 0:
        return (uint32_t)-1 - random_below(3);
    case 1:
        return random_below(2) ? 4096 + random_number() % (1u << 30) : (uint32_t)AT_FDCWD;
    case 2:
        return FD_FIRST + random_below(FD_COUNT - FD_FIRST);
    default:
        return FD_FIRST + random_below(40);
    }
}

/* Some with sums that overflow, some with lengths that do. */
static uint64_t vectors_make(int index)
{
    struct iovec vectors[12];
    uint64_t address;

    for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
        vectors[i].iov_base =
            (char *)(random_below(8) ? (uint64_t)data + random_below(ROOM) : pointer_bad());
        vectors[i].iov_len = random_below(16) ? random_below(2000) : random_number();
    }
    memcpy(room_take(index, sizeof(vectors), &address), vectors, sizeof(vectors));
    return address;
}

/* A moment at most, or nonsense. Never null, which would mean for ever. */
static uint64_t time_make(int index)
{
    uint64_t words[2] = {0, random_below(1000)};
    uint64_t address;

    if (random_below(32) == 0)
        words[random_below(2)] = random_next() | 1ul << 63;
    address = words_make(index, words, 2);
    return address ? address : PAGE / 2;
}

static uint64_t action_make(int index)
{
    uint64_t handler = random_below(2) ? (uint64_t)signal_nothing : (uint64_t)SIG_IGN;
    uint64_t words[4] = {handler,
                         0x04000000ul | (random_next() & (SA_SIGINFO | SA_RESTART | SA_NODEFER)),
                         (uint64_t)signal_restorer, random_next()};

    return words_make(index, words, 4);
}

static uint64_t pollfds_make(int index)
{
    uint64_t words[16];

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        words[i] = (uint32_t)fd_make() | random_number() << 32;
    return words_make(index, words, ARRAY_LENGTH(words));
}

/* Words that are small as often as not: offsets, limits, masks, events. */
static uint64_t numbers_make(int index)
{
    uint64_t words[16];

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        words[i] = random_below(2) ? random_below(64) : random_number();
    return words_make(index, words, ARRAY_LENGTH(words));
}

static uint64_t lock_make(int index)
{
    uint64_t words[4] = {random_below(4) | random_below(4) << 16,
                         random_below(8) ? random_below(64) : random_number(),
                         random_below(8) ? random_below(64) : random_number(), 0};

    return words_make(index, words, 4);
}

/* --- Numbers --- */

static uint64_t size_make(void)
{
    switch (random_below(8)) {
    case 0:
        return random_number();
    case 1:
        return (1ul << 63) - random_below(3);
    case 2:
        return (1ul << 31) - random_below(3);
    case 3:
        return random_below(4) * PAGE;
    case 4:
        return random_below(70000);
    case 5:
        return 8;
    default:
        return random_below(300);
    }
}

static uint64_t offset_make(void)
{
    switch (random_below(8)) {
    case 0:
        return random_number();
    case 1:
        return random_below(1ul << 32);
    default:
        return random_below(3) ? random_below(100000) : random_below(64) * PAGE;
    }
}

static uint64_t command_make(void)
{
    static const int commands[] = {
        F_DUPFD,        F_GETFD,       F_SETFD,       F_GETFL,     F_SETFL,
        F_GETLK,        F_SETLK,       F_GETOWN,      F_SETOWN,    F_DUPFD_CLOEXEC,
        F_SETPIPE_SZ,   F_GETPIPE_SZ,  F_ADD_SEALS,   F_GET_SEALS, 36 /* F_OFD_GETLK */,
        37 /* SETLK */, F_GET_RW_HINT, F_SET_RW_HINT, F_SETLEASE,  F_GETLEASE,
        F_NOTIFY,       F_SETSIG,      F_GETSIG,      F_SETOWN_EX, F_GETOWN_EX,
    };

    return random_below(16) ? ONE_OF(commands) : random_number();
}

static uint64_t flags_make(enum argument_kind kind)
{
    switch (kind) {
    case ARG_FLAGS_OPEN:
    case ARG_FLAGS_OPEN_ONLY:
        return random_below(3) |
               bits_of(O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC) |
               (random_below(8) ? 0
                                : bits_of(O_DIRECTORY | O_TMPFILE | O_PATH | O_SYNC | O_DIRECT));
    case ARG_FLAGS_AT:
        return bits_of(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_REMOVEDIR | AT_SYMLINK_FOLLOW);
    case ARG_FLAGS_MMAP:
        return (random_below(8) ? 1 + random_below(2) : random_below(16)) |
               (random_below(2) ? MAP_ANONYMOUS : 0) |
               bits_of(MAP_NORESERVE | MAP_STACK | MAP_POPULATE | MAP_DENYWRITE);
    case ARG_FLAGS_MREMAP:
        return bits_of(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP);
    case ARG_FLAGS_MEMFD:
        return bits_of(MFD_CLOEXEC | MFD_ALLOW_SEALING);
    case ARG_FLAGS_SPLICE:
        return bits_of(SPLICE_F_MOVE | SPLICE_F_MORE | SPLICE_F_GIFT);
    case ARG_FLAGS_INOTIFY:
        return random_below(4) ? IN_ALL_EVENTS : random_number();
    case ARG_SOCKET_TYPE:
        return 1 | bits_of(O_NONBLOCK | O_CLOEXEC); /* SOCK_STREAM */
    case ARG_SOCKET_FAMILY:
        return random_below(4) ? 1 : random_below(50); /* AF_UNIX */
    case ARG_FLAGS_MESSAGE:
        return bits_of(0x41c3); /* MSG_* */
    case ARG_SHUTDOWN:
        return random_below(4);
    case ARG_FLAGS_FLOCK:
        return 1ul << random_below(4);
    case ARG_MODE:
    case ARG_MODE_CREATE:
        return random_below(8) ? 0700 | random_below(010000) : random_number();
    default:
        return random_below(2) ? 0 : random_next() & random_next() & random_next();
    }
}

static uint64_t number_make(enum argument_kind kind)
{
    static const int futex_ops[] = {
        FUTEX_WAKE,      FUTEX_WAIT,        FUTEX_WAIT_BITSET,    FUTEX_WAKE_BITSET,
        FUTEX_REQUEUE,   FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP,        FUTEX_LOCK_PI,
        FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI,  FUTEX_CMP_REQUEUE_PI, FUTEX_WAIT_REQUEUE_PI,
        FUTEX_LOCK_PI2,
    };
    static const int requests[] = {TIOCGWINSZ, FIONREAD, TCGETS,          FIOCLEX,
                                   FIONCLEX,   FIOASYNC, FS_IOC_GETFLAGS, FIGETBSZ};
    static const int codes[] = {0x1001, 0x1003, 0x1004, 0x1011, 0x1012, 0x3001};

    switch (kind) {
    case ARG_FCNTL:
        return command_make();
    case ARG_FUTEX_OP:
        return ONE_OF(futex_ops) | random_below(4) * FUTEX_PRIVATE_FLAG;
    case ARG_IOCTL:
        return random_below(8) ? ONE_OF(requests) : random_number();
    case ARG_ARCH_PRCTL:
        return ONE_OF(codes);
    case ARG_PRCTL:
        return random_below(70);
    case ARG_PROT:
        return random_below(16) ? random_below(8) : random_number();
    case ARG_WHENCE:
        return random_below(6);
    case ARG_ADVICE:
        return random_below(26);
    case ARG_SIGNAL:
        return random_below(16) ? random_below(66) : random_number();
    case ARG_EPOLL_OP:
        return 1 + random_below(4);
    case ARG_CLOCKID:
        return random_below(14) - 2;
    case ARG_PID:
        return random_below(2) ? 1 : random_below(4) - 1;
    default:
        return random_below(8) ? random_below(18) : random_number();
    }
}

static bool kind_is_pointer(enum argument_kind kind)
{
    return (kind >= ARG_PATH && kind <= ARG_IOVEC_OUT) || kind >= ARG_STAT_OUT;
}

static bool kind_is_flags(enum argument_kind kind)
{
    return kind >= ARG_FLAGS_OPEN && kind <= ARG_MODE_CREATE;
}

uint64_t argument_make(enum argument_kind kind, int index)
{
    switch (kind) {
    case ARG_NONE:
    case ARG_HEX:
    case ARG_INT:
    case ARG_UINT:
    case ARG_ID:
    case ARG_MEMBARRIER:
    case ARG_MEMBARRIER_CPU:
    case ARG_DEVICE:
    case ARG_PERSONALITY:
    case ARG_POSITION_HIGH:
    case ARG_CLONE:
    case ARG_FUTEX_VALUE:
    case ARG_FUTEX_VALUE3:
        return random_below(3) ? random_below(8) : random_number();
    case ARG_SIZE:
    case ARG_SIZE_WHOLE:
        return size_make();
    case ARG_OFFSET:
    case ARG_OFFSET_HEX:
        return offset_make();
    case ARG_FD:
        return fd_make();
    case ARG_DIRFD:
        return random_below(2) ? (uint32_t)AT_FDCWD : fd_make();
    case ARG_PATH:
    case ARG_TARGET:
    case ARG_TEXT:
        return path_make(index);
    case ARG_IOVEC_IN:
    case ARG_IOVEC_OUT:
        return vectors_make(index);
    case ARG_BYTES_IN:
    case ARG_VALUE_IN:
        return pointer_in(index);
    case ARG_TIMESPEC_IN:
    case ARG_TIMESPEC_KEPT:
    case ARG_TIMEVAL_IN:
    case ARG_FUTEX_TIMEOUT:
        return time_make(index);
    case ARG_SIGACTION_IN:
        return action_make(index);
    case ARG_POLLFDS:
        return pollfds_make(index);
    case ARG_FCNTL_ARGUMENT:
        return random_below(2) ? lock_make(index) : random_number();
    case ARG_ADDRESS:
    case ARG_TIMEX:
    case ARG_TIMER_IN:
    case ARG_TIMER_OUT:
    case ARG_INTERVAL_IN:
    case ARG_INTERVAL_OUT:
    case ARG_TIMESPECS_IN:
    case ARG_TIMEVALS_IN:
    case ARG_TIMEZONE_IN:
    case ARG_UTIMBUF_IN:
    case ARG_SIGEVENT_IN:
    case ARG_SIGINFO_IN:
    case ARG_OPEN_HOW_IN:
    case ARG_CAP_HEADER_IN:
    case ARG_CAP_DATA_IN:
    case ARG_SCHEDULE_IN:
    case ARG_SCHEDULE_ATTRIBUTES_IN:
    case ARG_GROUPS_IN:
    case ARG_CLONE_MORE:
    case ARG_CLONE_ARGS:
        return random_below(4) ? numbers_make(index) : arena_address();
    case ARG_IOCTL_ARGUMENT:
    case ARG_PRCTL_ARGUMENT:
    case ARG_ARCH_PRCTL_ARGUMENT:
    case ARG_SIGSET_IN:
    case ARG_SIGSET_SIZED:
    case ARG_STACK_IN:
    case ARG_RLIMIT_IN:
    case ARG_EPOLL_EVENT_IN:
    case ARG_FDSET:
    case ARG_OFFSET_POINTER:
    case ARG_OFFSET_MOVED:
    case ARG_FUTEX_WORD2:
    case ARG_FUTEX_WAITERS:
    case ARG_CPUSET_IN:
        return numbers_make(index);
    case ARG_ADDRESS_MREMAP:
        return arena_address();
    default:
        return kind_is_pointer(kind) ? pointer_out(index)
               : kind_is_flags(kind) ? flags_make(kind)
                                     : number_make(kind);
    }
}
