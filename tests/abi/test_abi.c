/* tests/abi/test_abi.c - kith-account as a process: plugins of today and of ABI 0.1, refused ones,
 * secrets, the end
 *
 * KITH_ACCOUNT names the program, KITH_ABI_DIR the folder with {now,old,open,strange0..4}/ holding
 * the plugins.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "wire/wire.h"

#define WAIT_MS 10000

static const char *account_program, *plugin_dir;

struct peer {
    struct frame_io io;
    pid_t pid;
    struct arena mem;
    char state_dir[64];
    struct frame f;
};

static void start_below(struct peer *p, const char *which, const char *protocol,
                        struct wire_option *options, size_t n, const char *parent)
{
    int pair[2];
    struct err e = {0};
    struct buf b = {0};
    *p = (struct peer){0};
    str_copy(p->state_dir, sizeof p->state_dir, "/tmp/kith-abi-XXXXXX");
    assert_non_null(mkdtemp(p->state_dir));
    assert_int_equal(sock_pair(pair), 0);
    const char *argv[] = {"kith-account", NULL};
    struct {
        int from, to;
    } fds[] = {{pair[1], 3}};
    struct spawn s = {.path = account_program,
                      .argv = argv,
                      .fd_stdin = -1,
                      .fd_stdout = -1,
                      .fd_stderr = 2,
                      .fds = (void *)fds,
                      .n_fds = 1};
    p->pid = spawn_start(&s, &e);
    assert_true(p->pid > 0);
    close(pair[1]);
    frame_io_init(&p->io, pair[0], FRAME_MAX);
    char *dirs = path_join(plugin_dir, which);
    struct wire_open o = {.size = sizeof o,
                          .account = "test",
                          .protocol = protocol,
                          .address = "me@here",
                          .backend_dirs = dirs,
                          .state_dir = p->state_dir,
                          .options = options,
                          .n_options = n,
                          .parent = parent};
    wire_put_open(&b, &o);
    frame_put(&p->io, WIRE_OPEN, b.data, b.len);
    assert_int_equal(frame_flush(&p->io), 1);
    buf_free(&b);
    free(dirs);
}

static void start(struct peer *p, const char *which, const char *protocol,
                  struct wire_option *options, size_t n)
{
    start_below(p, which, protocol, options, n, NULL);
}

static bool next_frame(struct peer *p)
{
    int64_t end = clock_mono_ms() + WAIT_MS;
    for (;;) {
        int rc = frame_next(&p->io, &p->f);
        if (rc > 0)
            return true;
        struct pollfd fd = {.fd = p->io.fd, .events = POLLIN};
        if (rc < 0 || clock_mono_ms() > end || poll(&fd, 1, WAIT_MS) <= 0 || frame_fill(&p->io) < 0)
            return false;
    }
}

static void wait_kind(struct peer *p, uint16_t kind)
{
    while (next_frame(p))
        if (p->f.kind == kind)
            return;
    fail_msg("no frame of kind %u", kind);
}

static const struct kith_event *wait_event(struct peer *p, uint32_t type, uint64_t *number)
{
    struct kith_event *ev;
    uint64_t n;
    struct err e = {0};
    for (;;) {
        wait_kind(p, WIRE_EVENT);
        if (wire_get_event(p->f.data, p->f.len, &p->mem, &n, &ev, &e) < 0)
            fail_msg("%s", e.text);
        if (number)
            *number = n;
        if (ev->type == type)
            return ev;
    }
}

static void wait_state(struct peer *p, uint32_t state)
{
    while (
        ((const struct kith_ev_state *)(const void *)wait_event(p, KITH_EV_STATE, NULL))->state !=
        state)
        ;
}

static void op(struct peer *p, const struct wire_op *o)
{
    struct buf b = {0};
    wire_put_op(&b, o);
    assert_true(b.len > 0);
    frame_put(&p->io, WIRE_OP, b.data, b.len);
    assert_int_equal(frame_flush(&p->io), 1);
    buf_free(&b);
}

static void send_text(struct peer *p, const char *chat, const char *body)
{
    struct kith_send s = {.size = sizeof s, .chat = chat, .body = body, .id = "id-1"};
    op(p, &(struct wire_op){.size = sizeof(struct wire_op), .type = OP_SEND, .send = &s});
}

static void simple(struct peer *p, uint32_t type)
{
    op(p, &(struct wire_op){.size = sizeof(struct wire_op), .type = type});
}

/* Exit status, or -1 when the process did not end in time. */
static int wait_end(struct peer *p, int64_t within_ms)
{
    int status = 0;
    int64_t end = clock_mono_ms() + within_ms;
    while (waitpid(p->pid, &status, WNOHANG) == 0) {
        if (clock_mono_ms() > end) {
            kill(p->pid, SIGKILL);
            waitpid(p->pid, &status, 0);
            return -1;
        }
        poll(NULL, 0, 5);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void finish(struct peer *p)
{
    frame_io_free(&p->io);
    arena_free(&p->mem);
    char *names[] = {path_join(p->state_dir, "account.db"),
                     path_join(p->state_dir, "account.db-wal"),
                     path_join(p->state_dir, "account.db-shm")};
    for (size_t i = 0; i < COUNT(names); i++) {
        unlink(names[i]);
        free(names[i]);
    }
    rmdir(p->state_dir);
}

static void quit(struct peer *p)
{
    frame_put(&p->io, WIRE_QUIT, NULL, 0);
    assert_int_equal(frame_flush(&p->io), 1);
    assert_int_equal(wait_end(p, 5000), 0);
    finish(p);
}

static void hello(struct peer *p, struct wire_hello *h)
{
    struct err e = {0};
    wait_kind(p, WIRE_HELLO);
    if (wire_get_hello(p->f.data, p->f.len, &p->mem, h, &e) < 0)
        fail_msg("%s", e.text);
}

static void drive_echo(const char *which)
{
    struct peer p;
    struct wire_hello h;
    uint64_t number = 0;
    start(&p, which, "echo", NULL, 0);
    hello(&p, &h);
    assert_int_equal(h.err, 0);
    assert_string_equal(h.protocol->label, "Echo");
    assert_null(h.protocol->rooms);
    assert_string_equal(h.protocol->options[0].key, "mood");
    assert_true(h.protocol->n_options > 1); /* the host's own: proxy, tls_verify */
    assert_string_equal(h.protocol->commands[0].name, "again");
    simple(&p, OP_CONNECT);
    wait_state(&p, KITH_STATE_CONNECT);
    const struct kith_ev_self *self = (const void *)wait_event(&p, KITH_EV_SELF, NULL);
    assert_string_equal(self->address, "me@here");
    wait_state(&p, KITH_STATE_ONLINE);
    send_text(&p, "echo", "hello\nthere");
    const struct kith_ev_receipt *r = (const void *)wait_event(&p, KITH_EV_RECEIPT, NULL);
    assert_string_equal(r->id, "id-1");
    assert_int_equal(r->delivery, KITH_DELIVERED);
    const struct kith_ev_message *m = (const void *)wait_event(&p, KITH_EV_MESSAGE, &number);
    assert_string_equal(m->body, "hello\nthere");
    assert_true(number > 1);
    const char *argv[] = {"again"};
    op(&p, &(struct wire_op){.size = sizeof(struct wire_op),
                             .type = OP_COMMAND,
                             .list = argv,
                             .n_list = 1,
                             .req = 9});
    m = (const void *)wait_event(&p, KITH_EV_MESSAGE, NULL);
    assert_string_equal(m->body, "hello\nthere");
    op(&p, &(struct wire_op){
               .size = sizeof(struct wire_op), .type = OP_NORMALIZE, .text = "nobody", .req = 10});
    const struct kith_ev_reply *reply = (const void *)wait_event(&p, KITH_EV_REPLY, NULL);
    while (reply->ev.req != 10)
        reply = (const void *)wait_event(&p, KITH_EV_REPLY, NULL);
    assert_int_equal(reply->err, KITH_ENOTFOUND);
    /* What the plugin refuses, and what it does not have at all. */
    struct wire_refused refused;
    send_text(&p, "somebody", "x");
    wait_kind(&p, WIRE_REFUSED);
    assert_int_equal(wire_get_refused(p.f.data, p.f.len, &p.mem, &refused, NULL), 0);
    assert_int_equal(refused.err, KITH_ENOTFOUND);
    assert_string_equal(refused.id, "id-1");
    op(&p, &(struct wire_op){
               .size = sizeof(struct wire_op), .type = OP_ROOM_JOIN, .chat = "#x", .req = 11});
    wait_kind(&p, WIRE_REFUSED);
    assert_int_equal(wire_get_refused(p.f.data, p.f.len, &p.mem, &refused, NULL), 0);
    assert_int_equal(refused.err, KITH_EUNSUP);
    assert_int_equal(refused.req, 11);
    frame_put(&p.io, WIRE_PING, NULL, 0);
    assert_int_equal(frame_flush(&p.io), 1);
    wait_kind(&p, WIRE_PONG);
    quit(&p);
}

static void echo_of_today(void **state)
{
    drive_echo("now");
}

static void echo_of_abi_0_1(void **state)
{
    drive_echo("old");
}

static void refused(const char *which, const char *protocol, const char *words)
{
    struct peer p;
    struct wire_hello h;
    start(&p, which, protocol, NULL, 0);
    hello(&p, &h);
    assert_true(h.err < 0);
    if (!strstr(h.text, words))
        fail_msg("\"%s\" does not say \"%s\"", h.text, words);
    assert_int_equal(wait_end(&p, WAIT_MS), 1);
    finish(&p);
}

static void unfit_plugins_are_refused_in_words(void **state)
{
    refused("strange1", "strange", "was made for plugin interface");
    refused("strange2", "strange", "Update kith");
    refused("strange3", "strange", "lacks functions");
    refused("strange4", "strange", "could not start");
    refused("now", "nosuch", "No plugin for the protocol");
    refused("now", "../evil", "No plugin for the protocol");
    char *dir = path_join(plugin_dir, "open");
    chmod(dir, 0777);
    refused("open", "echo", "can be written by others");
    chmod(dir, 0755);
    free(dir);
}

static void strange_events_are_survived(void **state)
{
    struct peer p;
    struct wire_hello h;
    uint64_t number = 0;
    struct wire_option options[] = {{.key = "password", .value = "hunter2"}};
    start(&p, "strange0", "strange", options, 1);
    hello(&p, &h);
    assert_int_equal(h.err, 0);
    simple(&p, OP_CONNECT);
    const struct kith_event *ev = wait_event(&p, KITH_EV_STATE, &number);
    assert_non_null(ev);
    assert_int_equal(number, 1);
    send_text(&p, "chat", "looks");
    const struct kith_ev_message *m = (const void *)wait_event(&p, KITH_EV_MESSAGE, NULL);
    assert_int_equal(m->n_spans, 1);
    assert_true(m->spans[0].start == 5 && m->spans[0].len == 5 && m->spans[0].style == 0x7f);
    assert_true(m->spans[0].fg == 0 && m->spans[0].bg == 0);
    /* It never says OFFLINE: the process ends all the same. */
    quit(&p);
}

static void a_flood_waits_for_the_engine(void **state)
{
    struct peer p;
    struct wire_hello h;
    start(&p, "strange0", "strange", NULL, 0);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    wait_event(&p, KITH_EV_STATE, NULL);
    send_text(&p, "chat", "flood");
    struct pollfd fd = {.fd = p.io.fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, WAIT_MS),
                     1); /* the first of it is here, the rest waits over there */
    send_text(&p, "chat", "how is it?");
    const struct kith_ev_message *m = NULL;
    for (int i = 0; i < 10002; i++)
        m = (const void *)wait_event(&p, KITH_EV_MESSAGE, NULL);
    assert_string_equal(m->body, "congested");
    send_text(&p, "chat", "and now?");
    m = (const void *)wait_event(&p, KITH_EV_MESSAGE, NULL);
    assert_string_equal(m->body, "free");
    quit(&p);
}

static const char *secret(struct peer *p)
{
    send_text(p, "chat", "secret");
    return ((const struct kith_ev_notice *)(const void *)wait_event(p, KITH_EV_NOTICE, NULL))->text;
}

static void answer_secret(struct peer *p, const char *value)
{
    const struct kith_ev_ask *q = (const void *)wait_event(p, KITH_EV_ASK, NULL);
    assert_int_equal(q->kind, KITH_ASK_SECRET);
    assert_true(q->ask & WIRE_ASK_HOST);
    assert_string_equal(q->fields[0].type, "secret");
    struct kith_field f = {.size = sizeof f,
                           .key = "secret",
                           .type = "secret",
                           .values = &value,
                           .n_values = value ? 1 : 0};
    op(p, &(struct wire_op){.size = sizeof(struct wire_op),
                            .type = OP_ANSWER,
                            .ask = q->ask,
                            .fields = &f,
                            .n_fields = 1});
}

static void secrets_come_from_where_they_are(void **state)
{
    struct peer p;
    struct wire_hello h;
    struct wire_option given[] = {{.key = "password", .value = "hunter2"}};
    start(&p, "strange0", "strange", given, 1);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    assert_string_equal(secret(&p), "hunter2");
    send_text(&p, "chat", "wrong");
    send_text(&p, "chat", "secret");
    answer_secret(&p, "typed");
    assert_string_equal(
        ((const struct kith_ev_notice *)(const void *)wait_event(&p, KITH_EV_NOTICE, NULL))->text,
        "typed");
    assert_string_equal(secret(&p), "typed");
    quit(&p);

    struct wire_option command[] = {
        {.key = "password_command",
         .value = "printf 'from \"a command\"\\nsecond line'"}};
    start(&p, "strange0", "strange", command, 1);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    assert_string_equal(secret(&p), "from \"a command\"");
    send_text(&p, "chat", "wrong");
    send_text(&p, "chat", "secret");
    answer_secret(&p,
                  NULL); /* the same again from the command, so the user is asked, and gives up */
    assert_string_equal(
        ((const struct kith_ev_notice *)(const void *)wait_event(&p, KITH_EV_NOTICE, NULL))->text,
        "none");
    quit(&p);

    struct wire_option bad[] = {{.key = "password_command", .value = "false"}};
    start(&p, "strange0", "strange", bad, 1);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    send_text(&p, "chat", "secret");
    answer_secret(&p, "typed after all");
    assert_string_equal(
        ((const struct kith_ev_notice *)(const void *)wait_event(&p, KITH_EV_NOTICE, NULL))->text,
        "typed after all");
    quit(&p);
}

static void put_secret(struct peer *p, uint64_t number, const char *key, int err, const char *value)
{
    struct wire_secret w = {
        .size = sizeof w, .number = number, .err = err, .key = key, .value = value};
    struct buf b = {0};
    wire_put_secret(&b, &w);
    frame_put(&p->io, WIRE_SECRET, b.data, b.len);
    assert_int_equal(frame_flush(&p->io), 1);
    buf_free(&b);
}

static struct wire_secret get_secret(struct peer *p)
{
    struct wire_secret w;
    wait_kind(p, WIRE_SECRET);
    assert_int_equal(wire_get_secret(p->f.data, p->f.len, &p->mem, &w, NULL), 0);
    return w;
}

static const char *notice(struct peer *p)
{
    return ((const struct kith_ev_notice *)(const void *)wait_event(p, KITH_EV_NOTICE, NULL))->text;
}

/* It asks the account above it, and the user only when that one has nothing, or nothing that is right. */
static void a_sub_account_has_the_secrets_of_its_parent(void **state)
{
    struct peer p;
    struct wire_hello h;
    struct wire_option own[] = {{.key = "own", .value = "above", .inherited = 1},
                                {.key = "other", .value = "kept", .inherited = 1},
                                {.key = "own", .value = "below"}};
    start_below(&p, "strange0", "strange", own, 2, "above");
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    send_text(&p, "chat", "own");
    assert_string_equal(notice(&p), "none kept");
    send_text(&p, "chat", "secret");
    struct wire_secret w = get_secret(&p);
    assert_string_equal(w.key, "password");
    put_secret(&p, w.number + 2, "password", 0, "of another question");
    put_secret(&p, w.number, "password", 0, "from above");
    assert_string_equal(notice(&p), "from above");
    send_text(&p, "chat", "wrong");
    send_text(&p, "chat", "secret");
    answer_secret(&p, "typed");
    assert_string_equal(notice(&p), "typed");
    quit(&p);

    start_below(&p, "strange0", "strange", own, 3, "above");
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    send_text(&p, "chat", "own");
    assert_string_equal(notice(&p), "below kept");
    send_text(&p, "chat", "secret");
    put_secret(&p, get_secret(&p).number, "password", KITH_EOFFLINE, NULL);
    answer_secret(&p, "typed");
    assert_string_equal(notice(&p), "typed");
    quit(&p);
}

static void an_account_tells_its_secrets_for_those_below(void **state)
{
    struct peer p;
    struct wire_hello h;
    struct wire_option given[] = {{.key = "password", .value = "hunter2"}};
    start(&p, "strange0", "strange", given, 1);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    put_secret(&p, 7, "password", 0, NULL);
    struct wire_secret w = get_secret(&p);
    assert_int_equal(w.number, 7);
    assert_string_equal(w.value, "hunter2");
    put_secret(&p, 8, "other", 0, NULL); /* no secret of this protocol */
    w = get_secret(&p);
    assert_int_equal(w.number, 8);
    assert_int_equal(w.err, KITH_ENOTFOUND);
    quit(&p);
}

/* A user may take an hour to type a password; the engine must not take the process for stuck. */
static void a_prompt_has_no_deadline(void **state)
{
    struct peer p;
    struct wire_hello h;
    start(&p, "strange0", "strange", NULL, 0);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    wait_state(&p, KITH_STATE_ONLINE);
    send_text(&p, "chat", "secret");
    assert_int_equal(
        ((const struct kith_ev_state *)(const void *)wait_event(&p, KITH_EV_STATE, NULL))
            ->deadline_ms,
        30000);
    const struct kith_ev_state *st = (const void *)wait_event(&p, KITH_EV_STATE, NULL);
    assert_int_equal(st->deadline_ms, 0);
    assert_int_equal(st->state, KITH_STATE_AUTH);
    assert_string_equal(st->text, "there");
    quit(&p); /* with the question open: the plugin is told that no answer comes */
}

static void op_fd(struct peer *p, uint32_t type, int fd)
{
    struct buf b = {0};
    struct wire_op o = {
        .size = sizeof o, .type = type, .chat = "c", .text = "name", .id = "1", .req = 5};
    wire_put_op(&b, &o);
    frame_put_fd(&p->io, WIRE_OP, b.data, b.len, fd);
    assert_int_equal(frame_flush(&p->io), 1);
    buf_free(&b);
}

static void commits_and_descriptors_reach_the_plugin(void **state)
{
    struct peer p;
    struct wire_hello h;
    struct buf b = {0};
    int fds[2];
    char c;
    start(&p, "strange0", "strange", NULL, 0);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    wait_event(&p, KITH_EV_STATE, NULL);
    wire_put_number(&b, 77); /* more than there were events: not passed on */
    frame_put(&p.io, WIRE_COMMITTED, b.data, b.len);
    buf_clear(&b);
    wire_put_number(&b, 1);
    frame_put(&p.io, WIRE_COMMITTED, b.data, b.len);
    assert_int_equal(frame_flush(&p.io), 1);
    buf_free(&b);
    assert_string_equal(notice(&p), "committed 1");
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "from a file", 11), 11);
    op_fd(&p, OP_FILE_OFFER, fds[0]);
    assert_string_equal(notice(&p), "from a file");
    op_fd(&p, OP_FILE_ACCEPT, fds[1]); /* refused: the process must not keep it open */
    wait_kind(&p, WIRE_REFUSED);
    close(fds[1]);
    frame_put(&p.io, WIRE_PING, NULL, 0);
    assert_int_equal(frame_flush(&p.io), 1);
    wait_kind(&p, WIRE_PONG);
    assert_int_equal(read(fds[0], &c, 1), 0);
    close(fds[0]);
    send_text(&p, "chat", "polite");
    quit(&p);
}

static void without_its_helper_it_starts_anew(void **state)
{
    struct peer p;
    struct wire_hello h;
    char path[96];
    long child = 0;
    start(&p, "now", "echo", NULL, 0);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    wait_state(&p, KITH_STATE_ONLINE);
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)p.pid, (long)p.pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%ld", &child) == 1 && child > 1)
        assert_int_equal(kill((pid_t)child, SIGKILL), 0);
    if (f)
        fclose(f);
    if (child <= 1) { /* a kernel that does not list children */
        quit(&p);
        skip();
    }
    wait_state(&p, KITH_STATE_OFFLINE);
    assert_int_equal(wait_end(&p, 5000), 0);
    finish(&p);
}

static void an_engine_that_is_gone_ends_it(void **state)
{
    struct peer p;
    struct wire_hello h;
    start(&p, "now", "echo", NULL, 0);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    wait_state(&p, KITH_STATE_ONLINE);
    shutdown(p.io.fd, SHUT_RDWR);
    assert_int_equal(wait_end(&p, 5000), 0);
    finish(&p);
}

static void garbage_from_the_engine_ends_it(void **state)
{
    struct peer p;
    struct wire_hello h;
    start(&p, "now", "echo", NULL, 0);
    hello(&p, &h);
    frame_put(&p.io, WIRE_OP, "garbage", 7);
    frame_put(&p.io, 4711, "unknown", 7);
    assert_int_equal(frame_flush(&p.io), 1);
    wait_kind(&p, WIRE_LOG); /* said, and survived */
    assert_true(write(p.io.fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 8);
    assert_int_equal(wait_end(&p, 5000), 0);
    finish(&p);
}

/* The state of a process, and how often it gave up the processor of its own will. */
static long switches(pid_t pid)
{
    char path[64], line[256];
    long n = -1;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (str_starts(line, "voluntary_ctxt_switches:"))
            n = strtol(line + 24, NULL, 10);
    if (f)
        fclose(f);
    return n;
}

static void idle_means_no_wakeups(void **state)
{
    struct peer p;
    struct wire_hello h;
    start(&p, "now", "echo", NULL, 0);
    hello(&p, &h);
    simple(&p, OP_CONNECT);
    wait_state(&p, KITH_STATE_ONLINE);
    poll(NULL, 0, 200); /* let the start settle */
    long before = switches(p.pid);
    poll(NULL, 0, 700);
    assert_int_equal(switches(p.pid), before);
    quit(&p);
}

int main(void)
{
    account_program = getenv("KITH_ACCOUNT");
    plugin_dir = getenv("KITH_ABI_DIR");
    if (!account_program || !plugin_dir)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {cmocka_unit_test(echo_of_today),
                                       cmocka_unit_test(echo_of_abi_0_1),
                                       cmocka_unit_test(unfit_plugins_are_refused_in_words),
                                       cmocka_unit_test(strange_events_are_survived),
                                       cmocka_unit_test(a_flood_waits_for_the_engine),
                                       cmocka_unit_test(secrets_come_from_where_they_are),
                                       cmocka_unit_test(a_sub_account_has_the_secrets_of_its_parent),
                                       cmocka_unit_test(an_account_tells_its_secrets_for_those_below),
                                       cmocka_unit_test(a_prompt_has_no_deadline),
                                       cmocka_unit_test(commits_and_descriptors_reach_the_plugin),
                                       cmocka_unit_test(without_its_helper_it_starts_anew),
                                       cmocka_unit_test(an_engine_that_is_gone_ends_it),
                                       cmocka_unit_test(garbage_from_the_engine_ends_it),
                                       cmocka_unit_test(idle_means_no_wakeups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
