/* backends/xmpp/gateway.c - gateways to other networks: found, registered with, logged in and out of (XEP-0100, XEP-0077)
 *
 * A gateway is what says so of itself among the items of our own server (category "gateway", whatever else it is), or a
 * service of rooms that are another network's ("conference" of type "irc"), which may be open to all. Where one wants to be registered with by commands (XEP-0050) it is.
 */
#include "backends/xmpp/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/adhoc.h"
#include "backends/xmpp/dataform.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/puppets.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NS_IQ_REGISTER "jabber:iq:register"

enum { SERVICES_MAX = 50, NAME_BYTES = 200 };

/* ---- finding ---- */

struct search { /* one list, until its last answer */
    kith_req req;
    unsigned waiting;
};
struct service {
    struct search *of;
    char *jid, *name, *type;
    bool rooms; /* it has rooms of another network, and is nothing more */
};

static void answered(struct x *x, struct search *s)
{
    if (--s->waiting > 0)
        return;
    x_reply_ok(x, s->req, NULL);
    free(s);
}

static void service_done(struct x *x, struct service *sv)
{
    struct search *s = sv->of;
    free(sv->jid);
    free(sv->name);
    free(sv->type);
    free(sv);
    answered(x, s);
}

static void is_there(const char *full UNUSED, void *user)
{
    *(bool *)user = true;
}

/* What we know: presence says most, then what the gateway says of our registration, then the list of contacts. */
static const char *state_of(const struct x *x, const char *jid, bool registered)
{
    bool online = false;
    presence_each(x, jid, is_there, &online);
    return online ? "logged in" : registered || roster_has(x, jid) ? "registered, not logged in" : "not registered";
}

/* With what it says of itself just now: "logged in: Syncing contacts..." Owned. */
static char *state_words(const struct x *x, const char *jid, bool registered)
{
    const char *state = state_of(x, jid, registered), *text = presence_text(x, jid);
    size_t len = text ? strcspn(text, "\n") : 0;
    return len ? xasprintf("%s: %.*s", state, (int)utf8_floor(text, len, NAME_BYTES), text) : xstrdup(state);
}

static void tell_row(struct x *x, const struct service *sv, bool registered, bool open)
{
    char *state = open ? xstrdup("open to all") : state_words(x, sv->jid, registered);
    struct kith_field fields[] = {{.size = sizeof *fields, .key = "network", .label = "Network", .type = "fixed", .n_values = 1},
                                  {.size = sizeof *fields, .key = "address", .label = "Address", .type = "fixed", .n_values = 1}};
    const char *network = sv->type ? sv->type : "";
    fields[0].values = &network;
    fields[1].values = (const char *const *)&sv->jid;
    struct kith_ev_item ev = EV_INIT(KITH_EV_ITEM, kith_ev_item);
    ev.ev.req = sv->of->req;
    ev.address = sv->jid;
    ev.name = sv->name;
    ev.text = state;
    ev.number = -1;
    ev.fields = fields;
    ev.n_fields = COUNT(fields);
    x_emit(x, &ev.ev);
    free(state);
}

static void on_registration(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct service *sv = user;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_IQ_REGISTER) : NULL;
    xmpp_stanza_t *error = reply ? st_child(reply, "error", NULL) : NULL;
    bool none = error && (st_child(error, "feature-not-implemented", NULL) || st_child(error, "service-unavailable", NULL));
    if (reply)
        tell_row(x, sv, query && st_child(query, "registered", NULL), none && sv->rooms && !roster_has(x, sv->jid));
    service_done(x, sv);
}

static xmpp_stanza_t *identity_of(xmpp_stanza_t *query, const char *category, const char *type)
{
    EACH_CHILD (c, query)
        if (is_elem(c, "identity", NULL) && str_eq(st_attr(c, "category"), category) && (!type || str_eq(st_attr(c, "type"), type)))
            return c;
    return NULL;
}

/* It may be a room service and an account as well, in any order. */
static void on_info(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct service *sv = user;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    xmpp_stanza_t *gateway = identity_of(query, "gateway", NULL), *is = gateway ? gateway : identity_of(query, "conference", "irc");
    if (!is) {
        service_done(x, sv);
        return;
    }
    sv->rooms = !gateway;
    str_take(&sv->type, xstrndup(st_attr(is, "type") ? st_attr(is, "type") : "", NAME_BYTES));
    if (!str_empty(st_attr(is, "name")))
        str_take(&sv->name, xstrndup(st_attr(is, "name"), NAME_BYTES));
    x_iq(x, iq_new(x, "get", sv->jid, "query", NS_IQ_REGISTER, NULL), on_registration, sv);
}

static void on_items(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct search *s = user;
    struct err e = {0};
    unsigned n = 0;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_ITEMS) : NULL;
    if (!query) {
        st_error(reply, &e);
        x_reply_err(x, s->req, e.code ? e.code : KITH_EPROTO, e.text[0] ? e.text : "The server did not answer.");
        free(s);
        return;
    }
    EACH_CHILD (c, query) {
        char *jid = is_elem(c, "item", NULL) && st_attr(c, "jid") && !st_attr(c, "node") && n < SERVICES_MAX ? jid_normal(st_attr(c, "jid")) : NULL;
        if (!jid)
            continue;
        n++;
        struct service *sv = xcalloc(1, sizeof *sv);
        *sv = (struct service){.of = s, .jid = jid, .name = st_attr(c, "name") ? xstrndup(st_attr(c, "name"), NAME_BYTES) : NULL};
        s->waiting++;
        x_iq(x, iq_new(x, "get", jid, "query", NS_DISCO_INFO, NULL), on_info, sv);
    }
    answered(x, s);
}

int gateway_list(struct x *x, kith_req req)
{
    if (!x_online(x))
        return KITH_EOFFLINE;
    struct search *s = xmalloc(sizeof *s);
    *s = (struct search){req, 1};
    x_iq(x, iq_new(x, "get", x_domain(x), "query", NS_DISCO_ITEMS, NULL), on_items, s);
    return KITH_OK;
}

/* ---- logging in and out, XEP-0100 §4.4, §4.5 ---- */

static void be_seen(struct x *x, const char *jid, bool there)
{
    xmpp_stanza_t *p = st_new(x_ctx(x), "presence", NULL);
    st_set(p, "to", jid);
    st_set(p, "type", there ? NULL : "unavailable");
    x_send(x, p);
}

/* ---- registering ---- */

void gateway_registered(struct x *x, const char *jid)
{
    puppets_keep(x, jid);
    be_seen(x, jid, true);
    if (!roster_has(x, jid))
        roster_add(x, jid, NULL, NULL, 0, NULL, 0);
}

struct job {
    char *jid;
    kith_req req;
    bool fields; /* the old ones, not a data form */
};

static void job_end(struct x *x, struct job *j, int err, const char *text)
{
    if (j->req)
        x_reply_err(x, j->req, err, text);
    else if (text)
        x_notice(x, err < 0 ? KITH_ERROR : KITH_INFO, NULL, "%s: %s", j->jid, text);
    free(j->jid);
    free(j);
}

static void on_registered(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct job *j = user;
    struct err e = {0};
    if (!iq_is_result(reply)) {
        st_error(reply, &e);
        job_end(x, j, e.code ? e.code : KITH_EPROTO, e.text[0] ? e.text : "The gateway did not answer.");
        return;
    }
    gateway_registered(x, j->jid);
    job_end(x, j, KITH_OK, "You are registered with the gateway.");
}

static void on_filled(struct x *x, const char *choice, struct dataform *form, void *user)
{
    struct job *j = user;
    if (!choice || strcmp(choice, "cancel") == 0) {
        job_end(x, j, KITH_ECANCELED, NULL);
        return;
    }
    xmpp_stanza_t *query, *iq = iq_new(x, "set", j->jid, "query", NS_IQ_REGISTER, &query);
    for (size_t i = 0; j->fields && i < form->n_fields; i++)
        st_add_child_text(query, form->fields[i].var, NULL, form->fields[i].n_values ? form->fields[i].values[0] : NULL);
    if (!j->fields)
        dataform_build(query, form, DATAFORM_SUBMIT);
    x_iq(x, iq, on_registered, j);
}

/* XEP-0077 §14.1: only the elements that the schema has; others are nobody's field. */
static struct dataform *old_fields(xmpp_stanza_t *query)
{
    static const char *const names[] = {"username", "nick", "password", "name", "first", "last", "email", "address", "city", "state", "zip",
                                        "phone", "url", "date", "key"};
    struct dataform *f = dataform_new(DATAFORM_FORM, NULL);
    for (size_t i = 0; i < COUNT(names); i++) {
        xmpp_stanza_t *st = st_child(query, names[i], NULL);
        char *value = st ? st_text(st) : NULL;
        if (st)
            dataform_set(f, names[i], (const char *const[]){value}, value ? 1 : 0);
        struct dataform_field *field = st ? dataform_find(f, names[i]) : NULL;
        if (field)
            field->type = str_eq(names[i], "password") ? DATAFORM_TEXT_PRIVATE : str_eq(names[i], "key") ? DATAFORM_HIDDEN : DATAFORM_TEXT_SINGLE;
        if (field)
            field->required = field->type != DATAFORM_HIDDEN;
        str_wipe_free(value);
    }
    f->text = st_child_text(query, "instructions", NULL);
    return f;
}

/* XMPP.md 6.2 says it of gateways of today: "You must use adhoc commands", as an error that is none. */
static bool by_commands(xmpp_stanza_t *reply)
{
    xmpp_stanza_t *error = reply ? st_child(reply, "error", NULL) : NULL;
    return error && (st_child(error, "bad-request", NULL) || st_child(error, "feature-not-implemented", NULL) ||
                     st_child(error, "service-unavailable", NULL));
}

static void on_wanted(struct x *x, xmpp_stanza_t *reply, void *user)
{
    static const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "ok", "Register"}, {sizeof *choices, 0, "cancel", "Cancel"}};
    struct job *j = user;
    struct err e = {0};
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_IQ_REGISTER) : NULL, *data = st_child(query, "x", NS_DATA);
    if (!query && by_commands(reply)) {
        if (adhoc_start(x, j->jid, NS_IQ_REGISTER, j->req) >= 0)
            j->req = 0;
        job_end(x, j, KITH_EBUSY, j->req ? "Too many commands are open." : NULL);
        return;
    }
    struct dataform *form = data ? dataform_parse(data, &e) : query ? old_fields(query) : NULL;
    if (!form) {
        if (!query)
            st_error(reply, &e);
        job_end(x, j, e.code ? e.code : KITH_EPROTO, e.text[0] ? e.text : "The gateway did not answer.");
        return;
    }
    char *title = xasprintf("Registration with %s", j->jid);
    struct kith_ev_ask head = {.subject = j->jid, .title = title, .choices = choices, .n_choices = COUNT(choices)};
    j->fields = !data;
    x_reply_ok(x, j->req, NULL);
    j->req = 0;
    dataform_ask(x, &head, form, on_filled, j);
    free(title);
}

static void on_removed(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct job *j = user;
    struct err e = {0};
    if (iq_is_result(reply)) {
        if (roster_has(x, j->jid))
            roster_remove(x, j->jid, 0);
        job_end(x, j, KITH_OK, "You are not registered with the gateway any more.");
    } else if (by_commands(reply)) {
        job_end(x, j, KITH_EUNSUP, "The gateway does this by its commands: /command with its address lists them.");
    } else {
        st_error(reply, &e);
        job_end(x, j, e.code ? e.code : KITH_EPROTO, e.text[0] ? e.text : "The gateway did not answer.");
    }
}

/* ---- what to do with one ---- */

static void on_choice(struct x *x, const char *choice, struct dataform *form UNUSED, void *user)
{
    static const struct { const char *id; enum gateway_do what; } rows[] = {
        {"register", GATEWAY_REGISTER}, {"unregister", GATEWAY_UNREGISTER}, {"login", GATEWAY_LOGIN}, {"logout", GATEWAY_LOGOUT}};
    char *jid = user;
    for (size_t i = 0; choice && i < COUNT(rows); i++)
        if (strcmp(rows[i].id, choice) == 0)
            gateway_do(x, jid, rows[i].what, 0);
    free(jid);
}

static void ask_what(struct x *x, const char *jid)
{
    bool online = false, registered = roster_has(x, jid);
    presence_each(x, jid, is_there, &online);
    struct kith_choice choices[] = {{sizeof *choices, registered ? 0u : KITH_CHOICE_DEFAULT, "register", registered ? "Registration" : "Register"},
                                    {sizeof *choices, registered ? KITH_CHOICE_DEFAULT : 0u, online ? "logout" : "login", online ? "Log out" : "Log in"},
                                    {sizeof *choices, KITH_CHOICE_DANGER, "unregister", "Unregister"},
                                    {sizeof *choices, 0, "cancel", "Cancel"}};
    char *state = state_words(x, jid, registered);
    char *text = xasprintf("%s\nWhat is written through a gateway is not end-to-end encrypted: who runs it can read it.", state);
    struct kith_ev_ask head = {.subject = jid, .title = jid, .text = text, .choices = choices, .n_choices = COUNT(choices)};
    dataform_ask(x, &head, dataform_new(DATAFORM_FORM, NULL), on_choice, xstrdup(jid));
    free(text);
    free(state);
}

int gateway_do(struct x *x, const char *address, enum gateway_do what, kith_req req)
{
    char *jid = jid_normal(address);
    if (!x_online(x) || !jid) {
        free(jid);
        return jid ? KITH_EOFFLINE : KITH_EINVAL;
    }
    struct job *j = xcalloc(1, sizeof *j);
    *j = (struct job){.jid = jid, .req = req};
    xmpp_stanza_t *query, *iq;
    switch (what) {
    case GATEWAY_REGISTER:
        x_iq(x, iq_new(x, "get", jid, "query", NS_IQ_REGISTER, NULL), on_wanted, j);
        return KITH_OK;
    case GATEWAY_UNREGISTER:
        iq = iq_new(x, "set", jid, "query", NS_IQ_REGISTER, &query);
        st_add(query, "remove", NULL);
        x_iq(x, iq, on_removed, j);
        return KITH_OK;
    case GATEWAY_LOGIN:
    case GATEWAY_LOGOUT:
        be_seen(x, jid, what == GATEWAY_LOGIN);
        break;
    case GATEWAY_ASK:
        ask_what(x, jid);
        break;
    }
    job_end(x, j, KITH_OK, NULL);
    return KITH_OK;
}
