/* SPDX-License-Identifier: MIT */
/*
 * Every file of tests/corpus through the archive reader, the ELF checker and the relocations, in
 * the order in which the kernel uses them; index.tsv says how each must end. Each file is read from
 * a heap block of exactly its size, and relocations are stored into another one of exactly the
 * segment's, so that the address sanitizer reports whatever goes beyond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/fake_fs.h"

#include "fs/initramfs/initramfs.c"
#include "fs/initramfs/initramfs_place.c"
#include "loader/elf64.h"
#include "tests/host/image.h"

#define CORPUS "build/corpus/"

static struct image read_corpus_file(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), CORPUS "%s", name);
    return image_read(path);
}

/* /init of an archive, followed as the kernel does, in a heap block of its own. 0 or -errno. */
static int take_init(const struct image *image, struct image *program, const char **phrase)
{
    struct path path;
    int error =
        initramfs_unpack(&fs_root, image->bytes, image->size, (paddr_t)image->bytes, phrase);
    if (error != 0)
        return error;
    *phrase = "no such file, or nothing that can be run";
    error = path_walk(&fs_place, &fs_root, "/init", WALK_FOLLOW, &path);
    if (error != 0)
        return error;
    struct inode *inode = path.dentry->inode;
    if (!inode_is(inode, S_IFREG) || inode_need_object(inode) != 0) {
        error = -EACCES;
    } else {
        u8 *bytes = malloc(MAX(inode->size, 1UL));
        page_cache_read_kernel(page_cache_of(inode->object), 0, bytes, inode->size);
        *program = image_copy(bytes, inode->size);
        free(bytes);
    }
    path_put(&path);
    return error;
}

/* What the kernel would answer: 0, or a status of 126 or 127 with a phrase. */
static int judge(const struct image *image, char *why, size_t why_size)
{
    struct image program;
    const char *phrase = NULL;
    int error = 0;

    if (image->size == 0) { /* QEMU does not even pass it on */
        snprintf(why, why_size, "no program: no initrd");
        return 127;
    }
    fs_begin();
    if (initramfs_is_archive(image->bytes, image->size))
        error = take_init(image, &program, &phrase);
    else
        program = image_copy(image->bytes, image->size);
    fs_end();
    if (error == 0 && program.size >= 2 && memcmp(program.bytes, "#!", 2) == 0) {
        image_free(&program);
        phrase = "a script, and no interpreter is there";
        error = -ENOENT;
    }
    if (error == 0) {
        error = image_load(&program, why, why_size);
        image_free(&program);
    } else if (phrase != NULL) {
        snprintf(why, why_size, "%s", phrase);
    }
    return error == 0 ? 0 : error == -ENOENT ? 127 : 126;
}

/* One line of the index; false when it did not end as it says. */
static bool check_file(const char *name, const char *what, int expected, int counts[3])
{
    struct image image = read_corpus_file(name);
    char why[256] = "";
    int status = judge(&image, why, sizeof(why));

    image_free(&image);
    counts[status == 0 ? 0 : status - 125]++;
    if (getenv("VERBOSE") != NULL)
        printf("%-24s %-60s %3d %s\n", name, what, status, why);
    if (status == expected && (status == 0 || strlen(why) >= 10) && strchr(why, '\n') == NULL)
        return true;
    print_error("%s (%s): status %d, expected %d: \"%s\"\n", name, what, status, expected, why);
    return false;
}

static void test_corpus(void **state)
{
    FILE *index = fopen(CORPUS "index.tsv", "r");
    char name[64], what[128];
    int expected, counts[3] = {0}, wrong = 0;

    (void)state;
    assert_non_null(index);
    while (fscanf(index, "%63[^\t]\t%127[^\t]\t%d\n", name, what, &expected) == 3)
        wrong += !check_file(name, what, expected, counts);
    assert_true(feof(index));
    fclose(index);
    print_message("accepted %d, not loadable %d, nothing to load %d\n", counts[0], counts[1],
                  counts[2]);
    assert_int_equal(wrong, 0);
    assert_true(counts[0] >= 10);
    assert_true(counts[1] + counts[2] >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};

    return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
