/* unit/xmppim/fake_start.c - the usual beginning of a test: a bound session and friends; and answers of the user */
#include "fake_x.h"

#define DISCO "<query xmlns='http://jabber.org/protocol/disco#info'>"
void fake_start(struct x *x)
{
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "<feature var='urn:xmpp:blocking'/></query>");
    fake_result(x, "to=\"" ME "\"",
                DISCO "<feature var='urn:xmpp:mam:2'/>"
                      "<feature var='http://jabber.org/protocol/pubsub#publish-options'/>"
                      "<feature var='urn:xmpp:bookmarks:1#compat'/></query>");
    fake_result(x, "urn:xmpp:carbons:2", "%s", "");
    fake_result(x, "jabber:iq:roster", "<query xmlns='jabber:iq:roster' ver='v1'/>");
    fake_result(x, "urn:xmpp:blocking", "<blocklist xmlns='urn:xmpp:blocking'/>");
    fake_result(x, "urn:xmpp:mds:displayed:0", "%s", "");
    fake_result(x, "node=\"urn:xmpp:bookmarks:1\"", "%s", "");
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

void fake_answer(struct x *x, uint64_t ask, const char *choice)
{
    fake_answer_as(x, ask, &(struct kith_answer){.size = sizeof(struct kith_answer), .choice = choice});
}

void fake_answer_with(struct x *x, uint64_t ask, const char *choice, ...)
{
    struct kith_field f[32];
    const char *values[32];
    size_t n = 0;
    va_list ap;
    va_start(ap, choice);
    for (const char *key; n < COUNT(f) && (key = va_arg(ap, const char *)); n++) {
        values[n] = va_arg(ap, const char *);
        f[n] = (struct kith_field){
            .size = sizeof f[n], .key = key, .values = &values[n], .n_values = 1};
    }
    va_end(ap);
    fake_answer_as(x, ask, &(struct kith_answer){sizeof(struct kith_answer), choice, f, n});
}
