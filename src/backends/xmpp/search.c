/* backends/xmpp/search.c - people found in a directory (XEP-0055): old fields and forms
 *
 * Where to ask is what the user says, else the first service of the own server that has a directory, else the server. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/puppets.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NS_SEARCH "jabber:iq:search"
#define NS_GATEWAY "jabber:iq:gateway"
enum { TERMS_MAX = 8, ROWS_MAX = 500, SERVICES_MAX = 20, CELL_BYTES = 400 };

struct search { /* one question, until its answer */
    kith_req req;
    char *where;                                  /* NULL: not known yet */
    struct { char *key, *value; } term[TERMS_MAX]; /* key "words": for whatever field is there */
    size_t n;
    char *service[SERVICES_MAX]; /* of the server, to be asked what they are */
    size_t n_services, at;
};

static void search_free(struct search *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->term[i].key);
        free(s->term[i].value);
    }
    for (size_t i = 0; i < s->n_services; i++)
        free(s->service[i]);
    free(s->where);
    free(s);
}

static void fails(struct x *x, struct search *s, xmpp_stanza_t *reply)
{
    struct err e = {0};
    if (reply)
        st_error(reply, &e);
    if (!reply)
        x_reply_err(x, s->req, KITH_ENET, "The directory did not answer.");
    else
        x_reply_err(x, s->req, e.code ? e.code : KITH_EPROTO, e.text);
    search_free(s);
}

/* ---- what was found ---- */

struct person {
    char *jid, *name;
    struct buf words;
};

/* One fact about somebody, from an element or a field of a form. Takes over value. */
static void put(struct person *p, const char *key, char *value)
{
    static const char *const names[] = {"nick", "fn", "name", "first"};
    if (str_empty(key) || str_empty(value)) {
        free(value);
        return;
    }
    if (strlen(value) > CELL_BYTES)
        value[utf8_floor(value, strlen(value), CELL_BYTES)] = '\0';
    if (str_eq(key, "jid") && !p->jid) {
        p->jid = jid_bare(value);
        free(value);
        return;
    }
    for (size_t i = 0; i < COUNT(names) && !p->name; i++)
        if (str_eq(key, names[i]))
            p->name = xstrdup(value);
    if (p->words.len < CELL_BYTES && !str_eq(p->name, value))
        buf_addf(&p->words, "%s%s", p->words.len ? ", " : "", value);
    free(value);
}

static void emit_person(struct x *x, const struct search *s, struct person *p)
{
    if (p->jid) {
        struct kith_ev_item ev = EV_INIT(KITH_EV_ITEM, kith_ev_item);
        ev.ev.req = s->req;
        ev.address = p->jid;
        ev.name = p->name ? p->name : p->jid;
        ev.text = p->words.len ? buf_str(&p->words) : NULL;
        ev.number = -1;
        x_emit(x, &ev.ev);
    }
    free(p->jid);
    free(p->name);
    buf_free(&p->words);
}

static void take_person(struct x *x, const struct search *s, xmpp_stanza_t *item, bool form)
{
    struct person p = {0};
    const char *jid = form ? NULL : st_attr(item, "jid");
    put(&p, "jid", xstrdup(jid));
    EACH_CHILD (c, item) {
        if (form && is_elem(c, "field", NULL))
            put(&p, st_attr(c, "var"), st_child_text(c, "value", NULL));
        else if (!form && is_elem(c, NULL, NULL))
            put(&p, xmpp_stanza_get_name(c), st_text(c));
    }
    emit_person(x, s, &p);
}

static void on_found(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct search *s = user;
    size_t n = 0;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_SEARCH) : NULL;
    xmpp_stanza_t *form = st_child(query, "x", NS_DATA);
    if (!iq_is_result(reply)) {
        fails(x, s, reply);
        return;
    }
    EACH_CHILD (c, form ? form : query)
        if (is_elem(c, "item", NULL) && n++ < ROWS_MAX)
            take_person(x, s, c, form != NULL);
    x_reply_ok(x, s->req, n > ROWS_MAX ? "There are more; say more about whom you look for." : NULL);
    search_free(s);
}

/* ---- what the directory wants to know ---- */

/* The field that plain words go into: the best known one that there is, else the first of text. */
static const char *field_for_words(xmpp_stanza_t *parent, bool form)
{
    static const char *const best[] = {"search", "query", "words", "nick", "user", "username", "name", "fn", "first"};
    const char *first = NULL;
    size_t rank = COUNT(best);
    EACH_CHILD (c, parent) {
        const char *type = st_attr(c, "type");
        const char *key = form ? st_attr(c, "var") : xmpp_stanza_get_name(c);
        bool text = form ? is_elem(c, "field", NULL) && (!type || str_starts(type, "text-") || str_starts(type, "jid-"))
                         : is_elem(c, NULL, NULL) && !st_child(c, "field", NULL);
        if (!text || str_empty(key) || str_eq(key, "instructions") || str_eq(key, "FORM_TYPE"))
            continue;
        first = first ? first : key;
        for (size_t i = 0; i < rank; i++)
            if (str_eq(key, best[i]))
                rank = i;
    }
    return rank < COUNT(best) ? best[rank] : first;
}

static bool has_field(xmpp_stanza_t *parent, bool form, const char *key)
{
    EACH_CHILD (c, parent)
        if (str_eq(form ? st_attr(c, "var") : xmpp_stanza_get_name(c), key))
            return true;
    return false;
}

static void names_of(xmpp_stanza_t *parent, bool form, struct buf *out)
{
    EACH_CHILD (c, parent) {
        const char *key = form ? st_attr(c, "var") : xmpp_stanza_get_name(c);
        if (key && out->len < CELL_BYTES && !str_eq(key, "instructions") && !str_eq(key, "FORM_TYPE") &&
            !str_eq(key, "title") && !str_eq(key, "x"))
            buf_addf(out, "%s%.60s", out->len ? ", " : "", key);
    }
}

/* The filled form goes back. False, and the request has ended: one of the fields does not exist there. */
static bool fill(struct x *x, struct search *s, xmpp_stanza_t *asked, bool form, xmpp_stanza_t *query)
{
    xmpp_stanza_t *to = form ? form_new(query, NS_SEARCH) : query;
    for (size_t i = 0; i < s->n; i++) {
        bool words = !*s->term[i].key || strcmp(s->term[i].key, "words") == 0;
        const char *key = words ? field_for_words(asked, form) : s->term[i].key;
        if (!key || !has_field(asked, form, key)) {
            struct buf names = {0};
            names_of(asked, form, &names);
            char *why = xasprintf("This directory is not searched by \"%.60s\", but by: %s", key ? key : s->term[i].value,
                                  names.len ? buf_str(&names) : "nothing");
            x_reply_err(x, s->req, KITH_EINVAL, why);
            free(why);
            buf_free(&names);
            return false;
        }
        if (form)
            form_field(to, key, s->term[i].value);
        else
            st_add_child_text(to, key, NULL, s->term[i].value);
    }
    return true;
}

/* XEP-0100 §4.6.1: a gateway without a directory may know what somebody's name is as an address. */
static void on_prompted(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct search *s = user;
    struct person p = {0};
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_GATEWAY) : NULL;
    char *jid = st_child_text(query, "jid", NULL);
    if (!query || str_empty(jid)) {
        free(jid);
        fails(x, s, reply);
        return;
    }
    put(&p, "jid", jid);
    put(&p, "name", xstrdup(s->term[0].value));
    emit_person(x, s, &p);
    x_reply_ok(x, s->req, NULL);
    search_free(s);
}

static bool has_no_directory(const struct x *x, const struct search *s, xmpp_stanza_t *reply)
{
    xmpp_stanza_t *error = reply ? st_child(reply, "error", NULL) : NULL;
    return error && s->n == 1 && puppets_is_gateway(x, s->where) &&
           (st_child(error, "feature-not-implemented", NULL) || st_child(error, "service-unavailable", NULL));
}

static void prompt(struct x *x, struct search *s)
{
    xmpp_stanza_t *query, *iq = iq_new(x, "set", s->where, "query", NS_GATEWAY, &query);
    st_add_child_text(query, "prompt", NULL, s->term[0].value);
    x_iq(x, iq, on_prompted, s);
}

static void on_fields(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct search *s = user;
    xmpp_stanza_t *asked = iq_is_result(reply) ? st_child(reply, "query", NS_SEARCH) : NULL;
    xmpp_stanza_t *form = st_child(asked, "x", NS_DATA), *query;
    if (!asked && has_no_directory(x, s, reply)) {
        prompt(x, s);
        return;
    }
    if (!asked) {
        fails(x, s, reply);
        return;
    }
    xmpp_stanza_t *iq = iq_new(x, "set", s->where, "query", NS_SEARCH, &query);
    if (!fill(x, s, form ? form : asked, form != NULL, query)) {
        xmpp_stanza_release(iq);
        search_free(s);
        return;
    }
    x_iq(x, iq, on_found, s);
}

static void ask_fields(struct x *x, struct search *s)
{
    x_iq(x, iq_new(x, "get", s->where, "query", NS_SEARCH, NULL), on_fields, s);
}

/* ---- where ---- */

static void next_service(struct x *x, struct search *s);

static void on_service(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct search *s = user;
    xmpp_stanza_t *info = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    if (!reply) {
        fails(x, s, NULL);
        return;
    }
    EACH_CHILD (c, info)
        if (is_elem(c, "feature", NULL) && str_eq(st_attr(c, "var"), NS_SEARCH) && !s->where)
            s->where = xstrdup(s->service[s->at]);
    s->at++;
    next_service(x, s);
}

static void next_service(struct x *x, struct search *s)
{
    if (!s->where && s->at < s->n_services) {
        x_iq(x, iq_new(x, "get", s->service[s->at], "query", NS_DISCO_INFO, NULL), on_service, s);
        return;
    }
    if (!s->where)
        s->where = xstrdup(x_domain(x));
    ask_fields(x, s);
}

static void on_services(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct search *s = user;
    xmpp_stanza_t *items = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_ITEMS) : NULL;
    if (!reply) {
        fails(x, s, NULL);
        return;
    }
    EACH_CHILD (c, items) {
        const char *jid = is_elem(c, "item", NULL) && !st_attr(c, "node") ? st_attr(c, "jid") : NULL;
        char *a = jid ? jid_normal(jid) : NULL;
        if (a && s->n_services < SERVICES_MAX)
            s->service[s->n_services++] = a;
        else
            free(a);
    }
    next_service(x, s);
}

int search_people(struct x *x, const char *where, const struct kith_field *fields, size_t n, kith_req req)
{
    char *a = where ? jid_normal(where) : NULL;
    if (!x_online(x) || (where && !a) || n == 0) {
        free(a);
        return x_online(x) ? KITH_EINVAL : KITH_EOFFLINE;
    }
    struct search *s = xcalloc(1, sizeof *s);
    s->req = req;
    s->where = a;
    for (size_t i = 0; i < n && s->n < TERMS_MAX; i++) {
        const struct kith_field *f = KITH_AT(struct kith_field, fields, i);
        if (f->n_values == 0 || str_empty(f->values[0]))
            continue;
        s->term[s->n].key = xstrdup(f->key ? f->key : "");
        s->term[s->n++].value = xstrdup(f->values[0]);
    }
    if (s->where)
        ask_fields(x, s);
    else
        x_iq(x, iq_new(x, "get", x_domain(x), "query", NS_DISCO_ITEMS, NULL), on_services, s);
    return KITH_OK;
}
