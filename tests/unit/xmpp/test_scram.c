/* unit/xmpp/test_scram.c - SCRAM: the examples of RFC 5802 and RFC 7677, and servers that cheat */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/common/scram.h"
#include "base/mem.h"
#include "kith/plugin.h"

struct example {
    const char *hash, *nonce, *first, *server_first, *final, *server_final;
};

static const struct example sha1 =
    {/* RFC 5802 §5 */
     "SHA1",
     "fyko+d2lbbFgONRv9qkxdawL",
     "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="};
static const struct example sha256 =
    {/* RFC 7677 §3 */
     "SHA256",
     "rOprNGfwEbeRWgbNEkqO",
     "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+"
     "Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="};

static void follows(const struct example *x)
{
    struct scram s = {0};
    struct buf b = {0};
    struct err e = {0};
    scram_begin(&s, x->hash, "user", "n,,", NULL, 0, x->nonce, &b);
    assert_string_equal(buf_str(&b), x->first);
    buf_clear(&b);
    assert_int_equal(scram_answer(&s, "pencil", x->server_first, &b, &e), 0);
    assert_string_equal(buf_str(&b), x->final);
    assert_false(s.verified);
    assert_int_equal(scram_verify(&s, x->server_final, &e), 0);
    assert_true(s.verified);
    buf_free(&b);
    scram_free(&s);
}

static void test_rfc5802(void **state)
{
    follows(&sha1);
}

static void test_rfc7677(void **state)
{
    follows(&sha256);
}

static int answer_to(const char *server_first, struct err *e)
{
    struct scram s = {0};
    struct buf b = {0};
    memset(e, 0, sizeof *e);
    scram_begin(&s, "SHA256", "user", "n,,", NULL, 0, "abc", &b);
    buf_clear(&b);
    int rc = scram_answer(&s, "pencil", server_first, &b, e);
    assert_true(rc < 0 ? b.len == 0 && e->text[0] : b.len > 0);
    buf_free(&b);
    scram_free(&s);
    return rc;
}

static void test_false_first_messages(void **state)
{
    static const char *const bad[] = {"",
                                      "r=",
                                      "r=abcd",
                                      "r=abcd,s=QQ==",
                                      "s=QQ==,r=abcd,i=4096",
                                      "r=abc,s=QQ==,i=4096",
                                      "r=xyz,s=QQ==,i=4096",
                                      "r=ab,s=QQ==,i=4096",
                                      "r=abcd,s=,i=4096",
                                      "r=abcd,s=*,i=4096",
                                      "r=abcd,s=QQ,i=4096",
                                      "r=abcd,s=QQ==,i=",
                                      "r=abcd,s=QQ==,i=4095",
                                      "r=abcd,s=QQ==,i=-1",
                                      "r=abcd,s=QQ==,i=2000001",
                                      "r=abcd,s=QQ==,i=99999999999999999999",
                                      "r=abcd,s=QQ==,i=4096x",
                                      "m=ext,r=abcd,s=QQ==,i=4096",
                                      "e=other-error"};
    struct err e;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_true(answer_to(bad[i], &e) < 0);
    assert_int_equal(answer_to("r=abcd,s=QQ==,i=4096", &e), 0);
    assert_int_equal(answer_to("r=abcd,s=QQ==,i=4096,x=unknown", &e), 0);
}

static void test_false_final_messages(void **state)
{
    static const char *const bad[] = {"",
                                      "v=",
                                      "v=AAAA",
                                      "e=invalid-proof",
                                      "rmF9pqV8S7suAoZWja4dJRkFsKQ=",
                                      "v=rmF9pqV8S7suAoZWja4dJRkFsKA=",
                                      "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=AAAA"};
    struct scram s = {0};
    struct buf b = {0};
    struct err e = {0};
    scram_begin(&s, "SHA1", "user", "n,,", NULL, 0, sha1.nonce, &b);
    assert_true(scram_verify(&s, "v=", &e) < 0); /* before the answer nothing is right */
    assert_int_equal(scram_answer(&s, "pencil", sha1.server_first, &b, &e), 0);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_true(scram_verify(&s, bad[i], &e) < 0);
    assert_false(s.verified);
    buf_free(&b);
    scram_free(&s);
}

static void test_binding_and_names(void **state)
{
    struct scram s = {0};
    struct buf b = {0};
    struct err e = {0};
    scram_begin(&s, "SHA1", "a=b,c", "p=tls-exporter,,", "\x01\x02\x03", 3, "n", &b);
    assert_string_equal(buf_str(&b), "p=tls-exporter,,n=a=3Db=2Cc,r=n");
    buf_clear(&b);
    assert_int_equal(scram_answer(&s, "x", "r=nm,s=QQ==,i=4096", &b, &e), 0);
    assert_true(str_starts(buf_str(&b), "c=cD10bHMtZXhwb3J0ZXIsLAECAw==,r=nm,p="));
    buf_free(&b);
    scram_free(&s);
}

static void test_passwords(void **state)
{
    assert_null(scram_prepare("a\x01"));
    assert_null(scram_prepare("a\n"));
    char *p = scram_prepare("pass word!~");
    assert_string_equal(p, "pass word!~");
    str_wipe_free(p);
    p = scram_prepare("I\xC2\xADX"); /* RFC 4013 §3: soft hyphen is mapped to nothing */
    assert_string_equal(p, "IX");
    str_wipe_free(p);
    p = scram_prepare("\xC2\xAA"); /* NFKC */
    assert_string_equal(p, "a");
    str_wipe_free(p);
}

static void test_base64(void **state)
{
    static const char *const bad[] = {"A",    "AA",       "AAA",  "A===", "AA=A",
                                      "====", "AA==AA==", "A*==", "AA=",  "\xC3\xA4"};
    struct buf b = {0};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(b64_decode(&b, bad[i]));
    buf_clear(&b);
    assert_true(b64_decode(&b, " Zm9v\nYmE= "));
    assert_string_equal(buf_str(&b), "fooba");
    buf_clear(&b);
    assert_true(b64_decode(&b, ""));
    assert_int_equal(b.len, 0);
    b64_encode(&b, "f", 1);
    b64_encode(&b, "foobar", 6);
    assert_string_equal(buf_str(&b), "Zg==Zm9vYmFy");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rfc5802),
                                       cmocka_unit_test(test_rfc7677),
                                       cmocka_unit_test(test_false_first_messages),
                                       cmocka_unit_test(test_false_final_messages),
                                       cmocka_unit_test(test_binding_and_names),
                                       cmocka_unit_test(test_passwords),
                                       cmocka_unit_test(test_base64)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
