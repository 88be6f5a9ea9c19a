/* backends/xmpp/jingle_out.c - what we say in a session (XEP-0166 §6, §7) */
#include "backends/xmpp/jingle.h"

#include <stdlib.h>

#include "base/mem.h"

enum { HELD_MAX = 4 * JINGLE_MAX };

struct held { /* until the stream is resumed */
    xmpp_stanza_t *iq;
    uint64_t number;
    bool vital;
};
struct jingle_outbox {
    struct held *held;
    size_t n, cap;
};

xmpp_stanza_t *jingle_new(struct jingle *j, const char *action, xmpp_stanza_t **jingle)
{
    xmpp_stanza_t *iq = iq_new(j->x, "set", j->peer, "jingle", NS_JINGLE, jingle);
    st_set(*jingle, "action", action);
    st_set(*jingle, "sid", j->sid);
    if (str_eq(action, "session-initiate"))
        st_set(*jingle, "initiator", x_jid(j->x));
    else if (str_eq(action, "session-accept"))
        st_set(*jingle, "responder", x_jid(j->x));
    return iq;
}

xmpp_stanza_t *jingle_content(const struct jingle *j, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *c = st_add(jingle, "content", NULL);
    st_set(c, "creator", "initiator");
    st_set(c, "name", j->content);
    st_set(c, "senders", "initiator");
    return c;
}

/* ---- sending ---- */

static void on_answer(struct x *x, xmpp_stanza_t *reply, void *user)
{
    uintptr_t code = (uintptr_t)user;
    struct jingle *j = jingle_by_number(x, code >> 1);
    struct err e = {0};
    if (!j || !(code & 1) || iq_is_result(reply))
        return;
    if (!reply) {
        jingle_fail(j, NULL, "Their program does not answer.");
        return;
    }
    int err = st_error(reply, &e);
    char *text = xasprintf("Their program refuses: %s", e.text);
    jingle_end(j, NULL, j->out ? err : KITH_ENOTFOUND, text);
    free(text);
}

static void send_now(struct x *x, xmpp_stanza_t *iq, uint64_t number, bool vital)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a number, never dereferenced */
    x_iq(x, iq, on_answer, (void *)(uintptr_t)(number << 1 | vital));
}

static struct jingle_outbox *outbox(struct x *x)
{
    struct jingle_outbox *o = x_state(x, "jingle_out");
    if (!o) {
        o = xcalloc(1, sizeof *o);
        x_set_state(x, "jingle_out", o);
    }
    return o;
}

void jingle_send(struct jingle *j, xmpp_stanza_t *iq, bool vital)
{
    struct jingle_outbox *o = x_online(j->x) ? NULL : outbox(j->x);
    if (!o) {
        send_now(j->x, iq, j->number, vital);
        return;
    }
    if (o->n < HELD_MAX)
        VEC_PUSH(o->held, o->n, o->cap, ((struct held){iq, j->number, vital}));
    else
        xmpp_stanza_release(iq);
}

void jingle_resumed(struct x *x)
{
    struct jingle_outbox *o = x_state(x, "jingle_out");
    if (!o)
        return;
    x_set_state(x, "jingle_out", NULL);
    for (size_t i = 0; i < o->n; i++)
        send_now(x, o->held[i].iq, o->held[i].number, o->held[i].vital);
    free(o->held);
    free(o);
}

void jingle_forget(struct x *x)
{
    struct jingle_outbox *o = x_state(x, "jingle_out");
    if (!o)
        return;
    x_set_state(x, "jingle_out", NULL);
    for (size_t i = 0; i < o->n; i++)
        xmpp_stanza_release(o->held[i].iq);
    free(o->held);
    free(o);
}

void jingle_terminate(struct jingle *j, const char *reason)
{
    xmpp_stanza_t *jingle, *iq = jingle_new(j, "session-terminate", &jingle);
    st_add(st_add(jingle, "reason", NULL), reason, NULL);
    jingle_send(j, iq, false);
}

void jingle_refuse(struct x *x, xmpp_stanza_t *request, const char *type, const char *condition, const char *condition2)
{
    xmpp_stanza_t *iq = st_new(x_ctx(x), "iq", NULL), *error;
    st_set(iq, "type", "error");
    st_set(iq, "id", st_attr(request, "id"));
    st_set(iq, "to", st_attr(request, "from"));
    error = st_add(iq, "error", NULL);
    st_set(error, "type", type);
    st_add(error, condition, "urn:ietf:params:xml:ns:xmpp-stanzas");
    if (condition2)
        st_add(error, condition2, NS_JINGLE_ERRORS);
    x_send(x, iq);
}
