/* backends/xmpp/rosterx.c - suggestions of others for the list of contacts (XEP-0144)
 *
 * One question for all that is suggested at once, with everybody in it to be ticked off. Only our own server, gateways that
 * we keep and contacts suggest anything; taking away and changing is for the first two, a gateway only among its own people.
 * Nothing of it is done without the user. */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/puppets.h"
#include "backends/xmpp/roster.h"
#include "base/mem.h"
#include "base/utf8.h"

#define NS_ROSTERX "http://jabber.org/protocol/rosterx"

enum { ITEMS_MAX = 200 /* §7: more is to be treated with suspicion */, OPEN_MAX = 4, GROUPS_OF_ONE = 5, NAME_BYTES = 200 };
enum action { ADD, MODIFY, DELETE };

struct suggestion {
    char *jid, *name;
    char *groups[GROUPS_OF_ONE];
    size_t n_groups;
};
struct suggested { /* a question that is open */
    char *by;
    enum action action;
    struct suggestion *v;
    size_t n, cap;
};
struct rosterx {
    struct suggested *open[OPEN_MAX];
};

static void suggested_free(struct suggested *s)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t g = 0; g < s->v[i].n_groups; g++)
            free(s->v[i].groups[g]);
        free(s->v[i].jid);
        free(s->v[i].name);
    }
    free(s->v);
    free(s->by);
    free(s);
}

/* ---- what is suggested ---- */

static enum action action_of(xmpp_stanza_t *item)
{
    const char *a = st_attr(item, "action");
    return str_eq(a, "delete") ? DELETE : str_eq(a, "modify") ? MODIFY : ADD; /* §3.1: what is not understood is "add" */
}

static bool is_service(const struct x *x, const char *by)
{
    return from_server(x, by) || puppets_is_gateway(x, by);
}

/* Who may suggest this about whom. */
static bool may(const struct x *x, const char *by, enum action action, const char *jid)
{
    const char *at = strchr(jid, '@');
    if (jid_same_bare(jid, x_bare(x)))
        return false;
    if (action == ADD)
        return !roster_has(x, jid) && (is_service(x, by) || roster_has(x, by) || puppets_has(x, by));
    return roster_has(x, jid) && is_service(x, by) && (from_server(x, by) || (at && str_eq(at + 1, by)));
}

static void take_item(struct x *x, struct suggested *s, xmpp_stanza_t *item)
{
    struct suggestion one = {.jid = st_attr(item, "jid") ? jid_bare(st_attr(item, "jid")) : NULL};
    const char *name = st_attr(item, "name");
    bool take = one.jid && action_of(item) == s->action && may(x, s->by, s->action, one.jid);
    for (size_t i = 0; take && i < s->n; i++)
        take = strcmp(s->v[i].jid, one.jid) != 0;
    if (!take) {
        free(one.jid);
        return;
    }
    one.name = str_empty(name) ? NULL : xstrndup(name, utf8_floor(name, strlen(name), NAME_BYTES));
    EACH_CHILD (g, item) {
        char *text = is_elem(g, "group", NULL) && one.n_groups < GROUPS_OF_ONE ? st_text(g) : NULL;
        size_t len = text ? strlen(text) : 0;
        if (len == 0 || len > NAME_BYTES)
            free(text);
        else
            one.groups[one.n_groups++] = text;
    }
    VEC_PUSH(s->v, s->n, s->cap, one);
}

/* §7: one stanza has one action; what is of another is left out. NULL: too many. */
static struct suggested *read_all(struct x *x, xmpp_stanza_t *list, const char *by)
{
    struct suggested *s = xcalloc(1, sizeof *s);
    size_t n = 0;
    s->by = xstrdup(by);
    EACH_CHILD (c, list) {
        if (!is_elem(c, "item", NULL))
            continue;
        s->action = n++ == 0 ? action_of(c) : s->action;
        if (n <= ITEMS_MAX)
            take_item(x, s, c);
    }
    if (n <= ITEMS_MAX)
        return s;
    x_notice(x, KITH_WARN, NULL, "%s suggested %zu people for your contacts at once; that is too many, and was not taken.", by, n);
    suggested_free(s);
    return NULL;
}

/* ---- the question ---- */

static void do_one(struct x *x, enum action action, const struct suggestion *one)
{
    const char *const *groups = (const char *const *)one->groups;
    switch (action) {
    case ADD:
        roster_add(x, one->jid, one->name, groups, one->n_groups, NULL, 0);
        break;
    case MODIFY:
        roster_update(x, one->jid, one->name, groups, one->n_groups, 0);
        break;
    case DELETE:
        roster_remove(x, one->jid, 0);
        break;
    }
}

static void on_answer(struct x *x, const char *choice, struct dataform *form, void *user)
{
    struct rosterx *all = x_state(x, "rosterx");
    struct suggested *s = user;
    const struct dataform_field *f = dataform_find(form, "people");
    for (size_t i = 0; all && i < OPEN_MAX; i++)
        all->open[i] = all->open[i] == s ? NULL : all->open[i];
    for (size_t i = 0; str_eq(choice, "ok") && f && x_online(x) && i < f->n_values; i++)
        for (size_t k = 0; k < s->n; k++)
            if (strcmp(s->v[k].jid, f->values[i]) == 0)
                do_one(x, s->action, &s->v[k]);
    suggested_free(s);
}

/* The address stands behind a name: what is decided here is about the address. */
static void add_people(struct dataform *form, const struct suggested *s)
{
    dataform_set(form, "people", NULL, 0);
    struct dataform_field *f = dataform_find(form, "people");
    f->type = DATAFORM_LIST_MULTI;
    f->label = xstrdup("People");
    for (size_t i = 0; i < s->n; i++) {
        const struct suggestion *one = &s->v[i];
        bool named = one->name && strcmp(one->name, one->jid) != 0;
        struct dataform_option o = {xstrdup(one->jid), named ? xasprintf("%s (%s)", one->name, one->jid) : xstrdup(one->jid)};
        VEC_PUSH(f->options, f->n_options, f->cap_options, o);
        char *value = xstrdup(one->jid);
        VEC_PUSH(f->values, f->n_values, f->cap_values, value);
    }
}

static void ask_user(struct x *x, struct suggested *s, const char *body)
{
    static const char *const buttons[] = {[ADD] = "Add them", [MODIFY] = "Change them", [DELETE] = "Take them out"};
    struct kith_choice choices[] = {{sizeof *choices, s->action == DELETE ? KITH_CHOICE_DANGER : 0u, "ok", buttons[s->action]},
                                    {sizeof *choices, KITH_CHOICE_DEFAULT, "cancel", "Cancel"}};
    char *count = xasprintf(s->action == ADD ? "put %zu into your list of contacts" : s->action == MODIFY ? "change %zu of your contacts" :
                            "take %zu out of your list of contacts", s->n);
    char *title = xasprintf("%s wants to %s", s->by, count);
    char *text = xstrndup(body ? body : "", body ? utf8_floor(body, strlen(body), 600) : 0);
    struct kith_ev_ask head = {.subject = s->by, .title = title, .text = *text ? text : NULL, .choices = choices, .n_choices = COUNT(choices)};
    struct dataform *form = dataform_new(DATAFORM_FORM, NULL);
    add_people(form, s);
    dataform_ask(x, &head, form, on_answer, s);
    free(text);
    free(title);
    free(count);
}

/* False: it is not taken from them, or there are enough questions. */
static bool suggest(struct x *x, xmpp_stanza_t *list, const char *from, const char *body)
{
    struct rosterx *all = x_state(x, "rosterx");
    char *by = from ? jid_bare(from) : xstrdup(x_bare(x));
    struct suggested **place = NULL;
    bool trusted = by && !blocking_has(x, by) && (is_service(x, by) || roster_has(x, by) || puppets_has(x, by));
    for (size_t i = 0; trusted && i < OPEN_MAX; i++) {
        if (all->open[i] && strcmp(all->open[i]->by, by) == 0)
            trusted = false; /* one question at a time of each */
        place = all->open[i] || place ? place : &all->open[i];
    }
    struct suggested *s = trusted && place ? read_all(x, list, by) : NULL;
    free(by);
    if (s && s->n > 0) {
        *place = s;
        ask_user(x, s, body);
    } else if (s) {
        suggested_free(s); /* §3.1: nothing new in it */
    }
    return s != NULL;
}

/* ---- where it comes from ---- */

static bool rosterx_iq(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *list = st_child(st, "x", NS_ROSTERX);
    if (!list || !str_eq(st_attr(st, "type"), "set"))
        return false;
    if (suggest(x, list, st_attr(st, "from"), NULL))
        x_iq_reply(x, st, NULL);
    else
        x_iq_error(x, st, "cancel", "not-allowed", NULL);
    return true;
}

/* A text with it is read as any message is. */
static bool rosterx_message(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *list = st_child(st, "x", NS_ROSTERX);
    const char *type = st_attr(st, "type");
    if (!list || str_eq(type, "error") || str_eq(type, "groupchat"))
        return false;
    char *body = st_child_text(st, "body", NULL);
    suggest(x, list, st_attr(st, "from"), body);
    bool over = str_empty(body);
    free(body);
    return over;
}

static void rosterx_attach(struct x *x)
{
    x_set_state(x, "rosterx", xcalloc(1, sizeof(struct rosterx)));
}

/* Its questions end with those of forms, which comes before. */
static void rosterx_detach(struct x *x)
{
    free(x_state(x, "rosterx"));
    x_set_state(x, "rosterx", NULL);
}

static const char *const rosterx_vars[] = {NS_ROSTERX, NULL};
const struct feature feature_rosterx = {
    .name = "rosterx",
    .disco = rosterx_vars,
    .attach = rosterx_attach,
    .detach = rosterx_detach,
    .iq = rosterx_iq,
    .message = rosterx_message,
};
