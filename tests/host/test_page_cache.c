/* SPDX-License-Identifier: MIT */
/*
 * The page cache against a plain array: random writes, reads, truncations, holes and faults of a
 * mapping, over files that start empty, borrowed page by page or borrowed at an odd address. The
 * mapping remembers what it was shown until it is told to forget: a page that it should have been
 * told of shows the wrong bytes here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/host/fake_memory.h"

#include "fs/page_cache/page_cache.c"
#include "fs/page_cache/page_cache_copy.c"

#define PAGES    24
#define FILE_MAX (PAGES * PAGE_SIZE)

static struct page_cache *cache;
static struct page_budget budget;

/* ---- A mapping of the file --------------------------------------------------------------------*/

static struct {
    const u8 *bytes; /* NULL: not mapped */
    struct page *page;
    bool writable;
} mapped[PAGES];

static struct page *page_at(const u8 *bytes)
{
    struct radix *tree = &cache->pages;
    for (u64 index = 0; radix_next(tree, &index); index++) {
        void *item = radix_find(tree, index);
        if (item != PUNCHED && page_address(item) == (void *)bytes)
            return item;
    }
    return NULL;
}

static void forget(u64 index)
{
    if (mapped[index].page)
        page_put(mapped[index].page);
    memset(&mapped[index], 0, sizeof(mapped[index]));
}

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops)
{
    object->ops = ops;
    object->refs = 1;
}

void vm_object_unmap_pages(struct vm_object *object, u64 first, u64 last, bool copies)
{
    (void)copies; /* there are none: the mapping is a shared one */
    assert_ptr_equal(object, page_cache_object(cache));
    assert_int_equal(fake_mutexes_held, 0);
    for (u64 index = first; index <= last && index < PAGES; index++)
        forget(index);
}

/* A fault of the mapping; the error, if there is one. */
static int touch(u64 index, bool write)
{
    struct vm_object *object = page_cache_object(cache);
    struct vm_page page = {0};
    if (mapped[index].bytes && (mapped[index].writable || !write))
        return 0;
    int error = object->ops->page(object, index, write, &page);
    if (error != 0)
        return error;
    if (page.replaced) {
        struct page *own = page_at((u8 *)page.physical);
        vm_object_unmap_pages(object, index, index, false);
        page_put(own);
        return touch(index, write);
    }
    forget(index);
    if (page.kind == VM_PAGE_BORROWED) {
        assert_false(write);
        for (u64 i = index - MIN(page.before, index); i < MIN(index + page.run, (u64)PAGES); i++)
            if (!mapped[i].bytes)
                mapped[i].bytes = (u8 *)page.physical + (i - index) * PAGE_SIZE;
        return 0;
    }
    assert_int_equal(page.kind, VM_PAGE_SHARED);
    mapped[index].bytes = (u8 *)page.physical;
    mapped[index].page = page_at(mapped[index].bytes);
    mapped[index].writable = true;
    assert_non_null(mapped[index].page);
    assert_ptr_equal(mapped[index].page->owner, object);
    return 0;
}

/* ---- The model --------------------------------------------------------------------------------*/

static u8 model[FILE_MAX];
static u64 model_size;
static u8 *module;

static int begin(u64 borrowed, u64 misalignment)
{
    budget = (struct page_budget){.limit = 10 * PAGES};
    fake_allocations_left = -1;
    fake_user_end = FAKE_USER_SIZE;
    cache = page_cache_create(&budget);
    memset(model, 0, sizeof(model));
    model_size = borrowed;
    module = aligned_alloc(PAGE_SIZE, FILE_MAX + PAGE_SIZE);
    for (u64 i = 0; i < FILE_MAX + PAGE_SIZE; i++)
        module[i] = (u8)rand();
    memcpy(model, module + misalignment, borrowed);
    if (borrowed != 0)
        page_cache_borrow(cache, (paddr_t)module + misalignment, borrowed);
    return 0;
}

static void end(void)
{
    struct vm_object *object = page_cache_object(cache);
    for (u64 i = 0; i < PAGES; i++)
        forget(i);
    assert_int_equal(fake_mutexes_held, 0);
    object->ops->destroy(object);
    assert_int_equal(budget.used, 0);
    assert_int_equal(fake_pages, 0);
    free(module);
}

static void check(void)
{
    static u8 whole[FILE_MAX + 1];
    assert_int_equal(page_cache_read_kernel(cache, 0, whole, sizeof(whole)), model_size);
    assert_memory_equal(whole, model, model_size);
    for (u64 i = 0; i < PAGES; i++) {
        u64 start = i * PAGE_SIZE;
        if (!mapped[i].bytes)
            continue;
        assert_true(start < model_size);
        assert_memory_equal(mapped[i].bytes, model + start, MIN(PAGE_SIZE, model_size - start));
    }
    assert_int_equal(cache->pages.count == 0, cache->lowest == ~0UL);
    u64 owned = 0, hidden = 0;
    for (u64 index = 0; radix_next(&cache->pages, &index); index++) {
        owned += radix_find(&cache->pages, index) != PUNCHED;
        hidden += index < borrowed_pages(cache);
        assert_true(index >= cache->lowest);
    }
    assert_int_equal(cache->owned, owned);
    assert_int_equal(cache->hidden, hidden);
    assert_int_equal(budget.used, owned);
    assert_true(cache->borrowed_size <= model_size);
}

/* Data and holes follow each other; what is said to be a hole reads as zeros. */
static void check_holes(void)
{
    u64 at = 0, data_pages = 0;
    while (at < model_size) {
        u64 data = page_cache_next_data(cache, at);
        assert_in_range(data, at, model_size);
        for (u64 i = at; i < data; i++)
            assert_int_equal(model[i], 0);
        if (data < model_size) {
            assert_int_equal(page_cache_next_data(cache, data), data);
            if (at < data)
                assert_int_equal(page_cache_next_hole(cache, at), at);
        }
        at = data;
        if (at == model_size)
            break;
        u64 hole = page_cache_next_hole(cache, at);
        assert_in_range(hole, at + 1, model_size);
        data_pages += pages_for(hole) - (at >> PAGE_SHIFT);
        at = hole;
    }
    assert_true(data_pages <= page_cache_owned(cache));
}

static u64 any(u64 limit)
{
    return limit == 0 ? 0 : ((u64)rand() << 16 ^ (u64)rand()) % limit;
}

static void step_write(void)
{
    u64 position = any(FILE_MAX), size = any(any(4) ? 3 * PAGE_SIZE : 100);
    size = MIN(size, FILE_MAX - position);
    for (u64 i = 0; i < size; i++)
        fake_user[i] = (u8)rand();
    if (position + size > model_size) {
        page_cache_resize(cache, position + size);
        model_size = position + size;
    }
    bool kernel = any(2);
    fake_user_end = any(4) || kernel ? FAKE_USER_SIZE : any(size + 1);
    long moved = kernel ? page_cache_write_kernel(cache, position, fake_user, size)
                        : page_cache_write(cache, position, UPTR(0), size);
    u64 expected = MIN(size, fake_user_end);
    assert_int_equal(moved, expected == 0 && size != 0 ? -EFAULT : (long)expected);
    memcpy(model + position, fake_user, expected);
    fake_user_end = FAKE_USER_SIZE;
}

static void step_read(void)
{
    u64 position = any(FILE_MAX), size = any(6 * PAGE_SIZE);
    u64 there = position < model_size ? MIN(size, model_size - position) : 0;
    fake_user_end = any(4) ? FAKE_USER_SIZE : any(size + 1);
    memset(fake_user, 0xee, size + 1);
    long moved = page_cache_read(cache, position, UPTR(0), size);
    u64 expected = MIN(there, fake_user_end);
    assert_int_equal(moved, expected == 0 && there != 0 ? -EFAULT : (long)expected);
    assert_memory_equal(fake_user, model + position, expected);
    assert_int_equal(fake_user[expected], 0xee);
    fake_user_end = FAKE_USER_SIZE;
}

static void step_resize(void)
{
    u64 size = any(FILE_MAX + 1);
    if (any(2) && size > model_size)
        size = model_size;
    page_cache_resize(cache, size);
    if (size < model_size)
        memset(model + size, 0, model_size - size);
    model_size = size;
}

static void step_punch(void)
{
    u64 start = any(FILE_MAX), stop = start + any(5 * PAGE_SIZE);
    stop = MIN(stop, FILE_MAX);
    if (any(3) == 0)
        start = ALIGN_DOWN(start, PAGE_SIZE);
    if (any(3) == 0)
        stop = model_size;
    assert_int_equal(page_cache_punch(cache, start, stop), 0);
    if (start < stop)
        memset(model + start, 0, stop - start);
}

static void step_fault(void)
{
    u64 index = any(PAGES);
    bool write = any(3) == 0;
    int error = touch(index, write);
    assert_int_equal(error, index < pages_for(model_size) ? 0 : -EFAULT);
    if (error != 0 || !write)
        return;
    u64 offset = any(MIN(PAGE_SIZE, model_size - index * PAGE_SIZE));
    ((u8 *)mapped[index].bytes)[offset] = model[index * PAGE_SIZE + offset] = (u8)rand();
}

static void step_allocate(void)
{
    u64 start = any(FILE_MAX), stop = start + any(3 * PAGE_SIZE);
    stop = MIN(stop, FILE_MAX);
    assert_int_equal(page_cache_allocate(cache, start, stop), 0);
    u64 hole = page_cache_next_hole(cache, start);
    assert_true(start == stop || hole >= MIN(stop, model_size) || start >= model_size);
}

static void play(u64 borrowed, u64 misalignment, int rounds)
{
    static void (*const steps[])(void) = {step_write, step_write,  step_read,  step_fault,
                                          step_fault, step_resize, step_punch, step_allocate};
    begin(borrowed, misalignment);
    for (int round = 0; round < rounds; round++) {
        steps[any(ARRAY_SIZE(steps))]();
        check();
        check_holes();
    }
    end();
}

static void test_empty_file(void **state)
{
    (void)state;
    srand(1);
    for (int i = 0; i < 20; i++)
        play(0, 0, 60);
}

static void test_borrowed(void **state)
{
    (void)state;
    srand(2);
    for (int i = 0; i < 40; i++)
        play(any(FILE_MAX) + 1, 0, 60);
}

static void test_borrowed_unaligned(void **state)
{
    (void)state;
    srand(3);
    for (int i = 0; i < 40; i++)
        play(any(FILE_MAX) + 1, 4 * any(1000), 60);
}

/* Borrowed pages are shown where they are, and reading copies nothing. */
static void test_nothing_is_copied(void **state)
{
    struct vm_page page = {0};
    (void)state;
    begin(5 * PAGE_SIZE + 10, 0);
    check();
    struct vm_object *object = page_cache_object(cache);
    assert_int_equal(object->ops->page(object, 1, false, &page), 0);
    assert_int_equal(page.kind, VM_PAGE_BORROWED);
    assert_int_equal(page.physical, (paddr_t)module + PAGE_SIZE);
    assert_int_equal(page.run, 4);
    assert_int_equal(page.before, 1);
    assert_int_equal(fake_pages, 0);
    assert_int_equal(page_cache_owned(cache), 6);
    assert_int_equal(touch(5, false), 0); /* not whole */
    assert_int_equal(fake_pages, 1);
    assert_int_equal(page_cache_owned(cache), 6);
    end();
}

static void test_budget(void **state)
{
    static u8 bytes[4 * PAGE_SIZE];
    (void)state;
    begin(0, 0);
    budget.limit = 2;
    page_cache_resize(cache, FILE_MAX);
    assert_int_equal(page_cache_write_kernel(cache, 100, bytes, sizeof(bytes)),
                     2 * PAGE_SIZE - 100);
    assert_int_equal(page_cache_write_kernel(cache, 2 * PAGE_SIZE, bytes, 1), -ENOSPC);
    assert_int_equal(page_cache_allocate(cache, 0, FILE_MAX), -ENOSPC);
    assert_int_equal(touch(3, true), -ENOSPC);
    assert_int_equal(page_cache_punch(cache, 0, PAGE_SIZE), 0);
    assert_int_equal(page_cache_write_kernel(cache, 2 * PAGE_SIZE, bytes, 1), 1);
    end();
}

/* Whatever allocation fails, nothing is lost and nothing leaks. */
static void test_out_of_memory(void **state)
{
    static u8 bytes[3 * PAGE_SIZE];
    (void)state;
    memset(bytes, 0x33, sizeof(bytes));
    for (long left = 0; left < 12; left++) {
        begin(6 * PAGE_SIZE, 0);
        memcpy(model, module, 6 * PAGE_SIZE);
        assert_int_equal(touch(2, false), 0);
        fake_allocations_left = left;
        long moved = page_cache_write_kernel(cache, 100, bytes, sizeof(bytes));
        if (moved > 0)
            memcpy(model + 100, bytes, moved);
        else
            assert_int_equal(moved, -ENOMEM);
        int error = touch(5, true);
        assert_true(error == 0 || error == -ENOMEM);
        error = page_cache_punch(cache, 4 * PAGE_SIZE + 5, 4 * PAGE_SIZE + 9);
        if (error == 0)
            memset(model + 4 * PAGE_SIZE + 5, 0, 4);
        else
            assert_int_equal(error, -ENOMEM);
        fake_allocations_left = -1;
        check();
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_file),
        cmocka_unit_test(test_borrowed),
        cmocka_unit_test(test_borrowed_unaligned),
        cmocka_unit_test(test_nothing_is_copied),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("page cache", tests, NULL, NULL);
}
