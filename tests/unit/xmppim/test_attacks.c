/* unit/xmppim/test_attacks.c - each kind of stanza that has power, from each kind of sender; and what strangers provoke */
#include "room.h"

#include "backends/xmpp/muc.h"

#define FRIEND "juliet@capulet.lit"
#define STRANGER "mallory@evil.lit"
#define EVENT(node, item) \
    "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='" node "'>" item "</items></event>"

/* Who it says it is from; NULL: no `from`, which is the account itself (RFC 6120 §8.1.2.1). */
enum sender { NOBODY = 1, OWN = 2, OWN_DEVICE = 4, FRIEND_BARE = 8 };
static const struct {
    enum sender who;
    const char *from;
} senders[] = {
    {NOBODY, NULL},
    {OWN, ME},
    {OWN_DEVICE, ME "/phone"},
    {FRIEND_BARE, FRIEND},
    {0, FRIEND "/balcony"},
    {0, DOMAIN},
    {0, DOMAIN "/romeo"},
    {0, STRANGER},
    {0, STRANGER "/x"},
    {0, "evil.lit"},
    {0, ME ".evil.lit"},
    {0, "romeo@evil.lit"},
    {0, "evil.lit/" ME},
    {0, "xromeo@montague.lit"},
    {0, "irc.lit"},
    {0, COVEN},
    {0, COVEN "/" ME},
    {0, ""},
};

/* What it does when it is heard has MARK in it. */
#define MARK "forged"
static const struct {
    const char *name, *stanza; /* %s: the attribute `from` */
    unsigned allowed;          /* enum sender */
} attacks[] = {
    {"roster push", "<iq type='set' id='p1' %s><query xmlns='jabber:iq:roster'><item jid='forged@x.lit' subscription='both'/></query></iq>",
     NOBODY | OWN},
    {"block push", "<iq type='set' id='p2' %s><block xmlns='urn:xmpp:blocking'><item jid='forged@capulet.lit'/></block></iq>", NOBODY | OWN},
    {"carbon of what came",
     "<message %s><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
     "from='" FRIEND "/b' to='" ME "' type='chat'><body>forged</body></message></forwarded></received></message>",
     OWN},
    {"carbon of what was sent",
     "<message %s><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
     "from='" ME "/phone' to='" FRIEND "' type='chat'><body>forged</body></message></forwarded></sent></message>",
     OWN},
    {"how far was read",
     "<message type='headline' %s>" EVENT("urn:xmpp:mds:displayed:0", "<item id='" FRIEND "'><displayed xmlns='urn:xmpp:mds:displayed:0'>"
     "<stanza-id xmlns='urn:xmpp:sid:0' by='" ME "' id='forged'/></displayed></item>") "</message>",
     NOBODY | OWN},
    {"bookmark",
     "<message type='headline' %s>" EVENT("urn:xmpp:bookmarks:1", "<item id='forged@chat.lit'><conference xmlns='urn:xmpp:bookmarks:1' "
     "autojoin='true'/></item>") "</message>",
     NOBODY | OWN},
    {"nickname", "<message type='headline' %s>" EVENT("http://jabber.org/protocol/nick", "<item id='n'><nick "
     "xmlns='http://jabber.org/protocol/nick'>forged</nick></item>") "</message>",
     FRIEND_BARE},
    {"result of no question", "<iq type='result' id='p1' %s><query xmlns='jabber:iq:roster'><item jid='forged@x.lit' "
     "subscription='both'/></query></iq>", 0},
    {"archive of no question",
     "<message %s><result xmlns='urn:xmpp:mam:2' queryid='f27' id='a1'><forwarded xmlns='urn:xmpp:forward:0'><message "
     "xmlns='jabber:client' from='" FRIEND "/b' to='" ME "' type='chat'><body>forged</body></message></forwarded></result></message>", 0},
    {"room that we are not in", "<message type='groupchat' %s><body>forged</body></message>", 0},
};

static bool heard(struct x *x, const char *stanza, const char *from)
{
    char attr[200] = "";
    if (from)
        (void)snprintf(attr, sizeof attr, "from='%s'", from);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    fake_feed(x, stanza, attr);
#pragma GCC diagnostic pop
    return fake_take_event(x, MARK) || fake_take_sent(x, "to=\"" MARK) || roster_has(x, "forged@x.lit") ||
           blocking_has(x, "forged@capulet.lit") || str_eq(nick_of(x, FRIEND), MARK) || str_eq(nick_of(x, STRANGER), MARK);
}

static void power_is_with_whom_it_belongs_to(void **state)
{
    for (size_t a = 0; a < COUNT(attacks); a++)
        for (size_t s = 0; s < COUNT(senders); s++) {
            struct x *x = fake_open();
            fake_start(x);
            fake_friends(x);
            bool was = heard(x, attacks[a].stanza, senders[s].from), may = attacks[a].allowed & senders[s].who;
            fake_close(x);
            if (was != may)
                fail_msg("%s from %s was %sheard", attacks[a].name, senders[s].from ? senders[s].from : "nobody", was ? "" : "not ");
        }
}

/* SECURITY: nothing is sent to strangers by itself. Errors say only that nobody answers. */
static void strangers_provoke_nothing(void **state)
{
    static const char *const tries[] = {
        "<presence %s/>",
        "<presence type='probe' %s/>",
        "<presence type='subscribe' %s><nick xmlns='http://jabber.org/protocol/nick'>m</nick></presence>",
        "<presence type='subscribed' %s/>",
        "<presence %s><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://evil.lit' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>",
        "<presence %s><x xmlns='vcard-temp:x:update'><photo>01b87fcd030b72895ff8e88db57ec525450f000d</photo></x></presence>",
        "<message type='chat' id='s1' %s><body>http://evil.lit/x.png</body><request xmlns='urn:xmpp:receipts'/>"
        "<markable xmlns='urn:xmpp:chat-markers:0'/><active xmlns='http://jabber.org/protocol/chatstates'/></message>",
        "<message type='chat' id='s2' %s><body>http://evil.lit/x.png</body><x xmlns='jabber:x:oob'><url>http://evil.lit/x.png</url></x></message>",
        "<message type='headline' %s><attention xmlns='urn:xmpp:attention:0'/></message>",
        "<message type='headline' %s>" EVENT("urn:xmpp:avatar:metadata", "<item id='a'><metadata xmlns='urn:xmpp:avatar:metadata'><info "
        "bytes='12' id='a' type='image/png'/></metadata></item>") "</message>",
        "<message type='normal' %s><x xmlns='http://jabber.org/protocol/rosterx'><item action='add' jid='friend@evil.lit'/></x></message>",
        "<message type='normal' %s><confirm xmlns='http://jabber.org/protocol/http-auth' id='1' method='GET' url='http://evil.lit'/></message>",
        "<iq type='get' id='q1' %s><query xmlns='jabber:iq:version'/></iq>",
        "<iq type='get' id='q2' %s><query xmlns='jabber:iq:last'/></iq>",
        "<iq type='get' id='q3' %s><time xmlns='urn:xmpp:time'/></iq>",
        "<iq type='get' id='q4' %s><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        "<iq type='get' id='q5' %s><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
        "<iq type='get' id='q6' %s><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='get' id='q7' %s><vCard xmlns='vcard-temp'/></iq>",
        "<iq type='set' id='q8' %s><command xmlns='http://jabber.org/protocol/commands' node='x' action='execute'/></iq>",
        "<iq type='set' id='q9' %s><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='j'/></iq>",
        "<iq type='set' id='q10' %s><open xmlns='http://jabber.org/protocol/ibb' sid='i' block-size='4096'/></iq>",
        "<iq type='set' id='q11' %s><query xmlns='jabber:iq:oob'><url>http://evil.lit/x</url></query></iq>",
    };
    static const char *const from[] = {STRANGER, STRANGER "/x", "evil.lit", "tybalt@capulet.lit/x"};
    for (size_t f = 0; f < COUNT(from); f++) {
        struct x *x = fake_open();
        fake_start(x);
        fake_friends(x);
        for (size_t i = 0; i < COUNT(tries); i++) {
            char attr[100], *sent;
            (void)snprintf(attr, sizeof attr, "from='%s'", from[f]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            fake_feed(x, tries[i], attr);
#pragma GCC diagnostic pop
            while ((sent = fake_sent_text(x))) {
                if (!strstr(sent, "type=\"error\"") || strstr(sent, "kith"))
                    fail_msg("%s, from %s, made us send %s", tries[i], from[f], sent);
                free(sent);
            }
        }
        fake_timers(x);
        expect_nothing_sent(x);
        fake_close(x);
    }
}

/* A room of more people than anybody has: the list ends, and nothing else does. */
static void members_are_bounded(void **state)
{
    struct x *x = *state;
    joined(x, "");
    for (int i = 0; i < MUC_MEMBERS_MAX + 100; i++) {
        fake_feed(x, "<presence from='" COVEN "/w%d'>" USER "<item affiliation='none' role='participant'/></x></presence>", i);
        if (i % 1000 == 0)
            fake_forget(x);
    }
    assert_false(fake_take_event(x, "w50090"));
    groupchat(x, "w3", "m1", "still here", "");
    assert_true(fake_take_event(x, "body=still here"));
}

static void bookmarks_are_bounded(void **state)
{
    struct x *x = *state;
    struct buf b = {0};
    for (int i = 0; i < 2100; i++)
        buf_addf(&b, "<item id='r%d@chat.lit'><conference xmlns='urn:xmpp:bookmarks:1'/></item>", i);
    fake_feed(x, "<message type='headline' from='" ME "'>" EVENT("urn:xmpp:bookmarks:1", "%s") "</message>", buf_str(&b));
    buf_free(&b);
    assert_true(fake_take_event(x, "r1999@chat.lit"));
    assert_false(fake_take_event(x, "r2050@chat.lit"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_is_with_whom_it_belongs_to),
        cmocka_unit_test(strangers_provoke_nothing),
        T(members_are_bounded),
        T(bookmarks_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
