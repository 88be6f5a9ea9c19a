/* backends/irc/replies.c - when a server says no, or says something that has no place of its own */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/history.h"
#include "backends/irc/ledger.h"
#include "base/mem.h"

enum { WORDS_MAX = 400 };

void irc_on_ignored(struct irc *i UNUSED, const struct irc_line *l UNUSED)
{
}

/* "network services: a text": what lies between the target and the end, joined. */
void irc_on_server_text(struct irc *i, const struct irc_line *l)
{
    struct buf b = {0};
    for (int n = 1; n < l->n; n++)
        buf_addf(&b, "%s%s", b.len ? " " : "", l->params[n]);
    if (b.len)
        irc_notice(i, KITH_INFO, NULL, "%.*s", IRC_CUT(buf_str(&b), WORDS_MAX));
    buf_free(&b);
}

/* How many are there (LUSERS): every server says so to everybody who comes in; read by those who asked. */
void irc_on_counts(struct irc *i, const struct irc_line *l)
{
    if (i->phase != IRC_ONLINE || l->n < 2)
        return;
    if (l->numeric < 265) {
        irc_on_server_text(i, l);
        return;
    }
    struct irc_line words = *l; /* the numbers before the words are in them once more */
    words.params[1] = l->params[l->n - 1];
    words.n = 2;
    irc_on_server_text(i, &words);
}

static void ends(struct irc *i, struct irc_query *q, int err, const char *text)
{
    if (q->ask == ASK_HISTORY)
        irc_history_failed(i, q, text);
    else if (q->id)
        irc_ledger_failed(i, q, err, text);
    else
        irc_query_end(i, q, err, text);
}

static int err_of(int numeric)
{
    switch (numeric) {
    case 401: case 402: case 403: case 406: case 411:
        return KITH_ENOTFOUND;
    case 421: case 410:
        return KITH_EUNSUP;
    case 417: case 414:
        return KITH_ETOOBIG;
    case 407: case 439: case 405:
        return KITH_ELIMIT;
    case 461: case 412: case 413: case 431: case 432:
        return KITH_EINVAL;
    case 433: case 436: case 437:
        return KITH_ECONFLICT;
    default:
        return KITH_EDENIED;
    }
}

/* Can this error be about such a question? 404: of messages alone; those of rights and members: of none. */
static bool fits(int numeric, const struct irc_query *q)
{
    bool message = q->id != NULL;
    bool rights = numeric == 441 || numeric == 442 || numeric == 443 || numeric == 472 || numeric == 478 || numeric == 482;
    return numeric == 404 ? message : rights ? !message : true;
}

/* The question that an error is about: by label, by the command it names, else the oldest to that target. */
static struct irc_query *meant(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_labelled(i);
    const char *about = irc_param(l, 1);
    if (q || i->label || irc_cap(i, CAP_LABEL) || l->n < 3)
        return q;
    char *key = irc_fold(i->is.casemap, irc_bare_target(&i->is, about));
    for (q = i->queries; q; q = q->next) {
        if (q->asked_ms && str_eq(q->target, key) && fits(l->numeric, q))
            break;
    }
    free(key);
    return q;
}

void irc_on_error_numeric(struct irc *i, const struct irc_line *l)
{
    const char *text = l->n > 1 ? l->params[l->n - 1] : "The server says no.";
    struct irc_query *q = meant(i, l);
    if (q) {
        ends(i, q, err_of(l->numeric), text);
        return;
    }
    if (l->numeric == 421 && strcmp(irc_param(l, 1), "CAP") == 0 && i->pass_kept)
        irc_pass_kept(i);
    if (l->numeric == 421 && strcmp(irc_param(l, 1), "CAP") == 0)
        return; /* it does not know capabilities */
    char *chat = irc_is_room(i, irc_param(l, 1)) ? irc_address(i, irc_bare_target(&i->is, irc_param(l, 1))) : NULL;
    if (l->n > 2 && !chat)
        irc_notice(i, KITH_WARN, NULL, "%.*s: %.*s", IRC_CUT(irc_param(l, 1), WORDS_MAX), IRC_CUT(text, WORDS_MAX));
    else
        irc_notice(i, KITH_WARN, chat, "%.*s", IRC_CUT(text, WORDS_MAX));
    free(chat);
}

/* ---- standard replies: FAIL command code context... text ---- */

static struct irc_query *failed_query(struct irc *i, const struct irc_line *l)
{
    static const struct { const char *cmd; enum irc_ask ask; } asks[] = {
        {"CHATHISTORY", ASK_HISTORY}, {"REDACT", ASK_REDACT}, {"PRIVMSG", ASK_MESSAGE}, {"BATCH", ASK_MESSAGE},
        {"TAGMSG", ASK_REACT}, {"JOIN", ASK_JOIN}, {"NICK", ASK_NICK}, {"REGISTER", ASK_REGISTER},
        {"VERIFY", ASK_REGISTER}, {"TOPIC", ASK_TOPIC}, {"MODE", ASK_MODE}};
    struct irc_query *q = irc_query_labelled(i);
    for (size_t n = 0; n < COUNT(asks) && !q && !i->label; n++)
        if (strcmp(irc_param(l, 0), asks[n].cmd) == 0)
            q = irc_query_find(i, asks[n].ask, NULL);
    return q;
}

static const char *last(const struct irc_line *l)
{
    return l->n > 0 ? l->params[l->n - 1] : "";
}

/* "FAIL * ACCOUNT_REQUIRED": nobody gets in without. */
static bool needs_account(struct irc *i, const struct irc_line *l)
{
    if (i->phase != IRC_REGISTER || strcmp(irc_param(l, 1), "ACCOUNT_REQUIRED") != 0)
        return false;
    irc_end(i, KITH_EAUTH, KITH_RETRY_NEVER, 0, "%s lets nobody in without an account: %.*s (option login%s)", i->server,
            IRC_CUT(last(l), WORDS_MAX), irc_cap(i, CAP_REGISTER) ? "; /register makes one" : "");
    return true;
}

void irc_on_fail(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = failed_query(i, l);
    if (irc_bouncer_fail(i, l) || needs_account(i, l) || irc_rename_fail(i, l))
        return;
    if (q && q->ask == ASK_REGISTER)
        irc_enroll_failed(i, q, irc_param(l, 1), last(l));
    else if (q)
        ends(i, q, KITH_EDENIED, last(l));
    else
        irc_notice(i, KITH_ERROR, NULL, "%.*s", IRC_CUT(last(l), WORDS_MAX));
}

void irc_on_warn(struct irc *i, const struct irc_line *l)
{
    irc_notice(i, KITH_WARN, NULL, "%.*s", IRC_CUT(last(l), WORDS_MAX));
}

void irc_on_note(struct irc *i, const struct irc_line *l)
{
    irc_notice(i, KITH_INFO, NULL, "%.*s", IRC_CUT(last(l), WORDS_MAX));
}

/* An empty labelled batch: it was done, and nothing is to be said. */
void irc_label_closed(struct irc *i, struct irc_batch *b)
{
    i->label = b->label;
    struct irc_query *q = irc_query_labelled(i);
    if (q && q->id && b->lines == 0)
        irc_ledger_stored(i, q, NULL);
    else if (q && (q->ask == ASK_MODE || q->ask == ASK_KICK || q->ask == ASK_INVITE))
        irc_query_end(i, q, KITH_OK, NULL); /* whatever there was to say of it has been said */
}
