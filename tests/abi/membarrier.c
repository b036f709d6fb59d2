/* SPDX-License-Identifier: MIT */
/* membarrier: what there is, what wants to be registered first, and what nobody knows. */
#include "tests/abi/check.h"

#include <linux/membarrier.h>

#define EXPECTED 0x7f /* what Linux has had since 4.16 */

int main(void)
{
    static const struct call_case cases[] = {
        {"all processors", __NR_membarrier, {MEMBARRIER_CMD_GLOBAL}, 0},
        {"at once", __NR_membarrier, {MEMBARRIER_CMD_GLOBAL_EXPEDITED}, 0},
        {"not registered", __NR_membarrier, {MEMBARRIER_CMD_PRIVATE_EXPEDITED}, -EPERM},
        {"register", __NR_membarrier, {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED}, 0},
        {"registered", __NR_membarrier, {MEMBARRIER_CMD_PRIVATE_EXPEDITED}, 0},
        {"not this one", __NR_membarrier, {MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE}, -EPERM},
        {"register it", __NR_membarrier, {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE}, 0},
        {"this one, too", __NR_membarrier, {MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE}, 0},
        {"not for sequences", __NR_membarrier, {MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ}, -EPERM},
        {"not for those of one processor",
         __NR_membarrier,
         {MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 0},
         -EPERM},
        {"register for sequences",
         __NR_membarrier,
         {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ},
         0},
        {"for sequences", __NR_membarrier, {MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ}, 0},
        {"for those of one processor",
         __NR_membarrier,
         {MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 0},
         0},
        {"of one that is not there",
         __NR_membarrier,
         {MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 4000},
         0},
        {"of one below zero",
         __NR_membarrier,
         {MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, -1},
         0},
        {"with another flag", __NR_membarrier, {MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 2}, -EINVAL},
        {"one processor's barrier",
         __NR_membarrier,
         {MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_FLAG_CPU, 0},
         -EINVAL},
        {"a registration with flags",
         __NR_membarrier,
         {MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 1},
         -EINVAL},
        {"register for all", __NR_membarrier, {MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED}, 0},
        {"flags", __NR_membarrier, {MEMBARRIER_CMD_GLOBAL, 1}, -EINVAL},
        {"flags of a query", __NR_membarrier, {MEMBARRIER_CMD_QUERY, 1}, -EINVAL},
        {"two at once",
         __NR_membarrier,
         {MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED},
         -EINVAL},
        {"nobody knows", __NR_membarrier, {1 << 20}, -EINVAL},
        {"below zero", __NR_membarrier, {-1}, -EINVAL},
    };

    check_result("a query", call(__NR_membarrier, MEMBARRIER_CMD_QUERY) & EXPECTED, EXPECTED);
    CHECK_CALLS(cases);
    return check_finish();
}
