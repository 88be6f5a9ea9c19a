/* unit/core/events.h - events as a backend sends them, in few words, for the tests of ingest */
#ifndef TEST_CORE_EVENTS_H
#define TEST_CORE_EVENTS_H

#include "rig.h"

static inline int setup(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);
    rig_open(r, NULL, false);
    r->a->state = KITH_STATE_ONLINE;
    *state = r;
    return 0;
}

static inline int teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

#define BOB "bob@fake"
#define ROOM "room@fake"

static inline struct kith_ev_message  text(const char *id, const char *body)
{
    return (struct kith_ev_message){
        .ev = {.size = sizeof(struct kith_ev_message), .type = KITH_EV_MESSAGE},
        .chat = BOB,
        .sender = BOB,
        .id = id,
        .origin_id = id,
        .body = body};
}

static inline void give(struct rig *r, struct kith_ev_message ev)
{
    ingest_event(r->ca, &ev.ev);
}

static inline struct chat *bob(struct rig *r)
{
    return account_chat(r->a, BOB);
}

static inline void give_room(struct rig *r, uint32_t flags)
{
    struct kith_ev_chat ev = {.ev = {.size = sizeof ev, .type = KITH_EV_CHAT},
                              .address = ROOM,
                              .kind = KITH_CHAT_ROOM,
                              .flags = flags,
                              .nick = "me"};
    ingest_event(r->ca, &ev.ev);
}

static inline struct kith_ev_message  room_text(const char *nick, const char *occupant, const char *id,
                                        const char *body)
{
    struct kith_ev_message ev = text(id, body);
    ev.chat = ROOM;
    ev.sender = nick;
    ev.sender_id = occupant;
    return ev;
}

#endif
