/* tests/fuzz/fuzz_local.c - frames of local chat from a hostile peer: split as on a socket, decoded
 */
/* links: base local */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/local/proto.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was decoded must encode and decode to the same. */
static void again(const struct lp *m, struct arena *a)
{
    struct buf b = {0}, c = {0};
    struct lp twice;
    struct err e = {0};
    lp_put(&b, m);
    ENSURE(lp_get(m->kind, b.len ? b.data : "", b.len, a, &twice, &e) == 0);
    lp_put(&c, &twice);
    ENSURE(b.len == c.len && (b.len == 0 || memcmp(b.data, c.data, b.len) == 0));
    buf_free(&b);
    buf_free(&c);
}

static void decode(const struct frame *f)
{
    struct arena a = {0};
    struct err e = {0};
    struct lp m;
    char *exact = xmalloc(f->len ? f->len : 1);
    memcpy(exact, f->data, f->len);
    if (lp_get(f->kind, exact, f->len, &a, &m, &e) == 0)
        again(&m, &a);
    free(exact);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    struct frame_io io = {0};
    struct frame f;
    if (size > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return 0;
    bool whole = write(fds[1], data, size) == (ssize_t)size;
    close(fds[1]);
    frame_io_init(&io, fds[0], LP_FRAME_MAX);
    while (whole && frame_fill(&io) > 0) {
        while (frame_next(&io, &f) == 1)
            decode(&f);
    }
    frame_io_free(&io);
    return 0;
}
