/* unit/omemo/test_session.c - two devices and the messages between them, in both versions, whatever happens to them */
#include "fixture.h"

#include "backends/omemo/private.h"

#include <stdio.h>

static const enum omemo_version both[] = {OMEMO_OLD, OMEMO_2};

static void setup(struct party *a, struct party *b)
{
    party_open(a, "romeo@montague.example");
    party_open(b, "juliet@capulet.example");
}

/* Until the other side has answered, each message carries the key exchange; then none does. */
static void a_conversation(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        struct buf wire = {0}, read = {0};
        bool exchange = false;
        setup(&a, &b);
        assert_int_equal(party_send(&a, &b, both[i], "?", &wire, &exchange), OMEMO_NO_SESSION);
        assert_int_equal(party_meet(&a, &b, both[i]), 0);
        assert_true(omemo_has_session(a.o, both[i], b.jid, omemo_device(b.o)));
        assert_false(omemo_has_session(a.o, both[1 - i], b.jid, omemo_device(b.o))); /* apart */
        for (int k = 0; k < 2; k++) {
            assert_int_equal(party_send(&a, &b, both[i], "hark", &wire, &exchange), 0);
            assert_true(exchange);
            assert_int_equal(party_read(&b, &a, both[i], &wire, exchange, &read), 0);
            assert_string_equal(buf_str(&read), "hark");
        }
        party_says(&b, &a, both[i], "who is there?");
        assert_int_equal(party_send(&a, &b, both[i], "me", &wire, &exchange), 0);
        assert_false(exchange);
        assert_int_equal(party_read(&b, &a, both[i], &wire, exchange, &read), 0);
        assert_int_equal(party_read(&b, &a, both[i], &wire, exchange, &read), OMEMO_DUPLICATE);
        assert_int_equal(read.len, 0);
        party_close(&a); /* and over a restart */
        party_open(&a, a.jid);
        party_says(&a, &b, both[i], "still me");
        buf_free(&wire);
        buf_free(&read);
        party_end(&a);
        party_end(&b);
    }
}

static void one_identity_for_both(void **state)
{
    struct party a = {0}, b = {0};
    unsigned char key[OMEMO_KEY];
    struct omemo_known d;
    (void)state;
    setup(&a, &b);
    omemo_identity(b.o, key);
    assert_int_equal(party_meet(&a, &b, OMEMO_OLD), 0);
    assert_true(omemo_known_one(a.o, b.jid, omemo_device(b.o), &d));
    assert_memory_equal(d.key, key, OMEMO_KEY);
    assert_int_equal(party_meet(&a, &b, OMEMO_2), 0); /* its key has another form there, and is the same one */
    party_says(&a, &b, OMEMO_OLD, "old");
    party_says(&a, &b, OMEMO_2, "new");
    party_end(&a);
    party_end(&b);
}

/* 2,000 are missing: what comes then can be read, and the missing ones as well, backwards. One more is too much. */
static void messages_out_of_order(void **state)
{
    enum { FAR = 2000, KEPT = 300 };
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        struct buf wire[KEPT] = {{0}}, last = {0}, read = {0};
        bool exchange = false;
        char text[16];
        setup(&a, &b);
        assert_int_equal(party_meet(&a, &b, both[i]), 0);
        party_says(&a, &b, both[i], "one");
        party_says(&b, &a, both[i], "two");
        for (size_t k = 0; k < FAR; k++) {
            snprintf(text, sizeof text, "%zu", k);
            assert_int_equal(party_send(&a, &b, both[i], text, k < FAR - KEPT ? &last : &wire[k - (FAR - KEPT)], &exchange), 0);
        }
        assert_int_equal(party_read(&b, &a, both[i], &wire[KEPT - 1], false, &read), 0);
        assert_string_equal(buf_str(&read), "1999");
        for (size_t k = KEPT - 1; k-- > 0;) {
            assert_int_equal(party_read(&b, &a, both[i], &wire[k], false, &read), 0);
            snprintf(text, sizeof text, "%zu", FAR - KEPT + k);
            assert_string_equal(buf_str(&read), text);
        }
        for (size_t k = 0; k < FAR + 1; k++)
            assert_int_equal(party_send(&a, &b, both[i], "x", &last, &exchange), 0);
        assert_int_equal(party_read(&b, &a, both[i], &last, false, &read), 0); /* 2,000 before it are missing */
        for (size_t k = 0; k < FAR + 2; k++)
            assert_int_equal(party_send(&a, &b, both[i], "x", &last, &exchange), 0);
        assert_int_equal(party_read(&b, &a, both[i], &last, false, &read), OMEMO_FAR);
        last.data[last.len - 1] ^= 1;
        assert_true(party_read(&b, &a, both[i], &last, false, &read) < 0);
        for (size_t k = 0; k < KEPT; k++)
            buf_free(&wire[k]);
        buf_free(&last);
        buf_free(&read);
        party_end(&a);
        party_end(&b);
    }
}

/* The same before anything was read: 2,000 exchanges are missing, and one more. And both go on with a session made anew. */
static void exchanges_that_are_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        for (size_t missing = OMEMO_SKIPPED; missing <= OMEMO_SKIPPED + 1; missing++) {
            struct party a = {0}, b = {0};
            struct buf last = {0}, read = {0};
            bool exchange = false;
            setup(&a, &b);
            assert_int_equal(party_meet(&a, &b, both[i]), 0);
            for (size_t k = 0; k <= missing; k++)
                assert_int_equal(party_send(&a, &b, both[i], "text", &last, &exchange), 0);
            assert_true(exchange);
            int rc = party_read(&b, &a, both[i], &last, true, &read);
            assert_int_equal(rc, missing > OMEMO_SKIPPED ? OMEMO_FAR : 0);
            assert_int_equal(party_meet(&b, &a, both[i]), 0);
            party_says(&b, &a, both[i], "afresh");
            party_says(&a, &b, both[i], "and on");
            buf_free(&last);
            buf_free(&read);
            party_end(&a);
            party_end(&b);
        }
    }
}

/* Several messages with the key exchange, the last of which comes first. */
static void exchanges_out_of_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        struct buf wire[5] = {{0}}, read = {0};
        bool exchange = false;
        setup(&a, &b);
        assert_int_equal(party_meet(&a, &b, both[i]), 0);
        for (size_t k = 0; k < COUNT(wire); k++) {
            assert_int_equal(party_send(&a, &b, both[i], "text", &wire[k], &exchange), 0);
            assert_true(exchange);
        }
        for (size_t k = COUNT(wire); k-- > 0; buf_free(&wire[k])) {
            assert_int_equal(party_read(&b, &a, both[i], &wire[k], true, &read), 0);
            assert_string_equal(buf_str(&read), "text");
            assert_int_equal(party_read(&b, &a, both[i], &wire[k], true, &read), OMEMO_DUPLICATE);
        }
        party_says(&b, &a, both[i], "all of them");
        buf_free(&read);
        party_end(&a);
        party_end(&b);
    }
}

/* Both begin at the same moment: both are read, and the two agree on one session in the end. */
static void both_begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        struct buf from_a = {0}, from_b = {0}, read = {0};
        bool exchange = false;
        setup(&a, &b);
        assert_int_equal(party_meet(&a, &b, both[i]), 0);
        assert_int_equal(party_meet(&b, &a, both[i]), 0);
        assert_int_equal(party_send(&a, &b, both[i], "a", &from_a, &exchange), 0);
        assert_int_equal(party_send(&b, &a, both[i], "b", &from_b, &exchange), 0);
        assert_int_equal(party_read(&b, &a, both[i], &from_a, true, &read), 0);
        assert_int_equal(party_read(&a, &b, both[i], &from_b, true, &read), 0);
        for (int k = 0; k < 3; k++) {
            party_says(&a, &b, both[i], "to you");
            party_says(&b, &a, both[i], "and back");
        }
        buf_free(&from_a);
        buf_free(&from_b);
        buf_free(&read);
        party_end(&a);
        party_end(&b);
    }
}

/* Cut at every place, and every byte changed: an error each time, and what is kept stays as it was. */
static void damaged_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        enum omemo_version v = both[i / 2];
        bool exchange = i % 2 == 0, is = false;
        struct party a = {0}, b = {0};
        struct buf wire = {0}, bad = {0}, read = {0};
        struct disk disk = {0};
        setup(&a, &b);
        assert_int_equal(party_meet(&a, &b, v), 0);
        if (!exchange) {
            party_says(&a, &b, v, "1");
            party_says(&b, &a, v, "2");
        }
        assert_int_equal(party_send(&a, &b, v, "the text", &wire, &is), 0);
        assert_int_equal(is, exchange);
        disk_copy(&disk, &b.disk);
        for (size_t k = 0; k < wire.len; k++) {
            buf_clear(&bad);
            buf_add(&bad, wire.data, k);
            assert_true(party_read(&b, &a, v, &bad, exchange, &read) < 0);
            buf_clear(&bad);
            buf_add(&bad, wire.data, wire.len);
            bad.data[k] = (char)(bad.data[k] ^ 0x55);
            int rc = party_read(&b, &a, v, &bad, exchange, &read);
            /* A few bytes of an exchange are not covered by a checksum: it may be read, and then it is the text. */
            if (rc == 0) {
                assert_true(exchange);
                assert_string_equal(buf_str(&read), "the text");
                disk_copy(&b.disk, &disk);
            }
            assert_int_equal(b.disk.n, disk.n);
            for (size_t r = 0; r < disk.n; r++) {
                assert_string_equal(b.disk.v[r].key, disk.v[r].key);
                assert_memory_equal(b.disk.v[r].data, disk.v[r].data, disk.v[r].len);
            }
        }
        assert_int_equal(party_read(&b, &a, v, &wire, exchange, &read), 0);
        assert_string_equal(buf_str(&read), "the text");
        disk_free(&disk);
        buf_free(&wire);
        buf_free(&bad);
        buf_free(&read);
        party_end(&a);
        party_end(&b);
    }
}

static void bundles_that_lie(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        struct omemo_bundle good = {0}, bad;
        setup(&a, &b);
        uint32_t device = omemo_device(b.o);
        assert_int_equal(omemo_bundle(b.o, both[i], &good), 0);
        assert_int_equal(good.n, OMEMO_PRE_KEYS);
        for (size_t k = 0; k < OMEMO_SIGNATURE; k++) {
            bad = good;
            bad.signature[k] ^= 1;
            assert_true(omemo_start_session(a.o, both[i], b.jid, device, &bad) < 0);
        }
        bad = good;
        bad.signed_key.key[good.key_len - 2] ^= 1;
        assert_true(omemo_start_session(a.o, both[i], b.jid, device, &bad) < 0);
        bad = good;
        bad.identity[10] ^= 1;
        assert_true(omemo_start_session(a.o, both[i], b.jid, device, &bad) < 0);
        bad = good;
        bad.n = 0; /* an exchange without a pre key is none */
        assert_int_equal(omemo_start_session(a.o, both[i], b.jid, device, &bad), OMEMO_MALFORMED);
        assert_int_equal(omemo_start_session(a.o, both[1 - i], b.jid, device, &good), OMEMO_MALFORMED);
        assert_int_equal(omemo_start_session(a.o, both[i], b.jid, 0, &good), OMEMO_MALFORMED);
        assert_int_equal(omemo_start_session(a.o, both[i], b.jid, UINT32_MAX, &good), OMEMO_MALFORMED);
        assert_false(omemo_has_session(a.o, both[i], b.jid, device));
        assert_int_equal(disk_count(&a.disk, "omemo.d."), 0); /* and nothing is known of it */
        assert_int_equal(omemo_start_session(a.o, both[i], b.jid, device, &good), 0);
        omemo_bundle_clear(&good);
        party_end(&a);
        party_end(&b);
    }
}

/* Each byte of what is signed, and of what signs it, changed in three ways. */
static void bundles_damaged_at_every_byte(void **state)
{
    static const unsigned char ways[] = {0x01, 0x80, 0xff};
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        struct omemo_bundle good = {0}, bad;
        setup(&a, &b);
        assert_int_equal(omemo_bundle(b.o, both[i], &good), 0);
        size_t rows = a.disk.n, identity = both[i] == OMEMO_OLD ? OMEMO_KEY_WIRE : OMEMO_KEY;
        for (size_t k = 0; k < OMEMO_SIGNATURE + good.key_len + identity; k++) {
            for (size_t w = 0; w < COUNT(ways); w++) {
                bad = good;
                if (k < OMEMO_SIGNATURE)
                    bad.signature[k] ^= ways[w];
                else if (k < OMEMO_SIGNATURE + good.key_len)
                    bad.signed_key.key[k - OMEMO_SIGNATURE] ^= ways[w];
                else
                    bad.identity[k - OMEMO_SIGNATURE - good.key_len] ^= ways[w];
                if (omemo_start_session(a.o, both[i], b.jid, omemo_device(b.o), &bad) >= 0)
                    fail_msg("version %d, byte %zu, ^ %02x was taken", (int)both[i], k, ways[w]);
                assert_int_equal(a.disk.n, rows);
            }
        }
        assert_int_equal(omemo_start_session(a.o, both[i], b.jid, omemo_device(b.o), &good), 0);
        omemo_bundle_clear(&good);
        party_end(&a);
        party_end(&b);
    }
}

/* Somebody else under the same number: refused by bundle and by message, loudly, and the old key stays. */
static void another_key_for_a_known_device(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0}, eve = {0};
        struct omemo_bundle forged = {0};
        struct buf wire = {0}, read = {0};
        bool exchange = false;
        setup(&a, &b);
        party_open(&eve, b.jid);
        assert_int_equal(party_meet(&a, &b, both[i]), 0);
        party_says(&a, &b, both[i], "hello");
        assert_int_equal(omemo_bundle(eve.o, both[i], &forged), 0);
        assert_int_equal(omemo_start_session(a.o, both[i], b.jid, omemo_device(b.o), &forged), OMEMO_CHANGED);
        assert_int_equal(party_meet(&eve, &a, both[i]), 0);
        assert_int_equal(party_send(&eve, &a, both[i], "trust me", &wire, &exchange), 0);
        int rc = omemo_decrypt(a.o, both[i], b.jid, omemo_device(b.o), wire.data, wire.len, exchange, &read);
        assert_int_equal(rc, OMEMO_CHANGED);
        assert_int_equal(read.len, 0);
        party_says(&b, &a, both[i], "it is me");
        omemo_bundle_clear(&forged);
        buf_free(&wire);
        buf_free(&read);
        party_end(&a);
        party_end(&b);
        party_end(&eve);
    }
}

/* The disk refuses: nothing is read, nothing is half kept, and later the same message can be read. */
/* A reads what `by` sends with the number and the address of B. */
static int read_as(struct party *a, struct party *by, const struct party *b, enum omemo_version v, bool hearsay)
{
    struct buf wire = {0}, read = {0};
    bool exchange = false;
    uint32_t own = omemo_device(by->o);
    if (!omemo_has_session(by->o, v, a->jid, omemo_device(a->o)))
        assert_int_equal(party_meet(by, a, v), 0);
    by->o->device = omemo_device(b->o);
    assert_int_equal(party_send(by, a, v, "x", &wire, &exchange), 0);
    omemo_hearsay(a->o, hearsay);
    int rc = omemo_decrypt(a->o, v, b->jid, omemo_device(b->o), wire.data, wire.len, exchange, &read);
    omemo_hearsay(a->o, false);
    by->o->device = own;
    buf_free(&wire);
    buf_free(&read);
    return rc;
}

/* What only a room says of a device: what is known stays, and what was not known is not written to until the owner shows the key. */
static void by_the_word_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        for (int direct = 0; direct < 2; direct++) {
            struct party a = {0}, b = {0}, eve = {.now = 1};
            struct omemo_known d;
            unsigned char key[OMEMO_KEY];
            setup(&a, &b);
            party_open(&eve, "eve@example.org");
            uint32_t id = omemo_device(b.o);
            omemo_identity(b.o, key);
            assert_int_equal(read_as(&a, &eve, &b, both[i], true), 0); /* nothing is known of that device: it is read */
            assert_true(omemo_known_one(a.o, b.jid, id, &d) && d.has_key && d.hearsay);
            assert_false(omemo_has_session(a.o, both[i], b.jid, id));
            assert_int_equal(omemo_set_trust(a.o, b.jid, id, OMEMO_BLIND), 0);
            assert_int_equal(read_as(&a, &b, &b, both[i], true), OMEMO_CHANGED); /* one word is as good as the other */
            party_close(&a);
            party_open(&a, a.jid);
            assert_true(omemo_known_one(a.o, b.jid, id, &d) && d.hearsay && !d.changed);
            if (direct)
                assert_int_equal(read_as(&a, &b, &b, both[i], false), 0);
            else
                assert_int_equal(party_meet(&a, &b, both[i]), 0);
            assert_true(omemo_known_one(a.o, b.jid, id, &d) && d.has_key && !d.hearsay && !d.changed);
            assert_memory_equal(d.key, key, OMEMO_KEY);
            assert_true(omemo_has_session(a.o, both[i], b.jid, id));
            assert_true(read_as(&a, &eve, &b, both[i], true) < 0); /* her session is gone */
            assert_true(omemo_known_one(a.o, b.jid, id, &d) && !d.changed);
            assert_int_equal(read_as(&a, &b, &b, both[i], true), 0);
            assert_true(read_as(&a, &eve, &b, both[i], false) < 0); /* in the owner's name: the key has changed */
            assert_true(omemo_known_one(a.o, b.jid, id, &d) && d.changed && !d.hearsay);
            party_end(&a);
            party_end(&b);
            party_end(&eve);
        }
    }
}

/* The same key by a room's word and by the owner; and one that the user compared needs no owner. */
static void heard_and_confirmed(void **state)
{
    (void)state;
    for (int compared = 0; compared < 2; compared++) {
        struct party a = {0}, b = {0};
        struct omemo_known d;
        setup(&a, &b);
        uint32_t id = omemo_device(b.o);
        assert_int_equal(read_as(&a, &b, &b, OMEMO_2, true), 0);
        assert_true(omemo_known_one(a.o, b.jid, id, &d) && d.hearsay);
        if (compared)
            assert_int_equal(omemo_set_trust(a.o, b.jid, id, OMEMO_VERIFIED), 0);
        else
            assert_int_equal(read_as(&a, &b, &b, OMEMO_2, false), 0);
        assert_true(omemo_known_one(a.o, b.jid, id, &d) && !d.hearsay);
        assert_true(omemo_has_session(a.o, OMEMO_2, b.jid, id));
        party_says(&a, &b, OMEMO_2, "and back");
        party_end(&a);
        party_end(&b);
    }
}

static void a_disk_that_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        struct buf wire = {0}, read = {0};
        bool exchange = false, changed = false;
        setup(&a, &b);
        assert_int_equal(party_meet(&a, &b, both[i]), 0);
        a.refuses = true;
        assert_int_equal(party_send(&a, &b, both[i], "lost", &wire, &exchange), OMEMO_NOT_KEPT);
        a.refuses = false;
        assert_int_equal(party_send(&a, &b, both[i], "read", &wire, &exchange), 0);
        b.refuses = true;
        assert_int_equal(party_read(&b, &a, both[i], &wire, exchange, &read), OMEMO_NOT_KEPT);
        assert_int_equal(read.len, 0);
        b.now += INT64_C(15) * 24 * 3600 * 1000;
        assert_int_equal(omemo_maintain(b.o, &changed), OMEMO_NOT_KEPT);
        b.refuses = false;
        assert_int_equal(disk_count(&b.disk, "omemo.pk."), OMEMO_PRE_KEYS);
        assert_int_equal(party_read(&b, &a, both[i], &wire, exchange, &read), 0);
        assert_string_equal(buf_str(&read), "read");
        buf_free(&wire);
        buf_free(&read);
        party_end(&a);
        party_end(&b);
    }
}

/* What is read is kept together with what the caller keeps of it. */
static void kept_together(void **state)
{
    struct party a = {0}, b = {0};
    struct buf wire = {0}, read = {0};
    bool exchange = false;
    (void)state;
    setup(&a, &b);
    assert_int_equal(party_meet(&a, &b, OMEMO_2), 0);
    assert_int_equal(party_send(&a, &b, OMEMO_2, "once", &wire, &exchange), 0);
    assert_int_equal(omemo_begin(b.o), 0);
    assert_int_equal(party_read(&b, &a, OMEMO_2, &wire, exchange, &read), 0);
    assert_int_equal(omemo_end(b.o, false), 0); /* the caller could not keep the text */
    assert_int_equal(disk_count(&b.disk, "omemo.pk."), OMEMO_PRE_KEYS);
    assert_int_equal(party_read(&b, &a, OMEMO_2, &wire, exchange, &read), 0);
    assert_string_equal(buf_str(&read), "once");
    assert_int_equal(omemo_begin(b.o), 0);
    assert_true(party_read(&b, &a, OMEMO_2, &wire, exchange, &read) < 0); /* one that failed makes all of it fail */
    assert_int_equal(omemo_end(b.o, true), OMEMO_NOT_KEPT);
    buf_free(&wire);
    buf_free(&read);
    party_end(&a);
    party_end(&b);
}

/* Somebody writes and writes while we are silent: one empty message for each of their chains, however much comes. */
static void heartbeats(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct party a = {0}, b = {0};
        setup(&a, &b);
        assert_int_equal(party_meet(&a, &b, both[i]), 0);
        party_says(&a, &b, both[i], "0");
        party_says(&b, &a, both[i], "an answer");
        for (int chain = 0; chain < 2; chain++) {
            int beats = 0, first = -1;
            for (int k = 0; k < 80; k++) {
                party_says(&a, &b, both[i], "more");
                if (omemo_beat_due(b.o)) {
                    first = beats++ == 0 ? k : first;
                    if (k == 60) /* known over a restart */
                        fail();
                }
                if (k == 59) {
                    party_close(&b);
                    party_open(&b, b.jid);
                }
            }
            assert_int_equal(beats, 1);
            assert_int_equal(first, 53);
            party_says(&b, &a, both[i], "an empty message moves both on");
        }
        party_end(&a);
        party_end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation),         cmocka_unit_test(one_identity_for_both),
        cmocka_unit_test(messages_out_of_order),  cmocka_unit_test(exchanges_out_of_order),
        cmocka_unit_test(exchanges_that_are_missing),
        cmocka_unit_test(both_begin),             cmocka_unit_test(damaged_at_every_byte),
        cmocka_unit_test(bundles_damaged_at_every_byte), cmocka_unit_test(bundles_that_lie),       cmocka_unit_test(another_key_for_a_known_device),
        cmocka_unit_test(by_the_word_of_others),
        cmocka_unit_test(heard_and_confirmed),
        cmocka_unit_test(a_disk_that_refuses),    cmocka_unit_test(kept_together),
        cmocka_unit_test(heartbeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
