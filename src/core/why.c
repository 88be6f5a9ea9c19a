/* core/why.c - /why: what was decided about the newest messages, and each rule in words */
#include "config/why.h"
#include "core/private.h"

/* ---- what was decided when a message came ---- */

static struct verdict *verdict_of(struct core *c, int64_t message)
{
    for (size_t i = 0; i < VERDICTS; i++) {
        if (c->verdicts[i].message == message && message)
            return &c->verdicts[i];
    }
    return NULL;
}

/* The newest one is nearly always the one that is asked for. */
static struct verdict *note(struct core *c, int64_t message)
{
    struct verdict *last = &c->verdicts[(c->n_verdicts + VERDICTS - 1) % VERDICTS];
    if (last->message == message)
        return last;
    struct verdict *v = &c->verdicts[c->n_verdicts++ % VERDICTS];
    *v = (struct verdict){.message = message};
    return v;
}

void why_note(struct core *c, int64_t message, const struct alert_verdict *alert)
{
    note(c, message)->alert = *alert;
}

void why_note_news(struct core *c, int64_t message, enum news_rule news)
{
    note(c, message)->news = news;
}

/* ---- notices ---- */

static const struct {
    const char *rule, *text; /* rule NULL: the option of what is asked about */
} alert_words[] = {
    [ALERT_UNKNOWN] = {"history", "it came from an archive, which never rings"},
    [ALERT_LISTED] = {NULL, " are listed there"},
    [ALERT_LEVEL_ALL] = {"/notify", "this chat is set to all"},
    [ALERT_OWN] = {"own", "you wrote it"},
    [ALERT_OLD] = {"age", "it had waited elsewhere for more than five minutes"},
    [ALERT_MUTED] = {"/mute", "this chat is muted (/mute, or /notify off)"},
    [ALERT_DND] = {"/status", "the account's status is dnd"},
    [ALERT_BLOCKED] = {"/block", "who wrote is blocked"},
    [ALERT_LOOKED] = {"notify.focused", "you were looking at the end of this chat, and it is off"},
    [ALERT_QUIET] = {"notify.quiet", "it came in the quiet hours"},
    [ALERT_SERVICE] = {"service", "it is from a server, not from a person"},
    [ALERT_LEVEL_NONE] = {"/notify", "this chat is set to off"},
    [ALERT_LEVEL_MENTIONS] = {"/notify", "this chat is set to mention, and it does not mention you"},
    [ALERT_UNLISTED] = {NULL, " are not listed there"},
    [ALERT_BURST] = {"burst", "this chat had one less than three seconds before"},
    [ALERT_MINUTE] = {"three a minute", "this chat had three within the minute before"},
    [ALERT_OTHER_RANG] = {"one bell", "the bell rang for another chat less than three seconds before"},
    [ALERT_BOT] = {"notify.bots", "a bot wrote it, and it is off"},
};

static void why_alert(struct core *c, const struct message *m, bool desktop, struct why *out)
{
    const struct verdict *known = verdict_of(c, m->id);
    struct alert_verdict v = known ? known->alert
                                   : alert_decide(c, m->chat, m, false, clock_mono_ms());
    if (known && known->news == NEWS_OWN)
        v.bell = v.desktop = ALERT_OWN;
    enum alert_rule rule = desktop ? v.desktop : v.bell;
    const char *id = alert_words[rule].rule;
    bool listed = rule == ALERT_LISTED || rule == ALERT_UNLISTED;
    why_set(out, c->config, id ? id : desktop ? "notify.desktop" : "notify.bell", alert_rule_yes(rule),
            "%s%s%s%s", known ? "" : "as it would be decided now: ",
            listed ? "messages of the kind " : "", listed ? v.reason : "", alert_words[rule].text);
}

static void why_mention(struct core *c, const struct message *m, struct why *out)
{
    enum mention_rule rule = alert_mention_rule(c, m->chat, m->flags, m->body);
    const char *pattern = patterns_find(c, "notify.highlight", m->body);
    if (m->mention != (rule > MENTION_OWN)) {
        why_set(out, NULL, "then", m->mention, "it was so when it came; the rules have changed since");
        return;
    }
    switch (rule) {
    case MENTION_NOT:
        why_set(out, NULL, "your name", false, "neither your name nor a word of notify.highlight is in it");
        return;
    case MENTION_OWN:
        why_set(out, NULL, "own", false, "you wrote it");
        return;
    case MENTION_SERVER:
        why_set(out, NULL, "protocol", true, "the message itself says whom it mentions");
        return;
    case MENTION_NAME:
        why_set(out, NULL, "your name", true, "your name is in it");
        return;
    case MENTION_PATTERN:
        why_set(out, c->config, "notify.highlight", true, "\"%s\" fits it", pattern ? pattern : "");
        return;
    }
}

/* ---- read and unread ---- */

static void why_read(const struct chat *chat, struct why *out)
{
    static const struct { const char *rule, *text; } words[] = {
        [READ_BEFORE] = {"earlier", "it was read before kith was started"},
        [READ_SEEN] = {"attention", "the end of the chat was on a screen that had the focus"},
        [READ_ANSWERED] = {"answer", "you wrote here after it"},
        [READ_ELSEWHERE] = {"other device", "another device of yours read it"},
        [READ_COMMAND] = {"/read", "you said so"}};
    why_set(out, NULL, words[chat->core->read_why].rule, false, "%s", words[chat->core->read_why].text);
}

static void why_unread(struct core *c, const struct message *m, struct why *out)
{
    const struct verdict *v = verdict_of(c, m->id);
    enum news_rule news = v ? v->news : NEWS_UNKNOWN;
    const struct chat *chat = m->chat;
    if (message_outgoing(m))
        why_set(out, NULL, "own", false, "you wrote it");
    else if (m->kind == MESSAGE_EVENT)
        why_set(out, NULL, "event", false, "lines of kith's own are never unread");
    else if (chat->core->unread_from && !unread_is_read(chat, m))
        why_set(out, NULL, "/unread", true, "you marked the chat unread from there");
    else if (unread_is_read(chat, m) && news != NEWS_READ)
        why_read(chat, out);
    else if (news == NEWS_READ)
        why_set(out, NULL, "other device", false, "the chat was read up to there already when it came");
    else if (news == NEWS_PAGE)
        why_set(out, NULL, "older page", false, "it was fetched because you scrolled up");
    else if (news == NEWS_FIRST)
        why_set(out, NULL, "first synchronisation", false,
                "what the archive held when kith met it for the first time is no news");
    else if (chat->unread == 0)
        why_read(chat, out);
    else
        why_set(out, NULL, "attention", true, "nobody has looked at the end of the chat since");
}

static void why_inbox(struct core *c, const struct message *m, struct why *out)
{
    static const struct { const char *rule, *text; bool yes; } words[] = {
        [INBOX_MENTION] = {"mention", "it mentions you", true},
        [INBOX_DIRECT] = {"direct", "it was written to you alone", true},
        [INBOX_REPLY] = {"reply", "it answers you", true},
        [INBOX_KEYWORD] = {"notify.keywords", "it has one of your keywords", true},
        [INBOX_FAILED] = {"failed", "it could not be sent", true},
        [INBOX_OWN] = {"own", "you wrote it", false},
        [INBOX_MUTED] = {"/mute", "the chat is muted", false},
        [INBOX_SERVICE] = {"service", "it is from a server, not from a person", false},
        [INBOX_BLOCKED] = {"/block", "who wrote is blocked", false},
        [INBOX_WAITS_ALREADY] = {"one a chat", "an earlier message of this chat waits there already", false},
        [INBOX_TALK] = {"notify.keywords", "it is talk of a room that neither names you nor has a keyword", false}};
    const struct inbox_item *item = model_inbox(c->model, m->id);
    enum inbox_rule rule = item ? (enum inbox_rule)item->why : inbox_decide(c, m->chat, m);
    if (!item && words[rule].yes)
        why_set(out, NULL, "done", false, "it is dealt with: answered, or done with /inbox");
    else
        why_set(out, c->config, words[rule].rule, words[rule].yes, "%s", words[rule].text);
}

static void why_sent(const struct message *m, struct why *out)
{
    static const char *const states[] = {
        [DELIVERY_NONE] = "it is not yours", [DELIVERY_QUEUED] = "it waits", [DELIVERY_SENT] = "it has left",
        [DELIVERY_STORED] = "the server has it", [DELIVERY_DELIVERED] = "it has arrived",
        [DELIVERY_READ] = "it was read", [DELIVERY_FAILED] = "it was refused"};
    static const struct { const char *rule, *text; } waits[] = {
        [SEND_GONE] = {"done", "nothing of it waits"},
        [SEND_GOES] = {"next", "it goes out now"},
        [SEND_UNDER_WAY] = {"under way", "it went out, and the server has not confirmed it"},
        [SEND_PACED] = {"limits", "the server takes only so many lines at a time: it waits its turn, and /cancel takes it back"},
        [SEND_OFFLINE] = {"offline", "the account is not online"},
        [SEND_HELD] = {"room", "the chat takes nothing now: a room that is not joined, or a busy server"},
        [SEND_QUEUED] = {"turn", "others of this chat are under way before it"},
        [SEND_FAILED] = {"refused", "it was refused"}};
    enum send_rule rule = outbox_rule(m->chat->account->core, m->id);
    if (m->delivery == DELIVERY_FAILED)
        why_set(out, NULL, "refused", false, "%s", m->failure ? m->failure : "it was refused");
    else if (m->delivery != DELIVERY_QUEUED)
        why_set(out, NULL, "receipt", true, "%s", states[m->delivery]);
    else
        why_set(out, NULL, waits[rule].rule, false, "%s", waits[rule].text);
}

void core_why_message(struct core *c, const struct message *m, enum core_why_message what, struct why *out)
{
    switch (what) {
    case WHY_BELL:
    case WHY_NOTICE:
        why_alert(c, m, what == WHY_NOTICE, out);
        return;
    case WHY_MENTION:
        why_mention(c, m, out);
        return;
    case WHY_UNREAD:
        why_unread(c, m, out);
        return;
    case WHY_INBOX:
        why_inbox(c, m, out);
        return;
    case WHY_SENT:
        why_sent(m, out);
        return;
    }
}

/* ---- chats ---- */

static void why_heard(const struct core *c, const struct chat *chat, const char *nick, struct why *out)
{
    const char *entry = chat->kind == KITH_CHAT_ROOM ? allowed_ignores_in(c, chat, nick)
                                                     : allowed_ignores(c, chat->account, chat->address);
    if (entry)
        why_set(out, c->config, "privacy.ignore", false, "%s is in it; messages are dropped as they come", entry);
    else
        why_set(out, c->config, "privacy.ignore", true, "nothing in it covers %s", nick ? nick : chat->address);
}

static void why_level(const struct core *c, const struct chat *chat, struct why *out)
{
    char *bell = config_text(c->config, "notify.bell");
    if (chat->flags & KITH_CHAT_MUTED)
        why_set(out, NULL, "/mute", false, "the chat is muted");
    else if (chat->notices == NOTICE_NONE)
        why_set(out, NULL, "/notify", false, "the chat is set to off");
    else if (chat->notices == NOTICE_MENTIONS)
        why_set(out, NULL, "/notify", true, "the chat is set to mention: only those");
    else if (chat->notices == NOTICE_ALL)
        why_set(out, NULL, "/notify", true, "the chat is set to all");
    else
        why_set(out, c->config, "notify.bell", *bell && !str_eq(bell, "off"), "the chat has no level of its own: %s",
                *bell ? bell : "off");
    free(bell);
}

static void why_joins(const struct core *c, const struct chat *chat, const char *nick, struct why *out)
{
    static const struct { bool yes; const char *text; } words[] = {
        [JOIN_SHOWN] = {true, "comings and goings of everybody are shown (none are hidden)"},
        [JOIN_HIDDEN] = {false, "comings and goings of everybody are hidden (all)"},
        [JOIN_SPOKE] = {true, "who spoke in the last ten minutes is shown (smart)"},
        [JOIN_SILENT] = {false, "who said nothing in the last ten minutes is hidden (smart); a netsplit is one line"}};
    enum join_rule rule = ingest_join_rule(c, chat, nick ? nick : "", clock_wall_ms());
    why_set(out, c->config, "ui.chat.hide_joins", words[rule].yes, "%s", words[rule].text);
}

static void why_tell(const struct core *c, const struct chat *chat, const char *option, struct why *out)
{
    static const struct { bool yes; const char *text; } words[] = {
        [TELL_OFF] = {false, "it is off: nobody is told"},
        [TELL_ALL] = {true, "everybody is told, rooms too"},
        [TELL_CONTACTS] = {true, "contacts are told"},
        [TELL_NOT_ROOMS] = {false, "contacts are told, rooms are not"}};
    enum tell_rule rule = allowed_tell(c, chat, option);
    why_set(out, c->config, option, words[rule].yes, "%s", words[rule].text);
}

void core_why_chat(struct core *c, const struct chat *chat, const char *nick, enum core_why_chat what,
                   struct why *out)
{
    switch (what) {
    case WHY_HEARD:
        why_heard(c, chat, nick, out);
        return;
    case WHY_LEVEL:
        why_level(c, chat, out);
        return;
    case WHY_JOINS:
        why_joins(c, chat, nick, out);
        return;
    case WHY_TYPING_TOLD:
        why_tell(c, chat, "privacy.typing", out);
        return;
    case WHY_READ_TOLD:
        why_tell(c, chat, "privacy.read", out);
        return;
    }
}

/* ---- accounts ---- */

static void why_off(const struct core *c, const struct account *a, struct why *out)
{
    static const struct { const char *rule, *text; } words[] = {
        [WISH_AUTOCONNECT] = {"autoconnect", "it connects by itself"},
        [WISH_NOT_AUTOCONNECT] = {"autoconnect", "it does not connect by itself; /connect does"},
        [WISH_OFFLINE] = {"-o", "kith was started with -o: nothing connects by itself"},
        [WISH_CONNECT] = {"/connect", "you asked for it"},
        [WISH_DISCONNECT] = {"/disconnect", "you disconnected it"},
        [WISH_STATUS] = {"/status", "you set the status to offline"}};
    enum wish wish = a->core->wish;
    const struct account_config *cfg = config_account(c->config, a->name);
    why_set(out, NULL, words[wish].rule, false, "%s", words[wish].text);
    if (cfg && wish == WISH_NOT_AUTOCONNECT)
        out->origin = cfg->origin;
}

static void why_online(const struct core *c, const struct account *a, struct why *out)
{
    const struct core_account *ca = a->core;
    const char *problem = a->problem ? a->problem : "it ended";
    if (a->state == KITH_STATE_ONLINE)
        why_set(out, NULL, "connected", true, "it is connected as %s%s%s", a->address ? a->address : a->name,
                a->way ? " to " : "", a->way ? a->way : "");
    else if (!a->enabled)
        why_off(c, a, out);
    else if (ca->link.state == LINK_USELESS)
        why_set(out, NULL, "backend", false, "%s", problem);
    else if (ca->retry_why == RETRY_LOGIN && a->state == KITH_STATE_OFFLINE)
        why_set(out, NULL, "login refused", false, "%s; trying again would not help: /password, then /connect", problem);
    else if (ca->retry_why == RETRY_NEVER && a->state == KITH_STATE_OFFLINE)
        why_set(out, NULL, "no retry", false, "%s; /connect tries again", problem);
    else if (a->state != KITH_STATE_OFFLINE)
        why_set(out, NULL, "connecting", false, "%s", a->phase ? a->phase : "it connects");
    else if (a->retry_at)
        why_set(out, NULL, "retry", false, "%s; the next try is in %lld s", problem,
                (long long)MAX(0, a->retry_at - clock_mono_ms() + 999) / 1000);
    else
        why_set(out, NULL, "starting", false, "%s", a->problem ? a->problem : "its process starts");
}

static void why_status(const struct core *c, const struct account *a, struct why *out)
{
    bool shown = a->show == KITH_SHOW_ONLINE || a->show == KITH_SHOW_CHAT;
    if (a->core->away_by_detach)
        why_set(out, c->config, "presence.detached", false, "no terminal is attached");
    else
        why_set(out, NULL, "/status", shown, shown ? "you are shown as there" : "you set it to that");
}

void core_why_account(struct core *c, const struct account *a, enum core_why_account what, struct why *out)
{
    if (what == WHY_ONLINE)
        why_online(c, a, out);
    else
        why_status(c, a, out);
}
