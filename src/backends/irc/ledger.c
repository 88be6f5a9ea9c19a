/* backends/irc/ledger.c - what became of what we sent: never more than the server said */
#include "backends/irc/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/history.h"
#include "base/mem.h"

enum { LOST_MAX = 64, CLOCKS_DIFFER_MS = 60000 };

struct lost { /* the connection went before the server said anything of it */
    char *id, *chat, *text;
    int64_t wall_ms;
    bool never; /* it was not written at all */
};
struct irc_ledger {
    struct lost lost[LOST_MAX];
    size_t n;
};

static struct irc_ledger *of(struct irc *i)
{
    if (!i->ledger)
        i->ledger = xcalloc(1, sizeof *i->ledger);
    return i->ledger;
}

static void drop(struct irc_ledger *g, size_t n)
{
    free(g->lost[n].id);
    free(g->lost[n].chat);
    free(g->lost[n].text);
    VEC_DEL(g->lost, g->n, n);
}

void irc_ledger_reset(struct irc *i)
{
    while (i->ledger && i->ledger->n)
        drop(i->ledger, 0);
}

void irc_ledger_free(struct irc *i)
{
    irc_ledger_reset(i);
    free(i->ledger);
    i->ledger = NULL;
}

static struct lost *add(struct irc *i, const char *id, const char *chat, const char *text, bool never)
{
    struct irc_ledger *g = of(i);
    if (g->n == LOST_MAX)
        drop(g, 0);
    struct lost *l = &g->lost[g->n++];
    *l = (struct lost){xstrdup(id), xstrdup(chat), xstrdup(text), irc_wall(i), never};
    return l;
}

void irc_receipt(struct irc *i, const char *chat, const char *id, uint32_t delivery, int err, const char *text,
                 const char *archive_id)
{
    struct kith_ev_receipt ev = {.ev = {sizeof ev, KITH_EV_RECEIPT, 0, 0},
                                 .chat = chat,
                                 .id = id,
                                 .delivery = delivery,
                                 .err = err,
                                 .text = text,
                                 .archive_id = archive_id};
    irc_emit(i, &ev.ev);
}

/* ---- fences: where nothing comes back, the answer to a PING behind it says that it was taken ---- */

static bool has_echo(const struct irc *i)
{
    return irc_cap(i, CAP_ECHO);
}

static void send_fence(struct irc *i)
{
    char word[32];
    (void)snprintf(word, sizeof word, "kith-f%llu", (unsigned long long)++i->last_fence);
    i->fence_at = irc_mono(i);
    irc_say(i, PRIO_NOW, "PING", word, NULL);
}

static void fence(struct irc *i, struct irc_query *q)
{
    bool in_flight = i->last_fence > i->fence_seen;
    q->fenced = true;
    q->fence = i->last_fence + 1;
    if (!in_flight)
        send_fence(i);
}

void irc_query_written(struct irc *i, struct irc_query *q)
{
    q->asked_ms = irc_mono(i);
    if (!i->timers[TIMER_QUERY])
        irc_timer(i, TIMER_QUERY, IRC_QUERY_MS);
    if (!q->id || ++q->written < q->lines)
        return;
    irc_receipt(i, q->target, q->id, KITH_SENT, KITH_OK, NULL, NULL);
    if (!has_echo(i) && !irc_cap(i, CAP_LABEL))
        fence(i, q);
}

void irc_ledger_pong(struct irc *i, uint64_t seen)
{
    bool more = false;
    if (seen <= i->fence_seen || seen > i->last_fence)
        return;
    i->fence_seen = seen;
    irc_lag_measured(i, i->fence_at);
    for (struct irc_query *q = i->queries, *next; q; q = next) {
        next = q->next;
        if (q->fenced && q->fence <= seen)
            irc_ledger_stored(i, q, NULL);
        else
            more = more || q->fenced;
    }
    if (more)
        send_fence(i);
}

/* ---- answers ---- */

void irc_ledger_stored(struct irc *i, struct irc_query *q, const char *msgid)
{
    if (!q->fenced)
        irc_lag_measured(i, q->asked_ms);
    if (--q->parts > 0 && !q->fenced) {
        if (msgid && !q->msgid)
            q->msgid = xstrdup(msgid);
        return;
    }
    irc_receipt(i, q->target, q->id, KITH_STORED, KITH_OK, NULL, q->msgid ? q->msgid : msgid);
    irc_query_end(i, q, KITH_OK, NULL);
}

void irc_ledger_failed(struct irc *i, struct irc_query *q, int err, const char *text)
{
    irc_receipt(i, q->target, q->id, KITH_FAILED, err, text, NULL);
    irc_query_end(i, q, err, text);
}

/* Is text one of the lines in all? */
static bool has_line(const char *all, const char *text)
{
    size_t len = strlen(text);
    for (const char *p = all; p && *p;) {
        size_t n = strcspn(p, "\n");
        if (n == len && memcmp(p, text, n) == 0)
            return true;
        p += n + (p[n] == '\n');
    }
    return false;
}

struct irc_query *irc_ledger_echo(struct irc *i, const char *target, const char *text)
{
    struct irc_query *q = irc_query_labelled(i);
    if (q || irc_cap(i, CAP_LABEL))
        return q && q->id ? q : NULL;
    char *key = irc_address(i, target);
    for (q = i->queries; q; q = q->next) {
        if (q->ask == ASK_MESSAGE && q->asked_ms && str_eq(q->target, key) &&
            (str_eq(q->text, text) || has_line(q->text, text)))
            break;
    }
    free(key);
    return q;
}

/* ---- lost ones ---- */

void irc_ledger_lost(struct irc *i, struct irc_query *q)
{
    if (q->ask == ASK_MESSAGE)
        add(i, q->id, q->target, q->text, q->asked_ms == 0);
    irc_query_end(i, q, KITH_ENET, NULL);
}

char *irc_ledger_found(struct irc *i, const char *chat, const char *text, int64_t time_ms, const char *msgid)
{
    struct irc_ledger *g = i->ledger;
    for (size_t n = 0; g && n < g->n; n++) {
        struct lost *l = &g->lost[n];
        bool same = str_eq(l->chat, chat) && (str_eq(l->text, text) || has_line(l->text, text));
        if (!same || l->never || time_ms < l->wall_ms - IRC_QUERY_MS - CLOCKS_DIFFER_MS)
            continue;
        char *id = xstrdup(l->id);
        irc_receipt(i, chat, id, KITH_STORED, KITH_OK, NULL, msgid);
        drop(g, n);
        return id;
    }
    return NULL;
}

int irc_ledger_may_retry(struct irc *i, const struct kith_send *m)
{
    struct irc_ledger *g = of(i);
    size_t n = 0;
    while (n < g->n && !str_eq(g->lost[n].id, m->id))
        n++;
    bool known = n < g->n, never = known && g->lost[n].never;
    bool can_look = irc_cap(i, CAP_HISTORY) && irc_cap(i, CAP_BATCH);
    bool looked = irc_history_read(i, m->chat);
    if (can_look && !looked) {
        if (!known)
            add(i, m->id, m->chat, m->body, false)->wall_ms = m->written_ms;
        return never ? 1 : 0;
    }
    if (known)
        drop(g, n);
    return never || (known && can_look) ? 1 : KITH_ENET;
}
