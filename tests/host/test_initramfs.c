/* SPDX-License-Identifier: MIT */
/*
 * Unpacking archives into a real tmpfs: every kind of entry, hard links, what replaces what, and
 * names that lie. The whole tree is written down as text and compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/host/fake_fs.h"

#include "fs/initramfs/initramfs.c"
#include "fs/initramfs/initramfs_place.c"

/* ---- Archives ---------------------------------------------------------------------------------*/

static char building[256 * 1024];
static size_t built;
static u8 *module;

static void pad(size_t align)
{
    while (built % align != 0)
        building[built++] = '\0';
}

struct entry {
    const char *name;
    u32 mode;
    const char *data; /* a link's target */
    u32 nlink, ino;
};

static void put_cpio(const struct entry *e)
{
    size_t size = e->data ? strlen(e->data) : 0;
    built += (size_t)sprintf(
        building + built, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", e->ino,
        e->mode, 7, 8, e->nlink, 1000, size, 8, 1, 4, 64, strlen(e->name) + 1, 0);
    built += (size_t)sprintf(building + built, "%s", e->name) + 1;
    pad(4);
    if (size != 0)
        memcpy(building + built, e->data, size);
    built += size;
    pad(4);
}

static void put_trailer(void)
{
    put_cpio(&(struct entry){.name = "TRAILER!!!"});
    pad(512);
}

static void put_tar(const struct entry *e, char type, const char *link)
{
    char *header = building + built;
    size_t size = e->data && type == '0' ? strlen(e->data) : 0;
    unsigned sum = 0;
    memset(header, 0, 512);
    snprintf(header, 100, "%s", e->name);
    sprintf(header + 100, "%07o", e->mode & 07777);
    sprintf(header + 108, "%07o", 7);
    sprintf(header + 116, "%07o", 8);
    sprintf(header + 124, "%011zo", size);
    sprintf(header + 136, "%011o", 1000);
    header[156] = type;
    if (link)
        snprintf(header + 157, 100, "%s", link);
    memcpy(header + 257, "ustar\00000", 8);
    sprintf(header + 329, "%07o", 4);
    sprintf(header + 337, "%07o", 64);
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (u8)header[i];
    sprintf(header + 148, "%06o", sum);
    built += 512;
    memcpy(building + built, e->data, size);
    built += size;
    pad(512);
}

static int unpack(const char **why)
{
    module = malloc(built);
    memcpy(module, building, built);
    return initramfs_unpack(&fs_root, module, built, (paddr_t)module, why);
}

/* ---- The tree as text -------------------------------------------------------------------------*/

static char listing[64 * 1024];
static size_t listed;

static void list_inode(const char *name, struct inode *inode)
{
    char bytes[64] = "";
    char type = "?pc?d?b?-?l?s???"[inode->mode >> 12];
    if (inode_is(inode, S_IFREG) && inode_need_object(inode) == 0)
        page_cache_read_kernel(page_cache_of(inode->object), 0, bytes, sizeof(bytes) - 1);
    if (inode_is(inode, S_IFLNK))
        inode->ops->readlink(inode, bytes, sizeof(bytes) - 1);
    listed += (size_t)sprintf(listing + listed, "%s %c%04o %u", name, type, inode->mode & 07777,
                              inode->nlink);
    if (inode->device != 0)
        listed += (size_t)sprintf(listing + listed, " %lx", inode->device);
    if (bytes[0])
        listed += (size_t)sprintf(listing + listed, " %s", bytes);
    listed += (size_t)sprintf(listing + listed, "\n");
}

static void list_directory(struct dentry *dir, const char *path)
{
    u64 after = 0;
    struct dentry *entry;
    while ((entry = fs_next_child(dir, after))) {
        char name[512];
        snprintf(name, sizeof(name), "%s%s", path, entry->name);
        list_inode(name, entry->inode);
        strcat(name, "/");
        list_directory(entry, name);
        after = entry->cookie;
        dentry_put(entry);
    }
}

static void assert_tree(const char *expected)
{
    const char *why = "";
    int error = unpack(&why);
    if (error != 0)
        fail_msg("%d: %s", error, why);
    listed = 0;
    listing[0] = '\0';
    list_directory(fs_root.dentry, "");
    assert_string_equal(listing, expected);
}

static struct inode *inode_named(const char *name)
{
    struct path path;
    assert_int_equal(path_walk(&fs_place, &fs_root, name, 0, &path), 0);
    struct inode *inode = path.dentry->inode;
    path_put(&path);
    return inode;
}

/* ---- Tests ------------------------------------------------------------------------------------*/

static int begin(void **state)
{
    (void)state;
    built = 0;
    fs_begin();
    return 0;
}

static int end(void **state)
{
    (void)state;
    fs_end();
    free(module);
    module = NULL;
    return 0;
}

#define PUT(name, mode, data, nlink, ino) put_cpio(&(struct entry){name, mode, data, nlink, ino})

static void test_every_kind(void **state)
{
    (void)state;
    PUT(".", S_IFDIR | 0711, NULL, 2, 0);
    PUT("dir", S_IFDIR | 01777, NULL, 2, 0);
    PUT("dir/file", S_IFREG | 04755, "content", 1, 0);
    PUT("dir/empty", S_IFREG | 0600, "", 1, 0);
    PUT("link", S_IFLNK | 0777, "dir/file", 1, 0);
    PUT("null", S_IFCHR | 0666, NULL, 1, 0);
    PUT("disk", S_IFBLK | 0660, NULL, 1, 0);
    PUT("pipe", S_IFIFO | 0644, NULL, 1, 0);
    PUT("socket", S_IFSOCK | 0644, NULL, 1, 0);
    put_trailer();
    assert_tree("dir d1777 2\n"
                "dir/file -4755 1 content\n"
                "dir/empty -0600 1\n"
                "link l0777 1 dir/file\n"
                "null c0666 1 440\n"
                "disk b0660 1 440\n"
                "pipe p0644 1\n"
                "socket s0644 1\n");
    assert_int_equal(fs_root.dentry->inode->mode, S_IFDIR | 0711);
    assert_int_equal(fs_root.dentry->inode->mtime, 1000 * NS_PER_SECOND);
    assert_int_equal(inode_named("dir")->mtime, 1000 * NS_PER_SECOND);
    assert_int_equal(inode_named("dir")->uid, 7);
    assert_int_equal(inode_named("dir/file")->gid, 8);
    assert_int_equal(inode_named("link")->mtime, 1000 * NS_PER_SECOND);
    assert_int_equal(fake_pages, 0); /* nothing was copied */
}

static void test_parents_are_made(void **state)
{
    (void)state;
    PUT("/usr//lib/./x/../deep/file", S_IFREG | 0644, "a", 1, 0);
    PUT("usr/lib/deep/other", S_IFREG | 0644, "b", 1, 0);
    PUT("./usr/lib", S_IFDIR | 0700, NULL, 2, 0);
    assert_tree("usr d0755 3\n"
                "usr/lib d0700 4\n"
                "usr/lib/x d0755 2\n"
                "usr/lib/deep d0755 2\n"
                "usr/lib/deep/file -0644 1 a\n"
                "usr/lib/deep/other -0644 1 b\n");
}

static void test_cpio_hard_links(void **state)
{
    (void)state;
    PUT("a", S_IFREG | 0644, "", 3, 5);
    PUT("dir/b", S_IFREG | 0644, "", 3, 5);
    PUT("c", S_IFREG | 0644, "the data", 3, 5);
    PUT("other", S_IFREG | 0644, "", 2, 6);
    PUT("fifo", S_IFIFO | 0644, NULL, 2, 5);
    put_trailer();
    PUT("in another archive", S_IFREG | 0644, "x", 3, 5);
    put_trailer();
    assert_tree("a -0644 3 the data\n"
                "dir d0755 2\n"
                "dir/b -0644 3 the data\n"
                "c -0644 3 the data\n"
                "other -0644 1\n"
                "fifo p0644 1\n"
                "in another archive -0644 1 x\n");
}

static void test_later_entries_count(void **state)
{
    (void)state;
    PUT("file", S_IFREG | 0644, "old and long", 1, 0);
    PUT("file", S_IFREG | 0600, "new", 1, 0);
    PUT("becomes a link", S_IFREG | 0644, "x", 1, 0);
    PUT("becomes a link", S_IFLNK | 0777, "file", 1, 0);
    PUT("becomes a file", S_IFLNK | 0777, "file", 1, 0);
    PUT("becomes a file", S_IFREG | 0644, "y", 1, 0);
    PUT("empty", S_IFDIR | 0755, NULL, 2, 0);
    PUT("empty", S_IFREG | 0644, "was a directory", 1, 0);
    PUT("full/file", S_IFREG | 0644, "stays", 1, 0);
    PUT("full", S_IFREG | 0644, "cannot be", 1, 0);
    PUT("full", S_IFLNK | 0777, "neither", 1, 0);
    PUT("file/below a file", S_IFREG | 0644, "cannot be", 1, 0);
    PUT("full", S_IFDIR | 0700, NULL, 2, 0);
    put_trailer();
    assert_tree("file -0600 1 new\n"
                "becomes a link l0777 1 file\n"
                "becomes a file -0644 1 y\n"
                "empty -0644 1 was a directory\n"
                "full d0700 2\n"
                "full/file -0644 1 stays\n");
}

/* Nothing leads out of the root, and links on the way are followed inside it. */
static void test_names_that_lie(void **state)
{
    static char long_name[4000];
    (void)state;
    PUT("../../../outside", S_IFREG | 0644, "1", 1, 0);
    PUT("/absolute", S_IFREG | 0644, "2", 1, 0);
    PUT("lib", S_IFLNK | 0777, "usr/lib", 1, 0);
    PUT("usr/lib", S_IFDIR | 0755, NULL, 2, 0);
    PUT("lib/through a link", S_IFREG | 0644, "3", 1, 0);
    PUT("up", S_IFLNK | 0777, "../../..", 1, 0);
    PUT("up/through up", S_IFREG | 0644, "4", 1, 0);
    PUT("loop", S_IFLNK | 0777, "loop", 1, 0);
    PUT("loop/x", S_IFREG | 0644, "no", 1, 0);
    PUT("dangling", S_IFLNK | 0777, "nowhere", 1, 0);
    PUT("dangling/x", S_IFREG | 0644, "no", 1, 0);
    PUT("", S_IFREG | 0644, "no", 1, 0);
    PUT("..", S_IFREG | 0644, "no", 1, 0);
    PUT("/", S_IFREG | 0644, "no", 1, 0);
    PUT(".", S_IFLNK | 0777, "no", 1, 0);
    PUT("..", S_IFDIR | 0750, NULL, 2, 0);
    PUT("a type that is none", 0050000, "no", 1, 0);
    PUT("an empty link", S_IFLNK | 0777, "", 1, 0);
    memset(long_name, 'n', 300);
    PUT(long_name, S_IFREG | 0644, "no", 1, 0);
    memset(long_name, '/', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 2] = 'z';
    PUT(long_name, S_IFREG | 0644, "5", 1, 0);
    put_trailer();
    assert_tree("outside -0644 1 1\n"
                "absolute -0644 1 2\n"
                "lib l0777 1 usr/lib\n"
                "usr d0755 3\n"
                "usr/lib d0755 2\n"
                "usr/lib/through a link -0644 1 3\n"
                "up l0777 1 ../../..\n"
                "through up -0644 1 4\n"
                "loop l0777 1 loop\n"
                "dangling l0777 1 nowhere\n"
                "an empty link l0777 1\n"
                "z -0644 1 5\n");
    assert_int_equal(fs_root.dentry->inode->mode, S_IFDIR | 0750);
}

#define TAR(type, link, name, mode, data) \
    put_tar(&(struct entry){name, mode, data, 1, 0}, type, link)

static void test_tar(void **state)
{
    (void)state;
    TAR('5', NULL, "./", 0711, "");
    TAR('5', NULL, "./dir/", 0750, "");
    TAR('0', NULL, "./dir/file", 0644, "content");
    TAR('1', "./dir/file", "./hard", 0644, "");
    TAR('1', "missing", "./nothing", 0644, "");
    TAR('1', "dir", "./not of a directory", 0644, "");
    TAR('1', "dir/file", "./", 0644, "");
    TAR('2', "dir/file", "./soft", 0777, "");
    TAR('3', NULL, "./null", 0666, "");
    TAR('6', NULL, "./pipe", 0600, "");
    TAR('0', NULL, "./new/parents/file", 0644, "x");
    TAR('0', NULL, "./dir/file", 0644, "replaced, not changed");
    TAR('0', NULL, "../../etc/passwd", 0644, "inside");
    TAR('0', NULL, "./hard/x", 0644, "no");
    assert_tree("dir d0750 2\n"
                "dir/file -0644 1 replaced, not changed\n"
                "hard -0644 1 content\n"
                "soft l0777 1 dir/file\n"
                "null c0666 1 440\n"
                "pipe p0600 1\n"
                "new d0755 3\n"
                "new/parents d0755 2\n"
                "new/parents/file -0644 1 x\n"
                "etc d0755 2\n"
                "etc/passwd -0644 1 inside\n");
}

static void test_malformed(void **state)
{
    const char *why = NULL;
    (void)state;
    PUT("good", S_IFREG | 0644, "x", 1, 0);
    PUT("cut off", S_IFREG | 0644, "a long content", 1, 0);
    built -= 8;
    assert_int_equal(unpack(&why), -EINVAL);
    assert_non_null(why);
}

/* What was built, cut off at every byte: it is unpacked as far as it goes, or there is a reason. */
static void cut_everywhere(void)
{
    size_t whole = built;
    for (built = 0; built <= whole; built++) {
        const char *why = NULL;
        int error = unpack(&why);
        if (error != 0) {
            assert_int_equal(error, -EINVAL);
            assert_non_null(why);
        }
        end(NULL);
        fs_begin();
    }
    built = 0;
}

static void test_cut_off(void **state)
{
    static char long_name[4090];
    (void)state;
    memset(long_name, 'n', sizeof(long_name) - 1);
    for (size_t i = 200; i < sizeof(long_name) - 1; i += 200)
        long_name[i] = '/';
    PUT("dir", S_IFDIR | 0755, NULL, 2, 0);
    PUT("dir/file", S_IFREG | 0644, "content", 2, 7);
    PUT("hard", S_IFREG | 0644, "", 2, 7);
    PUT("link", S_IFLNK | 0777, "dir", 1, 0);
    PUT("link/null", S_IFCHR | 0666, NULL, 1, 0);
    PUT(long_name, S_IFREG | 0644, "x", 1, 0);
    put_trailer();
    cut_everywhere();
    TAR('5', NULL, "./dir/", 0750, "");
    TAR('0', NULL, "./dir/file", 0644, "content");
    TAR('1', "./dir/file", "./hard", 0644, "");
    TAR('2', "dir/file", "./soft", 0777, "");
    TAR('3', NULL, "./null", 0666, "");
    cut_everywhere();
}

static void test_out_of_memory(void **state)
{
    (void)state;
    PUT("dir/a", S_IFREG | 0644, "1", 2, 5);
    PUT("dir/b", S_IFREG | 0644, "2", 2, 5);
    PUT("link", S_IFLNK | 0777, "dir", 1, 0);
    PUT("link/sub/c", S_IFREG | 0644, "3", 1, 0);
    PUT("dir", S_IFDIR | 0700, NULL, 2, 0);
    put_trailer();
    for (long left = 0;; left++) {
        const char *why = NULL;
        fake_allocations_left = left;
        int error = unpack(&why);
        bool enough = fake_allocations_left > 0;
        fake_allocations_left = -1;
        if (enough) {
            assert_int_equal(error, 0);
            return;
        }
        if (error != 0)
            assert_int_equal(error, -ENOMEM);
        end(NULL);
        fs_begin();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_kind),          TEST(test_parents_are_made), TEST(test_cpio_hard_links),
        TEST(test_later_entries_count), TEST(test_names_that_lie),   TEST(test_tar),
        TEST(test_malformed),           TEST(test_cut_off),          TEST(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("initramfs", tests, NULL, NULL);
}
