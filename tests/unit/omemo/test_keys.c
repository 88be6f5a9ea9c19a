/* unit/omemo/test_keys.c - our own keys: made once, refilled, rotated, kept while an archive is read */
#include "backends/omemo/reset.h"
#include "fixture.h"

#include <stdio.h>

#include <stdlib.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static void made_once(void **state)
{
    struct party p = {0};
    unsigned char key[OMEMO_KEY], again[OMEMO_KEY];
    (void)state;
    party_open(&p, "a@b.example");
    uint32_t device = omemo_device(p.o);
    assert_in_range(device, 1, INT32_MAX);
    omemo_identity(p.o, key);
    size_t rows = p.disk.n;
    party_close(&p);
    party_open(&p, "a@b.example");
    assert_int_equal(omemo_device(p.o), device);
    omemo_identity(p.o, again);
    assert_memory_equal(key, again, OMEMO_KEY);
    assert_int_equal(p.disk.n, rows);
    party_end(&p);
}

static void damaged_keys_are_said(void **state)
{
    struct party p = {0};
    struct err e = {0};
    (void)state;
    party_open(&p, "a@b.example");
    party_close(&p);
    for (size_t i = 0; i < p.disk.n; i++) {
        if (strcmp(p.disk.v[i].key, "omemo.self") == 0)
            p.disk.v[i].len = 9;
    }
    assert_null(party_try(&p, &e));
    assert_non_null(strstr(e.text, "damaged"));
    disk_free(&p.disk);
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const struct omemo_public *)a)->id, y = ((const struct omemo_public *)b)->id;
    return x < y ? -1 : x > y;
}

/* Used ones go, new ones have numbers that were never used before, and the bundle never has less than it should. */
static void refilled(void **state)
{
    enum { PEERS = 7 };
    struct party p = {0}, peers[PEERS] = {{0}};
    struct omemo_bundle before = {0}, after = {0};
    bool changed = true;
    (void)state;
    party_open(&p, "a@b.example");
    assert_int_equal(omemo_maintain(p.o, &changed), 0);
    assert_false(changed);
    assert_int_equal(omemo_bundle(p.o, OMEMO_OLD, &before), 0);
    for (size_t i = 0; i < PEERS; i++) {
        party_open(&peers[i], "peer@b.example");
        assert_int_equal(party_meet(&peers[i], &p, i % 2 ? OMEMO_OLD : OMEMO_2), 0);
        party_says(&peers[i], &p, i % 2 ? OMEMO_OLD : OMEMO_2, "hello");
        party_end(&peers[i]);
    }
    size_t left = disk_count(&p.disk, "omemo.pk.");
    assert_in_range(left, OMEMO_PRE_KEYS - PEERS, OMEMO_PRE_KEYS - 1);
    assert_int_equal(omemo_maintain(p.o, &changed), 0);
    assert_true(changed);
    assert_int_equal(omemo_bundle(p.o, OMEMO_OLD, &after), 0);
    assert_int_equal(after.n, OMEMO_PRE_KEYS);
    qsort(before.pre_keys, before.n, sizeof *before.pre_keys, by_id);
    qsort(after.pre_keys, after.n, sizeof *after.pre_keys, by_id);
    for (size_t i = left; i < after.n; i++)
        assert_true(after.pre_keys[i].id > before.pre_keys[before.n - 1].id);
    assert_int_equal(after.signed_key.id, before.signed_key.id);
    omemo_bundle_clear(&before);
    omemo_bundle_clear(&after);
    party_end(&p);
}

/* Every two weeks a new one; what was made with the one before can be read for two more. */
static void the_signed_key_rotates(void **state)
{
    struct party a = {0}, b = {0};
    struct buf wire = {0}, read = {0};
    struct omemo_bundle first = {0}, second = {0};
    bool changed = false, exchange = false;
    (void)state;
    party_open(&a, "a@b.example");
    party_open(&b, "c@d.example");
    assert_int_equal(omemo_bundle(b.o, OMEMO_2, &first), 0);
    assert_int_equal(omemo_start_session(a.o, OMEMO_2, b.jid, omemo_device(b.o), &first), 0);
    assert_int_equal(party_send(&a, &b, OMEMO_2, "late", &wire, &exchange), 0);
    b.now += 14 * DAY_MS - 1;
    assert_int_equal(omemo_maintain(b.o, &changed), 0);
    assert_false(changed);
    b.now += 1;
    assert_int_equal(omemo_maintain(b.o, &changed), 0);
    assert_true(changed);
    assert_int_equal(omemo_bundle(b.o, OMEMO_2, &second), 0);
    assert_int_not_equal(second.signed_key.id, first.signed_key.id);
    assert_memory_not_equal(second.signed_key.key, first.signed_key.key, OMEMO_KEY);
    assert_int_equal(party_read(&b, &a, OMEMO_2, &wire, exchange, &read), 0);
    assert_int_equal(disk_count(&b.disk, "omemo.spk."), 2);
    b.now += 14 * DAY_MS; /* the first was replaced two weeks ago, but for a moment */
    assert_int_equal(omemo_maintain(b.o, &changed), 0);
    assert_int_equal(disk_count(&b.disk, "omemo.spk."), 3);
    b.now += 1;
    assert_int_equal(omemo_maintain(b.o, &changed), 0);
    assert_int_equal(disk_count(&b.disk, "omemo.spk."), 2);
    omemo_bundle_clear(&first);
    omemo_bundle_clear(&second);
    buf_free(&wire);
    buf_free(&read);
    party_end(&a);
    party_end(&b);
}

/* Two people begin with the same pre key; the archive gives both messages. */
static void one_pre_key_twice_in_an_archive(void **state)
{
    (void)state;
    for (int catching_up = 0; catching_up < 2; catching_up++) {
        struct party a = {0}, c = {0}, b = {0};
        struct omemo_bundle bundle = {0};
        struct buf wire[2] = {{0}}, read = {0};
        bool exchange = false, changed = false;
        party_open(&a, "a@x.example");
        party_open(&c, "c@x.example");
        party_open(&b, "b@x.example");
        assert_int_equal(omemo_bundle(b.o, OMEMO_OLD, &bundle), 0);
        bundle.n = 1;
        assert_int_equal(omemo_start_session(a.o, OMEMO_OLD, b.jid, omemo_device(b.o), &bundle), 0);
        assert_int_equal(omemo_start_session(c.o, OMEMO_OLD, b.jid, omemo_device(b.o), &bundle), 0);
        assert_int_equal(party_send(&a, &b, OMEMO_OLD, "first", &wire[0], &exchange), 0);
        assert_int_equal(party_send(&c, &b, OMEMO_OLD, "second", &wire[1], &exchange), 0);
        assert_int_equal(omemo_catching_up(b.o, catching_up), 0);
        assert_int_equal(party_read(&b, &a, OMEMO_OLD, &wire[0], true, &read), 0);
        assert_int_equal(party_read(&b, &c, OMEMO_OLD, &wire[1], true, &read), catching_up ? 0 : OMEMO_NO_SESSION);
        omemo_bundle_clear(&bundle);
        assert_int_equal(omemo_bundle(b.o, OMEMO_OLD, &bundle), 0);
        assert_int_equal(bundle.n, OMEMO_PRE_KEYS - 1); /* it is not published again */
        assert_int_equal(omemo_catching_up(b.o, false), 0);
        assert_int_equal(disk_count(&b.disk, "omemo.used."), 0);
        assert_int_equal(omemo_maintain(b.o, &changed), 0);
        assert_true(changed);
        omemo_bundle_clear(&bundle);
        buf_free(&wire[0]);
        buf_free(&wire[1]);
        buf_free(&read);
        party_end(&a);
        party_end(&c);
        party_end(&b);
    }
}

/* An older state of the disk: sessions are thrown away, and the identity stays. */
static void sessions_thrown_away(void **state)
{
    struct party a = {0}, b = {0};
    struct omemo_known d;
    (void)state;
    party_open(&a, "a@b.example");
    party_open(&b, "c@d.example");
    assert_int_equal(party_meet(&a, &b, OMEMO_OLD), 0);
    assert_int_equal(party_meet(&a, &b, OMEMO_2), 0);
    assert_int_equal(omemo_drop_session(a.o, OMEMO_2, b.jid, omemo_device(b.o)), 0);
    assert_true(omemo_has_session(a.o, OMEMO_OLD, b.jid, omemo_device(b.o)));
    assert_false(omemo_has_session(a.o, OMEMO_2, b.jid, omemo_device(b.o)));
    assert_int_equal(omemo_drop_all_sessions(a.o), 0);
    assert_false(omemo_has_session(a.o, OMEMO_OLD, b.jid, omemo_device(b.o)));
    assert_true(omemo_known_one(a.o, b.jid, omemo_device(b.o), &d));
    assert_true(d.has_key);
    assert_int_equal(party_meet(&a, &b, OMEMO_OLD), 0);
    party_says(&a, &b, OMEMO_OLD, "afresh");
    party_end(&a);
    party_end(&b);
}

/* Away for months: the key that everybody wrote to meanwhile is replaced then, and kept for a whole period from then on. */
static void a_late_rotation_keeps_the_old_key(void **state)
{
    struct party b = {0};
    bool changed = false;
    (void)state;
    party_open(&b, "c@d.example");
    b.now += 90 * DAY_MS;
    assert_int_equal(omemo_maintain(b.o, &changed), 0);
    assert_true(changed);
    assert_int_equal(disk_count(&b.disk, "omemo.spk."), 2);
    b.now += 13 * DAY_MS;
    assert_int_equal(omemo_maintain(b.o, &changed), 0);
    assert_false(changed);
    assert_int_equal(disk_count(&b.disk, "omemo.spk."), 2);
    b.now += 2 * DAY_MS; /* and not longer, though the next one has come */
    assert_int_equal(omemo_maintain(b.o, &changed), 0);
    assert_true(changed);
    assert_int_equal(disk_count(&b.disk, "omemo.spk."), 2);
    party_end(&b);
}

/* An older copy of the disk is put back: same identity, no session, and no number that the lost state may have published. */
static void an_older_copy(void **state)
{
    struct party a = {0}, b = {0};
    struct disk copy = {0};
    struct omemo_bundle lost = {0}, now = {0};
    struct buf wire = {0}, read = {0};
    unsigned char before[OMEMO_KEY], after[OMEMO_KEY];
    bool exchange = false, changed = false;
    (void)state;
    party_open(&a, "a@b.example");
    party_open(&b, "c@d.example");
    assert_int_equal(party_meet(&a, &b, OMEMO_OLD), 0);
    party_says(&a, &b, OMEMO_OLD, "one");
    party_says(&b, &a, OMEMO_OLD, "two");
    disk_copy(&copy, &b.disk);
    party_says(&b, &a, OMEMO_OLD, "three");
    assert_int_equal(omemo_maintain(b.o, &changed), 0); /* the pre key that was used is replaced */
    assert_int_equal(omemo_bundle(b.o, OMEMO_OLD, &lost), 0);
    assert_int_equal(party_send(&a, &b, OMEMO_OLD, "four", &wire, &exchange), 0);
    omemo_identity(b.o, before);
    party_close(&b);
    disk_copy(&b.disk, &copy);
    party_open(&b, "c@d.example");
    assert_int_equal(omemo_catching_up(b.o, true), 0);
    assert_int_equal(omemo_restored(b.o), 0);
    omemo_identity(b.o, after);
    assert_memory_equal(before, after, OMEMO_KEY);
    assert_false(omemo_has_session(b.o, OMEMO_OLD, a.jid, omemo_device(a.o)));
    assert_int_equal(party_read(&b, &a, OMEMO_OLD, &wire, exchange, &read), OMEMO_NO_SESSION);
    assert_int_equal(omemo_bundle(b.o, OMEMO_OLD, &now), 0);
    assert_int_equal(now.n, OMEMO_PRE_KEYS);
    assert_int_not_equal(now.signed_key.id, lost.signed_key.id);
    for (size_t i = 0; i < now.n; i++) {
        for (size_t k = 0; k < lost.n; k++)
            assert_int_not_equal(now.pre_keys[i].id, lost.pre_keys[k].id);
    }
    /* who has read the bundle before still reaches this device, as long as an archive is read */
    size_t kept = lost.n;
    for (size_t k = 0; k < lost.n; k++) {
        char name[32];
        snprintf(name, sizeof name, "omemo.used.%08x", lost.pre_keys[k].id);
        if (disk_count(&b.disk, name) == 1)
            kept = k;
    }
    assert_true(kept < lost.n);
    lost.pre_keys[0] = lost.pre_keys[kept];
    lost.n = 1;
    assert_int_equal(omemo_drop_session(a.o, OMEMO_OLD, b.jid, omemo_device(b.o)), 0);
    assert_int_equal(omemo_start_session(a.o, OMEMO_OLD, b.jid, omemo_device(b.o), &lost), 0);
    party_says(&a, &b, OMEMO_OLD, "by a bundle of yesterday");
    assert_int_equal(omemo_catching_up(b.o, false), 0);
    assert_int_equal(disk_count(&b.disk, "omemo.used."), 0);
    assert_int_equal(omemo_start_session(a.o, OMEMO_OLD, b.jid, omemo_device(b.o), &now), 0);
    party_says(&a, &b, OMEMO_OLD, "afresh");
    party_says(&b, &a, OMEMO_OLD, "and back");
    omemo_bundle_clear(&lost);
    omemo_bundle_clear(&now);
    disk_free(&copy);
    buf_free(&wire);
    buf_free(&read);
    party_end(&a);
    party_end(&b);
}

/* A copy that nobody notices, as it lacks what left in the last seconds: as many messages as it lacks are taken for repeated ones,
 * or fewer when an answer comes; those behind them are read, and nothing has to be mended. */
static void a_copy_without_the_last_words(void **state)
{
    enum { LOST = 3 };
    static const enum omemo_version both[] = {OMEMO_OLD, OMEMO_2};
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(both); i++) {
        enum omemo_version v = both[i / 2];
        bool answers = i % 2;
        struct party a = {0}, b = {0};
        struct disk copy = {0};
        struct buf wire = {0}, read = {0};
        bool exchange = false;
        party_open(&a, "a@b.example");
        party_open(&b, "c@d.example");
        assert_int_equal(party_meet(&a, &b, v), 0);
        party_says(&a, &b, v, "one");
        party_says(&b, &a, v, "two");
        disk_copy(&copy, &a.disk);
        for (int k = 0; k < LOST; k++)
            party_says(&a, &b, v, "lost by us, not by them");
        party_close(&a);
        disk_copy(&a.disk, &copy);
        party_open(&a, "a@b.example");
        for (int k = 0; k < (answers ? 1 : LOST); k++) {
            assert_int_equal(party_send(&a, &b, v, "afresh", &wire, &exchange), 0);
            assert_int_equal(party_read(&b, &a, v, &wire, exchange, &read), OMEMO_DUPLICATE);
        }
        if (answers)
            party_says(&b, &a, v, "what did you say?");
        party_says(&a, &b, v, "that I am here");
        party_says(&b, &a, v, "and so am I");
        disk_free(&copy);
        buf_free(&wire);
        buf_free(&read);
        party_end(&a);
        party_end(&b);
    }
}

/* Who we are is forgotten, also when it is damaged; what others are is not. One step that is refused undoes all of it. */
static void a_new_identity(void **state)
{
    struct party a = {0}, b = {0};
    struct omemo_known d;
    unsigned char key[OMEMO_KEY], again[OMEMO_KEY];
    (void)state;
    party_open(&a, "a@b.example");
    party_open(&b, "b@b.example");
    assert_int_equal(party_meet(&a, &b, OMEMO_OLD), 0);
    party_says(&a, &b, OMEMO_OLD, "it is me");
    assert_int_equal(omemo_set_trust(a.o, b.jid, omemo_device(b.o), OMEMO_VERIFIED), 0);
    uint32_t device = omemo_device(a.o);
    omemo_identity(a.o, key);
    party_close(&a);
    const struct omemo_io io = party_io(&a);
    size_t rows = a.disk.n;
    a.refuses = true;
    assert_true(omemo_wipe_self(&io) < 0);
    a.refuses = false;
    assert_int_equal(a.disk.n, rows);
    assert_int_equal(io.set(io.user, "omemo.chat.b@b.example", "on", 2), 0);
    assert_int_equal(omemo_wipe_self(&io), 0);
    assert_int_equal(disk_count(&a.disk, "omemo.self"), 0);
    assert_int_equal(disk_count(&a.disk, "omemo.pk."), 0);
    assert_int_equal(disk_count(&a.disk, "omemo.s3."), 0);
    assert_int_equal(disk_count(&a.disk, "omemo.chat."), 1);
    party_open(&a, "a@b.example");
    omemo_identity(a.o, again);
    assert_int_not_equal(omemo_device(a.o), device);
    assert_memory_not_equal(key, again, OMEMO_KEY);
    assert_true(omemo_known_one(a.o, b.jid, omemo_device(b.o), &d));
    assert_int_equal(d.trust, OMEMO_VERIFIED);
    assert_int_equal(party_meet(&a, &b, OMEMO_OLD), 0);
    party_says(&a, &b, OMEMO_OLD, "it is me again");
    party_end(&a);
    party_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_once),
        cmocka_unit_test(damaged_keys_are_said),
        cmocka_unit_test(a_new_identity),
        cmocka_unit_test(refilled),
        cmocka_unit_test(the_signed_key_rotates),
        cmocka_unit_test(one_pre_key_twice_in_an_archive),
        cmocka_unit_test(sessions_thrown_away),
        cmocka_unit_test(a_late_rotation_keeps_the_old_key),
        cmocka_unit_test(an_older_copy),
        cmocka_unit_test(a_copy_without_the_last_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
