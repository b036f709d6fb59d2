/* SPDX-License-Identifier: MIT */
/*
 * The radix tree: against an array of booleans for dense indices, at the edges of 64 bits, and with
 * memory that runs out at every single allocation.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/lib/radix.h"

#define RANGE 9000

static long nodes;            /* allocated now */
static long allocations_left; /* negative: as many as wanted */

static void *node_alloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    nodes++;
    void *node = malloc(size);
    memset(node, 0xa5, size);
    return node;
}

static void node_free(void *node)
{
    nodes--;
    free(node);
}

static const struct radix_memory memory = {node_alloc, node_free};

static struct radix tree;
static char items[RANGE];

static int start(void **state)
{
    (void)state;
    allocations_left = -1;
    nodes = 0;
    radix_init(&tree, &memory);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    u64 index = 0;
    while (radix_next(&tree, &index))
        assert_non_null(radix_remove(&tree, index));
    assert_int_equal(tree.count, 0);
    assert_int_equal(tree.height, 0);
    assert_int_equal(nodes, 0);
    return 0;
}

static void test_single_item(void **state)
{
    (void)state;
    u64 index = 0;
    assert_null(radix_find(&tree, 0));
    assert_null(radix_next(&tree, &index));
    assert_int_equal(radix_next_gap(&tree, 7), 7);
    assert_int_equal(radix_insert(&tree, 0, items), 0);
    assert_int_equal(nodes, 0);
    assert_int_equal(radix_insert(&tree, 0, items), -EEXIST);
    assert_ptr_equal(radix_find(&tree, 0), items);
    assert_null(radix_find(&tree, 1));
    assert_null(radix_find(&tree, 64));
    assert_int_equal(radix_next_gap(&tree, 0), 1);
    assert_ptr_equal(radix_replace(&tree, 0, items + 1), items);
    assert_null(radix_replace(&tree, 1, items));
    assert_ptr_equal(radix_remove(&tree, 0), items + 1);
    assert_null(radix_remove(&tree, 0));
}

static void test_edges(void **state)
{
    static const u64 edges[] = {
        0, 63, 64, 4095, 4096, 262143, 1UL << 36, (1UL << 60) - 1, 1UL << 60, 1UL << 63, ~0UL};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        assert_int_equal(radix_insert(&tree, edges[i], items + i), 0);
    u64 index = 0;
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++, index++) {
        assert_ptr_equal(radix_next(&tree, &index), items + i);
        assert_int_equal(index, edges[i]);
        assert_ptr_equal(radix_find(&tree, edges[i]), items + i);
    }
    assert_int_equal(index, 0); /* wrapped behind the very last one */
    assert_int_equal(radix_next_gap(&tree, 63), 65);
    for (size_t i = ARRAY_SIZE(edges); i-- > 0;)
        assert_ptr_equal(radix_remove(&tree, edges[i]), items + i);
    assert_int_equal(nodes, 0);
}

static void check_against(const bool *model)
{
    u64 next = RANGE, gap = RANGE;
    for (u64 i = RANGE; i-- > 0;) {
        if (model[i])
            next = i;
        else
            gap = i;
        u64 at = i;
        void *item = radix_next(&tree, &at);
        assert_ptr_equal(item, next < RANGE ? items + next : NULL);
        if (item)
            assert_int_equal(at, next);
        assert_ptr_equal(radix_find(&tree, i), model[i] ? items + i : NULL);
        assert_int_equal(radix_next_gap(&tree, i), gap);
    }
}

static void test_random(void **state)
{
    static bool model[RANGE];
    (void)state;
    srand(1);
    for (int round = 0; round < 40; round++) {
        u64 from = (u64)rand() % RANGE, length = (u64)rand() % 600;
        bool insert = round % 5 != 4;
        for (u64 i = from; i < MIN(from + length, (u64)RANGE); i++) {
            if (insert)
                assert_int_equal(radix_insert(&tree, i, items + i), model[i] ? -EEXIST : 0);
            else
                assert_ptr_equal(radix_remove(&tree, i), model[i] ? items + i : NULL);
            model[i] = insert;
        }
        check_against(model);
    }
    memset(model, 0, sizeof(model));
}

/* A failed insertion changes nothing and leaves no node behind. */
static void test_out_of_memory(void **state)
{
    static const u64 edges[] = {0, 1, 4096, 1UL << 40, 5, ~0UL};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
        long before = nodes, needed = 0;
        u32 height = tree.height;
        for (;; needed++) {
            allocations_left = needed;
            int error = radix_insert(&tree, edges[i], items + i);
            if (error == 0)
                break;
            assert_int_equal(error, -ENOMEM);
            assert_int_equal(nodes, before);
            assert_int_equal(tree.height, height);
            assert_int_equal(tree.count, i);
            for (size_t j = 0; j < i; j++)
                assert_ptr_equal(radix_find(&tree, edges[j]), items + j);
        }
        assert_int_equal(nodes, before + needed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_single_item, start, finish),
        cmocka_unit_test_setup_teardown(test_edges, start, finish),
        cmocka_unit_test_setup_teardown(test_random, start, finish),
        cmocka_unit_test_setup_teardown(test_out_of_memory, start, finish),
    };
    return cmocka_run_group_tests_name("radix", tests, NULL, NULL);
}
