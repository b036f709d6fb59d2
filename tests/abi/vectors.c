/* SPDX-License-Identifier: MIT */
/*
 * readv, writev and their kin: how vectors are read, what positions mean, what preadv2's and
 * pwritev2's flags do, and the order in which the arguments are judged.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/uio.h>

#define NAME "/dev/shm/galette-vectors"

static char one[8], two[8], three[3 * PAGE];
static int fd, ends[2];

static void test_order(void)
{
    struct iovec good[3] = {{one, 3}, {NULL, 0}, {two, 4}};
    struct iovec negative[2] = {{one, 1}, {two, (size_t)-1}};
    struct iovec kernel[2] = {{one, 1}, {(void *)KERNEL_ADDRESS, 1}};
    struct iovec many[1];
    int reading = (int)call(__NR_open, NAME, O_RDONLY);
    const struct call_case cases[] = {
        {"writev", __NR_writev, {fd, (long)(struct iovec[]){{"abc", 3}, {"defg", 4}}, 2}, 7},
        {"none", __NR_writev, {fd, 0, 0}, 0},
        {"too many", __NR_readv, {fd, (long)many, 1025}, -EINVAL},
        {"a negative number", __NR_readv, {fd, (long)many, -1}, -EINVAL},
        {"vectors nowhere", __NR_readv, {fd, 8, 1}, -EFAULT},
        {"a negative length", __NR_readv, {fd, (long)negative, 2}, -EINVAL},
        {"a buffer of the kernel's", __NR_readv, {fd, (long)kernel, 2}, -EFAULT},
        {"no descriptor", __NR_readv, {99, 8, 1}, -EBADF},
        {"not open for that", __NR_writev, {reading, 8, 1}, -EBADF},
        {"preadv", __NR_preadv, {fd, (long)good, 3, 1}, 6},
        {"preadv at a negative place", __NR_preadv, {fd, (long)good, 3, -1}, -EINVAL},
        {"preadv at a negative place of nothing", __NR_preadv, {99, (long)good, 3, -1}, -EINVAL},
        {"pwritev of a pipe", __NR_pwritev, {ends[1], (long)good, 3, 0}, -ESPIPE},
        {"preadv behind the end", __NR_preadv, {fd, (long)good, 3, 100}, 0},
        {"preadv2 at the own position", __NR_preadv2, {fd, (long)good, 3, -1, 0, 0}, 0},
        {"preadv2 before that", __NR_preadv2, {fd, (long)good, 3, -2, 0, 0}, -EINVAL},
    };
    CHECK_CALLS(cases);
    check("what was read", memcmp(one, "bcd", 3) == 0 && memcmp(two, "efg", 3) == 0);
    call(__NR_close, reading);
}

static void test_flags(void)
{
    struct iovec data[2] = {{one, 2}, {two, 2}};
    struct iovec none[1] = {{one, 0}};
    const struct call_case cases[] = {
        {"to the start", __NR_lseek, {fd, 2, SEEK_SET}, 2},
        {"an unknown flag", __NR_preadv2, {fd, (long)data, 2, 0, 0, 0x10000}, -EOPNOTSUPP},
        {"an unknown flag for nothing", __NR_preadv2, {fd, (long)none, 1, 0, 0, 0x10000}, 0},
        {"RWF_HIPRI", __NR_preadv2, {fd, (long)data, 2, 0, 0, RWF_HIPRI}, 4},
        {"RWF_DSYNC", __NR_pwritev2, {fd, (long)data, 2, 0, 0, RWF_DSYNC}, 4},
        {"RWF_SYNC", __NR_pwritev2, {fd, (long)data, 2, 0, 0, RWF_SYNC}, 4},
        {"RWF_NOWAIT", __NR_preadv2, {fd, (long)data, 2, 0, 0, RWF_NOWAIT}, -EOPNOTSUPP},
        {"RWF_NOWAIT of an empty pipe",
         __NR_preadv2,
         {ends[0], (long)data, 2, -1, 0, RWF_NOWAIT},
         -EAGAIN},
        {"RWF_APPEND", __NR_pwritev2, {fd, (long)data, 2, 0, 0, RWF_APPEND}, 4},
        {"the position stays", __NR_lseek, {fd, 0, SEEK_CUR}, 2},
        {"it grew", __NR_lseek, {fd, 0, SEEK_END}, 11},
        {"back", __NR_lseek, {fd, 1, SEEK_SET}, 1},
        {"RWF_APPEND at the own position",
         __NR_pwritev2,
         {fd, (long)data, 2, -1, 0, RWF_APPEND},
         4},
        {"which moves", __NR_lseek, {fd, 0, SEEK_CUR}, 15},
        {"RWF_APPEND with bad memory",
         __NR_pwritev2,
         {fd, (long)(struct iovec[]){{(void *)8, 4}}, 1, -1, 0, RWF_APPEND},
         -EFAULT},
        {"the position stays", __NR_lseek, {fd, 0, SEEK_CUR}, 15},
        {"RWF_APPEND means nothing to a read",
         __NR_preadv2,
         {fd, (long)data, 2, 0, 0, RWF_APPEND},
         4},
    };
    CHECK_CALLS(cases);
    check_result("a pipe with something", call(__NR_write, ends[1], "xyz", 3), 3);
    check_result("RWF_NOWAIT", call(__NR_preadv2, ends[0], data, 2, -1, 0, RWF_NOWAIT), 3);
}

static void test_halves(void)
{
    char *hole = page_before_hole();
    memset(three, 'v', sizeof(three));
    struct iovec out[2] = {{three, 100}, {hole - 10, 100}};
    struct iovec in[3] = {{one, 8}, {hole, 10}, {two, 8}};
    check_result("as far as it goes", call(__NR_pwritev, fd, out, 2, 0), 110);
    check_result("the first at least", call(__NR_preadv, fd, in, 3, 0), 8);
    check_result("nothing", call(__NR_preadv, fd, in + 1, 2, 0), -EFAULT);
    struct iovec large[1] = {{three, sizeof(three)}}, short_of[2] = {{one, 8}, {three, 5}};
    check_result("a long one", call(__NR_pwritev, fd, large, 1, 0), sizeof(three));
    check_result("the end", call(__NR_preadv, fd, short_of, 2, 3 * PAGE - 10), 10);
}

int main(void)
{
    fd = (int)call(__NR_open, NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check("a file and a pipe", fd >= 0 && call(__NR_pipe, ends) == 0);
    test_order();
    test_flags();
    test_halves();
    check_result("the end", call(__NR_unlink, NAME), 0);
    return check_finish();
}
