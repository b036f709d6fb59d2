/* SPDX-License-Identifier: MIT */
/*
 * Which file system sits where. Mounts are made at start and are few: a list.
 */
#include <asm/errno.h>

#include "fs/path_internal.h"
#include "kernel/core/spinlock.h"
#include "mm/heap.h"

static struct spinlock mounts_lock =
    SPINLOCK_INIT(LOCK_MOUNTS); /* guards the list and dentry->mounts */
static struct list_head mounts = LIST_HEAD_INIT(mounts);
static int next_id = 20; /* Linux's first visible ones are about there */

static struct mount *mount_create(struct superblock *sb, u32 flags)
{
    struct mount *mount = kzalloc(sizeof(*mount));
    if (!mount)
        return NULL;
    mount->sb = sb;
    mount->root = sb->root;
    mount->flags = flags;
    mount->refs = 1;
    dentry_get(mount->root);
    return mount;
}

int mount_root(struct superblock *sb, struct path *out)
{
    struct mount *mount = mount_create(sb, 0);
    if (!mount)
        return -ENOMEM;
    mount->id = next_id++;
    mount->parent = mount;
    mount->mountpoint = mount->root;
    list_add_tail(&mount->link, &mounts);
    *out = (struct path){mount, mount->root};
    path_get(out);
    return 0;
}

int mount_at(struct superblock *sb, const struct path *where, u32 flags)
{
    struct mount *mount = mount_create(sb, flags);
    if (!mount)
        return -ENOMEM;
    path_get(where);
    mount->parent = where->mount;
    mount->mountpoint = where->dentry;
    u64 irq = spin_lock_irqsave(&mounts_lock);
    mount->id = next_id++;
    list_add_tail(&mount->link, &mounts);
    where->dentry->mounts++;
    spin_unlock_irqrestore(&mounts_lock, irq);
    return 0;
}

struct mount *mount_on(const struct path *path)
{
    struct mount *mount, *found = NULL;
    u64 irq = spin_lock_irqsave(&mounts_lock);
    list_for_each_entry(mount, &mounts, link)
    {
        if (mount->parent == path->mount && mount->mountpoint == path->dentry &&
            mount->parent != mount)
            found = mount; /* the last one mounted covers the others */
    }
    spin_unlock_irqrestore(&mounts_lock, irq);
    return found;
}

void mount_for_each(void (*visit)(const struct mount *mount, void *context), void *context)
{
    struct mount *mount; /* mounts are never taken away: the list can be walked without the lock */
    list_for_each_entry(mount, &mounts, link) visit(mount, context);
}
