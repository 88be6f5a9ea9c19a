/* unit/xmpp/test_sealed.c - encrypted files: keys and links as text, and bytes that another program encrypted */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/sealed.h"
#include "base/mem.h"

#define KEY "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define IV12 "a0a1a2a3a4a5a6a7a8a9aaab"
#define IV16 IV12 "acadaeaf"
#define TEXT "Wherefore art thou, Romeo? Deny thy father."
enum { TEXT_LEN = sizeof TEXT - 1 };

/* What python's cryptography makes of TEXT; the CBC one is that of "openssl enc", too. */
static const struct vector {
    const char *key, *there;
    bool tagged;
} vectors[] = {
    {"gcm256." IV12 "." KEY,
     "80e7634d878df35f1c4f208cfd9c449e8062d9e7be00e8488de3cede8cac07d82eff0b63a63150c98d2886ef42cb5f17208a042ec039168571345f", true},
    {"gcm256." IV16 "." KEY,
     "5c7331f42cf7f2b80a4f4032b6f76364b2adea0b13f7417bf7b7c4b14411a74e6612c38aafb0d80b2a0fb20488828f24b228ae05c24fbd773cfc58", true},
    {"gcm128." IV12 ".404142434445464748494a4b4c4d4e4f",
     "41001940b730eaa07eba9584a3eae1294d2f16e54e2aecf5793740ab8f19927fd641a097815f5f380c301105473c25614da99e5ecd4254170fe3d6", true},
    {"cbc256." IV16 "." KEY,
     "e39cd122e661c5ac290c2363d3dd49f946bb745daa6516bdb0a2fef135c35496370fd9756a7effe9ed1b9b782f08de9f", false},
};

static size_t bytes_of(unsigned char *out, const char *hex)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    return n;
}

static int gather(void *user, const void *data, size_t len, struct err *e UNUSED)
{
    buf_add(user, data, len);
    return 0;
}

/* Decrypted in pieces of so many bytes. What it ends with; *out: what came. */
static int opened(const char *key, const unsigned char *data, size_t len, size_t piece, bool tagged, struct buf *out)
{
    struct seal_key k;
    struct err e = {0};
    assert_true(seal_key_read(&k, key));
    struct sealer *s = sealer_new(&k, false);
    assert_non_null(s);
    int rc = 0;
    for (size_t at = 0; at < len && rc >= 0; at += piece)
        rc = sealer_open(s, data + at, MIN(piece, len - at), gather, out, &e);
    if (rc >= 0)
        rc = sealer_end(s, tagged, gather, out, &e);
    assert_true(rc >= 0 || *e.text);
    sealer_free(s);
    return rc;
}

static void what_others_encrypted(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT(vectors); i++) {
        unsigned char there[256];
        size_t n = bytes_of(there, vectors[i].there);
        for (size_t piece = 1; piece <= n; piece++) {
            struct buf out = {0};
            assert_int_equal(opened(vectors[i].key, there, n, piece, vectors[i].tagged, &out), 0);
            assert_string_equal(buf_str(&out), TEXT);
            buf_free(&out);
        }
    }
}

/* One bit anywhere, one byte less or more: it is not the file. */
static void forged(void **state UNUSED)
{
    for (size_t i = 0; i < 3; i++) {
        unsigned char there[256];
        size_t n = bytes_of(there, vectors[i].there);
        for (size_t bit = 0; bit < n * 8; bit++) {
            struct buf out = {0};
            there[bit / 8] ^= (unsigned char)(1u << bit % 8);
            assert_true(opened(vectors[i].key, there, n, 13, true, &out) < 0);
            there[bit / 8] ^= (unsigned char)(1u << bit % 8);
            buf_free(&out);
        }
        for (size_t len = 0; len < n; len++) {
            struct buf out = {0};
            assert_true(opened(vectors[i].key, there, len, 7, true, &out) < 0);
            assert_true(out.len <= len);
            buf_free(&out);
        }
        struct buf out = {0};
        there[n] = 0;
        assert_true(opened(vectors[i].key, there, n + 1, 7, true, &out) < 0);
        buf_free(&out);
    }
}

/* XEP-0448 §4: without the tag it comes out whole, and proves nothing. */
static void without_a_tag(void **state UNUSED)
{
    unsigned char there[256];
    struct buf out = {0};
    (void)bytes_of(there, vectors[0].there);
    assert_int_equal(opened(vectors[0].key, there, TEXT_LEN, 10, false, &out), 0);
    assert_string_equal(buf_str(&out), TEXT);
    buf_free(&out);
    there[47] ^= 1; /* the last block of CBC: its padding */
    (void)bytes_of(there, vectors[3].there);
    there[31] ^= 0x80;
    assert_true(opened(vectors[3].key, there, 48, 10, false, &out) < 0);
    buf_free(&out);
    assert_true(opened(vectors[3].key, there, 47, 10, false, &out) < 0);
    buf_free(&out);
}

static void there_and_back(void **state UNUSED)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 16384, 16385, 200000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct seal_key k;
        struct buf id = {0}, out = {0};
        unsigned char *data = xmalloc(sizes[i] + SEAL_TAG);
        for (size_t j = 0; j < sizes[i]; j++)
            data[j] = (unsigned char)(j * 7);
        assert_true(seal_key_new(&k));
        assert_int_equal(k.iv_len, 12);
        seal_key_add(&k, &id);
        struct sealer *s = sealer_new(&k, true);
        for (size_t at = 0; at < sizes[i]; at += 1000)
            assert_true(sealer_seal(s, data + at, MIN((size_t)1000, sizes[i] - at)));
        assert_true(sealer_tag(s, data + sizes[i]));
        sealer_free(s);
        assert_int_equal(seal_bytes((int64_t)sizes[i]), sizes[i] + SEAL_TAG);
        assert_int_equal(opened(buf_str(&id), data, sizes[i] + SEAL_TAG, 65536, true, &out), 0);
        assert_int_equal(out.len, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal((unsigned char)out.data[j], (unsigned char)(j * 7));
        buf_free(&out);
        buf_free(&id);
        free(data);
    }
}

/* The first bytes of what another program makes of a known key: ours is the same stream. */
static void the_same_as_others_write(void **state UNUSED)
{
    struct seal_key k;
    unsigned char text[TEXT_LEN + SEAL_TAG], want[256];
    memcpy(text, TEXT, TEXT_LEN);
    assert_true(seal_key_read(&k, vectors[0].key));
    struct sealer *s = sealer_new(&k, true);
    assert_true(sealer_seal(s, text, TEXT_LEN) && sealer_tag(s, text + TEXT_LEN));
    sealer_free(s);
    assert_int_equal(bytes_of(want, vectors[0].there), sizeof text);
    assert_memory_equal(text, want, sizeof text);
    unsigned char tag[SEAL_TAG], nothing[SEAL_TAG];
    s = sealer_new(&k, true);
    assert_true(sealer_tag(s, tag));
    sealer_free(s);
    (void)bytes_of(nothing, "de05a47d7ae64978e54243a6dd9b83b8");
    assert_memory_equal(tag, nothing, SEAL_TAG);
}

static void every_key_is_another_one(void **state UNUSED)
{
    struct seal_key a, b;
    assert_true(seal_key_new(&a) && seal_key_new(&b));
    assert_memory_not_equal(a.key, b.key, SEAL_KEY);
    assert_memory_not_equal(a.iv, b.iv, SEAL_WRITTEN_IV);
    seal_key_wipe(&a);
    for (size_t i = 0; i < sizeof a; i++)
        assert_int_equal(((unsigned char *)&a)[i], 0);
}

static void keys_as_text(void **state UNUSED)
{
    static const char *const bad[] = {
        "", "gcm256", "gcm256.", "gcm256." IV12, "gcm256." IV12 ".", "gcm256." IV12 "." KEY "0", "gcm256." IV12 "0." KEY,
        "gcm256.a0." KEY, "gcm256." IV12 "." IV16, "gcm512." IV12 "." KEY, "cbc256." IV12 "." KEY, "gcm256." IV12 "." KEY " ",
        "gcm128." IV12 "." KEY, "gcm256.g0a1a2a3a4a5a6a7a8a9aaab." KEY, "gcm256.." KEY,
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct seal_key k;
        assert_false(seal_key_read(&k, bad[i]));
        assert_int_equal(k.cipher, SEAL_NONE);
    }
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct seal_key k;
        struct buf b = {0};
        assert_true(seal_key_read(&k, vectors[i].key));
        seal_key_add(&k, &b);
        assert_string_equal(buf_str(&b), vectors[i].key);
        buf_free(&b);
    }
}

static void keys_in_base64(void **state UNUSED)
{
#define KEY64 "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
    static const struct {
        const char *cipher, *key, *iv;
        enum seal_cipher is;
    } rows[] = {
        {"urn:xmpp:ciphers:aes-256-gcm-nopadding:0", KEY64, "oKGio6Slpqeoqaqr", SEAL_GCM_256},
        {"urn:xmpp:ciphers:aes-256-gcm-nopadding:0", KEY64, "oKGio6SlpqeoqaqrrK2urw==", SEAL_GCM_256},
        {"urn:xmpp:ciphers:aes-256-cbc-pkcs7:0", KEY64, "oKGio6SlpqeoqaqrrK2urw==", SEAL_CBC_256},
        {"urn:xmpp:ciphers:aes-128-gcm-nopadding:0", "QEFCQ0RFRkdISUpLTE1OTw==", "oKGio6Slpqeoqaqr", SEAL_GCM_128},
        {"urn:xmpp:ciphers:aes-128-gcm-nopadding:0", KEY64, "oKGio6Slpqeoqaqr", SEAL_NONE},
        {"urn:xmpp:ciphers:aes-256-cbc-pkcs7:0", KEY64, "oKGio6Slpqeoqaqr", SEAL_NONE},
        {"urn:xmpp:ciphers:aes-256-gcm-nopadding:0", KEY64, "oKGio6Slpqc=", SEAL_NONE},
        {"urn:xmpp:ciphers:aes-256-gcm-nopadding:0", "not base64 at all, that is clear to see.....", "oKGio6Slpqeoqaqr", SEAL_NONE},
        {"urn:xmpp:ciphers:aes-256-gcm-nopadding:0", KEY64 KEY64, "oKGio6Slpqeoqaqr", SEAL_NONE},
        {"urn:xmpp:ciphers:rot13:0", KEY64, "oKGio6Slpqeoqaqr", SEAL_NONE},
        {NULL, NULL, NULL, SEAL_NONE},
        {"urn:xmpp:ciphers:aes-256-gcm-nopadding:0", NULL, NULL, SEAL_NONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct seal_key k, same;
        assert_int_equal(seal_key_of(&k, rows[i].cipher, rows[i].key, rows[i].iv), rows[i].is != SEAL_NONE);
        assert_int_equal(k.cipher, rows[i].is);
        if (rows[i].is != SEAL_GCM_256)
            continue;
        char *key = seal_base64(k.key, SEAL_KEY), *iv = seal_base64(k.iv, k.iv_len);
        assert_string_equal(key, rows[i].key);
        assert_string_equal(iv, rows[i].iv);
        assert_true(seal_key_read(&same, vectors[0].key));
        assert_memory_equal(same.key, k.key, SEAL_KEY);
        free(key);
        free(iv);
    }
}

static void links(void **state UNUSED)
{
    static const struct {
        const char *link, *url;
    } rows[] = {
        {"aesgcm://files.capulet.lit/a/b%20c.jpg#" IV12 KEY, "https://files.capulet.lit/a/b%20c.jpg"},
        {"aesgcm://files.capulet.lit:5281/a?t=1#" IV16 KEY, "https://files.capulet.lit:5281/a?t=1"},
        {"AESGCM://files.capulet.lit/a#A0A1A2A3A4A5A6A7A8A9AAAB" KEY, "https://files.capulet.lit/a"},
        {"aesgcm://files.capulet.lit/a", NULL},
        {"aesgcm://files.capulet.lit/a#", NULL},
        {"aesgcm://files.capulet.lit/a#" KEY, NULL},
        {"aesgcm://files.capulet.lit/a#" IV12 KEY "0", NULL},
        {"aesgcm://files.capulet.lit/a#" IV12 KEY "00", NULL},
        {"aesgcm://files.capulet.lit/a#" IV12 KEY "\n", NULL},
        {"aesgcm://files.capulet.lit/a#x0a1a2a3a4a5a6a7a8a9aaab" KEY, NULL},
        {"aesgcm:///a#" IV12 KEY, NULL},
        {"aesgcm://u:p@files.capulet.lit/a b#" IV12 KEY, NULL},
        {"https://files.capulet.lit/a#" IV12 KEY, NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct seal_key k;
        char *url = NULL, *copy = xstrdup(rows[i].link); /* without what is behind it */
        assert_int_equal(seal_link_read(copy, strlen(copy), &url, &k), rows[i].url != NULL);
        assert_true(str_eq(url, rows[i].url));
        if (i == 0) {
            char *again = seal_link(url, &k);
            assert_string_equal(again, rows[i].link);
            free(again);
            assert_null(seal_link("http://files.capulet.lit/a", &k)); /* §3: never */
        }
        free(url);
        free(copy);
    }
}

static void lengths(void **state UNUSED)
{
    assert_true(seal_fits(SEAL_GCM_256, 43, 59) && seal_fits(SEAL_GCM_256, 43, 43) && seal_fits(SEAL_GCM_256, -1, 16));
    assert_false(seal_fits(SEAL_GCM_256, 43, 60) || seal_fits(SEAL_GCM_256, 43, 58) || seal_fits(SEAL_GCM_256, -1, 15));
    assert_true(seal_fits(SEAL_CBC_256, 43, 48) && seal_fits(SEAL_CBC_256, 48, 64) && seal_fits(SEAL_CBC_256, -1, 32));
    assert_false(seal_fits(SEAL_CBC_256, 48, 48) || seal_fits(SEAL_CBC_256, -1, 33) || seal_fits(SEAL_CBC_256, -1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_encrypted), cmocka_unit_test(forged),       cmocka_unit_test(without_a_tag),
        cmocka_unit_test(there_and_back),        cmocka_unit_test(the_same_as_others_write),
        cmocka_unit_test(every_key_is_another_one), cmocka_unit_test(keys_as_text), cmocka_unit_test(keys_in_base64),
        cmocka_unit_test(links),                 cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
