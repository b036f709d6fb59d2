/* SPDX-License-Identifier: MIT */
/*
 * The cpio reader: archives are written here entry by entry and read from heap blocks of exactly
 * their size. Broken archives come from tests/corpus as well; see test_corpus.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "kernel/lib/cpio.h"

static char building[256 * 1024];
static size_t built;
static const char *magic = "070701";

static u8 *archive; /* the heap block that the last find looked into */
static struct cpio_entry entry;
static const char *why;

static void start(void)
{
    built = 0;
    magic = "070701";
}

static void pad(size_t align)
{
    while (built % align != 0)
        building[built++] = '\0';
}

static void put(const char *name, unsigned int mode, unsigned int nlink, unsigned int ino,
                const char *data)
{
    unsigned int sum = 0;

    for (const char *at = data; *at != '\0'; at++)
        sum += (u8)*at;
    built += (size_t)sprintf(
        building + built, "%s%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", magic, ino,
        mode, 1000, 100, nlink, 0x65000000, strlen(data), 8, 1, 4, 64, strlen(name) + 1, sum);
    built += (size_t)sprintf(building + built, "%s", name) + 1;
    pad(4);
    built += (size_t)sprintf(building + built, "%s", data);
    pad(4);
}

static void put_file(const char *name, const char *data)
{
    put(name, S_IFREG | 0755, 1, 0, data);
}

static void put_link(const char *name, const char *target)
{
    put(name, S_IFLNK | 0777, 1, 0, target);
}

static void put_trailer(void)
{
    put("TRAILER!!!", 0, 1, 0, "");
    pad(512);
}

static int find(const char *path)
{
    free(archive);
    archive = malloc(built);
    memcpy(archive, building, built);
    memset(&entry, 0xa5, sizeof(entry));
    why = NULL;
    return cpio_find(archive, built, path, &entry, &why);
}

static void assert_found(const char *path, const char *data)
{
    int error = find(path);

    if (error != 0)
        fail_msg("%s: %d: %s", path, error, why);
    assert_int_equal(entry.data_size, strlen(data));
    assert_memory_equal(entry.data, data, strlen(data));
    assert_ptr_equal(entry.data, archive + entry.data_offset);
}

static void assert_fails(const char *path, int error)
{
    assert_int_equal(find(path), error);
    assert_non_null(why);
}

static void test_fields(void **state)
{
    struct cpio_reader reader = {.bytes = (const u8 *)building};

    (void)state;
    start();
    put("./dev/tty", S_IFCHR | 0620, 2, 0xfedcba98, "");
    put_file("b", "some data");
    put_trailer();
    reader.size = built;
    assert_true(cpio_is_archive(reader.bytes, reader.size));
    assert_int_equal(cpio_next(&reader, &entry, &why), 1);
    assert_string_equal(entry.name, "./dev/tty");
    assert_int_equal(entry.name_length, 9);
    assert_int_equal(entry.ino, 0xfedcba98);
    assert_int_equal(entry.mode, S_IFCHR | 0620);
    assert_int_equal(entry.uid, 1000);
    assert_int_equal(entry.gid, 100);
    assert_int_equal(entry.nlink, 2);
    assert_int_equal(entry.mtime, 0x65000000);
    assert_int_equal(entry.devmajor, 8);
    assert_int_equal(entry.devminor, 1);
    assert_int_equal(entry.rdevmajor, 4);
    assert_int_equal(entry.rdevminor, 64);
    assert_int_equal(entry.data_size, 0);
    assert_false(entry.has_checksum);
    assert_int_equal(cpio_next(&reader, &entry, &why), 1);
    assert_int_equal(entry.data_size, 9);
    assert_int_equal(cpio_next(&reader, &entry, &why), 0);
    assert_int_equal(cpio_next(&reader, &entry, &why), 0);
}

/* Every byte as the first digit of a field: digits and letters are numbers, nothing else is. */
static void test_digits(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (int place = 0; place < 8; place++) {
            const char *digits = "0123456789abcdefABCDEF";
            const char *digit = byte == 0 ? NULL : strchr(digits, byte);
            start();
            put_file("a", "");
            building[6 + 5 * 8 + place] = (char)byte; /* mtime */
            assert_int_equal(find("a"), digit == NULL ? -EINVAL : 0);
            if (digit == NULL)
                continue;
            u32 value = (u32)(digit - digits < 16 ? digit - digits : digit - digits - 6);
            u32 others = 0x65000000 & ~(0xfU << (28 - 4 * place));
            assert_int_equal(entry.mtime, others | value << (28 - 4 * place));
        }
    }
}

static void test_paths(void **state)
{
    static const char *const names[] = {"bin/x", "./bin/x", "/bin/x", ".//bin/./x", "bin//x"};
    static const char *const bad[] = {"",       "/",       ".",    "bin",  "x",
                                      "bin/xy", "bin/x/y", "in/x", "../x", "bin/X"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        start();
        put_file("bin/y", "wrong");
        put_file(names[i], "right");
        put_trailer();
        for (size_t k = 0; k < ARRAY_SIZE(names); k++)
            assert_found(names[k], "right");
        assert_found("/bin/../bin/x", "right");
        assert_found("../../bin/x", "right");
        for (size_t k = 0; k < ARRAY_SIZE(bad); k++)
            assert_fails(bad[k], -ENOENT);
    }
    start();
    assert_fails("/init", -ENOENT);
}

static void test_last_wins(void **state)
{
    (void)state;
    start();
    put_link("init", "other");
    put_file("other", "wrong");
    put_file("init", "first");
    put_trailer();
    memset(building + built, 0, 512);
    built += 512;
    put_file("./init", "second");
    put_trailer();
    assert_found("/init", "second");
    put_link("init", "other");
    assert_found("/init", "wrong");
}

static void test_links(void **state)
{
    (void)state;
    start();
    put_link("bin", "usr/bin");
    put_link("usr/bin/sh", "./dash");
    put_file("usr/bin/dash", "shell");
    put_link("init", "/sbin/init");
    put_link("sbin", "/usr/sbin/");
    put_link("usr/sbin/init", "../../bin/../bin/sh");
    put_link("up", "../../../bin/sh");
    put_link("usr/bin/absolute", "/usr/bin/dash");
    put_link("gone", "nowhere");
    put_link("nothing", "");
    put_link("root", "/");
    put_trailer();
    assert_found("/init", "shell");
    assert_found("bin/sh", "shell");
    assert_found("/sbin/init", "shell");
    assert_found("up", "shell");
    assert_found("bin/absolute", "shell");
    assert_found("root/root/./bin/sh", "shell");
    assert_fails("gone", -ENOENT);
    assert_fails("gone/sh", -ENOENT);
    assert_fails("nothing", -EINVAL);
    /* ".." leaves the folder that the link leads to, not the one that it lies in. */
    assert_found("bin/../bin/dash", "shell");
}

static void test_link_limit(void **state)
{
    char name[16], target[16];

    (void)state;
    for (int count = 40; count <= 41; count++) {
        start();
        for (int i = 0; i < count; i++) {
            sprintf(name, "link%d", i);
            sprintf(target, i + 1 == count ? "file" : "link%d", i + 1);
            put_link(name, target);
        }
        put_file("file", "end");
        if (count == 40)
            assert_found("link0", "end");
        else
            assert_fails("link0", -ELOOP);
    }
    start();
    put_link("a", "b");
    put_link("b", "a/a");
    assert_fails("a", -ELOOP);
}

static void test_long_paths(void **state)
{
    char path[3000];

    (void)state;
    start();
    memset(path, 'n', sizeof(path));
    path[CPIO_PATH_MAX - 1] = '\0';
    put_file(path, "long");
    put_link("grow", "grow/grow/grow/grow/grow/grow/grow/grow/grow/grow/grow/grow/grow/grow");
    put_link("far", path);
    assert_found(path, "long");
    assert_found("far", "long");
    assert_fails("far/x", -ENAMETOOLONG);
    assert_fails("grow", -ENAMETOOLONG);
    path[CPIO_PATH_MAX - 1] = 'n';
    path[CPIO_PATH_MAX] = '\0';
    assert_fails(path, -ENAMETOOLONG);
    for (size_t i = 0; i < 1000; i++)
        path[i] = i % 2 ? '/' : 'd';
    path[999] = '\0';
    assert_fails(path, -ENAMETOOLONG);
    path[2 * 128 - 1] = '\0';
    assert_fails(path, -ENOENT);
    put_file(path, "deep");
    assert_found(path, "deep");
}

static void test_hard_links(void **state)
{
    (void)state;
    start();
    put("a", S_IFREG | 0755, 2, 7, "wrong: another archive");
    put_trailer();
    put("init", S_IFREG | 0755, 3, 7, "");
    put("b", S_IFREG | 0755, 3, 7, "");
    put("c", S_IFREG | 0755, 3, 7, "the data");
    put("d", S_IFREG | 0755, 1, 8, "wrong: another file");
    put("empty", S_IFREG | 0755, 2, 9, "");
    put("single", S_IFREG | 0755, 1, 7, "");
    put_trailer();
    put("e", S_IFREG | 0755, 2, 7, "wrong: a third archive");
    assert_found("init", "the data");
    assert_string_equal(entry.name, "init");
    assert_found("b", "the data");
    assert_found("c", "the data");
    assert_found("empty", "");
    assert_found("single", "");
}

static void test_checksum(void **state)
{
    (void)state;
    start();
    magic = "070702";
    put_file("a", "one");
    put_file("b", "two");
    assert_found("a", "one");
    assert_true(entry.has_checksum);
    building[built - 4] ^= 1; /* in b's data */
    assert_found("a", "one");
    assert_fails("b", -EINVAL);
    magic = "070703";
    put_file("c", "three");
    assert_fails("a", -EINVAL);
}

/* The archive cut at every length: what is found is whole, and all else is an error. */
static void test_truncated(void **state)
{
    size_t whole, second;

    (void)state;
    start();
    put_file("first", "abcdefg");
    second = built;
    put_file("second", "0123456789");
    whole = built;
    put_trailer();
    for (size_t length = built; length-- > 1;) {
        int error;
        built = length;
        error = find("first");
        if (length == second || length >= whole + 124)
            assert_int_equal(error, 0);
        else if (length < whole - 2 && length > second)
            assert_int_equal(error, -EINVAL);
        else if (error == 0)
            assert_memory_equal(entry.data, "abcdefg", 7);
    }
    free(archive);
    archive = NULL;
}

static void test_is_archive(void **state)
{
    (void)state;
    assert_true(cpio_is_archive((const u8 *)"070701", 6));
    assert_true(cpio_is_archive((const u8 *)"070702xx", 8));
    assert_true(cpio_is_archive((const u8 *)"\0\0\0\0"
                                            "070701",
                                10));
    assert_false(cpio_is_archive((const u8 *)"\0\0"
                                             "070701",
                                 8));
    assert_false(cpio_is_archive((const u8 *)"070701", 5));
    assert_false(cpio_is_archive((const u8 *)"070707", 6));
    assert_false(cpio_is_archive((const u8 *)"\x7f"
                                             "ELF\2\1\1\0",
                                 8));
    assert_false(cpio_is_archive((const u8 *)"\0\0\0\0\0\0\0\0", 8));
    assert_false(cpio_is_archive((const u8 *)"", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),     cmocka_unit_test(test_digits),
        cmocka_unit_test(test_paths),      cmocka_unit_test(test_last_wins),
        cmocka_unit_test(test_links),      cmocka_unit_test(test_link_limit),
        cmocka_unit_test(test_long_paths), cmocka_unit_test(test_hard_links),
        cmocka_unit_test(test_checksum),   cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_is_archive),
    };

    return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
