/* SPDX-License-Identifier: MIT */
/* ChaCha20's block function against the test vectors of RFC 8439, 2.3.2 and A.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/lib/chacha.h"

/* The RFC's 96-bit nonce 00000009:0000004a:00000000: its first word is the counter's upper half. */
static void test_rfc_block(void **state)
{
    static const u8 expected[64] = {
        0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
        0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
        0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
        0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
        0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
    u8 key_bytes[32], block[64];
    u32 key[8];

    (void)state;
    for (u8 i = 0; i < 32; i++)
        key_bytes[i] = i;
    memcpy(key, key_bytes, sizeof(key));
    chacha20_block(key, 0x0900000000000001, 0x4a000000, block);
    assert_memory_equal(block, expected, sizeof(block));
}

static void test_rfc_zero_key(void **state)
{
    static const u8 first[16] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
                                 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28};
    static const u8 second[16] = {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a,
                                  0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d};
    const u32 key[8] = {0};
    u8 block[64];

    (void)state;
    chacha20_block(key, 0, 0, block);
    assert_memory_equal(block, first, sizeof(first));
    chacha20_block(key, 1, 0, block);
    assert_memory_equal(block, second, sizeof(second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_block),
        cmocka_unit_test(test_rfc_zero_key),
    };

    return cmocka_run_group_tests_name("chacha", tests, NULL, NULL);
}
