/* unit/xmppim/test_bookmarks.c - bookmarks: the examples of XEP-0402, 0048, 0469 and 0492, and forged ones */
#include "room.h"

#include "backends/xmpp/bookmarks.h"

#define PLAY "theplay@conference.shakespeare.lit"
#define ORCHARD "orchard@conference.shakespeare.lit"
#define NODE "<items node='urn:xmpp:bookmarks:1'>"
#define EVENT(inner)                                                                               \
    "<event xmlns='http://jabber.org/protocol/pubsub#event'>" NODE inner "</items></event>"
#define EXTENSIONS                                                                                 \
    "<extensions><state xmlns='http://myclient.example/bookmark/state' minimized='true'>"          \
    "<deep xmlns='urn:x'>a &lt; b</deep></state></extensions>"
#define CONFERENCE(attrs, inner)                                                                   \
    "<conference xmlns='urn:xmpp:bookmarks:1'" attrs ">" inner "</conference>"
#define ITEM(id, attrs, inner) "<item id='" id "'>" CONFERENCE(attrs, inner) "</item>"

static const char account_compat[] =
    DISCO "<feature var='http://jabber.org/protocol/pubsub#publish-options'/>"
          "<feature var='urn:xmpp:bookmarks:1#compat'/></query>";

/* Bound; the account's disco#info has these features. */
static struct x *begin(const char *account)
{
    struct x *x = fake_open();
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
    fake_result(x, "to=\"" ME "\"", "%s", account);
    fake_forget(x);
    return x;
}

static void items(struct x *x, const char *list)
{
    fake_result(x, "node=\"urn:xmpp:bookmarks:1\"",
                "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" NODE "%s</items></pubsub>", list);
}

/* §3.2 */
static void fetched_and_joined(void **state)
{
    struct x *x = begin(account_compat);
    items(x, ITEM(PLAY, " name='The Play&apos;s the Thing' autojoin='true'", "<nick>JC</nick>")
                 ITEM(ORCHARD, " name='The Orcard' autojoin='1'", "<nick>JC</nick>" EXTENSIONS)
                     ITEM("quiet@conference.shakespeare.lit", "", ""));
    expect_event(x, "SYNC_BEGIN", "what=2;");
    expect_event(x, "CHAT", "address=" PLAY ";", "name=The Play's the Thing;", "nick=JC;", "+AUTOJOIN", "+KEPT",
                 "!+JOINED");
    expect_event(x, "CHAT", "address=" ORCHARD ";", "+AUTOJOIN");
    expect_event(x, "CHAT", "address=quiet@", "!+AUTOJOIN");
    expect_event(x, "SYNC_END", "what=2;");
    assert_true(fake_asking(x, "to=\"" PLAY "\"")); /* what it is, then we go in */
    assert_true(fake_asking(x, "to=\"" ORCHARD "\""));
    assert_false(fake_asking(x, "to=\"quiet@"));
    fake_forget(x);
    fake_result(x, "to=\"" PLAY "\"", DISCO "</query>");
    expect_sent(x, "<presence", "to=\"" PLAY "/JC\"", "http://jabber.org/protocol/muc");
    fake_close(x);
}

/* §4: heard live, only from the own account. */
static void live(void **state)
{
    struct x *x = begin(account_compat);
    items(x, "");
    fake_forget(x);
    static const char phone[] = ME "/phone";
    const char *const forgers[] = {"evil@evil.lit", "evil@evil.lit/x", phone, DOMAIN, PLAY};
    for (size_t i = 0; i < COUNT(forgers); i++)
        fake_feed(x, "<message from='%s' type='headline'>" EVENT(ITEM(PLAY, " autojoin='1'", "")) "</message>", forgers[i]);
    expect_no_event(x);
    expect_nothing_sent(x);
    fake_feed(x, "<message from='" ME "' type='headline'>" EVENT(ITEM(PLAY, " autojoin='1'", "<nick>JC</nick>")) "</message>");
    expect_event(x, "CHAT", "address=" PLAY ";", "+AUTOJOIN", "+KEPT");
    expect_sent(x, "to=\"" PLAY "\"", "disco#info");
    fake_result(x, "to=\"" PLAY "\"", DISCO "</query>");
    fake_forget(x);
    fake_feed(x, "<presence from='" PLAY "/JC' to='" ME_FULL "'>" USER
                 "<item affiliation='member' role='participant'/><status code='110'/></x></presence>");
    assert_true(fake_take_event(x, "+JOINED"));
    fake_forget(x);
    fake_feed(x, "<message from='" ME "' type='headline'>" EVENT(ITEM(PLAY, "", "<nick>JC</nick>")) "</message>");
    expect_event(x, "CHAT", "address=" PLAY ";", "!+AUTOJOIN");
    expect_sent(x, "<presence", "type=\"unavailable\"", "to=\"" PLAY "/JC\"");
    expect_nothing_sent(x); /* what was heard is not written back */
    fake_feed(x, "<message from='evil@evil.lit' type='headline'>" EVENT("<retract id='" PLAY "'/>") "</message>");
    expect_no_event(x);
    fake_feed(x, "<message from='" ME "' type='headline'>" EVENT("<retract id='" PLAY "'/>") "</message>");
    expect_event(x, "CHAT", "address=" PLAY ";", "!+KEPT");
    fake_close(x);
}

static char *text_of(struct x *x, const char *wrapped)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(x), wrapped);
    xmpp_stanza_t *el = st_child(st, "extensions", NULL);
    char *text = NULL, *out;
    size_t len;
    assert_non_null(el);
    xmpp_stanza_to_text(el, &text, &len);
    out = xstrdup(strchr(text, '>')); /* behind the first tag: its own name space is said or not */
    xmpp_free(x_ctx(x), text);
    xmpp_stanza_release(st);
    return out;
}

/* §3.4: what is foreign goes back as it came. */
static void foreign_extensions_stay(void **state)
{
    struct x *x = begin(account_compat);
    items(x, ITEM(ORCHARD, " name='The Orcard' strange='1'", "<nick>JC</nick>" EXTENSIONS "<odd xmlns='urn:odd'/>"));
    fake_forget(x);
    char *was = text_of(x, CONFERENCE("", EXTENSIONS));
    assert_int_equal(bookmarks_keep(x, ORCHARD, KITH_CHAT_PINNED, 5), 0);
    expect_event(x, "CHAT", "+PINNED", "!+AUTOJOIN");
    char *body = xstrdup(was);
    body[strlen(body) - strlen("</extensions>")] = '\0';
    expect_sent(x, "<publish node=\"urn:xmpp:bookmarks:1\"", "id=\"" ORCHARD "\"", "strange=\"1\"", "<odd xmlns=\"urn:odd\"/>",
                "<nick>JC</nick>", body + 1, "<pinned xmlns=\"urn:xmpp:bookmarks-pinning:0\"/>", "pubsub#persist_items",
                "pubsub#max_items", "<value>max</value>", "send_last_published_item", "<value>never</value>",
                "<value>whitelist</value>");
    fake_result(x, "<publish", "%s", "");
    expect_event(x, "REPLY req=5;", "!err");
    bookmarks_keep(x, ORCHARD, 0, 6);
    expect_event(x, "CHAT", "!+PINNED");
    expect_sent(x, was + 1, "!pinned");
    free(body);
    free(was);
    fake_close(x);
}

/* XEP-0492 §3, §4 */
static void levels(void **state)
{
    struct x *x = begin(account_compat);
#define NOTIFY(inner) "<extensions><notify xmlns='urn:xmpp:notification-settings:1'>" inner "</notify></extensions>"
    items(x, ITEM(PLAY, "", NOTIFY("<never/>"))
                 ITEM(ORCHARD, "", NOTIFY("<never identity-category='client' identity-type='pc'/>"
                                          "<on-mention identity-category='client'/><always/>"))
                     ITEM("c@conference.shakespeare.lit", "", NOTIFY("<always><advanced><x xmlns='custom:1'/></advanced></always>")));
    expect_event(x, "SYNC_BEGIN");
    expect_event(x, "address=" PLAY, "+MUTED");
    expect_event(x, "address=" ORCHARD, "+MENTIONS", "!+MUTED", "!+ALL"); /* the nearest to client/console */
    expect_event(x, "address=c@", "+ALL");
    fake_forget(x);
    bookmarks_keep(x, ORCHARD, KITH_CHAT_MUTED, 1);
    expect_sent(x, "<never identity-category=\"client\"/>", "identity-type=\"pc\"", "<always/>", "!on-mention");
    bookmarks_keep(x, "c@conference.shakespeare.lit", 0, 2);
    expect_sent(x, "<on-mention><advanced>", "!always"); /* what others understand is not thrown away */
    bookmarks_keep(x, PLAY, 0, 3);
    expect_sent(x, "<publish", "!<never");
    bookmarks_keep(x, PLAY, KITH_CHAT_ALERT_ALL, 4);
    expect_sent(x, "<always/>");
    bookmarks_keep(x, "new@conference.shakespeare.lit", KITH_CHAT_MUTED, 5);
    expect_sent(x, "id=\"new@", "<notify xmlns=\"urn:xmpp:notification-settings:1\"><never/></notify>", "!autojoin");
    fake_close(x);
}

static void joining_and_leaving(void **state)
{
    struct x *x = begin(account_compat);
    items(x, ITEM(COVEN, " name='Witches'", EXTENSIONS));
    fake_forget(x);
    joined(x, "");
    bookmarks_left(x, COVEN);
    expect_event(x, "CHAT", "address=" COVEN, "name=Witches;", "!+AUTOJOIN", "+JOINED");
    expect_sent(x, "id=\"" COVEN "\"", "autojoin=\"false\"", "name=\"Witches\"", "minimized=\"true\"", "<nick>thirdwitch</nick>");
    bookmarks_left(x, COVEN);
    expect_nothing_sent(x);
    bookmarks_joined(x, COVEN, NULL, "cauldron");
    expect_sent(x, "autojoin=\"true\"", "<password>cauldron</password>");
    bookmarks_nick_changed(x, COVEN, "hecate");
    expect_sent(x, "<nick>hecate</nick>", "autojoin=\"true\"");
    fake_close(x);
}

/* XEP-0048, where the server turns none into the other: read from all, written to the private storage. */
static void old_storage(void **state)
{
    struct x *x = begin(DISCO "<feature var='http://jabber.org/protocol/pubsub#publish-options'/></query>");
    expect_no_event(x);
    items(x, ITEM(PLAY, " name='new'", "<nick>JC</nick>"));
    fake_error(x, "node=\"storage:bookmarks\"", "item-not-found");
    expect_no_event(x); /* not all has come */
    fake_result(x, "jabber:iq:private",
                "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'>"
                "<url name='Complete Works' url='http://the-tech.mit.edu/Shakespeare/'/>"
                "<conference name='old' jid='" PLAY "'/>"
                "<conference name='Council of Oberon' autojoin='true' minimize='1' jid='council@conference.underhill.org'>"
                "<nick>Puck</nick></conference></storage></query>");
    expect_event(x, "SYNC_BEGIN");
    expect_event(x, "address=" PLAY, "name=new;");
    expect_event(x, "address=council@", "+AUTOJOIN", "nick=Puck;");
    expect_event(x, "SYNC_END");
    fake_forget(x);
    bookmarks_keep(x, "council@conference.underhill.org", KITH_CHAT_PINNED, 1);
    expect_sent(x, "jabber:iq:private", "<storage xmlns=\"storage:bookmarks\">", "<url ", "the-tech.mit.edu",
                "jid=\"" PLAY "\"", "minimize=\"1\"", "<nick>Puck</nick>", "pinned", "!pubsub");
    fake_close(x);
}

/* What could not be read is not written over, and does not count as "no rooms". */
static void unread_storage_is_not_replaced(void **state)
{
    struct x *x = begin(DISCO "</query>");
    fake_timeout(x, "jabber:iq:private");
    expect_no_event(x);
    fake_forget(x);
    bookmarks_keep(x, PLAY, KITH_CHAT_PINNED, 1);
    expect_nothing_sent(x);
    assert_true(fake_take_event(x, "REPLY req=1; err="));
    fake_close(x);
}

static void options_of_this_device(void **state)
{
    struct x *x = fake_open();
    fake_option(x, "join", "extra@rooms.lit sesame, -" PLAY ",not a room");
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
    fake_result(x, "to=\"" ME "\"", "%s", account_compat);
    items(x, ITEM(PLAY, " autojoin='1'", "") ITEM(ORCHARD, " autojoin='1'", ""));
    assert_false(fake_asking(x, "to=\"" PLAY "\""));
    assert_true(fake_asking(x, "to=\"" ORCHARD "\""));
    fake_forget(x);
    fake_result(x, "to=\"extra@rooms.lit\"", DISCO "</query>");
    expect_sent(x, "to=\"extra@rooms.lit/romeo\"", "<password>sesame</password>");
    fake_close(x);
    x = fake_open();
    fake_option(x, "autojoin", "own");
    fake_bind(x, false);
    fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
    fake_result(x, "to=\"" ME "\"", "%s", account_compat);
    items(x, ITEM(ORCHARD, " autojoin='1'", ""));
    assert_false(fake_asking(x, "to=\"" ORCHARD "\""));
    fake_forget(x);
    bookmarks_left(x, ORCHARD); /* other devices stay in it */
    bookmarks_joined(x, PLAY, NULL, NULL);
    expect_nothing_sent(x);
    fake_close(x);
}

/* Pinned before the bookmarks were there: told when they are. */
static void kept_early(void **state)
{
    struct x *x = begin(account_compat);
    assert_int_equal(bookmarks_keep(x, PLAY, KITH_CHAT_PINNED, 4), 0);
    expect_event(x, "REPLY req=4;", "!err");
    expect_nothing_sent(x);
    items(x, ITEM(PLAY, " autojoin='1'", EXTENSIONS));
    assert_true(fake_take_sent(x, "pinned"));
    fake_close(x);
}

/* Entered by hand before the bookmarks were there: kept for all devices when they are. */
static void entered_early(void **state)
{
    struct x *x = begin(account_compat);
    ask_in(x, "");
    come_in(x);
    assert_false(fake_take_sent(x, "<publish"));
    items(x, "");
    expect_sent(x, "<publish node=\"urn:xmpp:bookmarks:1\"", "id=\"" COVEN "\"", "autojoin=\"true\"");
    fake_close(x);
}

/* Kith ends, and begins anew. Where the account keeps no bookmarks, this device goes back to where it was; where it does,
 * they alone say: another device may have left the room for all of them. A room that was left stays left. */
static void what_was_entered_by_hand(void **state)
{
    enum { NONE, COMPAT, LEFT, OWN, OFF, WAYS };
    for (int way = 0; way < WAYS; way++) {
        const char *account = way == COMPAT ? account_compat : DISCO "</query>";
        struct x *x = begin(account);
        if (way == OWN)
            fake_option(x, "autojoin", "own");
        if (way == COMPAT)
            items(x, "");
        else
            fake_error(x, "jabber:iq:private", "service-unavailable");
        ask_in(x, "");
        come_in(x);
        if (way == LEFT)
            muc_leave(x, COVEN, NULL, 0);
        if (way == OFF)
            fake_option(x, "join", "-" COVEN);
        fake_restart(&x);
        fake_bind(x, false);
        fake_result(x, "to=\"" DOMAIN "\"", DISCO "</query>");
        fake_result(x, "to=\"" ME "\"", "%s", account);
        assert_false(fake_asking(x, "to=\"" COVEN "\""));
        if (way == COMPAT)
            items(x, "");
        else
            fake_error(x, "jabber:iq:private", "service-unavailable");
        assert_int_equal(fake_asking(x, "to=\"" COVEN "\""), way == NONE);
        fake_close(x);
    }
}

static void addresses_that_are_no_rooms(void **state)
{
    struct x *x = begin(account_compat);
    items(x, "<item id=''>" CONFERENCE(" autojoin='1'", "") "</item><item>" CONFERENCE("", "") "</item>" ITEM(PLAY "/nick", "", "")
                 ITEM("@", "", "") "<item id='" ORCHARD "'/><item id='" ORCHARD "'><conference xmlns='urn:other'/></item>");
    expect_event(x, "SYNC_BEGIN");
    expect_event(x, "SYNC_END");
    expect_no_event(x);
    assert_int_equal(bookmarks_keep(x, "@", KITH_CHAT_PINNED, 4), KITH_EINVAL);
    fake_close(x);
}

/* XEP-0060 §7.1.5: a node that is there with other options, and servers that do not know them (ejabberd 23.01). */
static void options_that_are_refused(void **state)
{
    struct x *x = begin(account_compat);
    items(x, ITEM(ORCHARD, "", ""));
    fake_forget(x);
    bookmarks_keep(x, ORCHARD, KITH_CHAT_PINNED, 5);
    expect_sent(x, "<publish-options>");
    fake_error(x, "<publish", "resource-constraint");
    expect_sent(x, "<create node=\"urn:xmpp:bookmarks:1\"/>", "pubsub#node_config", "<value>max</value>", "<value>whitelist</value>",
                "<value>never</value>");
    fake_error(x, "<create", "conflict");
    expect_sent(x, "http://jabber.org/protocol/pubsub#owner", "<configure node=\"urn:xmpp:bookmarks:1\">", "<value>whitelist</value>");
    expect_nothing_sent(x); /* not before others cannot read it */
    fake_result(x, "<configure", "%s", "");
    expect_sent(x, "<publish node=\"urn:xmpp:bookmarks:1\"", "pinned", "!options");
    fake_result(x, "<publish", "%s", "");
    assert_true(fake_take_event(x, "REPLY req=5;"));
    bookmarks_keep(x, ORCHARD, 0, 6); /* the node is as it must be */
    expect_sent(x, "<publish node=\"urn:xmpp:bookmarks:1\"", "!options");
    fake_close(x);
}

static void what_cannot_be_private_is_not_published(void **state)
{
    struct x *x = begin(account_compat);
    items(x, ITEM(ORCHARD, "", ""));
    fake_forget(x);
    bookmarks_keep(x, ORCHARD, KITH_CHAT_PINNED, 5);
    fake_error(x, "<publish", "conflict");
    fake_error(x, "<create", "conflict");
    fake_forget(x);
    fake_error(x, "<configure", "forbidden");
    expect_nothing_sent(x);
    expect_event(x, "REPLY req=5;", "err=");
    fake_close(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fetched_and_joined),
                                       cmocka_unit_test(live),
                                       cmocka_unit_test(foreign_extensions_stay),
                                       cmocka_unit_test(levels),
                                       cmocka_unit_test(joining_and_leaving),
                                       cmocka_unit_test(old_storage),
                                       cmocka_unit_test(unread_storage_is_not_replaced),
                                       cmocka_unit_test(options_of_this_device),
                                       cmocka_unit_test(kept_early),
                                       cmocka_unit_test(entered_early),
                                       cmocka_unit_test(what_was_entered_by_hand),
                                       cmocka_unit_test(options_that_are_refused),
                                       cmocka_unit_test(what_cannot_be_private_is_not_published),
                                       cmocka_unit_test(addresses_that_are_no_rooms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
