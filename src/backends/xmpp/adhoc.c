/* backends/xmpp/adhoc.c - commands of servers, gateways, rooms and contacts: listed, and run step by step (XEP-0050)
 *
 * A step is a question with a form; what its buttons are the other side says. Nothing of an answer is believed but
 * words: it can show a form or a note, and never more than one question for each thing the user did.
 */
#include "backends/xmpp/adhoc.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/gateway.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NODE_WORD "?command;node="
#define NS_REGISTRATION "jabber:iq:register"

enum {
    SESSIONS_MAX = 16,
    LISTED_MAX = 500,
    NAMES_MAX = 2000,
    NAME_BYTES = 200,
    ROW_BYTES = 600,         /* of address and node together: longer ones could not be named */
    NOTES_BYTES = 4000,
    STEP_MS = 10 * 60 * 1000 /* a step may wait until somebody has scanned a code elsewhere */
};

struct run { /* a command under way */
    char *to, *node, *session;
    char *name;     /* for people */
    kith_req req;   /* 0: it has been answered */
    uint64_t ask;   /* the open question, 0: the other side is asked */
};
struct adhoc {
    struct run *runs[SESSIONS_MAX];
    size_t n;
    struct map names; /* of commands that were listed, by their rows' addresses */
};

static void drop(struct x *x, struct run *r)
{
    struct adhoc *ad = x_state(x, "adhoc");
    for (size_t i = 0; ad && i < ad->n; i++) {
        if (ad->runs[i] == r) {
            ad->runs[i] = ad->runs[--ad->n];
            break;
        }
    }
    free(r->to);
    free(r->node);
    free(r->session);
    free(r->name);
    free(r);
}

/* Ends the request behind the first answer; later ones are told as notices. */
static void tell(struct x *x, struct run *r, int err, const char *text)
{
    kith_req req = r->req;
    r->req = 0;
    if (req)
        x_reply_err(x, req, err, text);
    else if (!str_empty(text))
        x_notice(x, err < 0 ? KITH_ERROR : KITH_INFO, NULL, "%s: %s", r->name, text);
}

/* ---- what an answer says ---- */

static void add_notes(struct buf *b, xmpp_stanza_t *command)
{
    EACH_CHILD (c, command) {
        if (!is_elem(c, "note", NULL) || b->len > NOTES_BYTES)
            continue;
        const char *type = st_attr(c, "type");
        char *text = st_text(c);
        if (!str_empty(text))
            buf_addf(b, "%s%s%.*s", b->len ? "\n" : "", str_eq(type, "error") ? "Error: " : str_eq(type, "warn") ? "Warning: " : "",
                     (int)utf8_floor(text, strlen(text), NOTES_BYTES), text);
        free(text);
    }
    EACH_CHILD (c, command) { /* XEP-0066: where to go on */
        char *url = is_elem(c, "x", "jabber:x:oob") ? st_child_text(c, "url", NULL) : NULL;
        if (!str_empty(url) && b->len < NOTES_BYTES)
            buf_addf(b, "%s%.1000s", b->len ? "\n" : "", url);
        free(url);
    }
}

static bool has_error_note(xmpp_stanza_t *command)
{
    EACH_CHILD (c, command)
        if (is_elem(c, "note", NULL) && str_eq(st_attr(c, "type"), "error"))
            return true;
    return false;
}

/* §3.4: which ways the step has. Without <actions/> there is one. */
static size_t choices_of(xmpp_stanza_t *command, struct kith_choice out[5])
{
    static const struct { const char *id, *label; } known[] = {{"next", "Next"}, {"complete", "Finish"}, {"prev", "Back"}};
    xmpp_stanza_t *actions = st_child(command, "actions", NULL);
    const char *execute = st_attr(actions, "execute");
    size_t n = 0;
    bool has_default = false;
    for (size_t i = 0; actions && i < COUNT(known); i++) {
        if (!st_child(actions, known[i].id, NULL))
            continue;
        bool is_default = execute ? str_eq(execute, known[i].id) : i == 0;
        out[n++] = (struct kith_choice){sizeof *out, is_default ? KITH_CHOICE_DEFAULT : 0u, known[i].id, known[i].label};
        has_default = has_default || is_default;
    }
    if (n == 0)
        out[n++] = (struct kith_choice){sizeof *out, KITH_CHOICE_DEFAULT, "execute", "Go on"};
    else if (!has_default && strcmp(out[0].id, "prev") != 0)
        out[0].flags = KITH_CHOICE_DEFAULT;
    out[n++] = (struct kith_choice){sizeof *out, 0, "cancel", "Cancel"};
    return n;
}

/* ---- a step ---- */

static void on_step(struct x *x, xmpp_stanza_t *reply, void *user);

static void send_step(struct x *x, struct run *r, const char *action, const struct dataform *form)
{
    xmpp_stanza_t *command, *iq = iq_new(x, "set", r->to, "command", NS_COMMANDS, &command);
    st_set(command, "node", r->node);
    st_set(command, "sessionid", r->session);
    st_set(command, "action", action);
    if (form)
        dataform_build(command, form, DATAFORM_SUBMIT);
    r->ask = 0;
    x_iq_wait(x, iq, STEP_MS, on_step, r);
}

static void on_filled(struct x *x, const char *choice, struct dataform *form, void *user)
{
    struct run *r = user;
    if (!choice) { /* the session is over, and the other side's with it */
        drop(x, r);
        return;
    }
    bool whole = strcmp(choice, "prev") != 0 && strcmp(choice, "cancel") != 0;
    send_step(x, r, strcmp(choice, "execute") == 0 ? NULL : choice, whole && form->kind == DATAFORM_FORM ? form : NULL);
}

static void on_read(struct x *x, const char *choice UNUSED, struct dataform *form UNUSED, void *user)
{
    drop(x, user);
}

static void show(struct x *x, struct run *r, xmpp_stanza_t *command, struct dataform *form, bool over)
{
    static const struct kith_choice close[] = {{sizeof *close, KITH_CHOICE_DEFAULT, "ok", "Close"}};
    struct kith_choice choices[5];
    struct kith_ev_ask head = {.subject = r->to, .choices = over ? close : choices, .n_choices = over ? 1 : choices_of(command, choices)};
    struct buf text = {0};
    add_notes(&text, command);
    if (form->text)
        buf_addf(&text, "%s%s", text.len ? "\n" : "", form->text);
    if (form->left_out)
        buf_addf(&text, "%s%zu further rows were left out.", text.len ? "\n" : "", form->left_out);
    if (over && form->n_fields + form->n_columns > 0)
        form->kind = DATAFORM_RESULT; /* there is nobody to send it to any more */
    char *title = xasprintf("%s - %s", str_empty(form->title) ? r->name : form->title, r->to);
    head.title = title;
    head.text = text.len ? buf_str(&text) : NULL;
    r->ask = dataform_ask(x, &head, form, over ? on_read : on_filled, r);
    tell(x, r, KITH_OK, NULL);
    buf_free(&text);
    free(title);
}

/* §3.4: over, with or without something to read. */
static void completed(struct x *x, struct run *r, xmpp_stanza_t *command, struct dataform *form, bool canceled)
{
    size_t seen = 0;
    struct buf text = {0};
    add_notes(&text, command);
    bool failed = has_error_note(command);
    for (size_t i = 0; form && i < form->n_fields; i++)
        seen += form->fields[i].type != DATAFORM_HIDDEN;
    bool says = (text.len > 0 && !failed) || (form && (form->n_columns > 0 || seen > 0 || !str_empty(form->text)));
    if (strcmp(r->node, NS_REGISTRATION) == 0 && !failed && !canceled && !strchr(r->to, '@'))
        gateway_registered(x, r->to); /* the way in of gateways that take no form */
    if (says && !canceled) { /* what was asked for is read at leisure, not in a line that goes away */
        buf_free(&text);
        show(x, r, command, form ? form : dataform_new(DATAFORM_RESULT, NULL), true);
        return;
    }
    if (text.len == 0 && !canceled)
        buf_adds(&text, "Done.");
    tell(x, r, failed ? KITH_EDENIED : KITH_OK, text.len ? buf_str(&text) : NULL);
    dataform_free(form);
    buf_free(&text);
    drop(x, r);
}

static void failed(struct x *x, struct run *r, xmpp_stanza_t *reply)
{
    struct err e = {0};
    st_error(reply, &e);
    tell(x, r, e.code ? e.code : KITH_EPROTO, e.text[0] ? e.text : "There was no answer.");
    drop(x, r);
}

static void on_step(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct run *r = user;
    struct err e = {0};
    xmpp_stanza_t *command = iq_is_result(reply) ? st_child(reply, "command", NS_COMMANDS) : NULL;
    const char *session = id_attr(command, "sessionid"), *status = st_attr(command, "status");
    if (!command) {
        failed(x, r, reply);
        return;
    }
    if (r->session && session && strcmp(session, r->session) != 0) {
        tell(x, r, KITH_EPROTO, "The answer belongs to another run of the command.");
        drop(x, r);
        return;
    }
    if (session)
        str_set(&r->session, session);
    xmpp_stanza_t *data = st_child(command, "x", NS_DATA);
    struct dataform *form = data ? dataform_parse(data, &e) : NULL;
    if (data && !form) {
        tell(x, r, e.code, e.text);
        if (str_eq(status, "executing") && r->session) { /* nothing can be done with it: the other side need not keep it */
            send_step(x, r, "cancel", NULL);
            return;
        }
        drop(x, r);
    } else if (str_eq(status, "executing")) {
        show(x, r, command, form ? form : dataform_new(DATAFORM_RESULT, NULL), false);
    } else {
        completed(x, r, command, form, str_eq(status, "canceled"));
    }
}

/* ---- starting ---- */

/* "[xmpp:]address?command;node=NODE", percent-encoded where it is a URI. */
static bool split(const char *what, char **to, char **node)
{
    bool uri = str_starts(what, "xmpp:");
    what += uri ? 5 : 0;
    const char *at = strstr(what, NODE_WORD);
    if (!at)
        return false;
    *to = xstrndup(what, (size_t)(at - what));
    const char *from = at + strlen(NODE_WORD);
    struct buf b = {0};
    for (size_t n = uri ? strcspn(from, ";") : strlen(from), i = 0; i < n; i++) {
        char hex[4] = {from[i], i + 1 < n ? from[i + 1] : '\0', i + 2 < n ? from[i + 2] : '\0'}, *end = NULL;
        long byte = uri && hex[0] == '%' ? strtol(&hex[1], &end, 16) : 0;
        if (uri && hex[0] == '%' && i + 2 < n && end == hex + 3 && byte > 0) {
            buf_addc(&b, (char)byte);
            i += 2;
        } else {
            buf_addc(&b, from[i]);
        }
    }
    *node = b.len ? buf_take(&b) : xstrdup("");
    return true;
}

int adhoc_start(struct x *x, const char *what, const char *node, kith_req req)
{
    struct adhoc *ad = x_state(x, "adhoc");
    char *where = NULL, *name = NULL;
    if (!x_online(x))
        return KITH_EOFFLINE;
    if (ad->n == SESSIONS_MAX)
        return KITH_EBUSY;
    if (node) {
        where = xstrdup(what);
        name = xstrdup(node);
    } else if (!split(what, &where, &name)) {
        return KITH_EINVAL;
    }
    char *to = jid_normal(where);
    free(where);
    if (!to || str_empty(name)) {
        free(to);
        free(name);
        return KITH_EINVAL;
    }
    struct run *r = xcalloc(1, sizeof *r);
    char *row = xasprintf("%s" NODE_WORD "%s", to, name);
    const char *listed = map_get(&ad->names, row);
    *r = (struct run){.to = to, .node = name, .name = xstrdup(listed ? listed : strcmp(name, NS_REGISTRATION) == 0 ? "Registration" : name), .req = req};
    free(row);
    ad->runs[ad->n++] = r;
    send_step(x, r, "execute", NULL);
    return KITH_OK;
}

/* ---- listing ---- */

/* So that its forms are called as it was when the user chose it. */
static void keep_name(struct x *x, const char *row, const char *name)
{
    struct adhoc *ad = x_state(x, "adhoc");
    if (str_empty(name))
        return;
    if (ad->names.n >= NAMES_MAX)
        map_free(&ad->names, free);
    free(map_set(&ad->names, row, xstrndup(name, utf8_floor(name, strlen(name), NAME_BYTES))));
}

static void tell_row(struct x *x, xmpp_stanza_t *item, const char *asked, kith_req req)
{
    const char *node = st_attr(item, "node"), *name = st_attr(item, "name");
    char *jid = st_attr(item, "jid") ? jid_normal(st_attr(item, "jid")) : NULL;
    char *row = jid && !str_empty(node) ? xasprintf("%s" NODE_WORD "%s", jid, node) : NULL;
    if (row && strlen(row) <= ROW_BYTES && utf8_is_clean(row, strlen(row), UTF8_LINE)) {
        bool elsewhere = strcmp(jid, asked) != 0; /* said, for who answers is then somebody else */
        char *text = elsewhere ? xasprintf("%s at %s", node, jid) : xstrdup(node);
        struct kith_ev_item ev = EV_INIT(KITH_EV_ITEM, kith_ev_item);
        ev.ev.req = req;
        ev.address = row;
        ev.name = str_empty(name) ? node : name;
        ev.text = text;
        ev.number = -1;
        x_emit(x, &ev.ev);
        free(text);
        keep_name(x, row, name);
    }
    free(row);
    free(jid);
}

struct listing_of { kith_req req; char *where; };

static void on_list(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct listing_of *l = user;
    struct err e = {0};
    size_t n = 0;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_ITEMS) : NULL;
    xmpp_stanza_t *error = reply ? st_child(reply, "error", NULL) : NULL;
    EACH_CHILD (c, query) {
        if (is_elem(c, "item", NULL) && n++ < LISTED_MAX)
            tell_row(x, c, l->where, l->req);
    }
    if (query) {
        x_reply_ok(x, l->req, n > LISTED_MAX ? "Further commands were left out." : NULL);
    } else if (error && st_child(error, "registration-required", NULL)) {
        x_reply_err(x, l->req, KITH_EDENIED, "Register with it first: /gateways register, or its command jabber:iq:register.");
    } else {
        st_error(reply, &e);
        x_reply_err(x, l->req, e.code ? e.code : KITH_EPROTO, e.text[0] ? e.text : "There was no answer.");
    }
    free(l->where);
    free(l);
}

static void first_device(const char *full, void *user)
{
    char **out = user;
    if (!*out)
        *out = xstrdup(full);
}

int adhoc_list(struct x *x, const char *where, kith_req req)
{
    char *to = jid_normal(where ? where : x_domain(x)), *device = NULL;
    if (!x_online(x) || !to) {
        free(to);
        return to ? KITH_EOFFLINE : KITH_EINVAL;
    }
    if (!jid_resource(to) && strchr(to, '@') && presence_supports(x, to, NS_COMMANDS))
        presence_each(x, to, first_device, &device); /* a contact's program has them, not their account */
    if (device)
        str_take(&to, device);
    struct listing_of *l = xmalloc(sizeof *l);
    *l = (struct listing_of){req, to};
    xmpp_stanza_t *query, *iq = iq_new(x, "get", to, "query", NS_DISCO_ITEMS, &query);
    st_set(query, "node", NS_COMMANDS);
    x_iq(x, iq, on_list, l);
    return KITH_OK;
}

static void adhoc_attach(struct x *x)
{
    x_set_state(x, "adhoc", xcalloc(1, sizeof(struct adhoc)));
}

/* Those with a question end with it, those that are asked with their iq: both came before. */
static void adhoc_detach(struct x *x)
{
    struct adhoc *ad = x_state(x, "adhoc");
    while (ad->n > 0)
        drop(x, ad->runs[ad->n - 1]);
    map_free(&ad->names, free);
    free(ad);
    x_set_state(x, "adhoc", NULL);
}

const struct feature feature_adhoc = {
    .name = "adhoc",
    .attach = adhoc_attach,
    .detach = adhoc_detach,
};
