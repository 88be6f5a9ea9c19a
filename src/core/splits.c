/* core/splits.c - a network that falls apart takes hundreds of people along: one line for all of them, and one when they are back
 *
 * What a backend calls a split may be the farewell of somebody who wrote two names of servers: one alone went offline
 * like anybody. So the line is written a moment after the first has gone, when it is known how many they are. The list
 * of members changes at once. Who comes back within ten minutes is no newcomer.
 */
#include "core/private.h"

enum {
    GATHER_MS = 2000,     /* from the first to the line */
    ON_MS = 60 * 1000,    /* so long after the last more belong to the same split */
    BACK_MS = 10 * 60000, /* so long they are missed */
    SPLITS = 4,           /* of one room that are remembered */
    GONE_MOST = 20000     /* people of one split that are known by name; the others are only counted */
};

struct split {
    struct chat *chat;
    char *servers;
    struct map gone;          /* nick -> itself */
    size_t left, back;
    int64_t at;               /* wall ms of the last who went */
    int64_t line, back_line;  /* messages, 0 = not yet */
    struct loop_timer *timer; /* to the line */
    struct split *next;       /* an older one */
};

static void split_free(struct split *s)
{
    loop_timer_del(s->timer);
    map_free(&s->gone, NULL);
    free(s->servers);
    free(s);
}

void splits_free(struct chat *chat)
{
    while (chat->core->splits) {
        struct split *s = chat->core->splits;
        chat->core->splits = s->next;
        split_free(s);
    }
}

/* ---- words ---- */

/* "*.net *.split" is what a network says that hides its servers. */
static const char *servers_of(const struct split *s)
{
    return s->servers[0] == '*' ? "" : s->servers;
}

static void put_left(const struct split *s, struct buf *out)
{
    const char *servers = servers_of(s);
    buf_addf(out, "netsplit%s%s: %zu people left", *servers ? " " : "", servers, s->left);
}

static void put_back(const struct split *s, struct buf *out)
{
    const char *servers = servers_of(s);
    buf_addf(out, "netsplit%s%s is over: ", *servers ? " " : "", servers);
    if (s->back < s->left)
        buf_addf(out, "%zu of %zu people are back", s->back, s->left);
    else
        buf_addf(out, "all %zu people are back", s->left);
}

static bool is_told(const struct core *c)
{
    return !str_eq(config_str(c->config, "ui.chat.hide_joins"), "all");
}

/* A new line, or the one there is with other words. */
static void put_line(struct core *c, struct split *s, int64_t *line, enum message_event about,
                     void (*words)(const struct split *, struct buf *))
{
    struct buf b = {0};
    struct message *m = *line ? chat_message(s->chat, *line) : NULL;
    words(s, &b);
    if (m) {
        str_set(&m->body, buf_str(&b));
        chat_message_changed(m);
    } else if (!*line && is_told(c)) {
        ingest_line(c, s->chat, about, NULL, 0, "%s", buf_str(&b));
        m = chat_last(s->chat);
        *line = m && m->kind == MESSAGE_EVENT ? m->id : INT64_MIN;
    }
    buf_free(&b);
}

/* ---- who went and who came ---- */

/* He was alone: no split. */
static void tell_one(struct core *c, struct split *s)
{
    struct map_entry *e = map_next(&s->gone, NULL);
    if (!e)
        return;
    char *sentence = xasprintf("%s went offline (%s)", e->key, s->servers);
    enum join_rule rule = ingest_join_rule(c, s->chat, e->key, clock_wall_ms());
    moves_tell(c, s->chat, e->key, false, rule == JOIN_SHOWN || rule == JOIN_SPOKE, sentence, s->at);
    free(sentence);
    map_free(&s->gone, NULL);
}

static void on_gathered(void *user)
{
    struct split *s = user;
    struct core *c = s->chat->account->core->core;
    s->timer = NULL;
    if (s->left < 2) {
        tell_one(c, s);
        return;
    }
    put_line(c, s, &s->line, EVENT_PART, put_left);
    if (s->back)
        put_line(c, s, &s->back_line, EVENT_JOIN, put_back);
}

/* Those nobody waits for any more, and those that are too many: these are told at once. */
static void forget_old(struct chat *chat, int64_t now)
{
    size_t kept = 0;
    struct split **at = &chat->core->splits;
    while (*at) {
        struct split *s = *at;
        bool over = now - s->at > BACK_MS || now < s->at - BACK_MS || ++kept > SPLITS;
        if (!over) {
            at = &s->next;
            continue;
        }
        if (s->timer) {
            loop_timer_del(s->timer);
            on_gathered(s);
        }
        *at = s->next;
        split_free(s);
    }
}

static void gather(struct core *c, struct split *s)
{
    if (!s->timer)
        s->timer = loop_timer_add(c->loop, c->p.gather_ms ? c->p.gather_ms : GATHER_MS, on_gathered, s);
}

void splits_gone(struct core *c, struct chat *chat, const char *nick, const char *servers, int64_t time)
{
    int64_t now = time ? time : clock_wall_ms();
    forget_old(chat, now);
    struct split *s = chat->core->splits;
    while (s && !(str_eq(s->servers, servers) && now - s->at < ON_MS && s->back == 0 &&
                  (s->timer || s->left > 1)))
        s = s->next;
    if (!s) {
        s = xcalloc(1, sizeof *s);
        s->chat = chat;
        s->servers = xstrdup(servers);
        s->next = chat->core->splits;
        chat->core->splits = s;
    }
    if (s->gone.n < GONE_MOST)
        s->left += map_set(&s->gone, nick, s) == NULL;
    else
        s->left += map_get(&s->gone, nick) == NULL;
    s->at = now;
    gather(c, s);
}

bool splits_back(struct core *c, struct chat *chat, const char *nick, int64_t time)
{
    int64_t now = time ? time : clock_wall_ms();
    for (struct split *s = chat->core->splits; s; s = s->next) {
        if (now - s->at > BACK_MS || !map_get(&s->gone, nick))
            continue;
        if (s->left < 2) { /* that is told first */
            loop_timer_del(s->timer);
            s->timer = NULL;
            tell_one(c, s);
            return false;
        }
        map_del(&s->gone, nick);
        s->back++;
        gather(c, s);
        return true;
    }
    return false;
}

void core_splits(const struct chat *chat, struct buf *out)
{
    for (const struct split *s = chat->core ? chat->core->splits : NULL; s; s = s->next) {
        char at[32];
        size_t n = 0;
        if (s->left < 2)
            continue;
        clock_format(at, sizeof at, "%d %b %H:%M", s->at);
        buf_addf(out, "%s  ", at);
        put_left(s, out);
        if (s->back)
            buf_addf(out, ", %zu are back", s->back);
        for (struct map_entry *e = NULL; (e = map_next(&s->gone, e));)
            buf_addf(out, "%s%s", n++ ? ", " : "; missing are ", e->key);
        buf_addc(out, '\n');
    }
}
