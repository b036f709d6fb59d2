/* SPDX-License-Identifier: MIT */
/*
 * The screen as a tty's device, on a framebuffer in this process's memory: what is drawn, and when.
 * And which framebuffers are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/fake_kernel.h"

/* ---- Around it --------------------------------------------------------------------------------*/

#define KERNEL_CORE_TIMER_H
struct timer {
    void (*expire)(struct timer *timer);
    u64 deadline;
    bool armed;
};

static u64 now_ns;
static char typed[200];
static size_t typed_length;

static void timer_init_call(struct timer *timer, void (*expire)(struct timer *timer))
{
    timer->expire = expire;
}

static void timer_start(struct timer *timer, u64 deadline)
{
    assert_int_equal(fake_locks_held, 0);
    assert_false(timer->armed);
    timer->deadline = deadline;
    timer->armed = true;
}

static void timer_restart(struct timer *timer, u64 deadline)
{
    timer_start(timer, deadline);
}

u64 time_now_ns(void)
{
    return now_ns;
}

void *kmalloc(size_t size)
{
    return malloc(size);
}

void kfree(void *object)
{
    free(object);
}

#include "kernel/dev/tty.h"

void tty_receive(struct tty *tty, const u8 *bytes, size_t count)
{
    (void)tty;
    assert_int_equal(fake_locks_held, 0);
    memcpy(typed + typed_length, bytes, count);
    typed_length += count;
}

static u8 *memory; /* the framebuffer's */
static size_t memory_size;

volatile void *kmap_framebuffer(paddr_t base, size_t size)
{
    assert_int_equal(base, 0xfd000000);
    memory = calloc(1, size);
    memory_size = size;
    return memory;
}

/* A font of two letters: all pixels, and a chequer for the rest. */
const u8 *font_glyph(u32 code)
{
    static const u8 full[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                255, 255, 255, 255, 255, 255, 255, 255};
    static const u8 none[16], odd[16] = {0xa5, 1, 0x80};
    return code == ' ' ? none : code == 'F' ? full : odd;
}

#include "drivers/display/framebuffer.c"
#include "kernel/dev/screen.c"

static struct framebuffer framebuffer;
static struct screen screen;
static u32 draws, cells_drawn;

/* Counts, and draws. */
static void counted_draw(void *device, u32 row, u32 column, const u32 *cells, u32 count)
{
    draws++;
    cells_drawn += count;
    framebuffer_screen_ops.draw(device, row, column, cells, count);
}

static const struct screen_ops counted_ops = {counted_draw};
static const struct boot_info no_memory;

static const struct boot_framebuffer usual = {.base = 0xfd000000,
                                              .width = 320,
                                              .height = 160,
                                              .pitch = 1280,
                                              .bits_per_pixel = 32,
                                              .red_shift = 16,
                                              .red_bits = 8,
                                              .green_shift = 8,
                                              .green_bits = 8,
                                              .blue_bits = 8};

static void fire(void)
{
    assert_true(screen.timer.armed);
    now_ns = screen.timer.deadline;
    screen.timer.armed = false;
    screen.timer.expire(&screen.timer);
}

static void start_with(const struct boot_framebuffer *told)
{
    memset(&screen, 0, sizeof(screen));
    assert_null(framebuffer_mistake(told, &no_memory));
    assert_true(framebuffer_start(&framebuffer, told));
    assert_int_equal(
        screen_init(&screen, framebuffer.rows, framebuffer.columns, &counted_ops, &framebuffer), 0);
    screen_set_tty(&screen, NULL);
    now_ns = NS_PER_SECOND;
    screen_show(&screen);
    while (screen.timer.armed)
        fire();
    now_ns += NS_PER_SECOND;
    draws = cells_drawn = 0;
    typed_length = 0;
}

static int start(void **state)
{
    (void)state;
    start_with(&usual);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(memory), free(screen.drawn), free(screen.vt.cells), free(screen.vt.lines),
        free(screen.vt.dirty);
    return 0;
}

static void put(const char *text)
{
    assert_int_equal(screen_tty_ops.write(&screen, (const u8 *)text, strlen(text)), strlen(text));
    screen_tty_ops.show(&screen);
}

static u32 pixel(u32 x, u32 y)
{
    u32 value = 0;
    memcpy(&value, memory + y * framebuffer.pitch + x * framebuffer.bytes_per_pixel,
           framebuffer.bytes_per_pixel);
    return value;
}

/* ---- When and what ----------------------------------------------------------------------------*/

static void test_only_changes(void **state)
{
    (void)state;
    put("F"); /* one letter, and the cursor behind it */
    assert_int_equal(cells_drawn, 2);
    now_ns += NS_PER_SECOND;
    cells_drawn = 0;
    put("\033[H\033[2J\033[HF"); /* the same again */
    assert_int_equal(cells_drawn, 0);
    put("\033[5;5H");
    fire();
    assert_int_equal(cells_drawn, 2); /* the cursor, from there to here */
}

/* The first change at once, the next ones together, and never more than sixty times a second. */
static void test_frames(void **state)
{
    (void)state;
    put("F");
    assert_int_equal(draws, 1);
    assert_false(screen.timer.armed);
    for (int i = 0; i < 20; i++)
        put("F");
    assert_int_equal(draws, 1);
    fire();
    assert_int_equal(draws, 2);
    assert_int_equal(cells_drawn, 2 + 21);
    assert_false(screen.timer.armed);
    put("F");
    assert_int_equal(draws, 2);
    assert_true(screen.timer.armed);
    fire();
    now_ns += FRAME_NS;
    put("F");
    assert_int_equal(draws, 4);
    assert_false(screen.timer.armed);
}

/* What is more than fits in one piece is drawn by the timer. */
static void test_pieces(void **state)
{
    struct boot_framebuffer large = usual;
    end(state);
    large.width = 1280;
    large.pitch = 5120;
    large.height = 800;
    start_with(&large);
    put("\033[44m\033[2J");
    assert_true(cells_drawn >= CELLS_AT_ONCE && cells_drawn < CELLS_AT_ONCE + 160);
    u32 fired = 0;
    for (; screen.timer.armed; fired++)
        fire();
    assert_int_equal(cells_drawn, 160 * 50);
    assert_true(fired >= 40);
    put("x\033[2Jy");
    screen_tty_ops.drain(&screen); /* does not wait for the timer, which then finds nothing to do */
    cells_drawn = 0;
    fire();
    assert_int_equal(cells_drawn, 0);
}

static void test_answer(void **state)
{
    (void)state;
    put("ab\033[6n");
    assert_int_equal(typed_length, 6);
    assert_memory_equal(typed, "\033[1;3R", 6);
}

static void test_log(void **state)
{
    (void)state;
    screen_write_now(&screen, "F\n", 2);
    assert_int_equal(pixel(0, 0), 0xaaaaaa);
    spin_lock_irqsave(&screen.lock); /* whoever held it is gone */
    screen_write_polled(&screen, "F\n", 2);
    spin_unlock_irqrestore(&screen.lock, 0);
    assert_int_equal(pixel(0, 16), 0xaaaaaa);
}

/* ---- Pixels -----------------------------------------------------------------------------------*/

static void test_pixels(void **state)
{
    (void)state;
    put("\033[31;44mx\033[0mF");
    for (u32 x = 0; x < 8; x++)
        assert_int_equal(pixel(x, 0), 0xa5 >> (7 - x) & 1 ? 0xaa0000 : 0x0000aa);
    assert_int_equal(pixel(7, 1), 0xaa0000);
    assert_int_equal(pixel(6, 1), 0x0000aa);
    assert_int_equal(pixel(0, 2), 0xaa0000);
    assert_int_equal(pixel(8, 15), 0xaaaaaa);
    assert_int_equal(pixel(16, 15), 0xaaaaaa); /* the cursor */
    assert_int_equal(pixel(24, 15), 0);
    put("\033[4m\033[2;1H ");
    fire();
    assert_int_equal(pixel(0, 30), 0xaaaaaa);
    assert_int_equal(pixel(0, 29), 0);
    put("\033[?5h\033[?25l");
    screen_tty_ops.drain(&screen);
    assert_int_equal(pixel(100, 100), 0xaaaaaa);
}

/* The same picture in other formats: red on blue. */
static void test_formats(void **state)
{
    static const struct {
        u8 bits, red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
        u32 red, blue;
    } formats[] = {
        {32, 16, 8, 8, 8, 0, 8, 0xaa0000, 0xaa}, {32, 0, 8, 8, 8, 16, 8, 0xaa, 0xaa0000},
        {24, 16, 8, 8, 8, 0, 8, 0xaa0000, 0xaa}, {16, 11, 5, 5, 6, 0, 5, 0xa800, 0x15},
        {15, 10, 5, 5, 5, 0, 5, 0x5400, 0x15},   {32, 20, 10, 10, 10, 0, 10, 0x2a800000, 0x2a8},
    };
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        struct boot_framebuffer told = usual;
        end(state);
        told.bits_per_pixel = formats[i].bits;
        told.red_shift = formats[i].red_shift, told.red_bits = formats[i].red_bits;
        told.green_shift = formats[i].green_shift, told.green_bits = formats[i].green_bits;
        told.blue_shift = formats[i].blue_shift, told.blue_bits = formats[i].blue_bits;
        told.pitch = 320 * 4 + 12;
        start_with(&told);
        put("\033[31;44m\033[2Jx");
        screen_tty_ops.drain(&screen);
        for (u32 x = 0; x < 8; x++)
            assert_int_equal(pixel(x, 0), 0xa5 >> (7 - x) & 1 ? formats[i].red : formats[i].blue);
        assert_int_equal(pixel(319, 159), formats[i].blue);
    }
}

/* ---- What boot loaders may say ----------------------------------------------------------------*/

static bool is_good(struct boot_framebuffer told)
{
    struct boot_info boot = {.memory_count = 2};
    boot.memory[0] = (struct memory_range){0, 640 * KIB, MEMORY_RAM, 0};
    boot.memory[1] = (struct memory_range){MIB, 255 * MIB, MEMORY_RAM, 0};
    return framebuffer_mistake(&told, &boot) == NULL;
}

#define GOOD_WITH(change)                     \
    ({                                        \
        struct boot_framebuffer told = usual; \
        change;                               \
        is_good(told);                        \
    })

static void test_mistakes(void **state)
{
    (void)state;
    assert_true(is_good(usual));
    assert_true(GOOD_WITH(told.base = 256 * MIB));
    assert_false(GOOD_WITH(told.base = 256 * MIB - 4));
    assert_false(GOOD_WITH(told.base = 0));
    assert_false(GOOD_WITH(told.base = MIB - 4096));
    assert_false(GOOD_WITH(told.base = 0xfd000002));
    assert_false(GOOD_WITH(told.base = ~0UL - 3));
    assert_false(GOOD_WITH(told.base = (1UL << 52) - 4096));
    assert_false(GOOD_WITH(told.bits_per_pixel = 8));
    assert_false(GOOD_WITH(told.bits_per_pixel = 0));
    assert_false(GOOD_WITH(told.bits_per_pixel = 64));
    assert_false(GOOD_WITH(told.bits_per_pixel = 30));
    assert_false(GOOD_WITH(told.bits_per_pixel = 16)); /* red lies beyond */
    assert_false(GOOD_WITH(told.pitch = 1276));
    assert_false(GOOD_WITH(told.pitch = 0));
    assert_false(GOOD_WITH(told.pitch = 1282));
    assert_false(GOOD_WITH(told.pitch = ~3u));
    assert_false(GOOD_WITH(told.width = 0));
    assert_false(GOOD_WITH(told.width = ~0u));
    assert_false(GOOD_WITH(told.width = 0x40000140)); /* times four is what the pitch is */
    assert_false(GOOD_WITH(told.height = 0));
    assert_false(GOOD_WITH(told.height = ~0u));
    assert_false(GOOD_WITH(told.red_bits = 0));
    assert_false(GOOD_WITH(told.red_shift = 255));
    assert_false(GOOD_WITH(told.green_shift = 9));
    assert_false(GOOD_WITH(told.blue_bits = 255));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_changes, start, end),
        cmocka_unit_test_setup_teardown(test_frames, start, end),
        cmocka_unit_test_setup_teardown(test_pieces, start, end),
        cmocka_unit_test_setup_teardown(test_answer, start, end),
        cmocka_unit_test_setup_teardown(test_log, start, end),
        cmocka_unit_test_setup_teardown(test_pixels, start, end),
        cmocka_unit_test_setup_teardown(test_formats, start, end),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
