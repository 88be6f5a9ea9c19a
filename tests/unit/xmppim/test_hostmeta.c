/* unit/xmppim/test_hostmeta.c - what a domain says on the web about other ways to its server, and what lies there (XEP-0156) */
#include "web.h"

#include "backends/xmpp/hostmeta.h"

#define REL "urn:xmpp:alt-connections:websocket"
#define XRD "<?xml version='1.0' encoding='utf-8'?>\n<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>"
#define WS(url) "<Link rel='" REL "' href='" url "'/>"
#define JRD(links) "{\"links\":[" links "]}"
#define JWS(url) "{\"rel\":\"" REL "\",\"href\":\"" url "\"}"

/* ---- documents ---- */

static void says(const struct hostmeta_links *l, const char *want)
{
    struct buf b = {0};
    for (size_t i = 0; i < l->n; i++)
        buf_addf(&b, "%s%s", i ? " " : "", l->url[i]);
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static void in(void (*read)(struct hostmeta_links *l, const char *text, size_t len), const char *text, const char *want)
{
    struct hostmeta_links l = {0};
    size_t len = strlen(text);
    char *copy = xmalloc(len + 1); /* of just that size */
    memcpy(copy, text, len);
    read(&l, copy, len);
    says(&l, want);
    hostmeta_links_free(&l);
    free(copy);
}

static void test_xml(void **state)
{
    in(hostmeta_xml, XRD "<Link rel='urn:xmpp:alt-connections:xbosh' href='https://web.lit:5280/bosh'/>" WS("wss://web.lit:443/ws") "</XRD>",
       "wss://web.lit:443/ws");
    in(hostmeta_xml, "<x:XRD xmlns:x='u'><x:Link href=\"wss://a.lit/?a=1&amp;b=2\" rel=\"" REL "\" ></x:Link></x:XRD>",
       "wss://a.lit/?a=1&b=2");
    in(hostmeta_xml, XRD WS("wss://a.lit/") WS("wss://a.lit/") WS("wss://b.lit/") "</XRD>", "wss://a.lit/ wss://b.lit/");
    in(hostmeta_xml, XRD WS("ws://a.lit/") WS("http://a.lit/") WS("https://a.lit/") WS("wss://u:p@a.lit/") WS("wss://") WS("WSS://a.lit/")
       "</XRD>", "");
    in(hostmeta_xml, XRD "<!-- " WS("wss://no.lit/") " --><![CDATA[" WS("wss://no.lit/") "]]>" WS("wss://yes.lit/") "</XRD>", "wss://yes.lit/");
    in(hostmeta_xml, "<!DOCTYPE x [<!ENTITY a 'wss://a.lit/'>]>" XRD WS("&a;") WS("wss://a.lit/") "</XRD>", "");
    in(hostmeta_xml, XRD WS("wss://a.lit/") WS("wss://b.lit/") WS("wss://c.lit/") WS("wss://d.lit/") WS("wss://e.lit/"),
       "wss://a.lit/ wss://b.lit/ wss://c.lit/ wss://d.lit/");
    in(hostmeta_xml, "<Linked rel='" REL "' href='wss://a.lit/'/><Link rel='" REL "' href='wss://a.lit/", "");
    in(hostmeta_xml, "<!-- <![CDATA[ <?", "");
    in(hostmeta_xml, "", "");
}

static void test_json(void **state)
{
    in(hostmeta_json, JRD("{\"rel\":\"urn:xmpp:alt-connections:xbosh\",\"href\":\"https://web.lit/bosh\"},"
                          "{\"href\":\"wss:\\/\\/web.lit:443\\u002fws\",\"rel\":\"" REL "\",\"titles\":{\"a\":[1,null,-2e3]}}"),
       "wss://web.lit:443/ws");
    in(hostmeta_json, "{\"subject\":\"x\",\"properties\":{\"links\":[" JWS("wss://no.lit/") "]},\"links\":[" JWS("wss://yes.lit/") ",true]} ",
       "wss://yes.lit/");
    in(hostmeta_json, JRD(JWS("http://a.lit/") "," JWS("ws://a.lit/") "," JWS("wss://a.lit:0/") "," JWS("wss://a b/")), "");
    in(hostmeta_json, "[" JWS("wss://a.lit/") "]", "");
    in(hostmeta_json, JRD(JWS("wss://a.lit/")) "x", "");
    in(hostmeta_json, "{\"links\":[" JWS("wss://a.lit/"), "");
    in(hostmeta_json, "{\"links\":[{\"rel\":\"" REL "\",\"href\":[\"wss://a.lit/\"]}]}", "");
    in(hostmeta_json, "{\"links\":[[[[[[[[[[[[[[[[[[[[" JWS("wss://a.lit/") "]]]]]]]]]]]]]]]]]]]]}", "");
    in(hostmeta_json, "{\"a\\", "");
    in(hostmeta_json, "{\"a\\u12", "");
    in(hostmeta_json, "{\"links\":[],}", "");
    in(hostmeta_json, "", "");
}

/* ---- asking ---- */

struct got { struct buf links; struct err e; int calls; };

static void on_links(void *user, const struct hostmeta_links *l, const struct err *e)
{
    struct got *g = user;
    g->calls++;
    g->e = *e;
    for (size_t i = 0; i < l->n; i++)
        buf_addf(&g->links, "%s ", l->url[i]);
}

static struct hostmeta *begin(struct x *x, struct got *g)
{
    *g = (struct got){.calls = 0};
    struct hostmeta *h = hostmeta_ask(x, "montague.lit", on_links, g, NULL);
    assert_non_null(h);
    assert_string_equal(fake_web_where(), "strict tls montague.lit:443");
    return h;
}

static struct hostmeta *ask(struct x *x, struct got *g)
{
    struct hostmeta *h = begin(x, g);
    fake_web_open();
    assert_non_null(strstr(fake_web_written(), "GET /.well-known/host-meta.json HTTP/1.1\r\nHost: montague.lit\r\n"));
    return h;
}

static void answer(int status, const char *body)
{
    fake_web_data("HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

/* The second question, after the first was answered by nothing of use. */
static void second(void)
{
    fake_web_open();
    assert_non_null(strstr(fake_web_written(), "GET /.well-known/host-meta HTTP/1.1\r\n"));
}

static void gave(struct got *g, const char *links, const char *problem)
{
    assert_int_equal(g->calls, 1);
    assert_string_equal(buf_str(&g->links), links);
    if (problem && !strstr(g->e.text, problem))
        fail_msg("\"%s\" does not say \"%s\"", g->e.text, problem);
    assert_false(fake_web_there());
    buf_free(&g->links);
}

static void test_ask(void **state)
{
    struct got g;
    ask(*state, &g);
    answer(200, JRD(JWS("wss://ws.montague.lit/x")));
    gave(&g, "wss://ws.montague.lit/x ", NULL);
    ask(*state, &g);
    answer(404, JRD(JWS("wss://no.lit/")));
    second();
    answer(200, XRD WS("wss://ws.montague.lit/y") "</XRD>");
    gave(&g, "wss://ws.montague.lit/y ", NULL);
    ask(*state, &g);
    answer(200, JRD(JWS("ws://in.clear/")));
    second();
    answer(200, XRD "</XRD>");
    gave(&g, "", "montague.lit offers no other way on the web.");
}

static void test_ask_and_no_answer(void **state)
{
    struct got g;
    begin(*state, &g);
    fake_web_end(KITH_ENET, "montague.lit: Connection refused.");
    gave(&g, "", "Connection refused"); /* it is not asked twice */
    begin(*state, &g);
    fake_web_end(KITH_ETLS, "The certificate of montague.lit was refused.");
    gave(&g, "", "certificate");
    struct hostmeta *h = ask(*state, &g);
    hostmeta_cancel(h);
    assert_false(fake_web_there());
    assert_int_equal(g.calls, 0);
}

/* Sent on, as RFC 6415 allows: never to an address in clear, not for ever; and the address that is told stays a wss: one. */
static void test_ask_and_be_sent_on(void **state)
{
    struct got g;
    ask(*state, &g);
    fake_web_data("HTTP/1.1 301 X\r\nLocation: https://www.montague.lit/meta\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(fake_web_where(), "strict tls www.montague.lit:443");
    fake_web_open();
    answer(200, JRD(JWS("wss://ws.montague.lit/x")));
    gave(&g, "wss://ws.montague.lit/x ", NULL);
    ask(*state, &g);
    fake_web_data("HTTP/1.1 302 X\r\nLocation: http://www.montague.lit/meta\r\nContent-Length: 0\r\n\r\n");
    second();
    for (int i = 0; i < 4; i++) {
        fake_web_data("HTTP/1.1 302 X\r\nLocation: /.well-known/host-meta\r\nContent-Length: 0\r\n\r\n");
        if (i < 3)
            fake_web_open();
    }
    gave(&g, "", "again and again");
}

static void test_ask_and_get_too_much(void **state)
{
    struct got g;
    char piece[4097];
    memset(piece, ' ', sizeof piece - 1);
    piece[sizeof piece - 1] = '\0';
    ask(*state, &g);
    for (int xml = 0; xml < 2; xml++) {
        fake_web_data("HTTP/1.1 200 X\r\nContent-Length: 1048576\r\n\r\n");
        size_t streams = fake_web_count();
        for (int i = 0; i < 256 && fake_web_there() && fake_web_count() == streams; i++)
            fake_web_data("%s", piece);
        if (!xml)
            second();
    }
    gave(&g, "", "says more about its ways than can be read");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_xml), T(test_json), T(test_ask), T(test_ask_and_no_answer), T(test_ask_and_be_sent_on),
                                       T(test_ask_and_get_too_much)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
