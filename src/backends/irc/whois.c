/* backends/irc/whois.c - who is: the lines of WHOIS gathered to one item; away, our own and of those we write to */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/ledger.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

enum { FIELDS_MAX = 24, CLOCK_MAX_S = 4102444800 /* the year 2100 */ };

struct field { char *label, *value; };
struct whois { struct field v[FIELDS_MAX]; size_t n; char *nick, *realname; };

static void free_whois(void *p)
{
    struct whois *w = p;
    for (size_t n = 0; n < w->n; n++) {
        free(w->v[n].label);
        free(w->v[n].value);
    }
    free(w->nick);
    free(w->realname);
    free(w);
}

void irc_whois_free(struct irc *i)
{
    map_free(&i->whois, free_whois);
}

static struct whois *of(struct irc *i, const char *nick)
{
    if (!irc_name_ok(nick) || !irc_query_find(i, ASK_WHOIS, nick))
        return NULL;
    char *key = irc_address(i, nick);
    struct whois *w = map_get(&i->whois, key);
    if (!w && i->whois.n < IRC_QUERIES_MAX) { /* with our label a server may name whomever it likes */
        w = xcalloc(1, sizeof *w);
        w->nick = xstrdup(nick);
        map_set(&i->whois, key, w);
    }
    free(key);
    return w;
}

static void put(struct whois *w, const char *label, char *value)
{
    if (w->n == FIELDS_MAX || str_empty(value)) {
        free(value);
        return;
    }
    w->v[w->n++] = (struct field){xstrdup(label), value};
}

static char *ago(const char *seconds)
{
    int64_t s = 0;
    if (!str_int(seconds, 0, CLOCK_MAX_S, &s))
        return NULL;
    if (s < 3600)
        return xasprintf("%lld min", (long long)(s / 60));
    return s < 86400 ? xasprintf("%lld h %lld min", (long long)(s / 3600), (long long)(s % 3600 / 60))
                     : xasprintf("%lld days", (long long)(s / 86400));
}

static char *moment(const char *seconds)
{
    int64_t s = 0;
    char text[32];
    if (!str_int(seconds, 1, CLOCK_MAX_S, &s))
        return NULL;
    irc_time_format(s * 1000, text);
    text[16] = '\0';
    text[10] = ' ';
    return xasprintf("%s UTC", text);
}

void irc_on_whois(struct irc *i, const struct irc_line *l)
{
    struct whois *w = of(i, irc_param(l, 1));
    const char *last = l->n > 2 ? l->params[l->n - 1] : "";
    if (!w) {
        if (l->numeric != 671)
            irc_on_server_text(i, l);
        return;
    }
    switch (l->numeric) {
    case 311:
        str_set(&w->realname, irc_param(l, 5));
        put(w, "Real name", xstrdup(irc_param(l, 5)));
        put(w, "Mask", xasprintf("%s!%s@%s", irc_param(l, 1), irc_param(l, 2), irc_param(l, 3)));
        break;
    case 312:
        put(w, "Server", xasprintf("%s (%s)", irc_param(l, 2), irc_param(l, 3)));
        break;
    case 317:
        put(w, "Idle", ago(irc_param(l, 2)));
        if (l->n > 4)
            put(w, "Connected since", moment(irc_param(l, 3)));
        break;
    case 319:
        put(w, "Channels", xstrdup(last));
        break;
    case 330:
        put(w, "Account", xstrdup(irc_param(l, 2)));
        break;
    case 671:
        put(w, "Connection", xstrdup("encrypted"));
        break;
    default: /* what servers say in words: operator, bot, real address, certificate */
        put(w, l->numeric == 313 ? "Operator" : l->numeric == 276 ? "Certificate" : "Note", xstrdup(last));
        break;
    }
}

static void emit(struct irc *i, const char *key, const struct whois *w, kith_req req)
{
    struct kith_field f[FIELDS_MAX];
    const char *values[FIELDS_MAX];
    for (size_t n = 0; n < w->n; n++) {
        values[n] = w->v[n].value;
        f[n] = (struct kith_field){.size = sizeof f[n],
                                   .key = w->v[n].label,
                                   .label = w->v[n].label,
                                   .type = "fixed",
                                   .values = &values[n],
                                   .n_values = 1};
    }
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, req, 0},
                              .address = key,
                              .name = w->nick,
                              .text = w->realname,
                              .number = -1,
                              .fields = f,
                              .n_fields = w->n};
    irc_emit(i, &ev.ev);
}

void irc_on_whois_end(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_WHOIS, irc_param(l, 1));
    if (!q || !q->target)
        return;
    char *key = irc_address(i, irc_param(l, 1));
    struct whois *w = map_del(&i->whois, key);
    if (w)
        emit(i, key, w, q->req);
    irc_query_end(i, q, w ? KITH_OK : KITH_ENOTFOUND, w ? NULL : "Nobody here has this nick.");
    if (w)
        free_whois(w);
    free(key);
}

int irc_op_info(struct irc *i, const char *address, kith_req req)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!irc_name_ok(address) || irc_is_room(i, address))
        return KITH_EINVAL;
    struct irc_query *q = irc_query_new(i, ASK_WHOIS, address, req);
    if (irc_ask(i, PRIO_USER, q, "WHOIS", address, address, NULL)) /* twice: idle time from their server */
        return KITH_OK;
    q->req = 0;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return KITH_EINVAL;
}

void irc_on_no_such_nick(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_WHOIS, irc_param(l, 1));
    if (q && !irc_query_labelled(i) && !q->id) {
        q->asked_ms = irc_mono(i); /* 318 ends it; some servers send none */
        struct irc_query *other = irc_query_find(i, ASK_MESSAGE, irc_param(l, 1));
        if (!other || other->number > q->number) {
            irc_query_end(i, q, KITH_ENOTFOUND, "Nobody here has this nick.");
            return;
        }
    }
    irc_on_error_numeric(i, l);
}

/* ---- away ---- */

void irc_on_away_reply(struct irc *i, const struct irc_line *l)
{
    struct whois *w = of(i, irc_param(l, 1));
    const char *why = strcmp(irc_param(l, 2), "*") == 0 ? "" : irc_param(l, 2); /* pre-away: no reason */
    if (w) {
        put(w, "Away", xstrdup(*why ? why : "yes"));
        return;
    }
    struct irc_user *u = irc_user(i, irc_param(l, 1));
    if (u && str_eq(u->away, why))
        return; /* said already */
    if (u)
        str_set(&u->away, why);
    irc_friend_changed(i, irc_param(l, 1));
    char *chat = irc_address(i, irc_param(l, 1));
    irc_notice(i, KITH_INFO, chat, "%s is away%s%s", irc_param(l, 1), *why ? ": " : "", why);
    free(chat);
}

static void own_presence(struct irc *i)
{
    char *address = xasprintf("%s@%s", i->wish, i->server);
    struct kith_ev_presence ev = {.ev = {sizeof ev, KITH_EV_PRESENCE, 0, 0},
                                  .address = address,
                                  .show = i->away ? KITH_SHOW_AWAY : KITH_SHOW_ONLINE,
                                  .text = i->away};
    irc_emit(i, &ev.ev);
    free(address);
}

void irc_on_now_away(struct irc *i, const struct irc_line *l UNUSED)
{
    own_presence(i);
}

void irc_on_unaway(struct irc *i, const struct irc_line *l UNUSED)
{
    own_presence(i);
}

int irc_op_presence(struct irc *i, uint32_t show, const char *text)
{
    bool away = show == KITH_SHOW_AWAY || show == KITH_SHOW_XA || show == KITH_SHOW_DND;
    char *was = xstrdup(i->away);
    str_set(&i->away, !away ? NULL : !str_empty(text) ? text : show == KITH_SHOW_DND ? "Do not disturb" : "Away");
    if (irc_online(i) && !str_eq(was, i->away))
        irc_say(i, PRIO_USER, "AWAY", i->away, NULL);
    free(was);
    return KITH_OK;
}
