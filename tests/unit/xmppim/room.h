/* unit/xmppim/room.h - steps that the tests of rooms share: the coven of XEP-0045 */
#ifndef TEST_ROOM_H
#define TEST_ROOM_H

#include "fake_x.h"

#include <stdio.h>
#include <stdlib.h>

#define COVEN "coven@chat.shakespeare.lit"
#define US COVEN "/thirdwitch"
#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>"
#define DISCO "<query xmlns='http://jabber.org/protocol/disco#info'>"
#define SID "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='%s'/>"
#define OCCUPANT "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='%s'/>"
#define ALL_FEATURES                                                                               \
    "<feature var='urn:xmpp:sid:0'/><feature var='urn:xmpp:occupant-id:0'/>"                       \
    "<feature var='urn:xmpp:message-moderate:1'/>"

static inline int setup(void **state)
{
    struct x *x = *state = fake_open();
    fake_start(x);
    return 0;
}

static inline int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

/* Asks to go in; the room says what it can do. What is sent and told up to there is forgotten. */
static inline void ask_in(struct x *x, const char *features)
{
    assert_int_equal(muc_join(x, COVEN, "thirdwitch", NULL, 7), 0);
    fake_result(x, "to=\"" COVEN "\"", DISCO "%s</query>", features);
}

static inline void presence(struct x *x, const char *nick, const char *affiliation,
                            const char *role, const char *more)
{
    fake_feed(x,
              "<presence from='" COVEN "/%s' to='" ME_FULL "'>" USER
              "<item affiliation='%s' role='%s'/>%s</x></presence>",
              nick, affiliation, role, more);
}

/* The list of §7.2.2, our own presence with an occupant id, and an empty subject. */
static inline void come_in(struct x *x)
{
    presence(x, "firstwitch", "owner", "moderator", "");
    presence(x, "secondwitch", "admin", "moderator", "");
    fake_feed(x, "<presence from='" US "' to='" ME_FULL "'>" USER
                 "<item affiliation='member' role='participant'/><status code='110'/></x>"
                 "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='own'/></presence>");
    fake_feed(x, "<message from='" COVEN "' to='" ME_FULL "' type='groupchat'><subject/></message>");
}

static inline void joined(struct x *x, const char *features)
{
    ask_in(x, features);
    come_in(x);
    fake_forget(x);
}

/* A message of the room by a nick; more: further children. */
static inline void groupchat(struct x *x, const char *nick, const char *id, const char *body,
                             const char *more)
{
    fake_feed(x,
              "<message from='" COVEN "/%s' to='" ME_FULL "' type='groupchat' id='%s'>"
              "<body>%s</body>%s</message>",
              nick, id, body, more);
}

static inline int say(struct x *x, const char *chat, const char *id, const char *body)
{
    struct kith_send m = {.size = sizeof m, .chat = chat, .body = body, .id = id, .written_ms = 1};
    return im_send(x, &m);
}

#endif
