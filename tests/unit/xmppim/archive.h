/* unit/xmppim/archive.h - steps that the tests of the archive and of the ledger share */
#ifndef TEST_ARCHIVE_H
#define TEST_ARCHIVE_H

#include "fake_x.h"

#include <stdio.h>
#include <stdlib.h>

#define DISCO "<query xmlns='http://jabber.org/protocol/disco#info'>"
#define FIN_MORE                                                                                   \
    "<fin xmlns='urn:xmpp:mam:2'><set "                                                            \
    "xmlns='http://jabber.org/protocol/rsm'><first>%s</first><last>%s</last></set></fin>"
#define FIN_END                                                                                    \
    "<fin xmlns='urn:xmpp:mam:2' complete='true'><set "                                            \
    "xmlns='http://jabber.org/protocol/rsm'><first>%s</first><last>%s</last></set></fin>"

#define FIN_EMPTY "<fin xmlns='urn:xmpp:mam:2' complete='true'/>"

static inline int setup(void **state)
{
    *state = fake_open();
    return 0;
}

static inline int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

/* Everything of a new session but the catch-up. */
static inline void bind_until_archive(struct x *x)
{
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
    fake_result(x, "to=\"" ME "\"", DISCO "<feature var='urn:xmpp:mam:2'/></query>");
    fake_result(x, "jabber:iq:roster", "<query xmlns='jabber:iq:roster'/>");
    fake_result(x, "urn:xmpp:carbons:2", "%s", "");
    fake_forget(x);
}

static inline void result(struct x *x, const char *qid, const char *archive_id, const char *from,
                   const char *to, const char *id, const char *body)
{
    fake_feed(x,
              "<message to='" ME_FULL "'><result xmlns='urn:xmpp:mam:2' queryid='%s' "
              "id='%s'><forwarded xmlns='urn:xmpp:forward:0'>"
              "<delay xmlns='urn:xmpp:delay' stamp='2025-06-15T10:00:00Z'/><message "
              "xmlns='jabber:client' from='%s' to='%s' type='chat' id='%s'>"
              "<body>%s</body><origin-id xmlns='urn:xmpp:sid:0' id='%s'/><request "
              "xmlns='urn:xmpp:receipts'/></message></forwarded></result></message>",
              qid, archive_id, from, to, id, body, id);
}

/* The server says what time it is by its clock: before the archive is asked for the first time in a
 * session. */
static inline void tell_time(struct x *x)
{
    fake_result(x, "urn:xmpp:time",
                "<time xmlns='urn:xmpp:time'><tzo>Z</tzo><utc>2025-06-15T15:06:40Z</utc></time>");
}

static inline int send_one(struct x *x, const char *id, uint32_t flags)
{
    struct kith_send m = {.size = sizeof m,
                          .chat = "juliet@capulet.lit",
                          .body = id,
                          .id = id,
                          .flags = flags,
                          .written_ms = 1750000000000 - 5000};
    return im_send(x, &m);
}

#endif
