/* unit/irc/rig.c - the core of the IRC backend on a recorder */
#include "rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int io_connect(void *user, const struct irc_where *w)
{
    struct rig *r = user;
    str_take(&r->host, xasprintf("%s:%u%s", w->host, w->port, w->tls ? " tls" : ""));
    r->connects++;
    r->connected = true;
    return 0;
}

static void io_close(void *user)
{
    ((struct rig *)user)->connected = false;
}

static int io_write(void *user, const char *data, size_t len)
{
    struct rig *r = user;
    if (!r->connected)
        return KITH_EOFFLINE;
    if (r->quiet)
        return 0;
    buf_add(&r->sent, data, len);
    return 0;
}

static void put(struct buf *b, const char *name, const char *value)
{
    if (value)
        buf_addf(b, " %s=%s", name, value);
}

static void put_number(struct buf *b, const char *name, int64_t value)
{
    if (value)
        buf_addf(b, " %s=%lld", name, (long long)value);
}

static void put_message(struct buf *b, const struct kith_ev_message *m)
{
    buf_adds(b, "MESSAGE");
    put(b, "chat", m->chat);
    put(b, "sender", m->sender);
    put(b, "id", m->id);
    put(b, "origin", m->origin_id);
    put(b, "target", m->target);
    put(b, "reply", m->reply_to);
    put(b, "account", m->sender_id);
    put(b, "body", m->body);
    put(b, "text", m->text);
    for (size_t n = 0; n < m->n_spans; n++)
        buf_addf(b, " look=%u+%u:%x", (unsigned)m->spans[n].start, (unsigned)m->spans[n].len, (unsigned)m->spans[n].style);
    for (size_t n = 0; n < m->n_reactions; n++)
        put(b, "react", m->reactions[n]);
    static const struct { uint32_t flag; const char *name; } flags[] = {
        {KITH_MSG_OUTGOING, "own"}, {KITH_MSG_DELAYED, "delayed"}, {KITH_MSG_HISTORY, "history"},
        {KITH_MSG_ACTION, "action"}, {KITH_MSG_RETRACT, "retract"}, {KITH_MSG_REACT, "reactions"}};
    for (size_t n = 0; n < COUNT(flags); n++)
        if (m->flags & flags[n].flag)
            buf_addf(b, " +%s", flags[n].name);
}

static void put_people(struct buf *b, const struct kith_event *ev)
{
    const struct kith_ev_member *m = (const void *)ev;
    const struct kith_ev_member_gone *g = (const void *)ev;
    const struct kith_ev_contact *c = (const void *)ev;
    const struct kith_ev_presence *p = (const void *)ev;
    if (ev->type == KITH_EV_MEMBER) {
        buf_addf(b, "MEMBER chat=%s nick=%s", m->chat, m->nick);
        put(b, "prefix", m->prefix);
        put(b, "old", m->old_nick);
        put(b, "away", m->text);
        put_number(b, "flags", m->flags);
    } else if (ev->type == KITH_EV_MEMBER_GONE) {
        buf_addf(b, "GONE chat=%s nick=%s how=%u", g->chat, g->nick, g->how);
        put(b, "by", g->by);
        put(b, "text", g->text);
    } else if (ev->type == KITH_EV_CONTACT) {
        buf_addf(b, "CONTACT address=%s", c->address);
        put(b, "name", c->name);
    } else {
        buf_addf(b, "PRESENCE address=%s show=%u", p->address, p->show);
        put(b, "text", p->text);
    }
}

static void put_item(struct buf *b, const struct kith_ev_item *it)
{
    buf_adds(b, "ITEM");
    put(b, "address", it->address);
    put(b, "name", it->name);
    put(b, "text", it->text);
    put_number(b, "number", it->number);
    for (size_t n = 0; n < it->n_fields; n++)
        if (it->fields[n].n_values)
            put(b, it->fields[n].label, it->fields[n].values[0]);
}

static void put_talk(struct buf *b, const struct kith_event *ev)
{
    const struct kith_ev_receipt *rc = (const void *)ev;
    const struct kith_ev_typing *t = (const void *)ev;
    const struct kith_ev_marker *m = (const void *)ev;
    static const char *const words[] = {"?", "SENT", "STORED", "DELIVERED", "READ", "FAILED"};
    if (ev->type == KITH_EV_RECEIPT) {
        buf_addf(b, "RECEIPT %s chat=%s id=%s", words[rc->delivery % 6], rc->chat, rc->id);
        put(b, "archive", rc->archive_id);
        put(b, "text", rc->text);
    } else if (ev->type == KITH_EV_TYPING) {
        buf_addf(b, "TYPING chat=%s who=%s state=%u", t->chat, t->who, t->state);
    } else {
        buf_addf(b, "MARKER chat=%s id=%s", m->chat, m->id);
    }
}

static void put_sub(struct buf *b, const struct kith_ev_sub *s)
{
    buf_addf(b, "SUB id=%s", s->id);
    put(b, "name", s->name);
    put(b, "text", s->text);
    for (size_t n = 0; n < s->n_options; n++)
        put(b, s->options[n].key, s->options[n].values[0]);
}

static void put_form(struct buf *b, const struct kith_ev_ask *a)
{
    buf_addf(b, "FORM ask=%llu title=%s", (unsigned long long)a->ask, a->title);
    for (size_t n = 0; n < a->n_fields; n++)
        buf_addf(b, " %s:%s%s%s%s", a->fields[n].key, a->fields[n].type, a->fields[n].flags & KITH_FIELD_REQUIRED ? "!" : "",
                 a->fields[n].n_values ? "=" : "", a->fields[n].n_values ? a->fields[n].values[0] : "");
}

static void put_rest(struct buf *b, const struct kith_event *ev)
{
    const struct kith_ev_state *st = (const void *)ev;
    const struct kith_ev_chat *c = (const void *)ev;
    const struct kith_ev_reply *rp = (const void *)ev;
    const struct kith_ev_notice *n = (const void *)ev;
    const struct kith_ev_sync *sy = (const void *)ev;
    if (ev->type == KITH_EV_STATE) {
        buf_addf(b, "STATE %u", st->state);
        put_number(b, "err", st->err);
        put_number(b, "retry", st->retry);
        put_number(b, "wait", st->retry_ms);
        put(b, "text", st->text);
    } else if (ev->type == KITH_EV_CHAT) {
        buf_addf(b, "CHAT address=%s name=%s joined=%d", c->address, c->name ? c->name : "",
                 (c->flags & KITH_CHAT_JOINED) != 0);
        put(b, "old", c->old_address);
        put(b, "topic", c->topic);
        put(b, "by", c->topic_by);
        put(b, "text", c->text);
    } else if (ev->type == KITH_EV_REPLY) {
        buf_addf(b, "REPLY req=%llu err=%d", (unsigned long long)ev->req, rp->err);
        put_number(b, "more", rp->more);
        put(b, "text", rp->text);
        put(b, "cursor", rp->cursor);
    } else if (ev->type == KITH_EV_NOTICE) {
        buf_adds(b, "NOTICE");
        put(b, "chat", n->chat);
        put(b, "about", n->about);
        put(b, "text", n->text);
    } else if (ev->type == KITH_EV_ASK && ((const struct kith_ev_ask *)(const void *)ev)->kind != KITH_ASK_FORM) {
        const struct kith_ev_ask *a = (const void *)ev;
        buf_addf(b, "ASK %llu kind=%u subject=%s title=%s", (unsigned long long)a->ask, a->kind, a->subject, a->title);
    } else if (ev->type == KITH_EV_ASK_GONE) {
        buf_addf(b, "ASK_GONE %llu", (unsigned long long)((const struct kith_ev_ask_gone *)(const void *)ev)->ask);
    } else if (ev->type == KITH_EV_CHAT_GONE) {
        buf_addf(b, "CHAT_GONE address=%s", ((const struct kith_ev_chat_gone *)(const void *)ev)->address);
    } else if (ev->type == KITH_EV_CAPS) {
        buf_addf(b, "CAPS %x", ((const struct kith_ev_caps *)(const void *)ev)->caps);
    } else if (ev->type == KITH_EV_SELF) {
        buf_addf(b, "SELF name=%s", ((const struct kith_ev_self *)(const void *)ev)->name);
    } else if (ev->type == KITH_EV_SYNC_BEGIN || ev->type == KITH_EV_SYNC_END) {
        buf_addf(b, "SYNC %s what=%u", ev->type == KITH_EV_SYNC_BEGIN ? "begin" : "end", sy->what);
        put(b, "chat", sy->chat);
    } else if (ev->type == KITH_EV_SUB) {
        put_sub(b, (const void *)ev);
    } else if (ev->type == KITH_EV_SUB_GONE) {
        buf_addf(b, "SUB_GONE id=%s", ((const struct kith_ev_sub_gone *)(const void *)ev)->id);
    } else if (ev->type == KITH_EV_ASK) {
        put_form(b, (const void *)ev);
    } else if (ev->type == KITH_EV_LINK) {
        const struct kith_ev_link *ln = (const void *)ev;
        buf_addf(b, "LINK waiting=%u wait=%lld lag=%lld", ln->waiting, (long long)ln->wait_ms,
                 (long long)ln->lag_ms);
    } else if (ev->type == KITH_EV_HAPPENED) {
        const struct kith_ev_happened *h = (const void *)ev;
        buf_addf(b, "HAPPENED %u chat=%s", h->what, h->chat);
        put(b, "id", h->id);
        put(b, "nick", h->nick);
        put(b, "by", h->by);
        put(b, "text", h->text);
        put(b, "about", h->about);
        buf_addf(b, " how=%u time=%lld", h->how, (long long)ev->time_ms);
    } else {
        buf_addf(b, "EVENT %u", ev->type);
    }
}

static uint64_t io_emit(void *user, const struct kith_event *ev)
{
    struct rig *r = user;
    struct buf *b = &r->events;
    rig_check(ev);
    rig_mirror(&r->shown, ev);
    if (ev->type == KITH_EV_MESSAGE)
        put_message(b, (const void *)ev);
    else if (ev->type >= KITH_EV_CONTACT && ev->type <= KITH_EV_MEMBER_GONE && ev->type != KITH_EV_CHAT &&
             ev->type != KITH_EV_CHAT_GONE && ev->type != KITH_EV_CONTACT_GONE)
        put_people(b, ev);
    else if (ev->type == KITH_EV_ITEM)
        put_item(b, (const void *)ev);
    else if (ev->type == KITH_EV_RECEIPT || ev->type == KITH_EV_TYPING || ev->type == KITH_EV_MARKER)
        put_talk(b, ev);
    else
        put_rest(b, ev);
    if (ev->req && ev->type != KITH_EV_REPLY)
        put_number(b, "req", (int64_t)ev->req);
    buf_addc(b, '\n');
    if (r->quiet)
        buf_clear(b);
    if (!r->uncommitted && r->irc)
        irc_committed(r->irc, r->number + 1);
    return ++r->number;
}

static void io_log(void *user, uint32_t level, const char *line)
{
    (void)user;
    (void)level;
    (void)line;
}

static int64_t io_mono(void *user)
{
    return ((struct rig *)user)->mono;
}

static int64_t io_wall(void *user)
{
    return ((struct rig *)user)->wall;
}

static void io_wake_at(void *user, int64_t at)
{
    ((struct rig *)user)->wake = at;
}

static const char *io_option(void *user, const char *key)
{
    return map_get(&((struct rig *)user)->options, key);
}

static int io_secret(void *user, const char *key, const char *why)
{
    struct rig *r = user;
    const char *value = map_get(&r->options, key);
    (void)why;
    irc_secret(r->irc, key, r->refuse_secret ? KITH_ECANCELED : 0, value ? value : "secret");
    return 0;
}

static void io_secret_wrong(void *user, const char *key)
{
    ((struct rig *)user)->wrong = key;
}

static int io_state_get(void *user, const char *key, void *out, size_t cap)
{
    const char *value = map_get(&((struct rig *)user)->state, key);
    size_t len = value ? strlen(value) : 0;
    if (!value)
        return KITH_ENOTFOUND;
    memcpy(out, value, MIN(len, cap));
    return (int)MIN(len, cap);
}

static int io_state_set(void *user, const char *key, const void *data, size_t len)
{
    struct rig *r = user;
    free(len ? map_set(&r->state, key, xstrndup(data, len)) : map_del(&r->state, key));
    return 0;
}

static void begin(struct rig *r)
{
    const struct irc_io io = {r,         io_connect, io_close,  io_write,        io_emit,      io_log,      io_mono,
                              io_wall,   io_wake_at, io_option, io_secret,       io_secret_wrong, io_state_get,
                              io_state_set};
    r->irc = NULL; /* it speaks before it is there */
    r->number = 0;
    r->irc = irc_new(&io);
}

void rig_again(struct rig *r)
{
    irc_free(r->irc);
    begin(r);
}

void rig_start(struct rig *r, ...)
{
    va_list ap;
    const char *pair;
    *r = (struct rig){.mono = 1000, .wall = 1800000000000};
    map_set(&r->options, "address", xstrdup("alice@irc.test"));
    va_start(ap, r);
    while ((pair = va_arg(ap, const char *))) {
        char *key = xstrndup(pair, strcspn(pair, "="));
        free(map_set(&r->options, key, xstrdup(pair + strlen(key) + 1)));
        free(key);
    }
    va_end(ap);
    begin(r);
}

void rig_stop(struct rig *r)
{
    irc_free(r->irc);
    buf_free(&r->sent);
    buf_free(&r->events);
    map_free(&r->options, free);
    map_free(&r->state, free);
    map_free(&r->shown, free);
    free(r->host);
}

void rig_line(struct rig *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *line = xvasprintf(fmt, ap);
    va_end(ap);
    char *all = xasprintf("%s\r\n", line);
    irc_data(r->irc, all, strlen(all));
    free(all);
    free(line);
    while (r->wake && r->wake <= r->mono)
        irc_tick(r->irc);
}

void rig_pass(struct rig *r, int64_t ms)
{
    int64_t end = r->mono + ms;
    while (r->wake && r->wake <= end) {
        r->wall += MAX(0, r->wake - r->mono);
        r->mono = MAX(r->mono, r->wake);
        irc_tick(r->irc);
    }
    r->wall += end - r->mono;
    r->mono = end;
}

void rig_connect(struct rig *r)
{
    irc_connect(r->irc);
    irc_opened(r->irc, r->host && strstr(r->host, " tls"));
}

void rig_online(struct rig *r, const char *caps, const char *isupport)
{
    rig_connect(r);
    if (caps) {
        rig_line(r, ":irc.test CAP * LS :%s", caps);
        const char *req = strstr(buf_str(&r->sent), "CAP REQ ");
        if (req) { /* what was asked for is given */
            req += strlen("CAP REQ ");
            req += *req == ':';
            char *list = xstrndup(req, strcspn(req, "\r"));
            rig_line(r, ":irc.test CAP * ACK :%s", list);
            free(list);
        }
    }
    rig_line(r, ":irc.test 001 alice :Welcome");
    if (isupport)
        rig_line(r, ":irc.test 005 alice %s :are supported", isupport);
    rig_line(r, ":irc.test 376 alice :End of /MOTD command.");
    rig_pass(r, 20000);
    (void)rig_sent(r);
    (void)rig_events(r);
}

int rig_command(struct rig *r, const char *chat, const char *line)
{
    struct { struct irc *irc; } session = {r->irc}; /* as plugin.c has it */
    const char *argv[32];
    char *copy = xstrdup(line), *rest = copy, *one;
    int argc = 0, rc = KITH_ENOTFOUND;
    while (argc < 32 && (one = strsep(&rest, " ")))
        argv[argc++] = one;
    for (size_t n = 0; n < IRC_COMMANDS; n++) {
        if (strcmp(irc_commands[n].name, argv[0]) == 0)
            rc = irc_commands[n].run((struct kith_session *)(void *)&session, chat, argc, argv, 9);
    }
    free(copy);
    while (r->wake && r->wake <= r->mono)
        irc_tick(r->irc);
    return rc;
}

static const char *since(struct buf *b)
{
    static char *last[2]; /* two texts may be compared */
    static int at;
    at = !at;
    free(last[at]);
    last[at] = buf_take(b);
    return last[at];
}

const char *rig_sent(struct rig *r)
{
    return since(&r->sent);
}

const char *rig_events(struct rig *r)
{
    return since(&r->events);
}

void rig_has(const char *text, const char *part)
{
    if (strstr(text, part))
        return;
    (void)fprintf(stderr, "\"%s\" is missing in:\n%s\n", part, text);
    abort();
}

void rig_lacks(const char *text, const char *part)
{
    if (!strstr(text, part))
        return;
    (void)fprintf(stderr, "\"%s\" should not be in:\n%s\n", part, text);
    abort();
}

const char *rig_label(const char *sent, const char *words)
{
    static char label[32];
    rig_has(sent, words);
    const char *p = strstr(sent, words);
    while (*p != '@')
        p--;
    str_copy(label, sizeof label, p + strlen("@label="));
    label[strcspn(label, " ;")] = '\0';
    return label;
}
