/* unit/irc/test_login.c - logging in: each mechanism, its failures, pieces of 400 bytes, NickServ */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "backends/common/scram.h"
#include "base/mem.h"
#include "rig.h"

/* Up to the moment at which the mechanism is asked for. */
static void begin(struct rig *r, const char *mechs)
{
    rig_connect(r);
    rig_line(r, ":irc.test CAP * LS :sasl=%s", mechs);
    rig_has(rig_sent(r), "CAP REQ sasl\r\n");
    rig_line(r, ":irc.test CAP * ACK :sasl");
}

/* What was sent in pieces, put together and decoded. */
static char *decoded(const char *sent)
{
    struct buf all = {0}, out = {0};
    for (const char *p = sent; (p = strstr(p, "AUTHENTICATE ")); ) {
        p += strlen("AUTHENTICATE ");
        size_t len = strcspn(p, "\r");
        if (len != 1)
            buf_add(&all, p, len);
    }
    assert_true(b64_decode(&out, buf_str(&all)));
    for (size_t n = 0; n < out.len; n++)
        out.data[n] = out.data[n] ? out.data[n] : '|';
    buf_free(&all);
    return buf_take(&out);
}

static void server_says(struct rig *r, const char *text)
{
    struct buf b = {0};
    b64_encode(&b, text, strlen(text));
    for (size_t at = 0; at < b.len; at += 400)
        rig_line(r, "AUTHENTICATE %.400s", b.data + at);
    if (b.len % 400 == 0)
        rig_line(r, "AUTHENTICATE +");
    buf_free(&b);
}

static void plain_goes_over_tls_only(void **state)
{
    struct rig r;
    rig_start(&r, "login=al", "password=pw", NULL);
    begin(&r, "PLAIN");
    rig_has(rig_sent(&r), "AUTHENTICATE PLAIN\r\n");
    rig_line(&r, "@time=2026-01-01T00:00:00.000Z AUTHENTICATE :+");
    char *text = decoded(rig_sent(&r));
    assert_string_equal(text, "al|al|pw");
    rig_line(&r, ":irc.test 900 alice alice!u@cloak al :You are now logged in");
    rig_line(&r, ":irc.test 903 alice :done");
    rig_has(rig_sent(&r), "CAP END\r\n");
    assert_string_equal(r.irc->account, "al");
    assert_string_equal(r.irc->host, "cloak");
    free(text);
    rig_stop(&r);

    rig_start(&r, "login=al", "tls=no", NULL);
    begin(&r, "PLAIN");
    const char *sent = rig_sent(&r);
    rig_lacks(sent, "AUTHENTICATE");
    rig_has(sent, "CAP END\r\n");
    rig_stop(&r);
    (void)state;
}

static void long_answers_go_in_pieces(void **state)
{
    for (size_t len = 290; len <= 310; len++) {
        struct rig r;
        char pw[400];
        memset(pw, 'p', len);
        pw[len] = '\0';
        char *option = xasprintf("password=%s", pw);
        rig_start(&r, "login=a", option, NULL);
        begin(&r, "PLAIN");
        (void)rig_sent(&r);
        rig_line(&r, "AUTHENTICATE +");
        const char *sent = rig_sent(&r);
        char *text = decoded(sent), *want = xasprintf("a|a|%s", pw);
        assert_string_equal(text, want);
        if ((len + 4) / 3 * 4 == 400 && (len + 4) % 3 == 0)
            rig_has(sent, "AUTHENTICATE +\r\n");
        free(text);
        free(want);
        free(option);
        rig_stop(&r);
    }
    (void)state;
}

static size_t mac(const void *key, size_t n, const char *text, unsigned char out[32])
{
    unsigned len = 0;
    HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)text, strlen(text), out, &len);
    return len;
}

/* The server's side of SCRAM with the password "pw" and 4096 rounds; first: the client's. Owned final message. */
static char *server_final(const char *first_bare, const char *challenge, const char *last)
{
    unsigned char salted[32], key[32], sig[32];
    char *without = xstrndup(last, (size_t)(strstr(last, ",p=") - last));
    char *message = xasprintf("%s,%s,%s", first_bare, challenge, without);
    struct buf b = {0};
    PKCS5_PBKDF2_HMAC("pw", 2, (const unsigned char *)"salt", 4, 4096, EVP_sha256(), 32, salted);
    mac(salted, 32, "Server Key", key);
    mac(key, 32, message, sig);
    buf_adds(&b, "v=");
    b64_encode(&b, sig, 32);
    free(without);
    free(message);
    return buf_take(&b);
}

static void scram_proves_both_sides(void **state)
{
    for (int lie = 0; lie < 3; lie++) {
        struct rig r;
        rig_start(&r, "login=al", "password=pw", NULL);
        begin(&r, "PLAIN,SCRAM-SHA-256");
        rig_has(rig_sent(&r), "AUTHENTICATE SCRAM-SHA-256\r\n");
        rig_line(&r, "AUTHENTICATE +");
        char *first = decoded(rig_sent(&r));
        char *challenge = xasprintf("r=%smore,s=c2FsdA==,i=4096", strstr(first, "r=") + 2);
        server_says(&r, challenge);
        char *last = decoded(rig_sent(&r)), *proof = server_final(first + 3, challenge, last);
        if (lie == 1)
            proof[5] ^= 1;
        if (lie != 2) /* 2: it says yes without any proof */
            server_says(&r, proof);
        rig_line(&r, ":irc.test 900 alice alice!u@h al :logged in");
        rig_line(&r, ":irc.test 903 alice :done");
        if (lie == 0)
            rig_has(rig_sent(&r), "AUTHENTICATE +\r\nCAP END\r\n");
        else
            rig_has(rig_events(&r), "impostor");
        free(first);
        free(challenge);
        free(last);
        free(proof);
        rig_stop(&r);
    }
    (void)state;
}

static void junk_is_refused(void **state)
{
    static const char *const junk[] = {"r=x,s=c2FsdA==,i=4096", "r=,s=,i=", "m=ext,r=x", "r=%s1,s=c2FsdA==,i=1", "",
                                       "r=%s1,s=c2FsdA==,i=99999999"};
    for (size_t n = 0; n < COUNT(junk); n++) {
        struct rig r;
        rig_start(&r, "login=al", "password=pw", "sasl=scram-sha-256", NULL);
        begin(&r, "SCRAM-SHA-256");
        (void)rig_sent(&r);
        rig_line(&r, "AUTHENTICATE +");
        char *first = decoded(rig_sent(&r)), *nonce = strstr(first, "r=") + 2;
        const char *hole = strstr(junk[n], "%s");
        char *text = hole ? xasprintf("r=%s%s", nonce, hole + 2) : xstrdup(junk[n]);
        server_says(&r, text);
        rig_has(rig_sent(&r), "AUTHENTICATE *\r\n");
        free(first);
        free(text);
        rig_stop(&r);
    }
    (void)state;
}

static void a_wrong_password_is_asked_for_anew(void **state)
{
    struct rig r;
    rig_start(&r, "login=al", "password=pw", NULL);
    begin(&r, "PLAIN");
    rig_line(&r, "AUTHENTICATE +");
    rig_line(&r, ":irc.test 904 alice :SASL authentication failed");
    rig_has(rig_events(&r), "STATE 0 err=-6 retry=1 text=Not logged in to irc.test: SASL authentication failed");
    assert_string_equal(r.wrong, "password");
    rig_stop(&r);
    (void)state;
}

static void mechanisms_are_tried_best_first(void **state)
{
    struct rig r;
    rig_start(&r, "login=al", "certificate=/x.pem", NULL);
    begin(&r, "EXTERNAL,PLAIN");
    rig_has(rig_sent(&r), "AUTHENTICATE EXTERNAL\r\n");
    rig_line(&r, "AUTHENTICATE +");
    char *text = decoded(rig_sent(&r));
    assert_string_equal(text, "al");
    rig_line(&r, ":irc.test 904 alice :no such certificate");
    rig_has(rig_sent(&r), "AUTHENTICATE PLAIN\r\n");
    rig_line(&r, ":irc.test 908 alice SCRAM-SHA-256 :are available");
    rig_line(&r, ":irc.test 904 alice :no");
    rig_has(rig_sent(&r), "AUTHENTICATE SCRAM-SHA-256\r\n");
    rig_pass(&r, IRC_SASL_MS + 1000);
    const char *sent = rig_sent(&r);
    rig_has(sent, "AUTHENTICATE *\r\n");
    rig_has(sent, "CAP END\r\n");
    rig_line(&r, "AUTHENTICATE +"); /* in an odd order: nothing happens */
    rig_line(&r, ":irc.test 903 alice :done");
    rig_line(&r, ":irc.test 908 alice x");
    rig_line(&r, ":irc.test 906 alice :aborted");
    rig_lacks(rig_sent(&r), "AUTH");
    free(text);
    rig_stop(&r);
    (void)state;
}

static void a_key_signs_the_challenge(void **state)
{
    char path[] = "/tmp/kith-irc-key-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_true(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
    (void)fclose(f);
    char *option = xasprintf("ecdsa_key=%s", path);
    struct rig r;
    rig_start(&r, "login=al", option, NULL);
    begin(&r, "ECDSA-NIST256P-CHALLENGE,PLAIN");
    rig_has(rig_sent(&r), "AUTHENTICATE ECDSA-NIST256P-CHALLENGE\r\n");
    rig_line(&r, "AUTHENTICATE +");
    char *text = decoded(rig_sent(&r));
    assert_string_equal(text, "al");
    server_says(&r, "0123456789abcdef0123456789abcdef");
    const char *sent = rig_sent(&r);
    struct buf sig = {0};
    char *b64 = xstrndup(sent + 13, strcspn(sent + 13, "\r"));
    assert_true(b64_decode(&sig, b64));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
    assert_int_equal(EVP_PKEY_verify(ctx, (unsigned char *)sig.data, sig.len,
                                     (const unsigned char *)"0123456789abcdef0123456789abcdef", 32), 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    free(b64);
    buf_free(&sig);
    free(text);
    free(option);
    rig_stop(&r);
    (void)unlink(path);
    (void)state;
}

static void without_sasl_the_service_is_asked_before_rooms(void **state)
{
    struct rig r;
    rig_start(&r, "login=al", "password=pw", "join=#a", NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 376 alice :End");
    const char *sent = rig_sent(&r);
    rig_has(sent, "PRIVMSG NickServ :IDENTIFY al pw\r\n");
    rig_lacks(sent, "JOIN");
    rig_line(&r, ":NickServ!s@services NOTICE alice :You are now identified");
    rig_has(rig_sent(&r), "JOIN #a\r\n");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 376 alice :End");
    rig_lacks(rig_sent(&r), "JOIN");
    rig_pass(&r, IRC_NICKSERV_MS);
    rig_has(rig_sent(&r), "JOIN #a\r\n");
    rig_stop(&r);
    (void)state;
}

static void services_that_come_back_are_logged_in_to(void **state)
{
    struct rig r;
    rig_start(&r, "login=al", "password=pw", NULL);
    rig_online(&r, "batch cap-notify", NULL);
    rig_line(&r, ":irc.test CAP alice NEW :sasl=PLAIN");
    rig_has(rig_sent(&r), "CAP REQ sasl\r\n");
    rig_line(&r, ":irc.test CAP alice ACK :sasl");
    rig_has(rig_sent(&r), "AUTHENTICATE PLAIN\r\n");
    rig_line(&r, "AUTHENTICATE +");
    rig_line(&r, ":irc.test 900 alice alice!u@h al :ok");
    rig_line(&r, ":irc.test 903 alice :ok");
    assert_string_equal(r.irc->account, "al");
    assert_true(irc_online(r.irc));
    rig_line(&r, ":irc.test CAP alice ACK :batch");
    rig_lacks(rig_sent(&r) + strlen("AUTHENTICATE "), "PLAIN");
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_goes_over_tls_only),
        cmocka_unit_test(long_answers_go_in_pieces),
        cmocka_unit_test(scram_proves_both_sides),
        cmocka_unit_test(junk_is_refused),
        cmocka_unit_test(a_wrong_password_is_asked_for_anew),
        cmocka_unit_test(mechanisms_are_tried_best_first),
        cmocka_unit_test(a_key_signs_the_challenge),
        cmocka_unit_test(services_that_come_back_are_logged_in_to),
        cmocka_unit_test(without_sasl_the_service_is_asked_before_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
