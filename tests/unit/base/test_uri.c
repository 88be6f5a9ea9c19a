/* unit/base/test_uri.c - addresses as people pass them around, and JSON out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"

static void test_good(void **state)
{
    static const struct {
        const char *s, *scheme, *account, *address, *action, *body, *key;
    } t[] = {
        {"xmpp:romeo@montague.net", "xmpp", NULL, "romeo@montague.net", NULL, NULL, NULL},
        {"XMPP:romeo@montague.net/orchard#x", "xmpp", NULL, "romeo@montague.net", NULL, NULL, NULL},
        {"xmpp:romeo@montague.net?message;subject=T;body=Here%27s%20a%0D%0Atest", "xmpp", NULL,
         "romeo@montague.net", "message", "Here's a\ntest", NULL},
        {"xmpp://guest@example.com/support@example.com?message", "xmpp", "guest@example.com",
         "support@example.com", "message", NULL, NULL},
        {"xmpp:room@muc.example?join;password=cauldron", "xmpp", NULL, "room@muc.example", "join", NULL, "cauldron"},
        {"xmpp:nasty!%23$%25()*+,-.;=%3F%5B%5C%5D%5E_%60%7B%7C%7D~node@example.com", "xmpp", NULL, NULL, NULL, NULL, NULL},
        {"xmpp:%E3%83%86@example.jp", "xmpp", NULL, "テ@example.jp", NULL, NULL, NULL},
        {"irc://irc.libera.chat/#c-dev", "irc", "irc.libera.chat", "#c-dev", "join", NULL, NULL},
        {"ircs://irc.libera.chat:6697/c-dev?key=k", "ircs", "irc.libera.chat:6697", "#c-dev", "join", NULL, "k"},
        {"irc://user:pw@host/bob,isnick?msg=hi", "irc", "host", "bob", "message", "hi", NULL},
        {"irc://[::1]:6667/%23x", "irc", "[::1]:6667", "#x", "join", NULL, NULL},
        {"irc://host", "irc", "host", NULL, NULL, NULL, NULL},
        {"local:bob?message;body=x", "local", NULL, "bob", "message", "x", NULL},
        {"local:#lobby", "local", NULL, "#lobby", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(t); i++) {
        struct uri u;
        struct err e = {0};
        int r = uri_parse(&u, t[i].s, &e);
        if (!t[i].address && !t[i].account) { /* a comma is no part of an address here */
            assert_true(r < 0);
            continue;
        }
        assert_int_equal(r, 0);
        assert_true(str_eq(u.scheme, t[i].scheme));
        assert_true(str_eq(u.account, t[i].account));
        assert_true(str_eq(u.address, t[i].address));
        assert_true(str_eq(u.action, t[i].action));
        assert_true(str_eq(u.body, t[i].body));
        assert_true(str_eq(u.key, t[i].key));
        uri_free(&u);
    }
}

static void test_bad(void **state)
{
    static const char *const bad[] = {
        "",           "xmpp",           "http://x",        "xmpp:",          "xmpp:?message",   "xmpp:a%2",
        "xmpp:a%zz",  "xmpp:a%00b",     "xmpp:a%1Bb",      "xmpp:a%FFb",     "xmpp:a%C2%9Bb",   "xmpp:a%20b",
        "xmpp:a\nb",  "xmpp:-rf@x",     "irc:host/#x",     "irc:///x",       "xmpp:a%E2%80%AEb", "local:",
        "xmpp:a?message;body=%1B]0;x",  "xmpp:a?mess%0Aage",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct uri u;
        struct err e = {0};
        assert_true(uri_parse(&u, bad[i], &e) < 0);
        assert_true(e.text[0] != '\0');
        assert_null(u.scheme);
    }
    struct uri u;
    char longer[9000];
    memset(longer, 'a', sizeof longer);
    memcpy(longer, "xmpp:", 5);
    longer[sizeof longer - 1] = '\0';
    assert_true(uri_parse(&u, longer, NULL) < 0);
}

static void test_keys(void **state)
{
    struct uri u;
    (void)state;
    assert_int_equal(uri_parse(&u, "xmpp:alice@example.org?omemo-sid-12=AB01;omemo-sid-34=cd;name=Alice", NULL), 0);
    assert_null(u.action);
    assert_int_equal(u.n_keys, 2);
    assert_string_equal(u.keys[0].device, "12");
    assert_string_equal(u.keys[0].fingerprint, "ab01");
    assert_string_equal(u.keys[1].device, "34");
    assert_string_equal(u.name, "Alice");
    uri_free(&u);
    assert_int_equal(uri_parse(&u, "xmpp:alice@example.org?message;omemo-sid-12=ab&OMEMO-SID-13=cd", NULL), 0);
    assert_string_equal(u.action, "message");
    assert_int_equal(u.n_keys, 2);
    uri_free(&u);
    assert_int_equal(uri_parse(&u, "xmpp:b@example.org?trust-message;encryption=urn:xmpp:omemo:2;trust=62;distrust=b4", NULL), 0);
    assert_int_equal(u.n_keys, 2);
    assert_null(u.keys[0].device);
    assert_false(u.keys[0].distrust);
    assert_true(u.keys[1].distrust);
    uri_free(&u);
    assert_int_equal(uri_parse(&u, "xmpp:b@example.org?message;trust=62", NULL), 0); /* of another kind of link */
    assert_int_equal(u.n_keys, 0);
    uri_free(&u);
    assert_int_equal(uri_parse(&u, "xmpp:b@example.org?omemo-sid-=62;omemo-sid-5=", NULL), 0);
    assert_int_equal(u.n_keys, 0);
    uri_free(&u);
    assert_true(uri_parse(&u, "xmpp:b@example.org?omemo-sid-5=%0a", NULL) < 0);
}

static void test_decomposed(void **state)
{
    struct uri u;
    assert_int_equal(uri_parse(&u, "xmpp:a@b?message;body=e%CC%81", NULL), 0); /* made NFC, not refused */
    assert_string_equal(u.body, "é");
    uri_free(&u);
}

static void test_json(void **state)
{
    struct buf b = {0};
    json_begin(&b);
    json_str(&b, "text", "a\"b\\c\n\t\x1b\x7f\u2028é\xFF");
    json_str(&b, "none", NULL);
    json_int(&b, "n", -5);
    json_bool(&b, "yes", true);
    json_end(&b);
    assert_string_equal(buf_str(&b), "{\"text\":\"a\\\"b\\\\c\\n\\t\\u001b\\u007f\\u2028é\uFFFD\",\"none\":null,"
                                     "\"n\":-5,\"yes\":true}\n");
    json_begin(&b); /* a second object in the same buffer */
    json_bool(&b, "x", false);
    json_end(&b);
    assert_non_null(strstr(buf_str(&b), "\n{\"x\":false}\n"));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_keys), cmocka_unit_test(test_decomposed),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
