/* SPDX-License-Identifier: MIT */
/*
 * Checks what the kernel puts on the initial stack (System V ABI 3.4.1): the alignment, the order
 * of its parts and every entry of the auxiliary vector against what else is known about it. Prints
 * `ok NAME` per check. With the argument `random` it prints the bytes of AT_RANDOM instead, so that
 * two runs can be compared.
 */
#include <cpuid.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51 /* asm/auxvec.h */
#endif

#define HWCAP2_FSGSBASE_BIT 2 /* asm/hwcap2.h: HWCAP2_FSGSBASE */
#define AUX_TYPES           64

extern const Elf64_Ehdr __ehdr_start;
extern void _start(void);

static int failures;
static uint64_t value[AUX_TYPES];
static int seen[AUX_TYPES];

static void check(const char *name, int good)
{
    printf("%s %s\n", good ? "ok" : "FAILED", name);
    failures += !good;
}

static void vector_read(const Elf64_auxv_t *auxv)
{
    for (; auxv->a_type != AT_NULL; auxv++) {
        if (auxv->a_type < AUX_TYPES) {
            value[auxv->a_type] = auxv->a_un.a_val;
            seen[auxv->a_type]++;
        }
    }
}

static void check_program_headers(void)
{
    uintptr_t base = (uintptr_t)&__ehdr_start;

    check("AT_PHDR", value[AT_PHDR] == base + __ehdr_start.e_phoff);
    check("AT_PHENT", value[AT_PHENT] == sizeof(Elf64_Phdr));
    check("AT_PHNUM", value[AT_PHNUM] == __ehdr_start.e_phnum);
    check("AT_ENTRY", value[AT_ENTRY] == (uintptr_t)_start);
    check("AT_BASE", seen[AT_BASE] == 1 && value[AT_BASE] == 0);
    check("AT_FLAGS", seen[AT_FLAGS] == 1 && value[AT_FLAGS] == 0);
}

static void check_processor(void)
{
    unsigned a, b, c, d;
    unsigned extended_state = 512; /* the FXSAVE image */

    __cpuid(1, a, b, c, d);
    check("AT_HWCAP", value[AT_HWCAP] == d);
    if (c & (1u << 27)) { /* OSXSAVE */
        __cpuid_count(0xd, 0, a, b, c, d);
        extended_state = b;
    }
    check("AT_MINSIGSTKSZ", value[AT_MINSIGSTKSZ] > extended_state);
    if (value[AT_HWCAP2] & HWCAP2_FSGSBASE_BIT) {
        uint64_t base, self;

        __asm__ volatile("rdfsbase %0\n\tmov %%fs:0, %1" : "=r"(base), "=r"(self));
        check("AT_HWCAP2", seen[AT_HWCAP2] == 1 && base == self);
    } else {
        check("AT_HWCAP2", seen[AT_HWCAP2] == 1);
    }
    check("AT_PLATFORM", strcmp((const char *)value[AT_PLATFORM], "x86_64") == 0);
}

static void check_identity(char **argv)
{
    check("AT_UID", seen[AT_UID] == 1 && value[AT_UID] == getuid());
    check("AT_EUID", seen[AT_EUID] == 1 && value[AT_EUID] == geteuid());
    check("AT_GID", seen[AT_GID] == 1 && value[AT_GID] == getgid());
    check("AT_EGID", seen[AT_EGID] == 1 && value[AT_EGID] == getegid());
    check("AT_SECURE", seen[AT_SECURE] == 1 && value[AT_SECURE] == 0);
    check("AT_EXECFN", strstr((const char *)value[AT_EXECFN], "auxv") != NULL ||
                           strcmp((const char *)value[AT_EXECFN], argv[0]) == 0);
}

/* Zero bytes all over would have a chance of 2^-128; equal halves one of 2^-64. */
static int random_plausible(const uint8_t *bytes)
{
    uint64_t half[2];

    memcpy(half, bytes, sizeof(half));
    return half[0] != 0 && half[1] != 0 && half[0] != half[1];
}

static void check_vdso(void)
{
    const uint8_t *image = (const uint8_t *)value[AT_SYSINFO_EHDR];

    check("AT_SYSINFO_EHDR if present",
          image == NULL || (((uintptr_t)image & 4095) == 0 && memcmp(image, ELFMAG, SELFMAG) == 0));
}

/* What lies on the stack, from the stack pointer up: argc, argv, 0, envp, 0, auxv, strings. */
static void check_stack(int argc, char **argv, char **envp, const Elf64_auxv_t *auxv)
{
    check("stack pointer is 16-byte aligned", ((uintptr_t)(argv - 1) & 15) == 0);
    check("argc lies below argv", ((uint64_t *)argv)[-1] == (uint64_t)argc);
    check("envp follows argv", envp == argv + argc + 1 && argv[argc] == NULL);
    check("strings lie above the vector", (uintptr_t)argv[0] > (uintptr_t)auxv);
}

int main(int argc, char **argv, char **envp)
{
    char **end = envp;

    while (*end != NULL)
        end++;
    vector_read((const Elf64_auxv_t *)(end + 1));
    const uint8_t *random = (const uint8_t *)value[AT_RANDOM];
    if (argc > 1 && strcmp(argv[1], "random") == 0) {
        for (int i = 0; random != NULL && i < 16; i++)
            printf("%02x%s", random[i], i == 15 ? "\n" : "");
        return random == NULL;
    }
    check_stack(argc, argv, envp, (const Elf64_auxv_t *)(end + 1));
    check_program_headers();
    check("AT_PAGESZ", value[AT_PAGESZ] == 4096);
    check("AT_CLKTCK", value[AT_CLKTCK] == 100);
    check("AT_RANDOM", random != NULL && random_plausible(random));
    check_processor();
    check_identity(argv);
    check_vdso();
    return failures != 0;
}
