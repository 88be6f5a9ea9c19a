/* backends/xmpp/commands.c - commands of XMPP's own: /raw, /password, /register, /vcard, /delete-account, /invite-link */
#include "backends/xmpp/commands.h"

#include "backends/xmpp/adhoc.h"
#include "backends/xmpp/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/muc_commands.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/x.h"
#include "base/mem.h"


static bool is_stanza(xmpp_stanza_t *st)
{
    const char *name = st ? xmpp_stanza_get_name(st) : NULL;
    return str_eq(name, "message") || str_eq(name, "presence") || str_eq(name, "iq");
}

/* The words of the line are one stanza; what the parser takes, and only that, is written again. */
static int run_raw(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct x *x = (struct x *)s;
    struct buf b = {0};
    if (!x_online(x))
        return KITH_EOFFLINE;
    for (int i = 1; i < argc; i++)
        buf_addf(&b, "%s%s", i > 1 ? " " : "", argv[i]);
    xmpp_stanza_t *st = b.len ? xmpp_stanza_new_from_string(x->ctx, buf_str(&b)) : NULL;
    buf_free(&b);
    if (!is_stanza(st)) {
        if (st)
            xmpp_stanza_release(st);
        x_reply_err(x, req, KITH_EINVAL, "This is not one whole stanza: <message/>, <presence/> or <iq/>. In a line, quote it: /raw '<iq .../>'");
        return KITH_OK;
    }
    if (!omemo_lets_out(x, st)) {
        xmpp_stanza_release(st);
        x_reply_err(x, req, KITH_EDENIED, "Nothing was sent: it would go to an encrypted chat in the clear. /encrypt off opens that chat.");
        return KITH_OK;
    }
    x_send(x, st);
    x_reply_ok(x, req, NULL);
    return KITH_OK;
}

/* ---- the password, XEP-0077 §3.3 ---- */

static void on_changed(struct x *x, xmpp_stanza_t *reply, void *user UNUSED)
{
    struct err e = {0};
    if (reply && str_eq(st_attr(reply, "type"), "result")) {
        x_the_host()->secret_wrong(x->acct, "password"); /* the old one is not used again */
        x_notice(x, KITH_INFO, NULL, "The password of %s was changed on the server. Put the new one where kith finds it: accounts.cfg, the "
                 "keyring or your password command.", x->bare);
        return;
    }
    if (reply)
        st_error(reply, &e);
    x_notice(x, KITH_ERROR, NULL, "The password was not changed. %s", reply ? e.text : "The server did not answer.");
}

static const char *value_of(const struct kith_answer *a, const char *key)
{
    for (size_t i = 0; i < a->n_fields; i++) {
        const struct kith_field *f = KITH_AT(struct kith_field, a->fields, i);
        if (str_eq(f->key, key) && f->n_values > 0)
            return f->values[0];
    }
    return "";
}

static void on_new_password(struct x *x, const struct kith_answer *a, void *user UNUSED)
{
    const char *one = value_of(a, "password");
    if (str_eq(a->choice, "cancel"))
        return;
    if (str_empty(one) || strcmp(one, value_of(a, "again")) != 0) {
        x_notice(x, KITH_ERROR, NULL, str_empty(one) ? "The password was not changed: the new one is empty." :
                 "The password was not changed: the two new ones differ.");
        return;
    }
    xmpp_stanza_t *st = st_new(x->ctx, "iq", NULL);
    st_set(st, "type", "set");
    st_set(st, "to", x->domain);
    xmpp_stanza_t *q = st_add(st, "query", NS_REGISTER);
    st_add_child_text(q, "username", NULL, x->local);
    st_add_child_text(q, "password", NULL, one);
    x_iq(x, st, on_changed, NULL);
}

/* Asked for unseen: what is typed behind a command stays in the history of the input. */
static int run_password(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv UNUSED, kith_req req)
{
    static const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "ok", "Change it"},
                                                 {sizeof *choices, 0, "cancel", "Cancel"}};
    static const struct kith_field fields[] = {
        {.size = sizeof *fields, .flags = KITH_FIELD_REQUIRED, .key = "password", .label = "New password", .type = "secret"},
        {.size = sizeof *fields, .flags = KITH_FIELD_REQUIRED, .key = "again", .label = "Once more", .type = "secret"}};
    struct x *x = (struct x *)s;
    if (!x_online(x))
        return KITH_EOFFLINE;
    if (argc > 1) {
        x_reply_err(x, req, KITH_EINVAL, "The new password is asked for; do not write it behind the command.");
        return KITH_OK;
    }
    char *title = xasprintf("A new password for %s", x->bare);
    struct kith_ev_ask ask = {.ev = {.size = sizeof ask, .type = KITH_EV_ASK}, .kind = KITH_ASK_FORM, .subject = x->bare, .title = title,
                              .choices = choices, .n_choices = COUNT(choices), .fields = fields, .n_fields = COUNT(fields)};
    x_ask(x, &ask, on_new_password, NULL);
    free(title);
    x_reply_ok(x, req, NULL);
    return KITH_OK;
}

/* ---- the end of an account, XEP-0077 §3.2 ---- */

static void on_removed(struct x *x, xmpp_stanza_t *reply, void *user UNUSED)
{
    struct err e = {0};
    if (reply && str_eq(st_attr(reply, "type"), "result")) {
        x_the_host()->secret_wrong(x->acct, "password");
        x_notice(x, KITH_WARN, NULL, "The account %s is no more: the server removed it. /account remove takes it out of kith; what was "
                 "written stays on this machine.", x->bare);
        link_end(x, KITH_ECANCELED, KITH_RETRY_NEVER, "The account was removed on the server.");
        return;
    }
    if (reply)
        st_error(reply, &e);
    x_notice(x, KITH_ERROR, NULL, "%s %s", reply ? "The account was not removed." : "The connection ended before the server said whether the "
             "account was removed; the next login shows it.", reply ? e.text : "");
}

static void on_remove(struct x *x, const struct kith_answer *a, void *user UNUSED)
{
    if (!str_eq(a->choice, "remove"))
        return;
    if (strcmp(value_of(a, "address"), x->bare) != 0) {
        x_notice(x, KITH_ERROR, NULL, "The account was not removed: what was typed is not its address.");
        return;
    }
    xmpp_stanza_t *st = st_new(x->ctx, "iq", NULL);
    st_set(st, "type", "set");
    st_set(st, "to", x->domain);
    st_add(st_add(st, "query", NS_REGISTER), "remove", NULL);
    x_iq(x, st, on_removed, NULL);
}

/* The address is typed as the answer: nobody removes an account with Enter. */
static int run_delete(struct kith_session *s, const char *chat UNUSED, int argc UNUSED, const char *const *argv UNUSED, kith_req req)
{
    static const struct kith_choice choices[] = {{sizeof *choices, KITH_CHOICE_DEFAULT, "cancel", "Keep it"},
                                                 {sizeof *choices, KITH_CHOICE_DANGER, "remove", "Remove it for good"}};
    static const struct kith_field fields[] = {
        {.size = sizeof *fields, .flags = KITH_FIELD_REQUIRED, .key = "address", .label = "Its address, to be sure", .type = "text"}};
    struct x *x = (struct x *)s;
    if (!x_online(x))
        return KITH_EOFFLINE;
    char *title = xasprintf("Remove the account %s on the server?", x->bare);
    struct kith_ev_ask ask = {.ev = {.size = sizeof ask, .type = KITH_EV_ASK}, .kind = KITH_ASK_FORM, .subject = x->bare, .title = title,
                              .text = "Its contacts, archive and files on the server are lost, and somebody else may take the address. "
                                      "This cannot be taken back.",
                              .choices = choices, .n_choices = COUNT(choices), .fields = fields, .n_fields = COUNT(fields)};
    x_ask(x, &ask, on_remove, NULL);
    free(title);
    x_reply_ok(x, req, NULL);
    return KITH_OK;
}

static int run_invite_link(struct kith_session *s, const char *chat UNUSED, int argc UNUSED, const char *const *argv UNUSED, kith_req req)
{
    return invite_link((struct x *)s, req);
}

/* ---- a new account, register.c ---- */

static int run_register(struct kith_session *s, const char *chat UNUSED, int argc UNUSED, const char *const *argv UNUSED, kith_req req)
{
    struct x *x = (struct x *)s;
    if (x->phase >= PHASE_FEATURES2) {
        x_reply_err(x, req, KITH_EBUSY, "This account is logged in: it is there already.");
        return KITH_OK;
    }
    x->register_now = true;
    x_reply_ok(x, req, NULL);
    if (x->phase != PHASE_IDLE) { /* a login that cannot work is under way */
        link_end(x, KITH_ECANCELED, KITH_RETRY_NOW, "A new account is made on the server.");
        return KITH_OK;
    }
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE}, .state = KITH_STATE_OFFLINE,
                               .text = "A new account is made on the server.", .retry = KITH_RETRY_NOW};
    x_emit(x, &ev.ev);
    return KITH_OK;
}

/* ---- commands of others, adhoc.c ---- */

static int run_command(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct x *x = (struct x *)s;
    if (!x_online(x))
        return KITH_EOFFLINE;
    int rc = argc > 2 ? adhoc_start(x, argv[1], argv[2], req) : argc > 1 && strstr(argv[1], "?command;node=") ?
             adhoc_start(x, argv[1], NULL, req) : adhoc_list(x, argc > 1 ? argv[1] : NULL, req);
    if (rc == KITH_EINVAL) {
        x_reply_err(x, req, rc, "Whose command? /command name@example.org, or the address of a server or gateway.");
        return KITH_OK;
    }
    return rc;
}

static int run_vcard(struct kith_session *s, const char *chat UNUSED, int argc UNUSED, const char *const *argv UNUSED, kith_req req)
{
    return vcard_edit((struct x *)s, req);
}

static int run_renew(struct kith_session *s, const char *chat, int argc UNUSED, const char *const *argv UNUSED, kith_req req)
{
    struct x *x = (struct x *)s;
    int n = omemo_renew(x, chat);
    if (n <= 0) {
        x_reply_err(x, req, n < 0 ? n : KITH_ENOTFOUND,
                    n == KITH_EOFFLINE ? "New keys are agreed on when this account is connected."
                    : n < 0            ? "This account's keys of OMEMO cannot be used now."
                                       : "No device of this chat is known that could be asked for new keys.");
        return KITH_OK;
    }
    char *text = xasprintf("New keys are agreed on with %d device%s of %s; what could not be read may be asked for again.", n,
                           n == 1 ? "" : "s", chat);
    x_reply_ok(x, req, text);
    free(text);
    return KITH_OK;
}

static int run_attention(struct kith_session *s, const char *chat, int argc UNUSED, const char *const *argv UNUSED, kith_req req)
{
    struct x *x = (struct x *)s;
    return x_online(x) ? attention_send(x, chat, req) : KITH_EOFFLINE;
}

#define ROOM(name, args, help) {sizeof xmpp_commands[0], KITH_IN_ROOM, #name, args, help, muc_run_##name}
static int run_live(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    return rtt_command((struct x *)s, chat, argc > 1 ? argv[1] : NULL, req);
}

static int run_ping(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    return ping_ask((struct x *)s, chat, argc > 1 ? argv[1] : NULL, req);
}

/* ---- gateways, gateway.c ---- */

static int run_gateways(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    static const struct { const char *word; enum gateway_do what; } rows[] = {{"register", GATEWAY_REGISTER}, {"unregister", GATEWAY_UNREGISTER},
        {"login", GATEWAY_LOGIN}, {"logout", GATEWAY_LOGOUT}, {"ask", GATEWAY_ASK}};
    struct x *x = (struct x *)s;
    if (argc == 1)
        return gateway_list(x, req);
    for (size_t i = 0; i < COUNT(rows) && argc == 3; i++)
        if (strcmp(rows[i].word, argv[1]) == 0)
            return gateway_do(x, argv[2], rows[i].what, req);
    x_reply_err(x, req, KITH_EINVAL, "/gateways lists them; /gateways register, unregister, login or logout, and the address of one.");
    return KITH_OK;
}

const struct kith_command xmpp_commands[XMPP_COMMANDS] = {
    {sizeof xmpp_commands[0], KITH_IN_ANY, "raw", "stanza", "Send a stanza to the XMPP server as it is.", run_raw},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "password", "", "Change this account's password on the server; it is asked for.", run_password},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "gateways", "[register|unregister|login|logout] [address]",
     "List the gateways to other networks, register with one, or log in and out.", run_gateways},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "command", "[address] [node]",
     "List what a server, gateway, room or contact offers to do, or run one of it.", run_command},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "register", "", "Make this account's address as a new account on the server.", run_register},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "vcard", "", "Edit your card: what whoever knows your address can read of you.", run_vcard},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "delete-account", "", "Remove this account on the server, for good; it asks first.", run_delete},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "invite-link", "", "Make a link with which a friend gets an account here and becomes a contact.", run_invite_link},
    {sizeof xmpp_commands[0], KITH_IN_DIRECT, "attention", "", "Ask the person of this chat for attention, where their program takes it (buzz).", run_attention},
    {sizeof xmpp_commands[0], KITH_IN_DIRECT, "renew", "",
     "Agree on new keys with every device of this person, when their messages cannot be read any more (OMEMO).", run_renew},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "live", "on|off",
     "Let the people of this chat see what you write while you write it, and see what they write, or not.", run_live},
    {sizeof xmpp_commands[0], KITH_IN_ANY, "ping", "[address]",
     "Ask whether somebody's devices, a server or somebody in the room is there, and how long the answer takes.", run_ping},
    ROOM(op, "[nick...]", "Make people moderators of the room, as long as they stay."),
    ROOM(deop, "[nick...]", "Take the standing of a moderator from people."),
    ROOM(voice, "[nick...]", "Let people speak in a moderated room; nobody named: ask to be let speak."),
    ROOM(devoice, "[nick...]", "Let people listen only, in a moderated room."),
    ROOM(unban, "[nick...]", "Lift bans of addresses; nobody named: list the bans."),
    ROOM(bans, "bans", "List who is banned from the room, and why."),
    ROOM(affiliation, "owner|admin|member|none|outcast [nick...]",
        "List who belongs to the room and how; with names: make people so, for good."),
    ROOM(moderate, "nick all|number [reason]", "Take away the newest message of somebody for everybody, so many of them, or all."),
    ROOM(apply, "-withdraw", "Ask the room to make you a member, or to keep your nick for you; -withdraw takes it back."),
    {sizeof xmpp_commands[0], KITH_IN_DIRECT, "group", "[nick...]",
     "Make a closed room of this chat: with its person, and with whom you name besides.", muc_run_group},
    ROOM(configure, "", "Change the settings of a room that is yours."),
    ROOM(destroy, "-yes [room] [reason]", "End a room that is yours, for everybody, and name another one to go to."),
};
