/* backends/xmpp/iq.c - requests and their answers, matched by id and sender (RFC 6120 §8.2.3) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/x.h"
#include "base/mem.h"
#include "base/rand.h"

struct iq {
    char *to; /* normalized, NULL = the own account */
    x_iq_fn *fn;
    void *user;
    int64_t deadline;
};

static void finish(struct x *x, struct iq *iq, xmpp_stanza_t *reply)
{
    iq->fn(x, reply, iq->user);
    free(iq->to);
    free(iq);
}

static void arm(struct x *x);

static void on_time(void *user)
{
    struct x *x = user;
    x->iq_timer = 0;
    int64_t now = x_the_host()->mono_ms();
    for (struct map_entry *e = NULL; (e = map_next(&x->iqs, e));) {
        struct iq *iq = e->value;
        if (iq->deadline > now)
            continue;
        map_del(&x->iqs, e->key);
        finish(x, iq, NULL);
        e = NULL; /* the callback may have asked something new */
    }
    arm(x);
}

static void arm(struct x *x)
{
    int64_t first = INT64_MAX;
    for (struct map_entry *e = NULL; (e = map_next(&x->iqs, e));)
        first = MIN(first, ((struct iq *)e->value)->deadline);
    if (x->iq_timer)
        x_the_host()->timer_del(x->iq_timer);
    x->iq_timer = 0;
    x->iq_due = first;
    if (first != INT64_MAX)
        x->iq_timer = x_the_host()->timer_add(MAX(0, first - x_the_host()->mono_ms()), on_time, x);
}

void x_iq_wait(struct x *x, xmpp_stanza_t *st, int64_t ms, x_iq_fn *fn, void *user)
{
    char id[23];
    struct iq *iq = xcalloc(1, sizeof *iq);
    rand_id(id);
    st_set(st, "id", id);
    const char *to = st_attr(st, "to");
    iq->to = to ? jid_normal(to) : NULL;
    iq->fn = fn;
    iq->user = user;
    iq->deadline = x_the_host()->mono_ms() + ms;
    if (x_send(x, st) == 0)
        iq->deadline = 0; /* not connected: the answer comes in the next turn */
    bool sooner = !x->iq_timer || iq->deadline < x->iq_due;
    map_set(&x->iqs, id, iq);
    if (sooner)
        arm(x);
}

void x_iq(struct x *x, xmpp_stanza_t *st, x_iq_fn *fn, void *user)
{
    x_iq_wait(x, st, IQ_MS, fn, user);
}

/* Who may answer: the asked address; the server in its own name or the account's when we asked one
 * of them. */
static bool from_asked(struct x *x, const struct iq *iq, const char *from)
{
    bool account = !iq->to || str_eq(iq->to, x->bare);
    if (!from)
        return account || str_eq(iq->to, x->domain);
    char *f = jid_normal(from);
    bool ok = f && (str_eq(f, iq->to) || (account && (str_eq(f, x->bare) || str_eq(f, x->full))) ||
                    (!iq->to && str_eq(f, x->domain)));
    free(f);
    return ok;
}

bool iq_result(struct x *x, xmpp_stanza_t *st)
{
    const char *type = st_attr(st, "type"), *id = st_attr(st, "id");
    if (!str_eq(type, "result") && !str_eq(type, "error"))
        return false;
    struct iq *iq = id ? map_get(&x->iqs, id) : NULL;
    if (!iq || !from_asked(x, iq, st_attr(st, "from")))
        return true; /* nobody asked */
    map_del(&x->iqs, id);
    if (!x->iqs.n)
        arm(x); /* no timer without a purpose */
    finish(x, iq, st);
    return true;
}

void iq_dispatch(struct x *x, xmpp_stanza_t *st)
{
    const char *type = st_attr(st, "type");
    if (!st_attr(st, "id") || (!str_eq(type, "get") && !str_eq(type, "set")))
        return;
    for (size_t i = 0; x_features[i]; i++)
        if (x_features[i]->iq && x_features[i]->iq(x, st))
            return;
    x_iq_error(x, st, "cancel", "service-unavailable", NULL);
}

void iq_lost(struct x *x)
{
    struct map old = x->iqs;
    memset(&x->iqs, 0, sizeof x->iqs);
    for (struct map_entry *e = NULL; (e = map_next(&old, e));)
        finish(x, e->value, NULL);
    map_free(&old, NULL);
    arm(x);
}

static xmpp_stanza_t *answer_to(struct x *x, xmpp_stanza_t *request, const char *type)
{
    xmpp_stanza_t *st = st_new(x->ctx, "iq", NULL);
    st_set(st, "type", type);
    st_set(st, "id", st_attr(request, "id"));
    st_set(st, "to", st_attr(request, "from"));
    return st;
}

void x_iq_reply(struct x *x, xmpp_stanza_t *request, xmpp_stanza_t *payload)
{
    xmpp_stanza_t *st = answer_to(x, request, "result");
    if (payload)
        xmpp_stanza_add_child_ex(st, payload, 0);
    x_send(x, st);
}

void x_iq_error(struct x *x, xmpp_stanza_t *request, const char *type, const char *condition,
                const char *text)
{
    xmpp_stanza_t *st = answer_to(x, request, "error");
    xmpp_stanza_t *error = st_add(st, "error", NULL);
    st_set(error, "type", type);
    st_add(error, condition, NS_STANZA_ERRORS);
    if (text)
        st_add_child_text(error, "text", NS_STANZA_ERRORS, text);
    x_send(x, st);
}
