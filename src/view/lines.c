/* view/lines.c - the terminal side of kith --plain: lines in, lines out */
#include "view/lines.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "view/proto.h"

enum { LINES_MAX = 1 << 20 };

/* Sends each whole line that came; what is longer than any message is cut. */
static void send_lines(struct frame_io *io, struct buf *in)
{
    char *end;

    while (in->len > 0 && (end = memchr(in->data, '\n', in->len)) != NULL) {
        size_t len = (size_t)(end - in->data);

        frame_put(io, VIEW_BYTES, in->data, len);
        buf_consume(in, len + 1);
    }
    if (in->len > LINES_MAX)
        buf_clear(in);
}

static bool read_input(struct frame_io *io, struct buf *in)
{
    char data[16384];
    ssize_t n = read(STDIN_FILENO, data, sizeof data);

    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    buf_add(in, data, (size_t)n);
    if (n == 0 && in->len > 0)
        buf_addc(in, '\n');
    send_lines(io, in);
    if (n == 0)
        frame_put(io, VIEW_GONE, NULL, 0);
    return n > 0;
}

/* -1 = go on, else the exit code. */
static int on_frame(const struct frame *f)
{
    const char *p = f->data;
    size_t left = f->len;
    uint32_t code = EXIT_FAILED;

    if (f->kind == CTL_OUT) {
        if (fwrite(f->data, 1, f->len, stdout) != f->len || fflush(stdout) != 0)
            return EXIT_FAILED;
    } else if (f->kind == VIEW_EXIT) {
        proto_get_u32(&p, &left, &code);
        if (left > 0)
            fprintf(stderr, "kith: %.*s\n", (int)left, p);
        return (int)code;
    }
    return -1;
}

static int talk(struct frame_io *io, struct buf *in)
{
    bool open = true;

    for (;;) {
        struct pollfd p[2] = {{.fd = io->fd, .events = POLLIN}, {.fd = open ? STDIN_FILENO : -1, .events = POLLIN}};
        struct frame f;
        int rc = frame_flush(io), code = -1;

        if (rc == 0)
            p[0].events |= POLLOUT;
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return EXIT_FAILED;
        if (open && p[1].revents != 0)
            open = read_input(io, in);
        rc = frame_fill(io);
        while (code < 0 && frame_next(io, &f) > 0)
            code = on_frame(&f);
        if (code >= 0)
            return code;
        if (rc < 0 && !open)
            return EXIT_OK; /* we said goodbye, and it hung up */
        if (rc < 0) {
            fprintf(stderr, "kith: the engine ended unexpectedly. Nothing stored is lost: start kith again.\n");
            return EXIT_FAILED;
        }
    }
}

int lines_run(int fd)
{
    struct frame_io io = {0};
    struct buf in = {0};
    int code;

    signal(SIGPIPE, SIG_IGN);
    frame_io_init(&io, fd, PROTO_MAX);
    frame_put(&io, VIEW_PLAIN, NULL, 0);
    code = talk(&io, &in);
    buf_free(&in);
    frame_io_free(&io);
    return code;
}
