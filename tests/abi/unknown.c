/* SPDX-License-Identifier: MIT */
/* Numbers that name no system call answer -ENOSYS, whatever their arguments are. */
#include "tests/abi/check.h"

int main(void)
{
    struct call_case cases[] = {
        {"a number in the gap", 400, {1, 2, 3, 4, 5, 6}, -ENOSYS},
        {"the last of the gap", 423, {-1, -1, -1, -1, -1, -1}, -ENOSYS},
        {"create_module, gone long ago", 174, {0}, -ENOSYS},
        {"a number above the table", 1000, {0}, -ENOSYS},
        {"the same again", 1000, {0}, -ENOSYS},
        {"a large number", 0x7fffffff, {0}, -ENOSYS},
        {"number -1", -1, {0}, -ENOSYS},
        {"number -2147483648", -2147483647L - 1, {0}, -ENOSYS},
        {"number -4096", -4096, {0}, -ENOSYS},
    };

    CHECK_CALLS(cases);
    check("and the program goes on", call(__NR_getpid) > 0);
    return check_finish();
}
