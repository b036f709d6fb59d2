/* SPDX-License-Identifier: MIT */
/*
 * The tar reader: archives are written here header by header, and by the system's tar in all its
 * formats; they are read from heap blocks of exactly their size.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/lib/tar.h"

static char building[256 * 1024];
static size_t built;

static struct tar_reader reader;
static struct tar_entry entry;
static const char *why;

static int start(void **state)
{
    (void)state;
    built = 0;
    memset(building, 0, sizeof(building));
    return 0;
}

static void set_checksum(char *header)
{
    unsigned int sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (u8)header[i];
    sprintf(header + 148, "%06o", sum);
}

/* A header with its data; the header's place, for changes before set_checksum. */
static char *put(char type, const char *name, const char *link, const void *data, size_t size)
{
    char *header = building + built;
    strncpy(header, name, 100);
    sprintf(header + 100, "%07o", 0754);
    sprintf(header + 108, "%07o", 1000);
    sprintf(header + 116, "%07o", 100);
    sprintf(header + 124, "%011o", (unsigned int)size);
    sprintf(header + 136, "%011o", 0x65000000);
    header[156] = type;
    strncpy(header + 157, link, 100);
    memcpy(header + 257, "ustar\00000", 8);
    sprintf(header + 329, "%07o", 4);
    sprintf(header + 337, "%07o", 65);
    set_checksum(header);
    built += 512;
    memcpy(building + built, data, size);
    built += (size + 511) / 512 * 512;
    return header;
}

static void put_file(const char *name, const char *data)
{
    put('0', name, "", data, strlen(data));
}

/* "key=value" with its length in front, which counts its own digits. */
static char records[4096];

static void add_record(const char *text)
{
    size_t length = strlen(text) + 2, digits = 1;
    while (length + digits >= (digits == 1 ? 10 : digits == 2 ? 100 : 1000))
        digits++;
    sprintf(records + strlen(records), "%zu %s\n", length + digits, text);
}

static void put_pax(char type, const char *text)
{
    put(type, "PaxHeaders/x", "", text, strlen(text));
}

static void put_records(char type, const char *first, const char *second)
{
    records[0] = '\0';
    add_record(first);
    if (second)
        add_record(second);
    put_pax(type, records);
}

static void open_bytes(const void *bytes, size_t size)
{
    free((void *)reader.bytes);
    u8 *copy = malloc(size);
    memcpy(copy, bytes, size);
    reader = (struct tar_reader){.bytes = copy, .size = size};
}

static void open_built(void)
{
    open_bytes(building, built);
}

static int next(void)
{
    memset(&entry, 0xa5, sizeof(entry));
    why = NULL;
    return tar_next(&reader, &entry, &why);
}

static void assert_text(const char *text, size_t length, const char *expected)
{
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void assert_next(const char *name)
{
    int status = next();
    if (status != 1)
        fail_msg("%s: %d: %s", name, status, why ? why : "the end");
    assert_text(entry.name, entry.name_length, name);
}

static void assert_data(const char *data)
{
    assert_int_equal(entry.data_size, strlen(data));
    assert_memory_equal(entry.data, data, strlen(data));
    assert_ptr_equal(entry.data, reader.bytes + entry.data_offset);
}

static void assert_refused(const char *word)
{
    assert_int_equal(next(), -EINVAL);
    assert_non_null(why);
    if (!strstr(why, word))
        fail_msg("\"%s\" instead of something with \"%s\"", why, word);
}

static void test_fields(void **state)
{
    (void)state;
    put_file("dir/file", "some data");
    put('3', "dev/tty", "", "", 0);
    put('4', "dev/disk", "", "", 0);
    put('2', "link", "dir/file", "", 0);
    put('1', "other", "dir/file", "", 0);
    put('5', "empty/", "", "", 0);
    put('6', "pipe", "", "", 0);
    open_built();
    assert_true(tar_is_archive(reader.bytes, reader.size));
    assert_next("dir/file");
    assert_data("some data");
    assert_int_equal(entry.mode, S_IFREG | 0754);
    assert_int_equal(entry.uid, 1000);
    assert_int_equal(entry.gid, 100);
    assert_int_equal(entry.mtime, 0x65000000 * 1000000000L);
    assert_false(entry.hard_link);
    assert_next("dev/tty");
    assert_int_equal(entry.mode, S_IFCHR | 0754);
    assert_int_equal(entry.devmajor, 4);
    assert_int_equal(entry.devminor, 65);
    assert_next("dev/disk");
    assert_int_equal(entry.mode, S_IFBLK | 0754);
    assert_next("link");
    assert_int_equal(entry.mode, S_IFLNK | 0754);
    assert_text(entry.link, entry.link_length, "dir/file");
    assert_next("other");
    assert_true(entry.hard_link);
    assert_text(entry.link, entry.link_length, "dir/file");
    assert_next("empty/");
    assert_int_equal(entry.mode, S_IFDIR | 0754);
    assert_next("pipe");
    assert_int_equal(entry.mode, S_IFIFO | 0754);
    assert_int_equal(next(), 0);
    assert_int_equal(next(), 0);
}

static void test_end(void **state)
{
    (void)state;
    put_file("first", "1");
    built += 1024;
    put_file("behind the end", "2");
    open_built();
    assert_next("first");
    assert_int_equal(next(), 0);
    open_bytes(building, 512 + 1); /* without the last block's padding */
    assert_next("first");
    assert_int_equal(next(), 0);
    open_bytes(building, 0);
    assert_int_equal(next(), 0);
    assert_false(tar_is_archive(reader.bytes, 0));
}

static void test_names(void **state)
{
    char name[101], prefix[156], whole[300];
    (void)state;
    memset(name, 'n', 100);
    memset(prefix, 'p', 155);
    name[100] = prefix[155] = '\0';
    sprintf(whole, "%s/%s", prefix, name);
    char *header = put('0', name, "", "", 0);
    memcpy(header + 345, prefix, 155);
    set_checksum(header);
    put('2', name, name, "", 0);
    header = put('0', "short", "", "", 0);
    memcpy(header + 257, "ustar  ", 8); /* GNU: what follows is no prefix */
    memcpy(header + 345, "14000000000", 11);
    set_checksum(header);
    put('0', "", "", "", 0);
    open_built();
    assert_next(whole);
    assert_next(name);
    assert_text(entry.link, entry.link_length, name);
    assert_next("short");
    assert_next("");
}

static void test_old_format(void **state)
{
    (void)state;
    char *header = put('\0', "file", "", "data", 4);
    memset(header + 257, 0, 255);
    set_checksum(header);
    header = put('\0', "dir/", "", "", 0);
    memset(header + 257, 0, 255);
    memcpy(header + 100, "   755 ", 8);
    set_checksum(header);
    /* A checksum over signed bytes. */
    header = put('0', "\xe4", "", "", 0);
    set_checksum(header);
    unsigned int sum = (unsigned int)strtoul(header + 148, NULL, 8);
    sprintf(header + 148, "%06o", sum - 256);
    open_built();
    assert_next("file");
    assert_data("data");
    assert_int_equal(entry.mode & S_IFMT, S_IFREG);
    assert_next("dir/");
    assert_int_equal(entry.mode, S_IFDIR | 0755);
    assert_next("\xe4");
}

static void test_gnu_long_names(void **state)
{
    char name[600], link[700];
    (void)state;
    memset(name, 'x', sizeof(name));
    memset(link, 'y', sizeof(link));
    name[sizeof(name) - 1] = link[sizeof(link) - 1] = '\0';
    put('K', "././@LongLink", "", link, sizeof(link));
    put('L', "././@LongLink", "", name, sizeof(name));
    put('2', "xxx", "yyy", "", 0);
    put_file("next", "z");
    open_built();
    assert_next(name);
    assert_text(entry.link, entry.link_length, link);
    assert_next("next");
    assert_data("z");
}

static void test_base256(void **state)
{
    (void)state;
    char *header = put('0', "file", "", "data", 4);
    memset(header + 124, 0, 12);
    header[124] = '\x80';
    header[135] = 4;
    memset(header + 136, 0xff, 12); /* one second before 1970 */
    memset(header + 108, 0, 8);
    header[108] = '\x80';
    header[112] = 1; /* uid 2^24 */
    set_checksum(header);
    open_built();
    assert_next("file");
    assert_data("data");
    assert_int_equal(entry.mtime, -1000000000L);
    assert_int_equal(entry.uid, 1u << 24);
    header[124] = '\xff'; /* a negative size */
    set_checksum(header);
    open_built();
    assert_refused("size");
    memset(header + 124, 0x7f, 12); /* an enormous one */
    header[124] = '\x80';
    set_checksum(header);
    open_built();
    assert_refused("size");
}

static void test_pax(void **state)
{
    (void)state;
    put_records('g', "path=glob", "comment=what=ever");
    records[0] = '\0';
    add_record("path=a b=c");
    add_record("linkpath=over");
    add_record("size=3");
    add_record("uid=100000");
    add_record("gid=200000");
    add_record("mtime=12.3456789019999");
    add_record("hdrcharset=BINARY");
    put_pax('x', records);
    char *header = put('0', "x", "y", "abc", 3);
    sprintf(header + 124, "%011o", 0);
    set_checksum(header);
    put_records('x', "path=", NULL); /* takes the global one back */
    put_file("own", "");
    put_file("not own", "");
    put_records('x', "mtime=-1.5", NULL);
    put_file("not own", "");
    open_built();
    assert_next("a b=c");
    assert_text(entry.link, entry.link_length, "over");
    assert_data("abc");
    assert_int_equal(entry.uid, 100000);
    assert_int_equal(entry.gid, 200000);
    assert_int_equal(entry.mtime, 12345678901);
    assert_next("own");
    assert_int_equal(entry.uid, 1000);
    assert_next("glob");
    assert_next("glob");
    assert_int_equal(entry.mtime, -1500000000);
    assert_int_equal(next(), 0);
}

/* A long name's header has a size of its own, also after a pax header with a size. */
static void test_pax_size_is_the_entrys(void **state)
{
    (void)state;
    put_records('x', "size=2", NULL);
    put('L', "long", "", "name", 5);
    char *header = put('0', "x", "", "ab", 2);
    sprintf(header + 124, "%011o", 0777);
    set_checksum(header);
    put_file("last", "c");
    open_built();
    assert_next("name");
    assert_data("ab");
    assert_next("last");
}

static void test_bad_pax(void **state)
{
    static const char *const bad[] = {
        "9 path=x\nx",
        "5 path=x\n",
        "99 path=x\n",
        "path=x\n",
        "9path=x\n",
        "6 path\n",
        "0 =\n",
        "3 \n",
        "10 size=x\n",
        "11 mtime=x\n",
        "12 size=-10\n",
        "28 size=99999999999999999999\n",
        "29 size=18446744073709551615\n",
        "99999999999999999999999 path=x\n",
        "11 size=3x\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        start(NULL);
        put_pax('x', bad[i]);
        put_file("file", "data");
        open_built();
        if (next() != -EINVAL || !why)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void test_refused(void **state)
{
    static char long_name[4097];
    (void)state;
    put('S', "sparse", "", "", 0);
    open_built();
    assert_refused("sparse");
    start(NULL);
    put_records('x', "GNU.sparse.major=1", NULL);
    put_file("file", "");
    open_built();
    assert_refused("sparse");
    start(NULL);
    put('M', "half", "", "", 0);
    open_built();
    assert_refused("volumes");
    start(NULL);
    memset(long_name, 'a', 4096);
    put('L', "long", "", long_name, sizeof(long_name));
    put_file("file", "");
    open_built();
    assert_refused("longer");
    start(NULL);
    put_records('x', "path=x", NULL);
    open_built();
    assert_refused("nothing");
    start(NULL);
    put('x', "pax", "", "12 path=a\0b\n", 12);
    put_file("file", "");
    open_built();
    assert_refused("NUL");
    start(NULL);
    char *header = put('0', "file", "", "", 0);
    memcpy(header + 100, "07x4", 4);
    set_checksum(header);
    open_built();
    assert_refused("numbers");
}

/* Whatever byte is changed: no crash, and a changed header is noticed. */
static void test_every_broken_byte(void **state)
{
    (void)state;
    put_file("file", "data");
    for (size_t i = 0; i < 512; i++) {
        if (i == 155) /* the blank behind the checksum, which nobody needs */
            continue;
        building[i] ^= 0x11;
        open_built();
        if (next() == 1)
            fail_msg("byte %zu: its change was not noticed", i);
        building[i] ^= 0x11;
    }
    for (size_t size = 1; size < built; size++) {
        open_bytes(building, size);
        int status = next();
        assert_int_equal(status, size >= 512 + 4 ? 1 : -EINVAL);
    }
}

/* ---- What the system's tar writes -------------------------------------------------------------*/

static void read_tar_output(const char *options)
{
    char command[1024];
    snprintf(command, sizeof(command),
             "cd build/host/tar-tree && tar -c --sort=name %s -f ../tar-test.tar .", options);
    assert_int_equal(system(command), 0);
    FILE *file = fopen("build/host/tar-test.tar", "rb");
    assert_non_null(file);
    built = fread(building, 1, sizeof(building), file);
    fclose(file);
    open_built();
}

#define LONG                                                                                     \
    "a-directory-with-a-rather-long-name-so-that-a-header-cannot-hold-it/and-another-one-of-it/" \
    "and-a-third-one-so-that-it-needs-more-than-the-256-bytes-of-a-ustar-header-with-its-prefix"

static void test_system_tar(void **state)
{
    static const char *const formats[] = {"--format=ustar", "--format=gnu", "--format=pax",
                                          "--format=oldgnu", "--format=posix -b 1"};
    (void)state;
    assert_int_equal(system("rm -rf build/host/tar-tree && mkdir -p build/host/tar-tree/d && "
                            "cd build/host/tar-tree && printf hello > d/hello && "
                            "ln d/hello d/other && ln -s d/hello link && mkfifo pipe"),
                     0);
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        read_tar_output(formats[i]);
        assert_next("./");
        assert_int_equal(entry.mode & S_IFMT, S_IFDIR);
        assert_next("./d/");
        assert_next("./d/hello");
        assert_data("hello");
        assert_next("./d/other");
        assert_true(entry.hard_link);
        assert_text(entry.link, entry.link_length, "./d/hello");
        assert_next("./link");
        assert_text(entry.link, entry.link_length, "d/hello");
        assert_next("./pipe");
        assert_int_equal(entry.mode & S_IFMT, S_IFIFO);
        assert_int_equal(next(), 0);
    }
    assert_int_equal(system("cd build/host/tar-tree && rm -rf * && mkdir -p " LONG " && "
                            "ln -s " LONG "/target link && printf x > " LONG "/file"),
                     0);
    for (size_t i = 1; i < 4; i++) {
        int status;
        bool found = false;
        read_tar_output(formats[i]);
        while ((status = next()) == 1) {
            if (entry.name_length == strlen("./" LONG "/file") &&
                memcmp(entry.name, "./" LONG "/file", entry.name_length) == 0) {
                found = true;
                assert_data("x");
            }
            if (S_ISLNK(entry.mode))
                assert_text(entry.link, entry.link_length, LONG "/target");
        }
        assert_int_equal(status, 0);
        assert_true(found);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields),
        TEST(test_end),
        TEST(test_names),
        TEST(test_old_format),
        TEST(test_gnu_long_names),
        TEST(test_base256),
        TEST(test_pax),
        TEST(test_pax_size_is_the_entrys),
        TEST(test_bad_pax),
        TEST(test_refused),
        TEST(test_every_broken_byte),
        TEST(test_system_tar),
    };
    int failed = cmocka_run_group_tests_name("tar", tests, NULL, NULL);
    free((void *)reader.bytes);
    return failed;
}
