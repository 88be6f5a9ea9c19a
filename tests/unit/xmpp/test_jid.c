/* unit/xmpp/test_jid.c - addresses: what is one, what is none, and which are the same */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/session.h"
#include "base/buf.h"
#include "base/mem.h"

static void normal(const char *in, const char *want)
{
    char *got = jid_normal(in);
    if (!want)
        assert_null(got);
    else
        assert_string_equal(got ? got : "(none)", want);
    free(got);
}

static void test_good(void **state)
{
    normal("alice@example.org", "alice@example.org");
    normal("Alice@EXAMPLE.org/Home Sweet/Home", "alice@example.org/Home Sweet/Home");
    normal("example.org", "example.org");
    normal("example.org.", "example.org");
    normal("alice@example.org./phone", "alice@example.org/phone");
    normal("a.b+c@example.org/r@s", "a.b+c@example.org/r@s");
    normal("name\\40host@gw.example", "name\\40host@gw.example"); /* XEP-0106 */
    normal("#chan%irc.libera.chat@biboumi.example", "#chan%irc.libera.chat@biboumi.example");
    normal("\xC3\x84@example.org", "\xC3\xA4@example.org");
    normal("a\xCC\x88@example.org", "\xC3\xA4@example.org"); /* NFC */
    normal("a@[::1]", "a@[::1]");
    normal("a@127.0.0.1", "a@127.0.0.1");
    normal("a@b\xC3\xBC"
           "cher.example",
           "a@b\xC3\xBC"
           "cher.example");
}

static void test_bad(void **state)
{
    static const char *const bad[] = {"",
                                      "@example.org",
                                      "alice@",
                                      "alice@/x",
                                      "a@b@c",
                                      "alice@example.org/",
                                      "/x",
                                      "al ice@example.org",
                                      "al\xC2\xA0ice@example.org",
                                      "a\x01@example.org",
                                      "a@exa mple.org",
                                      "a@.org",
                                      "a@b..c",
                                      "a@-b.org",
                                      "a@b-.org",
                                      "a\"@x.org",
                                      "a&@x.org",
                                      "a'@x.org",
                                      "a:@x.org",
                                      "a<@x.org",
                                      "a>@x.org",
                                      "a@b/c\x01",
                                      "a@b:5222",
                                      "a@[b",
                                      "a@[zz]",
                                      "a\xE2\x80\xAE@x.org",
                                      "a@x\xE2\x80\x8B.org",
                                      "\xFF@x.org",
                                      "a@x.org/\xFF",
                                      "a@."};
    for (size_t i = 0; i < COUNT(bad); i++)
        normal(bad[i], NULL);
    normal("not a jid", NULL);
    assert_null(jid_bare("alice@example.org/c\x01")); /* what is left out must be good too */
    assert_null(jid_bare("alice@example.org/"));
}

static void test_lengths(void **state)
{
    struct buf b = {0};
    for (int i = 0; i < 1023; i++)
        buf_addc(&b, 'a');
    buf_adds(&b, "@x.org");
    char *ok = jid_normal(buf_str(&b));
    assert_non_null(ok);
    free(ok);
    buf_insert(&b, 0, "a", 1);
    normal(buf_str(&b), NULL);
    buf_free(&b);
}

static void test_parts(void **state)
{
    struct jid j;
    struct err e = {0};
    assert_int_equal(jid_parse(&j, "A@B/C", &e), 0);
    assert_string_equal(j.local, "a");
    assert_string_equal(j.domain, "b");
    assert_string_equal(j.resource, "C");
    jid_free(&j);
    assert_true(jid_parse(&j, "a@@", &e) < 0);
    assert_null(j.local);
    assert_non_null(strstr(e.text, "a@@"));
    assert_string_equal(jid_resource("a@b/c/d"), "c/d");
    assert_null(jid_resource("a@b"));
    assert_null(jid_resource("a@b/"));
    assert_null(jid_resource(NULL));
    char *bare = jid_bare("A@b.org/x");
    assert_string_equal(bare, "a@b.org");
    free(bare);
}

static void test_same(void **state)
{
    assert_true(jid_same_bare("a@b/x", "a@b/y"));
    assert_true(jid_same_bare("A@b/x", "a@B"));
    assert_false(jid_same_bare("a@b", "a@bc"));
    assert_false(jid_same_bare("a@b", NULL));
    assert_false(jid_same_bare(NULL, NULL));
    assert_false(jid_same_bare("", ""));
    assert_false(jid_same_bare("@", "@x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_lengths), cmocka_unit_test(test_parts),
                                       cmocka_unit_test(test_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
