/* unit/xmpp/test_words.c - every error that a server may end a stream or a login with is said in a sentence of its own */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/words.h"
#include "base/base.h"
#include "base/mem.h"
#include "kith/plugin.h"

#define STREAMS "urn:ietf:params:xml:ns:xmpp-streams"

/* RFC 6120 §4.9.3, all of them. */
static const char *const stream_conditions[] = {
    "bad-format", "bad-namespace-prefix", "conflict", "connection-timeout", "host-gone", "host-unknown",
    "improper-addressing", "internal-server-error", "invalid-from", "invalid-namespace", "invalid-xml",
    "not-authorized", "not-well-formed", "policy-violation", "remote-connection-failed", "reset",
    "resource-constraint", "restricted-xml", "see-other-host", "system-shutdown", "undefined-condition",
    "unsupported-encoding", "unsupported-feature", "unsupported-stanza-type", "unsupported-version"};
/* RFC 6120 §6.5, all of them. */
static const char *const sasl_conditions[] = {
    "aborted", "account-disabled", "credentials-expired", "encryption-required", "incorrect-encoding", "invalid-authzid",
    "invalid-mechanism", "malformed-request", "mechanism-too-weak", "not-authorized", "temporary-auth-failure"};

typedef const struct words *words_fn(xmpp_stanza_t *);

static const struct words *of(xmpp_ctx_t *ctx, words_fn *fn, const char *condition, const char *ns)
{
    char *xml = xasprintf("<e><%s xmlns='%s'/><text xmlns='%s'>words</text></e>", condition, ns, ns);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx, xml);
    const struct words *w = fn(st);
    xmpp_stanza_release(st);
    free(xml);
    return w;
}

static void each(words_fn *fn, const char *const *v, size_t n, const char *ns)
{
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    const struct words *seen[40];
    for (size_t i = 0; i < n; i++) {
        const struct words *w = seen[i] = of(ctx, fn, v[i], ns);
        if (!w)
            print_error("nothing is said of %s\n", v[i]);
        assert_non_null(w);
        assert_string_equal(w->condition, v[i]);
        assert_true(w->err < 0);
        assert_true(strlen(w->text) > 10);
        assert_null(strchr(w->text, '.')); /* the sentence goes on */
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[k]->text, w->text);
    }
    assert_null(of(ctx, fn, "no-such-condition", ns));
    xmpp_ctx_free(ctx);
}

static void streams(void **state)
{
    each(words_stream, stream_conditions, COUNT(stream_conditions), STREAMS);
}

static void logins(void **state)
{
    each(words_sasl, sasl_conditions, COUNT(sasl_conditions), "urn:ietf:params:xml:ns:xmpp-sasl");
}

/* What another namespace calls so is not what the stream ended with. */
static void of_the_right_namespace(void **state)
{
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    assert_null(of(ctx, words_stream, "conflict", "urn:ietf:params:xml:ns:xmpp-stanzas"));
    xmpp_ctx_free(ctx);
}

/* Trying again by itself would fight with the other program, or knock at a door that stays shut. */
static void what_is_tried_again(void **state)
{
    static const char *const never[] = {"conflict", "host-gone", "host-unknown", "not-authorized"};
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    for (size_t i = 0; i < COUNT(never); i++)
        assert_int_equal(of(ctx, words_stream, never[i], STREAMS)->retry, KITH_RETRY_NEVER);
    assert_int_equal(of(ctx, words_stream, "system-shutdown", STREAMS)->retry, KITH_RETRY_AUTO);
    assert_int_equal(of(ctx, words_stream, "reset", STREAMS)->retry, KITH_RETRY_NOW);
    assert_true(of(ctx, words_stream, "policy-violation", STREAMS)->retry_ms >= 30000);
    xmpp_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),
        cmocka_unit_test(logins),
        cmocka_unit_test(of_the_right_namespace),
        cmocka_unit_test(what_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
