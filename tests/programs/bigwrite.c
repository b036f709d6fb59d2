/* SPDX-License-Identifier: MIT */
/*
 * Writes 3 MiB of all byte values to standard output in pieces of odd sizes, and one line with the
 * CRC-32 (zlib's) of what it wrote to standard error: nothing may be lost or changed on the way.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define TOTAL (3u << 20)

static uint8_t data[TOTAL];

static uint32_t crc32_compute(const uint8_t *bytes, size_t size)
{
    uint32_t crc = ~0u;

    while (size-- > 0) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320u : 0);
    }
    return ~crc;
}

int main(void)
{
    size_t piece = 1;
    uint32_t state = 12345;

    for (size_t i = 0; i < TOTAL; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = (uint8_t)(state >> 24);
    }
    for (size_t done = 0; done < TOTAL; piece = piece * 7 % 99991) {
        size_t want = piece < TOTAL - done ? piece : TOTAL - done;
        ssize_t put = write(STDOUT_FILENO, data + done, want);

        if (put <= 0)
            return 1;
        done += (size_t)put;
    }
    fprintf(stderr, "bigwrite: %u bytes, crc32 %08x\n", TOTAL, crc32_compute(data, TOTAL));
    return 0;
}
