/* SPDX-License-Identifier: MIT */
/* Says nothing and ends with status 42. */
int main(void)
{
    return 42;
}
