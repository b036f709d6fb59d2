/* SPDX-License-Identifier: MIT */
/*
 * A program whose relative relocations are packed into DT_RELR (-z pack-relative-relocs) and which
 * applies them itself, in glibc's start-up. A kernel that applied them too would add the load base
 * twice, and the table below would point nowhere. programs.mk checks that DT_RELR is there.
 */
#include <stdio.h>

static const char *const words[] = {"Hello", "from", "packed", "relocations"};
static const char *const *volatile table = words;

int main(void)
{
    printf("%s %s %s %s\n", table[0], table[1], table[2], table[3]);
    return 0;
}
