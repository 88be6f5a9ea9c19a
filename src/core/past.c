/* core/past.c - what happened in a room earlier, as its archive tells: lines between the messages of then
 *
 * They are hidden and folded by the same rules as those of now (moves.c, splits.c), seen from the moment of each, and like
 * those they are kept in memory only. What was told is kept apart from the lines: an older page may put a name into the
 * first line there is, and a message that the archive gives later parts one line into two.
 */
#include "core/private.h"

enum {
    MOST = 2000,        /* of one chat */
    ALL = 50000,        /* of all chats */
    FOLD_NAMES = 300, FOLD_BYTES = 300, SPLIT_LEAST = 2
};
#define FOLD_MS (INT64_C(30) * 60000)

struct event {
    int64_t sort, time;
    int64_t line;        /* the message that shows it; 0 = none */
    int64_t said;        /* where the message before it lies, of those in the window */
    enum kith_happened what;
    enum kith_leave how;
    bool split;          /* one of several that went with the same part of the network */
    char *id, *nick;
    char *text;          /* as a sentence */
    char *about;         /* STANDING: whose; SPLIT: which servers */
};
struct past {
    struct chat *chat;
    struct event **v;
    size_t n, cap;
    struct map ids;      /* id -> struct event */
    struct loop_timer *timer;
};

/* ---- what was told ---- */

static void event_free(struct event *e)
{
    free(e->id);
    free(e->nick);
    free(e->text);
    free(e->about);
    free(e);
}

static void forget(struct core *c, struct past *p, size_t i)
{
    if (p->v[i]->id)
        map_del(&p->ids, p->v[i]->id);
    event_free(p->v[i]);
    VEC_DEL(p->v, p->n, i);
    c->n_past--;
}

void past_free(struct core *c, struct chat *chat)
{
    struct past *p = chat->core->past;
    if (!p)
        return;
    chat->core->past = NULL;
    loop_timer_del(p->timer);
    c->n_past -= p->n;
    for (size_t i = 0; i < p->n; i++)
        event_free(p->v[i]);
    map_free(&p->ids, NULL);
    free(p->v);
    free(p);
}

/* In order; of those of one moment the first told comes first. What is too much goes at the other end. */
static void add(struct core *c, struct past *p, struct event *e)
{
    size_t at = p->n;
    VEC_PUSH(p->v, p->n, p->cap, e);
    for (; at > 0 && p->v[at - 1]->sort > e->sort; at--)
        p->v[at] = p->v[at - 1];
    p->v[at] = e;
    if (e->id)
        map_set(&p->ids, e->id, e);
    c->n_past++;
    if (p->n > MOST || c->n_past > ALL)
        forget(c, p, at < p->n / 2 ? p->n - 1 : 0);
}

static char *sentence_of(const struct kith_ev_happened *ev)
{
    switch (ev->what) {
    case KITH_HAPPENED_JOIN:
        return ingest_came(ev->nick);
    case KITH_HAPPENED_LEAVE:
        return ingest_went(ev->nick, ev->how == KITH_LEAVE_SPLIT ? KITH_LEAVE_QUIT : ev->how, ev->by, ev->text);
    case KITH_HAPPENED_NICK:
        return xasprintf("%s is now %.300s", ev->nick, ev->text);
    case KITH_HAPPENED_TOPIC:
        return xasprintf("%s set the topic: %.600s", ev->nick, ev->text);
    default:
        return xasprintf("%.600s", ev->text);
    }
}

/* Has all that its sentence needs? */
static bool is_whole(const struct kith_ev_happened *ev)
{
    bool text = ev->what == KITH_HAPPENED_NICK || ev->what == KITH_HAPPENED_TOPIC || ev->what == KITH_HAPPENED_STANDING;
    return ev->what >= KITH_HAPPENED_JOIN && ev->what <= KITH_HAPPENED_STANDING &&
           (ev->what == KITH_HAPPENED_STANDING || !str_empty(ev->nick)) && !(text && str_empty(ev->text));
}

static struct event *event_of(const struct kith_ev_happened *ev)
{
    struct event *e = xcalloc(1, sizeof *e);
    e->time = ev->ev.time_ms > 0 ? ev->ev.time_ms : clock_wall_ms();
    e->what = (enum kith_happened)ev->what;
    e->how = (enum kith_leave)ev->how;
    e->id = str_empty(ev->id) ? NULL : xstrdup(ev->id);
    e->nick = xstrdup(ev->nick);
    e->text = sentence_of(ev);
    bool split = e->what == KITH_HAPPENED_LEAVE && e->how == KITH_LEAVE_SPLIT;
    e->about = split ? xasprintf("%.160s", ev->text ? ev->text : "") : xstrdup(ev->about);
    return e;
}

static void on_told(void *user)
{
    struct past *p = user;
    p->timer = NULL;
    past_show(p->chat->account->core->core, p->chat);
}

void past_on_happened(struct core_account *ca, const struct kith_ev_happened *ev)
{
    struct core *c = ca->core;
    struct chat *chat = account_chat(ca->account, ev->chat);
    if (!chat || !is_whole(ev))
        return;
    struct past *p = chat->core->past;
    if (p && !str_empty(ev->id) && map_get(&p->ids, ev->id))
        return;
    if (!p) {
        p = chat->core->past = xcalloc(1, sizeof *p);
        p->chat = chat;
    }
    struct event *e = event_of(ev);
    e->sort = ingest_place_past(ca, chat, e->time, request_of(ca, ev->ev.req));
    add(c, p, e);
    if (chat->loaded && !p->timer) /* once for all of this turn */
        p->timer = loop_timer_add(c->loop, 0, on_told, p);
}

/* ---- lines ---- */

struct line {
    size_t from, to;     /* events, the last of them included; those between that are not shown do not count */
    struct move_list names;
    size_t shown;
    struct buf body;
};
struct lines {
    struct line *v;
    size_t n, cap;
};

static bool is_ours(const struct message *m)
{
    return m->kind == MESSAGE_EVENT && m->id < 0 && (m->flags & KITH_MSG_HISTORY);
}

static bool is_move(const struct event *e)
{
    bool left = e->what == KITH_HAPPENED_LEAVE && e->how != KITH_LEAVE_KICK && e->how != KITH_LEAVE_BAN;
    return !e->split && (e->what == KITH_HAPPENED_JOIN || left);
}

static void find_said(struct past *p)
{
    const struct chat *chat = p->chat;
    int64_t said = INT64_MIN;
    size_t w = 0;
    for (size_t i = 0; i < p->n; i++) {
        for (; w < chat->n_messages && chat->messages[w]->sort < p->v[i]->sort; w++)
            said = is_ours(chat->messages[w]) ? said : chat->messages[w]->sort;
        p->v[i]->said = said;
    }
}

/* Did somebody say something between them? */
static bool apart(const struct event *a, const struct event *b)
{
    return b->said >= a->sort;
}

/* Several in a row that went with the same servers are a split; one alone only says so. */
static void find_splits(struct past *p)
{
    for (size_t i = 0, n; i < p->n; i += n) {
        const struct event *e = p->v[i];
        n = 1;
        if (e->what != KITH_HAPPENED_LEAVE || e->how != KITH_LEAVE_SPLIT)
            continue;
        while (i + n < p->n && p->v[i + n]->what == e->what && p->v[i + n]->how == e->how &&
               str_eq(p->v[i + n]->about, e->about) && !apart(e, p->v[i + n]))
            n++;
        for (size_t k = i; k < i + n; k++)
            p->v[k]->split = n >= SPLIT_LEAST;
    }
}

static bool told_of(const struct core *c, const struct chat *chat, const char *nick, int64_t at)
{
    enum join_rule rule = ingest_join_rule(c, chat, nick, at);
    return rule == JOIN_SHOWN || rule == JOIN_SPOKE;
}

static bool is_told(const struct core *c, const struct chat *chat, const struct event *e)
{
    if (e->split)
        return !str_eq(config_str(c->config, "ui.chat.hide_joins"), "all");
    if (is_move(e) || e->what == KITH_HAPPENED_NICK)
        return told_of(c, chat, e->nick, e->time);
    return e->what != KITH_HAPPENED_STANDING || moves_told_of(c, chat, e->about, e->time);
}

/* Does it belong into the line? */
static bool fits(const struct past *p, const struct line *l, const struct event *e)
{
    const struct event *last = p->v[l->to];
    if (apart(last, e) || e->time - last->time >= FOLD_MS || clock_day(e->time) != clock_day(last->time))
        return false;
    if (e->split || last->split)
        return e->split && last->split && str_eq(e->about, last->about);
    if (is_move(e))
        return is_move(last) && l->names.n < FOLD_NAMES;
    return e->what == KITH_HAPPENED_STANDING && last->what == e->what && e->about && last->about &&
           l->body.len < FOLD_BYTES;
}

static void put(struct line *l, const struct event *e)
{
    l->shown++;
    if (is_move(e)) {
        move_list_add(&l->names, e->nick, e->what == KITH_HAPPENED_JOIN);
        buf_clear(&l->body);
        if (l->shown > 1)
            move_list_words(&l->names, &l->body);
        else
            buf_adds(&l->body, e->text);
    } else if (e->split) {
        bool hidden = e->about[0] == '*'; /* "*.net *.split": a network that hides its servers */
        buf_clear(&l->body);
        buf_addf(&l->body, "netsplit%s%s: %zu people left", hidden ? "" : " ", hidden ? "" : e->about, l->shown);
    } else {
        buf_addf(&l->body, "%s%s", l->body.len ? "; " : "", e->text);
    }
}

/* From the first to the last that the window can show. */
static void make_lines(const struct core *c, const struct past *p, int64_t from, int64_t to, struct lines *out)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct event *e = p->v[i];
        if (e->sort < from || e->sort > to || !is_told(c, p->chat, e))
            continue;
        struct line *l = out->n ? &out->v[out->n - 1] : NULL;
        if (!l || !fits(p, l, e)) {
            VEC_PUSH(out->v, out->n, out->cap, (struct line){.from = i});
            l = &out->v[out->n - 1];
        }
        l->to = i;
        put(l, e);
    }
}

static enum message_event about_of(const struct event *e)
{
    switch (e->what) {
    case KITH_HAPPENED_JOIN:
        return EVENT_JOIN;
    case KITH_HAPPENED_LEAVE:
        return EVENT_PART;
    case KITH_HAPPENED_NICK:
        return EVENT_NICK;
    case KITH_HAPPENED_TOPIC:
        return EVENT_TOPIC;
    case KITH_HAPPENED_STANDING:
        break;
    }
    return EVENT_INFO;
}

/* The message that showed one of these before, so that whoever looks at it goes on looking at it. */
static struct message *shown_before(const struct past *p, const struct line *l)
{
    struct message *m = NULL;
    for (size_t i = l->from; i <= l->to && !m; i++)
        m = p->v[i]->line ? chat_message(p->chat, p->v[i]->line) : NULL;
    return m;
}

static int64_t put_line(struct core *c, struct past *p, const struct line *l)
{
    const struct event *e = p->v[l->from];
    struct message *m = shown_before(p, l);
    bool known = m != NULL;
    if (known && str_eq(m->body, buf_str(&l->body)))
        return m->id;
    m = known ? m : message_new();
    str_set(&m->body, buf_str(&l->body));
    if (known) {
        chat_message_changed(m);
        return m->id;
    }
    int64_t id = m->id = c->next_memory_id--;
    m->chat = p->chat;
    m->kind = MESSAGE_EVENT;
    m->flags = KITH_MSG_HISTORY;
    m->event = about_of(e);
    m->sender = xstrdup(e->nick);
    m->time = e->time;
    m->sort = e->sort;
    chat_insert_message(p->chat, m);
    return id;
}

/* Lines of which nothing is left: they have become part of others, or are hidden now. */
static void drop_others(struct past *p)
{
    for (size_t i = p->chat->n_messages; i-- > 0;) {
        struct message *m = p->chat->messages[i];
        bool used = !is_ours(m);
        for (size_t k = 0; k < p->n && !used; k++)
            used = p->v[k]->line == m->id;
        if (!used)
            chat_remove_message(p->chat, m);
    }
}

void past_show(struct core *c, struct chat *chat)
{
    struct past *p = chat->core->past;
    struct lines lines = {0};
    if (!p || !chat->loaded)
        return;
    size_t n = chat->n_messages;
    int64_t from = chat->at_start || n == 0 ? INT64_MIN : chat->messages[0]->sort;
    int64_t to = chat->at_end || n == 0 ? INT64_MAX : chat->messages[n - 1]->sort;
    find_said(p);
    find_splits(p);
    make_lines(c, p, from, to, &lines);
    size_t at = 0;
    for (size_t i = 0; i < lines.n; i++) {
        struct line *l = &lines.v[i];
        int64_t id = put_line(c, p, l);
        for (; at <= l->to; at++)
            p->v[at]->line = at < l->from ? 0 : id;
        move_list_clear(&l->names);
        buf_free(&l->body);
    }
    for (; at < p->n; at++)
        p->v[at]->line = 0;
    free(lines.v);
    drop_others(p);
}
