/* SPDX-License-Identifier: MIT */
/*
 * The terminal's screen: any bytes, on a screen of any size. The first two bytes are the size.
 * Afterwards all is where it may be, and each stored line is shown once.
 */
#include <stdlib.h>

#include "kernel/dev/vt.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(const struct vt *vt)
{
    u8 shown[256] = {0};
    bool good = vt->x < vt->columns && vt->y < vt->rows && vt->top < vt->bottom &&
                vt->bottom <= vt->rows && vt->answer_length <= VT_ANSWER_MAX;
    for (u32 y = 0; y < vt->rows; y++) {
        good = good && vt->lines[y] < vt->rows && !shown[vt->lines[y]]++;
        for (u32 x = 0; x < vt->columns; x++)
            good = good && !(vt_line(vt, y)[x] & ~(VT_CURSOR - 1)) &&
                   (vt_line(vt, y)[x] & VT_CODE) >= ' ';
    }
    if (!good)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    if (size < 2)
        return 0;
    u32 rows = data[0] % 64 + 1, columns = data[1] % 96 + 1;
    /* Of exactly the size, so that the sanitizer sees a step beyond. */
    struct vt *vt = malloc(sizeof(*vt));
    u32 *cells = malloc(rows * columns * sizeof(*cells));
    u16 *lines = malloc(rows * sizeof(*lines));
    u8 *dirty = malloc(rows), answer[VT_ANSWER_MAX];
    vt_init(vt, rows, columns, cells, lines, dirty);
    vt_write(vt, data + 2, size - 2);
    check(vt);
    vt_take_answer(vt, answer);
    vt_write_plain(vt, (const char *)data + 2, size - 2);
    check(vt);
    free(vt), free(cells), free(lines), free(dirty);
    return 0;
}
