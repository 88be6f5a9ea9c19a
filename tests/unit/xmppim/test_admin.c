/* unit/xmppim/test_admin.c - who may what in rooms: the examples of XEP-0045 §8 to §10, XEP-0425, and forged ones */
#include "room.h"

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/muc_commands.h"

#define CMD(n) {.name = #n, .run = muc_run_##n}
static const struct kith_command commands[] = {CMD(op),   CMD(deop),        CMD(voice),    CMD(devoice),   CMD(unban),
                                               CMD(bans), CMD(affiliation), CMD(moderate), CMD(configure), CMD(destroy)};

/* Runs a command of the room's. */
static int run(struct x *x, const char *name, const char *a, const char *b, const char *c)
{
    const char *argv[] = {name, a, b, c};
    int argc = c ? 4 : b ? 3 : a ? 2 : 1;
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run((struct kith_session *)x, COVEN, argc, argv, 5);
    fail();
    return 0;
}

static void as(struct x *x, const char *affiliation, const char *role)
{
    fake_feed(x, "<presence from='" US "' to='" ME_FULL "'>" USER "<item affiliation='%s' role='%s'/><status code='110'/></x></presence>",
              affiliation, role);
    fake_forget(x);
}

static int setup_room(void **state)
{
    setup(state);
    joined(*state, ALL_FEATURES);
    return 0;
}

/* §8.2, §8.3, §8.4, §8.5: roles by nick */
static void roles(void **state)
{
    struct x *x = *state;
    assert_int_equal(admin_remove(x, COVEN, "secondwitch", KITH_LEAVE_KICK, "Avaunt, you cullion!", 5), 0);
    expect_sent(x, "type=\"set\"", "to=\"" COVEN "\"", "muc#admin", "nick=\"secondwitch\"", "role=\"none\"", "<reason>Avaunt, you cullion!</reason>");
    fake_error(x, "role=\"none\"", "not-allowed");
    expect_event(x, "REPLY req=5;", "err=-9;");
    assert_int_equal(admin_remove(x, COVEN, "nobody", KITH_LEAVE_KICK, NULL, 5), KITH_ENOTFOUND);
    run(x, "op", "secondwitch", "firstwitch", NULL);
    expect_sent(x, "nick=\"secondwitch\"", "nick=\"firstwitch\"", "role=\"moderator\""); /* one question */
    fake_result(x, "moderator", "%s", "");
    expect_event(x, "REPLY req=5;", "!err");
    run(x, "devoice", "secondwitch", NULL, NULL);
    expect_sent(x, "role=\"visitor\"");
    run(x, "voice", "secondwitch", NULL, NULL);
    expect_sent(x, "role=\"participant\"");
    run(x, "deop", "secondwitch", "nobody", NULL);
    expect_nothing_sent(x);
    expect_event(x, "REPLY req=5;", "err=-10;");
    assert_int_equal(admin_role(x, COVEN, "secondwitch", KITH_ROLE_OP, NULL, 5), 0);
    expect_sent(x, "role=\"moderator\"");
    assert_int_equal(admin_role(x, "other@room.lit", "secondwitch", KITH_ROLE_OP, NULL, 5), KITH_EINVAL);
}

/* §9: affiliations by address, which the room may not show */
static void affiliations(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='" COVEN "/earl' to='" ME_FULL "'>" USER
                 "<item affiliation='none' role='participant' jid='earlofcambridge@shakespeare.lit/throne'/></x></presence>");
    fake_forget(x);
    assert_int_equal(admin_remove(x, COVEN, "earl", KITH_LEAVE_BAN, "Treason", 5), 0);
    expect_sent(x, "affiliation=\"outcast\"", "jid=\"earlofcambridge@shakespeare.lit\"", "<reason>Treason</reason>", "!nick=");
    admin_remove(x, COVEN, "firstwitch", KITH_LEAVE_BAN, NULL, 5);
    expect_sent(x, "affiliation=\"outcast\"", "nick=\"firstwitch\"", "!jid=");
    admin_remove(x, COVEN, "spam@evil.lit", KITH_LEAVE_BAN, NULL, 5);
    expect_sent(x, "jid=\"spam@evil.lit\"");
    run(x, "unban", "spam@evil.lit", "evil.lit", NULL);
    expect_sent(x, "jid=\"spam@evil.lit\"", "jid=\"evil.lit\"", "affiliation=\"none\"");
    run(x, "affiliation", "member", "hag66@shakespeare.lit", "earl");
    expect_sent(x, "jid=\"hag66@shakespeare.lit\"", "jid=\"earlofcambridge@shakespeare.lit\"", "affiliation=\"member\"");
    fake_forget(x);
    fake_result(x, "hag66", "%s", "");
    expect_event(x, "REPLY req=5;", "!err", "text=2 people are members of this room now.");
    run(x, "affiliation", "none", "hag66@shakespeare.lit", NULL);
    fake_result(x, "hag66", "%s", "");
    expect_event(x, "REPLY req=5;", "text=hag66@shakespeare.lit has no standing in this room any more.");
    fake_forget(x);
    run(x, "affiliation", "owner", "whoever", NULL);
    expect_nothing_sent(x);
    expect_event(x, "REPLY req=5;", "err=-10;", "whoever");
    run(x, "affiliation", "queen", NULL, NULL);
    run(x, "affiliation", "none", NULL, NULL);
    expect_nothing_sent(x);
}

/* §9.2 */
static void lists(void **state)
{
    struct x *x = *state;
    run(x, "bans", "bans", NULL, NULL);
    expect_sent(x, "type=\"get\"", "<item affiliation=\"outcast\"/>");
    fake_result(x, "outcast", "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast' jid='earlofcambridge@shakespeare.lit'>"
                              "<reason>Treason</reason></item><item affiliation='outcast'/><item jid='@'/><item jid='plain@x.lit'/></query>");
    expect_event(x, "ITEM req=5;", "address=earlofcambridge@shakespeare.lit;", "name=earlofcambridge@shakespeare.lit (Treason);");
    expect_event(x, "ITEM req=5;", "address=plain@x.lit;", "!name=");
    expect_event(x, "REPLY req=5;", "!err");
    run(x, "affiliation", "member", NULL, NULL);
    fake_result(x, "affiliation=\"member\"", "<query xmlns='http://jabber.org/protocol/muc#admin'/>");
    expect_event(x, "REPLY req=5;", "!err", "text=This room has no members but its owners and administrators.");
    run(x, "bans", "bans", NULL, NULL);
    fake_result(x, "affiliation=\"outcast\"", "%s", "");
    expect_event(x, "REPLY req=5;", "!err", "text=Nobody is banned from this room.");
    assert_int_equal(admin_affiliated(x, COVEN, KITH_ROLE_OWNER, 6), 0);
    fake_error(x, "affiliation=\"owner\"", "forbidden");
    expect_event(x, "REPLY req=6;", "err=-9;");
    run(x, "bans", "quiets", NULL, NULL);
    expect_event(x, "REPLY req=5;", "err=-3;");
}

/* §8.6, our side */
static void voice_is_asked_for(void **state)
{
    struct x *x = *state;
    run(x, "voice", NULL, NULL, NULL);
    expect_event(x, "REPLY req=5;", "err=-1;");
    as(x, "none", "visitor");
    run(x, "voice", NULL, NULL, NULL);
    expect_sent(x, "<message", "to=\"" COVEN "\"", "muc#request", "muc#role", "<value>participant</value>", "type=\"submit\"");
}

/* §8.6, the moderators' side */
#define REQUEST(from)                                                                              \
    "<message from='" from "' to='" ME_FULL "'><x xmlns='jabber:x:data' type='form'>"              \
    "<title>Voice request</title><field var='FORM_TYPE' type='hidden'>"                            \
    "<value>http://jabber.org/protocol/muc#request</value></field>"                                \
    "<field var='muc#role' type='list-single' label='Requested role'><value>participant</value></field>" \
    "<field var='muc#jid' type='jid-single'><value>hag66@shakespeare.lit/pda</value></field>"      \
    "<field var='muc#roomnick' type='text-single'><value>thirdwitch</value></field>"               \
    "<field var='muc#request_allow' type='boolean'><value>false</value></field></x></message>"
static void voice_is_given(void **state)
{
    struct x *x = *state;
    fake_feed(x, "%s", REQUEST(COVEN)); /* we are no moderator */
    as(x, "admin", "moderator");
    fake_feed(x, "%s", REQUEST(COVEN "/witch"));
    fake_feed(x, "%s", REQUEST("evil@x.lit"));
    expect_no_event(x);
    fake_feed(x, "%s", REQUEST(COVEN));
    expect_event(x, "ASK", "thirdwitch", "hag66@shakespeare.lit", "choice=allow;", "choice=deny;");
    fake_answer(x, fake_last_ask(x), "allow");
    expect_sent(x, "<message", "to=\"" COVEN "\"", "type=\"submit\"", "muc#request_allow", "<value>true</value>", "hag66@shakespeare.lit/pda");
    fake_feed(x, "%s", REQUEST(COVEN));
    fake_answer(x, fake_last_ask(x), "deny");
    expect_sent(x, "<value>false</value>");
}

/* XEP-0425 §3, and all of one person */
static void moderating(void **state)
{
    struct x *x = *state;
    as(x, "admin", "moderator");
#define SAYS(nick, who, id)                                                                        \
    fake_feed(x, "<message from='" COVEN "/" nick "' to='" ME_FULL "' type='groupchat' id='w" id "'><body>DM me</body>" \
                 "<stanza-id xmlns='urn:xmpp:sid:0' by='" COVEN "' id='" id "'/>"                  \
                 "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='" who "'/></message>")
    fake_feed(x, "<presence from='" COVEN "/oldhag' to='" ME_FULL "'>" USER "<item affiliation='none' role='participant'/></x>"
                 "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='hag'/></presence>");
    SAYS("oldhag", "hag", "s1");
    SAYS("firstwitch", "w1", "s2");
    SAYS("hagged", "hag", "s3"); /* the same person by another nick */
    fake_forget(x);
    run(x, "moderate", "oldhag", "This is inappropriate", NULL);
    expect_sent(x, "to=\"" COVEN "\"", "<moderate ", "id=\"s3\"", "urn:xmpp:message-moderate:1", "<retract xmlns=\"urn:xmpp:message-retract:1\"/>",
                "<reason>This is inappropriate</reason>");
    expect_nothing_sent(x);
    fake_result(x, "moderate", "%s", "");
    expect_event(x, "REPLY req=5;", "1 message is withdrawn.");
    run(x, "moderate", "oldhag", "all", NULL);
    expect_sent(x, "id=\"s3\"");
    expect_sent(x, "id=\"s1\"");
    expect_nothing_sent(x);
    fake_result(x, "\"s1\"", "%s", "");
    expect_no_event(x);
    fake_error(x, "\"s3\"", "forbidden");
    expect_event(x, "REPLY req=5;", "1 message is withdrawn.");
    run(x, "moderate", "secondwitch", NULL, NULL);
    expect_event(x, "REPLY req=5;", "err=-10;");
}

/* §10.2, §10.9 */
static void owners(void **state)
{
    struct x *x = *state;
    run(x, "configure", NULL, NULL, NULL);
    fake_error(x, "muc#owner", "forbidden");
    expect_event(x, "REPLY req=5;", "err=-9;");
    run(x, "configure", NULL, NULL, NULL);
    fake_result(x, "muc#owner", "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='form'>"
                                "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
                                "<field var='muc#roomconfig_roomname' type='text-single' label='Name'><value>A Dark Cave</value></field></x></query>");
    assert_true(fake_take_event(x, "ASK"));
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "save");
    expect_sent(x, "muc#owner", "type=\"submit\"", "muc#roomconfig_roomname", "<value>A Dark Cave</value>");
    fake_result(x, "A Dark Cave", "%s", "");
    expect_event(x, "NOTICE", "settings are changed");
    run(x, "configure", NULL, NULL, NULL);
    fake_result(x, "muc#owner\"/>", "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='form'><field var='a' type='text-single'/></x></query>");
    fake_forget(x);
    fake_answer(x, fake_last_ask(x), "cancel");
    expect_sent(x, "type=\"cancel\"", "!field");
    run(x, "destroy", NULL, NULL, NULL);
    expect_nothing_sent(x);
    fake_forget(x);
    run(x, "destroy", "-yes", "coven@new.lit", "Macbeth doth come.");
    expect_sent(x, "muc#owner", "<destroy jid=\"coven@new.lit\"><reason>Macbeth doth come.</reason></destroy>");
    run(x, "destroy", "-yes", "because", NULL);
    expect_sent(x, "<destroy><reason>because</reason></destroy>");
}

static void nothing_outside_of_rooms(void **state)
{
    struct x *x = *state;
    fake_feed(x, "<presence from='" US "' to='" ME_FULL "' type='unavailable'>" USER "<item affiliation='none' role='none'/><status code='110'/></x></presence>");
    fake_forget(x);
    static const char *const names[] = {"op", "bans", "affiliation", "moderate", "configure", "destroy", "unban", "voice"};
    for (size_t i = 0; i < COUNT(names); i++) {
        run(x, names[i], "member", NULL, NULL);
        expect_event(x, "REPLY req=5;", "err=-1;");
    }
    expect_nothing_sent(x);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup_room, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(roles),          T(affiliations), T(lists),  T(voice_is_asked_for),
                                       T(voice_is_given), T(moderating),   T(owners), T(nothing_outside_of_rooms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
