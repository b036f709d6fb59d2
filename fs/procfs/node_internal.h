/* SPDX-License-Identifier: MIT */
/* Between node.c (names and inodes) and node_file.c (open files). */
#ifndef FS_PROCFS_NODE_INTERNAL_H
#define FS_PROCFS_NODE_INTERNAL_H

#include "fs/procfs/node.h"
#include "mm/heap.h"

/* What an inode stands for. */
struct made {
    const struct node *node;  /* NULL: a directory that others imply */
    const struct node *first; /* the node by which it was found; NULL: the root */
    const char *path;         /* that node's path, of which ... */
    u32 length;               /* ... this much is the inode's; 0: the root */
    struct node_place place;
};

extern const struct text_memory node_text_memory;
extern const struct file_ops node_file_ops, node_directory_ops;

static inline const struct made *made_of(const struct inode *inode)
{
    return inode->private;
}

static inline struct node_fs *node_fs_of(const struct inode *inode)
{
    return container_of(inode->sb, struct node_fs, sb);
}

/* The content of a node, written into an empty text. 0 or -errno. */
int node_show(const struct made *made, struct text_builder *text) MUST_CHECK;

/* The entries of a directory one after the other. */
struct node_entry {
    char name[NAME_LENGTH_MAX + 1];
    struct made made;
};
/* The first entry from *cookie on; *cookie then names the next. False: no more. */
bool node_next_entry(const struct inode *dir, u64 *cookie, struct node_entry *out);

u32 node_mode(const struct node_fs *fs, const struct made *made);
u64 node_inode_number(const struct made *made);

#endif
