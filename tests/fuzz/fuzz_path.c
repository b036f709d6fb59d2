/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the tree of names: the path walk, and everything that changes names, over a real tmpfs. The
 * input is a sequence of commands with names that end with NUL; the names are the fuzzer's. After
 * it the tree's counts of links must be right, and taking it apart must leave nothing behind.
 */
#include <stdio.h>

#include "tests/host/fake_fs.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* What is left of the input. */
struct script {
    const u8 *at, *end;
};

static bool take_name(struct script *script, char name[PATH_MAX])
{
    size_t length = 0;
    while (script->at < script->end && *script->at != '\0' && length < PATH_MAX - 1)
        name[length++] = (char)*script->at++;
    name[length] = '\0';
    if (script->at < script->end)
        script->at++;
    return length != 0;
}

/* A path that the walk returned: inside the tree, with a name that leads to it. */
static void check_path(struct path *path)
{
    static char buffer[64 * 1024];
    char *name = path_name(path, &fs_root, buffer, sizeof(buffer));
    must(path->dentry->inode != NULL);
    if (name && strlen(name) < PATH_MAX && path->dentry->hashed) {
        struct path again;
        if (path_walk(&fs_place, &fs_root, name, 0, &again) == 0) {
            must(again.dentry == path->dentry);
            path_put(&again);
        }
    }
    path_put(path);
}

static void walk(const char *name, u32 flags)
{
    struct path path;
    if (path_walk(&fs_place, &fs_root, name, flags, &path) == 0)
        check_path(&path);
}

static int change(char command, const char *name, const char *other)
{
    struct path parent, second;
    struct last_name last, second_last;
    int error = path_walk_parent(&fs_place, &fs_root, name, command == 'F' ? WALK_FOLLOW : 0,
                                 &parent, &last);
    if (error != 0)
        return error;
    switch (command) {
    case 'd':
        error = fs_create(&parent, &last, S_IFDIR | 0755, 0, NULL);
        break;
    case 's':
        error = fs_symlink(&parent, &last, other);
        break;
    case 'u':
    case 'r':
        error = fs_unlink(&parent, &last, command == 'r');
        break;
    case 'l':
        error = path_walk(&fs_place, &fs_root, other, 0, &second);
        if (error == 0) {
            error = fs_link(&second, &parent, &last);
            path_put(&second);
        }
        break;
    case 'm':
    case 'n':
    case 'x':
        error = path_walk_parent(&fs_place, &fs_root, other, 0, &second, &second_last);
        if (error == 0) {
            error = fs_rename(&parent, &last, &second, &second_last,
                              command == 'm'   ? 0
                              : command == 'n' ? RENAME_NOREPLACE
                                               : RENAME_EXCHANGE);
            path_last_free(&second_last);
            path_put(&second);
        }
        break;
    default:
        error = fs_create(&parent, &last, S_IFREG | 0644, 0, NULL);
    }
    path_last_free(&last);
    path_put(&parent);
    return error;
}

/* Every directory knows how many directories are in it. */
static void check_links(struct dentry *dir)
{
    u64 after = 0;
    u32 directories = 0;
    struct dentry *entry;
    while ((entry = fs_next_child(dir, after))) {
        must(entry->parent == dir && entry->inode->nlink != 0);
        if (inode_is(entry->inode, S_IFDIR)) {
            directories++;
            check_links(entry);
        }
        after = entry->cookie;
        dentry_put(entry);
    }
    must(dir->inode->nlink == 2 + directories);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static char name[PATH_MAX], other[PATH_MAX];
    struct script script = {data, data + size};

    fs_begin();
    while (script.end - script.at > 2) {
        char command = (char)*script.at++;
        if (!take_name(&script, name))
            continue;
        if (strchr("slmnx", command))
            take_name(&script, other);
        if (command == 'w')
            walk(name, WALK_FOLLOW);
        else if (command == 'W')
            walk(name, WALK_DIRECTORY);
        else
            (void)change(command, name, other);
    }
    check_links(fs_root.dentry);
    fs_end();
    return 0;
}
