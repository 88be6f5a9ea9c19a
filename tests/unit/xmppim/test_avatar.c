/* unit/xmppim/test_avatar.c - pictures of people and rooms: announced, found, fetched, set; and forged ones */
#include "fake_x.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/common/scram.h"
#include "backends/xmpp/avatar.h"
#include "room.h"

#define JULIET "juliet@capulet.lit"
static const unsigned char photo[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 'p', 'i', 'c', 't', 'u', 'r', 'e'};
static char id[AVATAR_ID + 1], other[AVATAR_ID + 1], text[64];

static int prepare(void **state)
{
    struct buf b = {0};
    struct x *x = fake_open();
    fake_start(x);
    fake_friends(x);
    avatar_id_of(photo, sizeof photo, id);
    avatar_id_of("other", 5, other);
    b64_encode(&b, photo, sizeof photo);
    str_copy(text, sizeof text, buf_str(&b));
    buf_free(&b);
    *state = x;
    return 0;
}

static int file_with(const void *data, size_t len)
{
    char name[] = "/tmp/kith-avatar-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* A descriptor of which a copy stays with the test. */
static int target(int *kept)
{
    int fd = file_with("", 0);
    *kept = dup(fd);
    return fd;
}

static void holds(int kept, bool whole)
{
    char got[64];
    ssize_t n = pread(kept, got, sizeof got, 0);
    assert_int_equal(n, whole ? (ssize_t)sizeof photo : 0);
    assert_true(!whole || memcmp(got, photo, sizeof photo) == 0);
    close(kept);
}

#define META(who, inner)                                                                           \
    "<message from='" who "' type='headline'><event xmlns='" NS_PUBSUB_EVENT "'><items node='" NS_AVATAR_META          \
    "'><item id='x'><metadata xmlns='" NS_AVATAR_META "'>" inner "</metadata></item></items></event></message>"
#define INFO "<info bytes='15' id='%s' height='64' type='image/png' width='64'/>"
#define CARD "<vCard xmlns='vcard-temp'><FN>J</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>%s</BINVAL></PHOTO></vCard>"
#define DATA                                                                                       \
    "<pubsub xmlns='" NS_PUBSUB "'><items node='" NS_AVATAR_DATA "'><item id='%s'><data xmlns='" NS_AVATAR_DATA        \
    "'>%s</data></item></items></pubsub>"

static void found(struct x *x, const char *who, kith_req req, const char *is)
{
    char reply[64], value[64];
    assert_int_equal(avatar_find(x, who, req), KITH_OK);
    snprintf(reply, sizeof reply, "REPLY req=%d;", (int)req);
    snprintf(value, sizeof value, "text=%s;", is);
    expect_event(x, reply, value, "!err=");
}

/* XEP-0084 §4.2, §4.3 */
static void announced_then_fetched(void **state)
{
    struct x *x = *state;
    int kept, fd = target(&kept);
    fake_feed(x, META(JULIET, INFO), id);
    expect_nothing_sent(x); /* nobody looks at it yet */
    expect_no_event(x);
    found(x, JULIET, 3, id);
    expect_nothing_sent(x);
    assert_int_equal(avatar_fetch(x, JULIET, id, fd, 4), KITH_OK);
    expect_sent(x, "type=\"get\"", "to=\"" JULIET "\"", "node=\"" NS_AVATAR_DATA "\"", id);
    fake_result(x, NS_AVATAR_DATA, DATA, id, text);
    expect_event(x, "REPLY req=4;", "!err=");
    holds(kept, true);
    fake_feed(x, META(JULIET, "")); /* §4.4: none any more */
    assert_int_equal(avatar_find(x, JULIET, 5), KITH_OK);
    fake_result(x, NS_AVATAR_META, "<pubsub xmlns='" NS_PUBSUB "'><items node='" NS_AVATAR_META "'/></pubsub>");
    fake_error(x, "vcard-temp", "item-not-found");
    expect_event(x, "REPLY req=5;", "err=-10;");
}

static void which_size_is_taken(void **state)
{
    struct x *x = *state;
    fake_feed(x, META(JULIET, "<info bytes='99' id='%s' type='image/png' url='http://x.lit/a.png'/>"
                              "<info bytes='999999999' id='%s' type='image/png'/><info bytes='90' id='%s' type='image/svg+xml'/>"
                              "<info bytes='-3' id='%s' type='image/png'/><info bytes='40' id='../../etc' type='image/png'/>"
                              "<info bytes='10' id='%s' type='image/gif'/>" INFO),
              other, other, other, other, other, id);
    found(x, JULIET, 3, id);
    fake_feed(x, META(JULIET, "<info bytes='99' id='%s' type='image/png' url='http://x.lit/a.png'/>"), other);
    assert_int_equal(avatar_find(x, JULIET, 4), KITH_OK);
    assert_true(fake_asking(x, NS_AVATAR_META)); /* nothing of that is taken, so nothing is known */
}

/* Only owners speak of their pictures: a device of theirs, a stranger or a server does not; puppets of our gateways do. */
static void announced_by_the_wrong_one(void **state)
{
    struct x *x = *state;
    fake_feed(x, META("stranger@x.lit", INFO), id);
    fake_feed(x, META(JULIET "/balcony", INFO), id);
    fake_feed(x, "<presence from='stranger@x.lit/a'><x xmlns='vcard-temp:x:update'><photo>%s</photo></x></presence>", id);
    assert_int_equal(avatar_find(x, "stranger@x.lit", 3), KITH_OK);
    expect_sent(x, "to=\"stranger@x.lit\"", "vcard-temp", "!pubsub"); /* asked because the user asks, not known */
    fake_error(x, "vcard-temp", "forbidden");
    expect_event(x, "REPLY req=3;", "err=-10;");
    assert_int_equal(avatar_find(x, JULIET, 4), KITH_OK);
    assert_true(fake_asking(x, NS_AVATAR_META));
    fake_timeout(x, NS_AVATAR_META);
    expect_event(x, "REPLY req=4;", "err=-8;");
    fake_feed(x, META("puppet@irc.lit", INFO), id);
    found(x, "puppet@irc.lit", 5, id);
    fake_feed(x, META("puppet@other.lit", INFO), id);
    assert_int_equal(avatar_find(x, "puppet@other.lit", 6), KITH_OK);
    assert_true(fake_asking(x, "vcard-temp"));
    fake_forget(x);
}

/* The node's item is another one, or holds other bytes: then the card is looked at, and it must be that picture, too. */
static void data_that_lies(void **state)
{
    struct x *x = *state;
    int kept, fd = target(&kept);
    fake_feed(x, META(JULIET, INFO), id);
    assert_int_equal(avatar_fetch(x, JULIET, id, fd, 4), KITH_OK);
    fake_result(x, NS_AVATAR_DATA, DATA, other, text);
    fake_result(x, "vcard-temp", CARD, "iVBORw0KGgpvdGhlciBieXRlcw==");
    expect_event(x, "REPLY req=4;", "err=-12;", "not the picture that was announced");
    holds(kept, false);
    fd = target(&kept);
    assert_int_equal(avatar_fetch(x, JULIET, id, fd, 5), KITH_OK);
    fake_result(x, NS_AVATAR_DATA, DATA, id, "iVBORw0KGgpvdGhlciBieXRlcw==");
    fake_result(x, "vcard-temp", CARD, text);
    expect_event(x, "REPLY req=5;", "!err=");
    holds(kept, true);
    fd = target(&kept);
    assert_int_equal(avatar_fetch(x, JULIET, id, fd, 6), KITH_OK);
    fake_result(x, NS_AVATAR_DATA, DATA, id, "*** no base64 ***");
    fake_error(x, "vcard-temp", "item-not-found");
    expect_event(x, "REPLY req=6;", "err=-10;");
    holds(kept, false);
}

static void too_large_or_no_picture(void **state)
{
    struct buf out = {0};
    size_t len = (size_t)50 << 20;
    char *big = xmalloc(len + 1);
    memset(big, 'A', len);
    big[len] = '\0';
    assert_string_equal(avatar_decode(big, NULL, &out), "The picture is larger than is taken.");
    assert_int_equal(out.len, 0); /* nothing of it was decoded */
    big[(KITH_MAX_AVATAR / 3 + 10) * 4] = '\0'; /* as text it is not too long, as bytes it is */
    assert_string_equal(avatar_decode(big, NULL, &out), "The picture is larger than is taken.");
    buf_clear(&out);
    assert_string_equal(avatar_decode("PHN2Zz48c2NyaXB0Lz48L3N2Zz4=", NULL, &out),
                        "What came is no picture of a kind that is read here.");
    buf_clear(&out);
    assert_string_equal(avatar_decode("", NULL, &out), "There is no picture.");
    assert_null(avatar_decode(text, id, &out));
    buf_free(&out);
    free(big);
}

/* XEP-0153 §3.1: of contacts and gateways; the node's word counts for more. */
static void presence_says_it(void **state)
{
    struct x *x = *state;
    int kept, fd = target(&kept);
    fake_feed(x, "<presence from='irc.lit'><x xmlns='vcard-temp:x:update'><photo>%s</photo></x></presence>", id);
    fake_forget(x);
    found(x, "irc.lit", 3, id);
    assert_int_equal(avatar_fetch(x, "irc.lit", id, fd, 4), KITH_OK);
    expect_sent(x, "to=\"irc.lit\"", "vcard-temp");
    fake_result(x, "vcard-temp", CARD, text);
    expect_event(x, "REPLY req=4;", "!err=");
    holds(kept, true);
    fake_feed(x, "<presence from='irc.lit'><x xmlns='vcard-temp:x:update'/></presence>"); /* says nothing */
    fake_forget(x);
    found(x, "irc.lit", 5, id);
    fake_feed(x, "<presence from='irc.lit'><x xmlns='vcard-temp:x:update'><photo/></x></presence>");
    fake_feed(x, META(JULIET, INFO), id);
    fake_feed(x, "<presence from='" JULIET "/b'><x xmlns='vcard-temp:x:update'><photo>%s</photo></x></presence>", other);
    fake_feed(x, "<presence from='" JULIET "/b'><x xmlns='vcard-temp:x:update'><photo>nonsense</photo></x></presence>");
    fake_forget(x);
    found(x, JULIET, 6, id);
    assert_int_equal(avatar_find(x, "irc.lit", 7), KITH_OK);
    assert_true(fake_asking(x, NS_AVATAR_META));
}

/* What was only asked for may have changed when it is asked for again. */
static void asked_is_not_announced(void **state)
{
    struct x *x = *state;
    int kept, fd = target(&kept);
    for (kith_req i = 3; i < 5; i++) {
        assert_int_equal(avatar_find(x, JULIET, i), KITH_OK);
        fake_result(x, NS_AVATAR_META, "<pubsub xmlns='" NS_PUBSUB "'><items node='" NS_AVATAR_META "'><item id='%s'><metadata "
                    "xmlns='" NS_AVATAR_META "'>" INFO "</metadata></item></items></pubsub>", id, id);
        expect_event(x, "REPLY", id, "!err=");
    }
    assert_int_equal(avatar_fetch(x, JULIET, id, fd, 6), KITH_OK); /* from where it was found */
    fake_result(x, NS_AVATAR_DATA, DATA, id, text);
    expect_event(x, "REPLY req=6;", "!err=");
    holds(kept, true);
    assert_int_equal(avatar_find(x, JULIET, 7), KITH_OK);
    fake_result(x, NS_AVATAR_META, "%s", "");
    fake_result(x, "vcard-temp", "<vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard>");
    expect_event(x, "REPLY req=7;", "err=-10;");
}

/* A card that had to be read to find the picture is not read again to fetch it. */
static void found_in_the_card(void **state)
{
    struct x *x = *state;
    int kept, fd = target(&kept);
    assert_int_equal(avatar_find(x, "stranger@x.lit", 3), KITH_OK);
    fake_result(x, "vcard-temp", CARD, text);
    fake_forget(x);
    assert_int_equal(avatar_fetch(x, "stranger@x.lit", id, fd, 4), KITH_OK);
    expect_nothing_sent(x);
    expect_event(x, "REPLY req=4;", "!err=");
    holds(kept, true);
    assert_int_equal(avatar_fetch(x, "stranger@x.lit", "42", -1, 5), KITH_EINVAL);
    assert_int_equal(avatar_find(x, "@", 6), KITH_EINVAL);
}

/* Whatever is asked for, so many questions run at one time. */
static void not_a_storm(void **state)
{
    struct x *x = *state;
    for (kith_req i = 1; i <= AVATARS_RUNNING; i++)
        assert_int_equal(avatar_find(x, "stranger@x.lit", i), KITH_OK);
    assert_int_equal(avatar_find(x, JULIET, 99), KITH_EBUSY);
    fake_error(x, "vcard-temp", "item-not-found");
    assert_int_equal(avatar_find(x, JULIET, 99), KITH_OK);
}

/* ---- rooms ---- */

/* XEP-0486 §3.3 and what prosody's module says; of people in it what their presence says. */
static void rooms_and_their_people(void **state)
{
    struct x *x = *state;
    int kept, fd = target(&kept);
    joined(x, "<feature var='vcard-temp'/><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>"
                 "http://jabber.org/protocol/muc#roominfo</value></field><field var='muc#roominfo_avatarhash'><value>"
                 "ea52e01f0b09b0d9fa6e9b3c0d3b9a8c6a3e2c10</value></field></x>");
    fake_forget(x);
    found(x, COVEN, 3, "ea52e01f0b09b0d9fa6e9b3c0d3b9a8c6a3e2c10");
    fake_feed(x, "<presence from='" COVEN "/Puck'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' "
                 "role='participant'/></x><x xmlns='vcard-temp:x:update'><photo>%s</photo></x></presence>", id);
    fake_forget(x);
    found(x, COVEN "/Puck", 4, id);
    expect_nothing_sent(x);
    assert_int_equal(avatar_fetch(x, COVEN "/Puck", id, fd, 5), KITH_OK);
    expect_sent(x, "to=\"" COVEN "/Puck\"", "vcard-temp", "!pubsub");
    fake_result(x, "vcard-temp", CARD, text);
    expect_event(x, "REPLY req=5;", "!err=");
    holds(kept, true);
    assert_int_equal(avatar_find(x, COVEN "/Nobody", 6), KITH_OK);
    expect_event(x, "REPLY req=6;", "err=-10;");
    fake_feed(x, "<presence from='" COVEN "'><x xmlns='vcard-temp:x:update'><photo/></x></presence>");
    assert_int_equal(avatar_find(x, COVEN, 7), KITH_OK);
    assert_true(fake_asking(x, "to=\"" COVEN "\""));
}

/* ---- ours ---- */

static void set_where_the_server_copies(void **state)
{
    struct x *x = *state;
    fake_bind(x, false);
    fake_result(x, "to=\"" ME "\"", DISCO "<feature var='" NS_PUBSUB "#publish-options'/><feature var='" NS_CONVERSION
                                          "'/></query>");
    fake_forget(x);
    assert_int_equal(avatar_set(x, NULL, file_with(photo, sizeof photo), "image/png", 64, 32, 3), KITH_OK);
    expect_sent(x, "node=\"" NS_AVATAR_DATA "\"", id, text, "<value>open</value>");
    fake_result(x, NS_AVATAR_DATA, "%s", "");
    expect_sent(x, "node=\"" NS_AVATAR_META "\"", "bytes=\"15\"", "type=\"image/png\"", "width=\"64\"", "height=\"32\"", id);
    fake_error(x, NS_AVATAR_META, "conflict"); /* the node has other settings: they stay */
    expect_sent(x, "node=\"" NS_AVATAR_META "\"", "!publish-options");
    fake_result(x, NS_AVATAR_META, "%s", "");
    expect_sent(x, "<presence", "!vcard-temp:x:update"); /* §4: the server says it */
    expect_event(x, "REPLY req=3;", "!err=");
    assert_false(fake_asking(x, "vcard-temp"));
    assert_int_equal(avatar_set(x, NULL, -1, NULL, 0, 0, 4), KITH_OK);
    expect_sent(x, "<metadata xmlns=\"" NS_AVATAR_META "\"/>");
    fake_result(x, NS_AVATAR_META, "%s", "");
    expect_event(x, "REPLY req=4;", "!err=");
}

static void set_where_it_does_not(void **state)
{
    struct x *x = *state;
    assert_int_equal(avatar_set(x, NULL, file_with(photo, sizeof photo), "image/png", 64, 64, 3), KITH_OK);
    fake_result(x, NS_AVATAR_DATA, "%s", "");
    fake_result(x, NS_AVATAR_META, "%s", "");
    fake_forget(x);
    fake_result(x, "vcard-temp", "<vCard xmlns='vcard-temp'><FN>Romeo</FN><PHOTO><BINVAL>b2xk</BINVAL></PHOTO></vCard>");
    expect_sent(x, "type=\"set\"", "<FN>Romeo</FN>", "<TYPE>image/png</TYPE>", text, "!b2xk");
    fake_result(x, "type=\"set\"", "%s", "");
    expect_sent(x, "<presence", "<x xmlns=\"vcard-temp:x:update\"><photo>", id);
    expect_event(x, "REPLY req=3;", "!err=");
    fake_feed(x, META(ME, INFO), id); /* our own event: no news */
    expect_nothing_sent(x);
    fake_feed(x, META(ME, INFO), other); /* another program of ours changed it */
    expect_sent(x, "<presence", "!vcard-temp:x:update");
    assert_int_equal(avatar_set(x, NULL, -1, NULL, 0, 0, 4), KITH_OK);
    fake_result(x, NS_AVATAR_META, "%s", "");
    fake_forget(x);
    fake_error(x, "vcard-temp", "item-not-found");
    expect_sent(x, "<vCard xmlns=\"vcard-temp\"/>");
    fake_result(x, "type=\"set\"", "%s", "");
    expect_sent(x, "<presence", "<photo/>");
    expect_event(x, "REPLY req=4;", "!err=");
}

static void set_goes_wrong(void **state)
{
    struct x *x = *state;
    int fd = file_with("no picture at all", 17);
    assert_int_equal(avatar_set(x, NULL, fd, "image/png", 1, 1, 3), KITH_EINVAL);
    close(fd); /* refused: it stayed ours */
    fd = file_with(photo, sizeof photo);
    assert_int_equal(avatar_set(x, "garden@not.ours.lit", fd, "image/png", 1, 1, 3), KITH_EINVAL);
    assert_int_equal(ftruncate(fd, KITH_MAX_AVATAR + 1), 0);
    assert_int_equal(avatar_set(x, NULL, fd, "image/png", 1, 1, 3), KITH_ETOOBIG);
    close(fd);
    expect_nothing_sent(x);
    assert_int_equal(avatar_set(x, NULL, file_with(photo, sizeof photo), "image/png", 0, 0, 4), KITH_OK);
    fake_error(x, NS_AVATAR_DATA, "not-acceptable");
    expect_event(x, "REPLY req=4;", "err=");
    assert_int_equal(avatar_set(x, NULL, file_with(photo, sizeof photo), "image/png", 0, 0, 5), KITH_OK);
    fake_timeout(x, NS_AVATAR_DATA);
    expect_event(x, "REPLY req=5;", "err=-8;");
}

static void of_a_room_that_is_ours(void **state)
{
    struct x *x = *state;
    joined(x, "<feature var='vcard-temp'/>");
    fake_forget(x);
    assert_int_equal(avatar_set(x, COVEN, file_with(photo, sizeof photo), "image/png", 0, 0, 3), KITH_OK);
    fake_error(x, "vcard-temp", "item-not-found");
    expect_sent(x, "type=\"get\"", "to=\"" COVEN "\"");
    expect_sent(x, "type=\"set\"", "to=\"" COVEN "\"", text);
    fake_error(x, "<TYPE>image/png</TYPE>", "forbidden");
    expect_event(x, "REPLY req=3;", "err=-9;");
    expect_nothing_sent(x); /* our own presence says nothing of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(announced_then_fetched, prepare, teardown),
        cmocka_unit_test_setup_teardown(which_size_is_taken, prepare, teardown),
        cmocka_unit_test_setup_teardown(announced_by_the_wrong_one, prepare, teardown),
        cmocka_unit_test_setup_teardown(data_that_lies, prepare, teardown),
        cmocka_unit_test_setup_teardown(too_large_or_no_picture, prepare, teardown),
        cmocka_unit_test_setup_teardown(presence_says_it, prepare, teardown),
        cmocka_unit_test_setup_teardown(asked_is_not_announced, prepare, teardown),
        cmocka_unit_test_setup_teardown(found_in_the_card, prepare, teardown),
        cmocka_unit_test_setup_teardown(not_a_storm, prepare, teardown),
        cmocka_unit_test_setup_teardown(rooms_and_their_people, prepare, teardown),
        cmocka_unit_test_setup_teardown(set_where_the_server_copies, prepare, teardown),
        cmocka_unit_test_setup_teardown(set_where_it_does_not, prepare, teardown),
        cmocka_unit_test_setup_teardown(set_goes_wrong, prepare, teardown),
        cmocka_unit_test_setup_teardown(of_a_room_that_is_ours, prepare, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
