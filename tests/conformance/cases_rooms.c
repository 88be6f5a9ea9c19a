/* tests/conformance/cases_rooms.c - rooms: going in and out, topic and nicks, who must go, words to one, what was missed */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "conformance/cases.h"

#define US "us"

static char *room; /* of this case: its own where rooms stay when everybody has gone */

static bool no_rooms(void)
{
    return !h->proto->rooms || !d->room;
}

static bool they_see_f(size_t from, const char *fmt, ...) PRINTF(2, 3);
static bool they_see_f(size_t from, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *words = xvasprintf(fmt, ap);
    va_end(ap);
    bool seen = they_see_from(&they, from, words) >= 0;
    free(words);
    return seen;
}

/* They go in first: where a room is new it is theirs, and they open it. */
static void they_go_in(void)
{
    static int cases;
    str_take(&room, d->opens ? xasprintf("r%d-%s", ++cases, d->room) : xstrdup(d->room));
    hand_say(&they, "join|%s", room);
    assert_true(they_see(&they, "REPLY|req=1|err=0") >= 0);
    if (!d->opens)
        return;
    int ask = they_see(&they, "ASK|kind=1");
    assert_true(ask >= 0);
    char *number = hand_value(&they, ask, "ask");
    hand_say(&they, "answer|%s|%s", number, d->opens);
    free(number);
}

/* A new room opens some time after the answer: until then it is no room for others. */
static int go_in(const char *nick)
{
    char *reply = NULL;
    int64_t err = -1;
    for (int i = 0; i < d->step_ms / 100 && err; i++) {
        kith_req req = rec_request(h);
        assert_true(rec_called(h, req, h->proto->rooms->join(h->session, room, nick, NULL, req)) >= 0);
        str_take(&reply, xasprintf("REPLY|req=%llu", (unsigned long long)req));
        int at = wait_for(0, reply);
        assert_true(at >= 0);
        char *value = rec_value(h, at, "err");
        err = value && str_int(value, -1000, 0, &err) ? err : 0;
        free(value);
        if (err)
            rec_turn(h, 100);
    }
    free(reply);
    return (int)err;
}

static void gather(void)
{
    go_online();
    meet();
    they_go_in();
    assert_int_equal(go_in(US), 0);
    char *words = xasprintf("MEMBER|chat=%s|nick=%s", room, d->their_nick);
    assert_true(wait_for(0, words) >= 0);
    free(words);
}

static void leave(void)
{
    kith_req req = rec_request(h);
    assert_true(rec_called(h, req, h->proto->rooms->leave(h->session, room, "bye", req)) >= 0);
    char *words = xasprintf("REPLY|req=%llu|err=0", (unsigned long long)req);
    assert_true(wait_for(0, words) >= 0);
    free(words);
}

static void end(void)
{
    part(&they);
    str_set(&room, NULL);
}

void rooms(void **state UNUSED)
{
    if (no_rooms())
        skip();
    gather();
    char *words = xasprintf("CHAT|address=%s|kind=2", room);
    assert_true(rec_find(h, 0, words) >= 0);
    assert_int_equal(rec_count(h, 0, "SYNC_BEGIN|what=3"), rec_count(h, 0, "SYNC_END|what=3"));
    assert_true(send_text(room, "ro-1", "to all", 0, NULL) >= 0);
    assert_true(they_see(&they, "MESSAGE|body=to all") >= 0);
    assert_true(wait_for(0, "RECEIPT|id=ro-1|delivery=2") >= 0); /* the echo, or the word of all */
    assert_true(rec_count(h, 0, "MESSAGE|body=to all") <= 1);
    hand_say(&they, "send|%s|ro-2|to you", room);
    str_take(&words, xasprintf("MESSAGE|body=to you|chat=%s|sender=%s/*", room, room));
    assert_true(wait_for(0, words) >= 0);
    leave();
    assert_true(send_text(room, "ro-3", "from outside", 0, NULL) < 0 ||
                wait_for(0, "RECEIPT|id=ro-3|delivery=5") >= 0);
    free(words);
    end();
}

/* The name that we have in it now, as the room says. */
static char *our_nick(void)
{
    char *words = xasprintf("MEMBER|chat=%s|nick=%s*", room, US), *nick = NULL;
    int at = rec_find(h, 0, words);
    str_take(&words, xasprintf("CHAT|address=%s", room));
    for (int i = at < 0 ? rec_find(h, 0, words) : at; i >= 0 && !nick; i = -1)
        nick = rec_value(h, i, "nick");
    free(words);
    return nick;
}

/* What it is about, and a nick that changes: everybody is told. */
void rooms_named(void **state UNUSED)
{
    if (no_rooms() || !h->proto->rooms->topic || !h->proto->rooms->nick || d == &driver_local)
        skip(); /* of local chat everybody has the name of their user */
    gather();
    hand_say(&they, "topic|%s|Fire burn and cauldron bubble", room);
    char *words = xasprintf("CHAT|address=%s|topic=Fire burn and cauldron bubble", room), *old = our_nick();
    assert_true(wait_for(0, words) >= 0);
    kith_req req = rec_request(h);
    size_t from = they.n;
    assert_true(rec_called(h, req, h->proto->rooms->nick(h->session, room, "oldhag", req)) >= 0);
    assert_true(they_see_f(from, "MEMBER|chat=%s|nick=oldhag|old_nick=%s", room, old ? old : US));
    str_take(&words, xasprintf("REPLY|req=%llu|err=0", (unsigned long long)req));
    assert_true(wait_for(0, words) >= 0);
    free(words);
    free(old);
    leave();
    end();
}

static bool we_are_out(size_t from)
{
    char *words = xasprintf("CHAT|address=%s|text=*", room);
    int at = wait_for(from, words);
    char *text = at >= 0 ? rec_value(h, at, "text") : NULL;
    bool told = text && strlen(text) > 8; /* a sentence */
    free(words);
    free(text);
    return told;
}

/* Who is removed is told why and may come again; who is banned may not, and is on the list. */
void rooms_removed(void **state UNUSED)
{
    if (no_rooms() || !h->proto->rooms->remove || !d->opens)
        skip(); /* elsewhere it is not they who may */
    gather();
    size_t from = h->n_events, theirs = they.n;
    assert_true(they_see_f(0, "MEMBER|chat=%s|nick=%s", room, US));
    hand_say(&they, "remove|%s|%s|kick|Avaunt", room, US);
    assert_true(they_see_f(theirs, "MEMBER_GONE|chat=%s|nick=%s|how=3", room, US));
    assert_true(we_are_out(from));
    theirs = they.n;
    assert_int_equal(go_in(US), 0);
    assert_true(they_see_f(theirs, "MEMBER|chat=%s|nick=%s", room, US));
    from = h->n_events;
    theirs = they.n;
    hand_say(&they, "remove|%s|%s|ban|Treason", room, US);
    assert_true(they_see_f(theirs, "MEMBER_GONE|chat=%s|nick=%s|how=4", room, US));
    assert_true(we_are_out(from));
    kith_req req = rec_request(h);
    assert_true(rec_called(h, req, h->proto->rooms->join(h->session, room, US, NULL, req)) >= 0);
    char *words = xasprintf("REPLY|req=%llu|err=-*", (unsigned long long)req);
    assert_true(wait_for(0, words) >= 0);
    hand_say(&they, "banned|%s", room);
    assert_true(they_see_f(theirs, "ITEM|address=%s", d->our_address()));
    free(words);
    leave();
    end();
}

/* Words to one of the room go to nobody else of it, and are a chat of their own. */
void rooms_whisper(void **state UNUSED)
{
    if (no_rooms() || !d->room_whispers)
        skip();
    gather();
    char *them = xasprintf("%s/%s", room, d->their_nick), *words = xasprintf("MESSAGE|body=for you|chat=%s", them);
    assert_true(send_text(them, "wh-1", "for your ears", 0, NULL) >= 0);
    assert_true(they_see_f(0, "MESSAGE|body=for your ears|chat=%s/%s", room, US));
    hand_say(&they, "send|%s/%s|wh-2|for you", room, US);
    assert_true(wait_for(0, words) >= 0);
    str_take(&words, xasprintf("MESSAGE|body=for you|chat=%s", room));
    assert_int_equal(rec_count(h, 0, words), 0);
    free(words);
    free(them);
    leave();
    end();
}

/* What was said meanwhile comes once, as history; what we had seen does not come again. */
void rooms_missed(void **state UNUSED)
{
    if (no_rooms() || !d->room_archive)
        skip();
    gather();
    char *known = xasprintf("SYNC_END|what=%d|chat=%s", KITH_SYNC_ARCHIVE, room);
    assert_true(wait_for(0, known) >= 0); /* what comes before that may come again */
    free(known);
    hand_say(&they, "send|%s|mi-1|before", room);
    assert_true(wait_for(0, "MESSAGE|body=before") >= 0);
    leave();
    size_t from = h->n_events;
    hand_say(&they, "send|%s|mi-2|missed one", room);
    hand_say(&they, "send|%s|mi-3|missed two", room);
    assert_true(they_see(&they, "RECEIPT|id=mi-3|delivery=2") >= 0);
    assert_int_equal(go_in(US), 0);
    assert_true(wait_for(from, "MESSAGE|body=missed two") > wait_for(from, "MESSAGE|body=missed one"));
    hand_say(&they, "send|%s|mi-4|and now", room);
    assert_true(wait_for(from, "MESSAGE|body=and now") >= 0);
    assert_int_equal(rec_count(h, from, "MESSAGE|body=missed*"), 2);
    assert_int_equal(rec_count(h, 0, "MESSAGE|body=before"), 1);
    leave();
    end();
}

/* A pin is the account's: the next session knows it. */
void rooms_keep(void **state UNUSED)
{
    if (no_rooms() || !d->room_kept)
        skip();
    gather();
    kith_req req = rec_request(h);
    assert_true(rec_called(h, req, h->proto->rooms->keep(h->session, room, KITH_CHAT_PINNED, req)) >= 0);
    char *words = xasprintf("REPLY|req=%llu|err=0", (unsigned long long)req);
    assert_true(wait_for(0, words) >= 0);
    size_t from = h->n_events;
    assert_true(h->core->disconnect(h->session, KITH_REASON_USER, "bye") >= 0);
    assert_true(wait_for(from, "STATE|state=0") >= 0);
    from = h->n_events;
    go_online();
    str_take(&words, xasprintf("CHAT|address=%s", room));
    bool pinned = false;
    for (int at = wait_for(from, words); at >= 0 && !pinned; at = wait_for((size_t)at + 1, words)) {
        char *flags = rec_value(h, at, "flags");
        int64_t n = 0;
        pinned = flags && str_int(flags, 0, UINT32_MAX, &n) && (n & KITH_CHAT_PINNED);
        free(flags);
    }
    assert_true(pinned);
    req = rec_request(h); /* for those who come after us */
    assert_true(rec_called(h, req, h->proto->rooms->keep(h->session, room, 0, req)) >= 0);
    free(words);
    leave();
    end();
}
