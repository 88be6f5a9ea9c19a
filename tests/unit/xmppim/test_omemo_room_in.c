/* unit/xmppim/test_omemo_room_in.c - OMEMO in a room: what others say there, who wrote it, what comes back of ours */
#include "hall.h"

#include "backends/omemo/private.h"

#include <stdio.h>
#include <stdlib.h>

static char *writes(struct room *t, struct party *by, enum omemo_version v, const char *nick, const char *text, const char *id)
{
    struct omemo_payload p;
    struct omemo_recipient r = {.jid = ME, .device = omemo_device(omemo_of(t->x)->o)};
    struct omemo_bundle b = {0};
    if (!omemo_has_session(by->o, v, ME, r.device)) {
        assert_int_equal(omemo_bundle(omemo_of(t->x)->o, v, &b), 0);
        assert_int_equal(omemo_start_session(by->o, v, ME, r.device, &b), 0);
        omemo_bundle_clear(&b);
    }
    assert_int_equal(payload_encrypt(v, text, strlen(text), &p), 0);
    assert_int_equal(omemo_encrypt(by->o, v, ME, r.device, p.secret, p.secret_len, &r.key, &r.exchange), 0);
    xmpp_stanza_t *st = st_new(x_ctx(t->x), "message", NULL);
    char *from = xasprintf(ROOM "/%s", nick), *occupant = xasprintf("id-%s", nick), *sid = xasprintf("s-%s", id);
    st_set(st, "from", from);
    st_set(st, "type", "groupchat");
    st_set(st, "id", id);
    xmpp_stanza_t *c = st_add(st, "stanza-id", NS_SID);
    st_set(c, "by", ROOM);
    st_set(c, "id", sid);
    st_set(st_add(st, "occupant-id", "urn:xmpp:occupant-id:0"), "id", occupant);
    omemo_write_sealed(st, v, omemo_device(by->o), &r, 1, &p);
    st_add_child_text(st, "body", NULL, "a body for programs that cannot read it");
    buf_free(&r.key);
    payload_clear(&p);
    free(from);
    free(occupant);
    free(sid);
    return hall_text(st);
}

static char *envelope(const char *to, const char *content)
{
    return xasprintf("<envelope xmlns='urn:xmpp:sce:1'><content>%s</content><rpad>x</rpad><from jid='juliet@capulet.lit'/>%s"
                     "</envelope>", content, to);
}

static void archived(struct room *t, const char *xml, const char *id)
{
    const struct im_from how = {.source = IM_ARCHIVE, .archive_id = id, .time_ms = t->x->now};
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), xml);
    muc_archived_message(t->x, ROOM, st, &how);
    xmpp_stanza_release(st);
}

static void read_by_all_ways(void **state)
{
    struct room *t = *state;
    struct person *juliet = hall_who(t, "juliet@capulet.lit");
    fake_forget(t->x);
    char *xml = writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "by the old one", "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=by the old one;", "enc=2", "chat=" ROOM ";", "name=juliet;");
    archived(t, xml, "s-h1"); /* not committed yet: the same text once more, without the ratchet */
    expect_event(t->x, "MESSAGE", "body=by the old one;", "archive=s-h1;");
    fake_committed(t->x);
    archived(t, xml, "s-h1"); /* it was read, and the engine has it: it keeps what it has */
    expect_event(t->x, "MESSAGE", "enc=4", "read before", "archive=s-h1;");
    free(xml);
    char *text = envelope("<to jid='" ROOM "'/>", "<body xmlns='jabber:client'>by the new one</body>"
                          "<replace xmlns='urn:xmpp:message-correct:0' id='h1'/>");
    xml = writes(t, &juliet->device[1], OMEMO_2, "juliet", text, "h2");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=by the new one;", "target=h1;");
    free(text);
    free(xml);
    text = envelope("<to jid='" ROOM "'/>", "<reactions xmlns='urn:xmpp:reactions:0' id='s-h1'><reaction>+</reaction></reactions>");
    xml = writes(t, &juliet->device[1], OMEMO_2, "juliet", text, "h3");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "target=s-h1;", "+");
    free(text);
    free(xml);
}

/* Whoever takes a message of hers and says it is his, or takes it from elsewhere, is not believed. */
static void forged(void **state)
{
    struct room *t = *state;
    struct person *juliet = hall_who(t, "juliet@capulet.lit");
    hall_latch(t);
    char *xml = writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "I love thee", "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=I love thee;");
    free(xml);
    xml = writes(t, &juliet->device[0], OMEMO_OLD, "mercutio", "I love thee not", "h2");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "name=mercutio;", "enc=4", "!love");
    free(xml);
    static const char *const elsewhere[] = {"", "<to jid='other@rooms.montague.lit'/>", "<to jid='" ME "'/>"};
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        char *text = envelope(elsewhere[i], "<body xmlns='jabber:client'>from elsewhere</body>");
        xml = writes(t, &juliet->device[1], OMEMO_2, "juliet", text, "h3");
        assert_true(fake_feed_text(t->x, xml));
        expect_event(t->x, "MESSAGE", "enc=4", "for another chat", "!from elsewhere");
        free(text);
        free(xml);
    }
}

/* In the past a nick proves nothing: the room's word counts, and where it says nothing the device does. */
static void who_wrote_it_in_the_past(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit"), *juliet = hall_who(t, "juliet@capulet.lit");
    hall_latch(t);
    char *xml = writes(t, &nurse->device[0], OMEMO_OLD, "angelica", "my lady", "h1"), *end = strstr(xml, "</message>");
    char *with = xasprintf("%.*s<x xmlns='http://jabber.org/protocol/muc#user'><item jid='nurse@capulet.lit/k'/></x></message>",
                           (int)(end - xml), xml);
    archived(t, with, "s1");
    expect_event(t->x, "MESSAGE", "body=my lady;", "name=angelica;");
    free(with);
    free(xml);
    xml = writes(t, &nurse->device[0], OMEMO_OLD, "angelica", "your husband", "h2");
    archived(t, xml, "s2"); /* known by the number of the device, and by its key */
    expect_event(t->x, "MESSAGE", "body=your husband;", "name=angelica (nurse@capulet.lit);"); /* nobody says that this was her nick */
    free(xml);
    xml = writes(t, &juliet->device[0], OMEMO_OLD, "nurse", "two of them", "h3"), end = strstr(xml, "</message>");
    with = xasprintf("%.*s<x xmlns='http://jabber.org/protocol/muc#user'><item jid='tybalt@capulet.lit'/></x>"
                     "<x xmlns='http://jabber.org/protocol/muc#user'><item jid='nurse@capulet.lit'/></x></message>",
                     (int)(end - xml), xml);
    archived(t, with, "s3"); /* somebody has written a second one into it: neither is believed */
    expect_event(t->x, "MESSAGE", "body=two of them;");
    struct omemo_known d;
    assert_false(omemo_known_one(omemo_of(t->x)->o, nurse->jid, omemo_device(juliet->device[0].o), &d));
    free(with);
    free(xml);
    struct party stranger = {.now = t->x->now};
    party_open(&stranger, "eve@capulet.lit");
    xml = writes(t, &stranger, OMEMO_OLD, "eve", "whoever", "h4");
    archived(t, xml, "s4");
    expect_event(t->x, "MESSAGE", "enc=4", "does not say who wrote it");
    free(xml);
    party_end(&stranger);
}

/* As an archive has it that says nothing but the nick. Takes over xml; owned. */
static char *only_nick(char *xml)
{
    char *at = strstr(xml, "<occupant-id"), *end = strstr(at, "/>") + 2;
    memmove(at, end, strlen(end) + 1);
    return xml;
}

/* An archive that says nothing but nicks: the words of one with the nick of another. */
static void forged_nicks_in_the_past(void **state)
{
    struct room *t = *state;
    struct person *juliet = hall_who(t, "juliet@capulet.lit"), *mercutio = hall_who(t, "mercutio@verona.lit");
    hall_latch(t);
    char *xml = only_nick(writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "by her", "h1"));
    archived(t, xml, "s1");
    expect_event(t->x, "MESSAGE", "body=by her;", "name=juliet;", "sender=" ROOM "/juliet;"); /* it is hers now */
    free(xml);
    xml = only_nick(writes(t, &mercutio->device[0], OMEMO_OLD, "juliet", "by him", "h2"));
    archived(t, xml, "s2");
    expect_event(t->x, "MESSAGE", "body=by him;", "name=juliet (mercutio@verona.lit);", "!sender=" ROOM "/juliet;");
    free(xml);
    xml = only_nick(writes(t, &mercutio->device[0], OMEMO_OLD, "romeo", "with our nick", "h3"));
    archived(t, xml, "s3");
    expect_event(t->x, "MESSAGE", "body=with our nick;", "name=romeo (mercutio@verona.lit);");
    free(xml);
    xml = only_nick(writes(t, &mercutio->device[0], OMEMO_OLD, "rosaline", "with nobody's", "h4"));
    archived(t, xml, "s4");
    expect_event(t->x, "MESSAGE", "body=with nobody's;", "name=rosaline (mercutio@verona.lit);");
    free(xml);
    xml = only_nick(writes(t, &mercutio->device[0], OMEMO_OLD, "juliet", "as the room says", "h5"));
    char *end = strstr(xml, "</message>"), *with = xasprintf("%.*s<x xmlns='http://jabber.org/protocol/muc#user'><item "
                           "jid='mercutio@verona.lit/k'/></x></message>", (int)(end - xml), xml);
    archived(t, with, "s5"); /* it was his nick then, and is hers now */
    expect_event(t->x, "MESSAGE", "body=as the room says;", "name=juliet (mercutio@verona.lit);");
    free(with);
    free(xml);
    char *text = envelope("<to jid='" ROOM "'/>", "<body xmlns='jabber:client'>in an envelope</body>");
    xml = only_nick(writes(t, &mercutio->device[0], OMEMO_2, "juliet", text, "h6"));
    archived(t, xml, "s6"); /* which says that it is hers */
    expect_event(t->x, "MESSAGE", "enc=4", "written by somebody else", "!in an envelope");
    free(text);
    free(xml);
}

/* The same with the number of her device on it. */
static void forged_numbers_in_the_past(void **state)
{
    struct room *t = *state;
    struct person *juliet = hall_who(t, "juliet@capulet.lit"), *mercutio = hall_who(t, "mercutio@verona.lit");
    struct omemo *ours = omemo_of(t->x)->o, *his = mercutio->device[0].o;
    uint32_t number = omemo_device(juliet->device[0].o), his_number = omemo_device(his);
    unsigned char key[OMEMO_KEY];
    hall_latch(t);
    for (int i = 0; i < 2; i++) { /* with the exchange of keys, and after it */
        const char *id = i ? "h2" : "h1";
        char *xml = only_nick(writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "by her", id));
        archived(t, xml, id);
        expect_event(t->x, "MESSAGE", "body=by her;", "name=juliet;");
        free(xml);
        his->device = number;
        xml = only_nick(writes(t, &mercutio->device[0], OMEMO_OLD, "juliet", "I am she", i ? "h4" : "h3"));
        his->device = his_number;
        archived(t, xml, i ? "h4" : "h3");
        expect_event(t->x, "MESSAGE", "enc=4", "the room does not say who wrote it", "!I am she");
        assert_false(fake_take_event(t->x, "another key")); /* she is not accused of it */
        struct omemo_known d;
        assert_true(omemo_known_one(ours, juliet->jid, number, &d) && !d.changed);
        free(xml);
    }
    /* he shows the number among his devices, with his own key: either is who they are */
    omemo_identity(his, key);
    assert_int_equal(omemo_meet(ours, mercutio->jid, number, key), 0);
    char *xml = only_nick(writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "still by her", "h5"));
    archived(t, xml, "h5");
    expect_event(t->x, "MESSAGE", "body=still by her;", "name=juliet;");
    free(xml);
    his->device = number;
    xml = only_nick(writes(t, &mercutio->device[0], OMEMO_OLD, "juliet", "by him", "h6"));
    his->device = his_number;
    archived(t, xml, "h6");
    expect_event(t->x, "MESSAGE", "body=by him;", "name=juliet (mercutio@verona.lit);");
    free(xml);
}

/* He shows her number and her key as his: then what is new of her could be his, and is neither's. */
static void her_key_as_his(void **state)
{
    struct room *t = *state;
    struct person *juliet = hall_who(t, "juliet@capulet.lit"), *mercutio = hall_who(t, "mercutio@verona.lit");
    unsigned char key[OMEMO_KEY];
    hall_latch(t);
    omemo_identity(juliet->device[0].o, key);
    assert_int_equal(omemo_meet(omemo_of(t->x)->o, mercutio->jid, omemo_device(juliet->device[0].o), key), 0);
    char *xml = only_nick(writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "whose words", "h1"));
    archived(t, xml, "s1");
    expect_event(t->x, "MESSAGE", "enc=4", "does not say who wrote it", "!whose words");
    free(xml);
    xml = writes(t, &juliet->device[0], OMEMO_OLD, "juliet", "live they are hers", "h2");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=live they are hers;", "name=juliet;");
    free(xml);
}

/* What comes back is known by its id: no copy is for us. */
static void our_own_words_come_back(void **state)
{
    struct room *t = *state;
    hall_say(t, "m1");
    char *xml = xstrdup(hall_sent(t)), *end = strstr(xml, "</message>");
    char *back = xasprintf("<message from='" ROOM "/romeo' type='groupchat' id='m1'>%.*s<stanza-id xmlns='urn:xmpp:sid:0' by='" ROOM
                           "' id='s1'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='id-romeo'/></message>",
                           (int)(end - strchr(xml, '>') - 1), strchr(xml, '>') + 1);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, back));
    expect_event(t->x, "RECEIPT", "id=m1;", "archive=s1;");
    expect_no_event(t->x);
    archived(t, back, "s1"); /* and by the archive: the engine has the text under this id */
    expect_event(t->x, "MESSAGE", "enc=4", "archive=s1;", "this device wrote it");
    free(back);
    free(xml);
}

/* A device of which we did not know: its owner's list is read again before the next message. */
static void an_unknown_device_writes(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit");
    nurse->nick = "nurse";
    hall_presence(t, "nurse", nurse->jid, "member", "");
    hall_latch(t);
    party_open(&nurse->device[1], nurse->jid);
    nurse->lists[1] = IN_NEW;
    char *text = xstrdup("<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>a new one</body></content>"
                         "<rpad>x</rpad><from jid='nurse@capulet.lit'/><to jid='" ROOM "'/></envelope>");
    char *xml = writes(t, &nurse->device[1], OMEMO_2, "nurse", text, "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=a new one;");
    free(text);
    free(xml);
    hall_say(t, "m2");
    hall_expect(t, nurse->jid, true);
}

/* As if it were by this device of theirs; owned. */
static char *writes_as(struct room *t, struct party *by, struct party *as, const char *nick, const char *text, const char *id)
{
    uint32_t own = omemo_device(by->o);
    by->o->device = omemo_device(as->o);
    char *xml = writes(t, by, OMEMO_OLD, nick, text, id);
    by->o->device = own;
    return xml;
}

/* A room that says of somebody else that it is her, and one in it who writes that into what he says. */
static void a_room_that_lies_of_a_known_device(void **state)
{
    struct room *t = *state;
    struct person *juliet = hall_who(t, "juliet@capulet.lit");
    struct party eve = {.now = t->x->now};
    struct omemo_known d;
    hall_latch(t);
    party_open(&eve, "eve@capulet.lit");
    char *xml = writes_as(t, &eve, &juliet->device[0], "juliet", "I am she", "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "enc=4", "another key", "!I am she");
    free(xml);
    xml = writes_as(t, &eve, &juliet->device[0], "eve", "I am she", "h2");
    char *end = strstr(xml, "</message>"), *with = xasprintf("%.*s<x xmlns='http://jabber.org/protocol/muc#user'><item "
                           "jid='juliet@capulet.lit'/></x></message>", (int)(end - xml), xml);
    archived(t, with, "s2");
    expect_event(t->x, "MESSAGE", "enc=4", "another key", "!I am she");
    free(with);
    free(xml);
    assert_false(fake_take_event(t->x, "shows another key")); /* she is not accused of it, */
    assert_true(omemo_known_one(omemo_of(t->x)->o, juliet->jid, omemo_device(juliet->device[0].o), &d) && !d.changed);
    hall_say(t, "m2");
    hall_expect(t, juliet->jid, true); /* and goes on to read */
    party_end(&eve);
}

/* The same of a device of which nothing is known yet: it gets nothing before its owner has shown the key. */
static void a_room_that_lies_of_a_new_device(void **state)
{
    struct room *t = *state;
    struct person *nurse = hall_who(t, "nurse@capulet.lit");
    struct party eve = {.now = t->x->now};
    struct omemo_known d;
    nurse->nick = "nurse";
    hall_presence(t, "nurse", nurse->jid, "member", "");
    hall_latch(t);
    party_open(&nurse->device[1], nurse->jid);
    party_open(&eve, "eve@capulet.lit");
    nurse->lists[1] = IN_OLD;
    char *xml = writes_as(t, &eve, &nurse->device[1], "nurse", "by whomever", "h1");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=by whomever;");
    free(xml);
    uint32_t id = omemo_device(nurse->device[1].o);
    assert_true(omemo_known_one(omemo_of(t->x)->o, nurse->jid, id, &d) && d.hearsay);
    hall_say(t, "m2"); /* her list and her bundle are fetched for it */
    hall_expect(t, nurse->jid, true);
    char *text = hall_reads(t, &eve);
    assert_null(text);
    unsigned char key[OMEMO_KEY];
    omemo_identity(nurse->device[1].o, key);
    assert_true(omemo_known_one(omemo_of(t->x)->o, nurse->jid, id, &d) && !d.hearsay && !d.changed);
    assert_memory_equal(d.key, key, OMEMO_KEY);
    xml = writes_as(t, &eve, &nurse->device[1], "nurse", "once more", "h2");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "enc=4", "!once more");
    free(xml);
    xml = writes(t, &nurse->device[1], OMEMO_OLD, "nurse", "my lady", "h3");
    assert_true(fake_feed_text(t->x, xml));
    expect_event(t->x, "MESSAGE", "body=my lady;");
    free(xml);
    party_end(&eve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(read_by_all_ways, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(forged, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(who_wrote_it_in_the_past, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(forged_nicks_in_the_past, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(forged_numbers_in_the_past, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(her_key_as_his, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(our_own_words_come_back, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(a_room_that_lies_of_a_known_device, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(a_room_that_lies_of_a_new_device, hall_setup, hall_teardown),
        cmocka_unit_test_setup_teardown(an_unknown_device_writes, hall_setup, hall_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
