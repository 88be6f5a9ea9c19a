/* backends/xmpp/muc_register.c - asking a room to be a member of it, or to keep a nick (XEP-0045 §7.10, XEP-0077) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/muc_admin.h"
#include "base/mem.h"

#define NS_IQ_REGISTER "jabber:iq:register"

struct asked { kith_req req; char *room; };

static void asked_end(struct asked *a)
{
    free(a->room);
    free(a);
}

/* §7.10, the errors of examples 69 to 73. */
static void told_why_not(struct x *x, const struct asked *a, xmpp_stanza_t *reply)
{
    static const struct { const char *condition, *sentence; } whys[] = {
        {"not-allowed", "This room makes nobody a member who asks for it."},
        {"registration-required", "This room registers only those who are members already; its owners make them so."},
        {"conflict", "Somebody else has this nick here."},
        {"item-not-found", "There is no such room any more."},
        {"service-unavailable", "This room makes nobody a member who asks for it."},
        {"feature-not-implemented", "This room makes nobody a member who asks for it."}};
    struct err e = {0};
    int err = st_error(reply, &e);
    const char *text = e.text;
    for (size_t i = 0; reply && i < COUNT(whys); i++)
        if (str_eq(muc_condition(reply), whys[i].condition))
            text = whys[i].sentence;
    if (a->req)
        x_reply_err(x, a->req, err ? err : KITH_EPROTO, text);
    else
        x_notice(x, KITH_ERROR, a->room, "You are not registered with the room. %s", text);
}

static void on_sent(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asked *a = user;
    if (iq_is_result(reply))
        x_notice(x, KITH_INFO, a->room, "The room has your request. If its owners are to decide, you will see what they say.");
    else if (reply)
        told_why_not(x, a, reply);
    asked_end(a);
}

static void on_filled(struct x *x, const char *choice, struct dataform *f, void *user)
{
    struct asked *a = user;
    if (!choice || str_eq(choice, "cancel") || !x_online(x)) {
        asked_end(a);
        return;
    }
    xmpp_stanza_t *query, *iq = iq_new(x, "set", a->room, "query", NS_IQ_REGISTER, &query);
    dataform_build(query, f, DATAFORM_SUBMIT);
    x_iq(x, iq, on_sent, a);
}

/* Who is a member already may have a nick kept for them by the same form; without one there is nothing to do. */
static void on_form(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct asked *a = user;
    struct err e = {0};
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_IQ_REGISTER) : NULL, *el = st_child(query, "x", NS_DATA);
    struct dataform *f = el ? dataform_parse(el, &e) : NULL;
    if (!f) {
        if (query && st_child(query, "registered", NULL))
            x_reply_ok(x, a->req, "You are registered with this room already.");
        else if (query)
            x_reply_err(x, a->req, KITH_EUNSUP, e.text[0] ? e.text : "This room makes nobody a member who asks for it.");
        else
            told_why_not(x, a, reply);
        asked_end(a);
        return;
    }
    static const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "ok", "Ask for it"},
                                                 {sizeof *choices, 0, "cancel", "Cancel"}};
    char *title = xasprintf("To be registered with %s", a->room);
    struct kith_ev_ask head = {.subject = a->room, .title = title, .choices = choices, .n_choices = COUNT(choices)};
    x_reply_ok(x, a->req, NULL);
    a->req = 0;
    dataform_ask(x, &head, f, on_filled, a);
    free(title);
}

void register_with_room(struct x *x, const struct muc_room *r, bool withdraw, kith_req req)
{
    xmpp_stanza_t *query, *iq = iq_new(x, withdraw ? "set" : "get", r->address, "query", NS_IQ_REGISTER, &query);
    if (withdraw) {
        st_add(query, "remove", NULL);
        admin_ask(x, iq, req);
        return;
    }
    struct asked *a = xcalloc(1, sizeof *a);
    *a = (struct asked){.req = req, .room = xstrdup(r->address)};
    x_iq(x, iq, on_form, a);
}
