/* unit/xmppim/test_omemo_bytes.c - whole messages and bundles as a server hands them over, damaged at every one of their bytes
 *
 * Whatever came of it, nothing but the text that was meant is shown as read, and the message itself can still be read after all. */
#include "played.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT "by yonder blessed moon"
#define ENVELOPE "<envelope xmlns='urn:xmpp:sce:1'><content><body xmlns='jabber:client'>%s</body></content><rpad>x</rpad>" \
                 "<from jid='" JULIET "'/></envelope>"

enum way { FLIPPED, CASE, LOST, CUT, WAYS };

/* The XML with what is at one byte damaged; owned. CUT: nothing more of that text or attribute. */
static char *damaged(const char *xml, size_t at, enum way how)
{
    struct buf b = {0};
    buf_add(&b, xml, at);
    switch (how) {
    case FLIPPED:
        buf_addc(&b, (char)(xml[at] ^ 1));
        break;
    case CASE:
        buf_addc(&b, (char)(xml[at] ^ 0x20));
        break;
    case CUT:
        at += strcspn(xml + at, "<\"'>");
        at -= xml[at] != '\0'; /* goes on with it */
        break;
    case LOST:
    case WAYS:
        break;
    }
    buf_adds(&b, xml + at + 1);
    return buf_take(&b);
}

/* ---- messages ---- */

static char *written(struct both *t, enum omemo_version v, const char *text, const char *id)
{
    char *inside = v == OMEMO_OLD ? xstrdup(text) : xasprintf(ENVELOPE, text);
    char *xml = she_writes(t, v, inside, id);
    free(inside);
    return xml;
}

/* Was the text read by what came since fake_forget()? Fails when anything else was. */
static bool was_read(const struct both *t, const char *xml)
{
    bool read = false;
    for (size_t i = 0; i < t->x->events.n; i++) {
        const char *e = t->x->events.s[i], *enc = strstr(e, " enc=");
        if (!str_starts(e, "MESSAGE"))
            continue;
        bool right = strstr(e, " body=" TEXT ";") != NULL;
        if (enc && enc[5] != '0' + KITH_ENC_FAILED ? !right : right)
            fail_msg("%s\n\ncame of\n\n%s", e, xml);
        read = read || right;
    }
    return read;
}

/* In a session that stands, or with the key exchange; all ways at each byte, or one way after the other. */
static void message_at_every_byte(struct both *t, enum omemo_version v, bool exchange, bool all)
{
    struct map before = {0};
    size_t taken = 0, xmls = 0;
    char *xml = written(t, v, TEXT, "whole");
    const char *from = strstr(xml, "<encrypted"), *to = strstr(xml, "</encrypted>");
    assert_int_equal(strstr(xml, v == OMEMO_OLD ? "prekey=" : "kex=") != NULL, exchange);
    fake_copy_store(&before, &t->x->store);
    for (const char *at = from; at < to; at++) {
        for (int how = 0; how < WAYS; how++) {
            if (!all && how != (at - from) % WAYS)
                continue;
            char *bad = damaged(xml, (size_t)(at - xml), (enum way)how);
            fake_forget(t->x);
            xmls += fake_feed_text(t->x, bad);
            if (was_read(t, bad)) { /* bits that no checksum covers */
                taken++;
                fake_copy_store(&t->x->store, &before);
            }
            free(bad);
        }
    }
    assert_true(xmls > (size_t)(to - from) / 2); /* most of it came through the parser */
    assert_true(taken < xmls / 10);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, xml));
    if (!was_read(t, xml))
        fail_msg("what was whole cannot be read any more: %s", t->x->events.n ? t->x->events.s[0] : "nothing was said");
    map_free(&before, free);
    free(xml);
}

static void exchanges_of_the_old_version(void **state)
{
    message_at_every_byte(*state, OMEMO_OLD, true, false);
}

static void exchanges_of_the_new_version(void **state)
{
    message_at_every_byte(*state, OMEMO_2, true, false);
}

static void messages(struct both *t, enum omemo_version v)
{
    first_message(t, v);
    free(she_reads(t));
    char *xml = written(t, v, "an answer", "h0");
    assert_true(fake_feed_text(t->x, xml));
    free(xml);
    message_at_every_byte(t, v, false, true);
}

static void messages_of_the_old_version(void **state)
{
    messages(*state, OMEMO_OLD);
}

static void messages_of_the_new_version(void **state)
{
    messages(*state, OMEMO_2);
}

/* ---- bundles ---- */

static bool same_keys(const struct omemo_bundle *a, const struct omemo_bundle *b)
{
    return a->signed_key.id == b->signed_key.id && memcmp(a->signed_key.key, b->signed_key.key, a->key_len) == 0 &&
           memcmp(a->signature, b->signature, sizeof a->signature) == 0 && memcmp(a->identity, b->identity, a->key_len) == 0;
}

/* One damaged bundle, with which somebody who never met her begins: true when that led to a session. */
static bool begins(struct both *t, struct party *a, enum omemo_version v, const struct omemo_bundle *good, const char *xml)
{
    xmpp_stanza_t *item = xmpp_stanza_new_from_string(x_ctx(t->x), xml);
    struct omemo_bundle b = {0};
    uint32_t device = omemo_device(t->her.o);
    bool took = item && omemo_read_bundle(item, v, &b) && omemo_start_session(a->o, v, JULIET, device, &b) >= 0;
    if (took && b.signed_key.id == good->signed_key.id && !same_keys(&b, good))
        fail_msg("keys that she did not sign were taken: %s", xml);
    if (!took && omemo_has_session(a->o, v, JULIET, device))
        fail_msg("a session stands that was not begun: %s", xml);
    omemo_bundle_clear(&b);
    if (item)
        xmpp_stanza_release(item);
    return took;
}

/* Two pre keys are enough: the others are read by the same lines. */
static void bundle_at_every_byte(struct both *t, enum omemo_version v)
{
    struct party a = {.now = t->x->now};
    struct disk before = {0};
    struct omemo_bundle good = {0};
    party_open(&a, ME);
    disk_copy(&before, &a.disk);
    assert_int_equal(omemo_bundle(t->her.o, v, &good), 0);
    size_t n = good.n;
    good.n = 2;
    xmpp_stanza_t *item = st_new(x_ctx(t->x), "item", NULL);
    omemo_write_bundle(item, v, &good);
    char *xml = text_of(item);
    size_t refused = 0;
    for (size_t at = 0; xml[at]; at++) {
        for (int how = 0; how < WAYS; how++) {
            char *bad = damaged(xml, at, (enum way)how);
            if (!begins(t, &a, v, &good, bad))
                refused++;
            else
                disk_copy(&a.disk, &before);
            free(bad);
        }
    }
    assert_true(refused > strlen(xml));
    assert_true(begins(t, &a, v, &good, xml));
    good.n = n;
    omemo_bundle_clear(&good);
    xmpp_stanza_release(item);
    free(xml);
    disk_free(&before);
    party_end(&a);
}

static void bundles_of_the_old_version(void **state)
{
    bundle_at_every_byte(*state, OMEMO_OLD);
}

static void bundles_of_the_new_version(void **state)
{
    bundle_at_every_byte(*state, OMEMO_2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(exchanges_of_the_old_version, setup, teardown),
        cmocka_unit_test_setup_teardown(exchanges_of_the_new_version, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_of_the_old_version, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_of_the_new_version, setup, teardown),
        cmocka_unit_test_setup_teardown(bundles_of_the_old_version, setup, teardown),
        cmocka_unit_test_setup_teardown(bundles_of_the_new_version, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
