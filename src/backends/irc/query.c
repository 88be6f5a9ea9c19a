/* backends/irc/query.c - questions under way and what answers them: by label, else in order and by name */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/history.h"
#include "backends/irc/irc.h"
#include "backends/irc/ledger.h"
#include "base/mem.h"

void irc_label(struct irc_query *q, char out[32])
{
    if (q->labels++ == 0)
        (void)snprintf(out, 32, "k%llu", (unsigned long long)q->number);
    else
        (void)snprintf(out, 32, "k%llu-%d", (unsigned long long)q->number, q->labels - 1);
}

static void unanswered(struct irc *i, struct irc_query *q)
{
    if (q->id)
        irc_ledger_lost(i, q); /* what became of it is not known */
    else if (q->ask == ASK_HISTORY)
        irc_history_silent(i, q);
    else if (q->ask == ASK_REGISTER)
        irc_enroll_failed(i, q, "", "The server did not answer.");
    else
        irc_query_end(i, q, KITH_ENET, "The server did not answer.");
}

/* The oldest that is no message; else the oldest. */
static struct irc_query *least_missed(const struct irc *i)
{
    struct irc_query *q = i->queries;
    while (q && q->id)
        q = q->next;
    return q ? q : i->queries;
}

struct irc_query *irc_query_new(struct irc *i, enum irc_ask ask, const char *target, kith_req req)
{
    char *key = target ? irc_fold(i->is.casemap, target) : NULL; /* it may be that of the one which goes */
    if (i->n_queries >= IRC_QUERIES_MAX)
        unanswered(i, least_missed(i));
    struct irc_query *q = xcalloc(1, sizeof *q);
    q->ask = ask;
    q->number = ++i->last_number;
    q->target = key;
    q->req = req;
    q->parts = q->lines = 1;
    struct irc_query **end = &i->queries;
    while (*end)
        end = &(*end)->next;
    *end = q;
    i->n_queries++;
    return q;
}

struct irc_query *irc_query_labelled(struct irc *i)
{
    int64_t number = 0;
    if (!i->label || i->label[0] != 'k')
        return NULL;
    char *digits = xstrndup(i->label + 1, strcspn(i->label + 1, "-"));
    bool ok = str_int(digits, 1, INT64_MAX, &number);
    free(digits);
    struct irc_query *q = ok ? i->queries : NULL;
    while (q && q->number != (uint64_t)number)
        q = q->next;
    return q;
}

struct irc_query *irc_query_find(struct irc *i, enum irc_ask ask, const char *target)
{
    struct irc_query *q = irc_query_labelled(i);
    if (q && q->ask == ask)
        return q;
    char *key = target ? irc_fold(i->is.casemap, target) : NULL;
    for (q = i->queries; q; q = q->next) {
        if (q->ask == ask && q->asked_ms && (!key || str_eq(q->target, key)))
            break;
    }
    free(key);
    return q;
}

static void free_query(struct irc_query *q)
{
    free(q->target);
    free(q->id);
    free(q->text);
    free(q->msgid);
    free(q->extra);
    free(q);
}

void irc_query_end(struct irc *i, struct irc_query *q, int err, const char *text)
{
    struct irc_query **at = &i->queries;
    while (*at && *at != q)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = q->next;
    i->n_queries--;
    irc_queue_drop(i, q);
    irc_reply(i, q->req, err, text);
    free_query(q);
}

void irc_queries_tick(struct irc *i)
{
    int64_t now = irc_mono(i), next = -1;
    for (struct irc_query *q = i->queries, *after; q; q = after) {
        after = q->next;
        if (!q->asked_ms)
            continue;
        int64_t left = q->asked_ms + IRC_QUERY_MS - now;
        if (left > 0) {
            next = next < 0 ? left : MIN(next, left);
        } else {
            unanswered(i, q);
            after = i->queries; /* it may have asked something else, and others may be gone */
            next = -1;
        }
    }
    irc_timer(i, TIMER_QUERY, next);
}

void irc_queries_lost(struct irc *i)
{
    while (i->queries) {
        struct irc_query *q = i->queries;
        if (q->id)
            irc_ledger_lost(i, q);
        else
            irc_query_end(i, q, KITH_EOFFLINE, "The connection was lost.");
    }
}
