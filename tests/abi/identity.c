/* SPDX-License-Identifier: MIT */
/* Who and where: process numbers, user numbers, uname, processors. */
#include "tests/abi/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

static void test_processes(void)
{
    long pid = call(__NR_getpid);

    check("getpid gives a number", pid > 0);
    check_result("the first thread has the process's number", call(__NR_gettid), pid);
    check_result("getpid stays", call(__NR_getpid), pid);
    check("getppid gives another number", call(__NR_getppid) >= 0 && call(__NR_getppid) != pid);
    check("getpgrp gives a number", call(__NR_getpgrp) >= 0);
    check_result("getpgid agrees", call(__NR_getpgid, 0), call(__NR_getpgrp));
    check("getsid gives a number", call(__NR_getsid, 0) >= 0);
    check_result("getpgid of nobody", call(__NR_getpgid, 0x3fffffff), -ESRCH);
    check_result("getsid of nobody", call(__NR_getsid, 0x3fffffff), -ESRCH);
}

static void test_users(void)
{
    static unsigned ids[3];

    check_result("getuid", call(__NR_getuid), (long)getauxval(AT_UID));
    check_result("geteuid", call(__NR_geteuid), (long)getauxval(AT_EUID));
    check_result("getgid", call(__NR_getgid), (long)getauxval(AT_GID));
    check_result("getegid", call(__NR_getegid), (long)getauxval(AT_EGID));
    check_result("getresuid", call(__NR_getresuid, &ids[0], &ids[1], &ids[2]), 0);
    check("the three agree", ids[0] == call(__NR_getuid) && ids[1] == call(__NR_geteuid));
    check_result("getresgid", call(__NR_getresgid, &ids[0], &ids[1], &ids[2]), 0);
    check("the three agree too", ids[0] == call(__NR_getgid) && ids[1] == call(__NR_getegid));
    check_result("getresuid into nowhere", call(__NR_getresuid, &ids[0], 0, &ids[2]), -EFAULT);
    check("getgroups gives a count", call(__NR_getgroups, 0, NULL) >= 0);
    check_result("getgroups of -1", call(__NR_getgroups, -1, ids), -EINVAL);
}

/* Nobody may become somebody else by asking for nothing. */
static void test_changing_users(void)
{
    unsigned user = (unsigned)call(__NR_getuid), group = (unsigned)call(__NR_getgid);
    struct call_case cases[] = {
        {"setuid to oneself", __NR_setuid, {user}, 0},
        {"setgid to oneself", __NR_setgid, {group}, 0},
        {"setreuid of nothing", __NR_setreuid, {-1, -1}, 0},
        {"setregid of nothing", __NR_setregid, {-1, -1}, 0},
        {"setresuid to oneself", __NR_setresuid, {user, user, user}, 0},
        {"setresgid of some", __NR_setresgid, {group, -1, group}, 0},
        {"setuid of nobody at all", __NR_setuid, {-1}, -EINVAL},
        {"setgid of nothing at all", __NR_setgid, {-1}, -EINVAL},
        {"setfsuid tells", __NR_setfsuid, {-1}, user},
        {"setfsgid tells", __NR_setfsgid, {-1}, group},
    };
    CHECK_CALLS(cases);
    call(__NR_setsid); /* Linux: perhaps no leader yet */
    check_result("a leader begins no session", call(__NR_setsid), -EPERM);
    check_result("and stays in its group", call(__NR_setpgid, 0, 0), -EPERM);
    check_result("setpgid of nobody", call(__NR_setpgid, 0x3fffffff, 0), -ESRCH);
    check_result("setpgid with a bad number", call(__NR_setpgid, 0, -5), -EINVAL);
}

static void test_groups(void)
{
    static unsigned groups[2];
    if (call(__NR_setgroups, 2, groups) == -EPERM) { /* Linux, not as root */
        check("setgroups", true);
        check("getgroups counts", true);
        check("getgroups in too few", true);
        check("setgroups of none", true);
        return;
    }
    check("setgroups", true);
    check_result("getgroups counts", call(__NR_getgroups, 0, NULL), 2);
    check_result("getgroups in too few", call(__NR_getgroups, 1, groups), -EINVAL);
    check_result("setgroups of none", call(__NR_setgroups, 0, NULL), 0);
}

struct header {
    unsigned version;
    int pid;
};

static void test_capabilities(void)
{
    struct header head = {0x20080522, 0}, unknown = {1, 0}, first = {0x19980330, 0};
    unsigned sets[6], none[6] = {0}, all[6] = {-1, -1, -1, -1, -1, -1};
    struct call_case cases[] = {
        {"capget", __NR_capget, {(long)&head, (long)sets}, 0},
        {"capget from nowhere", __NR_capget, {0, (long)sets}, -EFAULT},
        {"capget into nowhere", __NR_capget, {(long)&head, KERNEL_ADDRESS}, -EFAULT},
        {"capget of an unknown version", __NR_capget, {(long)&unknown, (long)sets}, -EINVAL},
        {"capset to what is", __NR_capset, {(long)&head, (long)sets}, 0},
        {"capset from nowhere", __NR_capset, {(long)&head, 0}, -EFAULT},
        {"capget, first version", __NR_capget, {(long)&first, (long)sets}, 0},
    };
    CHECK_CALLS(cases);
    check("the version is told", unknown.version == 0x20080522);
    unknown.version = 1;
    check_result("capget asks for the version", call(__NR_capget, &unknown, NULL), 0);
    head.pid = 0x3fffffff;
    check_result("capget of nobody", call(__NR_capget, &head, sets), -ESRCH);
    check_result("capset of another", call(__NR_capset, &head, sets), -EPERM);
    head.pid = -1;
    check_result("capget of -1", call(__NR_capget, &head, sets), -EINVAL);
    head.pid = 0;
    check_result("no bounding capability 64", call(__NR_prctl, PR_CAPBSET_READ, 64), -EINVAL);
    check_result("CAP_CHOWN bounds", call(__NR_prctl, PR_CAPBSET_READ, 0), 1);
    check_result("nothing is ambient", call(__NR_prctl, PR_CAP_AMBIENT, 1, 0, 0, 0), 0);
    check_result("nothing can be", call(__NR_prctl, PR_CAP_AMBIENT, 2, 0, 0, 0), -EPERM);
    check_result("privileges may come", call(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
    check_result("and be given up", call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    check_result("for good", call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), -EINVAL);
    check_result("they are", call(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    check_result("capset to none", call(__NR_capset, &head, none), 0);
    check_result("capget after it", call(__NR_capget, &head, sets), 0);
    check("there are none", memcmp(sets, none, sizeof(sets)) == 0);
    check_result("capset to all", call(__NR_capset, &head, all), -EPERM);
}

static void test_wishes(void)
{
    int value = 77;
    struct call_case cases[] = {
        {"capabilities are not kept", __NR_prctl, {PR_GET_KEEPCAPS}, 0},
        {"keep them", __NR_prctl, {PR_SET_KEEPCAPS, 1}, 0},
        {"they are", __NR_prctl, {PR_GET_KEEPCAPS}, 1},
        {"a wish of 2", __NR_prctl, {PR_SET_KEEPCAPS, 2}, -EINVAL},
        {"dumpable", __NR_prctl, {PR_GET_DUMPABLE}, 1},
        {"no more", __NR_prctl, {PR_SET_DUMPABLE, 0}, 0},
        {"not dumpable", __NR_prctl, {PR_GET_DUMPABLE}, 0},
        {"dumpable in the third way", __NR_prctl, {PR_SET_DUMPABLE, 2}, -EINVAL},
        {"dumpable again", __NR_prctl, {PR_SET_DUMPABLE, 1}, 0},
        {"timer slack", __NR_prctl, {PR_GET_TIMERSLACK}, 50000},
        {"less of it", __NR_prctl, {PR_SET_TIMERSLACK, 7}, 0},
        {"it is less", __NR_prctl, {PR_GET_TIMERSLACK}, 7},
        {"the default", __NR_prctl, {PR_SET_TIMERSLACK, 0}, 0},
        {"it is the default", __NR_prctl, {PR_GET_TIMERSLACK}, 50000},
        {"signal at the parent's death", __NR_prctl, {PR_SET_PDEATHSIG, 15}, 0},
        {"a signal of 65", __NR_prctl, {PR_SET_PDEATHSIG, 65}, -EINVAL},
        {"which signal", __NR_prctl, {PR_GET_PDEATHSIG, (long)&value}, 0},
        {"which signal, into nowhere", __NR_prctl, {PR_GET_PDEATHSIG, KERNEL_ADDRESS}, -EFAULT},
        {"timing", __NR_prctl, {PR_GET_TIMING}, 0},
        {"exact timing", __NR_prctl, {PR_SET_TIMING, 1}, -EINVAL},
        {"nothing like this", __NR_prctl, {999}, -EINVAL},
    };
    CHECK_CALLS(cases);
    check_result("it is that one", value, 15);
    call(__NR_prctl, PR_SET_PDEATHSIG, 0);
    check_result("reaper", call(__NR_prctl, PR_SET_CHILD_SUBREAPER, 5), 0);
    check_result("reaper?", call(__NR_prctl, PR_GET_CHILD_SUBREAPER, &value), 0);
    check_result("yes", value, 1);
}

static void test_personality(void)
{
    long own = call(__NR_personality, 0xffffffff);
    check("this is Linux's own", (own & 0xff) == 0);
    check_result("personality tells what was", call(__NR_personality, 0x0040000), own);
    check_result("personality was set", call(__NR_personality, 0xffffffff), 0x0040000);
}

static bool terminated(const char *field, size_t size)
{
    return memchr(field, 0, size) != NULL;
}

static void test_uname(void)
{
    static struct utsname name;
    char *end;

    memset(&name, 0x55, sizeof(name));
    check_result("uname", call(__NR_uname, &name), 0);
    check("the system is Linux to its programs", strcmp(name.sysname, "Linux") == 0);
    check("the machine", strcmp(name.machine, "x86_64") == 0);
    check("every field ends", terminated(name.nodename, sizeof(name.nodename)) &&
                                  terminated(name.release, sizeof(name.release)) &&
                                  terminated(name.version, sizeof(name.version)) &&
                                  terminated(name.domainname, sizeof(name.domainname)));
    long major = strtol(name.release, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : -1;
    check("the release is 3.2 or more", minor >= 0 && (major > 3 || (major == 3 && minor >= 2)));
    check_result("uname into nowhere", call(__NR_uname, 0), -EFAULT);
}

static void test_processors(void)
{
    static uint64_t mask[1024 / 8];
    long size = call(__NR_sched_getaffinity, 0, sizeof(mask), mask);
    int processors = 0;
    struct call_case cases[] = {
        {"affinity with an odd size", __NR_sched_getaffinity, {0, 9, (long)mask}, -EINVAL},
        {"affinity with no size", __NR_sched_getaffinity, {0, 0, (long)mask}, -EINVAL},
        {"affinity into nowhere", __NR_sched_getaffinity, {0, sizeof(mask), 0}, -EFAULT},
        {"affinity of nobody",
         __NR_sched_getaffinity,
         {0x3fffffff, sizeof(mask), (long)mask},
         -ESRCH},
        {"sched_yield", __NR_sched_yield, {0}, 0},
    };

    check("affinity gives a size in words", size >= 8 && size % 8 == 0);
    for (long i = 0; i < size / 8; i++)
        processors += __builtin_popcountl(mask[i]);
    check("there is a processor", processors >= 1);
    CHECK_CALLS(cases);
    unsigned cpu = 9999, node = 9999;
    check_result("getcpu", call(__NR_getcpu, &cpu, &node, NULL), 0);
    check("the processor is one of them", cpu < 1024 && (mask[cpu / 64] >> (cpu % 64) & 1));
    check_result("getcpu of nothing", call(__NR_getcpu, NULL, NULL, NULL), 0);
    check_result("getcpu into nowhere", call(__NR_getcpu, KERNEL_ADDRESS, NULL, NULL), -EFAULT);
}

int main(void)
{
    test_processes();
    test_users();
    test_changing_users();
    test_groups();
    test_uname();
    test_processors();
    test_personality();
    test_wishes();
    test_capabilities();
    return check_finish();
}
