/* unit/omemo/test_device.c - lists of devices, their keys, trust; the text that all of them read */
#include "fixture.h"

#include <stdlib.h>

#define JULIET "juliet@capulet.example"

static void lists(void **state)
{
    struct party p = {0};
    struct omemo_known *v = NULL;
    bool changed = false;
    const struct omemo_listed first[] = {{31, NULL}, {12, "phone"}, {0, NULL}, {UINT32_MAX, NULL}, {12, NULL}};
    const struct omemo_listed second[] = {{12, NULL}, {44, "tablet"}};
    (void)state;
    party_open(&p, "a@b.example");
    assert_int_equal(omemo_list(p.o, OMEMO_2, JULIET, first, COUNT(first), &changed), 0);
    assert_true(changed);
    assert_int_equal(omemo_list(p.o, OMEMO_2, JULIET, first, COUNT(first), &changed), 0);
    assert_false(changed);
    assert_int_equal(omemo_known(p.o, JULIET, &v), 2);
    assert_int_equal(v[0].id, 12);
    assert_string_equal(v[0].label, "phone");
    assert_int_equal(v[0].lists, OMEMO_IN_2);
    assert_false(v[0].has_key);
    free(v);
    p.now += 1000;
    assert_int_equal(omemo_list(p.o, OMEMO_OLD, JULIET, second, COUNT(second), &changed), 0);
    assert_int_equal(omemo_list(p.o, OMEMO_2, JULIET, NULL, 0, &changed), 0); /* an empty one: nothing is forgotten */
    assert_true(changed);
    assert_int_equal(omemo_known(p.o, JULIET, &v), 3);
    assert_int_equal(v[0].lists, OMEMO_IN_OLD);
    assert_int_equal(v[1].lists, 0);
    assert_int_equal(v[2].since_ms - v[1].since_ms, 1000);
    free(v);
    assert_int_equal(omemo_known(p.o, "juliet@capulet.exampl", &v), 0);
    assert_int_equal(omemo_known(p.o, "juliet@capulet.example/x", &v), 0);
    assert_null(v);
    party_end(&p);
}

static void long_lists_are_cut(void **state)
{
    enum { MANY = OMEMO_DEVICES_MOST + 50 };
    struct party p = {0};
    struct omemo_listed l[MANY];
    struct omemo_known *v = NULL;
    bool changed = false;
    (void)state;
    party_open(&p, "a@b.example");
    for (size_t i = 0; i < MANY; i++)
        l[i] = (struct omemo_listed){(uint32_t)i + 1, NULL};
    assert_int_equal(omemo_list(p.o, OMEMO_OLD, JULIET, l, MANY, &changed), 0);
    assert_int_equal(omemo_known(p.o, JULIET, &v), OMEMO_DEVICES_MOST);
    free(v);
    party_end(&p);
}

/* Whoever writes with ever new numbers fills nothing but their own place. */
static void no_more_are_met(void **state)
{
    struct party p = {0};
    struct omemo_known *v = NULL;
    unsigned char key[OMEMO_KEY] = {9};
    (void)state;
    party_open(&p, "a@b.example");
    for (uint32_t i = 1; i <= OMEMO_DEVICES_MOST + 5; i++)
        assert_int_equal(omemo_meet(p.o, JULIET, i, key), i <= OMEMO_DEVICES_MOST ? 0 : OMEMO_NOT_KEPT);
    assert_int_equal(omemo_known(p.o, JULIET, &v), OMEMO_DEVICES_MOST);
    assert_int_equal(omemo_meet(p.o, JULIET, 7, key), 0);
    assert_int_equal(omemo_meet(p.o, "nurse@capulet.example", 7, key), 0);
    assert_int_equal(omemo_meet(p.o, JULIET, omemo_device(p.o), key), 0); /* as ours among many of our own */
    free(v);
    party_end(&p);
}

/* Blind as long as nothing is verified; then a new device waits for the user. */
static void trust(void **state)
{
    struct party p = {0};
    struct omemo_known d;
    unsigned char key[OMEMO_KEY] = {1, 2, 3}, other[OMEMO_KEY] = {9};
    (void)state;
    party_open(&p, "a@b.example");
    assert_int_equal(omemo_set_trust(p.o, JULIET, 5, OMEMO_VERIFIED), OMEMO_NO_SESSION);
    assert_int_equal(omemo_meet(p.o, JULIET, 5, key), 0);
    assert_true(omemo_known_one(p.o, JULIET, 5, &d));
    assert_int_equal(d.trust, OMEMO_BLIND);
    assert_int_equal(omemo_meet(p.o, JULIET, 5, key), 0);
    assert_int_equal(omemo_meet(p.o, JULIET, 5, other), OMEMO_CHANGED);
    assert_int_equal(omemo_set_trust(p.o, JULIET, 5, OMEMO_VERIFIED), 0);
    assert_int_equal(omemo_meet(p.o, JULIET, 6, other), 0);
    assert_true(omemo_known_one(p.o, JULIET, 6, &d));
    assert_int_equal(d.trust, OMEMO_UNDECIDED);
    assert_int_equal(omemo_meet(p.o, "tybalt@capulet.example", 6, other), 0); /* of that person only */
    assert_true(omemo_known_one(p.o, "tybalt@capulet.example", 6, &d));
    assert_int_equal(d.trust, OMEMO_BLIND);
    assert_int_equal(omemo_read_from(p.o, JULIET, 6), 0);
    party_close(&p);
    party_open(&p, "a@b.example");
    assert_true(omemo_known_one(p.o, JULIET, 6, &d));
    assert_true(d.last_ms == p.now && d.has_key);
    assert_memory_equal(d.key, other, OMEMO_KEY);
    assert_true(omemo_known_one(p.o, JULIET, 5, &d));
    assert_int_equal(d.trust, OMEMO_VERIFIED);
    party_end(&p);
}

static void fingerprints(void **state)
{
    unsigned char key[OMEMO_KEY];
    char text[OMEMO_FINGERPRINT];
    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)(i * 9);
    omemo_fingerprint(key, text);
    assert_string_equal(text, "0009121b 242d363f 48515a63 6c757e87 9099a2ab b4bdc6cf d8e1eaf3 fc050e17");
}

/* ---- the text ---- */

static void payloads(void **state)
{
    const enum omemo_version both[] = {OMEMO_OLD, OMEMO_2};
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        struct omemo_payload p;
        struct buf text = {0};
        assert_int_equal(payload_encrypt(both[i], "the text", 8, &p), 0);
        assert_int_equal(p.secret_len, both[i] == OMEMO_OLD ? OMEMO_SECRET_OLD : OMEMO_SECRET_2);
        assert_int_equal(payload_decrypt(both[i], &p, &text), 0);
        assert_string_equal(buf_str(&text), "the text");
        buf_clear(&text);
        for (size_t k = 0; k < p.data.len; k++) {
            p.data.data[k] = (char)(p.data.data[k] ^ 1);
            assert_int_equal(payload_decrypt(both[i], &p, &text), OMEMO_FORGED);
            p.data.data[k] = (char)(p.data.data[k] ^ 1);
        }
        for (size_t k = 0; k < p.secret_len; k++) {
            p.secret[k] ^= 1;
            assert_int_equal(payload_decrypt(both[i], &p, &text), OMEMO_FORGED);
            p.secret[k] ^= 1;
        }
        p.secret_len--;
        assert_int_equal(payload_decrypt(both[i], &p, &text), OMEMO_MALFORMED);
        p.secret_len++;
        p.data.len--;
        assert_int_equal(payload_decrypt(both[i], &p, &text), OMEMO_FORGED);
        assert_int_equal(text.len, 0);
        payload_clear(&p);
        assert_int_equal(payload_encrypt(both[i], "", 0, &p), 0);
        assert_int_equal(payload_decrypt(both[i], &p, &text), 0);
        assert_int_equal(text.len, 0);
        payload_clear(&p);
        buf_free(&text);
    }
}

/* As old programs send it: sixteen bytes of an iv, and the tag behind the text. */
static void an_old_form(void **state)
{
    struct omemo_payload p;
    struct buf text = {0};
    (void)state;
    assert_int_equal(payload_encrypt(OMEMO_OLD, "behind", 6, &p), 0);
    buf_add(&p.data, p.secret + 16, 16);
    p.secret_len = 16;
    assert_int_equal(payload_decrypt(OMEMO_OLD, &p, &text), 0);
    assert_string_equal(buf_str(&text), "behind");
    p.data.len = 15;
    assert_int_equal(payload_decrypt(OMEMO_OLD, &p, &text), OMEMO_MALFORMED);
    p.iv_len = 11;
    assert_int_equal(payload_decrypt(OMEMO_OLD, &p, &text), OMEMO_MALFORMED);
    payload_clear(&p);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),    cmocka_unit_test(long_lists_are_cut), cmocka_unit_test(no_more_are_met), cmocka_unit_test(trust),
        cmocka_unit_test(fingerprints), cmocka_unit_test(payloads),       cmocka_unit_test(an_old_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
