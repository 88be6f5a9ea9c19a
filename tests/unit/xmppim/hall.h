/* unit/xmppim/hall.h - a closed room of six people and their devices, played beside a session without a network */
#ifndef UNIT_XMPPIM_HALL_H
#define UNIT_XMPPIM_HALL_H

#include "../omemo/fixture.h"
#include "backends/xmpp/muc.h"
#include "backends/xmpp/omemo.h"
#include "fake_inner.h"

#define ROOM "mask@rooms.montague.lit"
#define CLOSED "<feature var='muc_nonanonymous'/><feature var='muc_membersonly'/>"
#define MORE "<feature var='urn:xmpp:sid:0'/><feature var='urn:xmpp:occupant-id:0'/><feature var='urn:xmpp:mam:2'/>"
#define SENTENCE "is it the east"

enum { PEOPLE = 5, DEVICES = 2 };
enum { IN_NONE, IN_OLD, IN_NEW, IN_BOTH };

struct person {
    const char *jid, *nick, *affiliation; /* nick NULL: not there now */
    int lists[DEVICES];
    bool silent; /* their server does not answer */
    struct party device[DEVICES];
};
struct room {
    struct x *x;
    struct person p[PEOPLE];
    size_t most; /* questions about people that were open at once */
    size_t guests; /* so many more belong to it, of guests.lit; they have no keys, */
    bool guests_answer; /* which their server says */
};

struct person *hall_who(struct room *t, const char *jid);
/* Releases it; owned. */
char *hall_text(xmpp_stanza_t *st);
/* Answers the n-th open question as its owner would. False: they do not answer. */
bool hall_answer_one(struct room *t, size_t n);
void hall_answer_all(struct room *t);
void hall_presence(struct room *t, const char *nick, const char *jid, const char *affiliation, const char *more);
/* Of somebody who is not there (XEP-0045 §9.3). */
void hall_standing(struct room *t, const char *jid, const char *affiliation);
/* For cmocka: *state is a struct room that we are in. */
int hall_setup(void **state);
int hall_teardown(void **state);
int hall_say_as(struct room *t, const char *chat, const char *id, const char *text, uint32_t flags, const char *target);
/* The sentence; and all questions are answered. */
void hall_say(struct room *t, const char *id);
const char *hall_sent(struct room *t);
/* What a device reads in the newest message of ours; owned, NULL: nothing is for it. */
char *hall_reads(struct room *t, struct party *by);
/* All devices of this person, or none of them, read the newest message. */
void hall_expect(struct room *t, const char *jid, bool can);
void hall_nothing_clear(struct room *t);
/* It is encrypted from now on. */
void hall_latch(struct room *t);

#endif
