/* SPDX-License-Identifier: MIT */
/* The vDSO: it is there, has its functions, and tells the same as the system calls. */
#include "tests/abi/check.h"

#include <elf.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

static const char *base;
static const Elf64_Dyn *dynamic;

static const void *entry_of(long tag)
{
    for (const Elf64_Dyn *entry = dynamic; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == tag)
            return base + entry->d_un.d_ptr;
    }
    return NULL;
}

static void *find(const char *name)
{
    const Elf64_Sym *symbols = entry_of(DT_SYMTAB);
    const char *names = entry_of(DT_STRTAB);
    const uint32_t *hash = entry_of(DT_HASH);
    /* Where only the newer kind of table is: the names follow the symbols. */
    size_t count = hash ? hash[1] : (size_t)(names - (const char *)symbols) / sizeof(*symbols);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(names + symbols[i].st_name, name) == 0)
            return (void *)(base + symbols[i].st_value);
    }
    return NULL;
}

static void find_object(void)
{
    base = (const char *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
    check("AT_SYSINFO_EHDR", base != NULL);
    check("an ELF file", memcmp(base, ELFMAG, SELFMAG) == 0 && header->e_type == ET_DYN);
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(base + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_DYNAMIC)
            dynamic = (const Elf64_Dyn *)(base + segments[i].p_vaddr);
    }
    check("with a table of symbols", dynamic && entry_of(DT_SYMTAB) && entry_of(DT_STRTAB));
    check("it may not be written", !byte_writable((void *)base));
}

static long ns_of(const struct timespec *time)
{
    return time->tv_sec * 1000000000 + time->tv_nsec;
}

static void test_clock(int clock, const char *name, int (*gettime)(int, struct timespec *))
{
    struct timespec before, between, after;
    bool good = true;
    for (int i = 0; i < 1000; i++) {
        call(__NR_clock_gettime, clock, &before);
        good &= gettime(clock, &between) == 0;
        call(__NR_clock_gettime, clock, &after);
        good &= ns_of(&before) <= ns_of(&between) && ns_of(&between) <= ns_of(&after);
    }
    check(name, good);
}

static void test_functions(void)
{
    int (*gettime)(int, struct timespec *) = find("__vdso_clock_gettime");
    int (*getres)(int, struct timespec *) = find("__vdso_clock_getres");
    int (*gettimeofday)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    long (*gettime_seconds)(long *) = find("__vdso_time");
    long (*getcpu)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
    struct timespec time, told;
    struct timeval of_day;
    unsigned cpu = 77, node = 77, cpu_told = 78;
    long seconds = 0;

    check("its functions", gettime && getres && gettimeofday && gettime_seconds && getcpu);
    test_clock(CLOCK_MONOTONIC, "the monotonic clock", gettime);
    test_clock(CLOCK_REALTIME, "the date", gettime);
    test_clock(CLOCK_BOOTTIME, "since boot", gettime);
    test_clock(CLOCK_MONOTONIC_RAW, "the raw clock", gettime);
    test_clock(CLOCK_PROCESS_CPUTIME_ID, "processor time, by the call", gettime);
    check_result("no such clock", gettime(99, &time), -EINVAL);
    call(__NR_clock_gettime, CLOCK_REALTIME, &time);
    check_result("gettimeofday", gettimeofday(&of_day, NULL), 0);
    check("the same second", of_day.tv_sec - time.tv_sec <= 1);
    check("time", gettime_seconds(&seconds) - time.tv_sec <= 1 && seconds >= time.tv_sec);
    check_result("resolution", getres(CLOCK_MONOTONIC, &told), 0);
    call(__NR_clock_getres, CLOCK_MONOTONIC, &time);
    check("the same", ns_of(&told) == ns_of(&time));
    check_result("getcpu", getcpu(&cpu, &node, NULL), 0);
    call(__NR_getcpu, &cpu_told, NULL, NULL);
    check("a processor", cpu < 4096 && cpu_told < 4096 && node < 64);
}

int main(void)
{
    find_object();
    test_functions();
    return check_finish();
}
