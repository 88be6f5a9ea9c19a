/* backends/xmpp/account.c - one account: identity, features and their state, events and questions
 * to the host */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "backends/xmpp/x.h"
#include "base/log.h"
#include "base/mem.h"

struct x *x_new(struct kith_account *acct, struct err *e)
{
    const char *address = x_the_host()->option(acct, "address");
    struct jid j;
    if (jid_parse(&j, address ? address : "", e) < 0)
        return NULL;
    if (!j.local) {
        err_set(e, KITH_EINVAL, "\"%.200s\" is no account; its address looks like name@example.org.",
                address);
        jid_free(&j);
        return NULL;
    }
    char *ascii = cert_ascii(j.domain);
    if (!ascii) {
        err_set(e, KITH_EINVAL, "\"%.200s\" cannot be the name of a server.", j.domain);
        jid_free(&j);
        return NULL;
    }
    struct x *x = xcalloc(1, sizeof *x);
    x->acct = acct;
    x->ascii = ascii;
    x->domain = xstrdup(j.domain);
    x->local = xstrdup(j.local ? j.local : "");
    x->bare = j.local ? xasprintf("%s@%s", j.local, j.domain) : xstrdup(j.domain);
    jid_free(&j);
    x->fd = x->hand = x->out_fd = -1;
    x->guard = guard_new();
    x->ctx = xmpp_ctx_new(guard_mem(x->guard), NULL); /* no log: it would hold the login */
    guard_set_owner(x->guard, x->ctx, x);
    guard_own(x->guard, x->bare, x->domain);
    tls_init(x);
    sm_load(x);
    return x;
}

void x_attach(struct x *x)
{
    for (size_t i = 0; x_features[i]; i++)
        if (x_features[i]->attach)
            x_features[i]->attach(x);
}

void x_free(struct x *x)
{
    link_down(x);
    iq_lost(x);
    for (size_t i = 0; x_features[i]; i++)
        if (x_features[i]->detach)
            x_features[i]->detach(x);
    tls_done(x);
    sasl_free(x);
    sm_free(x);
    xmpp_ctx_free(x->ctx);
    guard_free(x->guard);
    map_free(&x->inlined, NULL);
    map_free(&x->iqs, NULL);
    map_free(&x->asks, free);
    free(x->bare);
    free(x->local);
    free(x->domain);
    free(x->ascii);
    free(x->full);
    free(x->where);
    free(x->redirect);
    free(x->ws_known);
    free(x->parts);
    free(x);
}

/* ---- identity ---- */

const struct kith_host *x_host(const struct x *x)
{
    return x_the_host();
}

struct kith_account *x_account(const struct x *x)
{
    return x->acct;
}

xmpp_ctx_t *x_ctx(const struct x *x)
{
    return x->ctx;
}

const char *x_jid(const struct x *x)
{
    return x->full ? x->full : x->bare;
}

const char *x_bare(const struct x *x)
{
    return x->bare;
}

const char *x_domain(const struct x *x)
{
    return x->domain;
}

bool x_online(const struct x *x)
{
    return x->phase == PHASE_ONLINE && !x->end.due && !x->gone;
}

bool x_inline(const struct x *x, const char *feature)
{
    return map_get(&x->inlined, feature) != NULL;
}

const char *x_option(const struct x *x, const char *key)
{
    return x_the_host()->option(x->acct, key);
}

/* Asked for many times with each stanza: the names are literals, which the linker keeps once, so
 * that the first look mostly finds them. */
static struct x_part *part_of(const struct x *x, const char *feature)
{
    for (size_t i = 0; i < x->n_parts; i++)
        if (x->parts[i].feature == feature)
            return &x->parts[i];
    for (size_t i = 0; i < x->n_parts; i++)
        if (strcmp(x->parts[i].feature, feature) == 0)
            return &x->parts[i];
    return NULL;
}

void *x_state(const struct x *x, const char *feature)
{
    const struct x_part *p = part_of(x, feature);
    return p ? p->state : NULL;
}

void x_set_state(struct x *x, const char *feature, void *state)
{
    struct x_part *p = part_of(x, feature), new = {feature, state};
    if (p)
        p->state = state;
    else
        VEC_PUSH(x->parts, x->n_parts, x->cap_parts, new);
}

/* ---- events ---- */

uint64_t x_emit(struct x *x, const struct kith_event *ev)
{
    uint64_t n = x_the_host()->emit(x->acct, ev);
    if (n > x->emitted)
        x->emitted = n;
    if (n > x->stanza_event)
        x->stanza_event = n;
    return n;
}

void x_state_event(struct x *x, uint32_t state, const char *text, int64_t deadline_ms)
{
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE},
                               .state = state,
                               .text = text,
                               .resumed = state == KITH_STATE_ONLINE && x->resumed,
                               .deadline_ms = deadline_ms};
    x_the_host()->emit(x->acct, &ev.ev);
}

void x_reply_ok(struct x *x, kith_req req, const char *text)
{
    x_reply_err(x, req, KITH_OK, text);
}

void x_reply_err(struct x *x, kith_req req, int err, const char *text)
{
    if (!req)
        return;
    struct kith_ev_reply ev = {
        .ev = {.size = sizeof ev, .type = KITH_EV_REPLY, .req = req}, .err = err, .text = text};
    x_emit(x, &ev.ev);
}

void x_notice(struct x *x, enum kith_level level, const char *chat, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    struct kith_ev_notice ev = {.ev = {.size = sizeof ev, .type = KITH_EV_NOTICE},
                                .level = level,
                                .chat = chat,
                                .text = text};
    x_emit(x, &ev.ev);
    free(text);
}

void x_log(struct x *x, enum kith_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *line = xvasprintf(fmt, ap);
    va_end(ap);
    x_the_host()->log(x->acct, level, line);
    free(line);
}

void x_dropped(struct x *x, const char *what)
{
    size_t i = 0;
    while (i < COUNT(x->dropped) && x->dropped[i] && x->dropped[i] != what)
        i++;
    if (i == COUNT(x->dropped) || x->dropped[i])
        return;
    x->dropped[i] = what;
    x_log(x, KITH_WARN, "%s: dropped, and others like it", what);
}

void x_synced(struct x *x)
{
    if (x->synced || x->phase != PHASE_ONLINE)
        return;
    x->synced = true;
    x_state_event(x, KITH_STATE_ONLINE, x->where, 0);
}

void x_online_features(struct x *x, bool resumed)
{
    if (!resumed)
        memset(x->dropped, 0, sizeof x->dropped);
    for (size_t i = 0; x_features[i]; i++)
        if (x_features[i]->online)
            x_features[i]->online(x, resumed);
}

void x_offline_features(struct x *x)
{
    for (size_t i = 0; x_features[i]; i++)
        if (x_features[i]->offline)
            x_features[i]->offline(x);
}

/* ---- sending ---- */

/* XEP-0478 §4: it would end the stream. */
static void too_large(struct x *x, size_t len, const char *chat, const char *origin_id)
{
    struct kith_ev_receipt ev = {.ev = {.size = sizeof ev, .type = KITH_EV_RECEIPT},
                                 .chat = chat,
                                 .id = origin_id,
                                 .delivery = KITH_FAILED,
                                 .err = KITH_ETOOBIG,
                                 .text = "it is longer than what the server takes"};
    x_log(x, KITH_WARN, "a stanza of %zu bytes was not sent: the server takes %zu", len, x->max_bytes);
    if (origin_id)
        x_emit(x, &ev.ev);
}

static uint64_t send_stanza(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id)
{
    char *xml;
    size_t len;
    uint64_t n = 0;
    if (!omemo_lets_out(x, st)) { /* whoever made it did not know that the chat is encrypted */
        x_log(x, KITH_ERROR, "a message that would have left an encrypted chat in the clear was stopped");
        if (origin_id)
            message_failed(x, chat, origin_id, KITH_EUNSUP, "this chat is encrypted, and that cannot be");
        xmpp_stanza_release(st);
        return 0;
    }
    if (x_online(x) && xmpp_stanza_to_text(st, &xml, &len) == XMPP_EOK) {
        bool fits = !x->max_bytes || len <= x->max_bytes;
        if (fits) {
            n = sm_queue(x, xml, chat, origin_id);
            link_write(x, xml);
        } else {
            too_large(x, len, chat, origin_id);
        }
        xmpp_free(x->ctx, xml);
    }
    xmpp_stanza_release(st);
    return n;
}

uint64_t x_send(struct x *x, xmpp_stanza_t *st)
{
    return send_stanza(x, st, NULL, NULL);
}

uint64_t x_send_tracked(struct x *x, xmpp_stanza_t *st, const char *chat, const char *origin_id)
{
    return send_stanza(x, st, chat, origin_id);
}

/* ---- questions ---- */

struct ask {
    x_answer_fn *fn;
    void *user;
};

static void ask_key(char key[24], uint64_t ask)
{
    snprintf(key, 24, "%llu", (unsigned long long)ask);
}

uint64_t x_ask_numbered(struct x *x, struct kith_ev_ask *ask, x_answer_fn *fn, void *user)
{
    struct ask *a = xcalloc(1, sizeof *a);
    *a = (struct ask){fn, user};
    ask->ask = ++x->last_ask;
    char key[24];
    ask_key(key, ask->ask);
    map_set(&x->asks, key, a);
    x_emit(x, &ask->ev);
    return ask->ask;
}

void x_ask(struct x *x, struct kith_ev_ask *ask, x_answer_fn *fn, void *user)
{
    x_ask_numbered(x, ask, fn, user);
}

void x_ask_gone(struct x *x, uint64_t ask)
{
    char key[24];
    ask_key(key, ask);
    struct ask *a = map_del(&x->asks, key);
    if (!a)
        return;
    free(a);
    struct kith_ev_ask_gone ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK_GONE}, .ask = ask};
    x_emit(x, &ev.ev);
}

int x_answer(struct x *x, uint64_t ask, const struct kith_answer *answer)
{
    char key[24];
    ask_key(key, ask);
    struct ask *a = map_del(&x->asks, key);
    if (!a)
        return KITH_ENOTFOUND;
    a->fn(x, answer, a->user);
    free(a);
    return KITH_OK;
}

/* ---- persistent state ---- */

char *x_load(struct x *x, const char *key)
{
    size_t cap = 4096;
    for (;;) {
        char *out = xmalloc(cap + 1);
        int n = x_the_host()->state_get(x->acct, key, out, cap);
        if (n >= 0 && (size_t)n <= cap) {
            out[n] = '\0';
            return out;
        }
        free(out);
        if (n < 0)
            return NULL;
        cap = (size_t)n;
    }
}

void x_save(struct x *x, const char *key, const char *value)
{
    x_the_host()->state_set(x->acct, key, value, value ? strlen(value) : 0);
}
