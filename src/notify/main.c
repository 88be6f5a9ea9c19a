/* notify/main.c - kith-notify: shows on the desktop what the engine asks for, and may hang with the
 * desktop */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/stat.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "notify/desktop.h"
#include "notify/notice.h"

static int show(struct desktop *d, const struct frame *f, struct err *e)
{
    const char *at = f->data + 1, *end = f->data + f->len;
    const char *key = f->len ? notice_field(&at, end) : NULL;
    const char *title = key ? notice_field(&at, end) : NULL,
               *body = title ? notice_field(&at, end) : NULL;
    if (!body)
        return err_set(e, -1, "A notice that cannot be read");
    return desktop_show(d, key, title, body, (unsigned char)f->data[0], e);
}

static int hide(struct desktop *d, const struct frame *f, struct err *e)
{
    const char *at = f->data, *key = notice_field(&at, f->data + f->len);
    return key ? desktop_close(d, key, e) : err_set(e, -1, "A notice that cannot be read");
}

static void answer(void *user, struct frame_io *io, const struct frame *f)
{
    struct desktop *d = user;
    struct err e = {0};
    int rc = f->kind == NOTICE_SHOW ? show(d, f, &e) : f->kind == NOTICE_CLOSE ? hide(d, f, &e) : 0;
    if (rc < 0)
        frame_put(io, NOTICE_FAILED, e.text, strlen(e.text));
    else
        frame_put(io, NOTICE_DONE, NULL, 0);
}

int main(int argc, char **argv)
{
    struct frame_io io = {0};
    struct stat st;
    title_init(argc, argv);
    if (argc > 1 || fstat(0, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        fprintf(stderr,
                "kith-notify shows notices for kith, which starts it; it is of no use by hand.\n");
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    title_set("kith: notices");
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a stopped one would outlive a dead engine */
#endif
    int fd = dup(0);
    if (fd < 0)
        return 1;
    struct desktop *d = desktop_new();
    frame_io_init(&io, fd, NOTICE_FRAME_MAX);
    frame_serve(&io, answer, d);
    frame_io_free(&io);
    desktop_free(d);
    return 0;
}
