/* SPDX-License-Identifier: MIT */
/*
 * Making the root: tmpfs, filled from the initrd without copying file data, and the file systems
 * that the kernel itself supplies.
 */
#include "kernel/proc/rootfs.h"

#include <asm/errno.h>

#include "arch/mmu.h"
#include "fs/change.h"
#include "fs/devfs/devfs.h"
#include "fs/initramfs/initramfs.h"
#include "fs/procfs/procfs.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/lib/string.h"
#include "mm/page.h"

static int make_directory(const struct path_context *place, const char *name, u32 mode)
{
    struct path parent;
    struct last_name last;
    int error = path_walk_parent(place, &place->root, name, 0, &parent, &last);
    if (error != 0)
        return error;
    error = fs_create(&parent, &last, S_IFDIR | mode, 0, NULL);
    path_last_free(&last);
    path_put(&parent);
    return error == -EEXIST ? 0 : error;
}

/* Memory that programs share by name, for everybody. */
static struct superblock *create_shm(void)
{
    struct superblock *sb = tmpfs_create(page_total_count() * PAGE_SIZE / 2);
    if (sb)
        sb->root->inode->mode |= 01777;
    return sb;
}

/* Mount `sb` on a directory, made if it is missing. */
static int mount_system(const struct path_context *place, const char *name, struct superblock *sb)
{
    struct path where;
    if (!sb)
        return -ENOMEM;
    int error = make_directory(place, name, 0755);
    if (error == 0)
        error = path_walk(place, &place->root, name, WALK_FOLLOW | WALK_DIRECTORY, &where);
    if (error != 0)
        return error;
    error = mount_at(sb, &where, 0);
    path_put(&where);
    return error;
}

/* The directories above the last component of an absolute name. */
static int make_parents(const struct path_context *place, const char *name)
{
    char part[256];
    for (const char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = slash - name;
        if (length >= sizeof(part))
            return -ENAMETOOLONG;
        memcpy(part, name, length);
        part[length] = '\0';
        int error = make_directory(place, part, 0755);
        if (error != 0)
            return error;
    }
    return 0;
}

/* The module is the program: one file that shows the module's own memory. */
static int place_single_file(const struct path_context *place, const struct boot_module *module,
                             const char *name)
{
    struct path parent;
    struct last_name last;
    struct dentry *dentry;
    int error = make_parents(place, name);
    if (error == 0)
        error = path_walk_parent(place, &place->root, name, 0, &parent, &last);
    if (error != 0)
        return error;
    error = fs_create(&parent, &last, S_IFREG | 0755, 0, &dentry);
    if (error == 0) {
        tmpfs_borrow(dentry->inode, module->base, module->size);
        dentry_put(dentry);
    }
    path_last_free(&last);
    path_put(&parent);
    return error;
}

static int mount_systems(const struct path_context *place)
{
    int error = mount_system(place, "/proc", procfs_create());
    if (error == 0)
        error = mount_system(place, "/sys", sysfs_create());
    if (error == 0)
        error = mount_system(place, "/dev", devfs_create());
    if (error == 0)
        error = mount_system(place, "/dev/shm", create_shm());
    if (error == 0)
        error = make_directory(place, "/tmp", 01777);
    return error;
}

bool rootfs_is_archive(const struct boot_module *module)
{
    return initramfs_is_archive(phys_to_virt(module->base), module->size);
}

int rootfs_build(const struct boot_module *module, const char *program_name, struct path *root,
                 const char **why)
{
    struct superblock *sb = tmpfs_create(page_total_count() * PAGE_SIZE / 2);
    int error = sb ? mount_root(sb, root) : -ENOMEM;
    *why = "not enough memory for the root file system";
    if (error != 0)
        return error;
    struct path_context place = {*root, *root};
    if (rootfs_is_archive(module))
        error = initramfs_unpack(root, phys_to_virt(module->base), module->size, module->base, why);
    else
        error = place_single_file(&place, module, program_name);
    return error != 0 ? error : mount_systems(&place);
}
