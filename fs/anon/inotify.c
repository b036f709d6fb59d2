/* SPDX-License-Identifier: MIT */
/*
 * Watches, and the queues of events that they fill (Linux fs/notify/ for the corner cases).
 *
 * A watch belongs to one inotify and one inode, which it keeps alive; it hangs in the inotify's map
 * by number and in the inode's list. An event that repeats the last one in the queue is dropped;
 * when the queue is full, one event says so and the rest is lost.
 * Lock: watch_lock guards all watches, queues and lists, the inodes' too. It is taken with inodes
 * locked, so nothing is called under it that locks one: references are dropped afterwards.
 */
#include "fs/anon/inotify.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>

#include "arch/usercopy.h"
#include "fs/anon/anon_file.h"
#include "fs/notify.h"
#include "fs/poll.h"
#include "kernel/lib/radix.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

struct inotify {
    struct radix watches; /* struct inotify_watch, by number */
    int last_number;
    struct list_head events; /* struct event, oldest first */
    u32 event_count;
    u64 event_bytes; /* as read would return them */
    bool overflowed; /* the event that says so is in the queue */
    struct wait_queue readers;
};

struct inotify_watch {
    struct inotify_watch *next; /* of the same inode */
    struct inotify *inotify;
    struct inode *inode; /* holds a reference */
    int number;
    u32 mask; /* of events, and IN_ONESHOT, IN_EXCL_UNLINK */
};

/* An event as the program reads it: behind the structure its name, filled with zeros up to a
 * multiple of the structure's size. */
struct event {
    struct list_head link;
    struct inotify_event is;
};
_Static_assert(sizeof(struct inotify_event) == 16, "inotify(7)");

static struct mutex watch_lock = MUTEX_INIT(watch_lock, LOCK_WATCH);
static u32 instance_count; /* atomic */
static u32 last_cookie;    /* atomic */
u32 notify_watch_count;    /* written under watch_lock */

static const struct radix_memory watch_memory = {kmalloc, kfree};

static struct inotify *inotify_of(const struct file *file)
{
    return file->object;
}

/* ---- The queue --------------------------------------------------------------------------------*/

static size_t event_size(const struct event *event)
{
    return sizeof(event->is) + event->is.len;
}

static void queue_locked(struct inotify *inotify, struct event *event)
{
    list_add_tail(&event->link, &inotify->events);
    inotify->event_count++;
    inotify->event_bytes += event_size(event);
    wait_wake_any(&inotify->readers, POLLIN | POLLRDNORM);
}

static struct event *event_create(int watch, u32 mask, u32 cookie, const char *name, size_t length)
{
    size_t padded = name ? ALIGN_UP(length + 1, sizeof(struct inotify_event)) : 0;
    struct event *event = kzalloc(sizeof(*event) + padded);
    if (!event)
        return NULL;
    event->is.wd = watch;
    event->is.mask = mask;
    event->is.cookie = cookie;
    event->is.len = padded;
    if (name)
        memcpy(event->is.name, name, length);
    return event;
}

static void overflow_locked(struct inotify *inotify)
{
    struct event *event = inotify->overflowed ? NULL : event_create(-1, IN_Q_OVERFLOW, 0, NULL, 0);
    if (!event)
        return;
    inotify->overflowed = true;
    queue_locked(inotify, event);
}

static bool repeats_last(const struct inotify *inotify, const struct event *event)
{
    const struct event *last = list_last(&inotify->events, struct event, link);
    return last && !(last->is.mask & IN_IGNORED) && last->is.mask == event->is.mask &&
           last->is.wd == event->is.wd && last->is.len == event->is.len &&
           memcmp(last->is.name, event->is.name, event->is.len) == 0;
}

static void send_locked(struct inotify_watch *watch, u32 mask, u32 cookie, const char *name,
                        size_t length)
{
    struct inotify *inotify = watch->inotify;
    struct event *event = NULL;
    if (inotify->event_count < INOTIFY_EVENTS_MAX)
        event = event_create(watch->number, mask, cookie, name, length);
    if (!event)
        overflow_locked(inotify);
    else if (repeats_last(inotify, event))
        kfree(event);
    else
        queue_locked(inotify, event);
}

/* The oldest event, out of the queue. NULL: none. -EINVAL: it is larger than `room`. */
static int take_event(struct inotify *inotify, size_t room, struct event **out)
{
    mutex_lock(&watch_lock);
    struct event *event = list_first(&inotify->events, struct event, link);
    int error = event && event_size(event) > room ? -EINVAL : 0;
    if (event && error == 0) {
        list_del(&event->link);
        inotify->event_count--;
        inotify->event_bytes -= event_size(event);
        if (event->is.mask & IN_Q_OVERFLOW)
            inotify->overflowed = false;
    }
    mutex_unlock(&watch_lock);
    *out = event;
    return error;
}

/* ---- Watches ----------------------------------------------------------------------------------*/

static struct inotify_watch *find_watch(struct inode *inode, const struct inotify *inotify)
{
    struct inotify_watch *watch = inode->watches;
    while (watch && watch->inotify != inotify)
        watch = watch->next;
    return watch;
}

/* Take a watch off its inode and its inotify. The reference to the inode is the caller's now. */
static void unhook_locked(struct inotify_watch *watch)
{
    struct inotify_watch **link = &watch->inode->watches;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    radix_remove(&watch->inotify->watches, watch->number);
    notify_watch_count--;
}

/* The same, telling the reader that nothing more will come of it. */
static struct inode *ignore_locked(struct inotify_watch *watch)
{
    struct inode *inode = watch->inode;
    unhook_locked(watch);
    send_locked(watch, IN_IGNORED, 0, NULL, 0);
    kfree(watch);
    return inode;
}

static long change_locked(struct inotify_watch *watch, u32 mask)
{
    if (mask & IN_MASK_CREATE)
        return -EEXIST;
    u32 kept = mask & IN_MASK_ADD ? watch->mask : 0;
    watch->mask = kept | (mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK));
    return watch->number;
}

static long add_locked(struct inotify *inotify, struct inode *inode, u32 mask)
{
    struct inotify_watch *watch = find_watch(inode, inotify);
    if (watch)
        return change_locked(watch, mask);
    if (notify_watch_count >= INOTIFY_WATCHES_MAX || inotify->last_number == INT32_MAX)
        return -ENOSPC;
    watch = kzalloc(sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    watch->number = inotify->last_number + 1;
    if (radix_insert(&inotify->watches, watch->number, watch) != 0) {
        kfree(watch);
        return -ENOMEM;
    }
    inotify->last_number = watch->number;
    watch->inotify = inotify;
    watch->mask = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
    inode_get(inode);
    watch->inode = inode;
    watch->next = inode->watches;
    inode->watches = watch;
    notify_watch_count++;
    return watch->number;
}

long inotify_add(struct file *file, struct inode *inode, u32 mask)
{
    mutex_lock(&watch_lock);
    long result = add_locked(inotify_of(file), inode, mask);
    mutex_unlock(&watch_lock);
    return result;
}

int inotify_remove(struct file *file, int number)
{
    mutex_lock(&watch_lock);
    struct inotify_watch *watch =
        number < 0 ? NULL : radix_find(&inotify_of(file)->watches, number);
    struct inode *inode = watch ? ignore_locked(watch) : NULL;
    mutex_unlock(&watch_lock);
    inode_put(inode);
    return watch ? 0 : -EINVAL;
}

/* ---- What happens -----------------------------------------------------------------------------*/

/* What the program sees: events about an inode itself never said whether it is a directory. */
static u32 visible_mask(u32 mask)
{
    return mask & (IN_DELETE_SELF | IN_MOVE_SELF) ? mask & ~(u32)IN_ISDIR : mask;
}

/* Tell one inode's watches. `unlinked`: what it happened to has no name any more, which those with
 * IN_EXCL_UNLINK do not want to know. Gives how many references to the inode are left to drop:
 * watches for one event end with it. */
static u32 tell_locked(struct inode *inode, u32 mask, u32 cookie, const char *name, size_t length,
                       bool unlinked)
{
    u32 ended = 0;
    for (struct inotify_watch *watch = inode->watches, *next; watch; watch = next) {
        next = watch->next;
        if (!(watch->mask & mask & IN_ALL_EVENTS) || (unlinked && (watch->mask & IN_EXCL_UNLINK)))
            continue;
        send_locked(watch, visible_mask(mask), cookie, name, length);
        if (watch->mask & IN_ONESHOT) {
            ignore_locked(watch);
            ended++;
        }
    }
    return ended;
}

static void tell(struct inode *inode, u32 mask, u32 cookie, const char *name, size_t length,
                 bool unlinked)
{
    if (!__atomic_load_n(&inode->watches, __ATOMIC_RELAXED))
        return;
    mutex_lock(&watch_lock);
    u32 ended = tell_locked(inode, mask, cookie, name, length, unlinked);
    mutex_unlock(&watch_lock);
    while (ended-- != 0)
        inode_put(inode);
}

void notify_deliver(struct inode *inode, u32 mask, const char *name, size_t length)
{
    tell(inode, mask, 0, name, length, false);
}

void notify_deliver_move(struct inode *from, const char *old_name, size_t old_length,
                         struct inode *to, const char *name, size_t length, struct inode *moved,
                         struct inode *replaced)
{
    u32 cookie = __atomic_add_fetch(&last_cookie, 1, __ATOMIC_RELAXED);
    u32 directory = notify_directory_bit(moved);
    tell(from, IN_MOVED_FROM | directory, cookie, old_name, old_length, false);
    tell(to, IN_MOVED_TO | directory, cookie, name, length, false);
    if (replaced)
        notify_deliver(replaced, IN_ATTRIB | notify_directory_bit(replaced), NULL, 0);
    notify_deliver(moved, IN_MOVE_SELF | directory, NULL, 0);
}

void notify_deliver_dentry(struct dentry *dentry, u32 mask)
{
    char name[NAME_LENGTH_MAX + 1];
    struct inode *inode = dentry->inode;
    bool unlinked = !dentry->hashed && !(mask & IN_ATTRIB);
    struct dentry *parent = dentry_get_parent(dentry, name);
    mask |= notify_directory_bit(inode);
    if (parent) {
        tell(parent->inode, mask, 0, name, strlen(name), unlinked);
        dentry_put(parent);
    }
    tell(inode, mask, 0, NULL, 0, unlinked && parent);
}

void notify_deliver_gone(struct inode *inode)
{
    u32 ended = 0;
    if (!__atomic_load_n(&inode->watches, __ATOMIC_RELAXED))
        return;
    mutex_lock(&watch_lock);
    while (inode->watches) {
        if (inode->watches->mask & IN_DELETE_SELF)
            send_locked(inode->watches, IN_DELETE_SELF, 0, NULL, 0);
        ignore_locked(inode->watches);
        ended++;
    }
    mutex_unlock(&watch_lock);
    while (ended-- != 0)
        inode_put(inode);
}

/* ---- The file ---------------------------------------------------------------------------------*/

/* One event to the program: its size, 0 when there is none, or -errno. */
static long read_one(struct inotify *inotify, uptr buffer, size_t room)
{
    struct event *event;
    long result = take_event(inotify, room, &event);
    if (result != 0 || !event)
        return result;
    result = event_size(event);
    if (usercopy_to(buffer, &event->is, result) != 0)
        result = -EFAULT;
    kfree(event);
    return result;
}

static bool has_events(const struct inotify *inotify)
{
    return __atomic_load_n(&inotify->event_count, __ATOMIC_ACQUIRE) != 0;
}

static long inotify_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    struct inotify *inotify = inotify_of(file);
    size_t done = 0;
    (void)position;
    for (;;) {
        long result = read_one(inotify, UPTR_ADD(buffer, done), size - done);
        if (result < 0)
            return done != 0 && result != -EFAULT ? (long)done : result;
        done += result;
        if (result != 0)
            continue;
        if (done != 0)
            return done;
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        int error = wait_event(&inotify->readers, has_events(inotify));
        if (error != 0)
            return error;
    }
}

static u32 inotify_poll(struct file *file, struct poller *poller)
{
    poller_add(poller, &inotify_of(file)->readers);
    return has_events(inotify_of(file)) ? POLLIN | POLLRDNORM : 0;
}

static long inotify_ioctl(struct file *file, u32 request, u64 argument)
{
    if (request != FIONREAD)
        return -ENOTTY;
    mutex_lock(&watch_lock);
    int bytes = (int)inotify_of(file)->event_bytes;
    mutex_unlock(&watch_lock);
    return usercopy_to(UPTR(argument), &bytes, sizeof(bytes)) == 0 ? 0 : -EFAULT;
}

/* End one of the watches: its inode, whose reference is the caller's now; NULL: there is none. */
static struct inode *release_watch(struct inotify *inotify)
{
    u64 number = 0;
    mutex_lock(&watch_lock);
    struct inotify_watch *watch = radix_next(&inotify->watches, &number);
    struct inode *inode = watch ? watch->inode : NULL;
    if (watch)
        unhook_locked(watch);
    mutex_unlock(&watch_lock);
    kfree(watch);
    return inode;
}

static void inotify_release(struct file *file)
{
    struct inotify *inotify = inotify_of(file);
    struct event *event, *next;
    struct inode *inode;
    while ((inode = release_watch(inotify)))
        inode_put(inode);
    list_for_each_entry_safe(event, next, &inotify->events, link) kfree(event);
    kfree(inotify);
    __atomic_sub_fetch(&instance_count, 1, __ATOMIC_RELAXED);
}

static const struct file_ops inotify_file_ops = {
    .read = inotify_read,
    .poll = inotify_poll,
    .ioctl = inotify_ioctl,
    .stat = anon_file_stat,
    .release = inotify_release,
};

bool file_is_inotify(const struct file *file)
{
    return file->ops == &inotify_file_ops;
}

static struct file *create(u32 flags)
{
    struct inotify *inotify = kzalloc(sizeof(*inotify));
    if (!inotify)
        return NULL;
    radix_init(&inotify->watches, &watch_memory);
    list_init(&inotify->events);
    wait_queue_init(&inotify->readers);
    struct file *file =
        anon_file_create(&inotify_file_ops, O_RDONLY | flags, inotify, "anon_inode:inotify");
    if (!file)
        kfree(inotify);
    return file;
}

int inotify_create(u32 flags, struct file **out)
{
    if (__atomic_add_fetch(&instance_count, 1, __ATOMIC_RELAXED) <= INOTIFY_INSTANCES_MAX) {
        *out = create(flags);
        if (*out)
            return 0;
        __atomic_sub_fetch(&instance_count, 1, __ATOMIC_RELAXED);
        return -ENOMEM;
    }
    __atomic_sub_fetch(&instance_count, 1, __ATOMIC_RELAXED);
    return -EMFILE;
}
