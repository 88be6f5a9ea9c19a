/* backends/irc/list.c - LIST: the channels of a server, narrowed down by it (ELIST) or here
 *
 * A pattern is words: masks of names, ">20" and "<500" people, and at its end "topic:" with words. Without SAFELIST a
 * server may drop us for the length of its answer: then all of a large network is asked for only when the mask is "*".
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/handlers.h"
#include "backends/irc/ops.h"
#include "base/mem.h"

enum { MASKS = 8, PATTERN_MAX = 300 };

struct pattern { /* plain memory: hangs at its question */
    int64_t more, less;            /* people between these, without them */
    size_t n;
    bool all;                      /* "*" was asked for */
    char *masks[MASKS], *topic;    /* folded; point into text; topic NULL: any */
    char text[];
};

/* ---- what was asked ---- */

static void add_word(struct pattern *p, char *word)
{
    int64_t n = 0;
    bool number = (word[0] == '>' || word[0] == '<') && str_int(word + 1, 0, INT32_MAX, &n);
    if (number && word[0] == '>')
        p->more = n;
    else if (number)
        p->less = n;
    else if (strcmp(word, "*") == 0)
        p->all = true;
    else if (*word && p->n < MASKS)
        p->masks[p->n++] = word;
}

/* A word alone is looked for anywhere in a name; what begins like a channel is one. */
static void put_word(const struct irc *i, const char *word, struct buf *out)
{
    bool whole = word[0] == '<' || word[0] == '>' || strpbrk(word, "*?") || irc_is_channel(&i->is, word);
    if (*word)
        buf_addf(out, whole ? "%s " : "*%s* ", word);
}

static struct pattern *pattern_new(const struct irc *i, const char *pattern)
{
    struct buf all = {0};
    char *text = irc_fold(i->is.casemap, pattern ? pattern : ""), *at = text;
    while (at && *at && !str_starts(at, "topic:"))
        put_word(i, strsep(&at, " "), &all);
    buf_adds(&all, at);
    struct pattern *p = xcalloc(1, sizeof *p + all.len + 1);
    memcpy(p->text, buf_str(&all), all.len + 1);
    free(text);
    buf_free(&all);
    p->more = INT64_MIN;
    p->less = INT64_MAX;
    char *rest = p->text, *word;
    while (rest && *rest) {
        if (str_starts(rest, "topic:")) {
            p->topic = rest + strlen("topic:");
            break;
        }
        word = strsep(&rest, " ");
        add_word(p, word);
    }
    return p;
}

static bool is_glob(const char *mask)
{
    return strpbrk(mask, "*?") != NULL;
}

/* "*" any letters, "?" one; both folded alike. */
static bool matches(const char *mask, const char *name)
{
    const char *star = NULL, *back = NULL;
    while (*name) {
        if (*mask == '*') {
            star = mask++;
            back = name;
        } else if (*mask == *name || *mask == '?') {
            mask++;
            name++;
        } else if (star) {
            mask = star + 1;
            name = ++back;
        } else {
            return false;
        }
    }
    while (*mask == '*')
        mask++;
    return *mask == '\0';
}

static bool wanted(const struct irc *i, const struct pattern *p, const char *address, int64_t people, const char *topic)
{
    bool name = p->n == 0;
    for (size_t n = 0; n < p->n && !name; n++)
        name = matches(p->masks[n], address);
    if (!name || people <= p->more || people >= p->less)
        return false;
    char *folded = p->topic ? irc_fold(i->is.casemap, topic) : NULL;
    bool fits = !p->topic || strstr(folded, p->topic);
    free(folded);
    return fits;
}

/* What of it the server does for us, as LIST takes it: ">20,<500,*linux*". */
static void put_conditions(const struct irc *i, const struct pattern *p, struct buf *out)
{
    const char *elist = irc_isupport_get(&i->is, "ELIST");
    bool masks = p->n > 0;
    if (elist && strpbrk(elist, "Uu")) {
        if (p->more != INT64_MIN)
            buf_addf(out, ">%lld,", (long long)p->more);
        if (p->less != INT64_MAX)
            buf_addf(out, "<%lld,", (long long)p->less);
    }
    for (size_t n = 0; n < p->n; n++)
        masks &= irc_name_ok(p->masks[n]) && (!is_glob(p->masks[n]) || (elist && strpbrk(elist, "Mm")));
    for (size_t n = 0; masks && n < p->n; n++)
        buf_addf(out, "%s,", p->masks[n]);
    if (out->len)
        buf_delete(out, out->len - 1, 1);
}

int irc_op_list(struct irc *i, const char *where, const char *pattern, kith_req req)
{
    if (!irc_online(i))
        return KITH_EOFFLINE;
    for (const struct irc_query *q = i->queries; q; q = q->next)
        if (q->ask == ASK_LIST)
            return KITH_EBUSY;
    if ((pattern && strlen(pattern) > PATTERN_MAX) || (where && !irc_name_ok(where)))
        return KITH_EINVAL;
    struct pattern *p = pattern_new(i, pattern);
    struct buf conditions = {0};
    put_conditions(i, p, &conditions);
    bool safe = irc_isupport_get(&i->is, "SAFELIST") || conditions.len || p->all || i->channels <= IRC_LIST_UNSAFE;
    struct irc_query *q = irc_query_new(i, ASK_LIST, where, req);
    q->extra = p;
    bool ok = true;
    if (!safe)
        irc_query_end(i, q, KITH_ELIMIT, "This network has many channels, and its server may drop the connection over a "
                                         "list of all. Narrow it down with a mask, or ask for all: /list *");
    else if (where)
        ok = irc_ask(i, PRIO_USER, q, "LIST", conditions.len ? buf_str(&conditions) : "*", where, NULL);
    else
        ok = irc_ask(i, PRIO_USER, q, "LIST", conditions.len ? buf_str(&conditions) : NULL, NULL);
    if (!ok) {
        q->req = 0;
        irc_query_end(i, q, KITH_EINVAL, NULL);
    }
    buf_free(&conditions);
    return ok ? KITH_OK : KITH_EINVAL;
}

/* ---- what came ---- */

void irc_on_channel_count(struct irc *i, const struct irc_line *l)
{
    int64_t n = 0;
    if (str_int(irc_param(l, 1), 0, INT32_MAX, &n))
        i->channels = n;
    irc_on_counts(i, l);
}

/* "[+nt 20] words": some servers put the modes before the topic. */
static const char *without_modes(const char *topic)
{
    const char *end = topic[0] == '[' && topic[1] == '+' ? strchr(topic, ']') : NULL;
    return !end ? topic : end[1] == ' ' ? end + 2 : end + 1;
}

void irc_on_list_row(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_LIST, NULL);
    const char *name = irc_param(l, 1);
    int64_t people = -1;
    if (!q || l->n < 3)
        return;
    q->asked_ms = irc_mono(i); /* as long as it goes on it is not late */
    if (!irc_name_ok(name) || !irc_is_room(i, name)) /* "*": one that is hidden */
        return;
    if (!str_int(irc_param(l, 2), 0, INT32_MAX, &people))
        people = -1;
    struct buf topic = {0};
    const char *text = without_modes(irc_param(l, 3));
    char *address = irc_address(i, name);
    irc_format_plain(text, &topic);
    if (wanted(i, q->extra, address, people, buf_str(&topic))) {
        struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, q->req, 0},
                                  .address = address,
                                  .name = name,
                                  .text = topic.len ? buf_str(&topic) : NULL,
                                  .number = people};
        irc_emit(i, &ev.ev);
    }
    buf_free(&topic);
    free(address);
}

void irc_on_list_end(struct irc *i, const struct irc_line *l UNUSED)
{
    struct irc_query *q = irc_query_find(i, ASK_LIST, NULL);
    if (q)
        irc_query_end(i, q, KITH_OK, NULL);
}

/* 416, or 263 where it is about LIST: what came so far is all there is. */
void irc_on_list_cut(struct irc *i, const struct irc_line *l)
{
    struct irc_query *q = irc_query_find(i, ASK_LIST, NULL);
    bool ours = q && (l->numeric == 416 || strcmp(irc_param(l, 1), "LIST") == 0);
    if (!ours) {
        irc_on_error_numeric(i, l);
        return;
    }
    if (l->numeric == 263) {
        irc_query_end(i, q, KITH_EBUSY, "The server is too busy for a list now. Try again in a minute.");
        return;
    }
    struct kith_ev_reply ev = {.ev = {sizeof ev, KITH_EV_REPLY, q->req, 0},
                               .err = KITH_OK,
                               .more = 1,
                               .text = "The server cut the list off; narrow it down to see the others."};
    irc_emit(i, &ev.ev);
    q->req = 0;
    irc_query_end(i, q, KITH_OK, NULL);
}
