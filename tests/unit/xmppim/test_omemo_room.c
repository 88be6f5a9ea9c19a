/* unit/xmppim/test_omemo_room.c - OMEMO in a room: who reads what we say, who comes and goes, what is refused */
#include "hall.h"

#include <stdio.h>
#include <stdlib.h>

/* Here or not, each by the version that its device reads; questions about hundreds of devices are not asked all at once. */
static void everybody_reads(void **state)
{
    struct room *t = *state;
    hall_say(t, "m1");
    hall_nothing_clear(t);
    const char *xml = hall_sent(t);
    assert_non_null(xml);
    assert_non_null(strstr(xml, "type=\"groupchat\""));
    assert_non_null(strstr(xml, "id=\"m1\""));
    for (size_t i = 0; i < PEOPLE; i++)
        hall_expect(t, t->p[i].jid, true);
    assert_string_equal(fake_state(t->x, "omemo.chat." ROOM), "on");
    assert_true(fake_take_event(t->x, "the devices of the 6 people who belong to it"));
    assert_in_range(t->most, 1, 20);
    fake_forget(t->x);
    hall_say(t, "m2"); /* all is known: nothing is asked for */
    for (size_t i = 0; i < PEOPLE; i++)
        hall_expect(t, t->p[i].jid, true);
    expect_sent(t->x, "<message");
    expect_nothing_sent(t->x);
}

/* Whoever comes can read what is said from then on, and who goes cannot. */
static void members_come_and_go(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit"), *tybalt = hall_who(t, "tybalt@capulet.lit");
    nurse->affiliation = tybalt->affiliation = NULL;
    fake_feed(t->x, "<presence type='unavailable' from='" ROOM "/tybalt'><x xmlns='http://jabber.org/protocol/muc#user'>"
                    "<item affiliation='none' role='none' jid='tybalt@capulet.lit/here'/><status code='321'/></x></presence>");
    hall_say(t, "m1");
    hall_expect(t, nurse->jid, false);
    hall_expect(t, tybalt->jid, false);
    hall_expect(t, "juliet@capulet.lit", true);
    hall_standing(t, nurse->jid, "member"); /* made a member while she is not there */
    hall_say(t, "m2");
    hall_expect(t, nurse->jid, true);
    hall_presence(t, "tybalt", tybalt->jid, "member", "");
    hall_say(t, "m3");
    hall_expect(t, tybalt->jid, true);
    fake_feed(t->x, "<presence type='unavailable' from='" ROOM "/tybalt'><x xmlns='http://jabber.org/protocol/muc#user'>"
                    "<item affiliation='member' role='none' jid='tybalt@capulet.lit/here'/></x></presence>");
    hall_say(t, "m4"); /* gone for the night, and a member still */
    hall_expect(t, tybalt->jid, true);
    hall_standing(t, tybalt->jid, "outcast");
    hall_presence(t, "benvolio", "benvolio@montague.lit", "none", "");
    hall_say(t, "m5");
    hall_expect(t, tybalt->jid, false);
    hall_expect(t, "benvolio@montague.lit", false);
    hall_expect(t, nurse->jid, true);
    fake_feed(t->x, "<message from='eve@capulet.lit'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' "
                    "jid='tybalt@capulet.lit'/></x></message>"); /* only the room's word counts */
    fake_feed(t->x, "<message from='" ROOM "/juliet'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' "
                    "jid='tybalt@capulet.lit'/></x></message>");
    hall_say(t, "m6");
    hall_expect(t, tybalt->jid, false);
}

static void answer_list(struct room *t, const char *affiliation)
{
    for (size_t i = 0; i < t->x->n_iqs; i++) {
        if (strstr(t->x->iqs[i].text, affiliation)) {
            hall_answer_one(t, i);
            return;
        }
    }
    fail_msg("%s was not asked for", affiliation);
}

/* Who is promoted between two answers stands in neither of the lists, and belongs to it all the same; who goes stands in one. */
static void lists_and_changes_race(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit"), *tybalt = hall_who(t, "tybalt@capulet.lit");
    assert_int_equal(hall_say_as(t, ROOM, "m1", SENTENCE, 0, NULL), KITH_OK);
    nurse->affiliation = "member"; /* as long as the list of admins is written, */
    tybalt->affiliation = "admin";
    answer_list(t, "affiliation=\"admin\"");
    nurse->affiliation = "admin"; /* and no member any more when theirs is */
    hall_standing(t, nurse->jid, "admin");
    tybalt->affiliation = NULL;
    fake_feed(t->x, "<presence type='unavailable' from='" ROOM "/tybalt'><x xmlns='http://jabber.org/protocol/muc#user'>"
                    "<item affiliation='none' role='none' jid='tybalt@capulet.lit/here'/><status code='321'/></x></presence>");
    hall_answer_all(t);
    hall_expect(t, nurse->jid, true);
    hall_expect(t, tybalt->jid, false);
}

/* A room that is opened: nothing goes out in the clear, and it is said why. */
static void a_room_that_is_opened(void **state)
{
    struct room *t = *state;
    hall_latch(t);
    fake_feed(t->x, "<message from='" ROOM "' type='groupchat'><x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>"
                    "</message>");
    hall_say(t, "m2"); /* it is being asked what it is now: meanwhile for those who belong to it, as before */
    hall_expect(t, "juliet@capulet.lit", true);
    fake_result(t->x, "disco#info", "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='muc_nonanonymous'/>" MORE
                "</query>");
    assert_true(fake_take_event(t->x, "This room was encrypted, and now anybody may come in"));
    fake_forget(t->x);
    hall_say(t, "m3");
    expect_event(t->x, "RECEIPT", "id=m3;", "members-only", "/encrypt off");
    assert_int_equal(hall_say_as(t, ROOM "/juliet", "p1", SENTENCE, 0, NULL), KITH_OK); /* nor to one of them alone, */
    expect_event(t->x, "RECEIPT", "id=p1;", "Write to juliet@capulet.lit instead");
    assert_int_equal(hall_say_as(t, ROOM, "e1", SENTENCE, KITH_SEND_EDIT, "m2"), KITH_OK); /* nor as a change, or a smile */
    expect_event(t->x, "RECEIPT", "id=e1;", "members-only");
    assert_int_equal(change_react(t->x, ROOM, "s1", &(const char *){"+"}, 1, "r1"), KITH_OK);
    expect_event(t->x, "RECEIPT", "id=r1;", "members-only");
    assert_null(hall_sent(t));
    hall_nothing_clear(t);
    fake_feed(t->x, "<message from='" ROOM "' type='groupchat'><x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>"
                    "</message>");
    fake_result(t->x, "disco#info", "<query xmlns='http://jabber.org/protocol/disco#info'>" CLOSED MORE "</query>");
    assert_true(fake_take_event(t->x, "closed again"));
    hall_say(t, "m4");
    hall_expect(t, "juliet@capulet.lit", true);
    assert_int_equal(omemo_set_chat(t->x, ROOM, false), 0);
    fake_forget(t->x);
    hall_say(t, "m5"); /* only the user can, in words */
    assert_non_null(strstr(hall_sent(t), SENTENCE));
}

/* One without keys: nothing begins by itself; where the user wants it the others read it, and who cannot is named. */
static void one_without_keys(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit");
    nurse->lists[0] = IN_NONE;
    hall_say(t, "m1");
    assert_false(omemo_holds(t->x, ROOM));
    assert_non_null(strstr(hall_sent(t), SENTENCE));
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    fake_forget(t->x);
    hall_say(t, "m2");
    hall_nothing_clear(t);
    hall_expect(t, "juliet@capulet.lit", true);
    expect_event(t->x, "NOTICE", "nurse@capulet.lit cannot read", "!juliet");
    hall_say(t, "m3");
    assert_false(fake_take_event(t->x, "cannot read")); /* once */
    hall_standing(t, nurse->jid, "none");
    hall_say(t, "m4");
    assert_true(fake_take_event(t->x, "Everybody who belongs to this room can read"));
}

/* A server that does not answer holds the room up once, and not for long. */
static void a_silent_server(void **state)
{
    struct room *t = *state;
    struct person *mercutio = hall_who(t, "mercutio@verona.lit");
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    mercutio->silent = true;
    hall_say(t, "m1");
    assert_null(hall_sent(t));
    fake_time(t->x, t->x->now + 15000);
    fake_timers(t->x);
    hall_answer_all(t);
    hall_expect(t, "juliet@capulet.lit", true);
    assert_true(fake_take_event(t->x, "mercutio@verona.lit cannot read"));
    fake_forget(t->x);
    hall_say(t, "m2");
    hall_expect(t, "nurse@capulet.lit", true);
    mercutio->silent = false;
    hall_answer_all(t);
    hall_say(t, "m3");
    hall_expect(t, mercutio->jid, true);
}

/* The room itself takes longer than anybody waits for keys: those are waited for all the same, and no longer than else. */
static void a_slow_room(void **state)
{
    struct room *t = *state;
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    hall_who(t, "mercutio@verona.lit")->silent = true;
    assert_int_equal(hall_say_as(t, ROOM, "m1", SENTENCE, 0, NULL), KITH_OK);
    fake_time(t->x, t->x->now + 15000);
    fake_timers(t->x);
    hall_answer_all(t);
    assert_null(hall_sent(t));
    fake_time(t->x, t->x->now + 15000);
    fake_timers(t->x);
    hall_answer_all(t);
    hall_expect(t, "juliet@capulet.lit", true);
}

/* What the user asks does not wait for ever for a server either. */
static void asked_while_a_server_is_silent(void **state)
{
    struct room *t = *state;
    hall_who(t, "mercutio@verona.lit")->silent = true;
    fake_forget(t->x);
    assert_int_equal(omemo_forecast(t->x, ROOM, 1), KITH_OK);
    assert_int_equal(omemo_encrypt_chat(t->x, ROOM, true, 2), KITH_OK);
    hall_answer_all(t);
    assert_false(fake_take_event(t->x, "REPLY"));
    fake_time(t->x, t->x->now + 15000);
    fake_timers(t->x);
    hall_answer_all(t);
    assert_true(fake_take_event(t->x, "req=1;"));
    assert_true(fake_take_event(t->x, "req=2;"));
}

/* A new device of a verified person holds what is said, in words that name them. */
static void a_new_device(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit");
    hall_latch(t);
    assert_int_equal(omemo_set_trust(omemo_of(t->x)->o, nurse->jid, omemo_device(nurse->device[0].o), OMEMO_VERIFIED), 0);
    party_open(&nurse->device[1], nurse->jid);
    nurse->lists[1] = IN_OLD;
    omemo_lists_stale(t->x, nurse->jid);
    hall_say(t, "m2");
    assert_null(hall_sent(t));
    expect_event(t->x, "NOTICE", "nurse@capulet.lit has a new device", "waits until you decide");
    assert_int_equal(omemo_set_trust(omemo_of(t->x)->o, nurse->jid, omemo_device(nurse->device[1].o), OMEMO_BLIND), 0);
    omemo_push(t->x);
    hall_answer_all(t);
    hall_expect(t, nurse->jid, true);
}

/* ---- what may not be encrypted there ---- */

static void one_person_in_it(void **state)
{
    struct room *t = *state;
    hall_latch(t);
    assert_int_equal(hall_say_as(t, ROOM "/juliet", "p1", SENTENCE, 0, NULL), KITH_OK);
    expect_event(t->x, "RECEIPT", "id=p1;", "Write to juliet@capulet.lit instead");
    assert_null(hall_sent(t));
    assert_int_equal(muc_topic(t->x, ROOM, "the ball", 9), KITH_OK);
    assert_true(fake_take_event(t->x, "The topic is not encrypted"));
    assert_non_null(strstr(hall_sent(t), "the ball"));
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), "<message to='" ROOM "' type='groupchat'><subject>a</subject>"
                                                                 "<body>b</body></message>");
    assert_false(omemo_lets_out(t->x, st));
    xmpp_stanza_release(st);
    st = xmpp_stanza_new_from_string(x_ctx(t->x), "<message to='" ROOM "' type='groupchat'><retract xmlns='" NS_RETRACT "' id='s1'>"
                                                  "<reason>c</reason></retract></message>");
    assert_false(omemo_lets_out(t->x, st));
    xmpp_stanza_release(st);
    st = xmpp_stanza_new_from_string(x_ctx(t->x), "<message to='" ROOM "/juliet' type='chat'><whatever xmlns='urn:new'/></message>");
    assert_false(omemo_lets_out(t->x, st)); /* what is not known may be words */
    xmpp_stanza_release(st);
}

static void changes_of_what_was_said(void **state)
{
    struct room *t = *state;
    const char *const set[] = {"+"};
    hall_latch(t);
    assert_int_equal(hall_say_as(t, ROOM, "m2", SENTENCE, KITH_SEND_EDIT, "m1"), KITH_OK);
    assert_non_null(strstr(hall_sent(t), "<replace "));
    hall_nothing_clear(t);
    hall_expect(t, "nurse@capulet.lit", true);
    assert_int_equal(change_retract(t->x, ROOM, "s1", SENTENCE, "m3"), KITH_OK);
    assert_non_null(strstr(hall_sent(t), "<retract "));
    hall_nothing_clear(t);
    fake_forget(t->x);
    assert_int_equal(change_react(t->x, ROOM, "s1", set, 1, "r1"), KITH_OK);
    expect_event(t->x, "RECEIPT", "id=r1;", "reactions"); /* some read only the old version, which would show it */
    assert_null(hall_sent(t));
    static const char *const old[] = {"juliet@capulet.lit", "nurse@capulet.lit", "tybalt@capulet.lit"};
    for (size_t i = 0; i < COUNT(old); i++)
        hall_standing(t, old[i], "none");
    assert_int_equal(change_react(t->x, ROOM, "s1", set, 1, "r2"), KITH_OK);
    assert_null(strstr(hall_sent(t), "reactions"));
    char *text = hall_reads(t, &hall_who(t, "benvolio@montague.lit")->device[1]);
    assert_non_null(strstr(text, "urn:xmpp:reactions:0"));
    free(text);
}

/* Who comes in may bring a device that is new to us, or the first one. */
static void they_come_with_a_new_device(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit");
    nurse->lists[0] = IN_NONE;
    assert_int_equal(omemo_set_chat(t->x, ROOM, true), 0);
    hall_say(t, "m1");
    hall_expect(t, nurse->jid, false);
    nurse->lists[0] = IN_OLD;
    hall_say(t, "m2");
    fake_forget(t->x);
    hall_presence(t, "nurse", nurse->jid, "member", "");
    hall_say(t, "m3");
    hall_expect(t, nurse->jid, true);
    expect_sent(t->x, "to=\"nurse@capulet.lit\"");
    fake_forget(t->x);
    hall_presence(t, "nurse", nurse->jid, "member", ""); /* she was there already */
    hall_say(t, "m4");
    expect_sent(t->x, "<message");
    expect_nothing_sent(t->x);
    nurse->lists[0] = IN_BOTH; /* half an hour later it is looked at again, while nobody waits */
    fake_time(t->x, t->x->now + 31 * 60 * 1000);
    hall_say(t, "m5");
    hall_say(t, "m6");
    struct omemo_known d;
    assert_true(omemo_known_one(omemo_of(t->x)->o, nurse->jid, omemo_device(nurse->device[0].o), &d));
    assert_int_equal(d.lists, OMEMO_IN_OLD | OMEMO_IN_2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everybody_reads, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(members_come_and_go, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(lists_and_changes_race, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(a_room_that_is_opened, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(one_without_keys, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(a_silent_server, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(a_slow_room, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(asked_while_a_server_is_silent, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(a_new_device, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(one_person_in_it, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(changes_of_what_was_said, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(they_come_with_a_new_device, hall_setup, hall_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
