/* backends/irc/ctcp.c - questions between clients: four are answered, seldom; offers of DCC are shown and not taken */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backends/irc/handlers.h"
#include "base/mem.h"

enum { WORD_MAX = 16, ANSWER_MAX = 200 };

/* In words: "alice offers the file x (DCC is not supported)". */
static void show_offer(struct irc *i, const struct irc_said *s, const char *args)
{
    char *chat = irc_address(i, s->nick);
    size_t kind = strcspn(args, " ");
    const char *name = args[kind] ? args + kind + 1 : "";
    size_t len = *name == '"' ? strcspn(name + 1, "\"") + 2 : strcspn(name, " ");
    if (kind == 4 && strncasecmp(args, "SEND", 4) == 0)
        irc_notice(i, KITH_INFO, chat, "%s offers the file %.*s; kith does not take files over DCC.", s->nick,
                   IRC_CUT(name, MIN(len, (size_t)ANSWER_MAX)));
    else
        irc_notice(i, KITH_INFO, chat, "%s wants to talk over DCC (%.*s); kith does not.", s->nick,
                   IRC_CUT(args, MIN(kind, (size_t)WORD_MAX)));
    str_take(&chat, NULL);
}

static void answer(struct irc *i, const char *nick, const char *word, const char *text)
{
    char line[ANSWER_MAX + WORD_MAX + 8];
    (void)snprintf(line, sizeof line, "\001%.*s %.*s\001", WORD_MAX, word, IRC_CUT(text, ANSWER_MAX));
    irc_say(i, PRIO_QUERY, "NOTICE", nick, line, NULL);
}

static bool may_answer(struct irc *i)
{
    int64_t now = irc_mono(i);
    const char *option = irc_option(i, "ctcp");
    if (option && !irc_option_on(i, "ctcp"))
        return false;
    if (i->ctcp_ms && now - i->ctcp_ms < IRC_CTCP_MS)
        return false;
    i->ctcp_ms = now;
    return true;
}

static void answer_time(struct irc *i, const char *nick)
{
    time_t now = (time_t)(irc_wall(i) / 1000);
    struct tm tm;
    char text[64];
    if (gmtime_r(&now, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        answer(i, nick, "TIME", text);
}

bool irc_ctcp(struct irc *i, const struct irc_said *s, const char *body)
{
    size_t len = strcspn(body, " ");
    char word[WORD_MAX + 1];
    str_copy(word, sizeof word, body);
    word[MIN(len, (size_t)WORD_MAX)] = '\0';
    const char *args = body[len] ? body + len + 1 : "";
    if (s->notice) { /* an answer to what we asked */
        char *chat = irc_address(i, s->nick);
        irc_notice(i, KITH_INFO, NULL, "%s answers to %s: %.*s", s->nick, word, IRC_CUT(args, ANSWER_MAX));
        str_take(&chat, NULL);
        return true;
    }
    if (str_casecmp_ascii(word, "DCC") == 0) {
        show_offer(i, s, args);
        return true;
    }
    bool version = str_casecmp_ascii(word, "VERSION") == 0, ping = str_casecmp_ascii(word, "PING") == 0;
    bool time = str_casecmp_ascii(word, "TIME") == 0, info = str_casecmp_ascii(word, "CLIENTINFO") == 0;
    if ((!version && !ping && !time && !info) || irc_is_room(i, s->target) || !may_answer(i))
        return true;
    if (version)
        answer(i, s->nick, "VERSION", "kith " KITH_VERSION);
    else if (ping)
        answer(i, s->nick, "PING", args);
    else if (info)
        answer(i, s->nick, "CLIENTINFO", "ACTION CLIENTINFO PING TIME VERSION");
    else
        answer_time(i, s->nick);
    return true;
}
