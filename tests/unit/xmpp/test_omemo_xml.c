/* unit/xmpp/test_omemo_xml.c - the elements of both versions of OMEMO: as the XEP shows them, as peers send them, damaged */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/omemo_xml.h"
#include "base/mem.h"

#define KEY33 "BQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh" /* 5, 2, 3 ... 33 */
#define KEY32 "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
#define SIG "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

static xmpp_ctx_t *ctx;

static int setup(void **state UNUSED)
{
    ctx = xmpp_ctx_new(NULL, NULL);
    return 0;
}

static int teardown(void **state UNUSED)
{
    xmpp_ctx_free(ctx);
    return 0;
}

static xmpp_stanza_t *parse(const char *xml)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx, xml);
    assert_non_null(st);
    return st;
}

/* ---- lists ---- */

static void lists(void **state)
{
    struct omemo_devices l;
    (void)state;
    xmpp_stanza_t *st = parse("<item id='current'><devices xmlns='urn:xmpp:omemo:2'><device id='12345' label='bee'/>"
                              "<device id='4223'/><device id='0'/><device id='2147483648'/><device id='-4'/>"
                              "<device id='4223'/><device/><other id='7'/><device id='x1'/></devices></item>");
    assert_true(omemo_read_list(st, OMEMO_2, &l));
    assert_int_equal(l.n, 2);
    assert_int_equal(l.v[0].id, 12345);
    assert_string_equal(l.v[0].label, "bee");
    assert_int_equal(l.v[1].id, 4223);
    assert_null(l.v[1].label);
    assert_false(omemo_read_list(st, OMEMO_OLD, &l));
    xmpp_stanza_release(st);
    st = parse("<item><list xmlns='eu.siacs.conversations.axolotl'/></item>");
    assert_true(omemo_read_list(st, OMEMO_OLD, &l));
    assert_int_equal(l.n, 0);
    xmpp_stanza_release(st);
    assert_true(omemo_read_list(NULL, OMEMO_OLD, &l));
    st = parse("<item/>");
    assert_false(omemo_read_list(st, OMEMO_OLD, &l));
    xmpp_stanza_release(st);
}

static void lists_there_and_back(void **state)
{
    const enum omemo_version both[] = {OMEMO_OLD, OMEMO_2};
    struct omemo_devices l = {.v = {{7, NULL}, {2147483647, NULL}}, .n = 2}, back;
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        xmpp_stanza_t *item = st_new(ctx, "item", NULL);
        omemo_write_list(item, both[i], &l);
        assert_true(omemo_read_list(item, both[i], &back));
        assert_int_equal(back.n, 2);
        assert_int_equal(back.v[1].id, 2147483647);
        xmpp_stanza_release(item);
    }
}

static void nodes(void **state)
{
    char node[OMEMO_NODE], item[16];
    (void)state;
    omemo_bundle_node(OMEMO_OLD, 31415, node, item);
    assert_string_equal(node, "eu.siacs.conversations.axolotl.bundles:31415");
    assert_string_equal(item, "current");
    omemo_bundle_node(OMEMO_2, 2147483647, node, item);
    assert_string_equal(node, "urn:xmpp:omemo:2:bundles");
    assert_string_equal(item, "2147483647");
    assert_string_equal(omemo_list_node(OMEMO_OLD), "eu.siacs.conversations.axolotl.devicelist");
    assert_string_equal(omemo_list_node(OMEMO_2), "urn:xmpp:omemo:2:devices");
}

/* ---- bundles ---- */

static const char old_bundle[] =
    "<item id='current'><bundle xmlns='eu.siacs.conversations.axolotl'><signedPreKeyPublic signedPreKeyId='9'>" KEY33
    "</signedPreKeyPublic><signedPreKeySignature>" SIG "</signedPreKeySignature><identityKey>\n" KEY33 "\n</identityKey>"
    "<prekeys><preKeyPublic preKeyId='1'>" KEY33 "</preKeyPublic><preKeyPublic preKeyId='2'>" KEY33
    "</preKeyPublic><preKeyPublic preKeyId='1'>" KEY33 "</preKeyPublic><preKeyPublic preKeyId='3'>AQID</preKeyPublic>"
    "</prekeys></bundle></item>";
static const char new_bundle[] =
    "<item id='31'><bundle xmlns='urn:xmpp:omemo:2'><spk id='9'>" KEY32 "</spk><spks>" SIG "</spks><ik>" KEY32
    "</ik><prekeys><pk id='1'>" KEY32 "</pk><pk id='2'>" KEY32 "</pk></prekeys></bundle></item>";

static void bundles(void **state)
{
    const struct {
        enum omemo_version v;
        const char *xml;
        size_t len;
    } each[] = {{OMEMO_OLD, old_bundle, 33}, {OMEMO_2, new_bundle, 32}};
    (void)state;
    for (size_t i = 0; i < COUNT(each); i++) {
        struct omemo_bundle b, back;
        xmpp_stanza_t *st = parse(each[i].xml), *again = st_new(ctx, "item", NULL);
        assert_true(omemo_read_bundle(st, each[i].v, &b));
        assert_int_equal(b.key_len, each[i].len);
        assert_int_equal(b.signed_key.id, 9);
        assert_int_equal(b.n, 2);
        assert_int_equal(b.pre_keys[1].id, 2);
        assert_int_equal(b.pre_keys[1].key[each[i].len - 1], each[i].len);
        omemo_write_bundle(again, each[i].v, &b);
        assert_true(omemo_read_bundle(again, each[i].v, &back));
        assert_memory_equal(back.identity, b.identity, each[i].len);
        assert_memory_equal(back.signature, b.signature, OMEMO_SIGNATURE);
        assert_int_equal(back.n, 2);
        omemo_bundle_clear(&back);
        assert_false(omemo_read_bundle(st, each[1 - i].v, &back));
        assert_null(back.pre_keys);
        omemo_bundle_clear(&b);
        xmpp_stanza_release(st);
        xmpp_stanza_release(again);
    }
}

/* Each part that it needs is taken away once, or has another length. */
static void bundles_with_something_missing(void **state)
{
    static const char *const parts[][2] = {{"<spk id='9'>" KEY32 "</spk>", ""},
                                           {"<spk id='9'>", "<spk>"},
                                           {"<spk id='9'>" KEY32, "<spk id='9'>" KEY33},
                                           {"<spks>" SIG "</spks>", ""},
                                           {"<spks>" SIG, "<spks>AAAA"},
                                           {"<ik>" KEY32 "</ik>", ""},
                                           {"<ik>" KEY32, "<ik>*"},
                                           {"<pk id='1'>" KEY32 "</pk><pk id='2'>" KEY32 "</pk>", ""},
                                           {"<pk id='1'>" KEY32 "</pk><pk id='2'>" KEY32, "<pk id='1'>" KEY33}};
    (void)state;
    for (size_t i = 0; i < COUNT(parts); i++) {
        const char *at = strstr(new_bundle, parts[i][0]);
        assert_non_null(at);
        char *xml = xasprintf("%.*s%s%s", (int)(at - new_bundle), new_bundle, parts[i][1], at + strlen(parts[i][0]));
        struct omemo_bundle b;
        xmpp_stanza_t *st = parse(xml);
        assert_false(omemo_read_bundle(st, OMEMO_2, &b));
        assert_null(b.pre_keys);
        xmpp_stanza_release(st);
        free(xml);
    }
}

/* ---- messages ---- */

static bool sealed(const char *children, struct omemo_sealed *out)
{
    char *xml = xasprintf("<message xmlns='jabber:client' from='juliet@capulet.example/b'>%s</message>", children);
    xmpp_stanza_t *st = parse(xml);
    bool found = omemo_read_sealed(st, "romeo@montague.example", 31, out);
    xmpp_stanza_release(st);
    free(xml);
    return found;
}

#define OLD "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='27'><key rid='30'>AQ==</key>" \
            "<key rid='31' prekey='true'>AgM=</key><iv>AAECAwQFBgcICQoL</iv></header><payload>BAUG</payload></encrypted>"
#define NEW "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='27'><keys jid='juliet@capulet.example'><key rid='31'>AQ==</key>" \
            "</keys><keys jid='romeo@montague.example'><key rid='31' kex='1'>CAk=</key></keys></header>" \
            "<payload>BAUG</payload></encrypted>"

static void messages(void **state)
{
    struct omemo_sealed s;
    (void)state;
    assert_true(sealed(OLD, &s));
    assert_int_equal(s.version, OMEMO_OLD);
    assert_int_equal(s.from, 27);
    assert_true(s.for_us && s.exchange && s.has_payload);
    assert_memory_equal(s.key.data, "\2\3", 2);
    assert_int_equal(s.payload.iv_len, 12);
    assert_memory_equal(s.payload.data.data, "\4\5\6", 3);
    omemo_sealed_clear(&s);
    assert_true(sealed(NEW, &s)); /* by the address: the other one with our number is somebody else's */
    assert_true(s.for_us && s.exchange);
    assert_memory_equal(s.key.data, "\10\11", 2);
    omemo_sealed_clear(&s);
    assert_true(sealed(OLD NEW, &s));
    assert_int_equal(s.version, OMEMO_2);
    omemo_sealed_clear(&s);
    assert_true(sealed(OLD "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='27'/><payload>BA==</payload></encrypted>", &s));
    assert_int_equal(s.version, OMEMO_OLD); /* the one that is for us */
    assert_true(s.for_us);
    omemo_sealed_clear(&s);
    assert_true(sealed("<encrypted xmlns='urn:xmpp:omemo:2'><header sid='27'/><payload>BA==</payload></encrypted>", &s));
    assert_false(s.for_us);
    omemo_sealed_clear(&s);
    assert_true(sealed("<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='27'><key rid='31'>AQ==</key></header>"
                       "</encrypted>", &s)); /* for the keys alone, without an iv */
    assert_true(s.for_us && !s.has_payload && !s.exchange);
    omemo_sealed_clear(&s);
}

static void messages_that_are_none(void **state)
{
    static const char *const none[] = {
        "<body>x</body>",
        "<encrypted xmlns='urn:xmpp:omemo:2'/>",
        "<encrypted xmlns='urn:xmpp:omemo:2'><header/></encrypted>",
        "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='0'/></encrypted>",
        "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='99999999999'/></encrypted>",
        "<encrypted xmlns='urn:xmpp:omemo:2'><header sid='1'/><payload>!</payload></encrypted>",
        "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'><key rid='31'>AQ==</key></header>"
        "<payload>AQ==</payload></encrypted>", /* no iv */
        "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'><iv>AQ==</iv></header><payload>AQ==</payload>"
        "</encrypted>",
        "<encrypted xmlns='some:other'><header sid='1'/></encrypted>"};
    (void)state;
    for (size_t i = 0; i < COUNT(none); i++) {
        struct omemo_sealed s;
        assert_false(sealed(none[i], &s));
        assert_null(s.key.data);
    }
}

static void messages_there_and_back(void **state)
{
    const enum omemo_version both[] = {OMEMO_OLD, OMEMO_2};
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct omemo_recipient r[] = {{.jid = "juliet@capulet.example", .device = 5},
                                      {.jid = "romeo@montague.example", .device = 31, .exchange = true},
                                      {.jid = "romeo@montague.example", .device = 32}};
        struct omemo_payload p;
        struct omemo_sealed s;
        for (size_t k = 0; k < COUNT(r); k++)
            buf_addf(&r[k].key, "key %zu", k);
        assert_int_equal(payload_encrypt(both[i], "text", 4, &p), 0);
        xmpp_stanza_t *m = st_new(ctx, "message", NULL);
        omemo_write_sealed(m, both[i], 77, r, COUNT(r), &p);
        assert_true(omemo_read_sealed(m, "romeo@montague.example", 31, &s));
        assert_int_equal(s.from, 77);
        assert_true(s.exchange && s.has_payload);
        assert_string_equal(buf_str(&s.key), "key 1");
        assert_int_equal(s.payload.data.len, p.data.len);
        omemo_sealed_clear(&s);
        assert_true(omemo_read_sealed(m, "romeo@montague.example", 32, &s));
        assert_false(s.exchange);
        omemo_sealed_clear(&s);
        xmpp_stanza_release(m);
        payload_clear(&p);
        assert_int_equal(payload_empty(both[i], &p), 0);
        m = st_new(ctx, "message", NULL);
        omemo_write_sealed(m, both[i], 77, r, 1, &p);
        assert_null(st_child(st_child(m, "encrypted", NULL), "payload", NULL));
        xmpp_stanza_release(m);
        payload_clear(&p);
        for (size_t k = 0; k < COUNT(r); k++)
            buf_free(&r[k].key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),    cmocka_unit_test(lists_there_and_back),
        cmocka_unit_test(nodes),    cmocka_unit_test(bundles),
        cmocka_unit_test(messages), cmocka_unit_test(bundles_with_something_missing),
        cmocka_unit_test(messages_that_are_none), cmocka_unit_test(messages_there_and_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
