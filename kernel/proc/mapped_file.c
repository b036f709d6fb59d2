/* SPDX-License-Identifier: MIT */
/* A short list, searched from its end: what was mapped last is asked for most. */
#include "kernel/proc/mapped_file.h"

#include "kernel/lib/string.h"
#include "mm/heap.h"

#define FIRST_CAPACITY 16

static bool is_mapped(const struct mapped_file *file)
{
    return !list_empty(&file->object->mappings);
}

static struct mapped_file *find_locked(const struct mapped_files *files,
                                       const struct vm_object *object)
{
    for (u32 i = files->count; i-- > 0;)
        if (files->entries[i].object == object)
            return &files->entries[i];
    return NULL;
}

static bool grow_locked(struct mapped_files *files)
{
    u32 capacity = MAX(files->capacity * 2, (u32)FIRST_CAPACITY);
    struct mapped_file *entries = kmalloc(capacity * sizeof(*entries));
    if (!entries)
        return false;
    memcpy(entries, files->entries, files->count * sizeof(*entries));
    kfree(files->entries);
    files->entries = entries;
    files->capacity = capacity;
    return true;
}

/* Take out one that is mapped no more, but for `but`, which is about to be. */
static bool take_unmapped(struct mapped_files *files, const struct vm_object *but, struct path *out)
{
    bool found = false;
    u64 flags = spin_lock_irqsave(&files->lock);
    for (u32 i = 0; i < files->count && !found; i++) {
        struct mapped_file *file = &files->entries[i];
        if (file->object == but || is_mapped(file))
            continue;
        *out = file->path;
        *file = files->entries[--files->count];
        found = true;
    }
    spin_unlock_irqrestore(&files->lock, flags);
    return found;
}

static void trim(struct mapped_files *files, const struct vm_object *but)
{
    struct path path;
    while (take_unmapped(files, but, &path))
        path_put(&path);
}

static void note_locked(struct mapped_files *files, const struct path *path,
                        struct vm_object *object)
{
    if (find_locked(files, object) || (files->count == files->capacity && !grow_locked(files)))
        return; /* without memory it has no name */
    path_get(path);
    files->entries[files->count++] = (struct mapped_file){*path, object};
}

void mapped_files_note(struct mapped_files *files, const struct path *path)
{
    struct vm_object *object = path->dentry->inode->object;
    if (!object)
        return;
    if (files->count == files->capacity)
        trim(files, object);
    u64 flags = spin_lock_irqsave(&files->lock);
    note_locked(files, path, object);
    spin_unlock_irqrestore(&files->lock, flags);
}

void mapped_files_trim(struct mapped_files *files)
{
    if (files->count != 0)
        trim(files, NULL);
}

bool mapped_files_find(struct mapped_files *files, const struct vm_object *object, struct path *out)
{
    u64 flags = spin_lock_irqsave(&files->lock);
    const struct mapped_file *file = find_locked(files, object);
    if (file) {
        *out = file->path;
        path_get(out);
    }
    spin_unlock_irqrestore(&files->lock, flags);
    return file != NULL;
}
