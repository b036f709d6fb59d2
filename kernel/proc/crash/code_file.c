/* SPDX-License-Identifier: MIT */
/* Mappings and the files behind them; code_file.h. */
#include "kernel/proc/crash/code_file.h"

#include "fs/page_cache/page_cache.h"
#include "kernel/proc/memory_use.h"
#include "kernel/proc/process.h"
#include "kernel/proc/program.h"
#include "kernel/proc/vdso.h"
#include "mm/vma.h"

/* A file that is not in the table yet; `object` has a reference that moves there. */
static void open_file(struct process *process, struct code_file *file, struct vm_object *object)
{
    *file = (struct code_file){.object = object};
    if (vdso_source(object, &file->source))
        ;
    else if (page_cache_is(object) && mapped_files_find(&process->mapped, object, &file->path))
        file->source = program_source(file->path.dentry->inode);
    else
        return;
    if (debug_image_open(&file->source, &file->image) != 0)
        file->image.source = NULL;
}

/* Takes over the reference to `object`. */
static struct code_file *file_of(struct process *process, struct code_files *files,
                                 struct vm_object *object)
{
    for (u32 i = 0; i < files->count; i++) {
        if (files->files[i].object == object) {
            vm_object_put(object);
            return &files->files[i];
        }
    }
    if (!object || files->count == CODE_FILES_MAX) {
        vm_object_put(object);
        return NULL;
    }
    struct code_file *file = &files->files[files->count++];
    open_file(process, file, object);
    return file;
}

static const struct vma *choose(const struct aspace *space, vaddr_t address, enum code_search how)
{
    const struct vma *above = vma_find(&space->vmas, address);
    if (how == CODE_AT)
        return above && above->start <= address ? above : NULL;
    if (how == CODE_ABOVE)
        return above;
    const struct rb_node *last = rb_last(&space->vmas);
    return above ? vma_prev(above) : last ? rb_entry(last, struct vma, node) : NULL;
}

bool code_files_find(struct code_files *files, vaddr_t address, enum code_search how,
                     struct code_place *out)
{
    struct process *process = process_current();
    struct vm_object *object = NULL;
    mutex_lock(&process->space.lock);
    const struct vma *vma = choose(&process->space, address, how);
    if (vma) {
        const char *special = vdso_name(vma);
        *out = (struct code_place){.start = vma->start,
                                   .end = vma->end,
                                   .offset = vma->offset + (address - vma->start),
                                   .prot = vma->prot,
                                   .shared = vma->flags & VMA_SHARED};
        if (special)
            out->offset -= PAGE_SIZE; /* in front of its file lies the clock's page */
        out->special = special ? special : vma->object ? NULL : memory_use_name(process, vma);
        object = vma->object;
        if (object)
            vm_object_get(object);
    }
    mutex_unlock(&process->space.lock);
    if (vma)
        out->file = file_of(process, files, object);
    return vma != NULL;
}

const char *code_file_name(struct code_files *files, const struct code_file *file)
{
    const char *name = NULL;
    struct path root;
    if (!file->path.mount)
        return "";
    place_get_root(&process_current()->place, &root);
    name = path_name(&file->path, &root, files->name, sizeof(files->name));
    path_put(&root);
    return name ? name : "";
}

void code_files_close(struct code_files *files)
{
    for (u32 i = 0; i < files->count; i++) {
        if (files->files[i].path.mount)
            path_put(&files->files[i].path);
        vm_object_put(files->files[i].object);
    }
    files->count = 0;
}
