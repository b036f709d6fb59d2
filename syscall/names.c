/* SPDX-License-Identifier: MIT */
/* From the arguments of a call to a place in the tree. */
#include "syscall/names.h"

#include <asm/errno.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "kernel/proc/process.h"
#include "mm/heap.h"

long name_get(uptr user, struct name **out)
{
    struct name *name = kmalloc(sizeof(*name));
    if (!name)
        return -ENOMEM;
    long length = usercopy_string(name->text, user, sizeof(name->text));
    if (length < 0) {
        kfree(name);
        return length;
    }
    *out = name;
    return 0;
}

void name_free(struct name *name)
{
    kfree(name);
}

static long start_at_descriptor(int dirfd, const char *name, struct path *out)
{
    struct file *file = fdtable_get(&process_current()->files, dirfd);
    if (!file)
        return -EBADF;
    long error = name[0] == '\0' ? -ENOENT : -ENOTDIR;
    if (file->dentry && (name[0] == '\0' || inode_is(file->inode, S_IFDIR))) {
        *out = (struct path){file->mount, file->dentry};
        path_get(out);
        error = 0;
    }
    file_put(file);
    return error;
}

long names_start(int dirfd, const char *name, struct path_context *out)
{
    struct process_place *place = &process_current()->place;
    if (name[0] == '/' || dirfd == AT_FDCWD) {
        place_get(place, out);
        return 0;
    }
    long error = start_at_descriptor(dirfd, name, &out->cwd);
    if (error == 0)
        place_get_root(place, &out->root);
    return error;
}

long names_walk(int dirfd, uptr user, u32 flags, struct path *out)
{
    struct name *name;
    struct path_context start;
    long error = name_get(user, &name);
    if (error != 0)
        return error;
    if (name->text[0] == '\0' && !(flags & WALK_EMPTY_OK))
        error = -ENOENT;
    if (error == 0)
        error = names_start(dirfd, name->text, &start);
    if (error == 0) {
        error = path_walk(&start, &start.cwd, name->text, flags, out);
        place_put(&start);
    }
    name_free(name);
    return error;
}

long names_walk_parent(int dirfd, uptr user, struct names_parent *out)
{
    struct path_context start;
    long error = name_get(user, &out->name);
    if (error != 0)
        return error;
    error = out->name->text[0] == '\0' ? -ENOENT : names_start(dirfd, out->name->text, &start);
    if (error == 0) {
        error = path_walk_parent(&start, &start.cwd, out->name->text, 0, &out->path, &out->last);
        place_put(&start);
    }
    if (error != 0)
        name_free(out->name);
    return error;
}

void names_parent_end(struct names_parent *parent)
{
    path_last_free(&parent->last);
    path_put(&parent->path);
    name_free(parent->name);
}
