/* unit/xmppim/test_jingle_out.c - files that go out: to which device, by which way, and what may come back */
#include "jingle.h"

static void which_device(void **state)
{
    struct x *x = *state;
    assert_int_equal(offer_hello(x, 7), KITH_OK);
    expect_event(x, "REPLY", "req=7;", "err=", "no program of theirs that is online");
    device(x, "phone", "5", HAS("urn:xmpp:jingle:1"));
    device(x, "balcony", "1", FILES_IBB);
    device(x, "chamber", "-1", FILES_IBB);
    assert_int_equal(offer_hello(x, 8), KITH_OK);
    expect_sent(x, "session-initiate", "to=\"" PEER "\"", "initiator=\"" ME_FULL "\"", "senders=\"initiator\"",
                "<name>hello.txt</name>", "<size>5</size>", "<media-type>text/plain</media-type>",
                "algo=\"sha-256\"", ">" SUM_HELLO "</hash>", "jingle:transports:ibb:1", "block-size=\"6144\"");
    expect_no_event(x);
    device(x, "study", "2", FILES_ALL);
    assert_int_equal(offer_hello(x, 9), KITH_OK);
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'/>");
    assert_true(fake_take_sent(x, "disco#items"));
    expect_sent(x, "session-initiate", "to=\"juliet@capulet.lit/study\"", "jingle:transports:s5b:1", "!candidate", "!dstaddr");
    assert_int_equal(files_cancel(x, 8), KITH_OK);
    expect_event(x, "REPLY", "req=8;", "you took it back");
}

static struct x *ibb_ready(void **state, char **sid, char **stream)
{
    struct x *x = *state;
    device(x, "balcony", "1", FILES_IBB);
    offer_hello(x, 8);
    const char *text = fake_last_sent(x, "session-initiate");
    assert_non_null(text);
    *sid = said(strstr(text, "<jingle"), "sid");
    *stream = said(strstr(text, "<transport"), "sid");
    return x;
}

static void answer(struct x *x, const char *from, const char *sid, const char *action, const char *content)
{
    fake_feed(x, "<iq type='set' id='a1' from='%s'><jingle xmlns='urn:xmpp:jingle:1' action='%s' sid='%s'>%s</jingle></iq>",
              from, action, sid, content);
}

#define ACCEPT "<content creator='initiator' name='file'><description xmlns='urn:xmpp:jingle:apps:file-transfer:5'><file/>" \
               "</description><transport xmlns='urn:xmpp:jingle:transports:ibb:1' block-size='%s' sid='%s'/></content>"

static void accept_with(struct x *x, const char *sid, const char *block, const char *stream)
{
    char *content = xasprintf(ACCEPT, block, stream);
    answer(x, PEER, sid, "session-accept", content);
    free(content);
}

static void in_band(void **state)
{
    char *sid, *stream;
    struct x *x = ibb_ready(state, &sid, &stream);
    fake_result(x, "session-initiate", "%s", "");
    fake_forget(x);
    accept_with(x, sid, "64", stream);
    expect_sent(x, "type=\"result\"");
    expect_sent(x, "<open", "block-size=\"64\"", "stanza=\"iq\"");
    expect_nothing_sent(x);
    accept_with(x, sid, "64", stream); /* a second time */
    expect_sent(x, "unexpected-request", "out-of-order");
    fake_result(x, "<open", "%s", "");
    expect_sent(x, "<data", "seq=\"0\"", ">aGVsbG8=</data>");
    expect_nothing_sent(x);
    expect_event(x, "PROGRESS", "req=8;", "done=5;");
    fake_result(x, "<data", "%s", "");
    expect_sent(x, "<close");
    expect_no_event(x); /* only they know whether it has arrived */
    answer(x, "juliet@capulet.lit/chamber", sid, "session-terminate", "<reason><success/></reason>");
    expect_sent(x, "unknown-session");
    expect_no_event(x);
    answer(x, PEER, sid, "session-terminate", "<reason><success/></reason>");
    expect_event(x, "REPLY", "req=8;", "!err");
    free(sid);
    free(stream);
}

static void bad_accept(struct x *x, const char *sid, const char *block, const char *stream)
{
    fake_forget(x);
    accept_with(x, sid, block, stream);
    expect_sent(x, "bad-request");
    expect_sent(x, "failed-transport");
    expect_event(x, "REPLY", "req=8;", "err=");
}

static void forged_accept(void **state)
{
    static const char *const blocks[] = {"0", "1", "6145", "65536", "-5", "x", ""};
    char *sid, *stream;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        struct x *x = ibb_ready(state, &sid, &stream);
        bad_accept(x, sid, blocks[i], stream);
        free(sid);
        free(stream);
    }
    struct x *x = ibb_ready(state, &sid, &stream);
    bad_accept(x, sid, "4096", "another");
    free(sid);
    free(stream);
    x = ibb_ready(state, &sid, &stream);
    fake_forget(x);
    answer(x, PEER, sid, "session-accept", "<content creator='initiator' name='other'/>");
    expect_sent(x, "bad-request");
    free(sid);
    free(stream);
}

static void answers_no(void **state)
{
    static const struct { const char *reason, *words; int err; } no[] = {
        {"decline", "They do not want the file", KITH_EDENIED},
        {"cancel", "They stopped the transfer", KITH_EDENIED},
        {"busy", "They are busy", KITH_EBUSY},
        {"media-error", "is not the file", KITH_ENET},
        {"success", "before it had the file", KITH_ENET},
        {"nonsense", "They ended the transfer", KITH_ENET},
    };
    char *sid, *stream, err[32];
    for (size_t i = 0; i < COUNT(no); i++) {
        struct x *x = ibb_ready(state, &sid, &stream);
        char *reason = xasprintf("<reason><%s/></reason>", no[i].reason);
        fake_result(x, "session-initiate", "%s", "");
        answer(x, PEER, sid, "session-terminate", reason);
        snprintf(err, sizeof err, "err=%d;", no[i].err);
        expect_event(x, "REPLY", "req=8;", no[i].words, err);
        fake_forget(x);
        free(reason);
        free(sid);
        free(stream);
    }
    struct x *x = ibb_ready(state, &sid, &stream);
    fake_error(x, "session-initiate", "service-unavailable");
    expect_event(x, "REPLY", "req=8;", "Their program refuses");
    free(sid);
    free(stream);
    x = ibb_ready(state, &sid, &stream);
    fake_timeout(x, "session-initiate");
    assert_true(fake_take_event(x, "does not answer"));
    free(sid);
    free(stream);
}

/* No more blocks are on the way than the window has; each answer lets one follow. */
static void window(void **state)
{
    struct x *x = *state;
    device(x, "balcony", "1", FILES_IBB);
    fake_option(x, "files", "jingle");
    char *big = xmalloc(64 * 20 + 1);
    memset(big, 'x', 64 * 20);
    big[64 * 20] = '\0';
    files_offer(x, "juliet@capulet.lit", temp_file(big), "big", NULL, 64 * 20, "m1", 8);
    free(big);
    const char *text = fake_last_sent(x, "session-initiate");
    char *sid = said(strstr(text, "<jingle"), "sid"), *stream = said(strstr(text, "<transport"), "sid");
    accept_with(x, sid, "64", stream);
    fake_result(x, "<open", "%s", "");
    int blocks = 0;
    while (fake_take_sent(x, "<data"))
        blocks++;
    assert_int_equal(blocks, 8);
    fake_drop(x, false); /* nothing is added while the link is down */
    fake_result(x, "<data", "%s", "");
    assert_false(fake_take_sent(x, "<data"));
    fake_bind(x, true);
    assert_true(fake_take_sent(x, "<data"));
    assert_false(fake_take_sent(x, "<data"));
    fake_error(x, "<data", "item-not-found");
    assert_true(fake_take_event(x, "refuses the bytes"));
    free(sid);
    free(stream);
}

/* ---- SOCKS5: XEP-0260 ---- */

#define PROXY_CONNECTED "\x05\x00\x00\x03\x28"
static void relay_says_yes(struct x *x, size_t n)
{
    char reply[4 + 1 + 40 + 2] = PROXY_CONNECTED;
    size_t len;
    fake_stream_connected(x, n);
    char *out = fake_stream_out(x, n, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(out, "\x05\x01\x00", 3);
    free(out);
    fake_stream_in(x, n, "\x05", 1);
    fake_stream_in(x, n, "\x00", 1);
    out = fake_stream_out(x, n, &len);
    assert_int_equal(len, 47);
    assert_memory_equal(out, "\x05\x01\x00\x03\x28", 5);
    assert_memory_equal(out + 45, "\0\0", 2);
    memset(reply + 5, 'a', 40);
    free(out);
    fake_stream_in(x, n, reply, 20);
    fake_stream_in(x, n, reply + 20, sizeof reply - 20);
}

static void relays(struct x *x)
{
    fake_result(x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='proxy.montague.lit'/>"
                                  "<item jid='rooms.montague.lit'/><item jid='x@montague.lit'/></query>");
    fake_result(x, "to=\"proxy.montague.lit\"", "<query xmlns='http://jabber.org/protocol/disco#info'>"
                                                "<identity category='proxy' type='bytestreams'/></query>");
    fake_error(x, "to=\"rooms.montague.lit\"", "service-unavailable");
    fake_result(x, "to=\"proxy.montague.lit\"", "<query xmlns='http://jabber.org/protocol/bytestreams'>"
                                                "<streamhost jid='proxy.montague.lit' host='relay.lit' port='7625'/></query>");
}

static struct x *s5b_ready(void **state, char **sid, char **stream, char **cid)
{
    struct x *x = *state;
    device(x, "balcony", "1", FILES_ALL);
    offer_hello(x, 8);
    relays(x);
    const char *text = fake_last_sent(x, "session-initiate");
    assert_non_null(text);
    assert_non_null(strstr(text, "mode=\"tcp\""));
    *sid = said(strstr(text, "<jingle"), "sid");
    *stream = said(strstr(text, "<transport"), "sid");
    char *host = said(strstr(text, "<candidate"), "host"), *dst = said(text, "dstaddr");
    char *right = socks5_address(*stream, ME_FULL, PEER);
    assert_string_equal(host, "relay.lit");
    assert_string_equal(dst, right);
    *cid = said(strstr(text, "<candidate"), "cid");
    free(host);
    free(dst);
    free(right);
    fake_result(x, "session-initiate", "%s", "");
    fake_forget(x);
    return x;
}

static void s5b_accept(struct x *x, const char *sid, const char *stream, const char *candidates)
{
    char *content = xasprintf("<content creator='initiator' name='file'><transport xmlns='urn:xmpp:jingle:transports:s5b:1' "
                              "sid='%s'>%s</transport></content>", stream, candidates);
    answer(x, PEER, sid, "session-accept", content);
    free(content);
}

static void info(struct x *x, const char *sid, const char *stream, const char *child)
{
    char *content = xasprintf("<content creator='initiator' name='file'><transport xmlns='urn:xmpp:jingle:transports:s5b:1' "
                              "sid='%s'>%s</transport></content>", stream, child);
    answer(x, PEER, sid, "transport-info", content);
    free(content);
}

#define CANDIDATE(cid, host, priority, type)                                                                            \
    "<candidate cid='" cid "' host='" host "' jid='" PEER "' port='6539' priority='" priority "' type='" type "'/>"

/* The usual: they cannot be reached, and take our relay; we connect to it, too, and let it begin. */
static void our_relay(void **state)
{
    char *sid, *stream, *cid;
    size_t len;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    s5b_accept(x, sid, stream, CANDIDATE("c1", "192.0.2.7", "8257636", "direct"));
    expect_sent(x, "type=\"result\"");
    assert_string_equal(fake_stream_to(x, 0), "192.0.2.7:6539");
    fake_stream_broke(x, 0);
    expect_sent(x, "transport-info", "<candidate-error");
    info(x, sid, "other", "<candidate-error/>");
    expect_sent(x, "item-not-found");
    info(x, sid, stream, "<candidate-used cid='nobodys'/>");
    expect_sent(x, "item-not-found");
    info(x, sid, stream, "<activated cid='x'/>");
    expect_sent(x, "unexpected-request");
    char *used = xasprintf("<candidate-used cid='%s'/>", cid);
    info(x, sid, stream, used);
    expect_sent(x, "type=\"result\"");
    assert_string_equal(fake_stream_to(x, 1), "relay.lit:7625");
    relay_says_yes(x, 1);
    expect_sent(x, "to=\"proxy.montague.lit\"", "<activate>" PEER "</activate>");
    fake_result(x, "<activate>", "%s", "");
    expect_sent(x, "<activated", cid);
    char *out = fake_stream_out(x, 1, &len);
    assert_int_equal(len, 5);
    assert_memory_equal(out, "hello", 5);
    free(out);
    assert_true(fake_stream_open(x, 1));
    fake_stream_drained(x, 1);
    assert_false(fake_stream_open(x, 1)); /* the end of it is not to wait in the relay */
    assert_true(fake_take_event(x, "PROGRESS"));
    expect_no_event(x);
    answer(x, PEER, sid, "session-terminate", "<reason><success/></reason>");
    expect_event(x, "REPLY", "req=8;", "!err");
    free(used);
    free(sid);
    free(stream);
    free(cid);
}

/* §2.4: which candidate it is when both have reached one. */
static void theirs_is_better(void **state)
{
    char *sid, *stream, *cid;
    size_t len;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    s5b_accept(x, sid, stream, CANDIDATE("low", "192.0.2.8", "7", "direct") CANDIDATE("high", "192.0.2.9", "8257606", "direct"));
    assert_string_equal(fake_stream_to(x, 0), "192.0.2.9:6539"); /* the highest first */
    char *used = xasprintf("<candidate-used cid='%s'/>", cid);
    info(x, sid, stream, used);
    relay_says_yes(x, 0);
    assert_true(fake_take_sent(x, "<candidate-used cid=\"high\""));
    char *out = fake_stream_out(x, 0, &len);
    assert_int_equal(len, 5); /* a device needs no activation */
    assert_int_equal(fake_streams(x), 1);
    free(out);
    free(used);
    free(sid);
    free(stream);
    free(cid);
}

static void relay_of_theirs(void **state)
{
    char *sid, *stream, *cid;
    size_t len;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    s5b_accept(x, sid, stream, CANDIDATE("p", "relay.capulet.lit", "655361", "proxy"));
    relay_says_yes(x, 0);
    info(x, sid, stream, "<candidate-error/>");
    free(fake_stream_out(x, 0, &len));
    assert_int_equal(len, 0); /* they have to let it begin first */
    info(x, sid, stream, "<activated cid='p'/>");
    char *out = fake_stream_out(x, 0, &len);
    assert_int_equal(len, 5);
    free(out);
    free(sid);
    free(stream);
    free(cid);
}

static void falls_back(struct x *x, const char *sid)
{
    const char *text = fake_last_sent(x, "transport-replace");
    assert_non_null(text);
    char *stream = said(strstr(text, "<transport"), "sid");
    char *content = xasprintf("<content creator='initiator' name='file'><transport xmlns='urn:xmpp:jingle:transports:ibb:1' "
                              "block-size='2048' sid='%s'/></content>", stream);
    answer(x, "juliet@capulet.lit/other", sid, "transport-accept", content);
    assert_null(fake_last_sent(x, "<open"));
    answer(x, PEER, sid, "transport-accept", content);
    assert_non_null(fake_last_sent(x, "<open"));
    answer(x, PEER, sid, "transport-accept", content);
    assert_non_null(strstr(fake_last_sent(x, "iq"), "out-of-order"));
    fake_result(x, "<open", "%s", "");
    assert_non_null(fake_last_sent(x, "aGVsbG8="));
    free(stream);
    free(content);
}

/* §3: every way that leads nowhere ends in band. */
static void nobody_reached(void **state)
{
    char *sid, *stream, *cid;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    s5b_accept(x, sid, stream, "");
    info(x, sid, stream, "<candidate-error/>");
    falls_back(x, sid);
    free(sid);
    free(stream);
    free(cid);
}

static void relay_is_dead(void **state)
{
    char *sid, *stream, *cid;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    s5b_accept(x, sid, stream, "");
    char *used = xasprintf("<candidate-used cid='%s'/>", cid);
    info(x, sid, stream, used);
    fake_stream_broke(x, 0);
    assert_non_null(fake_last_sent(x, "<proxy-error"));
    falls_back(x, sid);
    free(used);
    free(sid);
    free(stream);
    free(cid);
}

static void relay_refuses(void **state)
{
    char *sid, *stream, *cid;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    s5b_accept(x, sid, stream, "");
    char *used = xasprintf("<candidate-used cid='%s'/>", cid);
    info(x, sid, stream, used);
    relay_says_yes(x, 0);
    fake_error(x, "<activate>", "not-allowed");
    assert_non_null(fake_last_sent(x, "<proxy-error"));
    assert_false(fake_stream_open(x, 0));
    falls_back(x, sid);
    free(used);
    free(sid);
    free(stream);
    free(cid);
}

static void no_socks(void **state)
{
    static const char *const junk[] = {"HTTP/1.1 400 Bad", "\x05\xff", "\x04\x01"};
    char *sid, *stream, *cid;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    s5b_accept(x, sid, stream, CANDIDATE("a", "192.0.2.1", "9", "direct") CANDIDATE("b", "192.0.2.2", "8", "direct")
                                   CANDIDATE("c", "192.0.2.3", "7", "direct"));
    for (size_t i = 0; i < COUNT(junk); i++) {
        fake_stream_connected(x, i);
        fake_stream_in(x, i, junk[i], strlen(junk[i]));
        assert_false(fake_stream_open(x, i));
    }
    assert_int_equal(fake_streams(x), 3);
    assert_non_null(fake_last_sent(x, "<candidate-error"));
    free(sid);
    free(stream);
    free(cid);
}

/* A storm of candidates: the best eight are tried, one at a time; none where the user does not want it. */
static void storm(void **state)
{
    struct buf b = {0};
    char *sid, *stream, *cid;
    struct x *x = s5b_ready(state, &sid, &stream, &cid);
    for (int i = 0; i < 500; i++)
        buf_addf(&b, "<candidate cid='c%d' host='192.0.2.%d' jid='" PEER "' port='%d' priority='%d' type='direct'/>", i,
                 i % 250, i % 3 ? 1 + i : 0, i);
    s5b_accept(x, sid, stream, buf_str(&b));
    for (size_t i = 0; i < fake_streams(x) && i < 100; i++) {
        assert_true(i + 1 == fake_streams(x));
        fake_stream_broke(x, i);
    }
    assert_int_equal(fake_streams(x), 8);
    buf_free(&b);
    free(sid);
    free(stream);
    free(cid);
    fake_option(x, "direct_files", "false");
    device(x, "balcony", "1", FILES_ALL);
    fake_forget(x);
    offer_hello(x, 9);
    const char *text = fake_last_sent(x, "session-initiate");
    assert_non_null(text);
    sid = said(strstr(text, "<jingle"), "sid");
    stream = said(strstr(text, "<transport"), "sid");
    s5b_accept(x, sid, stream, CANDIDATE("c", "192.0.2.7", "1", "direct") CANDIDATE("p", "192.0.2.8", "1", "proxy"));
    assert_int_equal(fake_streams(x), 8);
    assert_non_null(fake_last_sent(x, "<candidate-error"));
    free(sid);
    free(stream);
}

/* We get a file: by their relay, bytes before the word that it began; then one that is closed too early. */
static void receives(void **state)
{
    struct x *x = *state;
    static const char *const way = "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='vj3hs98y' mode='tcp' "
        "dstaddr='972b7bf47291ca609517f67f86b5081086052dad'>"
        "<candidate cid='p' host='relay.lit' jid='proxy.capulet.lit' port='7625' priority='655361' type='proxy'/></transport>";
    for (int round = 0; round < 2; round++) {
        offered(x, FILE_OF("5", HASH(SUM_HELLO)), way);
        char *id = attachment(x);
        fake_forget(x);
        int fd = temp_file(""), look = dup(fd);
        assert_int_equal(files_accept(x, id, fd, 9), KITH_OK);
        if (!round)
            relays(x); /* ours is the same: it is not offered back */
        const char *text = fake_last_sent(x, "session-accept");
        assert_non_null(text);
        assert_null(strstr(text, "<candidate"));
        assert_null(strstr(text, "mode="));
        relay_says_yes(x, (size_t)round);
        assert_non_null(fake_last_sent(x, "<candidate-used cid=\"p\""));
        fake_feed(x, "<iq type='set' id='t' from='" PEER "'><jingle xmlns='urn:xmpp:jingle:1' action='transport-info' sid='a73s'>"
                     "<content creator='initiator' name='ex'><transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='vj3hs98y'>"
                     "<candidate-error/></transport></content></jingle></iq>");
        fake_stream_in(x, (size_t)round, "hel", 3);
        fake_feed(x, "<iq type='set' id='t' from='" PEER "'><jingle xmlns='urn:xmpp:jingle:1' action='transport-info' sid='a73s'>"
                     "<content creator='initiator' name='ex'><transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='vj3hs98y'>"
                     "<activated cid='p'/></transport></content></jingle></iq>");
        assert_non_null(strstr(fake_last_sent(x, "iq"), "type=\"result\""));
        if (round == 0) {
            session(x, "session-terminate", "<reason><success/></reason>"); /* overtakes the last bytes */
            fake_stream_in(x, 0, "lo", 2);
            assert_true(fake_take_event(x, "done=5;"));
            expect_event(x, "REPLY", "req=9;", "!err");
            char *text2 = content_of(look);
            assert_string_equal(text2, "hello");
            free(text2);
        } else {
            fake_stream_broke(x, 1);
            assert_true(fake_take_event(x, "the network is unreachable"));
        }
        assert_false(fake_stream_open(x, (size_t)round));
        close(look);
        free(id);
    }
}

/* They give the first way up; what we are asked for instead has to be known. */
static void replaced(void **state)
{
    struct x *x = *state;
    offered(x, FILE_OF("5", HASH(SUM_HELLO)), "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='vj3hs98y'/>");
    char *id = attachment(x);
    assert_int_equal(files_accept(x, id, temp_file(""), 9), KITH_OK);
    relays(x);
    assert_non_null(fake_last_sent(x, "<candidate-error"));
    session(x, "transport-replace", "<content creator='initiator' name='ex'><transport xmlns='urn:xmpp:example'/></content>");
    assert_non_null(fake_last_sent(x, "transport-reject"));
    fake_forget(x);
    session(x, "transport-replace", "<content creator='initiator' name='ex'>" IBB_WAY "</content>");
    expect_sent(x, "type=\"result\"");
    expect_sent(x, "transport-accept", "sid=\"ch3d9s71\"", "block-size=\"4096\"");
    session(x, "transport-replace", "<content creator='initiator' name='ex'>" IBB_WAY "</content>");
    expect_sent(x, "out-of-order");
    fake_feed(x, "<iq type='set' id='o1' from='" PEER "'><open xmlns='http://jabber.org/protocol/ibb' block-size='4096' sid='ch3d9s71'/></iq>");
    fake_feed(x, "<iq type='set' id='o2' from='" PEER "'><data xmlns='http://jabber.org/protocol/ibb' seq='0' sid='ch3d9s71'>aGVsbG8=</data></iq>");
    assert_true(fake_take_event(x, "done=5;"));
    expect_event(x, "REPLY", "req=9;", "!err");
    free(id);
}

static void shorter(void **state)
{
    struct x *x = *state;
    device(x, "balcony", "1", FILES_IBB);
    fake_option(x, "files", "jingle");
    files_offer(x, "juliet@capulet.lit", temp_file("hell"), "hello.txt", "text/plain", 5, "m1", 8);
    const char *text = fake_last_sent(x, "session-initiate");
    char *sid = said(strstr(text, "<jingle"), "sid"), *stream = said(strstr(text, "<transport"), "sid");
    accept_with(x, sid, "4096", stream);
    fake_result(x, "<open", "%s", "");
    fake_result(x, "<data", "%s", "");
    assert_non_null(fake_last_sent(x, "failed-application"));
    assert_true(fake_take_event(x, "The file became shorter"));
    free(sid);
    free(stream);
}

/* The name of a stream: of the text in the standard, by its own rule. */
static void addresses(void **state UNUSED)
{
    char *a = socks5_address("vj3hs98y", "romeo@montague.lit/orchard", "juliet@capulet.lit/balcony");
    assert_string_equal(a, "972b7bf47291ca609517f67f86b5081086052dad");
    free(a);
    a = socks5_address("vj3hs98y", "juliet@capulet.lit/balcony", "romeo@montague.lit/orchard");
    assert_string_equal(a, "1a12fb7bc625e55f3ed5b29a53dbe0e4aa7d80ba");
    free(a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(which_device), T(in_band), T(forged_accept), T(answers_no), T(window), T(our_relay), T(theirs_is_better),
        T(relay_of_theirs), T(nobody_reached), T(relay_is_dead), T(relay_refuses), T(no_socks), T(storm), T(receives),
        T(replaced), T(shorter), cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
