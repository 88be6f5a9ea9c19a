/* backends/irc/network.c - /network: the networks of a bouncer listed, added, changed, removed, switched on and off
 *
 * soju.im/bouncer-networks; switching on and off has no command there, so the bouncer's own service is asked.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/bouncer.h"
#include "backends/irc/forms.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

static int refuse(struct irc *i, kith_req req, int err, const char *text)
{
    irc_reply(i, req, err, text);
    return KITH_OK;
}

/* By its name in any case, or its number. */
static struct irc_network *find(const struct irc *i, const char *word)
{
    struct irc_network *n = i->bouncer ? map_get(&i->bouncer->networks, word) : NULL;
    for (struct map_entry *e = NULL; i->bouncer && !n && (e = map_next(&i->bouncer->networks, e));)
        n = str_casecmp_ascii(irc_network_name(e->value), word) == 0 ? e->value : NULL;
    return n;
}

/* Attributes as tags are written; NULL: none. False: too long for a line. */
static int ask(struct irc *i, enum irc_prio prio, kith_req req, const char *what, const char *id,
               const struct buf *attributes)
{
    const char *list = attributes ? buf_str(attributes) : NULL;
    struct irc_query *q = irc_query_new(i, ASK_NETWORK, what, req);
    if (irc_ask(i, prio, q, "BOUNCER", what, id ? id : list, id ? list : NULL, NULL))
        return KITH_OK;
    q->req = 0;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return refuse(i, req, KITH_EINVAL, "The bouncer cannot be told that.");
}

/* ---- listing ---- */

static void tell_item(struct irc *i, kith_req req, const struct irc_network *n)
{
    struct buf b = {0};
    char *state = irc_network_state(n);
    const char *host = n->values[NET_HOST], *port = n->values[NET_PORT], *nick = n->values[NET_NICKNAME];
    buf_adds(&b, state);
    if (!str_empty(host))
        buf_addf(&b, "; %s%s%s%s", host, str_empty(port) ? "" : ":", str_empty(port) ? "" : port,
                 str_eq(n->values[NET_TLS], "0") ? ", not encrypted" : "");
    if (!str_empty(nick))
        buf_addf(&b, ", as %s", nick);
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, req, 0},
                              .name = irc_network_name(n),
                              .text = buf_str(&b),
                              .number = -1};
    irc_emit(i, &ev.ev);
    buf_free(&b);
    free(state);
}

void irc_network_listed(struct irc *i)
{
    struct irc_query *q = irc_query_find(i, ASK_NETWORK, "LISTNETWORKS");
    if (!q)
        return;
    for (struct map_entry *e = NULL; (e = map_next(&i->bouncer->networks, e));)
        tell_item(i, q->req, e->value);
    irc_query_end(i, q, KITH_OK, NULL);
}

void irc_network_done(struct irc *i, const char *what)
{
    struct irc_query *q = irc_query_find(i, ASK_NETWORK, what);
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
}

bool irc_network_failed(struct irc *i, const char *what, const char *why)
{
    struct irc_query *q = irc_query_find(i, ASK_NETWORK, *what ? what : NULL);
    if (q)
        irc_query_end(i, q, KITH_EDENIED, why);
    return q != NULL;
}

/* ---- adding and changing ---- */

static const char *yes_no(const char *value)
{
    static const char *const no[] = {"0", "no", "off", "false"};
    for (size_t n = 0; n < COUNT(no); n++)
        if (str_casecmp_ascii(value, no[n]) == 0)
            return "0";
    return "1";
}

/* "nickname=alice" as an attribute. NULL, or why not. */
static const char *put_setting(struct buf *b, const char *word)
{
    static const char *const known[] = {"name", "host", "port", "tls", "nickname", "username", "realname"};
    const char *eq = strchr(word, '='), *why = "Settings are name, host, port, tls, nickname, username, realname: key=value.";
    char *key = eq ? xstrndup(word, (size_t)(eq - word)) : xstrdup(word);
    if (str_starts(key, "pass"))
        why = "The network's password is asked for, so that it is not kept with what you type: /network password NAME";
    if (strcmp(key, "nick") == 0)
        str_set(&key, "nickname");
    for (size_t n = 0; eq && n < COUNT(known); n++) {
        if (strcmp(key, known[n]) != 0)
            continue;
        irc_put_tag(b, key, strcmp(key, "tls") == 0 ? yes_no(eq + 1) : eq + 1);
        why = NULL;
    }
    free(key);
    return why;
}

/* "irc.example.org:6697", "[::1]:6697" */
static void put_host(struct buf *b, const char *word)
{
    const char *end = word[0] == '[' ? strchr(word, ']') : NULL;
    const char *colon = end ? strchr(end, ':') : strchr(word, ':');
    if (!end && colon && strchr(colon + 1, ':'))
        colon = NULL; /* an address of IPv6 by itself */
    char *host = end ? xstrndup(word + 1, (size_t)(end - word - 1))
                     : xstrndup(word, colon ? (size_t)(colon - word) : strlen(word));
    irc_put_tag(b, "host", host);
    if (colon && colon[1])
        irc_put_tag(b, "port", colon + 1);
    free(host);
}

static int set(struct irc *i, const char *id, int argc, const char *const *argv, int from, struct buf *b, kith_req req)
{
    const char *why = NULL;
    for (int n = from; n < argc && !why; n++)
        why = put_setting(b, argv[n]);
    if (!why && b->len == 0)
        why = "What is to be changed? key=value";
    int rc = why ? refuse(i, req, KITH_EINVAL, why)
                 : ask(i, PRIO_USER, req, id ? "CHANGENETWORK" : "ADDNETWORK", id, b);
    buf_free(b);
    return rc;
}

static int add(struct irc *i, int argc, const char *const *argv, kith_req req)
{
    struct buf b = {0};
    if (argc < 4)
        return refuse(i, req, KITH_EINVAL, "usage: /network add NAME HOST[:PORT] [key=value ...]");
    irc_put_tag(&b, "name", argv[2]);
    put_host(&b, argv[3]);
    return set(i, NULL, argc, argv, 4, &b, req);
}

/* ---- what is asked about first ---- */

static bool given_up(struct irc *i, const struct kith_answer *a, kith_req req)
{
    if (!a)
        irc_reply(i, req, KITH_ECANCELED, "Nothing was changed.");
    else if (!irc_online(i))
        irc_reply(i, req, KITH_EOFFLINE, NULL);
    return !a || !irc_online(i);
}

static void on_password(struct irc *i, const struct kith_answer *a, const char *id, kith_req req)
{
    struct buf b = {.secret = true};
    if (given_up(i, a, req))
        return;
    irc_put_tag(&b, "pass", irc_form_value(a, "password"));
    (void)ask(i, PRIO_NOW, req, "CHANGENETWORK", id, &b); /* it waits nowhere */
    buf_wipe_free(&b);
}

static void on_remove(struct irc *i, const struct kith_answer *a, const char *id, kith_req req)
{
    if (!given_up(i, a, req))
        (void)ask(i, PRIO_USER, req, "DELNETWORK", id, NULL);
}

static int question(struct irc *i, const struct irc_network *n, bool password, kith_req req)
{
    static const struct kith_field field = {
        .size = sizeof field, .key = "password", .label = "Password", .type = "secret", .help = "empty: none"};
    char *title = xasprintf(password ? "The password of the server of %s" : "Remove %s from the bouncer?", irc_network_name(n));
    struct irc_question q = {.title = title,
                             .text = password ? NULL : "Its settings and what the bouncer keeps of it are lost there.",
                             .yes = password ? "Set it" : "Remove it",
                             .fields = &field,
                             .n_fields = password ? 1 : 0};
    bool asked = irc_form_ask(i, &q, password ? on_password : on_remove, n->id, req);
    free(title);
    return asked ? KITH_OK : refuse(i, req, KITH_EBUSY, "Too many questions are open.");
}

/* ---- on and off ---- */

/* Words of the service: split like a shell's. */
static int enable(struct irc *i, const struct irc_network *n, bool on, kith_req req)
{
    struct buf b = {0};
    buf_adds(&b, "network update \"");
    for (const char *p = irc_network_name(n); *p; p++)
        buf_addf(&b, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
    buf_addf(&b, "\" -enabled %s", on ? "true" : "false");
    bool ok = irc_say(i, PRIO_USER, "PRIVMSG", "BouncerServ", buf_str(&b), NULL);
    buf_free(&b);
    return refuse(i, req, ok ? KITH_OK : KITH_EINVAL, NULL);
}

int irc_run_network(struct kith_session *s, const char *chat UNUSED, int argc, const char *const *argv, kith_req req)
{
    struct irc *i = irc_of(s);
    const char *what = argc > 1 ? argv[1] : "list", *name = argc > 2 ? argv[2] : "";
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!irc_cap(i, CAP_BOUNCER))
        return refuse(i, req, KITH_EUNSUP, "This server is no bouncer with networks (soju.im/bouncer-networks).");
    if (strcmp(what, "list") == 0)
        return ask(i, PRIO_USER, req, "LISTNETWORKS", NULL, NULL);
    if (strcmp(what, "add") == 0)
        return add(i, argc, argv, req);
    const struct irc_network *n = find(i, name);
    if (!n)
        return refuse(i, req, KITH_ENOTFOUND, "The bouncer tells of no network of that name; /network lists them.");
    struct buf b = {0};
    if (strcmp(what, "change") == 0)
        return set(i, n->id, argc, argv, 3, &b, req);
    if (strcmp(what, "remove") == 0 || strcmp(what, "password") == 0)
        return question(i, n, *what == 'p', req);
    if (strcmp(what, "connect") == 0 || strcmp(what, "disconnect") == 0)
        return enable(i, n, *what == 'c', req);
    return refuse(i, req, KITH_EINVAL, "usage: /network list|add|change|password|remove|connect|disconnect [NAME ...]");
}
