/* SPDX-License-Identifier: MIT */
/* Who and where: process numbers, user numbers, uname, processors. */
#include "tests/abi/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
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
    test_uname();
    test_processors();
    return check_finish();
}
