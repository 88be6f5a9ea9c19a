/* unit/xmppim/test_jingle_in.c - files that come in: the examples of XEP-0234, 0261 and 0047, and forged ones */
#include "jingle.h"

#define DATA(seq, text)                                                                                                 \
    "<iq type='set' id='d" seq "' from='" PEER "'><data xmlns='http://jabber.org/protocol/ibb' seq='" seq               \
    "' sid='ch3d9s71'>" text "</data></iq>"
#define OPEN(size)                                                                                                      \
    "<iq type='set' id='o1' from='" PEER "'><open xmlns='http://jabber.org/protocol/ibb' block-size='" size             \
    "' sid='ch3d9s71' stanza='iq'/></iq>"
#define CLOSE "<iq type='set' id='c1' from='" PEER "'><close xmlns='http://jabber.org/protocol/ibb' sid='ch3d9s71'/></iq>"

/* Offered and accepted; what was sent and told is forgotten. The descriptor is another of the same file. */
static int accepted(struct x *x, const char *size, const char *hash)
{
    char *description = xasprintf("<description xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>hello.txt</name>"
                                  "<size>%s</size>%s</file></description>", size, hash);
    offered(x, description, IBB_WAY);
    free(description);
    char *id = attachment(x);
    int fd = temp_file(""), look = dup(fd);
    assert_int_equal(files_accept(x, id, fd, 9), KITH_OK);
    fake_result(x, "session-accept", "%s", "");
    free(id);
    fake_forget(x);
    return look;
}

static void comes_whole(void **state)
{
    struct x *x = *state;
    offered(x, FILE_OF("5", HASH(SUM_HELLO)), IBB_WAY);
    expect_sent(x, "type=\"result\"", "id=\"i-session-initiate\"", "to=\"" PEER "\"");
    expect_nothing_sent(x); /* nobody has said yes yet */
    expect_event(x, "MESSAGE", "chat=juliet@capulet.lit;", "resource=balcony;", "body=hello.txt;", "file=jingle:",
                 "mime=text/plain;", "bytes=5;", "!STRANGER");
    fake_forget(x);
    offered(x, FILE_OF("5", HASH(SUM_HELLO)), IBB_WAY); /* the same a second time */
    expect_sent(x, "type=\"error\"", "unexpected-request", "out-of-order");
    expect_no_event(x);
}

static void takes_it(void **state)
{
    struct x *x = *state;
    offered(x, FILE_OF("5", HASH(SUM_HELLO)), IBB_WAY);
    char *id = attachment(x);
    int fd = temp_file(""), look = dup(fd);
    fake_forget(x);
    assert_int_equal(files_accept(x, id, fd, 9), KITH_OK);
    expect_sent(x, "session-accept", "responder=\"" ME_FULL "\"", "sid=\"a73s\"", "name=\"ex\"", "block-size=\"4096\"",
                "sid=\"ch3d9s71\"");
    assert_int_equal(files_accept(x, id, fd, 10), KITH_EBUSY);
    fake_result(x, "session-accept", "%s", "");
    fake_feed(x, OPEN("4096"));
    expect_sent(x, "type=\"result\"", "id=\"o1\"");
    fake_feed(x, DATA("0", "aGVs"));
    expect_sent(x, "type=\"result\"", "id=\"d0\"");
    expect_event(x, "PROGRESS", "req=9;", "done=3;", "total=5;");
    fake_feed(x, DATA("1", "bG8="));
    expect_sent(x, "type=\"result\"", "id=\"d1\"");
    expect_event(x, "PROGRESS", "done=5;");
    expect_sent(x, "session-terminate", "<success");
    expect_event(x, "REPLY", "req=9;", "!err");
    char *text = content_of(look);
    assert_string_equal(text, "hello");
    free(text);
    close(look);
    fake_feed(x, CLOSE); /* it is over */
    expect_sent(x, "item-not-found");
    fake_forget(x);
    assert_int_equal(files_accept(x, id, -1, 11), KITH_OK);
    expect_event(x, "REPLY", "req=11;", "err=", "it is offered no longer");
    free(id);
}

/* The checksum behind the file (XEP-0234 §8.2), right and wrong. */
static void checksum_later(void **state)
{
    struct x *x = *state;
    close(accepted(x, "5", PROMISE));
    fake_feed(x, OPEN("4096"));
    fake_feed(x, DATA("0", "aGVsbG8="));
    assert_false(fake_take_event(x, "REPLY"));
    session(x, "session-info", "<checksum xmlns='urn:xmpp:jingle:apps:file-transfer:5' creator='initiator' name='ex'><file>"
                               HASH(SUM_HELLO) "</file></checksum>");
    assert_true(fake_take_sent(x, "<success"));
    expect_event(x, "REPLY", "req=9;", "!err");
}

static void flipped(struct x *x, const char *hash, const char *later)
{
    close(accepted(x, "5", hash));
    fake_feed(x, OPEN("4096"));
    fake_feed(x, DATA("0", "aGVsbG4=")); /* "helln" */
    if (later)
        session(x, "session-info", later);
    assert_true(fake_take_sent(x, "<media-error"));
    assert_true(fake_take_event(x, "PROGRESS"));
    expect_event(x, "REPLY", "req=9;", "err=", "the checksum differs");
    expect_no_event(x);
}

static void wrong_sum(void **state)
{
    flipped(*state, HASH(SUM_HELLO), NULL);
    flipped(*state, PROMISE, "<checksum xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file>" HASH(SUM_HELLO) "</file></checksum>");
    flipped(*state, "<hash xmlns='urn:xmpp:hashes:2' algo='sha-1'>qvTGHdzF6KLavt4PO0gs2a6pQ00=</hash>", NULL);
}

/* Promised and never said: thrown away, after a while and when they say that all went well. */
static void no_sum(void **state)
{
    struct x *x = *state;
    close(accepted(x, "5", PROMISE));
    fake_feed(x, OPEN("4096"));
    fake_feed(x, DATA("0", "aGVsbG8="));
    fake_timers(x);
    assert_true(fake_take_event(x, "did not come"));
    close(accepted(x, "5", PROMISE));
    fake_feed(x, OPEN("4096"));
    fake_feed(x, DATA("0", "aGVsbG8="));
    session(x, "session-terminate", "<reason><success/></reason>");
    assert_true(fake_take_event(x, "did not come"));
    close(accepted(x, "5", "")); /* an old program that knows no checksums */
    fake_feed(x, OPEN("4096"));
    fake_feed(x, DATA("0", "aGVsbG8="));
    assert_true(fake_take_event(x, "PROGRESS"));
    expect_event(x, "REPLY", "!err");
}

static void too_much(void **state)
{
    struct x *x = *state;
    int look = accepted(x, "4", HASH(SUM_HELLO));
    fake_feed(x, OPEN("4096"));
    fake_feed(x, DATA("0", "aGVsbG8="));
    assert_true(fake_take_sent(x, "failed-application"));
    expect_event(x, "REPLY", "More came than was announced");
    char *text = content_of(look);
    assert_string_equal(text, "");
    free(text);
    close(look);
}

/* XEP-0047 §2.2: the order, and what is no base64. */
static void broken_stream(struct x *x, const char *data, const char *condition)
{
    close(accepted(x, "5", HASH(SUM_HELLO)));
    fake_feed(x, OPEN("4096"));
    fake_forget(x);
    fake_feed_text(x, data);
    expect_sent(x, "type=\"error\"", condition);
    assert_true(fake_take_sent(x, "failed-transport"));
    expect_event(x, "REPLY", "req=9;", "err=", "thrown away");
}

static void forged_data(void **state)
{
    struct x *x = *state;
    broken_stream(x, DATA("1", "aGVs"), "unexpected-request");
    broken_stream(x, DATA("65536", "aGVs"), "unexpected-request");
    broken_stream(x, DATA("", "aGVs"), "unexpected-request");
    broken_stream(x, DATA("0", "aGV"), "bad-request");
    broken_stream(x, DATA("0", "=AAA"), "bad-request");
    broken_stream(x, DATA("0", "BBBB=CCC"), "bad-request");
    broken_stream(x, DATA("0", "aG Vs"), "bad-request");
    broken_stream(x, DATA("0", "aGVsbG9="), "bad-request"); /* bits behind the end */
    broken_stream(x, DATA("0", "a-_s"), "bad-request");
    char *big = xmalloc(8193);
    memset(big, 'A', 8192);
    big[8192] = '\0';
    char *text = xasprintf(DATA("0", "%s"), big); /* more than a block */
    broken_stream(x, text, "bad-request");
    free(text);
    free(big);
}

static void decodes(void **state)
{
    unsigned char out[8];
    size_t n;
    assert_true(ibb_decode("", 8, out, &n) && n == 0);
    assert_true(ibb_decode("AP8=", 8, out, &n) && n == 2 && out[0] == 0 && out[1] == 255);
    assert_true(ibb_decode("/w==", 8, out, &n) && n == 1 && out[0] == 255);
    assert_true(ibb_decode("+/AB", 8, out, &n) && n == 3);
    assert_false(ibb_decode("AAAA", 2, out, &n));
    assert_false(ibb_decode("====", 8, out, &n));
    assert_false(ibb_decode("A===", 8, out, &n));
    assert_false(ibb_decode("=", 8, out, &n));
    assert_true(ibb_decode(NULL, 8, out, &n) && n == 0);
}

/* Everything that names the session must come from its other end. */
static void foreign(void **state)
{
    struct x *x = *state;
    static const char *const others[] = {"juliet@capulet.lit/chamber", "nurse@capulet.lit/balcony", "juliet@capulet.lit"};
    int look = accepted(x, "5", HASH(SUM_HELLO));
    fake_feed(x, OPEN("4096"));
    for (size_t i = 0; i < COUNT(others); i++) {
        fake_forget(x);
        jingle_from(x, others[i], "session-terminate", "<reason><cancel/></reason>");
        expect_sent(x, "item-not-found", "unknown-session");
        jingle_from(x, others[i], "session-info", "");
        expect_sent(x, "item-not-found", "unknown-session");
        fake_feed(x, "<iq type='set' id='d' from='%s'><data xmlns='http://jabber.org/protocol/ibb' seq='0' sid='ch3d9s71'>"
                     "aGVs</data></iq>", others[i]);
        expect_sent(x, "item-not-found");
        fake_feed(x, "<presence type='unavailable' from='%s'/>", i ? others[i] : "nurse@capulet.lit/x");
        if (i < 2)
            assert_false(fake_take_event(x, "REPLY"));
    }
    close(look);
}

static void unknown(void **state)
{
    struct x *x = *state;
    static const char *const actions[] = {"session-accept", "session-terminate", "session-info", "transport-info",
                                          "transport-replace", "content-add", "nonsense"};
    for (size_t i = 0; i < COUNT(actions); i++) {
        session(x, actions[i], "");
        expect_sent(x, "type=\"error\"", "item-not-found", "unknown-session");
    }
    fake_feed(x, "<iq type='set' id='1' from='" PEER "'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate'/></iq>");
    expect_sent(x, "bad-request");
    fake_feed(x, OPEN("4096"));
    expect_sent(x, "not-acceptable");
    fake_feed(x, CLOSE);
    expect_sent(x, "item-not-found");
    expect_no_event(x);
}

/* Before anybody has accepted, and twice. */
static void wrong_order(void **state)
{
    struct x *x = *state;
    static const char *const wrong[] = {"session-accept", "transport-accept", "transport-reject", "content-accept",
                                        "content-reject", "content-modify", "transport-replace"};
    offered(x, FILE_OF("5", HASH(SUM_HELLO)), IBB_WAY);
    char *id = attachment(x);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        fake_forget(x);
        session(x, wrong[i], "<content creator='initiator' name='ex'>" IBB_WAY "</content>");
        expect_sent(x, "unexpected-request", "out-of-order");
    }
    fake_feed(x, OPEN("4096"));
    expect_sent(x, "unexpected-request");
    fake_feed(x, DATA("0", "aGVs"));
    expect_sent(x, "unexpected-request");
    session(x, "session-info", "");
    expect_sent(x, "type=\"result\"");
    session(x, "session-info", "<ringing xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>");
    expect_sent(x, "feature-not-implemented", "unsupported-info");
    session(x, "content-add", "<content creator='initiator' name='two'/>");
    expect_sent(x, "type=\"result\"");
    expect_sent(x, "content-reject", "name=\"two\"");
    expect_no_event(x);
    assert_int_equal(files_accept(x, id, temp_file(""), 9), KITH_OK);
    fake_forget(x);
    fake_feed(x, OPEN("0"));
    expect_sent(x, "bad-request");
    fake_feed(x, OPEN("4097"));
    expect_sent(x, "resource-constraint");
    fake_feed(x, OPEN("4096"));
    expect_sent(x, "type=\"result\"");
    fake_feed(x, OPEN("4096"));
    expect_sent(x, "unexpected-request");
    free(id);
}

/* What cannot be taken is refused at once, and the reason says why. */
static void refused(void **state)
{
    struct x *x = *state;
    static const struct { const char *description, *transport, *reason; } bad[] = {
        {"<description xmlns='urn:xmpp:example'/>", IBB_WAY, "unsupported-applications"},
        {FILE_OF("5", HASH(SUM_HELLO)), "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'/>", "unsupported-transports"},
        {FILE_OF("5", ""), "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='0' sid='x'/>", "failed-transport"},
        {FILE_OF("5", ""), "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='1' sid='x'/>", "failed-transport"},
        {FILE_OF("5", ""), "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='65536' sid='x'/>", "failed-transport"},
        {FILE_OF("5", ""), "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='-1' sid='x'/>", "failed-transport"},
        {FILE_OF("5", ""), "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='4096'/>", "failed-transport"},
        {FILE_OF("5", ""), "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='x' mode='udp'/>", "failed-transport"},
        {FILE_OF("-5", ""), IBB_WAY, "failed-application"},
        {FILE_OF("99999999999999999999", ""), IBB_WAY, "failed-application"},
        {FILE_OF("", ""), IBB_WAY, "failed-application"},
        {"<description xmlns='urn:xmpp:jingle:apps:file-transfer:5'/>", IBB_WAY, "failed-application"},
        {FILE_OF("5", "<range offset='2'/>"), IBB_WAY, "failed-application"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        fake_forget(x);
        offered(x, bad[i].description, bad[i].transport);
        expect_sent(x, "type=\"result\"");
        expect_sent(x, "session-terminate", bad[i].reason);
        assert_false(fake_take_event(x, "MESSAGE"));
    }
    fake_forget(x);
    session(x, "session-initiate", "<content creator='initiator' name='ex' senders='responder'>" FILE_OF("5", "") IBB_WAY "</content>");
    assert_true(fake_take_sent(x, "failed-application")); /* they ask for a file of ours */
    fake_feed(x, "<iq type='set' id='i' from='" PEER "'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='z' "
                 "initiator='nurse@capulet.lit/x'><content creator='initiator' name='ex'/></jingle></iq>");
    expect_sent(x, "bad-request");
}

static void names(void **state)
{
    struct x *x = *state;
    static const char *const named[][2] = {{"../../.ssh/authorized_keys", "authorized_keys"}, {"..", "file"},
                                           {"C:\\Users\\x\\evil.exe", "evil.exe"}, {"", "file"}, {".profile", "profile"}};
    for (size_t i = 0; i < COUNT(named); i++) {
        char *description = xasprintf("<description xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file><name>%s</name>"
                                      "<size>1</size></file></description>", named[i][0]);
        offered(x, description, IBB_WAY);
        char *name = fake_event_part(x, "file_name=");
        assert_string_equal(name, named[i][1]);
        session(x, "session-terminate", "<reason><cancel/></reason>");
        free(name);
        free(description);
    }
}

static void too_many(void **state)
{
    struct x *x = *state;
    for (int i = 0; i < JINGLE_PEER_MAX + 3; i++)
        fake_feed(x, "<iq type='set' id='i' from='" PEER "'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
                     "sid='s%d'><content creator='initiator' name='ex'>" FILE_OF("5", "") IBB_WAY "</content></jingle></iq>", i);
    int shown = 0;
    while (fake_take_event(x, "MESSAGE"))
        shown++;
    assert_int_equal(shown, JINGLE_PEER_MAX);
    assert_non_null(fake_last_sent(x, "resource-constraint"));
    device(x, "balcony", "1", FILES_IBB);
    assert_int_equal(offer_hello(x, 8), KITH_OK); /* we still can */
    assert_non_null(fake_last_sent(x, "session-initiate"));
}

/* Whoever does not see our presence gets what an absent client would give, and the user hears of it once. */
static void strangers(void **state)
{
    struct x *x = *state;
    static const char *const who[] = {"paris@verona.lit/x", "tybalt@capulet.lit/x"};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(who); i++) {
            jingle_from(x, who[i], "session-initiate",
                        "<content creator='initiator' name='ex'>" FILE_OF("5", "") IBB_WAY "</content>");
            expect_sent(x, "type=\"error\"", "service-unavailable", "!unknown-session");
        }
    expect_nothing_sent(x);
    expect_event(x, "MESSAGE", "chat=paris@verona.lit;", "wants to send a file", "+STRANGER", "+ACTION", "!file=");
    expect_event(x, "MESSAGE", "chat=tybalt@capulet.lit;", "!STRANGER");
    expect_no_event(x);
    jingle_from(x, who[0], "session-terminate", "");
    expect_sent(x, "service-unavailable", "!unknown-session");
}

static void ends(void **state)
{
    struct x *x = *state;
    offered(x, FILE_OF("5", HASH(SUM_HELLO)), IBB_WAY);
    char *id = attachment(x);
    fake_forget(x);
    assert_int_equal(files_decline(x, id, 4), KITH_OK);
    expect_sent(x, "session-terminate", "<decline");
    expect_event(x, "REPLY", "req=4;", "!err");
    expect_no_event(x);
    assert_int_equal(files_decline(x, id, 5), KITH_OK);
    expect_event(x, "REPLY", "req=5;", "err=", "it is offered no longer");
    free(id);
    offered(x, FILE_OF("5", HASH(SUM_HELLO)), IBB_WAY);
    fake_forget(x);
    session(x, "session-terminate", "<reason><cancel/></reason>");
    expect_sent(x, "type=\"result\"");
    expect_event(x, "NOTICE", "chat=juliet@capulet.lit;", "hello.txt is offered no longer: They took it back");
    close(accepted(x, "5", HASH(SUM_HELLO)));
    assert_int_equal(files_cancel(x, 9), KITH_OK);
    expect_sent(x, "session-terminate", "<cancel");
    expect_event(x, "REPLY", "req=9;", "you stopped it");
    assert_int_equal(files_cancel(x, 9), KITH_ENOTFOUND);
    close(accepted(x, "5", HASH(SUM_HELLO)));
    fake_feed(x, "<presence type='unavailable' from='" PEER "'/>");
    expect_event(x, "REPLY", "req=9;", "They went offline");
    close(accepted(x, "5", HASH(SUM_HELLO)));
    fake_feed(x, OPEN("4096"));
    fake_feed(x, CLOSE);
    assert_true(fake_take_event(x, "before all was here"));
    close(accepted(x, "5", HASH(SUM_HELLO)));
    fake_feed(x, OPEN("4096"));
    fake_timers(x);
    assert_true(fake_take_event(x, "Nothing came for two minutes"));
}

/* A resumed stream goes on; a new one is somebody else's for the other side. */
static void connection_lost(void **state)
{
    struct x *x = *state;
    close(accepted(x, "5", HASH(SUM_HELLO)));
    fake_feed(x, OPEN("4096"));
    fake_feed(x, DATA("0", "aGVs"));
    fake_drop(x, false);
    fake_bind(x, true);
    fake_feed(x, DATA("1", "bG8="));
    assert_true(fake_take_sent(x, "<success"));
    assert_true(fake_take_event(x, "PROGRESS"));
    assert_true(fake_take_event(x, "PROGRESS"));
    expect_event(x, "REPLY", "req=9;", "!err");
    close(accepted(x, "5", HASH(SUM_HELLO)));
    fake_drop(x, true);
    fake_bind(x, false);
    assert_true(fake_take_event(x, "The connection was lost"));
}

/* The number of a block starts again at 0 (XEP-0047 §2.2). */
static void goes_around(void **state)
{
    struct x *x = *state;
    close(accepted(x, "65538", ""));
    fake_feed(x, OPEN("4096"));
    for (unsigned i = 0; i < 65538; i++) {
        fake_feed(x, "<iq type='set' id='d' from='" PEER "'><data xmlns='http://jabber.org/protocol/ibb' seq='%u' "
                     "sid='ch3d9s71'>AA==</data></iq>", i % 65536);
        if (i % 1000 == 0)
            fake_forget(x);
    }
    assert_true(fake_take_event(x, "REPLY req=9;"));
    assert_non_null(fake_last_sent(x, "<success"));
}

static void empty_file(void **state)
{
    struct x *x = *state;
    close(accepted(x, "0", HASH("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")));
    fake_feed(x, OPEN("4096"));
    assert_true(fake_take_sent(x, "<success"));
    expect_event(x, "REPLY", "req=9;", "!err");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(comes_whole), T(takes_it), T(checksum_later), T(wrong_sum), T(no_sum), T(too_much), T(forged_data), T(decodes),
        T(foreign), T(unknown), T(wrong_order), T(refused), T(names), T(too_many), T(strangers), T(ends),
        T(connection_lost), T(empty_file), T(goes_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
