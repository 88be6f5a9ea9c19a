/* backends/xmpp/register.c - a new account made on the server before the first login (XEP-0077 §3.1)
 *
 * Only inside TLS, only when the option "register" says so, and only until it has worked once: the password that was
 * given for the login is the new account's. What else the server wants to know is a question to the user, a form or
 * the old fields; what it can only do in a browser is said with the link.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/x.h"
#include "base/mem.h"

#define NS_OOB "jabber:x:oob"

enum { FIELDS_MAX = 32, VALUES_MAX = 64 };

/* The answer being made: pairs of key and value. They hold the password: wiped. */
struct x_register {
    bool form; /* a data form, else the old fields */
    struct { char *key, *value; } v[VALUES_MAX];
    size_t n;
};

static bool option_on(struct x *x)
{
    const char *v = x_option(x, "register");
    return str_eq(v, "true") || str_eq(v, "1") || str_eq(v, "yes");
}

bool register_due(struct x *x)
{
    if (x->register_now && x->sasl.password)
        return true;
    char *done = option_on(x) && x->sasl.password ? x_load(x, "registered") : NULL;
    bool due = option_on(x) && x->sasl.password && !done;
    free(done);
    return due;
}

void register_free(struct x *x)
{
    struct x_register *r = x->registration;
    x->registration = NULL;
    for (size_t i = 0; r && i < r->n; i++) {
        free(r->v[i].key);
        str_wipe_free(r->v[i].value);
    }
    free(r);
}

static void put(struct x_register *r, const char *key, const char *value)
{
    if (r->n == VALUES_MAX || str_empty(key))
        return;
    r->v[r->n].key = xstrdup(key);
    r->v[r->n].value = xstrdup(value ? value : "");
    r->n++;
}

static xmpp_stanza_t *request(struct x *x, const char *type, const char *id)
{
    xmpp_stanza_t *st = st_new(x->ctx, "iq", NULL);
    st_set(st, "type", type);
    st_set(st, "to", x->domain);
    st_set(st, "id", id);
    return st;
}

/* The token of an invitation: given as it is, or inside of its link ("...?register;preauth=TOKEN"). Owned, or NULL. */
static char *invite_token(const struct x *x)
{
    const char *v = x_option(x, "invite"), *at = v ? strstr(v, "preauth=") : NULL;
    if (!v || !*v || (!at && strpbrk(v, ":?;# ")))
        return NULL; /* a link without a token */
    at = at ? at + strlen("preauth=") : v;
    return xstrndup(at, strcspn(at, ";&# "));
}

static void ask_what_is_wanted(struct x *x)
{
    xmpp_stanza_t *st = request(x, "get", "register-ask");
    st_add(st, "query", NS_REGISTER);
    link_write_stanza(x, st);
}

void register_start(struct x *x)
{
    char *token = invite_token(x);
    link_phase(x, PHASE_REGISTER);
    x_state_event(x, KITH_STATE_AUTH, "a new account is being made", PHASE_MS + 5000);
    if (str_empty(token)) {
        ask_what_is_wanted(x);
    } else { /* XEP-0445 §4 */
        xmpp_stanza_t *st = request(x, "set", "register-invited");
        st_set(st_add(st, "preauth", "urn:xmpp:pars:0"), "token", token);
        link_write_stanza(x, st);
    }
    free(token);
}

/* §4: a server that does not know the token may make an account all the same. */
static void on_invited(struct x *x, bool good)
{
    if (!good)
        x_notice(x, KITH_WARN, NULL, "%s does not know this invitation, or it is too old; an account is asked for without it.", x->domain);
    ask_what_is_wanted(x);
}

static void submit(struct x *x)
{
    struct x_register *r = x->registration;
    xmpp_stanza_t *st = request(x, "set", "register-make");
    xmpp_stanza_t *to = st_add(st, "query", NS_REGISTER);
    if (r->form) {
        to = st_add(to, "x", NS_DATA);
        st_set(to, "type", "submit");
    }
    for (size_t i = 0; i < r->n; i++) {
        if (!r->form) {
            st_add_child_text(to, r->v[i].key, NULL, r->v[i].value);
            continue;
        }
        bool more = i > 0 && strcmp(r->v[i].key, r->v[i - 1].key) == 0;
        xmpp_stanza_t *field = NULL;
        if (more) { /* another value of the field before */
            for (xmpp_stanza_t *c = xmpp_stanza_get_children(to); c; c = xmpp_stanza_get_next(c))
                field = c;
        } else {
            field = st_add(to, "field", NULL);
            st_set(field, "var", r->v[i].key);
        }
        st_add_child_text(field, "value", NULL, r->v[i].value);
    }
    register_free(x);
    link_phase(x, PHASE_REGISTER);
    link_write_stanza(x, st);
}

/* ---- what the server wants to know ---- */

struct wanted { /* the fields of the question; strings are owned */
    struct kith_field f[FIELDS_MAX];
    const char *value[FIELDS_MAX];
    char *owned[FIELDS_MAX * 4];
    size_t n, n_owned;
};

static const char *keep(struct wanted *w, char *s)
{
    if (s && w->n_owned < COUNT(w->owned))
        return w->owned[w->n_owned++] = s;
    free(s);
    return NULL;
}

static void wanted_free(struct wanted *w)
{
    for (size_t i = 0; i < w->n_owned; i++)
        free(w->owned[i]);
}

static void want(struct wanted *w, const char *key, char *label, const char *type, char *value, bool required)
{
    if (w->n == FIELDS_MAX) {
        free(label);
        free(value);
        return;
    }
    w->value[w->n] = keep(w, value);
    w->f[w->n] = (struct kith_field){.size = sizeof w->f[0], .flags = required ? KITH_FIELD_REQUIRED : 0u, .key = keep(w, xstrdup(key)),
                                     .label = keep(w, label), .type = type, .values = &w->value[w->n], .n_values = w->value[w->n] ? 1 : 0};
    w->n++;
}

/* What we know ourselves. */
static bool own_value(struct x *x, struct x_register *r, const char *key)
{
    if (!str_eq(key, "username") && !str_eq(key, "password"))
        return false;
    put(r, key, str_eq(key, "username") ? x->local : x->sasl.password);
    return true;
}

static const char *field_type(const char *type)
{
    static const struct { const char *theirs, *ours; } rows[] = {
        {"text-private", "secret"}, {"text-multi", "multiline"}, {"boolean", "bool"}, {"fixed", "fixed"}, {"jid-single", "address"}};
    for (size_t i = 0; type && i < COUNT(rows); i++)
        if (strcmp(type, rows[i].theirs) == 0)
            return rows[i].ours;
    return "text";
}

/* XEP-0077 §3.1.1 with a form of XEP-0004. */
static void take_form(struct x *x, struct x_register *r, struct wanted *w, xmpp_stanza_t *form)
{
    r->form = true;
    EACH_CHILD (f, form) {
        const char *name = xmpp_stanza_get_name(f), *var = st_attr(f, "var"), *type = st_attr(f, "type");
        if (!str_eq(name, "field"))
            continue;
        char *value = st_child_text(f, "value", NULL);
        if (str_eq(type, "hidden"))
            put(r, var, value);
        else if (var && own_value(x, r, var))
            ;
        else if (str_eq(type, "fixed"))
            want(w, "fixed", xstrdup(value ? value : ""), "fixed", NULL, false);
        else if (var)
            want(w, var, xstrdup(st_attr(f, "label") ? st_attr(f, "label") : var), field_type(type), xstrdup(value),
                 st_child(f, "required", NULL) != NULL);
        free(value);
    }
}

/* The old fields: each an element of its name. */
static void take_fields(struct x *x, struct x_register *r, struct wanted *w, xmpp_stanza_t *query)
{
    EACH_CHILD (c, query) {
        const char *name = xmpp_stanza_get_name(c), *ns = xmpp_stanza_get_ns(c);
        if (!name || (ns && !str_eq(ns, NS_REGISTER)) || str_eq(name, "instructions") || str_eq(name, "registered"))
            continue;
        if (!own_value(x, r, name))
            want(w, name, xstrdup(name), "text", st_text(c), true);
    }
}

static void on_answer(struct x *x, const struct kith_answer *a, void *user)
{
    struct x_register *r = x->registration;
    (void)user;
    if (x->phase != PHASE_REGISTER_ASK || !r)
        return;
    if (str_eq(a->choice, "cancel")) {
        link_end(x, KITH_ECANCELED, KITH_RETRY_NEVER, "No account was made at %s.", x->domain);
        return;
    }
    for (size_t i = 0; i < a->n_fields; i++) {
        const struct kith_field *f = KITH_AT(struct kith_field, a->fields, i);
        for (size_t k = 0; k < f->n_values; k++)
            put(r, f->key, f->values[k]);
    }
    submit(x);
}

static void ask(struct x *x, const struct wanted *w, const char *instructions)
{
    static const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "ok", "Make the account"},
                                                 {sizeof *choices, 0, "cancel", "Cancel"}};
    char *title = xasprintf("A new account at %s", x->domain);
    struct kith_ev_ask ev = {.ev = {.size = sizeof ev, .type = KITH_EV_ASK}, .kind = KITH_ASK_FORM, .subject = x->domain, .title = title,
                             .text = instructions, .choices = choices, .n_choices = COUNT(choices), .fields = w->f, .n_fields = w->n};
    link_phase(x, PHASE_REGISTER_ASK);
    x_state_event(x, KITH_STATE_AUTH, "the server asks for more about the new account", 0);
    x_ask(x, &ev, on_answer, NULL);
    free(title);
}

/* Only a browser can do it, says a link. */
static bool only_elsewhere(struct x *x, xmpp_stanza_t *query, const struct x_register *r)
{
    char *url = r->n == 0 ? st_child_text(st_child(query, "x", NS_OOB), "url", NULL) : NULL;
    bool so = !str_empty(url);
    if (so)
        link_end(x, KITH_EUNSUP, KITH_RETRY_NEVER, "%s makes new accounts only on the web: %.300s", x->domain, url);
    free(url);
    return so;
}

static void on_wanted(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *query = st_child(st, "query", NS_REGISTER), *form = query ? st_child(query, "x", NS_DATA) : NULL;
    struct wanted w = {0};
    if (!query) {
        link_end(x, KITH_EPROTO, KITH_RETRY_NEVER, "%s does not say how an account is made.", x->domain);
        return;
    }
    register_free(x);
    x->registration = xcalloc(1, sizeof *x->registration);
    if (form)
        take_form(x, x->registration, &w, form);
    else
        take_fields(x, x->registration, &w, query);
    char *instructions = st_child_text(form ? form : query, "instructions", NULL);
    if (only_elsewhere(x, query, x->registration))
        ;
    else if (w.n > 0)
        ask(x, &w, instructions);
    else if (x->registration->n > 0)
        submit(x);
    else
        link_end(x, KITH_EPROTO, KITH_RETRY_NEVER, "%s does not say how an account is made.", x->domain);
    free(instructions);
    wanted_free(&w);
}

/* ---- what came of it ---- */

static void refused(struct x *x, xmpp_stanza_t *st)
{
    struct err e = {0};
    x->register_now = false; /* once asked, once tried */
    int code = st_error(st, &e);
    if (code == KITH_ECONFLICT)
        link_end(x, KITH_ECONFLICT, KITH_RETRY_NEVER, "Somebody else has the address %s already. Choose another one, or leave out \"register\" "
                 "if it is yours.", x->bare);
    else if (code == KITH_EUNSUP || code == KITH_EDENIED)
        link_end(x, KITH_EUNSUP, KITH_RETRY_NEVER, "%s lets nobody make an account this way. %s", x->domain, e.text);
    else
        link_end(x, code, code == KITH_ELIMIT ? KITH_RETRY_AUTO : KITH_RETRY_NEVER, "%s made no account. %s", x->domain, e.text);
}

void register_stanza(struct x *x, xmpp_stanza_t *st)
{
    const char *id = st_attr(st, "id"), *type = st_attr(st, "type");
    if (x->phase != PHASE_REGISTER || !str_eq(xmpp_stanza_get_name(st), "iq"))
        return; /* nothing else is awaited, and nothing else is believed */
    if (str_eq(id, "register-invited") && (str_eq(type, "error") || str_eq(type, "result")))
        on_invited(x, str_eq(type, "result"));
    else if (str_eq(type, "error"))
        refused(x, st);
    else if (str_eq(type, "result") && str_eq(id, "register-ask"))
        on_wanted(x, st);
    else if (str_eq(type, "result") && str_eq(id, "register-make")) {
        x_save(x, "registered", "yes");
        x->register_now = false;
        x_log(x, KITH_INFO, "the account was made");
        x_notice(x, KITH_INFO, NULL, "The account %s was made.", x->bare);
        sasl_go(x);
    }
}
