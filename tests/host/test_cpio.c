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

static void put_trailer(void)
{
    put("TRAILER!!!", 0, 1, 0, "");
    pad(512);
}

/* Reads all of the archive: the last entry of that name, its checksum looked at. */
static int find(const char *name)
{
    struct cpio_entry next;
    int status, found = -ENOENT;

    free(archive);
    archive = malloc(built);
    memcpy(archive, building, built);
    struct cpio_reader reader = {.bytes = archive, .size = built};
    why = NULL;
    while ((status = cpio_next(&reader, &next, &why)) == 1) {
        if (strcmp(next.name, name) != 0)
            continue;
        entry = next;
        found = cpio_verify(&next, &why);
    }
    return status != 0 ? status : found;
}

static void assert_found(const char *name, const char *data)
{
    int error = find(name);

    if (error != 0)
        fail_msg("%s: %d: %s", name, error, why);
    assert_int_equal(entry.data_size, strlen(data));
    assert_memory_equal(entry.data, data, strlen(data));
    assert_ptr_equal(entry.data, archive + entry.data_offset);
}

static void assert_fails(const char *name, int error)
{
    assert_int_equal(find(name), error);
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
        cmocka_unit_test(test_checksum),   cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_is_archive),
    };

    return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
