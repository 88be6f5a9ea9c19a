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

/* ---- XEP-0106 ---- */

static void escaped(const char *typed, const char *wire, const char *shown)
{
    char *got = jid_typed(typed), *back = jid_shown(wire);
    assert_string_equal(got ? got : "(none)", wire);
    if (shown)
        assert_string_equal(back ? back : "(none)", shown);
    else
        assert_null(back);
    free(got);
    free(back);
}

static void nobody(const char *typed)
{
    char *got = jid_typed(typed);
    assert_null(got);
    free(got);
}

static void as_is(const char *wire)
{
    char *shown = jid_shown(wire);
    assert_null(shown);
    free(shown);
}

/* §5.1, table of native addresses, by other names; §4.2, example of the mailbox */
static void test_escaping(void **state UNUSED)
{
    escaped("moon cadet@example.com", "moon\\20cadet@example.com", "moon cadet@example.com");
    escaped("call me \"ahab\"@example.com", "call\\20me\\20\\22ahab\\22@example.com", "call me \"ahab\"@example.com");
    escaped("r&d guy@example.com", "r\\26d\\20guy@example.com", "r&d guy@example.com");
    escaped("d'artagnan@example.com", "d\\27artagnan@example.com", "d'artagnan@example.com");
    escaped("/.reader@example.com", "\\2f.reader@example.com", "/.reader@example.com");
    escaped("::bar::@example.com", "\\3a\\3abar\\3a\\3a@example.com", "::bar::@example.com");
    escaped("<bar>@example.com", "\\3cbar\\3e@example.com", "<bar>@example.com");
    escaped("guest@inn@example.com", "guest\\40inn@example.com", "guest@inn@example.com");
    escaped("d:\\web@example.com", "d\\3a\\web@example.com", "d:\\web@example.com");
    escaped("d:\\\\web@example.com", "d\\3a\\\\web@example.com", "d:\\\\web@example.com");
    escaped("d:\\5commas@example.com", "d\\3a\\5c5commas@example.com", "d:\\5commas@example.com");
    escaped("where's_a_wild_&_/cr%zy/_address@example.com", "where\\27s_a_wild_\\26_\\2fcr%zy\\2f_address@example.com",
            "where's_a_wild_&_/cr%zy/_address@example.com");
    escaped("D'ARTAGNAN@Musketeers.LIT/gate", "d\\27artagnan@musketeers.lit", "d'artagnan@musketeers.lit");
}

/* What is an address is one, whatever is in it: sequences that are none of ours, and those of the wire */
static void test_not_escaped(void **state UNUSED)
{
    escaped("\\2plus\\2is\\4@example.com", "\\2plus\\2is\\4@example.com", NULL);
    escaped("foo\\bar@example.com", "foo\\bar@example.com", NULL);
    escaped("foob\\41r@example.com", "foob\\41r@example.com", NULL);
    escaped("a\\40b@gw.example", "a\\40b@gw.example", "a@b@gw.example");
    escaped("#room%irc.libera.chat@gw.example", "#room%irc.libera.chat@gw.example", NULL);
    escaped("juliet@capulet.lit/balcony", "juliet@capulet.lit", NULL);
    escaped("capulet.lit", "capulet.lit", NULL);
    nobody("");
    nobody("no address");
    nobody(" space@example.com"); /* a space at an end cannot be written */
    nobody("space @example.com");
    nobody("a@b@"); /* the service is never escaped */
    nobody("a@b c.example");
    nobody("a\nb@example.com");
    assert_null(jid_typed(NULL));
    assert_null(jid_shown(NULL));
}

/* What would be read as another address, or could not be typed again, is shown as it is. */
static void test_alike(void **state UNUSED)
{
    as_is("bank.example\\2fx@evil.example");          /* bank.example/x@evil.example is an address of bank.example */
    as_is("alice\\40bank.example\\2fx@evil.example");  /* and this would be Alice there */
    as_is("\\20alice@example.org");                   /* spaces that nobody sees */
    as_is("alice\\20@example.org");
    as_is("d\\5c27artagnan@example.org");              /* d\27artagnan is somebody else */
    as_is("alice\\4obob@example.org");
    as_is("alice@example.org");
    char *shown = jid_shown("alice\\40example.org@evil.example");
    assert_string_equal(shown, "alice@example.org@evil.example"); /* no address by itself, with its service at the end */
    assert_null(jid_bare(shown));
    free(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_lengths), cmocka_unit_test(test_parts),
                                       cmocka_unit_test(test_same), cmocka_unit_test(test_escaping), cmocka_unit_test(test_not_escaped),
                                       cmocka_unit_test(test_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
