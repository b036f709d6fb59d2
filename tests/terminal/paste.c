/* SPDX-License-Identifier: MIT */
/*
 * Takes what is pasted into a terminal and tells its sum: paste raw|lines|echo BYTES. Without lines, by lines
 * without echo, by lines with it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* FNV-1a. */
static uint64_t add(uint64_t sum, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3;
    return sum;
}

int main(int argc, char **argv)
{
    static unsigned char bytes[70000];
    struct termios before, now;
    size_t left = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    uint64_t sum = 0xcbf29ce484222325;

    if (left == 0 || tcgetattr(0, &before) != 0)
        return 1;
    now = before;
    if (strcmp(argv[1], "raw") == 0)
        cfmakeraw(&now);
    else if (strcmp(argv[1], "lines") == 0)
        now.c_lflag &= ~(ECHO | ECHONL);
    tcsetattr(0, TCSAFLUSH, &now);
    (void)!write(1, "paste\n", 6);
    while (left > 0) {
        ssize_t got = read(0, bytes, sizeof(bytes) < left ? sizeof(bytes) : left);
        if (got <= 0)
            break;
        sum = add(sum, bytes, got);
        left -= got;
    }
    tcsetattr(0, TCSADRAIN, &before);
    printf("\nleft %zu, sum %016lx\n", left, (unsigned long)sum);
    return 0;
}
