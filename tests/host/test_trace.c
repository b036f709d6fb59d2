/* SPDX-License-Identifier: MIT */
/*
 * The trace's lines as a whole, those about no call, what is traced and what a line shows. How arguments
 * are printed is tested in test_trace_calls.c.
 */
#include "tests/host/trace_lines.h"

static void test_no_return(void **state)
{
    struct trace_line line;

    (void)state;
    trace_enter(__NR_exit_group, ARGS(258), 0, &line);
    assert_string_equal(logged, "+++ exited with 2 +++\n");
    assert_int_equal(logged_lines, 2);
    assert_null(line.info);
    several_threads = true;
    trace_enter(__NR_exit, ARGS(3), 0, &line);
    assert_string_equal(logged, "[pid     7] +++ exited with 3 +++\n");
    assert_int_equal(logged_lines, 4);
    /* The call, the two others, and the first. */
    trace_enter(__NR_exit_group, ARGS(3), 0, &line);
    assert_string_equal(logged, "+++ exited with 3 +++\n");
    assert_int_equal(logged_lines, 8);
}

/* What a call reads is shown as it was before the call. */
static void test_inputs_before_the_call(void **state)
{
    struct __kernel_timespec left = {5, 250};
    u64 address = put(&left, sizeof(left));
    struct trace_line line;

    (void)state;
    trace_enter(__NR_nanosleep, ARGS(address, address), 0, &line);
    assert_int_equal(logged_lines, 0);
    memset((void *)address, 0, sizeof(left));
    trace_leave(&line, -EINTR);
    assert_string_equal(logged, "nanosleep({tv_sec=5, tv_nsec=250}, {tv_sec=0, tv_nsec=0}) = "
                                "-1 EINTR (Interrupted system call)\n");
}

/* However much there is to say, the line has an end and the result. */
static void test_long_line(void **state)
{
    u64 bytes = put("\200\200\200\200\200\200\200\200\200\200\200\200\200\200\200\200", 16);
    struct iovec vectors[32];
    const char ending[] = "iov_len=16}], 32) = -1 ENAMETOOLONG (File name too long)\n";
    const char cut[] = "...) = -1 ENAMETOOLONG (File name too long)\n";

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
        vectors[i] = (struct iovec){(void *)bytes, 16};
    u64 args[SYSCALL_ARGUMENTS] = {1, put(vectors, sizeof(vectors)), ARRAY_SIZE(vectors)};
    trace_call(__NR_writev, args, -ENAMETOOLONG);
    assert_true(logged_length > 2 * PIECE);
    assert_string_equal(logged + logged_length - strlen(ending), ending);
    assert_int_equal(logged_lines, 1);
    /* Without memory it is cut. */
    for (memory_left = 0; memory_left < 2; memory_left++) {
        long left = memory_left;
        trace_call(__NR_writev, args, -ENAMETOOLONG);
        memory_left = left;
        assert_true(logged_length <= (size_t)TRACE_TEXT_FIRST << left);
        assert_string_equal(logged + logged_length - strlen(cut), cut);
    }
}

/* --- Lengths and times --- */

static void test_string_limit(void **state)
{
    char longer[1000];
    const u32 groups[] = {1, 2, 3};
    const char *why;

    (void)state;
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    u64 address = put(longer, sizeof(longer));
    strings("3");
    expect(__NR_write, ARGS(1, address, 999), 999, "write(1, \"xxx\"..., 999) = 999");
    expect(__NR_setgroups, ARGS(3, put(groups, 12)), 0, "setgroups(3, [1, 2, 3]) = 0");
    strings("2");
    expect(__NR_setgroups, ARGS(3, put(groups, 12)), 0, "setgroups(3, [1, 2, ...]) = 0");
    strings("0");
    expect(__NR_write, ARGS(1, address, 999), 999, "write(1, \"\"..., 999) = 999");
    strings("65536");
    expect(__NR_write, ARGS(1, address, 999), 999, "write(1, \"%s\", 999) = 999", longer);
    expect(__NR_write, ARGS(1, NOWHERE, UINT64_MAX), -EFAULT,
           "write(1, 0xdead0000, 18446744073709551615) = -1 EFAULT (Bad address)");
    expect(__NR_fsetxattr, ARGS(1, address, 0, 0, 0), 0, "fsetxattr(1, \"%s\", NULL, 0, 0) = 0",
           longer);
    assert_int_equal(trace_configure_strings("65537", &why), -EINVAL);
    assert_int_equal(trace_configure_strings("", &why), -EINVAL);
    assert_int_equal(trace_configure_strings("1k", &why), -EINVAL);
    assert_string_equal(why, "no length from 0 to 65536: 1k");
    assert_int_equal(trace_configure_strings("99999999999999999999", &why), -EINVAL);
    assert_int_equal(trace_string_limit, 65536);
}

static void expect_stamped(const char *words, const char *expected)
{
    struct trace_line line;
    const char *why;

    last_line_ns = 0;
    assert_int_equal(trace_configure_times(words, &why), 0);
    now_ns = 5000000000;
    trace_call(__NR_getpid, ARGS(0), 1);
    now_ns += 1234567;
    trace_enter(__NR_getpid, ARGS(0), 0, &line);
    now_ns += 2000000;
    trace_leave(&line, 1);
    assert_string_equal(logged, expected);
}

static void test_stamps(void **state)
{
    const char *why;

    (void)state;
    real_ns = 1795666380652519999;
    expect_stamped("", "getpid()                                = 1\n");
    expect_stamped("clock", "04:13:00 getpid()                       = 1\n");
    expect_stamped("tt", "04:13:00.652519 getpid()                = 1\n");
    expect_stamped("unix", "1795666380.652519 getpid()              = 1\n");
    expect_stamped("relative", "     0.001234 getpid()                  = 1\n");
    expect_stamped("T", "getpid()                                = 1 <0.002000>\n");
    expect_stamped("r,ttt", "1795666380.652519 (+     0.001234) getpid() = 1\n");
    expect_stamped("spent,clock", "04:13:00 getpid()                       = 1 <0.002000>\n");
    assert_int_equal(trace_configure_times("clock,never", &why), -EINVAL);
    assert_string_equal(why, "none of clock, clock-us, unix, relative, spent: never");
}

/* --- Lines about no call --- */

static void expect_signal(int signal, struct signal_info info, const char *expected)
{
    trace_observer()->signal(signal, &info);
    assert_string_equal(logged, expected);
}

static void test_signal_lines(void **state)
{
    (void)state;
    expect_signal(14, (struct signal_info){.code = 0x80},
                  "--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---\n");
    expect_signal(10, (struct signal_info){.code = 0, .pid = 9, .uid = UINT32_MAX},
                  "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=9, si_uid=-1} ---\n");
    expect_signal(11, (struct signal_info){.code = 1, .address = 0xdead0000},
                  "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0xdead0000} ---\n");
    expect_signal(5, (struct signal_info){.code = 0x80},
                  "--- SIGTRAP {si_signo=SIGTRAP, si_code=SI_KERNEL, si_addr=NULL} ---\n");
    expect_signal(34, (struct signal_info){.code = -1, .pid = 9, .uid = 0, .value = 77},
                  "--- SIGRT_2 {si_signo=SIGRT_2, si_code=SI_QUEUE, si_pid=9, si_uid=0, "
                  "si_int=77, si_ptr=0x4d} ---\n");
    expect_signal(34, (struct signal_info){.code = -99, .error = 5},
                  "--- SIGRT_2 {si_signo=SIGRT_2, si_code=0xffffff9d, si_errno=EIO} ---\n");
    expect_signal(10, (struct signal_info){.code = -2, .timer = 1, .overrun = 2},
                  "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TIMER, si_timerid=0x1, si_overrun=2, "
                  "si_int=0, si_ptr=NULL} ---\n");
    expect_signal(17, (struct signal_info){.code = 2, .words = {3, 9}},
                  "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=3, si_uid=0, "
                  "si_status=SIGKILL, si_utime=0, si_stime=0} ---\n");
    trace_observer()->stopped(19);
    assert_string_equal(logged, "--- stopped by SIGSTOP ---\n");
    trace_observer()->killed(11);
    assert_string_equal(logged, "+++ killed by SIGSEGV +++\n");
    several_threads = true;
    logged_lines = 0;
    trace_observer()->killed(6);
    assert_string_equal(logged, "+++ killed by SIGABRT +++\n");
    assert_int_equal(logged_lines, 3);
    trace_observer()->stopped(19);
    assert_string_equal(logged, "[pid     7] --- stopped by SIGSTOP ---\n");
    trace_call(__NR_getpid, ARGS(0), 1);
    assert_string_equal(logged, "[pid     7] getpid()                    = 1\n");
}

/* SIGKILL is not told, only what comes of it, and the call it ends is not seen to return. */
static void test_killed(void **state)
{
    (void)state;
    trace_observer()->signal(9, &(struct signal_info){.code = 0});
    assert_int_equal(logged_lines, 0);
    killed = true;
    expect(__NR_kill, ARGS(1, 9), 0, "kill(1, SIGKILL) = ?");
}

static void test_restarted(void **state)
{
    const struct __kernel_timespec time = {5, 250};
    const char *why;

    (void)state;
    goes_on = true;
    expect(__NR_nanosleep, ARGS(put(&time, 16), 0), 0,
           "restart_syscall(<... resuming interrupted nanosleep ...>) = 0");
    logged_lines = 0;
    assert_int_equal(trace_configure("nanosleep", &why), 0);
    trace_call(__NR_nanosleep, ARGS(put(&time, 16), 0), 0);
    assert_int_equal(logged_lines, 0);
}

/* It does not come back, and so is told when it begins. */
static void test_sigreturn(void **state)
{
    u64 context[128] = {0};
    struct trace_line line;

    (void)state;
    context[5 + 13] = (u64)-EINTR; /* sigcontext.ax: asm/sigcontext.h */
    context[37] = 1 << 1;          /* uc_sigmask: asm/ucontext.h, asm-generic/ucontext.h */
    trace_enter(__NR_rt_sigreturn, ARGS(0), put(context, sizeof(context)), &line);
    assert_string_equal(logged, "rt_sigreturn({mask=[INT]})              = "
                                "-1 EINTR (Interrupted system call)\n");
    assert_null(line.info);
    trace_enter(__NR_rt_sigreturn, ARGS(0), NOWHERE, &line);
    assert_string_equal(logged, "rt_sigreturn({mask=0xdead0000})         = 0\n");
}

static void test_started(void **state)
{
    const char *const arguments[] = {"-l", "0123456789012345678901234567890123456789"};

    (void)state;
    trace_started("/bin/ls", arguments, 2, 3);
    assert_string_equal(logged, "execve(\"/bin/ls\", [\"/bin/ls\", \"-l\", "
                                "\"01234567890123456789012345678901\"...], "
                                "0x7ffe1230 /* 3 vars */) = 0\n");
    trace_started("/bin/ls", NULL, 0, 1);
    assert_string_equal(logged, "execve(\"/bin/ls\", [\"/bin/ls\"], 0x7ffe1230 /* 1 var */) = 0\n");
    strings("2");
    trace_started("/bin/ls", arguments, 2, 1);
    assert_string_equal(
        logged, "execve(\"/bin/ls\", [\"/b\"..., \"-l\", ...], 0x7ffe1230 /* 1 var */) = 0\n");
}

/* --- The filter --- */

static void configure(const char *filter)
{
    const char *why;

    assert_int_equal(trace_configure(filter, &why), 0);
}

static void test_filter(void **state)
{
    (void)state;
    configure("openat,mmap");
    assert_true(trace_wants(__NR_openat) && trace_wants(__NR_mmap));
    assert_false(trace_wants(__NR_open) || trace_wants(__NR_read) || trace_wants(5000));
    trace_call(__NR_read, ARGS(0), 0);
    assert_int_equal(logged_lines, 0);
    configure("%memory,exit,");
    assert_true(trace_wants(__NR_brk) && trace_wants(__NR_munmap) && trace_wants(__NR_exit));
    assert_false(trace_wants(__NR_write) || trace_wants(__NR_pivot_root));
    configure("!%memory,write");
    assert_false(trace_wants(__NR_brk) || trace_wants(__NR_write));
    assert_true(trace_wants(__NR_read) && trace_wants(5000) && trace_wants(__NR_pivot_root));
    configure("none");
    assert_false(trace_wants(__NR_read) || trace_wants(5000));
    configure("all");
    assert_true(trace_wants(__NR_read) && trace_wants(5000) && trace_wants(UINT64_MAX));
}

static u32 class_size(const char *class)
{
    u32 count = 0;

    configure(class);
    for (u64 number = 0; number < SYSCALL_COUNT; number++)
        count += trace_wants(number);
    return count;
}

/* The classes of strace 6.1, src/linux/x86_64/syscallent.h. */
static void test_classes(void **state)
{
    (void)state;
    configure("%file");
    assert_true(trace_wants(__NR_openat) && trace_wants(__NR_getcwd) && trace_wants(__NR_statfs));
    assert_true(trace_wants(__NR_inotify_add_watch) && trace_wants(__NR_symlink));
    assert_false(trace_wants(__NR_fstat) || trace_wants(__NR_memfd_create));
    configure("%desc");
    assert_true(trace_wants(__NR_openat) && trace_wants(__NR_mmap) && trace_wants(__NR_signalfd4));
    assert_true(trace_wants(__NR_poll) && trace_wants(__NR_select) && trace_wants(__NR_pipe));
    assert_true(trace_wants(__NR_epoll_create) && trace_wants(__NR_timerfd_create));
    assert_false(trace_wants(__NR_stat) || trace_wants(__NR_munmap) || trace_wants(__NR_rename));
    configure("%process");
    assert_true(trace_wants(__NR_exit_group) && trace_wants(__NR_kill) && trace_wants(__NR_tgkill));
    assert_false(trace_wants(__NR_getpid) || trace_wants(__NR_rt_sigaction));
    configure("%signal,%clock");
    assert_true(trace_wants(__NR_kill) && trace_wants(__NR_pause) && trace_wants(__NR_signalfd));
    assert_true(trace_wants(__NR_time) && trace_wants(__NR_clock_adjtime));
    assert_false(trace_wants(__NR_nanosleep) || trace_wants(__NR_timer_create));
    configure("%creds,%pure");
    assert_true(trace_wants(__NR_prctl) && trace_wants(__NR_capset) && trace_wants(__NR_getpgrp));
    configure("%network,%ipc");
    assert_true(trace_wants(__NR_socket) && trace_wants(__NR_accept4) && trace_wants(__NR_semop));
    assert_true(trace_wants(__NR_sendfile));
    assert_false(trace_wants(__NR_read));
    assert_int_equal(class_size("%stat"), 1);
    assert_int_equal(class_size("%lstat"), 1);
    assert_int_equal(class_size("%fstat"), 3);
    assert_int_equal(class_size("%%stat"), 5);
    assert_int_equal(class_size("%statfs"), 1);
    assert_int_equal(class_size("%fstatfs"), 1);
    assert_int_equal(class_size("%%statfs"), 2);
}

/* Signals and ends are told whenever any line was asked for. */
static void test_watching(void **state)
{
    (void)state;
    configure("none");
    assert_non_null(trace_observer());
    configure("!%file");
    assert_non_null(trace_observer());
    configure("summary,write");
    assert_non_null(trace_observer());
    configure("summary");
    assert_null(trace_observer());
    struct trace_line line;
    trace_enter(__NR_exit_group, ARGS(0), 0, &line);
    assert_int_equal(logged_lines, 0);
}

static void test_filter_errors(void **state)
{
    const char *why = NULL;

    (void)state;
    configure("read");
    assert_int_equal(trace_configure("write,opena", &why), -EINVAL);
    assert_string_equal(why, "no such system call or class: opena");
    assert_int_equal(trace_configure("%none", &why), -EINVAL);
    assert_int_equal(trace_configure("%", &why), -EINVAL);
    assert_int_equal(trace_configure("read,,write", &why), -EINVAL);
    /* The old choice stands. */
    assert_true(trace_wants(__NR_read));
    assert_false(trace_wants(__NR_write));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_return, fresh),
        cmocka_unit_test_setup(test_inputs_before_the_call, fresh),
        cmocka_unit_test_setup(test_long_line, fresh),
        cmocka_unit_test_setup(test_string_limit, fresh),
        cmocka_unit_test_setup(test_stamps, fresh),
        cmocka_unit_test_setup(test_signal_lines, fresh),
        cmocka_unit_test_setup(test_killed, fresh),
        cmocka_unit_test_setup(test_restarted, fresh),
        cmocka_unit_test_setup(test_sigreturn, fresh),
        cmocka_unit_test_setup(test_started, fresh),
        cmocka_unit_test_setup(test_classes, fresh),
        cmocka_unit_test_setup(test_watching, fresh),
        cmocka_unit_test_setup(test_filter, fresh),
        cmocka_unit_test_setup(test_filter_errors, fresh),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
