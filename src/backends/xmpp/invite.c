/* backends/xmpp/invite.c - a link with which a friend makes an account and becomes a contact (XEP-0401 §4.1) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

#define NS_COMMANDS "http://jabber.org/protocol/commands"
#define NODE_INVITE "urn:xmpp:invite#invite"

static char *value_of(xmpp_stanza_t *form, const char *var)
{
    EACH_CHILD (c, form)
        if (is_elem(c, "field", NULL) && str_eq(st_attr(c, "var"), var))
            return st_child_text(c, "value", NULL);
    return NULL;
}

/* Takes over text. */
static void put(struct x *x, kith_req req, const char *label, char *text)
{
    if (!str_empty(text)) {
        struct kith_ev_item ev = EV_INIT(KITH_EV_ITEM, kith_ev_item);
        ev.ev.req = req;
        ev.name = label;
        ev.text = text;
        ev.number = -1;
        x_emit(x, &ev.ev);
    }
    free(text);
}

static void refused(struct x *x, kith_req req, xmpp_stanza_t *reply)
{
    struct err e = {0};
    int code = reply ? st_error(reply, &e) : KITH_ENET;
    char *why = !reply ? xstrdup("The server did not answer.")
                : code == KITH_EUNSUP || code == KITH_ENOTFOUND || code == KITH_EDENIED
                    ? xasprintf("%s makes no invitations for its users.", x_domain(x))
                    : xstrdup(e.text);
    x_reply_err(x, req, code ? code : KITH_EPROTO, why);
    free(why);
}

static void on_made(struct x *x, xmpp_stanza_t *reply, void *user)
{
    kith_req *req = user;
    xmpp_stanza_t *command = iq_is_result(reply) ? st_child(reply, "command", NS_COMMANDS) : NULL;
    xmpp_stanza_t *form = st_child(command, "x", NS_DATA);
    char *uri = value_of(form, "uri");
    if (!iq_is_result(reply)) {
        refused(x, *req, reply);
    } else if (!str_eq(st_attr(command, "node"), NODE_INVITE) || str_empty(uri) || !str_starts(uri, "xmpp:")) {
        x_reply_err(x, *req, KITH_EPROTO, "The server gave no invitation.");
    } else {
        put(x, *req, "Link", value_of(form, "landing-url"));
        put(x, *req, "For clients", uri);
        uri = NULL;
        put(x, *req, "Valid until", value_of(form, "expire"));
        x_reply_ok(x, *req, NULL);
    }
    free(uri);
    free(req);
}

int invite_link(struct x *x, kith_req req)
{
    if (!x_online(x))
        return KITH_EOFFLINE;
    xmpp_stanza_t *command, *iq = iq_new(x, "set", x_domain(x), "command", NS_COMMANDS, &command);
    st_set(command, "node", NODE_INVITE);
    st_set(command, "action", "execute");
    kith_req *keep = xmalloc(sizeof *keep);
    *keep = req;
    x_iq(x, iq, on_made, keep);
    return KITH_OK;
}
