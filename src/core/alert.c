/* core/alert.c - what deserves a bell or a notice, and why */
#include "base/utf8.h"
#include "core/private.h"

enum {
    QUIET_MS = 3000, /* one alert of a chat in this time, and one bell of all */
    MINUTE_MS = 60000,
    WORDS_MAX = 300, /* bytes of a message that a notice shows */
    OLD_MS = 300000  /* a message kept elsewhere for longer is no news for the ear */
};

void core_on_alert(struct core *c, core_alert_fn *fn, void *user)
{
    c->alert_fn = fn;
    c->alert_user = user;
}

void core_on_arrival(struct core *c, core_arrival_fn *fn, void *user)
{
    c->arrival_fn = fn;
    c->arrival_user = user;
}

/* ---- mentions ---- */

static bool is_word(const char *s)
{
    unsigned char b = (unsigned char)*s;
    return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || b == '_' ||
           b >= 0x80;
}

static char fold(char ch)
{
    return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

static bool begins(const char *s, const char *nick)
{
    while (*nick && fold(*s) == fold(*nick)) {
        s++;
        nick++;
    }
    return !*nick;
}

bool alert_has_word(const char *text, const char *word, bool open_start, bool open_end)
{
    size_t len = strlen(word);
    for (const char *p = text; *p; p++) {
        bool starts = open_start || p == text || !is_word(p - 1) || !is_word(p);
        if (starts && begins(p, word) &&
            (open_end || !p[len] || !is_word(p + len) || !is_word(p + len - 1)))
            return true;
    }
    return false;
}

static bool contains_nick(const char *body, const char *nick)
{
    return alert_has_word(body, nick, false, false);
}

/* Somebody who has given no nick is called by the first part of the address. */
static bool contains_own_name(const struct account *a, const char *body)
{
    char local[128] = "";
    if (!str_empty(a->nick) && contains_nick(body, a->nick))
        return true;
    if (a->address && strchr(a->address, '@'))
        str_copy(local, MIN(sizeof local, strcspn(a->address, "@") + 1), a->address);
    return local[0] && contains_nick(body, local);
}

static enum mention_rule name_rule(const struct chat *chat, const char *body)
{
    if (chat->kind == KITH_CHAT_DIRECT)
        return contains_own_name(chat->account, body) ? MENTION_NAME : MENTION_NOT;
    const char *nick = str_empty(chat->nick) ? chat->account->nick : chat->nick;
    return chat->kind == KITH_CHAT_ROOM && !str_empty(nick) && contains_nick(body, nick)
               ? MENTION_NAME
               : MENTION_NOT;
}

enum mention_rule alert_mention_rule(struct core *c, const struct chat *chat, uint32_t flags,
                                     const char *body)
{
    if (flags & KITH_MSG_OUTGOING)
        return MENTION_OWN;
    if (flags & KITH_MSG_MENTION)
        return MENTION_SERVER;
    if (str_empty(body))
        return MENTION_NOT;
    if (name_rule(chat, body) == MENTION_NAME)
        return MENTION_NAME;
    return patterns_find(c, "notify.highlight", body) ? MENTION_PATTERN : MENTION_NOT;
}

/* ---- deciding ---- */

static bool listed(const struct core *c, const char *option, const char *what)
{
    size_t n = 0;
    const char *const *v = config_list(c->config, option, &n);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(v[i], what) || str_eq(v[i], "all"))
            return true;
    }
    return false;
}

/* "HH:MM" as minutes of the day; -1 when it is anything else. */
static int minutes(const char *s)
{
    for (int i = 0; i < 5; i++) {
        if (i == 2 ? s[i] != ':' : s[i] < '0' || s[i] > '9')
            return -1;
    }
    return ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0';
}

/* notify.quiet = "22:00-07:00", by the local clock. */
static bool quiet_hours(const struct core *c)
{
    const char *hours = config_str(c->config, "notify.quiet");
    char now[8];
    if (strlen(hours) != 11 || clock_format(now, sizeof now, "%H:%M", clock_wall_ms()) == 0)
        return false;
    int from = minutes(hours), to = minutes(hours + 6), at = minutes(now);
    if (from < 0 || to < 0)
        return false;
    return from <= to ? at >= from && at < to : at >= from || at < to;
}

/* Why this message is worth an alert; NULL: it is not. */
static const char *reason_for(const struct chat *chat, const struct message *m)
{
    if (m->mention)
        return "mention";
    if (chat->kind == KITH_CHAT_ROOM)
        return m->flags & KITH_MSG_PRIVATE ? "private" : "room";
    if (chat->kind == KITH_CHAT_SERVICE || (m->flags & KITH_MSG_SERVICE))
        return NULL;
    return m->n_attachments > 0 ? "file" : "private";
}

static bool wanted(const struct core *c, const char *option, const char *reason)
{
    return listed(c, option, reason) || (str_eq(reason, "file") && listed(c, option, "private"));
}

static bool by_bot(const struct chat *chat, const struct message *m)
{
    size_t n = strlen(chat->address); /* an occupant is the room's address, a slash and the nick */
    bool occupant = m->sender && strncmp(m->sender, chat->address, n) == 0 && m->sender[n] == '/';
    const struct member *member = occupant ? chat_member(chat, m->sender + n + 1) : NULL;
    return member && (member->flags & KITH_MEMBER_BOT);
}

/* The first rule that keeps the message quiet whatever it says; ALERT_LISTED: none does. */
static enum alert_rule never(const struct core *c, const struct chat *chat, const struct message *m,
                             bool attended)
{
    const struct contact *ct = chat_contact(chat);
    if (message_outgoing(m))
        return ALERT_OWN;
    if ((m->flags & KITH_MSG_DELAYED) && clock_wall_ms() - m->time > OLD_MS)
        return ALERT_OLD;
    if (chat->flags & KITH_CHAT_MUTED)
        return ALERT_MUTED;
    if (by_bot(chat, m) && !config_bool(c->config, "notify.bots"))
        return ALERT_BOT;
    if (chat->account->show == KITH_SHOW_DND)
        return ALERT_DND;
    if (ct && (ct->flags & KITH_CONTACT_BLOCKED))
        return ALERT_BLOCKED;
    if (attended && !config_bool(c->config, "notify.focused"))
        return ALERT_LOOKED;
    return quiet_hours(c) ? ALERT_QUIET : ALERT_LISTED;
}

static enum alert_rule by_level(const struct chat *chat, const struct message *m)
{
    if (chat->notices == NOTICE_NONE)
        return ALERT_LEVEL_NONE;
    if (chat->notices == NOTICE_MENTIONS && !m->mention)
        return ALERT_LEVEL_MENTIONS;
    return chat->notices == NOTICE_ALL ? ALERT_LEVEL_ALL : ALERT_LISTED;
}

/* One notice for a burst, and never more than three in a minute for one chat. */
static enum alert_rule too_often(const struct core_chat *cc, int64_t now)
{
    const size_t last = COUNT(cc->notices_at) - 1;
    if (cc->rang_at && now - cc->rang_at < QUIET_MS)
        return ALERT_BURST;
    return cc->notices_at[last] && now - cc->notices_at[last] < MINUTE_MS ? ALERT_MINUTE : ALERT_LISTED;
}

bool alert_rule_yes(enum alert_rule rule)
{
    return rule == ALERT_LISTED || rule == ALERT_LEVEL_ALL;
}

static enum alert_rule of_sink(const struct core *c, const char *option, const char *reason,
                               enum alert_rule so_far, enum alert_rule often)
{
    if (so_far == ALERT_LISTED && !wanted(c, option, reason))
        return ALERT_UNLISTED;
    return often == ALERT_LISTED ? so_far : often;
}

struct alert_verdict alert_decide(struct core *c, const struct chat *chat, const struct message *m,
                                  bool attended, int64_t now)
{
    struct alert_verdict v = {.reason = reason_for(chat, m)};
    enum alert_rule rule = never(c, chat, m, attended), often = too_often(chat->core, now);
    if (rule == ALERT_LISTED && !v.reason)
        rule = ALERT_SERVICE;
    if (rule == ALERT_LISTED && str_eq(v.reason, "room") && patterns_hit(c, "notify.keywords", m->body))
        v.reason = "keyword";
    if (rule == ALERT_LISTED)
        rule = by_level(chat, m);
    v.bell = v.desktop = rule;
    if (!alert_rule_yes(rule))
        return v;
    v.bell = of_sink(c, "notify.bell", v.reason, rule, often);
    v.desktop = of_sink(c, "notify.desktop", v.reason, rule, often);
    if (alert_rule_yes(v.bell) && now - c->rang_at < QUIET_MS)
        v.bell = ALERT_OTHER_RANG;
    return v;
}

static void note_notice(struct core_chat *cc, int64_t now)
{
    memmove(&cc->notices_at[1], &cc->notices_at[0], sizeof cc->notices_at - sizeof cc->notices_at[0]);
    cc->notices_at[0] = cc->rang_at = now;
    cc->missed = 0;
}

/* What a notice may say: who, and with notify.text the first words; and how many came since the one before. */
static char *words_of(const struct core *c, const struct chat *chat, const struct message *m,
                      const char *text)
{
    struct buf b = {0};
    bool words = config_bool(c->config, "notify.text") && text && *text;
    const char *who = !m ? NULL : m->sender_name ? m->sender_name : m->sender;
    bool room = chat->kind == KITH_CHAT_ROOM;
    size_t len = words ? strcspn(text, "\n") : 0;
    if (room && !str_empty(who))
        buf_addf(&b, words ? "%s: " : "%s", who);
    if (words)
        buf_add(&b, text, utf8_floor(text, len, MIN(len, (size_t)WORDS_MAX)));
    else if (!m)
        buf_adds(&b, "what you put off is due");
    else
        buf_adds(&b, m->mention && room ? " mentions you" : room ? " wrote" : "wrote to you");
    if (chat->core->missed > 0)
        buf_addf(&b, " (and %u more)", chat->core->missed);
    return buf_take(&b);
}

static void raise_alert(struct core *c, struct core_alert *a, bool secret, int64_t now)
{
    struct core_chat *cc = a->chat->core;
    if (secret && !config_bool(c->config, "notify.encrypted"))
        a->text = NULL; /* neither the screen nor a program is given it */
    char *words = words_of(c, a->chat, a->message, a->text);
    a->title = chat_title(a->chat);
    a->words = words;
    note_notice(cc, now);
    if (a->bell)
        c->rang_at = now;
    log_debug("alert: %s in %s", a->reason, a->chat->address);
    c->alert_fn(c->alert_user, a);
    free(words);
}

void alert_message(struct core *c, struct chat *chat, struct message *m, bool attended)
{
    int64_t now = clock_mono_ms();
    struct alert_verdict v = alert_decide(c, chat, m, attended, now);
    why_note(c, m->id, &v);
    struct buf text = {0};
    bool hides = runs_have_spoiler(m->spans); /* a notice reveals nothing */
    if (hides)
        runs_add_covered(&text, m->body, m->spans);
    struct core_alert a = {.chat = chat,
                           .message = m,
                           .reason = v.reason,
                           .bell = alert_rule_yes(v.bell),
                           .desktop = alert_rule_yes(v.desktop),
                           .text = hides ? buf_str(&text) : m->body};
    bool held = v.bell == ALERT_BURST || v.bell == ALERT_MINUTE || v.desktop == ALERT_BURST ||
                v.desktop == ALERT_MINUTE;
    if (c->alert_fn && (a.bell || a.desktop))
        raise_alert(c, &a, message_secret(chat, m), now);
    else if (c->alert_fn && held)
        chat->core->missed++; /* the counts say the rest */
    buf_free(&text);
}

void alert_reminder(struct core *c, struct chat *chat, const char *text, bool secret)
{
    int64_t now = clock_mono_ms();
    if (!c->alert_fn || chat->account->show == KITH_SHOW_DND || quiet_hours(c))
        return;
    struct core_alert a = {.chat = chat,
                           .reason = "inbox",
                           .bell = now - c->rang_at >= QUIET_MS,
                           .desktop = true,
                           .text = text};
    raise_alert(c, &a, secret, now);
}
