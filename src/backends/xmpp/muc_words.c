/* backends/xmpp/muc_words.c - what rooms say by numbers and names, in words (XEP-0045 §15.6) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/muc.h"
#include "base/mem.h"

size_t muc_codes(xmpp_stanza_t *user, int codes[MUC_CODES])
{
    size_t n = 0;
    EACH_CHILD (c, user) {
        int64_t code;
        const char *text = is_elem(c, "status", NULL) ? st_attr(c, "code") : NULL;
        if (text && n < MUC_CODES && str_int(text, 100, 999, &code))
            codes[n++] = (int)code;
    }
    return n;
}

bool muc_code_in(const int *codes, size_t n, int code)
{
    for (size_t i = 0; i < n; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* News about the room itself. What is the opposite of another is told again after it. */
static const struct {
    int code, undoes[3]; /* undoes: 0 = nothing more */
    bool each;           /* told each time */
    const char *sentence;
} news[] = {
    {100, {173, 174}, false, "Everybody in this room can see your address."},
    {101, {0}, true, "Your standing in this room was changed while you were away."},
    {102, {103}, false, "The room shows members who are not here."},
    {103, {102}, false, "The room shows only members who are here."},
    {104, {0}, true, "The settings of this room were changed."},
    {170, {171}, false, "What is said in this room is logged, perhaps in public."},
    {171, {170}, false, "What is said in this room is not logged any more."},
    {172, {173, 174}, false, "Everybody in this room can see your address now."},
    {173, {100, 172, 174}, false, "Only the moderators of this room can see your address now."},
    {174, {100, 172, 173}, false, "Nobody in this room can see your address now."},
    {201, {0}, true, "This room is new: you made it and own it."},
    {210, {0}, true, "The room gave you another nick than you asked for."},
};

void muc_tell_codes(struct x *x, struct muc_room *r, const int *codes, size_t n)
{
    for (size_t i = 0; i < COUNT(news); i++) {
        if (!muc_code_in(codes, n, news[i].code) || (!news[i].each && (r->said & (1u << i))))
            continue;
        r->said |= 1u << i;
        for (size_t k = 0; k < COUNT(news); k++)
            for (size_t u = 0; u < COUNT(news[i].undoes); u++)
                if (news[k].code == news[i].undoes[u])
                    r->said &= ~(1u << k);
        x_notice(x, KITH_INFO, r->address, "%s", news[i].sentence);
    }
}

static char *with_reason(const char *sentence, const char *by, const char *reason)
{
    return xasprintf("%s%s%.200s%s%.800s", sentence, str_empty(by) ? "" : " by ", str_empty(by) ? "" : by,
                     str_empty(reason) ? "" : ": ", str_empty(reason) ? "" : reason);
}

/* §10.9: with the room that goes on in its place, when there is one. */
static char *destroyed(xmpp_stanza_t *d)
{
    const char *jid = st_attr(d, "jid");
    char *reason = st_child_text(d, "reason", NULL), *room = jid ? jid_bare(jid) : NULL;
    char *out = with_reason("the room was closed", NULL, reason);
    if (room)
        str_take(&out, xasprintf("%s; it goes on in %s", out, room));
    free(reason);
    free(room);
    return out;
}

char *muc_why_out(const struct muc_room *r, xmpp_stanza_t *user, const int *codes, size_t n)
{
    static const struct {
        int code;
        const char *sentence;
    } whys[] = {
        {332, "the room's server is shutting down"},
        {333, "the connection to you was lost"},
        {301, "you were banned"},
        {307, "you were removed"},
        {321, "you are no longer on the list of who may be here"},
        {322, "the room is open to members only now, and you are none"},
    };
    xmpp_stanza_t *d = st_child(user, "destroy", NULL), *item = st_child(user, "item", NULL);
    if (d)
        return destroyed(d);
    xmpp_stanza_t *actor = st_child(item, "actor", NULL);
    const char *by = st_attr(actor, "nick");
    for (size_t i = 0; i < COUNT(whys); i++) {
        if (!muc_code_in(codes, n, whys[i].code))
            continue;
        char *reason = st_child_text(item, "reason", NULL);
        bool done_by = whys[i].code == 301 || whys[i].code == 307; /* the others are what the room does */
        char *out = with_reason(whys[i].sentence, done_by ? by : NULL, reason);
        free(reason);
        return out;
    }
    return NULL;
}

const char *muc_condition(xmpp_stanza_t *st)
{
    EACH_CHILD (c, st_child(st, "error", NULL)) {
        const char *name = xmpp_stanza_get_name(c);
        if (name && strcmp(name, "text") != 0 && str_eq(xmpp_stanza_get_ns(c), "urn:ietf:params:xml:ns:xmpp-stanzas"))
            return name;
    }
    return "";
}

/* §7.2, table of errors at entering. */
char *muc_why_not(xmpp_stanza_t *st, int *err)
{
    static const struct {
        const char *condition;
        int err;
        const char *sentence;
    } whys[] = {
        {"conflict", KITH_ECONFLICT, "Your nick and some like it are taken in this room: choose another one."},
        {"forbidden", KITH_EDENIED, "You are banned from this room."},
        {"gone", KITH_ENOTFOUND, "This room is gone."},
        {"item-not-found", KITH_ENOTFOUND, "There is no such room, or it is not ready yet."},
        {"jid-malformed", KITH_EINVAL, "The room does not take this nick."},
        {"not-acceptable", KITH_EDENIED, "This nick is kept for somebody else in this room."},
        {"not-allowed", KITH_EDENIED, "There is no such room, and you may not make it."},
        {"registration-required", KITH_EDENIED, "This room is for members only, and you are none."},
        {"remote-server-not-found", KITH_ENOTFOUND, "The server of this room cannot be found."},
        {"remote-server-timeout", KITH_ENET, "The server of this room does not answer."},
        {"service-unavailable", KITH_ELIMIT, "The room is full, or there are no rooms at this address."},
    };
    const char *cond = muc_condition(st);
    struct err e = {0};
    for (size_t i = 0; i < COUNT(whys); i++) {
        if (!str_eq(cond, whys[i].condition))
            continue;
        xmpp_stanza_t *error = st_child(st, "error", NULL);
        char *text = st_child_text(error, "text", NULL), *gone = st_child_text(error, "gone", NULL), *out;
        *err = whys[i].err;
        if (!str_empty(gone))
            out = xasprintf("%s It is at %.300s now.", whys[i].sentence, gone);
        else if (!str_empty(text))
            out = xasprintf("%s (The room: %.300s)", whys[i].sentence, text);
        else
            out = xstrdup(whys[i].sentence);
        free(text);
        free(gone);
        return out;
    }
    *err = st_error(st, &e);
    return xstrdup(e.text);
}
