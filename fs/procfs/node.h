/* SPDX-License-Identifier: MIT */
/*
 * File systems whose files the kernel makes up: procfs, sysfs, devfs.
 *
 * The owners of the data describe their files in constant tables of nodes and hand the tables in;
 * nothing is allocated for a node. An inode is made when a name is looked up, a file's text
 * when it is first read. The directories on the way to a node need no node of their own.
 *
 * A component of a path that ends in '#' stands for numbers: "#/fd/#" is /proc/1/fd/0 and all its
 * kin. A node whose last component is one has a family, which tells what numbers there are.
 */
#ifndef FS_PROCFS_NODE_H
#define FS_PROCFS_NODE_H

#include "fs/path.h"
#include "kernel/lib/text_builder.h"

#define NODE_NUMBERS_MAX 3
#define NODE_TABLES_MAX  8

/* The numbers in the name of a file, in order. */
struct node_place {
    u32 depth;
    u32 numbers[NODE_NUMBERS_MAX];
};

struct node_family {
    /* The lowest number from `from` on that exists at `parent`; -1: none. */
    s64 (*next)(const struct node_place *parent, s64 from);
    /* Permissions of one of them; NULL: the node's. */
    u32 (*mode)(const struct node_place *place);
    /* Whether there is a number that a listing may leave out; NULL: none is left out. */
    bool (*has)(const struct node_place *parent, u32 number);
};

struct node {
    const char *path; /* below the root of the file system */
    u32 mode;         /* type and permissions */
    u32 device;       /* of a device; in a family the number is added */
    const char *text; /* the whole content, or a link's target, when it never changes */
    /* Write the content or the link's target. 0 or -errno; memory that is out is noticed
     * by the caller. */
    int (*show)(struct text_builder *text, const struct node_place *place);
    /* The program wrote `length` bytes (NUL-terminated on top of that). 0 or -errno. NULL: the
     * file cannot be written. */
    int (*store)(const struct node_place *place, const char *bytes, size_t length);
    /* A link to an object: inode_ops.follow. */
    int (*follow)(const struct node_place *place, struct path *out);
    const struct node_family *family;
};

/* Lines of a table: a file whose content is generated, one that never changes, and a setting, which root
 * could write on Linux and which here is as it is. */
#define NODE_FILE(path, generator)              \
    {                                           \
        path, S_IFREG | 0444, .show = generator \
    }
#define NODE_FIXED(path, content)             \
    {                                         \
        path, S_IFREG | 0444, .text = content \
    }
#define NODE_SETTING(path, content)           \
    {                                         \
        path, S_IFREG | 0644, .text = content \
    }

struct node_table {
    const struct node *nodes;
    size_t count;
};

struct node_fs {
    struct superblock sb; /* type, magic and device are set */
    u32 directory_mode;   /* of directories without a node of their own */
    u64 file_size;        /* what stat says of regular files */
    u64 link_size;        /* of links with `follow` */
    int create_error;     /* what creating a file answers; 0: -EPERM, as for directories */
    /* Files below this prefix that cannot be written cannot be opened for it either (-EACCES);
     * elsewhere only the write fails (-EIO). */
    const char *strict_prefix;
    u32 table_count;
    struct node_table tables[NODE_TABLES_MAX];
};

/* Make the root of a file system. `fs` stays for good. 0 or -ENOMEM. */
int node_fs_init(struct node_fs *fs) MUST_CHECK;

/* Add nodes, which are constant and stay for good. Nodes of one
 * directory, and all that is below it, follow each other. Before the file system is used. */
void node_fs_add(struct node_fs *fs, const struct node *nodes, size_t count);

#endif
