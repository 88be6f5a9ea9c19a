/* unit/xmppim/fake_start.c - the usual beginning of a test: a bound session and friends */
#include "fake_x.h"

#define DISCO "<query xmlns='http://jabber.org/protocol/disco#info'>"
void fake_start(struct x *x)
{
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "<feature var='urn:xmpp:blocking'/></query>");
    fake_result(x, "to=\"" ME "\"",
                DISCO "<feature var='urn:xmpp:mam:2'/>"
                      "<feature var='http://jabber.org/protocol/pubsub#publish-options'/></query>");
    fake_result(x, "urn:xmpp:carbons:2", "%s", "");
    fake_result(x, "jabber:iq:roster", "<query xmlns='jabber:iq:roster' ver='v1'/>");
    fake_result(x, "urn:xmpp:blocking", "<blocklist xmlns='urn:xmpp:blocking'/>");
    fake_result(x, "urn:xmpp:mds:displayed:0", "%s", "");
    fake_result(x, "urn:xmpp:mam:2", "<fin xmlns='urn:xmpp:mam:2' complete='true'/>");
    fake_forget(x);
}

void fake_friends(struct x *x)
{
    static const char *const friends[][2] = {{"juliet@capulet.lit", "both"},
                                             {"nurse@capulet.lit", "from"},
                                             {"mercutio@verona.lit", "to"},
                                             {"tybalt@capulet.lit", "none"},
                                             {"irc.lit", "both"}};
    for (size_t i = 0; i < COUNT(friends); i++)
        fake_feed(x,
                  "<iq type='set' id='p'><query xmlns='jabber:iq:roster' ver='v2'><item jid='%s' "
                  "subscription='%s'/></query></iq>",
                  friends[i][0], friends[i][1]);
    fake_forget(x);
}
