/* picture/main.c - kith-picture: decodes one picture and draws it, able to do nothing else */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "picture/decode.h"

enum { ASK_LIMIT = 64, MEMORY = 640 << 20, CHUNK = 256 << 10 };

#if defined(__SANITIZE_ADDRESS__)
#define CHECKED_BUILD 1 /* its shadow alone is larger than any limit */
#else
#define CHECKED_BUILD 0
#endif

/* Time, memory, and no files: whatever a decoder can be talked into, it ends. */
static void limit(void)
{
    (void)setrlimit(RLIMIT_CPU, &(struct rlimit){PICTURE_SECONDS, PICTURE_SECONDS});
    (void)setpriority(PRIO_PROCESS, 0, 10); /* who writes goes first */
    (void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    if (!CHECKED_BUILD)
        (void)setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY, MEMORY});
}

static enum picture_refusal read_file(int fd, struct buf *b)
{
    for (;;) {
        buf_reserve(b, CHUNK);
        ssize_t n = pread(fd, b->data + b->len, CHUNK, (off_t)b->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return PICTURE_DAMAGED;
        if (n == 0)
            return PICTURE_FINE;
        b->len += (size_t)n;
        if (b->len > PICTURE_FILE_MAX)
            return PICTURE_BIG_FILE;
    }
}

/* The answer, when there is none, and the end of this process. */
static void leave(void *user, enum picture_refusal why)
{
    struct frame_io *io = user;
    char reason = (char)why;
    frame_put(io, PICTURE_REFUSED, &reason, 1);
    frame_flush_all(io);
    _exit(0);
}

static void answer(struct frame_io *io, const struct picture_ask *a, int fd)
{
    struct buf file = {0}, out = {0};
    struct pixels p = {0};
    struct picture drawn = {0};
    enum picture_refusal r = read_file(fd, &file);
    if (r == PICTURE_FINE)
        r = decode((struct source){(const unsigned char *)file.data, file.len, leave, io},
                   (uint32_t)a->columns * a->cell_w, (uint32_t)a->rows * a->cell_h, &p);
    buf_free(&file);
    if (r == PICTURE_FINE)
        r = draw(a, &p, &drawn);
    if (r != PICTURE_FINE)
        leave(io, r);
    picture_put(&out, &drawn);
    frame_put(io, PICTURE_ANSWER, out.data, out.len);
    frame_flush_all(io);
    buf_free(&out);
    picture_free(&drawn);
    free(p.rgba);
}

int main(int argc, char **argv)
{
    struct frame_io io = {0};
    struct frame f;
    struct picture_ask a;
    struct confine_report report = {0};
    struct stat st;
    title_init(argc, argv);
    if (argc > 1 || fstat(STDIN_FILENO, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        fprintf(stderr, "kith-picture decodes pictures for kith, which starts it; it is of no use by hand.\n");
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    confine_early(&report);
    title_set("kith: picture");
    limit();
    draw_begin();
    frame_io_init(&io, STDIN_FILENO, ASK_LIMIT);
    confine_compute(&report);
    if (frame_wait(&io, &f) && f.kind == PICTURE_ASK && f.n_fds == 1 && picture_get_ask(f.data, f.len, &a))
        answer(&io, &a, f.fds[0]);
    frame_io_free(&io);
    _exit(0); /* what runs at an exit may want more than is left */
}
