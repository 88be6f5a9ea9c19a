/* backends/irc/mode_lists.c - the lists of a channel: bans, exceptions, standing invitations, quiets; who set them, when
 *
 * Numerics 346-349, 367, 368, 728, 729. A list may be asked for to be shown, or to find what in it fits somebody.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/mode_words.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

enum { TIME_MAX_S = 4102444800 /* the year 2100 */, FOUND_MAX = 64 };

struct listing { /* q->extra; q->text: for whom, by commas; NULL: to be shown */
    char mode;
    int rows;
    int n_found;
};

/* ---- rows ---- */

static void row(struct irc *i, kith_req req, const char *mask, const char *who, const char *when)
{
    int64_t s = 0;
    char *nick = xstrndup(who, strcspn(who, "!")), *ms = NULL;
    if (str_int(when, 1, TIME_MAX_S, &s))
        ms = xasprintf("%lld", (long long)s * 1000);
    const char *by_value = nick, *at_value = ms;
    struct kith_field f[2];
    size_t n = 0;
    if (*nick)
        f[n++] = (struct kith_field){
            .size = sizeof f[0], .key = "by", .label = "By", .type = "fixed", .values = &by_value, .n_values = 1};
    if (ms)
        f[n++] = (struct kith_field){
            .size = sizeof f[0], .key = "at", .label = "At", .type = "fixed", .values = &at_value, .n_values = 1};
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, req, 0},
                              .address = mask,
                              .number = -1,
                              .fields = n ? f : NULL,
                              .n_fields = n};
    irc_emit(i, &ev.ev);
    free(nick);
    free(ms);
}

/* ---- what in a list is about somebody ---- */

static bool fits_user(const struct irc *i, const char *entry, const struct irc_user *u)
{
    const char *colon = strrchr(entry, ':');
    if (!strchr(entry, '!') && colon && strchr("$~", entry[0])) /* by account */
        return !str_empty(u->account) && irc_mask_match(i->is.casemap, colon + 1, u->account);
    char *mask = xasprintf("%s!%s@%s", u->nick, u->user ? u->user : "", u->host ? u->host : "");
    bool fits = irc_mask_match(i->is.casemap, entry, mask);
    free(mask);
    return fits && (u->host || !strchr(entry, '@') || str_ends(entry, "@*"));
}

static bool fits_nick(const struct irc *i, const char *entry, const char *nick)
{
    size_t len = strcspn(entry, "!");
    char *own = xstrndup(entry, len);
    bool fits = entry[len] && irc_same(i->is.casemap, own, nick);
    free(own);
    return fits;
}

static bool wanted(const struct irc *i, const char *entry, const char *names)
{
    char *copy = xstrdup(names), *rest = copy, *one;
    bool fits = false;
    while (!fits && (one = strsep(&rest, ","))) {
        const struct irc_user *u = irc_user(i, one);
        fits = irc_same(i->is.casemap, entry, one) || (!irc_is_mask(one) && fits_nick(i, entry, one)) ||
               (u && fits_user(i, entry, u));
    }
    free(copy);
    return fits;
}

/* ---- the server's lines ---- */

static struct irc_query *asked(struct irc *i, const struct irc_line *l, int *at, char *mode)
{
    *at = l->numeric == 728 || l->numeric == 729 ? 3 : 2; /* "#a q mask" */
    *mode = *at == 3 ? irc_param(l, 2)[0] : '\0';
    for (struct irc_query *q = i->queries; q; q = q->next) {
        const struct listing *w = q->extra;
        char *key = irc_address(i, irc_param(l, 1));
        bool it = q->ask == ASK_BANS && q->asked_ms && w && str_eq(q->target, key);
        free(key);
        bool list = l->numeric >= 348 && l->numeric <= 349   ? it && w->mode == (i->is.excepts ? i->is.excepts : 'e')
                    : l->numeric >= 346 && l->numeric <= 347 ? it && w->mode == (i->is.invex ? i->is.invex : 'I')
                    : l->numeric == 367 || l->numeric == 368 ? it && w->mode == 'b'
                                                             : it && w->mode == *mode;
        if (list)
            return q;
    }
    return NULL;
}

void irc_on_bans_entry(struct irc *i, const struct irc_line *l)
{
    int at;
    char mode;
    struct irc_query *q = asked(i, l, &at, &mode);
    const char *mask = irc_param(l, at);
    struct listing *w = q ? q->extra : NULL;
    if (!q || str_empty(mask)) {
        if (!q && l->n > at)
            irc_on_server_text(i, l);
        return;
    }
    if (!q->text && w->rows++ < IRC_WHO_ROWS)
        row(i, q->req, mask, irc_param(l, at + 1), irc_param(l, at + 2));
    if (!q->text || w->n_found >= FOUND_MAX || !wanted(i, mask, q->text))
        return;
    w->n_found++;
    str_take(&q->msgid, q->msgid ? xasprintf("%s %s", q->msgid, mask) : xstrdup(mask)); /* what was found */
}

static void unlist(struct irc *i, struct irc_query *q)
{
    const struct listing w = *(const struct listing *)q->extra;
    const char *masks[FOUND_MAX];
    int n = 0;
    char *copy = xstrdup(q->msgid ? q->msgid : ""), *rest = copy, *one;
    while (n < FOUND_MAX && (one = strsep(&rest, " "))) {
        if (*one)
            masks[n++] = one;
    }
    kith_req req = q->req;
    const struct irc_room *r = irc_room(i, q->target);
    char *room = xstrdup(r ? r->name : q->target), *who = xstrdup(q->text);
    q->req = 0;
    irc_query_end(i, q, KITH_OK, NULL);
    if (n > 0) {
        irc_mode_many(i, room, false, w.mode, masks, n, req);
    } else {
        const char *list = irc_list_name(&i->is, w.mode);
        char *text = xasprintf("Among the %s of %s nothing fits %s.", list ? list : "entries", room, who);
        irc_reply(i, req, KITH_ENOTFOUND, text);
        free(text);
    }
    free(copy);
    free(room);
    free(who);
}

void irc_on_bans_end(struct irc *i, const struct irc_line *l)
{
    int at;
    char mode;
    struct irc_query *q = asked(i, l, &at, &mode);
    if (!q)
        return;
    if (q->text)
        unlist(i, q);
    else
        irc_query_end(i, q, KITH_OK, NULL);
}

/* ---- asking ---- */

static int ask_list(struct irc *i, const char *room, char mode, const char *names, kith_req req)
{
    const struct irc_room *r = irc_room(i, room);
    const char list[] = {'+', mode, '\0'};
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!r || !mode || !strchr(i->is.chanmodes[0], mode))
        return r ? KITH_EUNSUP : KITH_EINVAL;
    struct irc_query *q = irc_query_new(i, ASK_BANS, room, req);
    struct listing *w = xcalloc(1, sizeof *w);
    w->mode = mode;
    q->extra = w;
    q->text = xstrdup(names);
    if (irc_ask(i, PRIO_USER, q, "MODE", r->name, list, NULL))
        return KITH_OK;
    q->req = 0;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return KITH_EINVAL;
}

int irc_mode_list(struct irc *i, const char *room, char mode, kith_req req)
{
    return ask_list(i, room, mode, NULL, req);
}

int irc_mode_unlist(struct irc *i, const char *room, char mode, const char *const *names, int n, kith_req req)
{
    struct buf b = {0};
    bool plain = false;
    for (int k = 0; k < n; k++) {
        plain |= !irc_is_mask(names[k]);
        buf_addf(&b, "%s%s", k ? "," : "", names[k]);
    }
    int rc = KITH_OK;
    if (plain) /* of people it is to be found out what in the list is theirs */
        rc = ask_list(i, room, mode, buf_str(&b), req);
    else
        irc_mode_many(i, irc_room(i, room) ? irc_room(i, room)->name : room, false, mode, names, n, req);
    buf_free(&b);
    return rc;
}
