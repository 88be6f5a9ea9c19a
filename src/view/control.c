/* view/control.c - the command-line side of `kith send`, `tail`, ...: hands a request to the running engine */
#include "view/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/frame.h"
#include "view/proto.h"

/* 0 = go on, else 1 + exit code. */
static int on_frame(const struct frame *f)
{
    const char *p = f->data;
    size_t left = f->len;
    uint32_t code = EXIT_FAILED;

    if (f->kind == CTL_OUT) {
        if (fwrite(f->data, 1, f->len, stdout) != f->len || fflush(stdout) != 0)
            return 1 + EXIT_FAILED;
    } else if (f->kind == CTL_ERR) {
        fprintf(stderr, "kith: %.*s\n", (int)f->len, f->data);
    } else if (f->kind == CTL_DONE) {
        proto_get_u32(&p, &left, &code);
        return 1 + (int)code;
    }
    return 0;
}

static int talk(struct frame_io *io)
{
    for (;;) {
        struct pollfd p = {.fd = io->fd, .events = POLLIN};
        struct frame f;
        int rc = frame_flush(io), done;

        if (rc == 0)
            p.events |= POLLOUT;
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            break;
        rc = frame_fill(io);
        while (frame_next(io, &f) > 0) {
            done = on_frame(&f);
            if (done > 0)
                return done - 1;
        }
        if (rc < 0)
            break;
    }
    fprintf(stderr, "kith: the engine went away before it answered\n");
    return EXIT_FAILED;
}

int control_client(int fd, int argc, const char *const *argv, const char *body, size_t len)
{
    struct frame_io io = {0};
    struct buf b = {0};
    int code;

    signal(SIGPIPE, SIG_IGN);
    frame_io_init(&io, fd, PROTO_MAX);
    proto_put_u32(&b, (uint32_t)argc);
    for (int i = 0; i < argc; i++)
        buf_add(&b, argv[i], strlen(argv[i]) + 1);
    buf_add(&b, body, len);
    frame_put(&io, CTL_REQUEST, b.data, b.len);
    buf_free(&b);
    code = talk(&io);
    frame_io_free(&io);
    return code;
}
