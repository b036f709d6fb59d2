/* SPDX-License-Identifier: MIT */
/*
 * The intrusive list and the red-black tree. The tree is driven by random insertions and removals;
 * after each the red-black rules, the order, the parent links and an augmented value like that of
 * an address space (the largest gap between areas) are compared with a plain count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"

#define AREAS 300

struct area {
    struct rb_node node;
    u64 start, end;
    u64 weight;
    u64 lowest, highest, gap; /* of the subtree; `gap` is its heaviest weight for only_weights */
    bool in_tree;
};

static struct area areas[AREAS];
static struct rb_root root;
static u64 augmented;
static bool only_weights; /* the value is the heaviest weight, which most changes leave as it is */
static u32 seed = 1;

static u32 next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static struct area *area_of(struct rb_node *node)
{
    return rb_entry(node, struct area, node);
}

static bool augment_weight(struct rb_node *node)
{
    u64 heaviest = area_of(node)->weight;
    bool changed;

    if (node->left != NULL)
        heaviest = MAX(heaviest, area_of(node->left)->gap);
    if (node->right != NULL)
        heaviest = MAX(heaviest, area_of(node->right)->gap);
    changed = area_of(node)->gap != heaviest;
    area_of(node)->gap = heaviest;
    return changed;
}

static bool augment(struct rb_node *node)
{
    struct area *area = area_of(node);
    u64 lowest = area->start, highest = area->end, gap = 0;
    bool changed;

    augmented++;
    if (only_weights)
        return augment_weight(node);
    if (node->left != NULL) {
        struct area *left = area_of(node->left);
        lowest = left->lowest;
        gap = MAX(left->gap, area->start - left->highest);
    }
    if (node->right != NULL) {
        struct area *right = area_of(node->right);
        highest = right->highest;
        gap = MAX(gap, MAX(right->gap, right->lowest - area->end));
    }
    changed = area->lowest != lowest || area->highest != highest || area->gap != gap;
    area->lowest = lowest;
    area->highest = highest;
    area->gap = gap;
    return changed;
}

static void insert(struct area *area)
{
    struct rb_node **link = &root.node, *parent = NULL;

    while (*link != NULL) {
        parent = *link;
        link = area->start < area_of(parent)->start ? &parent->left : &parent->right;
    }
    rb_insert(&root, &area->node, parent, link, augment);
    area->in_tree = true;
}

/* The number of black nodes on each way down; fails on a broken rule or a stale value. */
static int check_subtree(struct rb_node *node, struct rb_node *parent)
{
    struct area before;
    int left, right;

    if (node == NULL)
        return 0;
    assert_ptr_equal(node->parent, parent);
    assert_false(node->red && parent != NULL && parent->red);
    left = check_subtree(node->left, node);
    right = check_subtree(node->right, node);
    assert_int_equal(left, right);
    before = *area_of(node);
    assert_false(augment(node));
    assert_memory_equal(&before, area_of(node), sizeof(before));
    return left + !node->red;
}

static void check_tree(void)
{
    struct rb_node *node = rb_first(&root), *previous = NULL;
    u64 gap = 0;

    assert_false(root.node != NULL && root.node->red);
    check_subtree(root.node, NULL);
    for (size_t i = 0; i < AREAS; i++) {
        if (!areas[i].in_tree)
            continue;
        assert_ptr_equal(node, &areas[i].node);
        assert_ptr_equal(rb_prev(node), previous);
        if (only_weights)
            gap = MAX(gap, areas[i].weight);
        else if (previous != NULL)
            gap = MAX(gap, areas[i].start - area_of(previous)->end);
        previous = node;
        node = rb_next(node);
    }
    assert_null(node);
    assert_ptr_equal(rb_last(&root), previous);
    assert_int_equal(root.node == NULL ? 0 : area_of(root.node)->gap, gap);
}

/* Areas in ascending order, with gaps of many sizes between; none in the tree. */
static void start_empty(void)
{
    u64 at = 0x1000;

    root.node = NULL;
    memset(areas, 0, sizeof(areas));
    for (size_t i = 0; i < AREAS; i++) {
        areas[i].start = at + next_random() % 0x10000;
        areas[i].end = areas[i].start + 1 + next_random() % 0x1000;
        areas[i].weight = next_random() % 100;
        at = areas[i].end;
    }
}

static void change_at_random(void)
{
    start_empty();
    check_tree();
    for (int round = 0; round < 4000; round++) {
        struct area *area = &areas[next_random() % (round % 1000 < 500 ? AREAS : 12)];
        if (area->in_tree) {
            rb_erase(&root, &area->node, augment);
            area->in_tree = false;
        } else {
            insert(area);
        }
        check_tree();
    }
}

static void test_random(void **state)
{
    (void)state;
    change_at_random();
    only_weights = true;
    change_at_random();
    only_weights = false;
}

static void test_ascending(void **state)
{
    (void)state;
    start_empty();
    for (size_t i = 0; i < AREAS; i++) {
        insert(&areas[i]);
        check_tree();
    }
    for (size_t i = 0; i < AREAS; i += 2) {
        rb_erase(&root, &areas[i].node, augment);
        areas[i].in_tree = false;
        check_tree();
    }
    for (size_t i = AREAS; i-- > 0;) {
        if (!areas[i].in_tree)
            continue;
        rb_erase(&root, &areas[i].node, augment);
        areas[i].in_tree = false;
        check_tree();
    }
    assert_null(root.node);
}

static void test_changed_in_place(void **state)
{
    (void)state;
    start_empty();
    for (size_t i = 0; i < AREAS; i++)
        insert(&areas[i]);
    for (int round = 0; round < 500; round++) {
        struct area *area = &areas[next_random() % AREAS];
        area->end = area->start + 1 + next_random() % (area->end - area->start);
        rb_augment_changed(&area->node, augment);
        check_tree();
    }
}

/* A node whose values stay must not make the whole way up be computed again. */
static void test_augment_stops_early(void **state)
{
    (void)state;
    start_empty();
    for (size_t i = 0; i < AREAS; i++)
        insert(&areas[i]);
    augmented = 0;
    rb_augment_changed(rb_first(&root), augment);
    assert_int_equal(augmented, 1);
}

static void test_without_augment(void **state)
{
    struct rb_root plain = {0};
    struct rb_node nodes[3];

    (void)state;
    rb_insert(&plain, &nodes[0], NULL, &plain.node, NULL);
    rb_insert(&plain, &nodes[1], &nodes[0], &nodes[0].right, NULL);
    rb_insert(&plain, &nodes[2], &nodes[1], &nodes[1].right, NULL);
    assert_ptr_equal(plain.node, &nodes[1]);
    rb_erase(&plain, &nodes[1], NULL);
    assert_ptr_equal(rb_first(&plain), &nodes[0]);
    assert_ptr_equal(rb_next(&nodes[0]), &nodes[2]);
    assert_null(rb_next(&nodes[2]));
}

static void test_exchange(void **state)
{
    struct rb_root plain = {0};
    struct rb_node nodes[4], other;

    (void)state;
    rb_insert(&plain, &nodes[0], NULL, &plain.node, NULL);
    rb_exchange(&plain, &nodes[0], &other);
    assert_ptr_equal(plain.node, &other);
    rb_exchange(&plain, &other, &nodes[0]);
    for (int i = 1; i < 4; i++)
        rb_insert(&plain, &nodes[i], &nodes[i - 1], &nodes[i - 1].right, NULL);
    for (int i = 0; i < 4; i++) { /* the root, an inner node and two leaves */
        struct rb_node *next = rb_next(&nodes[i]), *previous = rb_prev(&nodes[i]);
        rb_exchange(&plain, &nodes[i], &other);
        assert_ptr_equal(rb_next(&other), next);
        assert_ptr_equal(rb_prev(&other), previous);
        if (next != NULL)
            assert_ptr_equal(rb_prev(next), &other);
        if (previous != NULL)
            assert_ptr_equal(rb_next(previous), &other);
        rb_exchange(&plain, &other, &nodes[i]);
    }
    for (int i = 0; i < 4; i++)
        rb_erase(&plain, &nodes[i], NULL);
    assert_null(plain.node);
}

struct item {
    int number;
    struct list_head link;
};

static int sum_of(struct list_head *head)
{
    struct item *item;
    int sum = 0;

    list_for_each_entry(item, head, link) sum = sum * 10 + item->number;
    return sum;
}

static void test_list(void **state)
{
    struct list_head head, other = LIST_HEAD_INIT(other), *node;
    struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    struct item *item, *following;
    int count = 0;

    (void)state;
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_first(&head, struct item, link));
    list_add(&items[1].link, &head);
    list_add(&items[0].link, &head);
    list_add_tail(&items[2].link, &head);
    assert_int_equal(sum_of(&head), 123);
    assert_ptr_equal(list_first(&head, struct item, link), &items[0]);
    assert_ptr_equal(list_last(&head, struct item, link), &items[2]);
    list_del(&items[1].link);
    assert_true(list_empty(&items[1].link));
    list_del(&items[1].link);
    assert_int_equal(sum_of(&head), 13);
    list_add_tail(&items[3].link, &other);
    list_splice_tail(&head, &other);
    list_splice_tail(&head, &other);
    assert_true(list_empty(&head));
    assert_int_equal(sum_of(&other), 413);
    list_for_each (node, &other)
        count++;
    assert_int_equal(count, 3);
    count = 0;
    list_for_each_entry_reverse(item, &other, link) count = count * 10 + item->number;
    assert_int_equal(count, 314);
    list_for_each_entry_safe(item, following, &other, link) list_del(&item->link);
    assert_true(list_empty(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_ascending),
        cmocka_unit_test(test_changed_in_place),
        cmocka_unit_test(test_augment_stops_early),
        cmocka_unit_test(test_without_augment),
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests_name("trees and lists", tests, NULL, NULL);
}
