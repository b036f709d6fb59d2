/* SPDX-License-Identifier: MIT */
/*
 * From the entries of an archive to the tree. What differs between cpio and tar is here: how hard
 * links are told, and what a second entry of the same name means.
 *
 * cpio: names with the same (archive, device, inode number) and more than one link are one file; its
 * data come with any of them, mostly the last. tar: a link names the file that it is a link to.
 */
#include "fs/initramfs/initramfs.h"

#include <asm/errno.h>

#include "fs/initramfs/initramfs_internal.h"
#include "kernel/core/log.h"
#include "kernel/core/time.h"
#include "kernel/lib/cpio.h"
#include "kernel/lib/string.h"
#include "kernel/lib/tar.h"
#include "mm/heap.h"

#define LINK_CHAINS 256

/* A cpio file that may get more names. */
struct linked {
    struct linked *next;
    u32 archive, devmajor, devminor, ino, type;
    struct path path;
};

/* As <linux/kdev_t.h> spreads it, new_encode_dev. */
static u64 device_number(u32 major, u32 minor)
{
    return (minor & 0xff) | (u64)major << 8 | (u64)(minor & ~0xffu) << 12;
}

/* Whether unpacking goes on after `error`: an entry that has no place is passed over. */
static bool passed_over(const struct unpack_entry *entry, int error)
{
    if (error == 0)
        return true;
    if (error == -ENOMEM || error == -ENOSPC)
        return false;
    log_print(LOG_WARNING, "initrd: %.*s: passed over (error %d)", (int)entry->name_length,
              entry->name, -error);
    return true;
}

static bool known_type(u32 mode)
{
    return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISCHR(mode) || S_ISBLK(mode) ||
           S_ISFIFO(mode) || S_ISSOCK(mode);
}

/* ---- cpio -------------------------------------------------------------------------------------*/

static struct linked **chain_of(struct linked **chains, const struct cpio_entry *entry)
{
    u32 hash = (entry->ino ^ entry->devminor << 16 ^ entry->devmajor << 24) * 0x9e3779b1u;
    return &chains[hash >> 24 & (LINK_CHAINS - 1)];
}

static struct linked *find_linked(struct linked **chains, const struct cpio_entry *entry)
{
    struct linked *linked = *chain_of(chains, entry);
    while (linked && (linked->ino != entry->ino || linked->devminor != entry->devminor ||
                      linked->devmajor != entry->devmajor || linked->archive != entry->archive ||
                      linked->type != (entry->mode & S_IFMT)))
        linked = linked->next;
    return linked;
}

/* Takes over the path's references. */
static int add_linked(struct linked **chains, const struct cpio_entry *entry,
                      const struct path *path)
{
    struct linked *linked = kmalloc(sizeof(*linked));
    if (!linked) {
        path_put(path);
        return -ENOMEM;
    }
    struct linked **chain = chain_of(chains, entry);
    *linked = (struct linked){
        *chain, entry->archive, entry->devmajor, entry->devminor, entry->ino, entry->mode & S_IFMT,
        *path};
    *chain = linked;
    return 0;
}

static void free_linked(struct linked **chains)
{
    for (u32 i = 0; chains && i < LINK_CHAINS; i++) {
        for (struct linked *linked = chains[i], *next; linked; linked = next) {
            next = linked->next;
            path_put(&linked->path);
            kfree(linked);
        }
    }
    kfree(chains);
}

/* A file with several names: the first makes it, the others are links. */
static int place_linked(struct unpack *unpack, struct linked ***chains,
                        const struct cpio_entry *cpio, const struct unpack_entry *entry)
{
    struct path path;
    if (!*chains)
        *chains = kzalloc(LINK_CHAINS * sizeof(**chains));
    if (!*chains)
        return -ENOMEM;
    struct linked *linked = find_linked(*chains, cpio);
    if (linked && linked->path.dentry->inode->nlink != 0)
        return unpack_link(unpack, entry, &linked->path);
    int error = unpack_place(unpack, entry, &path);
    return error != 0 ? error : add_linked(*chains, cpio, &path);
}

static struct unpack_entry from_cpio(const struct cpio_entry *cpio)
{
    return (struct unpack_entry){
        .name = cpio->name,
        .name_length = cpio->name_length,
        .mode = cpio->mode & (S_IFMT | 07777),
        .uid = cpio->uid,
        .gid = cpio->gid,
        .device = device_number(cpio->rdevmajor, cpio->rdevminor),
        .mtime = cpio->mtime * NS_PER_SECOND,
        .data = cpio->data,
        .data_size = cpio->data_size,
        .link = (const char *)cpio->data,
        .link_length = cpio->data_size,
        .reuse = true,
    };
}

static int place_cpio(struct unpack *unpack, struct linked ***chains, const struct cpio_entry *cpio)
{
    struct unpack_entry entry = from_cpio(cpio);
    if (!known_type(cpio->mode))
        return passed_over(&entry, -EINVAL) ? 0 : -EINVAL;
    if (S_ISLNK(cpio->mode)) /* Linux's end at the first NUL */
        entry.link_length = strnlen(entry.link, entry.link_length);
    bool several = cpio->nlink >= 2 && !S_ISDIR(cpio->mode) && !S_ISLNK(cpio->mode);
    int error =
        several ? place_linked(unpack, chains, cpio, &entry) : unpack_place(unpack, &entry, NULL);
    return passed_over(&entry, error) ? 0 : error;
}

static int unpack_cpio(struct unpack *unpack, u64 size, const char **why)
{
    struct cpio_reader reader = {.bytes = unpack->bytes, .size = size};
    struct cpio_entry entry;
    struct linked **chains = NULL;
    int status;
    while ((status = cpio_next(&reader, &entry, why)) == 1) {
        status = cpio_verify(&entry, why);
        if (status == 0)
            status = place_cpio(unpack, &chains, &entry);
        if (status != 0)
            break;
    }
    free_linked(chains);
    return status;
}

/* ---- tar --------------------------------------------------------------------------------------*/

static struct unpack_entry from_tar(const struct tar_entry *tar)
{
    return (struct unpack_entry){
        .name = tar->name,
        .name_length = tar->name_length,
        .mode = tar->mode,
        .uid = tar->uid,
        .gid = tar->gid,
        .device = device_number(tar->devmajor, tar->devminor),
        .mtime = tar->mtime,
        .data = tar->data,
        .data_size = tar->data_size,
        .link = tar->link,
        .link_length = tar->link_length,
    };
}

static int place_tar_link(struct unpack *unpack, const struct unpack_entry *entry)
{
    struct path old;
    if (entry->link_length >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(unpack->link, entry->link, entry->link_length);
    unpack->link[entry->link_length] = '\0';
    int error = path_walk(&unpack->place, &unpack->place.root, unpack->link, 0, &old);
    if (error != 0)
        return error;
    error = unpack_link(unpack, entry, &old);
    path_put(&old);
    return error;
}

static int unpack_tar(struct unpack *unpack, u64 size, const char **why)
{
    struct tar_reader *reader = kzalloc(sizeof(*reader));
    struct tar_entry tar;
    int status;
    if (!reader)
        return -ENOMEM;
    reader->bytes = unpack->bytes;
    reader->size = size;
    while ((status = tar_next(reader, &tar, why)) == 1) {
        struct unpack_entry entry = from_tar(&tar);
        int error =
            tar.hard_link ? place_tar_link(unpack, &entry) : unpack_place(unpack, &entry, NULL);
        if (!passed_over(&entry, error)) {
            status = error;
            break;
        }
    }
    kfree(reader);
    return status;
}

bool initramfs_is_archive(const u8 *bytes, u64 size)
{
    /* The usual case first: summing a tar header would cost more than loading the program. */
    bool is_elf = size >= 4 && memcmp(bytes, "\177ELF", 4) == 0;
    return !is_elf && (cpio_is_archive(bytes, size) || tar_is_archive(bytes, size));
}

int initramfs_unpack(const struct path *root, const u8 *bytes, u64 size, paddr_t physical,
                     const char **why)
{
    struct unpack *unpack = kmalloc(sizeof(*unpack));
    int error = -ENOMEM;
    if (unpack) {
        unpack->place = (struct path_context){*root, *root};
        unpack->bytes = bytes;
        unpack->physical = physical;
        unpack->times = NULL;
        unpack->directory_known = false;
        inode_fix_time(true);
        error = cpio_is_archive(bytes, size) ? unpack_cpio(unpack, size, why)
                                             : unpack_tar(unpack, size, why);
        unpack_finish(unpack);
        inode_fix_time(false);
        kfree(unpack);
    }
    if (error == -ENOMEM || error == -ENOSPC)
        *why = "not enough memory for the archive's names";
    return error;
}
