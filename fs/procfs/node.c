/* SPDX-License-Identifier: MIT */
/*
 * From names to nodes: lookup, inodes, the order of a directory's entries.
 *
 * A name is found by comparing it with the nodes below the directory one by one: there are not many,
 * and those of one directory lie together. Inode numbers are a hash of the path, so that a file has the same one
 * whenever it is looked up.
 */
#include <asm/errno.h>
#include <linux/stat.h>

#include "fs/procfs/node_internal.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

#define ROOT_INODE     1
#define INODE_BITS     48
#define NUMBER_DIGITS  10
/* Cookies of a directory: a table's index and a node's in it; behind them all numbers. */
#define TABLE_SHIFT    16
#define NUMBERS_COOKIE (1UL << 32)

const struct text_memory node_text_memory = {kmalloc, kfree};

static const struct inode_ops directory_ops, file_ops, link_ops, object_link_ops;

/* ---- Paths ------------------------------------------------------------------------------------*/

/* The part of a node's path that lies below `dir`, or NULL. */
static const char *path_below(const struct made *dir, const struct node *node)
{
    if (dir->length == 0)
        return node->path;
    if (strncmp(node->path, dir->path, dir->length) != 0 || node->path[dir->length] != '/')
        return NULL;
    return node->path + dir->length + 1;
}

/* The nodes below a directory, one after the other: in each table they lie together. */
struct below {
    const struct node_fs *fs;
    const struct made *dir;
    u32 table;
    size_t index;     /* of the next node to look at */
    bool inside;      /* the node before it was below the directory */
    const char *rest; /* of the node found */
};

static struct below below_begin(const struct node_fs *fs, const struct made *dir, u64 cookie)
{
    return (struct below){fs,    dir, cookie >> TABLE_SHIFT, cookie & ((1u << TABLE_SHIFT) - 1),
                          false, NULL};
}

static void below_skip_table(struct below *below)
{
    below->table++;
    below->index = 0;
    below->inside = false;
}

/* The directory's own name was found in this node: none of the table's is below it before. */
static void below_skip_to_dir(struct below *below, const struct node_table *table)
{
    const struct node *first = below->dir->first;
    if (below->index == 0 && first >= table->nodes && first < table->nodes + table->count)
        below->index = first - table->nodes;
}

static const struct node *below_next(struct below *below)
{
    while (below->table < below->fs->table_count) {
        const struct node_table *table = &below->fs->tables[below->table];
        below_skip_to_dir(below, table);
        while (below->index < table->count) {
            const struct node *node = &table->nodes[below->index];
            below->rest = path_below(below->dir, node);
            if (!below->rest && below->inside)
                break;
            below->index++;
            below->inside = below->rest;
            if (below->rest)
                return node;
        }
        below_skip_table(below);
    }
    return NULL;
}

static size_t component_length(const char *path)
{
    size_t length = 0;
    while (path[length] != '\0' && path[length] != '/')
        length++;
    return length;
}

static bool is_number(const char *component, size_t length)
{
    return component[length - 1] == '#';
}

/* Decimal without leading zeros, as numbers are printed. */
static bool parse_number(const char *digits, size_t length, u32 *out)
{
    u64 value = 0;
    if (length == 0 || length > NUMBER_DIGITS || (digits[0] == '0' && length > 1))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        value = value * 10 + (digits[i] - '0');
    }
    *out = value;
    return value <= INT32_MAX;
}

static struct made made_below(const struct made *dir, const struct node *node, const char *rest,
                              size_t length)
{
    bool last = rest[length] == '\0';
    return (struct made){last ? node : NULL, node, node->path, rest + length - node->path,
                         dir->place};
}

static bool family_has(const struct node_family *family, const struct node_place *parent,
                       u32 number)
{
    return family->has ? family->has(parent, number) : family->next(parent, number) == number;
}

/* Is `name` one of the family's? Then *out has its number. */
static bool match_number(const struct made *dir, const struct node *node, const char *rest,
                         size_t rest_length, const char *name, size_t length, struct made *out)
{
    u32 number;
    size_t before = rest_length - 1;
    if (rest[rest_length] != '\0' || length <= before || memcmp(rest, name, before) != 0 ||
        !parse_number(name + before, length - before, &number) ||
        !family_has(node->family, &dir->place, number))
        return false;
    *out = made_below(dir, node, rest, rest_length);
    out->place.numbers[out->place.depth++] = number;
    return true;
}

/* The node itself if there is one, else the directory that others imply. */
static bool find_entry(const struct node_fs *fs, const struct made *dir, const char *name,
                       size_t length, struct made *out)
{
    bool found = false;
    struct below below = below_begin(fs, dir, 0);
    for (const struct node *node = below_next(&below); node; node = below_next(&below)) {
        size_t rest_length = component_length(below.rest);
        if (is_number(below.rest, rest_length)) {
            if (match_number(dir, node, below.rest, rest_length, name, length, out))
                return true;
        } else if (rest_length == length && memcmp(below.rest, name, length) == 0) {
            struct made made = made_below(dir, node, below.rest, length);
            if (!found || made.node)
                *out = made;
            found = true;
            if (made.node)
                return true;
        }
    }
    return found;
}

u64 node_inode_number(const struct made *made)
{
    u64 hash = 0xcbf29ce484222325UL; /* FNV-1a */
    if (made->length == 0)
        return ROOT_INODE;
    for (u32 i = 0; i < made->length; i++)
        hash = (hash ^ (u8)made->path[i]) * 0x100000001b3UL;
    for (u32 i = 0; i < made->place.depth; i++)
        hash = (hash ^ made->place.numbers[i]) * 0x100000001b3UL;
    return (hash ^ hash >> INODE_BITS) & ((1UL << INODE_BITS) - 1);
}

u32 node_mode(const struct node_fs *fs, const struct made *made)
{
    const struct node *node = made->node;
    if (!node)
        return S_IFDIR | fs->directory_mode;
    if (node->family && node->family->mode)
        return (node->mode & S_IFMT) | node->family->mode(&made->place);
    return node->mode;
}

/* ---- Directories ------------------------------------------------------------------------------*/

static bool begins_with(const char *rest, const char *name, size_t length)
{
    return rest && strncmp(rest, name, length) == 0 &&
           (rest[length] == '/' || rest[length] == '\0');
}

/* Did an earlier node already give `dir` this entry? In the same table that is the one before. */
static bool is_repeated(const struct below *now, const char *name, size_t length)
{
    const struct node *nodes = now->fs->tables[now->table].nodes;
    if (now->index >= 2 && begins_with(path_below(now->dir, &nodes[now->index - 2]), name, length))
        return true;
    struct below before = below_begin(now->fs, now->dir, 0);
    while (below_next(&before) && before.table < now->table)
        if (begins_with(before.rest, name, length))
            return true;
    return false;
}

static bool next_named(const struct node_fs *fs, const struct made *dir, u64 *cookie,
                       struct node_entry *out)
{
    struct below below = below_begin(fs, dir, *cookie);
    while (below_next(&below)) {
        size_t length = component_length(below.rest);
        if (is_number(below.rest, length) || is_repeated(&below, below.rest, length))
            continue;
        memcpy(out->name, below.rest, length);
        out->name[length] = '\0';
        *cookie = (u64)below.table << TABLE_SHIFT | below.index;
        return find_entry(fs, dir, out->name, length, &out->made);
    }
    return false;
}

/* The node for the numbers in `dir`, or NULL. A directory has at most one. */
static const struct node *numbers_node(const struct node_fs *fs, const struct made *dir)
{
    struct below below = below_begin(fs, dir, 0);
    for (const struct node *node = below_next(&below); node; node = below_next(&below)) {
        size_t length = component_length(below.rest);
        if (is_number(below.rest, length) && below.rest[length] == '\0')
            return node;
    }
    return NULL;
}

static bool next_number(const struct node_fs *fs, const struct made *dir, u64 *cookie,
                        struct node_entry *out)
{
    const struct node *node = numbers_node(fs, dir);
    s64 number = node ? node->family->next(&dir->place, *cookie - NUMBERS_COOKIE) : -1;
    if (number < 0)
        return false;
    const char *rest = path_below(dir, node);
    size_t length = component_length(rest);
    fmt_snprintf(out->name, sizeof(out->name), "%.*s%ld", (int)length - 1, rest, number);
    out->made = made_below(dir, node, rest, length);
    out->made.place.numbers[out->made.place.depth++] = number;
    *cookie = NUMBERS_COOKIE + number + 1;
    return true;
}

bool node_next_entry(const struct inode *dir, u64 *cookie, struct node_entry *out)
{
    const struct node_fs *fs = node_fs_of(dir);
    if (*cookie < NUMBERS_COOKIE) {
        if (next_named(fs, made_of(dir), cookie, out))
            return true;
        *cookie = NUMBERS_COOKIE;
    }
    return next_number(fs, made_of(dir), cookie, out);
}

static u32 count_directories(const struct node_fs *fs, const struct made *dir)
{
    u32 count = 0;
    struct below below = below_begin(fs, dir, 0);
    for (const struct node *node = below_next(&below); node; node = below_next(&below)) {
        size_t length = component_length(below.rest);
        bool is_directory = below.rest[length] == '/' || S_ISDIR(node->mode);
        if (is_directory && !is_number(below.rest, length) &&
            !is_repeated(&below, below.rest, length))
            count++;
    }
    return count;
}

static u32 count_numbers(const struct node_fs *fs, const struct made *dir)
{
    const struct node *node = numbers_node(fs, dir);
    u32 count = 0;
    if (!node || !S_ISDIR(node->mode))
        return 0;
    for (s64 number = node->family->next(&dir->place, 0); number >= 0;
         number = node->family->next(&dir->place, number + 1))
        count++;
    return count;
}

/* A directory has a link from each directory in it. */
static void refresh_directory(struct inode *inode)
{
    const struct node_fs *fs = node_fs_of(inode);
    inode->nlink = 2 + count_directories(fs, made_of(inode)) + count_numbers(fs, made_of(inode));
}

/* ---- Inodes -----------------------------------------------------------------------------------*/

static const struct inode_ops *ops_for(const struct made *made, u32 mode)
{
    if (S_ISDIR(mode))
        return &directory_ops;
    if (S_ISLNK(mode))
        return made->node->follow ? &object_link_ops : &link_ops;
    return &file_ops;
}

static const struct file_ops *file_ops_for(u32 mode)
{
    return S_ISDIR(mode) ? &node_directory_ops : S_ISREG(mode) ? &node_file_ops : NULL;
}

static u64 size_of(const struct node_fs *fs, const struct made *made, u32 mode)
{
    if (S_ISREG(mode))
        return fs->file_size;
    if (!S_ISLNK(mode))
        return 0;
    return made->node->follow ? fs->link_size : made->node->text ? strlen(made->node->text) : 0;
}

static struct inode *make_inode(struct node_fs *fs, const struct made *from)
{
    struct made *made = kmalloc(sizeof(*made));
    if (!made)
        return NULL;
    *made = *from;
    u32 mode = node_mode(fs, made);
    struct inode *inode = inode_create(&fs->sb, ops_for(made, mode), file_ops_for(mode), mode);
    if (!inode) {
        kfree(made);
        return NULL;
    }
    inode->number = node_inode_number(made);
    inode->size = size_of(fs, made, mode);
    inode->private = made;
    if (made->node && made->node->device != 0)
        inode->device = made->node->device +
                        (made->node->family ? made->place.numbers[made->place.depth - 1] : 0);
    return inode;
}

static int node_lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    struct made made;
    if (!find_entry(node_fs_of(dir), made_of(dir), name, length, &made))
        return -ENOENT;
    *out = make_inode(node_fs_of(dir), &made);
    return *out ? 0 : -ENOMEM;
}

static bool node_still_valid(struct inode *inode)
{
    const struct made *made = made_of(inode);
    if (!made->node || !made->node->family)
        return true;
    struct node_place parent = made->place;
    u32 number = parent.numbers[--parent.depth];
    return family_has(made->node->family, &parent, number);
}

static int node_create(struct inode *dir, struct dentry *dentry, u32 mode, u64 device)
{
    (void)dentry;
    (void)device;
    int error = node_fs_of(dir)->create_error;
    return error == -EACCES && !S_ISREG(mode) ? -EPERM : error ? error : -EPERM;
}

int node_show(const struct made *made, struct text_builder *text)
{
    int error = 0;
    if (made->node->text)
        text_add_string(text, made->node->text);
    else if (made->node->show)
        error = made->node->show(text, &made->place);
    return error ? error : text->error;
}

static long node_readlink(struct inode *inode, char *buffer, size_t size)
{
    struct text_builder text;
    text_init(&text, &node_text_memory);
    int error = node_show(made_of(inode), &text);
    long length = error ? error : (long)text_copy(&text, 0, buffer, size);
    text_clear(&text);
    return length;
}

static int node_follow(struct inode *inode, struct path *out)
{
    return made_of(inode)->node->follow(&made_of(inode)->place, out);
}

static void node_destroy(struct inode *inode)
{
    kfree(inode->private);
}

static int node_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
    (void)target;
    return node_create(dir, dentry, S_IFLNK, 0);
}

static const struct inode_ops directory_ops = {
    .lookup = node_lookup,
    .still_valid = node_still_valid,
    .create = node_create,
    .symlink = node_symlink,
    .refresh = refresh_directory,
    .destroy = node_destroy,
};

static const struct inode_ops file_ops = {
    .still_valid = node_still_valid,
    .destroy = node_destroy,
};

static const struct inode_ops link_ops = {
    .still_valid = node_still_valid,
    .readlink = node_readlink,
    .destroy = node_destroy,
};

static const struct inode_ops object_link_ops = {
    .still_valid = node_still_valid,
    .readlink = node_readlink,
    .follow = node_follow,
    .destroy = node_destroy,
};

int node_fs_init(struct node_fs *fs)
{
    struct inode *inode = make_inode(fs, &(struct made){.path = ""});
    if (!inode)
        return -ENOMEM;
    fs->sb.root = dentry_create_root(inode);
    if (!fs->sb.root) {
        inode_put(inode);
        return -ENOMEM;
    }
    return 0;
}

void node_fs_add(struct node_fs *fs, const struct node *nodes, size_t count)
{
    if (fs->table_count < NODE_TABLES_MAX)
        fs->tables[fs->table_count++] = (struct node_table){nodes, count};
}
