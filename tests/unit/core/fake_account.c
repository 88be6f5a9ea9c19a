/* unit/core/fake_account.c - stands in for kith-account: speaks the wire, does good and evil as
 * told
 *
 * Options of the account: hello=refuse|silent; server=DIR: a pretended server whose memory is in
 * files of DIR (sent: one "id body" a line; acked: how many incoming ones were committed);
 * incoming=N: messages waiting there; chaos=SEED: dies at random moments. Backend commands
 * (OP_COMMAND): die, abort, spin, eat, stop, garbage, flood N, past N (a catch-up of the archive), offline ERR RETRY TEXT, ask, older
 * (makes the archive answer), barren (all its pages are empty, each has a new cursor), stuck MS,
 * sub ID NAME [KEY VALUE ...] (an account behind this one), subs N, gone ID, list begin|end, told (says what it was
 * given), secret KEY (asks the account above it).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/frame.h"
#include "base/mem.h"
#include "wire/wire.h"

struct fake {
    struct frame_io io;
    struct arena open_mem, mem;
    struct wire_open open;
    uint64_t number;
    const char *server;
    int incoming, given, acked; /* of the pretended server's messages */
    uint64_t numbers[64];       /* event number of each message given, by its number */
    bool online;
    uint32_t chaos;
    bool barren;
    char held[64]; /* id of the message that waits for its turn */
    int pages; /* of the barren archive that were asked for */
};

static const char *option(const struct fake *f, const char *key)
{
    for (size_t i = 0; i < f->open.n_options; i++) {
        if (str_eq(f->open.options[i].key, key))
            return f->open.options[i].value;
    }
    return NULL;
}

static int number_option(const struct fake *f, const char *key)
{
    int64_t n = 0;
    const char *v = option(f, key);
    return v && str_int(v, 0, 1000000000, &n) ? (int)n : 0;
}

/* A point at which the process may be gone the next moment. */
static void chance(struct fake *f)
{
    if (!f->chaos)
        return;
    f->chaos = f->chaos * 1664525u + 1013904223u;
    if ((f->chaos >> 16) % 97 == 0)
        kill(getpid(), SIGKILL);
}

static void flush(struct fake *f)
{
    while (frame_flush(&f->io) == 0) {
        struct pollfd p = {.fd = f->io.fd, .events = POLLOUT};
        poll(&p, 1, -1);
    }
}

static void put(struct fake *f, enum wire_kind kind, struct buf *b)
{
    frame_put(&f->io, kind, buf_str(b), b->len);
    buf_free(b);
    if (frame_queued(&f->io) > (256u << 10))
        flush(f);
}

static void emit(struct fake *f, void *ev)
{
    struct buf b = {0};
    wire_put_event(&b, ++f->number, ev);
    put(f, WIRE_EVENT, &b);
}

static void state(struct fake *f, uint32_t st, int err, uint32_t retry, const char *text,
                  int64_t deadline)
{
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE},
                               .state = st,
                               .err = err,
                               .retry = retry,
                               .text = text,
                               .deadline_ms = deadline};
    emit(f, &ev);
}

static void reply(struct fake *f, kith_req req, int err, const char *text, uint32_t more,
                  const char *cursor)
{
    struct kith_ev_reply ev = {.ev = {.size = sizeof ev, .type = KITH_EV_REPLY, .req = req},
                               .err = err,
                               .text = text,
                               .more = more,
                               .cursor = cursor};
    emit(f, &ev);
}

static void message(struct fake *f, int n, const char *prefix, uint32_t flags, kith_req req,
                    int64_t time)
{
    char id[48], body[96];
    snprintf(id, sizeof id, "%s-%d", prefix, n);
    snprintf(body, sizeof body, "%s %d: a line of the usual length, as people write them", prefix,
             n);
    struct kith_ev_message ev = {
        .ev = {.size = sizeof ev, .type = KITH_EV_MESSAGE, .req = req, .time_ms = time},
        .chat = "bob@fake",
        .sender = "bob@fake",
        .id = id,
        .origin_id = id,
        .archive_id = id,
        .body = body,
        .flags = flags};
    emit(f, &ev);
}

/* ---- the pretended server ---- */

static char *file_of(const struct fake *f, const char *name)
{
    return xasprintf("%s/%s", f->server, name);
}

static bool server_has(const struct fake *f, const char *id)
{
    char line[512], *path = file_of(f, "sent");
    FILE *in = fopen(path, "re");
    bool found = false;
    free(path);
    while (in && !found && fgets(line, sizeof line, in))
        found = strncmp(line, id, strlen(id)) == 0;
    if (in)
        fclose(in);
    return found;
}

static void server_take(const struct fake *f, const char *id, const char *body)
{
    char *path = file_of(f, "sent"), *line = xasprintf("%s %s\n", id, body);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        abort();
    close(fd);
    free(path);
    free(line);
}

static void receipt(struct fake *f, const char *chat, const char *id, uint32_t what)
{
    struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT},
                                 .chat = chat,
                                 .id = id,
                                 .delivery = what};
    emit(f, &ev);
}

static void link_is(struct fake *f, uint32_t waiting, int64_t wait, int64_t lag)
{
    struct kith_ev_link ev = {.ev = {.size = sizeof ev, .type = KITH_EV_LINK},
                              .waiting = waiting,
                              .wait_ms = wait,
                              .lag_ms = lag};
    emit(f, &ev);
}

static void on_unsend(struct fake *f, const struct wire_op *op)
{
    struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT},
                                 .chat = op->chat,
                                 .id = op->id,
                                 .delivery = KITH_FAILED,
                                 .err = KITH_ECANCELED};
    struct wire_refused r = {
        .size = sizeof r, .type = OP_UNSEND, .err = KITH_ENOTFOUND, .chat = op->chat, .id = op->id};
    struct buf b = {0};
    if (str_eq(f->held, op->id)) {
        emit(f, &ev);
        link_is(f, 0, 0, 42);
        return;
    }
    wire_put_refused(&b, &r);
    put(f, WIRE_REFUSED, &b);
}

static void on_send(struct fake *f, const struct wire_op *op)
{
    const struct kith_send *s = op->send;
    if (str_starts(s->body, "refuse")) {
        struct wire_refused r = {
            .size = sizeof r, .type = OP_SEND, .err = KITH_ETOOBIG, .chat = s->chat, .id = s->id};
        struct buf b = {0};
        wire_put_refused(&b, &r);
        put(f, WIRE_REFUSED, &b);
        return;
    }
    if (str_starts(s->body, "fail")) {
        struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT},
                                     .chat = s->chat,
                                     .id = s->id,
                                     .delivery = KITH_FAILED,
                                     .err = KITH_ENOTFOUND,
                                     .text = "nobody lives there"};
        emit(f, &ev);
        return;
    }
    if (str_starts(s->body, "hold")) { /* until it is taken back */
        snprintf(f->held, sizeof f->held, "%s", s->id);
        link_is(f, 2, 4000, 42);
        return;
    }
    if (str_starts(s->body, "slow"))
        return; /* nothing is ever heard of it */
    chance(f);
    bool known = f->server && (s->flags & KITH_SEND_RETRY) && server_has(f, s->id);
    if (f->server && !known)
        server_take(f, s->id, s->body);
    chance(f);
    receipt(f, s->chat, s->id, KITH_SENT);
    flush(f);
    chance(f);
    receipt(f, s->chat, s->id, KITH_STORED);
}

static void read_acked(struct fake *f)
{
    char *path = file_of(f, "acked");
    FILE *in = fopen(path, "re");
    char line[32] = "0";
    int64_t n = 0;
    if (in && fgets(line, sizeof line, in))
        str_int(line, 0, 1000000, &n);
    if (in)
        fclose(in);
    free(path);
    f->acked = f->given = (int)n;
}

static void write_acked(const struct fake *f)
{
    char *path = file_of(f, "acked"), *tmp = file_of(f, "acked.new");
    FILE *out = fopen(tmp, "we");
    if (!out || fprintf(out, "%d", f->acked) < 0 || fclose(out) != 0 || rename(tmp, path) < 0)
        abort();
    free(path);
    free(tmp);
}

/* A few at a time, and not far ahead of what was committed: as a server with a window does. */
static void give_incoming(struct fake *f)
{
    for (int i = 0; f->online && i < 10 && f->given < f->incoming && f->given - f->acked < 40;
         i++) {
        message(f, ++f->given, "in", 0, 0, 0);
        f->numbers[f->given % 64] = f->number;
        chance(f);
    }
}

static void on_committed(struct fake *f, uint64_t number)
{
    int before = f->acked;
    while (f->server && f->acked < f->given && f->numbers[(f->acked + 1) % 64] <= number)
        f->acked++;
    if (f->acked != before)
        write_acked(f);
}

/* ---- commands ---- */

static void on_flood(struct fake *f, const char *count, bool past)
{
    int64_t n = 0;
    str_int(count, 0, 1000000, &n);
    for (int i = 1; i <= n; i++)
        message(f, i, past ? "past" : "flood", past ? KITH_MSG_HISTORY : 0, 0, past ? 1000000000000 + i * 1000 : 0);
}

static void on_ask(struct fake *f)
{
    struct kith_field field = {
        .size = sizeof field, .key = "secret", .label = "Password", .type = "secret"};
    struct kith_ev_ask ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK},
                             .ask = 77,
                             .kind = KITH_ASK_SECRET,
                             .subject = "fake",
                             .title = "Password for fake",
                             .fields = &field,
                             .n_fields = 1};
    emit(f, &ev);
}

#include "fake_below.h"

static void eat(void)
{
    for (;;) {
        char *p = malloc(1 << 20);
        if (!p)
            abort();
        memset(p, 1, 1 << 20);
    }
}

static void on_command(struct fake *f, const struct wire_op *op)
{
    const char *what = op->list[0], *arg = op->n_list > 1 ? op->list[1] : "";
    int64_t n = 0;
    if (str_eq(what, "die"))
        exit(3);
    else if (str_eq(what, "abort"))
        abort();
    else if (str_eq(what, "spin"))
        for (volatile int i = 0;; i++)
            ;
    else if (str_eq(what, "eat"))
        eat();
    else if (str_eq(what, "stop"))
        kill(getpid(), SIGSTOP);
    else if (str_eq(what, "barren"))
        f->barren = true;
    else if (str_eq(what, "garbage"))
        for (int i = 0; i < 100; i++)
            frame_put(&f->io, WIRE_EVENT, "\xff\xff\xff\xff\xff\xff", 6);
    else if (str_eq(what, "flood") || str_eq(what, "past"))
        on_flood(f, arg, str_eq(what, "past"));
    else if (str_eq(what, "ask"))
        on_ask(f);
    else if (str_eq(what, "sub"))
        on_sub(f, op);
    else if (str_eq(what, "subs"))
        on_subs(f, arg);
    else if (str_eq(what, "gone"))
        on_gone(f, arg);
    else if (str_eq(what, "list"))
        on_list(f, arg);
    else if (str_eq(what, "told"))
        on_told(f);
    else if (str_eq(what, "secret"))
        put_secret(f, 5, arg, NULL);
    else if (str_eq(what, "certificate"))
        on_certificate(f);
    else if (str_eq(what, "offline") && op->n_list == 4)
        state(f, KITH_STATE_OFFLINE, (int)-strtol(arg, NULL, 10),
              str_eq(op->list[2], "never") ? KITH_RETRY_NEVER : KITH_RETRY_AUTO, op->list[3], 0);
    else if (str_eq(what, "stuck") && str_int(arg, 1, 60000, &n)) {
        state(f, KITH_STATE_TLS, 0, 0, "fake:5222", n);
        flush(f);
        pause();
    }
    reply(f, op->req, KITH_OK, NULL, 0, NULL);
}

static void on_fetch(struct fake *f, const struct wire_op *op)
{
    /* An archive of 250 messages of one second each, "old-1" .. "old-250". */
    int64_t upto = 251;
    const char *before = op->fetch->before_id;
    char cursor[32];
    if (f->barren) {
        snprintf(cursor, sizeof cursor, "empty-%d", ++f->pages);
        reply(f, op->req, KITH_OK, NULL, true, cursor);
        return;
    }
    if (before && str_starts(before, "old-"))
        str_int(before + 4, 1, 1000, &upto);
    int from = (int)MAX(upto - 100, 1);
    for (int i = from; i < upto; i++)
        message(f, i, "old", KITH_MSG_HISTORY, op->req, 1000000000000 + i * 1000);
    snprintf(cursor, sizeof cursor, "old-%d", from);
    reply(f, op->req, KITH_OK, NULL, from > 1, cursor);
}

/* Everybody's picture is the same PNG; "liar" has other bytes than it says, "nobody" none. Each fetch is said. */
#define PICTURE "\x89PNG\r\n\x1a\npicture of all"

static void on_avatar(struct fake *f, const struct wire_op *op, const struct frame *fr)
{
    bool liar = str_starts(op->chat ? op->chat : "", "liar");
    int fd = fr->n_fds ? fr->fds[0] : -1;
    if (op->type == OP_AVATAR_FIND) {
        bool nobody = str_starts(op->chat, "nobody");
        reply(f, op->req, nobody ? KITH_ENOTFOUND : KITH_OK,
              nobody ? "There is no picture." : str_starts(op->chat, "../") ? "../../../../etc/passwd" : option(f, liar ? "liar" : "avatar"), 0, NULL);
        return;
    }
    say(f, "%s %s %s", op->type == OP_AVATAR_SET ? "set" : "fetch", op->chat ? op->chat : "ours", fd >= 0 ? "file" : "none");
    if (op->type == OP_AVATAR_FETCH && write(fd, liar ? "\x89PNG\r\n\x1a\nsomething else" : PICTURE, sizeof PICTURE - 1) < 0)
        abort();
    reply(f, op->req, KITH_OK, NULL, 0, NULL);
}

/* "whole" is there; "bad" is found out to be none after its first bytes; "slow" never ends; "gone" ends with this process. */
static void on_file(struct fake *f, const struct wire_op *op, const struct frame *fr)
{
    int fd = fr->n_fds ? fr->fds[0] : -1;
    bool bad = str_eq(op->id, "bad");
    if (write(fd, "a file", 6) != 6)
        abort();
    if (str_eq(op->id, "gone"))
        exit(3);
    say(f, "writes %s", op->id);
    if (!str_eq(op->id, "slow"))
        reply(f, op->req, bad ? KITH_EPROTO : KITH_OK, bad ? "It is not the file that was sent. Nothing was kept." : NULL, 0, NULL);
}

static void on_op(struct fake *f, const struct wire_op *op)
{
    struct kith_ev_caps caps = {.ev = {.size = sizeof caps, .type = KITH_EV_CAPS},
                                .caps = KITH_CAP_HISTORY | KITH_CAP_TYPING | KITH_CAP_RECEIPTS};
    switch (op->type) {
    case OP_CONNECT:
        state(f, KITH_STATE_CONNECT, 0, 0, "fake:5222", 0);
        state(f, KITH_STATE_SYNC, 0, 0, NULL, 0);
        emit(f, &caps);
        state(f, KITH_STATE_ONLINE, 0, 0, NULL, 0);
        f->online = true;
        break;
    case OP_DISCONNECT:
        state(f, KITH_STATE_OFFLINE, KITH_OK, 0, NULL, 0);
        break;
    case OP_SEND:
        on_send(f, op);
        break;
    case OP_UNSEND:
        on_unsend(f, op);
        break;
    case OP_WATCHED:
        say(f, "watched %d", (int)op->number);
        break;
    case OP_ENCRYPT:
        say(f, "encrypt %s %d", op->chat, (int)op->number);
        break;
    case OP_COMMAND:
        on_command(f, op);
        break;
    case OP_HISTORY_FETCH:
        on_fetch(f, op);
        break;
    case OP_NORMALIZE:
        reply(f, op->req, strchr(op->text, ' ') ? KITH_EINVAL : KITH_OK,
              strchr(op->text, ' ') ? "no spaces, please" : op->text, 0, NULL);
        break;
    case OP_ANSWER: {
        if (op->ask == (WIRE_ASK_HOST | 1)) {
            say(f, "certificate: %s", op->id);
            break;
        }
        bool good = op->n_fields == 1 && op->fields[0].n_values == 1 &&
                    str_eq(op->fields[0].values[0], "sesame");
        struct kith_ev_notice ev = {.ev = {.size = sizeof ev, .type = KITH_EV_NOTICE},
                                    .level = KITH_INFO,
                                    .text = good ? "the word was right" : "the word was wrong"};
        emit(f, &ev);
        break;
    }
    default:
        break;
    }
}

static const struct kith_option options[] = {
    {.size = sizeof options[0], .key = "hello", .type = "string"},
    {.size = sizeof options[0], .key = "server", .type = "string"},
    {.size = sizeof options[0], .key = "incoming", .type = "int"},
    {.size = sizeof options[0], .key = "chaos", .type = "int"},
    {.size = sizeof options[0], .key = "other", .type = "string"},
    {.size = sizeof options[0], .key = "avatar", .type = "string"},
    {.size = sizeof options[0], .key = "liar", .type = "string"},
    {.size = sizeof options[0], .key = "own", .type = "string", .flags = KITH_OPT_SUB},
    {.size = sizeof options[0], .key = "password", .type = "string", .flags = KITH_OPT_SECRET},
    {.size = sizeof options[0], .key = "pin", .type = "string", .flags = KITH_OPT_SECRET | KITH_OPT_SUB}};

static void hello(struct fake *f)
{
    struct kith_core_ops core = {.size = sizeof core};
    struct kith_history_ops history = {.size = sizeof history};
    struct kith_change_ops change = {.size = sizeof change};
    struct kith_avatar_ops avatars = {.size = sizeof avatars};
    struct kith_encryption_ops encryption = {.size = sizeof encryption};
    struct kith_protocol p = {.size = sizeof p,
                              .id = "fake",
                              .label = "Fake",
                              .core = &core,
                              .history = &history,
                              .change = &change,
                              .avatars = &avatars,
                              .encryption = &encryption,
                              .options = options,
                              .n_options = COUNT(options)};
    struct wire_hello h = {.size = sizeof h, .protocol = &p, .plugin_version = "1"};
    struct buf b = {0};
    if (str_eq(option(f, "hello"), "silent"))
        return;
    if (str_eq(option(f, "hello"), "refuse"))
        h = (struct wire_hello){
            .size = sizeof h, .err = KITH_EUNSUP, .text = "fake.so is not for this kith"};
    wire_put_hello(&b, &h);
    put(f, WIRE_HELLO, &b);
}

/* One process of an account at a time: the one before may not have noticed yet that its engine is
 * gone. */
static void lock_alone(const struct fake *f)
{
    char *path = file_of(f, "alone");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0)
        abort();
    free(path); /* fd stays open: the lock ends with us */
}

static void on_open(struct fake *f, const struct frame *fr)
{
    if (wire_get_open(fr->data, fr->len, &f->open_mem, &f->open, NULL) < 0)
        exit(4);
    f->server = option(f, "server");
    f->incoming = number_option(f, "incoming");
    f->chaos = (uint32_t)number_option(f, "chaos");
    if (f->chaos)
        f->chaos += (uint32_t)getpid();
    if (f->server) {
        lock_alone(f);
        read_acked(f);
    }
    hello(f);
}

static void on_frame(struct fake *f, const struct frame *fr)
{
    struct wire_op *op = NULL;
    uint64_t n = 0;
    switch (fr->kind) {
    case WIRE_OPEN:
        on_open(f, fr);
        break;
    case WIRE_OP:
        if (wire_get_op(fr->data, fr->len, &f->mem, &op, NULL) == 0 && op->type >= OP_AVATAR_FIND && op->type <= OP_AVATAR_SET)
            on_avatar(f, op, fr);
        else if (op && op->type == OP_FILE_ACCEPT)
            on_file(f, op, fr);
        else if (op)
            on_op(f, op);
        for (int i = 0; i < fr->n_fds; i++)
            close(fr->fds[i]);
        break;
    case WIRE_PING:
        frame_put(&f->io, WIRE_PONG, "", 0);
        break;
    case WIRE_SECRET:
        on_secret(f, fr);
        break;
    case WIRE_COMMITTED:
        if (wire_get_number(fr->data, fr->len, &n, NULL) == 0)
            on_committed(f, n);
        break;
    case WIRE_QUIT:
        flush(f);
        exit(0);
    default:
        break;
    }
    arena_reset(&f->mem);
}

int main(void)
{
    struct fake f = {0};
    struct frame fr;
    int r;
    frame_io_init(&f.io, 3, FRAME_MAX);
    for (;;) {
        while ((r = frame_next(&f.io, &fr)) > 0)
            on_frame(&f, &fr);
        give_incoming(&f);
        flush(&f);
        struct pollfd p = {.fd = f.io.fd, .events = POLLIN};
        bool more = f.online && f.given < f.incoming && f.given - f.acked < 40;
        poll(&p, 1, more ? 1 : -1);
        r = frame_fill(&f.io);
        if (r < 0)
            return 0;
    }
}
