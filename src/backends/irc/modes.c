/* backends/irc/modes.c - modes as they change, of channels and our own: who may what, and a line in words */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/mode_words.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

enum { SETTLED_MS = 5000, CREATED_MAX_S = 4102444800 /* the year 2100 */ };

static void set_rank(struct irc *i, struct irc_room *r, const struct irc_mode_change *c)
{
    int rank = irc_prefix_mode_rank(&i->is, c->mode);
    struct irc_member *m = rank >= 0 && irc_name_ok(c->arg) ? irc_member_of(i, r, c->arg) : NULL;
    if (!m)
        return;
    m->ranks = c->on ? m->ranks | 1u << rank : m->ranks & ~(1u << rank);
    irc_tell_member(i, r, m, NULL, KITH_MEMBER_QUIET);
}

/* ---- in words ---- */

struct told { /* of one MODE: what is about certain people, and the rest */
    struct buf people, about, room;
};

/* Names as they are known here, ours as i->nick: so that "you" is found. */
static void put_change(struct irc *i, const struct irc_room *r, struct irc_mode_change *c, int n, const char *by,
                       struct told *t)
{
    bool us = false, people = c[0].kind == IRC_MODE_PREFIX;
    for (int k = 0; people && k < n; k++) {
        const struct irc_member *m = irc_name_ok(c[k].arg) ? irc_member_of(i, r, c[k].arg) : NULL;
        if (m)
            c[k].arg = m->user->nick;
        us |= irc_is_me(i, c[k].arg);
    }
    people = people && !us && !irc_is_me(i, by); /* what we do or what is done to us is always told */
    for (int k = 0; people && k < n; k++)
        buf_addf(&t->about, "%s%s", t->about.len ? " " : "", c[k].arg);
    irc_mode_sentence(&i->is, c, n, by, i->nick, people ? &t->people : &t->room);
}

static void tell(struct irc *i, const struct irc_room *r, const struct buf *words, const struct buf *about,
                 const struct irc_line *l)
{
    if (!words->len)
        return;
    struct kith_ev_happened then = {
        .what = KITH_HAPPENED_STANDING, .text = buf_str(words), .about = about ? buf_str(about) : NULL};
    if (irc_in_history(i)) {
        irc_happened(i, r->address, l, &then);
        return;
    }
    struct kith_ev_notice ev = {.ev = {sizeof ev, KITH_EV_NOTICE, 0, irc_line_time(l)},
                                .level = KITH_INFO,
                                .chat = r->address,
                                .text = buf_str(words),
                                .about = about ? buf_str(about) : NULL};
    irc_emit(i, &ev.ev);
}

static void tell_changes(struct irc *i, const struct irc_room *r, struct irc_mode_change *c, int n,
                         const struct irc_line *l)
{
    struct told t = {0};
    const char *by = l->nick && irc_is_me(i, l->nick) ? i->nick : l->nick;
    for (int k = 0, run; k < n; k += run) {
        run = irc_mode_run(c + k, n - k);
        put_change(i, r, c + k, run, by, &t);
    }
    tell(i, r, &t.room, NULL, l);
    tell(i, r, &t.people, &t.about, l);
    buf_free(&t.people);
    buf_free(&t.about);
    buf_free(&t.room);
}

/* ---- MODE ---- */

static void own_modes(struct irc *i, const struct irc_line *l)
{
    struct buf b = {0};
    bool on = true;
    for (const char *c = irc_param(l, 1); *c; c++) {
        if (*c == '+' || *c == '-') {
            on = *c == '+';
            continue;
        }
        if (!irc_is_mode(*c))
            continue;
        const char *words = irc_user_mode_words(*c, on);
        buf_adds(&b, b.len ? "; " : "");
        if (words)
            buf_adds(&b, words);
        else
            buf_addf(&b, "your mode is %c%c now", on ? '+' : '-', *c);
    }
    /* those that every connection begins with are no news */
    if (b.len && irc_online(i) && irc_mono(i) - i->online_ms >= SETTLED_MS)
        irc_notice(i, KITH_INFO, NULL, "%s", buf_str(&b));
    buf_free(&b);
    struct irc_query *q = irc_query_find(i, ASK_MODE, irc_param(l, 0));
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
}

void irc_on_mode(struct irc *i, const struct irc_line *l)
{
    struct irc_mode_change changes[IRC_MODE_CHANGES];
    struct irc_room *r = irc_room(i, irc_param(l, 0));
    if (l->n < 2)
        return;
    if (irc_is_me(i, irc_param(l, 0))) {
        own_modes(i, l);
        return;
    }
    if (!r || !r->joined)
        return;
    int n = irc_mode_parse(&i->is, l->params + 1, l->n - 1, changes);
    for (int k = 0; k < n; k++) {
        if (changes[k].kind == IRC_MODE_PREFIX)
            set_rank(i, r, &changes[k]);
        if (changes[k].mode == 'k' && changes[k].kind == IRC_MODE_PARAM)
            str_set(&r->key, changes[k].on && !str_eq(changes[k].arg, "*") ? changes[k].arg : NULL);
    }
    struct irc_query *q = irc_query_find(i, ASK_MODE, irc_param(l, 0));
    if (q && l->nick && irc_is_me(i, l->nick))
        irc_query_end(i, q, KITH_OK, NULL);
    tell_changes(i, r, changes, n, l);
}

void irc_modes_happened(struct irc *i, const char *chat, const struct irc_line *l)
{
    struct irc_mode_change changes[IRC_MODE_CHANGES];
    const struct irc_room *r = irc_room(i, chat);
    if (r && l->n >= 2)
        tell_changes(i, r, changes, irc_mode_parse(&i->is, l->params + 1, l->n - 1, changes), l);
}

/* ---- which modes are set ---- */

static void item(struct irc *i, kith_req req, const char *name, const char *text)
{
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, req, 0}, .name = name, .text = text, .number = -1};
    irc_emit(i, &ev.ev);
}

static void show_modes(struct irc *i, const struct irc_line *l, const struct irc_room *r, kith_req req)
{
    struct irc_mode_change changes[IRC_MODE_CHANGES];
    int n = irc_mode_parse(&i->is, l->params + 2, l->n - 2, changes);
    for (int k = 0; k < n; k++) {
        const char *means = irc_mode_meaning(&i->is, changes[k].mode, changes[k].kind);
        char *name = xasprintf("+%c%s%s", changes[k].mode, changes[k].arg ? " " : "", changes[k].arg ? changes[k].arg : "");
        item(i, req, name, means);
        free(name);
    }
    if (r && r->created_ms) {
        char at[32];
        irc_time_format(r->created_ms, at);
        at[10] = '\0';
        item(i, req, "made", at);
    }
}

/* 324 #a +ntl 5 */
void irc_on_modes_are(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_MODE, irc_param(l, 1));
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    if (!q || l->n < 3)
        return;
    show_modes(i, l, r, q->req);
    irc_query_end(i, q, KITH_OK, NULL);
}

/* 221 +iw */
void irc_on_own_modes_are(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_MODE, i->nick);
    if (!q)
        return;
    for (const char *c = irc_param(l, 1); *c; c++) {
        const char sign[] = {'+', *c, '\0'};
        if (irc_is_mode(*c) && *c != '+' && *c != '-')
            item(i, q->req, sign, irc_user_mode_words(*c, true));
    }
    irc_query_end(i, q, KITH_OK, NULL);
}

/* 329 #a 1700000000 */
void irc_on_created(struct irc *i, const struct irc_line *l)
{
    struct irc_room *r = irc_room(i, irc_param(l, 1));
    int64_t s = 0;
    if (r && str_int(irc_param(l, 2), 1, CREATED_MAX_S, &s))
        r->created_ms = s * 1000;
}
