/* SPDX-License-Identifier: MIT */
/*
 * Every program and shared library of the machine that runs the test is accepted by the ELF
 * checker, relocations included: the checker may refuse nothing that real linkers make. Shared
 * libraries without an entry point are refused for that reason alone, which is the last thing
 * checked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/host/image.h"

static int accepted, libraries, refused;
static u64 relocations;

static int count_relocation(void *context, vaddr_t where, u64 addend, struct elf64_window *window)
{
    window->count = 0;
    (void)where;
    (void)addend;
    ++*(u64 *)context;
    return 0;
}

/* What is not for this machine, or not linked yet, is no candidate. */
static bool is_candidate(const struct image *image)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image->bytes;

    return image->size >= sizeof(*header) && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_machine == EM_X86_64 &&
           (header->e_type == ET_EXEC || header->e_type == ET_DYN);
}

static void judge(const char *path, const struct image *image)
{
    struct image_source source = image_source(image);
    struct elf64_plan plan;
    const char *why = NULL;
    int error = image_plan(image, &plan, &why);

    if (error == 0)
        error = elf64_for_each_relative(&source, &plan, count_relocation, &relocations, &why);
    if (error == 0) {
        accepted++;
    } else if (strncmp(why, "no entry point", 14) == 0) {
        libraries++;
    } else {
        print_error("%s: %s\n", path, why);
        refused++;
    }
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    struct image image;
    int file;

    (void)walk;
    if (kind != FTW_F || !S_ISREG(status->st_mode) || status->st_size == 0)
        return 0;
    file = open(path, O_RDONLY);
    if (file < 0)
        return 0;
    image.size = (u64)status->st_size;
    image.bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, file, 0);
    if (image.bytes != MAP_FAILED) {
        if (is_candidate(&image))
            judge(path, &image);
        munmap(image.bytes, image.size);
    }
    close(file);
    return 0;
}

static void test_system_programs(void **state)
{
    static const char *const folders[] = {"/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu",
                                          "/usr/libexec", "/bin/busybox"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
        nftw(folders[i], visit, 16, FTW_PHYS);
    print_message("accepted %d programs, %d libraries without entry point, %lu relocations\n",
                  accepted, libraries, relocations);
    assert_int_equal(refused, 0);
    assert_true(accepted > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_system_programs)};

    return cmocka_run_group_tests_name("system programs", tests, NULL, NULL);
}
