/* SPDX-License-Identifier: MIT */
/*
 * Program files. Their bytes are read through the page cache, so that a file in the initrd, which
 * the cache only borrows, is never copied.
 */
#include "kernel/proc/program.h"

#include <asm/errno.h>

#include "fs/page_cache/page_cache.h"
#include "kernel/lib/string.h"

static int read_inode(const struct image_source *source, u64 offset, void *buffer, size_t length)
{
    struct inode *inode = (struct inode *)source->context;
    if (offset > source->size || length > source->size - offset)
        return -EIO;
    long got = page_cache_read_kernel(page_cache_of(inode->object), offset, buffer, length);
    return got == (long)length ? 0 : got < 0 ? (int)got : -EIO;
}

static const void *view_inode(const struct image_source *source, u64 offset, size_t length)
{
    const struct inode *inode = source->context;
    return page_cache_view(page_cache_of(inode->object), offset, length);
}

struct image_source program_source(struct inode *inode)
{
    return (struct image_source){read_inode, inode->size, inode, view_inode};
}

/* The file behind `name`, if it may be run. */
static int find_file(const struct path_context *place, const char *name, struct path *out)
{
    int error = path_walk(place, &place->cwd, name, WALK_FOLLOW, out);
    if (error != 0)
        return error;
    struct inode *inode = out->dentry->inode;
    error = inode_is(inode, S_IFREG) && (inode->mode & 0111) ? inode_need_object(inode) : -EACCES;
    if (error == 0 && !inode->object)
        error = -EACCES;
    if (error != 0)
        path_put(out);
    return error;
}

int program_open(const struct path_context *place, const char *name, struct program *out,
                 const char **why)
{
    int error = find_file(place, name, &out->path);
    if (error != 0)
        return error;
    out->inode = out->path.dentry->inode;
    out->source = program_source(out->inode);
    error = elf64_plan(&out->source, &out->plan, why);
    if (error != 0)
        path_put(&out->path);
    return error;
}

void program_close(struct program *program)
{
    path_put(&program->path);
}

static char *skip_blanks(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* Linux's rules (fs/binfmt_script.c): blanks around, one argument that keeps its inner blanks. */
static int split_line(char *line, char **interpreter, char **argument)
{
    char *end = strchr(line, '\n');
    if (!end)
        end = line + strlen(line);
    while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    char *name = skip_blanks(line + 2);
    if (*name == '\0')
        return -ENOEXEC;
    char *rest = name;
    while (*rest != '\0' && *rest != ' ' && *rest != '\t')
        rest++;
    *interpreter = name;
    *argument = NULL;
    if (*rest != '\0') {
        *rest = '\0';
        *argument = skip_blanks(rest + 1);
    }
    return 1;
}

int program_script(const struct path_context *place, const char *name, char *line,
                   char **interpreter, char **argument)
{
    struct path path;
    int error = find_file(place, name, &path);
    if (error != 0)
        return error;
    struct inode *inode = path.dentry->inode;
    size_t length = MIN(inode->size, SCRIPT_LINE_MAX - 1UL);
    long got = page_cache_read_kernel(page_cache_of(inode->object), 0, line, length);
    path_put(&path);
    if (got < 2 || line[0] != '#' || line[1] != '!')
        return got < 0 ? (int)got : 0;
    line[got] = '\0';
    return split_line(line, interpreter, argument);
}

int program_interpreter(const struct program *program, char *out, size_t size)
{
    const struct elf64_plan *plan = &program->plan;
    if (plan->interp_length > size)
        return -ENOEXEC;
    int error =
        program->source.read(&program->source, plan->interp_offset, out, plan->interp_length);
    return error == 0 && out[plan->interp_length - 1] != '\0' ? -ENOEXEC : error;
}
