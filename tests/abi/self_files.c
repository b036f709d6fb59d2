/* SPDX-License-Identifier: MIT */
/* /proc/self: what the kernel tells a program about itself agrees with what the program knows. */
#include "tests/abi/check.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/utsname.h>

extern char **environ;
static char text[65536];

/* The file as a string; its length or -errno. */
static long read_file(const char *name)
{
    int fd = (int)call(__NR_openat, AT_FDCWD, name, O_RDONLY);
    size_t length = 0;
    if (fd < 0)
        return fd;
    for (;;) {
        long got = call(__NR_read, fd, text + length, sizeof(text) - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    call(__NR_close, fd);
    text[length] = '\0';
    return (long)length;
}

/* The line that begins with `start`, or NULL. */
static const char *find_line(const char *start)
{
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, start, strlen(start)) == 0)
            return line + strlen(start);
    return NULL;
}

static void test_cmdline(char **argv)
{
    long length = read_file("/proc/self/cmdline");
    check("cmdline begins with argv[0]", strcmp(text, argv[0]) == 0);
    check("cmdline ends there", length == (long)strlen(argv[0]) + 1);
    argv[0][0] = 'X';
    read_file("/proc/self/cmdline");
    check("cmdline is the memory itself", text[0] == 'X');
    read_file("/proc/self/environ");
    check("environ begins with the first", environ[0] && strcmp(text, environ[0]) == 0);
}

static void test_auxv(void)
{
    long length = read_file("/proc/self/auxv");
    bool good = length > 0 && length % (long)sizeof(Elf64_auxv_t) == 0;
    unsigned long page = 0, random = 0, last = 1;
    for (long at = 0; good && at < length; at += (long)sizeof(Elf64_auxv_t)) {
        Elf64_auxv_t entry;
        memcpy(&entry, text + at, sizeof(entry));
        page = entry.a_type == AT_PAGESZ ? entry.a_un.a_val : page;
        random = entry.a_type == AT_RANDOM ? entry.a_un.a_val : random;
        last = entry.a_type;
    }
    check("auxv has the page size", page == PAGE);
    check("auxv has where the random bytes are", random == getauxval(AT_RANDOM));
    check("auxv ends with AT_NULL", last == AT_NULL);
}

/* The protection of the mapping that holds `address`; "": there is none. */
static const char *protection(const void *address, bool *whole)
{
    static char found[5];
    read_file("/proc/self/maps");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx %4s", &start, &end, found) == 3 &&
            start <= (unsigned long)address && (unsigned long)address < end) {
            *whole = start == (unsigned long)address;
            return found;
        }
    }
    return "";
}

static void test_maps(void)
{
    bool whole;
    char *pages = pages_map_apart(3);
    check("maps: a new mapping", strcmp(protection(pages, &whole), "rw-p") == 0 && whole);
    call(__NR_mprotect, pages + PAGE, PAGE, PROT_READ);
    check("maps: a part that is read-only", strcmp(protection(pages + PAGE, &whole), "r--p") == 0);
    check("maps: it is a mapping of its own", whole);
    call(__NR_munmap, pages + PAGE, PAGE);
    check("maps: a hole", protection(pages + PAGE, &whole)[0] == '\0');
    check("maps: code", strcmp(protection((void *)test_maps, &whole), "r-xp") == 0);
    read_file("/proc/self/maps");
    check("maps: the stack has its name", strstr(text, " [stack]\n") != NULL);
}

static void test_memory(void)
{
    unsigned long before = 0, after = 0, size = 0;
    char *pages = pages_map_apart(256);
    read_file("/proc/self/status");
    const char *line = find_line("RssAnon:");
    before = line ? strtoul(line, NULL, 10) : 0;
    for (int i = 0; i < 256; i++)
        pages[(unsigned long)i * PAGE] = 1;
    read_file("/proc/self/status");
    line = find_line("RssAnon:");
    after = line ? strtoul(line, NULL, 10) : 0;
    check("status: what was touched is resident", after >= before + 900 && after < before + 1500);
    line = find_line("VmSize:");
    size = line ? strtoul(line, NULL, 10) : 0;
    read_file("/proc/self/statm");
    check("statm: the same size", strtoul(text, NULL, 10) * 4 == size);
}

static void test_names(void)
{
    struct utsname names;
    char expected[200];
    uname(&names);
    read_file("/proc/sys/kernel/osrelease");
    snprintf(expected, sizeof(expected), "%s\n", names.release);
    check("osrelease is uname's", strcmp(text, expected) == 0);
    read_file("/proc/self/comm");
    call(__NR_prctl, 15, "new name"); /* PR_SET_NAME */
    read_file("/proc/self/comm");
    check("comm follows prctl", strcmp(text, "new name\n") == 0);
    read_file("/proc/self/stat");
    check("stat has the name in parentheses", strstr(text, " (new name) R ") != NULL);
    snprintf(expected, sizeof(expected), "/proc/%ld/comm", call(__NR_getpid));
    check_result("the process by its number", read_file(expected), 9);
    check_result("a thread by its own", read_file("/proc/thread-self/comm"), 9);
}

static void test_reading(void)
{
    char first[8], second[8];
    int fd = (int)call(__NR_openat, AT_FDCWD, "/proc/meminfo", O_RDONLY);
    check_result("by pieces: the first", call(__NR_read, fd, first, 8), 8);
    check("it is the beginning", memcmp(first, "MemTotal", 8) == 0);
    check_result("at a position", call(__NR_pread64, fd, second, 4, 3), 4);
    check("it continues", memcmp(second, "Tota", 4) == 0);
    check_result("behind the end", call(__NR_pread64, fd, second, 4, 1 << 20), 0);
    check_result("back to the beginning", call(__NR_lseek, fd, 0, 0), 0);
    check_result("and again", call(__NR_read, fd, second, 8), 8);
    check("the same", memcmp(first, second, 8) == 0);
    check_result("into nowhere", call(__NR_pread64, fd, 16, 4, 0), -EFAULT);
    call(__NR_close, fd);
    fd = (int)call(__NR_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_RDWR);
    check_result("a wrong value", call(__NR_write, fd, "5000", 4), -EINVAL);
    check_result("no number at all", call(__NR_write, fd, "abc", 3), -EINVAL);
    check_result("a right value", call(__NR_write, fd, "17\n", 3), 3);
    read_file("/proc/self/oom_score_adj");
    check("it is kept", strcmp(text, "17\n") == 0);
}

int main(int argc, char **argv)
{
    (void)argc;
    struct call_case cases[] = {
        {"no such process", __NR_open, {(long)"/proc/0", O_RDONLY}, -ENOENT},
        {"no such descriptor", __NR_open, {(long)"/proc/self/fd/999", O_RDONLY}, -ENOENT},
        {"a leading zero", __NR_open, {(long)"/proc/self/fd/00", O_RDONLY}, -ENOENT},
        {"a new file", __NR_open, {(long)"/proc/new", O_CREAT | O_WRONLY, 0600}, -ENOENT},
        {"a new directory", __NR_mkdir, {(long)"/proc/new", 0700}, -ENOENT},
        {"removing one", __NR_unlink, {(long)"/proc/version"}, -EPERM},
        {"a constant for writing", __NR_open, {(long)"/proc/sys/kernel/ostype", O_WRONLY}, -EACCES},
    };
    CHECK_CALLS(cases);
    test_cmdline(argv);
    test_auxv();
    test_maps();
    test_memory();
    test_names();
    test_reading();
    return check_finish();
}
