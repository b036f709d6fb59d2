/* SPDX-License-Identifier: MIT */
/* /proc/self/mounts and mountinfo (man 5 proc_pid_mounts, proc_pid_mountinfo). */
#include <asm/errno.h>
#include <linux/mount.h>

#include "kernel/proc/procfs/procfs_internal.h"

#define SPECIAL " \t\n\\"

static void show_options(struct text_builder *text, u32 flags)
{
    text_add_string(text, flags & MS_RDONLY ? "ro" : "rw");
    if (flags & MS_NOSUID)
        text_add_string(text, ",nosuid");
    if (flags & MS_NODEV)
        text_add_string(text, ",nodev");
    if (flags & MS_NOEXEC)
        text_add_string(text, ",noexec");
    text_add_string(text, flags & MS_NOATIME ? ",noatime" : ",relatime");
}

/* A mount hides the name of its root: where it sits is the name of what lies below. */
static void show_mountpoint(struct text_builder *text, const struct mount *mount)
{
    struct path path = {mount->parent, mount->mountpoint};
    procfs_add_path(text, &path, SPECIAL);
}

static void show_mount(const struct mount *mount, void *context)
{
    struct text_builder *text = context;
    text_print(text, "%s ", mount->sb->type);
    show_mountpoint(text, mount);
    text_print(text, " %s ", mount->sb->type);
    show_options(text, mount->flags);
    text_add_string(text, " 0 0\n");
}

int procfs_show_mounts(struct text_builder *text, const struct node_place *place)
{
    if (procfs_has_ended(place))
        return -EINVAL;
    mount_for_each(show_mount, text);
    return 0;
}

static void show_info(const struct mount *mount, void *context)
{
    struct text_builder *text = context;
    const struct superblock *sb = mount->sb;
    text_print(text, "%d %d %lu:%lu / ", mount->id, mount->parent->id, sb->device >> 8,
               sb->device & 0xff);
    show_mountpoint(text, mount);
    text_add_string(text, " ");
    show_options(text, mount->flags);
    text_print(text, " - %s %s %s\n", sb->type, sb->type, mount->flags & MS_RDONLY ? "ro" : "rw");
}

int procfs_show_mountinfo(struct text_builder *text, const struct node_place *place)
{
    if (procfs_has_ended(place))
        return -EINVAL;
    mount_for_each(show_info, text);
    return 0;
}
