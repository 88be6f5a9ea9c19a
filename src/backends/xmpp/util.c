/* backends/xmpp/util.c - what several features need: who speaks, queries, forms, stamps (XEP-0203) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "base/clock.h"
#include "base/mem.h"

bool is_elem(xmpp_stanza_t *st, const char *name, const char *ns)
{
    const char *n = st ? xmpp_stanza_get_name(st) : NULL;
    if (!n || (name && strcmp(n, name) != 0))
        return false;
    return !ns || str_eq(xmpp_stanza_get_ns(st), ns);
}

bool from_account(const struct x *x, const char *from)
{
    return !from || (!strchr(from, '/') && jid_same_bare(from, x_bare(x)));
}

bool from_server(const struct x *x, const char *from)
{
    if (from_account(x, from))
        return true;
    return !strchr(from, '/') && jid_same_bare(from, x_domain(x));
}

const char *id_attr(xmpp_stanza_t *st, const char *attr)
{
    const char *v = st_attr(st, attr);
    return str_empty(v) || strlen(v) > KITH_MAX_ID ? NULL : v;
}

xmpp_stanza_t *iq_new(struct x *x, const char *type, const char *to, const char *name,
                      const char *ns, xmpp_stanza_t **child)
{
    xmpp_stanza_t *iq = st_new(x_ctx(x), "iq", NULL);
    st_set(iq, "type", type);
    st_set(iq, "to", to);
    xmpp_stanza_t *c = st_add(iq, name, ns);
    if (child)
        *child = c;
    return iq;
}

bool iq_is_result(xmpp_stanza_t *st)
{
    return st && str_eq(st_attr(st, "type"), "result");
}

void reply_by_iq(struct x *x, kith_req req, xmpp_stanza_t *answer)
{
    struct err e = {0};
    if (iq_is_result(answer)) {
        x_reply_ok(x, req, NULL);
        return;
    }
    st_error(answer, &e);
    x_reply_err(x, req, e.code ? e.code : KITH_EPROTO, e.text);
}

xmpp_stanza_t *form_new(xmpp_stanza_t *parent, const char *form_type)
{
    xmpp_stanza_t *form = st_add(parent, "x", NS_DATA);
    st_set(form, "type", "submit");
    xmpp_stanza_t *f = st_add(form, "field", NULL);
    st_set(f, "var", "FORM_TYPE");
    st_set(f, "type", "hidden");
    st_add_child_text(f, "value", NULL, form_type);
    return form;
}

void form_field(xmpp_stanza_t *form, const char *var, const char *value)
{
    xmpp_stanza_t *f = st_add(form, "field", NULL);
    st_set(f, "var", var);
    st_add_child_text(f, "value", NULL, value);
}

int64_t delay_stamp(xmpp_stanza_t *st, const char **from)
{
    xmpp_stanza_t *d = st_child(st, "delay", NS_DELAY);
    const char *stamp = st_attr(d, "stamp");
    int64_t ms = 0;
    if (from)
        *from = st_attr(d, "from");
    if (!stamp || !clock_parse_iso(stamp, &ms) || ms <= 0)
        return 0;
    return ms;
}

char *state_string(const struct x *x, const char *key)
{
    char buf[KITH_MAX_ADDRESS + 1];
    int n = x_host(x)->state_get(x_account(x), key, buf, sizeof buf - 1);
    if (n <= 0 || (size_t)n >= sizeof buf)
        return NULL;
    return xstrndup(buf, (size_t)n);
}

bool option_bool(const struct x *x, const char *key, bool fallback)
{
    const char *v = x_option(x, key);
    return v ? str_eq(v, "true") || str_eq(v, "yes") || str_eq(v, "on") || str_eq(v, "1") : fallback;
}

void set_add(struct map *set, const char *key)
{
    map_set(set, key, set); /* any value but NULL */
}
