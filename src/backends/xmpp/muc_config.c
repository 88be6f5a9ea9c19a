/* backends/xmpp/muc_config.c - what owners do with a room: its settings as a form, and its end (XEP-0045 §10) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/muc_admin.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

/* ---- settings ---- */

struct asked { kith_req req; char *room; bool first; /* of a new room, which is locked until then */ };

static void asked_free(struct asked *a)
{
    free(a->room);
    free(a);
}

static void on_saved(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asked *a = user;
    struct err e = {0};
    struct muc_room *r = x_state(x, "muc") ? muc_find(x, a->room) : NULL;
    if (reply && !iq_is_result(reply)) {
        st_error(reply, &e);
        x_notice(x, KITH_ERROR, a->room, "The room's settings were not %s. %s", a->first ? "taken" : "changed", e.text);
        if (a->first && r && r->stage == MUC_IN)
            muc_created(x, r); /* it is locked still */
    } else if (reply && r) {
        x_notice(x, KITH_INFO, a->room, a->first ? "The room is set up, and open." : "The room's settings are changed.");
        if (a->first)
            muc_new_made(x, r);
        else
            muc_info(x, r);
    }
    asked_free(a);
}

/* §10.2: the form goes back filled in; a cancelled one tells the room too, for a new room is not made then. */
static void on_form(struct x *x, const char *choice, struct dataform *f, void *user)
{
    struct asked *a = user;
    bool save = choice && !str_eq(choice, "cancel");
    struct muc_room *r = choice && x_online(x) ? admin_room(x, a->room) : NULL;
    if (!r) {
        asked_free(a);
        return;
    }
    xmpp_stanza_t *query, *iq = iq_new(x, "set", r->address, "query", NS_MUC_OWNER, &query);
    dataform_build(query, f, save ? DATAFORM_SUBMIT : DATAFORM_CANCEL);
    if (save) {
        x_iq(x, iq, on_saved, a);
        return;
    }
    admin_ask(x, iq, 0);
    if (a->first)
        muc_new_dropped(x, r);
    asked_free(a);
}

/* A room without a form: what is to be said of it, and a new one is asked about again. */
static void no_settings(struct x *x, struct asked *a, struct muc_room *r, const struct err *e)
{
    const char *why = e->text[0] ? e->text : "This room has no settings to change.";
    if (a->first)
        x_notice(x, KITH_ERROR, a->room, "%s", why);
    else
        x_reply_err(x, a->req, e->code ? e->code : KITH_EUNSUP, why);
    if (a->first && r && x_online(x))
        muc_created(x, r);
    asked_free(a);
}

static void on_settings(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asked *a = user;
    struct err e = {0};
    struct muc_room *r = x_state(x, "muc") ? admin_room(x, a->room) : NULL;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_MUC_OWNER) : NULL;
    xmpp_stanza_t *form = st_child(query, "x", NS_DATA);
    struct dataform *f = form ? dataform_parse(form, &e) : NULL;
    if (!r || !f) {
        if (!query)
            st_error(reply, &e);
        dataform_free(f);
        no_settings(x, a, r, &e);
        return;
    }
    struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "save", a->first ? "Open the room" : "Save"},
                                    {sizeof *choices, 0, "cancel", a->first ? "Do not make it" : "Cancel"}};
    struct kith_ev_ask head = EV_INIT(KITH_EV_ASK, kith_ev_ask);
    char *title = xasprintf("Settings of %s", r->name ? r->name : r->address);
    head.subject = r->address;
    head.title = title;
    head.choices = choices;
    head.n_choices = COUNT(choices);
    if (!a->first)
        x_reply_ok(x, a->req, NULL);
    dataform_ask(x, &head, f, on_form, a);
    free(title);
}

static void fetch(struct x *x, const struct muc_room *r, bool first, kith_req req)
{
    struct asked *a = xcalloc(1, sizeof *a);
    *a = (struct asked){.req = req, .room = xstrdup(r->address), .first = first};
    x_iq(x, iq_new(x, "get", r->address, "query", NS_MUC_OWNER, NULL), on_settings, a);
}

void config_first(struct x *x, const struct muc_room *r)
{
    fetch(x, r, true, 0);
}

/* A new room that nobody has decided about is set up by it. */
int config_form(struct x *x, const char *room, kith_req req)
{
    struct muc_room *r = admin_room(x, room);
    if (!r)
        return KITH_EINVAL;
    bool first = r->undecided;
    if (r->ask_new)
        x_ask_gone(x, r->ask_new);
    r->ask_new = 0;
    fetch(x, r, first, req);
    if (first)
        x_reply_ok(x, req, NULL);
    return KITH_OK;
}

/* ---- the end of a room ---- */

/* §10.9. text: why, and before it, where it begins with an address of a room, the room to go to instead. */
int config_destroy(struct x *x, const char *room, const char *text, kith_req req)
{
    const struct muc_room *r = admin_room(x, room);
    if (!r)
        return KITH_EINVAL;
    const char *reason = text ? text : "";
    char *first = xstrndup(reason, strcspn(reason, " ")), *other = strchr(first, '@') ? jid_bare(first) : NULL;
    if (other)
        reason += strcspn(reason, " ") + (strchr(reason, ' ') != NULL);
    xmpp_stanza_t *query, *iq = iq_new(x, "set", r->address, "query", NS_MUC_OWNER, &query);
    xmpp_stanza_t *d = st_add(query, "destroy", NS_MUC_OWNER);
    st_set(d, "jid", other);
    reason = omemo_words(x, r->address, reason);
    if (!str_empty(reason))
        st_add_child_text(d, "reason", NS_MUC_OWNER, reason);
    admin_ask(x, iq, req);
    free(first);
    free(other);
    return KITH_OK;
}
