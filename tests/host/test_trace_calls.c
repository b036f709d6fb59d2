/* SPDX-License-Identifier: MIT */
/*
 * The table of system calls, and how each kind of argument is printed: against lines that strace 6.1
 * printed for the same calls, with what hostile programs hand over, and with anything at all.
 */
#include "tests/host/trace_lines.h"

/* --- The table --- */

static void test_dispatch(void **state)
{
    (void)state;
    for (u64 number = 0; number < SYSCALL_COUNT; number++) {
        current_number = number;
        assert_non_null(syscall_table[number]);
        long result = syscall_table[number](1, 2, 3, 4, 5, 6);
        if (syscall_infos[number].group == GROUP_none)
            assert_int_equal(result, -ENOSYS);
        else
            assert_int_equal(result, number);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(syscall_name(__NR_read), "read");
    assert_string_equal(syscall_name(__NR_pivot_root), "pivot_root");
    assert_string_equal(syscall_name(462), "mseal");
    assert_null(syscall_name(400));
    assert_null(syscall_name(SYSCALL_COUNT));
    assert_null(syscall_name(UINT64_MAX));
}

static long ask(u64 number)
{
    current_number = number;
    logged[0] = '\0';
    logged_lines = 0;
    return sys_nosys();
}

static void test_nosys_says_so_once(void **state)
{
    (void)state;
    /* Other numbers than test_dispatch has asked for. */
    assert_int_equal(ask(480), -ENOSYS);
    assert_string_equal(logged, "unsupported system call 480: ENOSYS");
    assert_int_equal(ask(480), -ENOSYS);
    assert_int_equal(logged_lines, 0);
    assert_int_equal(ask(481), -ENOSYS);
    assert_int_equal(logged_lines, 1);
    assert_int_equal(ask(UINT64_MAX), -ENOSYS);
    assert_string_equal(logged, "unsupported system call 18446744073709551615: ENOSYS");
    /* All numbers so far out share one line. */
    assert_int_equal(ask(100000), -ENOSYS);
    assert_int_equal(logged_lines, 0);
    /* A call that we have is never asked for here, and so is still new. */
    ask(__NR_read);
    assert_string_equal(logged, "unsupported system call 0 (read): ENOSYS");
}

static void test_every_kind_has_a_printer(void **state)
{
    (void)state;
    for (int kind = 0; kind < ARG_KIND_COUNT; kind++)
        assert_true(trace_kinds[kind].print != NULL || trace_kinds[kind].names != NULL);
}

static void test_errors(void **state)
{
    (void)state;
    for (int error = 1; error <= EHWPOISON; error++) {
        const char *name = trace_error(error);

        if (name == NULL) {
            /* The two holes in Linux's numbers. */
            assert_true(error == 41 || error == 58);
            continue;
        }
        assert_string_equal(name, strerrorname_np(error));
        assert_string_equal(name + strlen(name) + 1, strerror(error));
    }
    assert_null(trace_error(0));
    assert_null(trace_error(EHWPOISON + 1));
}

/* --- Lines --- */

static void test_bytes(void **state)
{
    const char odd[] = "\1\2\t\"\\\177\200\0ab\0017";
    u64 long_text = text("0123456789012345678901234567890123456789\n");

    (void)state;
    expect(__NR_write, ARGS(1, text("hello\n"), 6), 6, "write(1, \"hello\\n\", 6) = 6");
    expect(__NR_write, ARGS(1, text(""), 0), 0, "write(1, \"\", 0) = 0");
    expect(__NR_write, ARGS(1, 0, 6), -EFAULT, "write(1, NULL, 6) = -1 EFAULT (Bad address)");
    expect(__NR_write, ARGS(1, NOWHERE, 6), 6, "write(1, 0xdead0000, 6) = 6");
    expect(__NR_write, ARGS(99, put(odd, sizeof(odd) - 1), 12), -EBADF,
           "write(99, \"\\1\\2\\t\\\"\\\\\\177\\200\\0ab\\0017\", 12) = "
           "-1 EBADF (Bad file descriptor)");
    expect(__NR_write, ARGS(1, long_text, 41), 41,
           "write(1, \"01234567890123456789012345678901\"..., 41) = 41");
    expect(__NR_write, ARGS(1, long_text, 32), 32,
           "write(1, \"01234567890123456789012345678901\", 32) = 32");
    expect(__NR_read, ARGS(0, text("vm\n"), 5), 3, "read(0, \"vm\\n\", 5) = 3");
    expect(__NR_read, ARGS(0, NOWHERE, 5), -EBADF,
           "read(0, 0xdead0000, 5) = -1 EBADF (Bad file descriptor)");
    expect(__NR_getrandom, ARGS(text("\xa3\xfe\x09z"), 4, 1), 4,
           "getrandom(\"\\xa3\\xfe\\x09\\x7a\", 4, GRND_NONBLOCK) = 4");
}

static void test_paths(void **state)
{
    char longer[300];
    u64 path = text("/etc/ld.so.cache");

    (void)state;
    expect(__NR_openat, ARGS((u64)AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0777), -ENOENT,
           "openat(AT_FDCWD, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = "
           "-1 ENOENT (No such file or directory)");
    expect(__NR_open, ARGS(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), 3,
           "open(\"/etc/ld.so.cache\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3");
    expect(__NR_openat, ARGS(5, 0, 3 | 1u << 31), -EFAULT,
           "openat(5, NULL, O_ACCMODE|0x80000000) = -1 EFAULT (Bad address)");
    /* The register of an int has anything in its upper half. */
    expect(__NR_openat, ARGS(0xffffffff00000005, path, 0xffffffff00000000), 3,
           "openat(5, \"/etc/ld.so.cache\", O_RDONLY) = 3");
    expect(__NR_faccessat, ARGS(UINT64_MAX, path, 0xffffffff00000004), 0,
           "faccessat(-1, \"/etc/ld.so.cache\", R_OK) = 0");
    expect(__NR_access, ARGS(put_last("/x", 3), 5), 0, "access(\"/x\", R_OK|X_OK) = 0");
    /* No NUL before the memory ends. */
    expect(__NR_access, ARGS(put_last("/xyz", 4), 0), -EFAULT,
           "access(0x%lx, F_OK) = -1 EFAULT (Bad address)", (u64)user + PAGE_SIZE - 4);
    /* A name is shown whole, as long as it can be one. */
    memset(longer, 'p', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    expect(__NR_access, ARGS(put(longer, sizeof(longer)), 0), 0, "access(\"%s\", F_OK) = 0",
           longer);
    expect(__NR_readlink, ARGS(text("/proc/self/exe"), text("/bin/x"), 4096), 6,
           "readlink(\"/proc/self/exe\", \"/bin/x\", 4096) = 6");
    expect(__NR_getcwd, ARGS(text("/root"), 4096), 6, "getcwd(\"/root\", 4096) = 6");
}

static void test_memory(void **state)
{
    (void)state;
    expect(__NR_brk, ARGS(0), 0x4b2000, "brk(NULL) = 0x4b2000");
    expect(__NR_mmap,
           ARGS(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0),
           0x7ffff7ff5000,
           "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = "
           "0x7ffff7ff5000");
    expect(__NR_mmap, ARGS(0, 0, PROT_EXEC | 1 << 24, 0x40109, 3, 0x1000), -EBADF,
           "mmap(NULL, 0, PROT_EXEC|PROT_GROWSDOWN, 0x9 /* MAP_??? */|MAP_GROWSDOWN|MAP_HUGETLB, "
           "3, 0x1000) = -1 EBADF (Bad file descriptor)");
    expect(__NR_mmap, ARGS(0, 4096, 1, MAP_PRIVATE | MAP_HUGETLB | 21u << 26, 3, 0), -ENOMEM,
           "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, 3, 0) = "
           "-1 ENOMEM (Cannot allocate memory)");
    expect(__NR_mprotect, ARGS(0x1000, 4096, 0), 0, "mprotect(0x1000, 4096, PROT_NONE) = 0");
    expect(__NR_madvise, ARGS(0x1000, 4096, 99), -EINVAL,
           "madvise(0x1000, 4096, 0x63 /* MADV_??? */) = -1 EINVAL (Invalid argument)");
    expect(__NR_mremap, ARGS(0x1000, 4096, 8192, MREMAP_MAYMOVE, 0x2000), 0x3000,
           "mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE) = 0x3000");
    expect(__NR_mremap, ARGS(0x1000, 4096, 8192, 3, 0x2000), 0x2000,
           "mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, 0x2000) = 0x2000");
}

static void test_processes(void **state)
{
    const u64 limits[] = {8192 * 1024, UINT64_MAX};
    const u64 small[] = {1024, 2047};

    (void)state;
    expect(__NR_arch_prctl, ARGS(ARCH_SET_FS, 0x4c3380), 0,
           "arch_prctl(ARCH_SET_FS, 0x4c3380) = 0");
    expect(__NR_arch_prctl, ARGS(ARCH_GET_FS, word(0x4c3380)), 0,
           "arch_prctl(ARCH_GET_FS, [0x4c3380]) = 0");
    expect(__NR_arch_prctl, ARGS(0x3001, 0x1000), -EINVAL,
           "arch_prctl(0x3001 /* ARCH_??? */, 0x1000) = -1 EINVAL (Invalid argument)");
    expect(__NR_prlimit64, ARGS(0, 3, put(small, 16), put(limits, 16)), 0,
           "prlimit64(0, RLIMIT_STACK, {rlim_cur=1024, rlim_max=2047}, "
           "{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0");
    expect(__NR_prlimit64, ARGS(0, 3, 0, NOWHERE), -EFAULT,
           "prlimit64(0, RLIMIT_STACK, NULL, 0xdead0000) = -1 EFAULT (Bad address)");
    expect(__NR_set_robust_list, ARGS(0x4b2660, 24), 0, "set_robust_list(0x4b2660, 24) = 0");
    expect(__NR_rseq, ARGS(0x4b2ca0, 32, 0, 0x53053053), 0,
           "rseq(0x4b2ca0, 0x20, 0, 0x53053053) = 0");
    expect(__NR_sched_getaffinity, ARGS(0, 128, word(0x105)), 8,
           "sched_getaffinity(0, 128, [0 2 8]) = 8");
    expect(__NR_prctl, ARGS(15, text("name"), 7, 8, 9), 0, "prctl(PR_SET_NAME, \"name\") = 0");
    expect(__NR_getuid, ARGS(9, 9, 9, 9, 9, 9), 1000, "getuid() = 1000");
    expect(__NR_umask, ARGS(0), 022, "umask(000) = 022");
    expect(__NR_getresuid, ARGS(word(7), word(0), word(1)), 0, "getresuid([7], [0], [1]) = 0");
}

static void test_futex(void **state)
{
    const struct __kernel_timespec wait = {0, 1000};

    (void)state;
    expect(__NR_futex, ARGS(0x5000, FUTEX_WAKE_PRIVATE, 1, 9, 9, 9), 0,
           "futex(0x5000, FUTEX_WAKE_PRIVATE, 1) = 0");
    expect(__NR_futex, ARGS(0x5000, FUTEX_WAIT, 2), -EAGAIN,
           "futex(0x5000, FUTEX_WAIT, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)");
    expect(__NR_futex,
           ARGS(0x5000, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 1, put(&wait, 16), 0,
                UINT32_MAX),
           -ETIMEDOUT,
           "futex(0x5000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 1, "
           "{tv_sec=0, tv_nsec=1000}, FUTEX_BITSET_MATCH_ANY) = "
           "-1 ETIMEDOUT (Connection timed out)");
    expect(__NR_futex, ARGS(0x5000, FUTEX_LOCK_PI, 1, put(&wait, 16), 5, 6), 0,
           "futex(0x5000, FUTEX_LOCK_PI, {tv_sec=0, tv_nsec=1000}) = 0");
    expect(__NR_futex, ARGS(0x5000, FUTEX_CMP_REQUEUE, 1, 2, 0x6000, 3), 0,
           "futex(0x5000, FUTEX_CMP_REQUEUE, 1, 2, 0x6000, 3) = 0");
}

static void test_signals(void **state)
{
    const u64 action[] = {0x401000, 0x1c000004, 0x402000, 1 << 1 | 1 << 16 | 1UL << 33};
    const u64 ignore[] = {1, 0, 0, 0};
    const u64 stack[] = {0x5000, 2, 8192};

    (void)state;
    expect(__NR_rt_sigaction, ARGS(10, put(action, 32), 0, 8), 0,
           "rt_sigaction(SIGUSR1, {sa_handler=0x401000, sa_mask=[INT CHLD RT_2], "
           "sa_flags=SA_RESTORER|SA_ONSTACK|SA_RESTART|SA_SIGINFO, sa_restorer=0x402000}, "
           "NULL, 8) = 0");
    expect(__NR_rt_sigaction, ARGS(64, 0, put(ignore, 32), 8), 0,
           "rt_sigaction(SIGRT_32, NULL, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, 8) = 0");
    expect(__NR_rt_sigprocmask, ARGS(2, word(~6UL), word(0), 8), 0,
           "rt_sigprocmask(SIG_SETMASK, ~[INT QUIT], [], 8) = 0");
    expect(__NR_rt_sigprocmask, ARGS(0, word(1UL << 31), 0, 8), 0,
           "rt_sigprocmask(SIG_BLOCK, [RTMIN], NULL, 8) = 0");
    expect(__NR_sigaltstack, ARGS(put(stack, 24), NOWHERE), -EFAULT,
           "sigaltstack({ss_sp=0x5000, ss_flags=SS_DISABLE, ss_size=8192}, 0xdead0000) = "
           "-1 EFAULT (Bad address)");
    expect(__NR_tgkill, ARGS(1, 1, 11), 0, "tgkill(1, 1, SIGSEGV) = 0");
    expect(__NR_kill, ARGS((u64)-1, 99), -EINVAL, "kill(-1, 99) = -1 EINVAL (Invalid argument)");
}

static void test_time(void **state)
{
    const struct __kernel_timespec time = {5, 250};

    (void)state;
    expect(__NR_clock_gettime, ARGS(1, put(&time, 16)), 0,
           "clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=250}) = 0");
    expect(__NR_time, ARGS(0), 1795413561, "time(NULL) = 1795413561 (2026-11-23T05:59:21+0000)");
    expect(__NR_time, ARGS(word(951782400)), 951782400,
           "time([951782400 /* 2000-02-29T00:00:00+0000 */]) = "
           "951782400 (2000-02-29T00:00:00+0000)");
    expect(__NR_time, ARGS(0), 4107542399, "time(NULL) = 4107542399 (2100-02-28T23:59:59+0000)");
    expect(__NR_nanosleep, ARGS(put(&time, 16), 0x6000), 0,
           "nanosleep({tv_sec=5, tv_nsec=250}, 0x6000) = 0");
    expect(__NR_nanosleep, ARGS(put(&time, 16), put(&time, 16)), -EINTR,
           "nanosleep({tv_sec=5, tv_nsec=250}, {tv_sec=5, tv_nsec=250}) = "
           "-1 EINTR (Interrupted system call)");
    expect(__NR_nanosleep, ARGS(put(&time, 16), 0), -516,
           "nanosleep({tv_sec=5, tv_nsec=250}, NULL) = "
           "? ERESTART_RESTARTBLOCK (Interrupted by signal)");
}

static void test_poll(void **state)
{
    const struct pollfd polls[] = {
        {0, POLLIN | POLLPRI, POLLIN}, {1, POLLOUT, 0}, {-1, 0, 0}, {2, POLLOUT, POLLOUT}};
    const struct __kernel_timespec time = {5, 250};

    (void)state;
    expect(__NR_poll, ARGS(put(polls, sizeof(polls)), 4, 0), 2,
           "poll([{fd=0, events=POLLIN|POLLPRI}, {fd=1, events=POLLOUT}, {fd=-1}, "
           "{fd=2, events=POLLOUT}], 4, 0) = "
           "2 ([{fd=0, revents=POLLIN}, {fd=2, revents=POLLOUT}])");
    expect(__NR_poll, ARGS(0, 0, (u64)-1), 0, "poll(NULL, 0, -1) = 0 (Timeout)");
    expect(__NR_poll, ARGS(NOWHERE, 1, 0), -EFAULT,
           "poll(0xdead0000, 1, 0) = -1 EFAULT (Bad address)");
    expect(__NR_ppoll, ARGS(put(polls, 8), 1, put(&time, 16), word(2), 8), 1,
           "ppoll([{fd=0, events=POLLIN|POLLPRI}], 1, {tv_sec=5, tv_nsec=250}, [INT], 8) = "
           "1 ([{fd=0, revents=POLLIN}], left {tv_sec=5, tv_nsec=250})");
}

static void test_files(void **state)
{
    u64 status[18] = {0};
    u64 terminal = text("vm");
    const u16 window[] = {25, 80, 0, 0};
    const struct iovec vectors[] = {{(void *)terminal, 2}, {(void *)terminal, 1}};

    (void)state;
    status[3] = 0020620;
    status[5] = 0x8800;
    expect(__NR_fstat, ARGS(1, put(status, sizeof(status))), 0,
           "fstat(1, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0), ...}) = 0");
    status[3] = 0101755;
    status[6] = 4096;
    expect(__NR_newfstatat, ARGS(1, text(""), put(status, sizeof(status)), 0x1000), 0,
           "newfstatat(1, \"\", {st_mode=S_IFREG|S_ISVTX|0755, st_size=4096, ...}, "
           "AT_EMPTY_PATH) = 0");
    expect(__NR_ioctl, ARGS(1, 0x5413, put(window, 8)), 0,
           "ioctl(1, TIOCGWINSZ, {ws_row=25, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0");
    expect(__NR_ioctl, ARGS(1, 0x5401, 0x6000), -ENOTTY,
           "ioctl(1, TCGETS, 0x6000) = -1 ENOTTY (Inappropriate ioctl for device)");
    expect(__NR_ioctl, ARGS(1, 0xc0104599, 0x6000), -ENOTTY,
           "ioctl(1, _IOC(_IOC_READ|_IOC_WRITE, 0x45, 0x99, 0x10), 0x6000) = "
           "-1 ENOTTY (Inappropriate ioctl for device)");
    expect(__NR_fcntl, ARGS(1, F_GETFL), O_RDWR | O_NONBLOCK,
           "fcntl(1, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)");
    expect(__NR_fcntl, ARGS(1, F_GETFD), 0, "fcntl(1, F_GETFD) = 0");
    expect(__NR_fcntl, ARGS(1, F_SETFD, 1), 0, "fcntl(1, F_SETFD, FD_CLOEXEC) = 0");
    expect(__NR_writev, ARGS(1, put(vectors, sizeof(vectors)), 2), 3,
           "writev(1, [{iov_base=\"vm\", iov_len=2}, {iov_base=\"v\", iov_len=1}], 2) = 3");
    expect(__NR_readv, ARGS(0, put(vectors, sizeof(vectors)), 2), 1,
           "readv(0, [{iov_base=\"v\", iov_len=2}, {iov_base=\"\", iov_len=1}], 2) = 1");
    expect(__NR_lseek, ARGS(1, (u64)-1, 9), -ESPIPE,
           "lseek(1, -1, 0x9 /* SEEK_??? */) = -1 ESPIPE (Illegal seek)");
}

static void test_threads(void **state)
{
    u64 tid = word(77);
    u64 args[11] = {0x3d0f00, 0, tid, tid, 0, 0x7f0000000000, 0x7fff80, 0x7f1000000000};
    const char thread[] = "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|"
                          "CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID";

    (void)state;
    expect(
        __NR_clone3, ARGS(put(args, sizeof(args)), 88), 77,
        "clone3({flags=%s, child_tid=%#lx, parent_tid=%#lx, exit_signal=0, stack=0x7f0000000000, "
        "stack_size=0x7fff80, tls=0x7f1000000000} => {parent_tid=[77]}, 88) = 77",
        thread, tid, tid);
    expect(
        __NR_clone, ARGS(0x3d0f00, 0x1000, tid, tid, 0x2000), 77,
        "clone(child_stack=0x1000, flags=%s, parent_tid=[77], tls=0x2000, child_tidptr=%#lx) = 77",
        thread, tid);
    expect(__NR_clone, ARGS(17, 0, 0, 0, 0), -ENOSYS,
           "clone(child_stack=NULL, flags=SIGCHLD) = -1 ENOSYS (Function not implemented)");
    u64 small = put(args, 8);
    expect(__NR_clone3, ARGS(small, 63), -EINVAL, "clone3(%#lx, 63) = -1 EINVAL (Invalid argument)",
           small);
}

/* Behind what the call writes, strace shows nothing of a call that failed. */
static void test_failed(void **state)
{
    const struct __kernel_timespec time = {0, 5};
    u64 at = put(&time, sizeof(time));
    u64 mask = word(2);
    u64 lock[4] = {2};

    (void)state;
    expect(__NR_epoll_pwait2, ARGS(3, NOWHERE, 1, at, mask, 8), -EBADF,
           "epoll_pwait2(3, 0xdead0000, 1, %#lx, %#lx, 8) = -1 EBADF (Bad file descriptor)", at,
           mask);
    expect(__NR_rt_sigtimedwait, ARGS(mask, NOWHERE, at, 8), -EAGAIN,
           "rt_sigtimedwait([INT], 0xdead0000, {tv_sec=0, tv_nsec=5}, 8) = "
           "-1 EAGAIN (Resource temporarily unavailable)");
    u64 locks = put(lock, sizeof(lock));
    expect(__NR_fcntl, ARGS(3, F_GETLK, locks), -EINVAL,
           "fcntl(3, F_GETLK, %#lx) = -1 EINVAL (Invalid argument)", locks);
    expect(__NR_fcntl, ARGS(3, F_SETLK, locks), -EINVAL,
           "fcntl(3, F_SETLK, {l_type=F_UNLCK, l_whence=SEEK_SET, l_start=0, l_len=0}) = "
           "-1 EINVAL (Invalid argument)");
}

static void test_names_without_arguments(void **state)
{
    (void)state;
    expect(__NR_pivot_root, ARGS(1, 2, 3, 4, 5, 0), -ENOSYS,
           "pivot_root(0x1, 0x2, 0x3, 0x4, 0x5, 0) = -1 ENOSYS (Function not implemented)");
    expect(439 + 400, ARGS(1, 2, 3, 4, 5, UINT64_MAX), -ENOSYS,
           "syscall_0x347(0x1, 0x2, 0x3, 0x4, 0x5, 0xffffffffffffffff) = "
           "-1 ENOSYS (Function not implemented)");
    expect(__NR_getpid, ARGS(0), -4000, "getpid() = -1 (errno 4000)");
    expect(__NR_getpid, ARGS(0), -5000, "getpid() = -5000");
}

/* --- What programs may hand over --- */

static void test_hostile(void **state)
{
    u64 last = (u64)user + PAGE_SIZE - 16;
    const struct iovec vectors[] = {{(void *)1, SIZE_MAX}, {(void *)user, 1UL << 63}};
    const u64 none[4] = {0};
    u64 zeros = put(none, sizeof(none));

    (void)state;
    /* Arrays that end where memory does. */
    put_last("\1\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0", 16);
    expect(__NR_poll, ARGS(last, UINT32_MAX, 0), -EINVAL,
           "poll([{fd=1, events=POLLIN}, {fd=2, events=0}, ... /* %#lx */], 4294967295, 0) = "
           "-1 EINVAL (Invalid argument)",
           last + 16);
    expect(__NR_poll, ARGS(last, 3, 0), 1,
           "poll([{fd=1, events=POLLIN}, {fd=2, events=0}, "
           "... /* %#lx */], 3, 0) = 1 ([])",
           last + 16);
    expect(__NR_setgroups, ARGS(UINT32_MAX, last), -EINVAL,
           "setgroups(-1, %#lx) = -1 EINVAL (Invalid argument)", last);
    expect(__NR_getgroups, ARGS(5, last), 5, "getgroups(5, [1, 1, 2, 0, ... /* %#lx */]) = 5",
           last + 16);
    expect(
        __NR_epoll_wait, ARGS(3, last, 9, 0), 1000,
        "epoll_wait(3, [{events=EPOLLIN, data={u32=1, u64=8589934593}}, ... /* %#lx */], 9, 0) = "
        "1000",
        last + 12);
    expect(__NR_mincore, ARGS(0, UINT64_MAX, last + 14), 0,
           "mincore(NULL, 18446744073709551615, [0, 0, ... /* %#lx */]) = 0", last + 16);
    /* Lengths beyond all. */
    expect(__NR_writev, ARGS(1, put(vectors, sizeof(vectors)), 2), -EFAULT,
           "writev(1, [{iov_base=0x1, iov_len=18446744073709551615}, "
           "{iov_base=\"%s\"..., iov_len=9223372036854775808}], 2) = -1 EFAULT (Bad address)",
           "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
           "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0");
    expect(__NR_read, ARGS(0, last, UINT64_MAX), INT64_MAX,
           "read(0, %#lx, 18446744073709551615) = 9223372036854775807", last);
    /* Entries of a directory that have no length. */
    expect(__NR_getdents64, ARGS(3, zeros, 9), 1 << 20,
           "getdents64(3, %#lx /* 0 entries */, 9) = 1048576", zeros);
    expect(__NR_openat2, ARGS(3, 0, zeros, 23), -EINVAL,
           "openat2(3, NULL, %#lx, 23) = -1 EINVAL (Invalid argument)", zeros);
    expect(__NR_capget, ARGS(NOWHERE, (u64)user), 0, "capget(0xdead0000, %#lx) = 0", (u64)user);
    expect(__NR_rt_sigprocmask, ARGS(0, (u64)user, (u64)user, UINT64_MAX), 0,
           "rt_sigprocmask(SIG_BLOCK, %#lx, %#lx, 18446744073709551615) = 0", (u64)user, (u64)user);
    expect(__NR_sched_setaffinity, ARGS(0, UINT32_MAX, last), 0,
           "sched_setaffinity(0, 4294967295, %#lx) = 0", last);
    expect(__NR_select, ARGS(INT32_MAX, last, 0, 0, 0), 0,
           "select(2147483647, %#lx, NULL, NULL, NULL) = 0 (Timeout)", last);
}

/* --- Anything at all --- */

static u64 random_word(void)
{
    static u64 state = 0x9e3779b97f4a7c15;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void random_options(void)
{
    static const char *const lengths[] = {"0", "1", "32", "5000"};
    const char *why;

    memory_left = random_word() % 2 ? -1 : (long)(random_word() % 4);
    several_threads = random_word() % 2;
    goes_on = random_word() % 16 == 0;
    assert_int_equal(trace_configure_strings(lengths[random_word() % 4], &why), 0);
    assert_int_equal(trace_configure_times(random_word() % 2 ? "" : "clock,relative,spent", &why),
                     0);
}

static u64 random_argument(void)
{
    u64 bits = random_word();

    switch (bits >> 61) {
    case 0:
        return 0;
    case 1:
        return bits;
    case 2:
        return bits & 0xff;
    case 3:
        return 1UL << (bits & 63);
    default:
        /* A little beyond the memory, too. */
        return (u64)user + (bits & 0xffff) % (PAGE_SIZE + 16);
    }
}

/* No call and no memory makes a line that is too long, or has another line in it. */
static void test_random_calls(void **state)
{
    u64 args[SYSCALL_ARGUMENTS];

    (void)state;
    for (int round = 0; round < 100000; round++) {
        for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
            args[i] = random_argument();
        for (size_t i = 0; i < 8; i++)
            ((u64 *)user)[random_word() % (PAGE_SIZE / 8)] = random_argument();
        long result = (long)(random_word() % 3 ? random_word() % 600 - 200 : random_word());

        logged_length = 0;
        random_options();
        trace_call(random_word() % (SYSCALL_COUNT + 5), args, result);
        assert_true(logged_length > 0 && logged_length < sizeof(logged));
        assert_ptr_equal(memchr(logged, '\n', logged_length), logged + logged_length - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dispatch),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_nosys_says_so_once),
        cmocka_unit_test(test_every_kind_has_a_printer),
        cmocka_unit_test(test_errors),
        cmocka_unit_test_setup(test_bytes, fresh),
        cmocka_unit_test_setup(test_paths, fresh),
        cmocka_unit_test_setup(test_memory, fresh),
        cmocka_unit_test_setup(test_processes, fresh),
        cmocka_unit_test_setup(test_futex, fresh),
        cmocka_unit_test_setup(test_signals, fresh),
        cmocka_unit_test_setup(test_time, fresh),
        cmocka_unit_test_setup(test_poll, fresh),
        cmocka_unit_test_setup(test_files, fresh),
        cmocka_unit_test_setup(test_threads, fresh),
        cmocka_unit_test_setup(test_failed, fresh),
        cmocka_unit_test_setup(test_names_without_arguments, fresh),
        cmocka_unit_test_setup(test_hostile, fresh),
        cmocka_unit_test_setup(test_random_calls, fresh),
    };

    return cmocka_run_group_tests_name("trace_calls", tests, NULL, NULL);
}
