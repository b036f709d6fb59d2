/* SPDX-License-Identifier: MIT */
/* eventfd: counting, the semaphore, the top of the range, polling, bad arguments. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

static int fd;

static void event_open(unsigned initial, int flags)
{
    fd = (int)call(__NR_eventfd2, initial, flags);
    check("eventfd2", fd >= 0);
}

static long add(uint64_t amount)
{
    return call(__NR_write, fd, &amount, sizeof(amount));
}

/* The count that a read gives, or the error. */
static long take(void)
{
    uint64_t count = 0;
    long result = call(__NR_read, fd, &count, sizeof(count));

    return result == sizeof(count) ? (long)count : result;
}

static short events(void)
{
    struct pollfd poll = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM};

    call(__NR_poll, &poll, 1, 0);
    return poll.revents;
}

static void test_counter(void)
{
    event_open(7, EFD_NONBLOCK);
    check_result("the first count", take(), 7);
    check_result("then it is 0", take(), -EAGAIN);
    check_result("add 3", add(3), 8);
    check_result("add 4", add(4), 8);
    check_result("their sum", take(), 7);
    check_result("add 0", add(0), 8);
    check_result("is nothing", take(), -EAGAIN);
    call(__NR_close, fd);

    event_open(3, EFD_NONBLOCK | EFD_SEMAPHORE);
    check_result("a semaphore gives 1", take(), 1);
    check_result("and 1", take(), 1);
    check_result("and 1 again", take(), 1);
    check_result("and no more", take(), -EAGAIN);
    call(__NR_close, fd);

    fd = (int)call(__NR_eventfd, 0xffffffff);
    check_result("eventfd with the largest number", take(), 0xffffffff);
    call(__NR_close, fd);
}

static void test_top(void)
{
    event_open(0, EFD_NONBLOCK);
    check_result("poll at 0", events(), POLLOUT);
    check_result("-1 is refused", add(UINT64_MAX), -EINVAL);
    check_result("the most there can be", add(UINT64_MAX - 1), 8);
    check_result("poll at the top", events(), POLLIN);
    check_result("1 more does not fit", add(1), -EAGAIN);
    check_result("0 more does", add(0), 8);
    check_result("it is all there", take(), (long)(UINT64_MAX - 1));
    check_result("1", add(1), 8);
    check_result("poll in between", events(), POLLIN | POLLOUT);
    check_result("up to the top", add(UINT64_MAX - 2), 8);
    call(__NR_close, fd);
}

static void test_errors(void)
{
    static uint64_t word;
    struct stat status;

    event_open(1, EFD_CLOEXEC);
    struct call_case cases[] = {
        {"eventfd2 with a bad flag", __NR_eventfd2, {0, O_APPEND}, -EINVAL},
        {"read of 7 bytes", __NR_read, {fd, (long)&word, 7}, -EINVAL},
        {"write of 7 bytes", __NR_write, {fd, (long)&word, 7}, -EINVAL},
        {"write from nowhere", __NR_write, {fd, 0, 8}, -EFAULT},
        {"write from the kernel", __NR_write, {fd, (long)KERNEL_ADDRESS, 8}, -EFAULT},
        {"read into the kernel", __NR_read, {fd, (long)KERNEL_ADDRESS, 8}, -EFAULT},
        {"pread64", __NR_pread64, {fd, (long)&word, 8, 0}, -ESPIPE},
        {"F_GETFL", __NR_fcntl, {fd, F_GETFL}, O_RDWR},
        {"F_GETFD", __NR_fcntl, {fd, F_GETFD}, FD_CLOEXEC},
        {"the next read", __NR_read, {fd, (long)&word, 8}, 8},
        {"fstat", __NR_fstat, {fd, (long)&status}, 0},
    };
    CHECK_CALLS(cases);
    check_result("its mode", status.st_mode, 0600);
    call(__NR_close, fd);
}

int main(void)
{
    test_counter();
    test_top();
    test_errors();
    return check_finish();
}
