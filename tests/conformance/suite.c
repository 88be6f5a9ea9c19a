/* tests/conformance/suite.c - what every backend must do, driven through a recording host
 *
 * suite [NAME...]: the drivers to run, all by default. The rules of kith/plugin.h are checked at
 * every event (rules.c); a case fails when one was broken in it.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/path.h"
#include "conformance/cases.h"

const struct driver *d;
struct rec_host *h;
struct hand they;
static char *build;

const char *driver_build(void)
{
    return build;
}

void driver_puppet(struct hand *p, const char *backend, const char *const *args)
{
    const char *argv[24];
    size_t n = 0;
    char *puppet = path_join(build, "conformance/puppet"),
         *so = xasprintf("%s/backends/%s", build, backend);
    argv[n++] = puppet;
    for (; *args; args++)
        argv[n++] = *args;
    argv[n++] = so;
    argv[n] = NULL;
    hand_start(p, argv);
    hand_say(p, "connect");
    free(puppet);
    free(so);
}

/* ---- the stage ---- */

static int open_host(void **state UNUSED)
{
    char *so = xasprintf("%s/backends/%s", build, d->backend);
    h = rec_new(so, NULL);
    free(so);
    d->configure(h, true);
    rec_open(h);
    return 0;
}

static int close_host(void **state UNUSED)
{
    hand_free(&they); /* of a case that failed in the middle */
    rec_close(h);
    rec_settle(h);
    rec_check_end(h);
    for (size_t i = 0; i < h->n_violations; i++)
        fprintf(stderr, "%s: rule broken: %s\n", d->name, h->violations[i]);
    size_t n = h->n_violations;
    rec_free(h);
    return n ? -1 : 0;
}

int wait_for(size_t from, const char *words)
{
    int at = rec_wait(h, from, d->step_ms, words);
    if (at < 0) {
        fprintf(stderr, "%s: never came: %s; there were:\n", d->name, words);
        for (size_t i = from; i < h->n_events; i++)
            fprintf(stderr, "    %s\n", h->events[i].line);
    }
    return at;
}

void go_online(void)
{
    size_t from = h->n_events;
    assert_true(h->core->connect(h->session) >= 0);
    assert_true(wait_for(from, "STATE|state=6") >= 0);
}

/* Waits for a line of theirs while our loop goes on. */
int they_see_from(struct hand *p, size_t from, const char *words)
{
    int at = -1;
    for (int i = 0; i < d->step_ms / 10 && at < 0; i++) {
        rec_turn(h, 5);
        at = hand_wait(p, from, 5, words);
    }
    if (at < 0) {
        fprintf(stderr, "%s: they never saw: %s; they saw:\n", d->name, words);
        for (size_t i = from; i < p->n; i++)
            fprintf(stderr, "    %s\n", p->lines[i]);
        fprintf(stderr, "and we:\n");
        for (size_t i = 0; i < h->n_events; i++)
            fprintf(stderr, "    %s\n", h->events[i].line);
    }
    return at;
}

int they_see(struct hand *p, const char *words)
{
    return they_see_from(p, 0, words);
}

/* They come online, and as far as the protocol tells both know of each other. */
void meet(void)
{
    d->peer(&they);
    assert_true(hand_wait(&they, 0, d->step_ms, "STATE|state=6") >= 0);
    if (d->sees_us)
        assert_true(they_see(&they, d->sees_us) >= 0);
    if (d->sees_them)
        assert_true(rec_wait(h, 0, d->step_ms, d->sees_them) >= 0);
}

void part(struct hand *p)
{
    hand_say(p, "disconnect");
    they_see(p, "STATE|state=0");
    assert_int_equal(hand_stop(p), 0);
    hand_free(p);
}

int send_text(const char *chat, const char *id, const char *body, uint32_t flags,
                     const char *target)
{
    struct kith_send m = {
        .size = sizeof m, .chat = chat, .id = id, .body = body, .flags = flags, .target = target};
    return h->core->send(h->session, &m);
}

bool can(uint32_t cap)
{
    return h->caps_now & cap;
}

/* ---- the cases ---- */

static void descriptor(void **state UNUSED)
{
    const struct kith_protocol *p = h->proto;
    assert_true(p->size >= sizeof *p && p->id && p->label && p->address_hint);
    assert_non_null(h->plugin->license);
    const struct kith_core_ops *c = p->core;
    assert_true(c->open && c->close && c->connect && c->disconnect && c->send && c->presence &&
                c->typing && c->mark_read && c->answer && c->normalize && c->committed && c->wake);
    for (size_t i = 0; i < p->n_options; i++) {
        const struct kith_option *o = &p->options[i];
        assert_int_equal(o->size, sizeof *o);
        assert_true(o->key && o->type && o->help);
        assert_true(str_eq(o->type, "string") || str_eq(o->type, "int") ||
                    str_eq(o->type, "bool") || str_eq(o->type, "file") ||
                    str_starts(o->type, "choice:"));
    }
    for (size_t i = 0; i < p->n_commands; i++)
        assert_true(p->commands[i].size == sizeof p->commands[i] && p->commands[i].name &&
                    p->commands[i].run);
    assert_true(!p->rooms ||
                (p->rooms->size == sizeof *p->rooms && p->rooms->join && p->rooms->leave));
    assert_true(!p->history || (p->history->size == sizeof *p->history && p->history->fetch));
    assert_true(!p->change || p->change->size == sizeof *p->change);
    assert_true(!p->files || p->files->size == sizeof *p->files);
}

static void connect_and_leave(void **state UNUSED)
{
    go_online();
    assert_true(rec_find(h, 0, "SELF") >= 0);
    assert_true(rec_find(h, 0, "CAPS") >= 0);
    assert_true(rec_find(h, 0, "SYNC_BEGIN|what=1") >= 0 || !h->proto->roster);
    assert_int_equal(h->n_syncs, 0);               /* every list that began has ended */
    assert_true(h->core->connect(h->session) < 0); /* it is */
    size_t from = h->n_events;
    assert_true(h->core->disconnect(h->session, KITH_REASON_USER, "bye") >= 0);
    int off = wait_for(from, "STATE|state=0|err=0");
    assert_true(off >= 0);
    rec_settle(h);
    assert_int_equal(h->n_events, off + 1); /* the last word */
    go_online();
}

static void refused(void **state UNUSED)
{
    d->configure(h, false);
    assert_true(h->core->connect(h->session) >= 0);
    int off = wait_for(0, "STATE|state=0");
    assert_true(off >= 0);
    char *err = rec_value(h, off, "err"), *text = rec_value(h, off, "text");
    assert_true(err[0] == '-');
    assert_true(text && strlen(text) > 10); /* a sentence */
    free(err);
    free(text);
    assert_true(rec_find(h, 0, "STATE|state=6") < 0);
    assert_true(send_text(d->their_address(), "r1", "x", 0, NULL) < 0);
}

static void refused_then_right(void **state UNUSED)
{
    refused(NULL);
    rec_close(h); /* other options: a new session, as the host does */
    d->configure(h, true);
    rec_open(h);
    go_online();
}

static void dropped(void **state UNUSED)
{
    if (!d->cut)
        skip();
    go_online();
    size_t from = h->n_events;
    d->cut();
    int off = wait_for(from, "STATE|state=0");
    assert_true(off >= 0);
    char *retry = rec_value(h, off, "retry");
    assert_string_not_equal(retry, "1"); /* not NEVER */
    free(retry);
    go_online();
    assert_int_equal(h->n_syncs, 0);
}

static void send_and_receive(void **state UNUSED)
{
    go_online();
    meet();
    assert_true(send_text(d->their_address(), "cf-1", "hello\nthere", 0, NULL) >= 0);
    bool ours = !can(KITH_CAP_SERVER_IDS); /* our ids reach the other side */
    if (can(KITH_CAP_MULTILINE)) {
        assert_true(they_see(&they, ours ? "MESSAGE|body=hello\\nthere|origin_id=cf-1"
                                         : "MESSAGE|body=hello\\nthere") >= 0);
    } else { /* line for line, in order */
        assert_true(they_see(&they, "MESSAGE|body=there") > they_see(&they, "MESSAGE|body=hello"));
        assert_true(they_see(&they, "MESSAGE|body=hello") >= 0);
    }
    assert_true(wait_for(0, "RECEIPT|id=cf-1|delivery=1") >= 0);
    char *words = xasprintf("RECEIPT|id=cf-1|%s", d->confirmed);
    assert_true(wait_for(0, words) >= 0);
    free(words);
    assert_int_equal(rec_count(h, 0, "RECEIPT|id=cf-1|delivery=5"), 0);
    hand_say(&they, "send|%s|cf-2|and back", d->our_address());
    int at = wait_for(0, "MESSAGE|body=and back");
    assert_true(at >= 0);
    assert_true(!ours || rec_matches(h->events[at].line, "origin_id=cf-2"));
    assert_int_equal(rec_count(h, 0, "MESSAGE|body=and back"), 1);
    assert_int_equal(rec_count(h, 0, "MESSAGE|body=hello*"),
                     0); /* our own comes back to nobody as theirs */
    part(&they);
}

static void retry_arrives_once(void **state UNUSED)
{
    go_online();
    meet();
    assert_true(send_text(d->their_address(), "rt-1", "once", 0, NULL) >= 0);
    assert_true(they_see(&they, "MESSAGE|body=once") >= 0);
    assert_true(send_text(d->their_address(), "rt-1", "once", KITH_SEND_RETRY, NULL) >= 0);
    assert_true(send_text(d->their_address(), "rt-2", "after", 0, NULL) >= 0);
    assert_true(they_see(&they, "MESSAGE|body=after") >= 0);
    assert_true(hand_count(&they, 0, "MESSAGE|body=once") >= 1);
    if (d == &driver_local) /* where the other side remembers for us */
        assert_int_equal(hand_count(&they, 0, "MESSAGE|origin_id=rt-1"), 1);
    part(&they);
}

static void failure(void **state UNUSED)
{
    go_online();
    int rc = send_text(d->nobody, "no-1", "anybody?", 0, NULL);
    if (rc >= 0) {
        int at = wait_for(0, "RECEIPT|id=no-1|delivery=5");
        assert_true(at >= 0);
        char *text = rec_value(h, at, "text");
        assert_true(text && *text);
        free(text);
    }
    assert_true(send_text(d->their_address(), NULL, "no id", 0, NULL) < 0);
    assert_true(rec_count(h, 0, "RECEIPT|id=no-1|delivery=3") == 0);
}

static void history(void **state UNUSED)
{
    if (!h->proto->history)
        skip();
    go_online();
    kith_req req = rec_request(h);
    struct kith_history_fetch f = {.size = sizeof f, .max = 10, .chat = d->their_address()};
    int rc = rec_called(h, req, h->proto->history->fetch(h->session, &f, req));
    if (rc >= 0)
        assert_true(wait_for(0, "REPLY|req=1") >= 0);
    size_t from = h->n_events;
    req = rec_request(h);
    if (rec_called(h, req, h->proto->history->fetch(h->session, &f, req)) >= 0) {
        h->core->disconnect(h->session, KITH_REASON_USER,
                            NULL); /* in the middle: it ends all the same */
        assert_true(wait_for(from, "STATE|state=0") >= 0);
        assert_true(rec_find(h, from, "REPLY|req=2") >= 0);
    }
}

static void normalizes(void **state UNUSED)
{
    go_online();
    kith_req req = rec_request(h);
    assert_true(rec_called(h, req, h->core->normalize(h->session, d->their_address(), req)) >= 0);
    char *words = xasprintf("REPLY|req=1|err=0|text=%s", d->their_address());
    assert_true(wait_for(0, words) >= 0);
    free(words);
    req = rec_request(h);
    if (rec_called(h, req, h->core->normalize(h->session, d->unknown, req)) >= 0) {
        int at = wait_for(0, "REPLY|req=2");
        char *err = rec_value(h, at, "err");
        assert_true(err[0] == '-');
        free(err);
    }
}

static void questions(void **state UNUSED)
{
    if (!d->provoke)
        skip();
    go_online();
    meet();
    d->provoke(&they);
    int at = wait_for(0, "ASK");
    assert_true(at >= 0);
    char *ask = rec_value(h, at, "ask"), *choice = rec_value(h, at, "choice");
    struct kith_answer a = {.size = sizeof a, .choice = d->choice ? d->choice : choice};
    uint64_t number = strtoull(ask, NULL, 10);
    assert_true(h->core->answer(h->session, number, &a) >= 0);
    assert_true(h->core->answer(h->session, number, &a) < 0); /* once */
    assert_true(h->core->answer(h->session, number + 12345, &a) < 0);
    rec_settle(h);
    free(ask);
    free(choice);
    part(&they);
}

/* ---- close, at any moment ---- */

static void close_while_connecting(void **state UNUSED)
{
    rec_close(h); /* nothing was begun */
    for (int turns = 0; turns < 12; turns++) {
        rec_open(h);
        assert_true(h->core->connect(h->session) >= 0);
        for (int i = 0; i < turns; i++)
            rec_turn(h, 20);
        rec_close(h);
        rec_settle(h);
    }
    rec_open(h);
    d->configure(h, false);
    h->core->connect(h->session);
    rec_close(h);
    rec_settle(h);
    d->configure(h, true);
    rec_open(h);
    go_online();
    h->core->disconnect(h->session, KITH_REASON_QUIT, "bye");
    rec_close(h);
    rec_settle(h);
}

typedef void busy_fn(void);

static void busy_send(void)
{
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "cl-%d", i);
        send_text(d->their_address(), id, "closing", 0, NULL);
    }
}

static void busy_edit(void)
{
    send_text(d->their_address(), "ce-2", "edited", KITH_SEND_EDIT, "cl-1");
}

static void busy_room(void)
{
    kith_req req = rec_request(h);
    if (h->proto->rooms && d->room)
        rec_called(h, req, h->proto->rooms->join(h->session, d->room, NULL, NULL, req));
}

static void busy_history(void)
{
    struct kith_history_fetch f = {.size = sizeof f, .max = 10, .chat = d->their_address()};
    kith_req req = rec_request(h);
    if (h->proto->history)
        rec_called(h, req, h->proto->history->fetch(h->session, &f, req));
}

static void busy_normalize(void)
{
    kith_req req = rec_request(h);
    rec_called(h, req, h->core->normalize(h->session, d->their_address(), req));
}

static void busy_wake(void)
{
    h->core->wake(h->session);
    h->core->presence(h->session, KITH_SHOW_AWAY, "closing");
    h->core->typing(h->session, d->their_address(), KITH_TYPING_ACTIVE, NULL);
    h->core->mark_read(h->session, d->their_address(), "cl-0", NULL);
}

static void busy_cut(void)
{
    if (d->cut)
        d->cut();
}

static void close_while_busy(void **state UNUSED)
{
    static busy_fn *const all[] = {busy_send,      busy_edit, busy_room, busy_history,
                                   busy_normalize, busy_wake, busy_cut};
    go_online();
    meet();
    if (d->provoke)
        d->provoke(&they); /* a question may be open, too */
    for (size_t i = 0; i < COUNT(all) * 2; i++) {
        if (!h->session) {
            rec_open(h);
            go_online();
        }
        all[i / 2]();
        if (i % 2)
            rec_turn(h, 20);
        rec_close(h);
        rec_settle(h);
    }
    rec_open(h);
    go_online();
    part(&they);
}

/* ---- running ---- */

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_host, close_host)

static int run(const struct driver *driver)
{
    const struct CMUnitTest tests[] = {
        CASE(descriptor),
        CASE(connect_and_leave),
        CASE(refused),
        CASE(refused_then_right),
        CASE(dropped),
        CASE(send_and_receive),
        CASE(retry_arrives_once),
        CASE(failure),
        CASE(edits),
        CASE(changes),
        CASE(replies),
        CASE(looks),
        CASE(files_out),
        CASE(files_in),
        CASE(files_refused),
        CASE(rooms),
        CASE(rooms_named),
        CASE(rooms_removed),
        CASE(rooms_whisper),
        CASE(rooms_missed),
        CASE(rooms_keep),
        CASE(history),
        CASE(normalizes),
        CASE(questions),
        CASE(close_while_connecting),
        CASE(close_while_busy),
    };
    d = driver;
    const char *why = d->start(build);
    if (why) {
        printf("%s: not tested: %s\n", d->name, why);
        return 0;
    }
    printf("driver %s\n", d->name);
    int failed = cmocka_run_group_tests_name(d->name, tests, NULL, NULL);
    d->stop();
    return failed;
}

int main(int argc, char **argv)
{
    static const struct driver *const all[] = {&driver_local, &driver_xmpp, &driver_irc,
                                          &driver_irc_old};
    int failed = 0;
    signal(SIGPIPE, SIG_IGN);
    char *self = xstrdup(argv[0]), *slash = strstr(self, "/conformance/");
    if (slash)
        *slash = '\0';
    build = slash ? realpath(self, NULL) : xstrdup("build");
    free(self);
    for (size_t i = 0; i < COUNT(all); i++) {
        bool wanted = argc < 2;
        for (int a = 1; a < argc; a++)
            wanted = wanted || strcmp(argv[a], all[i]->name) == 0;
        if (wanted)
            failed += run(all[i]);
    }
    free(build);
    return failed ? 1 : 0;
}
