/* SPDX-License-Identifier: MIT */
/* What a C library registers for its first thread: set_tid_address, set_robust_list, rseq. */
#include "tests/abi/check.h"

#include <linux/futex.h>
#include <linux/rseq.h>
#include <sys/rseq.h>

#define RSEQ_SIZE 32 /* the size of struct rseq as first published */

static void test_tid_address(void)
{
    static int word;
    long tid = call(__NR_gettid);

    check_result("set_tid_address gives the thread's number", call(__NR_set_tid_address, &word),
                 tid);
    check_result("it takes any address", call(__NR_set_tid_address, KERNEL_ADDRESS), tid);
    check_result("and none", call(__NR_set_tid_address, 0), tid);
}

static void test_robust_list(void)
{
    static struct robust_list_head head;
    static void *asked;
    static size_t length;
    long size = sizeof(head);
    struct call_case cases[] = {
        {"set_robust_list", __NR_set_robust_list, {(long)&head, size}, 0},
        {"set_robust_list of another size", __NR_set_robust_list, {(long)&head, size + 8}, -EINVAL},
        {"set_robust_list of no size", __NR_set_robust_list, {(long)&head, 0}, -EINVAL},
        {"get_robust_list", __NR_get_robust_list, {0, (long)&asked, (long)&length}, 0},
        {"get_robust_list into nowhere", __NR_get_robust_list, {0, 0, (long)&length}, -EFAULT},
        {"get_robust_list of nobody",
         __NR_get_robust_list,
         {0x3fffffff, (long)&asked, (long)&length},
         -ESRCH},
    };

    head.list.next = &head.list;
    CHECK_CALLS(cases);
    check("it gives back what was set", asked == &head && length == sizeof(head));
}

static struct rseq *rseq_of_libc(void)
{
    return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* glibc has registered its own area, so this begins with what a second registration gets. */
static void test_rseq_registered(struct rseq *own)
{
    static struct rseq other;
    struct call_case cases[] = {
        {"the same again", __NR_rseq, {(long)own, RSEQ_SIZE, 0, RSEQ_SIG}, -EBUSY},
        {"with another signature", __NR_rseq, {(long)own, RSEQ_SIZE, 0, 1}, -EPERM},
        {"with another size", __NR_rseq, {(long)own, 16, 0, RSEQ_SIG}, -EINVAL},
        {"another area", __NR_rseq, {(long)&other, RSEQ_SIZE, 0, RSEQ_SIG}, -EINVAL},
        {"with a bad flag", __NR_rseq, {(long)own, RSEQ_SIZE, 0x80, RSEQ_SIG}, -EINVAL},
        {"unregister another area", __NR_rseq, {(long)&other, RSEQ_SIZE, 1, RSEQ_SIG}, -EINVAL},
        {"unregister another size", __NR_rseq, {(long)own, 16, 1, RSEQ_SIG}, -EINVAL},
        {"unregister another signature", __NR_rseq, {(long)own, RSEQ_SIZE, 1, 1}, -EPERM},
        {"unregister with a bad flag", __NR_rseq, {(long)own, RSEQ_SIZE, 0x81, RSEQ_SIG}, -EINVAL},
    };

    check("the area names the processor", own->cpu_id < 4096 && own->cpu_id_start == own->cpu_id);
    CHECK_CALLS(cases);
    check_result("unregister", call(__NR_rseq, own, RSEQ_SIZE, 1, RSEQ_SIG), 0);
    check("the area says so", own->cpu_id == (uint32_t)RSEQ_CPU_ID_UNINITIALIZED);
    check_result("unregister again", call(__NR_rseq, own, RSEQ_SIZE, 1, RSEQ_SIG), -EINVAL);
}

static void test_rseq_free(void)
{
    static struct rseq area = {.cpu_id = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED};
    long odd = (long)&area + 8;
    struct call_case cases[] = {
        {"register misaligned", __NR_rseq, {odd, RSEQ_SIZE, 0, RSEQ_SIG}, -EINVAL},
        {"register too small a size", __NR_rseq, {(long)&area, 16, 0, RSEQ_SIG}, -EINVAL},
        {"register in the kernel",
         __NR_rseq,
         {(long)KERNEL_ADDRESS, RSEQ_SIZE, 0, RSEQ_SIG},
         -EFAULT},
        {"register", __NR_rseq, {(long)&area, RSEQ_SIZE, 0, RSEQ_SIG}, 0},
        {"register again", __NR_rseq, {(long)&area, RSEQ_SIZE, 0, RSEQ_SIG}, -EBUSY},
    };

    CHECK_CALLS(cases);
    check("the new area names the processor",
          area.cpu_id < 4096 && area.cpu_id_start == area.cpu_id);
    check_result("unregister the new one", call(__NR_rseq, &area, RSEQ_SIZE, 1, RSEQ_SIG), 0);
}

int main(void)
{
    test_tid_address();
    test_robust_list();
    if (!check("the C library has registered rseq", __rseq_size > 0))
        return check_finish();
    test_rseq_registered(rseq_of_libc());
    test_rseq_free();
    return check_finish();
}
