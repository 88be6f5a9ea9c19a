/* man/doap.c - prints the description of the project for other programs (kith.doap), from the table in the code */
#include <stdio.h>

#include "backends/xmpp/xeps.h"

int main(void)
{
    struct buf out = {0};
    xeps_describe(&out);
    size_t n = fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return n > 0 && fflush(stdout) == 0 ? 0 : 1;
}
