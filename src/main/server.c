/* main/server.c - the engine's socket: views attach and control clients ask through it */
#include "main/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"
#include "cmd/control.h"
#include "main/plain.h"
#include "view/proto.h"

enum { ACCEPT_AGAIN_MS = 1000, SERVER_CLIENTS = 64, CLIENT_QUEUE = 8 << 20, CLIENT_ARGS = 64, REFUSE_WAIT_MS = 1000 };

struct client {
    struct server *server;
    struct frame_io io;
    struct loop_io *watch;
    struct ui_view *view;        /* once it said VIEW_HELLO */
    struct control *control;     /* once it sent CTL_REQUEST */
    struct plain *plain;         /* once it sent VIEW_PLAIN */
    uint32_t number;             /* of the last frame drawn */
    bool dead;
};
struct server {
    struct server_params p;
    char *path;
    int fd;
    struct loop_io *watch;
    struct loop_timer *again; /* out of descriptors: nobody is let in until then */
    struct client **clients;
    size_t n_clients, cap_clients;
};

/* ---- output ---- */
static void client_die(struct client *c);

static void client_flush(struct client *c)
{
    int rc = c->dead ? 1 : frame_flush(&c->io);

    if (rc < 0)
        client_die(c);
    else if (!c->dead)
        loop_io_want(c->watch, LOOP_READ | (rc == 0 ? LOOP_WRITE : 0u));
}

static void client_put(struct client *c, enum proto_kind kind, const void *data, size_t len)
{
    if (c->dead)
        return;
    frame_put(&c->io, (uint16_t)kind, data, len);
    if (frame_queued(&c->io) > CLIENT_QUEUE)
        client_die(c); /* it does not read: a follower that was stopped */
    else
        client_flush(c);
}

static void client_put_u32(struct client *c, enum proto_kind kind, uint32_t n, const void *data, size_t len)
{
    struct buf b = {0};

    proto_put_u32(&b, n);
    buf_add(&b, data, len);
    client_put(c, kind, b.data, b.len);
    buf_free(&b);
}

/* ---- life and death: a client is freed at the end of the turn, never under its own callbacks ---- */
static void tell_views(struct server *s)
{
    if (s->p.views_changed != NULL)
        s->p.views_changed(s->p.user, ui_views(s->p.ui));
}

static void client_free(struct client *c)
{
    bool had_view = c->view != NULL;

    loop_io_del(c->watch);
    if (c->control != NULL)
        control_cancel(c->control);
    ui_view_free(c->view);
    plain_free(c->plain);
    frame_io_free(&c->io);
    if (had_view)
        tell_views(c->server);
    free(c);
}

static void bury(void *user)
{
    struct server *s = user;

    for (size_t i = s->n_clients; i-- > 0;) {
        struct client *c = s->clients[i];

        if (!c->dead)
            continue;
        VEC_DEL(s->clients, s->n_clients, i);
        client_free(c);
    }
}

static void client_die(struct client *c)
{
    c->dead = true;
    loop_io_want(c->watch, 0);
    loop_defer(c->server->p.loop, bury, c->server);
}

/* ---- views ---- */
static void view_out(void *user, const char *data, size_t len)
{
    struct client *c = user;

    client_put_u32(c, VIEW_OUT, ++c->number, data, len);
}

static void view_restore(void *user, const char *data, size_t len)
{
    client_put(user, VIEW_RESTORE, data, len);
}

static void view_suspend(void *user)
{
    client_put(user, VIEW_SUSPEND, NULL, 0);
}

static void view_edit(void *user, const char *command, const struct chat *chat, const char *text)
{
    const char *account = chat != NULL ? chat->account->name : "", *address = chat != NULL ? chat->address : "";
    struct buf b = {0};

    buf_add(&b, command, strlen(command) + 1);
    buf_add(&b, account, strlen(account) + 1);
    buf_add(&b, address, strlen(address) + 1);
    buf_adds(&b, text);
    client_put(user, VIEW_EDIT, b.data, b.len);
    buf_free(&b);
}

static void view_leave(void *user, int code, const char *sentence)
{
    struct client *c = user;

    client_put_u32(c, VIEW_EXIT, (uint32_t)code, sentence, sentence != NULL ? strlen(sentence) : 0);
    client_die(c);
}

static void on_hello(struct client *c, const struct frame *f)
{
    const char *env[CLIENT_ARGS], *p = f->data, *field, *open_uri = NULL, *account = NULL;
    struct ui_view_params vp = {.env = env, .user = c,
                                .io = {view_out, view_restore, view_suspend, view_leave, view_edit}};
    size_t left = f->len, n = 0;
    uint32_t version;
    uint16_t columns, rows;
    struct err e = {0};

    if (c->view != NULL || c->control != NULL || c->plain != NULL || !proto_get_u32(&p, &left, &version) ||
        !proto_get_u16(&p, &left, &columns) || !proto_get_u16(&p, &left, &rows)) {
        client_die(c);
        return;
    }
    if (version != PROTO_VERSION) {
        view_leave(c, EXIT_FAILED, "the running kith is of another version: end it with `kith quit`, then start again");
        return;
    }
    while (n + 1 < COUNT(env) && (field = proto_get_field(&p, &left)) != NULL) {
        env[n++] = field;
        if (str_starts(field, "KITH_OPEN="))
            open_uri = field + strlen("KITH_OPEN=");
        else if (str_starts(field, "KITH_ACCOUNT="))
            account = field + strlen("KITH_ACCOUNT=");
    }
    env[n] = NULL;
    vp.columns = columns;
    vp.rows = rows;
    c->view = ui_view_new(c->server->p.ui, &vp, &e);
    if (c->view == NULL) {
        view_leave(c, EXIT_TERMINAL, e.text);
        return;
    }
    tell_views(c->server);
    core_drafts_left(c->server->p.env->core); /* of an engine before this one: its editor may have ended since */
    core_user_active(c->server->p.env->core);
    if (account != NULL)
        ui_view_account(c->view, account);
    if (open_uri != NULL)
        (void)ui_view_open(c->view, open_uri, &(struct err){0});
}

static void on_view_frame(struct client *c, const struct frame *f)
{
    const char *p = f->data;
    size_t left = f->len;
    uint16_t columns, rows;
    uint32_t number;

    if (f->kind == VIEW_BYTES) {
        core_user_active(c->server->p.env->core);
        ui_view_bytes(c->view, f->data, f->len);
    } else if (f->kind == VIEW_SIZE && proto_get_u16(&p, &left, &columns) && proto_get_u16(&p, &left, &rows))
        ui_view_resize(c->view, columns, rows);
    else if (f->kind == VIEW_ACK && proto_get_u32(&p, &left, &number) && number == c->number)
        ui_view_acked(c->view);
    else if (f->kind == VIEW_CONTINUED)
        ui_view_continued(c->view);
    else if (f->kind == VIEW_EDITED && proto_get_u32(&p, &left, &number))
        ui_view_edited(c->view, number == 1, p, left);
    else if (f->kind == VIEW_GONE)
        client_die(c);
}

/* ---- kith --plain ---- */
static void plain_line_frame(void *user, const char *text)
{
    char *line = xasprintf("%s\n", text);

    client_put(user, CTL_OUT, line, strlen(line));
    free(line);
}

static void plain_prompt_frame(void *user, const char *label, bool secret)
{
    client_put_u32(user, VIEW_PROMPT, secret, label, strlen(label));
}

static void plain_input_frame(void *user, const char *text)
{
    client_put(user, VIEW_INPUT, text, strlen(text));
}

static void on_plain(struct client *c, const struct frame *f)
{
    static const struct plain_io io = {plain_line_frame, plain_prompt_frame, plain_input_frame, view_leave};
    const char *env[CLIENT_ARGS] = {NULL}, *p = f->data, *field;
    size_t n = 0, left = f->len;
    char *text;

    if (c->plain == NULL) {
        while (n + 1 < COUNT(env) && (field = proto_get_field(&p, &left)) != NULL)
            env[n++] = field;
        c->plain = plain_new(c->server->p.env, &io, env, c);
    } else if (f->kind == VIEW_BYTES || f->kind == VIEW_ANSWER) {
        text = xstrndup(f->data, f->len);
        core_user_active(c->server->p.env->core);
        if (f->kind == VIEW_ANSWER)
            plain_reply(c->plain, text);
        else
            plain_input(c->plain, text);
        mem_wipe(text, f->len); /* it may be a password */
        free(text);
    } else {
        client_die(c);
    }
}

/* ---- control clients ---- */
static void control_out(void *user, bool is_error, const char *data, size_t len)
{
    client_put(user, is_error ? CTL_ERR : CTL_OUT, data, len);
}

static void control_done(void *user, int code)
{
    struct client *c = user;

    c->control = NULL;
    client_put_u32(c, CTL_DONE, (uint32_t)code, NULL, 0);
    /* The client hangs up when it has read this. */
}

static void on_request(struct client *c, const struct frame *f)
{
    const char *argv[CLIENT_ARGS], *p = f->data;
    size_t left = f->len;
    uint32_t argc;
    struct control_request r = {.out = control_out, .done = control_done, .user = c};

    if (c->view != NULL || c->control != NULL || c->plain != NULL || !proto_get_u32(&p, &left, &argc) || argc == 0 || argc >= CLIENT_ARGS) {
        client_die(c);
        return;
    }
    for (uint32_t i = 0; i < argc; i++) {
        argv[i] = proto_get_field(&p, &left);
        if (argv[i] == NULL) {
            client_die(c);
            return;
        }
    }
    argv[argc] = NULL;
    r.argc = (int)argc;
    r.argv = argv;
    r.body = p;
    r.body_len = left;
    c->control = control_run(c->server->p.env, &r);
}

/* ---- input ---- */
static void on_client(void *user, int fd, unsigned ready)
{
    struct client *c = user;
    struct frame f;
    int rc, got = 0;

    (void)fd;
    if (ready & LOOP_WRITE)
        client_flush(c);
    if (c->dead || !(ready & (LOOP_READ | LOOP_HANGUP)))
        return;
    rc = frame_fill(&c->io);
    while (!c->dead && (got = frame_next(&c->io, &f)) > 0) {
        if (f.kind == VIEW_HELLO)
            on_hello(c, &f);
        else if (f.kind == CTL_REQUEST)
            on_request(c, &f);
        else if (c->view != NULL)
            on_view_frame(c, &f);
        else if (c->plain != NULL || (f.kind == VIEW_PLAIN && c->control == NULL))
            on_plain(c, &f);
        else
            client_die(c);
    }
    frame_wipe_taken(&c->io); /* keys: some are of passwords */
    if (rc < 0 || got < 0)
        client_die(c);
}

void server_adopt(struct server *s, int fd)
{
    struct client *c;
    uid_t uid;

    if (sock_peer(fd, &uid, NULL) < 0 || uid != getuid() || s->n_clients >= SERVER_CLIENTS) {
        close(fd);
        return;
    }
    c = xcalloc(1, sizeof *c);
    c->server = s;
    frame_io_init(&c->io, fd, PROTO_MAX);
    c->io.in.secret = true; /* keys: some are of passwords */
    c->watch = loop_io_add(s->p.loop, fd, LOOP_READ, on_client, c);
    loop_io_priority(c->watch, -1); /* the keyboard comes before the network */
    VEC_PUSH(s->clients, s->n_clients, s->cap_clients, c);
}

static void accept_again(void *user)
{
    struct server *s = user;

    s->again = NULL;
    loop_io_want(s->watch, LOOP_READ);
}

static void on_listen(void *user, int fd, unsigned ready)
{
    struct server *s = user;
    int client = sock_accept(fd);

    (void)ready;
    if (client >= 0) {
        server_adopt(s, client);
    } else if (client != -EAGAIN) { /* whoever waits would wake us at once again */
        log_warn("accept: %s", strerror(-client));
        loop_io_want(s->watch, 0);
        s->again = loop_timer_add(s->p.loop, ACCEPT_AGAIN_MS, accept_again, s);
    }
}

struct server *server_new(const struct server_params *p, const char *path, struct err *e)
{
    int fd = sock_unix_listen(path, 0600, e);
    struct server *s;

    if (fd < 0)
        return NULL;
    s = xcalloc(1, sizeof *s);
    s->p = *p;
    s->path = xstrdup(path);
    s->fd = fd;
    s->watch = loop_io_add(p->loop, fd, LOOP_READ, on_listen, s);
    return s;
}

static void wait_sent(struct frame_io *io)
{
    struct pollfd p = {.fd = io->fd, .events = POLLOUT};

    while (frame_flush(io) == 0 && poll(&p, 1, REFUSE_WAIT_MS) > 0)
        continue;
}

void server_free(struct server *s, int code, const char *sentence)
{
    if (s == NULL)
        return;
    loop_io_del(s->watch);
    loop_timer_del(s->again);
    close(s->fd);
    unlink(s->path);
    s->p.views_changed = NULL;
    for (size_t i = 0; i < s->n_clients; i++) {
        struct client *c = s->clients[i];

        if (c->view != NULL || c->plain != NULL)
            client_put_u32(c, VIEW_EXIT, (uint32_t)code, sentence, sentence != NULL ? strlen(sentence) : 0);
        if (!c->dead)
            wait_sent(&c->io);
        client_free(c);
    }
    free(s->clients);
    free(s->path);
    free(s);
}

void server_refuse(int fd, int code, const char *sentence)
{
    struct frame_io io = {0};
    struct buf b = {0};

    frame_io_init(&io, fd, PROTO_MAX);
    proto_put_u32(&b, (uint32_t)code);
    buf_adds(&b, sentence);
    frame_put(&io, VIEW_EXIT, b.data, b.len);
    buf_free(&b);
    wait_sent(&io);
    frame_io_free(&io);
}
