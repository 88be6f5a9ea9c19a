/* unit/xmpp/test_websocket.c - XMPP by WebSocket without a network: handshake, frames, and the stream cut into messages */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/ws_frame.h"
#include "backends/xmpp/ws_xml.h"
#include "base/mem.h"
#include "kith/plugin.h"

/* ---- the handshake ---- */

#define KEY "dGhlIHNhbXBsZSBub25jZQ==" /* of RFC 6455 §1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define GOOD                                                                                              \
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"        \
    "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: xmpp\r\n"

static void answers(const char *head, const char *problem)
{
    struct err e = {0};
    int rc = ws_answer(head, strlen(head), KEY, "wss://a.lit/ws", &e);
    assert_int_equal(rc, problem ? KITH_EPROTO : 0);
    if (problem && !strstr(e.text, problem))
        fail_msg("\"%s\" does not say \"%s\"", e.text, problem);
}

static void test_key(void **state)
{
    struct buf b = {0};
    char key[WS_KEY], other[WS_KEY];
    ws_accept(KEY, &b);
    assert_string_equal(buf_str(&b), ACCEPT);
    buf_free(&b);
    ws_key(key);
    ws_key(other);
    assert_int_equal(strlen(key), 24);
    assert_string_not_equal(key, other);
}

static void test_answer(void **state)
{
    answers(GOOD "\r\n", NULL);
    answers("HTTP/1.1 404 Not Found\r\n\r\n", "wss://a.lit/ws does not take a WebSocket: it is not there (HTTP 404).");
    answers("HTTP/1.1 200 OK\r\n\r\n", "HTTP 200");
    answers("SSH-2.0-OpenSSH_9.2\r\n\r\n", "its answer is not HTTP");
    answers("HTTP/1.1 10\r\n\r\n", "its answer is not HTTP");
    answers("", "its answer is not HTTP");
    answers(GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "an extension that was not asked for");
    answers(GOOD "Sec-WebSocket-Protocol: chat\r\n\r\n", "what it speaks there is not XMPP");
    answers(GOOD "Sec-WebSocket-Accept: AAAA\r\n\r\n", "to another question");
    answers("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n", "not XMPP");
    answers("HTTP/1.1 101 Yes\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT
            "\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n",
            "another protocol");
    answers("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Accept: " ACCEPT
            "\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n",
            "another protocol");
    struct err e = {0};
    assert_int_equal(ws_answer(GOOD "\r\n\0x", sizeof GOOD + 3, KEY, "it", &e), KITH_EPROTO);
}

/* ---- frames ---- */

static struct buf got;  /* "text|" for each message, "+" where it goes on; "[PING data]" */

static int on_text(void *user, const char *data, size_t len, bool first, bool last, struct err *e)
{
    if (first)
        buf_addc(&got, '(');
    buf_add(&got, data, len);
    if (last)
        buf_addc(&got, ')');
    return user ? err_set(e, KITH_ELIMIT, "enough") : 0;
}

static void on_control(void *user, enum ws_op op, const void *data, size_t len)
{
    buf_adds(&got, op == WS_PING ? "[PING " : op == WS_PONG ? "[PONG " : "[CLOSE ");
    buf_add(&got, data, len);
    buf_addc(&got, ']');
}

static const struct ws_sink sink = {on_text, on_control};

/* All of it in pieces of `step`. What is read must not depend on them. */
static int feed(const char *data, size_t len, size_t step, struct err *e)
{
    struct ws_in in = {0};
    int rc = 0;
    buf_clear(&got);
    for (size_t at = 0; at < len && rc >= 0; at += step) {
        size_t n = MIN(step, len - at);
        char *copy = xmalloc(n + 1);
        memcpy(copy, data + at, n);
        rc = ws_read(&in, copy, n, &sink, NULL, e);
        free(copy);
    }
    return rc;
}

static void reads(const char *data, size_t len, const char *want)
{
    for (size_t step = 1; step <= len; step++) {
        struct err e = {0};
        assert_int_equal(feed(data, len, step, &e), 0);
        assert_string_equal(buf_str(&got), want);
    }
}

static void refuses(const char *data, size_t len, const char *problem)
{
    for (size_t step = 1; step <= len; step += len - 1 ? len - 1 : 1) {
        struct err e = {0};
        assert_int_equal(feed(data, len, step, &e), KITH_EPROTO);
        if (!strstr(e.text, problem))
            fail_msg("\"%s\" does not say \"%s\"", e.text, problem);
    }
}

#define READS(data, want) reads(data, sizeof data - 1, want)
#define REFUSES(data, problem) refuses(data, sizeof data - 1, problem)

static void test_read(void **state)
{
    READS("\x81\x05Hello", "(Hello)");
    READS("\x81\x00", "()");
    READS("\x81\x02<a\x81\x02/>", "(<a)(/>)");
    READS("\x01\x03Hel\x80\x02lo", "(Hello)"); /* in pieces, RFC 6455 §5.7 */
    READS("\x01\x00\x00\x00\x80\x01x", "(x)");
    READS("\x01\x03Hel\x89\x02hi\x80\x02lo", "(Hel[PING hi]lo)"); /* a ping in between */
    READS("\x8a\x00\x81\x01x", "[PONG ](x)");
    READS("\x88\x02\x03\xe8\x81\x01x", "[CLOSE \x03\xe8]"); /* what follows the end is not read */
    READS("\x88\x00", "[CLOSE ]");
    char *text = xmalloc(4 + 300);
    memcpy(text, "\x81\x7e\x01\x2c", 4);
    memset(text + 4, 'x', 300);
    struct err e = {0};
    assert_int_equal(feed(text, 304, 7, &e), 0);
    assert_int_equal(got.len, 302);
    free(text);
}

static void test_forged(void **state)
{
    REFUSES("\x81\x85\x01\x02\x03\x04Hello", "a frame is masked");
    REFUSES("\x82\x01x", "a message is not text");
    REFUSES("\xc1\x01x", "an extension");
    REFUSES("\x91\x01x", "an extension");
    REFUSES("\x83\x01x", "of no known kind");
    REFUSES("\x8b\x01x", "of no known kind");
    REFUSES("\x80\x01x", "never began");
    REFUSES("\x81\x01x\x80\x01y", "never began");
    REFUSES("\x01\x01x\x81\x01y", "begins inside another");
    REFUSES("\x09\x01x", "a control frame is in pieces");
    REFUSES("\x89\x7e\x00\x80", "too long");
    REFUSES("\x88\x01x", "half a reason");
    REFUSES("\x81\x7e\x00\x7dx", "written longer than it is");
    REFUSES("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "written longer than it is");
    REFUSES("\x81\x7f\x00\x00\x00\x00\x01\x00\x00\x01", "longer than any");
    REFUSES("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", "longer than any");
    REFUSES("\x01\x01x\x80\x7f\x00\x00\x00\x00\x01\x00\x00\x00", "longer than any");
}

static void test_sink_ends_it(void **state)
{
    struct ws_in in = {0};
    struct err e = {0};
    assert_int_equal(ws_read(&in, "\x81\x01x\x81\x01y", 6, &sink, &in, &e), KITH_ELIMIT);
    assert_string_equal(e.text, "enough");
}

/* The first n bytes are these; where the payload is long, it follows. */
static void writes(enum ws_op op, const char *data, size_t len, const char *want, size_t n)
{
    struct buf b = {0};
    ws_frame(&b, op, data, len, (const unsigned char *)"\x37\xfa\x21\x3d");
    assert_true(b.len >= n);
    assert_memory_equal(b.data, want, n);
    assert_int_equal(b.len, n + (len > 5 ? len : 0));
    buf_free(&b);
}

static void test_write(void **state)
{
    writes(WS_TEXT, "Hello", 5, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11); /* RFC 6455 §5.7 */
    writes(WS_PING, NULL, 0, "\x89\x80\x37\xfa\x21\x3d", 6);
    char *text = xcalloc(1, 70000);
    writes(WS_TEXT, text, 125, "\x81\xfd\x37\xfa\x21\x3d", 6);
    writes(WS_TEXT, text, 126, "\x81\xfe\x00\x7e\x37\xfa\x21\x3d", 8);
    writes(WS_TEXT, text, 65535, "\x81\xfe\xff\xff\x37\xfa\x21\x3d", 8);
    writes(WS_TEXT, text, 65536, "\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00\x37\xfa\x21\x3d", 14);
    free(text);
}

/* ---- the stream, out ---- */

static void on_message(void *user, const char *xml, size_t len)
{
    buf_add(&got, xml, len);
    buf_addc(&got, '|');
}

static void cuts(const char *stream, const char *want)
{
    size_t len = strlen(stream);
    for (size_t step = 1; step <= len; step += step < 8 ? 1 : len) {
        struct ws_cut c = {0};
        buf_clear(&got);
        for (size_t at = 0; at < len; at += step)
            ws_cut(&c, stream + at, MIN(step, len - at), on_message, NULL);
        assert_string_equal(buf_str(&got), want);
        ws_cut_free(&c);
    }
}

static void test_out(void **state)
{
    cuts("<?xml version=\"1.0\"?><stream:stream to=\"a.lit\" xml:lang=\"en\" version=\"1.0\" xmlns=\"jabber:client\" "
         "xmlns:stream=\"http://etherx.jabber.org/streams\">",
         "<open xmlns='" NS_FRAMING "' to=\"a.lit\" xml:lang=\"en\" version=\"1.0\"/>|");
    cuts("<presence/> \n<r xmlns='urn:xmpp:sm:3'/>", "<presence xmlns='jabber:client'/>|<r xmlns='urn:xmpp:sm:3'/>|");
    cuts("<iq type='get'><q xmlns='a'><b/>x &lt; y</q></iq><message><body>hi</body></message>",
         "<iq xmlns='jabber:client' type='get'><q xmlns='a'><b/>x &lt; y</q></iq>|"
         "<message xmlns='jabber:client'><body>hi</body></message>|");
    cuts("<iq a='>' b=\"/>\"><c d='</iq>'/></iq></stream:stream>",
         "<iq xmlns='jabber:client' a='>' b=\"/>\"><c d='</iq>'/></iq>|<close xmlns='" NS_FRAMING "'/>|");
    cuts("<iq x:xmlns='n' b=' xmlns= '/>", "<iq xmlns='jabber:client' x:xmlns='n' b=' xmlns= '/>|");
    cuts("<stream:error><bad-format xmlns='e'/></stream:error>",
         "<stream:error xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><bad-format xmlns='e'/>"
         "</stream:error>|");
    cuts("<message><body>half", "");
    struct ws_cut c = {0};
    ws_cut(&c, "<presence/>", 11, on_message, NULL);
    assert_false(c.opened);
    ws_cut(&c, "<stream:stream>", 15, on_message, NULL);
    assert_true(c.opened);
    ws_cut_free(&c);
}

/* ---- the stream, in ---- */

/* Each message by itself, in pieces of one size after the other. */
static int join(const char *const messages[], size_t step, bool awaited, struct buf *out, struct err *e)
{
    struct ws_join j = {0};
    int rc = 0;
    for (size_t i = 0; messages[i] && rc >= 0; i++) {
        size_t len = strlen(messages[i]);
        if (len == 0)
            rc = ws_join(&j, "", 0, true, &awaited, out, e);
        for (size_t at = 0; at < len && rc >= 0; at += step) {
            size_t n = MIN(step, len - at);
            rc = ws_join(&j, messages[i] + at, n, at + n == len, &awaited, out, e);
        }
    }
    ws_join_free(&j);
    return rc;
}

static void joins_(bool awaited, const char *want, const char *problem, const char *const messages[])
{
    for (size_t step = 1; step < 100; step += step < 9 ? 1 : 90) {
        struct buf out = {0};
        struct err e = {0};
        assert_int_equal(join(messages, step, awaited, &out, &e), problem ? KITH_EPROTO : 0);
        if (problem && !strstr(e.text, problem))
            fail_msg("\"%s\" does not say \"%s\"", e.text, problem);
        if (want)
            assert_string_equal(buf_str(&out), want);
        buf_free(&out);
    }
}
#define JOINS(awaited, want, ...) joins_(awaited, want, NULL, (const char *const[]){__VA_ARGS__, NULL})
#define BREAKS(awaited, problem, ...) joins_(awaited, NULL, problem, (const char *const[]){__VA_ARGS__, NULL})
#define OPEN_IN "<open xmlns='" NS_FRAMING "' from='a.lit' id=\"x1\" version='1.0' xml:lang='en'/>"
#define OPEN_OUT                                                                                                      \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "      \
    "from='a.lit' id=\"x1\" version='1.0' xml:lang='en'>"

static void test_in(void **state)
{
    JOINS(true, OPEN_OUT, OPEN_IN);
    JOINS(true, OPEN_OUT "<stream:features xmlns:stream='s'/>", OPEN_IN, "<stream:features xmlns:stream='s'/>");
    JOINS(true, OPEN_OUT "<a/>", " <?xml version='1.0'?>\n" OPEN_IN " ", "<?xml version='1.0'?><a/>");
    JOINS(false, "<iq/></stream:stream>", "<iq/>", "<close xmlns='" NS_FRAMING "'/>");
    JOINS(false, "</stream:stream>", "<close xmlns='" NS_FRAMING "' see-other-uri='wss://b.lit/'></close>");
    JOINS(false, "<a/><b/>", "", "<a/>", " \n", "<b/>");
    JOINS(false, "<opening/><clos/><o/>", "<opening/>", "<clos/>", "<o/>");
    JOINS(false, "<", "<");
}

static void test_in_forged(void **state)
{
    BREAKS(false, "that nobody asked for", OPEN_IN);
    BREAKS(true, "that nobody asked for", OPEN_IN, OPEN_IN);
    BREAKS(true, "before the stream begins", "<message/>");
    BREAKS(true, "malformed", "<open xmlns='urn:other' id='1'/>");
    BREAKS(true, "malformed", "<open/>");
    BREAKS(true, "malformed", "<open xmlns='" NS_FRAMING "' id='a<b'/>");
    BREAKS(true, "malformed", "<open xmlns='" NS_FRAMING "' id='a/>");
    BREAKS(true, "malformed", "<open xmlns='" NS_FRAMING "'>");
    BREAKS(true, "malformed", "<open xmlns='" NS_FRAMING "'/><message/>");
    BREAKS(false, "malformed", "<close xmlns='" NS_FRAMING "'/><message/>");
    BREAKS(false, "is no element", "hello");
    char *long_id = xasprintf("<open xmlns='" NS_FRAMING "' id='%05000d'/>", 1);
    BREAKS(true, "too long", long_id, "<a/>");
    free(long_id);
}

static int forget(void **state)
{
    buf_free(&got);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_key),   cmocka_unit_test(test_answer),
                                       cmocka_unit_test(test_read),  cmocka_unit_test(test_forged),
                                       cmocka_unit_test(test_write), cmocka_unit_test(test_sink_ends_it),
                                       cmocka_unit_test(test_out),   cmocka_unit_test(test_in),
                                       cmocka_unit_test(test_in_forged)};
    return cmocka_run_group_tests(tests, NULL, forget);
}
