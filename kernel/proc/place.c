/* SPDX-License-Identifier: MIT */
/* Getting and setting; place.h has the idea. */
#include "kernel/proc/place.h"

static void get_one(struct process_place *place, const struct path *which, struct path *out)
{
    u64 flags = spin_lock_irqsave(&place->lock);
    *out = *which;
    path_get(out);
    spin_unlock_irqrestore(&place->lock, flags);
}

static void set_one(struct process_place *place, struct path *which, const struct path *to)
{
    u64 flags = spin_lock_irqsave(&place->lock);
    struct path old = *which;
    *which = *to;
    spin_unlock_irqrestore(&place->lock, flags);
    if (old.mount)
        path_put(&old);
}

void place_get(struct process_place *place, struct path_context *out)
{
    u64 flags = spin_lock_irqsave(&place->lock);
    *out = place->at;
    path_get(&out->root);
    path_get(&out->cwd);
    spin_unlock_irqrestore(&place->lock, flags);
}

void place_put(const struct path_context *context)
{
    path_put(&context->root);
    path_put(&context->cwd);
}

void place_get_root(struct process_place *place, struct path *out)
{
    get_one(place, &place->at.root, out);
}

void place_get_cwd(struct process_place *place, struct path *out)
{
    get_one(place, &place->at.cwd, out);
}

void place_set_root(struct process_place *place, const struct path *to)
{
    set_one(place, &place->at.root, to);
}

void place_set_cwd(struct process_place *place, const struct path *to)
{
    set_one(place, &place->at.cwd, to);
}
