/* backends/irc/playback.c - who came, went and changed what in a room, as its history tells (draft/event-playback): for
 * the screen only, nothing of it holds now
 *
 * What was seen live is played back again after a reconnect, or with the first page: the newest of it is remembered by its
 * msgid, or where the server gives none by what it was and when, within the second that a log may have cut it to.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/history.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

enum { LIVE = 512, SAME_MS = 2000 };

struct seen_live { uint64_t what; int64_t ms; }; /* ms 0: what is made of a msgid, and enough */
struct irc_playback {
    struct seen_live live[LIVE]; /* a ring */
    size_t at;
};

/* ---- seen live ---- */

static uint64_t mix(uint64_t h, const char *text)
{
    for (const char *p = text ? text : ""; *p; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211u;
    return (h ^ 0xFF) * 1099511628211u;
}

/* One that is told to several rooms at once is the same in all. */
static struct seen_live sign_of(const struct irc *i, const struct irc_line *l)
{
    const char *msgid = irc_line_tag(l, "msgid");
    uint64_t h = 14695981039346656037u;
    if (!str_empty(msgid))
        return (struct seen_live){mix(h, msgid), 0};
    int64_t ms = irc_line_time(l);
    size_t n = strcmp(l->cmd, "JOIN") == 0 ? 1 : (size_t)l->n; /* account and real name are no part of it */
    h = mix(mix(h, l->cmd), l->nick);
    for (size_t k = 0; k < n && k < (size_t)l->n; k++)
        h = mix(h, l->params[k]);
    return (struct seen_live){h, ms ? ms : irc_wall(i)};
}

static bool was_live(const struct irc *i, const struct irc_line *l)
{
    struct seen_live s = sign_of(i, l);
    const struct irc_playback *p = i->playback;
    for (size_t n = 0; p && n < LIVE; n++) {
        const struct seen_live *have = &p->live[n];
        bool near = have->ms - s.ms < SAME_MS && s.ms - have->ms < SAME_MS;
        if (have->what == s.what && (have->ms != 0) == (s.ms != 0) && (!s.ms || near))
            return true;
    }
    return false;
}

static void note_live(struct irc *i, const struct irc_line *l)
{
    if (!i->playback)
        i->playback = xcalloc(1, sizeof *i->playback);
    i->playback->live[i->playback->at++ % LIVE] = sign_of(i, l);
    const char *name = irc_param(l, 0);
    if (!irc_is_room(i, name) || !irc_name_ok(name))
        return;
    char *chat = irc_address(i, name);
    irc_history_passed(i, chat, irc_line_tag(l, "msgid"), irc_line_time(l));
    free(chat);
}

void irc_playback_free(struct irc *i)
{
    free(i->playback);
    i->playback = NULL;
}

/* ---- told ---- */

static char *id_of(const struct irc_line *l, const struct seen_live *s)
{
    const char *msgid = irc_line_tag(l, "msgid");
    if (!str_empty(msgid))
        return xstrdup(msgid);
    return s->ms ? xasprintf("t%lld-%016llx", (long long)(s->ms / 1000), (unsigned long long)s->what) : NULL;
}

void irc_happened(struct irc *i, const char *chat, const struct irc_line *l, struct kith_ev_happened *ev)
{
    const struct irc_batch *page = irc_in_batch(i, "chathistory");
    struct seen_live s = sign_of(i, l);
    char *id = id_of(l, &s), *own = NULL;
    if (id && ev->about) /* of one MODE, what is about people is told apart */
        own = xasprintf("%s people", id);
    ev->ev = (struct kith_event){sizeof *ev, KITH_EV_HAPPENED, page ? page->req : 0, irc_line_time(l)};
    ev->chat = chat;
    ev->id = own ? own : id;
    irc_emit(i, &ev->ev);
    free(own);
    free(id);
}

static void left(struct irc *i, const char *chat, const struct irc_line *l, const char *nick, uint32_t how, const char *by,
                 const char *why)
{
    struct kith_ev_happened ev = {
        .what = KITH_HAPPENED_LEAVE, .how = how, .nick = nick, .by = by, .text = str_empty(why) ? NULL : why};
    if (irc_name_ok(nick))
        irc_happened(i, chat, l, &ev);
}

static void tell(struct irc *i, const char *chat, const struct irc_line *l, irc_handler *fn)
{
    const char *first = irc_param(l, 0), *second = irc_param(l, 1);
    struct kith_ev_happened ev = {.nick = l->nick};
    if (fn == irc_on_mode) {
        irc_modes_happened(i, chat, l);
    } else if (fn == irc_on_kick) {
        left(i, chat, l, second, KITH_LEAVE_KICK, l->nick, str_eq(irc_param(l, 2), l->nick) ? NULL : irc_param(l, 2));
    } else if (fn == irc_on_topic) {
        ev.what = KITH_HAPPENED_TOPIC;
        ev.text = second;
        if (*second)
            irc_happened(i, chat, l, &ev);
    } else if (fn == irc_on_nick) {
        ev.what = KITH_HAPPENED_NICK;
        ev.text = first;
        if (irc_name_ok(first))
            irc_happened(i, chat, l, &ev);
    } else if (irc_is_me(i, l->nick)) {
        return; /* our own comings and goings are no news */
    } else if (fn == irc_on_join) {
        ev.what = KITH_HAPPENED_JOIN;
        irc_happened(i, chat, l, &ev);
    } else {
        bool quit = fn == irc_on_quit, split = quit && irc_is_split(first);
        left(i, chat, l, l->nick, split ? KITH_LEAVE_SPLIT : quit ? KITH_LEAVE_QUIT : KITH_LEAVE_PART, NULL,
             quit ? first : second);
    }
}

static bool is_event(irc_handler *fn)
{
    return fn == irc_on_join || fn == irc_on_part || fn == irc_on_quit || fn == irc_on_kick || fn == irc_on_nick ||
           fn == irc_on_mode || fn == irc_on_topic;
}

/* The batch says of which room: a QUIT does not. */
static const struct irc_batch *batch_of(struct irc *i)
{
    static const char *const types[] = {"chathistory", "draft/chathistory", "znc.in/playback"};
    const struct irc_batch *b = NULL;
    for (size_t n = 0; n < COUNT(types) && !b; n++)
        b = irc_in_batch(i, types[n]);
    return b && b->target && irc_name_ok(b->target) && irc_is_room(i, b->target) ? b : NULL;
}

bool irc_played_back(struct irc *i, const struct irc_line *l, irc_handler *fn)
{
    if ((!i->batch && !irc_cap(i, CAP_PLAYBACK)) || !is_event(fn))
        return false;
    if (!irc_in_history(i)) {
        if (irc_cap(i, CAP_PLAYBACK) && irc_name_ok(l->nick))
            note_live(i, l);
        return false;
    }
    const struct irc_batch *b = batch_of(i);
    if (!b || !l->nick || !*l->nick)
        return true;
    char *chat = irc_address(i, b->target);
    if (!was_live(i, l) && (irc_name_ok(l->nick) || fn == irc_on_mode || fn == irc_on_topic || fn == irc_on_kick))
        tell(i, chat, l, fn);
    irc_history_passed(i, chat, irc_line_tag(l, "msgid"), irc_line_time(l));
    free(chat);
    return true;
}
