/* unit/xmppim/fake_x.c - the border that the XMPP features stand on, without a network */
#include "fake_x.h"

#include "backends/xmpp/limits.h"
#include "backends/xmpp/omemo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/rand.h"
#include "fake_inner.h"

static struct x *the; /* the host's functions have no session to find it by */

/* ---- the host ---- */
static int64_t host_wall(void)
{
    return the->now;
}

static int host_timer_add(int64_t after, kith_timer_fn *fn, void *user)
{
    VEC_PUSH(the->timers, the->n_timers, the->cap_timers,
             ((struct timer){++the->handle, fn, user}));
    return the->handle;
}

static void host_timer_del(int handle)
{
    for (size_t i = 0; i < the->n_timers; i++)
        if (the->timers[i].handle == handle) {
            VEC_DEL(the->timers, the->n_timers, i);
            return;
        }
}

void fake_timers(struct x *x)
{
    for (size_t n = x->n_timers; n > 0; n--) {
        struct timer t = x->timers[0];
        VEC_DEL(x->timers, x->n_timers, 0);
        t.fn(t.user);
    }
}

/* ---- session.h ---- */
const struct kith_host *x_host(const struct x *x)
{
    return &x->host;
}
struct kith_account *x_account(const struct x *x)
{
    return (struct kith_account *)(uintptr_t)x; /* the host's functions find the session by it */
}
xmpp_ctx_t *x_ctx(const struct x *x)
{
    return x->ctx;
}
const char *x_jid(const struct x *x)
{
    return ME_FULL;
}
const char *x_bare(const struct x *x)
{
    return ME;
}
const char *x_domain(const struct x *x)
{
    return DOMAIN;
}
bool x_online(const struct x *x)
{
    return x->online;
}
bool x_inline(const struct x *x, const char *feature)
{
    return false;
}
const char *x_option(const struct x *x, const char *key)
{
    return map_get(&x->options, key);
}
void *x_state(const struct x *x, const char *feature)
{
    return map_get(&x->states, feature);
}
bool x_unacked(const struct x *x, const char *id)
{
    return map_get(&x->unacked, id) != NULL;
}
size_t fake_limit;
bool x_fits(struct x *x, xmpp_stanza_t *st)
{
    char *text = NULL;
    size_t len;
    xmpp_stanza_to_text(st, &text, &len);
    xmpp_free(x->ctx, text);
    return !fake_limit || len <= fake_limit;
}
void x_synced(struct x *x)
{
    x->synced++;
}
int fake_synced(const struct x *x)
{
    return x->synced;
}

void x_set_state(struct x *x, const char *feature, void *state)
{
    if (state)
        map_set(&x->states, feature, state);
    else
        map_del(&x->states, feature);
}

static char *stanza_text(xmpp_stanza_t *st)
{
    char *text = NULL;
    size_t len;
    xmpp_stanza_to_text(st, &text, &len);
    char *out = xstrndup(text, len);
    xmpp_free(xmpp_stanza_get_context(st), text);
    return out;
}

uint64_t x_send(struct x *x, xmpp_stanza_t *st)
{
    if (!omemo_lets_out(x, st)) { /* as the real one does: but whoever made it should have known */
        x->stopped++;
        xmpp_stanza_release(st);
        return 0;
    }
    if (x->online)
        fake_list_add(&x->sent, stanza_text(st));
    xmpp_stanza_release(st);
    return x->online ? ++x->stanzas : 0;
}

uint64_t x_send_tracked(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id)
{
    static char there[] = "1";
    if (x->online)
        map_set(&x->unacked, origin_id, there);
    return x_send(x, st);
}

void x_iq_wait(struct x *x, xmpp_stanza_t *st, int64_t ms UNUSED, x_iq_fn *fn, void *user)
{
    x_iq(x, st, fn, user);
}

void fake_marks(struct x *x)
{
    x->marks = true;
}

static void answer_mark(struct x *x, xmpp_stanza_t *st, x_iq_fn *fn, void *user)
{
    bool get = str_eq(st_attr(st, "type"), "get");
    xmpp_stanza_t *r = xmpp_stanza_new_from_string(
        x->ctx, get ? "<iq type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
                    : "<iq type='result'/>");
    xmpp_stanza_release(st);
    fn(x, r, user);
    xmpp_stanza_release(r);
}

static bool is_mark(xmpp_stanza_t *st)
{
    char *text = stanza_text(st);
    bool is = strstr(text, "urn:kith:omemo:mark:0") != NULL;
    free(text);
    return is;
}

void x_iq(struct x *x, xmpp_stanza_t *st, x_iq_fn *fn, void *user)
{
    char id[23];
    rand_id(id);
    st_set(st, "id", id);
    if (!x->online) {
        xmpp_stanza_release(st);
        fn(x, NULL, user);
        return;
    }
    if (!x->marks && is_mark(st)) {
        answer_mark(x, st, fn, user);
        return;
    }
    VEC_PUSH(x->iqs, x->n_iqs, x->cap_iqs,
             ((struct open_iq){stanza_text(st), xstrdup(id), fn, user}));
    x_send(x, st);
}

void x_iq_reply(struct x *x, xmpp_stanza_t *request, xmpp_stanza_t *payload)
{
    xmpp_stanza_t *r = st_new(x->ctx, "iq", NULL);
    st_set(r, "type", "result");
    st_set(r, "id", st_attr(request, "id"));
    st_set(r, "to", st_attr(request, "from"));
    if (payload)
        xmpp_stanza_add_child_ex(r, payload, 0);
    x_send(x, r);
}

void x_iq_error(struct x *x, xmpp_stanza_t *request, const char *type, const char *condition,
                const char *text)
{
    xmpp_stanza_t *r = st_new(x->ctx, "iq", NULL);
    st_set(r, "type", "error");
    st_set(r, "id", st_attr(request, "id"));
    xmpp_stanza_t *e = st_add(r, "error", NULL);
    st_set(e, "type", type);
    st_add(e, condition, "urn:ietf:params:xml:ns:xmpp-stanzas");
    x_send(x, r);
}

fake_sink_fn *fake_sink;
void *fake_sink_user;
uint64_t x_emit(struct x *x, const struct kith_event *ev)
{
    if (fake_sink)
        fake_sink(fake_sink_user, ev);
    fake_list_add(&x->events, fake_event_text(ev));
    return ++x->events_n;
}

static void reply(struct x *x, kith_req req, int err, const char *text)
{
    struct kith_ev_reply ev = EV_INIT(KITH_EV_REPLY, kith_ev_reply);
    ev.ev.req = req;
    ev.err = err;
    ev.text = text;
    x_emit(x, &ev.ev);
}

void x_reply_ok(struct x *x, kith_req req, const char *text)
{
    reply(x, req, 0, text);
}
void x_reply_err(struct x *x, kith_req req, int err, const char *text)
{
    reply(x, req, err, text);
}

void x_notice(struct x *x, enum kith_level level, const char *chat, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    struct kith_ev_notice ev = EV_INIT(KITH_EV_NOTICE, kith_ev_notice);
    ev.chat = chat;
    ev.text = text;
    x_emit(x, &ev.ev);
    free(text);
}

void x_dropped(struct x *x, const char *what)
{
}

void x_log(struct x *x, enum kith_level level, const char *fmt, ...)
{
}

void x_ask(struct x *x, struct kith_ev_ask *ask, x_answer_fn *fn, void *user)
{
    ask->ask = ++x->asks_n;
    VEC_PUSH(x->asks, x->n_asks, x->cap_asks, ((struct open_ask){ask->ask, fn, user}));
    x_emit(x, &ask->ev);
}

void x_ask_gone(struct x *x, uint64_t ask)
{
    for (size_t i = 0; i < x->n_asks; i++)
        if (x->asks[i].number == ask) {
            VEC_DEL(x->asks, x->n_asks, i);
            struct kith_ev_ask_gone ev = EV_INIT(KITH_EV_ASK_GONE, kith_ev_ask_gone);
            ev.ask = ask;
            x_emit(x, &ev.ev);
            return;
        }
}

size_t fake_asks(const struct x *x)
{
    return x->n_asks;
}

/* ---- what tests do ---- */
struct x *fake_open(void)
{
    struct x *x = the = xcalloc(1, sizeof *x);
    x->ctx = xmpp_ctx_new(NULL, NULL);
    x->now = 1750000000000;
    x->host = (struct kith_host){.size = sizeof x->host,
                                 .wall_ms = host_wall,
                                 .mono_ms = host_wall,
                                 .timer_add = host_timer_add,
                                 .timer_del = host_timer_del};
    fake_stream_host(&x->host);
    fake_store_host(&x->host);
    fake_option(x, "encryption", "off"); /* else the first message to anybody waits for their keys */
    for (const struct feature *const *f = x_features; *f; f++)
        if ((*f)->attach)
            (*f)->attach(x);
    return x;
}

static void detach(struct x *x)
{
    for (const struct feature *const *f = x_features; *f; f++)
        if ((*f)->detach)
            (*f)->detach(x);
    for (size_t i = 0; i < x->n_iqs; i++) {
        x->iqs[i].fn(x, NULL, x->iqs[i].user);
        free(x->iqs[i].text);
        free(x->iqs[i].id);
    }
    x->n_iqs = x->n_asks = x->n_timers = 0;
    map_free(&x->states, NULL);
}

void fake_restart(struct x **xp)
{
    struct x *x = *xp;
    x->online = false;
    detach(x);
    fake_store_restart(x);
    fake_forget(x);
    x->synced = 0;
    for (const struct feature *const *f = x_features; *f; f++)
        if ((*f)->attach)
            (*f)->attach(x);
}

void fake_close(struct x *x)
{
    x->online = false;
    detach(x);
    fake_forget(x);
    map_free(&x->store, free);
    map_free(&x->disk, free);
    map_free(&x->options, free);
    map_free(&x->unacked, NULL);
    fake_streams_free(x);
    free(x->iqs);
    free(x->timers);
    free(x->asks);
    free(x->scratch);
    xmpp_ctx_free(x->ctx);
    free(x);
}

void fake_option(struct x *x, const char *key, const char *value)
{
    free(map_set(&x->options, key, xstrdup(value)));
}

void fake_time(struct x *x, int64_t wall_ms)
{
    x->now = wall_ms;
}

void fake_ack(struct x *x, const char *origin_id)
{
    if (origin_id)
        map_del(&x->unacked, origin_id);
    else
        map_free(&x->unacked, NULL);
}

void fake_bind(struct x *x, bool resumed)
{
    x->online = true;
    for (const struct feature *const *f = x_features; *f; f++)
        if ((*f)->online)
            (*f)->online(x, resumed);
}

void fake_drop(struct x *x, bool lost)
{
    x->online = false;
    for (const struct feature *const *f = x_features; *f; f++)
        if ((*f)->offline)
            (*f)->offline(x);
    while (lost && x->n_iqs)
        fake_timeout(x, "");
    if (lost) {
        map_free(&x->unacked, NULL);
        x->n_asks = 0;
    }
}

void fake_committed(struct x *x)
{
    for (const struct feature *const *f = x_features; *f; f++)
        if ((*f)->committed)
            (*f)->committed(x, x->events_n);
}

static xmpp_stanza_t *try_parse(struct x *x, const char *text)
{
    size_t name = strlen(text) ? strcspn(text + 1, " />") + 1 : 0;
    char *full = xasprintf("%.*s xmlns='jabber:client'%s", (int)name, text, text + name);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x->ctx, full);
    free(full);
    return st;
}

static xmpp_stanza_t *parse(struct x *x, const char *text)
{
    xmpp_stanza_t *st = try_parse(x, text);
    if (!st)
        print_error("not XML: %s\n", text);
    assert_non_null(st);
    return st;
}

static bool dispatch(struct x *x, xmpp_stanza_t *st)
{
    const char *name = xmpp_stanza_get_name(st);
    bool taken = false;
    for (const struct feature *const *f = x_features; *f && !taken; f++) {
        bool (*fn)(struct x *, xmpp_stanza_t *) = strcmp(name, "message") == 0    ? (*f)->message
                                                  : strcmp(name, "presence") == 0 ? (*f)->presence
                                                                                  : (*f)->iq;
        taken = fn && fn(x, st);
    }
    return taken;
}

static void feed(struct x *x, xmpp_stanza_t *st)
{
    if (!dispatch(x, st) && strcmp(xmpp_stanza_get_name(st), "iq") == 0)
        x_iq_error(x, st, "cancel", "service-unavailable", NULL);
    xmpp_stanza_release(st);
}

void fake_feed(struct x *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    feed(x, parse(x, text));
    free(text);
}

bool fake_feed_text(struct x *x, const char *text)
{
    xmpp_stanza_t *st = try_parse(x, text);
    if (st)
        feed(x, st);
    return st != NULL;
}

bool fake_answer_text(struct x *x, size_t n, const char *text)
{
    xmpp_stanza_t *st = x->n_iqs ? try_parse(x, text) : NULL;
    if (!st)
        return false;
    struct open_iq iq = x->iqs[n % x->n_iqs];
    VEC_DEL(x->iqs, x->n_iqs, n % x->n_iqs);
    iq.fn(x, st, iq.user);
    xmpp_stanza_release(st);
    free(iq.text);
    free(iq.id);
    return true;
}

static struct open_iq take_iq(struct x *x, const char *part)
{
    for (size_t i = 0; i < x->n_iqs; i++)
        if (strstr(x->iqs[i].text, part)) {
            struct open_iq iq = x->iqs[i];
            VEC_DEL(x->iqs, x->n_iqs, i);
            return iq;
        }
    print_error("no open iq with %s\n", part);
    fail();
    return (struct open_iq){0};
}

bool fake_asking(struct x *x, const char *part)
{
    for (size_t i = 0; i < x->n_iqs; i++)
        if (strstr(x->iqs[i].text, part))
            return true;
    return false;
}

const char *fake_queryid(struct x *x)
{
    for (size_t i = 0; i < x->n_iqs; i++) {
        char *at = strstr(x->iqs[i].text, "queryid=\"");
        if (at) {
            str_take(&x->scratch, xstrndup(at + 9, strcspn(at + 9, "\"")));
            return x->scratch;
        }
    }
    fail();
    return NULL;
}

static void answer(struct x *x, const char *part, const char *type, const char *child)
{
    struct open_iq iq = take_iq(x, part);
    xmpp_stanza_t *st = NULL;
    assert_non_null(iq.fn);
    if (type) {
        const char *to = strstr(iq.text, " to=\""), *end = strchr(iq.text, '>'); /* who was asked answers */
        to = to && to < end ? to + 5 : "";
        char *from = *to ? xasprintf("from='%.*s'", (int)strcspn(to, "\""), to) : xstrdup("");
        char *text = xasprintf("<iq type='%s' id='%s' %s>%s</iq>", type, iq.id, from, child);
        free(from);
        st = parse(x, text);
        free(text);
    }
    iq.fn(x, st, iq.user);
    if (st)
        xmpp_stanza_release(st);
    free(iq.text);
    free(iq.id);
}

void fake_result(struct x *x, const char *part, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *child = xvasprintf(fmt, ap);
    va_end(ap);
    answer(x, part, "result", child);
    free(child);
}

void fake_error(struct x *x, const char *part, const char *condition)
{
    char *child =
        xasprintf("<error type='cancel'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                  condition);
    answer(x, part, "error", child);
    free(child);
}

void fake_timeout(struct x *x, const char *part)
{
    answer(x, part, NULL, NULL);
}

void fake_answer_as(struct x *x, uint64_t ask, const struct kith_answer *ans)
{
    for (size_t i = 0; i < x->n_asks; i++)
        if (x->asks[i].number == ask) {
            struct open_ask a = x->asks[i];
            VEC_DEL(x->asks, x->n_asks, i);
            a.fn(x, ans, a.user);
            return;
        }
    fail();
}

void fake_answer_secret(struct x *x, uint64_t ask, const char *secret)
{
    for (size_t i = 0; i < x->n_asks; i++)
        if (x->asks[i].number == ask) {
            struct open_ask a = x->asks[i];
            struct kith_field f = {
                .size = sizeof f, .key = "secret", .values = &secret, .n_values = secret ? 1 : 0};
            struct kith_answer ans = {.size = sizeof ans, .fields = &f, .n_fields = 1};
            VEC_DEL(x->asks, x->n_asks, i);
            a.fn(x, &ans, a.user);
            return;
        }
    fail();
}

uint64_t fake_last_ask(const struct x *x)
{
    return x->asks_n;
}
