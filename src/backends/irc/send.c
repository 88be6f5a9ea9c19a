/* backends/irc/send.c - messages out: cut at the true limit or as one multiline batch; replies, reactions, redaction */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/ledger.h"
#include "backends/irc/ops.h"
#include "base/mem.h"
#include "base/rand.h"

enum { PARTS_MAX = 100, SPARE = 10, HOST_UNKNOWN = 63, USER_UNKNOWN = 10, ACTION_BYTES = 9, MIN_PART = 16 };

struct piece { char *text; bool concat; };
struct pieces {
    struct piece *v;
    size_t n, cap;
    bool more;
};

/* Bytes of text in one PRIVMSG to target as others get it: with our mask before it (trap 35). */
static size_t room_for_text(const struct irc *i, const char *target, bool action)
{
    int line = i->is.linelen > 0 ? i->is.linelen : 512;
    size_t used = strlen(": PRIVMSG  :\r\n") + strlen("!@") + SPARE + strlen(i->nick) + strlen(target);
    used += i->user ? strlen(i->user) : (size_t)MAX(i->is.userlen, USER_UNKNOWN);
    used += i->host ? strlen(i->host) : HOST_UNKNOWN;
    used += action ? ACTION_BYTES : 0;
    return used + MIN_PART < (size_t)line ? (size_t)line - used : MIN_PART;
}

static void add_piece(void *user, const char *part, size_t len, bool space)
{
    struct pieces *p = user;
    struct buf b = {0};
    if (p->n >= PARTS_MAX * 4)
        return;
    buf_add(&b, part, len);
    if (space) /* the space of the cut stays: pieces may be put together again */
        buf_addc(&b, ' ');
    VEC_PUSH(p->v, p->n, p->cap, ((struct piece){buf_take(&b), p->more}));
    p->more = true;
}

/* Codes end with their line: each line has its own. */
static void cut(const struct kith_send *m, bool formatted, size_t max, struct pieces *p)
{
    size_t n_spans = formatted && KITH_HAS(struct kith_send, m, n_spans) ? m->n_spans : 0;
    for (const char *line = m->body;;) {
        size_t len = strcspn(line, "\n");
        struct buf one = {0};
        p->more = false;
        irc_format_emit(m->body, (size_t)(line - m->body), len, n_spans ? m->spans : NULL, n_spans, &one);
        if (len == 0)
            add_piece(p, "", 0, false);
        else
            irc_split(buf_str(&one), one.len, max - 1, add_piece, p);
        buf_free(&one);
        if (!line[len])
            return;
        line += len + 1;
    }
}

static void pieces_free(struct pieces *p)
{
    for (size_t n = 0; n < p->n; n++)
        free(p->v[n].text);
    free(p->v);
}

static void reply_tags(const struct irc *i, const char *id, struct buf *tags)
{
    const char *deny = irc_isupport_get(&i->is, "CLIENTTAGDENY");
    if (str_empty(id) || !irc_cap(i, CAP_TAGS))
        return;
    if (irc_tag_allowed(deny, "+draft/reply"))
        irc_put_tag(tags, "+draft/reply", id);
    if (irc_tag_allowed(deny, "+reply"))
        irc_put_tag(tags, "+reply", id);
}

/* ---- one after the other ---- */

static bool send_lines(struct irc *i, struct irc_query *q, const struct pieces *p, const char *target, bool action,
                       const char *tags)
{
    bool first = true, ok = true;
    for (size_t n = 0; n < p->n && ok; n++) {
        if (!*p->v[n].text)
            continue; /* an empty line cannot be sent */
        char *text = action ? xasprintf("\001ACTION %s\001", p->v[n].text) : xstrdup(p->v[n].text);
        const char *params[] = {target, text};
        ok = irc_put_line(i, PRIO_USER, q, first && *tags ? tags : NULL, "PRIVMSG", params, 2);
        first = false;
        free(text);
    }
    return ok;
}

static int count_lines(const struct pieces *p)
{
    int n = 0;
    for (size_t k = 0; k < p->n; k++)
        n += *p->v[k].text != '\0';
    return n;
}

/* ---- as one ---- */

static int64_t limit_of(const struct irc *i, const char *key, int64_t fallback)
{
    const char *value = irc_cap_value(i, CAP_MULTILINE);
    size_t len = strlen(key);
    int64_t v = fallback;
    for (const char *p = value; p && *p;) {
        size_t n = strcspn(p, ",");
        if (n > len + 1 && strncmp(p, key, len) == 0 && p[len] == '=') {
            char *number = xstrndup(p + len + 1, n - len - 1);
            if (!str_int(number, 1, KITH_MAX_BODY, &v))
                v = fallback;
            free(number);
        }
        p += n + (p[n] == ',');
    }
    return v;
}

static bool fits_batch(const struct irc *i, const struct pieces *p)
{
    int64_t bytes = 0;
    for (size_t n = 0; n < p->n; n++)
        bytes += (int64_t)strlen(p->v[n].text) + 1;
    return irc_cap(i, CAP_MULTILINE) && irc_cap(i, CAP_BATCH) && bytes <= limit_of(i, "max-bytes", 4096) &&
           (int64_t)p->n <= limit_of(i, "max-lines", 24);
}

static bool send_batch(struct irc *i, struct irc_query *q, const struct pieces *p, const char *target,
                       const char *tags)
{
    char id[23], plain[64], concat[96], on[32], off[32];
    rand_id(id);
    id[8] = '\0'; /* unique among ours that are open: one */
    for (char *c = id; *c; c++)
        *c = *c == '-' || *c == '_' ? 'x' : *c;
    (void)snprintf(on, sizeof on, "+%s", id);
    (void)snprintf(off, sizeof off, "-%s", id);
    (void)snprintf(plain, sizeof plain, "batch=%s", id);
    (void)snprintf(concat, sizeof concat, "batch=%s;draft/multiline-concat", id);
    const char *open[] = {on, "draft/multiline", target}, *close[] = {off};
    bool ok = irc_put_line(i, PRIO_USER, q, *tags ? tags : NULL, "BATCH", open, 3);
    for (size_t n = 0; n < p->n && ok; n++) {
        const char *params[] = {target, p->v[n].text};
        ok = irc_put_line(i, PRIO_USER, q, p->v[n].concat ? concat : plain, "PRIVMSG", params, 2);
    }
    return ok && irc_put_line(i, PRIO_USER, q, NULL, "BATCH", close, 1);
}

/* ---- the operation ---- */

static const char *target_of(const struct irc *i, const char *chat)
{
    const struct irc_room *r = irc_room(i, chat);
    const struct irc_user *u = irc_user(i, chat);
    return r ? r->name : u ? u->nick : chat;
}

static int check(struct irc *i, const struct kith_send *m)
{
    const struct irc_room *r = m->chat ? irc_room(i, m->chat) : NULL;
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (str_empty(m->id) || str_empty(m->chat) || !irc_name_ok(m->chat) || str_empty(m->body))
        return KITH_EINVAL;
    if (m->flags & KITH_SEND_EDIT)
        return KITH_EUNSUP;
    if ((r && r->wanted && !r->joined) || !i->joined_all || i->n_queries >= IRC_QUERIES_MAX - IRC_QUERIES_SPARE)
        return KITH_EBUSY;
    if (!(m->flags & KITH_SEND_RETRY))
        return KITH_OK;
    int may = irc_ledger_may_retry(i, m);
    return may == 0 ? KITH_EBUSY : may < 0 ? KITH_ECANCELED : KITH_OK;
}

int irc_op_send(struct irc *i, const struct kith_send *m)
{
    int rc = check(i, m);
    if (rc == KITH_ECANCELED) {
        irc_receipt(i, m->chat, m->id, KITH_FAILED, KITH_ENET,
                    "the connection was lost before the server said anything of it: it may have arrived", NULL);
        return KITH_OK;
    }
    if (rc < 0)
        return rc;
    struct pieces p = {0};
    struct buf tags = {0}, plain = {0};
    bool action = m->flags & KITH_SEND_ACTION;
    const char *target = target_of(i, m->chat);
    cut(m, irc_formats(i), room_for_text(i, target, action), &p);
    reply_tags(i, m->reply_to, &tags);
    int lines = count_lines(&p);
    bool batch = p.n > 1 && !action && fits_batch(i, &p);
    if (lines == 0 || (!batch && lines > PARTS_MAX)) {
        rc = lines == 0 ? KITH_EINVAL : KITH_ETOOBIG;
    } else {
        struct irc_query *q = irc_query_new(i, ASK_MESSAGE, m->chat, 0);
        q->id = xstrdup(m->id ? m->id : "");
        q->text = i->is.utf8only ? xstrdup(m->body) : irc_charset_round(&i->charset, m->body);
        q->parts = q->lines = batch ? 1 : lines;
        if (!batch && lines > 1) { /* each part comes back by itself */
            for (size_t n = 0; n < p.n; n++) {
                irc_format_plain(p.v[n].text, &plain);
                buf_addc(&plain, '\n');
            }
            str_take(&q->text, irc_charset_round(&i->charset, buf_str(&plain)));
        }
        bool ok = batch ? send_batch(i, q, &p, target, buf_str(&tags))
                        : send_lines(i, q, &p, target, action, buf_str(&tags));
        if (!ok && !i->ending) {
            (void)irc_queue_take_back(i, q); /* no half of a batch */
            irc_query_end(i, q, KITH_ELIMIT, NULL);
        }
        rc = ok || i->ending ? KITH_OK : KITH_ELIMIT;
    }
    buf_free(&tags);
    buf_free(&plain);
    pieces_free(&p);
    return rc;
}

int irc_op_unsend(struct irc *i, const char *chat, const char *id)
{
    char *key = irc_address(i, chat ? chat : "");
    struct irc_query *q = i->queries;
    while (q && !(q->ask == ASK_MESSAGE && str_eq(q->id, id) && str_eq(q->target, key)))
        q = q->next;
    free(key);
    if (!q || !irc_queue_take_back(i, q))
        return KITH_ENOTFOUND;
    irc_ledger_failed(i, q, KITH_ECANCELED, "taken back before it left");
    return KITH_OK;
}

/* ---- changes, typing ---- */

int irc_op_retract(struct irc *i, const char *chat, const char *target, const char *text, const char *id)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!irc_cap(i, CAP_REDACT))
        return KITH_EUNSUP;
    struct irc_query *q = irc_query_new(i, ASK_REDACT, chat, 0);
    q->id = xstrdup(id);
    q->lines = 1;
    const char *params[] = {target_of(i, chat), target, text};
    if (irc_put_line(i, PRIO_USER, q, NULL, "REDACT", params, str_empty(text) ? 2 : 3))
        return KITH_OK;
    irc_query_end(i, q, KITH_EINVAL, NULL);
    return KITH_EINVAL;
}

static bool tagmsg(struct irc *i, enum irc_prio prio, struct irc_query *q, const char *chat, const char *key,
                   const char *value, const char *reply)
{
    struct buf tags = {0};
    irc_put_tag(&tags, key, value);
    if (reply) {
        irc_put_tag(&tags, "+draft/reply", reply);
        irc_put_tag(&tags, "+reply", reply);
    }
    const char *params[] = {target_of(i, chat)};
    bool ok = irc_put_line(i, prio, q, buf_str(&tags), "TAGMSG", params, 1);
    buf_free(&tags);
    return ok;
}

int irc_op_react(struct irc *i, const char *chat, const char *target, const char *const *list, size_t n, const char *id)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    if (!irc_cap(i, CAP_TAGS) || str_empty(target))
        return KITH_EUNSUP;
    struct buf key = {0};
    struct irc_query *q = irc_query_new(i, ASK_REACT, chat, 0);
    q->id = xstrdup(id);
    q->lines = 0;
    buf_addf(&key, "%s/%s", q->target, target);
    struct buf had = {0};
    irc_reactions_mine(i, buf_str(&key), list, n, &had); /* lines "+x" and "-x": what is another now */
    int sent = 0;
    for (const char *p = buf_str(&had); *p;) {
        size_t len = strcspn(p, "\n");
        q->lines += 1;
        p += len + 1;
    }
    q->parts = q->lines;
    bool ok = true;
    for (const char *p = buf_str(&had); *p && ok;) {
        size_t len = strcspn(p, "\n");
        char *one = xstrndup(p + 1, len - 1);
        ok = tagmsg(i, PRIO_USER, q, chat, *p == '+' ? "+draft/react" : "+draft/unreact", one, target);
        sent++;
        free(one);
        p += len + 1;
    }
    if (sent == 0) { /* nothing is another */
        irc_receipt(i, q->target, q->id, KITH_STORED, KITH_OK, NULL, NULL);
        irc_query_end(i, q, KITH_OK, NULL);
    } else if (!ok && !i->ending) {
        irc_ledger_failed(i, q, KITH_EINVAL, "this reaction cannot be sent");
    }
    buf_free(&had);
    buf_free(&key);
    return KITH_OK;
}

int irc_op_typing(struct irc *i, const char *chat, uint32_t state)
{
    if (!irc_online(i) || !irc_cap(i, CAP_TAGS) || str_empty(chat) ||
        !irc_tag_allowed(irc_isupport_get(&i->is, "CLIENTTAGDENY"), "+typing"))
        return KITH_EUNSUP;
    const char *word = state == KITH_TYPING_ACTIVE ? "active" : state == KITH_TYPING_PAUSED ? "paused" : "done";
    int64_t now = irc_mono(i);
    bool same = str_eq(i->typing_to, chat) && state == i->typing_state;
    if (irc_queue_waiting(i) > 0 || (same && now - i->typing_ms < IRC_TYPING_MS))
        return KITH_OK; /* not worth a place in the queue */
    str_set(&i->typing_to, chat);
    i->typing_ms = now;
    i->typing_state = state;
    tagmsg(i, PRIO_QUERY, NULL, chat, "+typing", word, NULL);
    return KITH_OK;
}
