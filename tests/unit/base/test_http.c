/* unit/base/test_http.c - addresses on the web, and answers of web servers in each form and in small pieces */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/http.h"
#include "base/mem.h"

/* ---- addresses ---- */

static void is_url(const char *text, const char *as, const char *host, unsigned port)
{
    struct http_url u;
    struct err e = {0};
    assert_int_equal(http_url_parse(&u, text, &e), 0);
    char *back = http_url_text(&u);
    assert_string_equal(back, as);
    assert_string_equal(u.host, host);
    assert_int_equal(u.port, port);
    free(back);
    http_url_free(&u);
}

static void test_url(void **state)
{
    is_url("https://files.verona.lit/a/b.png?x=1#top", "https://files.verona.lit/a/b.png?x=1", "files.verona.lit", 443);
    is_url("HTTP://Files.Verona.Lit", "http://files.verona.lit/", "files.verona.lit", 80);
    is_url("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x", "2001:db8::1", 8443);
    is_url("https://verona.lit:443/tr\xc3\xa8s", "https://verona.lit/tr%C3%A8s", "verona.lit", 443);
    is_url("https://verona.lit?q=%20", "https://verona.lit/?q=%20", "verona.lit", 443);
}

static void test_url_refused(void **state)
{
    const char *bad[] = {"",
                         "ftp://verona.lit/x",
                         "https:/verona.lit",
                         "https:///x",
                         "https://romeo:secret@verona.lit/x",
                         "https://verona.lit\r\nHost: evil/x",
                         "https://verona.lit/a b",
                         "https://verona.lit:0/",
                         "https://verona.lit:99999/",
                         "https://verona.lit:12x/",
                         "https://-verona.lit/",
                         "https://ver\xc3\xb3na.lit/",
                         "https://[::1/x",
                         "https://ver%0aona.lit/",
                         "javascript:alert(1)",
                         "//verona.lit/x"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct http_url u;
        struct err e = {0};
        assert_true(http_url_parse(&u, bad[i], &e) < 0);
        assert_true(e.text[0]);
        assert_null(u.host);
    }
    char *longer = xmalloc(6000);
    struct http_url u;
    memset(longer, 'a', 5999);
    longer[5999] = '\0';
    memcpy(longer, "https://a/", 10);
    assert_true(http_url_parse(&u, longer, NULL) < 0);
    free(longer);
}

static void leads(const char *base, const char *ref, const char *to)
{
    struct http_url from, u;
    assert_int_equal(http_url_parse(&from, base, NULL), 0);
    assert_int_equal(http_url_resolve(&u, &from, ref, NULL), 0);
    char *text = http_url_text(&u);
    assert_string_equal(text, to);
    free(text);
    http_url_free(&u);
    http_url_free(&from);
}

static void test_resolve(void **state)
{
    leads("https://a.lit/x/y?q", "https://b.lit/z", "https://b.lit/z");
    leads("https://a.lit/x/y?q", "//b.lit/z", "https://b.lit/z");
    leads("https://a.lit:99/x/y?q", "/z", "https://a.lit:99/z");
    leads("https://a.lit/x/y?q/w", "z", "https://a.lit/x/z");
    leads("https://a.lit/x/y?q", "?r", "https://a.lit/x/y?r");
}

static void test_name(void **state)
{
    static const char *const names[][2] = {{"https://a.lit/x/cat%20one.png?x=/y", "cat one.png"},
                                           {"https://a.lit/%2e%2e%2fpasswd", ".._passwd"},
                                           {"https://a.lit/a%5cb", "a_b"},
                                           {"https://a.lit/%zz", "%zz"},
                                           {"https://a.lit/", NULL}};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct http_url u;
        assert_int_equal(http_url_parse(&u, names[i][0], NULL), 0);
        char *name = http_url_name(&u);
        if (names[i][1])
            assert_string_equal(name, names[i][1]);
        else
            assert_null(name);
        free(name);
        http_url_free(&u);
    }
}

/* ---- answers ---- */

static int collect(void *user, const void *data, size_t len)
{
    buf_add(user, data, len);
    return 0;
}

struct read { /* what came of one */
    struct http_answer a;
    struct buf body;
    struct err e;
    int64_t rc;
    size_t used;
};

/* Feeds it in pieces of so many bytes. */
static void feed(struct read *r, const char *text, size_t len, size_t step)
{
    *r = (struct read){.rc = 0};
    http_answer_init(&r->a, false);
    while (r->used < len && !http_is_done(&r->a)) {
        r->rc = http_feed(&r->a, text + r->used, MIN(step, len - r->used), collect, &r->body, &r->e);
        if (r->rc < 0)
            return;
        r->used += (size_t)r->rc;
    }
}

static void done(struct read *r)
{
    http_answer_free(&r->a);
    buf_free(&r->body);
}

static void test_forms(void **state)
{
    static const struct {
        const char *text, *body;
        int status;
        bool end; /* by the connection */
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhellorest", "hello", 200, false},
        {"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", "", 200, false},
        {"HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n", "", 204, false},
        {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2;x=\"y\"\nde\n0\nX: y\n\n", "abcde", 200, false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 99\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", "0123456789", 200,
         false},
        {"HTTP/1.0 200 OK\r\n\r\nto the end", "to the end", 200, true},
        {"HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "", 201, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t step = 1; step < 80; step += 13) {
            struct read r;
            feed(&r, cases[i].text, strlen(cases[i].text), step);
            assert_true(r.rc >= 0);
            assert_int_equal(r.a.status, cases[i].status);
            assert_string_equal(buf_str(&r.body), cases[i].body);
            assert_int_equal(http_is_done(&r.a), !cases[i].end);
            assert_int_equal(http_is_open_ended(&r.a), cases[i].end);
            assert_int_equal(http_end(&r.a, NULL), 0);
            assert_int_equal(r.a.taken, strlen(cases[i].body));
            done(&r);
        }
}

static void test_fields(void **state)
{
    const char *text = "HTTP/1.1 302 Found\r\nLocation:  /other \r\nRetry-After: 30\r\nContent-Length: 0\r\n"
                       "Content-Type: image/png;x=y\r\n\r\n";
    struct read r;
    feed(&r, text, strlen(text), 7);
    assert_string_equal(r.a.location, "/other");
    assert_string_equal(r.a.type, "image/png");
    assert_int_equal(r.a.retry_after, 30);
    done(&r);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/2 200 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n",
        "HTTP/1.1 200 OK\r\nNo colon\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n",
        "HTTP/1.1 200 OK\r\nX: a\rb\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct read r;
        feed(&r, bad[i], strlen(bad[i]), 1);
        assert_true(r.rc < 0);
        assert_true(r.e.text[0]);
        done(&r);
    }
}

static void test_too_long(void **state)
{
    struct buf b = {0};
    struct read r;
    buf_adds(&b, "HTTP/1.1 200 OK\r\nX: ");
    for (int i = 0; i < 9000; i++)
        buf_addc(&b, 'x');
    feed(&r, b.data, b.len, 1000);
    assert_true(r.rc < 0);
    done(&r);
    buf_clear(&b);
    buf_adds(&b, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 9000; i++)
        buf_adds(&b, "X: y\r\n");
    feed(&r, b.data, b.len, 1000);
    assert_true(r.rc < 0);
    done(&r);
    buf_clear(&b);
    for (int i = 0; i < 9000; i++)
        buf_adds(&b, "HTTP/1.1 100 Continue\r\n\r\n");
    feed(&r, b.data, b.len, 1000);
    assert_true(r.rc < 0);
    done(&r);
    buf_free(&b);
}

static void test_cut(void **state)
{
    static const char *const cut[] = {"", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"};
    for (size_t i = 0; i < COUNT(cut); i++) {
        struct read r;
        feed(&r, cut[i], strlen(cut[i]), 5);
        assert_true(r.rc >= 0);
        assert_true(http_end(&r.a, &r.e) < 0);
        assert_true(r.e.text[0]);
        done(&r);
    }
}

/* The head ends where it ends: what comes behind it is not taken with it. */
static void test_head_first(void **state)
{
    const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    struct http_answer a;
    struct buf body = {0};
    http_answer_init(&a, false);
    int64_t n = http_feed(&a, text, strlen(text), collect, &body, NULL);
    assert_int_equal(n, strlen(text) - 4);
    assert_true(http_has_head(&a));
    assert_int_equal(body.len, 0);
    assert_int_equal(http_feed(&a, text + n, 4, collect, &body, NULL), 4);
    assert_true(http_is_done(&a));
    assert_string_equal(buf_str(&body), "body");
    buf_free(&body);
    http_answer_free(&a);
}

static void test_status_words(void **state)
{
    static const struct {
        int status;
        const char *words;
    } cases[] = {{404, "it is not there (HTTP 404)"}, {418, "it is refused (HTTP 418)"}, {599, "the server is broken (HTTP 599)"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = {0};
        http_status_words(cases[i].status, &b);
        assert_string_equal(buf_str(&b), cases[i].words);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url),     cmocka_unit_test(test_url_refused), cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_name),    cmocka_unit_test(test_forms),       cmocka_unit_test(test_fields),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_too_long),    cmocka_unit_test(test_cut),
        cmocka_unit_test(test_head_first), cmocka_unit_test(test_status_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
