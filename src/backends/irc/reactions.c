/* backends/irc/reactions.c - who reacted how: IRC tells one more or one less, the host wants the whole set */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/irc.h"
#include "base/mem.h"

enum { SETS_MAX = 2000, SET_MAX = 32 }; /* messages and people whose set is kept in mind; reactions of one */

/* A set is lines: "\n" before and behind each. */
static bool holds(const char *set, const char *one)
{
    char *line = xasprintf("\n%s\n", one);
    bool yes = set && strstr(set, line);
    free(line);
    return yes;
}

static size_t lines_of(const char *set, const char *out[SET_MAX], char *copy)
{
    size_t n = 0;
    char *rest = copy, *one;
    if (!set)
        return 0;
    while ((one = strsep(&rest, "\n")) && n < SET_MAX)
        if (*one)
            out[n++] = one;
    return n;
}

static char *joined(const char *const *list, size_t n)
{
    struct buf b = {0};
    buf_addc(&b, '\n');
    for (size_t k = 0; k < n && k < SET_MAX; k++)
        if (!strchr(list[k], '\n') && *list[k])
            buf_addf(&b, "%s\n", list[k]);
    return buf_take(&b);
}

static void keep(struct irc *i, const char *key, char *set)
{
    if (i->my_reactions.n >= SETS_MAX && !map_get(&i->my_reactions, key)) {
        struct map_entry *oldest = map_next(&i->my_reactions, NULL);
        if (oldest)
            free(map_del(&i->my_reactions, oldest->key));
    }
    free(map_set(&i->my_reactions, key, set));
}

void irc_reactions_free(struct irc *i)
{
    map_free(&i->my_reactions, free);
}

void irc_reactions_mine(struct irc *i, const char *key, const char *const *list, size_t n, struct buf *out)
{
    char *own = xasprintf("%s/", key);
    const char *had = map_get(&i->my_reactions, own), *old[SET_MAX];
    char *set = joined(list, n), *copy = xstrdup(had ? had : "");
    size_t n_old = lines_of(had, old, copy);
    for (size_t k = 0; k < n_old; k++)
        if (!holds(set, old[k]))
            buf_addf(out, "-%s\n", old[k]);
    for (size_t k = 0; k < n && k < SET_MAX; k++)
        if (*list[k] && !holds(had, list[k]))
            buf_addf(out, "+%s\n", list[k]);
    free(copy);
    keep(i, own, set);
    free(own);
}

void irc_reaction(struct irc *i, const char *chat, const char *nick, const char *target, const char *one, bool on,
                  int64_t time_ms)
{
    bool own = irc_is_me(i, nick);
    char *who = own ? xstrdup("") : irc_fold(i->is.casemap, nick);
    char *key = xasprintf("%s/%s/%s", chat, target, who);
    const char *had = map_get(&i->my_reactions, key), *list[SET_MAX + 1];
    char *copy = xstrdup(had ? had : "");
    size_t n = lines_of(had, list, copy), kept = 0;
    for (size_t k = 0; k < n; k++)
        if (strcmp(list[k], one) != 0)
            list[kept++] = list[k];
    if (on && kept < SET_MAX)
        list[kept++] = one;
    keep(i, key, joined(list, kept));
    bool room = irc_is_room(i, chat);
    char *sender = room ? xasprintf("%s/%s", chat, nick) : xstrdup(own ? i->nick : chat);
    struct kith_ev_message ev = {.ev = {sizeof ev, KITH_EV_MESSAGE, 0, time_ms},
                                 .chat = chat,
                                 .sender = sender,
                                 .sender_name = nick,
                                 .target = target,
                                 .reactions = list,
                                 .n_reactions = kept,
                                 .flags = KITH_MSG_REACT | (own ? KITH_MSG_OUTGOING : 0) |
                                          (irc_in_history(i) ? KITH_MSG_HISTORY : 0)};
    irc_emit(i, &ev.ev);
    free(sender);
    free(copy);
    free(key);
    free(who);
}
