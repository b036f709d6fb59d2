/* SPDX-License-Identifier: MIT */
/*
 * Names of the numbers that system calls take, with their values from the headers that programs are
 * compiled with. The order is strace's, in which flags are printed.
 *
 * A table may grow by any name the headers know; nothing else depends on it.
 */
#include "syscall/trace_internal.h"

#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/prctl.h>
#include <asm/resource.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <linux/time.h>

/* access(2)'s modes are in no kernel header: POSIX <unistd.h>. */
#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

/* Each table is one list of names, and unfolds into their values and one string of them all. */
#define VALUE(name) name,
#define TEXT(name)  #name "\0"
#define NAMES(table, unknown, LIST)                                        \
    static const u32 table##_values[] = {LIST(VALUE)};                     \
    const struct trace_names table = {unknown, LIST(TEXT), table##_values, \
                                      ARRAY_SIZE(table##_values)}

#define ACCESS_MODES(N) N(F_OK) N(R_OK) N(W_OK) N(X_OK)
NAMES(trace_access_modes, "?_OK", ACCESS_MODES);

#define ADVICE(N)                                                                              \
    N(MADV_NORMAL)                                                                             \
    N(MADV_RANDOM)                                                                             \
    N(MADV_SEQUENTIAL) N(MADV_WILLNEED) N(MADV_DONTNEED) N(MADV_FREE) N(MADV_REMOVE)           \
        N(MADV_DONTFORK) N(MADV_DOFORK) N(MADV_MERGEABLE) N(MADV_UNMERGEABLE) N(MADV_HUGEPAGE) \
            N(MADV_NOHUGEPAGE) N(MADV_DONTDUMP) N(MADV_DODUMP) N(MADV_WIPEONFORK)              \
                N(MADV_KEEPONFORK) N(MADV_COLD) N(MADV_PAGEOUT) N(MADV_POPULATE_READ)          \
                    N(MADV_POPULATE_WRITE) N(MADV_DONTNEED_LOCKED)
NAMES(trace_advice, "MADV_???", ADVICE);

#define ARCH_CODES(N)                                                                          \
    N(ARCH_SET_GS)                                                                             \
    N(ARCH_SET_FS)                                                                             \
    N(ARCH_GET_FS) N(ARCH_GET_GS) N(ARCH_GET_CPUID) N(ARCH_SET_CPUID) N(ARCH_GET_XCOMP_SUPP)   \
        N(ARCH_GET_XCOMP_PERM) N(ARCH_REQ_XCOMP_PERM) N(ARCH_MAP_VDSO_X32) N(ARCH_MAP_VDSO_32) \
            N(ARCH_MAP_VDSO_64)
NAMES(trace_arch_codes, "ARCH_???", ARCH_CODES);

#define AT_FLAGS(N)        \
    N(AT_SYMLINK_NOFOLLOW) \
    N(AT_REMOVEDIR) N(AT_SYMLINK_FOLLOW) N(AT_NO_AUTOMOUNT) N(AT_EMPTY_PATH) N(AT_RECURSIVE)
NAMES(trace_at_flags, "AT_???", AT_FLAGS);

#define CLOCKS(N)                                                                 \
    N(CLOCK_REALTIME)                                                             \
    N(CLOCK_MONOTONIC)                                                            \
    N(CLOCK_PROCESS_CPUTIME_ID) N(CLOCK_THREAD_CPUTIME_ID) N(CLOCK_MONOTONIC_RAW) \
        N(CLOCK_REALTIME_COARSE) N(CLOCK_MONOTONIC_COARSE) N(CLOCK_BOOTTIME)      \
            N(CLOCK_REALTIME_ALARM) N(CLOCK_BOOTTIME_ALARM) N(CLOCK_SGI_CYCLE) N(CLOCK_TAI)
NAMES(trace_clocks, "CLOCK_???", CLOCKS);

#define DUP_FLAGS(N) N(O_CLOEXEC)
NAMES(trace_dup_flags, "O_???", DUP_FLAGS);

#define FCNTL_COMMANDS(N)                                                                      \
    N(F_DUPFD)                                                                                 \
    N(F_GETFD)                                                                                 \
    N(F_SETFD) N(F_GETFL) N(F_SETFL) N(F_GETLK) N(F_SETLK) N(F_SETLKW) N(F_SETOWN) N(F_GETOWN) \
        N(F_SETSIG) N(F_GETSIG) N(F_SETOWN_EX) N(F_GETOWN_EX) N(F_OFD_GETLK) N(F_OFD_SETLK)    \
            N(F_OFD_SETLKW) N(F_SETLEASE) N(F_GETLEASE) N(F_NOTIFY) N(F_DUPFD_CLOEXEC)         \
                N(F_SETPIPE_SZ) N(F_GETPIPE_SZ) N(F_ADD_SEALS) N(F_GET_SEALS)
NAMES(trace_fcntl_commands, "F_???", FCNTL_COMMANDS);

#define FD_FLAGS(N) N(FD_CLOEXEC)
NAMES(trace_fd_flags, "FD_???", FD_FLAGS);

#define FILE_TYPES(N) N(S_IFREG) N(S_IFDIR) N(S_IFCHR) N(S_IFBLK) N(S_IFIFO) N(S_IFLNK) N(S_IFSOCK)
NAMES(trace_file_types, "S_IF???", FILE_TYPES);

#define FUTEX_OPS(N)                                                                              \
    N(FUTEX_WAIT)                                                                                 \
    N(FUTEX_WAIT_PRIVATE)                                                                         \
    N(FUTEX_WAKE) N(FUTEX_WAKE_PRIVATE) N(FUTEX_REQUEUE) N(FUTEX_REQUEUE_PRIVATE)                 \
        N(FUTEX_CMP_REQUEUE) N(FUTEX_CMP_REQUEUE_PRIVATE) N(FUTEX_WAKE_OP)                        \
            N(FUTEX_WAKE_OP_PRIVATE) N(FUTEX_LOCK_PI) N(FUTEX_LOCK_PI_PRIVATE) N(FUTEX_UNLOCK_PI) \
                N(FUTEX_UNLOCK_PI_PRIVATE) N(FUTEX_TRYLOCK_PI) N(FUTEX_TRYLOCK_PI_PRIVATE)        \
                    N(FUTEX_WAIT_BITSET) N(FUTEX_WAIT_BITSET_PRIVATE) N(FUTEX_WAKE_BITSET)        \
                        N(FUTEX_WAKE_BITSET_PRIVATE) N(FUTEX_WAIT_REQUEUE_PI)                     \
                            N(FUTEX_WAIT_REQUEUE_PI_PRIVATE) N(FUTEX_CMP_REQUEUE_PI)              \
                                N(FUTEX_CMP_REQUEUE_PI_PRIVATE) N(FUTEX_LOCK_PI2)                 \
                                    N(FUTEX_LOCK_PI2_PRIVATE) N(FUTEX_FD)
NAMES(trace_futex_ops, "FUTEX_???", FUTEX_OPS);

#define IOCTLS(N)                                                                                  \
    N(TCGETS)                                                                                      \
    N(TCSETS)                                                                                      \
    N(TCSETSW) N(TCSETSF) N(TCGETA) N(TCSETA) N(TCSETAW) N(TCSETAF) N(TCSBRK) N(TCSBRKP) N(TCXONC) \
        N(TCFLSH) N(TCGETS2) N(TCSETS2) N(TCSETSW2) N(TCSETSF2) N(TIOCEXCL) N(TIOCNXCL)            \
            N(TIOCSCTTY) N(TIOCNOTTY) N(TIOCGPGRP) N(TIOCSPGRP) N(TIOCGSID) N(TIOCOUTQ) N(TIOCSTI) \
                N(TIOCGWINSZ) N(TIOCSWINSZ) N(TIOCMGET) N(TIOCMSET) N(TIOCGETD) N(TIOCSETD)        \
                    N(TIOCCONS) N(TIOCGPTN) N(TIOCSPTLCK) N(TIOCGPTPEER) N(TIOCSBRK) N(TIOCCBRK)   \
                        N(FIONREAD) N(FIONBIO) N(FIOASYNC) N(FIONCLEX) N(FIOCLEX)
NAMES(trace_ioctls, "", IOCTLS);

#define LOCK_TYPES(N) N(F_RDLCK) N(F_WRLCK) N(F_UNLCK)
NAMES(trace_lock_types, "F_???", LOCK_TYPES);

#define MMAP_FLAGS(N)                                                                              \
    N(MAP_FIXED)                                                                                   \
    N(MAP_ANONYMOUS) N(MAP_32BIT) N(MAP_GROWSDOWN) N(MAP_DENYWRITE) N(MAP_EXECUTABLE)              \
        N(MAP_LOCKED) N(MAP_NORESERVE) N(MAP_POPULATE) N(MAP_NONBLOCK) N(MAP_STACK) N(MAP_HUGETLB) \
            N(MAP_SYNC) N(MAP_FIXED_NOREPLACE)
NAMES(trace_mmap_flags, "MAP_???", MMAP_FLAGS);

#define MMAP_TYPES(N) N(MAP_FILE) N(MAP_SHARED) N(MAP_PRIVATE) N(MAP_SHARED_VALIDATE)
NAMES(trace_mmap_types, "MAP_???", MMAP_TYPES);

#define MODE_BITS(N) N(S_ISUID) N(S_ISGID) N(S_ISVTX)
NAMES(trace_mode_bits, "", MODE_BITS);

#define MREMAP_FLAGS(N) N(MREMAP_MAYMOVE) N(MREMAP_FIXED) N(MREMAP_DONTUNMAP)
NAMES(trace_mremap_flags, "MREMAP_???", MREMAP_FLAGS);

#define OPEN_FLAGS(N)                                                                 \
    N(O_CREAT)                                                                        \
    N(O_EXCL)                                                                         \
    N(O_NOCTTY) N(O_TRUNC) N(O_APPEND) N(O_NONBLOCK) N(O_SYNC) N(O_DSYNC) N(O_DIRECT) \
        N(O_LARGEFILE) N(O_NOFOLLOW) N(O_NOATIME) N(O_CLOEXEC) N(O_PATH) N(O_TMPFILE) \
            N(O_DIRECTORY) N(FASYNC)
NAMES(trace_open_flags, "O_???", OPEN_FLAGS);

#define OPEN_MODES(N) N(O_RDONLY) N(O_WRONLY) N(O_RDWR) N(O_ACCMODE)
NAMES(trace_open_modes, "O_???", OPEN_MODES);

#define POLL_EVENTS(N)                                                                       \
    N(POLLIN)                                                                                \
    N(POLLPRI)                                                                               \
    N(POLLOUT) N(POLLRDNORM) N(POLLWRNORM) N(POLLRDBAND) N(POLLWRBAND) N(POLLERR) N(POLLHUP) \
        N(POLLNVAL) N(POLLMSG) N(POLLREMOVE) N(POLLRDHUP)
NAMES(trace_poll_events, "POLL???", POLL_EVENTS);

#define PRCTL_OPTIONS(N)                                                                         \
    N(PR_SET_PDEATHSIG)                                                                          \
    N(PR_GET_PDEATHSIG)                                                                          \
    N(PR_GET_DUMPABLE) N(PR_SET_DUMPABLE) N(PR_GET_KEEPCAPS) N(PR_SET_KEEPCAPS) N(PR_SET_NAME)   \
        N(PR_GET_NAME) N(PR_GET_SECCOMP) N(PR_SET_SECCOMP) N(PR_CAPBSET_READ) N(PR_CAPBSET_DROP) \
            N(PR_GET_TSC) N(PR_SET_TSC) N(PR_GET_SECUREBITS) N(PR_SET_SECUREBITS)                \
                N(PR_SET_TIMERSLACK) N(PR_GET_TIMERSLACK) N(PR_SET_MM) N(PR_SET_PTRACER)         \
                    N(PR_SET_CHILD_SUBREAPER) N(PR_GET_CHILD_SUBREAPER) N(PR_SET_NO_NEW_PRIVS)   \
                        N(PR_GET_NO_NEW_PRIVS) N(PR_GET_TID_ADDRESS) N(PR_SET_THP_DISABLE)       \
                            N(PR_GET_THP_DISABLE) N(PR_CAP_AMBIENT) N(PR_GET_SPECULATION_CTRL)   \
                                N(PR_SET_SPECULATION_CTRL) N(PR_SET_SYSCALL_USER_DISPATCH)       \
                                    N(PR_SCHED_CORE) N(PR_SET_VMA)
NAMES(trace_prctl_options, "PR_???", PRCTL_OPTIONS);

#define PROT(N)  \
    N(PROT_NONE) \
    N(PROT_READ) N(PROT_WRITE) N(PROT_EXEC) N(PROT_SEM) N(PROT_GROWSDOWN) N(PROT_GROWSUP)
NAMES(trace_prot, "PROT_???", PROT);

#define RANDOM_FLAGS(N) N(GRND_NONBLOCK) N(GRND_RANDOM) N(GRND_INSECURE)
NAMES(trace_random_flags, "GRND_???", RANDOM_FLAGS);

#define RESOURCES(N)                                                                             \
    N(RLIMIT_CPU)                                                                                \
    N(RLIMIT_FSIZE)                                                                              \
    N(RLIMIT_DATA) N(RLIMIT_STACK) N(RLIMIT_CORE) N(RLIMIT_RSS) N(RLIMIT_NPROC) N(RLIMIT_NOFILE) \
        N(RLIMIT_MEMLOCK) N(RLIMIT_AS) N(RLIMIT_LOCKS) N(RLIMIT_SIGPENDING) N(RLIMIT_MSGQUEUE)   \
            N(RLIMIT_NICE) N(RLIMIT_RTPRIO) N(RLIMIT_RTTIME)
NAMES(trace_resources, "RLIMIT_???", RESOURCES);

#define RUSAGE_WHO(N) N(RUSAGE_SELF) N(RUSAGE_CHILDREN) N(RUSAGE_BOTH) N(RUSAGE_THREAD)
NAMES(trace_rusage_who, "RUSAGE_???", RUSAGE_WHO);

#define SIGNAL_FLAGS(N)                                                                       \
    N(SA_RESTORER)                                                                            \
    N(SA_ONSTACK)                                                                             \
    N(SA_RESTART) N(SA_NODEFER) N(SA_RESETHAND) N(SA_SIGINFO) N(SA_NOCLDSTOP) N(SA_NOCLDWAIT) \
        N(SA_EXPOSE_TAGBITS)
NAMES(trace_signal_flags, "SA_???", SIGNAL_FLAGS);

#define SIGNAL_HOW(N) N(SIG_BLOCK) N(SIG_UNBLOCK) N(SIG_SETMASK)
NAMES(trace_signal_how, "SIG_???", SIGNAL_HOW);

#define SIGNALS(N)                                                                                \
    N(SIGHUP)                                                                                     \
    N(SIGINT)                                                                                     \
    N(SIGQUIT) N(SIGILL) N(SIGTRAP) N(SIGABRT) N(SIGBUS) N(SIGFPE) N(SIGKILL) N(SIGUSR1)          \
        N(SIGSEGV) N(SIGUSR2) N(SIGPIPE) N(SIGALRM) N(SIGTERM) N(SIGSTKFLT) N(SIGCHLD) N(SIGCONT) \
            N(SIGSTOP) N(SIGTSTP) N(SIGTTIN) N(SIGTTOU) N(SIGURG) N(SIGXCPU) N(SIGXFSZ)           \
                N(SIGVTALRM) N(SIGPROF) N(SIGWINCH) N(SIGIO) N(SIGPWR) N(SIGSYS) N(SIGRTMIN)
NAMES(trace_signals, "SIG???", SIGNALS);

#define STACK_FLAGS(N) N(SS_ONSTACK) N(SS_DISABLE) N(SS_AUTODISARM)
NAMES(trace_stack_flags, "SS_???", STACK_FLAGS);

#define TERMIOS_INPUT(N)                                                                        \
    N(IGNBRK)                                                                                   \
    N(BRKINT)                                                                                   \
    N(IGNPAR) N(PARMRK) N(INPCK) N(ISTRIP) N(INLCR) N(IGNCR) N(ICRNL) N(IUCLC) N(IXON) N(IXANY) \
        N(IXOFF) N(IMAXBEL) N(IUTF8)
NAMES(trace_termios_input, "", TERMIOS_INPUT);

#define TERMIOS_OUTPUT(N) N(OPOST) N(OLCUC) N(ONLCR) N(OCRNL) N(ONOCR) N(ONLRET) N(OFILL) N(OFDEL)
NAMES(trace_termios_output, "", TERMIOS_OUTPUT);

#define TERMIOS_CONTROL(N) \
    N(CSTOPB) N(CREAD) N(PARENB) N(PARODD) N(HUPCL) N(CLOCAL) N(CMSPAR) N(CRTSCTS)
NAMES(trace_termios_control, "", TERMIOS_CONTROL);

#define TERMIOS_LOCAL(N)                                                                 \
    N(ISIG)                                                                              \
    N(ICANON) N(XCASE) N(ECHO) N(ECHOE) N(ECHOK) N(ECHONL) N(NOFLSH) N(TOSTOP) N(IEXTEN) \
        N(ECHOCTL) N(ECHOPRT) N(ECHOKE) N(FLUSHO) N(PENDIN) N(EXTPROC)
NAMES(trace_termios_local, "", TERMIOS_LOCAL);

#define TERMIOS_SPEEDS(N) \
    N(B0) N(B300) N(B1200) N(B2400) N(B4800) N(B9600) N(B19200) N(B38400) N(B57600) N(B115200)
NAMES(trace_termios_speeds, "B???", TERMIOS_SPEEDS);

#define TIMER_FLAGS(N) N(TIMER_ABSTIME)
NAMES(trace_timer_flags, "TIMER_???", TIMER_FLAGS);

#define WHENCE(N) N(SEEK_SET) N(SEEK_CUR) N(SEEK_END) N(SEEK_DATA) N(SEEK_HOLE)
NAMES(trace_whence, "SEEK_???", WHENCE);
