/* backends/irc/mode_words.c - changes of modes as sentences for people */
#include "backends/irc/mode_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct words {
    char mode;
    enum irc_mode_kind kind;
    const char *on, *off; /* "they do|you do|$ the rest"; without '|' a sentence, and who did it behind it */
};

/* $ stands for the names or the argument. */
static const struct words table[] = {
    {'q', IRC_MODE_PREFIX, "makes|make|$ owner", "takes|take|the standing of an owner from $"},
    {'a', IRC_MODE_PREFIX, "makes|make|$ admin", "takes|take|the standing of an admin from $"},
    {'o', IRC_MODE_PREFIX, "makes|make|$ operator", "takes|take|the standing of an operator from $"},
    {'h', IRC_MODE_PREFIX, "makes|make|$ half-operator", "takes|take|the standing of a half-operator from $"},
    {'v', IRC_MODE_PREFIX, "gives|give|$ voice", "takes|take|voice from $"},
    {'b', IRC_MODE_LIST, "bans|ban|$", "lifts|lift|the ban of $"},
    {'e', IRC_MODE_LIST, "exempts|exempt|$ from bans", "ends|end|the exemption of $ from bans"},
    {'I', IRC_MODE_LIST, "lets|let|$ in without an invitation", "ends|end|the standing invitation of $"},
    {'q', IRC_MODE_LIST, "silences|silence|$", "lets|let|$ speak again"},
    {'k', IRC_MODE_PARAM, "sets|set|the key", "removes|remove|the key"},
    {'l', IRC_MODE_PARAM, "limits|limit|the channel to $ people", "removes|remove|the limit of people"},
    {'i', IRC_MODE_FLAG, "only invited people may join now", "everybody may join now"},
    {'m', IRC_MODE_FLAG, "only people with voice may speak now", "everybody may speak now"},
    {'n', IRC_MODE_FLAG, "only members may write here now", "people outside may write here now"},
    {'t', IRC_MODE_FLAG, "only operators may change the topic now", "everybody may change the topic now"},
    {'s', IRC_MODE_FLAG, "the channel is secret now", "the channel is not secret any more"},
    {'p', IRC_MODE_FLAG, "the channel is private now", "the channel is not private any more"},
    {'c', IRC_MODE_FLAG, "colours are not allowed now", "colours are allowed now"},
    {'C', IRC_MODE_FLAG, "CTCP questions are not allowed now", "CTCP questions are allowed now"},
};

/* The letters of the lists of exceptions and invitations are the server's to choose. */
static char usual(const struct irc_isupport *s, char mode, enum irc_mode_kind kind)
{
    if (kind != IRC_MODE_LIST)
        return mode;
    if (s->excepts && mode == s->excepts)
        return 'e';
    if (s->invex && mode == s->invex)
        return 'I';
    bool taken = (mode == 'e' && s->excepts) || (mode == 'I' && s->invex);
    return taken ? '\0' : mode;
}

static const struct words *words_of(const struct irc_isupport *s, char mode, enum irc_mode_kind kind)
{
    mode = usual(s, mode, kind);
    for (size_t n = 0; n < COUNT(table); n++) {
        if (table[n].mode == mode && table[n].kind == kind)
            return &table[n];
    }
    return NULL;
}

int irc_mode_run(const struct irc_mode_change *c, int n)
{
    int run = 1;
    bool names = c[0].kind == IRC_MODE_PREFIX || c[0].kind == IRC_MODE_LIST;
    while (names && run < n && c[run].mode == c[0].mode && c[run].on == c[0].on && c[run].kind == c[0].kind &&
           c[run].arg)
        run++;
    return run;
}

/* "bob, eve and you" */
static void put_names(const struct irc_mode_change *c, int n, const char *by, const char *me, bool people, struct buf *out)
{
    for (int k = 0; k < n; k++) {
        bool us = people && me && str_eq(c[k].arg, me);
        const char *name = us ? (str_eq(by, me) ? "yourself" : "you") : c[k].arg ? c[k].arg : "";
        buf_addf(out, "%s%s", k == 0 ? "" : k == n - 1 ? " and " : ", ", name);
    }
}

static void put_template(const char *text, const struct irc_mode_change *c, int n, const char *by, const char *me,
                         struct buf *out)
{
    for (; *text; text++) {
        if (*text == '$')
            put_names(c, n, by, me, c[0].kind == IRC_MODE_PREFIX, out);
        else
            buf_addc(out, *text);
    }
}

static const char *actor(const char *by, const char *me)
{
    return str_empty(by) ? "the server" : str_eq(by, me) ? "you" : by;
}

static void put_unknown(const struct irc_mode_change *c, int n, const char *by, const char *me, struct buf *out)
{
    bool us = str_eq(by, me);
    buf_addf(out, "%s %s mode %c%c", actor(by, me), c[0].on ? us ? "set" : "sets" : us ? "remove" : "removes",
             c[0].on ? '+' : '-', c[0].mode);
    if (c[0].arg)
        buf_addc(out, ' ');
    if (c[0].arg)
        put_names(c, n, by, me, c[0].kind == IRC_MODE_PREFIX, out);
}

void irc_mode_sentence(const struct irc_isupport *s, const struct irc_mode_change *c, int n, const char *by,
                       const char *me, struct buf *out)
{
    const struct words *w = words_of(s, c[0].mode, c[0].kind);
    const char *text = !w ? NULL : c[0].on ? w->on : w->off, *bar = text ? strchr(text, '|') : NULL;
    bool flag = text && !bar && !(strchr(text, '$') && str_empty(c[0].arg));
    char *who = xasprintf(" (%s)", actor(by, me));
    if (flag && out->len && str_ends(buf_str(out), who)) /* of several, who did it stands behind the last */
        buf_delete(out, out->len - strlen(who), strlen(who));
    if (out->len)
        buf_adds(out, "; ");
    if (flag)
        buf_addf(out, "%s%s", text, who);
    free(who);
    if (flag)
        return;
    if (!bar || (strchr(text, '$') && str_empty(c[0].arg))) {
        put_unknown(c, n, by, me, out);
        return;
    }
    const char *second = strchr(bar + 1, '|');
    bool us = str_eq(by, me);
    buf_addf(out, "%s %.*s ", actor(by, me), us ? (int)(second - bar - 1) : (int)(bar - text), us ? bar + 1 : text);
    put_template(second + 1, c, n, by, me, out);
}

const char *irc_mode_meaning(const struct irc_isupport *s, char mode, enum irc_mode_kind kind)
{
    static const struct { char mode; enum irc_mode_kind kind; const char *text; } means[] = {
        {'i', IRC_MODE_FLAG, "only invited people may join"},
        {'m', IRC_MODE_FLAG, "only people with voice may speak"},
        {'n', IRC_MODE_FLAG, "only members may write"},
        {'t', IRC_MODE_FLAG, "only operators may change the topic"},
        {'s', IRC_MODE_FLAG, "secret: it is in no list"},
        {'p', IRC_MODE_FLAG, "private"},
        {'c', IRC_MODE_FLAG, "no colours"},
        {'C', IRC_MODE_FLAG, "no CTCP questions"},
        {'k', IRC_MODE_PARAM, "a key is needed to join"},
        {'l', IRC_MODE_PARAM, "most people at one time"},
    };
    mode = usual(s, mode, kind);
    for (size_t n = 0; n < COUNT(means); n++) {
        if (means[n].mode == mode && means[n].kind == kind)
            return means[n].text;
    }
    return NULL;
}

const char *irc_user_mode_words(char mode, bool on)
{
    static const struct { char mode; const char *on, *off; } own[] = {
        {'i', "you are invisible to those who share no channel with you", "everybody can see you"},
        {'o', "you are an operator of the network", "you are no operator of the network any more"},
        {'w', "you get the announcements of the network's operators", "you get no announcements of operators any more"},
        {'x', "your host is hidden", "your host is not hidden any more"},
        {'B', "you are marked as a bot", "you are not marked as a bot any more"},
        {'g', "only people you accept can write to you", "everybody can write to you"},
    };
    for (size_t n = 0; n < COUNT(own); n++) {
        if (own[n].mode == mode)
            return on ? own[n].on : own[n].off;
    }
    return NULL;
}

const char *irc_list_name(const struct irc_isupport *s, char mode)
{
    if (!strchr(s->chanmodes[0], mode))
        return NULL;
    mode = usual(s, mode, IRC_MODE_LIST);
    return mode == 'b'   ? "bans"
           : mode == 'e' ? "exceptions from bans"
           : mode == 'I' ? "standing invitations"
           : mode == 'q' ? "quiets"
                         : NULL;
}
